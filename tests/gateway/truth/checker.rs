//! What was written when, and whether a read may have seen what it saw.

use parking_lot::Mutex;

use super::plan::{ABSENT, Read, THERE, Thing, Things};
use crate::support::Reply;

/// All states of all things.
pub(super) struct History {
    seed: u64,
    books: Mutex<Vec<Book>>,
    checked: Mutex<u64>,
}

struct Book {
    /// In the order in which they were sent; the number of a state is its place.
    states: Vec<String>,
    /// The last that was answered.
    answered: usize,
    id: Option<String>,
}

impl History {
    pub(super) fn new(seed: u64, things: Things) -> Self {
        let book = |thing: Thing| Book {
            states: vec![thing.first().to_owned()],
            answered: 0,
            id: None,
        };
        Self {
            seed,
            books: Mutex::new(things.map(book).collect()),
            checked: Mutex::new(0),
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
        let mut books = self.books.lock();
        let states = &mut books[thing.0].states;
        states.push(state);
        states.len() - 1
    }

    /// A write was answered with success.
    pub(super) fn answered(&self, thing: Thing, number: usize) {
        self.books.lock()[thing.0].answered = number;
    }

    /// What was answered by now: what a read that begins now must see at least.
    pub(super) fn now(&self) -> Vec<usize> {
        self.books.lock().iter().map(|book| book.answered).collect()
    }

    /// The id of a thing, once it was seen.
    pub(super) fn id_of(&self, thing: Thing) -> Option<String> {
        self.books.lock()[thing.0].id.clone()
    }

    /// How many states were checked.
    pub(super) fn checked(&self) -> u64 {
        *self.checked.lock()
    }

    /// Checks what a read that began at `since` saw.
    pub(super) fn check(&self, since: &[usize], read: Read, reply: &Reply) {
        let is_answer = reply.status == 200 || reply.status == 404;
        assert!(is_answer, "seed {}: {read:?} got {reply:?}", self.seed);
        for (thing, seen) in read.seen(reply) {
            let mut books = self.books.lock();
            let book = &mut books[thing.0];
            let may = &book.states[since[thing.0]..];
            let matches = |state: &String| *state == seen || (seen == THERE && state != ABSENT);
            assert!(
                may.iter().any(matches),
                "seed {}: {read:?} saw `{seen}` of {thing:?}, not one of {may:?}: {reply:?}",
                self.seed,
            );
            if let (Read::User(_), Some(id)) = (read, reply.json()["id"].as_str()) {
                book.id = Some(id.to_owned());
            }
            *self.checked.lock() += 1;
        }
    }
}
