use http::HeaderValue;

use super::*;

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(*name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn said(text: &str) -> Said {
    Said::read(&headers(&[("cache-control", text)]))
}

fn targeted(cdn: &str) -> Said {
    Said::read(&headers(&[
        ("cache-control", "max-age=1, no-store"),
        ("cdn-cache-control", cdn),
    ]))
}

fn wanted(text: &str) -> Wanted {
    Wanted::read(&headers(&[("cache-control", text)]))
}

const fn secs(seconds: u64) -> Option<Duration> {
    Some(Duration::from_secs(seconds))
}

fn names(names: &[&'static str]) -> Extent {
    Extent::Fields(
        names
            .iter()
            .map(|name| HeaderName::from_static(name))
            .collect(),
    )
}

#[test]
fn directives_are_read_in_any_case_form_and_line() {
    let lines = [
        ("cache-control", "Max-Age=\"3\",, PUBLIC"),
        ("cache-control", "s-maxage=4"),
    ];

    let said = Said::read(&headers(&lines));

    assert_eq!(
        (said.max_age, said.s_maxage, said.public),
        (secs(3), secs(4), true)
    );
}

#[test]
fn first_of_two_counts() {
    assert_eq!(said("max-age=1, max-age=9").max_age, secs(1));
}

#[test]
fn invalid_numbers_are_no_freshness_and_large_ones_are_for_ever() {
    for text in [
        "max-age=x",
        "max-age",
        "max-age=-1",
        "max-age=1.5",
        "max-age=",
        "max-age = 5",
    ] {
        assert_eq!(said(text).max_age, secs(0), "{text}");
    }
    assert_eq!(
        said("max-age=99999999999999999999999").max_age,
        secs(LONGEST)
    );
}

#[test]
fn what_stands_in_quotes_is_no_directive() {
    let said = said(r#"ext="no-store, \", max-age=1", max-age=2"#);

    assert_eq!((said.no_store, said.max_age), (false, secs(2)));
}

#[test]
fn fields_are_read_and_anything_else_is_about_the_whole() {
    let fields = said(r#"private="Set-Cookie, x-a", no-cache=x-b, no-cache="x-c""#);
    let whole = said(r#"private="", no-cache="x-a", no-cache"#);

    assert_eq!(fields.private, names(&["set-cookie", "x-a"]));
    assert_eq!(fields.no_cache, names(&["x-b", "x-c"]));
    assert_eq!(
        (whole.private, whole.no_cache),
        (Extent::Whole, Extent::Whole)
    );
    assert_eq!(said("private=\"a b\"").private, Extent::Whole);
}

#[test]
fn targeted_field_wins_if_it_is_well_formed() {
    let said = targeted("max-age=60;x=1, no-cache=\"x-a\", public=?0");

    assert_eq!(
        (said.max_age, said.no_store, said.public),
        (secs(60), false, false)
    );
    assert_eq!(said.no_cache, names(&["x-a"]));
    for malformed in [
        "",
        "max-age=",
        "MAX-AGE=60",
        "max-age=60,",
        "max-age=60 public",
    ] {
        assert_eq!(targeted(malformed).max_age, secs(1), "{malformed}");
        assert!(targeted(malformed).no_store, "{malformed}");
    }
    // Numbers are numbers there.
    for text in ["max-age=\"60\"", "max-age=1.5", "max-age=-1", "max-age"] {
        assert_eq!(targeted(text).max_age, secs(0), "{text}");
    }
}

#[test]
fn wishes_of_a_request_are_read() {
    let all = wanted("max-age=1, min-fresh=2, max-stale, no-store, only-if-cached, no-cache");

    assert_eq!((all.max_age, all.min_fresh), (secs(1), secs(2)));
    assert_eq!(all.max_stale, Some(Duration::MAX));
    assert!(all.no_store && all.only_if_cached && all.no_cache);
    assert_eq!(wanted("max-stale=5").max_stale, secs(5));
    assert_eq!(wanted("max-stale=x").max_stale, secs(0));
    assert_eq!(wanted("min-fresh=x").min_fresh, Some(Duration::MAX));
    assert_eq!(wanted("stale-if-error=7").stale_if_error, secs(7));
}

#[test]
fn pragma_counts_only_without_cache_control() {
    assert!(Wanted::read(&headers(&[("pragma", "x, No-Cache")])).no_cache);
    let both = [("pragma", "no-cache"), ("cache-control", "max-age=1")];
    assert!(!Wanted::read(&headers(&both)).no_cache);
}
