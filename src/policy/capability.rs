//! What may be done at a path, and what a request needs.

use std::fmt;

use http::Method;

use crate::operation::Operation;

/// One thing that may be done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Capability {
    /// Make something new.
    Create,
    /// Read one thing.
    Read,
    /// Change something, or have something secret shown.
    Update,
    /// Take something away.
    Delete,
    /// Read a list.
    List,
    /// Change a part of something; for Vault's own paths.
    Patch,
    /// What needs more than the right to do it.
    Sudo,
    /// Nothing at all, whatever else is granted.
    Deny,
}

impl Capability {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::Create,
        Self::Read,
        Self::Update,
        Self::Delete,
        Self::List,
        Self::Patch,
        Self::Sudo,
        Self::Deny,
    ];

    /// The word in a policy.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::List => "list",
            Self::Patch => "patch",
            Self::Sudo => "sudo",
            Self::Deny => "deny",
        }
    }

    /// The one of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }

    /// What an operation on OPA needs.
    ///
    /// A read that is sent as `POST` shows a secret or issues one, so `read` is not enough for it.
    pub fn of(operation: &Operation) -> Self {
        match operation.method {
            Method::GET | Method::HEAD | Method::OPTIONS if operation.endpoint.is_list() => {
                Self::List
            }
            Method::GET | Method::HEAD | Method::OPTIONS => Self::Read,
            Method::PUT | Method::PATCH => Self::Update,
            Method::DELETE => Self::Delete,
            _ if operation.is_write() => Self::Create,
            _ => Self::Update,
        }
    }

    /// What a method needs where nothing is known of the path but its owner.
    pub fn of_method(method: &Method) -> Self {
        match *method {
            Method::GET | Method::HEAD | Method::OPTIONS => Self::Read,
            Method::PUT | Method::PATCH => Self::Update,
            Method::DELETE => Self::Delete,
            _ => Self::Create,
        }
    }

    fn bit(self) -> u8 {
        match self {
            Self::Create => 1,
            Self::Read => 1 << 1,
            Self::Update => 1 << 2,
            Self::Delete => 1 << 3,
            Self::List => 1 << 4,
            Self::Patch => 1 << 5,
            Self::Sudo => 1 << 6,
            Self::Deny => 1 << 7,
        }
    }
}

/// Any number of them.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
pub struct Capabilities(u8);

impl Capabilities {
    /// These and `one`.
    #[must_use]
    pub fn with(self, one: Capability) -> Self {
        Self(self.0 | one.bit())
    }

    /// These and `others`.
    #[must_use]
    pub fn union(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether `one` stands among them.
    pub fn holds(self, one: Capability) -> bool {
        self.0 & one.bit() != 0
    }

    /// Their words, in the order in which they are shown.
    pub fn words(self) -> Vec<&'static str> {
        let held = Capability::ALL.into_iter().filter(|one| self.holds(*one));
        held.map(Capability::as_str).collect()
    }

    /// Whether they let one do what needs `one`: `deny` beats all.
    pub fn allow(self, one: Capability) -> bool {
        self.holds(one) && !self.holds(Capability::Deny)
    }
}

impl FromIterator<Capability> for Capabilities {
    fn from_iter<I: IntoIterator<Item = Capability>>(all: I) -> Self {
        all.into_iter().fold(Self::default(), Self::with)
    }
}

impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words().join(", "))
    }
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{self}]")
    }
}
