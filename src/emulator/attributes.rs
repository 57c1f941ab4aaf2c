//! What servers are told of groups and users: names and numbers of their operating systems.
//!
//! The documentation has a list; the service answers with a map by name. A new group goes without its
//! number for some seconds, in which clients ask again and again. Only `unix_gid` and the form are
//! known; the other names, and that a user's number is the one of their first group, are made up.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::answer::{Answer, Problem};
use super::groups;
use super::operation::Operation;
use super::role::{Role, Roles};
use super::store::{Group, Store, User};
use super::visit::Visit;

/// The operations on attributes.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::read("listGroupAttributes", Method::GET, OF_GROUP, list_of_group)
        .asks(Roles::ADMINS)
        .gives(StatusCode::OK, "Attributes")
        .shown_by("new_group_gets_its_number_some_seconds_later"),
    Operation::read("getGroupAttribute", Method::GET, ONE_OF_GROUP, get_of_group)
        .asks(Roles::ADMINS)
        .gives(StatusCode::OK, "Attribute")
        .shown_by("attribute_is_changed_by_its_id"),
    Operation::write(
        "updateGroupAttribute",
        Method::PUT,
        ONE_OF_GROUP,
        set_of_group,
    )
    .asks(Roles::of(&[Role::PamAdmin]))
    .takes("AttributeUpdate")
    .gives_nothing()
    .shown_by("attribute_is_changed_by_its_id"),
    Operation::read("listUserAttributes", Method::GET, OF_USER, list_of_user)
        .asks(Roles::ADMINS)
        .gives(StatusCode::OK, "Attributes")
        .shown_by("number_of_a_user_follows_from_their_groups"),
    Operation::read("getUserAttribute", Method::GET, ONE_OF_USER, get_of_user)
        .asks(Roles::ADMINS)
        .gives(StatusCode::OK, "Attribute")
        .shown_by("attribute_is_changed_by_its_id"),
    Operation::write("updateUserAttribute", Method::PUT, ONE_OF_USER, set_of_user)
        .asks(Roles::of(&[Role::PamAdmin]))
        .takes("AttributeUpdate")
        .gives_nothing()
        .shown_by("attribute_is_changed_by_its_id"),
];

fn list_of_group(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let group = groups::find(store, visit)?;
    Ok(list(store, of_group(store, group, visit)))
}

fn list_of_user(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let user = find_user(store, visit)?;
    Ok(list(store, of_user(store, user, visit)))
}

fn get_of_group(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let group = groups::find(store, visit)?;
    get(store, of_group(store, group, visit), visit)
}

fn get_of_user(store: &Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let user = find_user(store, visit)?;
    get(store, of_user(store, user, visit), visit)
}

fn set_of_group(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let group = groups::find(store, visit)?;
    let own = of_group(store, group, visit);
    set(store, &own, visit)
}

fn set_of_user(store: &mut Store, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let user = find_user(store, visit)?;
    let own = of_user(store, user, visit);
    set(store, &own, visit)
}

/// An attribute as it follows from what it belongs to.
#[derive(Debug)]
struct Attribute {
    id: Uuid,
    name: &'static str,
    value: Value,
}

impl Attribute {
    /// That of `owner` with this name, whose id follows from both.
    fn new(owner: Uuid, name: &'static str, value: Value) -> Self {
        let mut mark = [0; 16];
        for (byte, letter) in mark.iter_mut().zip(name.bytes()) {
            *byte = letter;
        }
        let mixed = owner.as_u128() ^ u128::from_be_bytes(mark);
        let id = uuid::Builder::from_random_bytes(mixed.to_be_bytes()).into_uuid();
        Self { id, name, value }
    }

    fn is_named_by(&self, visit: &Visit<'_>) -> bool {
        visit.argument("attribute_id").parse() == Ok(self.id)
    }

    /// What was set, else what follows.
    fn value<'a>(&'a self, store: &'a Store) -> &'a Value {
        store.attributes.get(&self.id).unwrap_or(&self.value)
    }

    /// What the API shows.
    fn view(self, store: &Store) -> Value {
        json!({
            "id": self.id,
            "attribute_name": self.name,
            "attribute_value": self.value(store),
            "managed": !store.attributes.contains_key(&self.id),
        })
    }
}

/// The attributes of a group; a new one has no number yet.
fn of_group(store: &Store, group: &Group, visit: &Visit<'_>) -> Vec<Attribute> {
    let mut all = vec![Attribute::new(
        group.id,
        "unix_group_name",
        unix(&group.name).into(),
    )];
    if visit.now >= group.made.plus(NUMBERED_AFTER) {
        all.push(Attribute::new(group.id, "unix_gid", gid(store, group)));
    }
    all
}

/// The attributes of a user.
fn of_user(store: &Store, user: &User, visit: &Visit<'_>) -> Vec<Attribute> {
    let uid = Value::from(number(FIRST_UID, store.users.place(user.id)));
    let mut groups = store.groups_of(user.id).filter(|g| g.name != "everyone");
    let gid = groups.next().and_then(|group| {
        let mut all = of_group(store, group, visit).into_iter();
        let number = all.find(|attribute| attribute.name == "unix_gid")?;
        Some(number.value(store).clone())
    });
    vec![
        Attribute::new(user.id, "unix_gid", gid.unwrap_or_else(|| uid.clone())),
        Attribute::new(user.id, "unix_uid", uid),
        Attribute::new(user.id, "unix_user_name", unix(&user.name).into()),
    ]
}

fn gid(store: &Store, group: &Group) -> Value {
    number(FIRST_GID, store.groups.place(group.id)).into()
}

fn number(first: u64, place: Option<u64>) -> u64 {
    first.saturating_add(place.unwrap_or_default())
}

/// A name as operating systems take it.
fn unix(name: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '_'
        }
    };
    name.chars().map(plain).take(32).collect()
}

fn list(store: &Store, attributes: Vec<Attribute>) -> Answer {
    let all = attributes.into_iter();
    let all = all.map(|attribute| (attribute.name.to_owned(), attribute.view(store)));
    let all: Map<_, _> = all.collect();
    Answer::json(StatusCode::OK, &json!({ "attributes": all }))
}

fn get(store: &Store, own: Vec<Attribute>, visit: &Visit<'_>) -> Result<Answer, Problem> {
    let mut own = own.into_iter();
    let found = own.find(|attribute| attribute.is_named_by(visit));
    let found = found.ok_or_else(Problem::missing)?;
    Ok(Answer::json(StatusCode::OK, &found.view(store)))
}

/// Sets a value, which must be of the kind that the attribute has.
fn set(store: &mut Store, own: &[Attribute], visit: &Visit<'_>) -> Result<Answer, Problem> {
    let found = own.iter().find(|attribute| attribute.is_named_by(visit));
    let found = found.ok_or_else(Problem::missing)?;
    let value = visit.body.get("attribute_value");
    let value = value.cloned().unwrap_or_default();
    match (&found.value, &value) {
        (Value::Number(_), Value::String(_)) => {
            return Err(Problem::invalid("attribute_value: not a number"));
        }
        (Value::String(_), Value::Number(_)) => {
            return Err(Problem::invalid("attribute_value: not a text"));
        }
        _ => {}
    }
    store.attributes.insert(found.id, value);
    Ok(Answer::no_content())
}

fn find_user<'a>(store: &'a Store, visit: &Visit<'_>) -> Result<&'a User, Problem> {
    let user = store.users.by_name(visit.argument("user_name"));
    user.ok_or_else(Problem::missing)
}

/// How long a new group goes without its number.
const NUMBERED_AFTER: Duration = Duration::from_secs(3);

const FIRST_GID: u64 = 63_001;

const FIRST_UID: u64 = 1_001;

const OF_GROUP: &str = "groups/{group_name}/attributes";

const ONE_OF_GROUP: &str = "groups/{group_name}/attributes/{attribute_id}";

const OF_USER: &str = "users/{user_name}/attributes";

const ONE_OF_USER: &str = "users/{user_name}/attributes/{attribute_id}";
