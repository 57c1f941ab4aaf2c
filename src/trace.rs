//! Log lines and spans.
//!
//! Each request ends in one [`line()`], for people on a terminal, as a JSON object otherwise. Those
//! that are sampled have a span besides, which goes to an OTLP receiver. Whether one is sampled is
//! decided by [`Sampler`], before there is a span: one that is made and then not sampled would cost
//! more than the whole rest of a hit.
//!
//! Writing never holds a request up: lines and spans wait in bounded queues, and what does not fit
//! is dropped and counted. A line may wait some milliseconds for others, but not if it is a warning.

mod export;
mod format;
mod line;
mod sampler;
mod sink;
#[cfg(test)]
mod tests;
mod text;
mod told;

use std::io::IsTerminal;
use std::panic;
use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Metadata, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterExt, Targets, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::Registry;
use tracing_subscriber::util::SubscriberInitExt;

pub use self::line::{line, told};
pub use self::sampler::Sampler;

use self::format::{Clock, Json, instance};
use self::line::Lines;
use self::sink::{Flush, Sink};
use crate::exchange::BoxError;

/// The target of spans that are exported; those of libraries are not.
pub const SPANS: &str = "opagate::span";

/// How long stopping may wait for a receiver of spans.
const LONGEST_STOP: Duration = Duration::from_secs(5);

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

/// Sends log lines and spans of the whole process where they belong.
///
/// Spans are exported on the runtime that this is called on.
///
/// # Errors
///
/// Fails if the filter or the endpoint cannot be read, or if this was done before.
pub fn init(log: &Log, config: &Config) -> Result<Guard, InitError> {
    let filter: Targets = log.filter.parse().map_err(InitError::filter)?;
    let provider = match &config.otlp_endpoint {
        Some(endpoint) => Some(export::provider(endpoint, config.timeout)?),
        None => None,
    };
    let is_human = match log.format {
        Format::Human => true,
        Format::Json => false,
        Format::Auto => std::io::stderr().is_terminal(),
    };
    let (sink, flush) = Sink::to_stderr().map_err(InitError::subscriber)?;
    let lines = Lines::new(sink.clone(), instance(), &filter);
    subscriber(is_human, filter, sink.clone(), provider.as_ref())
        .try_init()
        .map_err(InitError::subscriber)?;
    if !is_human {
        lines.take_all();
    }
    settle_at_panic(sink);
    Ok(Guard { provider, flush })
}

/// Writes what waits before it is told of a panic, which may be the last thing that the process does.
fn settle_at_panic(sink: Sink) {
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |of| {
        sink.settle();
        tell(of);
    }));
}

/// Joins the two ways: events become lines, our own spans go to `provider`.
fn subscriber<W>(
    is_human: bool,
    filter: Targets,
    writer: W,
    provider: Option<&SdkTracerProvider>,
) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Clone + Send + Sync + 'static,
{
    // Not `is_event`: asking whether a line would be written is neither. Without a hint of its own it
    // would take that of `filter` away, and each line would be made before it is left out.
    let is_no_span = filter_fn(|of: &Metadata<'_>| !of.is_span());
    let is_no_span = is_no_span.with_max_level_hint(LevelFilter::TRACE);
    let spans = provider.map(|provider| {
        let is_ours = filter_fn(|of| of.is_span() && of.target() == SPANS);
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("opagate"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            // Without it every event in every library would be looked at.
            .with_filter(is_ours.with_max_level_hint(LevelFilter::INFO))
    });
    let lines: Box<dyn Layer<_> + Send + Sync> = if is_human {
        let layer = tracing_subscriber::fmt::layer().with_timer(Clock);
        layer
            .with_writer(writer)
            .with_filter(filter.and(is_no_span))
            .boxed()
    } else {
        let layer = tracing_subscriber::fmt::layer().event_format(Json::new(instance()));
        layer
            .with_writer(writer)
            .with_filter(filter.and(is_no_span))
            .boxed()
    };
    Registry::default().with(lines).with(spans)
}

/// Holds what has to be written before the process ends.
#[derive(Debug)]
#[must_use = "what is still waiting is lost"]
pub struct Guard {
    provider: Option<SdkTracerProvider>,
    flush: Flush,
}

impl Guard {
    /// Writes what waits: spans first, then lines; gives up on a receiver after a few seconds.
    pub async fn stop(self) {
        if let Some(provider) = self.provider {
            stop_export(provider).await;
        }
        self.flush.run();
    }
}

async fn stop_export(provider: SdkTracerProvider) {
    // It blocks its thread until the task that exports has answered.
    let stop = tokio::task::spawn_blocking(move || provider.shutdown());
    match tokio::time::timeout(LONGEST_STOP, stop).await {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => tracing::warn!(event = "trace.failed", %error, "spans are lost"),
        Ok(Err(_)) | Err(_) => tracing::warn!(event = "trace.failed", "spans are lost"),
    }
}

/// Why nothing can be logged or traced.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The filter cannot be read.
    #[error("`log.filter` cannot be read")]
    Filter(#[source] BoxError),
    /// Spans cannot be exported to the endpoint.
    #[error("`trace.otlp_endpoint` cannot be used")]
    Endpoint(#[source] BoxError),
    /// The process logs already, or no thread can be started.
    #[error("logging cannot be set up")]
    Subscriber(#[source] BoxError),
}

impl InitError {
    fn filter(source: impl Into<BoxError>) -> Self {
        Self::Filter(source.into())
    }

    fn endpoint(source: impl Into<BoxError>) -> Self {
        Self::Endpoint(source.into())
    }

    fn subscriber(source: impl Into<BoxError>) -> Self {
        Self::Subscriber(source.into())
    }
}
