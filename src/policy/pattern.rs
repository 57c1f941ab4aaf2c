//! A path in a policy: one path, all that start alike (`*` at the end), or with `+` for any one
//! segment.

use std::cmp::Reverse;

use super::fold::fold;
use super::spelling::{Refusal, literal, refuse};

/// Which paths a rule is for.
///
/// Its text is canonical as requests' paths are, so that `groups/%61dmins` is no other rule than
/// `groups/admins`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pattern {
    written: Box<str>,
    /// Without the `*` at the end.
    text: Box<str>,
    is_prefix: bool,
    /// How many slashes it has.
    depth: usize,
    /// How many segments are `+`.
    wildcards: usize,
    /// Where the first `+` or `*` stands; beyond everything if there is none.
    first: usize,
}

impl Pattern {
    /// Reads a path as it is written in a policy.
    pub(super) fn parse(written: &str) -> Result<Self, Refusal> {
        refuse(written)?;
        let (body, is_prefix) = match written.strip_suffix('*') {
            Some(body) => (body, true),
            None => (written, false),
        };
        if body.contains('*') {
            return Err((
                "`*` stands at the end of a path only",
                "write `+` for any one segment, and `*` as the last letter",
            ));
        }
        let mut text = String::with_capacity(body.len());
        let mut is_team = false;
        let last = body.matches('/').count();
        for (depth, segment) in body.split('/').enumerate() {
            if depth > 0 {
                text.push('/');
            }
            // Paths of origins start with a slash; one at the end is what Vault lists by.
            if segment.is_empty() && depth != 0 && depth != last {
                return Err(("two slashes follow each other", "leave one of them out"));
            }
            if segment == "+" {
                text.push('+');
                continue;
            }
            let segment = literal(segment)?;
            if depth == 1 && is_team {
                text.push_str(&segment.to_ascii_lowercase());
            } else {
                text.push_str(&segment);
            }
            is_team = depth == 0 && segment == "teams";
        }
        Ok(Self::new(written, text, is_prefix))
    }

    fn new(written: &str, text: String, is_prefix: bool) -> Self {
        let mut at = 0;
        let mut first = if is_prefix { text.len() } else { usize::MAX };
        let mut wildcards = 0;
        for segment in text.split('/') {
            if segment == "+" {
                wildcards += 1;
                first = first.min(at);
            }
            at += segment.len() + 1;
        }
        Self {
            written: written.into(),
            depth: text.matches('/').count(),
            text: text.into_boxed_str(),
            is_prefix,
            wildcards,
            first,
        }
    }

    /// As it stands in the policy.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// Whether it is one path and no other.
    pub(super) fn is_exact(&self) -> bool {
        self.first == usize::MAX
    }

    /// Without the `*` at the end.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The team that it is for, if it is for one alone.
    pub(super) fn team(&self) -> Option<&str> {
        let (team, _) = self.text.strip_prefix("teams/")?.split_once('/')?;
        (team != "+").then_some(team)
    }

    /// Whether it says each fixed word of `route`, so that its wildcards stand for names and ids only.
    pub(super) fn spells_out(&self, route: &str) -> bool {
        let mut own = self.text.split('/');
        route.split('/').all(|word| {
            let own = own.next();
            word.starts_with('{') || own == Some(word)
        })
    }

    /// Whether it is for all paths that `other` is for.
    pub(super) fn covers_all_of(&self, other: &Self) -> bool {
        if self.depth > other.depth || (!self.is_prefix && self.depth != other.depth) {
            return false;
        }
        let is_open = |of: &Self, depth: usize| of.is_prefix && depth == of.depth;
        let mut pairs = self.text.split('/').zip(other.text.split('/')).enumerate();
        (self.is_prefix || !other.is_prefix)
            && pairs.all(|(depth, (own, other_part))| match own {
                "+" => !is_open(other, depth),
                _ if is_open(self, depth) => {
                    other_part.starts_with(own) && (other_part != "+" || own.is_empty())
                }
                _ => own == other_part && !is_open(other, depth),
            })
    }

    /// The same paths in lower case.
    pub(super) fn folded(&self) -> Self {
        let text = fold(&self.text).into_owned();
        Self::new(&self.written, text, self.is_prefix)
    }

    /// What is the same for patterns of the very same paths, and for no others.
    pub(super) fn key(&self) -> (&str, bool) {
        (&self.text, self.is_prefix)
    }

    /// Which of two rules for one path decides: the greater.
    ///
    /// One path alone comes first, as its first wildcard stands beyond everything; the longer of two is
    /// the one with a slash at its end. Then as Vault orders them: later first wildcard; not ending in
    /// `*`; fewer `+`; longer; greater as a text.
    pub(super) fn rank(&self) -> (usize, bool, Reverse<usize>, usize, &str) {
        (
            self.first,
            !self.is_prefix,
            Reverse(self.wildcards),
            self.text.len(),
            &self.text,
        )
    }

    /// Whether it is for what is asked.
    pub(super) fn matches(&self, asked: Asked<'_>) -> bool {
        match asked.form {
            Form::Plain => self.covers(asked, false),
            Form::Slash => self.covers(asked, true),
            Form::Either => self.covers(asked, false) || self.covers(asked, true),
        }
    }

    fn covers(&self, asked: Asked<'_>, has_slash: bool) -> bool {
        let depth = asked.depth + usize::from(has_slash);
        if self.depth > depth || (self.depth < depth && !self.is_prefix) {
            return false;
        }
        let path = asked.path;
        // In Vault's namespace lists end in a slash, and `+` stands for the nothing behind it too.
        let takes_nothing = is_vaults(path);
        if self.wildcards == 0 {
            let own = self.text.strip_suffix('/').filter(|_| has_slash);
            return match own {
                // The slash at its end may stand for the one that the path has not.
                Some(own) if own.len() == path.len() => own == path,
                _ if self.is_prefix => path.starts_with(&*self.text),
                _ => !has_slash && *self.text == *path,
            };
        }
        let start = self.text.get(..self.first).unwrap_or_default();
        if path.len() >= start.len() && !path.starts_with(start) {
            return false;
        }
        let mut asked = path.split('/').chain(has_slash.then_some(""));
        let mut own = self.text.split('/').peekable();
        while let Some(part) = own.next() {
            let Some(segment) = asked.next() else {
                return false;
            };
            let is_open = self.is_prefix && own.peek().is_none();
            let is_same = match part {
                "+" => takes_nothing || !segment.is_empty(),
                _ if is_open => segment.starts_with(part),
                _ => segment == part,
            };
            if !is_same {
                return false;
            }
        }
        self.is_prefix || asked.next().is_none()
    }
}

/// What is asked: a path, and whether it ends in a slash.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'p> {
    /// Without the slash.
    pub(super) path: &'p str,
    pub(super) form: Form,
    /// How many slashes the path has.
    depth: usize,
}

/// How a path ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    Plain,
    Slash,
    /// A list: rules for it are written either way.
    Either,
}

impl<'p> Asked<'p> {
    pub(super) fn new(path: &'p str, is_list: bool) -> Self {
        let bare = path.strip_suffix('/');
        let form = match bare {
            _ if is_list => Form::Either,
            Some(_) => Form::Slash,
            None => Form::Plain,
        };
        let path = bare.unwrap_or(path);
        Self {
            path,
            form,
            depth: path.bytes().filter(|byte| *byte == b'/').count(),
        }
    }

    /// The same of the path in lower case.
    pub(super) fn folded(self, path: &'p str) -> Self {
        Self { path, ..self }
    }
}

/// Vault's own paths, whose names differ by case.
pub(super) fn is_vaults(path: &str) -> bool {
    let below = path.strip_prefix("auth");
    let below = below.or_else(|| path.strip_prefix("sys"));
    below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
}
