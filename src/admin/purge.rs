//! What can be dropped from the cache.

use http::StatusCode;
use serde::Deserialize;

use super::answer::Refusal;
use crate::operation::Path;

/// What is to be dropped from the cache.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Purge {
    /// The resource at this canonical path and all below it.
    Prefix(String),
    /// The resource at this canonical path, whatever the query, and nothing below it.
    Path(String),
    /// All that was read in the name of this principal.
    Principal {
        /// Its team, lower case.
        team: String,
        /// Its name.
        name: String,
    },
    /// Everything.
    All,
}

const MALFORMED: Refusal = Refusal::new(
    StatusCode::BAD_REQUEST,
    "malformed_request",
    "the body must be one of {\"prefix\":\"/v1/…\"}, {\"path\":\"/v1/…\"}, {\"principal\":\"team/name\"}, {\"all\":true}",
);
const MALFORMED_PATH: Refusal = Refusal::new(
    StatusCode::BAD_REQUEST,
    "malformed_path",
    "what is dropped must be a path as a request has it: a slash first and none last, no query",
);

impl Purge {
    /// Reads the body of a request.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        match serde_json::from_slice(body).map_err(|_| MALFORMED)? {
            Raw::Prefix(prefix) => Ok(match canonical(&prefix)? {
                root if root == "/" => Self::All,
                path => Self::Prefix(path),
            }),
            Raw::Path(path) => canonical(&path).map(Self::Path),
            Raw::Principal(principal) => match principal.split_once('/') {
                Some((team, name)) if !team.is_empty() && !name.is_empty() => Ok(Self::Principal {
                    team: team.to_ascii_lowercase(),
                    name: name.to_owned(),
                }),
                Some(_) | None => Err(MALFORMED),
            },
            Raw::All(true) => Ok(Self::All),
            Raw::All(false) => Err(MALFORMED),
        }
    }
}

fn canonical(path: &str) -> Result<String, Refusal> {
    if !path.starts_with('/') || path.contains(['?', '#']) {
        return Err(MALFORMED_PATH);
    }
    let path = Path::parse(path).map_err(|_| MALFORMED_PATH)?;
    Ok(path.canonical().to_owned())
}

/// One key, one value.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Raw {
    Prefix(String),
    Path(String),
    Principal(String),
    All(bool),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_prefix_are_one() {
        let purge = Purge::parse(br#"{"prefix": "//v1/teams/DEMO/%67roups"}"#).unwrap();

        assert_eq!(purge, Purge::Prefix("/v1/teams/demo/groups".to_owned()));
    }

    #[test]
    fn what_is_not_one_clear_wish_is_refused() {
        for body in [
            "",
            "{}",
            "[]",
            r#"{"all": false}"#,
            r#"{"all": true, "prefix": "/v1"}"#,
            r#"{"prefix": ""}"#,
            r#"{"prefix": "v1/teams"}"#,
            r#"{"prefix": "/v1/../x"}"#,
            r#"{"prefix": "/v1/x?count=1"}"#,
            r#"{"path": "/v1/x/"}"#,
            r#"{"principal": "tf"}"#,
            r#"{"principal": "/tf"}"#,
            r#"{"tag": "x"}"#,
        ] {
            let refused = Purge::parse(body.as_bytes()).unwrap_err();
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{body}");
        }
    }
}
