//! The `OpenAPI` 3.1 description of the emulated API, made from the same data that routes its requests.
//!
//! It is written for clients and for generated tests: parameters of paths offer what there is now beside
//! any other text, so that a test meets objects that exist as well as those that do not.

use serde_json::{Map, Value, json};

use super::answer::Code;
use super::catalog::SECTIONS;
use super::fields::Object;
use super::operation::{Act, Operation, Paging, Query, Shape};
use super::resource::Kind;
use super::schema;
use super::store::{self, Store};

/// Describes the API as it is served at `origin`.
pub(super) fn document(store: &Store, origin: &str) -> Value {
    let tags = SECTIONS.iter().map(|(name, _)| json!({ "name": name }));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Okta Privileged Access, emulated",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What `opagate emulate` plays. Not made by Okta.",
        },
        "servers": [{ "url": origin }],
        "tags": tags.collect::<Vec<_>>(),
        "security": [{ "bearerAuth": [] }],
        "paths": paths(store),
        "components": {
            "securitySchemes": { "bearerAuth": { "type": "http", "scheme": "bearer" } },
            "headers": headers(),
            "schemas": schema::all(),
        },
    })
}

fn paths(store: &Store) -> Value {
    let mut paths = Map::new();
    for (section, section_operations) in SECTIONS {
        for operation in section_operations {
            let path = format!("/v1/teams/{{team_name}}/{}", operation.path);
            let entry = paths.entry(path).or_insert_with(|| json!({}));
            let method = operation.method.as_str().to_lowercase();
            if let Some(entry) = entry.as_object_mut() {
                entry.insert(method, describe(store, section, operation));
            }
        }
    }
    Value::Object(paths)
}

fn describe(store: &Store, section: &str, operation: &Operation) -> Value {
    let mut described = json!({
        "operationId": operation.id,
        "tags": [section],
        "x-roles": operation.roles.names(),
        "x-in-specification": operation.is_specified,
        "parameters": parameters(store, operation),
        "responses": responses(operation),
    });
    let Some(fields) = described.as_object_mut() else {
        return described;
    };
    if let Some(body) = operation.body {
        let content = json!({ "application/json": { "schema": reference(body) } });
        let body = json!({ "required": true, "content": content });
        fields.insert("requestBody".to_owned(), body);
    }
    if matches!(operation.act, Act::Token) {
        fields.insert("security".to_owned(), json!([]));
    }
    described
}

fn parameters(store: &Store, operation: &Operation) -> Vec<Value> {
    let team = json!({ "type": "string", "enum": [store.team] });
    let mut parameters = vec![parameter("team_name", "path", &team)];
    for name in operation.parameters() {
        let there = json!({ "enum": existing(store, operation, name) });
        let any = json!({ "anyOf": [there, { "type": "string", "minLength": 1 }] });
        parameters.push(parameter(name, "path", &any));
    }
    for query in operation.query {
        let schema = match query {
            Query::Text(_) => json!({ "type": "string" }),
            Query::Words(_, words) => json!({ "type": "string", "enum": words }),
        };
        parameters.push(parameter(query.name(), "query", &schema));
    }
    if operation.paging == Paging::Pages {
        let count = json!({ "type": "integer", "format": "int32", "minimum": 1 });
        parameters.push(parameter("count", "query", &count));
        let offsets = offsets(store, operation);
        let offset = match offsets.is_empty() {
            true => json!({ "type": "string", "format": "uuid" }),
            false => json!({ "type": "string", "enum": offsets }),
        };
        parameters.push(parameter("offset", "query", &offset));
        for flag in ["prev", "descending"] {
            parameters.push(parameter(flag, "query", &json!({ "type": "boolean" })));
        }
    }
    parameters
}

fn parameter(name: &str, place: &str, schema: &Value) -> Value {
    json!({ "name": name, "in": place, "required": place == "path", "schema": schema })
}

/// A few values of a path's parameter that lead to something.
fn existing(store: &Store, operation: &Operation, parameter: &str) -> Vec<String> {
    let wanted = match operation.path.starts_with("service_users") {
        true => store::Kind::Service,
        false => store::Kind::Human,
    };
    let users = || store.users.iter().filter(|user| user.kind == wanted);
    // The last is not the one that the test itself holds the key of.
    let last = || users().next_back();
    match parameter {
        "user_name" => users()
            .take(2)
            .chain(last())
            .map(|user| user.name.clone())
            .collect(),
        "user_id" => users().take(3).map(|user| user.id.to_string()).collect(),
        "group_name" => store
            .groups
            .iter()
            .take(3)
            .map(|group| group.name.clone())
            .collect(),
        "key_id" => last()
            .into_iter()
            .flat_map(|user| &user.keys)
            .map(|key| key.id.clone())
            .collect(),
        _ => {
            let kind = Kind::ALL.into_iter();
            let mut kind = kind.filter(|kind| parameter.strip_suffix("_id") == Some(kind.as_str()));
            let resources = kind
                .next()
                .map(|kind| store.resources.all(kind).iter().take(3));
            resources
                .into_iter()
                .flatten()
                .map(|resource| resource.id.to_string())
                .collect()
        }
    }
}

/// A few boundaries that a page of the list may begin at; only a `Link` tells others.
fn offsets(store: &Store, operation: &Operation) -> Vec<String> {
    let ids: Vec<_> = match operation.shape {
        Shape::List("User") => store.users.iter().take(3).map(|user| user.id).collect(),
        Shape::List("Group") => store.groups.iter().take(3).map(|group| group.id).collect(),
        Shape::List(schema) => {
            let kind = Kind::ALL.into_iter().find(|kind| kind.schema() == schema);
            let resources = kind.map(|kind| store.resources.all(kind).iter().take(3));
            resources
                .into_iter()
                .flatten()
                .map(|resource| resource.id)
                .collect()
        }
        Shape::One(_) | Shape::Nothing => Vec::new(),
    };
    ids.into_iter().map(|id| id.to_string()).collect()
}

fn responses(operation: &Operation) -> Value {
    let mut responses = Object::new();
    let mut success = json!({ "description": "Done", "headers": header_references() });
    let schema = match operation.shape {
        Shape::Nothing => None,
        Shape::One(name) => Some(reference(name)),
        Shape::List(name) => Some(list_of(name)),
    };
    if let (Some(schema), Some(fields)) = (schema, success.as_object_mut()) {
        let content = json!({ "application/json": { "schema": schema } });
        fields.insert("content".to_owned(), content);
    }
    responses.insert(operation.success.as_str().to_owned(), success);
    for code in operation.all_errors() {
        let status = code.status().as_str().to_owned();
        let response = responses.entry(status).or_insert_with(|| error(code));
        if let Some(Value::String(text)) = response.get_mut("description")
            && !text.contains(code.as_str())
        {
            text.push_str(&format!(" or `{}`", code.as_str()));
        }
    }
    Value::Object(responses)
}

fn error(code: Code) -> Value {
    let schema = if code == Code::NoAccess {
        list_of("UserAccessMethod")
    } else {
        reference("Error")
    };
    json!({
        "description": format!("`{}`", code.as_str()),
        "headers": header_references(),
        "content": { "application/json": { "schema": schema } },
    })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn list_of(name: &str) -> Value {
    json!({
        "type": "object",
        "required": ["list"],
        "properties": { "list": { "type": "array", "items": reference(name) } },
    })
}

/// Every answer has them.
fn header_references() -> Value {
    let references = HEADERS.map(|(name, _)| {
        let target = json!({ "$ref": format!("#/components/headers/{name}") });
        (name.to_owned(), target)
    });
    Value::Object(references.into_iter().collect())
}

fn headers() -> Value {
    let headers = HEADERS.map(|(name, description)| {
        let header = json!({
            "description": description,
            "required": true,
            "schema": { "type": "integer", "minimum": 0 },
        });
        (name.to_owned(), header)
    });
    Value::Object(headers.into_iter().collect())
}

/// The headers that tell of the rate limit.
const HEADERS: [(&str, &str); 4] = [
    ("X-RateLimit-Limit", "Requests in one period."),
    ("X-RateLimit-Remaining", "Requests that are left."),
    (
        "X-RateLimit-Reset",
        "When all are back, in seconds since 1970.",
    ),
    (
        "X-RateLimit-Retry-At",
        "When some are back, in seconds since 1970.",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::catalog::operations;
    use super::*;

    #[test]
    fn every_schema_that_an_operation_names_is_there() {
        for operation in operations() {
            let shape = match operation.shape {
                Shape::Nothing => None,
                Shape::One(name) | Shape::List(name) => Some(name),
            };
            for name in shape.into_iter().chain(operation.body) {
                assert!(schema::all().contains_key(name), "{}: {name}", operation.id);
            }
        }
    }

    #[test]
    fn operations_differ_in_id_and_in_method_and_path() {
        let ids: HashSet<_> = operations().map(|operation| operation.id).collect();
        let places = operations().map(|operation| (&operation.method, operation.path));
        let places: HashSet<_> = places.collect();

        assert_eq!(ids.len(), operations().count());
        assert_eq!(places.len(), operations().count());
    }
}
