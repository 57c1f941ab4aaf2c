//! Groups, given or made up, with their members.

use uuid::Uuid;

use super::file::{ALWAYS, GivenGroup};
use super::{BEGINNING, uuid};
use crate::emulator::role::Role;
use crate::emulator::store::{Group, Kind, Member, Store};
use crate::emulator::table::Table;

/// Adds the groups that are given, and those that every team has.
pub(super) fn given(store: &mut Store, given: &[GivenGroup]) {
    let missing = ALWAYS
        .iter()
        .filter(|name| given.iter().all(|group| group.name != **name));
    for name in missing {
        let (roles, members) = match *name {
            "owners" => (OWNERS.to_vec(), all_of(store, Kind::Service)),
            _ => (Vec::new(), all_of(store, Kind::Human)),
        };
        push_group(store, (*name).to_owned(), None, roles, &members);
    }
    for group in given {
        push_group(
            store,
            group.name.clone(),
            group.id,
            group.roles.clone(),
            &[],
        );
        for member in &group.members {
            join(store, &group.name, member);
        }
    }
}

/// Puts a user into a group, if both are there.
pub(super) fn join(store: &mut Store, group: &str, user: &str) {
    let user = store.users.by_name(user).map(|user| user.id);
    let group = store.groups.by_name(group).map(|group| group.id);
    if let (Some(user), Some(group)) = (user, group) {
        store.join(group, user);
    }
}

fn all_of(store: &Store, kind: Kind) -> Vec<Uuid> {
    let users = store.users.iter().filter(|user| user.kind == kind);
    users.map(|user| user.id).collect()
}

fn push_group(
    store: &mut Store,
    name: String,
    id: Option<Uuid>,
    roles: Vec<Role>,
    members: &[Uuid],
) {
    let mut table = Table::default();
    for user in members {
        table.push(Member { user: *user });
    }
    let made_up = uuid(&mut store.rng);
    store.add_group(Group {
        id: id.unwrap_or(made_up),
        name,
        made: BEGINNING,
        roles,
        members: table,
    });
}

/// Makes groups up.
pub(super) fn made_up(store: &mut Store, groups: usize) {
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
        push_group(store, name, None, roles, &members);
    }
}

/// What the members of `owners` may do.
const OWNERS: [Role; 3] = [Role::PamAdmin, Role::ResourceAdmin, Role::SecurityAdmin];

/// The most members that a made-up group has, `everyone` apart.
const MADE_UP_MEMBERS: usize = 1000;
