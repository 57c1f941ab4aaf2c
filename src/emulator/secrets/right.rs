//! Who may do what with a secret or a folder.
//!
//! Administrators of the resource group may do everything; all others what an active policy lets
//! their groups do with it, or with a folder that it is in. A rule with a condition lets nobody in
//! here, for a service user can meet none; whoever is refused is told of it.

use serde_json::{Value, json};
use uuid::Uuid;

use super::tree::lineage;
use crate::emulator::answer::Problem;
use crate::emulator::resource::{Kind, Resource};
use crate::emulator::role::Role;
use crate::emulator::store::Store;
use crate::emulator::visit::Visit;

/// What a policy can allow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::emulator) enum Privilege {
    List,
    FolderCreate,
    FolderUpdate,
    FolderDelete,
    SecretCreate,
    SecretUpdate,
    SecretReveal,
    SecretDelete,
}

impl Privilege {
    /// Its name in a policy.
    const fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::FolderCreate => "folder_create",
            Self::FolderUpdate => "folder_update",
            Self::FolderDelete => "folder_delete",
            Self::SecretCreate => "secret_create",
            Self::SecretUpdate => "secret_update",
            Self::SecretReveal => "secret_reveal",
            Self::SecretDelete => "secret_delete",
        }
    }
}

/// Asks whether the visitor has a privilege on a folder, a secret, or the top of a project.
pub(in crate::emulator) fn may(
    store: &Store,
    visit: &Visit<'_>,
    privilege: Privilege,
    target: &Resource,
) -> Result<(), Problem> {
    Rights::of(store, visit, privilege).ask(store, target)
}

/// Where the visitor has one privilege.
#[derive(Debug)]
pub(in crate::emulator) struct Rights {
    everywhere: bool,
    grants: Vec<Grant>,
}

/// A right to something and all that is in it.
#[derive(Debug)]
struct Grant {
    on: Vec<Uuid>,
    /// The resource group that it ends at, if it does.
    within: Option<Uuid>,
    /// What must be met first, as clients are told it; `None` if nothing must.
    method: Option<Value>,
}

impl Rights {
    /// Where the visitor has this privilege now.
    pub(in crate::emulator) fn of(store: &Store, visit: &Visit<'_>, privilege: Privilege) -> Self {
        if visit.roles.has(Role::ResourceAdmin) {
            return Self {
                everywhere: true,
                grants: Vec::new(),
            };
        }
        let groups = store.groups_of(visit.user);
        let groups: Vec<_> = groups.map(|group| group.id).collect();
        let is_own = |list: Option<&Value>| ids(list).any(|id| groups.contains(&id));

        let mut grants = Vec::new();
        if visit.roles.has(Role::DelegatedResourceAdmin) {
            let all = store.resources.all(Kind::ResourceGroup).iter();
            let own = all.filter(|g| is_own(g.body.get("delegated_resource_admin_groups")));
            let on = own.map(|group| group.id).collect();
            grants.push(Grant {
                on,
                within: None,
                method: None,
            });
        }
        for policy in store.resources.all(Kind::SecurityPolicy).iter() {
            let is_active = policy.body.get("active") == Some(&Value::Bool(true));
            let principals = policy.body.get("principals");
            if is_active && is_own(principals.and_then(|p| p.get("user_groups"))) {
                let rules = policy.body.get("rules").and_then(Value::as_array);
                let rules = rules.into_iter().flatten();
                grants.extend(rules.filter_map(|rule| grant(policy, rule, privilege)));
            }
        }
        Self {
            everywhere: false,
            grants,
        }
    }

    /// Whether the privilege is had on this.
    pub(in crate::emulator) fn cover(&self, store: &Store, target: &Resource) -> bool {
        self.everywhere || self.on(store, target).any(|grant| grant.method.is_none())
    }

    /// Refuses whoever does not have it, and tells what would let them in.
    pub(in crate::emulator) fn ask(&self, store: &Store, target: &Resource) -> Result<(), Problem> {
        if self.cover(store, target) {
            return Ok(());
        }
        let methods = self
            .on(store, target)
            .filter_map(|grant| grant.method.clone());
        Err(Problem::no_access(methods.collect()))
    }

    fn on(&self, store: &Store, target: &Resource) -> impl Iterator<Item = &Grant> {
        let above: Vec<_> = lineage(store, target).map(|above| above.id).collect();
        self.grants.iter().filter(move |grant| {
            grant.on.iter().any(|id| above.contains(id))
                && grant.within.is_none_or(|group| above.contains(&group))
        })
    }
}

/// What a rule grants, if it is about secrets and has the privilege.
fn grant(policy: &Resource, rule: &Value, privilege: Privilege) -> Option<Grant> {
    let list = |value: &Value, name: &str| {
        let list = value.get(name).and_then(Value::as_array);
        list.cloned().unwrap_or_default()
    };
    (rule.get("resource_type")? == "secret_based_resource").then_some(())?;
    let privileges = list(rule, "privileges");
    let has_it = privileges.iter().any(|one| {
        let value = one
            .get("privilege_value")
            .and_then(|v| v.get(privilege.as_str()));
        one.get("privilege_type")
            .is_some_and(|kind| kind == "secret")
            && value == Some(&Value::Bool(true))
    });
    has_it.then_some(())?;
    let selectors = list(rule.get("resource_selector")?, "selectors");
    let on = selectors.iter().filter_map(|selector| {
        let selector = selector.get("selector")?;
        id(selector
            .get("secret")
            .or_else(|| selector.get("secret_folder"))?)
    });
    let conditions = list(rule, "conditions");
    let method = (!conditions.is_empty()).then(|| {
        json!({
            "security_policy": { "id": policy.id, "name": policy.name, "type": "security_policy" },
            "rule_name": rule.get("name"),
            "privileges": privileges,
            "conditions": conditions,
        })
    });
    Some(Grant {
        on: on.collect(),
        within: policy.body.get("resource_group").and_then(id),
        method,
    })
}

fn ids(list: Option<&Value>) -> impl Iterator<Item = Uuid> {
    let list = list.and_then(Value::as_array);
    list.into_iter().flatten().filter_map(id)
}

fn id(named: &Value) -> Option<Uuid> {
    named.get("id")?.as_str()?.parse().ok()
}
