//! What a row of the table is made of: what is asked, what the origin answers, what must be seen.
//!
//! Fields are written as they go over the wire, `Name: value`. In them `{path}` stands for the row's
//! path at the origin, `{port}` for the origin's port, and `{-60}` for the HTTP date of a minute ago;
//! `{rfc850:60}` and `{asctime:60}` are the obsolete forms of the date in a minute.

/// One requirement, and an exchange that would go wrong without it.
#[derive(Clone, Copy)]
pub(super) struct Row {
    /// The RFC's number and its section: `9111-5.2.2.10`.
    pub(super) section: &'static str,
    /// The requirement, in a sentence of our own.
    pub(super) says: &'static str,
    pub(super) origin: Origin,
    pub(super) steps: &'static [Step],
}

/// Which of the configured origins a row goes to; all lead to the same one.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Origin {
    /// Nobody is asked who they are.
    Anyone,
    /// Callers are the gateway's.
    Known,
    /// As the first, with heuristic freshness.
    Guessing,
}

impl Origin {
    /// Where it stands at the gateway.
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::Anyone => "/open/",
            Self::Known => "/files/",
            Self::Guessing => "/guess/",
        }
    }
}

/// One request, and all that must come of it.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub(super) method: &'static str,
    /// Added to the row's path.
    pub(super) at: &'static str,
    pub(super) fields: &'static [&'static str],
    pub(super) body: &'static str,
    /// Whether the body is in chunks already, and has no length.
    pub(super) is_chunked: bool,
    /// Seconds that pass first.
    pub(super) after: u64,
    /// How often it is sent at once.
    pub(super) together: usize,
    /// What the origin answers, once.
    pub(super) answer: Option<Answer>,
    /// What it answers if it is asked once more in this step.
    pub(super) again: Option<Answer>,
    /// How often the origin must have been asked; `None`: no matter.
    pub(super) asked: Option<usize>,
    /// Whose answer the caller must get; `None`: see `status` and `text`.
    pub(super) from: Whose,
    pub(super) status: Option<u16>,
    pub(super) text: Option<&'static str>,
    /// What the body must not be.
    pub(super) not_text: Option<&'static str>,
    /// Whether one answer of the origin serves all who ask together.
    pub(super) is_shared: bool,
    /// What the answer's head must hold: `Name: value`, `Name`, `!Name`, `Age: 10~` (or a little
    /// more).
    pub(super) shows: &'static [&'static str],
    /// What the origin must have been asked, in the same form; also `@target`, `@method`, `@body`.
    pub(super) sent: &'static [&'static str],
    /// How `Cache-Status` must begin.
    pub(super) first_told: &'static str,
    /// What `Cache-Status` must hold: `hit`, `!stored`, `fwd=miss|uri-miss`, `ttl=10~` (or a little
    /// less).
    pub(super) tells: &'static [&'static str],
}

/// Whose answer a caller must get.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Whose {
    /// What the origin answers in this step.
    Now,
    /// What it answered in that step (from 1).
    Step(usize),
    /// The gateway's own.
    Gateway,
    /// No matter.
    Any,
}

/// What the origin answers.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) fields: &'static [&'static str],
    /// `None`: one that no other answer has.
    pub(super) body: Option<&'static str>,
    /// Status and fields of what comes before it.
    pub(super) interim: &'static [(u16, &'static [&'static str])],
    pub(super) framing: Framing,
    /// Whether `Date` is added where the fields have none.
    pub(super) dated: bool,
    /// Seconds until it comes.
    pub(super) takes: u64,
}

/// How the end of an answer is told.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Framing {
    /// By its length.
    Length,
    /// By a length that is more than what comes.
    TooLong,
    /// By chunks.
    Chunks,
    /// By chunks, the last of which does not come.
    CutChunks,
    /// By chunks, and with a trailer field `X-Trailer`.
    Trailers,
    /// By the end of the connection.
    Close,
    /// There is no answer: the connection ends.
    Nothing,
}
