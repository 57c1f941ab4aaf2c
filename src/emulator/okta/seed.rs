//! The people who are there at the start, and names in the form of Okta's.
//!
//! All have the password [`PASSWORD`]. Who has groups is in `Everyone` too, as with Okta.
//!
//! | Login, at `example.com` | What a login comes to |
//! |---|---|
//! | `ada` | success; groups `dev`, `ops` |
//! | `hedy` | success; no groups |
//! | `peter` | success; 450 groups |
//! | `grace` | push, approved at the third answer |
//! | `edsger`, `barbara`, `donald` | push that is rejected, times out, is cancelled |
//! | `margaret` | push that waits for `okta_answer_push` |
//! | `radia` | push with a number challenge |
//! | `alan`, `katherine` | one-time code of Okta Verify, of Google Authenticator |
//! | `dennis` | push, and one-time codes of both |
//! | `ken`, `frances` | locked; locked, and hidden |
//! | `tony`, `adele` | password expired, about to expire |
//! | `john`, `mary` | a factor to enroll, to activate |
//! | `niklaus`, `jean` | recovery, password reset |
//! | `anita`, `lynn`, `max` | suspended, deprovisioned, staged: as a wrong password |

use std::time::Duration;

use fastrand::Rng;

use super::hidden::Hidden;
use super::user::{Factor, Provider, Script, State, User, Verdict};

/// The people who are there unless others are configured.
pub(super) fn users() -> Vec<User> {
    let many: Vec<_> = (1..MANY)
        .map(|number| format!("team-{number:03}"))
        .collect();
    let mut peter = person("peter");
    peter.groups.extend(many);
    let mut frances = person("frances").standing(State::LockedOut);
    frances.hides_lockout = true;
    let mut users = vec![
        person("ada").within(&["Everyone", "dev", "ops"]),
        person("hedy").within(&[]),
        peter,
        frances,
        person("dennis")
            .with(Factor::push(Script::default()))
            .with(Factor::totp(Provider::Okta))
            .with(Factor::totp(Provider::Google)),
        person("alan").with(Factor::totp(Provider::Okta)),
        person("katherine").with(Factor::totp(Provider::Google)),
    ];
    users.extend(pushes());
    let states = [
        ("ken", State::LockedOut),
        ("tony", State::PasswordExpired),
        ("adele", State::PasswordWarn),
        ("john", State::MfaEnroll),
        ("mary", State::MfaEnrollActivate),
        ("niklaus", State::Recovery),
        ("jean", State::PasswordReset),
        ("anita", State::Suspended),
        ("lynn", State::Deprovisioned),
        ("max", State::Staged),
    ];
    users.extend(states.map(|(name, state)| person(name).standing(state)));
    users
}

fn pushes() -> [User; 6] {
    let script = |verdict| Script::new(verdict);
    let grace = Script {
        polls: 2,
        after: Duration::from_millis(500),
        ..script(Verdict::Approve)
    };
    let radia = Script {
        number_challenge: true,
        ..grace
    };
    [
        ("grace", grace),
        ("radia", radia),
        ("edsger", script(Verdict::Reject)),
        ("barbara", script(Verdict::Expire)),
        ("donald", script(Verdict::Cancel)),
        ("margaret", Script::never()),
    ]
    .map(|(name, script)| person(name).with(Factor::push(script)))
}

fn person(name: &str) -> User {
    User::new(format!("{name}@example.com"), PASSWORD).within(&["Everyone"])
}

/// A name of letters and digits after `start`, as Okta's ids and tokens are.
pub(super) fn name(rng: &mut Rng, start: &str, more: usize) -> String {
    let mut name = String::with_capacity(start.len() + more);
    name.push_str(start);
    name.extend((0..more).map(|_| rng.alphanumeric()));
    name
}

/// A secret for one-time codes: 160 bits in base32.
pub(super) fn secret(rng: &mut Rng) -> Hidden {
    let letter = |_| rng.choice(super::totp::ALPHABET).copied().unwrap_or(b'A');
    Hidden::new((0..32).map(letter).map(char::from).collect::<String>())
}

/// The password of everybody who is there at the start; test data, and no secret.
pub const PASSWORD: &str = "Correct-Horse-7";

/// Groups of the one who has many: three pages.
const MANY: usize = 450;
