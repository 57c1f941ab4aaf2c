//! What `docs/emulator.md` says, held against the types.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::emulator::answer::TABLE;
use crate::emulator::{Behaviour, Effect, Fault};

const DOCUMENT: &str = include_str!("../../../docs/emulator.md");

/// All JSON of the document: whole blocks, and what stands between backticks in tables.
fn examples() -> Vec<Value> {
    let blocks = DOCUMENT.split("```json\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap());
    let rows = DOCUMENT.lines().filter(|line| line.starts_with('|'));
    let cells = rows.flat_map(|row| row.split('`').skip(1).step_by(2));
    let cells = cells.filter(|cell| cell.starts_with('{'));
    let texts = blocks.chain(cells);
    texts
        .map(|text| serde_json::from_str(text).unwrap_or_else(|e| panic!("{text}: {e}")))
        .collect()
}

fn faults() -> Vec<Fault> {
    let examples = examples().into_iter();
    let examples = examples.flat_map(|example| match example.as_array() {
        Some(list) => list.clone(),
        None => vec![example],
    });
    let faults = examples.filter(|example| example.get("effect").is_some());
    faults
        .map(|fault| {
            serde_json::from_value(fault.clone()).unwrap_or_else(|e| panic!("{fault}: {e}"))
        })
        .collect()
}

/// The names of all effects, as the library lists them to whoever names another.
fn effects() -> BTreeSet<String> {
    let error = serde_json::from_str::<Effect>("\"?\"").unwrap_err();
    let names = error.to_string();
    let names = names.split_once("expected one of").unwrap().1.to_owned();
    names
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_effect_is_documented_with_its_json() {
    let documented = faults().into_iter().map(|fault| {
        let effect = json!(fault.effect);
        let name = effect.as_str().map(str::to_owned);
        name.unwrap_or_else(|| effect.as_object().unwrap().keys().next().unwrap().clone())
    });

    let documented: BTreeSet<_> = documented.collect();

    assert!(documented.len() > 20);
    assert_eq!(documented, effects());
}

#[test]
fn every_error_is_documented_with_its_json() {
    let documented = faults().into_iter().filter_map(|fault| {
        let error = json!(fault.effect).get("status")?.clone();
        Some((
            error["status"].as_u64()?,
            error["type"].as_str()?.to_owned(),
        ))
    });

    let documented: BTreeSet<_> = documented.collect();

    for (status, code) in TABLE {
        assert!(
            documented.contains(&(u64::from(status), code.to_owned())),
            "{code}"
        );
    }
}

#[test]
fn every_behaviour_is_documented_and_every_example_is_one() {
    let others = examples().into_iter().filter(|example| {
        example.is_object()
            && example.get("effect").is_none()
            && example.get("revoke_tokens").is_none()
    });
    let mut fields = BTreeSet::new();
    for change in others {
        Behaviour::default().changed(&change).unwrap();
        fields.extend(change.as_object().unwrap().keys().cloned());
    }

    let all = json!(Behaviour::default());

    let all: BTreeSet<_> = all.as_object().unwrap().keys().cloned().collect();
    assert_eq!(fields, all);
}

#[tokio::test]
async fn every_order_is_documented_and_listed() {
    let client = Client::new(small()).await;
    let request = client.request(Method::GET, "/_emulator", None);

    let help = client.emulator.handle(request).await;
    let help = help.into_body().collect().await;
    let help = String::from_utf8(help.unwrap().to_bytes().to_vec()).unwrap();

    let orders = help.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (method, path) = (words.next()?, words.next()?);
        path.starts_with("/_emulator/")
            .then(|| format!("| `{method} {path}` |"))
    });
    let orders: Vec<_> = orders.collect();
    assert!(orders.len() > 8);
    for row in orders {
        assert!(DOCUMENT.contains(&row), "{row}");
    }
}
