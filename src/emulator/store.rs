//! What the team owns: users, groups and resources.

use std::collections::HashMap;

use fastrand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::answer::{Code, Problem};
use super::clock::Time;
use super::membership::Memberships;
use super::resource::Resources;
use super::role::Role;
use super::seed::uuid;
use super::settings::Settings;
use super::table::{Row, Table};
use super::vault::Vault;

/// The whole content of a team.
#[derive(Clone, Debug)]
pub(super) struct Store {
    /// The team's name as it is told.
    pub(super) team: String,
    pub(super) team_id: Uuid,
    /// Service users and human users: two views of one set, whose names are unique together.
    pub(super) users: Table<User>,
    pub(super) groups: Table<Group>,
    pub(super) memberships: Memberships,
    /// The attributes that were set, by their ids; all others follow from what they belong to.
    pub(super) attributes: HashMap<Uuid, Value>,
    pub(super) resources: Resources,
    pub(super) quota: Quota,
    /// What secrets are sealed to on their way here.
    pub(super) vault: Vault,
    pub(super) settings: Settings,
    /// Names of the service users that count as Okta Super Admins.
    pub(super) super_admins: Vec<String>,
    /// Makes ids and secrets, the same ones for the same seed.
    pub(super) rng: Rng,
    key_owners: HashMap<Box<str>, Uuid>,
    /// How often each user was stopped, if ever.
    stops: HashMap<Uuid, u32>,
}

impl Store {
    /// A team that owns nothing.
    pub(super) fn empty(team: &str, mut rng: Rng, quota: Quota) -> Self {
        Self {
            team: team.to_owned(),
            team_id: uuid(&mut rng),
            users: Table::default(),
            groups: Table::default(),
            memberships: Memberships::default(),
            attributes: HashMap::new(),
            resources: Resources::new(quota),
            quota,
            vault: Vault::default(),
            settings: Settings::default(),
            super_admins: Vec::new(),
            rng,
            key_owners: HashMap::new(),
            stops: HashMap::new(),
        }
    }

    /// Gives a user one more key.
    pub(super) fn add_key(&mut self, user: Uuid, key: Key) {
        if let Some(owner) = self.users.by_id_mut(user) {
            self.key_owners.insert(key.id.as_str().into(), user);
            owner.keys.push(key);
        }
    }

    /// Takes a key of a user out.
    pub(super) fn remove_key(&mut self, user: Uuid, key: &str) -> Option<Key> {
        let owner = self.users.by_id_mut(user)?;
        let at = owner
            .keys
            .iter()
            .position(|k| k.id.eq_ignore_ascii_case(key))?;
        let key = owner.keys.remove(at);
        self.key_owners.remove(key.id.as_str());
        Some(key)
    }

    /// The user that has this key.
    pub(super) fn owner(&self, key: &str) -> Option<&User> {
        let owner = self.users.by_id(*self.key_owners.get(key)?)?;
        owner.keys.iter().any(|k| k.id == key).then_some(owner)
    }

    /// Notes that a user is stopped: what was issued before stays dead, whatever comes later.
    pub(super) fn stop(&mut self, user: Uuid) {
        *self.stops.entry(user).or_default() += 1;
    }

    /// How often a user was stopped.
    pub(super) fn stops(&self, user: Uuid) -> u32 {
        self.stops.get(&user).copied().unwrap_or_default()
    }

    /// Whether a user counts as an Okta Super Admin.
    pub(super) fn is_super_admin(&self, user: Uuid) -> bool {
        let user = self.users.by_id(user);
        user.is_some_and(|user| self.super_admins.contains(&user.name))
    }

    /// A key of a user.
    pub(super) fn key_mut(&mut self, user: Uuid, key: &str) -> Option<&mut Key> {
        let user = self.users.by_id_mut(user)?;
        user.keys.iter_mut().find(|k| k.id == key)
    }
}

/// How many objects of one kind may ever be made, those included that were deleted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quota(pub(super) u64);

impl Quota {
    /// Whether one more may be made after `made`.
    pub(super) fn allows(self, made: u64) -> Result<(), Problem> {
        if made < self.0 {
            return Ok(());
        }
        let message = format!("The team has made all {} that it may have of this", self.0);
        Err(Problem::new(Code::QuotaExceeded, message))
    }
}

/// A person or a service user.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) status: Status,
    pub(super) deleted_at: Option<Time>,
    /// Empty for people.
    pub(super) keys: Vec<Key>,
}

/// What a user is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Service,
    Human,
}

/// What a user may do: anything, nothing, nothing ever again.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Status {
    Active,
    Disabled,
    Deleted,
}

impl Row for User {
    fn id(&self) -> Uuid {
        self.id
    }

    fn unique_name(&self) -> Option<&str> {
        Some(&self.name)
    }
}

/// An API key of a service user.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) issued: Time,
    /// `None` for never.
    pub(super) expires: Option<Time>,
    pub(super) last_used: Option<Time>,
}

impl Key {
    /// Whether it can be used.
    pub(super) fn is_valid(&self, now: Time) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}

/// A group of users.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) made: Time,
    /// As they were given: the service keeps their order.
    pub(super) roles: Vec<Role>,
    pub(super) members: Table<Member>,
}

impl Row for Group {
    fn id(&self) -> Uuid {
        self.id
    }

    fn unique_name(&self) -> Option<&str> {
        Some(&self.name)
    }
}

/// A user in a group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) user: Uuid,
}

impl Row for Member {
    fn id(&self) -> Uuid {
        self.user
    }

    fn unique_name(&self) -> Option<&str> {
        None
    }
}
