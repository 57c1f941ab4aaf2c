//! What is wrong, in words: the same on the page, in the terminal and for scripts.

use std::time::Duration;

use super::Verdict;
use super::state::{BucketState, Condition, PrincipalState, Severity, State};

/// A limit that will be spent within this time is worth a word.
const SOON: f64 = 900.0;
/// More failures than this share of all requests are felt.
const FAILING: f64 = 0.05;

/// All that is wrong, worst first.
pub fn conditions(verdict: Verdict, state: &State) -> Vec<Condition> {
    let mut list: Vec<Condition> = of_verdict(verdict).into_iter().collect();
    // Before the first try nothing is known to be wrong with a token.
    if verdict != Verdict::Starting {
        list.extend(state.principals.iter().filter_map(of_token));
    }
    list.extend(of_breakers(&state.principals));
    list.extend(state.buckets.iter().filter_map(of_bucket));
    if let Some(share) = state.traffic.error_ratio.filter(|share| *share > FAILING) {
        let text = format!(
            "{:.0} % of requests failed in the last minute",
            share * 100.0
        );
        list.push(bad("requests_failing", text));
    }
    list.sort_by_key(|condition| condition.level);
    list
}

fn of_verdict(verdict: Verdict) -> Option<Condition> {
    match verdict {
        // Whatever degrades it is named by itself.
        Verdict::Ready | Verdict::Degraded | Verdict::TokenUnavailable => None,
        Verdict::Starting => Some(warning("starting", "Starting: waits for its first token")),
        Verdict::Draining => Some(warning(
            "draining",
            "Stopping: requests under way may finish, no new ones are taken",
        )),
        Verdict::AuditUnavailable => Some(bad(
            "audit_unavailable",
            "The audit log cannot be written, so writes are refused",
        )),
    }
}

fn of_token(principal: &PrincipalState) -> Option<Condition> {
    let name = format!("{}/{}", principal.team, principal.principal);
    let why = principal.last_error.as_deref().unwrap_or("no answer yet");
    if !principal.token_held {
        let text = format!("{name} has no token: {why}");
        return Some(bad("token_unavailable", text));
    }
    (principal.consecutive_failures > 0).then(|| {
        let left = seconds(principal.token_expires_in_seconds.unwrap_or(0.0));
        let text = format!("{name} cannot renew its token ({why}); the old one is good for {left}");
        warning("token_not_renewed", text)
    })
}

/// One for each team, although each of its principals tells of it.
fn of_breakers(principals: &[PrincipalState]) -> Vec<Condition> {
    let mut teams: Vec<&str> = principals
        .iter()
        .filter(|of| of.breaker.is_some_and(|state| state != "closed"))
        .map(|of| of.team.as_str())
        .collect();
    teams.dedup();
    let open =
        |team| format!("The upstream of {team} fails: nothing is sent until a probe succeeds");
    let list = teams
        .into_iter()
        .map(|team| bad("breaker_open", open(team)));
    list.collect()
}

fn of_bucket(bucket: &BucketState) -> Option<Condition> {
    let name = format!("{}/{}", bucket.team, bucket.principal);
    if bucket.waiting > 0 && bucket.next_wait_seconds >= 1.0 {
        let wait = seconds(bucket.next_wait_seconds);
        let text = format!(
            "The limit of {name} is spent: {} wait, one more would wait {wait}",
            bucket.waiting
        );
        return Some(warning("limit_spent", text));
    }
    let left = bucket.exhausted_in_seconds.filter(|left| *left < SOON)?;
    let text = format!(
        "The limit of {name} is empty in {}, at the present rate",
        seconds(left)
    );
    Some(warning("limit_empty_soon", text))
}

fn bad(reason: &'static str, text: impl Into<String>) -> Condition {
    Condition {
        level: Severity::Bad,
        reason,
        text: text.into(),
    }
}

fn warning(reason: &'static str, text: impl Into<String>) -> Condition {
    Condition {
        level: Severity::Warning,
        reason,
        text: text.into(),
    }
}

/// A time as people say it: `41 s`, `8 min`, `3 h`, `2 d`.
pub fn seconds(seconds: f64) -> String {
    let whole = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    let whole = whole.as_secs();
    match whole {
        0..10 => format!("{seconds:.1} s"),
        10..100 => format!("{whole} s"),
        100..7_200 => format!("{} min", whole / 60),
        7_200..172_800 => format!("{} h", whole / 3_600),
        _ => format!("{} d", whole / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal() -> PrincipalState {
        PrincipalState {
            team: "acme".to_owned(),
            principal: "tf".to_owned(),
            token_held: true,
            token_expires_in_seconds: Some(500.0),
            breaker: Some("closed"),
            ..PrincipalState::default()
        }
    }

    fn reasons(verdict: Verdict, change: impl FnOnce(&mut State)) -> Vec<&'static str> {
        let mut state = State {
            principals: vec![principal(), principal()],
            buckets: vec![BucketState::default()],
            ..State::default()
        };
        change(&mut state);
        let list = conditions(verdict, &state);
        list.iter().map(|condition| condition.reason).collect()
    }

    #[test]
    fn each_thing_that_is_wrong_is_told_and_the_worst_first() {
        assert_eq!(reasons(Verdict::Ready, |_| ()), [""; 0]);
        assert_eq!(reasons(Verdict::Draining, |_| ()), ["draining"]);
        let breaker = reasons(Verdict::Ready, |state| {
            for of in &mut state.principals {
                of.breaker = Some("open");
            }
        });
        assert_eq!(breaker, ["breaker_open"]);
        let several = reasons(Verdict::Degraded, |state| {
            state.principals[0].consecutive_failures = 2;
            state.buckets[0].exhausted_in_seconds = Some(60.0);
            state.traffic.error_ratio = Some(0.5);
            state.principals[1].token_held = false;
        });
        let expected = [
            "token_unavailable",
            "requests_failing",
            "token_not_renewed",
            "limit_empty_soon",
        ];
        assert_eq!(several, expected);
        let waiting = reasons(Verdict::Ready, |state| {
            state.buckets[0].waiting = 3;
            state.buckets[0].next_wait_seconds = 4.0;
        });
        assert_eq!(waiting, ["limit_spent"]);
    }

    #[test]
    fn sentence_names_who_and_how_long() {
        let mut state = State {
            principals: vec![principal()],
            ..State::default()
        };
        state.principals[0].consecutive_failures = 1;
        state.principals[0].last_error = Some("key refused".to_owned());

        let told = conditions(Verdict::Degraded, &state);

        let expected =
            "acme/tf cannot renew its token (key refused); the old one is good for 8 min";
        assert_eq!(told[0].text, expected);
    }
}
