//! Refuses what is named twice.

use crate::config::mistake::{Mistake, Place};
use crate::config::notes::Notes;

/// Values that must differ from each other, and where each was first seen.
#[derive(Debug)]
pub(super) struct Unique {
    what: &'static str,
    seen: Vec<(String, Place)>,
}

impl Unique {
    /// For values of the kind `what`.
    pub(super) fn new(what: &'static str) -> Self {
        Self {
            what,
            seen: Vec::new(),
        }
    }

    /// Notes a mistake if there is already one like `value`.
    pub(super) fn add(&mut self, notes: &Notes, value: &str, place: &Place) {
        match self.seen.iter().find(|(seen, _)| seen == value) {
            None => self.seen.push((value.to_owned(), place.clone())),
            Some((_, first)) => {
                let mistake = Mistake::error(format!("two of the same {}", self.what))
                    .at(place, "the second")
                    .beside(first, "the first");
                notes.add(mistake.help("change one, or remove it"));
            }
        }
    }
}
