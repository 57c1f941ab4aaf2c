//! What the keys of a policy mean, and what is said of those that mean nothing.

use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::Arc;

use super::capability::{Capabilities, Capability};
use super::fault::{Fault, line_and_column};
use super::pattern::Pattern;
use super::tree::{At, Entry, Value};
use super::{Named, Policy, Rule, hcl, json, scan};
use crate::caller::Priority;

/// Reads the policy `name` from `text`.
pub(super) fn policy(name: &str, text: &str) -> Result<Policy, Vec<Fault>> {
    scan::length(text).map_err(|fault| vec![fault])?;
    let is_json = text.trim_start().starts_with('{');
    let parsed = if is_json { json::parse } else { hcl::parse }(text);
    let entries = parsed.map_err(|fault| vec![fault])?;
    let mut reader = Reader {
        text,
        faults: Vec::new(),
    };
    let policy = reader.policy(name, &entries);
    reader.faults.sort_by_key(|fault| fault.at.start);
    if reader.faults.is_empty() {
        Ok(policy)
    } else {
        Err(reader.faults)
    }
}

struct Reader<'t> {
    text: &'t str,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn policy(&mut self, name: &str, entries: &[Entry]) -> Policy {
        let mut policy = Policy {
            name: name.into(),
            text: Arc::from(self.text),
            short_for: None,
            priority: None,
            quota: None,
            rules: Vec::new(),
        };
        let of_top = entries.iter().filter(|entry| entry.key.it != "path");
        self.refuse_twice(of_top);
        for entry in entries {
            match entry.key.it.as_str() {
                "path" => policy.rules.extend(self.rule(entry)),
                "priority" => policy.priority = self.priority(entry),
                "quota" => policy.quota = self.quota(entry),
                key => self.refuse_key(entry, unsupported_at_top(key), TOP),
            }
        }
        policy
    }

    fn rule(&mut self, entry: &Entry) -> Option<Rule> {
        let [label] = entry.labels.as_slice() else {
            let help = "write `path \"teams/NAME/*\" {`, with one path";
            let title = "a path block has one path";
            self.refuse(&entry.key.at, title, "this one has not", help);
            return None;
        };
        let Value::Block(inner) = &entry.value.it else {
            let help = "write `path \"…\" {`, without `=`";
            self.refuse(&entry.key.at, "`path` is a block", "not a block", help);
            return None;
        };
        self.refuse_twice(inner.iter());
        let mut capabilities = None;
        let mut principal = None;
        for entry in inner {
            match entry.key.it.as_str() {
                "capabilities" => capabilities = Some(self.capabilities(entry)),
                "principal" => principal = self.principal(entry),
                key => self.refuse_key(entry, unsupported_in_path(key, entry), PATH),
            }
        }
        if capabilities.is_none() {
            let help = "add `capabilities = [\"read\", \"list\"]`";
            let title = "a path block says what may be done";
            self.refuse(&label.at, title, "has no `capabilities`", help);
        }
        let pattern = match Pattern::parse(&label.it) {
            Ok(pattern) => pattern,
            Err((title, help)) => {
                self.refuse(&label.at, title, "this path", help);
                return None;
            }
        };
        self.refuse_other_team(&pattern, principal.as_ref());
        Some(Rule {
            line: line_and_column(self.text, label.at.start).0,
            at: label.at.clone(),
            pattern,
            capabilities: capabilities?,
            principal,
        })
    }

    fn capabilities(&mut self, entry: &Entry) -> Capabilities {
        let known = Capability::ALL.map(Capability::as_str).join(", ");
        let help = format!("write a list of these, in quotes: {known}");
        let Value::List(items) = &entry.value.it else {
            let title = "`capabilities` is a list of words";
            self.refuse(&entry.value.at, title, "not a list", help);
            return Capabilities::default();
        };
        if items.is_empty() {
            let title = "`capabilities` is empty";
            let help = "write `[\"deny\"]` for nothing at all, or leave the block out";
            self.refuse(&entry.value.at, title, "grants nothing", help);
        }
        let mut all = Capabilities::default();
        for item in items {
            let word = match &item.it {
                Value::Text(word) => word.as_str(),
                Value::Number(_) | Value::List(_) | Value::Block(_) | Value::Other => "",
            };
            match Capability::of_word(word) {
                Some(one) => all = all.with(one),
                None => {
                    let title = match word {
                        "" => "no such capability".to_owned(),
                        word => format!("no such capability `{}`", word.escape_debug()),
                    };
                    self.refuse(&item.at, title, "not known", help.as_str());
                }
            }
        }
        all
    }

    fn principal(&mut self, entry: &Entry) -> Option<Named> {
        let named = match &entry.value.it {
            Value::Text(text) => text.split_once('/'),
            Value::Number(_) | Value::List(_) | Value::Block(_) | Value::Other => None,
        };
        let is_name = |name: &str| !name.is_empty() && !name.contains('/');
        let Some((team, name)) = named.filter(|(team, name)| is_name(team) && is_name(name)) else {
            let title = "`principal` is a team and a service user";
            let help = "write it as in `principal = \"acme/opagate\"`";
            self.refuse(&entry.value.at, title, "not both", help);
            return None;
        };
        Some(Named {
            team: team.to_ascii_lowercase(),
            name: name.to_owned(),
            at: entry.value.at.clone(),
        })
    }

    fn refuse_other_team(&mut self, pattern: &Pattern, principal: Option<&Named>) {
        let Some(principal) = principal else { return };
        let Some(team) = pattern.team().filter(|team| *team != principal.team) else {
            return;
        };
        let title = format!("the path is of team `{team}`, the principal is not");
        let help = format!("name a principal of that team, as in `\"{team}/NAME\"`");
        self.refuse(&principal.at, title, "can do nothing there", help);
    }

    fn priority(&mut self, entry: &Entry) -> Option<Priority> {
        let word = match &entry.value.it {
            Value::Text(word) => word.as_str(),
            Value::Number(_) | Value::List(_) | Value::Block(_) | Value::Other => "",
        };
        let found = Priority::ALL.into_iter().find(|one| one.as_str() == word);
        if found.is_none() {
            let title = "`priority` is one of three words";
            let help = "the choice is \"interactive\", \"batch\", \"background\"";
            self.refuse(&entry.value.at, title, "none of them", help);
        }
        found
    }

    fn quota(&mut self, entry: &Entry) -> Option<NonZeroU32> {
        let number = match entry.value.it {
            Value::Number(number) => u32::try_from(number).ok().and_then(NonZeroU32::new),
            Value::Text(_) | Value::List(_) | Value::Block(_) | Value::Other => None,
        };
        if number.is_none() {
            let title = "`quota` is a number of requests a second";
            let help = "write one or more, without quotes; leave it out for no limit";
            self.refuse(&entry.value.at, title, "not such a number", help);
        }
        number
    }

    fn refuse_twice<'e>(&mut self, entries: impl Iterator<Item = &'e Entry>) {
        let mut seen: Vec<&str> = Vec::new();
        for Entry { key, .. } in entries {
            if seen.contains(&key.it.as_str()) {
                let title = format!("`{}` stands twice", key.it);
                let help = "leave one of them out";
                self.refuse(&key.at, title, "the second", help);
            } else if seen.len() < MOST_KEYS {
                seen.push(&key.it);
            }
        }
    }

    fn refuse_key(&mut self, entry: &Entry, unsupported: Option<String>, known: &str) {
        let key = &entry.key;
        match unsupported {
            Some(help) => {
                let title = format!("`{}` is not supported", key.it);
                self.refuse(&key.at, title, "would be without effect", help);
            }
            None => {
                let title = format!("unknown key `{}`", key.it);
                self.refuse(&key.at, title, "not known", format!("known: {known}"));
            }
        }
    }

    fn refuse(
        &mut self,
        at: &Range<usize>,
        title: impl Into<String>,
        label: &'static str,
        help: impl Into<String>,
    ) {
        // One policy may hold thousands; nobody reads more than some.
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(Fault::new(at, title, label, help));
        }
    }
}

/// What Vault knows at the top of a policy, and what to do instead.
fn unsupported_at_top(key: &str) -> Option<String> {
    let help = match key {
        "name" => "leave it out: a policy has its name where it is written down",
        _ => return None,
    };
    Some(help.to_owned())
}

/// What Vault knows in a path block, and what to do instead.
fn unsupported_in_path(key: &str, entry: &Entry) -> Option<String> {
    let help = match key {
        "policy" => return Some(old_form(&entry.value)),
        "allowed_parameters" | "denied_parameters" | "required_parameters" => {
            "leave it out: bodies are not looked at; name the paths more narrowly instead"
        }
        "min_wrapping_ttl" | "max_wrapping_ttl" => "leave it out: answers are never wrapped",
        "control_group" => "leave it out: nobody is asked to confirm a request",
        "mfa_methods" => "leave it out: factors are asked for at login",
        "subscribe_event_types" | "pagination_limit" | "expiration" => "leave it out",
        "comment" => "write a comment: `# …`",
        _ => return None,
    };
    Some(help.to_owned())
}

/// What the old `policy = "…"` of a path block meant.
fn old_form(value: &At<Value>) -> String {
    let word = match &value.it {
        Value::Text(word) => word.as_str(),
        Value::Number(_) | Value::List(_) | Value::Block(_) | Value::Other => "",
    };
    let means = match word {
        "deny" => "\"deny\"",
        "write" => "\"create\", \"read\", \"update\", \"delete\", \"list\"",
        "sudo" => "\"create\", \"read\", \"update\", \"delete\", \"list\", \"sudo\"",
        _ => "\"read\", \"list\"",
    };
    format!("write `capabilities = [{means}]`")
}

const TOP: &str = "path, priority, quota";
const PATH: &str = "capabilities, principal";
/// More than a block has; those beyond are refused as unknown anyway.
const MOST_KEYS: usize = 32;
const MOST_FAULTS: usize = 50;
