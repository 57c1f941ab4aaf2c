//! `/_emulator`: faults, log and counters over HTTP, for those who do not run in the same process.
//!
//! Nobody is asked for credentials here: the emulator guards nothing.

use http::{Method, StatusCode};
use serde_json::Value;

use super::Emulator;
use super::answer::{Answer, Code, Problem};
use super::ask::Ask;
use super::fault::Fault;
use super::openapi::document;

/// Answers a request whose path begins with `/_emulator`.
pub(super) fn control(emulator: &Emulator, ask: &Ask) -> Answer {
    let parts = ask.parts();
    let result = match (parts.get(1..).unwrap_or_default(), &ask.method) {
        (["faults"], &Method::GET) => {
            let world = emulator.shared.world.lock();
            Ok(Answer::json(StatusCode::OK, &world.faults.list()))
        }
        (["faults"], &Method::POST) => order(emulator, ask),
        (["faults"], &Method::DELETE) => {
            emulator.clear_faults();
            Ok(Answer::no_content())
        }
        (["reset"], &Method::POST) => {
            emulator.reset();
            Ok(Answer::no_content())
        }
        (["openapi.json"], &Method::GET) => {
            let world = emulator.shared.world.lock();
            let document = document(&world.store, &ask.origin());
            Ok(Answer::json(StatusCode::OK, &document))
        }
        (["log"], &Method::GET) => Ok(Answer::json(StatusCode::OK, &emulator.log())),
        (["counters"], &Method::GET) => Ok(Answer::json(StatusCode::OK, &emulator.counters())),
        _ => Err(Problem::missing()),
    };
    result.unwrap_or_else(Answer::from)
}

/// Takes one fault, several in a list, or the order to revoke all tokens.
fn order(emulator: &Emulator, ask: &Ask) -> Result<Answer, Problem> {
    let body: Value = serde_json::from_slice(ask.body()).map_err(invalid)?;
    if let Some(revoke) = body.get("revoke_tokens") {
        if *revoke == Value::Bool(true) {
            emulator.revoke_tokens();
        }
        return Ok(Answer::no_content());
    }
    let faults: Vec<Fault> = if body.is_array() {
        serde_json::from_value(body).map_err(invalid)?
    } else {
        vec![serde_json::from_value(body).map_err(invalid)?]
    };
    for fault in faults {
        emulator.fault(fault);
    }
    Ok(Answer::no_content())
}

#[expect(clippy::needless_pass_by_value, reason = "taken by `map_err`")]
fn invalid(error: serde_json::Error) -> Problem {
    Problem::new(Code::InvalidRequest, error.to_string())
}
