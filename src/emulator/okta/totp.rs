//! One-time codes: RFC 6238 with SHA-1, six digits, a new one every 30 seconds.

use aws_lc_rs::hmac;

use super::super::clock::Time;
use super::hidden::Hidden;

/// The code of `secret` for a step; `None` if the secret is not base32.
pub(super) fn code(secret: &Hidden, step: u64) -> Option<String> {
    let key = decode(secret.expose())?;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let at = usize::from(tag.as_ref().last()? & 0x0f);
    let word = tag.as_ref().get(at..at + 4)?.try_into().ok()?;
    let number = u32::from_be_bytes(word) & 0x7fff_ffff;
    Some(format!("{:06}", number % 1_000_000))
}

/// The step that `now` lies in.
pub(super) fn step(now: Time) -> u64 {
    now.seconds() / STEP_SECONDS
}

/// The step around `now` that `shown` is the code of: the one before, this one, or the next.
pub(super) fn step_of(secret: &Hidden, shown: &str, now: Time) -> Option<u64> {
    let this = step(now);
    let mut around = this.saturating_sub(1)..=this.saturating_add(1);
    around.find(|step| code(secret, *step).as_deref() == Some(shown))
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut held, mut bits) = (0_u32, 0);
    let letters = text.bytes().filter(|byte| !matches!(byte, b' ' | b'='));
    for letter in letters {
        let letter = letter.to_ascii_uppercase();
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        held = (held << 5) | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 0xff).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    (!bytes.is_empty()).then_some(bytes)
}

/// The digits of base32, RFC 4648.
pub(super) const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

const STEP_SECONDS: u64 = 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_rfc() {
        // `12345678901234567890`, the key of RFC 6238's appendix B.
        let secret = Hidden::new("gezd gnbv gy3t qojq GEZDGNBVGY3TQOJQ====");
        let at = |seconds| code(&secret, step(Time::from_seconds(seconds))).unwrap();

        assert_eq!(at(59), "287082");
        assert_eq!(at(1_111_111_109), "081804");
        assert_eq!(at(1_234_567_890), "005924");
        assert_eq!(at(2_000_000_000), "279037");
    }

    #[test]
    fn secret_that_is_not_base32_has_no_codes() {
        for secret in ["", "A", "AB1", "é", "===="] {
            assert_eq!(code(&Hidden::new(secret), 1), None, "{secret}");
        }
    }

    #[test]
    fn neighbours_of_a_step_are_known_and_no_others() {
        let secret = Hidden::new("GEZDGNBVGY3TQOJQ");
        let now = Time::from_seconds(3000);
        let known = |step| step_of(&secret, &code(&secret, step).unwrap(), now);

        assert_eq!(
            [98, 99, 100, 101, 102].map(known),
            [None, Some(99), Some(100), Some(101), None]
        );
    }
}
