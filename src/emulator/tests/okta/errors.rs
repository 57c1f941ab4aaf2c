use proptest::prelude::*;

use super::*;

#[tokio::test(start_paused = true)]
async fn body_must_be_a_json_object_of_the_right_kind() {
    let org = Org::new();
    let send = |body: &'static str, media: Option<&'static str>| {
        let mut request = request(Method::POST, AUTHN, None);
        *request.body_mut() = Bytes::from_static(body.as_bytes());
        request.headers_mut().remove(CONTENT_TYPE);
        if let Some(media) = media {
            let media = http::HeaderValue::from_static(media);
            request.headers_mut().insert(CONTENT_TYPE, media);
        }
        org.ask(request)
    };
    let json = Some("application/json");

    assert_eq!(send("{", json).await.code(), (400, "E0000003"));
    assert_eq!(send("", json).await.code(), (400, "E0000003"));
    assert_eq!(send("[1]", json).await.code(), (400, "E0000003"));
    assert_eq!(send("{}", json).await.code(), (400, "E0000001"));
    assert_eq!(
        send("{\"username\":7}", json).await.code(),
        (400, "E0000001")
    );
    assert_eq!(send("{}", None).await.code(), (415, "E0000021"));
    assert_eq!(
        send("a=b", Some("text/plain")).await.code(),
        (415, "E0000021")
    );
    let charset = Some("Application/JSON; charset=utf-8");
    assert_eq!(send("{}", charset).await.code(), (400, "E0000001"));
}

#[tokio::test(start_paused = true)]
async fn body_that_is_too_large_is_refused() {
    let org = Org::new();
    let body = json!({ "username": "x".repeat(1024 * 1024) });

    assert_eq!(org.post(AUTHN, body).await.code(), (413, "E0000003"));
}

#[tokio::test(start_paused = true)]
async fn unknown_paths_and_wrong_methods_are_told_apart() {
    let org = Org::new();
    for path in [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v2/authn",
        "/api/v1/authn/",
        "/api/v1/apps",
    ] {
        assert_eq!(org.get(path).await.code(), (404, "E0000007"), "{path}");
    }
    for path in [
        "/api/v1/authn",
        "/api/v1/authn/cancel",
        "/api/v1/authn/factors/x/verify",
    ] {
        assert_eq!(org.get(path).await.code(), (405, "E0000022"), "{path}");
    }
    for path in ["/api/v1/users/me", "/api/v1/users/me/groups"] {
        let got = org.post(path, json!({})).await;
        assert_eq!(got.code(), (405, "E0000022"), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn error_has_all_fields_of_oktas_form() {
    let org = Org::new();

    let got = org.login("ada", "wrong").await;

    let mut body = got.body;
    assert_eq!(body["errorId"].take().as_str().unwrap().len(), 25);
    let expected = json!({
        "errorCode": "E0000004",
        "errorSummary": "Authentication failed",
        "errorLink": "E0000004",
        "errorId": null,
        "errorCauses": [],
    });
    assert_eq!(body, expected);
}

/// Methods, paths, headers and bodies of which most mean something.
fn requests() -> impl Strategy<Value = http::Request<Bytes>> {
    let method = prop_oneof![
        4 => prop::sample::select(vec!["GET", "POST"]).prop_map(str::to_owned),
        1 => "[A-Z]{1,8}",
    ];
    let part = prop_oneof![
        prop::sample::select(vec![
            "v1",
            "authn",
            "users",
            "me",
            "groups",
            "factors",
            "verify",
            "resend",
            "cancel",
            "ada@example.com",
            "%C3%A9",
            "%ff",
            "",
        ])
        .prop_map(str::to_owned),
        "[a-zA-Z0-9%._~-]{0,12}",
    ];
    let rest = prop::collection::vec(part, 0..6).prop_map(|parts| parts.join("/"));
    let path = prop_oneof![
        rest.clone().prop_map(|rest| format!("/api/{rest}")),
        rest.prop_map(|rest| format!("/api/v1/{rest}")),
        Just(AUTHN.to_owned()),
        Just("/api/v1/users/me/groups".to_owned()),
    ];
    let query = "(limit=[0-9a-z-]{0,4})?(&after=[!-~&&[^#<>\"]]{0,8})?";
    let header = prop::option::of("[ -~]{0,30}|SSWS [a-z0-9]{0,5}");
    let body = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        "\\{\"(username|stateToken|password)\":(\"[a-z@.]{0,9}\"|[0-9]{1,3}|null)\\}"
            .prop_map(String::into_bytes),
    ];
    (method, path, query, header, any::<bool>(), body).prop_map(
        |(method, path, query, authorization, is_json, body)| {
            let mut request = http::Request::builder().method(method.as_str());
            request = request.uri(format!("{path}?{query}"));
            if is_json {
                request = request.header(CONTENT_TYPE, "application/json");
            }
            if let Some(authorization) = authorization {
                request = request.header(AUTHORIZATION, authorization);
            }
            request.body(Bytes::from(body)).unwrap()
        },
    )
}

proptest! {
    #[test]
    fn whatever_is_asked_is_answered_in_oktas_form(
        requests in prop::collection::vec(requests(), 1..20),
        is_owner in any::<bool>(),
    ) {
        run(async {
            let org = Org::new();
            let token = format!("SSWS {}", org.emulator.okta_api_token().expose());
            for mut request in requests {
                if is_owner {
                    request.headers_mut().insert(AUTHORIZATION, token.parse().unwrap());
                }
                let got = org.ask(request).await;
                prop_assert!(got.status < 500, "{got:?}");
                prop_assert_eq!(&got.headers[CONTENT_TYPE], "application/json");
                prop_assert!(got.headers.contains_key("x-okta-request-id"));
                let code = got.body["errorCode"].as_str().unwrap_or_default();
                prop_assert_eq!(got.status == 200, code.is_empty());
                prop_assert!(got.status != 200 || got.body.is_object() || got.body.is_array());
                prop_assert!(code.is_empty() || got.body["errorLink"] == code);
            }
            Ok(())
        })?;
    }
}
