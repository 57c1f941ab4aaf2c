//! Callers of each kind, and what they may do.

use super::*;
use crate::auth::{self, Accounts};
use crate::caller::{Access, Priority, Weight};
use crate::policy::{Policy, of_access};
use crate::{quota, testing};

fn caller_of(policies: Vec<Arc<Policy>>) -> auth::Config {
    auth::Config {
        name: "test".to_owned(),
        token_sha256: None,
        policies,
        priority: Priority::Batch,
        weight: Weight::ONE,
        principals: vec!["demo/gateway".to_owned()],
        quota: quota::Config::default(),
    }
}

/// A caller with `policies`, whose own principal is `demo/gateway`.
fn who(policies: Vec<Arc<Policy>>, principals: &[Arc<Principal>]) -> Arc<Caller> {
    let accounts = Accounts::new(&[caller_of(policies)], principals);
    accounts.of_name("test").unwrap()
}

fn principal(index: usize, team: &str, name: &str) -> Arc<Principal> {
    Arc::new(Principal {
        index,
        team_index: usize::from(team != "demo"),
        team: team.into(),
        name: name.into(),
    })
}

fn operation(method: &Method, target: &str) -> Operation {
    Operation::parse(method, &target.parse().unwrap()).unwrap()
}

fn ask(access: Access, method: &Method, target: &str) -> Result<Arc<Principal>, Error> {
    let principals = [testing::principal()];
    let authorize = Authorize::new(&principals);
    let caller = who(vec![of_access(access)], &principals);
    authorize.ask(&caller, &operation(method, target)).principal
}

/// What is decided by policies where `demo/gateway` is the caller's own, and there are more.
fn by(policies: &[&str], method: &Method, target: &str) -> Result<String, Kind> {
    let principals = [
        principal(0, "demo", "gateway"),
        principal(1, "demo", "strong"),
        principal(2, "other", "second"),
    ];
    let policies = policies
        .iter()
        .map(|text| Arc::new(Policy::parse("p", text).unwrap()));
    let authorize = Authorize::new(&principals);
    let caller = who(policies.collect(), &principals);
    let asked = authorize.ask(&caller, &operation(method, target)).principal;
    asked.map(|p| p.to_string()).map_err(|error| error.kind())
}

fn refused(access: Access, method: &Method, target: &str) -> Kind {
    ask(access, method, target).unwrap_err().kind()
}

#[test]
fn reader_reads_and_nothing_more() {
    let secret = "/v1/teams/demo/resource_groups/r/projects/p/secrets/s";

    assert!(ask(Access::Read, &Method::GET, "/v1/teams/demo/groups").is_ok());
    assert!(ask(Access::Read, &Method::GET, secret).is_ok());
    for (method, target) in [
        (&Method::POST, "/v1/teams/demo/groups"),
        (&Method::POST, secret),
        (&Method::POST, "/v1/resolve"),
        (&Method::GET, "/v1/teams/demo/gateway_setup_tokens/1/token"),
        (&Method::PATCH, "/v1/teams/demo/unknown/1"),
    ] {
        assert_eq!(
            refused(Access::Read, method, target),
            Kind::Forbidden,
            "{target}"
        );
        assert!(ask(Access::Write, method, target).is_ok(), "{target}");
    }
}

#[test]
fn team_that_is_not_served_is_said_to_be_unknown() {
    let target = "/v1/teams/other/groups";

    assert_eq!(
        refused(Access::Write, &Method::GET, target),
        Kind::UnknownTeam
    );
}

#[test]
fn gateways_own_service_users_are_not_changed_however_they_are_spelled() {
    for (method, target) in [
        (&Method::PUT, "/v1/teams/demo/service_users/gateway"),
        (&Method::PUT, "/v1/teams/demo/service_users/Gate%77ay"),
        (&Method::POST, "/v1/teams/demo/service_users/gateway/keys"),
        (
            &Method::DELETE,
            "/v1/teams/demo/service_users/gateway/keys/1",
        ),
        (
            &Method::DELETE,
            "/v1/teams/demo/groups/admins/users/gateway",
        ),
    ] {
        assert_eq!(
            refused(Access::Write, method, target),
            Kind::PrincipalIsManaged,
            "{target}"
        );
    }
    assert!(
        ask(
            Access::Write,
            &Method::GET,
            "/v1/teams/demo/service_users/gateway"
        )
        .is_ok()
    );
}

#[test]
fn membership_of_the_gateways_own_service_users_is_not_changed() {
    let target = "/v1/teams/demo/groups/admins/users".parse().unwrap();
    let operation = Operation::parse(&Method::POST, &target).unwrap();
    let principals = [testing::principal()];
    let authorize = Authorize::new(&principals);
    let caller = who(vec![of_access(Access::Write)], &principals);

    let refused = authorize
        .ask_body(&caller, &operation, br#"{"name":"GATEWAY"}"#)
        .unwrap_err();

    assert_eq!(refused.kind(), Kind::PrincipalIsManaged);
    let twice = br#"{"name":"x","NAME":"gateway"}"#;
    assert!(authorize.ask_body(&caller, &operation, twice).is_err());
    assert!(
        authorize
            .ask_body(&caller, &operation, br#"{"name":"x"}"#)
            .is_ok()
    );
}

#[test]
fn rule_that_decides_names_the_principal() {
    let text = "path \"teams/+/groups/*\" {\n  capabilities = [\"read\", \"list\"]\n}\n\
                path \"teams/demo/groups/admins\" {\n  capabilities = [\"read\"]\n  \
                principal = \"demo/strong\"\n}\n\
                path \"teams/other/groups/*\" {\n  capabilities = [\"read\"]\n  \
                principal = \"OTHER/second\"\n}\n\
                path \"resolve\" {\n  capabilities = [\"update\"]\n  principal = \"other/second\"\n}";
    let get = |target: &str| by(&[text], &Method::GET, target);

    assert_eq!(get("/v1/teams/demo/groups/x").unwrap(), "demo/gateway");
    assert_eq!(
        get("/v1/teams/demo/groups/%61dmins").unwrap(),
        "demo/strong"
    );
    assert_eq!(get("/v1/teams/Other/groups/x").unwrap(), "other/second");
    let resolve = by(&[text], &Method::POST, "/v1/resolve");
    assert_eq!(resolve.unwrap(), "other/second");
}

#[test]
fn nobody_of_the_team_is_no_even_where_a_rule_grants() {
    let any = "path \"*\" {\n  capabilities = [\"read\"]\n}";
    let named = "path \"*\" {\n  capabilities = [\"read\"]\n  principal = \"demo/strong\"\n}";
    let missing = "path \"*\" {\n  capabilities = [\"read\"]\n  principal = \"demo/gone\"\n}";
    let other = "/v1/teams/other/groups/x";
    let demo = "/v1/teams/demo/groups/x";

    for policy in [any, named] {
        assert_eq!(by(&[policy], &Method::GET, other), Err(Kind::Forbidden));
    }
    assert_eq!(by(&[missing], &Method::GET, demo), Err(Kind::Forbidden));
    assert_eq!(by(&[named], &Method::GET, demo).unwrap(), "demo/strong");
}

#[test]
fn equal_rules_with_different_principals_are_refused_where_both_grant() {
    let block = |can: &str, who: &str| {
        format!("path \"teams/demo/*\" {{\n  capabilities = [\"{can}\"]\n{who}}}")
    };
    let strong = "  principal = \"demo/strong\"\n";
    let same = "  principal = \"demo/gateway\"\n";
    let path = "/v1/teams/demo/groups/x";
    let pair = |a: &str, b: &str| by(&[a, b], &Method::GET, path);

    let both = pair(&block("read", ""), &block("read", strong));
    let one = pair(&block("read", ""), &block("update", strong));
    let equal = pair(&block("read", ""), &block("read", same));

    assert_eq!(both, Err(Kind::AmbiguousPrincipal));
    assert_eq!(one.unwrap(), "demo/gateway");
    assert_eq!(equal.unwrap(), "demo/gateway");
}

#[test]
fn sudo_lets_the_gateways_own_service_users_be_changed_but_makes_no_keys() {
    let block = |path: &str, can: &str| format!("path \"{path}\" {{\n  capabilities = [{can}]\n}}");
    let plain = block("teams/demo/*", "\"create\", \"update\", \"delete\"");
    let sudo = block(
        "teams/demo/*",
        "\"create\", \"update\", \"delete\", \"sudo\"",
    );
    let user = "/v1/teams/demo/service_users/gateway";

    for (method, target) in [
        (Method::PUT, user.to_owned()),
        (Method::DELETE, format!("{user}/keys/1")),
    ] {
        let managed = Err(Kind::PrincipalIsManaged);
        assert_eq!(by(&[&plain], &method, &target), managed, "{target}");
        assert!(by(&[&sudo], &method, &target).is_ok(), "{target}");
    }
    for keys in ["keys", "%6Beys", "KEYS"] {
        let target = format!("{user}/{keys}");
        let made = by(&[&sudo], &Method::POST, &target);
        assert_eq!(made, Err(Kind::PrincipalIsManaged), "{target}");
    }
}

#[test]
fn sudo_lets_the_gateways_own_service_users_become_members() {
    let text = "path \"teams/demo/groups/*\" {\n  capabilities = [\"create\", \"sudo\"]\n}";
    let principals = [testing::principal()];
    let authorize = Authorize::new(&principals);
    let caller = who(
        vec![Arc::new(Policy::parse("p", text).unwrap())],
        &principals,
    );
    let operation = operation(&Method::POST, "/v1/teams/demo/groups/admins/users");

    let asked = authorize.ask_body(&caller, &operation, br#"{"name":"gateway"}"#);

    assert!(asked.is_ok());
}

#[test]
fn without_policies_nothing_is_allowed() {
    for (method, target) in [
        (Method::GET, "/v1/teams/demo/groups"),
        (Method::GET, "/v1/teams/demo/current_user"),
        (Method::POST, "/v1/resolve"),
        (Method::DELETE, "/v1/teams/demo/groups/x"),
    ] {
        assert_eq!(by(&[], &method, target), Err(Kind::Forbidden), "{target}");
    }
}

#[test]
fn paths_of_origins_are_decided_in_one_spelling() {
    let text = "path \"/files/*\" {\n  capabilities = [\"read\"]\n}\n\
                path \"/files/secret/*\" {\n  capabilities = [\"deny\"]\n}";
    let authorize = Authorize::new(&[]);
    let caller = who(vec![Arc::new(Policy::parse("p", text).unwrap())], &[]);
    let asked = |method: &Method, path: &str| {
        let (result, rule) = authorize.ask_origin(&caller, method, path);
        (result.map_err(|error| error.kind()), rule)
    };

    assert_eq!(asked(&Method::GET, "/files/a//b/").0, Ok(()));
    assert_eq!(asked(&Method::PUT, "/files/a").0, Err(Kind::Forbidden));
    assert_eq!(asked(&Method::GET, "/other/a").0, Err(Kind::Forbidden));
    for path in ["/files/secret/a", "/files/Secret/a", "/files/%73ecret/a"] {
        let (result, rule) = asked(&Method::GET, path);
        assert_eq!(result, Err(Kind::Forbidden), "{path}");
        assert_eq!(rule.as_deref(), Some("p:/files/secret/*"), "{path}");
    }
    for path in ["/files/x/%2e%2e/secret/a", "/files/../secret", "/files/%0a"] {
        let (result, _) = asked(&Method::GET, path);
        assert_eq!(result, Err(Kind::MalformedPath), "{path}");
    }
}
