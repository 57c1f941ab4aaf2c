//! Under which key an answer is kept or shared: everything that it may depend on.
//!
//! `Vary` needs no second look-up (RFC 9111 §4.1): whatever the upstream may select by is one of the
//! headers that are forwarded, and all of these are in the key, whether it names them or not. What it
//! names beside them it has not seen, or always sees alike (`User-Agent`, `Accept-Encoding`,
//! `Authorization`: ours). So a *variant* is the same path and query under other headers; their
//! values are normalised, and their number is bounded by `held`. Only `*` says that headers decide
//! nothing, and is never kept. An upstream that forgets `Vary` mixes nothing up.

use std::borrow::Cow;

use http::header::{ACCEPT, VARY};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::caller::Principal;
use crate::operation::Operation;

/// The key of a read.
///
/// Principal, raw path with the team folded, sorted query, and every header that is forwarded; each
/// part with its length in front, so that no crafted URL equals another key.
pub fn key<'a>(
    principal: &Principal,
    operation: &Operation,
    headers: impl IntoIterator<Item = (&'a HeaderName, &'a HeaderValue)>,
) -> Vec<u8> {
    let mut key = Vec::with_capacity(192);
    part(&mut key, &principal.index.to_le_bytes());
    match operation.path.folded() {
        // Only the case of the team is folded: another spelling is another request to the upstream.
        Some((team, below)) => {
            part(&mut key, team.as_bytes());
            part(&mut key, below.as_bytes());
        }
        None => part(&mut key, operation.path.raw().as_bytes()),
    }
    part(&mut key, operation.query.sorted().as_bytes());
    for (name, value) in headers {
        part(&mut key, name.as_str().as_bytes());
        part(&mut key, &normal(name, value.as_bytes()));
    }
    key
}

/// Whether an answer depends on what no cache can compare.
pub(super) fn varies_by_anything(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(VARY).iter();
    let mut names = lines.flat_map(|line| line.as_bytes().split(|b| *b == b','));
    names.any(|name| name.trim_ascii() == b"*")
}

/// One spelling of all that mean the same (RFC 9110 §12.5.1): in `Accept` neither order nor space nor
/// the case of a type matters. What is quoted, and every other header, is left as it is.
fn normal<'a>(name: &HeaderName, value: &'a [u8]) -> Cow<'a, [u8]> {
    let is_unsettled = |b: &u8| matches!(b, b',' | b' ' | b'\t' | b'A'..=b'Z');
    if name != ACCEPT || value.contains(&b'"') || !value.iter().any(is_unsettled) {
        return Cow::Borrowed(value);
    }
    let mut members: Vec<Vec<u8>> = value.split(|b| *b == b',').map(member).collect();
    members.sort_unstable();
    Cow::Owned(members.join(&b','))
}

fn member(member: &[u8]) -> Vec<u8> {
    let mut parts = member.split(|b| *b == b';').map(<[u8]>::trim_ascii);
    let mut settled = parts.next().unwrap_or_default().to_ascii_lowercase();
    for parameter in parts {
        settled.push(b';');
        settled.extend_from_slice(parameter);
    }
    settled
}

fn part(key: &mut Vec<u8>, bytes: &[u8]) {
    key.extend_from_slice(&bytes.len().to_le_bytes());
    key.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use http::Method;
    use proptest::prelude::*;

    use super::*;
    use crate::testing;

    fn of(target: &str, headers: &HeaderMap) -> Vec<u8> {
        let operation = Operation::parse(&Method::GET, &target.parse().unwrap()).unwrap();
        key(&testing::principal(), &operation, headers)
    }

    #[test]
    fn order_of_the_query_and_case_of_the_team_do_not_matter() {
        let none = HeaderMap::new();

        assert_eq!(
            of("/v1/teams/demo/groups?a=1&b=2", &none),
            of("/v1/teams/DEMO/groups?b=2&a=1&b=2", &none)
        );
    }

    #[test]
    fn each_input_matters() {
        let none = HeaderMap::new();
        let mut features = HeaderMap::new();
        features.insert("x-okta-opa-client-features", HeaderValue::from_static("a"));
        let base = of("/v1/teams/demo/groups", &none);

        assert_ne!(base, of("/v1/teams/other/groups", &none));
        assert_ne!(base, of("/v1/teams/demo/groups?a", &none));
        assert_ne!(base, of("/v1/teams/demo/%67roups", &none));
        assert_ne!(base, of("/%761/teams/demo/groups", &none));
        assert_ne!(base, of("/v1/teams/%64emo/groups", &none));
        assert_ne!(base, of("/v1/teams/demo/groups", &features));
    }

    /// The parts of which a key is made.
    fn parts(mut key: &[u8]) -> Vec<Vec<u8>> {
        let mut parts = Vec::new();
        while let Some((length, rest)) = key.split_first_chunk() {
            let (part, rest) = rest.split_at(usize::from_le_bytes(*length));
            parts.push(part.to_vec());
            key = rest;
        }
        parts
    }

    /// A request as its key sees it: whose, of what, and what is said with it.
    #[derive(Clone, Debug)]
    struct Asked {
        principal: usize,
        target: String,
        headers: Vec<(usize, String)>,
    }

    impl Asked {
        fn any() -> impl Strategy<Value = Self> {
            let team = prop::sample::select(vec![
                "/v1/teams/demo",
                "/v1/teams/DEMO",
                "/v1/teams/dem",
                "/v1",
            ]);
            let target =
                (team, "/[a-z/?&=%2-4]{0,12}").prop_map(|(team, tail)| team.to_owned() + &tail);
            let headers = prop::collection::vec((0..NAMES.len(), "[ab,; ]{0,3}"), 0..4);
            let principal = prop::sample::select(vec![0, 1, 256, usize::MAX]);
            (principal, target, headers).prop_map(|(principal, target, headers)| Self {
                principal,
                target,
                headers,
            })
        }

        /// The same request with one of its parts as `other` has it.
        fn with_one_of(&self, other: &Self, part: u8) -> Self {
            let mut one = self.clone();
            match part {
                0 => one.principal = other.principal,
                1 => one.target.clone_from(&other.target),
                2 => one.headers.clone_from(&other.headers),
                _ => one.clone_from(other),
            }
            one
        }

        /// Its key, and beside it all of which two requests must differ in nothing to have one.
        fn key(&self) -> Option<(Vec<u8>, Vec<Vec<u8>>)> {
            let operation = Operation::parse(&Method::GET, &self.target.parse().ok()?).ok()?;
            let principal = Principal {
                index: self.principal,
                team_index: 0,
                team: "demo".into(),
                name: "gateway".into(),
            };
            let values: Option<Vec<_>> = self
                .headers
                .iter()
                .map(|(name, value)| {
                    let name = HeaderName::from_static(NAMES[*name]);
                    Some((name, HeaderValue::from_str(value.trim()).ok()?))
                })
                .collect();
            let values = values?;
            let key = key(
                &principal,
                &operation,
                values.iter().map(|(name, value)| (name, value)),
            );
            let mut own = vec![self.principal.to_le_bytes().to_vec()];
            let raw = operation.path.raw();
            match raw.strip_prefix("/v1/teams/") {
                Some(below) => {
                    let (team, below) = below.split_at(below.find('/').unwrap_or(below.len()));
                    own.extend([team.to_ascii_lowercase().into(), below.into()]);
                }
                None => own.push(raw.into()),
            }
            own.push(operation.query.sorted().into());
            for (name, value) in &values {
                own.extend([
                    name.as_str().into(),
                    normal(name, value.as_bytes()).into_owned(),
                ]);
            }
            Some((key, own))
        }
    }

    const NAMES: [&str; 3] = ["accept", "x-okta-opa-client-features", "x-okta"];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_096))]

        /// What a key is made of can be read back from it, so nothing else is made of the same.
        #[test]
        fn key_tells_all_that_it_is_made_of(asked in Asked::any()) {
            if let Some((key, own)) = asked.key() {
                prop_assert_eq!(parts(&key), own);
            }
        }

        #[test]
        fn no_two_requests_share_a_key(a in Asked::any(), other in Asked::any(), part in 0..4_u8) {
            let b = a.with_one_of(&other, part);
            if let (Some((key, own)), Some((other_key, other_own))) = (a.key(), b.key()) {
                prop_assert_eq!(key == other_key, own == other_own);
            }
        }
    }
}
