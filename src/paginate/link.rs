//! `Link` headers (RFC 8288) of an upstream that is not trusted with where they lead.

use http::header::LINK;
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderValue, Uri};

use crate::operation::{Path, Query};

/// Why a link is not followed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum LinkError {
    /// It leads to a page that was read already.
    #[error("the next page was read already")]
    Loop,
    /// It leads to another origin or another resource.
    #[error("the next page is on another origin or path")]
    Origin,
    /// It cannot be read in one way only.
    #[error("the link header cannot be understood")]
    Malformed,
}

impl LinkError {
    /// The word in metrics.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Loop => "loop",
            Self::Origin => "origin",
            Self::Malformed => "malformed",
        }
    }
}

/// Where the links of one answer lead, as path and query on the upstream.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Links {
    pub(super) next: Option<String>,
    pub(super) prev: Option<String>,
}

impl Links {
    /// Reads all `Link` lines. Only `next` and `prev` are kept; they must stay on `path`.
    pub(super) fn parse(headers: &HeaderMap, path: &str, origin: &Uri) -> Result<Self, LinkError> {
        let mut links = Self::default();
        for line in headers.get_all(LINK) {
            let line = line.to_str().map_err(|_| LinkError::Malformed)?;
            links.read_line(line, path, origin)?;
        }
        Ok(links)
    }

    fn read_line(&mut self, line: &str, path: &str, origin: &Uri) -> Result<(), LinkError> {
        let mut rest = line.trim();
        while !rest.is_empty() {
            let inner = rest.strip_prefix('<').ok_or(LinkError::Malformed)?;
            let (target, after) = inner.split_once('>').ok_or(LinkError::Malformed)?;
            let (parameters, following) = split_parameters(after)?;
            for relation in relations(parameters) {
                let place = match relation.to_ascii_lowercase().as_str() {
                    "next" => &mut self.next,
                    "prev" | "previous" => &mut self.prev,
                    _ => continue,
                };
                let target = resolve(target, path, origin)?;
                if place.replace(target).is_some() {
                    return Err(LinkError::Malformed);
                }
            }
            rest = following.trim_start();
        }
        Ok(())
    }

    /// One joined line, because the vendor's client reads only the first.
    pub(super) fn to_line(&self) -> Option<HeaderValue> {
        let link = |target: &Option<String>, relation| {
            let target = target.as_ref()?.replace(',', "%2C").replace(';', "%3B");
            Some(format!("<{target}>; rel=\"{relation}\""))
        };
        let both = [link(&self.next, "next"), link(&self.prev, "prev")];
        let line = both.into_iter().flatten().collect::<Vec<_>>().join(", ");
        HeaderValue::from_str(&line)
            .ok()
            .filter(|line| !line.is_empty())
    }
}

/// Splits what follows a target into its parameters and the next link, minding quotes.
fn split_parameters(text: &str) -> Result<(&str, &str), LinkError> {
    let mut is_quoted = false;
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b',' if !is_quoted => {
                let (parameters, rest) = text.split_at(at);
                return Ok((parameters, rest.strip_prefix(',').unwrap_or(rest)));
            }
            _ => {}
        }
    }
    if is_quoted {
        Err(LinkError::Malformed)
    } else {
        Ok((text, ""))
    }
}

/// The relations of the first `rel` (RFC 8288 §3.3: later ones are ignored).
fn relations(parameters: &str) -> impl Iterator<Item = &str> {
    let rel = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("rel")
            .then(|| value.trim().trim_matches('"'))
    });
    rel.unwrap_or_default().split_ascii_whitespace()
}

/// The path and query of `target`, if it stays on the upstream and on the list's own path.
fn resolve(target: &str, path: &str, origin: &Uri) -> Result<String, LinkError> {
    let local = match target.strip_prefix('?') {
        Some(query) => on_origin(&format!("{path}?{query}"), origin),
        None => on_origin(target, origin),
    };
    let local = local.ok_or(LinkError::Origin)?;
    let (own_path, query) = local.split_once('?').unwrap_or((&local, ""));
    let same = |a: &str, b: &str| {
        let both = Path::parse(a).ok().zip(Path::parse(b).ok());
        both.is_some_and(|(a, b)| a.canonical() == b.canonical())
    };
    if !same(own_path, path) || !local.is_ascii() {
        return Err(LinkError::Origin);
    }
    // The list's own spelling, and no filter twice.
    let query = Query::parse(query);
    Ok(if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", query.text())
    })
}

/// The path and query of a reference, if it is on `origin`.
pub(super) fn on_origin(reference: &str, origin: &Uri) -> Option<String> {
    let is_suspect = |c: char| c == '\\' || c.is_whitespace() || c.is_control();
    if reference.contains(is_suspect) || reference.starts_with("//") {
        return None;
    }
    let reference = reference.split('#').next()?;
    let uri: Uri = reference.parse().ok()?;
    if let Some(authority) = uri.authority() {
        let is_same = uri.scheme() == origin.scheme()
            && origin
                .authority()
                .is_some_and(|own| is_same(authority, own, uri.scheme()));
        if !is_same {
            return None;
        }
    } else if !reference.starts_with('/') {
        return None;
    }
    uri.path_and_query().map(ToString::to_string)
}

fn is_same(a: &Authority, b: &Authority, scheme: Option<&Scheme>) -> bool {
    let default = if scheme == Some(&Scheme::HTTPS) {
        443
    } else {
        80
    };
    let has_user = |authority: &Authority| authority.as_str().contains('@');
    !has_user(a)
        && !has_user(b)
        && a.host().eq_ignore_ascii_case(b.host())
        && a.port_u16().unwrap_or(default) == b.port_u16().unwrap_or(default)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PATH: &str = "/v1/teams/demo/groups";

    fn parse(lines: &[&str]) -> Result<Links, LinkError> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(LINK, HeaderValue::from_str(line).unwrap());
        }
        Links::parse(
            &headers,
            PATH,
            &Uri::from_static("https://acme.pam.okta.com"),
        )
    }

    fn next(line: &str) -> Result<Option<String>, LinkError> {
        parse(&[line]).map(|links| links.next)
    }

    #[test]
    fn link_is_read_in_every_form_seen() {
        let expected = Ok(Some(format!("{PATH}?offset=1")));
        for line in [
            "<https://acme.pam.okta.com/v1/teams/demo/groups?offset=1>; rel=\"next\"",
            "<https://ACME.pam.okta.com:443/v1/teams/demo/groups?offset=1>; rel=next",
            "</v1/teams/demo/groups?offset=1>; rel=\"next\"",
            "<?offset=1>; rel=\"last next\"",
            "</v1/teams/DEMO/groups?offset=1&offset=1>;title=\"a, b\"; REL=next",
            "</v1/teams/demo/groups?offset=0>; rel=prev, </v1/teams/demo/groups?offset=1>; rel=next",
        ] {
            assert_eq!(next(line), expected, "{line}");
        }
    }

    #[test]
    fn separate_lines_are_one_header() {
        let links = parse(&["<?offset=1>; rel=next", "<?prev=true>; rel=prev"]).unwrap();

        let line = links.to_line().unwrap();
        assert_eq!(
            line,
            "</v1/teams/demo/groups?offset=1>; rel=\"next\", </v1/teams/demo/groups?prev=true>; rel=\"prev\""
        );
    }

    #[test]
    fn link_that_leads_elsewhere_is_refused() {
        for target in [
            "https://evil.test/v1/teams/demo/groups?offset=1",
            "http://acme.pam.okta.com/v1/teams/demo/groups?offset=1",
            "https://acme.pam.okta.com:444/v1/teams/demo/groups?offset=1",
            "https://a@acme.pam.okta.com/v1/teams/demo/groups?offset=1",
            "https://acme.pam.okta.com@evil.test/v1/teams/demo/groups",
            "//evil.test/v1/teams/demo/groups",
            "/\\evil.test/v1/teams/demo/groups",
            "/v1/teams/other/groups?offset=1",
            "/v1/teams/demo/users?offset=1",
            "/v1/teams/demo/groups/../users",
            "file:///etc/passwd",
            "groups?offset=1",
        ] {
            assert_eq!(
                next(&format!("<{target}>; rel=next")),
                Err(LinkError::Origin),
                "{target}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_in_one_way_is_refused() {
        for line in [
            "garbage",
            "<?a; rel=next",
            "<?a>; rel=\"next",
            "<?a>; rel=next, <?b>; rel=next",
        ] {
            assert_eq!(next(line), Err(LinkError::Malformed), "{line}");
        }
    }

    #[test]
    fn commas_and_semicolons_are_encoded_for_clients_that_split_on_them() {
        let links = parse(&["<?contains=a,b;c>; rel=next"]).unwrap();

        assert_eq!(
            links.to_line().unwrap(),
            "</v1/teams/demo/groups?contains=a%2Cb%3Bc>; rel=\"next\""
        );
    }

    proptest! {
        #[test]
        fn nothing_panics_and_nothing_leaves_the_origin(target in "[ -~]{0,60}") {
            if let Ok(Some(next)) = next(&format!("<{target}>; rel=next")) {
                prop_assert!(next.starts_with(PATH));
            }
        }
    }
}
