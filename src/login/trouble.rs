//! What goes wrong at Okta, and how it is told.

use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use super::Refused;
use crate::error::{Error, Kind};

/// Why Okta did not do what it was asked for.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It said no.
    Refused {
        status: StatusCode,
        code: String,
        summary: String,
    },
    /// Its limit is used up for so long.
    Limited(Duration),
    /// It could not be asked, or did not answer.
    Silent(Error),
    /// What it answered is not understood.
    Odd,
}

impl Trouble {
    /// In the words that Vault has for it, after `before`.
    pub(super) fn told(self, before: &str) -> Refused {
        match self {
            Self::Refused { code, summary, .. } if code.is_empty() => {
                Refused::Bad(format!("{before}: The API returned an error: {summary}"))
            }
            Self::Refused { code, summary, .. } => Refused::Bad(format!(
                "{before}: The API returned an error: {summary} (code={code})"
            )),
            Self::Limited(pause) => Refused::Later(pause),
            Self::Silent(error) => Refused::Failed(error),
            Self::Odd => Refused::Bad(format!("{before}: the answer cannot be understood")),
        }
    }

    /// Whether Okta may have counted a failure.
    pub(super) fn may_count(&self) -> bool {
        match self {
            Self::Refused { status, .. } => status.is_client_error(),
            Self::Limited(_) => false,
            Self::Silent(error) => error.kind() != Kind::Unreachable { sent: false },
            Self::Odd => true,
        }
    }
}

/// What Okta says of an error, without what would not fit into a line.
pub(super) fn refused(status: StatusCode, answer: &Value) -> Trouble {
    let text = |name: &str, most: usize| {
        let text = answer.get(name).and_then(Value::as_str).unwrap_or_default();
        text.chars()
            .filter(|c| !c.is_control())
            .take(most)
            .collect()
    };
    Trouble::Refused {
        status,
        code: text("errorCode", 32),
        summary: text("errorSummary", 300),
    }
}
