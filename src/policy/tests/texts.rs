//! Texts: what is read, and that nothing panics.

use proptest::prelude::*;

use crate::caller::{Access, Priority};
use crate::policy::{Capability, Policy, of_access};

fn read(text: &str) -> Policy {
    Policy::parse("p", text).unwrap_or_else(|faults| panic!("{text}: {faults:?}"))
}

#[test]
fn whole_policy_is_read() {
    let text = "# For the nightly run.\n// And a second kind\n/* of comment. */\n\
                priority = \"batch\"\nquota    = 50\n\n\
                path \"teams/Acme/groups/*\" {\n  \
                  capabilities = [\n    \"read\",\n    \"list\", # both\n  ]\n  \
                  principal = \"ACME/opagate\"\n}\n\
                path \"teams/acme/users\" { capabilities = [\"list\"] }";

    let policy = read(text);

    assert_eq!(policy.priority, Some(Priority::Batch));
    assert_eq!(policy.quota.unwrap().get(), 50);
    assert_eq!(policy.rules.len(), 2);
    let rule = &policy.rules[0];
    assert_eq!(
        (rule.pattern.as_str(), rule.line),
        ("teams/Acme/groups/*", 7)
    );
    assert!(rule.capabilities.allow(Capability::List));
    assert!(!rule.capabilities.allow(Capability::Update));
    let named = rule.principal.as_ref().unwrap();
    assert_eq!(
        (named.team.as_str(), named.name.as_str()),
        ("acme", "opagate")
    );
    assert_eq!(policy.rules[1].line, 14);
}

#[test]
fn json_says_the_same_as_hcl() {
    let hcl = read(
        "quota = 5\npriority = \"background\"\npath \"a/*\" {\n  capabilities = [\"read\"]\n}\n\
         path \"b\" {\n  capabilities = [\"deny\"]\n  principal = \"t/n\"\n}",
    );

    for json in [
        r#"{"quota": 5, "priority": "background", "path": {
            "a/*": {"capabilities": ["read"]},
            "b": {"capabilities": ["deny"], "principal": "t/n"}}}"#,
        r#" {"path": [{"a/*": {"capabilities": ["read"]}},
            {"b": {"capabilities": ["deny"], "principal": "t/n"}}], "quota": 5,
            "priority": "background"}"#,
    ] {
        let json = read(json);
        assert_eq!((json.quota, json.priority), (hcl.quota, hcl.priority));
        for (a, b) in json.rules.iter().zip(&hcl.rules) {
            assert_eq!(a.pattern, b.pattern);
            assert_eq!(a.capabilities, b.capabilities);
            assert_eq!(a.principal.is_some(), b.principal.is_some());
        }
        assert_eq!(json.rules.len(), hcl.rules.len());
    }
}

#[test]
fn short_forms_stand_for_policies_that_can_be_read_again() {
    for access in [Access::Read, Access::Write] {
        let policy = of_access(access);
        let again = read(&policy.text);
        assert_eq!(again.rules, policy.rules);
        assert_eq!(policy.short_for, Some(access));
    }
}

/// Pieces of policies, so that random texts come further than the first letter.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ -~\n]{0,4}",
        any::<char>().prop_map(String::from),
        prop::sample::select(vec![
            "path ",
            "\"a/*\" ",
            "{",
            "}",
            "[",
            "]",
            "=",
            "\n",
            ",",
            "\"",
            "capabilities",
            " = ",
            "[\"read\"]",
            "[\"deny\"]",
            "principal",
            "\"t/n\"",
            "priority",
            "\"batch\"",
            "quota",
            "5",
            "# x\n",
            "//",
            "/*",
            "*/",
            "${",
            "%{",
            "<<EOT\n",
            "\\",
            "\r\n",
            "\\u00",
            "-",
            ".",
            "null",
            "path \"a\" {\n  capabilities = [\"read\"]\n}\n",
            "{\"path\":",
            "{\"a\":",
            "\u{feff}",
            "for",
            "\\\"",
            "0x",
            "1e9",
            "true",
            "a ",
            "_",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn any_text_is_read_or_refused(text in pieces()) {
        if let Err(faults) = Policy::parse("p", &text) {
            prop_assert!(!faults.is_empty());
            for fault in faults {
                prop_assert!(text.get(fault.at.clone()).is_some(), "{:?}", fault);
                prop_assert!(!fault.in_a_line(&text).is_empty());
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&bytes);
        let _read = Policy::parse("p", &text);
    }
}
