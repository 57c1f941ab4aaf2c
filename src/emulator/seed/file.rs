//! Content that somebody wrote down, in place of what would be made up.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::okta::Okta;
use super::read::{Fields, Item};
use super::tried;
use crate::emulator::okta;
use crate::emulator::role::Role;
use crate::emulator::store::Status;

/// Content of a team that is given; what it does not have is made up.
///
/// It is a JSON object. All of its fields are optional, and each replaces the made-up content of its
/// kind; a list that is empty leaves nothing. This one has some of them; `docs/emulator.md` has all:
///
/// ```json
/// {
///   "service_users": [{ "name": "ci", "status": "ACTIVE", "groups": ["deployers"],
///                       "keys": [{ "id": "52d3e1ab-6f2c-4d55-9a53-1c1a3b2d9c11", "secret": "ci-secret" }] }],
///   "users": [{ "name": "ada", "groups": ["owners"] }],
///   "groups": [{ "name": "deployers", "roles": ["resource_admin"], "members": ["ada"] }]
/// }
/// ```
///
/// What is named is in the same file. The groups `everyone`, which has all people in it, and
/// `owners` are there without being named, and so is the configured service user.
#[derive(Clone, Default)]
pub struct Seed {
    pub(super) service_users: Option<Vec<GivenUser>>,
    pub(super) people: Option<Vec<GivenUser>>,
    pub(super) groups: Option<Vec<GivenGroup>>,
    pub(super) bundles: Option<Vec<Item>>,
    pub(super) resource_groups: Option<Vec<Item>>,
    pub(super) policies: Option<Vec<Item>>,
    /// Of the team.
    pub(super) settings: Option<Item>,
    okta: Option<Okta>,
}

/// A user of either kind.
#[derive(Clone)]
pub(super) struct GivenUser {
    pub(super) id: Option<Uuid>,
    pub(super) name: String,
    pub(super) status: Status,
    /// Ids and secrets.
    pub(super) keys: Vec<(String, String)>,
    pub(super) groups: Vec<String>,
}

/// A group.
#[derive(Clone)]
pub(super) struct GivenGroup {
    pub(super) id: Option<Uuid>,
    pub(super) name: String,
    pub(super) roles: Vec<Role>,
    pub(super) members: Vec<String>,
}

impl Seed {
    /// Reads what was written.
    ///
    /// # Errors
    ///
    /// Fails with the first mistake and its place, as in `groups[3].members[0]: no user called "x"`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut fields = Item::whole(value).object()?;
        let mut names = Names::default();
        let service_users = fields.list("service_users")?;
        let people = fields.list("users")?;
        let groups = fields.list("groups")?;
        let bundles = fields.list("sudo_command_bundles")?;
        let resource_groups = fields.list("resource_groups")?;
        let policies = fields.list("security_policies")?;
        let settings = fields.take("settings");
        let okta = fields.take("okta");
        fields.end()?;

        // Users know groups and groups know users: first who there is, then who is in what.
        let service_users = each(service_users, |item| user(item, true, &mut names))?;
        let people = each(people, |item| user(item, false, &mut names))?;
        let groups = each(groups, |item| group(item, &mut names))?;
        for item in &names.as_members {
            names.of_users.check(item, "user")?;
        }
        for item in &names.as_groups {
            names.of_groups.check(item, "group")?;
        }
        tried(Self {
            service_users,
            people,
            groups,
            bundles,
            resource_groups,
            policies,
            settings,
            okta: okta.as_ref().map(Okta::read).transpose()?,
        })
    }

    /// Okta's side: as given, or else as it is `made_up`.
    pub fn okta(&self, made_up: &okta::Config) -> okta::Config {
        let given = self.okta.as_ref();
        given.map_or_else(|| made_up.clone(), |given| given.over(made_up))
    }
}

/// A secret may be among it.
impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |users: &Option<Vec<GivenUser>>| users.as_ref().map(Vec::len);
        f.debug_struct("Seed")
            .field("service_users", &count(&self.service_users))
            .field("people", &count(&self.people))
            .field("groups", &self.groups.as_ref().map(Vec::len))
            .finish_non_exhaustive()
    }
}

/// What was named so far, and what names it.
#[derive(Default)]
struct Names {
    ids: HashSet<Uuid>,
    of_users: Taken,
    of_groups: Taken,
    of_keys: Taken,
    as_members: Vec<Item>,
    as_groups: Vec<Item>,
}

#[derive(Default)]
struct Taken(HashSet<String>);

impl Taken {
    fn check(&self, item: &Item, kind: &str) -> Result<(), String> {
        let name = item.text()?;
        let is_known = self.0.contains(name) || (kind == "group" && ALWAYS.contains(&name));
        if is_known {
            Ok(())
        } else {
            Err(item.wrong(&format!("no {kind} called {name:?}")))
        }
    }
}

fn each<T>(
    items: Option<Vec<Item>>,
    read: impl FnMut(Item) -> Result<T, String>,
) -> Result<Option<Vec<T>>, String> {
    let items = items.map(|items| items.into_iter().map(read).collect());
    items.transpose()
}

fn user(item: Item, has_keys: bool, names: &mut Names) -> Result<GivenUser, String> {
    let mut fields = item.object()?;
    let id = fields.id(&mut names.ids)?;
    let name = fields.unique("name", &mut names.of_users.0)?;
    let status = match fields.take("status") {
        None => Status::Active,
        Some(item) => Status::deserialize(Value::from(item.text()?))
            .map_err(|_| item.wrong("not ACTIVE, DISABLED or DELETED"))?,
    };
    let keys = if has_keys { fields.list("keys")? } else { None };
    let keys = each(keys, |item| key(item, names))?.unwrap_or_default();
    let groups = listed(&mut fields, "groups", &mut names.as_groups)?;
    fields.end()?;
    Ok(GivenUser {
        id,
        name,
        status,
        keys,
        groups,
    })
}

fn key(item: Item, names: &mut Names) -> Result<(String, String), String> {
    let mut fields = item.object()?;
    let id = fields.uuid("id", &mut names.of_keys.0)?;
    // Nobody minds two keys with one secret.
    let secret = fields.unique("secret", &mut HashSet::new())?;
    fields.end()?;
    Ok((id, secret))
}

fn group(item: Item, names: &mut Names) -> Result<GivenGroup, String> {
    let mut fields = item.object()?;
    let id = fields.id(&mut names.ids)?;
    let name = fields.unique("name", &mut names.of_groups.0)?;
    let roles = fields.list("roles")?.unwrap_or_default();
    let roles = roles.iter().map(|item| {
        let role = Role::named(item.text()?);
        role.ok_or_else(|| item.wrong("not a role"))
    });
    let roles = roles.collect::<Result<_, _>>()?;
    let members = listed(&mut fields, "members", &mut names.as_members)?;
    fields.end()?;
    Ok(GivenGroup {
        id,
        name,
        roles,
        members,
    })
}

/// The texts of a list, which are put aside to be checked.
fn listed(fields: &mut Fields, field: &str, aside: &mut Vec<Item>) -> Result<Vec<String>, String> {
    let items = fields.list(field)?.unwrap_or_default();
    let texts = items.iter().map(|item| item.text().map(str::to_owned));
    let texts = texts.collect::<Result<_, _>>()?;
    aside.extend(items);
    Ok(texts)
}

/// The groups that every team has.
pub(super) const ALWAYS: [&str; 2] = ["everyone", "owners"];
