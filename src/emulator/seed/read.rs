//! Reads JSON that somebody wrote by hand, and says where a mistake is.

use std::collections::HashSet;

use serde_json::{Map, Value};
use uuid::Uuid;

/// One value and its place, as in `groups[3].members[0]`.
#[derive(Debug)]
pub(super) struct Item {
    place: String,
    value: Value,
}

/// An object whose fields are taken out one by one; one that is left over is a mistake.
#[derive(Debug)]
pub(super) struct Fields {
    place: String,
    fields: Map<String, Value>,
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
        let item = self.take(field);
        let item = item.ok_or_else(|| wrong(&self.place_of(field), "missing"))?;
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
        if self.place.is_empty() {
            field.to_owned()
        } else {
            format!("{}.{field}", self.place)
        }
    }
}

fn wrong(place: &str, what: &str) -> String {
    if place.is_empty() {
        what.to_owned()
    } else {
        format!("{place}: {what}")
    }
}
