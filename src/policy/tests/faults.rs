//! What is refused, and what is said of it.

use crate::policy::Policy;

fn read(text: &str) -> Policy {
    Policy::parse("p", text).unwrap_or_else(|faults| panic!("{text}: {faults:?}"))
}

/// Everything that is wrong with `text`, each in a line.
fn wrong(text: &str) -> Vec<String> {
    let faults = Policy::parse("p", text).expect_err(text);
    faults.iter().map(|fault| fault.in_a_line(text)).collect()
}

#[track_caller]
fn assert_wrong(text: &str, said: &str) {
    let faults = wrong(text);

    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with(said), "{faults:?}");
}

#[test]
fn what_is_wrong_in_json_is_told_with_its_place() {
    let twice =
        "{\"path\": {\"a\": {\"capabilities\": [\"read\"],\n \"capabilities\": [\"list\"]}}}";

    assert_wrong(twice, "line 2, column 2: `capabilities` stands twice");
    assert_wrong("{\"quota\": -1}", "line 1, column 11: `quota` is a number");
    assert_wrong(
        "{\"path\":\n{\"a\": 5}}",
        "line 2, column 7: an object is needed here",
    );
    assert_wrong("{\"nope\": 1}", "line 1, column 2: unknown key `nope`");
    assert_wrong("{\"path\": {}", "line 1, column 11: this is not JSON");
    assert_wrong(
        "{\"path\": [1]}",
        "line 1, column 11: an object is needed here",
    );
}

#[test]
fn what_is_not_supported_is_refused_with_what_to_do() {
    let block = |line: &str| format!("path \"a\" {{\n  capabilities = [\"read\"]\n  {line}\n}}");
    for key in [
        "allowed_parameters",
        "denied_parameters",
        "required_parameters",
        "min_wrapping_ttl",
        "max_wrapping_ttl",
        "control_group",
        "mfa_methods",
    ] {
        let said = format!("line 3, column 3: `{key}` is not supported; leave it out");
        assert_wrong(&block(&format!("{key} = []")), &said);
        assert_wrong(&block(&format!("{key} = {{ \"*\" = [] }}")), &said);
        assert_wrong(&block(&format!("{key} {{\n  }}")), &said);
    }
    assert_wrong(
        "path \"a\" {\n  capabilities = [\"read\"]\n  policy = \"write\"\n}",
        "line 3, column 3: `policy` is not supported; write `capabilities = [\"create\", \"read\", \
         \"update\", \"delete\", \"list\"]`",
    );
    assert_wrong(
        &block("comment = \"x\""),
        "line 3, column 3: `comment` is not supported; write a comment",
    );
    assert_wrong(
        "path \"secret/{{identity.entity.id}}/*\" {\n  capabilities = [\"read\"]\n}",
        "line 1, column 6: templates are not supported",
    );
    assert_wrong(
        "path \"secret/${x}\" {\n  capabilities = [\"read\"]\n}",
        "line 1, column 14: templates are not supported",
    );
}

#[test]
fn unknown_keys_and_words_are_refused_where_they_stand() {
    let block = |line: &str| format!("path \"a\" {{\n  capabilities = [\"read\"]\n  {line}\n}}");

    assert_wrong(
        &block("principle = \"a/b\""),
        "line 3, column 3: unknown key `principle`; known: capab",
    );
    assert_wrong(
        "quotas = 5",
        "line 1, column 1: unknown key `quotas`; known: path, priority, quota",
    );
    assert_wrong("rule \"a\" {\n}", "line 1, column 1: unknown key `rule`");
    assert_wrong("quota = 0", "line 1, column 9: `quota` is a number");
    assert_wrong("quota = \"5\"", "line 1, column 9: `quota` is a number");
    assert_wrong(
        "quota = 99999999999",
        "line 1, column 9: `quota` is a number",
    );
    assert_wrong(
        "priority = \"high\"",
        "line 1, column 12: `priority` is one of three words",
    );
    assert_wrong(
        "path \"a\" {\n  capabilities = [\"raed\"]\n}",
        "line 2, column 19: no such capability",
    );
    assert_wrong(
        "path \"a\" {\n  capabilities = [read]\n}",
        "line 2, column 19: no such capability",
    );
    assert_wrong(
        "path \"a\" {\n  capabilities = \"read\"\n}",
        "line 2, column 18: `capabilities` is a list",
    );
    assert_wrong(
        "path \"a\" {\n  capabilities = []\n}",
        "line 2, column 18: `capabilities` is empty",
    );
    assert_wrong(
        "path \"a\" {\n}",
        "line 1, column 6: a path block says what may be done",
    );
    assert_wrong(
        &block("principal = \"acme\""),
        "line 3, column 15: `principal` is a team and",
    );
    assert_wrong(
        &block("principal = \"a/b/c\""),
        "line 3, column 15: `principal` is a team and",
    );
    assert_wrong("path {\n}", "line 1, column 1: a path block has one path");
    assert_wrong(
        "path \"a\" \"b\" {\n}",
        "line 1, column 1: a path block has one path",
    );
    assert_wrong(
        "path = \"a\"",
        "line 1, column 1: a path block has one path",
    );
}

#[test]
fn principal_of_another_team_than_the_path_is_refused() {
    let text = "path \"teams/acme/*\" {\n  capabilities = [\"read\"]\n  principal = \"beta/x\"\n}";

    assert_wrong(
        text,
        "line 3, column 15: the path is of team `acme`, the principal is not",
    );
    read(&text.replace("beta", "ACME"));
    read(&text.replace("acme", "+"));
}

#[test]
fn paths_that_no_request_has_are_refused() {
    for (path, said) in [
        ("", "a path must not be empty"),
        ("/v1/teams/a", "paths are written without `/v1/`"),
        ("v1/teams/a", "paths are written without `/v1/`"),
        ("/teams/a", "paths are written without a slash at the start"),
        ("a//b", "two slashes follow each other"),
        ("a/*/b", "`*` stands at the end of a path only"),
        ("a*b*", "`*` stands at the end of a path only"),
        ("a/+*", "`+*` is forbidden"),
        ("a/../b", "no request has such a path"),
        ("a/%2e%2E", "no request has such a path"),
        ("a/%zz", "no request has such a path"),
        ("a/%2", "no request has such a path"),
        ("a/%00", "no request has such a path"),
        (
            "a/%2B/b",
            "a wildcard cannot be written in percent-encoding",
        ),
        ("a/b%2A", "a wildcard cannot be written in percent-encoding"),
    ] {
        let text = format!("path \"{path}\" {{\n  capabilities = [\"read\"]\n}}");
        assert_wrong(&text, &format!("line 1, column 6: {said}"));
    }
}

#[test]
fn what_is_not_hcl_is_refused_where_it_breaks() {
    for (text, place) in [
        (
            "path \"a\" {\n  capabilities = [\"read\"\n",
            "line 2, column 25: this is not HCL: expected `]`",
        ),
        (
            "path \"a\" {\n  capabilities ? [\"read\"]\n}",
            "line 2, column 16: `?` has no place",
        ),
        ("quota = 5 + 5", "line 1, column 11: `+` has no place"),
        ("quota = -5", "line 1, column 9: `-` has no place"),
        ("quota = (5)", "line 1, column 9: `(` has no place"),
        (
            "priority = <<EOT\nbatch\nEOT\n",
            "line 1, column 12: `<` has no place",
        ),
        (
            "priority = \"batch",
            "line 1, column 12: a text without end",
        ),
        (
            "priority = \"ba\ntch\"",
            "line 1, column 12: a text without end",
        ),
        ("/* no end", "line 1, column 1: a comment without end"),
        ("quota = 5\nquota = 6", "line 2, column 1: this is not HCL"),
        ("prïority = 1", "line 1, column 3: "),
        ("", "line 1, column 1: the policy is empty"),
        (" \n ", "line 1, column 1: the policy is empty"),
    ] {
        let faults = wrong(text);
        assert_eq!(faults.len(), 1, "{text}: {faults:?}");
        assert!(faults[0].starts_with(place), "{text}: {faults:?}");
    }
}

#[test]
fn every_fault_is_told_in_the_order_of_the_text() {
    let text = "nope = 1\npath \"a//b\" {\n  capabilities = [\"raed\", \"lits\"]\n  zzz = 1\n}\n";

    let faults = wrong(text);

    let places: Vec<_> = faults
        .iter()
        .map(|fault| fault.split(':').next().unwrap())
        .collect();
    let expected = [
        "line 1, column 1",
        "line 2, column 6",
        "line 3, column 19",
        "line 3, column 27",
        "line 4, column 3",
    ];
    assert_eq!(places, expected, "{faults:?}");
}

#[test]
fn long_and_deep_texts_are_refused_before_they_are_parsed() {
    let long = format!("# {}\n", "x".repeat(64 * 1024));
    let deep = format!("quota = {}{}", "[".repeat(30_000), "]".repeat(30_000));
    let blocks = "a {\n".repeat(16_000);
    let json = format!("{{\"quota\": {}", "[".repeat(60_000));
    let labels = format!("path {} {{\n}}", "\"a\" ".repeat(16_000));

    assert_wrong(&long, "line 1, column 1: the policy is longer than 64 KiB");
    assert_wrong(&deep, "line 1, column 12: too deep");
    assert_wrong(&blocks, "line 4, column 3: too deep");
    assert!(wrong(&json)[0].contains("this is not JSON"));
    assert_wrong(&labels, "line 1, column 1: a path block has one path");
}
