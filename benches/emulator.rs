//! The emulator alone: what a small read costs in process and over HTTP, and what a large team costs.
//!
//! `cargo bench --bench emulator` prints it all in about 20 seconds. Over HTTP the server is a process
//! of its own with one thread, on core 0 if there is `taskset`; the client is here.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::join_all;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http_body_util::BodyExt;
use opagate::emulator::{self, Emulator, Wire};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const CONNECTIONS: u32 = 32;
const TARGET: &str = "/v1/teams/demo/service_users/svc-0007";
const IN_PROCESS: u32 = 200_000;
const LARGE: usize = 100_000;
const TIME: Duration = Duration::from_secs(5);

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["serve"] => serve(),
        ["seed"] => seed(),
        // `cargo bench` says `--bench`; `cargo test --benches` and criterion's test mode do not.
        _ if arguments.contains(&"--bench") && !arguments.contains(&"--test") => all(),
        _ => {}
    }
}

fn all() {
    let (emulator, token) = emulator();
    let alone = in_process(&emulator, &token, 1);
    say(&format!("in process, 1 thread: {alone:.0} a second"));
    let together = in_process(&emulator, &token, 2);
    say(&format!("in process, 2 threads: {together:.0} a second"));
    let seeding = itself("seed", &[]).wait().expect("an end");
    assert!(seeding.success(), "no large team");
    over_http();
}

/// Requests a second by `threads` threads that share a world.
fn in_process(emulator: &Emulator, token: &str, threads: u32) -> f64 {
    let started = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for _ in 0..IN_PROCESS {
                    let request = http::Request::get(TARGET)
                        .header(HOST, "opa.test")
                        .header(AUTHORIZATION, format!("Bearer {token}"));
                    let request = request.body(Bytes::new()).expect("a request");
                    let response = emulator.handle(request).now_or_never();
                    assert!(response.expect("no wait").status().is_success(), "refused");
                }
            });
        }
    });
    f64::from(IN_PROCESS * threads) / started.elapsed().as_secs_f64()
}

/// Makes a large team, and says how long that took and how much memory this process had at most.
fn seed() {
    let started = Instant::now();
    let emulator = Emulator::new(emulator::Config {
        service_users: LARGE,
        ..emulator::Config::default()
    });
    let took = started.elapsed().as_secs_f64();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM"));
    let peak = peak.unwrap_or("VmHWM: unknown");
    say(&format!("{LARGE} service users: {took:.2} s, {peak}"));
    drop(emulator);
}

/// Says where it is and what to show there, and serves until it is killed.
fn serve() {
    let (emulator, token) = emulator();
    runtime().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        say(&format!("{address} {token}"));
        let serving = Wire::default().serve(emulator, listener, CancellationToken::new());
        serving.await.expect("a listener that lasts");
    });
}

/// The same read again and again on each connection, for some seconds.
fn over_http() {
    let mut server = itself("serve", &["taskset", "-c", "0"]);
    let mut line = String::new();
    let out = server.stdout.take().expect("its output");
    let read = BufReader::new(out).read_line(&mut line);
    read.expect("a line");
    let (address, token) = line.trim().split_once(' ').expect("address and token");
    let address = address.parse().expect("an address");
    let request = format!(
        "GET {TARGET} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n"
    );

    let before = cpu(&server);
    let started = Instant::now();
    let asking = (0..CONNECTIONS).map(|_| ask(address, request.as_bytes(), started + TIME));
    let mut times: Vec<Duration> = runtime().block_on(join_all(asking)).concat();
    let took = started.elapsed();
    let cpu = cpu(&server) - before;
    server.kill().expect("it ran");
    server.wait().expect("an end");

    times.sort_unstable();
    let count = u32::try_from(times.len()).expect("fewer");
    let at = |percent: usize| times.get(times.len() * percent / 100).copied();
    say(&format!(
        "over HTTP/1.1, {CONNECTIONS} connections, one core: {:.0} a second, p50 {:?}, p99 {:?}, \
         {:?} of CPU time each ({:.0} a second of CPU)",
        f64::from(count) / took.as_secs_f64(),
        at(50).unwrap_or_default(),
        at(99).unwrap_or_default(),
        cpu / count,
        f64::from(count) / cpu.as_secs_f64(),
    ));
}

async fn ask(address: SocketAddr, request: &[u8], end: Instant) -> Vec<Duration> {
    let mut socket = TcpStream::connect(address).await.expect("a connection");
    socket.set_nodelay(true).expect("a socket");
    let mut answer = vec![0; 4096];
    let mut times = Vec::new();
    loop {
        let started = Instant::now();
        if started > end {
            return times;
        }
        socket.write_all(request).await.expect("it is read");
        let mut read = 0;
        while answer.get(..read).and_then(<[u8]>::last) != Some(&b'}') {
            let rest = answer.get_mut(read..).expect("a short answer");
            let more = socket.read(rest).await.expect("an answer");
            assert!(more > 0, "the connection ended");
            read += more;
        }
        assert!(answer.starts_with(b"HTTP/1.1 200 "), "refused");
        times.push(started.elapsed());
    }
}

/// This program with another task, behind `prefix` if there is such a program.
fn itself(mode: &str, prefix: &[&str]) -> Child {
    let program = env::current_exe().expect("a path");
    if let [first, rest @ ..] = prefix {
        let mut command = Command::new(first);
        let command = command.args(rest).arg(&program).arg(mode);
        if let Ok(child) = command.stdout(Stdio::piped()).spawn() {
            return child;
        }
    }
    let mut command = Command::new(&program);
    if !prefix.is_empty() {
        command.stdout(Stdio::piped());
    }
    command.arg(mode).spawn().expect("a process")
}

/// The time that a process of one thread had a core.
fn cpu(process: &Child) -> Duration {
    let text = fs::read_to_string(format!("/proc/{}/schedstat", process.id()));
    let text = text.unwrap_or_default();
    let nanos = text.split(' ').next().and_then(|n| n.parse().ok());
    Duration::from_nanos(nanos.unwrap_or_default())
}

/// A team without a limit that could be felt, and a token.
fn emulator() -> (Emulator, String) {
    let emulator = Emulator::new(emulator::Config {
        burst: u32::MAX,
        refill_per_second: 1e9,
        ..emulator::Config::default()
    });
    let (id, secret) = emulator.key();
    let body = format!(r#"{{"key_id":"{id}","key_secret":"{secret}"}}"#);
    let request = http::Request::post("/v1/teams/demo/service_token")
        .header(CONTENT_TYPE, "application/json")
        .body(Bytes::from(body));
    let token = runtime().block_on(async {
        let response = emulator.handle(request.expect("a request")).await;
        let body = response.into_body().collect().await.expect("a body");
        let body: serde_json::Value = serde_json::from_slice(&body.to_bytes()).expect("an object");
        let token = body.get("bearer_token").and_then(|token| token.as_str());
        token.expect("a token").to_owned()
    });
    (emulator, token)
}

fn runtime() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}

#[expect(clippy::print_stdout, reason = "the result")]
fn say(line: &str) {
    println!("{line}");
}
