//! The accounts and groups of the organisation, and how failures lock an account.

use std::collections::HashMap;
use std::time::Duration;

use fastrand::Rng;

use super::super::clock::Time;
use super::seed;
use super::user::{Factor, Kind, Provider, State, User};

/// Everybody, and every group that anybody is in.
#[derive(Debug)]
pub(super) struct Directory {
    accounts: Vec<Account>,
    by_login: HashMap<String, usize>,
    by_id: HashMap<String, usize>,
    /// The ids of groups, by name.
    groups: HashMap<String, String>,
    owner: usize,
}

/// One person as known here.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) id: String,
    pub(super) user: User,
    /// What is known of each factor of the user, in the same order.
    pub(super) held: Vec<Held>,
    pub(super) password_changed: Time,
    pub(super) last_login: Option<Time>,
    failures: u32,
    /// Since when failures have it locked.
    locked: Option<Time>,
}

/// What is known of a factor.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) id: String,
    /// The step of the last code that was used; this one and those before it are used up.
    pub(super) last_step: Option<u64>,
}

impl Directory {
    /// Takes `users` in, and one more: the owner of the API token, who cannot log in.
    pub(super) fn new(users: &[User], rng: &mut Rng) -> Self {
        let mut directory = Self {
            accounts: Vec::with_capacity(users.len() + 1),
            by_login: HashMap::new(),
            by_id: HashMap::new(),
            groups: HashMap::new(),
            owner: users.len(),
        };
        for user in users {
            directory.add(user.clone(), rng);
        }
        directory.add(User::new(OWNER, ""), rng);
        directory
    }

    /// Where the account of a login is; the part before the `@` is enough if only one has it.
    pub(super) fn by_login(&self, login: &str) -> Option<usize> {
        let login = login.to_lowercase();
        if login.contains('@') || self.by_login.contains_key(&login) {
            return self.by_login.get(&login).copied();
        }
        let is_short = |full: &str| {
            full.split_once('@')
                .is_some_and(|(short, _)| short == login)
        };
        let mut found = self.by_login.iter().filter(|(full, _)| is_short(full));
        let (_, at) = found.next()?;
        found.next().is_none().then_some(*at)
    }

    /// Where the account of an id, of a login, or of `me` is.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        if name == "me" {
            return Some(self.owner);
        }
        self.by_id
            .get(name)
            .copied()
            .or_else(|| self.by_login(name))
    }

    /// The account there.
    pub(super) fn account(&self, at: usize) -> Option<&Account> {
        self.accounts.get(at)
    }

    /// The account there, to be changed.
    pub(super) fn account_mut(&mut self, at: usize) -> Option<&mut Account> {
        self.accounts.get_mut(at)
    }

    /// Ids and names of the groups of an account, in the order of their ids.
    pub(super) fn groups<'a>(&'a self, account: &'a Account) -> Vec<(&'a str, &'a str)> {
        let names = account.user.groups.iter();
        let ids = names.filter_map(|name| Some((self.groups.get(name)?.as_str(), name.as_str())));
        let mut groups: Vec<_> = ids.collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    /// Lets `edit` change a user, who is unlocked by it; the login stays.
    pub(super) fn edit(
        &mut self,
        login: &str,
        now: Time,
        rng: &mut Rng,
        edit: impl FnOnce(&mut User),
    ) -> bool {
        let at = self.by_login(login);
        let Some(account) = at.and_then(|at| self.accounts.get_mut(at)) else {
            return false;
        };
        let before = account.user.clone();
        edit(&mut account.user);
        account.user.login = before.login;
        account.unlock();
        if account.user.password != before.password {
            account.password_changed = now;
        }
        if account.user.factors != before.factors {
            account.held = hold(&mut account.user.factors, rng);
        }
        for name in &account.user.groups {
            enter(&mut self.groups, name, rng);
        }
        true
    }

    fn add(&mut self, mut user: User, rng: &mut Rng) {
        let at = self.accounts.len();
        let id = seed::name(rng, "00u", 17);
        for name in &user.groups {
            enter(&mut self.groups, name, rng);
        }
        self.by_login.entry(user.login.to_lowercase()).or_insert(at);
        self.by_id.insert(id.clone(), at);
        self.accounts.push(Account {
            id,
            held: hold(&mut user.factors, rng),
            user,
            password_changed: BEGINNING,
            last_login: None,
            failures: 0,
            locked: None,
        });
    }
}

impl Account {
    /// How it stands now; a lock that has held long enough is gone.
    pub(super) fn state(&mut self, now: Time, locked_for: Option<Duration>) -> State {
        let end = self
            .locked
            .zip(locked_for)
            .map(|(since, span)| since.plus(span));
        if end.is_some_and(|end| end <= now) {
            self.unlock();
        }
        self.standing()
    }

    /// How it stood when it was last asked for.
    pub(super) fn standing(&self) -> State {
        if self.locked.is_some() {
            return State::LockedOut;
        }
        self.user.state
    }

    /// Counts a failure; so many in a row lock the account, unless that is zero.
    pub(super) fn fail(&mut self, most: u32, now: Time) {
        self.failures = self.failures.saturating_add(1);
        if most > 0 && self.failures >= most {
            self.locked.get_or_insert(now);
        }
    }

    /// Notes a login that came to its end.
    pub(super) fn succeed(&mut self, now: Time) {
        self.failures = 0;
        self.last_login = Some(now);
    }

    /// A factor of its own, and what is known of it.
    pub(super) fn factor_mut(&mut self, id: &str) -> Option<(&Factor, &mut Held)> {
        let mut factors = self.user.factors.iter().zip(&mut self.held);
        factors.find(|(_, held)| held.id == id)
    }

    fn unlock(&mut self) {
        self.failures = 0;
        self.locked = None;
    }
}

/// Gives each factor an id, and a secret if it needs one and has none.
fn hold(factors: &mut [Factor], rng: &mut Rng) -> Vec<Held> {
    let factors = factors.iter_mut().map(|factor| {
        let start = match (factor.kind, factor.provider) {
            (Kind::Push, _) => "opf",
            (Kind::Totp, Provider::Okta) => "ost",
            (Kind::Totp, Provider::Google) => "uft",
        };
        if factor.kind == Kind::Totp && factor.secret.is_empty() {
            factor.secret = seed::secret(rng);
        }
        Held {
            id: seed::name(rng, start, 17),
            last_step: None,
        }
    });
    factors.collect()
}

fn enter(groups: &mut HashMap<String, String>, name: &str, rng: &mut Rng) {
    if !groups.contains_key(name) {
        groups.insert(name.to_owned(), seed::name(rng, "00g", 17));
    }
}

/// When everything began, 2025; not the start of the emulator, so that equal seeds are equal.
pub(super) const BEGINNING: Time = Time::from_seconds(1_735_689_600);

/// Whom the API token belongs to.
const OWNER: &str = "api-token-owner@example.com";
