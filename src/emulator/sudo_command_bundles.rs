//! Sudo command bundles: what policies let people run as somebody else, by name.

use http::{Method, StatusCode};

use super::answer::{Answer, Code, Problem};
use super::operation::{Operation, Query};
use super::page::{Filter, Paging};
use super::resource::{Kind, Resource, view};
use super::role::{Role, Roles};
use super::seed::uuid;
use super::store::Store;
use super::visit::Visit;

/// The operations on sudo command bundles.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::read("listSudoCommandBundles", Method::GET, BUNDLES, list)
        .asks(READERS)
        .query(&[Query::Text("contains")])
        .pages("SudoCommandBundle")
        .shown_by("every_list_is_paged"),
    Operation::write("createSudoCommandBundle", Method::POST, BUNDLES, create)
        .asks(WRITERS)
        .takes("SudoCommandBundleWrite")
        .gives(StatusCode::CREATED, "SudoCommandBundle")
        .or(&[Code::ResourceAlreadyExists])
        .shown_by("bundle_is_made_changed_and_deleted"),
    Operation::read("getSudoCommandBundle", Method::GET, BUNDLE, get)
        .asks(READERS)
        .gives(StatusCode::OK, "SudoCommandBundle")
        .shown_by("bundle_is_made_changed_and_deleted"),
    Operation::write("updateSudoCommandBundle", Method::PUT, BUNDLE, update)
        .asks(WRITERS)
        .takes("SudoCommandBundleWrite")
        .gives_nothing()
        .or(&[Code::ResourceAlreadyExists])
        .shown_by("policy_tells_what_its_bundle_is_called_now"),
    Operation::write("deleteSudoCommandBundle", Method::DELETE, BUNDLE, delete)
        .asks(WRITERS)
        .gives_nothing()
        .shown_by("policy_tells_what_its_bundle_is_called_now"),
];

fn list(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let filter = Filter::read(visit.ask);
    let bundles = store.resources.all(Kind::SudoCommandBundle);
    let page = Paging::read(visit)?;
    let page = page.of(bundles, |bundle| filter.admits(bundle.id, &bundle.name))?;
    Ok(page.answer(visit.ask, |bundle| view(store, bundle)))
}

fn get(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let bundle = view(store, find(store, visit)?);
    Ok(Answer::json(StatusCode::OK, &bundle))
}

fn create(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let id = uuid(&mut store.rng);
    let bundle = Resource::new(Kind::SudoCommandBundle, id, None, visit.body.clone());
    let answer = Answer::json(StatusCode::CREATED, &view(store, &bundle));
    store.resources.add(Kind::SudoCommandBundle, bundle)?;
    Ok(answer)
}

/// Replaces one; policies that name it show its new name.
fn update(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let id = find(store, visit)?.id;
    let bundle = Resource::new(Kind::SudoCommandBundle, id, None, visit.body.clone());
    store.resources.replace(Kind::SudoCommandBundle, bundle)?;
    Ok(Answer::no_content())
}

fn delete(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let id = find(store, visit)?.id;
    store.resources.remove(Kind::SudoCommandBundle, id);
    Ok(Answer::no_content())
}

fn find<'a>(store: &'a Store, visit: &Visit<'_>) -> Result<&'a Resource, Problem> {
    let id = visit.argument("sudo_command_bundle_id");
    store.resources.find(Kind::SudoCommandBundle, id, None)
}

const READERS: Roles = WRITERS.with(Role::ResourceAdmin);

const WRITERS: Roles = Roles::of(&[Role::SecurityAdmin]);

const BUNDLES: &str = "sudo_command_bundles";

const BUNDLE: &str = "sudo_command_bundles/{sudo_command_bundle_id}";
