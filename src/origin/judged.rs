//! What an answer's headers come to: whether it may be kept, and for how long it is good.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::StatusCode;
use http::header::HeaderMap;

use super::directives::Said;
use super::fetch::Arrival;
use super::freshness::Lifetime;
use super::keeping::may_keep;
use super::question::Question;
use super::store::Kept;
use super::vary::Selected;
use super::{age, fields};

/// What an answer's headers come to.
pub(super) struct Judged {
    /// Whether it may be kept.
    pub(super) may_keep: bool,
    lifetime: Lifetime,
    headers: HeaderMap,
    made: SystemTime,
    arrival_age: Duration,
}

/// Reads the headers of an answer to `question`.
pub(super) fn judge(
    question: &Question,
    status: StatusCode,
    headers: &HeaderMap,
    arrival: &Arrival,
) -> Judged {
    let said = Said::read(headers);
    let made = age::date(headers).unwrap_or(arrival.received);
    let heuristic = question.mapping.config.heuristic_freshness;
    let lifetime = Lifetime::of(status, &said, headers, made, heuristic);
    let asked = (&question.headers, question.wanted);
    Judged {
        may_keep: may_keep(asked, (status, headers), &said, &lifetime),
        headers: fields::to_keep(headers, &said),
        arrival_age: age::on_arrival(headers, arrival.received, arrival.delay),
        lifetime,
        made,
    }
}

impl Judged {
    /// The answer with this body, as it is kept.
    pub(super) fn into_kept(
        self,
        status: StatusCode,
        selected: Selected,
        body: Bytes,
        arrival: &Arrival,
    ) -> Kept {
        Kept {
            status,
            headers: self.headers,
            body,
            selected,
            lifetime: self.lifetime,
            made: self.made,
            arrival_age: self.arrival_age,
            at: arrival.at,
            slots: arrival.slots.clone(),
            sum: arrival.stamp.sum,
        }
    }
}
