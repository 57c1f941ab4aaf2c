//! In which coding an answer is given.
//!
//! What is kept in gzip is given so at once. Only for a caller who refuses the plain form one is made
//! while it waits, whatever the size: off the hit path, on the runtime of what may wait.

use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_ENCODING, ETAG, HeaderMap, IF_NONE_MATCH};
use http::{HeaderValue, StatusCode};

use super::{Asked, Front, Questions, Step};
use crate::cache::{Entry, Memo, Seen, dress_as_gzip, is_not_modified};
use crate::coding::{Accepted, gzip, gzip_tag, plain_tags};
use crate::error::{Error, Kind};
use crate::exchange::{Body, Response};
use crate::operation::Operation;

impl Questions {
    /// In which codings the caller takes an answer.
    ///
    /// # Errors
    ///
    /// Fails with [`Kind::NotAcceptable`] if there can be none.
    pub(super) fn accepted(&self, headers: &HeaderMap) -> Result<Accepted, Error> {
        let asked = Accepted::of(headers);
        let accepted = Accepted {
            gzip: asked.gzip && self.gzips.is_some(),
            ..asked
        };
        if accepted.gzip || accepted.plain {
            Ok(accepted)
        } else {
            Err(Kind::NotAcceptable.into())
        }
    }

    /// Whether the upstream is asked for gzip: what is shared is made plain again, what is not goes to
    /// the caller as it comes.
    pub(super) fn takes_gzip(&self, operation: &Operation, accepted: Accepted) -> bool {
        self.gzips.is_some() && (accepted.gzip || operation.is_shareable())
    }

    /// Answers with what is kept; it was found to be fresh if it was `seen`.
    pub(super) fn give_kept(
        &self,
        asked: Arc<Asked>,
        entry: Arc<Entry>,
        age: Duration,
        seen: Option<Seen>,
    ) -> Step {
        let accepted = asked.accepted;
        if let (Some(gzips), Some(key), true) = (&self.gzips, &asked.key, accepted.gzip) {
            gzips.hit(key, &entry);
        }
        let response = entry.to_response(age, accepted.gzip);
        if accepted.plain || response.headers().contains_key(CONTENT_ENCODING) {
            let memo = seen.map(|seen| Memo::new(&entry, seen));
            Step::Answer(response, memo.map(|memo| (asked, entry, memo)))
        } else {
            Step::Encode(response)
        }
    }
}

impl Front {
    /// Makes a whole answer gzip, if it is not.
    pub(super) async fn encode(&self, mut response: Response) -> Result<Response, Error> {
        let plain = response.body().whole().filter(|plain| !plain.is_empty());
        let Some(plain) = plain.filter(|_| !response.headers().contains_key(CONTENT_ENCODING))
        else {
            return Ok(response);
        };
        let work = &self.questions.work;
        let coded = work.spawn_blocking(move || gzip(&plain)).await;
        let coded = coded.map_err(|panic| Kind::Internal.because(panic))?;
        dress_as_gzip(response.headers_mut());
        *response.body_mut() = Body::from(coded);
        Ok(response)
    }
}

/// Makes it 304 if the caller has it already, in one of the codings that it takes (RFC 9110 §13.1.2):
/// which of them is there at the moment is chance.
pub(super) fn spare(asked: &HeaderMap, is_coded_here: bool, response: &mut Response) {
    if !asked.contains_key(IF_NONE_MATCH) {
        return;
    }
    let headers = response.headers();
    let tag = headers.get(ETAG);
    let is_gzip = headers.contains_key(CONTENT_ENCODING);
    let known = if is_not_modified(asked, headers) {
        tag.cloned()
    } else if is_coded_here {
        let accepted = Accepted::of(asked);
        let other = tag.and_then(|tag| match is_gzip {
            true => Some(plain_tags(tag)).filter(|_| accepted.plain),
            false => gzip_tag(tag).filter(|_| accepted.gzip),
        });
        other.filter(|tag| is_known(asked, tag))
    } else {
        None
    };
    if let Some(tag) = known {
        response.headers_mut().insert(ETAG, tag);
        response.headers_mut().remove(CONTENT_ENCODING);
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
    }
}

fn is_known(asked: &HeaderMap, tag: &HeaderValue) -> bool {
    let answer: HeaderMap = [(ETAG, tag.clone())].into_iter().collect();
    is_not_modified(asked, &answer)
}
