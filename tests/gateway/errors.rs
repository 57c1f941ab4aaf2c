//! Errors of the upstream pass through; what is about the gateway's own credentials does not.

use std::time::{Duration, UNIX_EPOCH};

use http::StatusCode;
use opagate::emulator::{Effect, Fault};
use serde_json::json;

use crate::support::{Gateway, delete, get};

const ITEM: &str = "/v1/teams/demo/groups/owners";

/// The specification's table, but for `authentication_error` and `too_many_requests`.
const TABLE: [(u16, &str); 14] = [
    (400, "invalid_request"),
    (401, "authorization_error"),
    (401, "server_authorization_revoked"),
    (403, "forbidden_error"),
    (403, "quota_exceeded"),
    (403, "disabled_team"),
    (404, "resource_does_not_exist"),
    (404, "resource_deprecated"),
    (409, "resource_already_exists"),
    (415, "unsupported_content_type"),
    (499, "client_closed_connection"),
    (500, "unknown_error"),
    (503, "service_offline"),
    (504, "gateway_timeout"),
];

#[tokio::test(start_paused = true)]
async fn every_error_of_the_table_passes_through_unchanged() {
    for (code, name) in TABLE {
        for asked in [get(ITEM), delete(ITEM)] {
            let gateway = Gateway::start();
            let effect = Effect::Status {
                status: StatusCode::from_u16(code).unwrap(),
                code: name.to_owned(),
            };
            gateway.emulator.fault(Fault::new(effect).at(ITEM));

            let reply = gateway.writer().send(asked).await;

            let sent = json!({ "code": code, "type": name, "message": "A fault of the emulator" });
            assert_eq!(reply.status.as_u16(), code, "{name}");
            assert_eq!(reply.body, sent.to_string(), "{name}");
            gateway.finish().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn write_that_the_limit_goes_on_refusing_gets_a_time_to_come_back() {
    for with_headers in [true, false] {
        let gateway = Gateway::start();
        let effect = Effect::Limited { with_headers };
        gateway.emulator.fault(Fault::new(effect).at(ITEM));

        let reply = gateway.writer().send(delete(ITEM)).await;

        assert_eq!(reply.error(), (429, "too_many_requests".to_owned()));
        let retry_at: u64 = reply.header("x-ratelimit-retry-at").parse().unwrap();
        assert!(retry_at > UNIX_EPOCH.elapsed().unwrap().as_secs());
        assert!(reply.took <= Duration::from_secs(50), "{:?}", reply.took);
        gateway.finish().await;
    }
}

#[tokio::test(start_paused = true)]
async fn read_that_the_limit_refuses_for_a_moment_waits_for_it() {
    let gateway = Gateway::start();
    let effect = Effect::Limited { with_headers: true };
    gateway.emulator.fault(Fault::new(effect).at(ITEM).times(3));

    let reply = gateway.reader().get(ITEM).await;

    assert_eq!(reply.status, 200);
    // Not what it said when it refused.
    assert_ne!(reply.header("x-ratelimit-remaining"), "0");
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn refusal_of_the_gateways_token_is_not_the_callers() {
    for asked in [get(ITEM), delete(ITEM)] {
        let gateway = Gateway::start();
        let effect = Effect::status(StatusCode::UNAUTHORIZED);
        gateway.emulator.fault(Fault::new(effect).at(ITEM));

        let reply = gateway.writer().send(asked).await;

        assert_eq!(
            reply.error(),
            (502, "upstream_credentials_refused".to_owned())
        );
        gateway.finish().await;
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_are_not_kept() {
    let gateway = Gateway::start();
    let effect = Effect::status(StatusCode::FORBIDDEN);
    gateway.emulator.fault(Fault::new(effect).at(ITEM).times(1));

    let refused = gateway.reader().get(ITEM).await;
    let answered = gateway.reader().get(ITEM).await;

    assert_eq!(
        (refused.status.as_u16(), answered.status.as_u16()),
        (403, 200)
    );
    gateway.finish().await;
}
