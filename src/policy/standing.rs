//! What all policies of a caller say of the same paths.

use std::fmt;
use std::sync::Arc;

use super::capability::Capabilities;
use super::pattern::Pattern;
use super::{Named, Policy, Rule};
use crate::caller::Principal;

/// All that the policies say of the same paths.
#[derive(Clone, Debug)]
pub struct Standing {
    pub(super) pattern: Pattern,
    /// The same in lower case.
    pub(super) folded: Pattern,
    /// Together.
    pub(super) capabilities: Capabilities,
    sources: Vec<Source>,
}

/// What one policy says of a path.
#[derive(Clone, Debug)]
pub struct Source {
    /// The policy.
    pub policy: Arc<str>,
    /// The line of the path block in it.
    pub line: usize,
    /// The path as it is written there.
    pub path: Arc<str>,
    /// `policy:path`, for records.
    pub label: Arc<str>,
    /// What may be done.
    pub capabilities: Capabilities,
    /// In whose name.
    pub acting: Acting,
}

/// In whose name a rule lets one ask.
#[derive(Clone, Debug)]
pub enum Acting {
    /// The caller's own for the team.
    Own,
    /// The one that the rule names.
    As(Arc<Principal>),
    /// The rule names one that there is not: it grants nothing.
    Missing,
}

impl Standing {
    pub(super) fn new(pattern: &Pattern, source: Source) -> Self {
        Self {
            folded: pattern.folded(),
            pattern: pattern.clone(),
            capabilities: source.capabilities,
            sources: vec![source],
        }
    }

    pub(super) fn add(&mut self, source: Source) {
        self.capabilities = self.capabilities.union(source.capabilities);
        self.sources.push(source);
    }

    /// All capabilities together.
    pub fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    /// Who says something of these paths, in the order of the policies.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }
}

impl Source {
    pub(super) fn new(policy: &Policy, rule: &Rule, principals: &[Arc<Principal>]) -> Self {
        let is_named = |named: &Named, principal: &Principal| {
            *principal.team == *named.team && *principal.name == *named.name
        };
        let acting = match &rule.principal {
            None => Acting::Own,
            Some(named) => match principals.iter().find(|p| is_named(named, p)) {
                Some(principal) => Acting::As(Arc::clone(principal)),
                None => Acting::Missing,
            },
        };
        let path = rule.pattern.as_str();
        Self {
            policy: Arc::clone(&policy.name),
            line: rule.line,
            path: path.into(),
            label: format!("{}:{path}", policy.name).into(),
            capabilities: rule.capabilities,
            acting,
        }
    }
}

impl fmt::Display for Acting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => f.write_str("the caller's own"),
            Self::As(principal) => principal.fmt(f),
            Self::Missing => f.write_str("one that is not configured"),
        }
    }
}
