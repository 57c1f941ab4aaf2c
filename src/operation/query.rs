//! A query: its pairs without exact duplicates, and what of it means paging.

use percent_encoding::percent_decode_str;
use smallvec::SmallVec;

/// The query of a request.
///
/// The vendor's client repeats its filters on each next page, so exact duplicates are dropped;
/// `id` and `status` may rightly stand there several times, so only those.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Query {
    text: Box<str>,
    /// `None` while it is equal to `text`, as for most requests.
    sorted: Option<Box<str>>,
    is_paged: bool,
}

impl Query {
    /// Reads what stands behind the `?`.
    pub fn parse(text: &str) -> Self {
        if text.is_empty() {
            return Self::default();
        }
        let mut pairs: SmallVec<[&str; 8]> = SmallVec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            if pairs.len() >= MAX_PAIRS || !pairs.contains(&pair) {
                pairs.push(pair);
            }
        }
        let text = pairs.join("&").into_boxed_str();
        let is_paged = pairs.iter().any(|pair| is_paging(pair));
        let sorted = (!pairs.is_sorted()).then(|| {
            pairs.sort_unstable();
            pairs.join("&").into_boxed_str()
        });
        Self {
            text,
            sorted,
            is_paged,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// In the order sent.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// In the order of the cache key.
    pub fn sorted(&self) -> &str {
        self.sorted.as_deref().unwrap_or(&self.text)
    }

    /// Whether the caller pages itself.
    pub fn is_paged(&self) -> bool {
        self.is_paged
    }
}

fn is_paging(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default();
    let name = percent_decode_str(name).decode_utf8_lossy();
    PAGING.contains(&name.as_ref())
}

/// OPA pages by `count`, `offset` and `prev`; its governance paths by `limit` and `after`.
const PAGING: [&str; 5] = ["count", "offset", "prev", "limit", "after"];

/// More pairs than any OPA list takes; beyond it duplicates stay, for looking would be quadratic work.
const MAX_PAIRS: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_duplicates_are_dropped() {
        let query = Query::parse("contains=a&status=ACTIVE&contains=a&status=DELETED");

        assert_eq!(query.text(), "contains=a&status=ACTIVE&status=DELETED");
    }

    #[test]
    fn order_does_not_matter_for_the_key() {
        assert_eq!(
            Query::parse("b=1&a=2").sorted(),
            Query::parse("a=2&b=1").sorted()
        );
    }

    #[test]
    fn paging_is_seen_in_every_spelling() {
        assert!(Query::parse("contains=x&count=2").is_paged());
        assert!(Query::parse("%6fffset=x").is_paged());
        assert!(!Query::parse("contains=count").is_paged());
    }
}
