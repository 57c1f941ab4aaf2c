//! What was done, and how it came out.

use std::collections::BTreeMap;
use std::fmt;

/// What was done, and how it came out, each under its name.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    tally: BTreeMap<&'static str, u64>,
    /// The first violations, in words.
    wrong: Vec<String>,
}

impl Counts {
    /// Counts `what` once.
    pub(super) fn note(&mut self, what: &'static str) {
        self.note_many(what, 1);
    }

    pub(super) fn note_many(&mut self, what: &'static str, many: u64) {
        *self.tally.entry(what).or_default() += many;
    }

    /// Counts a violation of this kind.
    pub(super) fn violate(&mut self, kind: &'static str, what: impl FnOnce() -> String) {
        self.note(kind);
        if self.wrong.len() < SHOWN {
            self.wrong.push(format!("{kind}: {}", what()));
        }
    }

    /// How often `what` was counted.
    pub(crate) fn of(&self, what: &str) -> u64 {
        self.tally.get(what).copied().unwrap_or(0)
    }

    /// Reads and writes together.
    pub(crate) fn operations(&self) -> u64 {
        self.of("reads") + self.of("writes")
    }

    /// Everything that must not be.
    pub(crate) fn violations(&self) -> u64 {
        [STALE, BACK, LOST].map(|kind| self.of(kind)).iter().sum()
    }

    /// Adds what was done elsewhere.
    pub(crate) fn add(&mut self, other: Self) {
        for (what, many) in other.tally {
            self.note_many(what, many);
        }
        let room = SHOWN.saturating_sub(self.wrong.len());
        self.wrong.extend(other.wrong.into_iter().take(room));
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, many) in &self.tally {
            writeln!(f, "{many:>10} {what}")?;
        }
        for wrong in &self.wrong {
            writeln!(f, "{wrong}")?;
        }
        Ok(())
    }
}

/// A read saw less than was answered before it began.
pub(super) const STALE: &str = "violations: stale";
/// A read saw less than its reader had seen before.
pub(super) const BACK: &str = "violations: back in time";
/// A read got no answer, or one that nobody wrote.
pub(super) const LOST: &str = "violations: lost";

/// So many violations are told in words.
const SHOWN: usize = 10;
