use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::Method;
use proptest::prelude::*;
use tokio::time::{advance, sleep};

use super::*;

fn limited(burst: u32, refill_per_second: f64) -> Config {
    Config {
        burst,
        refill_per_second,
        ..small()
    }
}

/// Now, as the emulator's clock shows it on a paused tokio clock that began with it.
fn seconds(got: &Got) -> u64 {
    let date = httpdate::parse_http_date(got.headers["date"].to_str().unwrap()).unwrap();
    date.duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[tokio::test(start_paused = true)]
async fn every_answer_tells_the_limit() {
    let client = Client::new(limited(10, 1.0)).await;

    let ok = client.get("groups").await;
    let missing = client.get("groups/none").await;
    let refused = got(client
        .emulator
        .handle(request(Method::GET, "groups", None))
        .await)
    .await;

    for got in [&ok, &missing, &refused] {
        assert_eq!(got.number("x-ratelimit-limit"), 10);
        assert!(got.headers.contains_key("x-opagate-emulator"));
    }
    assert_eq!(ok.number("x-ratelimit-remaining"), 9);
    assert_eq!(missing.number("x-ratelimit-remaining"), 8);
    assert_eq!(refused.status, 401);
    assert_eq!(
        client.get("groups").await.number("x-ratelimit-remaining"),
        7
    );
}

#[tokio::test(start_paused = true)]
async fn request_too_many_is_told_when_to_come_back() {
    let client = Client::new(limited(2, 0.1)).await;
    client.get("groups").await;
    client.get("groups").await;

    let refused = client.get("groups").await;
    let wait = refused.number("x-ratelimit-retry-at") - seconds(&refused);

    assert_eq!(refused.kind(), (429, "too_many_requests"));
    assert_eq!(refused.number("x-ratelimit-remaining"), 0);
    assert!((10..=12).contains(&wait), "{wait}");
    let full = refused.number("x-ratelimit-reset") - seconds(&refused);
    assert!((20..=22).contains(&full), "{full}");
    assert_eq!(client.emulator.counters().limited, 1);
    advance(Duration::from_secs(wait)).await;
    assert_eq!(client.get("groups").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn service_users_do_not_share_their_limits() {
    let client = Client::new(limited(1, 0.001)).await;
    let (id, secret) = client.emulator.key_of("svc-0001").unwrap();
    let token = login(&client.emulator, &id, &secret).await;
    let token = token.body["bearer_token"].as_str().unwrap().to_owned();
    let other = Client {
        emulator: client.emulator.clone(),
        token,
    };

    client.get("groups").await;

    assert_eq!(client.get("groups").await.status, 429);
    assert_eq!(other.get("groups").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn tokens_of_one_service_user_share_one_limit_and_cost_nothing() {
    let client = Client::new(limited(2, 0.001)).await;
    let second = Client::of(client.emulator.clone()).await;

    client.get("groups").await;

    assert_eq!(
        second.get("groups").await.number("x-ratelimit-remaining"),
        0
    );
    assert_eq!(
        Client::of(client.emulator.clone())
            .await
            .get("groups")
            .await
            .status,
        429
    );
}

#[tokio::test]
async fn clock_begins_with_the_machine_s() {
    let client = Client::new(small()).await;

    let shown = seconds(&client.get("groups").await);

    let real = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    assert!(real.abs_diff(shown) < 60);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn who_obeys_the_headers_gets_no_429(
        burst in 1_u32..12,
        refill in 0.05_f64..20.0,
        pauses in prop::collection::vec(0_u64..1500, 60),
    ) {
        let limited = run(async {
            let client = Client::new(limited(burst, refill)).await;
            for pause in pauses {
                sleep(Duration::from_millis(pause)).await;
                let got = client.get("current_user").await;
                if got.number("x-ratelimit-remaining") == 0 {
                    // A whole second more than told can pass between what `Date` shows and now; the
                    // wait from the date on is never too short.
                    let wait = got.number("x-ratelimit-retry-at") - seconds(&got);
                    sleep(Duration::from_secs(wait)).await;
                }
            }
            client.emulator.counters().limited
        });

        prop_assert_eq!(limited, 0);
    }
}
