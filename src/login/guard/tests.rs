use tokio::time::advance;

use super::*;

async fn fail(guard: &Guard, name: &str) -> bool {
    guard.begin("okta", name, None).await.is_ok()
}

#[tokio::test(start_paused = true)]
async fn user_is_refused_before_five_failures_however_the_name_is_written() {
    let guard = Guard::default();
    let mut tried = Vec::new();

    for name in ["ada", "ADA", "ada@example.com", " Ada@Example.com", "ada"] {
        tried.push(fail(&guard, name).await);
    }

    assert_eq!(tried, [true, true, true, true, false]);
    assert!(fail(&guard, "grace").await);
}

#[tokio::test(start_paused = true)]
async fn pause_doubles_with_each_failure_after_it() {
    let guard = Guard::default();
    for _ in 0..FAILURES {
        assert!(fail(&guard, "ada").await);
    }
    let mut pauses = Vec::new();

    for _ in 0..3 {
        let pause = guard.begin("okta", "ada", None).await.unwrap_err();
        pauses.push(pause.as_secs() / 60);
        advance(pause).await;
        assert!(fail(&guard, "ada").await);
    }

    assert_eq!(pauses, [15, 30, 60]);
}

#[tokio::test(start_paused = true)]
async fn tries_slow_down() {
    let guard = Guard::default();
    let started = Instant::now();
    let mut waited = Vec::new();

    for _ in 0..FAILURES {
        assert!(fail(&guard, "ada").await);
        waited.push(started.elapsed().as_secs());
    }

    assert_eq!(waited, [0, 0, 1, 3]);
}

#[tokio::test(start_paused = true)]
async fn tries_at_once_are_no_more_than_may_fail() {
    let guard = Guard::default();
    let mut open = Vec::new();
    for _ in 0..FAILURES {
        open.push(guard.begin("okta", "ada", None).await.unwrap());
    }

    let one_more = guard.begin("okta", "ada", None).await;
    open.pop().unwrap().passed();
    let after = guard.begin("okta", "ada", None).await;

    assert_eq!(one_more.unwrap_err(), PATIENCE);
    assert!(after.is_ok());
}

#[tokio::test(start_paused = true)]
async fn right_password_and_silence_of_okta_are_no_failures() {
    let guard = Guard::default();
    for _ in 0..3 {
        assert!(fail(&guard, "ada").await);
    }
    guard.begin("okta", "ada", None).await.unwrap().void();
    guard.begin("okta", "ada", None).await.unwrap().passed();

    for _ in 0..FAILURES {
        assert!(fail(&guard, "ada").await);
    }
    assert!(!fail(&guard, "ada").await);
}

#[tokio::test(start_paused = true)]
async fn address_that_tries_many_names_is_refused() {
    let guard = Guard::default();
    let peer = |last: u16| Some(format!("2001:db8::{last:x}").parse().unwrap());
    for number in 0..100 {
        let name = format!("user-{number}");
        drop(guard.begin("okta", &name, peer(number)).await.unwrap());
    }

    let one_more = guard.begin("okta", "one-more", peer(7)).await;
    let other = Some("2001:db8:1::1".parse().unwrap());
    let elsewhere = guard.begin("okta", "one-more", other).await;

    assert!(one_more.is_err());
    assert!(elsewhere.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_is_counted_is_bounded() {
    let guard = Guard::default();

    for number in 0..3 * MOST {
        let user = Key::User("okta".to_owned(), number.to_string());
        guard.take(&[user]).unwrap();
    }

    let counts = guard.0.counts.lock();
    assert!(counts.young.len() + counts.old.len() <= 2 * MOST);
}

#[tokio::test(start_paused = true)]
async fn day_without_failure_forgets_them() {
    let guard = Guard::default();
    for _ in 0..FAILURES {
        assert!(fail(&guard, "ada").await);
    }

    advance(FORGET_AFTER).await;

    for _ in 0..FAILURES {
        assert!(fail(&guard, "ada").await);
    }
}
