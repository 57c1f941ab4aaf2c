//! Policies: who may do what, in the language of Vault's ACL policies.
//!
//! A text, HCL or JSON, is read once and for all: what is not supported is refused with its place, and
//! nothing is read and then ignored. [`Rights`] are any number of policies compiled for one caller;
//! they decide by path and capability. Nothing here knows where a path or a policy comes from, nor
//! what becomes of the answer.
//!
//! Three things stand in a policy that Vault has not: `principal` in a path block, `priority` and
//! `quota` at the top.

mod book;
mod builtin;
mod capability;
mod decision;
mod fault;
mod fold;
mod hcl;
mod json;
mod pattern;
mod read;
mod rights;
mod scan;
mod shadow;
mod spelling;
mod standing;
mod tree;

use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::Arc;

pub use self::book::{Book, Bound, Compiled, Set};
pub use self::builtin::{of_access, spelled_out};
pub use self::capability::{Capabilities, Capability};
pub use self::decision::{Answer, Decision, Nobody};
pub use self::fault::Fault;
pub(crate) use self::fault::line_and_column;
pub use self::pattern::Pattern;
pub use self::rights::{Rights, policy_path};
pub use self::standing::{Acting, Source, Standing};

use crate::caller::{Access, Priority};

/// A policy, read and found to be right.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Policy {
    /// Its name, lower case.
    pub name: Arc<str>,
    /// As it was written.
    pub text: Arc<str>,
    /// For which short form it stands; `None` for one that somebody wrote.
    pub short_for: Option<Access>,
    /// In which class its callers wait, if it says so.
    pub priority: Option<Priority>,
    /// How many requests a second its callers may ask in the long run, if it says so.
    pub quota: Option<NonZeroU32>,
    /// What it says of paths, in its order.
    pub rules: Vec<Rule>,
}

impl Policy {
    /// Reads the policy `name` from `text`; what starts with a brace is JSON, all else HCL.
    ///
    /// # Errors
    ///
    /// Fails with everything that is wrong, in the order of the text.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<Fault>> {
        read::policy(name, text)
    }
}

/// One path block.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rule {
    /// Which paths it is for.
    pub pattern: Pattern,
    /// Where its path stands in the text.
    pub at: Range<usize>,
    /// On which line of its policy it stands, from one.
    pub line: usize,
    /// What may be done there.
    pub capabilities: Capabilities,
    /// In whose name, if it says so.
    pub principal: Option<Named>,
}

/// A principal as a policy names it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Named {
    /// Its team, lower case.
    pub team: String,
    /// Its name.
    pub name: String,
    /// Where it stands in the text.
    pub at: Range<usize>,
}

#[cfg(test)]
mod tests;
