//! What a decision of policies costs, beside a bare look-up in a map, and together with finding out who
//! asks.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;

use ahash::RandomState;
use criterion::{Criterion, criterion_group, criterion_main};
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use http::{Method, Uri};
use opagate::auth::{self, Accounts, Connection, Door};
use opagate::authorize::Authorize;
use opagate::caller::{Access, Principal, Priority, Weight};
use opagate::operation::Operation;
use opagate::policy::{Capability, Policy, Rights, of_access};
use opagate::quota;
use sha2::{Digest, Sha256};

criterion_group!(benches, decide, whole, parse);
criterion_main!(benches);

const GROUP: &str = "teams/acme/groups/admins";
const SERVER: &str = "teams/acme/resource_groups/r/projects/p/servers/s";
const SECRET: &str = "teams/acme/resource_groups/r/projects/p/secrets/s";

fn decide(criterion: &mut Criterion) {
    let typical = Rights::new(&[policy(TYPICAL)], &[]);
    let short = Rights::new([&*of_access(Access::Read)], &[]);
    let long = Rights::new([&*of_access(Access::Write)], &[]);
    let many = Rights::new(&[policy(&many())], &[]);
    let map: HashMap<&str, usize, RandomState> =
        [(GROUP, 1), (SERVER, 2), (SECRET, 3)].into_iter().collect();

    let mut group = criterion.benchmark_group("policy");
    group.bench_function("bare map", |bencher| {
        bencher.iter(|| map.get(black_box(GROUP)));
    });
    for (name, rights, path, capability) in [
        ("typical, one path", &typical, GROUP, Capability::Read),
        (
            "typical, prefix",
            &typical,
            "teams/acme/users/u",
            Capability::Read,
        ),
        ("typical, plus", &typical, SECRET, Capability::Update),
        (
            "typical, list",
            &typical,
            "teams/acme/groups",
            Capability::List,
        ),
        ("typical, the last rule", &typical, SERVER, Capability::Read),
        ("typical, no rule", &typical, "resolve", Capability::Update),
        ("access = read", &short, SERVER, Capability::Read),
        ("access = write", &long, SERVER, Capability::Read),
        (
            "typical, in capitals",
            &typical,
            "teams/acme/users/IT-Admins",
            Capability::Read,
        ),
        (
            "500 rules, one path",
            &many,
            "teams/acme/groups/g-17",
            Capability::Read,
        ),
        (
            "500 rules, the last",
            &many,
            "teams/acme/users/u",
            Capability::Read,
        ),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| rights.decide(black_box(path), capability).is_allowed());
        });
    }
}

/// Who asks, and may they? Everything that stands between the head of a request and the cache.
fn whole(criterion: &mut Criterion) {
    let principal = Arc::new(Principal {
        index: 0,
        team_index: 0,
        team: "acme".into(),
        name: "opagate".into(),
    });
    let config = |token: &str| auth::Config {
        name: token.to_owned(),
        token_sha256: Some(Sha256::digest(token).into()),
        policies: vec![Arc::new(policy(TYPICAL))],
        priority: Priority::Interactive,
        weight: Weight::ONE,
        principals: vec!["acme/opagate".to_owned()],
        quota: quota::Config::default(),
    };
    let callers = [ONE, OTHER].map(config);
    let principals = [principal];
    let authorize = Authorize::new(&principals);
    let connection = Connection::new(Door::Required, Accounts::new(&callers, &principals));
    let [one, other] = [ONE, OTHER].map(headers);
    let target = Uri::from_static("/v1/teams/acme/groups/admins");
    let operation = Operation::parse(&Method::GET, &target).expect("a path");
    let ask = |headers: &HeaderMap| {
        let caller = connection.ask(black_box(headers), None).expect("known");
        authorize.ask(&caller, &operation).principal.is_ok()
    };

    let mut group = criterion.benchmark_group("policy/who and whether");
    group.bench_function("remembered", |bencher| bencher.iter(|| ask(&one)));
    // Each forgets the other, so each is hashed.
    group.bench_function("two, hashed", |bencher| {
        bencher.iter(|| (ask(&one), ask(&other)));
    });
    group.finish();
}

fn headers(token: &str) -> HeaderMap {
    let line = HeaderValue::from_str(&format!("Bearer {token}")).expect("a header");
    HeaderMap::from_iter([(AUTHORIZATION, line)])
}

/// As long as what `openssl rand -hex 32` makes.
const ONE: &str = "1111111111111111111111111111111111111111111111111111111111111111";
const OTHER: &str = "2222222222222222222222222222222222222222222222222222222222222222";

fn parse(criterion: &mut Criterion) {
    let text = many();
    criterion.bench_function("policy/parse 500 rules", |bencher| {
        bencher.iter(|| Policy::parse("many", black_box(&text)).is_ok());
    });
}

fn policy(text: &str) -> Policy {
    Policy::parse("bench", text).expect("a policy")
}

fn many() -> String {
    let block = |number: usize| {
        let star = if number.is_multiple_of(2) { "/*" } else { "" };
        format!("path \"teams/acme/groups/g-{number}{star}\" {{\n  capabilities = [\"read\"]\n}}\n")
    };
    let blocks: String = (0..499).map(block).collect();
    format!("{blocks}path \"teams/acme/*\" {{\n  capabilities = [\"read\"]\n}}\n")
}

/// Twelve rules of all kinds, two of them denials.
const TYPICAL: &str = r#"
path "teams/acme/groups" {
  capabilities = ["list", "create"]
}
path "teams/acme/groups/admins" {
  capabilities = ["read"]
}
path "teams/acme/groups/*" {
  capabilities = ["read", "update", "list"]
}
path "teams/acme/groups/+/users" {
  capabilities = ["list", "create"]
}
path "teams/acme/groups/+/users/+" {
  capabilities = ["delete"]
}
path "teams/acme/users/*" {
  capabilities = ["read", "list"]
}
path "teams/acme/security_policy/*" {
  capabilities = ["create", "read", "update", "delete", "list"]
}
path "teams/acme/resource_groups/+/projects/+/secrets/+" {
  capabilities = ["read", "update"]
}
path "teams/acme/resource_groups/+/projects/+/server_enrollment_tokens/*" {
  capabilities = ["deny"]
}
path "teams/acme/gateway_setup_tokens/*" {
  capabilities = ["deny"]
}
path "teams/acme/+/+/keys" {
  capabilities = ["list"]
}
path "teams/acme/*" {
  capabilities = ["read", "list"]
}
"#;
