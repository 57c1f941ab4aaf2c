//! What a schema says of one value, not of what is inside it; and how a mistake is told.

use serde_json::Value;
use uuid::Uuid;

/// Checks all that is not about what is inside.
pub(super) fn check(schema: &Value, value: &Value) -> Result<(), String> {
    let kind = kind_of(value);
    if !accepts(schema, kind) {
        return Err(not_a(schema));
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array)
        && !values.contains(value)
    {
        return Err(one_of(values.iter().filter_map(Value::as_str)));
    }
    if let Some(constant) = schema.get("const").filter(|constant| *constant != value) {
        return Err(format!("not {constant}"));
    }
    let limit = |keyword: &str| schema.get(keyword).and_then(Value::as_i64);
    let (unit, size, least, most) = match value {
        Value::String(text) => (
            " characters",
            length(text.chars().count()),
            "minLength",
            "maxLength",
        ),
        Value::Array(items) => (" items", length(items.len()), "minItems", "maxItems"),
        // What is no whole number of 64 bits is beyond any limit that a schema has.
        Value::Number(number) => (
            "",
            number.as_i64().unwrap_or(i64::MAX),
            "minimum",
            "maximum",
        ),
        Value::Null | Value::Bool(_) | Value::Object(_) => return Ok(()),
    };
    let (least, most) = (limit(least), limit(most));
    if least.is_some_and(|least| size < least) || most.is_some_and(|most| size > most) {
        return Err(format!("not {}{unit}", range(least, most)));
    }
    if is_uuid(schema) && !value.as_str().is_none_or(is_written_as_uuid) {
        return Err("not a UUID".to_owned());
    }
    Ok(())
}

/// A number without a fraction is an integer, however it is written.
pub(super) fn whole(value: Value) -> Value {
    let whole = value
        .as_f64()
        .filter(|number| value.is_f64() && number.fract() == 0.0);
    let whole = whole.and_then(|number| format!("{number:.0}").parse::<i64>().ok());
    whole.map_or(value, Value::from)
}

/// Whether a schema is one of UUIDs.
pub(super) fn is_uuid(schema: &Value) -> bool {
    schema.get("format").is_some_and(|format| format == "uuid")
}

/// Whether a text has the one form of a UUID that OPA writes; the library reads three more.
fn is_written_as_uuid(text: &str) -> bool {
    text.len() == HYPHENATED && text.parse::<Uuid>().is_ok()
}

/// Whether a schema allows null.
pub(super) fn is_nullable(schema: &Value) -> bool {
    schema.get("anyOf").is_some() || (schema.get("type").is_some() && accepts(schema, "null"))
}

fn accepts(schema: &Value, kind: &str) -> bool {
    let is_kind = |wanted: &Value| wanted == kind || (wanted == "number" && kind == "integer");
    match schema.get("type") {
        None => true,
        Some(Value::Array(kinds)) => kinds.iter().any(is_kind),
        Some(wanted) => is_kind(wanted),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn not_a(schema: &Value) -> String {
    let wanted = schema.get("type").unwrap_or(&Value::Null);
    let several = wanted.as_array().into_iter().flatten();
    let wanted = several.filter_map(Value::as_str).chain(wanted.as_str());
    let wanted = wanted.map(|kind| match kind {
        "array" => "a list",
        "object" => "an object",
        "integer" => "an integer",
        "boolean" => "a boolean",
        "number" => "a number",
        "string" => "a string",
        other => other,
    });
    format!("not {}", wanted.collect::<Vec<_>>().join(" or "))
}

/// What is wrong with a word that is none of these.
pub(super) fn one_of<'a>(words: impl Iterator<Item = &'a str>) -> String {
    format!("not one of {}", words.collect::<Vec<_>>().join(", "))
}

fn range(least: Option<i64>, most: Option<i64>) -> String {
    match (least, most) {
        (Some(least), Some(most)) => format!("{least} to {most}"),
        (Some(least), None) => format!("at least {least}"),
        (None, Some(most)) => format!("at most {most}"),
        (None, None) => String::new(),
    }
}

fn length(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Characters of a UUID with its hyphens.
const HYPHENATED: usize = 36;
