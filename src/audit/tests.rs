use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::Value;

use super::*;
use crate::caller::{Caller, CallerKind, Grant, Principal, Priority, Weight};
use crate::operation::Operation;
use crate::testing;

fn start(path: &Path) -> (Journal, JoinHandle<()>) {
    let config = Config {
        file: Some(path.to_owned()),
        ..Config::default()
    };
    let (journal, writer) = Journal::new(&config, Metrics::default());
    (journal, thread::spawn(|| writer.run()))
}

fn stop(journal: &Journal, writer: JoinHandle<()>) {
    journal.close();
    writer.join().unwrap();
}

fn record() -> Record {
    let target = "/v1/teams/Demo/groups/%61dmins?secret=canary";
    let mut record = testing::record(Method::DELETE, target);
    let operation = Operation::parse(&Method::DELETE, &target.parse().unwrap());
    record.operation = operation.ok().map(Arc::new);
    let principal = Arc::new(Principal {
        index: 0,
        team_index: 0,
        team: "demo".into(),
        name: "tf".into(),
    });
    record.caller = Some(Arc::new(Caller {
        name: "ci".into(),
        index: 0,
        kind: CallerKind::Token,
        priority: Priority::Batch,
        weight: Weight::ONE,
        principals: vec![Arc::clone(&principal)],
        grant: Grant::default(),
    }));
    record.principal = Some(principal);
    record
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn verified(path: &Path) -> Result<u64, Broken> {
    verify(fs::read(path).unwrap().as_slice())
}

#[tokio::test]
async fn intent_is_on_disk_when_it_resolves() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit");
    let (journal, writer) = start(&path);

    journal.intent(&record()).await.unwrap();

    let line = lines(&path).pop().unwrap();
    assert_eq!(line["kind"], "intent");
    assert_eq!(line["request_id"], "request-1");
    assert_eq!(line["caller"], "ci");
    assert_eq!(line["caller_kind"], "token");
    assert_eq!(line["principal"], "demo/tf");
    assert_eq!(line["method"], "DELETE");
    assert_eq!(line["path"], "/v1/teams/demo/groups/admins");
    assert_eq!(line["operation"], "groups.delete");
    assert!(!line.to_string().contains("canary"));
    assert!(journal.is_healthy());
    stop(&journal, writer);
}

#[tokio::test]
async fn outcome_says_how_it_ended() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit");
    let (journal, writer) = start(&path);
    let mut refused = record();
    refused.status = Some(StatusCode::FORBIDDEN);
    refused.error = Some(Kind::Forbidden.into());

    journal.outcome(&refused);
    stop(&journal, writer);

    let line = lines(&path).pop().unwrap();
    assert_eq!(line["kind"], "outcome");
    assert_eq!(line["outcome"], "denied");
    assert_eq!(line["status"], 403);
    assert_eq!(line["error_type"], "forbidden_error");
}

#[tokio::test]
async fn chain_goes_on_across_restarts_and_shows_a_change() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit");
    for _ in 0..3 {
        let (journal, writer) = start(&path);
        for _ in 0..50 {
            journal.outcome(&record());
        }
        stop(&journal, writer);
    }
    assert_eq!(verified(&path).unwrap(), 150);

    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"ci\"", "\"ops\"", 1)).unwrap();

    let broken = verified(&path).unwrap_err();
    assert!(matches!(broken, Broken::Link { line: 2 }), "{broken}");
}

#[tokio::test]
async fn line_cut_by_a_crash_stays_and_is_chained() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit");
    let (journal, writer) = start(&path);
    journal.outcome(&record());
    stop(&journal, writer);
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str(r#"{"time":"2026-"#);
    fs::write(&path, &text).unwrap();

    let (journal, writer) = start(&path);
    journal.outcome(&record());
    stop(&journal, writer);

    assert_eq!(verified(&path).unwrap(), 3);
    assert!(fs::read_to_string(&path).unwrap().starts_with(&text));
}

#[tokio::test]
async fn full_disk_refuses_and_is_recovered_from() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit");
    symlink("/dev/full", &path).unwrap();
    let (journal, writer) = start(&path);

    let refused = journal.intent(&record()).await.unwrap_err();
    let was_healthy = journal.is_healthy();
    fs::remove_file(&path).unwrap();
    journal.intent(&record()).await.unwrap();

    assert_eq!(refused.kind(), Kind::AuditUnavailable);
    assert!(!was_healthy);
    assert!(journal.is_healthy());
    let lines = lines(&path);
    assert_eq!(lines[0]["kind"], "gap");
    assert_eq!(lines[0]["lost"], 1);
    assert_eq!(lines[1]["kind"], "intent");
    stop(&journal, writer);
}

#[tokio::test]
async fn unwritable_log_is_tried_again_without_traffic() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("missing").join("audit");
    let (journal, writer) = start(&path);
    journal.intent(&record()).await.unwrap_err();

    fs::create_dir(path.parent().unwrap()).unwrap();

    let healthy = async {
        while !journal.is_healthy() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), healthy)
        .await
        .unwrap();
    stop(&journal, writer);
}

#[tokio::test]
async fn file_that_was_moved_away_is_made_anew_and_continues_the_chain() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit");
    let (journal, writer) = start(&path);
    journal.intent(&record()).await.unwrap();
    let moved = dir.path().join("audit.1");

    fs::rename(&path, &moved).unwrap();
    journal.intent(&record()).await.unwrap();
    stop(&journal, writer);

    let both = [fs::read(&moved).unwrap(), fs::read(&path).unwrap()].concat();
    assert_eq!(lines(&path).len(), 1);
    assert_eq!(verify(both.as_slice()).unwrap(), 2);
}

#[tokio::test]
async fn full_queue_refuses_intents_and_counts_lost_outcomes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit");
    let config = Config {
        file: Some(path.clone()),
        queue: NonZeroUsize::MIN,
    };
    let (journal, writer) = Journal::new(&config, Metrics::default());

    journal.outcome(&record());
    journal.outcome(&record());
    let refused = journal.intent(&record()).await.unwrap_err();

    assert_eq!(refused.kind(), Kind::AuditUnavailable);
    assert_eq!(journal.waiting(), 1);
    journal.close();
    writer.run();
    assert_eq!(lines(&path)[0]["lost"], 1);
    assert_eq!(journal.waiting(), 0);
}

#[tokio::test]
async fn journal_that_is_off_refuses_nothing() {
    let (journal, writer) = Journal::new(&Config::default(), Metrics::default());
    writer.run();

    journal.outcome(&record());

    journal.intent(&record()).await.unwrap();
    assert!(journal.is_healthy());
}
