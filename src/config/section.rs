//! Walks the tables of the file and keeps account of what was asked for.
//!
//! A [`Section`] is one table, present or not. Each setting is asked for by its key; what the file
//! holds and nobody asked for is an unknown key. So the code that reads a setting is the only list
//! of settings, and each mistake knows its place to the byte.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::interpolate;
use crate::config::mistake::{Mistake, Place};
use crate::config::nearest::nearest;
use crate::config::notes::Notes;
use crate::config::value::{Scalar, Wrong};

/// A value and where it comes from.
#[derive(Clone, Debug)]
pub(super) struct Placed<T> {
    /// The value.
    pub(super) value: T,
    /// Where it comes from.
    pub(super) place: Place,
}

/// One table of the file, present or not.
#[derive(Debug)]
pub(super) struct Section<'r> {
    /// Where mistakes are noted.
    pub(super) notes: &'r Notes,
    /// Its path, as in `cache.class.directory`; empty at the top.
    path: String,
    /// Where it is, if it has a header of its own.
    header: Option<Place>,
    table: Option<&'r DeTable<'r>>,
    is_in_list: bool,
    known: Vec<&'static str>,
    holds_secrets: bool,
}

impl<'r> Section<'r> {
    /// The whole file.
    pub(super) fn top(notes: &'r Notes, table: &'r DeTable<'r>) -> Self {
        Self {
            notes,
            path: String::new(),
            header: None,
            table: Some(table),
            is_in_list: false,
            known: Vec::new(),
            holds_secrets: false,
        }
    }

    /// Where it stands in the file.
    pub(super) fn header(&self) -> Option<&Place> {
        self.header.as_ref()
    }

    /// The full path of `key`.
    pub(super) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// Replaces `target` by what was set, if anything was.
    pub(super) fn set<T>(
        &mut self,
        key: &'static str,
        target: &mut T,
        read: impl FnOnce(&Scalar) -> Result<T, Wrong>,
    ) -> Option<Place> {
        let Placed { value, place } = self.optional(key, read)?;
        *target = value;
        Some(place)
    }

    /// What was set, if anything was and it can be taken.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&Scalar) -> Result<T, Wrong>,
    ) -> Option<Placed<T>> {
        let (scalar, place) = self.scalar(key)?;
        match read(&scalar) {
            Ok(value) => Some(Placed { value, place }),
            Err(wrong) => {
                self.refuse(key, &place, &wrong);
                None
            }
        }
    }

    /// The same for a key that has no default.
    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&Scalar) -> Result<T, Wrong>,
    ) -> Option<Placed<T>> {
        let found = self.optional(key, read);
        if self.raw(key).is_none() {
            let mistake = Mistake::error(format!("`{}` is missing", self.path_of(key)));
            let help = format!("add `{key} = …` here; it has no default");
            self.notes.add(
                mistake
                    .at(self.header(), format!("has no `{key}`"))
                    .help(help),
            );
        }
        found
    }

    /// A list of strings.
    pub(super) fn texts(&mut self, key: &'static str) -> Option<Vec<Placed<String>>> {
        let value = self.raw(key)?;
        let DeValue::Array(array) = value.get_ref() else {
            self.refuse_form(key, value, "a list of strings", "write `[\"…\", \"…\"]`");
            return None;
        };
        let mut texts = Vec::new();
        for item in array {
            let place = Place::of(item.span());
            match item.get_ref().as_str() {
                Some(text) => {
                    let text = self.notes.complete(text, &place);
                    texts.extend(text.map(|value| Placed { value, place }));
                }
                None => {
                    self.refuse_form(key, item, "a list of strings", "write `[\"…\", \"…\"]`");
                }
            }
        }
        Some(texts)
    }

    /// Reads the table under `key`; one that is absent is read as an empty one.
    pub(super) fn table<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Self) -> T) -> T {
        let value = self.raw(key);
        let table = value.and_then(|v| v.get_ref().as_table());
        if let (Some(value), None) = (value, table) {
            let help = format!("write `[{}]` and its settings below it", self.path_of(key));
            self.refuse_form(key, value, "a table", &help);
        }
        let header = value.map(|v| Place::of(v.span()));
        self.enter(key, header, table, self.is_in_list, read)
    }

    /// Reads each table of the list under `key`.
    pub(super) fn each<T>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&mut Self) -> T,
    ) -> Vec<T> {
        let Some(value) = self.raw(key) else {
            return Vec::new();
        };
        let help = format!(
            "write `[[{}]]`, once for each, and its settings below",
            self.path_of(key)
        );
        let Some(array) = value.get_ref().as_array() else {
            self.refuse_form(key, value, "a list of tables", &help);
            return Vec::new();
        };
        let mut all = Vec::new();
        for item in array {
            match item.get_ref().as_table() {
                Some(table) => {
                    let header = Some(Place::of(item.span()));
                    all.push(self.enter(key, header, Some(table), true, &mut read));
                }
                None => self.refuse_form(key, item, "a list of tables", &help),
            }
        }
        all
    }

    /// What stands under `key` in the file, untouched; the key counts as known from now on.
    pub(super) fn raw(&mut self, key: &'static str) -> Option<&'r Spanned<DeValue<'r>>> {
        if !self.known.contains(&key) {
            self.known.push(key);
            self.notes.asked.borrow_mut().insert(self.path_of(key));
        }
        self.table?.get(key)
    }

    /// Whether there is nothing under `key`, or an empty list.
    pub(super) fn is_absent(&mut self, key: &'static str) -> bool {
        let value = self.raw(key);
        value.is_none_or(|v| v.get_ref().as_array().is_some_and(|list| list.is_empty()))
    }

    /// Sees to it that what stands under `key` is never shown, nor what may be meant for it.
    pub(super) fn hide(&mut self, key: &'static str) {
        self.holds_secrets = true;
        // The name of a variable or of a file is not secret, and says where to look.
        let is_named = |v: &DeValue<'_>| v.as_str().is_some_and(interpolate::is_reference);
        if let Some(value) = self.raw(key).filter(|v| !is_named(v.get_ref())) {
            self.notes.hide(value);
        }
    }

    /// Notes that the value of `key` cannot be taken.
    pub(super) fn refuse(&mut self, key: &'static str, place: &Place, wrong: &Wrong) {
        // A URL with a password in it.
        let value = self
            .raw(key)
            .filter(|v| v.get_ref().as_str().is_some_and(|t| t.contains('@')));
        if let Some(value) = value {
            self.notes.hide(value);
        }
        let mistake = Mistake::error(format!("`{}` {}", self.path_of(key), wrong.rule));
        self.notes
            .add(mistake.at(place, wrong.label).help(wrong.help.as_str()));
    }

    fn enter<T>(
        &self,
        key: &'static str,
        header: Option<Place>,
        table: Option<&'r DeTable<'r>>,
        is_in_list: bool,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let mut inner = Section {
            notes: self.notes,
            path: self.path_of(key),
            header,
            table,
            is_in_list,
            known: Vec::new(),
            holds_secrets: false,
        };
        let read = read(&mut inner);
        inner.finish();
        read
    }

    /// The environment's value, else the file's.
    fn scalar(&mut self, key: &'static str) -> Option<(Scalar, Place)> {
        let value = self.raw(key);
        let name = self.path_of(key);
        let set = (!self.is_in_list)
            .then(|| self.notes.variable(&name))
            .flatten();
        if let Some((text, name)) = set {
            return Some((Scalar::Untyped(text), Place::Environment(name)));
        }
        let value = value?;
        let place = Place::of(value.span());
        let scalar = match value.get_ref() {
            DeValue::String(text) if interpolate::is_template(text) => {
                Scalar::Untyped(self.notes.complete(text, &place)?)
            }
            DeValue::String(text) => Scalar::Text(text.clone().into_owned()),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or(Scalar::Other, Scalar::Integer),
            DeValue::Float(number) => number.as_str().parse().map_or(Scalar::Other, Scalar::Float),
            DeValue::Boolean(value) => Scalar::Boolean(*value),
            DeValue::Datetime(_) => Scalar::Other,
            DeValue::Array(_) | DeValue::Table(_) => {
                self.refuse_form(key, value, "a single value", "write `key = value`");
                return None;
            }
        };
        Some((scalar, place))
    }

    fn refuse_form(
        &mut self,
        key: &'static str,
        value: &Spanned<DeValue<'_>>,
        wanted: &str,
        help: &str,
    ) {
        // Nobody knows what was put in the wrong place.
        self.notes.hide(value);
        let mistake = Mistake::error(format!("`{}` must be {wanted}", self.path_of(key)));
        let place = Place::of(value.span());
        self.notes
            .add(mistake.at(&place, format!("not {wanted}")).help(help));
    }

    /// Notes what was not asked for.
    pub(super) fn finish(&self) {
        for (key, value) in self.table.into_iter().flatten() {
            let name = key.get_ref().as_ref();
            if self.known.contains(&name) {
                continue;
            }
            if self.holds_secrets || !is_harmless(value.get_ref()) {
                self.notes.hide(value);
            }
            let place = Place::of(key.span());
            let mut mistake = self.unknown(name, &place);
            // The header of a table says by itself what it belongs to.
            if !value.get_ref().is_table() && !is_within(&place, self.header()) {
                mistake = mistake.beside(self.header(), "in this table");
            }
            self.notes.add(mistake);
        }
    }

    fn unknown(&self, key: &str, place: &Place) -> Mistake {
        let title = if self.path.is_empty() {
            format!("unknown key `{key}`")
        } else {
            format!("unknown key `{key}` in `{}`", self.path)
        };
        let mut mistake = Mistake::error(title).at(place, "not a setting");
        if let Some(near) = nearest(key, self.known.iter().copied()) {
            mistake = mistake.help(format!("did you mean `{near}`?"));
        }
        mistake.note("known", self.known.join(", "))
    }
}

/// Whether a value under a key that nobody knows may be shown: it cannot be a secret.
fn is_harmless(value: &DeValue<'_>) -> bool {
    match value {
        DeValue::String(text) => humantime::parse_duration(text).is_ok(),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) => true,
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => false,
    }
}

/// Whether `place` is part of `outer`, as a key of an inline table is of the table.
fn is_within(place: &Place, outer: Option<&Place>) -> bool {
    match (place, outer) {
        (Place::File(start, end), Some(Place::File(from, to))) => from <= start && end <= to,
        _ => false,
    }
}
