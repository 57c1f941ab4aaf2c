//! Follows the pages of a list and answers with the whole.
//!
//! A `GET` without paging parameters is answered with all pages joined, in the upstream's own shape:
//! the first page's bytes with the elements of the others put in. Nothing is decoded and written
//! again. With paging parameters the caller gets its page, its links made relative (the front half
//! makes them its own). A list is whole or an error, never shorter.
//!
//! Stands above `retry`: what goes wrong with one page is mended there, without starting over.

mod link;
mod page;

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::num::NonZeroU64;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{LINK, LOCATION};
use http::{Method, StatusCode};

use self::link::{LinkError, Links};
use self::page::{Merge, Page};
use crate::error::{Error, Kind};
use crate::exchange::{Body, Handler, Purpose, Request, Response};
use crate::metrics::Metrics;
use crate::middleware::{Middleware, Next};
use crate::operation::Action;
use crate::upstream::Upstreams;

/// How far a list is followed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Config {
    /// The most pages that are joined.
    pub pages: NonZeroU32,
    /// The most bytes that are joined.
    pub bytes: NonZeroU64,
    /// What is answered beyond these.
    pub on_limit: OnLimit,
}

/// What is answered when a list is longer than the limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OnLimit {
    /// The error `list_too_long`.
    Error,
    /// The first page, with its link to the next.
    Page,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            pages: NonZeroU32::new(1_000).expect("not zero"),
            bytes: NonZeroU64::new(64 * 1024 * 1024).expect("not zero"),
            on_limit: OnLimit::Error,
        }
    }
}

/// Joins pages; see the [module](self).
#[derive(Clone, Debug)]
pub struct Paginate {
    config: Config,
    upstreams: Upstreams,
    metrics: Metrics,
}

/// What became of one reading of all pages.
enum Reading {
    /// The answer.
    Done(Response),
    /// The list, but something was changed while it was read.
    Changed(Response),
    /// What a further page begins at is gone.
    Gone,
}

impl Paginate {
    /// Follows links on the origins of `upstreams` only.
    pub fn new(config: Config, upstreams: Upstreams, metrics: Metrics) -> Self {
        Self {
            config,
            upstreams,
            metrics,
        }
    }

    async fn whole<S: Handler>(&self, request: Request, next: Next<S>) -> Result<Response, Error> {
        // Once more if the list changed meanwhile; then it is as a client that pages would see it.
        if let Reading::Done(response) = self.read_all(&request, &next).await? {
            return Ok(response);
        }
        match self.read_all(&request, &next).await? {
            Reading::Done(response) => Ok(response),
            Reading::Changed(response) => {
                request.trail.has_changed();
                Ok(response)
            }
            Reading::Gone => {
                self.metrics.merge_failed("upstream");
                Err(Kind::UpstreamMalformed.into())
            }
        }
    }

    /// Reads page after page; a page that is not one ends it with that page's own answer.
    async fn read_all<S: Handler>(
        &self,
        request: &Request,
        next: &Next<S>,
    ) -> Result<Reading, Error> {
        let mut first = next.run(request.clone()).await?;
        let links = self.localise(request, &mut first)?;
        let Some(mut following) = links.next.filter(|_| first.status() == StatusCode::OK) else {
            // Whole as it is; a client that asked for everything is not told of pages.
            first.headers_mut().remove(LINK);
            return Ok(Reading::Done(first));
        };
        if let Some(observer) = &request.observer {
            observer.goes_on();
        }
        let is_known = !request.operation.endpoint.route.is_empty();
        let start = match self.page(&first) {
            Ok(page) => page,
            // Other shapes exist (`limit` and `after`); the link tells their callers to go on.
            Err(_) if !is_known => return Ok(Reading::Done(first)),
            Err(error) => return Err(error),
        };
        let mut seen = HashSet::from([request.target.to_string()]);
        let mut merge = Merge::new(start);
        loop {
            if merge.pages() >= self.config.pages.get() || merge.bytes() > self.config.bytes.get() {
                return self.over_limit(first);
            }
            if !seen.insert(following.clone()) {
                return Err(self.refuse(LinkError::Loop));
            }
            let mut page = next.run(page_request(request, &following)).await?;
            if page.status() != StatusCode::OK {
                return self.failed_page(page);
            }
            let links = self.localise(request, &mut page)?;
            merge.add(self.page(&page)?);
            match links.next {
                Some(next) => following = next,
                None => break,
            }
        }
        request.trail.merged(merge.pages());
        self.metrics.merged(merge.pages());
        first.headers_mut().remove(LINK);
        let whole = first.map(|_| Body::from(merge.join()));
        Ok(if request.holds() {
            Reading::Done(whole)
        } else {
            Reading::Changed(whole)
        })
    }

    fn page(&self, response: &Response) -> Result<Page, Error> {
        let body: Bytes = response.body().whole().ok_or(Kind::ResponseTooLarge)?;
        Page::parse(&body).ok_or_else(|| {
            self.metrics.merge_failed("malformed");
            Kind::UpstreamMalformed.into()
        })
    }

    /// What a further page that is none comes to: its refusal, never what came before it. But "not
    /// found" would be read as the list's own.
    fn failed_page(&self, page: Response) -> Result<Reading, Error> {
        let status = page.status();
        if status == StatusCode::NOT_FOUND {
            return Ok(Reading::Gone);
        }
        self.metrics.merge_failed("upstream");
        if status.is_client_error() || status.is_server_error() {
            return Ok(Reading::Done(page));
        }
        Err(Kind::UpstreamMalformed.into())
    }

    fn over_limit(&self, first: Response) -> Result<Reading, Error> {
        match self.config.on_limit {
            OnLimit::Page => Ok(Reading::Done(first)),
            OnLimit::Error => {
                self.metrics.merge_failed("limit");
                Err(Kind::ListTooLong.into())
            }
        }
    }

    /// Makes the links of `response` relative and says where they lead.
    fn localise(&self, request: &Request, response: &mut Response) -> Result<Links, Error> {
        let origin = self.upstreams.of(request.principal.team_index).origin();
        let headers = response.headers_mut();
        if let Some(location) = headers.remove(LOCATION) {
            let own = location
                .to_str()
                .ok()
                .and_then(|to| link::on_origin(to, origin));
            headers.extend(
                own.and_then(|own| own.parse().ok())
                    .map(|own| (LOCATION, own)),
            );
        }
        let links = Links::parse(headers, request.operation.path.raw(), origin);
        let links = links.map_err(|error| self.refuse(error))?;
        headers.remove(LINK);
        if let Some(line) = links.to_line() {
            headers.insert(LINK, line);
        }
        Ok(links)
    }

    fn refuse(&self, error: LinkError) -> Error {
        self.metrics.merge_failed(error.as_str());
        tracing::warn!(
            event = "link",
            reason = error.as_str(),
            "a link of the upstream is refused"
        );
        match error {
            LinkError::Malformed => Kind::UpstreamMalformed.because(error),
            LinkError::Loop | LinkError::Origin => Kind::LinkRefused.because(error),
        }
    }
}

/// The request for a further page; only the first page tells when the reading began.
fn page_request(request: &Request, target: &str) -> Request {
    let observer = None;
    Request {
        target: Arc::from(target),
        observer,
        purpose: Purpose::Page,
        ..request.clone()
    }
}

impl Middleware for Paginate {
    async fn handle<S: Handler>(&self, request: Request, next: Next<S>) -> Result<Response, Error> {
        let reads = matches!(
            request.operation.endpoint.action,
            Action::Read | Action::SecretRead
        );
        if reads && request.operation.method == Method::GET && !request.operation.query.is_paged() {
            return self.whole(request, next).await;
        }
        let mut response = next.run(request.clone()).await?;
        self.localise(&request, &mut response)?;
        Ok(response)
    }
}

#[cfg(test)]
mod tests;
