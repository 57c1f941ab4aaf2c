use std::time::Duration;

use http::header::LINK;
use tokio::time::Instant;

use super::*;
use crate::emulator::{Effect, Fault};

#[tokio::test(start_paused = true)]
async fn faults_speak_oktas_language() {
    let org = Org::new();
    let statuses = [
        (400, "E0000003"),
        (401, "E0000011"),
        (403, "E0000006"),
        (404, "E0000007"),
        (429, "E0000047"),
        (500, "E0000009"),
        (503, "E0000009"),
    ];
    for (status, code) in statuses {
        let effect = Effect::status(StatusCode::from_u16(status).unwrap());
        org.emulator.fault(Fault::new(effect).at("/api/*").times(1));

        let got = org.get("/api/v1/users/me").await;

        assert_eq!(got.code(), (status, code));
    }
    let effect = Effect::Status {
        status: StatusCode::FORBIDDEN,
        code: "E0000119".to_owned(),
    };
    org.emulator.fault(Fault::new(effect).times(1));
    assert_eq!(org.get("/api/v1/users/me").await.code(), (403, "E0000119"));
}

#[tokio::test(start_paused = true)]
async fn storm_and_missing_headers_hit_okta_too() {
    let org = Org::new();
    let storm = |with_headers| Fault::new(Effect::Limited { with_headers }).times(1);
    org.emulator.fault(storm(true));
    org.emulator.fault(storm(false));
    org.emulator
        .fault(Fault::new(Effect::NoRateHeaders).after(2).times(1));

    let told = org.get("/api/v1/users/me").await;
    let untold = org.get("/api/v1/users/me").await;
    let bare = org.get("/api/v1/users/me").await;
    let whole = org.get("/api/v1/users/me").await;

    assert_eq!(told.code(), (429, "E0000047"));
    assert_eq!(told.number("x-rate-limit-remaining"), 0);
    assert_eq!(untold.code(), (429, "E0000047"));
    assert!(!untold.headers.contains_key("x-rate-limit-limit"));
    assert_eq!(bare.status, 200);
    assert!(!bare.headers.contains_key("x-rate-limit-reset"));
    assert_eq!(whole.number("x-rate-limit-remaining"), 598);
}

#[tokio::test(start_paused = true)]
async fn delay_reset_and_html_hit_okta_too() {
    let org = Org::new();
    let only = |effect| Fault::new(effect).at("/api/v1/users/me").times(1);
    for effect in [
        Effect::Delay(Duration::from_secs(3)),
        Effect::Reset,
        Effect::Html,
    ] {
        org.emulator.fault(only(effect));
    }
    let start = Instant::now();
    let me = || request(Method::GET, "/api/v1/users/me", None);

    let cut = org.emulator.call(me()).await;
    let html = org.emulator.call(me()).await.unwrap();

    assert_eq!(start.elapsed(), Duration::from_secs(3));
    assert!(cut.is_err());
    let media = html.headers()[CONTENT_TYPE].to_str().unwrap();
    assert!(media.starts_with("text/html"));
}

#[tokio::test(start_paused = true)]
async fn okta_is_logged_and_counted_apart_from_opa() {
    let org = Org::new();
    org.seeded("ada").await;
    org.get("/api/v1/users/me").await;

    let log = org.emulator.log();
    let counters = org.emulator.counters();

    let seen: Vec<_> = log
        .iter()
        .map(|seen| (seen.path.as_str(), seen.status))
        .collect();
    assert_eq!(seen, [(AUTHN, 200), ("/api/v1/users/me", 200)]);
    assert_eq!((counters.okta_calls, counters.calls), (2, 0));
    assert_eq!((counters.leaked, counters.writes), (0, 0));
    assert_eq!(org.emulator.calls_to(AUTHN), 1);
}

#[tokio::test(start_paused = true)]
async fn links_and_clock_go_wrong_for_okta_too() {
    let org = Org::new();
    let path = "/api/v1/users/peter/groups";
    let honest = org.get(path).await;
    for effect in [Effect::LinkElsewhere, Effect::ClockSkew(3600)] {
        org.emulator.fault(Fault::new(effect).times(1));
    }
    org.emulator
        .fault(Fault::new(Effect::RetryAtPast).after(2).times(1));

    let astray = org.get(path).await;
    let late = org.get(path).await;
    let past = org.get(path).await;

    let link = astray.headers.get_all(LINK).iter().next().unwrap();
    assert!(
        link.to_str()
            .unwrap()
            .starts_with("<https://elsewhere.invalid/api/v1/users/")
    );
    let reset = |got: &Got| got.number("x-rate-limit-reset");
    assert_eq!(reset(&astray), reset(&honest) + 3600);
    assert_eq!(reset(&late), reset(&honest));
    assert!(reset(&past) < reset(&honest) - 59);
}

#[tokio::test(start_paused = true)]
async fn login_that_is_late_counts_although_it_timed_out() {
    let org = Org::of(okta::Config {
        users: vec![user()],
        failures_to_lock: 1,
        ..okta::Config::default()
    });
    let late = Effect::ApplyLate(Duration::from_secs(5));
    org.emulator.fault(Fault::new(late).times(1));

    let timed_out = org.login("u@x.test", "bad").await;

    assert_eq!(timed_out.code(), (504, "E0000009"));
    assert_eq!(
        org.login("u@x.test", "pw").await.standing(),
        (200, "LOCKED_OUT")
    );
}

#[tokio::test(start_paused = true)]
async fn okta_may_see_its_token_and_the_caller_but_nothing_of_others() {
    let org = Org::new();
    let with = |name: &'static str, value: &'static str| {
        let mut request = request(Method::GET, "/api/v1/users/me", None);
        let value = http::HeaderValue::from_static(value);
        request.headers_mut().insert(name, value);
        request
    };

    org.ask(with("authorization", "SSWS 00wrong")).await;
    org.ask(with("x-forwarded-for", "192.0.2.1")).await;
    let before = org.emulator.counters();
    org.ask(with("authorization", "Bearer abc")).await;
    org.ask(with("x-vault-token", "abc")).await;
    let after = org.emulator.counters();

    assert_eq!((before.leaked, after.leaked), (0, 2));
    assert_eq!(after.first_leak.as_deref(), Some("authorization"));
}
