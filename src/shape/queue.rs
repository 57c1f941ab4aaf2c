//! Who waits, and whose turn it is.
//!
//! The most urgent class first; in a class one request for each caller in turn; for a caller first
//! come, first served. Knows nothing of limits and never wakes anybody by itself.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use tokio::time::Instant;

use crate::caller::Priority;
use crate::exchange::Terms;

/// Those who wait, each with a `T` by which it is told.
#[derive(Debug)]
pub(super) struct Queue<T> {
    classes: BTreeMap<Priority, Class<T>>,
    len: usize,
    next: u64,
}

/// One class: a line for each caller that waits, and in which order they take turns.
#[derive(Debug)]
struct Class<T> {
    lines: BTreeMap<usize, BTreeMap<u64, Waiter<T>>>,
    turns: VecDeque<usize>,
}

/// One who waits.
#[derive(Debug)]
pub(super) struct Waiter<T> {
    pub(super) terms: Arc<Terms>,
    pub(super) since: Instant,
    pub(super) tell: T,
}

impl<T> Queue<T> {
    pub(super) fn new() -> Self {
        Self {
            classes: BTreeMap::new(),
            len: 0,
            next: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes in one more, at the end of its caller's line; returns its number.
    pub(super) fn push(&mut self, waiter: Waiter<T>) -> u64 {
        let number = self.next;
        self.next += 1;
        self.place(waiter.terms.priority(), number, waiter);
        number
    }

    /// Takes out the one whose turn it is.
    pub(super) fn pop(&mut self) -> Option<Waiter<T>> {
        let class = self
            .classes
            .values_mut()
            .find(|class| !class.turns.is_empty())?;
        let caller = class.turns.pop_front()?;
        let line = class.lines.get_mut(&caller)?;
        let (_, waiter) = line.pop_first()?;
        if line.is_empty() {
            class.lines.remove(&caller);
        } else {
            class.turns.push_back(caller);
        }
        self.len -= 1;
        Some(waiter)
    }

    /// Takes out one by its number, wherever it stands by now.
    pub(super) fn remove(&mut self, caller: usize, number: u64) -> Option<Waiter<T>> {
        let taken = self
            .classes
            .values_mut()
            .find_map(|class| class.take(caller, number));
        self.len -= usize::from(taken.is_some());
        taken
    }

    /// How many are let go before a newcomer of this class and caller.
    pub(super) fn ahead(&self, priority: Priority, caller: usize) -> usize {
        let urgent = self
            .classes
            .range(..priority)
            .map(|(_, class)| class.len())
            .sum::<usize>();
        let Some(class) = self.classes.get(&priority) else {
            return urgent;
        };
        let own = class.lines.get(&caller).map_or(0, BTreeMap::len);
        let others = class.lines.iter().filter(|(other, _)| **other != caller);
        urgent
            + own
            + others
                .map(|(_, line)| line.len().min(own + 1))
                .sum::<usize>()
    }

    /// Takes out the last of the longest line that is not more urgent, if it is longer than the
    /// newcomer's own would become: a full queue costs the one who filled it.
    pub(super) fn make_room(&mut self, priority: Priority, caller: usize) -> Option<Waiter<T>> {
        let own = |class: &Class<T>| class.lines.get(&caller).map_or(0, BTreeMap::len);
        let own = self.classes.values().map(own).sum::<usize>();
        let less_urgent = self.classes.range(priority..).rev();
        let (longest, number) = less_urgent
            .flat_map(|(_, class)| &class.lines)
            .filter(|(other, line)| **other != caller && line.len() > own + 1)
            .filter_map(|(other, line)| Some((*other, line.len(), *line.last_key_value()?.0)))
            .max_by_key(|(_, length, _)| *length)
            .map(|(other, _, number)| (other, number))?;
        self.remove(longest, number)
    }

    /// Moves those whose class has changed since they came.
    pub(super) fn regrade(&mut self) {
        let mut moved = Vec::new();
        for (priority, class) in &self.classes {
            for (caller, line) in &class.lines {
                let changed = line.iter().filter(|(_, w)| w.terms.priority() != *priority);
                moved.extend(changed.map(|(number, _)| (*caller, *number)));
            }
        }
        for (caller, number) in moved {
            if let Some(waiter) = self.remove(caller, number) {
                self.place(waiter.terms.priority(), number, waiter);
            }
        }
    }

    /// Takes out those whose deadline is before `time`.
    pub(super) fn due_before(&mut self, time: Instant) -> Vec<Waiter<T>> {
        let mut due = Vec::new();
        for (_, number, waiter) in self.iter() {
            if waiter.terms.deadline() < time {
                due.push((waiter.terms.caller.index, number));
            }
        }
        let taken = due.into_iter();
        taken
            .filter_map(|(caller, number)| self.remove(caller, number))
            .collect()
    }

    /// All who wait, with class and number.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Priority, u64, &Waiter<T>)> {
        self.classes.iter().flat_map(|(priority, class)| {
            let waiters = class.lines.values().flatten();
            waiters.map(|(number, waiter)| (*priority, *number, waiter))
        })
    }

    fn place(&mut self, priority: Priority, number: u64, waiter: Waiter<T>) {
        let class = self.classes.entry(priority).or_insert_with(Class::new);
        let caller = waiter.terms.caller.index;
        let line = class.lines.entry(caller).or_default();
        if line.is_empty() {
            class.turns.push_back(caller);
        }
        line.insert(number, waiter);
        self.len += 1;
    }
}

impl<T> Class<T> {
    fn new() -> Self {
        Self {
            lines: BTreeMap::new(),
            turns: VecDeque::new(),
        }
    }

    fn len(&self) -> usize {
        self.lines.values().map(BTreeMap::len).sum()
    }

    fn take(&mut self, caller: usize, number: u64) -> Option<Waiter<T>> {
        let line = self.lines.get_mut(&caller)?;
        let waiter = line.remove(&number)?;
        if line.is_empty() {
            self.lines.remove(&caller);
            self.turns.retain(|other| *other != caller);
        }
        Some(waiter)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing;

    fn waiter(caller: usize, priority: Priority, tell: u32) -> Waiter<u32> {
        let since = Instant::now();
        let terms = testing::terms(caller, priority, since + Duration::from_secs(50));
        Waiter { terms, since, tell }
    }

    fn drain(queue: &mut Queue<u32>) -> Vec<u32> {
        std::iter::from_fn(|| queue.pop())
            .map(|waiter| waiter.tell)
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn callers_take_turns_within_a_class() {
        let mut queue = Queue::new();
        for (caller, tell) in [(1, 10), (1, 11), (1, 12), (2, 20), (3, 30), (3, 31)] {
            queue.push(waiter(caller, Priority::Batch, tell));
        }
        queue.push(waiter(4, Priority::Interactive, 40));

        assert_eq!(queue.ahead(Priority::Batch, 9), 4);
        assert_eq!(queue.ahead(Priority::Batch, 1), 7);
        assert_eq!(drain(&mut queue), [40, 10, 20, 30, 11, 31, 12]);
        assert!(queue.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn one_who_leaves_is_passed_over() {
        let mut queue = Queue::new();
        queue.push(waiter(1, Priority::Batch, 10));
        let number = queue.push(waiter(2, Priority::Batch, 20));
        queue.push(waiter(3, Priority::Batch, 30));

        queue.remove(2, number).unwrap();

        assert!(queue.remove(2, number).is_none());
        assert_eq!(queue.len(), 2);
        assert_eq!(drain(&mut queue), [10, 30]);
    }

    #[tokio::test(start_paused = true)]
    async fn better_class_of_a_joiner_is_noticed() {
        let mut queue = Queue::new();
        queue.push(waiter(1, Priority::Batch, 10));
        let late = waiter(2, Priority::Background, 20);
        let terms = Arc::clone(&late.terms);
        queue.push(late);

        terms.extend(Priority::Interactive, terms.deadline());
        queue.regrade();

        assert_eq!(drain(&mut queue), [20, 10]);
    }

    #[tokio::test(start_paused = true)]
    async fn full_queue_costs_the_one_who_filled_it() {
        let mut queue = Queue::new();
        for tell in 0..3 {
            queue.push(waiter(1, Priority::Batch, tell));
        }

        assert!(queue.make_room(Priority::Batch, 1).is_none());
        assert!(queue.make_room(Priority::Background, 2).is_none());
        assert_eq!(queue.make_room(Priority::Batch, 2).unwrap().tell, 2);
    }
}
