//! Rows in the order of their creation, found by id, by name, and from any place onward.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use uuid::Uuid;

/// What a table holds.
pub(super) trait Row {
    /// Its id.
    fn id(&self) -> Uuid;

    /// The name that no other row has; `None` where names may repeat.
    fn unique_name(&self) -> Option<&str>;
}

/// Rows in the order of their creation.
#[derive(Clone, Debug)]
pub(super) struct Table<T> {
    rows: BTreeMap<u64, T>,
    names: HashMap<Box<str>, u64>,
    /// Kept when a row goes, so that a reader of pages does not lose the place.
    places: HashMap<Uuid, u64>,
    next: u64,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            names: HashMap::new(),
            places: HashMap::new(),
            next: 0,
        }
    }
}

impl<T: Row> Table<T> {
    /// Adds a row whose id and name are free.
    pub(super) fn push(&mut self, row: T) {
        let place = self.next;
        self.next += 1;
        self.places.insert(row.id(), place);
        if let Some(name) = row.unique_name() {
            self.names.insert(name.into(), place);
        }
        self.rows.insert(place, row);
    }

    /// How many rows there were in all.
    pub(super) fn made(&self) -> u64 {
        self.next
    }

    /// The row with this id.
    pub(super) fn by_id(&self, id: Uuid) -> Option<&T> {
        self.rows.get(self.places.get(&id)?)
    }

    /// The row with this id, to change anything but id and name.
    pub(super) fn by_id_mut(&mut self, id: Uuid) -> Option<&mut T> {
        self.rows.get_mut(self.places.get(&id)?)
    }

    /// The row with this name.
    pub(super) fn by_name(&self, name: &str) -> Option<&T> {
        self.rows.get(self.names.get(name)?)
    }

    /// The row with this name, to change anything but id and name.
    pub(super) fn by_name_mut(&mut self, name: &str) -> Option<&mut T> {
        self.rows.get_mut(self.names.get(name)?)
    }

    /// Takes a row out; its name is free again.
    pub(super) fn remove(&mut self, id: Uuid) -> Option<T> {
        let row = self.rows.remove(self.places.get(&id)?)?;
        if let Some(name) = row.unique_name() {
            self.names.remove(name);
        }
        Some(row)
    }

    /// Puts a row, whose name is free or its own, where the one with the same id is.
    pub(super) fn replace(&mut self, row: T) {
        let Some(place) = self.place(row.id()) else {
            return;
        };
        let older = self.rows.get(&place).and_then(Row::unique_name);
        if let Some(name) = older {
            self.names.remove(name);
        }
        if let Some(name) = row.unique_name() {
            self.names.insert(name.into(), place);
        }
        self.rows.insert(place, row);
    }

    /// Where the row with this id is, or was.
    pub(super) fn place(&self, id: Uuid) -> Option<u64> {
        self.places.get(&id).copied()
    }

    /// All rows, oldest first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.rows.values()
    }

    /// The rows after a place, oldest first.
    pub(super) fn after(&self, place: Option<u64>) -> impl Iterator<Item = &T> {
        let from = place.map_or(Bound::Unbounded, Bound::Excluded);
        self.rows
            .range((from, Bound::Unbounded))
            .map(|(_, row)| row)
    }

    /// The rows before a place, youngest first.
    pub(super) fn before(&self, place: Option<u64>) -> impl Iterator<Item = &T> {
        let to = place.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.rows.range((Bound::Unbounded, to));
        rows.rev().map(|(_, row)| row)
    }
}
