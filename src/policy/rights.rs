//! Policies compiled for one caller.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use super::Policy;
use super::capability::{Capabilities, Capability};
use super::decision::{Answer, Decision};
use super::fold::fold;
use super::pattern::{Asked, Form, Pattern, is_vaults};
use super::standing::{Source, Standing};
use crate::caller::Principal;
use crate::operation::Operation;

/// Any number of policies as one.
#[derive(Clone, Debug, Default)]
pub struct Rights {
    /// Best first; those for one path alone stand before all others.
    standings: Vec<Standing>,
    /// Where those for one path alone stand: by the path, and by the path without a slash at its end.
    exact: [Places<usize>; 2],
    /// Where those with wildcards start.
    wild: usize,
    /// Where those for one path alone stand, by the path in lower case, without a slash at its end.
    folded: Places<Vec<usize>>,
    /// Whether any path is other than it is in lower case.
    has_case: bool,
}

type Places<T> = HashMap<Box<str>, T, ahash::RandomState>;

impl Rights {
    /// Compiles `policies`; `principals` are those that rules can name.
    pub fn new<'p>(
        policies: impl IntoIterator<Item = &'p Policy>,
        principals: &[Arc<Principal>],
    ) -> Self {
        let mut standings: Vec<Standing> = Vec::new();
        let mut known: HashMap<(&str, bool), usize> = HashMap::new();
        for policy in policies {
            for rule in &policy.rules {
                let source = Source::new(policy, rule, principals);
                let same = known.entry(rule.pattern.key()).or_insert(standings.len());
                match standings.get_mut(*same) {
                    Some(standing) => standing.add(source),
                    None => standings.push(Standing::new(&rule.pattern, source)),
                }
            }
        }
        standings.sort_by(|a, b| b.pattern.rank().cmp(&a.pattern.rank()));
        let mut rights = Self {
            wild: standings.iter().filter(|s| s.pattern.is_exact()).count(),
            has_case: standings
                .iter()
                .any(|s| s.pattern.text() != s.folded.text()),
            standings,
            ..Self::default()
        };
        rights.index();
        rights
    }

    fn index(&mut self) {
        let bare = |pattern: &Pattern| -> Box<str> {
            let text = pattern.text();
            text.strip_suffix('/').unwrap_or(text).into()
        };
        for (index, standing) in self.standings.iter().enumerate().take(self.wild) {
            let [plain, slash] = &mut self.exact;
            let has_slash = standing.pattern.text().ends_with('/');
            let places = if has_slash { slash } else { plain };
            places.insert(bare(&standing.pattern), index);
            let same = self.folded.entry(bare(&standing.folded)).or_default();
            same.push(index);
        }
    }

    /// Decides about what is asked of OPA.
    ///
    /// What answers with a secret needs more than its capability: `sudo`, or a rule that spells out the
    /// path, so that nobody grants it with a wildcard by accident.
    pub fn decide_on(&self, operation: &Operation) -> Decision<'_> {
        let path = policy_path(operation.path.canonical());
        let decision = self.decide(path, Capability::of(operation));
        let is_named = |standing: &Standing| {
            let route = policy_path(operation.endpoint.route);
            standing.capabilities.allow(Capability::Sudo) || standing.pattern.spells_out(route)
        };
        if decision.is_allowed()
            && operation.endpoint.shows_secret()
            && !decision.standing.is_some_and(is_named)
        {
            return Decision {
                answer: Answer::Unnamed,
                ..decision
            };
        }
        decision
    }

    /// Decides whether what needs `capability` may be done at `path`, which is canonical and without
    /// `/v1/`.
    pub fn decide(&self, path: &str, capability: Capability) -> Decision<'_> {
        let asked = Asked::new(path, capability == Capability::List);
        let standing = self.find(asked);
        let decision = Decision {
            capability,
            standing,
            answer: Answer::Refused,
        };
        let granted = standing.filter(|found| found.capabilities.allow(capability));
        let Some(granted) = granted else {
            return decision;
        };
        match self.refused_in_another_case(path, asked, granted, capability) {
            Some(refused) => Decision {
                standing: Some(refused),
                ..decision
            },
            None => Decision {
                answer: Answer::Allowed,
                ..decision
            },
        }
    }

    /// What may be done at `path`, all together; nothing if it is denied or nothing is said of it.
    ///
    /// A list may be asked for there too, and rules for it are written either way.
    pub fn capabilities(&self, path: &str) -> Capabilities {
        let found = self.find(Asked::new(path, false));
        // No request needs `sudo` alone; who has it has it beside what is needed.
        let sudo = found.filter(|found| found.capabilities.allow(Capability::Sudo));
        let others = [Capability::Sudo, Capability::Deny];
        let plain = Capability::ALL
            .into_iter()
            .filter(|one| !others.contains(one));
        let held = plain.filter(|one| self.decide(path, *one).is_allowed());
        let held = held.chain(sudo.map(|_| Capability::Sudo));
        held.collect()
    }

    /// Everything that is said of `path`, best first.
    pub fn all(&self, path: &str, capability: Capability) -> Vec<&Standing> {
        let asked = Asked::new(path, capability == Capability::List);
        let matches = |standing: &&Standing| standing.pattern.matches(asked);
        self.standings.iter().filter(matches).collect()
    }

    /// The one that decides, if case counts.
    fn find(&self, asked: Asked<'_>) -> Option<&Standing> {
        let [plain, slash] = &self.exact;
        let exact = match asked.form {
            Form::Plain => plain.get(asked.path),
            Form::Slash => slash.get(asked.path),
            Form::Either => slash.get(asked.path).or_else(|| plain.get(asked.path)),
        };
        if let Some(index) = exact {
            return self.standings.get(*index);
        }
        let mut wild = self.wild();
        wild.find(|standing| standing.pattern.matches(asked))
    }

    fn wild(&self) -> impl Iterator<Item = &Standing> {
        self.standings.get(self.wild..).unwrap_or_default().iter()
    }

    /// What would decide in place of `granted` if case did not count, and would not grant it.
    ///
    /// Nobody knows whether OPA takes `Owners` for `owners`, so a rule for the one that says no, or
    /// less than a wider rule, also holds for the other.
    fn refused_in_another_case(
        &self,
        path: &str,
        asked: Asked<'_>,
        granted: &Standing,
        capability: Capability,
    ) -> Option<&Standing> {
        if is_vaults(path) {
            return None;
        }
        let lower = fold(asked.path);
        if !self.has_case && *lower == *asked.path {
            return None;
        }
        let folded = asked.folded(&lower);
        let exact = self.folded.get(&*lower).into_iter().flatten();
        let exact = exact.filter_map(|index| self.standings.get(*index));
        let wild = self.wild().filter(|_| !granted.pattern.is_exact());
        exact.chain(wild).find(|other| {
            let refuses = match other.folded.rank().cmp(&granted.folded.rank()) {
                Ordering::Greater => !other.capabilities.allow(capability),
                Ordering::Equal => other.capabilities.holds(Capability::Deny),
                Ordering::Less => false,
            };
            refuses && other.folded.matches(folded) && !other.pattern.matches(asked)
        })
    }
}

/// A path as it stands in policies: without `/v1/`; what is not OPA's or Vault's keeps its slash.
pub fn policy_path(canonical: &str) -> &str {
    canonical.strip_prefix("/v1/").unwrap_or(canonical)
}
