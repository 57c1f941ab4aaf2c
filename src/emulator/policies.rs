//! Security policies: checked, normalised, and shown with the names their groups have now.

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, Problem};
use super::fields::{self, Object};
use super::page::{Filter, Paging};
use super::seed::uuid;
use super::store::{Policy, Store};
use super::world::Visit;

/// Lists all policies.
pub(super) fn list(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let filter = Filter::read(visit.ask);
    let page = Paging::read(visit.ask, visit.page_size)?;
    let page = page.of(&store.policies, |policy| {
        filter.admits(policy.id, &policy.name)
    })?;
    Ok(page.answer(visit.ask, |policy| view(store, policy)))
}

/// Shows one.
pub(super) fn get(store: &Store, id: &str) -> Result<Answer, Problem> {
    let policy = store.policies.by_id(parse(id)?);
    let policy = policy.ok_or_else(Problem::missing)?;
    Ok(Answer::json(StatusCode::OK, &view(store, policy)))
}

/// Makes one; answered with 200, unlike all other creations.
pub(super) fn create(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let body = visit.ask.object()?;
    let id = uuid(&mut store.rng);
    let policy = read(body, id)?;
    let answer = Answer::json(StatusCode::OK, &view(store, &policy));
    store.policies.push(policy);
    Ok(answer)
}

/// Replaces one.
pub(super) fn update(store: &mut Store, visit: &Visit<'_>, id: &str) -> Result<Answer, Problem> {
    let policy = store.policies.by_id_mut(parse(id)?);
    let policy = policy.ok_or_else(Problem::missing)?;
    *policy = read(visit.ask.object()?, policy.id)?;
    Ok(Answer::no_content())
}

/// Deletes one.
pub(super) fn delete(store: &mut Store, id: &str) -> Result<Answer, Problem> {
    let policy = store.policies.remove(parse(id)?);
    policy.ok_or_else(Problem::missing)?;
    Ok(Answer::no_content())
}

fn parse(id: &str) -> Result<Uuid, Problem> {
    id.parse().map_err(|_| Problem::missing())
}

/// Checks a policy and brings it into the form in which the service keeps it.
fn read(mut body: Object, id: Uuid) -> Result<Policy, Problem> {
    let name = fields::name(&body)?;
    check(&body)?;
    body.retain(|field, _| FIELDS.contains(&field.as_str()));
    body.insert("id".to_owned(), json!(id));
    body.entry("type").or_insert_with(|| json!("default"));
    body.entry("description").or_insert_with(|| json!(""));
    for rule in body
        .get_mut("rules")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if let Some(rule) = rule.as_object_mut() {
            rule.insert("security_policy_id".to_owned(), json!(id));
        }
    }
    let mut body = Value::Object(body);
    normalise(&mut body);
    let Value::Object(body) = body else {
        return Err(Problem::invalid("not an object"));
    };
    Ok(Policy { id, name, body })
}

fn check(body: &Object) -> Result<(), Problem> {
    if !body.get("active").is_some_and(Value::is_boolean) {
        return Err(Problem::invalid("active: not a boolean"));
    }
    fields::text(body, "description")?;
    let kind = fields::text(body, "type")?.unwrap_or("default");
    if !["default", "okta_service_account"].contains(&kind) {
        return Err(Problem::invalid("type: not a type of policies"));
    }
    let groups = fields::list(fields::object(body, "principals")?, "user_groups")?;
    if groups.len() > 40 {
        return Err(Problem::invalid("principals.user_groups: more than 40"));
    }
    for group in groups {
        fields::id(group, "principals.user_groups")?;
    }
    if !body.get("rules").is_some_and(Value::is_array) {
        return Err(Problem::invalid("rules: not a list"));
    }
    let rules = fields::list(body, "rules")?;
    if rules.len() > 30 {
        return Err(Problem::invalid("rules: more than 30"));
    }
    rules.iter().try_for_each(|rule| check_rule(rule, kind))
}

fn check_rule(rule: &Value, kind: &str) -> Result<(), Problem> {
    let rule = rule.as_object();
    let rule = rule.ok_or_else(|| Problem::invalid("rules: not all are objects"))?;
    fields::name(rule)?;
    let resource = fields::text(rule, "resource_type")?.unwrap_or_default();
    if !RESOURCE_TYPES.contains(&resource) {
        return Err(Problem::invalid("rules.resource_type: not a resource type"));
    }
    if (resource == OKTA_APP) != (kind == "okta_service_account") {
        return Err(Problem::invalid(
            "rules.resource_type: not allowed in a policy of this type",
        ));
    }
    fields::object(rule, "resource_selector")?;
    if !rule.get("privileges").is_some_and(Value::is_array) {
        return Err(Problem::invalid("rules.privileges: not a list"));
    }
    fields::list(rule, "conditions")?;
    let checkout = rule.get("override_checkout_duration_in_seconds");
    let checkout = checkout.filter(|seconds| !seconds.is_null());
    let in_range = |seconds: &Value| {
        let seconds = seconds.as_u64();
        seconds.is_some_and(|seconds| (900..=86_400).contains(&seconds))
    };
    if checkout.is_none_or(in_range) {
        Ok(())
    } else {
        Err(Problem::invalid(
            "rules.override_checkout_duration_in_seconds: not 900 to 86400",
        ))
    }
}

/// Drops what the service does not keep: nulls, and admin permissions that are not given.
fn normalise(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, value| {
                let is_denied = name == "admin_level_permissions" && *value == json!(false);
                !value.is_null() && !is_denied
            });
            fields.values_mut().for_each(normalise);
        }
        Value::Array(values) => values.iter_mut().for_each(normalise),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn view(store: &Store, policy: &Policy) -> Object {
    let mut body = policy.body.clone();
    let groups = body.get_mut("principals");
    let groups = groups.and_then(|principals| principals.get_mut("user_groups"));
    let groups = groups.and_then(Value::as_array_mut);
    for named in groups.into_iter().flatten() {
        *named = match fields::id(named, "").map(|id| (id, store.groups.by_id(id))) {
            Ok((id, Some(group))) => {
                json!({ "id": id, "name": group.name, "type": "user_group" })
            }
            Ok((id, None)) => json!({ "id": id, "type": "user_group", "missing": true }),
            Err(_) => continue,
        };
    }
    body
}

const OKTA_APP: &str = "okta_app_based_resource";

const RESOURCE_TYPES: [&str; 7] = [
    "active_directory_based_resource",
    "database_based_resource",
    "managed_saas_app_based_resource",
    OKTA_APP,
    "secret_based_resource",
    "server_based_resource",
    "unmanaged_saas_app_based_resource",
];

/// The fields of a policy; others are not kept.
const FIELDS: [&str; 8] = [
    "id",
    "name",
    "type",
    "description",
    "active",
    "principals",
    "rules",
    "resource_group",
];
