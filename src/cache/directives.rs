//! `Cache-Control` (RFC 9111 §5.2), as far as it is obeyed here.

use std::time::Duration;

use http::HeaderValue;
use http::header::GetAll;

/// The directives of one message.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Directives {
    /// Ask anew.
    pub no_cache: bool,
    /// Keep nothing.
    pub no_store: bool,
    /// Only what is kept.
    pub only_if_cached: bool,
    /// Nothing older than this.
    pub max_age: Option<Duration>,
    /// Still fresh for this long.
    pub min_fresh: Option<Duration>,
    /// Not fresh for no longer than this; without a number [`Duration::MAX`].
    pub max_stale: Option<Duration>,
}

impl Directives {
    /// Reads all lines of the header; what is not understood is ignored, as §5.2.3 asks.
    pub fn parse(lines: &GetAll<'_, HeaderValue>) -> Self {
        let mut directives = Self::default();
        let words = lines
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','));
        for word in words {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let value = value.trim().trim_matches('"');
            // Too large a number means "for ever" (§1.2.2); garbage counts as zero, the safe side.
            let seconds = || Duration::from_secs(value.parse().unwrap_or(0));
            match name.trim().to_ascii_lowercase().as_str() {
                "no-cache" => directives.no_cache = true,
                "no-store" => directives.no_store = true,
                "only-if-cached" => directives.only_if_cached = true,
                "max-age" => directives.max_age = Some(seconds()),
                "min-fresh" => directives.min_fresh = Some(seconds()),
                "max-stale" if value.is_empty() => directives.max_stale = Some(Duration::MAX),
                "max-stale" => directives.max_stale = Some(seconds()),
                _ => {}
            }
        }
        directives
    }

    /// Whether an answer of this age, fresh for `left`, will do.
    pub fn accept(&self, age: Duration, left: Duration) -> bool {
        !self.no_cache
            && self.max_age.is_none_or(|limit| age <= limit)
            && self.min_fresh.is_none_or(|wanted| left >= wanted)
    }

    /// Whether an answer of this age will do that has not been fresh for `over`.
    ///
    /// Who says nothing takes what the operator lets be given; `max-stale` takes no more than that.
    /// With `max-age` alone nothing stale is wanted (§5.2.1.1).
    pub fn accept_stale(&self, age: Duration, over: Duration) -> bool {
        self.accept(age, Duration::ZERO)
            && (self.max_age.is_none() || self.max_stale.is_some())
            && self.min_fresh.is_none()
            && self.max_stale.is_none_or(|limit| over <= limit)
    }

    /// Whether nothing will do but an answer of now.
    pub fn insist(&self) -> bool {
        self.no_cache || self.max_age == Some(Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::CACHE_CONTROL;

    use super::*;

    fn parse(text: &'static str) -> Directives {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(text));
        Directives::parse(&headers.get_all(CACHE_CONTROL))
    }

    #[test]
    fn directives_are_read_in_any_case_and_form() {
        let found = parse("No-Store, max-age=\"3\" , foo=bar");

        assert!(found.no_store);
        assert_eq!(found.max_age, Some(Duration::from_secs(3)));
    }

    #[test]
    fn age_and_freshness_are_compared() {
        let [two, three] = [2, 3].map(Duration::from_secs);

        assert!(!parse("max-age=2").accept(three, three));
        assert!(parse("max-age=2").accept(two, three));
        assert!(!parse("min-fresh=3").accept(two, two));
        assert!(!parse("no-cache").accept(Duration::ZERO, three));
        assert!(!parse("max-age=x").accept(two, three));
    }

    #[test]
    fn stale_answer_is_accepted_unless_something_speaks_against_it() {
        let [two, three] = [2, 3].map(Duration::from_secs);

        for directives in ["", "max-stale", "max-stale=2", "max-age=3, max-stale=2"] {
            assert!(parse(directives).accept_stale(three, two), "{directives}");
        }
        for directives in [
            "no-cache",
            "no-cache, max-stale",
            "max-age=0",
            "max-age=3",
            "max-age=2, max-stale",
            "min-fresh=0",
            "max-stale=1",
            "max-stale=x",
        ] {
            assert!(!parse(directives).accept_stale(three, two), "{directives}");
        }
    }
}
