//! Whatever is kept, shared, merged or fetched: an answer is that of the caller's own principal, to
//! the very path that was asked.
//!
//! The teams answer with what they were asked, and with whose token. Ten thousand pairs of a caller
//! and a path, fifty at a time; many of these differ in a spelling, a part of the query or a header only.

mod mirror;

use std::collections::BTreeSet;
use std::time::Duration;

use fastrand::Rng;
use futures_util::future::join_all;
use http::{HeaderName, HeaderValue, Request};
use opagate::exchange::Body;
use serde_json::Value;
use tokio::time::sleep;

use self::mirror::{FEATURES, mirror, told_target};
use crate::support::{Gateway, Reply, Setup, get, hash_of};

/// What is asked, and what must come of it.
struct Ask {
    caller: usize,
    request: Request<Body>,
    /// Owner, target and features, as the teams tell them.
    told: [String; 3],
}

/// Callers, and the service user of each team that they may use.
const CALLERS: [(&str, [&str; 2]); 6] = [
    ("writer", ["demo/gateway", "second/gateway"]),
    ("reader", ["demo/gateway", "second/gateway"]),
    ("first", ["demo/gateway", "second/svc-0001"]),
    ("another", ["demo/gateway", "second/svc-0001"]),
    ("last", ["demo/gateway", "second/svc-0002"]),
    ("only", ["", "second/svc-0002"]),
];

const PAIRS: usize = 10_000;
const AT_ONCE: usize = 50;

#[tokio::test(start_paused = true)]
async fn ten_thousand_answers_are_each_of_its_own_caller_and_path() {
    let gateway = start();
    let clients = CALLERS.map(|(caller, _)| gateway.client(caller));
    let mut rng = Rng::with_seed(23);
    let (mut mixed, mut counts) = (Vec::new(), Counts::default());

    for _ in 0..PAIRS / AT_ONCE {
        let hot = rng.fork();
        let asks = (0..AT_ONCE).map(|_| {
            // Some ask for the same at once.
            let target = if rng.u8(..4) == 0 {
                hot.clone()
            } else {
                rng.fork()
            };
            ask(&gateway, rng.usize(..CALLERS.len()), target)
        });
        let replies = asks.map(async |ask| {
            let reply = clients[ask.caller].send(ask.request).await;
            (ask.told, reply)
        });
        for (told, reply) in join_all(replies).await {
            counts.note(&told, &reply);
            mixed.extend(mixed_up(&told, &reply));
        }
        sleep(Duration::from_millis(rng.u64(..500))).await;
    }

    assert_eq!(mixed, [""; 0]);
    assert_eq!(counts.all, PAIRS);
    assert_eq!(counts.owners.len(), 4, "{counts:?}");
    assert!(counts.hits > 2_000 && counts.shared > 300, "{counts:?}");
    assert!(counts.merged > 500 && counts.fetched > 1_000, "{counts:?}");
    gateway.finish().await;
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    hits: usize,
    shared: usize,
    fetched: usize,
    /// Lists of several pages.
    merged: usize,
    owners: BTreeSet<String>,
}

impl Counts {
    fn note(&mut self, told: &[String; 3], reply: &Reply) {
        let status = reply.header("cache-status");
        self.all += 1;
        if status.contains("; hit") {
            self.hits += 1;
        } else if status.contains("collapsed") {
            self.shared += 1;
        } else {
            self.fetched += 1;
        }
        let body = reply.json();
        let elements = body["list"].as_array().map_or(0, Vec::len);
        self.merged += usize::from(elements > mirror::PAGE);
        self.owners.insert(told[0].clone());
    }
}

fn start() -> Gateway {
    let callers = CALLERS[2..].iter().map(|(name, principals)| {
        let hash = hash_of(name);
        let principals = principals.iter().filter(|principal| !principal.is_empty());
        let principals: Vec<_> = principals.collect();
        format!(
            "[[caller]]\nname = '{name}'\ntoken_sha256 = '{hash}'\nprincipals = {principals:?}\n"
        )
    });
    let callers: String = callers.collect();
    let setup = Setup::new().team("second");
    let setup = setup.principal("svc-0001").principal("svc-0002");
    setup.text(&callers).transport(mirror).start()
}

/// Something at random; paths, queries and headers that stand first come more often.
fn ask(gateway: &Gateway, caller: usize, mut rng: Rng) -> Ask {
    let team = if CALLERS[caller].1[0].is_empty() {
        1
    } else {
        rng.usize(..2)
    };
    let mut one_of = |all: &[&'static str]| {
        let most = rng.usize(..all.len());
        all[rng.usize(..=most)]
    };
    let spelled = one_of([&["demo", "Demo", "DEMO"], &["second", "Second", "SECOND"]][team]);
    let path = one_of(&PATHS).replacen("{}", one_of(&NAMES), 1);
    let path = path.replacen("{}", one_of(&NAMES), 1);
    let query = one_of(&QUERIES);
    let features = one_of(&["", "a", "a,b", "b"]);
    let target = format!("/v1/teams/{spelled}/{path}{query}");
    let mut request = get(&target);
    if !features.is_empty() {
        let name = HeaderName::from_static(FEATURES);
        let value = HeaderValue::from_static(features);
        request.headers_mut().insert(name, value);
    }
    let owner = gateway.owner(CALLERS[caller].1[team]);
    let told = [owner, told_target(&target), features.to_owned()];
    Ask {
        caller,
        request,
        told,
    }
}

/// What is wrong about an answer.
fn mixed_up(told: &[String; 3], reply: &Reply) -> Option<String> {
    let body = reply.json();
    let is_own = |part: &Value| {
        let parts = ["owner", "target", "features"];
        parts
            .iter()
            .zip(told)
            .all(|(name, told)| part[name] == **told)
    };
    let is_right = match body["list"].as_array() {
        Some(list) => !list.is_empty() && list.iter().all(is_own),
        None => is_own(&body),
    };
    let is_answer = reply.status == 200 || reply.status == 404;
    (!is_right || !is_answer).then(|| format!("{told:?} got {reply:?}"))
}

const PATHS: [&str; 14] = [
    "groups",
    "groups/{}",
    "service_users/{}",
    "groups/{}/users",
    "current_user",
    "resource_groups/{}/projects",
    "resource_groups/{}/projects/{}",
    "users",
    "users/{}",
    "security_policy",
    "%67roups",
    "things/{}",
    "resource_groups/{}/projects/{}/servers",
    "group",
];

const NAMES: [&str; 10] = [
    "a", "b", "ab", "A", "%61", "a%2Fb", "gone", "a%20b", "a.b", "a+b",
];

const QUERIES: [&str; 12] = [
    "",
    "?contains=a",
    "?contains=b",
    "?a=1&b=2",
    "?b=2&a=1",
    "?a=1&a=1&b=2",
    "?a=1%26b=2",
    "?a=12&b=",
    "?a=1&b=2&a=2",
    "?count=2",
    "?A=1&b=2",
    "?contains=%61",
];
