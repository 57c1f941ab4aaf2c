//! What Okta says in headers: until when to wait, and where a list goes on.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{DATE, LINK};
use http::{HeaderMap, HeaderName, Uri};

/// When the limit's window begins anew, by Okta's own clock.
pub(super) fn until_reset(headers: &HeaderMap) -> Duration {
    let text = |name: &HeaderName| headers.get(name)?.to_str().ok();
    let date = text(&DATE).and_then(|date| httpdate::parse_http_date(date).ok());
    let now = date.unwrap_or_else(SystemTime::now);
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let reset = text(&RESET).and_then(|reset| reset.trim().parse().ok());
    let reset = reset.map_or(SECOND, |reset| {
        Duration::from_secs(reset).saturating_sub(now)
    });
    reset.clamp(SECOND, Duration::from_secs(60))
}

/// Path and query of the link to the next page; where it leads besides is not looked at.
pub(super) fn next(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(LINK).iter();
    let mut links = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    links.find_map(|link| {
        let (url, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = rest.split(';').any(|part| part.trim() == "rel=\"next\"");
        let uri: Uri = is_next.then(|| url.parse().ok())??;
        Some(uri.path_and_query()?.as_str().to_owned())
    })
}

const RESET: HeaderName = HeaderName::from_static("x-rate-limit-reset");
/// The shortest wait.
const SECOND: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()));
        pairs.collect()
    }

    #[test]
    fn next_page_is_told_by_path_and_query_only() {
        let link = |value: &str| next(&headers(&[(LINK, value)]));

        let other = "<https://evil.example/api/v1/users/u/groups?after=2>; rel=\"next\"";
        assert_eq!(
            link(other).as_deref(),
            Some("/api/v1/users/u/groups?after=2")
        );
        let both = "<https://o/a>; rel=\"self\", <https://o/b?c=d>; rel=\"next\"";
        assert_eq!(link(both).as_deref(), Some("/b?c=d"));
        assert_eq!(link("<https://o/a>; rel=\"self\""), None);
        assert_eq!(link("nonsense, rel=\"next\""), None);
    }

    #[test]
    fn limit_is_waited_for_by_oktas_clock_within_reason() {
        let date = "Wed, 25 Nov 2026 12:00:00 GMT";
        let wait = |reset: &str| until_reset(&headers(&[(DATE, date), (RESET, reset)]));

        assert_eq!(wait("1795608007"), Duration::from_secs(7));
        assert_eq!(wait("0"), SECOND);
        assert_eq!(wait("99999999999"), Duration::from_secs(60));
        assert_eq!(wait("soon"), SECOND);
    }
}
