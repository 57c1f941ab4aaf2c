//! Behaviours: what the emulator does all the time where nobody knows for sure what OPA does.
//!
//! The defaults are what OPA is believed to do; a client that is to be safe must bear the others
//! too. What goes wrong now and then is a [`Fault`](super::Fault).

use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::fault::form;

/// How the emulator behaves.
///
/// Written as JSON, what is left out is as by default, and times are text: `"1s 500ms"`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// How slots come back.
    pub limiter: Limiter,
    /// How long a fixed window is; by default as long as an empty bucket takes to fill.
    #[serde(with = "form::optional_span")]
    pub period: Option<Duration>,
    /// Whose requests share a bucket.
    pub limit_per: LimitPer,
    /// Which answers have rate limit headers.
    pub rate_headers: RateHeaders,
    /// How pages link to each other.
    pub links: Links,
    /// Whether lists are paged that OPA answers whole today, as it says it may begin to do.
    pub page_everything: bool,
    /// Whether a token's rights follow its user's roles while it lives.
    pub live_roles: bool,
    /// How far all reads lag behind writes; `None` for not at all.
    #[serde(with = "form::optional_span")]
    pub writes_lag: Option<Duration>,
}

/// How slots come back.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limiter {
    /// One by one.
    #[default]
    Gcra,
    /// All at once, at the end of a window that began with its first request.
    FixedWindow,
}

/// Whose requests share a bucket; token calls are in none.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitPer {
    /// Those of one service user.
    #[default]
    ServiceUser,
    /// Those of one service user to one endpoint: a method and a path without names and ids.
    Endpoint,
    /// All of them.
    Team,
}

/// Which answers have rate limit headers; those of token calls never do.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RateHeaders {
    /// All.
    #[default]
    Always,
    /// None.
    Never,
    /// Those below 400.
    NotOnErrors,
    /// Refusals for want of a slot.
    #[serde(rename = "only_on_429")]
    OnlyOn429,
}

impl RateHeaders {
    /// Whether an answer with this status has them.
    pub(super) fn are_on(self, status: StatusCode) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::NotOnErrors => status.as_u16() < 400,
            Self::OnlyOn429 => status == StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

/// How pages link to each other.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Links {
    /// Each link has a header line of its own; else one line has them all.
    pub separate_lines: bool,
    /// Links have no scheme and host.
    pub relative: bool,
    /// Pages on the way forward tell of the one before, too, and before the one after.
    pub prev: bool,
}

impl Behaviour {
    /// Reads a JSON object of what is not as by default.
    ///
    /// # Errors
    ///
    /// Fails with the field that is wrong, as in `links.prev: invalid type…`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let change: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if !change.is_object() {
            return Err("not a JSON object".to_owned());
        }
        Self::default().changed(&change)
    }

    /// This behaviour with the fields that `change` has; what it does not name stays.
    pub(super) fn changed(&self, change: &Value) -> Result<Self, String> {
        let change = change.as_object().ok_or("the body is not a JSON object")?;
        let mut changed = self.clone();
        for (name, value) in change {
            let parts = value.as_object().filter(|_| name == "links");
            changed = if let Some(parts) = parts {
                changed.relinked(parts)?
            } else {
                let next = changed.and(|all| {
                    all.insert(name.clone(), value.clone());
                });
                next.map_err(|error| format!("{name}: {error}"))?
            };
        }
        Ok(changed)
    }

    fn relinked(&self, change: &Map<String, Value>) -> Result<Self, String> {
        let mut changed = self.clone();
        for (name, value) in change {
            let next = changed.and(|all| {
                if let Some(links) = all.get_mut("links").and_then(Value::as_object_mut) {
                    links.insert(name.clone(), value.clone());
                }
            });
            changed = next.map_err(|error| format!("links.{name}: {error}"))?;
        }
        Ok(changed)
    }

    /// This behaviour after an edit of its JSON.
    fn and(&self, edit: impl FnOnce(&mut Map<String, Value>)) -> serde_json::Result<Self> {
        let mut all = json!(self);
        if let Some(all) = all.as_object_mut() {
            edit(all);
        }
        serde_json::from_value(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn change_leaves_alone_what_it_does_not_name() {
        let before = Behaviour {
            limit_per: LimitPer::Team,
            links: Links {
                prev: true,
                ..Links::default()
            },
            ..Behaviour::default()
        };

        let change = json!({ "links": { "relative": true }, "writes_lag": "2s" });
        let after = before.changed(&change).unwrap();

        assert_eq!(after.writes_lag, Some(Duration::from_secs(2)));
        assert!(after.links.prev && after.links.relative);
        assert_eq!(after.limit_per, LimitPer::Team);
        let undone = after.changed(&json!({ "writes_lag": null })).unwrap();
        assert_eq!(undone.writes_lag, None);
    }

    #[test]
    fn wrong_change_is_refused_by_its_name() {
        let cases = [
            (json!({ "limiter": "leaky" }), "limiter: unknown variant"),
            (json!({ "limiters": "gcra" }), "limiters: unknown field"),
            (json!({ "links": { "next": true } }), "links.next: unknown"),
            (json!({ "links": { "prev": 1 } }), "links.prev: invalid"),
            (json!({ "links": 7 }), "links: invalid type"),
            (json!({ "period": "soon" }), "period: "),
            (json!({ "period": "0s" }), "period: "),
            (json!({ "rate_headers": null }), "rate_headers: "),
            (json!([]), "the body is not a JSON object"),
        ];

        for (change, start) in cases {
            let error = Behaviour::default().changed(&change).unwrap_err();
            assert!(error.starts_with(start), "{change}: {error}");
        }
    }

    #[test]
    fn behaviour_survives_its_json() {
        let behaviour = Behaviour {
            limiter: Limiter::FixedWindow,
            period: Some(Duration::from_millis(1500)),
            rate_headers: RateHeaders::OnlyOn429,
            ..Behaviour::default()
        };

        let json = json!(behaviour);

        assert_eq!(json["rate_headers"], "only_on_429");
        assert_eq!(
            serde_json::from_value::<Behaviour>(json).unwrap(),
            behaviour
        );
    }
}
