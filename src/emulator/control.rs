//! `/_emulator`: faults, behaviour, log and counters over HTTP.
//!
//! For those who do not run in the same process. Nobody is asked for credentials here: the emulator
//! guards nothing.

use std::fmt::Write;

use http::StatusCode;
use http::header::ALLOW;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Emulator;
use super::answer::{Answer, Code, Problem};
use super::ask::{Ask, canonical, matches_path};
use super::fault::{Fault, MOST};
use super::ledger::Seen;
use super::okta::Verdict;
use super::openapi::document;

/// Answers a request whose path begins with `/_emulator`.
pub(super) fn control(emulator: &Emulator, ask: &Ask) -> Answer {
    let parts = ask.parts();
    let name = match parts.get(1..).unwrap_or_default() {
        [] => "",
        [name] => name,
        [..] => return Problem::missing().into(),
    };
    let method = ask.method.as_str();
    let here = || ORDERS.iter().filter(|order| order.name == name);
    let Some(order) = here().find(|order| order.method == method) else {
        let methods: Vec<_> = here().map(|order| order.method).collect();
        return refuse(&methods);
    };
    (order.carry_out)(emulator, ask).unwrap_or_else(Answer::from)
}

fn refuse(methods: &[&str]) -> Answer {
    if methods.is_empty() {
        return Problem::missing().into();
    }
    let methods = methods.join(", ");
    let message = format!("The path has {methods} only");
    let mut answer = Answer::from(Problem::new(Code::MethodNotAllowed, message));
    answer.set(ALLOW, &methods);
    answer
}

/// One thing that can be ordered.
struct Order {
    method: &'static str,
    /// What follows `/_emulator/`.
    name: &'static str,
    help: &'static str,
    carry_out: fn(&Emulator, &Ask) -> Result<Answer, Problem>,
}

const ORDERS: [Order; 12] = [
    Order {
        method: "GET",
        name: "",
        help: "this text",
        carry_out: |_, _| Ok(help()),
    },
    Order {
        method: "GET",
        name: "faults",
        help: "the faults that are armed, and what each has done",
        carry_out: |emulator, _| {
            let world = emulator.shared.world.lock();
            Ok(Answer::json(StatusCode::OK, &world.faults.list()))
        },
    },
    Order {
        method: "POST",
        name: "faults",
        help: "arm a fault, or each in a list; {\"revoke_tokens\":true} ends all tokens",
        carry_out: arm,
    },
    Order {
        method: "DELETE",
        name: "faults",
        help: "let nothing go wrong any more",
        carry_out: |emulator, _| {
            emulator.clear_faults();
            Ok(Answer::no_content())
        },
    },
    Order {
        method: "GET",
        name: "behaviour",
        help: "how the emulator behaves where nobody knows what OPA does",
        carry_out: |emulator, _| Ok(Answer::json(StatusCode::OK, &emulator.behaviour())),
    },
    Order {
        method: "PUT",
        name: "behaviour",
        help: "change what the JSON object names; the rest stays",
        carry_out: behave,
    },
    Order {
        method: "GET",
        name: "openapi.json",
        help: "the API as OpenAPI 3.1, for clients and for generated tests",
        carry_out: |emulator, ask| {
            let world = emulator.shared.world.lock();
            let document = document(&world.store, &ask.origin());
            Ok(Answer::json(StatusCode::OK, &document))
        },
    },
    Order {
        method: "GET",
        name: "log",
        help: "the last requests; ?since=N for those after number N, ?path=P (or P*) for one path",
        carry_out: log,
    },
    Order {
        method: "GET",
        name: "counters",
        help: "how many requests there were, and of what kind",
        carry_out: |emulator, _| Ok(Answer::json(StatusCode::OK, &emulator.counters())),
    },
    Order {
        method: "GET",
        name: "okta_code",
        help: "the one-time code that ?login=L has now on Okta's side",
        carry_out: okta_code,
    },
    Order {
        method: "POST",
        name: "okta_push",
        help: "answer the pushes of {\"login\":L} that wait: {\"verdict\":\"approve\"}, or reject, expire, cancel",
        carry_out: okta_push,
    },
    Order {
        method: "POST",
        name: "reset",
        help: "make everything as it was at the start",
        carry_out: |emulator, _| {
            emulator.reset();
            Ok(Answer::no_content())
        },
    },
];

fn help() -> Answer {
    let mut text = "This plays Okta Privileged Access. It takes these orders:\n\n".to_owned();
    for order in &ORDERS {
        let path = ["/_emulator", order.name].join("/");
        let path = path.trim_end_matches('/');
        let _ = writeln!(text, "{:<7}{path:<26}{}", order.method, order.help);
    }
    text.push_str("\ndocs/emulator.md has every fault and behaviour with its JSON.\n");
    Answer::text(StatusCode::OK, "text/plain; charset=utf-8", text)
}

/// Takes one fault, several in a list, or the order to revoke all tokens.
fn arm(emulator: &Emulator, ask: &Ask) -> Result<Answer, Problem> {
    let body = body(ask)?;
    if let Some(revoke) = body.get("revoke_tokens") {
        if body != json!({ "revoke_tokens": true }) {
            let message = format!("revoke_tokens: {revoke}, or not alone; only true does anything");
            return Err(Problem::invalid(message));
        }
        emulator.revoke_tokens();
        return Ok(Answer::no_content());
    }
    let faults = if let Some(list) = body.as_array() {
        let faults = list.iter().enumerate();
        let faults = faults.map(|(at, one)| fault(one).map_err(|error| format!("[{at}].{error}")));
        faults.collect::<Result<_, _>>()
    } else {
        fault(&body).map(|fault| vec![fault])
    };
    let faults = faults.map_err(Problem::invalid)?;
    if !emulator.shared.world.lock().arm(faults) {
        let message = format!("More than {MOST} faults would be armed; DELETE them first");
        return Err(Problem::invalid(message));
    }
    Ok(Answer::no_content())
}

/// Reads a fault; an error begins with the field that is wrong.
fn fault(value: &Value) -> Result<Fault, String> {
    let error = match Fault::deserialize(value) {
        Ok(fault) => return Ok(fault),
        Err(error) => error,
    };
    // The library does not name the field, so each is tried with a fault that is right otherwise.
    let fields = value.as_object().into_iter().flatten();
    let mut wrong = fields.filter_map(|(name, value)| {
        let mut fault = json!({ "effect": "reset" });
        if let Some(fault) = fault.as_object_mut() {
            fault.insert(name.clone(), value.clone());
        }
        let error = serde_json::from_value::<Fault>(fault).err()?;
        Some(format!("{name}: {error}"))
    });
    Err(wrong.next().unwrap_or_else(|| error.to_string()))
}

fn okta_code(emulator: &Emulator, ask: &Ask) -> Result<Answer, Problem> {
    let login = ask.param("login");
    let login = login.ok_or_else(|| Problem::invalid("login: missing"))?;
    let code = emulator.okta_totp(&login).ok_or_else(Problem::missing)?;
    Ok(Answer::json(StatusCode::OK, &json!({ "code": code })))
}

fn okta_push(emulator: &Emulator, ask: &Ask) -> Result<Answer, Problem> {
    let body = body(ask)?;
    let login = body.get("login").and_then(Value::as_str);
    let login = login.ok_or_else(|| Problem::invalid("login: not a text"))?;
    let verdict = Verdict::deserialize(body.get("verdict").unwrap_or(&Value::Null));
    let verdict = verdict.map_err(|error| Problem::invalid(format!("verdict: {error}")))?;
    let answered = emulator.okta_answer_push(login, verdict);
    Ok(Answer::json(
        StatusCode::OK,
        &json!({ "answered": answered }),
    ))
}

fn behave(emulator: &Emulator, ask: &Ask) -> Result<Answer, Problem> {
    let change = body(ask)?;
    let mut world = emulator.shared.world.lock();
    let behaviour = world.behaviour.changed(&change).map_err(Problem::invalid)?;
    world.behave(behaviour);
    Ok(Answer::json(StatusCode::OK, &world.behaviour))
}

fn log(emulator: &Emulator, ask: &Ask) -> Result<Answer, Problem> {
    let since = ask.param("since").map(|since| since.parse()).transpose();
    let since = since.map_err(|_| Problem::invalid("since: not a number"))?;
    let wanted = ask.param("path");
    let world = emulator.shared.world.lock();
    let seen = world.ledger.since(since.unwrap_or_default());
    let seen = seen.filter(|seen| {
        let wanted = wanted.as_deref();
        wanted.is_none_or(|wanted| matches_path(&canonical(&seen.path), wanted))
    });
    Ok(Answer::json(StatusCode::OK, &seen.collect::<Vec<&Seen>>()))
}

fn body(ask: &Ask) -> Result<Value, Problem> {
    let body = serde_json::from_slice(ask.body());
    body.map_err(|error| Problem::invalid(format!("the body is not JSON: {error}")))
}
