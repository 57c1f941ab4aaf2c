//! Runs rows: one gateway and one origin for all, a path for each.

use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

use super::check::Expected;
use super::row::{Answer, Framing, Origin, Row, Step, Whose};
use super::script::{Script, Scripted, Seen};
use super::time::{date, filled, passes};
use super::turned;
use super::wire::{self, Reply};
use crate::listen::Open;
use crate::support::Setup;

/// The gateway between the callers and the origin.
pub(super) struct Bench {
    open: Open,
    script: Script,
}

/// Where a row takes place.
struct Place<'a> {
    row: &'a Row,
    /// The path at the origin.
    path: String,
    /// What dates are counted from.
    now: SystemTime,
}

impl Bench {
    pub(super) async fn start() -> Self {
        let script = Script::start().await;
        let open = Open::over(setup(script.port)).await;
        Self { open, script }
    }

    /// Says what is wrong with a row, if anything.
    pub(super) async fn run(&self, row: &Row, name: &str) -> Option<String> {
        let place = Place {
            row,
            path: format!("/{name}"),
            now: SystemTime::now(),
        };
        let mut wrong = Vec::new();
        let mut all_seen = 0;
        for (number, step) in row.steps.iter().enumerate() {
            let (replies, seen) = self.take(&place, step, number, all_seen).await;
            all_seen += seen.len();
            let expected = place.expected(step, number, self.script.port);
            let mut differences = expected.check(&replies, &seen);
            if differences.is_empty() {
                differences.extend(turned::unnoticed(&expected, &replies, &seen));
            }
            let lines = differences
                .iter()
                .map(|d| format!("    step {}: {d}\n", number + 1));
            wrong.extend(lines);
            if !differences.is_empty() {
                let shown = replies.last();
                wrong.push(format!("      answer {shown:?}\n      origin {seen:?}\n"));
            }
        }
        let Row { section, says, .. } = row;
        (!wrong.is_empty()).then(|| format!("{section} [{name}] {says}\n{}", wrong.concat()))
    }

    /// Takes one step: what came back, and what the origin was asked.
    async fn take(
        &self,
        place: &Place<'_>,
        step: &Step,
        number: usize,
        seen: usize,
    ) -> (Vec<std::io::Result<Reply>>, Vec<Seen>) {
        if step.after > 0 {
            passes(step.after).await;
        }
        let port = self.script.port;
        let answers = step.answer.iter().chain(&step.again);
        let answers = answers.map(|answer| place.scripted(answer, number, port));
        self.script.prepare(&place.path, answers.collect());
        let request = place.request(step, port);
        let asking = (0..step.together).map(|_| wire::send(self.open.address, &request));
        let replies = join_all(asking).await;
        self.quiet(place, seen + step.asked.unwrap_or(0)).await;
        (replies, self.script.seen(&place.path, seen))
    }

    /// Waits until the origin was asked so often, and for what is under way without a caller.
    async fn quiet(&self, place: &Place<'_>, asked: usize) {
        let parts = &self.open.gateway.parts;
        let until = Instant::now() + Duration::from_secs(2);
        while Instant::now() < until {
            let is_asked = self.script.seen(&place.path, 0).len() >= asked;
            if is_asked && parts.flights.is_empty() && parts.writes.is_empty() {
                return;
            }
            sleep(Duration::from_millis(1)).await;
        }
    }

    pub(super) async fn finish(self) {
        drop(self.script);
        self.open.finish().await;
    }
}

impl Place<'_> {
    fn fill(&self, text: &str, port: u16) -> String {
        filled(text, &self.path, port, self.now)
    }

    /// The bytes of a request.
    fn request(&self, step: &Step, port: u16) -> Vec<u8> {
        let Step { method, at, .. } = step;
        let prefix = self.row.origin.prefix().trim_end_matches('/');
        let target = format!("{prefix}{}{at}", self.path);
        let mut text = format!("{method} {target} HTTP/1.1\r\nHost: gateway.test\r\n");
        text += "Connection: close\r\n";
        for field in step.fields {
            text += &format!("{}\r\n", self.fill(field, port));
        }
        if !step.body.is_empty() && !step.is_chunked {
            text += &format!("Content-Length: {}\r\n", step.body.len());
        }
        (text + "\r\n" + step.body).into_bytes()
    }

    /// The bytes of an answer.
    fn scripted(&self, answer: &Answer, number: usize, port: u16) -> Scripted {
        let mut head = String::new();
        for (status, fields) in answer.interim {
            head += &format!("HTTP/1.1 {status} Interim\r\n");
            for field in *fields {
                head += &format!("{field}\r\n");
            }
            head += "\r\n";
        }
        if answer.framing == Framing::Nothing {
            head.clear();
        } else {
            head += &self.head(answer, number, port);
        }
        Scripted {
            head,
            rest: self.rest(answer, number),
            ends: answer.ends(),
            takes: answer.takes,
        }
    }

    fn head(&self, answer: &Answer, number: usize, port: u16) -> String {
        let status = answer.status;
        let mut head = format!("HTTP/1.1 {status} Scripted\r\n");
        let mut is_dated = !answer.dated;
        for field in answer.fields {
            is_dated |= field.to_ascii_lowercase().starts_with("date:");
            head += &format!("{}\r\n", self.fill(field, port));
        }
        if !is_dated {
            head += &format!("Date: {}\r\n", date(SystemTime::now(), 0));
        }
        let length = self.body(answer, number).len();
        match answer.framing {
            Framing::Length if [204, 304].contains(&status) => {}
            Framing::Length => head += &format!("Content-Length: {length}\r\n"),
            Framing::TooLong => head += &format!("Content-Length: {}\r\n", length + 9),
            Framing::Chunks | Framing::CutChunks | Framing::Trailers => {
                head += "Transfer-Encoding: chunked\r\n";
            }
            Framing::Close | Framing::Nothing => {}
        }
        head + "\r\n"
    }

    fn rest(&self, answer: &Answer, number: usize) -> Vec<u8> {
        let body = self.body(answer, number);
        let chunks = format!("{:x}\r\n{body}\r\n", body.len());
        let rest = match answer.framing {
            Framing::Nothing => String::new(),
            Framing::Length if [204, 304].contains(&answer.status) => String::new(),
            Framing::Length | Framing::TooLong | Framing::Close => body,
            Framing::Chunks => chunks + "0\r\n\r\n",
            Framing::CutChunks => chunks,
            Framing::Trailers => chunks + "0\r\nX-Trailer: 1\r\n\r\n",
        };
        rest.into_bytes()
    }

    /// The body of what the origin answers in a step; no two are equal unless they must be.
    fn body(&self, answer: &Answer, number: usize) -> String {
        let own = || format!("answer {} of {}", number + 1, self.path);
        answer.body.map_or_else(own, str::to_owned)
    }

    fn expected(&self, step: &Step, number: usize, port: u16) -> Expected {
        let of = |number: usize| {
            let answer = self.row.steps[number]
                .answer
                .expect("the step has an answer");
            (answer, self.body(&answer, number))
        };
        let fill = |texts: &[&str]| texts.iter().map(|text| self.fill(text, port)).collect();
        Expected {
            step: *step,
            answer: match step.from {
                Whose::Now => Some(of(number)),
                Whose::Step(number) => Some(of(number - 1)),
                Whose::Gateway | Whose::Any => None,
            },
            shows: fill(step.shows),
            sent: fill(step.sent),
            tells: fill(step.tells),
        }
    }
}

impl Answer {
    /// Whether the connection ends with it.
    fn ends(&self) -> bool {
        let cut = [
            Framing::TooLong,
            Framing::CutChunks,
            Framing::Close,
            Framing::Nothing,
        ];
        cut.contains(&self.framing)
    }
}

fn setup(port: u16) -> Setup {
    let origin = |prefix: &str, callers: &str, guesses: bool| {
        format!(
            "[[origin]]\nprefix = '{prefix}'\nupstream = 'http://127.0.0.1:{port}'\n\
             callers = '{callers}'\nheuristic_freshness = {guesses}\n"
        )
    };
    let all = [
        origin(Origin::Anyone.prefix(), "anyone", false),
        origin(Origin::Known.prefix(), "known", false),
        origin(Origin::Guessing.prefix(), "anyone", true),
    ];
    // Failures are part of the table: none is tried again, and none stops the others.
    Setup::new()
        .text(&all.concat())
        .set("retry.reads", "0")
        .set("breaker.failures", "1000000")
}
