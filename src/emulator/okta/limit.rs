//! Okta's rate limits: fixed windows that begin on the full minute, or second, of the clock.

use std::collections::HashMap;

use super::super::clock::Time;
use super::config::Config;

/// The limits of the organisation.
#[derive(Debug)]
pub(super) struct Limits {
    authn: Window,
    others: Window,
    names: Names,
}

/// What is left of a limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Standing {
    pub(super) limit: u32,
    pub(super) remaining: u32,
    /// When the next window begins.
    pub(super) reset: Time,
}

impl Limits {
    /// Nothing used yet.
    pub(super) fn new(config: &Config) -> Self {
        Self {
            authn: Window::new(config.authn_per_minute, MINUTE),
            others: Window::new(config.others_per_minute, MINUTE),
            names: Names {
                limit: config.logins_per_second,
                second: 0,
                used: HashMap::new(),
            },
        }
    }

    /// What is left, without taking of it.
    pub(super) fn look(&mut self, is_authn: bool, now: Time) -> Standing {
        self.window(is_authn).look(now)
    }

    /// Takes one request, if there is one left.
    pub(super) fn take(&mut self, is_authn: bool, now: Time) -> (bool, Standing) {
        self.window(is_authn).take(now)
    }

    /// Takes one login of a name, if there is one left.
    pub(super) fn take_login(&mut self, name: &str, now: Time) -> (bool, Standing) {
        self.names.take(name, now)
    }

    fn window(&mut self, is_authn: bool) -> &mut Window {
        if is_authn {
            &mut self.authn
        } else {
            &mut self.others
        }
    }
}

/// One limit and the window that is counted now.
#[derive(Clone, Copy, Debug)]
struct Window {
    limit: u32,
    seconds: u64,
    /// How many windows were before it since 1970.
    number: u64,
    used: u32,
}

impl Window {
    fn new(limit: u32, seconds: u64) -> Self {
        Self {
            limit: limit.max(1),
            seconds,
            number: 0,
            used: 0,
        }
    }

    fn look(&mut self, now: Time) -> Standing {
        let number = now.seconds() / self.seconds;
        if number != self.number {
            *self = Self {
                number,
                used: 0,
                ..*self
            };
        }
        Standing {
            limit: self.limit,
            remaining: self.limit.saturating_sub(self.used),
            reset: Time::from_seconds((number + 1).saturating_mul(self.seconds)),
        }
    }

    fn take(&mut self, now: Time) -> (bool, Standing) {
        if self.look(now).remaining == 0 {
            return (false, self.look(now));
        }
        self.used = self.used.saturating_add(1);
        (true, self.look(now))
    }
}

/// The logins of this second, by name.
#[derive(Debug)]
struct Names {
    limit: u32,
    second: u64,
    used: HashMap<String, Window>,
}

impl Names {
    fn take(&mut self, name: &str, now: Time) -> (bool, Standing) {
        if self.second != now.seconds() {
            self.second = now.seconds();
            self.used.clear();
        }
        let new = Window::new(self.limit, 1);
        // Nobody has a longer one, and who asks makes it up.
        let name = name.chars().take(LETTERS).collect::<String>();
        let name = name.to_lowercase();
        if self.used.len() >= NAMES && !self.used.contains_key(&name) {
            let mut uncounted = new;
            return uncounted.take(now);
        }
        self.used.entry(name).or_insert(new).take(now)
    }
}

const MINUTE: u64 = 60;

/// Letters of a name that tell it apart.
const LETTERS: usize = 256;

/// Names that are counted in one second; later ones are let through.
const NAMES: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        let config = Config {
            authn_per_minute: 2,
            logins_per_second: 1,
            ..Config::default()
        };
        Limits::new(&config)
    }

    #[test]
    fn window_is_full_until_the_minute_ends() {
        let mut limits = limits();
        let taken = [59, 60, 61, 119, 120].map(|at| limits.take(true, Time::from_seconds(at)));

        assert_eq!(
            taken.map(|(taken, _)| taken),
            [true, true, true, false, true]
        );
        assert_eq!(taken[2].1.reset, Time::from_seconds(120));
        assert_eq!(taken[3].1.remaining, 0);
        assert_eq!(limits.look(false, Time::from_seconds(60)).remaining, 600);
    }

    #[test]
    fn names_are_counted_apart_and_in_any_case() {
        let mut limits = limits();
        let now = Time::from_seconds(7);
        let taken = ["ada", "ADA", "bob"].map(|name| limits.take_login(name, now).0);

        assert_eq!(taken, [true, false, true]);
        assert!(limits.take_login("ada", Time::from_seconds(8)).0);
    }

    #[test]
    fn long_names_are_counted_by_their_start() {
        let mut limits = limits();
        let now = Time::from_seconds(7);
        let long = "x".repeat(100_000);

        let taken = [&long[1..], &long].map(|name| limits.take_login(name, now).0);

        assert_eq!(taken, [true, false]);
        assert!(limits.names.used.keys().all(|name| name.len() == LETTERS));
    }
}
