//! The people of the organisation as they are configured, with their factors.

use std::time::Duration;

use serde::Deserialize;

use super::hidden::Hidden;
use super::span;

/// One person.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct User {
    /// The name to log in with, in any case; a mail address as a rule.
    pub login: String,
    /// Without one, nobody can log in.
    pub password: Hidden,
    /// If empty, made from the login.
    pub first_name: String,
    /// If empty, made from the login.
    pub last_name: String,
    /// How the account stands.
    pub state: State,
    /// Whether the account looks like a wrong password when it is locked.
    pub hides_lockout: bool,
    /// With any, a login asks for one.
    pub factors: Vec<Factor>,
    /// The groups, by name.
    pub groups: Vec<String>,
}

impl User {
    /// One who can log in and is in no group.
    pub fn new(login: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            login: login.into(),
            password: Hidden::new(password),
            ..Self::default()
        }
    }

    /// The same one in another state.
    #[must_use]
    pub fn standing(self, state: State) -> Self {
        Self { state, ..self }
    }

    /// The same one with one more factor.
    #[must_use]
    pub fn with(mut self, factor: Factor) -> Self {
        self.factors.push(factor);
        self
    }

    /// The same one in these groups, and no others.
    #[must_use]
    pub fn within(mut self, groups: &[&str]) -> Self {
        self.groups = groups.iter().map(|&group| group.to_owned()).collect();
        self
    }
}

/// How an account stands.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should.
    #[default]
    Active,
    /// The password must be changed soon; told only to those who ask for warnings.
    PasswordWarn,
    /// The password must be changed first.
    PasswordExpired,
    /// Locked, by failures or by hand.
    LockedOut,
    /// A factor must be enrolled first.
    MfaEnroll,
    /// A factor is enrolled, but not in use yet.
    MfaEnrollActivate,
    /// The password is being recovered.
    Recovery,
    /// An administrator has reset the password.
    PasswordReset,
    /// Cannot log in for now.
    Suspended,
    /// Cannot log in any more.
    Deprovisioned,
    /// Cannot log in yet.
    Staged,
}

/// A second factor.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Factor {
    /// Of which kind it is.
    pub kind: Kind,
    /// Who provides it.
    pub provider: Provider,
    /// The secret of a TOTP factor in base32; if empty, one is made up from the seed.
    pub secret: Hidden,
    /// What becomes of a push.
    pub script: Script,
}

impl Factor {
    /// Okta Verify with push.
    pub fn push(script: Script) -> Self {
        Self {
            script,
            ..Self::default()
        }
    }

    /// One-time codes, with a secret made up.
    pub fn totp(provider: Provider) -> Self {
        Self {
            kind: Kind::Totp,
            provider,
            ..Self::default()
        }
    }
}

/// The kinds of factors.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `push`
    #[default]
    Push,
    /// `token:software:totp`
    Totp,
}

/// Who provides a factor.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
pub enum Provider {
    /// Okta Verify.
    #[default]
    Okta,
    /// Google Authenticator.
    Google,
}

/// What becomes of a push.
///
/// It waits for as many answers as [`Script::polls`] and for the time of [`Script::after`], whichever
/// is later, unless [`crate::emulator::Emulator::okta_answer_push`] answers it before.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// What it ends in; `None` leaves it to wait.
    pub verdict: Option<Verdict>,
    /// How many answers say that it waits; at least one, with a number challenge at least two.
    pub polls: u32,
    /// How long it waits at least.
    #[serde(deserialize_with = "span::some")]
    pub after: Duration,
    /// Whether a number must be picked; it is told from the second answer on.
    pub number_challenge: bool,
}

impl Script {
    /// A push that ends in `verdict` after one answer that it waits.
    pub fn new(verdict: Verdict) -> Self {
        Self {
            verdict: Some(verdict),
            ..Self::never()
        }
    }

    /// A push that waits for ever.
    pub fn never() -> Self {
        Self {
            verdict: None,
            polls: 1,
            after: Duration::ZERO,
            number_challenge: false,
        }
    }
}

impl Default for Script {
    fn default() -> Self {
        Self::new(Verdict::Approve)
    }
}

/// What a push may end in.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Its owner says yes.
    Approve,
    /// Its owner says no: `REJECTED`.
    Reject,
    /// Its owner says nothing: `TIMEOUT`.
    Expire,
    /// It is taken back: `CANCELLED`.
    Cancel,
}
