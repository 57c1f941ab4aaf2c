//! Makes a root token, for whoever sets up logins and policies.
//!
//! The gateway knows its hash only, from the configuration; the token is shown this once.

use std::io::{self, Write};

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::cli::End;
use crate::cli::arguments::Init;
use crate::sessions::new_token;

/// Prints a new token, and the line of the configuration that lets it in.
pub(super) fn init(init: &Init, out: &mut dyn Write) -> io::Result<End> {
    let token = new_token();
    let hash = hex::encode(Sha256::digest(token.expose()));
    if init.json {
        let both = json!({ "root_token": token.expose(), "root_token_sha256": hash });
        writeln!(out, "{both}")?;
        return Ok(End::Done);
    }
    writeln!(out, "{}", token.expose())?;
    writeln!(out)?;
    writeln!(
        out,
        "This is a token that may do everything, shown this once. To let it in, put"
    )?;
    writeln!(
        out,
        "its hash into the configuration, beside `[store]`, and start the gateway:"
    )?;
    writeln!(out)?;
    writeln!(out, "[sessions]")?;
    writeln!(out, "root_token_sha256 = \"{hash}\"")?;
    writeln!(out)?;
    writeln!(
        out,
        "When policies and logins are set up, revoke it: `vault token revoke -self`."
    )?;
    Ok(End::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_is_the_tokens_and_each_token_is_another() {
        let mut shown = Vec::new();
        for _ in 0..2 {
            let mut out = Vec::new();
            init(&Init { json: true }, &mut out).unwrap();
            let said: serde_json::Value = serde_json::from_slice(&out).unwrap();
            let token = said["root_token"].as_str().unwrap().to_owned();
            let hash = hex::encode(Sha256::digest(&token));
            assert_eq!(said["root_token_sha256"], hash);
            shown.push(token);
        }

        assert!(shown[0].starts_with("hvs.") && shown[0] != shown[1]);
    }
}
