use super::*;

/// Every selector, in the form in which it is shown.
fn selectors() -> [(&'static str, &'static str, Value); 11] {
    let account = json!({ "id": NOBODY, "name": "root", "type": "account" });
    let by_names = json!({ "account_name_format": "STARTS_WITH", "value": "adm" });
    let labels = json!({ "_type": "server_label",
        "server_selector": { "labels": { "os": "linux" } },
        "account_selector_type": "none", "account_selector": { "_type": "none" } });
    let of_label = json!([{ "selector_type": "server_label", "selector": labels }]);
    let of_server = json!([{ "selector_type": "individual_server", "selector": one("server") }]);
    [
        (SERVER, "individual_server", one("server")),
        (
            SERVER,
            "individual_server_account",
            json!({ "_type": "individual_server_account", "server": shown("server"), "username": "root" }),
        ),
        (SERVER, "server_label", labels),
        (
            SERVER,
            "server_label",
            json!({ "_type": "server_label", "server_selector": { "labels": {} },
                "account_selector_type": "username",
                "account_selector": { "_type": "username", "usernames": ["root", "app"] } }),
        ),
        (SECRET, "secret", one("secret")),
        (SECRET, "secret_folder", one("secret_folder")),
        (
            "managed_saas_app_based_resource",
            "individual_managed_saas_app_account",
            json!({ "_type": "individual_managed_saas_app_account",
                "service_account": account, "saas_app_instance": { "id": NOBODY } }),
        ),
        (
            "unmanaged_saas_app_based_resource",
            "individual_unmanaged_saas_app_account",
            json!({ "_type": "individual_unmanaged_saas_app_account", "service_account": account }),
        ),
        (
            "okta_app_based_resource",
            "individual_okta_account",
            json!({ "_type": "individual_okta_account", "service_account": account }),
        ),
        (
            "active_directory_based_resource",
            "active_directory",
            json!({ "_type": "active_directory",
                "individual_accounts": { "by_condition": by_names, "by_domain": ["a.test"] },
                "shared_accounts": {
                    "by_matching_names": ["x", by_names], "by_domain": ["b.test"],
                    "specific_accounts": [{ "domain": "b.test", "account_sid": "S-1-5",
                        "account_name": "adm", "missing": false }] },
                "servers": { "selectors": of_server }, "ssh_servers": { "selectors": of_label } }),
        ),
        (
            "database_based_resource",
            "database",
            json!({ "_type": "database", "database_accounts": [by_names],
                "database_connections": [{ "id": NOBODY, "name": "main" }] }),
        ),
    ]
}

/// Every privilege, in the form in which it is shown.
fn privileges() -> [(&'static str, Value); 11] {
    [
        (
            SSH,
            json!({ "_type": SSH, SSH: true, "admin_level_permissions": true,
                "sudo_display_name": "make", "sudo_command_bundles": [shown("sudo_command_bundle")] }),
        ),
        (SSH, json!({ "_type": SSH, SSH: false })),
        (
            RDP,
            json!({ "_type": RDP, RDP: true, "admin_level_permissions": true }),
        ),
        (CHECKOUT_SSH, of_one(CHECKOUT_SSH)),
        (
            CHECKOUT_RDP,
            json!({ "_type": CHECKOUT_RDP, CHECKOUT_RDP: true,
                "admin_level_permissions": true, "remote_access_permissions": false }),
        ),
        (
            "password_checkout_database",
            of_one("password_checkout_database"),
        ),
        ("reveal_password", of_one("reveal_password")),
        ("update_password", of_one("update_password")),
        ("rotate_password", of_one("rotate_password")),
        (
            "secret",
            json!({ "_type": "secret", "list": true, "folder_create": false,
                "folder_update": false, "folder_delete": false, "secret_create": true,
                "secret_update": false, "secret_reveal": true, "secret_delete": false }),
        ),
        (CHECKOUT_RDP, of_one(CHECKOUT_RDP)),
    ]
}

/// Every condition, in the form in which it is shown.
fn conditions() -> [(&'static str, Value); 6] {
    [
        (
            "access_request",
            json!({ "_type": "access_request", "request_type_id": "7",
                "request_type_name": "ask", "expires_after_seconds": 600 }),
        ),
        (
            "access_request",
            json!({ "_type": "access_request", "request_type_name": "ask" }),
        ),
        (
            "gateway",
            json!({ "_type": "gateway", "traffic_forwarding": true, "session_recording": false }),
        ),
        ("gateway", json!({ "_type": "gateway" })),
        (
            "mfa",
            json!({ "_type": "mfa", "re_auth_frequency_in_seconds": 0, "acr_values": "phr" }),
        ),
        (
            "mfa",
            json!({ "_type": "mfa", "re_auth_frequency_in_seconds": 60,
                "acr_values": "urn:okta:loa:2fa:any" }),
        ),
    ]
}

fn of_one(privilege: &str) -> Value {
    json!({ "_type": privilege, privilege: true })
}

/// Every selector, privilege and condition, each in a rule of its own, as it is shown.
pub(super) fn rules() -> Vec<Value> {
    let selectors = selectors();
    let selectors = selectors.iter();
    let selectors = selectors.map(|(kind, of, selector)| selecting(kind, of, selector));
    let (privileges, conditions) = (privileges(), conditions());
    let privileges = privileges.iter().map(|(of, value)| granting(of, value));
    let conditions = conditions.iter().map(|(of, value)| under(of, value));
    selectors.chain(privileges).chain(conditions).collect()
}

/// The policy of one rule, of the type that allows it.
pub(super) fn policy_of(rule: &Value) -> Value {
    let mut policy = policy(std::slice::from_ref(rule));
    if rule["resource_type"] == "okta_app_based_resource" {
        policy["type"] = json!("okta_service_account");
    }
    policy
}

/// As older clients send it: without `_type`.
fn as_older_clients_send(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(as_older_clients_send).collect(),
        Value::Object(fields) => {
            let known = fields.iter().filter(|(name, _)| *name != "_type");
            let known = known.map(|(name, value)| (name.clone(), as_older_clients_send(value)));
            known.collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[tokio::test]
async fn every_rule_is_shown_as_it_was_sent() {
    let client = admin().await;

    for rule in rules() {
        let made = post(&client, &policy_of(&rule)).await;
        let shown = client.get(&path_of(&made.body)).await;

        assert_eq!(made.status, 200, "{rule}: {:?}", made.body);
        assert_eq!(shown.body, made.body, "{rule}");
        assert_eq!(unstamped(&shown.body["rules"][0]), rule);
        assert!(is_of_form(&shown.body), "{rule}");
    }
}

#[tokio::test]
async fn every_rule_is_understood_without_its_types() {
    let client = admin().await;

    for rule in rules() {
        let sent = policy_of(&as_older_clients_send(&rule));
        let made = post(&client, &sent).await;
        let replaced = put(&client, &path_of(&made.body), &sent).await;
        let shown = client.get(&path_of(&made.body)).await;

        assert_eq!(made.status, 200, "{rule}: {:?}", made.body);
        assert_eq!(unstamped(&made.body["rules"][0]), rule);
        assert_eq!(replaced.status, NO_CONTENT, "{rule}");
        assert_eq!(unstamped(&shown.body["rules"][0]), rule);
    }
}

#[tokio::test]
async fn what_the_service_does_not_keep_is_not_shown() {
    let client = admin().await;
    let privilege = json!({ SSH: true, "admin_level_permissions": false,
        "sudo_display_name": null, "sudo_command_bundles": null, "unknown": 1 });
    let checkout = json!({ CHECKOUT_RDP: true, "admin_level_permissions": false,
        "remote_access_permissions": null });
    let mut rule = granting(SSH, &privilege);
    rule["privileges"] = json!([
        { "privilege_type": SSH, "privilege_value": privilege },
        { "privilege_type": CHECKOUT_RDP, "privilege_value": checkout, "unknown": {} },
    ]);
    rule["conditions"] = json!([
        { "condition_type": "gateway",
            "condition_value": { "traffic_forwarding": null, "session_recording": false } },
        { "condition_type": "mfa",
            "condition_value": { "re_auth_frequency_in_seconds": 1, "acr_values": null } },
    ]);
    rule["override_checkout_duration_in_seconds"] = Value::Null;
    rule["security_policy_id"] = Value::Null;
    rule["id"] = Value::Null;
    let mut sent = policy(&[rule]);
    for field in ["type", "description", "resource_group"] {
        sent[field] = Value::Null;
    }
    sent["principals"] = json!({ "user_groups": null, "workload_roles": null });

    let made = post(&client, &sent).await.body;

    assert_eq!(
        (&made["type"], &made["description"]),
        (&json!("default"), &json!(""))
    );
    assert_eq!(made["principals"], json!({ "user_groups": [] }));
    assert_eq!(made.get("resource_group"), None);
    let rule = &made["rules"][0];
    assert_eq!(rule.get("override_checkout_duration_in_seconds"), None);
    assert_eq!(
        rule["privileges"],
        json!([
            { "privilege_type": SSH, "privilege_value": { "_type": SSH, SSH: true } },
            { "privilege_type": CHECKOUT_RDP, "privilege_value": of_one(CHECKOUT_RDP) },
        ])
    );
    assert_eq!(
        rule["conditions"],
        json!([
            { "condition_type": "gateway",
                "condition_value": { "_type": "gateway", "session_recording": false } },
            { "condition_type": "mfa",
                "condition_value": { "_type": "mfa", "re_auth_frequency_in_seconds": 1 } },
        ])
    );
}

const SERVER: &str = "server_based_resource";
const SECRET: &str = "secret_based_resource";
const SSH: &str = "principal_account_ssh";
const RDP: &str = "principal_account_rdp";
const CHECKOUT_SSH: &str = "password_checkout_ssh";
const CHECKOUT_RDP: &str = "password_checkout_rdp";
