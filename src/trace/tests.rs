use std::convert::Infallible;
use std::io::{self, Write};
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::net::TcpListener;
use tracing::Span;

use super::*;
use crate::caller::{Caller, CallerKind, Grant, Principal, Priority, Weight};
use crate::error::Kind;
use crate::exchange::Trail;
use crate::operation::Operation;
use crate::record::{Cache, Miss, Record};
use crate::testing;

/// Keeps what is written.
#[derive(Clone, Debug, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Memory {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

fn record() -> Record {
    let target = "/v1/teams/demo/groups";
    let mut record = testing::record(Method::GET, target);
    let operation = Operation::parse(&Method::GET, &target.parse().unwrap());
    record.operation = operation.ok().map(Arc::new);
    let principal = Arc::new(Principal {
        index: 0,
        team_index: 0,
        team: "demo".into(),
        name: "tf".into(),
    });
    record.caller = Some(Arc::new(Caller {
        name: "ci".into(),
        index: 0,
        kind: CallerKind::Token,
        priority: Priority::Batch,
        weight: Weight::ONE,
        principals: vec![Arc::clone(&principal)],
        grant: Grant::default(),
    }));
    record.principal = Some(principal);
    record.cache = Cache::Miss(Miss::Expired);
    record.status = Some(StatusCode::OK);
    record.took = Duration::from_micros(812_412);
    record.bytes_out = 700;
    let trail = Trail::default();
    trail.waited(Duration::from_millis(300));
    trail.attempted(Duration::from_millis(200), Some(500));
    trail.attempted(Duration::from_millis(300), Some(200));
    trail.merged(3);
    record.trail = Some(Arc::new(trail));
    record
}

/// The lines of `records` as JSON.
fn logged(filter: &str, records: &[Record], span: Option<&Span>) -> Vec<Value> {
    let memory = Memory::default();
    let (sink, flush) = Sink::to_anything(memory.clone()).unwrap();
    let lines = Lines::new(sink, "\"here\"".to_owned(), &filter.parse().unwrap());
    for record in records {
        lines.write(record, span);
    }
    flush.run();
    let text = String::from_utf8(memory.0.lock().clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn line_tells_everything_that_is_known() {
    let lines = logged("info", &[record()], None);

    assert_eq!(lines.len(), 1);
    let line = &lines[0];
    for (field, value) in [
        ("level", "info".into()),
        ("message", "GET groups.list 200 forwarded 812.4 ms".into()),
        ("event", "request".into()),
        ("request.id", "request-1".into()),
        ("caller.name", "ci".into()),
        ("caller.kind", "token".into()),
        ("http.method", "GET".into()),
        ("http.path", "/v1/teams/demo/groups".into()),
        ("http.status", 200.into()),
        ("operation", "groups.list".into()),
        ("team", "demo".into()),
        ("principal", "tf".into()),
        ("outcome", "forwarded".into()),
        ("error.type", Value::Null),
        ("instance", "here".into()),
        ("target", "opagate::request".into()),
        ("cache.status", "miss".into()),
        ("cache.reason", "expired".into()),
        ("duration_ms", 812.412.into()),
        ("own_ms", 12.412.into()),
        ("queue_ms", 300.0.into()),
        ("upstream_ms", 500.0.into()),
        ("attempts", 2.into()),
        ("pages", 3.into()),
        ("bytes_out", 700.into()),
        ("upstream.status", 200.into()),
    ] {
        assert_eq!(line[field], value, "{field}");
    }
    let time = line["time"].as_str().unwrap();
    assert_eq!((time.len(), &time[23..]), (24, "Z"), "{time}");
}

#[test]
fn line_for_people_tells_the_same() {
    let memory = Memory::default();
    let subscriber = subscriber(true, "info".parse().unwrap(), memory.clone(), None);

    tracing::subscriber::with_default(subscriber, || line(&record(), None));

    let text = String::from_utf8(memory.0.lock().clone()).unwrap();
    let start = "GET groups.list 200 forwarded 812.4 ms request.id=\"request-1\" event=\"request\"";
    assert!(text.contains(start), "{text}");
    for field in logged("info", &[record()], None)[0].as_object().unwrap() {
        let is_head = ["time", "level", "message", "instance", "target"].contains(&&**field.0);
        assert!(
            is_head || text.contains(&format!(" {}=", field.0)),
            "{}",
            field.0
        );
    }
}

#[test]
fn failed_request_is_a_warning_with_its_cause() {
    let mut failed = record();
    failed.error = Some(Kind::Unreachable { sent: false }.because("connection refused"));
    failed.status = Some(StatusCode::BAD_GATEWAY);

    let lines = logged("warn", &[record(), failed], None);

    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["level"], "warn");
    assert_eq!(lines[0]["error.type"], "upstream_unreachable");
    let chain = lines[0]["error.chain"].as_str().unwrap();
    assert!(chain.ends_with(": connection refused"), "{chain}");
}

#[test]
fn line_that_the_filter_leaves_out_is_not_made() {
    for (text, level) in [
        ("off", LevelFilter::OFF),
        ("warn", LevelFilter::WARN),
        ("info,opagate=debug", LevelFilter::DEBUG),
    ] {
        let subscriber = subscriber(false, text.parse().unwrap(), Memory::default(), None);

        assert_eq!(subscriber.max_level_hint(), Some(level), "{text}");
    }
}

#[test]
fn nothing_is_written_where_the_filter_says_so() {
    let lines = logged("info,opagate::request=off", &[record()], None);

    assert!(lines.is_empty());
}

/// A receiver of spans on loopback: its base URL, and what it has got.
async fn receiver() -> (String, Arc<Mutex<Vec<Bytes>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let got = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&got);
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let answer = service_fn(move |request: Request<Incoming>| {
            let kept = Arc::clone(&kept);
            async move {
                assert_eq!(request.uri().path(), "/v1/traces");
                let body = request.into_body().collect().await.unwrap().to_bytes();
                kept.lock().push(body);
                Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
            }
        });
        let server = hyper::server::conn::http1::Builder::new();
        server.serve_connection(TokioIo::new(stream), answer).await
    });
    (url, got)
}

fn headers(flags: &str) -> HeaderMap {
    let parent = format!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}");
    HeaderMap::from_iter([(
        "traceparent".parse().unwrap(),
        HeaderValue::try_from(parent).unwrap(),
    )])
}

/// Whether `bytes` stand somewhere in `text`.
fn holds(text: &[u8], bytes: &[u8]) -> bool {
    text.windows(bytes.len()).any(|window| window == bytes)
}

#[tokio::test]
async fn sampled_span_reaches_the_receiver_and_another_does_not() {
    let (url, got) = receiver().await;
    let config = Config {
        otlp_endpoint: Some(url.clone()),
        sample_ratio: 0.0,
        ..Config::default()
    };
    let provider = export::provider(&url, config.timeout).unwrap();
    let memory = Memory::default();
    let filter = "info".parse().unwrap();
    let subscriber = subscriber(false, filter, memory.clone(), Some(&provider));
    let default = tracing::subscriber::set_default(subscriber);
    let sampler = Sampler::new(&config);

    assert!(sampler.decide(&headers("00")).is_none());
    assert!(sampler.decide(&HeaderMap::new()).is_none());
    let span = sampler.decide(&headers("01")).unwrap();
    sampler.finish(&span, &record());
    let line = logged("info", &[record()], Some(&span)).remove(0);
    drop(span);
    drop(default);
    stop_export(provider).await;

    let got = got.lock().concat();
    for text in [
        "GET /v1/teams/{team}/groups",
        "http.route",
        "http.response.status_code",
        "opagate.outcome",
        "groups.list",
        "service.instance.id",
    ] {
        assert!(holds(&got, text.as_bytes()), "{text}");
    }
    let trace = hex::decode("0af7651916cd43dd8448eb211c80319c").unwrap();
    let parent = hex::decode("b7ad6b7169203331").unwrap();
    assert!(holds(&got, &trace) && holds(&got, &parent));
    assert_eq!(line["trace.id"], "0af7651916cd43dd8448eb211c80319c");
}

#[test]
fn nothing_is_sampled_without_a_receiver() {
    let sampler = Sampler::new(&Config::default());

    assert!(sampler.decide(&headers("01")).is_none());
}

#[test]
fn request_with_a_broken_parent_is_drawn_like_one_without() {
    let config = |sample_ratio| Config {
        otlp_endpoint: Some("http://localhost".to_owned()),
        sample_ratio,
        ..Config::default()
    };

    for broken in ["zz", "", "101"] {
        let headers = headers(broken);
        assert!(Sampler::new(&config(1.0)).decide(&headers).is_some());
        assert!(Sampler::new(&config(0.0)).decide(&headers).is_none());
    }
}
