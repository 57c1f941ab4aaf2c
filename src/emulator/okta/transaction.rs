//! Logins under way: what a state token stands for.

use std::collections::HashMap;
use std::time::Duration;

use super::super::clock::Time;
use super::hidden::Hidden;
use super::user::{Script, Verdict};

/// All logins that are under way.
#[derive(Debug)]
pub(super) struct Transactions {
    life: Duration,
    open: HashMap<Hidden, Transaction>,
}

/// A login that is under way.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    /// Where the account is.
    pub(super) account: usize,
    pub(super) expires: Time,
    pub(super) stage: Stage,
}

/// What a login waits for.
#[derive(Clone, Debug)]
pub(super) enum Stage {
    Warn,
    Expired,
    Enroll,
    Activate,
    Recovery,
    Reset,
    /// One of several factors.
    Factor,
    /// The answer to a factor.
    Challenge(Challenge),
}

impl Stage {
    /// The status that it is told as.
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Warn => "PASSWORD_WARN",
            Self::Expired => "PASSWORD_EXPIRED",
            Self::Enroll => "MFA_ENROLL",
            Self::Activate => "MFA_ENROLL_ACTIVATE",
            Self::Recovery => "RECOVERY",
            Self::Reset => "PASSWORD_RESET",
            Self::Factor => "MFA_REQUIRED",
            Self::Challenge(_) => "MFA_CHALLENGE",
        }
    }
}

/// A factor that was chosen.
#[derive(Clone, Debug)]
pub(super) struct Challenge {
    /// The factor's id.
    pub(super) factor: String,
    /// The push; a one-time code has none.
    pub(super) push: Option<Push>,
}

/// A push on its way.
#[derive(Clone, Debug)]
pub(super) struct Push {
    since: Time,
    /// Answers that were given, the first included.
    pub(super) polls: u32,
    /// What its owner said.
    answer: Option<Verdict>,
    /// What it ended in.
    pub(super) ended: Option<Verdict>,
    /// The number that must be picked.
    pub(super) number: u8,
}

impl Push {
    /// A push that has just been sent, and answered as waiting once.
    pub(super) fn new(now: Time, number: u8) -> Self {
        Self {
            since: now,
            polls: 1,
            answer: None,
            ended: None,
            number,
        }
    }

    /// Looks what has become of it.
    pub(super) fn poll(&mut self, script: &Script, life: Duration, now: Time) {
        self.polls = self.polls.saturating_add(1);
        let least = if script.number_challenge { 2 } else { 1 };
        let has_waited =
            self.polls > script.polls.max(least) && now >= self.since.plus(script.after);
        let scripted = script.verdict.filter(|_| has_waited);
        let expired = (now >= self.since.plus(life)).then_some(Verdict::Expire);
        self.ended = self.answer.or(expired).or(scripted);
    }

    /// What it is told as.
    pub(super) fn result(&self) -> &'static str {
        match self.ended {
            None => "WAITING",
            Some(Verdict::Approve) => "SUCCESS",
            Some(Verdict::Reject) => "REJECTED",
            Some(Verdict::Expire) => "TIMEOUT",
            Some(Verdict::Cancel) => "CANCELLED",
        }
    }
}

impl Transactions {
    /// None yet; each lives for `life` after its last use.
    pub(super) fn new(life: Duration) -> Self {
        Self {
            life,
            open: HashMap::new(),
        }
    }

    /// Begins one under `token`; where there are too many, the one that ends first goes.
    pub(super) fn begin(&mut self, token: Hidden, account: usize, stage: Stage, now: Time) {
        if self.open.len() >= OPEN {
            self.open.retain(|_, transaction| now < transaction.expires);
        }
        if self.open.len() >= OPEN {
            let first = self.open.iter().min_by(|(a, one), (b, other)| {
                // Of several that end at once always the same one.
                let order = one.expires.cmp(&other.expires);
                order.then_with(|| a.expose().cmp(b.expose()))
            });
            if let Some(token) = first.map(|(token, _)| token.clone()) {
                self.open.remove(&token);
            }
        }
        let expires = now.plus(self.life);
        let transaction = Transaction {
            account,
            expires,
            stage,
        };
        self.open.insert(token, transaction);
    }

    /// The live one of a token, whose life begins anew.
    pub(super) fn live(&mut self, token: &Hidden, now: Time) -> Option<&mut Transaction> {
        let transaction = self.open.get_mut(token)?;
        if transaction.expires <= now {
            self.open.remove(token);
            return None;
        }
        transaction.expires = now.plus(self.life);
        self.open.get_mut(token)
    }

    /// Ends one.
    pub(super) fn end(&mut self, token: &Hidden) {
        self.open.remove(token);
    }

    /// Answers all pushes of an account that wait; says how many those are.
    pub(super) fn answer(&mut self, account: usize, verdict: Verdict) -> usize {
        let mut answered = 0;
        for open in self.open.values_mut() {
            let Stage::Challenge(challenge) = &mut open.stage else {
                continue;
            };
            let push = challenge.push.as_mut().filter(|push| push.ended.is_none());
            if let Some(push) = push.filter(|_| open.account == account) {
                push.answer.get_or_insert(verdict);
                answered += 1;
            }
        }
        answered
    }
}

/// Logins that may be under way at once.
const OPEN: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_push_out_the_one_that_ends_first() {
        let mut transactions = Transactions::new(Duration::from_secs(300));
        for number in 0..=OPEN {
            let now = Time::from_nanos(u64::try_from(number).unwrap());
            transactions.begin(Hidden::new(number.to_string()), 0, Stage::Factor, now);
        }

        let now = Time::from_seconds(1);
        assert_eq!(transactions.open.len(), OPEN);
        assert!(transactions.live(&"0".into(), now).is_none());
        assert!(transactions.live(&"1".into(), now).is_some());
    }

    #[test]
    fn token_lives_as_long_as_it_is_used() {
        let mut transactions = Transactions::new(Duration::from_secs(10));
        transactions.begin("token".into(), 0, Stage::Factor, Time::from_seconds(0));

        let lives = [9, 18, 28].map(|at| {
            transactions
                .live(&"token".into(), Time::from_seconds(at))
                .is_some()
        });

        assert_eq!(lives, [true, true, false]);
    }
}
