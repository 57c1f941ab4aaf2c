//! Whose turn it is.

use std::num::NonZeroU32;

use super::*;
use crate::caller::Weight;
use crate::testing;

const AGE: Duration = Duration::from_secs(10);
const SECOND: Duration = Duration::from_secs(1);

fn waiter(caller: usize, priority: Priority, tell: u32) -> Waiter<u32> {
    let since = Instant::now();
    let terms = testing::terms(caller, priority, since + Duration::from_secs(50));
    Waiter {
        terms,
        since,
        is_again: false,
        tell,
    }
}

fn weighted(caller: usize, weight: u32, tell: u32) -> Waiter<u32> {
    let plain = waiter(caller, Priority::Batch, tell);
    let caller = Caller {
        weight: Weight::new(NonZeroU32::new(weight).unwrap()).unwrap(),
        ..testing::plain_caller(caller, Priority::Batch)
    };
    Waiter {
        terms: Arc::new(Terms::new(Arc::new(caller), plain.terms.deadline())),
        ..plain
    }
}

/// A queue with this in it, in this order.
fn queue(waiters: impl IntoIterator<Item = Waiter<u32>>) -> Queue<u32> {
    let mut queue = Queue::new(AGE);
    for waiter in waiters {
        queue.push(waiter, Instant::now());
    }
    queue
}

fn batch<const N: usize>(entries: [(usize, u32); N]) -> Queue<u32> {
    queue(entries.map(|(caller, tell)| waiter(caller, Priority::Batch, tell)))
}

fn pop(queue: &mut Queue<u32>, now: Instant) -> Option<u32> {
    queue.pop(now).map(|waiter| waiter.tell)
}

fn drain(queue: &mut Queue<u32>) -> Vec<u32> {
    let now = Instant::now();
    std::iter::from_fn(|| pop(queue, now)).collect()
}

fn ahead(queue: &Queue<u32>, priority: Priority, caller: usize) -> Ahead {
    queue.ahead(priority, &testing::plain_caller(caller, priority))
}

#[tokio::test(start_paused = true)]
async fn callers_take_turns_within_a_class() {
    let mut queue = batch([(1, 10), (1, 11), (1, 12), (2, 20), (3, 30), (3, 31)]);
    queue.push(waiter(4, Priority::Interactive, 40), Instant::now());

    let of_new = ahead(&queue, Priority::Batch, 9);
    let of_own = ahead(&queue, Priority::Batch, 1);

    assert_eq!((of_new.all, of_new.of_class), (4, 3));
    assert_eq!((of_own.all, of_own.of_class), (7, 6));
    assert_eq!(drain(&mut queue), [40, 10, 20, 30, 11, 31, 12]);
    assert!(queue.is_empty());
}

#[tokio::test(start_paused = true)]
async fn weight_is_how_many_turns_a_caller_has_to_anothers_one() {
    let of_one = (0..3).map(|n| weighted(1, 1, 10 + n));
    let of_three = (0..9).map(|n| weighted(3, 3, 30 + n));

    let mut queue = queue(of_one.chain(of_three));

    let newcomer = weighted(5, 3, 0).terms;
    assert_eq!(queue.ahead(Priority::Batch, &newcomer.caller).all, 1);
    let turns = drain(&mut queue);
    for (round, turns) in turns.chunks(4).enumerate() {
        let of_one = turns.iter().filter(|turn| **turn < 30).count();
        assert_eq!(of_one, 1, "round {round}: {turns:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_who_comes_back_each_time_gains_nothing_over_those_who_stay() {
    let mut queue = batch([(1, 10), (2, 20), (2, 21), (3, 30), (3, 31)]);
    let now = Instant::now();

    let mut turns = Vec::new();
    while let Some(turn) = pop(&mut queue, now) {
        turns.push(turn);
        if turn < 12 {
            queue.push(waiter(1, Priority::Batch, turn + 1), now);
        }
    }

    assert_eq!(turns, [10, 20, 30, 11, 21, 31, 12]);
}

#[tokio::test(start_paused = true)]
async fn class_that_is_passed_over_for_long_has_one_turn_in_between() {
    let now = Instant::now();
    let mut queue = batch([(1, 10), (1, 11), (1, 12), (1, 13)]);
    queue.push(waiter(2, Priority::Background, 20), now);
    queue.push(waiter(2, Priority::Background, 21), now);

    let early = pop(&mut queue, now + AGE - SECOND);
    let [aged, after] = [(); 2].map(|()| pop(&mut queue, now + AGE));
    let again = pop(&mut queue, now + 2 * AGE);

    assert_eq!(
        (early, aged, after, again),
        (Some(10), Some(20), Some(11), Some(21))
    );
    assert_eq!(drain(&mut queue), [12, 13]);
}

#[tokio::test(start_paused = true)]
async fn age_bounds_how_long_a_wait_is_foreseen() {
    let now = Instant::now();
    let queue = batch([(1, 10), (1, 11)]);

    assert_eq!(
        queue.aged_at(Priority::Batch, 1, now + SECOND),
        now + 2 * AGE
    );
    assert_eq!(queue.aged_at(Priority::Background, 0, now), now + AGE);
}

#[tokio::test(start_paused = true)]
async fn one_who_was_let_go_before_goes_to_the_head_of_its_class() {
    let mut queue = batch([(1, 10), (2, 20)]);
    queue.push(waiter(4, Priority::Interactive, 40), Instant::now());
    let again = Waiter {
        is_again: true,
        ..waiter(3, Priority::Batch, 30)
    };

    queue.push(again, Instant::now());

    assert_eq!(ahead(&queue, Priority::Batch, 9).all, 4);
    assert_eq!(drain(&mut queue), [40, 30, 10, 20]);
}

#[tokio::test(start_paused = true)]
async fn one_who_leaves_is_passed_over() {
    let mut queue = batch([(1, 10)]);
    let number = queue.push(waiter(2, Priority::Batch, 20), Instant::now());
    queue.push(waiter(3, Priority::Batch, 30), Instant::now());

    queue.remove(number).unwrap();

    assert!(queue.remove(number).is_none());
    assert_eq!(queue.len(), 2);
    assert_eq!(drain(&mut queue), [10, 30]);
}

#[tokio::test(start_paused = true)]
async fn queue_that_all_have_left_remembers_none_of_them() {
    let mut queue = Queue::new(AGE);
    let now = Instant::now();

    for _ in 0..3 {
        let all = (0..500).map(|n| queue.push(waiter(n % 7, Priority::Batch, 0), now));
        for number in all.collect::<Vec<_>>() {
            queue.remove(number).unwrap();
        }
    }

    assert_eq!(ahead(&queue, Priority::Background, 3).all, 0);
    assert_eq!((queue.due.len(), queue.of_callers.len()), (0, 0));
    assert_eq!(queue.lines().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn better_class_of_a_joiner_is_noticed() {
    let late = waiter(2, Priority::Background, 20);
    let terms = Arc::clone(&late.terms);
    let mut queue = queue([waiter(1, Priority::Batch, 10), late]);

    terms.extend(Priority::Interactive, terms.deadline());
    queue.regrade(Instant::now());

    assert_eq!(drain(&mut queue), [20, 10]);
}

#[tokio::test(start_paused = true)]
async fn only_those_without_hope_are_taken_out() {
    let now = Instant::now();
    let patient = waiter(1, Priority::Batch, 10);
    patient.terms.extend(Priority::Batch, now + 9 * AGE);
    let joined = waiter(2, Priority::Batch, 20);
    let terms = Arc::clone(&joined.terms);
    let mut queue = queue([patient, joined, waiter(3, Priority::Batch, 30)]);

    terms.extend(Priority::Batch, now + 9 * AGE);
    let hopeless = queue.due_before(now + 6 * AGE);

    let hopeless: Vec<_> = hopeless.into_iter().map(|waiter| waiter.tell).collect();
    assert_eq!(hopeless, [30]);
    assert_eq!(drain(&mut queue), [10, 20]);
}

#[tokio::test(start_paused = true)]
async fn full_queue_costs_the_one_who_filled_it() {
    let mut queue = batch([(1, 0), (1, 1), (1, 2)]);
    let caller = |index| testing::plain_caller(index, Priority::Batch);

    assert!(queue.make_room(Priority::Batch, &caller(1)).is_none());
    assert!(queue.make_room(Priority::Background, &caller(2)).is_none());
    let displaced = queue.make_room(Priority::Batch, &caller(2));
    assert_eq!(displaced.unwrap().tell, 2);
}
