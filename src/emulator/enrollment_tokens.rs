//! Server enrollment tokens: secrets with which servers join a project, shown whenever asked for.

use http::{Method, StatusCode};
use serde_json::json;

use super::answer::{Answer, Problem};
use super::operation::Operation;
use super::page::Paging;
use super::projects::{self, WRITERS};
use super::resource::{Kind, Resource, view};
use super::seed::{secret, uuid};
use super::store::Store;
use super::visit::Visit;

/// The operations on server enrollment tokens; there is none that changes one.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::read("listServerEnrollmentTokens", Method::GET, TOKENS, list)
        .asks(WRITERS)
        .lists("ServerEnrollmentToken")
        .shown_by("enrollment_token_is_made_shown_and_deleted"),
    Operation::write("createServerEnrollmentToken", Method::POST, TOKENS, create)
        .asks(WRITERS)
        .takes("ServerEnrollmentTokenWrite")
        .gives(StatusCode::CREATED, "ServerEnrollmentToken")
        .shown_by("enrollment_token_is_made_shown_and_deleted"),
    Operation::read("getServerEnrollmentToken", Method::GET, TOKEN, get)
        .asks(WRITERS)
        .gives(StatusCode::OK, "ServerEnrollmentToken")
        .shown_by("enrollment_token_is_made_shown_and_deleted"),
    Operation::write("deleteServerEnrollmentToken", Method::DELETE, TOKEN, delete)
        .asks(WRITERS)
        .gives_nothing()
        .shown_by("enrollment_token_is_made_shown_and_deleted"),
];

fn list(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let project = projects::find(store, visit)?.id;
    let tokens = store.resources.all(Kind::ServerEnrollmentToken);
    let page = Paging::read(visit)?.of(tokens, |token| token.parent == Some(project))?;
    Ok(page.answer(visit.ask, |token| view(store, token)))
}

fn get(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let token = view(store, find(store, visit)?);
    Ok(Answer::json(StatusCode::OK, &token))
}

fn create(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let project = projects::find(store, visit)?.id;
    let maker = store.users.by_id(visit.user).map(|user| user.name.clone());
    let mut body = visit.body.clone();
    body.insert("token".to_owned(), json!(secret(&mut store.rng)));
    body.insert("created_by_user".to_owned(), json!(maker));
    body.insert("issued_at".to_owned(), json!(visit.now.rfc3339()));
    let id = uuid(&mut store.rng);
    let token = Resource::new(Kind::ServerEnrollmentToken, id, Some(project), body);
    let answer = Answer::json(StatusCode::CREATED, &view(store, &token));
    store.resources.add(Kind::ServerEnrollmentToken, token)?;
    Ok(answer)
}

fn delete(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let id = find(store, visit)?.id;
    store.resources.remove(Kind::ServerEnrollmentToken, id);
    Ok(Answer::no_content())
}

fn find<'a>(store: &'a Store, visit: &Visit<'_>) -> Result<&'a Resource, Problem> {
    let project = projects::find(store, visit)?.id;
    let id = visit.argument("server_enrollment_token_id");
    store
        .resources
        .find(Kind::ServerEnrollmentToken, id, Some(project))
}

const TOKENS: &str =
    "resource_groups/{resource_group_id}/projects/{project_id}/server_enrollment_tokens";

const TOKEN: &str = "resource_groups/{resource_group_id}/projects/{project_id}/\
                     server_enrollment_tokens/{server_enrollment_token_id}";
