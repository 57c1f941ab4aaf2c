//! Reads `[store]`: where it is, and what it is locked with.

use crate::config::mistake::Place;
use crate::config::section::Section;
use crate::config::teams::secret;
use crate::config::value::{path, wrong};
use crate::store::{self, SHORTEST_KEY};

/// The store, if there is to be one.
pub(super) fn store(section: &mut Section<'_>) -> Option<store::Config> {
    section.hide("key");
    let placed = if section.is_absent("key") {
        section.optional("path", path)
    } else {
        section.required("path", path)
    };
    let placed = placed?;
    let key = secret(section, "key")?;
    // A file that cannot be read has been told of.
    let text = key.read().ok()?;
    if text.expose().trim().len() < SHORTEST_KEY {
        let written = section.raw("key").map(|value| Place::of(value.span()));
        let rule = format!("must have at least {SHORTEST_KEY} characters");
        let help = "make one: `openssl rand -hex 32`";
        let place = written.unwrap_or(placed.place);
        section.refuse("key", &place, &wrong(rule, "too easily guessed", help));
        return None;
    }
    Some(store::Config {
        path: placed.value,
        key,
    })
}
