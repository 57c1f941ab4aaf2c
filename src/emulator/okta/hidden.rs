//! A text that `Debug` does not show: passwords, tokens, the secrets of factors.

use std::fmt;

use serde::Deserialize;

/// A text that is compared and handed on, but never printed.
#[derive(Clone, Default, Deserialize, Eq, Hash, PartialEq)]
#[serde(transparent)]
pub struct Hidden(String);

impl Hidden {
    /// Takes `text` over.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself; what is done with it must not print it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Hidden {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}
