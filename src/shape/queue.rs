//! Who waits, and whose turn it is.
//!
//! The most urgent class first, but none is passed over for longer than it may age; in a class the
//! callers in turn, by weight; for a caller first come, first served. Nothing here takes longer than
//! the logarithm of how many wait, but for what is said to look at several. Knows nothing of limits
//! and never wakes anybody by itself.

mod class;
mod counts;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use self::class::Class;
use crate::caller::{Caller, Priority};
use crate::exchange::Terms;

/// So many are looked at for a better class at a time: some tens of microseconds.
const LOOKED_AT: usize = 2_000;

/// Those who wait, each with a `T` by which it is told.
#[derive(Debug)]
pub(super) struct Queue<T> {
    /// For how long a class that waits is passed over at most.
    age_after: Duration,
    waiting: BTreeMap<u64, Standing<T>>,
    classes: BTreeMap<Priority, Class>,
    /// Deadlines as they were when last looked at; they only ever move away.
    due: BTreeSet<(Instant, u64)>,
    of_callers: HashMap<usize, usize>,
    next: u64,
    /// The next one to be looked at for a better class.
    look_at: u64,
}

/// One who waits.
#[derive(Debug)]
pub(super) struct Waiter<T> {
    pub(super) terms: Arc<Terms>,
    pub(super) since: Instant,
    /// It was let go before and the upstream did not act: it goes to the head of its class.
    pub(super) is_again: bool,
    pub(super) tell: T,
}

/// One who waits, and where it is entered.
#[derive(Debug)]
struct Standing<T> {
    waiter: Waiter<T>,
    class: Priority,
    due: Instant,
}

/// How many are let go before a newcomer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Ahead {
    /// Of all classes.
    pub(super) all: usize,
    /// Of its own.
    pub(super) of_class: usize,
}

impl<T> Queue<T> {
    pub(super) fn new(age_after: Duration) -> Self {
        Self {
            age_after,
            waiting: BTreeMap::new(),
            classes: BTreeMap::new(),
            due: BTreeSet::new(),
            of_callers: HashMap::new(),
            next: 0,
            look_at: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many of one caller wait, in all classes.
    pub(super) fn of_caller(&self, caller: &Caller) -> usize {
        self.of_callers.get(&caller.index).copied().unwrap_or(0)
    }

    /// Takes in one more, at the end of its caller's line; returns its number.
    pub(super) fn push(&mut self, waiter: Waiter<T>, now: Instant) -> u64 {
        let number = self.next;
        self.next += 1;
        self.enter(number, waiter, now);
        number
    }

    /// Takes out the one whose turn it is.
    pub(super) fn pop(&mut self, now: Instant) -> Option<Waiter<T>> {
        let class = self.turn(now)?;
        let number = self.classes.get_mut(&class)?.pop(now)?;
        self.forget(number)
    }

    /// Takes out one by its number, wherever it stands by now.
    pub(super) fn remove(&mut self, number: u64) -> Option<Waiter<T>> {
        let standing = self.waiting.get(&number)?;
        let caller = standing.waiter.terms.caller.index;
        self.classes
            .get_mut(&standing.class)?
            .remove(caller, number);
        self.forget(number)
    }

    /// How many are let go before a newcomer of this class and caller, as long as nobody ages.
    pub(super) fn ahead(&self, priority: Priority, caller: &Caller) -> Ahead {
        let urgent = self.classes.range(..priority);
        let urgent = urgent.map(|(_, class)| class.len()).sum::<usize>();
        let class = self.classes.get(&priority);
        let of_class = class.map_or(0, |class| class.ahead(caller.index, caller.weight));
        Ahead {
            all: urgent + of_class,
            of_class,
        }
    }

    /// When one of this class with so many of it ahead goes at the latest, if there are slots,
    /// because its class has aged.
    pub(super) fn aged_at(&self, priority: Priority, of_class: usize, now: Instant) -> Instant {
        let class = self.classes.get(&priority);
        let since = class.filter(|class| !class.is_empty());
        let since = since.map_or(now, |class| class.served_at);
        let turns = u32::try_from(of_class).unwrap_or(u32::MAX);
        let wait = self.age_after.checked_mul(turns.saturating_add(1));
        let at = wait.and_then(|wait| since.checked_add(wait));
        at.unwrap_or(now + FAR)
    }

    /// Takes out the last of the longest line that is not more urgent, if it is longer than the
    /// newcomer's own would become: a full queue costs the one who filled it.
    pub(super) fn make_room(&mut self, priority: Priority, caller: &Caller) -> Option<Waiter<T>> {
        let own = self.of_caller(caller);
        let less_urgent = self.classes.range(priority..).rev();
        let (_, _, number) = less_urgent
            .filter_map(|(_, class)| class.longest_but(caller.index))
            .filter(|(length, ..)| *length > own + 1)
            .max_by_key(|(length, ..)| *length)?;
        self.remove(number)
    }

    /// Moves those whose class has changed since they came; looks at some of them each time, and so
    /// in the end at all.
    pub(super) fn regrade(&mut self, now: Instant) {
        let from = self.waiting.range(self.look_at..).take(LOOKED_AT);
        let mut last = None;
        let mut moved = Vec::new();
        for (number, standing) in from {
            last = Some(*number);
            if standing.waiter.terms.priority() != standing.class {
                moved.push(*number);
            }
        }
        self.look_at = last.map_or(0, |last| last + 1);
        for number in moved {
            if let Some(waiter) = self.remove(number) {
                self.enter(number, waiter, now);
            }
        }
    }

    /// Takes out those whose deadline is before `time`; looks at no others.
    pub(super) fn due_before(&mut self, time: Instant) -> Vec<Waiter<T>> {
        let mut taken = Vec::new();
        while let Some(&(due, number)) = self.due.first()
            && due < time
        {
            self.due.pop_first();
            let Some(standing) = self.waiting.get_mut(&number) else {
                continue;
            };
            standing.due = standing.waiter.terms.deadline();
            self.due.insert((standing.due, number));
            if standing.due < time {
                taken.extend(self.remove(number));
            }
        }
        taken
    }

    /// The first of each caller's line in each class, and how many it stands for.
    pub(super) fn lines(&self) -> impl Iterator<Item = (Priority, &Waiter<T>, usize)> {
        self.classes.iter().flat_map(|(priority, class)| {
            class.lines().filter_map(|(number, length)| {
                let standing = self.waiting.get(&number)?;
                Some((*priority, &standing.waiter, length))
            })
        })
    }

    /// The class whose turn it is: the most urgent, but for one that has aged.
    fn turn(&self, now: Instant) -> Option<Priority> {
        let mut waiting = self.classes.iter().filter(|(_, class)| !class.is_empty());
        let (first, _) = waiting.next()?;
        let aged = waiting
            .filter(|(_, class)| now.saturating_duration_since(class.served_at) >= self.age_after);
        let oldest = aged.min_by_key(|(_, class)| class.served_at);
        Some(*oldest.map_or(first, |(aged, _)| aged))
    }

    fn enter(&mut self, number: u64, waiter: Waiter<T>, now: Instant) {
        let (priority, due) = (waiter.terms.priority(), waiter.terms.deadline());
        let caller = &waiter.terms.caller;
        let class = self.classes.entry(priority);
        let class = class.or_insert_with(|| Class::new(now));
        if waiter.is_again {
            class.insert_again(number, now);
        } else {
            class.insert(caller.index, caller.weight, number, now);
        }
        *self.of_callers.entry(caller.index).or_insert(0) += 1;
        self.due.insert((due, number));
        let class = priority;
        self.waiting.insert(number, Standing { waiter, class, due });
    }

    /// What is left of one who is out of its class.
    fn forget(&mut self, number: u64) -> Option<Waiter<T>> {
        let standing = self.waiting.remove(&number)?;
        self.due.remove(&(standing.due, number));
        let caller = standing.waiter.terms.caller.index;
        if let Some(count) = self.of_callers.get_mut(&caller) {
            *count -= 1;
            if *count == 0 {
                self.of_callers.remove(&caller);
            }
        }
        Some(standing.waiter)
    }
}

/// Further away than any deadline.
const FAR: Duration = Duration::from_secs(86_400);
