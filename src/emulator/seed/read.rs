//! Reads JSON that somebody wrote by hand, and says where a mistake is.

use std::collections::HashSet;
use std::fmt;

use serde_json::Value;
use uuid::Uuid;

use crate::emulator::fields::Object;

/// One value and its place, as in `groups[3].members[0]`.
#[derive(Clone)]
pub(super) struct Item {
    place: String,
    value: Value,
}

/// An object whose fields are taken out one by one; one that is left over is a mistake.
pub(super) struct Fields {
    place: String,
    fields: Object,
}

/// Without what it holds: secrets may be among it.
impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Item")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// Without what it holds, as [`Item`].
impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fields")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl Item {
    /// The whole text.
    pub(super) fn whole(value: Value) -> Self {
        let place = String::new();
        Self { place, value }
    }

    /// A mistake here.
    pub(super) fn wrong(&self, what: &str) -> String {
        wrong(&self.place, what)
    }

    /// The value as an object.
    pub(super) fn object(self) -> Result<Fields, String> {
        let Value::Object(fields) = self.value else {
            return Err(wrong(&self.place, "not an object"));
        };
        Ok(Fields {
            place: self.place,
            fields,
        })
    }

    /// The place and what is there.
    pub(super) fn open(&self) -> (&str, &Value) {
        (&self.place, &self.value)
    }

    /// The value as a text that is not empty.
    pub(super) fn text(&self) -> Result<&str, String> {
        let text = self.value.as_str().filter(|text| !text.is_empty());
        text.ok_or_else(|| self.wrong("not a text, or an empty one"))
    }
}

impl Fields {
    /// A field, if it is there.
    pub(super) fn take(&mut self, field: &str) -> Option<Item> {
        let value = self.fields.remove(field)?;
        let place = self.place_of(field);
        Some(Item { place, value })
    }

    /// A text that must be there, of 1 to 255 characters, and not yet among `taken`.
    pub(super) fn unique(
        &mut self,
        field: &str,
        taken: &mut HashSet<String>,
    ) -> Result<String, String> {
        let item = self.need(field)?;
        let text = item.text()?;
        if text.chars().count() > 255 {
            return Err(item.wrong("longer than 255 characters"));
        }
        if !taken.insert(text.to_owned()) {
            return Err(item.wrong(&format!("{text:?} is there already")));
        }
        Ok(text.to_owned())
    }

    /// A UUID that must be there, and not yet among `taken`.
    pub(super) fn uuid(
        &mut self,
        field: &str,
        taken: &mut HashSet<String>,
    ) -> Result<String, String> {
        let text = self.unique(field, taken)?;
        let uuid = text.parse::<Uuid>();
        let uuid = uuid.map_err(|_| wrong(&self.place_of(field), "not a UUID"))?;
        Ok(uuid.to_string())
    }

    /// The UUID that an object is to have, if it is told; not yet among `taken`.
    pub(super) fn id(&mut self, taken: &mut HashSet<Uuid>) -> Result<Option<Uuid>, String> {
        let Some(item) = self.take("id") else {
            return Ok(None);
        };
        let id = item.text()?.parse::<Uuid>();
        let id = id.map_err(|_| item.wrong("not a UUID"))?;
        if !taken.insert(id) {
            return Err(item.wrong(&format!("{id} is there already")));
        }
        Ok(Some(id))
    }

    /// What must be there.
    pub(super) fn need(&mut self, field: &str) -> Result<Item, String> {
        let item = self.take(field);
        item.ok_or_else(|| wrong(&self.place_of(field), "missing"))
    }

    /// The place.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Fails if this field is there.
    pub(super) fn refuse(&mut self, field: &str) -> Result<(), String> {
        match self.take(field) {
            Some(item) => Err(item.wrong("unknown field")),
            None => Ok(()),
        }
    }

    /// Puts a field there.
    pub(super) fn put(&mut self, field: &str, value: Value) {
        self.fields.insert(field.to_owned(), value);
    }

    /// The place, and all fields that were not taken.
    pub(super) fn rest(self) -> (String, Object) {
        (self.place, self.fields)
    }

    /// The items of a list, if it is there.
    pub(super) fn list(&mut self, field: &str) -> Result<Option<Vec<Item>>, String> {
        let Some(item) = self.take(field) else {
            return Ok(None);
        };
        let Value::Array(values) = item.value else {
            return Err(wrong(&item.place, "not a list"));
        };
        let items = values.into_iter().enumerate().map(|(at, value)| Item {
            place: format!("{}[{at}]", item.place),
            value,
        });
        Ok(Some(items.collect()))
    }

    /// Fails if there is anything else.
    pub(super) fn end(self) -> Result<(), String> {
        match self.fields.keys().next() {
            None => Ok(()),
            Some(field) => Err(wrong(&self.place_of(field), "unknown field")),
        }
    }

    fn place_of(&self, field: &str) -> String {
        within(&self.place, field)
    }
}

/// The place of a field.
pub(super) fn within(place: &str, field: &str) -> String {
    if place.is_empty() {
        field.to_owned()
    } else {
        format!("{place}.{field}")
    }
}

/// A mistake at a place.
pub(super) fn wrong(place: &str, what: &str) -> String {
    if place.is_empty() {
        what.to_owned()
    } else {
        format!("{place}: {what}")
    }
}
