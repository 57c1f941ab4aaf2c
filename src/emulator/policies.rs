//! Security policies: checked, normalised, and shown with the names that others have now.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, Problem};
use super::fields::Object;
use super::operation::{Operation, Query};
use super::page::{Filter, Paging};
use super::resource::{Kind, Resource, view};
use super::role::{Role, Roles};
use super::seed::uuid;
use super::store::Store;
use super::world::Visit;

/// The operations on security policies.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::read("listSecurityPolicies", Method::GET, POLICIES, list)
        .asks(ADMINS)
        .query(&[Query::Text("contains")])
        .pages("SecurityPolicy")
        .specified()
        .shown_by("every_list_is_paged"),
    // Answered with 200, unlike all other creations.
    Operation::write("createSecurityPolicy", Method::POST, POLICIES, create)
        .asks(ADMINS)
        .takes("SecurityPolicyWrite")
        .gives(StatusCode::OK, "SecurityPolicy")
        .specified()
        .shown_by("policy_is_normalised_and_named"),
    Operation::read("getSecurityPolicy", Method::GET, POLICY, get)
        .asks(ADMINS)
        .gives(StatusCode::OK, "SecurityPolicy")
        .specified()
        .shown_by("policy_tells_that_its_group_is_missing"),
    Operation::write("updateSecurityPolicy", Method::PUT, POLICY, update)
        .asks(ADMINS)
        .takes("SecurityPolicyWrite")
        .gives_nothing()
        .specified()
        .shown_by("policy_is_replaced_and_deleted_without_a_body"),
    Operation::write("deleteSecurityPolicy", Method::DELETE, POLICY, delete)
        .asks(ADMINS)
        .gives_nothing()
        .specified()
        .shown_by("policy_is_replaced_and_deleted_without_a_body"),
];

fn list(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let filter = Filter::read(visit.ask);
    let policies = store.resources.all(Kind::SecurityPolicy);
    let page = Paging::read(visit)?;
    let page = page.of(policies, |policy| filter.admits(policy.id, &policy.name))?;
    Ok(page.answer(visit.ask, |policy| view(store, policy)))
}

fn get(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    Ok(Answer::json(
        StatusCode::OK,
        &view(store, find(store, visit)?),
    ))
}

fn create(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let id = uuid(&mut store.rng);
    let policy = read(visit, id);
    let answer = Answer::json(StatusCode::OK, &view(store, &policy));
    store.resources.add(Kind::SecurityPolicy, policy)?;
    Ok(answer)
}

fn update(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let policy = read(visit, find(store, visit)?.id);
    store.resources.replace(Kind::SecurityPolicy, policy)?;
    Ok(Answer::no_content())
}

fn delete(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let id = find(store, visit)?.id;
    store.resources.remove(Kind::SecurityPolicy, id);
    Ok(Answer::no_content())
}

fn find<'a>(store: &'a Store, visit: &Visit<'_>) -> Result<&'a Resource, Problem> {
    let id = visit.argument("security_policy_id");
    store.resources.find(Kind::SecurityPolicy, id, None)
}

/// Brings a policy into the form in which the service keeps it.
fn read(visit: &Visit<'_>, id: Uuid) -> Resource {
    let mut body = visit.body.clone();
    let rules = body.get_mut("rules").and_then(Value::as_array_mut);
    for rule in rules.into_iter().flatten().filter_map(Value::as_object_mut) {
        stamp(rule, id);
    }
    Resource::new(Kind::SecurityPolicy, id, None, body)
}

fn stamp(rule: &mut Object, policy: Uuid) {
    rule.insert("security_policy_id".to_owned(), json!(policy));
}

const ADMINS: Roles = Roles::of(&[Role::SecurityAdmin]);

const POLICIES: &str = "security_policy";

const POLICY: &str = "security_policy/{security_policy_id}";
