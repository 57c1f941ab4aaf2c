//! How a gateway in a test reaches a team.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, Method};
use http_body_util::{BodyExt, Full};
use opagate::coding::{GZIP, gzip};
use opagate::emulator::Emulator;
use opagate::exchange::{Body, BoxError};
use opagate::upstream::Transport;
use parking_lot::Mutex;
use tokio::time::sleep;
use tower::service_fn;
use tower::util::BoxCloneSyncService;

/// What a transport with gzip was asked.
pub(super) type Heard = Arc<Mutex<Vec<(Method, HeaderMap)>>>;

/// A transport without network.
pub(super) fn direct(emulator: &Emulator) -> Transport {
    let emulator = emulator.clone();
    BoxCloneSyncService::new(service_fn(move |request| {
        let emulator = emulator.clone();
        async move { emulator.call(whole(request).await).await }
    }))
}

/// A transport with gzip where it is asked for.
pub(super) fn coded(emulator: &Emulator, heard: &Heard) -> Transport {
    let (emulator, heard) = (emulator.clone(), Arc::clone(heard));
    BoxCloneSyncService::new(service_fn(move |request: http::Request<Full<Bytes>>| {
        let mut headers = request.headers().clone();
        headers.remove(AUTHORIZATION);
        heard.lock().push((request.method().clone(), headers));
        answer_coded(emulator.clone(), request)
    }))
}

async fn answer_coded(
    emulator: Emulator,
    request: http::Request<Full<Bytes>>,
) -> Result<http::Response<Body>, BoxError> {
    let is_coded = request.headers().get(ACCEPT_ENCODING) == Some(&GZIP);
    let response = emulator.call(whole(request).await).await?;
    if !is_coded {
        return Ok(response);
    }
    let (mut head, body) = response.into_parts();
    let plain = body.collect().await?.to_bytes();
    let coded = if plain.is_empty() {
        plain
    } else {
        gzip(&plain)
    };
    head.headers.remove(CONTENT_LENGTH);
    head.headers.insert(CONTENT_ENCODING, GZIP);
    Ok(http::Response::from_parts(head, Body::from(coded)))
}

/// A transport that takes random times there and back.
pub(super) fn slow(emulator: &Emulator, seed: u64, longest: Duration) -> Transport {
    let emulator = emulator.clone();
    let rng = Arc::new(Mutex::new(Rng::with_seed(seed)));
    BoxCloneSyncService::new(service_fn(move |request| {
        let emulator = emulator.clone();
        let times = {
            let mut rng = rng.lock();
            [(); 2].map(|()| longest.mul_f64(rng.f64() * rng.f64()))
        };
        async move {
            let request = whole(request).await;
            sleep(times[0]).await;
            let result = emulator.call(request).await;
            sleep(times[1]).await;
            result
        }
    }))
}

async fn whole(request: http::Request<Full<Bytes>>) -> http::Request<Bytes> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap();
    http::Request::from_parts(head, body.to_bytes())
}
