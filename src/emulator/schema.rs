//! The form of bodies: checked against the schemas that clients are shown, and kept as OPA keeps them.
//!
//! A schema is a small part of JSON Schema; another keyword in a file under `schemas/` fails a test, so
//! none is believed to be checked that is not. A validator from a library would bring 25 crates to
//! read 15 keywords, and knows nothing of what is kept: fields that OPA does not know are dropped,
//! nulls that are allowed are, `false` is where OPA leaves it out, and defaults are filled in.

mod check;

use std::sync::LazyLock;

use serde_json::{Map, Value};

use self::check::{check, is_nullable, is_uuid, one_of, whole};
use super::answer::Problem;
use super::fields::Object;

/// Checks a body and brings it into the form in which it is kept.
pub(super) fn keep(name: &str, body: Object) -> Result<Object, Problem> {
    let mut place = Place::default();
    match place.keep(named(name), Value::Object(body))? {
        Value::Object(body) => Ok(body),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(Problem::invalid("the body: not an object"))
        }
    }
}

/// All schemas, by name.
pub(super) fn all() -> &'static Map<String, Value> {
    &SCHEMAS
}

static SCHEMAS: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let files = FILES.iter().map(|text| serde_json::from_str(text));
    let files = files.map(|file: Result<Object, _>| file.expect("a test reads every file"));
    files.flatten().collect()
});

fn named(name: &str) -> &'static Value {
    SCHEMAS.get(name).unwrap_or(&Value::Null)
}

/// Where in the body the reader is, as errors tell it.
#[derive(Debug, Default)]
struct Place(String);

impl Place {
    fn keep(&mut self, schema: &Value, value: Value) -> Result<Value, Problem> {
        let value = whole(value);
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            return self.keep(named(target.trim_start_matches(PREFIX)), value);
        }
        if let Some(discriminator) = schema.get("discriminator") {
            let schema = self.branch(discriminator, &value)?;
            return self.keep(schema, value);
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            return self.keep_parts(parts, &value);
        }
        if let Some(or_null) = schema.get("anyOf").and_then(Value::as_array) {
            return match (value, or_null.first()) {
                (Value::Null, _) | (_, None) => Ok(Value::Null),
                (value, Some(schema)) => self.keep(schema, value),
            };
        }
        check(schema, &value).map_err(|what| self.wrong(&what))?;
        match value {
            Value::Object(object) => self.keep_object(schema, object),
            Value::Array(items) => self.keep_items(schema, items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(value),
        }
    }

    /// An object that has the fields of several schemas.
    fn keep_parts(&mut self, parts: &[Value], value: &Value) -> Result<Value, Problem> {
        let mut kept = Object::new();
        for part in parts {
            if let Value::Object(fields) = self.keep(part, value.clone())? {
                kept.extend(fields);
            }
        }
        Ok(Value::Object(kept))
    }

    /// The schema that the value itself says is its own.
    fn branch<'a>(&self, discriminator: &'a Value, value: &Value) -> Result<&'a Value, Problem> {
        let Some(object) = value.as_object() else {
            return Err(self.wrong("not an object"));
        };
        let property = discriminator.get("propertyName").and_then(Value::as_str);
        let property = property.unwrap_or_default();
        let mapping = discriminator.get("mapping").and_then(Value::as_object);
        let chosen = object.get(property).and_then(Value::as_str);
        let target = mapping.and_then(|mapping| mapping.get(chosen?)?.as_str());
        let at = self.within(property);
        match (target, mapping) {
            (Some(target), _) => Ok(named(target.trim_start_matches(PREFIX))),
            (None, Some(mapping)) => Err(at.wrong(&one_of(mapping.keys().map(String::as_str)))),
            (None, None) => Err(at.wrong("unknown")),
        }
    }

    fn keep_object(&mut self, schema: &Value, mut object: Object) -> Result<Value, Problem> {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return self.keep_free(schema, object);
        };
        let required = schema.get("required").and_then(Value::as_array);
        let mut kept = Object::new();
        for (name, property) in properties {
            let is_required = required.is_some_and(|names| names.iter().any(|n| n == name));
            // A null that is allowed says no more than that the field is absent; some clients send an
            // empty id for it.
            let means_absence = |value: &Value| {
                let is_nothing = value.is_null() || (*value == "" && is_uuid(property));
                is_nothing && !is_required && is_nullable(property)
            };
            let value = object.remove(name).filter(|value| !means_absence(value));
            let value = value.or_else(|| property.get("default").cloned());
            let length = self.enter(name);
            if let Some(value) = value {
                let value = self.keep(property, value)?;
                if value != Value::Bool(false) || property.get(DROPPED).is_none() {
                    kept.insert(name.clone(), value);
                }
            } else if is_required {
                return Err(self.wrong("missing"));
            }
            self.0.truncate(length);
        }
        Ok(Value::Object(kept))
    }

    /// An object whose fields have no fixed names.
    fn keep_free(&mut self, schema: &Value, object: Object) -> Result<Value, Problem> {
        let Some(each) = schema.get("additionalProperties") else {
            return Ok(Value::Object(object));
        };
        let mut kept = Object::new();
        for (name, value) in object {
            let length = self.enter(&name);
            kept.insert(name, self.keep(each, value)?);
            self.0.truncate(length);
        }
        Ok(Value::Object(kept))
    }

    fn keep_items(&mut self, schema: &Value, items: Vec<Value>) -> Result<Value, Problem> {
        let Some(each) = schema.get("items") else {
            return Ok(Value::Array(items));
        };
        let mut kept = Vec::with_capacity(items.len());
        for (at, item) in items.into_iter().enumerate() {
            let length = self.0.len();
            self.0.push_str(&format!("[{at}]"));
            kept.push(self.keep(each, item)?);
            self.0.truncate(length);
        }
        Ok(Value::Array(kept))
    }

    fn enter(&mut self, name: &str) -> usize {
        let length = self.0.len();
        if length > 0 {
            self.0.push('.');
        }
        self.0.push_str(name);
        length
    }

    fn within(&self, name: &str) -> Self {
        let mut place = Self(self.0.clone());
        place.enter(name);
        place
    }

    fn wrong(&self, what: &str) -> Problem {
        let place = if self.0.is_empty() {
            "the body"
        } else {
            &self.0
        };
        Problem::invalid(format!("{place}: {what}"))
    }
}

const PREFIX: &str = "#/components/schemas/";

/// Marks what OPA leaves out if it is false.
const DROPPED: &str = "x-left-out-if-false";

const FILES: &[&str] = &[
    include_str!("schemas/attributes.json"),
    include_str!("schemas/common.json"),
    include_str!("schemas/users.json"),
    include_str!("schemas/resource_groups.json"),
    include_str!("schemas/projects.json"),
    include_str!("schemas/sudo_command_bundles.json"),
    include_str!("schemas/settings.json"),
    include_str!("schemas/security_policy.json"),
    include_str!("schemas/security_policy_grants.json"),
    include_str!("schemas/security_policy_selectors.json"),
    include_str!("schemas/security_policy_targets.json"),
    include_str!("schemas/secrets.json"),
];

#[cfg(test)]
mod tests;
