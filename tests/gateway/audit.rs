//! What acts outside is on record before it does; in real time, for the disk knows no other.

use std::fs;
use std::path::Path;
use std::time::Duration;

use opagate::emulator::{Effect, Fault};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::support::{Gateway, Setup, delete, get, put};

const ITEM: &str = "/v1/teams/demo/groups/owners";

fn start(file: &Path) -> Gateway {
    Setup::new()
        .set("audit.file", file.to_str().unwrap())
        .start()
}

/// The records in the file, each with its kind.
fn records(file: &Path) -> Vec<(String, Value)> {
    let text = fs::read_to_string(file).unwrap();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let lines = lines.map(|line| (line["kind"].as_str().unwrap().to_owned(), line));
    lines.collect()
}

#[tokio::test]
async fn intent_is_on_disk_before_the_upstream_sees_the_write() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.jsonl");
    let gateway = start(&file);
    let delay = Effect::Delay(Duration::from_millis(300));
    gateway.emulator.fault(Fault::new(delay).at(ITEM));
    let writer = gateway.writer();

    let writing =
        tokio::spawn(async move { writer.send(put(ITEM, &json!({ "roles": [] }))).await });
    while gateway.emulator.calls_to(ITEM) == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    let before = records(&file);
    let applied = gateway.emulator.counters().writes;
    let reply = writing.await.unwrap();

    assert_eq!(applied, 0);
    let (kind, intent) = &before[0];
    assert_eq!((before.len(), &**kind), (1, "intent"));
    assert_eq!(intent["request_id"], reply.header("x-request-id"));
    assert_eq!(intent["caller"], "writer");
    assert_eq!(intent["operation"], "groups.update");
    assert_eq!(intent["rule"], "access=write:*");
    gateway.finish().await;
    let after = records(&file);
    assert_eq!((after.len(), &*after[1].0), (2, "outcome"));
    assert_eq!(after[1].1["request_id"], intent["request_id"]);
    assert_eq!(after[1].1["status"], 204);
}

#[tokio::test]
async fn refused_write_and_read_secret_are_on_record_and_plain_reads_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.jsonl");
    let gateway = start(&file);

    gateway.reader().send(delete(ITEM)).await;
    gateway.reader().get(ITEM).await;
    gateway
        .writer()
        .get("/v1/teams/demo/gateway_setup_tokens/x/token")
        .await;
    gateway.finish().await;

    let records = records(&file);
    let told: Vec<_> = records
        .iter()
        .map(|(kind, line)| (&**kind, line["outcome"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(
        told,
        [
            ("outcome", "denied"),
            ("intent", ""),
            ("outcome", "forwarded")
        ]
    );
    let text = fs::read_to_string(&file).unwrap();
    assert!(!crate::support::is_secret(&text));
}

#[tokio::test]
async fn write_that_cannot_be_recorded_is_not_done_and_reads_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = start(folder.path());
    let writer = gateway.writer();

    let written = writer.send(put(ITEM, &json!({ "roles": [] }))).await;
    let secret = writer
        .get("/v1/teams/demo/gateway_setup_tokens/x/token")
        .await;
    let read = writer.send(get(ITEM)).await;

    assert_eq!(written.error(), (503, "audit_unavailable".to_owned()));
    assert_eq!(secret.error(), (503, "audit_unavailable".to_owned()));
    assert_eq!(read.status, 200);
    assert_eq!(gateway.emulator.counters().calls, 1);
    assert!(!gateway.parts.journal.is_healthy());
    gateway.finish().await;
}
