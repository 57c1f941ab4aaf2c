//! Settings: of the team, and of each project for each kind of account that it holds.
//!
//! One pair of functions serves them all: which settings they are is the last segment of the path,
//! and what they are before anybody sets them are the defaults of their schema.

use std::collections::HashMap;

use http::{Method, StatusCode};
use serde_json::Value;
use uuid::Uuid;

use super::answer::{Answer, Problem};
use super::fields::Object;
use super::operation::{Operation, Shape};
use super::projects::{self, READERS, WRITERS};
use super::resource::Kind;
use super::role::{Role, Roles};
use super::schema;
use super::store::Store;
use super::visit::Visit;

/// What was set, by team or project and by the last segment of the path.
pub(super) type Settings = HashMap<(Uuid, &'static str), Object>;

/// The operations on settings.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::read("getTeamSettings", Method::GET, "settings", get_team)
        .asks(Roles::ADMINS)
        .gives(StatusCode::OK, "TeamSettings")
        .shown_by("team_settings_keep_what_an_update_does_not_name"),
    Operation::write("updateTeamSettings", Method::PUT, "settings", put_team)
        .asks(Roles::of(&[Role::PamAdmin]))
        .takes("TeamSettingsUpdate")
        .gives(StatusCode::OK, "TeamSettings")
        .shown_by("team_settings_keep_what_an_update_does_not_name"),
    get("getServerPasswordSettings", SERVER_PASSWORD, PASSWORD),
    put_and_show("updateServerPasswordSettings", SERVER_PASSWORD, PASSWORD),
    get("getActiveDirectoryPasswordSettings", AD_PASSWORD, PASSWORD),
    put_and_show(
        "updateActiveDirectoryPasswordSettings",
        AD_PASSWORD,
        PASSWORD,
    ),
    get("getDatabasePasswordSettings", DB_PASSWORD, PASSWORD),
    put_and_show("updateDatabasePasswordSettings", DB_PASSWORD, PASSWORD),
    get(
        "getOktaUniversalDirectoryPasswordSettings",
        UD_PASSWORD,
        PASSWORD,
    ),
    put_and_show(
        "updateOktaUniversalDirectoryPasswordSettings",
        UD_PASSWORD,
        PASSWORD,
    ),
    get("getSaasAppPasswordSettings", SAAS_PASSWORD, PASSWORD),
    put_and_show("updateSaasAppPasswordSettings", SAAS_PASSWORD, PASSWORD),
    get("getServerCheckoutSettings", SERVER_CHECKOUT, CHECKOUT),
    put("updateServerCheckoutSettings", SERVER_CHECKOUT, CHECKOUT),
    get("getActiveDirectoryCheckoutSettings", AD_CHECKOUT, CHECKOUT),
    put(
        "updateActiveDirectoryCheckoutSettings",
        AD_CHECKOUT,
        CHECKOUT,
    ),
    get("getDatabaseCheckoutSettings", DB_CHECKOUT, CHECKOUT),
    put("updateDatabaseCheckoutSettings", DB_CHECKOUT, CHECKOUT),
    get(
        "getOktaUniversalDirectoryCheckoutSettings",
        UD_CHECKOUT,
        CHECKOUT,
    ),
    put(
        "updateOktaUniversalDirectoryCheckoutSettings",
        UD_CHECKOUT,
        CHECKOUT,
    ),
    get("getSaasAppCheckoutSettings", SAAS_CHECKOUT, CHECKOUT),
    put("updateSaasAppCheckoutSettings", SAAS_CHECKOUT, CHECKOUT),
];

const fn get(id: &'static str, path: &'static str, schema: &'static str) -> Operation {
    Operation::read(id, Method::GET, path, get_project)
        .asks(READERS)
        .gives(StatusCode::OK, schema)
        .shown_by(SHOWN_BY)
}

/// Sets settings, and answers with 204.
const fn put(id: &'static str, path: &'static str, schema: &'static str) -> Operation {
    Operation::write(id, Method::PUT, path, put_project)
        .asks(WRITERS)
        .takes(schema)
        .gives_nothing()
        .shown_by(SHOWN_BY)
}

/// Sets settings, and answers with them.
const fn put_and_show(id: &'static str, path: &'static str, schema: &'static str) -> Operation {
    put(id, path, schema).gives(StatusCode::OK, schema)
}

fn get_team(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    show(store, visit, store.team_id)
}

/// Changes the team's settings; clients send only what is new, so the rest stays.
fn put_team(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let owner = store.team_id;
    let kept = store.settings.entry((owner, name(visit))).or_default();
    kept.extend(visit.body.clone());
    show(store, visit, owner)
}

fn get_project(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    show(store, visit, projects::find(store, visit)?.id)
}

fn put_project(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let owner = projects::find(store, visit)?.id;
    check(&visit.body)?;
    let settings = visit.body.clone();
    store.settings.insert((owner, name(visit)), settings);
    if visit.operation.shape == Shape::Nothing {
        return Ok(Answer::no_content());
    }
    show(store, visit, owner)
}

/// Answers with what was set, and with the defaults of what was not.
fn show(store: &Store, visit: &Visit<'_>, owner: Uuid) -> Result<Answer, Problem> {
    let kept = store.settings.get(&(owner, name(visit)));
    let kept = kept.cloned().unwrap_or_default();
    let settings = match visit.operation.shape {
        Shape::One(schema) => schema::keep(schema, kept)?,
        Shape::Nothing | Shape::List(_) => kept,
    };
    Ok(Answer::json(StatusCode::OK, &settings))
}

/// Checks what is about more than one field.
fn check(settings: &Object) -> Result<(), Problem> {
    let names = |field: &str| settings.get(field).and_then(Value::as_array);
    let names = |field: &str| names(field).is_some_and(|list| !list.is_empty());
    if names("include_list") && names("exclude_list") {
        return Err(Problem::invalid("exclude_list: not with an include_list"));
    }
    let number = |field: &str| settings.get(field).and_then(Value::as_i64);
    if number("max_length_in_bytes") < number("min_length_in_bytes") {
        let message = "max_length_in_bytes: less than min_length_in_bytes";
        return Err(Problem::invalid(message));
    }
    Ok(())
}

/// Forgets the settings of projects that are gone.
pub(super) fn sweep(store: &mut Store) {
    let (team, projects) = (store.team_id, store.resources.all(Kind::Project));
    let is_there = |owner| owner == team || projects.by_id(owner).is_some();
    store.settings.retain(|(owner, _), _| is_there(*owner));
}

fn name(visit: &Visit<'_>) -> &'static str {
    let path = visit.operation.path;
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

const SHOWN_BY: &str = "settings_of_a_project_are_the_defaults_until_they_are_set";

const PASSWORD: &str = "PasswordSettings";

const CHECKOUT: &str = "CheckoutSettings";

const SERVER_PASSWORD: &str =
    "resource_groups/{resource_group_id}/projects/{project_id}/server_password_settings";

const AD_PASSWORD: &str =
    "resource_groups/{resource_group_id}/projects/{project_id}/active_directory_password_settings";

const DB_PASSWORD: &str =
    "resource_groups/{resource_group_id}/projects/{project_id}/database_password_settings";

const UD_PASSWORD: &str = "resource_groups/{resource_group_id}/projects/{project_id}/\
                           okta_universal_directory_password_settings";

const SAAS_PASSWORD: &str =
    "resource_groups/{resource_group_id}/projects/{project_id}/saas_app_password_settings";

const SERVER_CHECKOUT: &str =
    "resource_groups/{resource_group_id}/projects/{project_id}/server_checkout_settings";

const AD_CHECKOUT: &str =
    "resource_groups/{resource_group_id}/projects/{project_id}/active_directory_checkout_settings";

const DB_CHECKOUT: &str =
    "resource_groups/{resource_group_id}/projects/{project_id}/database_checkout_settings";

const UD_CHECKOUT: &str = "resource_groups/{resource_group_id}/projects/{project_id}/\
                           okta_universal_directory_checkout_settings";

const SAAS_CHECKOUT: &str =
    "resource_groups/{resource_group_id}/projects/{project_id}/saas_app_checkout_settings";
