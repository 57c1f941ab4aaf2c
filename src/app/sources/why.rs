//! What would happen to a request, and why. Nothing is sent, and nothing is changed.

use serde::Serialize;
use serde_json::Value;

use super::Window;
use crate::admin::Why;
use crate::authorize::{Authorize, Explanation};
use crate::cache::Shown;
use crate::caller::{Caller, Principal};
use crate::operation::{Action, Operation};

/// What would happen.
#[derive(Debug, Serialize)]
struct Told {
    /// Who would ask.
    caller: String,
    /// May they, and by which rule?
    access: Explanation,
    /// What would be done, as a sentence.
    then: String,
    /// Whether the answer would come from memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<KeptAs>,
    /// What the limit would do to it, if the upstream had to be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<Limit>,
}

/// What is kept of the answer.
#[derive(Debug, Serialize)]
struct KeptAs {
    /// `fresh`, `old`, `touched`, `absent` or `never`.
    state: &'static str,
    /// How old it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    age_seconds: Option<f64>,
    /// How long it is still fresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    fresh_seconds: Option<f64>,
}

/// What is left of the limit.
#[derive(Debug, Serialize)]
struct Limit {
    /// Slots left.
    remaining: f64,
    /// Of how many; 0 if the upstream has not told.
    limit: f64,
    /// How many wait already.
    waiting: usize,
    /// How long it would wait, as far as can be foreseen.
    wait_seconds: f64,
}

impl Window {
    /// Thinks a request through.
    pub(super) fn why(&self, asked: &Why) -> Result<Value, String> {
        let caller = self.caller(asked.caller.as_deref())?;
        let operation = Operation::parse(&asked.method, &asked.target);
        let operation = operation.map_err(|error| error.to_string())?;
        let authorize = Authorize::new(&self.parts.principals);
        let access = authorize.explain(&caller, &operation);
        let principal = self.parts.principals.iter();
        let principal = principal
            .clone()
            .find(|of| Some(of.to_string()) == access.principal);
        let (kept, limit) = match principal {
            Some(principal) => (
                Some(self.kept(principal, &operation)),
                self.limit(principal),
            ),
            None => (None, None),
        };
        let told = Told {
            caller: caller.name.to_string(),
            then: then(&access, &operation, kept.as_ref(), limit.as_ref()),
            access,
            kept,
            limit,
        };
        serde_json::to_value(told).map_err(|error| error.to_string())
    }

    fn caller(&self, name: Option<&str>) -> Result<std::sync::Arc<Caller>, String> {
        let names = || self.parts.config.callers.iter().map(|of| of.name.as_str());
        let first = names().next().ok_or("no caller is configured")?;
        let name = name.unwrap_or(first);
        self.parts.accounts.of_name(name).ok_or_else(|| {
            let known = names().collect::<Vec<_>>().join(", ");
            format!("no caller is named `{name}`; known: {known}")
        })
    }

    fn kept(&self, principal: &Principal, operation: &Operation) -> KeptAs {
        let never = KeptAs {
            state: "never",
            age_seconds: None,
            fresh_seconds: None,
        };
        let times = self.parts.config.cache.times(operation);
        if !operation.is_shareable() || times.fresh_for.is_zero() {
            return never;
        }
        match self.parts.store.look(principal, operation) {
            None => KeptAs {
                state: "absent",
                ..never
            },
            Some(shown) => KeptAs {
                state: word(&shown),
                age_seconds: Some(shown.age.as_secs_f64()),
                fresh_seconds: Some(shown.fresh.as_secs_f64()),
            },
        }
    }

    fn limit(&self, principal: &Principal) -> Option<Limit> {
        let buckets = self.parts.buckets.snapshot();
        let state = buckets.get(principal.index)?;
        Some(Limit {
            remaining: state.remaining,
            limit: state.limit.map_or(0.0, f64::from),
            waiting: state.waiting.iter().sum(),
            wait_seconds: state.next_wait.as_secs_f64(),
        })
    }
}

fn word(shown: &Shown) -> &'static str {
    match () {
        () if shown.is_touched => "touched",
        () if shown.fresh.is_zero() => "old",
        () => "fresh",
    }
}

fn then(
    access: &Explanation,
    operation: &Operation,
    kept: Option<&KeptAs>,
    limit: Option<&Limit>,
) -> String {
    let (Some(kept), Some(limit)) = (kept, limit) else {
        let code = access.error.unwrap_or("refused");
        return format!("refused at once, as `{code}`");
    };
    let wait = if limit.wait_seconds < 0.001 {
        "at once".to_owned()
    } else {
        format!("after about {:.1} s in the queue", limit.wait_seconds)
    };
    match (operation.endpoint.action, kept.state) {
        (Action::Local, _) => "answered by the gateway itself".to_owned(),
        (Action::Write(_), _) => format!("sent {wait}; what it touches is dropped from the cache"),
        (_, "fresh") => "answered from memory, without asking the upstream".to_owned(),
        (_, "old") => format!(
            "answered from memory while it is fetched anew, where its class lets it; else sent {wait}"
        ),
        (_, "touched") => format!("sent {wait}: a write has touched what was kept"),
        (_, "absent") => format!("sent {wait}, and kept"),
        _ => format!("sent {wait}; the answer is never kept"),
    }
}
