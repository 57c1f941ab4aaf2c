//! What all kinds of resources have in common: an id, a name, a place, and a body in the form of its schema.

use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Code, Problem};
use super::fields::Object;
use super::store::{Quota, Store};
use super::table::{Row, Table};
use super::vault::Plain;

/// A kind of resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    SecurityPolicy,
    ResourceGroup,
    Project,
    ServerEnrollmentToken,
    Server,
    SudoCommandBundle,
    SecretFolder,
    Secret,
}

impl Kind {
    /// All kinds.
    pub(super) const ALL: [Self; 8] = [
        Self::SecurityPolicy,
        Self::ResourceGroup,
        Self::Project,
        Self::ServerEnrollmentToken,
        Self::Server,
        Self::SudoCommandBundle,
        Self::SecretFolder,
        Self::Secret,
    ];

    /// Its name where others refer to it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::SecurityPolicy => "security_policy",
            Self::ResourceGroup => "resource_group",
            Self::Project => "project",
            Self::ServerEnrollmentToken => "server_enrollment_token",
            Self::Server => "server",
            Self::SudoCommandBundle => "sudo_command_bundle",
            Self::SecretFolder => "secret_folder",
            Self::Secret => "secret",
        }
    }

    /// The schema that it is shown in.
    pub(super) const fn schema(self) -> &'static str {
        match self {
            Self::SecurityPolicy => "SecurityPolicy",
            Self::ResourceGroup => "ResourceGroup",
            Self::Project => "Project",
            Self::ServerEnrollmentToken => "ServerEnrollmentToken",
            Self::Server => "Server",
            Self::SudoCommandBundle => "SudoCommandBundle",
            Self::SecretFolder => "SecretFolder",
            Self::Secret => "Secret",
        }
    }

    /// Whether two of one place must not have one name.
    const fn has_unique_names(self) -> bool {
        !matches!(
            self,
            Self::SecurityPolicy | Self::ServerEnrollmentToken | Self::Server
        )
    }
}

/// A resource.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    pub(super) id: Uuid,
    pub(super) name: String,
    /// What it is in: a project is in a resource group, a secret in a folder.
    pub(super) parent: Option<Uuid>,
    /// All of it that is shown, as the service keeps it; what others are called is filled in later.
    pub(super) body: Object,
    /// What only a reveal shows, which only secrets have.
    pub(super) plain: Option<Plain>,
    /// Place and name, where they are unique.
    key: Option<Box<str>>,
}

impl Resource {
    /// A resource whose id and name are put into its body.
    pub(super) fn new(kind: Kind, id: Uuid, parent: Option<Uuid>, mut body: Object) -> Self {
        let name = body.get("name").and_then(Value::as_str);
        let name = name.unwrap_or_default().to_owned();
        body.insert("id".to_owned(), json!(id));
        Self {
            key: kind.has_unique_names().then(|| key(parent, &name)),
            id,
            name,
            parent,
            body,
            plain: None,
        }
    }
}

impl Row for Resource {
    fn id(&self) -> Uuid {
        self.id
    }

    fn unique_name(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

/// All resources, by kind.
#[derive(Clone, Debug)]
pub(super) struct Resources {
    tables: [Table<Resource>; Kind::ALL.len()],
    quota: Quota,
}

impl Resources {
    /// All of one kind.
    pub(super) fn all(&self, kind: Kind) -> &Table<Resource> {
        let [
            policies,
            groups,
            projects,
            tokens,
            servers,
            bundles,
            folders,
            secrets,
        ] = &self.tables;
        match kind {
            Kind::SecurityPolicy => policies,
            Kind::ResourceGroup => groups,
            Kind::Project => projects,
            Kind::ServerEnrollmentToken => tokens,
            Kind::Server => servers,
            Kind::SudoCommandBundle => bundles,
            Kind::SecretFolder => folders,
            Kind::Secret => secrets,
        }
    }

    /// All of one kind, to change them.
    pub(super) fn all_mut(&mut self, kind: Kind) -> &mut Table<Resource> {
        let [
            policies,
            groups,
            projects,
            tokens,
            servers,
            bundles,
            folders,
            secrets,
        ] = &mut self.tables;
        match kind {
            Kind::SecurityPolicy => policies,
            Kind::ResourceGroup => groups,
            Kind::Project => projects,
            Kind::ServerEnrollmentToken => tokens,
            Kind::Server => servers,
            Kind::SudoCommandBundle => bundles,
            Kind::SecretFolder => folders,
            Kind::Secret => secrets,
        }
    }

    /// The one with this id, in this place if it is told.
    pub(super) fn find(
        &self,
        kind: Kind,
        id: &str,
        parent: Option<Uuid>,
    ) -> Result<&Resource, Problem> {
        let found = id.parse().ok().and_then(|id| self.all(kind).by_id(id));
        let found = found.filter(|found| parent.is_none() || found.parent == parent);
        found.ok_or_else(Problem::missing)
    }

    /// None yet; of each kind at most `quota` will ever be made.
    pub(super) fn new(quota: Quota) -> Self {
        Self {
            tables: Default::default(),
            quota,
        }
    }

    /// Adds one, whose name must be free in its place.
    pub(super) fn add(&mut self, kind: Kind, resource: Resource) -> Result<(), Problem> {
        self.quota.allows(self.all(kind).made())?;
        self.name_is_free(kind, &resource)?;
        self.all_mut(kind).push(resource);
        Ok(())
    }

    /// Puts one where the one with its id is; its name must be free or its own.
    pub(super) fn replace(&mut self, kind: Kind, resource: Resource) -> Result<(), Problem> {
        self.name_is_free(kind, &resource)?;
        self.all_mut(kind).replace(resource);
        Ok(())
    }

    /// Takes one out, and all that is in it.
    pub(super) fn remove(&mut self, kind: Kind, id: Uuid) {
        self.all_mut(kind).remove(id);
        for kind in Kind::ALL {
            let all = self.all(kind).iter();
            let inside = all.filter(|resource| resource.parent == Some(id));
            let inside: Vec<_> = inside.map(|resource| resource.id).collect();
            for id in inside {
                self.remove(kind, id);
            }
        }
    }

    fn name_is_free(&self, kind: Kind, resource: &Resource) -> Result<(), Problem> {
        let Some(key) = &resource.key else {
            return Ok(());
        };
        let other = self.all(kind).by_name(key);
        if other.is_none_or(|other| other.id == resource.id) {
            return Ok(());
        }
        let message = format!("name: taken by another {}", kind.as_str().replace('_', " "));
        Err(Problem::new(Code::ResourceAlreadyExists, message))
    }
}

/// What a resource is as clients see it: with what the others that it names are called now.
pub(super) fn view(store: &Store, resource: &Resource) -> Value {
    let mut body = Value::Object(resource.body.clone());
    fill(store, &mut body);
    body
}

/// Fills in names and types of all that is named by its id, and whether it is missing.
pub(super) fn fill(store: &Store, value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| fill(store, item)),
        Value::Object(fields) => {
            for (field, value) in fields.iter_mut() {
                match REFERENCES.iter().find(|(name, _)| name == field) {
                    Some((_, kind)) => refer(store, kind, value),
                    None => fill(store, value),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Fills in what is named by its id, or each of a list, as [`fill`] does.
pub(super) fn refer(store: &Store, kind: &str, value: &mut Value) {
    if let Value::Array(items) = value {
        items.iter_mut().for_each(|item| refer(store, kind, item));
        return;
    }
    let id = value
        .get("id")
        .and_then(Value::as_str)
        .and_then(|id| id.parse().ok());
    let Some(id) = id else {
        return;
    };
    *value = match name_of(store, kind, id) {
        Some(name) => json!({ "id": id, "name": name, "type": kind }),
        None => json!({ "id": id, "type": kind, "missing": true }),
    };
}

fn name_of<'a>(store: &'a Store, kind: &str, id: Uuid) -> Option<&'a str> {
    if kind == "user_group" {
        return store.groups.by_id(id).map(|group| group.name.as_str());
    }
    let kind = Kind::ALL.into_iter().find(|k| k.as_str() == kind)?;
    let found = store.resources.all(kind).by_id(id)?;
    Some(&found.name)
}

fn key(parent: Option<Uuid>, name: &str) -> Box<str> {
    parent.map_or_else(|| name.into(), |parent| format!("{parent}/{name}").into())
}

/// Fields that name another resource, or several, and what they name.
pub(super) const REFERENCES: [(&str, &str); 9] = [
    ("user_groups", "user_group"),
    ("delegated_resource_admin_groups", "user_group"),
    ("delegated_security_admin_groups", "user_group"),
    ("resource_group", "resource_group"),
    ("server", "server"),
    ("secret", "secret"),
    ("secret_folder", "secret_folder"),
    ("sudo_command_bundles", "sudo_command_bundle"),
    ("project", "project"),
];
