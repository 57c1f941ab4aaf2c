//! What is noted while a configuration is read: mistakes, secrets, what was asked for.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use crate::config::interpolate::{self, Broken};
use crate::config::mistake::{Mistake, Place};
use crate::config::nearest::nearest;

/// What is noted while a configuration is read.
#[derive(Debug)]
pub(super) struct Notes {
    /// The file.
    text: String,
    environment: BTreeMap<String, String>,
    /// Mistakes and warnings, in the order in which they were met.
    pub(super) mistakes: RefCell<Vec<Mistake>>,
    /// Parts of the file that must not be shown.
    pub(super) hidden: RefCell<Vec<Range<usize>>>,
    /// Every key that was asked for, by its path.
    pub(super) asked: RefCell<BTreeSet<String>>,
    /// The variables that settings may come from, or strings hold.
    variables: RefCell<BTreeSet<String>>,
}

impl Notes {
    /// Nothing noted yet.
    pub(super) fn new(text: &str, environment: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            text: text.to_owned(),
            environment: environment.into_iter().collect(),
            mistakes: RefCell::default(),
            hidden: RefCell::default(),
            asked: RefCell::default(),
            variables: RefCell::default(),
        }
    }

    /// Notes a mistake.
    pub(super) fn add(&self, mistake: Mistake) {
        self.mistakes.borrow_mut().push(mistake);
    }

    /// Sees to it that `value` is never shown, nor anything in it.
    pub(super) fn hide(&self, value: &Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::Table(table) => table.values().for_each(|inner| self.hide(inner)),
            DeValue::Array(array) => array.iter().for_each(|inner| self.hide(inner)),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => self.hidden.borrow_mut().push(value.span()),
        }
    }

    /// Where `value` starts in the file, if it stands as it is in the text at `span`.
    pub(super) fn start_of(&self, span: &Range<usize>, value: &str) -> Option<usize> {
        let raw = self.text.get(span.clone())?;
        Some(span.start + raw.find(value)?)
    }

    /// The variable that sets the key at `path`, if it is set: its value and its name.
    pub(super) fn variable(&self, path: &str) -> Option<(String, String)> {
        let name = format!("{PREFIX}{}", path.to_ascii_uppercase().replace('.', "__"));
        self.variables.borrow_mut().insert(name.clone());
        let text = self.environment.get(&name)?;
        Some((text.clone(), name))
    }

    /// Puts variables into `text`; a mistake is noted at `place`.
    pub(super) fn complete(&self, text: &str, place: &Place) -> Option<String> {
        let completed = interpolate::interpolate(text, |name| {
            self.variables.borrow_mut().insert(name.to_owned());
            self.environment.get(name).cloned()
        });
        completed
            .map_err(|broken| self.add(explain(&broken).at(place, "here")))
            .ok()
    }

    /// Notes variables that look like settings and are none.
    pub(super) fn finish(&self) {
        let variables = self.variables.borrow();
        let unknown = self.environment.keys().filter(|name| {
            // Without `__` it may be somebody else's: Kubernetes sets `OPAGATE_PORT` and the like.
            name.starts_with(PREFIX) && name.contains("__") && !variables.contains(*name)
        });
        for name in unknown {
            let help = match nearest(name, variables.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "settings inside lists are set in the file; strings there may hold \
                         `${VARIABLE}`"
                    .to_owned(),
            };
            let place = Place::Environment(name.clone());
            let mistake = Mistake::error(format!("`{name}` is not a setting"));
            self.add(mistake.at(&place, "").help(help));
        }
    }
}

fn explain(broken: &Broken) -> Mistake {
    match broken {
        Broken::Unset(name) => Mistake::error(format!("the variable `{name}` is not set"))
            .help(format!("set it, or give a default: `${{{name}:-default}}`")),
        Broken::Unclosed => Mistake::error("`${` without `}`")
            .help("write `${NAME}`, or `$${` where the two characters are meant"),
        Broken::NotAName => Mistake::error("not the name of a variable between `${` and `}`")
            .help("use letters, digits and `_`, as in `${OPA_HOST}` or `${OPA_HOST:-default}`"),
        Broken::File => Mistake::error("only a secret can be read from a file")
            .help("`secret = \"${file:/run/secrets/key}\"` takes the whole value, and only there"),
    }
}

const PREFIX: &str = "OPAGATE_";
