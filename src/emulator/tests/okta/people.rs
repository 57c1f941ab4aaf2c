use http::header::LINK;

use super::*;

const USERS: &str = "/api/v1/users";

/// The links of an answer, by relation.
fn link(got: &Got, relation: &str) -> Option<String> {
    let wanted = format!("; rel=\"{relation}\"");
    let mut lines = got.headers.get_all(LINK).iter();
    let url = lines.find_map(|line| line.to_str().unwrap().strip_suffix(&wanted))?;
    Some(url.trim_matches(['<', '>']).to_owned())
}

fn names(got: &Got) -> Vec<String> {
    let groups = got.body.as_array().unwrap().iter();
    let names = groups.map(|group| group["profile"]["name"].as_str().unwrap().to_owned());
    names.collect()
}

#[tokio::test(start_paused = true)]
async fn user_is_found_by_id_login_and_short_name() {
    let org = Org::new();
    let login = org.seeded("ada").await;
    let id = login.body["_embedded"]["user"]["id"].as_str().unwrap();

    let by_id = org.get(&format!("{USERS}/{id}")).await;
    let by_login = org.get(&format!("{USERS}/ADA%40example.com")).await;
    let short = org.get(&format!("{USERS}/ada")).await;

    assert_eq!(by_id.standing(), (200, "ACTIVE"));
    assert_eq!(by_id.body["id"], id);
    assert_eq!(by_id.body["profile"]["login"], "ada@example.com");
    assert!(by_id.body["lastLogin"].is_string());
    assert_eq!(by_id.body["passwordChanged"], "2025-01-01T00:00:00.000Z");
    assert_eq!(by_id.body["credentials"]["password"], json!({}));
    assert_eq!(by_id.body, by_login.body);
    assert_eq!(by_id.body, short.body);
}

#[tokio::test(start_paused = true)]
async fn status_is_that_of_the_directory() {
    let org = Org::new();
    for (name, status) in [
        ("grace", "ACTIVE"),
        ("adele", "ACTIVE"),
        ("ken", "LOCKED_OUT"),
        ("tony", "PASSWORD_EXPIRED"),
        ("niklaus", "RECOVERY"),
        ("anita", "SUSPENDED"),
        ("lynn", "DEPROVISIONED"),
        ("max", "STAGED"),
    ] {
        let got = org.get(&format!("{USERS}/{name}@example.com")).await;

        assert_eq!(got.standing(), (200, status), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn short_name_of_several_is_nobodys() {
    let users = vec![User::new("u@x.test", "pw"), User::new("u@y.test", "pw")];
    let org = Org::of(okta::Config {
        users,
        ..okta::Config::default()
    });

    let short = org.get(&format!("{USERS}/u")).await;
    let full = org.get(&format!("{USERS}/u@y.test")).await;

    assert_eq!(short.code(), (404, "E0000007"));
    assert_eq!(full.body["profile"]["login"], "u@y.test");
}

#[tokio::test(start_paused = true)]
async fn me_is_the_owner_of_the_token_who_cannot_log_in() {
    let org = Org::new();

    let me = org.get("/api/v1/users/me").await;
    let login = me.body["profile"]["login"].as_str().unwrap().to_owned();

    assert_eq!(me.standing(), (200, "ACTIVE"));
    assert_eq!(org.login(&login, "").await.code(), (401, "E0000004"));
}

#[tokio::test(start_paused = true)]
async fn people_are_shown_to_the_api_token_only() {
    let org = Org::new();
    let token = org.emulator.okta_api_token();
    for path in ["ada", "me", "ada/groups", "nobody"] {
        let path = format!("{USERS}/{path}");

        let missing = org.ask(request(Method::GET, &path, None)).await;
        let wrong = org.get_as(&path, "SSWS 00wrong").await;
        let scheme = org
            .get_as(&path, &format!("Bearer {}", token.expose()))
            .await;

        for got in [missing, wrong, scheme] {
            assert_eq!(got.code(), (401, "E0000011"));
            assert_eq!(got.body["errorSummary"], "Invalid token provided");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn organisation_without_a_token_shows_nobody() {
    let org = Org::of(okta::Config {
        api_token: Hidden::default(),
        ..okta::Config::default()
    });

    for authorization in ["SSWS ", "SSWS", "Basic eA==", ""] {
        let got = org.get_as("/api/v1/users/me", authorization).await;

        assert_eq!(got.code(), (401, "E0000011"), "{authorization}");
    }
}

#[tokio::test(start_paused = true)]
async fn unknown_user_is_not_found() {
    let org = Org::new();

    let user = org.get(&format!("{USERS}/nobody@example.com")).await;
    let groups = org.get(&format!("{USERS}/00unone/groups")).await;

    assert_eq!(user.code(), (404, "E0000007"));
    assert_eq!(
        user.body["errorSummary"],
        "Not found: Resource not found: nobody@example.com (User)"
    );
    assert_eq!(groups.code(), (404, "E0000007"));
}

#[tokio::test(start_paused = true)]
async fn groups_come_on_three_pages_that_link_on() {
    let org = Org::new();
    let id = org.get(&format!("{USERS}/peter")).await.body["id"].clone();
    let mut url = format!("{USERS}/{}/groups", id.as_str().unwrap());
    let mut pages = Vec::new();
    let mut all = Vec::new();

    loop {
        let page = org.get(&url).await;
        all.extend(names(&page));
        pages.push((
            names(&page).len(),
            page.headers.get_all(LINK).iter().count(),
        ));
        assert_eq!(page.status, 200);
        assert!(link(&page, "self").is_some());
        let Some(next) = link(&page, "next") else {
            break;
        };
        url = next;
    }

    assert_eq!(pages, [(200, 2), (200, 2), (50, 1)]);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 450);
    assert!(all.contains(&"Everyone".to_owned()) && all.contains(&"team-449".to_owned()));
    assert!(
        url.starts_with("http://opa.test:8443/api/v1/users/00u"),
        "{url}"
    );
}

#[tokio::test(start_paused = true)]
async fn pages_are_as_small_as_asked_and_no_larger_than_allowed() {
    let org = Org::of(okta::Config {
        users: vec![user().within(&["a", "b", "c", "d", "a"])],
        page_size: 3,
        ..okta::Config::default()
    });
    let path = format!("{USERS}/u@x.test/groups");

    let two = org.get(&format!("{path}?limit=2")).await;
    let most = org.get(&format!("{path}?limit=1000")).await;
    let bad = org.get(&format!("{path}?limit=0")).await;
    let next = org.get(&link(&two, "next").unwrap()).await;

    assert_eq!((names(&two).len(), names(&most).len()), (2, 3));
    assert_eq!(bad.code(), (400, "E0000001"));
    assert_eq!(names(&next).len(), 2);
    assert_eq!(link(&next, "next"), None);
}

#[tokio::test(start_paused = true)]
async fn page_goes_on_behind_a_group_that_is_gone() {
    let org = Org::with(user().within(&["a", "b", "c", "d"]));
    let path = format!("{USERS}/u@x.test/groups");
    let first = org.get(&format!("{path}?limit=2")).await;
    let gone = names(&first).pop().unwrap();

    org.emulator
        .okta_edit("u@x.test", |user| user.groups.retain(|name| *name != gone));
    let second = org.get(&link(&first, "next").unwrap()).await;

    let mut seen = [names(&first), names(&second)].concat();
    seen.sort();
    assert_eq!(seen, ["a", "b", "c", "d"]);
}

#[tokio::test(start_paused = true)]
async fn one_without_groups_has_an_empty_page() {
    let org = Org::new();

    let got = org.get(&format!("{USERS}/hedy/groups")).await;

    assert_eq!((got.status, got.body), (200, json!([])));
}

#[tokio::test(start_paused = true)]
async fn everyone_is_built_in_and_equal_for_all() {
    let org = Org::new();
    let everyone = |got: Got| {
        let groups = got.body.as_array().unwrap().clone();
        groups
            .into_iter()
            .find(|group| group["profile"]["name"] == "Everyone")
    };

    let ada = everyone(org.get(&format!("{USERS}/ada/groups")).await).unwrap();
    let grace = everyone(org.get(&format!("{USERS}/grace/groups")).await).unwrap();

    assert_eq!(ada["type"], "BUILT_IN");
    assert_eq!(ada, grace);
}

#[tokio::test(start_paused = true)]
async fn codes_and_answers_to_pushes_come_over_http() {
    let org = Org::new();
    let margaret = json!({ "login": "margaret@example.com", "verdict": "approve" });
    let login = org.seeded("margaret").await;
    org.polls(&login, 1).await;

    let code = request(
        Method::GET,
        "/_emulator/okta_code?login=alan@example.com",
        None,
    );
    let code = org.ask(code).await;
    let nobody = request(
        Method::GET,
        "/_emulator/okta_code?login=ada@example.com",
        None,
    );
    let nobody = org.ask(nobody).await;
    let answered = org.post("/_emulator/okta_push", margaret).await;
    let approved = org.polls(&login, 1).await;
    let wrong = json!({ "login": "margaret@example.com", "verdict": "perhaps" });
    let wrong = org.post("/_emulator/okta_push", wrong).await;

    let shown = org.emulator.okta_totp("alan@example.com");
    assert_eq!(code.body["code"].as_str(), shown.as_deref());
    assert_eq!(nobody.status, 404);
    assert_eq!(answered.body, json!({ "answered": 1 }));
    assert_eq!(approved, ["SUCCESS"]);
    assert!(
        wrong.body["message"]
            .as_str()
            .unwrap()
            .starts_with("verdict: ")
    );
}
