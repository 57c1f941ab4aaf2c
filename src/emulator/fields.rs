//! Reads the fields of a body, and names the one that is wrong.

use serde_json::{Map, Value};

use super::answer::Problem;

/// A JSON object.
pub(super) type Object = Map<String, Value>;

/// The name of 1 to 255 characters that most objects must have.
pub(super) fn name(object: &Object) -> Result<String, Problem> {
    let name = text(object, "name")?.unwrap_or_default();
    if (1..=255).contains(&name.chars().count()) {
        Ok(name.to_owned())
    } else {
        Err(Problem::invalid("name: not 1 to 255 characters"))
    }
}

/// A text, or nothing if the field is absent or null.
pub(super) fn text<'a>(object: &'a Object, field: &str) -> Result<Option<&'a str>, Problem> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Problem::invalid(format!("{field}: not a string"))),
    }
}

/// A list, or an empty one if the field is absent or null.
pub(super) fn list<'a>(object: &'a Object, field: &str) -> Result<&'a [Value], Problem> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(Problem::invalid(format!("{field}: not a list"))),
    }
}

/// An object that must be there.
pub(super) fn object<'a>(object: &'a Object, field: &str) -> Result<&'a Object, Problem> {
    let value = object.get(field).and_then(Value::as_object);
    value.ok_or_else(|| Problem::invalid(format!("{field}: not an object")))
}

/// The id of an object that is named by `{"id": …}`.
pub(super) fn id(named: &Value, field: &str) -> Result<uuid::Uuid, Problem> {
    let id = named.get("id").and_then(Value::as_str);
    let id = id.and_then(|id| id.parse().ok());
    id.ok_or_else(|| Problem::invalid(format!("{field}: an id is not a UUID")))
}
