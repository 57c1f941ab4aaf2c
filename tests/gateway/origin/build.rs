//! The words that rows are written in.

use super::row::{Answer, Step, Whose};
pub(super) use super::row::{Framing, Origin, Row};

/// A requirement; its steps follow.
pub(super) const fn row(section: &'static str, says: &'static str) -> Row {
    Row {
        section,
        says,
        origin: Origin::Anyone,
        steps: &[],
    }
}

impl Row {
    pub(super) const fn to(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    pub(super) const fn steps(mut self, steps: &'static [Step]) -> Self {
        self.steps = steps;
        self
    }
}

/// A read.
pub(super) const fn get() -> Step {
    ask("GET")
}

/// A read of the head.
pub(super) const fn head() -> Step {
    ask("HEAD")
}

/// Any request.
pub(super) const fn ask(method: &'static str) -> Step {
    Step {
        method,
        at: "",
        fields: &[],
        body: "",
        is_chunked: false,
        after: 0,
        together: 1,
        answer: None,
        again: None,
        asked: Some(0),
        from: Whose::Gateway,
        status: None,
        text: None,
        not_text: None,
        is_shared: false,
        shows: &[],
        sent: &[],
        first_told: "",
        tells: &[],
    }
}

impl Step {
    pub(super) const fn at(mut self, at: &'static str) -> Self {
        self.at = at;
        self
    }

    pub(super) const fn with(mut self, fields: &'static [&'static str]) -> Self {
        self.fields = fields;
        self
    }

    pub(super) const fn body(mut self, body: &'static str) -> Self {
        self.body = body;
        self
    }

    /// A body in chunks.
    pub(super) const fn chunked(mut self, chunks: &'static str) -> Self {
        self.body = chunks;
        self.is_chunked = true;
        self
    }

    pub(super) const fn after(mut self, seconds: u64) -> Self {
        self.after = seconds;
        self
    }

    pub(super) const fn together(mut self, times: usize) -> Self {
        self.together = times;
        self
    }

    /// The origin is asked, and the caller gets what it answers.
    pub(super) const fn brings(mut self, answer: Answer) -> Self {
        self.answer = Some(answer);
        self.asked = Some(1);
        self.from = Whose::Now;
        self
    }

    /// The origin answers so if it is asked a second time.
    pub(super) const fn then(mut self, answer: Answer) -> Self {
        self.again = Some(answer);
        self
    }

    /// The origin must be asked so often in this step.
    pub(super) const fn asks(mut self, times: usize) -> Self {
        self.asked = Some(times);
        self
    }

    /// It does not matter whether the origin is asked, nor what the caller gets.
    pub(super) const fn anyhow(mut self) -> Self {
        self.asked = None;
        self.from = Whose::Any;
        self
    }

    /// The caller gets what the origin answered in that step, counted from 1.
    pub(super) const fn gives(mut self, step: usize) -> Self {
        self.from = Whose::Step(step);
        self
    }

    /// The same, and the origin is not asked.
    pub(super) const fn kept(self, step: usize) -> Self {
        self.gives(step).asks(0)
    }

    /// The caller gets this status; what body with it says [`Step::text`].
    pub(super) const fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        if matches!(self.from, Whose::Now) {
            self.from = Whose::Any;
        }
        self
    }

    /// The caller gets this body.
    pub(super) const fn text(mut self, text: &'static str) -> Self {
        self.text = Some(text);
        self
    }

    /// The caller gets any body but this.
    pub(super) const fn text_is_not(mut self, text: &'static str) -> Self {
        self.not_text = Some(text);
        self
    }

    /// Those who ask together get one answer of the origin.
    pub(super) const fn shared(mut self) -> Self {
        self.is_shared = true;
        self
    }

    pub(super) const fn shows(mut self, fields: &'static [&'static str]) -> Self {
        self.shows = fields;
        self
    }

    pub(super) const fn sent(mut self, fields: &'static [&'static str]) -> Self {
        self.sent = fields;
        self
    }

    pub(super) const fn first_told(mut self, text: &'static str) -> Self {
        self.first_told = text;
        self
    }

    pub(super) const fn tells(mut self, members: &'static [&'static str]) -> Self {
        self.tells = members;
        self
    }
}

/// Good for an hour.
pub(super) const HOUR: &[&str] = &["Cache-Control: max-age=3600"];

/// Good for an hour, which is over.
pub(super) const OVER: &[&str] = &["Cache-Control: max-age=3600", "Age: 3700"];

/// The same, with something to ask by whether it changed.
pub(super) const OVER_TAGGED: &[&str] =
    &["Cache-Control: max-age=3600", "Age: 3700", "ETag: \"a\""];

/// 200 with these fields.
pub(super) const fn ok(fields: &'static [&'static str]) -> Answer {
    answer(200, fields)
}

/// 304 with these fields.
pub(super) const fn unchanged(fields: &'static [&'static str]) -> Answer {
    answer(304, fields)
}

/// No answer: the connection ends.
pub(super) const fn nothing() -> Answer {
    answer(0, &[]).framed(Framing::Nothing)
}

pub(super) const fn answer(status: u16, fields: &'static [&'static str]) -> Answer {
    Answer {
        status,
        fields,
        body: None,
        interim: &[],
        framing: Framing::Length,
        dated: true,
        takes: 0,
    }
}

impl Answer {
    pub(super) const fn body(mut self, body: &'static str) -> Self {
        self.body = Some(body);
        self
    }

    pub(super) const fn interim(
        mut self,
        interim: &'static [(u16, &'static [&'static str])],
    ) -> Self {
        self.interim = interim;
        self
    }

    pub(super) const fn framed(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    pub(super) const fn undated(mut self) -> Self {
        self.dated = false;
        self
    }

    pub(super) const fn takes(mut self, seconds: u64) -> Self {
        self.takes = seconds;
        self
    }
}
