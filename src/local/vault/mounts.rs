//! `sys/auth`: where login methods are.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::answer::{Answered, Said};
use super::fields::Fields;
use super::{Call, Shared};
use crate::login::{About, Tune};

impl Shared {
    /// `sys/auth`: all of them.
    pub(super) fn mounts(&self, call: &Call) -> Answered {
        let mut mounts = Map::new();
        mounts.insert("token/".to_owned(), tokens());
        for (path, about) in self.parts.logins.mounts() {
            mounts.insert(format!("{path}/"), shown(&about));
        }
        call.both(&Value::Object(mounts))
    }

    /// `GET sys/auth/:path`.
    pub(super) fn read_mount(&self, call: &Call) -> Answered {
        let path = path(call, "");
        if path == "token" {
            return call.both(&tokens());
        }
        let about = self.parts.logins.about(&path);
        let about = about.ok_or_else(|| Said::bad(format!("No auth engine at {path}/")))?;
        call.both(&shown(&about))
    }

    /// `POST sys/auth/:path`: mounts a login method.
    pub(super) async fn enable(&self, call: &Call) -> Answered {
        let fields = call.fields()?;
        match fields.text("type")?.as_deref() {
            Some("okta") => {}
            None | Some("") => {
                return Err(Said::bad("backend type must be specified as a string"));
            }
            Some(other) => {
                let other: String = other.chars().take(64).collect();
                return Err(Said::bad(format!(
                    "plugin not found in the catalog: {other}"
                )));
            }
        }
        let description = fields.text("description")?.unwrap_or_default();
        check(&description)?;
        let tune = tuned(Tune::default(), &fields.inner("config")?)?;
        let path = path(call, "");
        self.parts.logins.enable(&path, &description, tune).await?;
        Ok(call.done(&[]))
    }

    /// `DELETE sys/auth/:path`: takes it away, and every token that it made.
    pub(super) async fn disable(&self, call: &Call) -> Answered {
        let path = path(call, "");
        if path == "token" {
            return Err(Said::bad("token credential backend cannot be disabled"));
        }
        self.parts.logins.disable(&path).await?;
        Ok(call.done(&[]))
    }

    /// `GET sys/auth/:path/tune`.
    pub(super) fn read_tune(&self, call: &Call) -> Answered {
        let about = self.parts.logins.about(&path(call, "/tune"));
        let about = about.ok_or_else(|| Said::status(404))?;
        let limits = about.tune.limits(self.parts.sessions.limits());
        call.both(&json!({
            "default_lease_ttl": limits.default_ttl.as_secs(),
            "description": about.description,
            "force_no_cache": false,
            "max_lease_ttl": limits.max_ttl.as_secs(),
            "token_type": "default-service",
        }))
    }

    /// `POST sys/auth/:path/tune`.
    pub(super) async fn write_tune(&self, call: &Call) -> Answered {
        let fields = call.fields()?;
        let path = path(call, "/tune");
        let about = self.parts.logins.about(&path);
        let tune = tuned(about.ok_or_else(|| Said::status(404))?.tune, &fields)?;
        let description = fields.text("description")?;
        description.as_deref().map_or(Ok(()), check)?;
        let change = |about: &mut About| {
            about.tune = tune;
            if let Some(description) = description {
                about.description = description;
            }
        };
        self.parts.logins.tune(&path, change).await?;
        Ok(call.done(&[]))
    }
}

/// The path of a mount in a call's path, without what stands behind it.
fn path(call: &Call, behind: &str) -> String {
    let name = call.name();
    let name = name.strip_suffix(behind).unwrap_or(&name);
    name.trim_matches('/').to_owned()
}

fn check(description: &str) -> Result<(), Said> {
    if description.len() > 1024 || description.chars().any(char::is_control) {
        return Err(Said::bad(
            "a description must be up to 1024 bytes, without control characters",
        ));
    }
    Ok(())
}

/// What `fields` make of how a mount is tuned.
fn tuned(mut tune: Tune, fields: &Fields) -> Result<Tune, Said> {
    let time = |name| match fields.text(name)?.as_deref() {
        // The gateway's own.
        Some("system") => Ok(Some(Duration::ZERO)),
        _ => fields.duration(name),
    };
    tune.default_lease_ttl = time("default_lease_ttl")?.unwrap_or(tune.default_lease_ttl);
    tune.max_lease_ttl = time("max_lease_ttl")?.unwrap_or(tune.max_lease_ttl);
    if !tune.max_lease_ttl.is_zero() && tune.default_lease_ttl > tune.max_lease_ttl {
        return Err(Said::bad(
            "default_lease_ttl must not be greater than max_lease_ttl",
        ));
    }
    match fields.text("token_type")?.as_deref() {
        None | Some("" | "default" | "service" | "default-service") => Ok(tune),
        Some(_) => Err(Said::bad("batch tokens are not supported by this gateway")),
    }
}

fn shown(about: &About) -> Value {
    mount("okta", &about.accessor, &about.description, about.tune)
}

fn tokens() -> Value {
    let about = "token based credentials";
    mount("token", "auth_token", about, Tune::default())
}

fn mount(kind: &str, accessor: &str, description: &str, tune: Tune) -> Value {
    json!({
        "accessor": accessor,
        "config": {
            "default_lease_ttl": tune.default_lease_ttl.as_secs(),
            "force_no_cache": false,
            "max_lease_ttl": tune.max_lease_ttl.as_secs(),
            "token_type": "default-service",
        },
        "description": description,
        "external_entropy_access": false,
        "local": false,
        "options": null,
        "seal_wrap": false,
        "type": kind,
        "uuid": "",
    })
}
