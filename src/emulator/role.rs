//! Roles: what a group gives to its members, and what an operation asks for.

use std::cell::RefCell;
use std::collections::HashMap;

use uuid::Uuid;

use super::resource_groups;
use super::store::{Group, Kind, Store};

/// A role of the specification.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Role {
    /// Gives roles to groups and users.
    PamAdmin,
    /// Administers resource groups, projects and service users.
    ResourceAdmin,
    /// Administers the projects of the resource groups that are assigned to its groups.
    DelegatedResourceAdmin,
    /// Makes security policies.
    SecurityAdmin,
    /// Uses what policies grant; every human user has it.
    EndUser,
}

impl Role {
    /// All roles, in the order of the specification.
    pub(super) const ALL: [Self; 5] = [
        Self::PamAdmin,
        Self::ResourceAdmin,
        Self::DelegatedResourceAdmin,
        Self::SecurityAdmin,
        Self::EndUser,
    ];

    /// Its name in the API.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::PamAdmin => "pam_admin",
            Self::ResourceAdmin => "resource_admin",
            Self::DelegatedResourceAdmin => "delegated_resource_admin",
            Self::SecurityAdmin => "security_admin",
            Self::EndUser => "end_user",
        }
    }

    /// The role with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// A set of roles. The most permissive one counts, so what somebody may do is what any of them may.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Roles(u8);

impl Roles {
    /// The four administrators.
    pub(super) const ADMINS: Self = Self::of(&[
        Role::PamAdmin,
        Role::ResourceAdmin,
        Role::DelegatedResourceAdmin,
        Role::SecurityAdmin,
    ]);

    /// None; an operation that asks for none is open to whoever has a token.
    pub(super) const NONE: Self = Self(0);

    /// These roles.
    pub(super) const fn of(roles: &[Role]) -> Self {
        let (mut set, mut rest) = (0, roles);
        while let [role, others @ ..] = rest {
            set |= 1 << *role as u8;
            rest = others;
        }
        Self(set)
    }

    /// Whether there are none.
    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether this one is among them.
    pub(super) const fn has(self, role: Role) -> bool {
        self.0 & (1 << role as u8) != 0
    }

    /// Whether any of these is among them.
    pub(super) const fn meets(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// These and one more.
    #[must_use]
    pub(super) const fn with(self, role: Role) -> Self {
        Self(self.0 | 1 << role as u8)
    }

    /// These without one.
    #[must_use]
    pub(super) const fn without(self, role: Role) -> Self {
        Self(self.0 & !(1 << role as u8))
    }

    /// These and others.
    #[must_use]
    pub(super) const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Their names, in the order of the specification.
    pub(super) fn names(self) -> Vec<&'static str> {
        let roles = Role::ALL.into_iter().filter(|role| self.has(*role));
        roles.map(Role::as_str).collect()
    }
}

/// The roles that a user has through groups, and by being a person.
pub(super) fn roles_of(store: &Store, user: Uuid) -> Roles {
    RolesOf::new(store).user(user)
}

/// The roles of many users: each of their groups is looked at once.
#[derive(Debug)]
pub(super) struct RolesOf<'a> {
    pub(super) store: &'a Store,
    groups: RefCell<HashMap<Uuid, Roles>>,
}

impl<'a> RolesOf<'a> {
    /// Those of the users in `store`.
    pub(super) fn new(store: &'a Store) -> Self {
        let groups = RefCell::default();
        Self { store, groups }
    }

    /// Those of one.
    pub(super) fn user(&self, user: Uuid) -> Roles {
        let kind = self.store.users.by_id(user).map(|user| user.kind);
        let own = match kind {
            Some(Kind::Human) => Roles::of(&[Role::EndUser]),
            Some(Kind::Service) | None => Roles::NONE,
        };
        let mut known = self.groups.borrow_mut();
        self.store.groups_of(user).fold(own, |roles, group| {
            let look = || Roles::of(&roles_of_group(self.store, group));
            roles.and(*known.entry(group.id).or_insert_with(look))
        })
    }
}

/// The roles that a group gives: those that it was given, and the one that resource groups give it.
///
/// What was given and what follows are kept apart, so that neither takes the other away.
pub(super) fn roles_of_group(store: &Store, group: &Group) -> Vec<Role> {
    let mut roles = group.roles.clone();
    let delegated = Role::DelegatedResourceAdmin;
    if !roles.contains(&delegated) && resource_groups::are_delegated_to(store, group.id) {
        roles.push(delegated);
    }
    roles
}
