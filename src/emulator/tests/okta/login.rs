use std::time::Duration;

use super::*;

#[tokio::test(start_paused = true)]
async fn right_password_gives_a_session_and_the_user() {
    let org = Org::new();

    let got = org.login("ADA@example.com", PASSWORD).await;

    assert_eq!(got.standing(), (200, "SUCCESS"));
    assert_eq!(got.body["sessionToken"].as_str().unwrap().len(), 45);
    assert!(got.body["expiresAt"].as_str().unwrap().ends_with(".000Z"));
    assert!(got.body.get("stateToken").is_none());
    let user = &got.body["_embedded"]["user"];
    assert!(user["id"].as_str().unwrap().starts_with("00u"));
    assert_eq!(user["passwordChanged"], "2025-01-01T00:00:00.000Z");
    let profile = &user["profile"];
    assert_eq!(profile["login"], "ada@example.com");
    for field in ["firstName", "lastName", "locale", "timeZone"] {
        assert!(profile[field].is_string(), "{field}");
    }
    assert_eq!(got.headers[CONTENT_TYPE], "application/json");
}

#[tokio::test(start_paused = true)]
async fn each_state_of_an_account_is_told_as_okta_does() {
    let org = Org::new();
    let expected = [
        ("hedy", 200, "SUCCESS"),
        ("adele", 200, "SUCCESS"),
        ("ken", 200, "LOCKED_OUT"),
        ("tony", 200, "PASSWORD_EXPIRED"),
        ("john", 200, "MFA_ENROLL"),
        ("mary", 200, "MFA_ENROLL_ACTIVATE"),
        ("niklaus", 200, "RECOVERY"),
        ("jean", 200, "PASSWORD_RESET"),
        ("grace", 200, "MFA_REQUIRED"),
        ("frances", 401, ""),
        ("anita", 401, ""),
        ("lynn", 401, ""),
        ("max", 401, ""),
    ];

    for (name, status, standing) in expected {
        let got = org.seeded(name).await;

        assert_eq!(got.standing(), (status, standing), "{name}");
        let has_session = got.body.get("sessionToken").is_some();
        assert_eq!(has_session, standing == "SUCCESS", "{name}");
        if status == 401 {
            assert_eq!(got.code(), (401, "E0000004"), "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn warning_is_told_to_those_who_ask_and_can_be_skipped() {
    let org = Org::new();
    let body = json!({ "username": "adele", "password": PASSWORD,
        "options": { "warnBeforePasswordExpired": true } });

    let warned = org.post(AUTHN, body).await;
    let token = json!({ "stateToken": warned.body["stateToken"] });
    let again = org.post(AUTHN, token.clone()).await;
    let skipped = org.post("/api/v1/authn/skip", token.clone()).await;
    let spent = org.post(AUTHN, token).await;

    assert_eq!(warned.standing(), (200, "PASSWORD_WARN"));
    assert_eq!(again.standing(), (200, "PASSWORD_WARN"));
    assert_eq!(skipped.standing(), (200, "SUCCESS"));
    assert_eq!(spent.code(), (401, "E0000011"));
}

#[tokio::test(start_paused = true)]
async fn skipped_warning_still_asks_for_the_factor() {
    let user = user().standing(State::PasswordWarn);
    let org = Org::with(user.with(Factor::push(Script::default())));
    let body = json!({ "username": "u@x.test", "password": "pw",
        "options": { "warnBeforePasswordExpired": true } });

    let warned = org.post(AUTHN, body).await;
    let token = json!({ "stateToken": warned.body["stateToken"] });
    let skipped = org.post("/api/v1/authn/skip", token.clone()).await;
    let twice = org.post("/api/v1/authn/skip", token).await;

    assert_eq!(skipped.standing(), (200, "MFA_REQUIRED"));
    assert_eq!(org.polls(&skipped, 2).await, ["WAITING", "SUCCESS"]);
    assert_eq!(twice.code(), (403, "E0000079"));
}

#[tokio::test(start_paused = true)]
async fn login_that_shows_a_token_must_show_the_right_one() {
    let org = Org::new();
    let with = |authorization: String| {
        let body = json!({ "username": "ada@example.com", "password": PASSWORD });
        let mut request = request(Method::POST, AUTHN, Some(body));
        let value = authorization.parse().unwrap();
        request.headers_mut().insert(AUTHORIZATION, value);
        request
    };
    let token = org.emulator.okta_api_token();

    let right = org.ask(with(format!("SSWS {}", token.expose()))).await;
    let wrong = org.ask(with("SSWS 00wrong".to_owned())).await;
    let other = org.ask(with(format!("Bearer {}", token.expose()))).await;

    assert_eq!(right.standing(), (200, "SUCCESS"));
    assert_eq!(wrong.code(), (401, "E0000011"));
    assert_eq!(other.code(), (401, "E0000011"));
}

#[tokio::test(start_paused = true)]
async fn new_password_counts_from_when_it_was_set() {
    let org = Org::with(user());
    let before = org.login("u@x.test", "pw").await;

    org.emulator
        .okta_edit("U@X.test", |user| user.password = Hidden::new("new"));
    let old = org.login("u@x.test", "pw").await;
    let new = org.login("u@x.test", "new").await;

    let changed = |got: &Got| got.body["_embedded"]["user"]["passwordChanged"].clone();
    assert_eq!(old.status, 401);
    assert_eq!(new.status, 200);
    assert!(changed(&new).as_str() > changed(&before).as_str());
}

#[test]
fn equal_seeds_give_equal_organisations() {
    let told = |seed| {
        run(async move {
            let config = Config {
                okta: okta::Config::seeded(seed),
                seed,
                ..small()
            };
            let emulator = Emulator::new(config);
            let org = Org { emulator };
            let login = org.seeded("dennis").await;
            let push = org.verify(&login, 0, None).await;
            let wrong = org.login("ada", "wrong").await;
            let groups = org.get("/api/v1/users/peter@example.com/groups").await;
            let mut told = vec![
                push.headers["x-okta-request-id"]
                    .to_str()
                    .unwrap()
                    .to_owned(),
            ];
            for mut got in [login, push, wrong, groups] {
                // The one thing that comes from the clock.
                if let Some(body) = got.body.as_object_mut() {
                    body.remove("expiresAt");
                }
                told.push(got.body.to_string());
            }
            told
        })
    };

    assert_eq!(told(7), told(7));
    assert_ne!(told(7), told(8));
}

#[test]
fn debug_shows_no_password_token_or_secret() {
    let factor = Factor {
        secret: Hidden::new("GEZDGNBVGY3TQOJQ"),
        ..Factor::totp(Provider::Okta)
    };
    let users = vec![User::new("u@x.test", "hunter2-secret").with(factor)];
    let okta = okta::Config {
        users,
        ..okta::Config::default()
    };

    let shown = run(async {
        let org = Org::of(okta.clone());
        let login = org.login("u@x.test", "hunter2-secret").await;
        let token = login.body["stateToken"].as_str().unwrap().to_owned();
        let shown = format!("{:?} {okta:?}", org.emulator);
        assert!(!shown.contains(&token));
        shown
    });

    assert!(shown.contains("u@x.test"));
    assert!(!shown.contains("hunter2-secret") && !shown.contains("GEZDGNBVGY3TQOJQ"));
    assert!(!shown.contains(okta.api_token.expose()));
}

#[test]
fn configuration_is_read_from_text_and_knows_its_keys() {
    let text = r#"
        api_token = "00abc"
        locked_for = "15m"
        page_size = 5
        [[users]]
        login = "u@x.test"
        password = "pw"
        state = "password_expired"
        groups = ["dev"]
        [[users.factors]]
        kind = "totp"
        provider = "GOOGLE"
        secret = "GEZDGNBVGY3TQOJQ"
        [[users.factors]]
        script = { verdict = "reject", after = "3s", polls = 4 }
    "#;

    let config: okta::Config = toml::from_str(text).unwrap();
    let unknown = toml::from_str::<okta::Config>("[[users]]\nname = 'u'");

    assert_eq!(config.locked_for, Some(Duration::from_secs(900)));
    assert_eq!(config.users[0].state, State::PasswordExpired);
    assert_eq!(config.users[0].factors[0].provider, Provider::Google);
    let script = &config.users[0].factors[1].script;
    assert_eq!((script.verdict, script.polls), (Some(Verdict::Reject), 4));
    assert_eq!(config.authn_per_minute, 600);
    assert!(unknown.is_err());
}
