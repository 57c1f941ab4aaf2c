//! Serves the admin listener's connections.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use super::{Answer, Sources, service};

/// Connections at once; more are closed at once, so that none can keep the probes waiting.
const CONNECTIONS: usize = 128;
/// For the head of a request, and between two requests: longer than a scrape's usual interval.
const IDLE: Duration = Duration::from_secs(75);
/// For what is being answered when the gateway stops.
const LAST: Duration = Duration::from_secs(1);
/// After a failed accept: as a rule no file descriptor was left.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves what comes in on `listener` until `stop`, and takes the readings of the history.
pub async fn serve(listener: TcpListener, sources: Sources, stop: CancellationToken) {
    let reading = sources.history.clone().run(stop.clone());
    tokio::join!(accept(listener, sources, stop), reading);
}

async fn accept(listener: TcpListener, sources: Sources, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let connections = TaskTracker::new();
    let service = service(sources);
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            continue;
        };
        let connection = connection(stream, service.clone(), stop.clone());
        connections.spawn(async move {
            connection.await;
            drop(place);
        });
    }
    connections.close();
    connections.wait().await;
}

async fn connection<S>(stream: TcpStream, service: S, stop: CancellationToken)
where
    S: Service<Request<Incoming>, Response = Answer, Error = Infallible, Future: Send> + Clone,
{
    let service = TowerToHyperService::new(service);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    if let Some(ended) = stop.run_until_cancelled(connection.as_mut()).await {
        // A client that broke off is none of our business.
        drop(ended);
        return;
    }
    connection.as_mut().graceful_shutdown();
    drop(tokio::time::timeout(LAST, connection).await);
}
