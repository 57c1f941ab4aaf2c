use serde_json::json;

use super::*;

/// What a schema may say; `description` and what begins with `x-` is for readers.
const KEYWORDS: [&str; 22] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "default",
    "description",
    "discriminator",
    "enum",
    "examples",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "oneOf",
    "properties",
    "required",
    "type",
];

fn check(schema: &Value, value: Value) -> Result<Value, String> {
    let kept = Place::default().keep(schema, value);
    kept.map_err(|problem| problem.message().to_owned())
}

#[test]
fn schemas_say_nothing_that_is_not_checked() {
    fn visit(schema: &Value, at: &str) {
        for (keyword, value) in schema
            .as_object()
            .unwrap_or_else(|| panic!("{at}: no schema"))
        {
            let is_known = KEYWORDS.contains(&keyword.as_str()) || keyword.starts_with("x-");
            assert!(is_known, "{at}: {keyword}");
            match keyword.as_str() {
                "$ref" => {
                    let name = value.as_str().unwrap().strip_prefix(PREFIX).unwrap();
                    assert!(all().contains_key(name), "{at}: {name}");
                }
                "format" => assert!(
                    ["uuid", "date-time", "int32", "int64"].contains(&value.as_str().unwrap())
                ),
                "items" | "additionalProperties" => visit(value, at),
                "properties" => {
                    for (name, property) in value.as_object().unwrap() {
                        visit(property, &format!("{at}.{name}"));
                    }
                }
                // All are of objects, whose fields add up.
                "allOf" => {
                    for part in value.as_array().unwrap() {
                        visit(part, at);
                    }
                }
                // One schema, or null.
                "anyOf" => {
                    let branches = value.as_array().unwrap();
                    assert_eq!(branches[1..], [json!({ "type": "null" })], "{at}");
                    visit(&branches[0], at);
                }
                // The branches are the mapping's targets, each with its own constant.
                "oneOf" => {
                    let mapped = schema["discriminator"]["mapping"].as_object();
                    let mapped: Vec<_> = mapped.unwrap().values().collect();
                    let branches = value.as_array().unwrap().iter();
                    assert_eq!(
                        branches.map(|b| &b["$ref"]).collect::<Vec<_>>(),
                        mapped,
                        "{at}"
                    );
                }
                _ => {}
            }
        }
    }

    for (name, schema) in all() {
        visit(schema, name);
    }
}

#[test]
fn what_is_wrong_is_named_by_its_place() {
    let schema = json!({ "type": "object", "required": ["a"], "properties": {
        "a": { "type": "array", "maxItems": 2, "items": { "type": "object", "properties": {
            "b": { "type": ["integer", "null"], "minimum": 900, "maximum": 86400 },
            "c": { "type": "string", "minLength": 1, "enum": ["x", "y"] },
            "d": { "type": "string", "format": "uuid" },
        } } },
    } });
    let cases = [
        (json!({}), "a: missing"),
        (json!({ "a": null }), "a: not a list"),
        (json!({ "a": {} }), "a: not a list"),
        (json!({ "a": [{}, {}, {}] }), "a: not at most 2 items"),
        (json!({ "a": [{}, 7] }), "a[1]: not an object"),
        (json!({ "a": [{ "b": 899 }] }), "a[0].b: not 900 to 86400"),
        (
            json!({ "a": [{ "b": 1e300 }] }),
            "a[0].b: not an integer or null",
        ),
        (
            json!({ "a": [{ "b": 900.5 }] }),
            "a[0].b: not an integer or null",
        ),
        (
            json!({ "a": [{ "b": u64::MAX }] }),
            "a[0].b: not 900 to 86400",
        ),
        (json!({ "a": [{ "c": null }] }), "a[0].c: not a string"),
        (json!({ "a": [{ "c": "z" }] }), "a[0].c: not one of x, y"),
        (json!({ "a": [{ "d": "z" }] }), "a[0].d: not a UUID"),
        (json!([]), "the body: not an object"),
    ];

    for (value, message) in cases {
        assert_eq!(check(&schema, value), Err(message.to_owned()));
    }
}

#[test]
fn what_the_service_does_not_keep_is_dropped_and_defaults_are_filled_in() {
    let schema = json!({ "type": "object", "properties": {
        "admin": { "type": "boolean", "x-left-out-if-false": true },
        "plain": { "type": "boolean" },
        "count": { "type": "integer" },
        "parent": { "type": ["string", "null"], "format": "uuid" },
        "kind": { "type": "string", "default": "default" },
        "note": { "type": ["string", "null"] },
        "labels": { "type": "object", "additionalProperties": { "type": "string" } },
    } });

    let kept = check(
        &schema,
        json!({
            "admin": false, "plain": false, "note": null, "unknown": 1, "count": 7.0, "parent": "", "labels": { "os": "linux" },
        }),
    );

    assert_eq!(
        kept,
        Ok(json!({ "plain": false, "count": 7, "kind": "default", "labels": { "os": "linux" } }))
    );
}

#[test]
fn object_is_read_as_what_it_says_it_is() {
    let schema = json!({ "discriminator": { "propertyName": "selector_type", "mapping": {} } });

    assert_eq!(
        check(&schema, json!({})),
        Err("selector_type: not one of ".to_owned())
    );
    assert_eq!(
        check(&schema, json!("x")),
        Err("the body: not an object".to_owned())
    );
}

#[test]
fn object_of_several_schemas_has_the_fields_of_all() {
    let part = |field: &str| json!({ "type": "object", "required": [field], "properties": { field: { "type": "string" } } });
    let schema = json!({ "allOf": [part("a"), part("b")] });

    assert_eq!(
        check(&schema, json!({ "a": "1", "b": "2", "c": "3" })),
        Ok(json!({ "a": "1", "b": "2" }))
    );
    assert_eq!(
        check(&schema, json!({ "a": "1" })),
        Err("b: missing".to_owned())
    );
    assert_eq!(
        check(&schema, json!(7)),
        Err("the body: not an object".to_owned())
    );
}

#[test]
fn field_of_a_schema_or_null_is_dropped_if_it_is_null() {
    let schema = json!({ "type": "object", "properties": {
        "a": { "anyOf": [{ "type": "string", "maxLength": 1 }, { "type": "null" }] },
    } });

    assert_eq!(check(&schema, json!({ "a": null })), Ok(json!({})));
    assert_eq!(check(&schema, json!({ "a": "x" })), Ok(json!({ "a": "x" })));
    assert_eq!(
        check(&schema, json!({ "a": "xx" })),
        Err("a: not at most 1 characters".to_owned())
    );
}
