//! The codes of all errors, so that their series stand at zero from the start.

/// Every [`Kind::code`](crate::error::Kind::code).
pub(super) const CODES: [&str; 31] = [
    "malformed_path",
    "malformed_request",
    "body_too_large",
    "body_too_slow",
    "unsupported_content_type",
    "not_acceptable",
    "method_not_allowed",
    "authentication_error",
    "origin_refused",
    "forbidden_error",
    "ambiguous_principal",
    "principal_is_managed",
    "unknown_team",
    "resource_does_not_exist",
    "caller_quota_exceeded",
    "too_many_requests",
    "gateway_timeout",
    "not_cached",
    "no_upstream_token",
    "upstream_credentials_refused",
    "upstream_unreachable",
    "upstream_timeout",
    "upstream_malformed",
    "upstream_link_refused",
    "list_too_long",
    "response_too_large",
    "upstream_unavailable",
    "audit_unavailable",
    "store_unavailable",
    "draining",
    "internal_error",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn codes_are_those_that_the_error_file_gives() {
        // Read from the source: an enum whose variants carry values cannot be listed otherwise.
        let source = include_str!("../error.rs");
        let arms = source
            .split_once("pub fn code(self)")
            .and_then(|(_, rest)| rest.split_once("pub fn"))
            .map(|(arms, _)| arms)
            .unwrap();

        let given: Vec<&str> = arms.split('"').skip(1).step_by(2).collect();

        assert_eq!(given, CODES);
        assert_eq!(Kind::Internal.code(), CODES[CODES.len() - 1]);
    }
}
