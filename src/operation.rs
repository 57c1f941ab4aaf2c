//! What is asked: method and path, parsed once.
//!
//! A path has two forms. The *raw* one is forwarded byte for byte and is part of the cache key. The
//! *canonical* one, in which every spelling of a resource is the same text, is all that
//! classification, permissions, quotas, tags, metrics and audit ever see.

mod path;
mod query;
mod table;

use http::{Method, Uri};

pub use self::path::Path;
pub(crate) use self::path::{ENCODED, canonical_segment};
pub use self::query::Query;
pub(crate) use self::table::is_vaults;
pub use self::table::{Action, Class, Effect, Endpoint, IN_GROUPS, IN_RESOURCE_GROUPS, ROWS};

use crate::error::{Error, Kind};

/// One request's question, understood.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The row of the table that it belongs to.
    pub endpoint: &'static Endpoint,
    /// Its method.
    pub method: Method,
    /// Its path.
    pub path: Path,
    /// Its query.
    pub query: Query,
}

impl Operation {
    /// Reads method, path and query.
    ///
    /// # Errors
    ///
    /// Fails with [`Kind::MalformedPath`] on a path that can be read in two ways, and with
    /// [`Kind::MethodNotAllowed`] on `TRACE` and `CONNECT`.
    pub fn parse(method: &Method, uri: &Uri) -> Result<Self, Error> {
        if method == Method::TRACE || method == Method::CONNECT {
            return Err(Kind::MethodNotAllowed.into());
        }
        let path = Path::parse(table::without_slash(uri.path()))?;
        Ok(Self {
            endpoint: table::find(method, path.canonical()),
            method: method.clone(),
            query: Query::parse(uri.query().unwrap_or_default()),
            path,
        })
    }

    /// The path and query to forward, and to compare: raw, exact duplicate pairs dropped.
    pub fn target(&self) -> String {
        let mut target = self.path.raw().to_owned();
        if !self.query.is_empty() {
            target.push('?');
            target.push_str(self.query.text());
        }
        target
    }

    /// Whether its answer may be kept or shared between callers of one principal.
    pub fn is_shareable(&self) -> bool {
        self.endpoint.action == Action::Read && self.method == Method::GET
    }

    /// Whether it changes something upstream.
    pub fn is_write(&self) -> bool {
        match self.endpoint.action {
            Action::Write(_) => true,
            Action::Read | Action::SecretRead | Action::Reveal | Action::Local => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(method: &Method, target: &str) -> Operation {
        Operation::parse(method, &target.parse().unwrap()).unwrap()
    }

    #[test]
    fn spellings_of_one_resource_are_one_operation() {
        let plain = parse(&Method::GET, "/v1/teams/demo/groups/admins");

        for spelling in [
            "/v1/teams/DEMO/groups/admins",
            "//v1/teams/demo/groups/admins",
            "/v1/teams/demo/%67roups/admins",
            "/v1/teams/%44emo/groups/%61dmins",
        ] {
            let other = parse(&Method::GET, spelling);
            assert_eq!(other.path.canonical(), plain.path.canonical(), "{spelling}");
            assert_eq!(other.endpoint.name, "groups.get", "{spelling}");
        }
    }

    #[test]
    fn unknown_paths_are_careful_operations() {
        let read = parse(&Method::GET, "/v1/teams/demo/things/1");
        let write = parse(&Method::POST, "/v1/teams/demo/things/1/poke");

        assert_eq!(read.endpoint.name, "other");
        assert!(read.is_shareable());
        assert!(write.is_write());
    }

    #[test]
    fn reads_disguised_as_post_are_not_writes() {
        let path = "/v1/teams/demo/resource_groups/r/projects/p/secrets/s";

        assert_eq!(parse(&Method::POST, path).endpoint.action, Action::Reveal);
        assert!(parse(&Method::GET, path).is_shareable());
        assert!(parse(&Method::PUT, path).is_write());
    }

    #[test]
    fn head_is_asked_but_never_shared() {
        assert!(!parse(&Method::HEAD, "/v1/teams/demo/groups").is_shareable());
    }

    #[test]
    fn trace_is_refused() {
        let error = Operation::parse(&Method::TRACE, &"/v1/teams/d/groups".parse().unwrap());

        assert_eq!(error.unwrap_err().kind(), Kind::MethodNotAllowed);
    }
}
