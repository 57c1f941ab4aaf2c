use proptest::prelude::*;

use super::*;

const USER: Bucket = Bucket::User(Uuid::nil());

fn limits(burst: u32, refill_per_second: f64) -> Limits {
    Limits::new(burst, refill_per_second, &Behaviour::default())
}

fn windows(burst: u32, period: Duration) -> Limits {
    let behaviour = Behaviour {
        limiter: Limiter::FixedWindow,
        period: Some(period),
        ..Behaviour::default()
    };
    Limits::new(burst, 1.0, &behaviour)
}

#[test]
fn bucket_gives_its_burst_and_then_one_slot_per_interval() {
    let mut limits = limits(3, 0.5);
    let start = Time::from_seconds(1000);
    let taken = (0..3).map(|_| limits.take(USER, start).1.remaining);

    assert_eq!(taken.collect::<Vec<_>>(), [2, 1, 0]);

    let (taken, standing) = limits.take(USER, start);
    assert!(!taken);
    assert_eq!(standing.retry_at, Time::from_seconds(1002));
    assert_eq!(standing.reset, Time::from_seconds(1006));
    assert!(limits.take(USER, Time::from_seconds(1002)).0);
    assert!(!limits.take(USER, Time::from_seconds(1003)).0);
}

#[test]
fn name_of_a_bucket_is_short_however_long_the_path_is() {
    let path = format!("/v1/teams/demo/{}", "x".repeat(300));
    let many = format!("{path}{}", "/y".repeat(1000));
    let of = |path: &str| {
        let request = http::Request::get(path).body(bytes::Bytes::new()).unwrap();
        Bucket::endpoint(Uuid::nil(), &Ask::read(request))
    };

    assert_eq!(of(&path), of(&format!("{path}z")));
    assert_ne!(of(&path), of(&many));
    for path in [path, many] {
        let Bucket::Endpoint(_, name) = of(&path) else {
            panic!("{path}");
        };
        assert!(name.len() < 200, "{name}");
    }
}

#[test]
fn nonsense_does_not_divide_by_zero() {
    for refill in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let mut limits = limits(0, refill);
        assert!(limits.take(USER, Time::from_seconds(1)).0, "{refill}");
    }
}

#[test]
fn window_gives_its_burst_and_then_nothing_until_it_ends() {
    let mut limits = windows(2, Duration::from_secs(60));
    let start = Time::from_seconds(1000);
    limits.take(USER, start);
    limits.take(USER, Time::from_seconds(1059));

    let (early, standing) = limits.take(USER, Time::from_seconds(1059));
    let (taken, after) = limits.take(USER, Time::from_seconds(1060));

    assert!(!early && taken);
    assert_eq!(standing.reset, Time::from_seconds(1060));
    assert_eq!(standing.retry_at, standing.reset);
    assert_eq!(
        (after.remaining, after.reset),
        (1, Time::from_seconds(1120))
    );
}

#[test]
fn window_without_a_period_is_as_long_as_the_refill_of_all() {
    let behaviour = Behaviour {
        limiter: Limiter::FixedWindow,
        ..Behaviour::default()
    };
    let mut limits = Limits::new(10_000, 10_000.0 / 3600.0, &behaviour);

    let (_, standing) = limits.take(USER, Time::from_seconds(0));

    assert_eq!(standing.reset.seconds_up(), 3600);
}

#[test]
fn change_that_changes_nothing_leaves_the_buckets_as_they_are() {
    let mut limits = limits(2, 0.001);
    let now = Time::from_seconds(1);
    limits.take(USER, now);

    limits.behave(&Behaviour::default());
    let same = limits.look(Some(&USER), now).remaining;
    limits.behave(&Behaviour {
        limiter: Limiter::FixedWindow,
        ..Behaviour::default()
    });

    assert_eq!(same, 1);
    assert_eq!(limits.look(Some(&USER), now).remaining, 2);
}

#[test]
fn buckets_beyond_the_bound_share_one_until_others_are_full() {
    let mut limits = limits(1, 0.1);
    let now = Time::from_seconds(1);
    for number in 0..BUCKETS {
        let user = Uuid::from_u128(u128::try_from(number).unwrap());
        assert!(limits.take(Bucket::User(user), now).0);
    }
    let late = |number| Bucket::User(Uuid::from_u128(u128::MAX - number));

    let first = limits.take(late(0), now).0;
    let second = limits.take(late(1), now).0;
    let later = limits.take(late(2), Time::from_seconds(11)).0;

    assert_eq!((first, second, later), (true, false, true));
    assert_eq!(limits.levels.len(), 1);
}

proptest! {
    #[test]
    fn who_obeys_is_never_refused(
        burst in 1_u32..50,
        refill in 0.05_f64..500.0,
        fixed in any::<bool>(),
        start in 0_u64..5_000_000_000,
        pauses in prop::collection::vec(0_u64..3_000_000_000, 1..200),
    ) {
        let mut limits = if fixed {
                windows(burst, Duration::from_secs_f64(f64::from(burst) / refill))
            } else {
                limits(burst, refill)
            };
        let mut now = Time::from_nanos(start);
        for pause in pauses {
            now = now.plus(Duration::from_nanos(pause));
            let standing = limits.look(Some(&USER), now);
            if standing.remaining == 0 {
                now = now.max(Time::from_seconds(standing.retry_at.seconds_up()));
            }
            let (taken, after) = limits.take(USER, now);
            prop_assert!(taken);
            prop_assert!(after.remaining < u64::from(burst));
            prop_assert!(after.reset >= after.retry_at && after.retry_at > now);
        }
    }

    #[test]
    fn no_window_gives_more_than_burst_and_refill(
        burst in 1_u32..20,
        steps in prop::collection::vec(0_u64..400, 1..300),
    ) {
        let mut limits = limits(burst, 10.0);
        let mut now = Time::from_seconds(7);
        let (mut taken, mut passed) = (0_u64, 0_u64);
        for step in steps {
            passed += step;
            now = now.plus(Duration::from_millis(step));
            taken += u64::from(limits.take(USER, now).0);
            prop_assert!(taken <= u64::from(burst) + passed / 100);
        }
    }
}
