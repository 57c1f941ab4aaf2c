use std::time::Duration;

use tokio::time::advance;

use super::*;

fn limited() -> Org {
    Org::of(okta::Config {
        authn_per_minute: 3,
        others_per_minute: 2,
        ..okta::Config::default()
    })
}

fn left(got: &Got) -> (u64, u64) {
    (
        got.number("x-rate-limit-limit"),
        got.number("x-rate-limit-remaining"),
    )
}

/// Waits until a minute of the clock begins.
async fn next_minute(org: &Org) {
    let reset = org.get("/api/v1/none").await.number("x-rate-limit-reset");
    let now = now(org).await;
    advance(Duration::from_secs(reset - now)).await;
}

/// The second that the emulator's clock shows.
async fn now(org: &Org) -> u64 {
    let got = org.get("/v1/teams/demo/groups").await;
    let date = httpdate::parse_http_date(got.headers["date"].to_str().unwrap());
    let since = date.unwrap().duration_since(std::time::UNIX_EPOCH);
    since.unwrap().as_secs()
}

#[tokio::test(start_paused = true)]
async fn organisation_is_limited_by_the_minute() {
    let org = limited();
    next_minute(&org).await;

    let first = org.seeded("ada").await;
    let second = org.login("nobody", "x").await;
    let third = org.post(AUTHN, json!([])).await;
    let refused = org.seeded("hedy").await;
    let other = org.get("/api/v1/users/me").await;
    let reset = refused.number("x-rate-limit-reset");
    advance(Duration::from_secs(60)).await;
    let again = org.seeded("ada").await;

    assert_eq!(
        [left(&first), left(&second), left(&third)],
        [(3, 2), (3, 1), (3, 0)]
    );
    assert_eq!(refused.code(), (429, "E0000047"));
    assert_eq!(left(&refused), (3, 0));
    assert!((1..=60).contains(&(reset + 60 - now(&org).await)));
    assert_eq!((other.status, left(&other)), (200, (2, 1)));
    assert_eq!((again.standing(), left(&again)), ((200, "SUCCESS"), (3, 2)));
}

#[tokio::test(start_paused = true)]
async fn one_name_logs_in_four_times_a_second() {
    let org = Org::new();
    next_minute(&org).await;
    let mut statuses = Vec::new();
    for name in [
        "ada@example.com",
        "ADA@example.com",
        "ada@Example.com",
        "ada@example.com",
    ] {
        statuses.push(org.login(name, PASSWORD).await.status);
    }

    let refused = org.seeded("ada").await;
    let other = org.seeded("hedy").await;
    advance(Duration::from_secs(1)).await;
    let again = org.seeded("ada").await;

    assert_eq!(statuses, [200; 4]);
    assert_eq!(refused.code(), (429, "E0000047"));
    assert_eq!(left(&refused), (4, 0));
    assert_eq!((other.status, again.status), (200, 200));
}

#[tokio::test(start_paused = true)]
async fn polls_of_a_push_do_not_count_as_logins() {
    let org = Org::new();
    let login = org.seeded("margaret").await;

    let results = org.polls(&login, 20).await;

    assert_eq!(results, vec!["WAITING"; 20]);
}

#[tokio::test(start_paused = true)]
async fn every_answer_has_oktas_headers_and_none_of_opas() {
    let org = Org::new();
    let answers = [
        org.seeded("ada").await,
        org.seeded("anita").await,
        org.get("/api/v1/users/me").await,
        org.get("/api/v1/none").await,
        org.get("/api").await,
    ];

    let mut ids = Vec::new();
    for got in &answers {
        assert!(got.number("x-rate-limit-reset") > got.number("x-rate-limit-limit"));
        assert!(got.headers.contains_key("x-rate-limit-remaining"));
        assert!(!got.headers.contains_key("x-ratelimit-limit"));
        assert!(got.headers.contains_key("date"));
        ids.push(got.headers["x-okta-request-id"].to_str().unwrap());
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), answers.len());
}
