//! What was decided, and in whose name.

use std::sync::Arc;

use super::capability::Capability;
use super::standing::{Acting, Source, Standing};
use crate::caller::Principal;

/// What was decided.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'r> {
    pub(super) capability: Capability,
    pub(super) standing: Option<&'r Standing>,
    pub(super) answer: Answer,
}

/// Yes, or which no.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Answer {
    /// It may be done.
    Allowed,
    /// It may not: denied, not granted, or nothing is said of the path.
    Refused,
    /// It would be granted, but shows a secret that the rule does not name.
    Unnamed,
}

/// Why nobody can be asked for, though it is allowed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Nobody {
    /// No rule names a principal of the team, and the caller has none of its own.
    None,
    /// Equal rules name different ones.
    Several,
}

impl<'r> Decision<'r> {
    /// Whether it may be done, and why not.
    pub fn answer(self) -> Answer {
        self.answer
    }

    /// Whether it may be done.
    pub fn is_allowed(self) -> bool {
        self.answer == Answer::Allowed
    }

    /// What was needed.
    pub fn capability(self) -> Capability {
        self.capability
    }

    /// What decided; without it, nothing is said of the path, which is a no.
    pub fn standing(self) -> Option<&'r Standing> {
        self.standing
    }

    /// The rule that decided: the first that denies, else the first that grants, else the first.
    pub fn rule(self) -> Option<&'r Source> {
        let standing = self.standing?;
        let is_denied = standing.capabilities.holds(Capability::Deny);
        let counts = if is_denied {
            Capability::Deny
        } else {
            self.capability
        };
        let mut deciding = standing.sources().iter();
        let deciding = deciding.find(|source| source.capabilities.holds(counts));
        deciding.or_else(|| standing.sources().first())
    }

    /// Whether it is allowed with `sudo`.
    pub fn has_sudo(self) -> bool {
        let standing = self.standing.filter(|_| self.is_allowed());
        standing.is_some_and(|standing| standing.capabilities.allow(Capability::Sudo))
    }

    /// In whose name it is done: the principal of the rules that grant it, of which those of another
    /// team than `team` grant nothing; `own` is the caller's for rules that name none.
    ///
    /// # Errors
    ///
    /// Fails if there is none, or if rules for the same path name different ones.
    pub fn principal(
        self,
        team: Option<&str>,
        own: Option<&'r Arc<Principal>>,
    ) -> Result<&'r Arc<Principal>, Nobody> {
        let sources = self.standing.map(Standing::sources).unwrap_or_default();
        let granting = sources
            .iter()
            .filter(|source| self.is_allowed() && source.capabilities.holds(self.capability));
        let mut chosen: Option<&Arc<Principal>> = None;
        for source in granting {
            let one = match &source.acting {
                Acting::Own => own,
                Acting::As(principal) => Some(principal),
                Acting::Missing => None,
            };
            let Some(one) = one.filter(|p| team.is_none_or(|team| *p.team == *team)) else {
                continue;
            };
            match chosen {
                Some(other) if other.index != one.index => return Err(Nobody::Several),
                _ => chosen = Some(one),
            }
        }
        chosen.ok_or(Nobody::None)
    }
}
