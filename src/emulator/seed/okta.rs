//! Okta's side as it is given.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::read::{Item, wrong};
use crate::emulator::okta::Config;

/// An organisation that is given.
#[derive(Clone, Debug)]
pub(super) struct Okta {
    config: Config,
    /// Whether the API token is among what is given.
    has_token: bool,
}

impl Okta {
    /// Reads it; fails with the first mistake and its place.
    pub(super) fn read(item: &Item) -> Result<Self, String> {
        let (place, value) = item.open();
        if !value.is_object() {
            return Err(item.wrong("not an object"));
        }
        if let Some(mistake) = mistake(value, place, &fails) {
            return Err(mistake);
        }
        let config = Config::deserialize(value);
        let config = config.map_err(|error| item.wrong(&error.to_string()))?;
        let mut logins = HashSet::new();
        for (at, user) in config.users.iter().enumerate() {
            let place = format!("{place}.users[{at}].login");
            if user.login.is_empty() {
                return Err(wrong(&place, "missing"));
            }
            if !logins.insert(user.login.to_lowercase()) {
                return Err(wrong(&place, &format!("{:?} is there already", user.login)));
            }
        }
        Ok(Self {
            config,
            has_token: value.get("api_token").is_some(),
        })
    }

    /// What is given, with the API token that is made up if none is.
    pub(super) fn over(&self, made_up: &Config) -> Config {
        let mut config = self.config.clone();
        if !self.has_token {
            config.api_token.clone_from(&made_up.api_token);
        }
        config
    }
}

/// What is wrong with a configuration.
fn fails(value: Value) -> Option<String> {
    let told = serde_json::from_value::<Config>(value).err()?.to_string();
    // The error shows the value, which may be a password.
    let (start, wanted) = told.split_once("expected ").unwrap_or(("", &told));
    Some(match start {
        start if start.starts_with("invalid ") => format!("not {wanted}"),
        _ => told.clone(),
    })
}

/// The first mistake in `value`, told of the innermost place that it can be pinned to.
///
/// Everything in a configuration may be left out, so each part of it is tried alone: `fails` says
/// what is wrong with the whole if it has nothing but that part.
fn mistake(value: &Value, place: &str, fails: &dyn Fn(Value) -> Option<String>) -> Option<String> {
    let told = fails(value.clone())?;
    let inner = match value {
        Value::Object(fields) => fields.iter().find_map(|(name, part)| {
            let alone = |part| fails(json!({ name: part }));
            mistake(part, &format!("{place}.{name}"), &alone)
        }),
        Value::Array(items) => items.iter().enumerate().find_map(|(at, part)| {
            let alone = |part| fails(json!([part]));
            mistake(part, &format!("{place}[{at}]"), &alone)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    inner.or_else(|| Some(wrong(place, &told)))
}
