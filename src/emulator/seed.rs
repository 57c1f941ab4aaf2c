//! What a team owns at the start: all of it follows from the seed, or is given in a [`Seed`].

mod file;
mod form;
mod given;
mod groups;
mod okta;
mod policies;
mod projects;
mod read;
mod resources;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fastrand::Rng;
use uuid::Uuid;

pub use self::file::Seed;

use self::file::GivenUser;
use self::given::Maker;
use super::Config;
use super::clock::Time;
use super::store::{Key, Kind, Quota, Status, Store, User};

/// Makes the team of `config`.
///
/// Service users are called `svc-0001` and so on after the configured one, people `person-0001`,
/// groups `everyone`, `owners`, `group-0003`…, policies `policy-0001`…, resource groups
/// `resource-group-0001`… with a `project-0001` each; a few have names that need care in a path, as
/// real ones do.
pub(super) fn store(config: &Config) -> Store {
    let quota = Quota(config.quota);
    let mut store = Store::empty(&config.team, Rng::with_seed(config.seed), quota);
    // What is given was tried when it was read.
    fill(&mut store, config).unwrap_or_default();
    store
}

/// Fills an empty team; fails with the first mistake in what is given, and its place.
fn fill(store: &mut Store, config: &Config) -> Result<(), String> {
    store.super_admins.clone_from(&config.super_admins);
    users(store, config);
    match &config.content.groups {
        None => groups::made_up(store, config.groups),
        Some(given) => groups::given(store, given),
    }
    let users = [&config.content.people, &config.content.service_users];
    for user in users.into_iter().flatten().flatten() {
        for group in &user.groups {
            groups::join(store, group, &user.name);
        }
    }
    let content = &config.content;
    let mut maker = Maker::new(store, &config.service_user);
    maker.bundles(content.bundles.as_deref().unwrap_or_default())?;
    match &content.resource_groups {
        None => resources::resource_groups(maker.store),
        Some(given) => maker.resource_groups(given)?,
    }
    if let Some(given) = &content.settings {
        maker.settings(given)?;
    }
    // Last, for policies name all else.
    match &content.policies {
        None => policies::add(maker.store, config.policies),
        Some(given) => maker.policies(given)?,
    }
    Ok(())
}

/// Tries what is given on the smallest team: fails with the first mistake, and its place.
///
/// That it is found there says that it is found in any, for it names only what is given with it.
fn tried(content: Seed) -> Result<Seed, String> {
    let config = Config {
        content,
        service_users: 1,
        people: 0,
        groups: 2,
        policies: 0,
        ..Config::default()
    };
    let quota = Quota(config.quota);
    let mut store = Store::empty(&config.team, Rng::with_seed(config.seed), quota);
    fill(&mut store, &config)?;
    Ok(config.content)
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
    let mut user = user(&mut store.rng, Kind::Service, config.service_user.clone());
    let mut given = config.content.service_users.iter().flatten();
    let given = given.find(|given| given.name == user.name);
    user.id = given.and_then(|given| given.id).unwrap_or(user.id);
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
            let mut user = user(&mut store.rng, kind, given.name.clone());
            user.id = given.id.unwrap_or(user.id);
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

/// When everything began, 2025; not the start of the emulator, so that equal seeds are equal.
const BEGINNING: Time = Time::from_seconds(1_735_689_600);
