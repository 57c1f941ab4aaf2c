use http::Method;
use http::header::CONTENT_TYPE;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::emulator::answer::TABLE;
use crate::emulator::catalog::operations;
use crate::emulator::{Effect, Fault};

#[tokio::test]
async fn documented_mistakes_get_documented_errors() {
    let client = Client::new(small()).await;

    for line in MISTAKES {
        let [method, path, body, status, code] = fields(line);
        let body = serde_json::from_str(body).ok();
        let got = client.send(method.parse().unwrap(), path, body).await;
        assert_eq!(got.kind(), (status.parse().unwrap(), code), "{line}");
        assert_eq!(got.body["code"], got.status, "{line}");
        assert!(got.body["message"].is_string(), "{line}");
    }
    assert_eq!(client.emulator.counters().writes, 0);
}

#[tokio::test]
async fn name_that_is_too_long_is_refused() {
    let client = Client::new(small()).await;
    let name = |length| Some(json!({ "name": "é".repeat(length) }));

    let longest = client.send(Method::POST, "service_users", name(255)).await;
    let longer = client.send(Method::POST, "service_users", name(256)).await;

    assert_eq!(longest.status, 201);
    assert_eq!(longer.kind(), (400, "invalid_request"));
}

#[tokio::test]
async fn body_of_another_type_or_size_is_refused() {
    let client = Client::new(small()).await;
    let body = Some(json!({ "name": "x" }));
    let mut form = client.request(Method::POST, "groups", body.clone());
    form.headers_mut()
        .insert(CONTENT_TYPE, "text/plain".parse().unwrap());
    let mut charset = client.request(Method::POST, "groups", body);
    let json = "Application/JSON; charset=utf-8".parse().unwrap();
    charset.headers_mut().insert(CONTENT_TYPE, json);
    let huge = json!({ "name": "x".repeat(1024 * 1024) });

    let form = got(client.emulator.handle(form).await).await;
    let charset = got(client.emulator.handle(charset).await).await;
    let huge = client.send(Method::POST, "groups", Some(huge)).await;

    assert_eq!(form.kind(), (415, "unsupported_content_type"));
    assert_eq!(charset.status, 201);
    assert_eq!(huge.kind(), (413, "invalid_request"));
}

#[tokio::test]
async fn every_error_of_the_table_can_be_had() {
    let client = Client::new(small()).await;

    for (status, code) in TABLE {
        let status = StatusCode::from_u16(status).unwrap();
        let code = code.to_owned();
        let effect = Effect::Status { status, code };
        client.emulator.fault(Fault::new(effect).times(1));
    }

    for (status, code) in TABLE {
        let got = client.get("groups").await;
        assert_eq!(got.kind(), (status, code));
        assert_eq!(got.body["code"], status);
    }
    assert_eq!(client.get("groups").await.status, 200);
}

fn fields(line: &str) -> [&str; 5] {
    let fields: Vec<_> = line.split_whitespace().collect();
    fields.try_into().unwrap()
}

/// Method, path, body, status, type.
const MISTAKES: [&str; 21] = [
    r#"POST   service_users              {}                           400 invalid_request"#,
    r#"POST   service_users              {"name":7}                   400 invalid_request"#,
    r#"POST   service_users              []                           415 unsupported_content_type"#,
    r#"POST   service_users              -                            415 unsupported_content_type"#,
    r#"PUT    service_users/gateway      {"status":"DISABLED"}        403 forbidden_error"#,
    r#"PUT    service_users/svc-0001     {}                           400 invalid_request"#,
    r#"GET    service_users/person-0001  -                            404 resource_does_not_exist"#,
    r#"DELETE service_users/svc-0001     -                            405 invalid_request"#,
    r#"GET    service_users?status=DEAD  -                            400 invalid_request"#,
    r#"DELETE service_users/gateway/keys/x -                          404 resource_does_not_exist"#,
    r#"POST   groups                     {"name":"x","roles":["no"]}  400 invalid_request"#,
    r#"POST   groups                     {"name":"owners"}            409 resource_already_exists"#,
    r#"DELETE groups/everyone            -                            403 forbidden_error"#,
    r#"POST   groups/owners/users        {"name":"nobody"}            404 resource_does_not_exist"#,
    r#"GET    security_policy/1          -                            404 resource_does_not_exist"#,
    r#"GET    projects                   -                            401 authorization_error"#,
    r#"GET    unheard_of                 -                            404 resource_does_not_exist"#,
    r#"GET    groups/                    -                            404 resource_does_not_exist"#,
    r#"POST   users                      {"name":"x"}                 405 invalid_request"#,
    r#"GET    /                          -                            404 resource_does_not_exist"#,
    r#"GET    /v1/teams/other/groups     -                            404 resource_does_not_exist"#,
];

/// A path of the API with these in place of its parameters, or any other path.
fn path() -> impl Strategy<Value = String> {
    let templates: Vec<_> = operations().map(|operation| operation.path).collect();
    let arguments = prop::collection::vec("[a-z0-9%. ~-]{0,12}|svc-0001|owners", 5);
    let known = (prop::sample::select(templates), arguments).prop_map(|(template, arguments)| {
        let mut arguments = arguments.into_iter();
        let segments = template.split('/').map(|segment| {
            let argument = segment.starts_with('{').then(|| arguments.next());
            argument.flatten().unwrap_or_else(|| segment.to_owned())
        });
        segments.collect::<Vec<_>>().join("/")
    });
    let unknown = prop::sample::select(vec!["%ff/%00", "..", "//", "users_by_id/x", "/", "/v1"]);
    prop_oneof![9 => known, 1 => unknown.prop_map(str::to_owned)]
}

/// Any JSON, with the names that bodies have.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}|ACTIVE|owners|default".prop_map(Value::from),
    ];
    let names = prop::sample::select(vec![
        "name",
        "id",
        "roles",
        "status",
        "active",
        "rules",
        "principals",
        "user_groups",
        "resource_type",
        "resource_selector",
        "selectors",
        "privileges",
        "privilege_type",
        "conditions",
        "description",
        "secret_jwe",
        "public_key",
        "key_id",
        "key_secret",
    ]);
    leaf.prop_recursive(4, 32, 6, move |inner| {
        let name = names.clone().prop_map(str::to_owned);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(name, inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_that_is_sent_is_a_500(
        method in prop::sample::select(vec!["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"]),
        path in path(),
        query in "[a-z=&%+0-9]{0,20}",
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..60),
            json().prop_map(|value| value.to_string().into_bytes()),
        ],
    ) {
        let uri = format!("{T}/{path}?{query}");
        prop_assume!(uri.parse::<http::Uri>().is_ok());
        let got = run(async {
            let client = Client::new(small()).await;
            let mut request = client.request(method.parse().unwrap(), &uri, None);
            *request.body_mut() = body.into();
            got(client.emulator.handle(request).await).await
        });

        prop_assert!(got.status < 500);
        let is_told = got.body["code"] == got.status || got.body["list"].is_array();
        prop_assert!(got.status < 400 || is_told, "{:?}", got);
    }
}
