//! Secrets and their folders, through the API.

mod folders;
mod lists;
mod rights;
mod sealed;

use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::KeyPair as _;
use http::Method;
use proptest::prelude::*;
use serde_json::json;

use super::roles::one_with;
use super::*;
use crate::emulator::resource::{Kind, Resource};
use crate::emulator::secrets::jwe::{Sealed, seal};
use crate::emulator::secrets::jwk::{self, Recipient};
use crate::emulator::seed::uuid;
use crate::emulator::vault::Plain;

/// The administrator, and the path of a project.
struct Team {
    admin: Client,
    project: String,
}

impl Team {
    async fn new() -> Self {
        let admin = Client::new(small()).await;
        let project = add_project(&admin.emulator, "p");
        Self { admin, project }
    }

    async fn folder(&self, name: &str, parent: Option<&str>) -> String {
        let path = format!("{}/secret_folders", self.project);
        let body = json!({ "name": name, "parent_folder_id": parent });
        id(&self.admin.send(Method::POST, &path, Some(body)).await)
    }

    async fn secret(&self, name: &str, folder: &str, plain: &str) -> String {
        let body = self.sealed(name, folder, plain).await;
        let path = format!("{}/secrets", self.project);
        id(&self.admin.send(Method::POST, &path, Some(body)).await)
    }

    /// The body that makes a secret.
    async fn sealed(&self, name: &str, folder: &str, plain: &str) -> Value {
        let key = vault_key(&self.admin).await;
        json!({
            "name": name,
            "parent_folder_id": folder,
            "secret_jwe": seal_to(&key, plain),
        })
    }

    fn at(&self, kind: &str, id: &str) -> String {
        format!("{}/{kind}/{id}", self.project)
    }
}

/// A project in the first resource group; its path.
fn add_project(emulator: &Emulator, name: &str) -> String {
    let mut world = emulator.shared.world.lock();
    let store = &mut world.store;
    let group = store.resources.all(Kind::ResourceGroup).iter().next();
    let group = group.unwrap().id;
    let id = uuid(&mut store.rng);
    let body = json!({ "name": name }).as_object().cloned().unwrap();
    let project = Resource::new(Kind::Project, id, Some(group), body);
    store.resources.add(Kind::Project, project).unwrap();
    format!("resource_groups/{group}/projects/{id}")
}

fn id(got: &Got) -> String {
    let id = got.body["id"].as_str();
    id.unwrap_or_else(|| panic!("{got:?}")).to_owned()
}

async fn vault_key(client: &Client) -> Value {
    client.get("vault/jwks.json").await.body["keys"][0].clone()
}

fn seal_to(key: &Value, plain: &str) -> String {
    let plain = Plain::new(plain.as_bytes().to_vec());
    seal(&plain, &Recipient::read(key).unwrap()).unwrap()
}

/// The key pair of those who ask for a secret.
pub(super) struct Pair {
    pub(super) public: Value,
    private: OaepPrivateDecryptingKey,
}

/// One for all tests: to make one takes long.
pub(super) static PAIR: LazyLock<Pair> = LazyLock::new(|| {
    let private = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = private.as_der().unwrap();
    let pair = KeyPair::from_pkcs8(der.as_ref()).unwrap();
    let (_, public) = jwk::show(pair.public_key().as_ref()).unwrap();
    let private = OaepPrivateDecryptingKey::new(private).unwrap();
    Pair { public, private }
});

pub(super) fn opened(sealed: &Value) -> String {
    let sealed = Sealed::read(sealed.as_str().unwrap()).unwrap();
    let plain = sealed.open(&PAIR.private).unwrap();
    String::from_utf8(plain.expose().to_vec()).unwrap()
}

#[tokio::test]
async fn secret_is_made_shown_replaced_and_deleted() {
    let team = Team::new().await;
    let (one, two) = (team.folder("a", None).await, team.folder("b", None).await);
    let body = team.sealed("s", &one, "x").await;
    let secrets = format!("{}/secrets", team.project);
    let made = team.admin.send(Method::POST, &secrets, Some(body)).await;
    let secret = team.at("secrets", &id(&made));

    let shown = team.admin.get(&secret).await;
    let body = team.sealed("t", &two, "y").await;
    let replaced = team.admin.send(Method::PUT, &secret, Some(body)).await;
    let key = json!({ "public_key": PAIR.public });
    let revealed = team.admin.send(Method::POST, &secret, Some(key)).await;
    let deleted = team.admin.send(Method::DELETE, &secret, None).await;
    let gone = team.admin.get(&secret).await;

    assert_eq!((made.status, &made.body), (201, &shown.body));
    assert_eq!(shown.body["path"], json!([{ "id": one, "name": "a" }]));
    assert_eq!(shown.body.get("secret_jwe"), None);
    assert_eq!(replaced.status, 200);
    assert_eq!(replaced.body["name"], "t");
    assert_eq!(replaced.body["parent_folder_id"], json!(two));
    assert_eq!(opened(&revealed.body["secret_jwe"]), "y");
    assert_eq!(deleted.status, NO_CONTENT);
    assert_eq!(gone.kind(), (404, "resource_does_not_exist"));
}

#[tokio::test]
async fn names_are_unique_within_a_folder() {
    let team = Team::new().await;
    let (one, two) = (team.folder("a", None).await, team.folder("b", None).await);
    team.folder("same", Some(&one)).await;
    team.secret("other", &one, "x").await;
    let folder = |name: &str| json!({ "name": name, "parent_folder_id": one });
    let bodies = [
        ("secret_folders", folder("same")),
        ("secret_folders", folder("other")),
        ("secrets", team.sealed("same", &one, "x").await),
        ("secrets", team.sealed("other", &one, "x").await),
    ];

    for (kind, body) in bodies {
        let path = format!("{}/{kind}", team.project);
        let got = team.admin.send(Method::POST, &path, Some(body)).await;
        assert_eq!(got.kind(), (409, "resource_already_exists"), "{kind}");
    }
    team.folder("same", Some(&two)).await;
    team.secret("other", &two, "x").await;
}

#[tokio::test]
async fn what_is_in_another_project_is_not_found() {
    let team = Team::new().await;
    let folder = team.folder("a", None).await;
    let secret = team.secret("s", &folder, "x").await;
    let other = add_project(&team.admin.emulator, "q");
    let body = team.sealed("t", &folder, "x").await;
    let body = [json!({ "name": "b", "parent_folder_id": folder }), body];

    let paths = [
        format!("{other}/secret_folders/{folder}"),
        format!("{other}/secret_folders/{folder}/items"),
        format!("{other}/secrets/{secret}"),
    ];
    for path in paths {
        assert_eq!(team.admin.get(&path).await.status, 404, "{path}");
    }
    for (kind, body) in ["secret_folders", "secrets"].iter().zip(body) {
        let path = format!("{other}/{kind}");
        let got = team.admin.send(Method::POST, &path, Some(body)).await;
        assert_eq!(got.status, 404, "{kind}");
    }
}

#[tokio::test]
async fn policy_tells_the_new_name_of_a_secret_and_that_one_is_missing() {
    let team = Team::new().await;
    let folder = team.folder("a", None).await;
    let secret = team.secret("s", &folder, "x").await;
    let owners = team.admin.get("groups/owners").await;
    let body = rights::policy(&id(&owners), &rights::on_secret(&secret), &["list"]);
    let policy = team
        .admin
        .send(Method::POST, "security_policy", Some(body))
        .await;
    let policy = format!("security_policy/{}", id(&policy));
    let named = "/rules/0/resource_selector/selectors/0/selector/secret";

    let path = team.at("secrets", &secret);
    let body = team.sealed("t", &folder, "x").await;
    team.admin.send(Method::PUT, &path, Some(body)).await;
    let renamed = team.admin.get(&policy).await.body;
    team.admin.send(Method::DELETE, &path, None).await;
    let missing = team.admin.get(&policy).await.body;

    assert_eq!(renamed.pointer(named).unwrap()["name"], "t");
    assert_eq!(missing.pointer(named).unwrap()["missing"], true);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn nothing_that_is_sent_about_secrets_is_a_500(
        method in prop::sample::select(vec!["GET", "POST", "PUT", "DELETE"]),
        kind in prop::sample::select(vec!["secrets", "secret_folders"]),
        rest in prop::sample::select(vec!["", "/ID", "/ID/items", "/x"]),
        at_team in prop::sample::select(vec!["", "resolve_secret", "secrets", "secret_folders"]),
        field in prop::sample::select(vec![
            "name", "parent_folder_id", "secret_jwe", "public_key", "id", "project",
            "parent_folder_path",
        ]),
        value in prop::sample::select(vec![
            json!(null), json!("ID"), json!("a.b.c.d.e"), json!("e30.AA.AAAAAAAAAAAAAAAA..AAAA"),
            json!({ "kty": "RSA", "n": "A".repeat(342), "e": "AQAB" }), json!([]), json!(-1),
            json!({ "kty": "RSA", "n": "_".repeat(342), "e": "Ag" }), json!({ "id": "ID" }),
        ]),
        text in "[ -~/é]{0,12}",
    ) {
        let (status, body) = run(async {
            let team = Team::new().await;
            let folder = team.folder("a", None).await;
            let mut body = json!({
                "name": text, "parent_folder_id": folder, "secret_jwe": text, "secret_name": text,
                "public_key": PAIR.public, "project": { "name": "p" },
                "resource_group": { "name": "resource-group-0001" },
            });
            body[field] = value;
            let body = body.to_string().replace("\"ID\"", &format!("\"{folder}\""));
            let body = serde_json::from_str(&body).ok();
            let path = match at_team {
                "" => format!("{}/{kind}{}", team.project, rest.replace("ID", &folder)),
                path => path.to_owned(),
            };
            let got = team.admin.send(method.parse().unwrap(), &path, body).await;
            (got.status, got.body)
        });

        prop_assert!(status < 500);
        prop_assert!(status < 400 || body["code"] == status || body["list"].is_array());
    }
}
