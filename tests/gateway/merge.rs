//! A merged list is whole, or an error: never shorter.

use std::time::Duration;

use http::StatusCode;
use opagate::emulator::{Effect, Fault};
use serde_json::json;
use tokio::time::sleep;

use crate::support::{Gateway, Setup, put};

const LIST: &str = "/v1/teams/demo/service_users";
const DEADLINE: Duration = Duration::from_secs(50);

/// Hits the third of the list's three pages.
fn on_third_page(effect: Effect) -> Fault {
    Fault {
        query_contains: Some("offset=".to_owned()),
        ..Fault::new(effect).at(LIST).after(1)
    }
}

#[tokio::test(start_paused = true)]
async fn page_that_fails_twice_is_recovered() {
    let gateway = Gateway::start();
    let unavailable = Effect::status(StatusCode::SERVICE_UNAVAILABLE);
    gateway.emulator.fault(on_third_page(unavailable).times(2));

    let reply = gateway.reader().get(LIST).await;

    assert_eq!(reply.status, 200);
    assert_eq!(reply.names().len(), 250);
    assert_eq!(gateway.emulator.counters().calls, 5);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn page_that_cannot_be_had_is_an_error_in_time_and_nothing_is_kept() {
    let unavailable = Effect::status(StatusCode::SERVICE_UNAVAILABLE);
    let forbidden = Effect::status(StatusCode::FORBIDDEN);
    let table = [
        (unavailable, 503, "service_offline"),
        (forbidden, 403, "forbidden_error"),
        (Effect::Hang, 504, "upstream_timeout"),
        (
            Effect::SlowBody(Duration::from_secs(90)),
            504,
            "gateway_timeout",
        ),
        (Effect::Reset, 502, "upstream_unreachable"),
        (Effect::ResetAfter, 502, "upstream_unreachable"),
        (Effect::Truncate, 502, "upstream_unreachable"),
        (Effect::WrongLength, 502, "upstream_malformed"),
        (Effect::Html, 502, "upstream_malformed"),
        (Effect::EmptyOk, 502, "upstream_malformed"),
        (Effect::Garbage, 502, "upstream_malformed"),
        (Effect::NotAList, 502, "upstream_malformed"),
        (Effect::LinkLoop, 502, "upstream_link_refused"),
        (Effect::LinkElsewhere, 502, "upstream_link_refused"),
        (Effect::LinkMalformed, 502, "upstream_malformed"),
    ];
    for (effect, status, name) in table {
        let gateway = Gateway::start();
        gateway.emulator.fault(on_third_page(effect.clone()));

        let reply = gateway.reader().get(LIST).await;

        assert_eq!(reply.error(), (status, name.to_owned()), "{effect:?}");
        assert!(reply.took <= DEADLINE, "{effect:?} took {:?}", reply.took);
        gateway.emulator.clear_faults();
        // Until then who asks joins what is still under way.
        sleep(DEADLINE).await;
        let again = gateway.reader().get(LIST).await;
        assert_eq!(
            again.header("cache-status"),
            "opagate; fwd=miss; stored",
            "{effect:?}"
        );
        assert_eq!(again.names().len(), 250, "{effect:?}");
        gateway.finish().await;
    }
}

#[tokio::test(start_paused = true)]
async fn list_that_changes_while_it_is_read_is_whole_and_not_kept() {
    let gateway = Setup::new().jitter(3, Duration::from_secs(2)).start();
    let (reader, writer) = (gateway.reader(), gateway.writer());
    let body = json!({ "status": "DISABLED" });
    let writing = async {
        for number in 1..20 {
            let path = format!("{LIST}/svc-{number:04}");
            assert_eq!(writer.send(put(&path, &body)).await.status, 200);
        }
    };

    let (reply, ()) = tokio::join!(reader.get(LIST), writing);

    assert_eq!(reply.names().len(), 250);
    let again = gateway.reader().get(LIST).await;
    assert!(
        again
            .header("cache-status")
            .starts_with("opagate; fwd=miss")
    );
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn list_over_the_limit_is_an_error_that_says_how_to_go_on() {
    let gateway = Setup::new().set("paginate.pages", "2").start();

    let reply = gateway.reader().get(LIST).await;

    assert_eq!(reply.error(), (502, "list_too_long".to_owned()));
    gateway.finish().await;
}
