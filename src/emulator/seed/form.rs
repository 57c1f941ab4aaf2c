//! What the API reads past, and a file must not have: unknown fields. And what it does not know:
//! names in place of ids.

use serde_json::{Value, json};
use uuid::Uuid;

use super::read::{within, wrong};
use crate::emulator::fields::Object;
use crate::emulator::resource::{Kind, REFERENCES};
use crate::emulator::schema;
use crate::emulator::store::Store;

/// Fails with the first field that the schema of this name does not have.
pub(super) fn check(name: &str, body: &Object, place: &str) -> Result<(), String> {
    let schema = schema::all().get(name).unwrap_or(&Value::Null);
    check_object(&resolve(schema, None), body, place)
}

fn check_value(schemas: &[&Value], value: &Value, place: &str) -> Result<(), String> {
    let resolved = schemas
        .iter()
        .flat_map(|schema| resolve(schema, Some(value)));
    let schemas: Vec<_> = resolved.collect();
    match value {
        Value::Object(object) => check_object(&schemas, object, place),
        Value::Array(items) => {
            let each: Vec<_> = schemas.iter().filter_map(|s| s.get("items")).collect();
            let mut items = items.iter().enumerate();
            items.try_for_each(|(at, item)| check_value(&each, item, &format!("{place}[{at}]")))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

/// Checks an object that may have the fields of any of these schemas.
fn check_object(schemas: &[&Value], object: &Object, place: &str) -> Result<(), String> {
    let properties = schemas.iter().filter_map(|s| s.get("properties"));
    let properties: Vec<_> = properties.collect();
    for (name, value) in object {
        let known: Vec<_> = if properties.is_empty() {
            let each = schemas.iter().filter_map(|s| s.get("additionalProperties"));
            each.collect()
        } else {
            properties.iter().filter_map(|all| all.get(name)).collect()
        };
        let place = within(place, name);
        if known.is_empty() && !properties.is_empty() {
            return Err(wrong(&place, "unknown field"));
        }
        check_value(&known, value, &place)?;
    }
    Ok(())
}

/// The schemas that a schema stands for; none if the value does not say which of several it has.
fn resolve<'a>(schema: &'a Value, value: Option<&Value>) -> Vec<&'a Value> {
    let named = |target: &Value| {
        let name = target.as_str()?.rsplit_once('/')?.1;
        schema::all().get(name)
    };
    let several = |list: &'a Value| list.as_array().into_iter().flatten();
    let next: Vec<_> = if let Some(target) = schema.get("$ref") {
        named(target).into_iter().collect()
    } else if let Some(by) = schema.get("discriminator") {
        let property = by.get("propertyName").and_then(Value::as_str);
        let chosen = value.and_then(|value| value.get(property?)?.as_str());
        let target = chosen.and_then(|chosen| by.get("mapping")?.get(chosen));
        target.and_then(named).into_iter().collect()
    } else if let Some(parts) = schema.get("allOf") {
        several(parts).collect()
    } else if let Some(or_null) = schema.get("anyOf") {
        several(or_null).take(1).collect()
    } else {
        return vec![schema];
    };
    next.into_iter()
        .flat_map(|schema| resolve(schema, value))
        .collect()
}

/// Puts ids where others are referred to by name.
pub(super) fn name(store: &Store, body: &mut Object, place: &str) -> Result<(), String> {
    for (field, value) in body {
        let place = within(place, field);
        match REFERENCES.iter().find(|(name, _)| name == field) {
            Some((_, kind)) => refer(store, kind, value, &place)?,
            None => name_value(store, value, &place)?,
        }
    }
    Ok(())
}

fn name_value(store: &Store, value: &mut Value, place: &str) -> Result<(), String> {
    match value {
        Value::Object(fields) => name(store, fields, place),
        Value::Array(items) => {
            let mut items = items.iter_mut().enumerate();
            items.try_for_each(|(at, item)| name_value(store, item, &format!("{place}[{at}]")))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn refer(store: &Store, kind: &str, value: &mut Value, place: &str) -> Result<(), String> {
    if let Value::Array(items) = value {
        let mut items = items.iter_mut().enumerate();
        return items
            .try_for_each(|(at, item)| refer(store, kind, item, &format!("{place}[{at}]")));
    }
    if value.get("id").is_some() {
        return Ok(());
    }
    let Some(name) = value.get("name").and_then(Value::as_str) else {
        return Ok(());
    };
    let wrong = |what: &str| wrong(&within(place, "name"), what);
    let found = called(store, kind, name);
    let id = match found.as_slice() {
        [id] => *id,
        [] => {
            let kind = kind.trim_start_matches("user_").replace('_', " ");
            return Err(wrong(&format!("no {kind} called {name:?}")));
        }
        [..] => {
            return Err(wrong(&format!(
                "several are called {name:?}: give one an id, and name that"
            )));
        }
    };
    *value = json!({ "id": id });
    Ok(())
}

/// Those of a kind that have this name, wherever they are.
fn called(store: &Store, kind: &str, name: &str) -> Vec<Uuid> {
    if kind == "user_group" {
        return store
            .groups
            .by_name(name)
            .map(|group| group.id)
            .into_iter()
            .collect();
    }
    let kind = Kind::ALL.into_iter().filter(|known| known.as_str() == kind);
    let all = kind.flat_map(|kind| store.resources.all(kind).iter());
    all.filter(|one| one.name == name)
        .map(|one| one.id)
        .collect()
}
