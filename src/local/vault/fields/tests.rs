use serde_json::json;

use super::*;

fn fields(value: &Value) -> Fields {
    Fields::parse(value.to_string().as_bytes()).ok().unwrap()
}

fn words<T>(result: Result<T, Said>) -> String {
    match result {
        Err(Said::Words(400, words)) => words.join(" "),
        Err(_) | Ok(_) => panic!("no words of a bad request"),
    }
}

/// A field with this value.
fn one(value: &Value) -> Fields {
    fields(&json!({ "f": value }))
}

#[test]
fn bodies_are_objects_or_nothing() {
    for nothing in ["", " \n", "{}"] {
        let fields = Fields::parse(nothing.as_bytes()).ok().unwrap();
        assert!(fields.value("f").is_none(), "{nothing}");
    }
    for bad in [
        "[]",
        "7",
        "\"x\"",
        "{",
        "{\"a\":1}x",
        "a=b",
        "null",
        "\u{feff}{}",
    ] {
        assert_eq!(
            words(Fields::parse(bad.as_bytes())),
            "error parsing JSON",
            "{bad}"
        );
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(words(Fields::parse(deep.as_bytes())), "error parsing JSON");
}

#[test]
fn texts_are_what_can_be_written_as_one() {
    for (value, expected) in [
        (json!("a"), Some("a")),
        (json!(""), Some("")),
        (json!(7), Some("7")),
        (json!(1.5), Some("1.5")),
        (json!(true), Some("1")),
        (json!(null), None),
    ] {
        let found = one(&value).text("f").ok().unwrap();
        assert_eq!(found.as_deref(), expected, "{value}");
    }
    assert!(fields(&json!({})).text("f").ok().unwrap().is_none());
    let said = words(fields(&json!({ "org_name": ["a"] })).text("org_name"));
    assert_eq!(
        said,
        "error converting input [a] for field \"org_name\": expected a string"
    );
    words(one(&json!({ "a": 1 })).text("f"));
}

#[test]
fn lists_are_arrays_or_texts_with_commas() {
    for (value, expected) in [
        (json!("a, B , c"), vec!["a", "B", "c"]),
        (json!(["a,b", " c "]), vec!["a,b", "c"]),
        (json!([1, true]), vec!["1", "1"]),
        (json!(""), vec![]),
        (json!([]), vec![]),
        (json!("a,,b"), vec!["a", "b"]),
    ] {
        let found = one(&value).list("f").ok().unwrap();
        assert_eq!(found.unwrap(), expected, "{value}");
    }
    assert!(one(&json!(null)).list("f").ok().unwrap().is_none());
    for bad in [
        json!(7),
        json!({}),
        json!([[1]]),
        json!([null]),
        json!(true),
    ] {
        assert!(words(one(&bad).list("f")).contains("expected a list"));
    }
}

#[test]
fn flags_are_gos() {
    for (value, expected) in [
        (json!(true), true),
        (json!("TRUE"), true),
        (json!("t"), true),
        (json!(1), true),
        (json!("0"), false),
        (json!(0), false),
        (json!(""), false),
    ] {
        let found = one(&value).flag("f").ok().unwrap();
        assert_eq!(found, Some(expected), "{value}");
    }
    for bad in [json!("yes"), json!([]), json!("tRUE"), json!({})] {
        words(one(&bad).flag("f"));
    }
}

#[test]
fn counts_are_whole_and_not_negative() {
    for (value, expected) in [(json!(3), 3), (json!("3"), 3), (json!(""), 0)] {
        assert_eq!(one(&value).count("f").ok().unwrap(), Some(expected));
    }
    for bad in [
        json!(-1),
        json!("-1"),
        json!(1.5),
        json!("x"),
        json!("+3"),
        json!([1]),
        json!("99999999999999999999"),
    ] {
        words(one(&bad).count("f"));
    }
}

#[test]
fn durations_are_seconds_or_have_units() {
    for (value, expected) in [
        (json!(90), 90),
        (json!("90"), 90),
        (json!("90s"), 90),
        (json!("1h30m"), 5400),
        (json!("1.5h"), 5400),
        (json!("1d"), 86_400),
        (json!("1500ms"), 1),
        (json!(""), 0),
        (json!(0), 0),
    ] {
        let found = one(&value).duration("f").ok().unwrap();
        assert_eq!(found.unwrap().as_secs(), expected, "{value}");
    }
    for bad in [
        json!(-1),
        json!("-1s"),
        json!("junk"),
        json!("1".repeat(30)),
        json!("5x"),
        json!("h"),
        json!("1h-1m"),
        json!("."),
        json!(".s"),
        json!("1..5h"),
        json!(1e300),
        json!(true),
        json!([1]),
        json!("1000000d"),
        json!("1 h"),
    ] {
        let said = words(one(&bad).duration("f"));
        assert!(said.contains("expected a duration"), "{bad} {said}");
    }
}

#[test]
fn what_may_be_a_secret_is_not_told() {
    for name in ["password", "api_token", "token", "totp", "key_secret"] {
        let said = words(fields(&json!({ name: ["canary-value"] })).text(name));
        assert!(!said.contains("canary"), "{said}");
        assert!(said.contains(name), "{said}");
    }
    let said = words(fields(&json!({ "token_ttl": "junk" })).duration("token_ttl"));
    assert!(
        said.contains("input junk for field \"token_ttl\""),
        "{said}"
    );
}

#[test]
fn what_is_told_of_a_value_is_short_and_plain() {
    let long = json!(["x\r\ny".repeat(1000)]);

    let said = words(fields(&json!({ "org_name": long })).text("org_name"));

    assert!(said.len() < 200 && !said.contains('\n'), "{said}");
}

#[test]
fn fields_within_a_field_are_read_like_others() {
    let tuned = fields(&json!({ "config": { "max_lease_ttl": "1h" } }));

    let found = tuned
        .inner("config")
        .ok()
        .unwrap()
        .duration("max_lease_ttl");

    assert_eq!(found.ok().unwrap(), Some(Duration::from_secs(3600)));
    words(fields(&json!({ "config": 7 })).inner("config"));
}
