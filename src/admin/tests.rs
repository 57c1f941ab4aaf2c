use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::*;
use crate::record::Record;

fn sources() -> (Sources, Arc<Mutex<Vec<Purge>>>) {
    let purged = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&purged);
    let health = || Health {
        started: true,
        draining: true,
        audit_ok: true,
        token: Vec::new(),
    };
    let sources = Sources {
        readiness: Readiness::new(Arc::new(health), WhenTokenLost::Leave),
        state: Arc::new(|| json!({"state": "draining"})),
        metrics: Arc::new(|| "opagate_ready 0\n".to_owned()),
        purge: Arc::new(move |purge| {
            seen.lock().push(purge);
            7
        }),
        keys: None,
        history: History::new(Reading::default),
        recent: Recent::new(10),
        search: Arc::new(|search| json!({"found": 0, "searched": search.part})),
        config: Arc::new(|| "[admin]\n".to_owned()),
        why: Arc::new(|why| match why.caller.as_deref() {
            Some("nobody") => Err("no caller is named `nobody`".to_owned()),
            _ => Ok(json!({"path": why.target.path()})),
        }),
    };
    (sources, purged)
}

async fn ask(request: http::request::Builder, body: &str) -> Response<Bytes> {
    let (sources, _) = sources();
    send(sources, request, body).await
}

async fn send(sources: Sources, request: http::request::Builder, body: &str) -> Response<Bytes> {
    let request = request.body(Full::<Bytes>::from(body.to_owned())).unwrap();
    let (head, body) = service(sources)
        .oneshot(request)
        .await
        .unwrap()
        .into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Response::from_parts(head, body)
}

fn get(path: &str) -> http::request::Builder {
    Request::get(path).header("host", "127.0.0.1:8081")
}

fn purge() -> http::request::Builder {
    Request::post("/api/cache/purge")
        .header("host", "127.0.0.1:8081")
        .header("content-type", "application/json")
        .header("x-opagate-admin", "1")
}

fn json_of(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

#[tokio::test]
async fn draining_gateway_is_alive_and_started_but_not_ready() {
    let live = ask(get("/health/live"), "").await;
    let startup = ask(get("/health/startup"), "").await;
    let ready = ask(get("/health/ready"), "").await;

    assert_eq!(live.status(), StatusCode::OK);
    assert_eq!(startup.status(), StatusCode::OK);
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(json_of(&ready)["reason"], "draining");
    assert_eq!(ready.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn metrics_state_and_version_are_told() {
    let metrics = ask(get("/metrics"), "").await;
    let state = ask(get("/api/state"), "").await;
    let version = ask(get("/api/version"), "").await;

    assert_eq!(metrics.body(), "opagate_ready 0\n");
    assert!(
        metrics.headers()["content-type"]
            .to_str()
            .unwrap()
            .contains("version=0.0.4")
    );
    assert_eq!(json_of(&state)["state"], "draining");
    assert_eq!(json_of(&version)["version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn page_is_given_with_a_policy_that_keeps_it_to_itself() {
    let page = ask(get("/"), "").await;

    let header = |name: &str| page.headers()[name].to_str().unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-security-policy").contains("connect-src 'self'"));
    assert!(!header("content-security-policy").contains("unsafe"));
}

#[tokio::test]
async fn page_that_stays_open_is_told_what_it_has_not_seen() {
    let (sources, _) = sources();
    for path in ["/a", "/b", "/c"] {
        let record = Record::new(&HeaderMap::new(), Method::GET, path.into());
        sources.recent.note(&record);
    }

    let plain = send(sources.clone(), get("/api/state"), "").await;
    let open = send(sources.clone(), get("/api/state?points=0&requests=2"), "").await;
    let last = send(sources, get("/api/requests?limit=1&outcome=canceled"), "").await;

    assert!(json_of(&plain).get("history").is_none());
    let open = json_of(&open);
    assert_eq!(open["state"], "draining");
    assert_eq!(open["history"]["outcomes"][0], "hit");
    assert_eq!(open["requests"][0]["path"], "/c");
    assert_eq!(open["requests"][1], Value::Null);
    assert_eq!(json_of(&last)["requests"][0]["number"], 3);
}

#[tokio::test]
async fn kept_answers_settings_and_reasons_are_told() {
    let cache = ask(get("/api/cache?path=/v1/Teams"), "").await;
    let config = ask(get("/api/config"), "").await;
    let why = ask(get("/api/why?path=/v1/teams/demo/groups"), "").await;
    let unclear = ask(get("/api/why?path=/v1&caller=nobody"), "").await;
    let unknown = ask(get("/api/cache?paths=x"), "").await;

    assert_eq!(json_of(&cache)["searched"], "/v1/teams");
    assert_eq!(json_of(&config)["toml"], "[admin]\n");
    assert_eq!(json_of(&why)["path"], "/v1/teams/demo/groups");
    assert_eq!(unclear.status(), StatusCode::BAD_REQUEST);
    assert_eq!(json_of(&unclear)["message"], "no caller is named `nobody`");
    assert_eq!(unknown.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn purge_is_carried_out_and_counted() {
    let (sources, purged) = sources();

    let response = send(sources, purge(), r#"{"prefix":"/v1/teams/DEMO"}"#).await;

    assert_eq!(json_of(&response), json!({"dropped": 7}));
    assert_eq!(*purged.lock(), [Purge::Prefix("/v1/teams/demo".to_owned())]);
}

#[tokio::test]
async fn purge_that_a_web_page_could_send_is_refused() {
    let (sources, purged) = sources();
    let plain = || Request::post("/api/cache/purge").header("host", "localhost:8081");
    let json = || plain().header("content-type", "application/json");

    for (request, status) in [
        (json(), 403),
        (plain().header("x-opagate-admin", "1"), 415),
        (purge().header("origin", "https://evil.example"), 403),
        (purge().header("origin", "null"), 403),
        (purge().header("sec-fetch-site", "cross-site"), 403),
        (purge().header("sec-fetch-site", "same-site"), 403),
    ] {
        let response = send(sources.clone(), request, r#"{"all":true}"#).await;
        assert_eq!(response.status().as_u16(), status);
    }
    assert!(purged.lock().is_empty());

    let own = purge().header("origin", "http://127.0.0.1:8081");
    let own = own.header("sec-fetch-site", "same-origin");
    let response = send(sources, own, r#"{"all":true}"#).await;
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn name_that_is_not_this_machine_is_refused_on_every_path() {
    for path in ["/metrics", "/health/live", "/nowhere"] {
        let request = Request::get(path).header("host", "rebound.example:8081");

        let response = ask(request, "").await;

        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        assert_eq!(json_of(&response)["type"], "host_refused");
    }
}

#[tokio::test]
async fn unknown_path_lists_those_that_there_are() {
    let response = ask(get("/api/nothing"), "").await;

    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let body = json_of(&response);
    assert_eq!(body["code"], 404);
    assert!(!body["request_id"].as_str().unwrap().is_empty());
    assert!(
        body["paths"]
            .as_array()
            .unwrap()
            .contains(&json!("/metrics"))
    );
}

#[tokio::test]
async fn wrong_method_is_told_the_right_one() {
    let read = ask(get("/api/cache/purge"), "").await;
    let write = ask(get("/metrics").method(Method::DELETE), "").await;

    assert_eq!(read.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(read.headers()["allow"], "POST");
    assert_eq!(write.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(write.headers()["allow"], "GET, HEAD");
}

#[tokio::test]
async fn body_over_the_limit_is_refused() {
    let body = format!(r#"{{"prefix":"/{}"}}"#, "x".repeat(70_000));

    let response = ask(purge(), &body).await;

    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn panic_is_an_answer() {
    let (mut sources, _) = sources();
    sources.state = Arc::new(|| serde_json::from_str("no JSON").unwrap());

    let response = send(sources, get("/api/state"), "").await;

    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(json_of(&response)["type"], "internal_error");
    assert_eq!(response.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn listener_answers_until_it_is_stopped_although_a_client_stays() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(serve(listener, sources().0, stop.clone()));
    let mut client = TcpStream::connect(address).await.unwrap();
    let request = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    client.write_all(request).await.unwrap();
    let mut head = [0; 12];
    client.read_exact(&mut head).await.unwrap();

    stop.cancel();
    serving.await.unwrap();

    assert_eq!(&head, b"HTTP/1.1 200");
    assert!(TcpStream::connect(address).await.is_err());
}
