//! Policies: what is taken, who has which, and where mistakes in them are shown.

use std::fs;

use super::*;
use crate::caller::Priority;
use crate::policy::Capability;

const TEAM: &str = "[[team]]\nname = 'acme'\nurl = 'https://acme.example'\n\
                    [[team.principal]]\nname = 'tf'\n\
                    [[team.principal.key]]\nid = '00000000-0000-4000-8000-000000000001'\n\
                    secret = 's'\n";
const CALLER: &str = "[[caller]]\nname = 'c'\n\
    token_sha256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'\n";
const GOOD: &str =
    "path \"teams/acme/*\" {\n  capabilities = [\"read\"]\n  principal = \"acme/tf\"\n}\n";

/// A file with a team, these policies, and a caller that has what `of_caller` says.
fn file(policies: &[(&str, &str)], of_caller: &str) -> String {
    let policy = |(name, text): &(&str, &str)| {
        format!("[[policy]]\nname = '{name}'\nrules = '''\n{text}'''\n")
    };
    let policies: String = policies.iter().map(policy).collect();
    format!("{TEAM}{policies}{CALLER}{of_caller}\n")
}

/// The only mistake, whole.
fn only(text: &str) -> String {
    let shown = refused(text, &[]);
    let errors = shown.lines().filter(|line| line.starts_with("error"));
    assert_eq!(errors.count(), 1, "{shown}");
    shown
}

#[test]
fn caller_has_the_policies_that_it_names() {
    let more =
        "priority = \"batch\"\nquota = 7\npath \"resolve\" {\n  capabilities = [\"update\"]\n}\n";
    let most = "priority = \"background\"\nquota = 9\n";
    let policies = [("Groups", GOOD), ("more", more), ("most", most)];

    let config = accepted(
        &file(&policies, "policies = ['groups', 'MORE', 'most']"),
        &[],
    );

    let caller = &config.callers[0];
    let names: Vec<_> = caller.policies.iter().map(|policy| &*policy.name).collect();
    assert_eq!(names, ["groups", "more", "most"]);
    assert!(
        caller.policies[0].rules[0]
            .capabilities
            .allow(Capability::Read)
    );
    assert_eq!(caller.priority, Priority::Batch);
    assert_eq!(caller.quota.per_second.unwrap().get(), 9);
    assert_eq!(caller.principals, ["acme/tf"]);
}

#[test]
fn what_a_caller_says_itself_counts_before_its_policies() {
    let policy = "priority = \"batch\"\nquota = 7\n";
    let own = "policies = ['p']\npriority = 'interactive'\nrequests_per_second = 3";

    let config = accepted(&file(&[("p", policy)], own), &[]);

    assert_eq!(config.callers[0].priority, Priority::Interactive);
    assert_eq!(config.callers[0].quota.per_second.unwrap().get(), 3);
}

#[test]
fn caller_without_any_policy_may_do_nothing() {
    let config = accepted(&file(&[], "policies = []"), &[]);

    assert!(config.callers[0].policies.is_empty());
}

#[test]
fn shown_policies_say_the_same_again() {
    let json = "{\"path\": {\"a\": {\"capabilities\": [\"read\"]}}}\n";
    let text = file(
        &[("hcl", GOOD), ("json", json)],
        "policies = ['json', 'hcl']",
    );
    let config = accepted(&text, &[]);

    let shown = show(&config);

    let again = accepted(&shown, &[]);
    assert_eq!(format!("{again:#?}"), format!("{config:#?}"));
    assert_eq!(show(&again), shown);
}

#[test]
fn mistake_in_the_rules_is_shown_where_it_stands() {
    let bad = "path \"teams/acme/*\" {\n  capabilities = [\"raed\"]\n}\n";

    let shown = only(&file(&[("p", bad)], "policies = ['p']"));

    let expected = "\
error: no such capability `raed`
  --> opagate.toml:13:19
   |
13 |   capabilities = [\"raed\"]
   |                   ^^^^^^ not known
   |
   = help: write a list of these, in quotes: create, read, update, delete, list, patch, sudo, deny
";
    assert!(shown.starts_with(expected), "{shown}");
}

#[test]
fn mistake_in_a_file_is_shown_in_that_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("users.hcl");
    fs::write(&path, "# users\npath \"teams/acme/users/*\" {\n  allowed_parameters = []\n  capabilities = [\"read\"]\n}\n").unwrap();
    let text = format!("[[policy]]\nname = 'users'\nfile = '{}'\n", path.display());

    let shown = only(&text);

    assert!(
        shown.contains("error: `allowed_parameters` is not supported"),
        "{shown}"
    );
    assert!(
        shown.contains(&format!("--> {}:3:3", path.display())),
        "{shown}"
    );
    assert!(shown.contains("3 |   allowed_parameters = []"), "{shown}");
    fs::write(&path, GOOD.replace("acme/tf", "acme/tg")).unwrap();
    let shown = only(&format!("{TEAM}{text}"));
    assert!(shown.contains("did you mean \"acme/tf\"?"), "{shown}");
    assert!(shown.contains("users.hcl:3:15"), "{shown}");
}

#[test]
fn mistake_in_completed_rules_is_told_with_its_line() {
    let text = "[[policy]]\nname = 'p'\nrules = \"path \\\"${P:-a//b}\\\" {\\n capabilities = [\\\"read\\\"]\\n}\"\n";

    let shown = only(text);

    assert!(
        shown.contains("error: line 1, column 6: two slashes"),
        "{shown}"
    );
    assert!(shown.contains("--> opagate.toml:3:9"), "{shown}");
}

#[test]
fn policies_that_cannot_be_had_are_refused() {
    for (policies, of_caller, said) in [
        (
            vec![("p", GOOD)],
            "policies = ['q']",
            "may only have policies that are configured",
        ),
        (
            vec![("p", GOOD), ("P", GOOD)],
            "policies = ['p']",
            "two of the same policy",
        ),
        (
            vec![("root", GOOD)],
            "access = 'read'",
            "`policy.name` must not be `root`",
        ),
        (
            vec![("p", GOOD)],
            "policies = ['p']\naccess = 'read'",
            "`policies` or `access`, not both",
        ),
        (
            vec![("p", GOOD)],
            "policies = ['p']\nprincipals = ['acme/tf']",
            "`policies` or `principals`, not both",
        ),
        (
            vec![("p", GOOD)],
            "policies = 'p'",
            "must be a list of strings",
        ),
    ] {
        let shown = only(&file(&policies, of_caller));
        assert!(shown.contains(said), "{shown}");
    }
    for (policy, said) in [
        ("", "a policy needs its rules"),
        ("rules = ''", "`policy.rules` must not be empty"),
        (
            "rules = 'quota = 1'\nfile = '/x'",
            "`rules` or a `file`, not both",
        ),
        ("file = '/nowhere/p.hcl'", "cannot be read"),
        (
            "rule = 'quota = 1'\nrules = 'quota = 1'",
            "unknown key `rule`",
        ),
    ] {
        let shown = only(&format!("[[policy]]\nname = 'p'\n{policy}\n"));
        assert!(shown.contains(said), "{shown}");
    }
}

#[test]
fn unknown_principal_in_a_rule_is_shown_with_the_one_that_is_meant() {
    let shown = only(&file(
        &[("p", &GOOD.replace("acme/tf", "acme/tg"))],
        "policies = ['p']",
    ));

    assert!(shown.contains("did you mean \"acme/tf\"?"), "{shown}");
    assert!(shown.contains("14 |   principal = \"acme/tg\""), "{shown}");
}
