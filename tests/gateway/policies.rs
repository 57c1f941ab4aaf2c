//! Callers with policies, through the whole gateway.

use http::StatusCode;
use serde_json::json;

use crate::support::{Client, Gateway, Setup, delete, get, hash_of, post, put, request, token_of};

/// A caller that has `policies`.
fn having(name: &str, policies: &str) -> String {
    let hash = hash_of(name);
    format!("[[caller]]\nname = '{name}'\ntoken_sha256 = '{hash}'\npolicies = [{policies}]\n")
}

/// A gateway whose `auditor`, `admin` and `empty` have policies.
fn gateway() -> Gateway {
    let callers = [
        having("auditor", "'auditor'"),
        having("admin", "'auditor', 'admin'"),
        having("torn", "'admin', 'torn'"),
        having("empty", ""),
    ];
    let text = format!("{POLICIES}{}", callers.concat());
    Setup::new().principal("svc-0001").text(&text).start()
}

const POLICIES: &str = r#"
[[policy]]
name = "auditor"
rules = '''
path "teams/demo/*" {
  capabilities = ["read", "list"]
}
path "teams/demo/gateway_setup_tokens/*" {
  capabilities = ["deny"]
}
path "teams/demo/groups/owners" {
  capabilities = ["deny"]
}
'''
[[policy]]
name = "admin"
rules = '''
path "teams/demo/groups" {
  capabilities = ["create", "list"]
}
path "teams/demo/groups/+" {
  capabilities = ["read", "update", "delete"]
}
path "teams/demo/current_user" {
  capabilities = ["read"]
  principal    = "demo/svc-0001"
}
'''
[[policy]]
name = "torn"
rules = '''
path "teams/demo/current_user" {
  capabilities = ["read"]
  principal    = "demo/gateway"
}
'''
"#;

#[tokio::test(start_paused = true)]
async fn each_caller_does_what_its_policies_grant_and_nothing_else() {
    let gateway = gateway();
    let group = |name: &str| format!("/v1/teams/demo/groups/{name}");
    let new = json!({ "name": "blue", "roles": [] });
    for (caller, expected) in [
        ("auditor", [200, 403, 403, 403, 403]),
        ("admin", [200, 201, 204, 204, 403]),
        ("empty", [403, 403, 403, 403, 403]),
    ] {
        let client = gateway.client(caller);

        let replies = [
            client.get("/v1/teams/demo/groups").await,
            client.send(post("/v1/teams/demo/groups", &new)).await,
            client
                .send(put(&group("blue"), &json!({ "roles": [] })))
                .await,
            client.send(delete(&group("blue"))).await,
            client.get("/v1/teams/demo/gateway_setup_tokens").await,
        ];

        let statuses = replies.map(|reply| reply.status.as_u16());
        assert_eq!(statuses, expected, "{caller}");
    }
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn denial_holds_however_the_path_is_spelled_and_asked_again() {
    let gateway = gateway();
    let auditor = gateway.client("auditor");
    // Kept by somebody who may see it.
    let path = "/v1/teams/demo/groups/owners";
    assert_eq!(gateway.writer().get(path).await.status, StatusCode::OK);
    for spelling in [
        path,
        path,
        "/v1/teams/DEMO/groups/owners",
        "/v1/teams/demo/groups/%6Fwners",
        "/v1/teams/demo/groups/Owners",
        "/v1/teams/%64emo/groups/OWNER%53",
        "//v1/teams/demo/groups/owners",
    ] {
        let reply = auditor.get(spelling).await;

        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{spelling}");
        assert_eq!(reply.json()["type"], "forbidden_error", "{spelling}");
    }
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn rule_names_in_whose_name_the_upstream_is_asked() {
    let gateway = gateway();
    let path = "/v1/teams/demo/current_user";

    let auditor = gateway.client("auditor").get(path).await;
    let admin = gateway.client("admin").get(path).await;
    let torn = gateway.client("torn").get(path).await;

    assert_eq!(auditor.json()["name"], "gateway");
    assert_eq!(admin.json()["name"], "svc-0001");
    assert_eq!(torn.status, StatusCode::FORBIDDEN);
    assert_eq!(torn.json()["type"], "ambiguous_principal");
    gateway.finish().await;
}

/// Who may what, on the gateway as it is set up below: a line for each kind of caller. `yes` is an
/// answer of OPA's.
///
/// `purge` is the admin listener's alone: no caller finds it, whatever its policies say.
const WHO_MAY_WHAT: &str = "
             read  list  write  secret  reveal  purge
nobody       401   401    401     401     401    404
stranger     401   401    401     401     401    404
reader       yes   yes    403     403     403    404
writer       yes   yes    yes     yes     yes    404
neighbour    yes   yes    yes     yes     yes    404
vendor       yes   yes    403     403     403    404
empty        403   403    403     403     403    404
viewer       yes   yes    403     403     403    404
wide         yes   yes    yes     403     403    404
revealer     403   403    403     yes     yes    404
boss         yes   yes    yes     yes     yes    404
";

const COLUMNS: [(&str, &str, &str); 6] = [
    ("read", "GET", "/v1/teams/demo/service_users/svc-0001"),
    ("list", "GET", "/v1/teams/demo/service_users"),
    ("write", "PUT", "/v1/teams/demo/service_users/svc-0001"),
    (
        "secret",
        "GET",
        "/v1/teams/demo/gateway_setup_tokens/a-1/token",
    ),
    (
        "reveal",
        "POST",
        "/v1/teams/demo/server_accounts/a-1/reveal_credentials",
    ),
    ("purge", "POST", "/api/cache/purge"),
];

const TABLE_POLICIES: &str = r#"
[[policy]]
name = "viewer"
rules = '''
path "teams/demo/*" {
  capabilities = ["read", "list"]
}
'''
[[policy]]
name = "wide"
rules = '''
path "*" {
  capabilities = ["create", "read", "update", "delete", "list", "patch"]
}
'''
[[policy]]
name = "revealer"
rules = '''
path "teams/demo/gateway_setup_tokens/+/token" {
  capabilities = ["read"]
}
path "teams/demo/server_accounts/+/reveal_credentials" {
  capabilities = ["update"]
}
'''
[[policy]]
name = "boss"
rules = '''
path "*" {
  capabilities = ["create", "read", "update", "delete", "list", "sudo"]
}
'''
"#;

/// The same path, as it is and as others may write it.
fn spellings(path: &str) -> [String; 5] {
    let capitals = path.replace("/demo/", "/DEMO/");
    let letter = path.replace('a', "%61");
    let dash = path.replace('-', "%2D");
    let all = capitals.replace('a', "%61").replace('-', "%2d");
    [path.to_owned(), capitals, letter, dash, all]
}

/// Who asks, by the name of the line.
async fn who(gateway: &Gateway, name: &str) -> Client {
    match name {
        "nobody" => gateway.reader().showing(None),
        "neighbour" => gateway.neighbour(),
        // As the vendor's own clients do: with a token for an id and a secret.
        "vendor" => {
            let key = json!({ "key_id": "any", "key_secret": token_of("reader") });
            let nobody = gateway.reader().showing(None);
            let token = nobody
                .send(post("/v1/teams/demo/service_token", &key))
                .await;
            nobody.showing(token.json()["bearer_token"].as_str())
        }
        name => gateway.client(name),
    }
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_caller_may_what_the_table_says_in_every_spelling() {
    let callers =
        ["viewer", "wide", "revealer", "boss"].map(|name| having(name, &format!("'{name}'")));
    let text = format!(
        "{TABLE_POLICIES}{}{}",
        callers.concat(),
        having("empty", "")
    );
    let gateway = Setup::new().text(&text).start();
    let mut found = String::from("\n             read  list  write  secret  reveal  purge\n");
    for line in WHO_MAY_WHAT.lines().skip(2) {
        let name = line.split_whitespace().next().unwrap();
        let client = who(&gateway, name).await;
        found.push_str(&format!("{name:<10}"));
        for (column, method, path) in COLUMNS {
            let mut cells = Vec::new();
            for path in spellings(path) {
                // A second time as well, for what is remembered of a connection.
                for _ in 0..2 {
                    let asked = match method {
                        "GET" => get(&path),
                        "PUT" => put(&path, &json!({})),
                        _ => post(&path, &json!({})),
                    };
                    let reply = client.send(asked).await;
                    cells.push(match reply.header("x-opagate-emulator") {
                        "" => reply.status.as_u16().to_string(),
                        _ => "yes".to_owned(),
                    });
                }
            }
            cells.dedup();
            let width = column.len() + 2;
            found.push_str(&format!("{:>width$}", cells.join("/")));
        }
        found.push('\n');
    }

    assert_eq!(found, WHO_MAY_WHAT, "{found}");
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn without_policies_nobody_may_anything() {
    let callers = ["one", "other"].map(|name| having(name, ""));
    let gateway = Setup::new().text(&callers.concat()).start();
    let methods = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];
    for name in ["one", "other"] {
        let client = gateway.client(name);
        for row in opagate::operation::ROWS {
            let path = row.route.replace("{team}", "demo").replace(['{', '}'], "");
            // Open to everybody: it is how one comes to a token.
            if row.name == "service_token.issue" {
                continue;
            }
            for method in methods {
                let asked = request(method.parse().unwrap(), &path, "{}");
                let reply = client.send(asked).await;

                assert_eq!(reply.status, StatusCode::FORBIDDEN, "{method} {path}");
            }
        }
    }
    assert_eq!(gateway.emulator.counters().calls, 0);
    gateway.finish().await;
}
