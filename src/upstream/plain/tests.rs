//! Coded answers, as `read` makes them plain.

use http::header::{CONTENT_LENGTH, ETAG};
use http_body_util::BodyExt;

use super::*;
use crate::coding::gzip;
use crate::error::{Error, Kind};
use crate::exchange::{Body, Response};
use crate::upstream::Limits;
use crate::upstream::receive::{Form, read};

const LIMIT: usize = 4096;

fn answer(coding: &str, status: u16, body: impl Into<Bytes>) -> http::Response<Body> {
    http::Response::builder()
        .status(status)
        .header(CONTENT_ENCODING, coding)
        .header("content-digest", "sha-256=:x:")
        .header(ETAG, "\"a\"")
        .body(Body::from(body.into()))
        .unwrap()
}

async fn received(
    answer: http::Response<Body>,
    may_stream: bool,
    takes_gzip: bool,
) -> Result<Response, Error> {
    let limits = Limits {
        response_body_bytes: u64::try_from(LIMIT).unwrap().try_into().unwrap(),
        ..Limits::default()
    };
    let form = Form {
        may_stream,
        takes_gzip,
    };
    read(answer, &limits, form).await
}

#[tokio::test(start_paused = true)]
async fn coded_answer_becomes_plain_and_keeps_its_validator() {
    for name in ["gzip", "GZIP", "x-gzip"] {
        let response = received(answer(name, 200, gzip(b"[1,2]")), false, false).await;

        let response = response.unwrap();
        assert_eq!(response.body().whole().unwrap(), "[1,2]");
        assert_eq!(response.headers()[ETAG], "\"a\"");
        assert!(!response.headers().contains_key(CONTENT_ENCODING));
        assert!(!response.headers().contains_key("content-digest"));
    }
}

#[tokio::test(start_paused = true)]
async fn bomb_is_refused_although_what_came_is_small() {
    let bomb = gzip(&vec![b' '; LIMIT + 1]);
    for (may_stream, takes_gzip) in [(false, true), (true, false)] {
        let response = received(answer("gzip", 200, bomb.clone()), may_stream, takes_gzip).await;

        assert_eq!(response.unwrap_err().kind(), Kind::ResponseTooLarge);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_passed_on_stays_gzip_for_who_takes_it() {
    let mut rng = fastrand::Rng::with_seed(1);
    let large: Vec<u8> = (0..2 * LIMIT).map(|_| rng.u8(..)).collect();
    for plain in [vec![b' '; LIMIT + 1], large] {
        let coded = gzip(&plain);
        let answer = answer("gzip", 200, coded.clone());

        let response = received(answer, true, true).await.unwrap();

        assert_eq!(response.headers()[CONTENT_ENCODING], "gzip");
        assert!(response.body().whole().is_none());
        let sent = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(sent, coded);
    }
}

#[tokio::test(start_paused = true)]
async fn large_gzip_is_never_passed_on_to_who_does_not_take_it() {
    let mut rng = fastrand::Rng::with_seed(1);
    let large: Vec<u8> = (0..2 * LIMIT).map(|_| rng.u8(..)).collect();

    let response = received(answer("gzip", 200, gzip(&large)), true, false).await;

    assert_eq!(response.unwrap_err().kind(), Kind::ResponseTooLarge);
}

#[tokio::test(start_paused = true)]
async fn coding_that_was_not_asked_for_or_is_none_is_malformed() {
    for (name, body) in [
        ("br", gzip(b"{}")),
        ("gzip, gzip", gzip(b"{}")),
        ("gzip", "{}".into()),
    ] {
        let success = received(answer(name, 200, body.clone()), true, true).await;
        let failure = received(answer(name, 503, body), true, true).await.unwrap();

        assert_eq!(success.unwrap_err().kind(), Kind::UpstreamMalformed);
        assert_eq!(failure.status(), 503);
        assert!(!failure.headers().contains_key(CONTENT_ENCODING));
    }
}

#[tokio::test(start_paused = true)]
async fn answer_without_body_may_name_a_coding() {
    let mut head = answer("gzip", 200, "");
    head.headers_mut().insert(CONTENT_LENGTH, 77.into());

    let response = received(head, true, true).await.unwrap();

    assert!(!response.headers().contains_key(CONTENT_ENCODING));
    assert!(!response.headers().contains_key(CONTENT_LENGTH));
    assert_eq!(response.body().whole().unwrap().len(), 0);
}
