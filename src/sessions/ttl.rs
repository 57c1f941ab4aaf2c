//! How long a session lasts: Vault's arithmetic.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What bounds a session's life; zero is "not set" everywhere.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Terms {
    /// How long it lasts from its start, and from each renewal that asks for nothing else.
    pub ttl: Duration,
    /// How long after its start renewals can make it last.
    pub max_ttl: Duration,
    /// The same, fixed when it starts; holds for periodic ones too.
    pub explicit_max_ttl: Duration,
    /// For how long each renewal makes it last anew, without an end.
    pub period: Duration,
}

/// What a mount, or else the gateway, says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// How long a session lasts that nothing else is said of.
    pub default_ttl: Duration,
    /// How long any may last.
    pub max_ttl: Duration,
}

impl Default for Limits {
    /// Vault's: 768 h.
    fn default() -> Self {
        let days = Duration::from_secs(32 * 24 * 3600);
        Self {
            default_ttl: days,
            max_ttl: days,
        }
    }
}

/// It has lasted as long as it may.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Over;

/// How long a session lasts from now on, `age` after it started, if `increment` is asked for; and what
/// whoever asks should be told.
pub(super) fn from_now(
    terms: Terms,
    limits: Limits,
    age: Duration,
    increment: Duration,
) -> Result<(Duration, Vec<String>), Over> {
    let max = [terms.max_ttl, terms.explicit_max_ttl];
    let set = max.into_iter().filter(|max| !max.is_zero());
    let max = set.fold(limits.max_ttl, Duration::min);
    let mut warnings = Vec::new();
    if !terms.period.is_zero() {
        let mut ttl = terms.period;
        if ttl > max {
            let (period, most) = (shown(ttl), shown(max));
            warnings.push(format!(
                "period of \"{period}\" exceeded the effective max_ttl of \"{most}\"; \
                 period value is capped accordingly"
            ));
            ttl = max;
        }
        if !terms.explicit_max_ttl.is_zero() {
            ttl = ttl.min(left(terms.explicit_max_ttl, age)?);
        }
        return Ok((ttl, warnings));
    }
    let wanted = [increment, terms.ttl, limits.default_ttl];
    let wanted = wanted.into_iter().find(|time| !time.is_zero());
    let wanted = wanted.unwrap_or(limits.max_ttl);
    let most = left(max, age)?;
    if wanted > most {
        let (wanted, most) = (shown(wanted), shown(most));
        warnings.push(format!(
            "TTL of \"{wanted}\" exceeded the effective max_ttl of \"{most}\"; \
             TTL value is capped accordingly"
        ));
    }
    Ok((wanted.min(most), warnings))
}

fn left(max: Duration, age: Duration) -> Result<Duration, Over> {
    match max.checked_sub(age) {
        Some(left) if !left.is_zero() => Ok(left),
        Some(_) | None => Err(Over),
    }
}

/// A time as Vault shows it: hours, minutes and seconds, without those that are zero.
fn shown(time: Duration) -> String {
    let seconds = time.as_secs();
    let parts = [
        (seconds / 3600, 'h'),
        (seconds % 3600 / 60, 'm'),
        (seconds % 60, 's'),
    ];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0);
    let text: String = parts
        .map(|(number, unit)| format!("{number}{unit}"))
        .collect();
    if text.is_empty() {
        "0s".to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3600;

    fn terms(ttl: u64, max_ttl: u64, explicit: u64, period: u64) -> Terms {
        let [ttl, max_ttl, explicit_max_ttl, period] =
            [ttl, max_ttl, explicit, period].map(Duration::from_secs);
        Terms {
            ttl,
            max_ttl,
            explicit_max_ttl,
            period,
        }
    }

    /// Seconds from now on, and whether there is a warning.
    fn lasts(terms: Terms, age: u64, increment: u64) -> Result<(u64, bool), Over> {
        let limits = Limits {
            default_ttl: Duration::from_secs(2 * HOUR),
            max_ttl: Duration::from_secs(10 * HOUR),
        };
        let [age, increment] = [age, increment].map(Duration::from_secs);
        let (ttl, warnings) = from_now(terms, limits, age, increment)?;
        Ok((ttl.as_secs(), !warnings.is_empty()))
    }

    #[test]
    fn session_lasts_as_vault_says() {
        for (terms, age, increment, expected) in [
            // What is not said, the mount says.
            (terms(0, 0, 0, 0), 0, 0, (2 * HOUR, false)),
            (terms(HOUR, 0, 0, 0), 0, 0, (HOUR, false)),
            // The least maximum counts.
            (terms(20 * HOUR, 0, 0, 0), 0, 0, (10 * HOUR, true)),
            (terms(HOUR, 180, 0, 0), 0, 0, (180, true)),
            (terms(HOUR, HOUR, 60, 0), 0, 0, (60, true)),
            // An increment counts from now, and never past the maximum.
            (terms(HOUR, 0, 0, 0), HOUR, 600, (600, false)),
            (terms(HOUR, 2 * HOUR, 0, 0), HOUR + 1800, 0, (1800, true)),
            // Periods know no maximum but the explicit one, and no increment.
            (terms(0, 0, 0, 600), 100 * HOUR, 9_999, (600, false)),
            (terms(0, 1800, 0, 2 * HOUR), 0, 0, (1800, true)),
            (terms(0, 0, HOUR, 600), HOUR - 60, 0, (60, false)),
        ] {
            let found = lasts(terms, age, increment);
            assert_eq!(found, Ok(expected), "{terms:?} {age} {increment}");
        }
        assert_eq!(lasts(terms(HOUR, HOUR, 0, 0), HOUR, 0), Err(Over));
        assert_eq!(lasts(terms(0, 0, HOUR, 600), HOUR, 0), Err(Over));
    }

    #[test]
    fn warning_is_in_vaults_words() {
        let (_, warnings) = from_now(
            terms(HOUR, 180, 0, 0),
            Limits::default(),
            Duration::ZERO,
            Duration::ZERO,
        )
        .unwrap();

        assert_eq!(
            warnings,
            [
                "TTL of \"1h\" exceeded the effective max_ttl of \"3m\"; TTL value is capped accordingly"
            ]
        );
        let hour_and_half = Duration::from_secs(5400 + 1);
        assert_eq!(shown(hour_and_half), "1h30m1s");
    }
}
