//! Rules that are never asked, because another one always comes before them.
//!
//! Vault's order has a trap: of `a/*` and `a/+/b/*` the former decides, as both have their first wildcard
//! in one place and it has fewer. Whoever wrote the latter as a denial believes that it holds.

use super::Policy;
use super::fault::Fault;

impl Policy {
    /// What works but surprises, in the order of the text.
    pub fn surprises(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for rule in &self.rules {
            let own = &rule.pattern;
            let before = self.rules.iter().find(|other| {
                other.pattern.rank() > own.rank() && other.pattern.covers_all_of(own)
            });
            if let Some(other) = before {
                let title = format!(
                    "this rule never decides: `{}` on line {} always comes first",
                    other.pattern.as_str(),
                    other.line
                );
                let help = "write it with its first wildcard further right, or without `*` at the end; \
                            or write the other one more narrowly";
                faults.push(Fault::new(&rule.at, title, "without effect", help));
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surprises(paths: &[&str]) -> Vec<String> {
        let block = |path: &&str| format!("path \"{path}\" {{\n  capabilities = [\"read\"]\n}}\n");
        let text: String = paths.iter().map(block).collect();
        let policy = Policy::parse("p", &text).unwrap();
        let faults = policy.surprises();
        faults.iter().map(|fault| fault.in_a_line(&text)).collect()
    }

    #[test]
    fn rule_behind_a_wider_one_is_told() {
        for paths in [
            ["a/*", "a/+/b/*"],
            ["a/*", "a/+/*"],
            ["+/*", "+/+/c*"],
            ["*", "+/b*"],
        ] {
            let told = surprises(&paths);
            assert_eq!(told.len(), 1, "{paths:?} {told:?}");
            assert!(told[0].starts_with("line 4, column 6: "), "{told:?}");
        }
        let told = surprises(&["a/+/b/*", "a/*"]);
        assert!(
            told[0].starts_with("line 1, column 6: this rule never decides: `a/*` on line 4"),
            "{told:?}"
        );
    }

    #[test]
    fn rule_that_decides_somewhere_is_none() {
        for paths in [
            ["a/*", "a/b/*"],
            ["a/*", "a/+/b"],
            ["a/*", "a"],
            ["a/*", "a/b"],
            ["a/b/*", "a/+/b/*"],
            ["a/+", "a/*"],
            ["a/+/c", "a/+/+"],
            ["a/+/b*", "a/+/+/c/*"],
            ["a/b*", "a/+/c*"],
            ["+/a", "+/a/b"],
            ["a/+", "a/+"],
        ] {
            assert_eq!(surprises(&paths), [""; 0], "{paths:?}");
        }
    }
}
