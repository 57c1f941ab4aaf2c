//! What a team owns at the start: all of it follows from the seed.

mod policies;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fastrand::Rng;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Config;
use super::clock::Time;
use super::resource::{Kind, Resource};
use super::role::Role;
use super::store::{self, Group, Key, Member, Status, Store, User};
use super::table::Table;

/// Makes the team of `config`.
///
/// Service users are called `svc-0001` and so on after the configured one, people `person-0001`,
/// groups `everyone`, `owners`, `group-0003`…, policies `policy-0001`…; a few have names that need
/// care in a path, as real ones do.
pub(super) fn store(config: &Config) -> Store {
    let mut store = Store::empty(&config.team, Rng::with_seed(config.seed));
    store.super_admins.clone_from(&config.super_admins);
    people(&mut store);
    service_users(&mut store, config);
    groups(&mut store, config.groups);
    for number in 1..=RESOURCE_GROUPS {
        let id = uuid(&mut store.rng);
        let body = json!({
            "name": format!("resource-group-{number:04}"),
            "description": "",
            "team_id": store.team_id,
            "delegated_resource_admin_groups": [],
        });
        add(&mut store, Kind::ResourceGroup, id, None, body);
    }
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
pub(super) fn user(rng: &mut Rng, kind: store::Kind, name: String) -> User {
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

fn people(store: &mut Store) {
    for number in 1..=PEOPLE {
        let name = match number % 50 {
            49 => format!("person {number:04}@example.com"),
            _ => format!("person-{number:04}"),
        };
        let person = user(&mut store.rng, store::Kind::Human, name);
        store.users.push(person);
    }
}

fn service_users(store: &mut Store, config: &Config) {
    for number in 0..config.service_users.max(1) {
        let name = match (number, number % 100) {
            (0, _) => config.service_user.clone(),
            (_, 49) => format!("svc {number:04}/é"),
            _ => format!("svc-{number:04}"),
        };
        let user = user(&mut store.rng, store::Kind::Service, name);
        let mut key = key(&mut store.rng, BEGINNING);
        if number == 0 {
            key.id.clone_from(&config.key_id);
            key.secret.clone_from(&config.key_secret);
        }
        let id = user.id;
        store.users.push(user);
        store.add_key(id, key);
    }
}

fn groups(store: &mut Store, groups: usize) {
    let people = store
        .users
        .iter()
        .filter(|user| user.kind == store::Kind::Human);
    let people: Vec<_> = people.map(|user| user.id).collect();
    let services = store.users.iter();
    let services = services.filter(|user| user.kind == store::Kind::Service);
    let services: Vec<_> = services.map(|user| user.id).collect();
    for number in 1..=groups.max(2) {
        let (name, share) = match number {
            1 => ("everyone".to_owned(), 1),
            2 => ("owners".to_owned(), 50),
            _ if number % 20 == 19 => (format!("group {number:04} & co"), 10),
            _ => (format!("group-{number:04}"), 10),
        };
        let roles = match number % 5 {
            0 => vec![Role::SecurityAdmin],
            2 => vec![Role::PamAdmin, Role::ResourceAdmin, Role::SecurityAdmin],
            _ => Vec::new(),
        };
        let mut members = Table::default();
        for user in people.iter().skip(number % share).step_by(share) {
            members.push(Member { user: *user });
        }
        // Service users have no roles of their own; these may do everything.
        if number == 2 {
            services
                .iter()
                .for_each(|user| members.push(Member { user: *user }));
        }
        let id = uuid(&mut store.rng);
        store.groups.push(Group {
            id,
            name,
            roles,
            members,
        });
    }
}

fn add(store: &mut Store, kind: Kind, id: Uuid, parent: Option<Uuid>, body: Value) {
    let body = body.as_object().cloned().unwrap_or_default();
    let resource = Resource::new(kind, id, parent, body);
    store.resources.all_mut(kind).push(resource);
}

/// When everything began, 2025; not the start of the emulator, so that equal seeds are equal.
const BEGINNING: Time = Time::from_seconds(1_735_689_600);

/// Human users; more than one page of them.
const PEOPLE: usize = 150;

const RESOURCE_GROUPS: usize = 3;
