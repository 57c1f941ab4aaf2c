//! What a request's line says that is the same each time the same is answered again.

use std::sync::Arc;

/// The lasting parts of a line, ready to be written. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Told {
    text: Arc<[u8]>,
    /// Where the sentence ends, and what only this request says comes between.
    sentence: usize,
}

impl Told {
    /// What comes before the time that it took, and what comes after it and the request's id, which
    /// begins at `sentence`.
    pub fn new(text: Vec<u8>, sentence: usize) -> Self {
        let text = text.into();
        Self { text, sentence }
    }

    /// The two.
    pub fn parts(&self) -> (&[u8], &[u8]) {
        self.text
            .split_at_checked(self.sentence)
            .unwrap_or_default()
    }
}
