//! What tokens, keys and accessors are made of.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};

use crate::secret::Secret;

/// What tokens start with: Vault's, which clients and scanners for secrets know.
pub const PREFIX: &str = "hvs.";

/// A new token.
pub fn new_token() -> Secret {
    Secret::new(format!("{PREFIX}{}", random(TOKEN)))
}

/// So many random letters and digits.
///
/// # Panics
///
/// If the system has no randomness, without which no secret is one.
pub fn random(length: usize) -> String {
    let source = SystemRandom::new();
    let mut text = String::with_capacity(length);
    let mut bytes = [0; 64];
    while text.len() < length {
        source.fill(&mut bytes).expect("the system has randomness");
        // What is left over of a whole number of alphabets would make some letters likelier.
        let fair = bytes.iter().filter(|byte| usize::from(**byte) < FAIR);
        let letters = fair.filter_map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()));
        let missing = length - text.len();
        text.extend(letters.take(missing).map(|letter| char::from(*letter)));
    }
    text
}

const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const FAIR: usize = 256 - 256 % LETTERS.len();
/// Over 190 bits.
const TOKEN: usize = 32;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn tokens_are_long_plain_and_never_the_same() {
        let tokens: HashSet<String> = (0..1000).map(|_| new_token().expose().to_owned()).collect();

        assert_eq!(tokens.len(), 1000);
        for token in tokens {
            let random = token.strip_prefix(PREFIX).unwrap();
            assert_eq!(random.len(), TOKEN);
            assert!(random.bytes().all(|b| b.is_ascii_alphanumeric()));
        }
    }
}
