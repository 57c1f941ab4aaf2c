//! One class of those who wait: a line for each caller, and in which order the lines take turns.
//!
//! Self-clocked fair queueing (Golestani, 1994): each line has a time at which it is next; the
//! earliest goes, its time becomes the class's, and its next is one stride later, which is shorter
//! for a greater weight. A line that comes anew starts one stride after the class's time, so that
//! leaving and coming back gains nothing. With equal weights that is round robin.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use tokio::time::Instant;

use crate::caller::Weight;
use crate::shape::queue::counts::Counts;

/// The stride of weight one; the largest weight divides it into more than a thousand parts.
const STRIDE: u64 = 1 << 20;

/// One class; holds numbers, not those who wait.
#[derive(Debug)]
pub(super) struct Class {
    /// Those who were let go before and come back: they go first.
    again: BTreeSet<u64>,
    lines: HashMap<usize, Line>,
    /// By time, then by which came to it first.
    turns: BTreeMap<(u64, u64), usize>,
    /// Length and caller of each line.
    lengths: BTreeSet<(usize, usize)>,
    /// The lengths of the lines of each weight.
    counts: BTreeMap<Weight, Counts>,
    len: usize,
    time: u64,
    next_turn: u64,
    /// When one was let go last, or the first came.
    pub(super) served_at: Instant,
}

#[derive(Debug)]
struct Line {
    numbers: BTreeSet<u64>,
    weight: Weight,
    turn: (u64, u64),
}

impl Class {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            again: BTreeSet::new(),
            lines: HashMap::new(),
            turns: BTreeMap::new(),
            lengths: BTreeSet::new(),
            counts: BTreeMap::new(),
            len: 0,
            time: 0,
            next_turn: 0,
            served_at: now,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes one into its caller's line, in the order of the numbers.
    pub(super) fn insert(&mut self, caller: usize, weight: Weight, number: u64, now: Instant) {
        self.arrives(now);
        let line = self.lines.entry(caller).or_insert_with(|| {
            let turn = turn_after(self.time, weight, &mut self.next_turn);
            self.turns.insert(turn, caller);
            Line {
                numbers: BTreeSet::new(),
                weight,
                turn,
            }
        });
        let length = line.numbers.len();
        if line.numbers.insert(number) {
            self.lengths.remove(&(length, caller));
            self.lengths.insert((length + 1, caller));
            let counts = self.counts.entry(line.weight).or_default();
            counts.grown_to(length + 1);
        }
    }

    /// Takes in one that was let go before, ahead of all lines.
    pub(super) fn insert_again(&mut self, number: u64, now: Instant) {
        self.arrives(now);
        self.again.insert(number);
    }

    /// Takes out the one whose turn it is.
    pub(super) fn pop(&mut self, now: Instant) -> Option<u64> {
        let number = match self.again.pop_first() {
            Some(number) => number,
            None => self.pop_of_lines()?,
        };
        self.len -= 1;
        self.served_at = now;
        Some(number)
    }

    /// Takes out one by its number.
    pub(super) fn remove(&mut self, caller: usize, number: u64) -> bool {
        let is_there = self.again.remove(&number) || self.remove_of_lines(caller, number);
        self.len -= usize::from(is_there);
        is_there
    }

    /// How many of this class are let go before a newcomer of this caller.
    pub(super) fn ahead(&self, caller: usize, weight: Weight) -> usize {
        let own = self.lines.get(&caller).map_or(0, |line| line.numbers.len());
        let own_weight = usize::try_from(weight.get()).unwrap_or(usize::MAX);
        let of_weight = |(weight, counts): (&Weight, &Counts)| {
            let weight = usize::try_from(weight.get()).unwrap_or(usize::MAX);
            counts.up_to((own + 1).saturating_mul(weight) / own_weight)
        };
        self.again.len() + self.counts.iter().map(of_weight).sum::<usize>()
    }

    /// The longest line but this caller's: how long, whose, and the number of its last.
    pub(super) fn longest_but(&self, caller: usize) -> Option<(usize, usize, u64)> {
        let mut longest = self.lengths.iter().rev();
        let (length, other) = longest.find(|(_, other)| *other != caller)?;
        let last = self.lines.get(other)?.numbers.last()?;
        Some((*length, *other, *last))
    }

    /// The first of each line and how long it is, and each that came back.
    pub(super) fn lines(&self) -> impl Iterator<Item = (u64, usize)> {
        let again = self.again.iter().map(|number| (*number, 1));
        let lines = self.lines.values();
        let lines = lines.filter_map(|line| Some((*line.numbers.first()?, line.numbers.len())));
        again.chain(lines)
    }

    fn arrives(&mut self, now: Instant) {
        if self.is_empty() {
            self.served_at = now;
        }
        self.len += 1;
    }

    fn pop_of_lines(&mut self) -> Option<u64> {
        let ((time, _), caller) = self.turns.pop_first()?;
        self.time = time;
        let line = self.lines.get_mut(&caller)?;
        let number = line.numbers.pop_first()?;
        if !line.numbers.is_empty() {
            line.turn = turn_after(time, line.weight, &mut self.next_turn);
            self.turns.insert(line.turn, caller);
        }
        self.shrunk(caller);
        Some(number)
    }

    fn remove_of_lines(&mut self, caller: usize, number: u64) -> bool {
        let Some(line) = self.lines.get_mut(&caller) else {
            return false;
        };
        if !line.numbers.remove(&number) {
            return false;
        }
        if line.numbers.is_empty() {
            self.turns.remove(&line.turn);
        }
        self.shrunk(caller);
        true
    }

    /// The line of `caller` has one less; without any it goes.
    fn shrunk(&mut self, caller: usize) {
        let Some(line) = self.lines.get(&caller) else {
            return;
        };
        let length = line.numbers.len();
        self.lengths.remove(&(length + 1, caller));
        if let Some(counts) = self.counts.get_mut(&line.weight) {
            counts.shrunk_from(length + 1);
        }
        if length == 0 {
            self.lines.remove(&caller);
        } else {
            self.lengths.insert((length, caller));
        }
    }
}

fn turn_after(time: u64, weight: Weight, next: &mut u64) -> (u64, u64) {
    *next += 1;
    (time + STRIDE / u64::from(weight.get()), *next)
}
