//! Under which key an answer is kept or shared: everything that it may depend on.

use http::{HeaderName, HeaderValue};

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
    if let Some(team) = operation.path.team() {
        part(&mut key, team.as_bytes());
    }
    part(&mut key, operation.path.raw_below_team().as_bytes());
    part(&mut key, operation.query.sorted().as_bytes());
    for (name, value) in headers {
        part(&mut key, name.as_str().as_bytes());
        part(&mut key, value.as_bytes());
    }
    key
}

fn part(key: &mut Vec<u8>, bytes: &[u8]) {
    key.extend_from_slice(&bytes.len().to_le_bytes());
    key.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method};
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
        assert_ne!(base, of("/v1/teams/demo/groups", &features));
    }

    proptest! {
        #[test]
        fn no_two_targets_share_a_key(a in "[a-z/?&=%2-4]{1,12}", b in "[a-z/?&=%2-4]{1,12}") {
            let parse = |tail: &str| {
                let target = format!("/v1/teams/demo/{tail}").parse().ok()?;
                Operation::parse(&Method::GET, &target).ok()
            };
            if let (Some(a), Some(b)) = (parse(&a), parse(&b)) {
                let same = a.path.raw() == b.path.raw() && a.query.sorted() == b.query.sorted();
                let principal = testing::principal();
                let none = HeaderMap::new();
                prop_assert_eq!(key(&principal, &a, &none) == key(&principal, &b, &none), same);
            }
        }
    }
}
