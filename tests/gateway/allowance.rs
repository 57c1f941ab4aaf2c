//! What answers say of the limits: how things stand now, from memory or not.

use std::time::{Duration, UNIX_EPOCH};

use futures_util::future::join_all;
use http::{HeaderValue, Request};
use opagate::exchange::Body;
use tokio::time::sleep;

use crate::support::{Gateway, Reply, Setup, get, hash_of};

const ITEM: &str = "/v1/teams/demo/groups/owners";

/// Limit, remaining, reset and retry-at.
fn told(reply: &Reply) -> [u64; 4] {
    ["limit", "remaining", "reset", "retry-at"].map(|name| {
        let value = reply.header(&format!("x-ratelimit-{name}"));
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} in {reply:?}"))
    })
}

/// Over a limit of so many at once and one more in two seconds.
fn over(burst: u32) -> Setup {
    Setup::over(|team| {
        team.burst = burst;
        team.refill_per_second = 0.5;
    })
}

async fn spend(gateway: &Gateway, requests: usize) {
    let reader = gateway.reader();
    let paths = (0..requests).map(|n| format!("/v1/teams/demo/groups?contains={n}"));
    let read = async |path: String| assert_eq!(reader.get(&path).await.status, 200);
    join_all(paths.map(read)).await;
}

#[tokio::test(start_paused = true)]
async fn answer_tells_how_the_limit_stands_now_from_memory_too() {
    let gateway = over(100).start();
    let reader = gateway.reader();
    let now = || UNIX_EPOCH.elapsed().unwrap().as_secs();

    let [limit, first, ..] = told(&reader.get(ITEM).await);
    assert_eq!((limit, first), (100, 99));
    spend(&gateway, 30).await;
    // What was told before is told again for a tenth of a second at most.
    sleep(Duration::from_millis(150)).await;
    let hit = reader.get(ITEM).await;
    assert!(hit.header("cache-status").contains("hit"));
    let [limit, spent, reset, retry_at] = told(&hit);
    assert_eq!(limit, 100);
    assert!((60..=70).contains(&spent), "{spent}");
    assert!(reset > now() + 50 && retry_at > now(), "{reset} {retry_at}");

    sleep(Duration::from_secs(10)).await;
    let [_, later, ..] = told(&reader.get(ITEM).await);
    assert!((4..=6).contains(&(later - spent)), "{spent} {later}");
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn times_are_told_from_the_answer_on_and_not_from_the_request() {
    let setup = Setup::over(|team| {
        team.burst = 1;
        team.refill_per_second = 0.1;
    });
    let gateway = setup.start();
    spend(&gateway, 1).await;
    let came = UNIX_EPOCH.elapsed().unwrap().as_secs();

    let waited = gateway.reader().get(ITEM).await;

    // Ten seconds of waiting, which the clock on the wall knows nothing of here, and ten to come.
    let [_, _, reset, retry_at] = told(&waited);
    assert!(waited.took >= Duration::from_secs(9), "{:?}", waited.took);
    assert!(
        reset.min(retry_at) >= came + 18,
        "{came} {reset} {retry_at}"
    );
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_reserved_is_not_told() {
    let gateway = over(100).set("shape.reserve_percent", "20").start();

    let [limit, remaining, ..] = told(&gateway.reader().get(ITEM).await);

    assert_eq!((limit, remaining), (80, 79));
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn callers_own_quota_is_told_where_it_ends_sooner() {
    let caller = format!(
        "[[caller]]\nname = 'eager'\ntoken_sha256 = '{}'\nrequests_per_second = 1\nburst = 3\n",
        hash_of("eager")
    );
    let gateway = over(100).text(&caller).start();
    let eager = gateway.client("eager");

    let [limit, remaining, ..] = told(&eager.get(ITEM).await);
    assert_eq!((limit, remaining), (3, 2));
    eager.get(ITEM).await;
    eager.get(ITEM).await;
    let refused = eager.get(ITEM).await;

    assert_eq!(refused.error(), (429, "caller_quota_exceeded".to_owned()));
    let [limit, remaining, ..] = told(&refused);
    assert_eq!((limit, remaining), (3, 0));
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn who_is_refused_is_told_how_many_would_go_first_and_when() {
    let gateway = over(20).start();
    let reader = gateway.reader();
    // It takes a few answers to learn how fast slots come back.
    spend(&gateway, 26).await;
    let impatient = |n: usize| -> Request<Body> {
        let mut asked = get(&format!("/v1/teams/demo/groups?contains=x{n}"));
        let wait = HeaderValue::from_static("wait=15");
        asked.headers_mut().insert("prefer", wait);
        asked
    };

    let replies = join_all((0..20).map(|n| reader.send(impatient(n)))).await;

    let refused: Vec<_> = replies.iter().filter(|reply| reply.status == 429).collect();
    let statuses: Vec<_> = replies.iter().map(|reply| reply.status).collect();
    assert!((8..=15).contains(&refused.len()), "{statuses:?}");
    for reply in refused {
        let json = reply.json();
        assert!((6..=9).contains(&json["ahead"].as_u64().unwrap()), "{json}");
        let seconds = json["retry_after"].as_f64().unwrap();
        assert!((14.0..=25.0).contains(&seconds), "{json}");
        let [limit, remaining, _, retry_at] = told(reply);
        assert_eq!((limit, remaining), (20, 0));
        assert!(retry_at > UNIX_EPOCH.elapsed().unwrap().as_secs() + 10);
    }
    gateway.finish().await;
}
