//! What stands behind the `?` of a request, understood.

use std::borrow::Cow;
use std::str::FromStr;

use http::{Method, StatusCode, Uri};
use percent_encoding::percent_decode_str;

use super::answer::Refusal;
use crate::recent::Seen;
use crate::record::Outcome;

const MALFORMED: Refusal = Refusal::new(
    StatusCode::BAD_REQUEST,
    "malformed_request",
    "the query is not understood: see docs/admin.md for what may stand in it",
);

/// As many requests or entries are shown at once, at most.
const MOST: usize = 1_000;
/// And as many if nobody says how many.
const USUAL: usize = 100;

/// Name and value of each pair; what stands twice counts once.
struct Pairs<'a>(Vec<(&'a str, Cow<'a, str>)>);

impl<'a> Pairs<'a> {
    /// Reads a query in which only these names may stand.
    fn read(uri: &'a Uri, known: &[&str]) -> Result<Self, Refusal> {
        let query = uri.query().unwrap_or_default();
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = percent_decode_str(value).decode_utf8();
            match value {
                Ok(value) if known.contains(&name) => Ok((name, value)),
                _ => Err(MALFORMED),
            }
        });
        pairs.collect::<Result<_, _>>().map(Self)
    }

    fn text(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found
            .map(|(_, value)| &**value)
            .filter(|value| !value.is_empty())
    }

    fn parsed<T: FromStr>(&self, name: &str) -> Result<Option<T>, Refusal> {
        let text = self.text(name);
        text.map(|text| text.parse().map_err(|_| MALFORMED))
            .transpose()
    }

    fn limit(&self) -> Result<usize, Refusal> {
        Ok(self.parsed("limit")?.unwrap_or(USUAL).min(MOST))
    }
}

/// What a page that stays open wants beside the picture of the moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Since {
    /// Points after the one with this number.
    pub(super) points: Option<u64>,
    /// Requests after the one with this number.
    pub(super) requests: Option<u64>,
}

impl Since {
    pub(super) fn read(uri: &Uri) -> Result<Self, Refusal> {
        let pairs = Pairs::read(uri, &["points", "requests"])?;
        Ok(Self {
            points: pairs.parsed("points")?,
            requests: pairs.parsed("requests")?,
        })
    }
}

/// Which of the last requests are wanted.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    pub(super) after: u64,
    pub(super) limit: usize,
    outcome: Option<String>,
    caller: Option<String>,
    operation: Option<String>,
    path: Option<String>,
    status: Option<u16>,
    min_ms: f64,
}

impl Filter {
    pub(super) fn read(uri: &Uri) -> Result<Self, Refusal> {
        let known = [
            "after",
            "limit",
            "outcome",
            "caller",
            "operation",
            "path",
            "status",
            "min_ms",
        ];
        let pairs = Pairs::read(uri, &known)?;
        let text = |name| pairs.text(name).map(ToOwned::to_owned);
        let filter = Self {
            after: pairs.parsed("after")?.unwrap_or(0),
            limit: pairs.limit()?,
            outcome: text("outcome"),
            caller: text("caller"),
            operation: text("operation"),
            path: text("path"),
            status: pairs.parsed("status")?,
            min_ms: pairs.parsed("min_ms")?.unwrap_or(0.0),
        };
        let is_known = |word: &String| Outcome::ALL.iter().any(|of| of.as_str() == word);
        if filter.outcome.as_ref().is_some_and(|word| !is_known(word)) {
            return Err(MALFORMED);
        }
        Ok(filter)
    }

    pub(super) fn wants(&self, seen: &Seen) -> bool {
        let is = |wanted: &Option<String>, real: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| Some(wanted) == real)
        };
        let caller = seen.caller.as_ref().map(|caller| &*caller.name);
        let path = self.path.as_deref();
        is(&self.outcome, Some(seen.outcome.as_str()))
            && is(&self.caller, caller)
            && is(&self.operation, Some(seen.operation))
            && path.is_none_or(|part| seen.path.contains(part))
            && self
                .status
                .is_none_or(|of| seen.status.is_some_and(|status| status == of))
            && seen.took.as_secs_f64() * 1_000.0 >= self.min_ms
    }
}

/// Which kept answers are wanted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Search {
    /// A part of their path and query, in whatever case; empty: all.
    pub part: String,
    /// How many are shown at most.
    pub limit: usize,
}

impl Search {
    pub(super) fn read(uri: &Uri) -> Result<Self, Refusal> {
        let pairs = Pairs::read(uri, &["path", "limit"])?;
        Ok(Self {
            part: pairs.text("path").unwrap_or_default().to_ascii_lowercase(),
            limit: pairs.limit()?,
        })
    }

    /// Whether this path, with its query, is wanted.
    pub fn wants(&self, target: &str) -> bool {
        self.part.is_empty() || target.to_ascii_lowercase().contains(&self.part)
    }
}

/// A request that is not sent, only thought through.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Why {
    /// Its method.
    pub method: Method,
    /// Path and query.
    pub target: Uri,
    /// Who would ask; the first caller of the configuration if nobody is named.
    pub caller: Option<String>,
}

impl Why {
    pub(super) fn read(uri: &Uri) -> Result<Self, Refusal> {
        let pairs = Pairs::read(uri, &["method", "path", "caller"])?;
        Ok(Self {
            method: pairs.parsed("method")?.unwrap_or(Method::GET),
            target: pairs.parsed("path")?.ok_or(MALFORMED)?,
            caller: pairs.text("caller").map(ToOwned::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        text.parse().unwrap()
    }

    #[test]
    fn values_are_decoded_and_bounded() {
        let search = Search::read(&uri("/api/cache?path=%2Fv1%2FTEAMS&limit=5000")).unwrap();
        let why = Why::read(&uri("/api/why?path=/v1/a%3Fcount%3D1")).unwrap();

        assert_eq!((search.part.as_str(), search.limit), ("/v1/teams", MOST));
        assert!(search.wants("/v1/Teams/demo") && !search.wants("/v1/users"));
        assert_eq!(why.method, Method::GET);
        assert_eq!(why.target, "/v1/a?count=1");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for query in [
            "?limits=1",
            "?limit=x",
            "?outcome=good",
            "?status=-1",
            "?path=%FF",
        ] {
            let refused = Filter::read(&uri(&format!("/api/requests{query}")));
            assert_eq!(refused.unwrap_err(), MALFORMED, "{query}");
        }
        assert!(Why::read(&uri("/api/why?method=GET")).is_err());
        assert!(Since::read(&uri("/api/state?points=-1")).is_err());
    }
}
