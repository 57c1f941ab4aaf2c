//! A path in its two forms.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::error::{Error, Kind};

/// The path of a request; see the [module](super) for its two forms.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Path {
    raw: Box<str>,
    /// `None` while it is equal to `raw`, as for most requests.
    canonical: Option<Box<str>>,
    /// Where the team's name stands in the canonical path, empty if there is none.
    team: (usize, usize),
}

impl Path {
    /// Reads the path of a request target.
    ///
    /// Slashes doubled at the very start are collapsed: the vendor's client sends them.
    ///
    /// # Errors
    ///
    /// Fails with [`Kind::MalformedPath`] on empty, `.` and `..` segments, on control characters,
    /// on percent-encoding that is broken or not UTF-8, and on a slash inside the team's name.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let below = text.trim_start_matches('/');
        let mut raw = String::with_capacity(below.len() + 1);
        raw.push('/');
        raw.push_str(below);
        match plain(&raw) {
            Some(team) => Ok(Self {
                raw: raw.into_boxed_str(),
                canonical: None,
                team,
            }),
            None => Self::encode(raw),
        }
    }

    /// Reads a path segment by segment.
    fn encode(raw: String) -> Result<Self, Error> {
        let mut canonical = String::with_capacity(raw.len());
        let mut team = (0, 0);
        let mut is_team_path = false;
        for (depth, segment) in raw.split('/').skip(1).enumerate() {
            if segment.is_empty() && raw.len() > 1 {
                return Err(Kind::MalformedPath.into());
            }
            let segment = canonical_segment(segment)?;
            canonical.push('/');
            let start = canonical.len();
            if depth == 2 && is_team_path {
                if segment.contains("%2F") {
                    return Err(Kind::MalformedPath.into());
                }
                canonical.extend(segment.chars().map(|c| c.to_ascii_lowercase()));
                team = (start, canonical.len());
            } else {
                canonical.push_str(&segment);
            }
            is_team_path = depth == 1 && canonical == "/v1/teams";
        }
        Ok(Self {
            canonical: (canonical != raw).then(|| canonical.into_boxed_str()),
            raw: raw.into_boxed_str(),
            team,
        })
    }

    /// As it came, but for slashes doubled at the start; what is forwarded.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The one spelling of the resource.
    pub fn canonical(&self) -> &str {
        self.canonical.as_deref().unwrap_or(&self.raw)
    }

    /// The team, lower case, if the path stands under one.
    pub fn team(&self) -> Option<&str> {
        let team = self.canonical().get(self.team.0..self.team.1)?;
        (!team.is_empty()).then_some(team)
    }

    /// The team, lower case, and what stands below it as it came; `None` if there is no team or if
    /// what stands above is spelled in another way than usual.
    pub fn folded(&self) -> Option<(&str, &str)> {
        let team = self.team()?;
        let below = self.raw.strip_prefix(TEAMS)?;
        let (own, below) = below.split_at_checked(team.len())?;
        let is_whole = below.is_empty() || below.starts_with('/');
        (own.eq_ignore_ascii_case(team) && is_whole).then_some((team, below))
    }

    /// What stands below the team, without leading slash; the path without leading slash if there
    /// is no team.
    pub fn below_team(&self) -> &str {
        let rest = self.canonical().get(self.team.1..).unwrap_or_default();
        rest.strip_prefix('/').unwrap_or(rest)
    }
}

/// Where the team stands in a path that is canonical as it is, as nearly all are.
fn plain(raw: &str) -> Option<(usize, usize)> {
    let mut before = b' ';
    for byte in raw.bytes() {
        let is_allowed = if byte == b'/' {
            before != b'/'
        } else {
            is_plain(byte)
        };
        if !is_allowed {
            return None;
        }
        before = byte;
    }
    if before == b'/' {
        return None;
    }
    let Some(below) = raw.strip_prefix(TEAMS) else {
        return Some((0, 0));
    };
    let team = below.split('/').next().unwrap_or_default();
    let is_lower = !team.bytes().any(|b| b.is_ascii_uppercase());
    is_lower.then_some((TEAMS.len(), TEAMS.len() + team.len()))
}

/// What stands in a segment as it is, and never makes it `.` or `..`.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~')
}

/// What the name of a team stands behind.
const TEAMS: &str = "/v1/teams/";

/// Decodes one segment and encodes it again by one rule.
///
/// # Errors
///
/// Fails with [`Kind::MalformedPath`] on `.` and `..`, on control characters, and on
/// percent-encoding that is broken or not UTF-8.
pub(crate) fn canonical_segment(segment: &str) -> Result<Cow<'_, str>, Error> {
    if segment.bytes().all(is_plain) {
        return Ok(Cow::Borrowed(segment));
    }
    if !is_well_encoded(segment.as_bytes()) {
        return Err(Kind::MalformedPath.into());
    }
    let decoded = percent_decode_str(segment)
        .decode_utf8()
        .map_err(|_| Kind::MalformedPath)?;
    if decoded == "." || decoded == ".." || decoded.chars().any(char::is_control) {
        return Err(Kind::MalformedPath.into());
    }
    Ok(Cow::Owned(
        utf8_percent_encode(&decoded, ENCODED).to_string(),
    ))
}

/// Whether each `%` is followed by two hexadecimal digits.
fn is_well_encoded(segment: &[u8]) -> bool {
    let mut bytes = segment.iter();
    while let Some(byte) = bytes.next() {
        let is_digit = |b: Option<&u8>| b.is_some_and(u8::is_ascii_hexdigit);
        if *byte == b'%' && !(is_digit(bytes.next()) && is_digit(bytes.next())) {
            return false;
        }
    }
    true
}

/// All but what RFC 3986 §3.3 allows in a segment as it is.
pub(crate) const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_path_is_its_own_canonical_form() {
        let path = Path::parse("/v1/teams/demo/groups").unwrap();

        assert_eq!(path.canonical(), "/v1/teams/demo/groups");
        assert_eq!(path.team(), Some("demo"));
        assert_eq!(path.below_team(), "groups");
    }

    #[test]
    fn raw_form_is_kept_byte_for_byte() {
        let path = Path::parse("//v1/teams/Demo/groups/a%2fb%20c@d").unwrap();

        assert_eq!(path.raw(), "/v1/teams/Demo/groups/a%2fb%20c@d");
        assert_eq!(path.canonical(), "/v1/teams/demo/groups/a%2Fb%20c@d");
    }

    #[test]
    fn paths_that_can_be_read_in_two_ways_are_refused() {
        for bad in [
            "/v1/teams/demo/../x",
            "/v1/teams/demo/%2e%2E/x",
            "/v1/teams/demo/./x",
            "/v1/teams/demo//groups",
            "/v1/teams/demo/groups/",
            "/v1/teams/de%2Fmo/groups",
            "/v1/teams/demo/%00",
            "/v1/teams/demo/%0d%0a",
            "/v1/teams/demo/%zz",
            "/v1/teams/demo/%4",
            "/v1/teams/demo/%ff",
        ] {
            let error = Path::parse(bad).unwrap_err();
            assert_eq!(error.kind(), Kind::MalformedPath, "{bad}");
        }
    }

    #[test]
    fn root_has_no_team() {
        assert_eq!(Path::parse("/").unwrap().team(), None);
        assert_eq!(Path::parse("/v1/resolve").unwrap().team(), None);
        assert_eq!(Path::parse("/v1/xteams/demo").unwrap().team(), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_canonical_is_stable(text in "/.{0,80}") {
            if let Ok(path) = Path::parse(&text) {
                let again = Path::parse(path.canonical()).unwrap();
                prop_assert_eq!(again.canonical(), path.canonical());
            }
        }

        #[test]
        fn path_that_is_plain_is_read_as_segment_by_segment(
            text in "(/v1/teams)?(/[a-cA-Z_~.%2-]{0,4}){0,4}",
        ) {
            let raw = format!("/{}", text.trim_start_matches('/'));
            if plain(&raw).is_some() {
                prop_assert_eq!(Path::parse(&text).unwrap(), Path::encode(raw).unwrap());
            }
        }

        #[test]
        fn encoding_any_byte_does_not_change_the_resource(name in "[a-z.@ ]{3,12}", at in 0usize..12) {
            prop_assume!(name != "...");
            let plain: String = name.replace(' ', "%20");
            let spelled: String = name
                .bytes()
                .enumerate()
                .map(|(i, b)| if i == at || b == b' ' { format!("%{b:02x}") } else { char::from(b).to_string() })
                .collect();
            let plain = Path::parse(&format!("/v1/teams/t/{plain}")).unwrap();
            let spelled = Path::parse(&format!("/v1/teams/t/{spelled}")).unwrap();
            prop_assert_eq!(plain.canonical(), spelled.canonical());
        }
    }
}
