//! What an answer says of the limits: ours at this moment, whatever the upstream said and when.

use http::StatusCode;
use tokio::time::Instant;

use super::Questions;
use super::finish::Ending;
use crate::allowance::{Allowance, RETRY_AT, retry_at};
use crate::error::{Error, Kind};
use crate::exchange::Response;
use crate::record::Record;

impl Questions {
    /// What the caller may still ask: of the upstream's limit, or of its own quota if that ends sooner.
    pub(super) fn allowance(&self, record: &Record) -> Option<Allowance> {
        let (principal, caller) = record.principal.as_ref().zip(record.caller.as_ref())?;
        let kind = record.error.as_ref().map(Error::kind);
        if let Some(Kind::QuotaExceeded { retry_after }) = kind {
            return self.quota.refused(caller, retry_after);
        }
        let of_bucket = self.buckets.allowance(principal, Instant::now());
        Allowance::tighter(of_bucket, record.left)
    }
}

impl Ending {
    /// Tells `response` what is left of the limits, unless another origin answers.
    pub(super) fn tell_allowance(&self, response: &mut Response) {
        if self.record.is_origin {
            return;
        }
        let status = response.status();
        let headers = response.headers_mut();
        let said = headers.get(RETRY_AT).cloned();
        // It may have waited: what was the future when it came is past now.
        let now = self.record.arrived + self.record.started.elapsed();
        Allowance::tell(self.questions.allowance(&self.record), headers, now);
        if status == StatusCode::TOO_MANY_REQUESTS {
            // Who refused knows better when to come back, but an upstream not what time it is here.
            let said = said.and_then(|said| said.to_str().ok()?.parse().ok());
            headers.insert(RETRY_AT, retry_at(now, said.unwrap_or(0)));
        }
    }
}
