//! Security policies: checked, normalised, and shown with the names that others have now.
//!
//! What the schemas cannot say is here: which types of resources suit which type of policy, who may
//! make policies for service accounts, and the ids of rules. Which privileges suit which resources is
//! not checked, for nothing says how the service decides it.

use std::collections::HashSet;

use fastrand::Rng;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, Code, Problem};
use super::fields::Object;
use super::operation::{Operation, Query};
use super::page::{Filter, Paging};
use super::resource::{Kind, Resource, view};
use super::role::{Role, Roles};
use super::seed::uuid;
use super::store::Store;
use super::visit::Visit;

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
        .or(&[Code::ForbiddenError])
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
        .or(&[Code::ForbiddenError])
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
    may_make(store, visit)?;
    check_types(&visit.body)?;
    let id = uuid(&mut store.rng);
    let policy = settle(&mut store.rng, id, visit.body.clone(), HashSet::new());
    let answer = Answer::json(StatusCode::OK, &view(store, &policy));
    store.resources.add(Kind::SecurityPolicy, policy)?;
    Ok(answer)
}

fn update(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let older = find(store, visit)?;
    if type_of(&older.body) != SERVICE_ACCOUNT {
        may_make(store, visit)?;
    }
    check_types(&visit.body)?;
    let (id, known) = (older.id, ids(&older.body));
    let policy = settle(&mut store.rng, id, visit.body.clone(), known);
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

/// Gives a policy that is checked its id, and its rules theirs: the ones that they had, if known.
pub(super) fn settle(
    rng: &mut Rng,
    id: Uuid,
    mut body: Object,
    mut known: HashSet<String>,
) -> Resource {
    for rule in rules_mut(&mut body) {
        let own = rule.get("id").and_then(Value::as_str);
        let is_known = own.is_some_and(|own| known.remove(own));
        if !is_known {
            rule.insert("id".to_owned(), json!(uuid(rng)));
        }
        rule.insert("security_policy_id".to_owned(), json!(id));
    }
    Resource::new(Kind::SecurityPolicy, id, None, body)
}

/// Refuses policies for service accounts to all but the Okta Super Admins.
fn may_make(store: &Store, visit: &Visit<'_>) -> Result<(), Problem> {
    if type_of(&visit.body) != SERVICE_ACCOUNT || store.is_super_admin(visit.user) {
        return Ok(());
    }
    let message = "type: only an Okta Super Admin can make policies of okta_service_account";
    Err(Problem::new(Code::ForbiddenError, message))
}

/// Refuses resources of a type that the type of the policy does not allow.
pub(super) fn check_types(policy: &Object) -> Result<(), Problem> {
    let kind = type_of(policy);
    let rules = policy.get("rules").and_then(Value::as_array);
    for (at, rule) in rules.into_iter().flatten().enumerate() {
        let is_okta_app = rule.get("resource_type").is_some_and(|of| of == OKTA_APP);
        if is_okta_app != (kind == SERVICE_ACCOUNT) {
            let place = format!("rules[{at}].resource_type");
            let message = format!("{place}: not allowed in a policy of type {kind}");
            return Err(Problem::invalid(message));
        }
    }
    Ok(())
}

/// The ids of a policy's rules, as far as they have any.
pub(super) fn ids(policy: &Object) -> HashSet<String> {
    let rules = policy.get("rules").and_then(Value::as_array);
    let ids = rules.into_iter().flatten().filter_map(|rule| {
        let id = rule.get("id").and_then(Value::as_str);
        id.map(str::to_owned)
    });
    ids.collect()
}

fn rules_mut(body: &mut Object) -> impl Iterator<Item = &mut Object> {
    let rules = body.get_mut("rules").and_then(Value::as_array_mut);
    rules.into_iter().flatten().filter_map(Value::as_object_mut)
}

fn type_of(policy: &Object) -> &str {
    let kind = policy.get("type").and_then(Value::as_str);
    kind.unwrap_or_default()
}

const ADMINS: Roles = Roles::of(&[Role::SecurityAdmin]);

const POLICIES: &str = "security_policy";

const POLICY: &str = "security_policy/{security_policy_id}";

const SERVICE_ACCOUNT: &str = "okta_service_account";

const OKTA_APP: &str = "okta_app_based_resource";
