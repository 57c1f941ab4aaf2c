//! Who is in which group, found from either side.

use std::collections::HashMap;

use uuid::Uuid;

use super::store::{Group, Member, Store};

/// The groups that each user is in, in the order in which they were joined.
#[derive(Clone, Debug, Default)]
pub(super) struct Memberships(HashMap<Uuid, Vec<Uuid>>);

impl Store {
    /// Adds a group whose id and name are free, with its members.
    pub(super) fn add_group(&mut self, group: Group) {
        for member in group.members.iter() {
            let groups = self.memberships.0.entry(member.user).or_default();
            groups.push(group.id);
        }
        self.groups.push(group);
    }

    /// Takes a group out; its members stay.
    pub(super) fn remove_group(&mut self, id: Uuid) {
        let Some(group) = self.groups.remove(id) else {
            return;
        };
        for member in group.members.iter() {
            self.forget(id, member.user);
        }
    }

    /// Puts a user into a group; who is in already stays in.
    pub(super) fn join(&mut self, group: Uuid, user: Uuid) {
        let Some(joined) = self.groups.by_id_mut(group) else {
            return;
        };
        if joined.members.by_id(user).is_none() {
            joined.members.push(Member { user });
            self.memberships.0.entry(user).or_default().push(group);
        }
    }

    /// Takes a user out of a group; says whether it was in.
    pub(super) fn leave(&mut self, group: Uuid, user: Uuid) -> bool {
        let left = self.groups.by_id_mut(group);
        let was_in = left.is_some_and(|group| group.members.remove(user).is_some());
        if was_in {
            self.forget(group, user);
        }
        was_in
    }

    /// The groups that a user is in.
    pub(super) fn groups_of(&self, user: Uuid) -> impl Iterator<Item = &Group> {
        let ids = self.memberships.0.get(&user).into_iter().flatten();
        ids.filter_map(|id| self.groups.by_id(*id))
    }

    fn forget(&mut self, group: Uuid, user: Uuid) {
        if let Some(groups) = self.memberships.0.get_mut(&user) {
            groups.retain(|id| *id != group);
        }
    }
}
