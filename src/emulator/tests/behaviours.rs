use std::time::Duration;

use http::Method;
use http::header::LINK;
use serde_json::json;
use tokio::time::advance;

use super::*;
use crate::emulator::{Behaviour, Effect, Fault, LimitPer, Limiter, Links, RateHeaders};

async fn like(behaviour: Behaviour) -> Client {
    let config = Config {
        burst: 3,
        refill_per_second: 0.05,
        behaviour,
        ..small()
    };
    Client::new(config).await
}

async fn linked(links: Links) -> Client {
    like(Behaviour {
        links,
        ..Behaviour::default()
    })
    .await
}

fn lines(got: &Got) -> Vec<String> {
    let lines = got.headers.get_all(LINK).into_iter();
    lines.map(|l| l.to_str().unwrap().to_owned()).collect()
}

fn remaining(got: &Got) -> u64 {
    got.number("x-ratelimit-remaining")
}

/// Where a link with this relation leads.
fn link(got: &Got, relation: &str) -> Option<String> {
    let lines = lines(got).join(", ");
    let mut links = lines.split(", ");
    let found = links.find(|link| link.ends_with(&format!("rel=\"{relation}\"")))?;
    Some(found.split(['<', '>']).nth(1).unwrap().to_owned())
}

#[tokio::test(start_paused = true)]
async fn fixed_window_gives_all_back_at_once() {
    let client = like(Behaviour {
        limiter: Limiter::FixedWindow,
        ..Behaviour::default()
    })
    .await;
    for _ in 0..3 {
        client.get("groups").await;
    }

    advance(Duration::from_secs(59)).await;
    let refused = client.get("groups").await;
    advance(Duration::from_secs(1)).await;
    let allowed = client.get("groups").await;

    assert_eq!(refused.status, 429);
    let retry_at = refused.number("x-ratelimit-retry-at");
    assert_eq!(retry_at, refused.number("x-ratelimit-reset"));
    assert_eq!((allowed.status, remaining(&allowed)), (200, 2));
}

#[tokio::test(start_paused = true)]
async fn endpoints_have_their_own_limits_whatever_they_name() {
    let client = like(Behaviour {
        limit_per: LimitPer::Endpoint,
        ..Behaviour::default()
    })
    .await;

    let item = remaining(&client.get("groups/owners").await);
    let other = remaining(&client.get("groups/everyone").await);
    let list = remaining(&client.get("groups?count=1").await);
    let write = client.send(Method::DELETE, "groups/owners", None).await;

    assert_eq!((item, other, list, remaining(&write)), (2, 1, 2, 2));
}

#[tokio::test(start_paused = true)]
async fn team_may_share_one_limit() {
    let client = like(Behaviour {
        limit_per: LimitPer::Team,
        ..Behaviour::default()
    })
    .await;
    let (id, secret) = client.emulator.key_of("svc-0001").unwrap();
    let token = login(&client.emulator, &id, &secret).await;
    let other = Client {
        emulator: client.emulator.clone(),
        token: token.body["bearer_token"].as_str().unwrap().to_owned(),
    };

    client.get("groups").await;
    let shared = remaining(&other.get("groups").await);
    let request = request(Method::GET, "groups", None);
    let nobody = got(client.emulator.handle(request).await).await;

    assert_eq!(shared, 1);
    assert_eq!((nobody.status, remaining(&nobody)), (401, 1));
    assert_eq!(remaining(&token), 3, "a token call takes no slot");
}

#[tokio::test(start_paused = true)]
async fn rate_headers_may_be_missing() {
    let cases = [
        (RateHeaders::Always, [true, true, true]),
        (RateHeaders::Never, [false, false, false]),
        (RateHeaders::NotOnErrors, [true, false, false]),
        (RateHeaders::OnlyOn429, [false, false, true]),
    ];

    for (rate_headers, wanted) in cases {
        let client = like(Behaviour {
            rate_headers,
            ..Behaviour::default()
        })
        .await;
        let mut seen = Vec::new();
        for path in ["groups", "groups/x", "groups", "groups"] {
            let got = client.get(path).await;
            seen.push((got.status, got.headers.contains_key("x-ratelimit-retry-at")));
        }
        seen.remove(2);
        let [ok, missing, limited] = wanted;
        assert_eq!(
            seen,
            [(200, ok), (404, missing), (429, limited)],
            "{rate_headers:?}"
        );
    }
}

#[tokio::test]
async fn storm_with_headers_has_them_whatever_the_behaviour() {
    let client = like(Behaviour {
        rate_headers: RateHeaders::Never,
        ..Behaviour::default()
    })
    .await;
    let storm = Effect::Limited { with_headers: true };
    client.emulator.fault(Fault::new(storm));

    let got = client.get("groups").await;

    assert_eq!((got.status, remaining(&got)), (429, 0));
}

#[tokio::test]
async fn pages_tell_of_both_neighbours_in_one_line_or_two() {
    let prev = Links {
        prev: true,
        ..Links::default()
    };
    for (separate_lines, count) in [(false, 1), (true, 2)] {
        let client = linked(Links {
            separate_lines,
            ..prev
        })
        .await;
        client.emulator.behave(Behaviour {
            limit_per: LimitPer::Endpoint,
            ..client.emulator.behaviour()
        });

        let first = client.get("groups?count=1").await;
        let second = client.get(&first.next().unwrap()).await;
        let back = client.get(&link(&second, "prev").unwrap()).await;

        assert_eq!((lines(&first).len(), link(&first, "prev")), (1, None));
        assert_eq!(lines(&second).len(), count);
        assert!(lines(&second)[0].contains("rel=\"prev\""), "{second:?}");
        assert!(link(&second, "next").is_some());
        assert_eq!(back.names(), first.names());
    }
}

#[tokio::test]
async fn last_page_has_the_link_back_alone_if_any() {
    for (prev, relations) in [(false, 0), (true, 1)] {
        let client = linked(Links {
            prev,
            ..Links::default()
        })
        .await;

        let first = client.get("groups?count=3&descending=true").await;
        let next = link(&first, "next").unwrap();
        let last = client.get(&next).await;

        assert_eq!(last.names(), ["everyone"]);
        assert_eq!(lines(&last).len(), relations);
        assert_eq!(link(&last, "next"), None);
        assert_eq!(link(&last, "prev").is_some(), prev);
    }
}

#[tokio::test]
async fn links_may_be_relative() {
    let client = linked(Links {
        relative: true,
        ..Links::default()
    })
    .await;

    let first = client.get("groups?count=1").await;
    let next = first.next().unwrap();

    assert!(
        next.starts_with(&format!("{T}/groups?count=1&offset=")),
        "{next}"
    );
    assert_eq!(client.get(&next).await.names(), ["owners"]);
}

#[tokio::test]
async fn behaviour_is_changed_in_part_over_http_and_reset() {
    let client = like(Behaviour {
        live_roles: true,
        ..Behaviour::default()
    })
    .await;
    let control = "/_emulator/behaviour";
    let change = json!({ "limiter": "fixed_window", "links": { "prev": true } });

    let changed = client.send(Method::PUT, control, Some(change)).await;
    let wrong = json!({ "page_everything": true, "links": { "perv": true } });
    let refused = client.send(Method::PUT, control, Some(wrong)).await;
    let told = client.get(control).await;
    client.emulator.reset();

    let message = refused.body["message"].as_str().unwrap();
    assert_eq!((changed.status, &changed.body), (200, &told.body));
    assert_eq!(refused.kind(), (400, "invalid_request"));
    assert!(message.starts_with("links.perv: "), "{message}");
    assert_eq!(told.body["limiter"], "fixed_window");
    assert_eq!(
        (&told.body["links"]["prev"], &told.body["live_roles"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(told.body["page_everything"], false);
    assert_eq!(client.get(control).await.body["limiter"], "gcra");
}
