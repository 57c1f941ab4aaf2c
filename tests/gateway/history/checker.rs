//! What was written when, and whether a read may have seen what it saw.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::counts::{BACK, Counts, LOST, STALE};
use super::plan::{ABSENT, Read, THERE, Thing, Things};
use super::support::Reply;

/// All states of all things.
pub(super) struct History {
    seed: u64,
    lag: Lag,
    books: Mutex<Vec<Book>>,
    counts: Mutex<Counts>,
}

/// How far the upstream's reads lag behind its writes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lag {
    /// All of them this far.
    Steady(Duration),
    /// Some of them this far: who asks the upstream itself twice may go back in time.
    Wild(Duration),
}

struct Book {
    /// In the order in which they were sent; the number of a state is its place.
    states: Vec<String>,
    /// Numbers of those that were answered, and from when on they must be seen.
    answered: Vec<(usize, Instant)>,
    id: Option<String>,
}

/// What a read that begins now must see at least of each thing.
pub(super) struct Since(Vec<usize>);

/// The newest that one reader has seen of each thing.
#[derive(Default)]
pub(super) struct Eye(HashMap<Thing, usize>);

impl Book {
    fn of(thing: Thing) -> Self {
        Self {
            states: vec![thing.first().to_owned()],
            answered: vec![(0, Instant::now())],
            id: None,
        }
    }

    /// The first state from number `least` on that looks like `seen`.
    ///
    /// The same state may come again; it was this one or a later one.
    fn find(&self, least: usize, seen: &str) -> Option<usize> {
        let matches = |state: &String| *state == seen || (seen == THERE && state != ABSENT);
        let place = self.states[least..].iter().position(matches);
        place.map(|place| least + place)
    }
}

impl History {
    pub(super) fn new(seed: u64, lag: Lag, things: Things) -> Self {
        Self {
            seed,
            lag,
            books: Mutex::new(things.map(Book::of).collect()),
            counts: Mutex::default(),
        }
    }

    /// The last state that was sent, and the number that the next will have.
    pub(super) fn last(&self, thing: Thing) -> (String, usize) {
        let books = self.books.lock();
        let states = &books[thing.0].states;
        (states.last().unwrap().clone(), states.len())
    }

    /// A write is sent; returns its number.
    pub(super) fn sent(&self, thing: Thing, state: String) -> usize {
        let kind = match (self.last(thing).0.as_str(), state.as_str()) {
            (_, ABSENT) => "writes: delete",
            (ABSENT, _) => "writes: create",
            _ => "writes: change",
        };
        self.note("writes");
        self.note(kind);
        let mut books = self.books.lock();
        let states = &mut books[thing.0].states;
        states.push(state);
        states.len() - 1
    }

    /// A write was answered with success, or has surely acted.
    pub(super) fn answered(&self, thing: Thing, number: usize) {
        let (Lag::Steady(lag) | Lag::Wild(lag)) = self.lag;
        let answered = (number, Instant::now() + lag);
        self.books.lock()[thing.0].answered.push(answered);
    }

    /// Whether the state before this one was answered, so that this one was fit to follow.
    pub(super) fn follows(&self, thing: Thing, number: usize) -> bool {
        let books = self.books.lock();
        let last = books[thing.0].answered.last();
        last.is_some_and(|(last, _)| last + 1 == number)
    }

    /// What a read that begins now must see at least.
    pub(super) fn now(&self) -> Since {
        let now = Instant::now();
        let newest = |book: &Book| {
            let mut newest_first = book.answered.iter().rev();
            let seen = newest_first.find(|(_, from)| *from <= now);
            seen.map_or(0, |(number, _)| *number)
        };
        Since(self.books.lock().iter().map(newest).collect())
    }

    /// The id of a thing, once it was seen.
    pub(super) fn id_of(&self, thing: Thing) -> Option<String> {
        self.books.lock()[thing.0].id.clone()
    }

    pub(super) fn note(&self, what: &'static str) {
        self.counts.lock().note(what);
    }

    /// What was done until now.
    pub(super) fn counts(&self) -> Counts {
        std::mem::take(&mut self.counts.lock())
    }

    /// Checks what a read that began at `since` saw.
    pub(super) fn check(&self, since: &Since, eye: &mut Eye, read: Read, reply: &Reply) {
        self.count(read, reply);
        if reply.status != 200 && reply.status != 404 {
            let seed = self.seed;
            let lost = || format!("seed {seed}: {read:?} got {reply:?}");
            return self.counts.lock().violate(LOST, lost);
        }
        for (thing, seen) in read.seen(reply) {
            self.check_one(thing, &seen, since.0[thing.0], eye, (read, reply));
            if let (Read::User(_), Some(id)) = (read, reply.json()["id"].as_str()) {
                self.books.lock()[thing.0].id = Some(id.to_owned());
            }
        }
    }

    fn check_one(
        &self,
        thing: Thing,
        seen: &str,
        since: usize,
        eye: &mut Eye,
        (read, reply): (Read, &Reply),
    ) {
        let books = self.books.lock();
        let book = &books[thing.0];
        let newest = eye.0.entry(thing).or_default();
        let least = match self.lag {
            Lag::Steady(_) => since.max(*newest),
            Lag::Wild(_) => since,
        };
        if let Some(number) = book.find(least, seen) {
            *newest = number.max(*newest);
            return;
        }
        let kind = if book.find(since, seen).is_some() {
            BACK
        } else if book.find(0, seen).is_some() {
            STALE
        } else {
            LOST
        };
        self.counts.lock().violate(kind, || {
            format!(
                "seed {}: {read:?} saw `{seen}` of {thing:?}, not one of {:?} \
                 (answered {since}, seen {newest}, {:?}): {reply:?}",
                self.seed,
                &book.states[least..],
                self.lag,
            )
        });
    }

    fn count(&self, read: Read, reply: &Reply) {
        let told = reply.header("cache-status");
        let outcome = if told.contains("; hit") {
            "reads: hit"
        } else if told.contains("collapsed") {
            "reads: shared"
        } else {
            "reads: fetched"
        };
        let mut counts = self.counts.lock();
        counts.note("reads");
        counts.note(outcome);
        counts.note(if read.is_list() {
            "reads: of a list"
        } else {
            "reads: of one"
        });
        if reply.status == 404 {
            counts.note("reads: not there");
        }
    }
}
