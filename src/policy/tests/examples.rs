//! The examples of the documents, and what is said there of each.

use std::sync::Arc;

use crate::caller::Principal;
use crate::operation::Operation;
use crate::policy::{Policy, Rights};

const DOCUMENT: &str = include_str!("../../../docs/policies.md");

/// A row `| `METHOD path` | yes |`.
fn row(line: &str) -> Option<(&str, &str)> {
    let (request, answer) = line.strip_prefix("| `")?.split_once("` | ")?;
    let answer = answer.strip_suffix(" |")?;
    matches!(answer, "yes" | "no").then_some((request, answer))
}

#[test]
fn examples_decide_as_the_document_says() {
    let principal = Arc::new(Principal {
        index: 0,
        team_index: 0,
        team: "acme".into(),
        name: "terraform".into(),
    });
    let mut count = 0;
    for part in DOCUMENT.split("\n```hcl\n").skip(1) {
        let (text, rest) = part.split_once("\n```\n").unwrap();
        let policy = Policy::parse("example", text).unwrap();
        let rights = Rights::new([&policy], &[Arc::clone(&principal)]);
        let rows = rest.split("\n## ").next().unwrap().lines().filter_map(row);
        for (request, answer) in rows {
            let (method, target) = request.split_once(' ').unwrap();
            let (method, target) = (method.parse().unwrap(), target.parse().unwrap());
            let operation = Operation::parse(&method, &target).unwrap();

            let decision = rights.decide_on(&operation);

            assert_eq!(decision.is_allowed(), answer == "yes", "{request}");
            count += 1;
        }
    }
    assert!(count > 30, "only {count}");
}
