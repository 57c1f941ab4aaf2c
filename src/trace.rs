//! Log lines and spans.

use std::time::Duration;

/// What is logged, and how.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Log {
    /// The form of a line.
    pub format: Format,
    /// Levels by module, as in `info,opagate=debug`.
    pub filter: String,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// For people on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: Format::Auto,
            filter: "info".to_owned(),
        }
    }
}

/// Which requests are traced, and where spans go.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Base URL of an OTLP/HTTP receiver; `None` turns traces off.
    pub otlp_endpoint: Option<String>,
    /// Share of requests without a parent that are sampled, 0 to 1.
    pub sample_ratio: f64,
    /// How long an export may take.
    pub timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            otlp_endpoint: None,
            sample_ratio: 0.01,
            timeout: Duration::from_secs(10),
        }
    }
}
