//! The same decided by a second implementation: slow, obvious, and written from the words of Vault's
//! rules alone. It knows neither tables nor ranks, and compares whole lists of segments.

use std::cmp::Ordering;

use proptest::prelude::*;

use crate::policy::{Capability, Policy, Rights};

#[derive(Clone, Debug)]
struct Line {
    path: String,
    can: Vec<Capability>,
}

/// "`*` only at the end = prefix; `+` = one whole segment"; in Vault's namespace also the empty one at the
/// end of a list.
fn fits(rule: &str, path: &str) -> bool {
    let is_prefix = rule.ends_with('*');
    let rule = rule.trim_end_matches('*');
    let own: Vec<&str> = rule.split('/').collect();
    let asked: Vec<&str> = path.split('/').collect();
    if asked.len() < own.len() || (!is_prefix && asked.len() != own.len()) {
        return false;
    }
    (0..own.len()).all(|i| {
        (own[i] == "+" && (!asked[i].is_empty() || path.starts_with("auth/")))
            || own[i] == asked[i]
            || (is_prefix && i == own.len() - 1 && asked[i].starts_with(own[i]))
    })
}

fn is_wild(rule: &str) -> bool {
    rule.ends_with('*') || rule.split('/').any(|segment| segment == "+")
}

fn first_wildcard(rule: &str) -> usize {
    let segments: Vec<&str> = rule.split('/').collect();
    let plus = segments.iter().position(|segment| *segment == "+");
    match plus {
        Some(at) => segments[..at].iter().map(|segment| segment.len() + 1).sum(),
        None => rule.len() - 1,
    }
}

/// "later first wildcard; not ending in `*`; fewer `+`; longer; lexically greater".
fn by_priority(a: &str, b: &str) -> Ordering {
    let bare = |rule: &str| rule.trim_end_matches('*').to_owned();
    let pluses = |rule: &str| rule.split('/').filter(|segment| *segment == "+").count();
    first_wildcard(a)
        .cmp(&first_wildcard(b))
        .then((!a.ends_with('*')).cmp(&!b.ends_with('*')))
        .then(pluses(b).cmp(&pluses(a)))
        .then(bare(a).len().cmp(&bare(b).len()))
        .then(bare(a).cmp(&bare(b)))
}

/// The path of the one rule that is chosen.
fn chosen<'l>(lines: &'l [Line], path: &str, is_list: bool) -> Option<&'l str> {
    let exact = |path: &str| {
        let mut exact = lines.iter().filter(|line| !is_wild(&line.path));
        exact
            .find(|line| line.path == path)
            .map(|line| line.path.as_str())
    };
    let bare = path.trim_end_matches('/');
    let spellings = if is_list {
        vec![format!("{bare}/"), bare.to_owned()]
    } else {
        vec![path.to_owned()]
    };
    if let Some(found) = spellings.iter().find_map(|path| exact(path)) {
        return Some(found);
    }
    let wild = lines.iter().map(|line| line.path.as_str());
    wild.filter(|rule| is_wild(rule) && spellings.iter().any(|path| fits(rule, path)))
        .max_by(|a, b| by_priority(a, b))
}

/// "The same path in several policies: union, but deny beats all. No rule = 403."
fn allows(lines: &[Line], path: &str, wanted: Capability) -> bool {
    let Some(rule) = chosen(lines, path, wanted == Capability::List) else {
        return false;
    };
    let can = said(lines, rule);
    can.contains(&wanted) && !can.contains(&Capability::Deny)
}

/// On OPA's paths a rule also holds where only case differs, if it says less than a wider one: what it
/// refuses is refused.
fn allows_without_case(lines: &[Line], path: &str, wanted: Capability) -> bool {
    if !allows(lines, path, wanted) {
        return false;
    }
    if path.starts_with("auth/") {
        return true;
    }
    let granting = chosen(lines, path, wanted == Capability::List)
        .unwrap()
        .to_lowercase();
    let others = lines
        .iter()
        .filter(|line| !matches(&line.path, path, wanted))
        .filter(|line| matches(&line.path.to_lowercase(), &path.to_lowercase(), wanted));
    !others
        .map(|line| (line.path.to_lowercase(), said(lines, &line.path)))
        .any(|(rule, said)| match before(&rule, &granting) {
            Ordering::Greater => !said.contains(&wanted) || said.contains(&Capability::Deny),
            Ordering::Equal => said.contains(&Capability::Deny),
            Ordering::Less => false,
        })
}

/// Which of two rules decides.
fn before(a: &str, b: &str) -> Ordering {
    match (is_wild(a), is_wild(b)) {
        (false, false) => a.len().cmp(&b.len()),
        (false, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
        (true, true) => by_priority(a, b),
    }
}

/// Everything that is said of just this path.
fn said(lines: &[Line], path: &str) -> Vec<Capability> {
    let same = lines.iter().filter(|line| line.path == path);
    same.flat_map(|line| line.can.clone()).collect()
}

fn matches(rule: &str, path: &str, wanted: Capability) -> bool {
    let bare = path.trim_end_matches('/');
    if wanted == Capability::List {
        fits(rule, bare) || fits(rule, &format!("{bare}/"))
    } else {
        fits(rule, path)
    }
}

fn segment() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[aAbB]{1,2}",
        2 => Just("+".to_owned()),
    ]
}

fn rule_path() -> impl Strategy<Value = String> {
    let start = prop_oneof![3 => Just("teams"), 1 => Just("auth")];
    let segments = prop::collection::vec(segment(), 0..4);
    let end = prop_oneof![3 => Just(""), 1 => Just("/"), 1 => Just("*"), 1 => Just("/*"), 1 => Just("a*")];
    (start, segments, end).prop_map(|(start, mut segments, end)| {
        // A team is lower case in every path.
        if let Some(team) = segments.first_mut().filter(|_| start == "teams") {
            *team = team.to_lowercase();
        }
        segments.insert(0, start.to_owned());
        let path = segments.join("/");
        if path.ends_with('+') && end.starts_with(['*', 'a']) {
            format!("{path}/{end}")
        } else {
            format!("{path}{end}")
        }
    })
}

fn line() -> impl Strategy<Value = Line> {
    let can = prop_oneof![
        4 => prop::collection::vec(prop::sample::select(&Capability::ALL[..7]), 1..4),
        1 => Just(vec![Capability::Deny]),
    ];
    (rule_path(), can).prop_map(|(path, can)| Line { path, can })
}

fn asked_path() -> impl Strategy<Value = String> {
    let start = prop_oneof![3 => Just("teams"), 1 => Just("auth")];
    let segments = prop::collection::vec("[aAbB]{1,2}", 0..5);
    (start, segments, any::<bool>()).prop_map(|(start, mut segments, has_slash)| {
        if let Some(team) = segments.first_mut().filter(|_| start == "teams") {
            *team = team.to_lowercase();
        }
        segments.insert(0, start.to_owned());
        format!("{}{}", segments.join("/"), if has_slash { "/" } else { "" })
    })
}

fn text_of(lines: &[Line]) -> String {
    let block = |line: &Line| {
        let can: Vec<String> = line
            .can
            .iter()
            .map(|one| format!("\"{}\"", one.as_str()))
            .collect();
        format!(
            "path \"{}\" {{\n  capabilities = [{}]\n}}\n",
            line.path,
            can.join(", ")
        )
    };
    lines.iter().map(block).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn decides_as_the_words_of_the_rules_do(
        policies in prop::collection::vec(prop::collection::vec(line(), 1..6), 1..4),
        paths in prop::collection::vec(asked_path(), 8),
    ) {
        let parsed: Vec<Policy> = policies
            .iter()
            .map(|lines| Policy::parse("p", &text_of(lines)).unwrap())
            .collect();
        let rights = Rights::new(&parsed, &[]);
        let lines: Vec<Line> = policies.concat();
        for path in &paths {
            for wanted in &Capability::ALL[..7] {
                let expected = allows_without_case(&lines, path, *wanted);
                let decision = rights.decide(path, *wanted);
                prop_assert_eq!(decision.is_allowed(), expected, "{} {:?} {:?}", path, wanted, lines);
                let matched = chosen(&lines, path, *wanted == Capability::List);
                prop_assert_eq!(decision.rule().is_some(), matched.is_some());
            }
        }
    }
}
