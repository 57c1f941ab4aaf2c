//! Which of several answers to one target a request selects (RFC 9111 §4.1).

use http::HeaderName;
use http::header::{ACCEPT, ACCEPT_CHARSET, ACCEPT_ENCODING, ACCEPT_LANGUAGE, HeaderMap, VARY};

/// The fields that an answer was selected by, with what the request had in them; in the order of names.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Selected(Vec<(HeaderName, Option<String>)>);

impl Selected {
    /// What selected the answer with headers `answer`; nothing if no request can select it again: by
    /// `*`, or by what is no name.
    pub(super) fn by(answer: &HeaderMap, request: &HeaderMap) -> Option<Self> {
        let mut names = Vec::new();
        for line in answer.get_all(VARY) {
            let members = line.to_str().ok()?.split(',').map(str::trim);
            for name in members.filter(|name| !name.is_empty()) {
                let name = name.parse::<HeaderName>().ok().filter(|_| name != "*")?;
                names.push(name);
            }
        }
        names.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
        names.dedup();
        let with_value = |name: HeaderName| {
            let value = normal(&name, request);
            (name, value)
        };
        Some(Self(names.into_iter().map(with_value).collect()))
    }

    /// Whether `request` selects it.
    pub(super) fn is_by(&self, request: &HeaderMap) -> bool {
        let mut fields = self.0.iter();
        fields.all(|(name, value)| normal(name, request) == *value)
    }

    /// About how many bytes it takes.
    pub(super) fn weight(&self) -> usize {
        let fields = self.0.iter();
        fields
            .map(|(_, value)| 64 + value.as_ref().map_or(0, String::len))
            .sum()
    }
}

/// One spelling of all that mean the same: lines joined, space dropped; where order and case mean
/// nothing, neither counts. Nothing, if the field is not there.
fn normal(name: &HeaderName, request: &HeaderMap) -> Option<String> {
    if !request.contains_key(name) {
        return None;
    }
    let lines = request.get_all(name).iter();
    let text: Vec<_> = lines
        .map(|line| String::from_utf8_lossy(line.as_bytes()))
        .collect();
    let text = text.join(",");
    // Commas may mean anything in fields that are no lists, so nothing but the space beside them goes.
    let mut members: Vec<String> = text
        .split(',')
        .map(|member| member.trim().to_owned())
        .collect();
    if PREFERENCES.contains(name) && !text.contains('"') {
        for member in &mut members {
            member.retain(|c| !c.is_whitespace());
            member.make_ascii_lowercase();
        }
        members.retain(|member| !member.is_empty());
        members.sort_unstable();
    }
    Some(members.join(","))
}

/// Lists whose weights say what comes first (RFC 9110 §12.5), not their order.
static PREFERENCES: [HeaderName; 4] = [ACCEPT, ACCEPT_CHARSET, ACCEPT_ENCODING, ACCEPT_LANGUAGE];

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn selects(
        vary: &'static str,
        first: &[(&'static str, &'static str)],
        then: &[(&'static str, &'static str)],
    ) -> bool {
        let selected = Selected::by(&headers(&[("vary", vary)]), &headers(first));
        selected.is_some_and(|selected| selected.is_by(&headers(then)))
    }

    #[test]
    fn fields_that_are_named_must_be_alike() {
        assert!(selects("", &[("x-a", "1")], &[("x-a", "2")]));
        assert!(selects(
            "X-A",
            &[("x-a", "1"), ("x-b", "1")],
            &[("x-a", "1")]
        ));
        assert!(!selects("x-b, X-A", &[("x-a", "1")], &[("x-a", "2")]));
        assert!(!selects("x-a", &[], &[("x-a", "")]));
        assert!(selects("x-a", &[], &[]));
        assert!(!selects("x-a", &[("x-a", "A")], &[("x-a", "a")]));
        assert!(!selects("x-a", &[("x-a", "a, b")], &[("x-a", "b, a")]));
    }

    #[test]
    fn spellings_of_one_value_are_alike() {
        let split = [("x-a", "1"), ("x-a", "2")];

        assert!(selects("x-a", &[("x-a", " 1 ,2")], &split));
        assert!(selects(
            "accept-encoding",
            &[("accept-encoding", "GZIP, br; q=0.5")],
            &[("accept-encoding", "br;q=0.5,gzip")],
        ));
        assert!(!selects(
            "accept",
            &[("accept", "text/html;a=\"B\"")],
            &[("accept", "text/html;a=\"b\"")],
        ));
    }

    #[test]
    fn what_varies_by_anything_is_never_selected_again() {
        for vary in ["*", "x-a, *", "a b"] {
            assert!(!selects(vary, &[], &[]), "{vary}");
        }
    }

    #[test]
    fn order_and_repetition_of_names_do_not_matter() {
        let request = headers(&[("a", "1"), ("b", "2")]);

        let one = Selected::by(&headers(&[("vary", "a, B")]), &request);
        let other = Selected::by(&headers(&[("vary", "b"), ("vary", "A,a")]), &request);

        assert_eq!(one, other);
    }
}
