use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;

use super::forms::{policy_of, rules};
use super::*;

/// JSON of any shape, with many words that mean something in a policy.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0..90_000_i64).prop_map(Value::from),
        word().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(word(), inner, 0..4)
                .prop_map(|fields| { fields.into_iter().collect::<Value>() }),
        ]
    })
}

fn word() -> impl Strategy<Value = String> {
    let words = [
        NOBODY,
        "id",
        "name",
        "type",
        "_type",
        "missing",
        "selectors",
        "selector_type",
        "selector",
        "server",
        "secret",
        "username",
        "rules",
        "active",
        "principals",
        "user_groups",
        "mfa",
        "privilege_type",
        "privilege_value",
        "conditions",
        "resource_type",
        "default",
        "labels",
        "server_based_resource",
        "sudo_command_bundles",
        "resource_group",
        "workload_roles",
    ];
    select(words.map(str::to_owned).to_vec())
}

/// What becomes of one value of a policy.
fn change() -> impl Strategy<Value = (Index, Option<Value>)> {
    (any::<Index>(), prop::option::weighted(0.8, json()))
}

/// A policy of a few rules that are right, in which a few values are changed or gone.
fn nearly_a_policy() -> impl Strategy<Value = Value> {
    let rules = prop::collection::vec(select(rules()), 1..4);
    let changes = prop::collection::vec(change(), 0..4);
    (rules, changes).prop_map(|(rules, changes)| {
        let mut policy = policy_of(&rules[0]);
        policy["rules"] = rules.into();
        for (at, value) in changes {
            let mut places = Vec::new();
            collect(&policy, "", &mut places);
            let (parent, field) = at.get(&places);
            match (policy.pointer_mut(parent), value) {
                (Some(Value::Object(fields)), Some(value)) => {
                    drop(fields.insert(field.clone(), value));
                }
                (Some(Value::Object(fields)), None) => drop(fields.remove(field)),
                (Some(Value::Array(items)), Some(value)) => {
                    items[field.parse::<usize>().unwrap()] = value;
                }
                (Some(Value::Array(items)), None) => drop(items.remove(field.parse().unwrap())),
                _ => {}
            }
        }
        policy
    })
}

/// All places of a value: where, and under which name or number there.
fn collect(value: &Value, at: &str, places: &mut Vec<(String, String)>) {
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(fields) => {
            places.push((at.to_owned(), "id".to_owned()));
            for (name, value) in fields {
                places.push((at.to_owned(), name.clone()));
                collect(value, &format!("{at}/{}", escaped(name)), places);
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                places.push((at.to_owned(), number.to_string()));
                collect(item, &format!("{at}/{number}"), places);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Sends a policy to be made and to replace another; what is accepted is shown and stays as it is.
async fn try_out(client: &Client, policy: &Value) -> Result<bool, TestCaseError> {
    let made = post(client, policy).await;
    let first = client.get("security_policy?count=1").await.body;
    let replaced = put(client, &path_of(&first["list"][0]), policy).await;
    if made.status != 200 {
        prop_assert_eq!(made.kind(), (400, "invalid_request"));
        prop_assert_eq!(made.body, replaced.body);
        return Ok(false);
    }
    prop_assert_eq!(replaced.status, NO_CONTENT);
    let path = path_of(&made.body);
    let shown = client.get(&path).await.body;
    prop_assert_eq!(&shown, &made.body);
    prop_assert!(is_of_form(&shown), "{}", shown);
    prop_assert_eq!(put(client, &path, &shown).await.status, NO_CONTENT);
    prop_assert_eq!(client.get(&path).await.body, shown);
    Ok(true)
}

proptest! {
    #[test]
    fn what_is_accepted_as_a_policy_is_shown_and_stays_when_it_is_sent_back(
        policies in prop::collection::vec(nearly_a_policy(), 8),
    ) {
        run(async {
            let client = admin().await;
            for policy in &policies {
                try_out(&client, policy).await?;
            }
            Ok::<_, TestCaseError>(())
        })?;
    }

    #[test]
    fn anything_may_be_sent_as_a_policy(bodies in prop::collection::vec(json(), 8)) {
        run(async {
            let client = admin().await;
            for body in &bodies {
                prop_assert!(post(&client, body).await.status < 500);
                prop_assert!(put(&client, "security_policy/x", body).await.status < 500);
            }
            Ok::<_, TestCaseError>(())
        })?;
    }
}

#[test]
fn many_of_the_changed_policies_are_accepted_and_many_are_not() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let policies: Vec<_> = (0..200)
        .map(|_| nearly_a_policy().new_tree(&mut runner).unwrap().current())
        .collect();

    let accepted = run(async {
        let client = admin().await;
        let mut accepted = 0;
        for policy in &policies {
            accepted += usize::from(try_out(&client, policy).await.unwrap());
        }
        accepted
    });

    assert!((40..160).contains(&accepted), "{accepted}");
}
