//! Sends spans to an OTLP/HTTP receiver.
//!
//! Batches are sent by a task of the runtime on which the provider was made. A receiver that fails
//! costs spans, nothing else; that is logged, but not each time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use hyper_rustls::HttpsConnectorBuilder;
use opentelemetry::KeyValue;
use opentelemetry_http::HttpClient;
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_otlp::{Protocol, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::runtime::Tokio;
use opentelemetry_sdk::trace::span_processor_with_async_runtime::BatchSpanProcessor;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter};
use rustls::ClientConfig;
use rustls_platform_verifier::ConfigVerifierExt;
use uuid::Uuid;

use super::InitError;

/// Makes what turns spans into exports to the receiver with the base URL `endpoint`.
pub(super) fn provider(endpoint: &str, timeout: Duration) -> Result<SdkTracerProvider, InitError> {
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_shared_http_client(client(endpoint, timeout)?)
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(timeout)
        .build()
        .map_err(InitError::endpoint)?;
    let exporter = Watched {
        inner: exporter,
        failures: AtomicU32::new(0),
    };
    let provider = SdkTracerProvider::builder()
        // A span exists only for what was sampled.
        .with_sampler(Sampler::AlwaysOn)
        .with_span_processor(BatchSpanProcessor::builder(exporter, Tokio).build())
        .with_resource(resource())
        .build();
    Ok(provider)
}

fn client(endpoint: &str, timeout: Duration) -> Result<Arc<dyn HttpClient>, InitError> {
    if endpoint.starts_with("http://") {
        return Ok(Arc::new(HyperClient::with_default_connector(timeout, None)));
    }
    let tls = ClientConfig::with_platform_verifier().map_err(InitError::endpoint)?;
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_only()
        .enable_http1()
        .build();
    Ok(Arc::new(HyperClient::new(connector, timeout, None)))
}

/// Who sends the spans; the environment's `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` count.
fn resource() -> Resource {
    let found = Resource::builder().build();
    let name = found.get(&"service.name".into());
    let is_named = name.is_some_and(|name| !name.as_str().starts_with("unknown_service"));
    let builder = Resource::builder().with_attributes([
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("service.instance.id", Uuid::new_v4().to_string()),
    ]);
    if is_named {
        return builder.build();
    }
    builder.with_service_name("opagate").build()
}

/// Says so when exports fail: the first, second, fourth, eighth time.
#[derive(Debug)]
struct Watched<E> {
    inner: E,
    failures: AtomicU32,
}

impl<E: SpanExporter> SpanExporter for Watched<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let result = self.inner.export(batch).await;
        let Err(error) = &result else {
            self.failures.store(0, Ordering::Relaxed);
            return result;
        };
        let times = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        if times.is_power_of_two() {
            tracing::warn!(event = "trace.failed", times, spans, %error, "spans are lost");
        }
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}
