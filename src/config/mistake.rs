//! What is wrong with a configuration, told so that it can be put right.
//!
//! All mistakes are told at once, in the order of the file, each with its place, a caret and a next
//! step. The text that carets point into is a copy in which secrets are starred out, so that no
//! message can show one.

use std::error::Error;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Element, Level, Origin, Renderer, Snippet};

pub(super) use crate::config::place::{Other, Place};
use crate::policy::line_and_column;

/// One thing that is wrong, or works but surprises.
#[derive(Clone, Debug)]
pub(super) struct Mistake {
    is_fatal: bool,
    /// The file that `at` is in, if it is another one, and where that one is named.
    within: Option<(Arc<Other>, Place)>,
    title: String,
    at: Option<(Place, String)>,
    beside: Vec<(Place, String)>,
    notes: Vec<(&'static str, String)>,
}

impl Mistake {
    /// Something for which the configuration is refused.
    pub(super) fn error(title: impl Into<String>) -> Self {
        Self {
            is_fatal: true,
            within: None,
            title: title.into(),
            at: None,
            beside: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Something that works but surprises.
    pub(super) fn warning(title: impl Into<String>) -> Self {
        Self {
            is_fatal: false,
            ..Self::error(title)
        }
    }

    /// The same as a warning.
    pub(super) fn mild(self) -> Self {
        Self {
            is_fatal: false,
            ..self
        }
    }

    /// Points the caret at `place`, saying `label`; a place that is unknown is left out.
    pub(super) fn at<'p>(
        mut self,
        place: impl Into<Option<&'p Place>>,
        label: impl Into<String>,
    ) -> Self {
        self.at = place.into().map(|p| (p.clone(), label.into())).or(self.at);
        self
    }

    /// Says that the place is in another file, which `named` names.
    pub(super) fn within(mut self, file: &Arc<Other>, named: &Place) -> Self {
        self.within = Some((Arc::clone(file), named.clone()));
        self
    }

    /// Underlines a second place without which the first cannot be understood.
    pub(super) fn beside<'p>(
        mut self,
        place: impl Into<Option<&'p Place>>,
        label: impl Into<String>,
    ) -> Self {
        let place = place.into().map(|p| (p.clone(), label.into()));
        self.beside.extend(place);
        self
    }

    /// Says what to do.
    pub(super) fn help(self, text: impl Into<String>) -> Self {
        self.note("help", text)
    }

    /// Adds a line under `name`.
    pub(super) fn note(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.notes.push((name, text.into()));
        self
    }

    /// Whether the configuration is refused for it.
    pub(super) fn is_fatal(&self) -> bool {
        self.is_fatal
    }

    /// Places in the file first, in its order; then variables by name; then the rest.
    fn order(&self) -> (bool, Option<&Place>) {
        let named = self.within.as_ref().map(|(_, named)| named);
        let place = named.or_else(|| self.at.as_ref().map(|(place, _)| place));
        (place.is_none(), place)
    }
}

/// All mistakes of one configuration, ready to be shown.
///
/// `Display` is plain text; [`Mistakes::styled`] is for a terminal.
#[derive(Clone)]
pub struct Mistakes {
    /// The name of the file.
    file: String,
    /// Its text, without secrets where it could be parsed.
    text: String,
    /// Whether lines may be shown: not before it is known what is secret in them.
    shows_lines: bool,
    list: Vec<Mistake>,
}

impl Mistakes {
    /// Puts `list` in order; the parts of `text` that are `hidden` can never be shown.
    pub(super) fn new(
        file: &str,
        text: &str,
        hidden: &[Range<usize>],
        mut list: Vec<Mistake>,
    ) -> Self {
        list.sort_by(|a, b| a.order().cmp(&b.order()));
        Self {
            file: file.to_owned(),
            text: star_out(text, hidden),
            shows_lines: true,
            list,
        }
    }

    /// The same for a text that could not be parsed, of which nothing is shown but places.
    pub(super) fn of_syntax(file: &str, text: &str, list: Vec<Mistake>) -> Self {
        Self {
            shows_lines: false,
            ..Self::new(file, text, &[], list)
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many there are, warnings included.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// As `Display`, with colours.
    pub fn styled(&self) -> String {
        self.render(&Renderer::styled())
    }

    fn render(&self, renderer: &Renderer) -> String {
        let renderer = renderer.clone().decor_style(DecorStyle::Ascii);
        let mut whole = String::new();
        for mistake in &self.list {
            whole.push_str(&self.render_one(&renderer, mistake));
            whole.push_str("\n\n");
        }
        whole.push_str(&self.count());
        whole
    }

    fn render_one(&self, renderer: &Renderer, mistake: &Mistake) -> String {
        let level = if mistake.is_fatal {
            Level::ERROR
        } else {
            Level::WARNING
        };
        let group = level
            .primary_title(mistake.title.as_str())
            .elements(self.origins(mistake))
            .elements(self.snippet(mistake))
            .elements(
                mistake
                    .notes
                    .iter()
                    .map(|(name, text)| Level::HELP.with_name(*name).message(text.as_str())),
            );
        renderer.render(&[group])
    }

    /// Places that cannot be underlined.
    fn origins<'m>(&'m self, mistake: &'m Mistake) -> Vec<Element<'m>> {
        let marks = mistake.at.iter().chain(&mistake.beside);
        marks
            .filter_map(|(place, _)| match place {
                Place::Environment(name) => Some(Origin::path(format!("from {name}")).into()),
                Place::File(start, _) if !self.shows_lines => {
                    let (line, column) = line_and_column(&self.text, *start);
                    let file = Origin::path(self.file.as_str());
                    Some(file.line(line).char_column(column).into())
                }
                Place::File(..) => None,
            })
            .collect()
    }

    fn snippet<'m>(&'m self, mistake: &'m Mistake) -> Option<Snippet<'m, Annotation<'m>>> {
        if !self.shows_lines {
            return None;
        }
        let primary = mistake
            .at
            .iter()
            .map(|mark| (mark, AnnotationKind::Primary));
        let context = mistake
            .beside
            .iter()
            .map(|mark| (mark, AnnotationKind::Context));
        let annotations: Vec<_> = primary
            .chain(context)
            .filter_map(|((place, label), kind)| match place {
                Place::File(start, end) => Some(kind.span(*start..*end).label(label.as_str())),
                Place::Environment(_) => None,
            })
            .collect();
        if annotations.is_empty() {
            return None;
        }
        let (name, text) = match &mistake.within {
            Some((other, _)) => (other.name.as_str(), other.text.as_str()),
            None => (self.file.as_str(), self.text.as_str()),
        };
        Some(Snippet::source(text).path(name).annotations(annotations))
    }

    fn count(&self) -> String {
        let fatal = self.list.iter().filter(|m| m.is_fatal).count();
        let count = |n: usize, word: &str| match n {
            0 => None,
            1 => Some(format!("1 {word}")),
            n => Some(format!("{n} {word}s")),
        };
        let parts = [
            count(fatal, "mistake"),
            count(self.list.len() - fatal, "warning"),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        format!("{} in {}", parts.join(" and "), self.file)
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(&Renderer::plain()))
    }
}

// Not derived: the text of the file has no place in a log.
impl fmt::Debug for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let titles: Vec<_> = self.list.iter().map(|m| m.title.as_str()).collect();
        f.debug_struct("Mistakes")
            .field("file", &self.file)
            .field("titles", &titles)
            .finish_non_exhaustive()
    }
}

impl Error for Mistakes {}

/// Replaces what is `hidden` byte by byte, so that every other place keeps its line and column.
fn star_out(text: &str, hidden: &[Range<usize>]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for range in hidden {
        let part = bytes.get_mut(range.clone()).unwrap_or_default();
        part.iter_mut()
            .filter(|b| !matches!(**b, b'\n' | b'\r'))
            .for_each(|b| *b = b'*');
    }
    // Ranges come from the parser and so never cut a character; if one did, show nothing.
    String::from_utf8(bytes).unwrap_or_default()
}
