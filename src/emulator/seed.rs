//! What a team owns at the start: all of it follows from the seed, or is given in a [`Seed`].

mod file;
mod policies;
mod read;
mod resources;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fastrand::Rng;
use uuid::Uuid;

pub use self::file::Seed;

use self::file::{ALWAYS, GivenGroup, GivenUser};
use super::Config;
use super::clock::Time;
use super::role::Role;
use super::store::{Group, Key, Kind, Member, Quota, Status, Store, User};
use super::table::Table;

/// Makes the team of `config`.
///
/// Service users are called `svc-0001` and so on after the configured one, people `person-0001`,
/// groups `everyone`, `owners`, `group-0003`…, policies `policy-0001`…, resource groups
/// `resource-group-0001`… with a `project-0001` each; a few have names that need care in a path, as
/// real ones do.
pub(super) fn store(config: &Config) -> Store {
    let mut store = Store::empty(
        &config.team,
        Rng::with_seed(config.seed),
        Quota(config.quota),
    );
    store.super_admins.clone_from(&config.super_admins);
    users(&mut store, config);
    match &config.content.groups {
        None => groups(&mut store, config.groups),
        Some(given) => given_groups(&mut store, given),
    }
    let users = [&config.content.people, &config.content.service_users];
    for user in users.into_iter().flatten().flatten() {
        for group in &user.groups {
            join(&mut store, group, &user.name);
        }
    }
    resources::resource_groups(&mut store);
    // Last, for policies name all else.
    policies::add(&mut store, config.policies);
    store
}

/// A random UUID.
pub(super) fn uuid(rng: &mut Rng) -> Uuid {
    let bytes = rng.u128(..).to_be_bytes();
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// A random secret in the form of OPA's.
pub(super) fn secret(rng: &mut Rng) -> String {
    let mut bytes = [0; 64];
    rng.fill(&mut bytes);
    STANDARD.encode(bytes)
}

/// A new user, alive.
pub(super) fn user(rng: &mut Rng, kind: Kind, name: String) -> User {
    User {
        id: uuid(rng),
        name,
        kind,
        status: Status::Active,
        deleted_at: None,
        keys: Vec::new(),
    }
}

/// A new key, which never expires.
pub(super) fn key(rng: &mut Rng, issued: Time) -> Key {
    Key {
        id: uuid(rng).to_string(),
        secret: secret(rng),
        issued,
        expires: None,
        last_used: None,
    }
}

/// Those who are given come first, so that nobody made up takes a name of theirs.
fn users(store: &mut Store, config: &Config) {
    let content = &config.content;
    for user in content.people.iter().flatten() {
        if user.name != config.service_user {
            give(store, Kind::Human, user, config);
        }
    }
    if let Some(given) = &content.service_users {
        configured(store, config);
        for user in given {
            give(store, Kind::Service, user, config);
        }
    }
    if content.people.is_none() {
        people(store, config);
    }
    if content.service_users.is_none() {
        configured(store, config);
        service_users(store, config.service_users);
    }
}

fn people(store: &mut Store, config: &Config) {
    for number in 1..=config.people {
        let name = match number % 50 {
            49 => format!("person {number:04}@example.com"),
            _ => format!("person-{number:04}"),
        };
        let user = user(&mut store.rng, Kind::Human, name);
        if user.name != config.service_user {
            add(store, user, None);
        }
    }
}

fn configured(store: &mut Store, config: &Config) {
    let user = user(&mut store.rng, Kind::Service, config.service_user.clone());
    let mut key = key(&mut store.rng, BEGINNING);
    key.id.clone_from(&config.key_id);
    key.secret.clone_from(&config.key_secret);
    add(store, user, Some(key));
}

fn service_users(store: &mut Store, service_users: usize) {
    for number in 1..service_users {
        let name = match number % 100 {
            49 => format!("svc {number:04}/é"),
            _ => format!("svc-{number:04}"),
        };
        let user = user(&mut store.rng, Kind::Service, name);
        let key = key(&mut store.rng, BEGINNING);
        add(store, user, Some(key));
    }
}

/// Adds a user whose name is free.
fn add(store: &mut Store, user: User, key: Option<Key>) {
    if store.users.by_name(&user.name).is_some() {
        return;
    }
    let id = user.id;
    store.users.push(user);
    if let Some(key) = key {
        store.add_key(id, key);
    }
}

/// Adds a user as given; the configured one is there already.
fn give(store: &mut Store, kind: Kind, given: &GivenUser, config: &Config) {
    let id = match store.users.by_name(&given.name) {
        Some(user) => user.id,
        None => {
            let user = user(&mut store.rng, kind, given.name.clone());
            let id = user.id;
            store.users.push(user);
            id
        }
    };
    if let Some(user) = store.users.by_id_mut(id) {
        user.status = given.status;
        user.deleted_at = (given.status == Status::Deleted).then_some(BEGINNING);
    }
    for (key_id, secret) in given.keys.iter().filter(|(id, _)| *id != config.key_id) {
        let mut key = key(&mut store.rng, BEGINNING);
        key.id.clone_from(key_id);
        key.secret.clone_from(secret);
        store.add_key(id, key);
    }
}

fn given_groups(store: &mut Store, given: &[GivenGroup]) {
    let missing = ALWAYS
        .iter()
        .filter(|name| given.iter().all(|group| group.name != **name));
    for name in missing {
        let (roles, members) = match *name {
            "owners" => (OWNERS.to_vec(), all_of(store, Kind::Service)),
            _ => (Vec::new(), all_of(store, Kind::Human)),
        };
        push_group(store, (*name).to_owned(), roles, &members);
    }
    for group in given {
        push_group(store, group.name.clone(), group.roles.clone(), &[]);
        for member in &group.members {
            join(store, &group.name, member);
        }
    }
}

fn join(store: &mut Store, group: &str, user: &str) {
    let user = store.users.by_name(user).map(|user| user.id);
    let group = store.groups.by_name_mut(group);
    if let (Some(user), Some(group)) = (user, group)
        && group.members.by_id(user).is_none()
    {
        group.members.push(Member { user });
    }
}

fn all_of(store: &Store, kind: Kind) -> Vec<Uuid> {
    let users = store.users.iter().filter(|user| user.kind == kind);
    users.map(|user| user.id).collect()
}

fn push_group(store: &mut Store, name: String, roles: Vec<Role>, members: &[Uuid]) {
    let mut table = Table::default();
    for user in members {
        table.push(Member { user: *user });
    }
    let id = uuid(&mut store.rng);
    store.groups.push(Group {
        id,
        name,
        roles,
        members: table,
    });
}

fn groups(store: &mut Store, groups: usize) {
    let people = all_of(store, Kind::Human);
    // Few enough that a large team with many groups still fits in memory.
    let most = people.len().div_ceil(MADE_UP_MEMBERS);
    for number in 1..=groups.max(2) {
        let (name, share) = match number {
            1 => ("everyone".to_owned(), 1),
            2 => ("owners".to_owned(), most.max(50)),
            _ if number % 20 == 19 => (format!("group {number:04} & co"), most.max(10)),
            _ => (format!("group-{number:04}"), most.max(10)),
        };
        let roles = match number % 5 {
            0 => vec![Role::SecurityAdmin],
            2 => OWNERS.to_vec(),
            _ => Vec::new(),
        };
        let members = people.iter().skip(number % share).step_by(share);
        let mut members: Vec<_> = members.copied().collect();
        // Service users have no roles of their own; these may do everything.
        if number == 2 {
            members.extend(all_of(store, Kind::Service));
        }
        push_group(store, name, roles, &members);
    }
}

/// What the members of `owners` may do.
const OWNERS: [Role; 3] = [Role::PamAdmin, Role::ResourceAdmin, Role::SecurityAdmin];

/// When everything began, 2025; not the start of the emulator, so that equal seeds are equal.
const BEGINNING: Time = Time::from_seconds(1_735_689_600);

/// The most members that a made-up group has, `everyone` apart.
const MADE_UP_MEMBERS: usize = 1000;
