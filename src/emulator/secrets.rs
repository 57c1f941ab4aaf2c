//! Secrets: kept open in memory, sealed on the way in and out, told without their values.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, Code, Problem};
use super::fields::Object;
use super::operation::Operation;
use super::resource::{Kind, Resource};
use super::seed::uuid;
use super::store::Store;
use super::vault::Plain;
use super::visit::Visit;

pub(super) mod jwe;
pub(super) mod jwk;
pub(super) mod lists;
pub(super) mod right;
pub(super) mod tree;

use self::jwk::Recipient;
use self::right::{Privilege, may};
use self::tree::{find, project, view};

/// The operations on secrets.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::write("createSecret", Method::POST, SECRETS, create)
        .takes("SecretWrite")
        .gives(StatusCode::CREATED, "Secret")
        .or(&[Code::NoAccess, Code::ResourceAlreadyExists])
        .shown_by("secret_is_made_shown_replaced_and_deleted"),
    Operation::read("getSecret", Method::GET, SECRET, get)
        .gives(StatusCode::OK, "Secret")
        .or(&[Code::NoAccess])
        .shown_by("secret_is_made_shown_replaced_and_deleted"),
    Operation::write("updateSecret", Method::PUT, SECRET, update)
        .takes("SecretWrite")
        .gives(StatusCode::OK, "Secret")
        .or(&[Code::NoAccess, Code::ResourceAlreadyExists])
        .shown_by("secret_is_made_shown_replaced_and_deleted"),
    Operation::write("deleteSecret", Method::DELETE, SECRET, delete)
        .gives_nothing()
        .or(&[Code::NoAccess])
        .shown_by("secret_is_made_shown_replaced_and_deleted"),
    // On the path of the metadata, and by its method a write; it changes nothing.
    Operation::read("revealSecret", Method::POST, SECRET, reveal)
        .takes("SecretReveal")
        .gives(StatusCode::OK, "RevealedSecret")
        .or(&[Code::NoAccess])
        .shown_by("secret_is_revealed_to_the_key_of_the_caller"),
];

fn create(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let draft = draft(store, visit)?;
    let plain = store.vault.open(visit.text("secret_jwe"))?;
    let id = uuid(&mut store.rng);
    put(store, id, draft, plain)?;
    shown(store, StatusCode::CREATED, &id.to_string())
}

/// Checks all but the value of a new secret, and says what it is like and in which folder.
pub(super) fn draft(store: &Store, visit: &Visit<'_>) -> Result<(Object, Uuid), Problem> {
    let project = project(store, visit)?;
    let folder = find(
        store,
        Kind::SecretFolder,
        project,
        visit.text("parent_folder_id"),
    )?;
    may(store, visit, Privilege::SecretCreate, folder)?;
    let visitor = tree::visitor(store, visit);
    let made = tree::made(visit, &visitor, project);
    let body = tree::describe(visit, &visitor, made);
    tree::name_is_free(store, Kind::SecretFolder, folder.id, visit.text("name"))?;
    Ok((body, folder.id))
}

/// Puts a new secret, whose value is `plain`, into its folder.
pub(super) fn put(
    store: &mut Store,
    id: Uuid,
    (body, folder): (Object, Uuid),
    plain: Plain,
) -> Result<(), Problem> {
    let mut secret = Resource::new(Kind::Secret, id, Some(folder), body);
    secret.plain = Some(plain);
    store.resources.add(Kind::Secret, secret)
}

fn get(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let secret = of_path(store, visit)?;
    may(store, visit, Privilege::List, secret)?;
    let view = view(store, Kind::Secret, secret);
    Ok(Answer::json(StatusCode::OK, &view))
}

/// Replaces one; to bring it into another folder asks for what making it there does.
fn update(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let secret = of_path(store, visit)?;
    may(store, visit, Privilege::SecretUpdate, secret)?;
    let parent = visit.text("parent_folder_id");
    let folder = find(store, Kind::SecretFolder, project(store, visit)?, parent)?;
    if secret.parent != Some(folder.id) {
        may(store, visit, Privilege::SecretCreate, folder)?;
    }
    let (id, folder) = (secret.id, folder.id);
    let body = tree::describe(visit, &tree::visitor(store, visit), secret.body.clone());
    tree::name_is_free(store, Kind::SecretFolder, folder, visit.text("name"))?;
    let mut secret = Resource::new(Kind::Secret, id, Some(folder), body);
    secret.plain = Some(store.vault.open(visit.text("secret_jwe"))?);
    store.resources.replace(Kind::Secret, secret)?;
    shown(store, StatusCode::OK, &id.to_string())
}

fn delete(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let secret = of_path(store, visit)?;
    may(store, visit, Privilege::SecretDelete, secret)?;
    let id = secret.id;
    store.resources.remove(Kind::Secret, id);
    Ok(Answer::no_content())
}

/// Tells one, sealed to the key that the caller sends.
fn reveal(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let secret = of_path(store, visit)?;
    may(store, visit, Privilege::SecretReveal, secret)?;
    let refused = |what| Problem::invalid(format!("public_key: {what}"));
    let key = visit.body.get("public_key").unwrap_or(&Value::Null);
    let recipient = Recipient::read(key).map_err(refused)?;
    let plain = secret.plain.as_ref().ok_or_else(Problem::missing)?;
    let sealed = jwe::seal(plain, &recipient);
    let sealed = sealed.ok_or_else(|| refused("cannot be sealed to"))?;
    let mut view = view(store, Kind::Secret, secret);
    view.insert("secret_jwe".to_owned(), json!(sealed));
    Ok(Answer::json(StatusCode::OK, &view))
}

fn shown(store: &Store, status: StatusCode, id: &str) -> Result<Answer, Problem> {
    let secret = store.resources.find(Kind::Secret, id, None)?;
    Ok(Answer::json(status, &view(store, Kind::Secret, secret)))
}

fn of_path<'a>(store: &'a Store, visit: &Visit<'_>) -> Result<&'a Resource, Problem> {
    let project = project(store, visit)?;
    find(store, Kind::Secret, project, visit.argument("secret_id"))
}

const SECRETS: &str = "resource_groups/{resource_group_id}/projects/{project_id}/secrets";

const SECRET: &str =
    "resource_groups/{resource_group_id}/projects/{project_id}/secrets/{secret_id}";
