//! Mistakes in a file, and the places that they are told of.

use super::*;

/// A file with one project that has these fields.
fn with_project(fields: &str) -> String {
    format!(
        r#"{{ "resource_groups": [{{ "name": "g", "projects": [{{ "name": "p", {fields} }}] }}] }}"#
    )
}

/// A file with one policy, one rule, and these parts.
fn with_policy(principals: &str, privilege: &str) -> String {
    format!(
        r#"{{ "security_policies": [{{ "name": "p", "active": true, "principals": {principals}, "rules": [{{
            "name": "r", "resource_type": "server_based_resource",
            "resource_selector": {{ "selectors": [] }}, "privileges": [{privilege}] }}] }}] }}"#
    )
}

#[test]
fn mistake_in_a_policy_is_told_with_its_place() {
    let ssh = |value: &str| {
        format!(r#"{{ "privilege_type": "principal_account_ssh", "privilege_value": {value} }}"#)
    };
    let cases = [
        (
            with_policy("{}", r#"{ "privilege_type": "x" }"#),
            "security_policies[0].rules[0].privileges[0].privilege_type: not one of ",
        ),
        (
            with_policy("{}", &ssh("{}")),
            "security_policies[0].rules[0].privileges[0].privilege_value.principal_account_ssh: missing",
        ),
        (
            with_policy("{}", &ssh(r#"{ "principal_account_ssh": true, "sudo": 1 }"#)),
            "security_policies[0].rules[0].privileges[0].privilege_value.sudo: unknown field",
        ),
        (
            with_policy("{}", &ssh(r#"{ "principal_account_ssh": true, "sudo_command_bundles": [{ "name": "b" }] }"#)),
            "security_policies[0].rules[0].privileges[0].privilege_value.sudo_command_bundles[0].name: \
             no sudo command bundle called \"b\"",
        ),
        (
            with_policy(r#"{ "user_groups": [{ "name": "owners" }, { "name": "x" }] }"#, &ssh("{}")),
            "security_policies[0].principals.user_groups[1].name: no group called \"x\"",
        ),
        (
            r#"{ "security_policies": [{ "name": "p", "active": true, "principals": {}, "rules": [],
                 "polices": 1 }] }"#.to_owned(),
            "security_policies[0].polices: unknown field",
        ),
    ];

    for (text, start) in cases {
        let told = Seed::parse(&text).unwrap_err();
        assert!(told.starts_with(start), "{told}");
    }
}

#[test]
fn mistake_in_a_project_is_told_with_its_place() {
    let cases = [
        (
            r#""servers": [{ "hostname": "a" }, { "hostname": "a" }]"#,
            "servers[1].hostname: \"a\" is there already",
        ),
        (
            r#""servers": [{ "name": "a" }]"#,
            "servers[0].hostname: missing",
        ),
        (
            r#""servers": [{ "hostname": "a", "labels": {} }]"#,
            "servers[0].labels: unknown field",
        ),
        (
            r#""server_enrollment_tokens": [{ "token": "t" }]"#,
            "server_enrollment_tokens[0].description: missing",
        ),
        (
            r#""secret_folders": [{ "name": "f", "secrets": [{ "name": "s" }] }]"#,
            "secret_folders[0].secrets[0].value: missing",
        ),
        (
            r#""secret_folders": [{ "name": "f", "secrets": [{ "name": "s", "value": "v", "secret_jwe": "x" }] }]"#,
            "secret_folders[0].secrets[0].secret_jwe: unknown field",
        ),
        (
            r#""secret_folders": [{ "name": "f", "folders": [{ "name": "a" }, { "name": "a" }] }]"#,
            "secret_folders[0].folders[1].name: taken by another secret folder",
        ),
        (
            r#""settings": { "servers": {} }"#,
            "settings.servers: unknown field",
        ),
        (
            r#""settings": { "server_checkout_settings": { "checkout_duration_in_seconds": 1 } }"#,
            "settings.server_checkout_settings.checkout_duration_in_seconds: not 900 to 86400",
        ),
        (r#""id": "p""#, "id: not a UUID"),
    ];

    for (fields, told) in cases {
        let told = format!("resource_groups[0].projects[0].{told}");
        assert_eq!(Seed::parse(&with_project(fields)).unwrap_err(), told);
    }
}

#[test]
fn mistake_in_okta_is_told_with_its_innermost_place() {
    let cases = [
        (r#"[]"#, "okta: not an object"),
        (r#"{ "user": [] }"#, "okta.user: unknown field `user`"),
        (r#"{ "token_life": "soon" }"#, "okta.token_life: "),
        (
            r#"{ "users": [{ "login": "a" }, { "login": "b", "password": 12345 }] }"#,
            "okta.users[1].password: not a string",
        ),
        (
            r#"{ "users": [{ "login": "a", "factors": [{ "script": { "verdict": "maybe" } }] }] }"#,
            "okta.users[0].factors[0].script.verdict: unknown variant `maybe`",
        ),
        (r#"{ "users": [{}] }"#, "okta.users[0].login: missing"),
        (
            r#"{ "users": [{ "login": "a" }, { "login": "A" }] }"#,
            "okta.users[1].login: \"A\" is there already",
        ),
    ];

    for (okta, start) in cases {
        let told = Seed::parse(&format!(r#"{{ "okta": {okta} }}"#)).unwrap_err();
        assert!(told.starts_with(start), "{told}");
    }
}

#[test]
fn name_that_two_have_does_not_say_which() {
    let text = r#"{
        "resource_groups": [{ "name": "g", "projects": [{ "name": "p", "secret_folders": [
            { "name": "f" }, { "name": "h", "folders": [{ "name": "f" }] }] }] }],
        "security_policies": [{ "name": "p", "active": true, "principals": {}, "rules": [{
            "name": "r", "resource_type": "secret_based_resource", "privileges": [],
            "resource_selector": { "selectors": [{ "selector_type": "secret_folder",
                "selector": { "secret_folder": { "name": "f" } } }] } }] }] }"#;

    let told = Seed::parse(text).unwrap_err();

    let place =
        "security_policies[0].rules[0].resource_selector.selectors[0].selector.secret_folder";
    assert!(
        told.starts_with(&format!("{place}.name: several")),
        "{told}"
    );
}

#[test]
fn id_that_two_have_is_told() {
    let text = r#"{ "sudo_command_bundles": [
        { "id": "52d3e1ab-6f2c-4d55-9a53-1c1a3b2d9c11", "name": "a", "structured_commands": [] },
        { "id": "52D3E1AB-6f2c-4d55-9a53-1c1a3b2d9c11", "name": "b", "structured_commands": [] }] }"#;

    let told = Seed::parse(text).unwrap_err();

    let place = "sudo_command_bundles[1].id: 52d3e1ab-6f2c-4d55-9a53-1c1a3b2d9c11";
    assert_eq!(told, format!("{place} is there already"));
}

#[test]
fn values_of_given_secrets_are_not_shown() {
    let text = with_project(
        r#""secret_folders": [{ "name": "f", "secrets": [{ "name": "s", "value": "hidden" }] }]"#,
    );
    let okta = r#"{ "okta": { "api_token": "hidden", "users": [{ "login": "a", "password": "hidden" }] } }"#;

    for text in [text.as_str(), okta] {
        let shown = format!("{:?}", Seed::parse(text).unwrap());
        assert!(!shown.contains("hidden"), "{shown}");
    }
}
