//! The second factor: which, and what becomes of it.

use std::net::IpAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use super::Refused;
use super::flow::Ask;
use super::guard::Try;
use super::numbers::Numbers;
use super::okta::Okta;
use super::trouble::Trouble;
use crate::secret::Secret;

/// A login that waits for a factor.
pub(super) struct Challenge<'c> {
    pub(super) okta: &'c Okta,
    pub(super) mount: &'c str,
    pub(super) ask: &'c Ask,
    pub(super) numbers: &'c Numbers,
}

/// A factor that may be used.
#[derive(Debug, Eq, PartialEq)]
enum Factor {
    Push(String),
    Totp(String),
}

impl Challenge<'_> {
    /// Sees the factor through; returns what Okta says at the end.
    pub(super) async fn meet(
        &self,
        answer: &Value,
        attempt: &mut Option<Try>,
    ) -> Result<Value, Refused> {
        let state = answer.get("stateToken").and_then(Value::as_str);
        let state = Secret::new(state.ok_or_else(|| Refused::bad(FAILED))?);
        let factors = answer.pointer("/_embedded/factors");
        let chosen = choose(factors, self.ask)?;
        let peer = self.ask.peer;
        match chosen {
            Factor::Totp(id) => {
                let code = self.ask.totp.as_deref();
                let result = self.okta.verify(&id, &state, code, peer).await;
                let answer = result.map_err(|trouble| told(trouble, attempt))?;
                ended(&answer).unwrap_or_else(|| Err(Refused::bad(FAILED)))?;
                Ok(answer)
            }
            Factor::Push(id) => self.push(&id, &state, peer, attempt).await,
        }
    }

    /// Sends a push and asks after it each second, for as long as the caller is there.
    async fn push(
        &self,
        id: &str,
        state: &Secret,
        peer: Option<IpAddr>,
        attempt: &mut Option<Try>,
    ) -> Result<Value, Refused> {
        let mut shown = None;
        let mut failures = 0;
        loop {
            match self.okta.verify(id, state, None, peer).await {
                Ok(answer) => {
                    failures = 0;
                    if let Some(ended) = ended(&answer) {
                        return ended.map(|()| answer);
                    }
                    if shown.is_none()
                        && let Some(number) = number(&answer)
                    {
                        shown = Some(self.show(number)?);
                    }
                }
                // To ask once more sends no second push.
                Err(Trouble::Silent(_)) if failures < BLIPS => failures += 1,
                Err(trouble) => return Err(told(trouble, attempt)),
            }
            sleep(BETWEEN).await;
        }
    }

    fn show(&self, number: i64) -> Result<super::numbers::Shown, Refused> {
        let missing = "nonce must be provided during login request when presented with number \
                       challenge";
        let nonce = self.ask.nonce.as_deref().filter(|nonce| !nonce.is_empty());
        let nonce = nonce.ok_or_else(|| Refused::bad(missing))?;
        let shown = self.numbers.show(self.mount, nonce, number);
        shown.ok_or(Refused::Later(BETWEEN))
    }
}

/// Trouble with a factor; what tells nothing of it is no failure.
fn told(trouble: Trouble, attempt: &mut Option<Try>) -> Refused {
    if !trouble.may_count()
        && let Some(attempt) = attempt.take()
    {
        attempt.void();
    }
    trouble.told("okta authentication failed")
}

/// How a challenge has ended; `None` if it goes on.
fn ended(answer: &Value) -> Option<Result<(), Refused>> {
    let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
    match (text("status"), text("factorResult")) {
        ("SUCCESS", _) => Some(Ok(())),
        ("MFA_CHALLENGE", "WAITING") => None,
        (_, "REJECTED") => Some(Err(Refused::bad("multi-factor authentication denied"))),
        (_, "TIMEOUT") => Some(Err(Refused::bad(
            "failed to complete multi-factor authentication",
        ))),
        _ => Some(Err(Refused::bad(FAILED))),
    }
}

/// The number to choose on the phone. Okta's documents have it in `factors`, the real API in `factor`.
fn number(answer: &Value) -> Option<i64> {
    ["/_embedded/factor", "/_embedded/factors"]
        .into_iter()
        .filter_map(|place| answer.pointer(place))
        .find_map(|factor| {
            factor
                .pointer("/_embedded/challenge/correctAnswer")?
                .as_i64()
        })
}

/// A code if one was given and something takes it, else a push.
fn choose(factors: Option<&Value>, ask: &Ask) -> Result<Factor, Refused> {
    let factors = factors.and_then(Value::as_array);
    let mut totp = None;
    let mut push = None;
    for factor in factors.into_iter().flatten() {
        let text = |name: &str| factor.get(name).and_then(Value::as_str).unwrap_or_default();
        let (provider, id) = (text("provider"), text("id"));
        let is_wanted = match ask.provider.as_deref() {
            Some(wanted) => wanted == provider,
            None => ["OKTA", "GOOGLE"].contains(&provider),
        };
        // Some are enrolled, but not in use.
        let is_active = ["", "ACTIVE"].contains(&text("status"));
        let is_id = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if !is_wanted || !is_active || id.is_empty() || !id.chars().all(is_id) {
            continue;
        }
        match text("factorType") {
            "token:software:totp" if totp.is_none() => totp = Some(id.to_owned()),
            "push" if provider == "OKTA" && push.is_none() => push = Some(id.to_owned()),
            _ => {}
        }
    }
    let has_code = ask.totp.as_deref().is_some_and(|code| !code.is_empty());
    match (totp, push) {
        (Some(totp), _) if has_code => Ok(Factor::Totp(totp)),
        (_, Some(push)) => Ok(Factor::Push(push)),
        (Some(_), None) => Err(Refused::bad(
            "'totp' passcode parameter is required to perform MFA",
        )),
        (None, None) => Err(Refused::bad(
            "Okta Verify Push or TOTP or Google TOTP factor is required in order to perform MFA",
        )),
    }
}

/// What Vault says of whatever else goes wrong.
pub(super) const FAILED: &str = "okta authentication failed";

/// Between two questions after a push.
const BETWEEN: Duration = Duration::from_secs(1);

/// So many of them in a row may be lost.
const BLIPS: u32 = 3;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn chosen(
        factors: &Value,
        totp: Option<&str>,
        provider: Option<&str>,
    ) -> Result<Factor, String> {
        let ask = Ask {
            name: "ada".to_owned(),
            password: Secret::new("canary"),
            totp: totp.map(str::to_owned),
            nonce: None,
            provider: provider.map(str::to_owned),
            peer: None,
        };
        choose(Some(factors), &ask).map_err(|refused| match refused {
            Refused::Bad(words) => words,
            other @ (Refused::Nowhere
            | Refused::Denied(_)
            | Refused::Later(_)
            | Refused::Failed(_)
            | Refused::Session(_)) => format!("{other:?}"),
        })
    }

    #[test]
    fn code_goes_before_push_and_only_active_factors_count() {
        let factors = json!([
            { "id": "p0", "provider": "OKTA", "factorType": "push", "status": "INACTIVE" },
            { "id": "p1", "provider": "OKTA", "factorType": "push", "status": "ACTIVE" },
            { "id": "p2", "provider": "OKTA", "factorType": "push" },
            { "id": "t1", "provider": "OKTA", "factorType": "token:software:totp" },
            { "id": "t2", "provider": "GOOGLE", "factorType": "token:software:totp" },
            { "id": "s", "provider": "OKTA", "factorType": "sms" },
            { "id": "d", "provider": "DUO", "factorType": "push" },
        ]);

        let push = Ok(Factor::Push("p1".to_owned()));
        assert_eq!(chosen(&factors, None, None), push);
        assert_eq!(chosen(&factors, Some(""), None), push);
        let code = |id: &str| Ok(Factor::Totp(id.to_owned()));
        assert_eq!(chosen(&factors, Some("1"), None), code("t1"));
        assert_eq!(chosen(&factors, Some("1"), Some("GOOGLE")), code("t2"));
        let missing = chosen(&factors, None, Some("GOOGLE")).unwrap_err();
        assert!(missing.starts_with("'totp' passcode"), "{missing}");
    }

    #[test]
    fn without_a_factor_that_is_known_nothing_is_chosen() {
        for factors in [
            json!([]),
            json!({}),
            json!(null),
            json!([{ "id": "../x", "provider": "OKTA", "factorType": "push" }]),
            json!([{ "id": "s", "provider": "OKTA", "factorType": "sms" }]),
        ] {
            let none = chosen(&factors, Some("1"), None).unwrap_err();
            assert!(none.starts_with("Okta Verify Push"), "{none}");
        }
    }

    #[test]
    fn number_is_found_in_the_real_and_in_the_documented_place() {
        let challenge = json!({ "_embedded": { "challenge": { "correctAnswer": 42 } } });

        assert_eq!(
            number(&json!({ "_embedded": { "factor": challenge } })),
            Some(42)
        );
        assert_eq!(
            number(&json!({ "_embedded": { "factors": challenge } })),
            Some(42)
        );
        assert_eq!(number(&json!({ "_embedded": {} })), None);
        assert_eq!(number(&json!({})), None);
    }
}
