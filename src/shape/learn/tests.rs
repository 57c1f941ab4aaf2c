//! One answer at a time.

use proptest::prelude::*;

use super::*;
use crate::shape::Config;
use crate::shape::model::Ready;

/// What the upstream's clock shows at the start.
const DATE: f64 = 1_700_000_000.0;

/// An answer of a limit of 100, 20 a second, made `after` that many seconds.
pub(in crate::shape) fn answer(remaining: u32, after: f64) -> Signal {
    let used = 100.0 - f64::from(remaining);
    Signal {
        slots: Some(Slots {
            limit: 100,
            remaining,
        }),
        reset: Some((DATE + after + used / 20.0).ceil()),
        retry_at: Some((DATE + after).ceil() + 1.0),
        retry_after: None,
        date: Some((DATE + after).floor()),
        is_limited: false,
    }
}

fn refusal(after: f64) -> Signal {
    Signal {
        is_limited: true,
        ..answer(0, after)
    }
}

/// A model that was told `signal` at once, and the time.
fn told(signal: &Signal) -> (Model, Instant) {
    let now = Instant::now();
    let mut model = Model::new(Config::default(), now);
    send(&mut model, signal, now);
    (model, now)
}

/// Sends one and has it answered at once.
pub(in crate::shape) fn send(model: &mut Model, signal: &Signal, now: Instant) -> Lesson {
    let ticket = model.release(now);
    let lesson = model.learn(ticket, signal, now);
    model.end(ticket, now);
    lesson
}

/// Until when nothing may go; `now` if it may.
fn held_until(model: &mut Model, now: Instant) -> Instant {
    match model.ready(now) {
        Ready::At(until) => until,
        Ready::Now | Ready::Later => now,
    }
}

#[tokio::test(start_paused = true)]
async fn those_under_way_are_taken_to_be_spent_later() {
    let now = Instant::now();
    let mut model = Model::new(Config::default(), now);
    let tickets = [(); 8].map(|()| model.release(now));

    model.learn(tickets[0], &answer(99, 0.0), now);

    assert_eq!(model.level, 92.0);
    assert_eq!(model.limit, Some(100));
}

#[tokio::test(start_paused = true)]
async fn nothing_comes_back_for_those_who_may_still_find_a_full_limit() {
    let (mut model, now) = told(&answer(50, 0.0));
    let full = now + 60 * SECOND;
    send(&mut model, &answer(99, 60.0), full);
    let tickets = [(); 60].map(|()| model.release(full));

    model.settle(full + SECOND);
    let on_the_way = model.level;
    tickets
        .iter()
        .for_each(|ticket| model.end(*ticket, full + SECOND));
    model.settle(full + 2 * SECOND);

    assert_eq!(on_the_way, 40.0);
    assert!((54.0..60.1).contains(&model.level), "{}", model.level);
}

#[tokio::test(start_paused = true)]
async fn spending_of_others_is_noticed_at_once() {
    let (mut model, now) = told(&answer(99, 0.0));

    let lesson = send(&mut model, &answer(40, 0.0), now);

    assert_eq!(lesson.outside, 98.0 - 41.0);
    assert_eq!(model.level, 40.0);
}

#[tokio::test(start_paused = true)]
async fn too_low_a_level_heals_at_once() {
    let (mut model, now) = told(&answer(1, 0.0));

    let lesson = send(&mut model, &answer(60, 0.0), now);

    assert_eq!(lesson, Lesson::default());
    assert_eq!(model.level, 60.0);
}

#[tokio::test(start_paused = true)]
async fn slot_that_comes_back_unspent_adds_nothing_to_a_full_limit() {
    let (mut model, now) = told(&answer(99, 0.0));
    let unspent = model.release(now);
    send(&mut model, &answer(100, 1.0), now + SECOND);

    model.take_back(unspent, now + SECOND);

    assert_eq!(model.level, 100.0);
    assert_eq!(model.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn changed_limit_is_learned_anew() {
    let (mut model, now) = told(&answer(99, 0.0));
    let slots = Some(Slots {
        limit: 10,
        remaining: 9,
    });

    let lesson = send(
        &mut model,
        &Signal {
            slots,
            ..answer(99, 0.0)
        },
        now,
    );

    assert_eq!(lesson.reset, Some("limit_changed"));
    assert_eq!((model.limit, model.level), (Some(10), 9.0));
}

#[tokio::test(start_paused = true)]
async fn after_a_refusal_one_goes_alone() {
    let (mut model, now) = told(&answer(50, 0.0));
    send(&mut model, &refusal(0.0), now);
    let until = held_until(&mut model, now);

    let ready = model.ready(until);
    let probe = model.release(until);
    let meanwhile = model.ready(until);
    model.learn(probe, &answer(30, 1.0), until);
    model.end(probe, until);

    // The clock is only known to a second, so the wait may be one longer.
    assert!(
        (now + SECOND..now + 3 * SECOND).contains(&until),
        "{:?}",
        until - now
    );
    assert_eq!((ready, meanwhile), (Ready::Now, Ready::Later));
    assert_eq!(model.gate, Gate::Open);
    assert_eq!(model.ready(until), Ready::Now);
}

#[tokio::test(start_paused = true)]
async fn probe_that_stays_unanswered_is_followed_by_another() {
    let (mut model, now) = told(&answer(50, 0.0));
    send(&mut model, &refusal(0.0), now);
    let later = now + 5 * SECOND;
    let probe = model.release(later);

    model.end(probe, later);

    assert_eq!(model.ready(later), Ready::At(later + SECOND));
    assert_eq!(model.ready(later + SECOND), Ready::Now);
}

#[tokio::test(start_paused = true)]
async fn late_news_of_a_refusal_that_is_over_holds_nothing_back() {
    let (mut model, now) = told(&answer(50, 0.0));
    let [first, second] = [(); 2].map(|()| model.release(now));
    model.learn(first, &refusal(0.0), now);
    model.end(first, now);
    let later = now + 5 * SECOND;
    send(&mut model, &answer(60, 5.0), later);

    let lesson = model.learn(second, &refusal(0.0), later);

    assert_eq!(lesson.limited, Some("outside"));
    assert_eq!(model.gate, Gate::Open);
}

#[tokio::test(start_paused = true)]
async fn probes_that_are_refused_too_come_less_and_less_often() {
    let (mut model, mut now) = told(&answer(50, 0.0));
    let past = Signal {
        retry_at: Some(5.0),
        reset: None,
        ..refusal(0.0)
    };
    let mut waits = Vec::new();

    for _ in 0..6 {
        send(&mut model, &past, now);
        let until = held_until(&mut model, now);
        waits.push((until - now).as_secs());
        now = until;
    }

    assert_eq!(waits, [1, 2, 4, 8, 16, 16]);
}

#[tokio::test(start_paused = true)]
async fn hold_is_within_reason_whatever_is_told() {
    let decade = DATE + 315_360_000.0;
    for (retry_at, retry_after, seconds) in [
        (Some(decade), None, 300),
        (None, Some(f64::from(u32::MAX)), 300),
        (Some(1.0), Some(0.0), 1),
        (None, None, 1),
        (Some(1.0), Some(20.0), 20),
    ] {
        let (mut model, now) = told(&answer(50, 0.0));

        send(
            &mut model,
            &Signal {
                retry_at,
                retry_after,
                ..refusal(0.0)
            },
            now,
        );

        let until = held_until(&mut model, now);
        assert_eq!(
            (until - now).as_secs(),
            seconds,
            "{retry_at:?} {retry_after:?}"
        );
    }
}

/// A 429 although so many slots are left.
fn crowded(remaining: u32) -> Signal {
    Signal {
        is_limited: true,
        ..answer(remaining, 0.0)
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_with_slots_left_halve_once_what_may_be_under_way() {
    let (mut model, now) = told(&answer(99, 0.0));
    let tickets = [(); 20].map(|()| model.release(now));

    for ticket in &tickets[10..] {
        let lesson = model.learn(*ticket, &crowded(80), now);
        assert_eq!(lesson.limited, Some("concurrency"));
        model.end(*ticket, now);
    }

    assert_eq!(model.crowd.most(), 10.0);
    assert_eq!(model.gate, Gate::Open);
    // Ten of twenty are still under way.
    assert_eq!(model.ready(now), Ready::Later);
}

#[tokio::test(start_paused = true)]
async fn number_that_was_refused_is_not_tried_again_at_once() {
    let (mut model, now) = told(&answer(99, 0.0));
    let tickets = [(); 11].map(|()| model.release(now));
    model.learn(tickets[10], &crowded(80), now);
    tickets.iter().for_each(|ticket| model.end(*ticket, now));

    for _ in 0..300 {
        send(&mut model, &answer(99, 0.0), now);
    }
    let meanwhile = model.crowd.most();
    for _ in 0..300 {
        send(&mut model, &answer(99, 40.0), now + 40 * SECOND);
    }

    assert_eq!(meanwhile, 10.0);
    assert!(model.crowd.most() > 11.0, "{}", model.crowd.most());
}

#[tokio::test(start_paused = true)]
async fn one_that_is_refused_alone_with_slots_left_holds_all_back() {
    let (mut model, now) = told(&answer(99, 0.0));

    send(&mut model, &crowded(80), now);

    assert!(held_until(&mut model, now) >= now + SECOND);
}

#[tokio::test(start_paused = true)]
async fn refusal_despite_slots_switches_the_refill_off_until_the_reset() {
    let (mut model, now) = told(&answer(50, 0.0));
    assert!(model.pace.slowest().is_some());
    let reset = Some(DATE + 5.0);

    let lesson = send(
        &mut model,
        &Signal {
            reset,
            retry_at: reset,
            ..refusal(0.0)
        },
        now,
    );

    assert_eq!(lesson.limited, Some("budget"));
    assert_eq!(lesson.reset, Some("contradiction"));
    assert!(model.pace.is_off(now + 4 * SECOND));
    assert!(!model.pace.is_off(now + 6 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn silence_means_that_others_may_have_spent() {
    let (mut model, now) = told(&answer(99, 0.0));
    let later = now + 60 * SECOND;

    let tickets = [(); 8].map(|()| model.release(later));
    let ready = model.ready(later);
    model.learn(tickets[0], &answer(99, 60.0), later);

    assert_eq!(ready, Ready::Later);
    assert_eq!(model.ready(later), Ready::Now);
}

fn any_signal() -> impl Strategy<Value = Signal> {
    let time = prop_oneof![
        Just(None),
        any::<u32>().prop_map(|time| Some(f64::from(time))),
        (-20.0..20.0).prop_map(|off| Some(DATE + f64::ceil(off))),
    ];
    let slots = (1..200_u32, any::<u32>()).prop_map(|(limit, left)| Slots {
        limit,
        remaining: left % (limit + 1),
    });
    let slots = proptest::option::of(slots);
    (
        slots,
        time.clone(),
        time.clone(),
        time.clone(),
        time,
        any::<bool>(),
    )
        .prop_map(
            |(slots, reset, retry_at, retry_after, date, is_limited)| Signal {
                slots,
                reset,
                retry_at,
                retry_after,
                date,
                is_limited,
            },
        )
}

/// What happens to one request: let go, then answered, lost or never sent, after a while.
fn any_step() -> impl Strategy<Value = (u8, u32, Signal)> {
    (0..4_u8, 0..3_000_u32, any_signal())
}

proptest! {
    #[test]
    fn whatever_is_answered_the_level_stays_within_the_limit(
        steps in proptest::collection::vec(any_step(), 1..60),
    ) {
        let mut now = Instant::now();
        let mut model = Model::new(Config::default(), now);
        let mut under_way = Vec::new();
        for (what, wait, signal) in steps {
            now += Duration::from_millis(u64::from(wait));
            if model.ready(now) == Ready::Now {
                under_way.push(model.release(now));
            }
            let Some(ticket) = under_way.pop() else { continue };
            match what {
                0 => under_way.insert(0, ticket),
                1 => model.end(ticket, now),
                2 => model.take_back(ticket, now),
                _ => {
                    model.learn(ticket, &signal, now);
                    model.end(ticket, now);
                }
            }
            let limit = model.limit.map_or(f64::INFINITY, f64::from);
            prop_assert!(model.level.is_finite() && model.level <= limit, "{model:?}");
            prop_assert!(model.level >= -f64::from(model.in_flight()), "{model:?}");
            if let Ready::At(at) = model.ready(now) {
                prop_assert!(at > now && at <= now + 11 * Duration::from_secs(31_536_000));
            }
            let _ = (model.foresee(7, now), model.empty_in(now), model.full_at(now));
        }
    }
}
