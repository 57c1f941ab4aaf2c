//! What is wrong with a policy's text, told so that it can be put right.

use std::ops::Range;

/// One thing that is wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// What, as a sentence.
    pub title: String,
    /// What stands under the place.
    pub label: &'static str,
    /// What to change.
    pub help: String,
    /// Where, in bytes of the text.
    pub at: Range<usize>,
}

impl Fault {
    pub(super) fn new(
        at: &Range<usize>,
        title: impl Into<String>,
        label: &'static str,
        help: impl Into<String>,
    ) -> Self {
        Self {
            title: title.into(),
            label,
            help: help.into(),
            at: at.clone(),
        }
    }

    /// In one line, with the place in `text`, for whoever sees no more than a message.
    pub fn in_a_line(&self, text: &str) -> String {
        let (line, column) = line_and_column(text, self.at.start);
        format!(
            "line {line}, column {column}: {}; {}",
            self.title, self.help
        )
    }
}

/// Line and column of byte `offset` of `text`, both counted from one.
pub(crate) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(start..).unwrap_or_default().chars().count() + 1;
    (line, column)
}
