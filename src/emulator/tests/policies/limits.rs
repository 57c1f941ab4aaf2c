use super::*;

/// A policy in which there is something to get wrong.
fn whole() -> Value {
    let reveal = json!({ "privilege_type": "reveal_password",
        "privilege_value": { "reveal_password": true } });
    let mut servers = selecting("server_based_resource", "individual_server", &one("server"));
    servers["override_checkout_duration_in_seconds"] = json!(900);
    servers["privileges"] = json!([reveal, reveal]);
    let labels = json!({ "account_selector_type": "none", "account_selector": {},
        "server_selector": { "labels": { "os": "linux" } } });
    let labels = selecting("server_based_resource", "server_label", &labels);
    let mfa = json!({ "re_auth_frequency_in_seconds": 1, "acr_values": "phr" });
    let mfa = under("mfa", &mfa);
    let ask = json!({ "request_type_name": "ask", "expires_after_seconds": 1 });
    let ask = under("access_request", &ask);
    policy(&[servers, labels, mfa, ask])
}

/// The policy with a value at a place, which is made if it is the last field.
fn with(pointer: &str, value: Value) -> Value {
    let mut policy = whole();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    let parent = policy.pointer_mut(parent).unwrap();
    match field.parse::<usize>() {
        Ok(number) => parent[number] = value,
        Err(_) => parent[field] = value,
    }
    policy
}

/// The policy without a field.
fn without(pointer: &str) -> Value {
    let mut policy = whole();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    let parent = policy.pointer_mut(parent).unwrap();
    parent.as_object_mut().unwrap().remove(field).unwrap();
    policy
}

#[tokio::test]
async fn policy_that_breaks_a_rule_is_refused_by_the_field() {
    let client = admin().await;
    let whole = post(&client, &whole()).await;
    let path = path_of(&whole.body);

    for (pointer, wrong, message) in wrong() {
        let policy = with(pointer, wrong);
        let made = post(&client, &policy).await;
        let replaced = put(&client, &path, &policy).await;
        assert_eq!(made.kind(), (400, "invalid_request"), "{pointer}");
        assert_eq!(made.body["message"], message);
        assert_eq!(replaced.body, made.body);
    }

    assert_eq!(client.get(&path).await.body, whole.body);
}

#[tokio::test]
async fn policy_without_a_field_is_refused_by_the_field() {
    let client = admin().await;

    for (pointer, message) in MISSING {
        let made = post(&client, &without(pointer)).await;
        assert_eq!(made.kind(), (400, "invalid_request"), "{pointer}");
        assert_eq!(made.body["message"], message);
    }
}

#[tokio::test]
async fn limits_themselves_are_allowed() {
    let client = admin().await;
    let rule = granting("reveal_password", &json!({ "reveal_password": true }));
    let group = json!({ "id": NOBODY });
    let cases = [
        ("/name", json!("é")),
        ("/name", json!("é".repeat(255))),
        ("/principals/user_groups", json!([])),
        ("/principals/user_groups", json!(vec![group; 40])),
        ("/rules", json!([])),
        ("/rules", json!(vec![rule; 30])),
        (CHECKOUT, json!(900)),
        (CHECKOUT, json!(86_400)),
        (CHECKOUT, json!(null)),
        (FREQUENCY, json!(i32::MAX)),
        (EXPIRY, json!(i32::MAX)),
        ("/rules/0/resource_selector/selectors", json!([])),
        ("/rules/0/privileges", json!([])),
    ];

    for (pointer, value) in cases {
        let made = post(&client, &with(pointer, value)).await;
        assert_eq!(made.status, 200, "{pointer}: {:?}", made.body);
        assert!(is_of_form(&made.body), "{pointer}");
    }
}

#[tokio::test]
async fn type_of_a_policy_decides_which_resources_it_may_be_for() {
    let client = admin().await;
    let usual = granting("reveal_password", &json!({ "reveal_password": true }));
    let mut okta = usual.clone();
    okta["resource_type"] = json!("okta_app_based_resource");
    okta["resource_selector"] = json!({ "selectors": [] });
    let of_usual = policy(&[usual.clone(), okta.clone()]);
    let mut of_okta = policy(&[usual, okta.clone()]);
    of_okta["type"] = json!("okta_service_account");
    let mut right = policy(&[okta]);
    right["type"] = json!("okta_service_account");

    let of_usual = post(&client, &of_usual).await;
    let of_okta = post(&client, &of_okta).await;
    let right = post(&client, &right).await;

    assert_eq!(
        of_usual.body["message"],
        "rules[1].resource_type: not allowed in a policy of type default"
    );
    assert_eq!(
        of_okta.body["message"],
        "rules[0].resource_type: not allowed in a policy of type okta_service_account"
    );
    assert_eq!((of_usual.status, of_okta.status), (400, 400));
    assert_eq!(right.status, 200);
}

/// Where, what, and what is said of it.
fn wrong() -> Vec<(&'static str, Value, &'static str)> {
    let rule = granting("reveal_password", &json!({ "reveal_password": true }));
    let group = json!({ "id": NOBODY });
    let mut cases = of_policies(&rule, &group);
    cases.extend(of_rules());
    cases
}

#[rustfmt::skip]
fn of_policies(rule: &Value, group: &Value) -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("/name", json!(""), "name: not 1 to 255 characters"),
        ("/name", json!("é".repeat(256)), "name: not 1 to 255 characters"),
        ("/name", json!(null), "name: not a string"),
        ("/active", json!("yes"), "active: not a boolean"),
        ("/description", json!(7), "description: not a string or null"),
        ("/type", json!("other"), "type: not one of default, okta_service_account"),
        ("/principals", json!(null), "principals: not an object"),
        ("/principals/user_groups", json!(vec![group; 41]), "principals.user_groups: not at most 40 items"),
        ("/principals/user_groups", json!({}), "principals.user_groups: not a list or null"),
        ("/principals/user_groups/0", json!({}), "principals.user_groups[0].id: missing"),
        ("/principals/user_groups/0", json!({ "id": "x" }), "principals.user_groups[0].id: not a UUID"),
        ("/principals/workload_roles", json!([{ "id": "x" }]), "principals.workload_roles[0].id: not a UUID"),
        ("/resource_group", json!({ "id": 1 }), "resource_group.id: not a string"),
        ("/rules", json!(vec![rule; 31]), "rules: not at most 30 items"),
        ("/rules", json!(null), "rules: not a list"),
        ("/rules/2", json!(7), "rules[2]: not an object"),
        ("/rules/0/name", json!(7), "rules[0].name: not a string"),
        ("/rules/0/id", json!(7), "rules[0].id: not a string or null"),
        ("/rules/0/security_policy_id", json!("x"), "rules[0].security_policy_id: not a UUID"),
        (CHECKOUT, json!(899), "rules[0].override_checkout_duration_in_seconds: not 900 to 86400"),
        (CHECKOUT, json!(86_401), "rules[0].override_checkout_duration_in_seconds: not 900 to 86400"),
        (CHECKOUT, json!(u64::MAX), "rules[0].override_checkout_duration_in_seconds: not 900 to 86400"),
        (CHECKOUT, json!(900.5), "rules[0].override_checkout_duration_in_seconds: not an integer or null"),
    ]
}

#[rustfmt::skip]
fn of_rules() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("/rules/0/resource_type", json!("x"), "rules[0].resource_type: not one of active_directory_based_resource, \
            database_based_resource, managed_saas_app_based_resource, okta_app_based_resource, secret_based_resource, \
            server_based_resource, unmanaged_saas_app_based_resource"),
        ("/rules/0/resource_selector", json!(null), "rules[0].resource_selector: not an object"),
        ("/rules/0/resource_selector/_type", json!("secret_based_resource"),
            "rules[0].resource_selector._type: not \"server_based_resource\""),
        ("/rules/0/resource_selector/selectors/0/selector_type", json!("secret"),
            "rules[0].resource_selector.selectors[0].selector_type: \
            not one of individual_server, individual_server_account, server_label"),
        ("/rules/0/resource_selector/selectors/0/selector/_type", json!("server_label"),
            "rules[0].resource_selector.selectors[0].selector._type: not \"individual_server\""),
        ("/rules/1/resource_selector/selectors/0/selector/account_selector_type", json!("all"),
            "rules[1].resource_selector.selectors[0].selector.account_selector_type: not one of none, username"),
        ("/rules/1/resource_selector/selectors/0/selector/account_selector/_type", json!("username"),
            "rules[1].resource_selector.selectors[0].selector.account_selector._type: not \"none\""),
        ("/rules/1/resource_selector/selectors/0/selector/server_selector/labels", json!({ "os": 1 }),
            "rules[1].resource_selector.selectors[0].selector.server_selector.labels.os: not a string"),
        ("/rules/0/privileges", json!(null), "rules[0].privileges: not a list"),
        ("/rules/0/privileges/1/privilege_type", json!("root"), "rules[0].privileges[1].privilege_type: not one of \
            password_checkout_database, password_checkout_rdp, password_checkout_ssh, principal_account_rdp, \
            principal_account_ssh, reveal_password, rotate_password, secret, update_password"),
        ("/rules/0/privileges/1/privilege_value/reveal_password", json!("yes"),
            "rules[0].privileges[1].privilege_value.reveal_password: not a boolean"),
        ("/rules/0/privileges/1/privilege_value/_type", json!("secret"),
            "rules[0].privileges[1].privilege_value._type: not \"reveal_password\""),
        ("/rules/2/conditions/0/condition_type", json!("moon"),
            "rules[2].conditions[0].condition_type: not one of access_request, gateway, mfa"),
        ("/rules/2/conditions/0/condition_value/_type", json!("gateway"),
            "rules[2].conditions[0].condition_value._type: not \"mfa\""),
        ("/rules/2/conditions/0/condition_value/acr_values", json!("none"),
            "rules[2].conditions[0].condition_value.acr_values: not one of urn:okta:loa:2fa:any, phr"),
        (FREQUENCY, json!(1_u64 << 31), "rules[2].conditions[0].condition_value.re_auth_frequency_in_seconds: \
            not -2147483648 to 2147483647"),
        (EXPIRY, json!(1_u64 << 31), "rules[3].conditions[0].condition_value.expires_after_seconds: \
            not -2147483648 to 2147483647"),
    ]
}

const MISSING: [(&str, &str); 15] = [
    ("/name", "name: missing"),
    ("/active", "active: missing"),
    ("/principals", "principals: missing"),
    ("/rules", "rules: missing"),
    ("/rules/0/name", "rules[0].name: missing"),
    ("/rules/0/privileges", "rules[0].privileges: missing"),
    (
        "/rules/0/resource_selector",
        "rules[0].resource_selector: missing",
    ),
    (
        "/rules/0/resource_selector/selectors",
        "rules[0].resource_selector.selectors: missing",
    ),
    (
        "/rules/0/resource_selector/selectors/0/selector",
        "rules[0].resource_selector.selectors[0].selector: missing",
    ),
    (
        "/rules/0/resource_selector/selectors/0/selector/server",
        "rules[0].resource_selector.selectors[0].selector.server: missing",
    ),
    (
        "/rules/1/resource_selector/selectors/0/selector/account_selector",
        "rules[1].resource_selector.selectors[0].selector.account_selector: missing",
    ),
    (
        "/rules/0/privileges/1/privilege_value",
        "rules[0].privileges[1].privilege_value: missing",
    ),
    (
        "/rules/0/privileges/1/privilege_value/reveal_password",
        "rules[0].privileges[1].privilege_value.reveal_password: missing",
    ),
    (
        FREQUENCY,
        "rules[2].conditions[0].condition_value.re_auth_frequency_in_seconds: missing",
    ),
    (
        "/rules/3/conditions/0/condition_value/request_type_name",
        "rules[3].conditions[0].condition_value.request_type_name: missing",
    ),
];

const CHECKOUT: &str = "/rules/0/override_checkout_duration_in_seconds";
const FREQUENCY: &str = "/rules/2/conditions/0/condition_value/re_auth_frequency_in_seconds";
const EXPIRY: &str = "/rules/3/conditions/0/condition_value/expires_after_seconds";
