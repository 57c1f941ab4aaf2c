//! The log of the real process: nothing is lost when it ends.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

const CONFIGURATION: &str = r#"
[[listener]]
name = "main"
listen = "127.0.0.1:0"
identity = "trusted"
caller = "neighbour"

[[caller]]
name = "neighbour"

[admin]
listen = "127.0.0.1:0"

[[team]]
name = "demo"
url = "http://127.0.0.1:1"

[[team.principal]]
name = "gateway"

[[team.principal.key]]
id = "00000000-0000-4000-8000-000000000001"
secret = "made-up"
"#;

/// Ends with the test, however that ends.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The next line that tells `event`.
fn next(lines: &mut impl Iterator<Item = Value>, event: &str) -> Value {
    lines.find(|line| line["event"] == event).expect(event)
}

#[test]
fn line_of_each_request_is_written_although_the_process_is_ended_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("opagate.toml");
    fs::write(&file, CONFIGURATION).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_opagate"))
        .args(["serve", "--config"])
        .arg(&file)
        .stderr(Stdio::piped())
        .spawn();
    let mut process = Process(child.unwrap());
    let stderr = BufReader::new(process.0.stderr.take().unwrap());
    let mut lines = stderr
        .lines()
        .map(|line| serde_json::from_str::<Value>(&line.unwrap()).expect("a whole line"));
    let address = next(&mut lines, "listen")["address"].clone();
    next(&mut lines, "ready");

    let mut stream = TcpStream::connect(address.as_str().unwrap()).unwrap();
    let ask = |id: usize, connection: &str| {
        format!(
            "GET /v1/teams/other/groups HTTP/1.1\r\nHost: localhost\r\n\
             X-Request-Id: request-{id}\r\nConnection: {connection}\r\n\r\n"
        )
    };
    let mut requests: String = (0..99).map(|id| ask(id, "keep-alive")).collect();
    requests.push_str(&ask(99, "close"));
    stream.write_all(requests.as_bytes()).unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    let id = process.0.id().to_string();
    assert!(Command::new("kill").arg(id).status().unwrap().success());

    let told = lines.filter(|line| line["event"] == "request");
    let told: Vec<String> = told
        .map(|line| line["request.id"].as_str().unwrap().to_owned())
        .collect();
    let asked: Vec<String> = (0..100).map(|id| format!("request-{id}")).collect();
    assert_eq!(told, asked);
    assert!(process.0.wait().unwrap().success());
}
