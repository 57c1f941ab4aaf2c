//! Cases as data: `cases.txt` says how it is written.

use http::Method;

use crate::caller::Access;
use crate::operation::Operation;
use crate::policy::{Capability, Policy, Rights, of_access};

const CASES: &str = include_str!("cases.txt");

/// One line, and the set that it stands in.
struct Case<'t> {
    set: &'t str,
    line: &'t str,
    rights: &'t Rights,
}

impl Case<'_> {
    /// What should be decided, and what is.
    fn compare(&self) -> (String, String) {
        let fields: Vec<&str> = self.line.split_whitespace().collect();
        let decision = match fields[0].parse::<Method>() {
            Ok(method) if fields[0].to_uppercase() == fields[0] => {
                let target = fields[1].parse().expect("a target");
                let operation = Operation::parse(&method, &target).expect("a path");
                self.rights.decide_on(&operation)
            }
            _ => {
                let capability = Capability::of_word(fields[0]).expect("a capability");
                self.rights.decide(fields[1], capability)
            }
        };
        let is_allowed = if decision.is_allowed() { "yes" } else { "no" };
        let decided = decision.rule().map_or("-", |rule| &rule.label);
        (fields[2..].join(" "), format!("{is_allowed} {decided}"))
    }
}

fn rights(policies: &[(&str, String)]) -> Rights {
    let policies: Vec<Policy> = policies
        .iter()
        .map(|(name, text)| match *name {
            "access=read" => (*of_access(Access::Read)).clone(),
            "access=write" => (*of_access(Access::Write)).clone(),
            name => Policy::parse(name, text).unwrap_or_else(|faults| panic!("{faults:?}")),
        })
        .collect();
    Rights::new(&policies, &[])
}

fn is_case(line: &str) -> bool {
    let first = line.split(' ').next().unwrap_or_default();
    let is_method = !first.is_empty() && first.bytes().all(|b| b.is_ascii_uppercase());
    is_method || Capability::of_word(first).is_some()
}

#[test]
fn every_case_is_decided_as_it_stands() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for set in CASES.split("\n= ").skip(1) {
        let (name, body) = set.split_once('\n').unwrap();
        let mut policies: Vec<(&str, String)> = Vec::new();
        let mut cases = Vec::new();
        for line in body.lines() {
            if let Some(policy) = line.strip_prefix("- ") {
                policies.push((policy, String::new()));
            } else if is_case(line) {
                cases.push(line);
            } else if let Some((_, text)) = policies.last_mut() {
                text.push_str(line);
                text.push('\n');
            }
        }
        let rights = rights(&policies);
        for line in cases {
            let case = Case {
                set: name,
                line,
                rights: &rights,
            };
            let (expected, found) = case.compare();
            count += 1;
            if expected != found {
                wrong.push(format!("{}: {line}\n    found: {found}", case.set));
            }
        }
    }

    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 200, "only {count}");
}
