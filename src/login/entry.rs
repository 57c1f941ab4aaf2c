//! Users and groups that a mount knows: which policies whoever logs in gets.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What is known of a user, by the name that is typed.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct User {
    /// Groups besides Okta's.
    pub groups: Vec<String>,
    /// Policies, as they were written.
    pub policies: Vec<String>,
}

/// What is known of a group.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Group {
    /// Policies: lower case, sorted, each once.
    pub policies: Vec<String>,
}

impl Group {
    /// With these policies; `root` leaves no other.
    pub fn new(policies: &[String]) -> Self {
        let names = policies.iter().map(|name| name.trim().to_lowercase());
        let names: BTreeSet<String> = names.filter(|name| !name.is_empty()).collect();
        let policies = if names.contains("root") {
            vec!["root".to_owned()]
        } else {
            names.into_iter().collect()
        };
        Self { policies }
    }
}

/// How a group is called where groups are compared: without regard to case.
pub(super) fn fold(name: &str) -> String {
    name.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_of_a_group_are_in_one_form_and_root_leaves_no_other() {
        let of = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            Group::new(&names).policies
        };

        assert_eq!(of(&["b", " A", "a ", ""]), ["a", "b"]);
        assert_eq!(of(&["dev", "Root"]), ["root"]);
        assert_eq!(of(&[]), Vec::<String>::new());
    }
}
