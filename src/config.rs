//! Reads file and environment and makes the settings of each part of them.
//!
//! What an operator writes is walked as a tree that knows its places ([`section`]); what the program
//! runs on is [`app::Config`], and if one exists it is valid: nothing later checks a setting again.
//! Defaults stand in the concerns, with the `Config` that they belong to. Order: defaults, then the
//! file, then `OPAGATE_…` variables. Stands near the top: it knows every part, no part knows it.

mod callers;
mod interpolate;
mod kept;
mod listeners;
mod mistake;
mod nearest;
mod notes;
mod origins;
mod parts;
mod place;
mod policies;
mod scenario;
mod section;
mod sessions;
mod show;
mod store;
mod teams;
mod tls;
mod unique;
mod value;

use std::path::Path;
use std::{fs, io};

use toml::de::DeTable;

pub use self::mistake::Mistakes;
pub use self::scenario::scenario;
pub use self::show::show;

use self::listeners::Address;
use self::mistake::{Mistake, Place};
use self::notes::Notes;
use self::section::Section;
use crate::{app, upstream};

/// A configuration that can be run, and what surprises in it.
#[derive(Debug)]
pub struct Loaded {
    /// The settings.
    pub config: app::Config,
    /// What works but surprises; may be empty.
    pub warnings: Mistakes,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The file could not be read.
    #[error("{file}: {source}")]
    Unreadable {
        /// Its name.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// What it says cannot be run.
    #[error(transparent)]
    Wrong(#[from] Mistakes),
}

/// Reads the file at `path` and the environment of this process.
///
/// # Errors
///
/// Fails if the file cannot be read, or with every mistake in it.
pub fn read(path: &Path) -> Result<Loaded, Refused> {
    let file = path.display().to_string();
    let text = fs::read_to_string(path);
    let text = text.map_err(|source| Refused::Unreadable {
        file: file.clone(),
        source,
    })?;
    // Variables that are not UTF-8 cannot be settings.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Ok(load(&text, &file, environment)?)
}

/// Makes settings of `text`, which stands in `file`, and of `environment`.
///
/// # Errors
///
/// Fails with every mistake, in the order of the file.
pub fn load(
    text: &str,
    file: &str,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Loaded, Mistakes> {
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let list = errors.iter().map(syntax).collect();
        return Err(Mistakes::of_syntax(file, text, list));
    }
    let notes = Notes::new(text, environment);
    let mut top = Section::top(&notes, document.get_ref());
    let config = compose(&mut top);
    top.finish();
    notes.finish();

    let list = notes.mistakes.take();
    let is_refused = list.iter().any(Mistake::is_fatal);
    let mistakes = Mistakes::new(file, text, &notes.hidden.take(), list);
    if is_refused {
        return Err(mistakes);
    }
    Ok(Loaded {
        config,
        warnings: mistakes,
    })
}

/// All parts, in the order of the reference file; what cannot be taken is noted and left out.
fn compose(top: &mut Section<'_>) -> app::Config {
    let (deadline, drain) = parts::stop(top);
    let mut upstream = upstream::Limits::default();
    let limits = top.table("limits", |s| parts::limits(s, &mut upstream));
    top.table("upstream", |s| parts::upstream(s, &mut upstream));
    let (mut admin, place) = top.table("admin", parts::admin);
    top.table("ready", |s| parts::ready(s, &mut admin));
    let admin_address = Address {
        value: admin.address,
        place,
    };
    listeners::admin(top.notes, &admin_address);

    let (teams, rosters) = teams::teams(top, upstream);
    let origins = origins::origins(top, upstream);
    let policies = policies::policies(top, &rosters);
    let callers = callers::callers(top, &rosters, &policies);
    let store = top.table("store", store::store);
    let callers = (callers, store.is_some());
    let (listeners, callers) = listeners::listeners(top, callers, &rosters, admin_address);
    app::Config {
        listeners,
        limits,
        admin,
        deadline,
        teams,
        origins,
        policies: policies::usable(&policies),
        callers,
        token: top.table("token", parts::token),
        cache: top.table("cache", |section| kept::cache(section, &rosters)),
        paginate: top.table("paginate", parts::paginate),
        retry: top.table("retry", parts::retry),
        breaker: top.table("breaker", parts::breaker),
        shape: top.table("shape", parts::shape),
        store,
        sessions: top.table("sessions", sessions::sessions),
        keys: top.table("keys", sessions::keys),
        audit: top.table("audit", parts::audit),
        log: top.table("log", parts::log),
        trace: top.table("trace", parts::trace),
        drain,
        runtime: top.table("runtime", parts::runtime),
    }
}

/// What the parser says. No line is shown: nobody knows what on it is a secret.
fn syntax(error: &toml::de::Error) -> Mistake {
    let title = error.message().lines().next().unwrap_or("this is not TOML");
    let place = error.span().map(Place::of);
    let help = "strings stand in quotes, tables in `[…]`; see https://toml.io";
    Mistake::error(title).at(place.as_ref(), "").help(help)
}

#[cfg(test)]
mod tests;
