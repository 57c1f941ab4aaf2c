use http::HeaderValue;
use http::header::CACHE_CONTROL;
use httpdate::parse_http_date;

use super::*;

const DATE: &str = "Tue, 15 Nov 1994 08:12:31 GMT";

fn lifetime_with(control: &str, lines: &[(&'static str, &'static str)], status: u16) -> Lifetime {
    let mut headers = HeaderMap::new();
    headers.insert(CACHE_CONTROL, HeaderValue::from_str(control).unwrap());
    for (name, value) in lines {
        headers.append(*name, HeaderValue::from_static(value));
    }
    let date = parse_http_date(DATE).unwrap();
    let status = StatusCode::from_u16(status).unwrap();
    Lifetime::of(status, &Said::read(&headers), &headers, date, true)
}

fn lifetime(control: &str) -> Lifetime {
    lifetime_with(control, &[], 200)
}

fn judged(control: &str, age: u64, wanted: &'static str) -> Use {
    let mut headers = HeaderMap::new();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(wanted));
    lifetime(control).judge(Duration::from_secs(age), Wanted::read(&headers))
}

#[test]
fn lifetime_is_what_the_first_of_the_four_says() {
    let expires = [("expires", "Tue, 15 Nov 1994 08:13:31 GMT")];

    assert_eq!(
        lifetime_with("s-maxage=1, max-age=2", &expires, 200)
            .fresh_for
            .as_secs(),
        1
    );
    assert_eq!(
        lifetime_with("max-age=2", &expires, 200)
            .fresh_for
            .as_secs(),
        2
    );
    assert_eq!(lifetime_with("", &expires, 200).fresh_for.as_secs(), 60);
    for invalid in [("expires", "0"), ("expires", "soon"), ("expires", DATE)] {
        let lifetime = lifetime_with(
            "",
            &[invalid, ("last-modified", "Tue, 15 Nov 1994 00:00:00 GMT")],
            200,
        );
        assert_eq!(
            (lifetime.fresh_for.as_secs(), lifetime.is_explicit),
            (0, true),
            "{invalid:?}"
        );
    }
    let targeted = [expires[0], ("cdn-cache-control", "public")];
    assert!(!lifetime_with("max-age=2", &targeted, 200).is_explicit);
}

#[test]
fn guess_is_a_tenth_of_the_time_unchanged_and_at_most_a_day() {
    let hour = [("last-modified", "Tue, 15 Nov 1994 07:12:31 GMT")];
    let years = [("last-modified", "Thu, 15 Nov 1984 07:12:31 GMT")];
    let future = [("last-modified", "Wed, 15 Nov 1995 07:12:31 GMT")];

    assert_eq!(lifetime_with("", &hour, 200).fresh_for.as_secs(), 360);
    assert_eq!(lifetime_with("", &years, 404).fresh_for, DAY);
    assert_eq!(lifetime_with("", &future, 200).fresh_for.as_secs(), 0);
    assert_eq!(lifetime_with("", &hour, 302).fresh_for.as_secs(), 0);
    assert_eq!(lifetime_with("public", &hour, 302).fresh_for.as_secs(), 360);
    assert!(!lifetime_with("", &hour, 200).is_explicit);
}

#[test]
fn fresh_answer_is_given_unless_the_caller_wants_another() {
    assert_eq!(judged("max-age=10", 9, ""), Use::Fresh);
    assert_eq!(
        judged("max-age=10", 9, "max-age=9, min-fresh=1"),
        Use::Fresh
    );
    for wanted in [
        "no-cache",
        "max-age=8",
        "max-age=8, max-stale",
        "min-fresh=2",
        "max-age=x",
    ] {
        assert_eq!(
            judged("max-age=10", 9, wanted),
            Use::Validate(Miss::Refused),
            "{wanted}"
        );
    }
    assert_eq!(
        judged("max-age=10, no-cache", 0, ""),
        Use::Validate(Miss::Expired)
    );
    assert_eq!(judged("max-age=10, no-cache=\"x-a\"", 0, ""), Use::Fresh);
}

#[test]
fn stale_answer_is_given_where_both_sides_let_it() {
    assert_eq!(judged("max-age=10", 10, ""), Use::Validate(Miss::Expired));
    assert_eq!(judged("max-age=10", 15, "max-stale"), Use::Stale);
    assert_eq!(judged("max-age=10", 15, "max-stale=5"), Use::Stale);
    assert_eq!(
        judged("max-age=10", 15, "max-stale=4"),
        Use::Validate(Miss::Expired)
    );
    let refresh = "max-age=10, stale-while-revalidate=5";
    assert_eq!(judged(refresh, 15, ""), Use::Refresh);
    assert_eq!(judged(refresh, 16, ""), Use::Validate(Miss::Expired));
    assert_eq!(judged(refresh, 16, "max-stale=6"), Use::Stale);
    assert_eq!(
        judged(refresh, 15, "max-stale=1"),
        Use::Validate(Miss::Expired)
    );
    assert_eq!(
        judged(refresh, 15, "max-age=20"),
        Use::Validate(Miss::Expired)
    );
    assert_eq!(judged(refresh, 15, "max-age=20, max-stale=9"), Use::Refresh);
    assert_eq!(
        judged(refresh, 15, "no-cache"),
        Use::Validate(Miss::Expired)
    );
    assert_eq!(
        judged(refresh, 15, "min-fresh=0"),
        Use::Validate(Miss::Expired)
    );
}

#[test]
fn what_must_be_validated_is_never_given_stale() {
    for control in [
        "max-age=1, must-revalidate, stale-while-revalidate=9, stale-if-error=9",
        "max-age=1, proxy-revalidate, stale-while-revalidate=9, stale-if-error=9",
        "s-maxage=1, stale-while-revalidate=9, stale-if-error=9",
        "max-age=1, no-cache, stale-while-revalidate=9, stale-if-error=9",
    ] {
        assert_eq!(
            judged(control, 2, "max-stale"),
            Use::Validate(Miss::Expired),
            "{control}"
        );
        let age = Duration::from_secs(2);
        assert!(
            !lifetime(control).stands_in(age, Wanted::default()),
            "{control}"
        );
    }
}

#[test]
fn stale_answer_stands_in_for_a_failure_as_long_as_one_side_lets_it() {
    let age = Duration::from_secs(5);
    let asked = Wanted {
        stale_if_error: Some(Duration::from_secs(4)),
        ..Wanted::default()
    };
    let anew = Wanted {
        no_cache: true,
        ..Wanted::default()
    };

    assert!(lifetime("max-age=1, stale-if-error=4").stands_in(age, Wanted::default()));
    assert!(!lifetime("max-age=1, stale-if-error=3").stands_in(age, Wanted::default()));
    assert!(!lifetime("max-age=1").stands_in(age, Wanted::default()));
    assert!(lifetime("max-age=1").stands_in(age, asked));
    assert!(!lifetime("max-age=1, stale-if-error=9").stands_in(age, anew));
    assert_eq!(lifetime("max-age=1").ttl(age), -4);
}
