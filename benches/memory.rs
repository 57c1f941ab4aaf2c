//! What the cache counts as held beside what the process takes: fills it with answers of one size or
//! of several until it makes room, each time in a process of its own.
//!
//! The answers come through the whole gateway, with the headers of the emulator's. Fails where the two
//! are more than 15 % apart. Linux only.

use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::{env, fs};

use bytes::Bytes;
use http::HeaderName;
use http::header::CONTENT_LENGTH;
use http_body_util::{BodyExt, Full};
use mimalloc::MiMalloc;
use opagate::app::Parts;
use opagate::auth::{Connection, Door};
use opagate::emulator::{self, Emulator};
use opagate::exchange::{Body, BoxError};
use opagate::front::Conversation;
use opagate::upstream::Transport;
use opagate::{config, stack};
use sha2::{Digest, Sha256};
use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;
use tower::service_fn;
use tower::util::BoxCloneSyncService;

/// The gateway's: it decides what an allocation takes.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Sizes of bodies in bytes, each with how often it comes.
type Sizes = &'static [(usize, usize)];

/// A name, sizes, and how many headers there are besides the emulator's.
const FILLS: [(&str, Sizes, usize); 6] = [
    ("300 B", &[(300, 1)], 0),
    ("300 B, 10 headers more", &[(300, 1)], 10),
    ("2 KB", &[(2_000, 1)], 0),
    ("10 KB", &[(10_000, 1)], 0),
    ("1 MB", &[(1_000_000, 1)], 0),
    ("mixed", &[(300, 90), (10_000, 9), (1_000_000, 1)], 0),
];
const CAPACITY: u64 = 128 << 20;
/// Of what the process takes more than before, the cache counts at least so much, and at most.
const APART: f64 = 0.15;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().collect();
    if let Some(fill) = arguments.iter().skip_while(|word| *word != "fill").nth(1) {
        let (name, sizes, headers) = FILLS[fill.parse::<usize>().expect("a number")];
        let runtime = Builder::new_current_thread().enable_all().build();
        return runtime
            .expect("a runtime")
            .block_on(run(name, sizes, headers));
    }
    // `cargo bench` says `--bench`; `cargo test --benches` does not.
    if !arguments.iter().any(|word| word == "--bench") {
        return ExitCode::SUCCESS;
    }
    let program = env::current_exe().expect("this program");
    let fills = (0..FILLS.len()).map(|fill| {
        let child = Command::new(&program)
            .args(["fill", &fill.to_string()])
            .status();
        child.expect("it runs").success()
    });
    if fills.filter(|is_well| !is_well).count() == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[expect(clippy::print_stdout, reason = "the result")]
async fn run(name: &str, sizes: Sizes, headers: usize) -> ExitCode {
    let emulator = Emulator::new(emulator::Config {
        burst: 1_000_000,
        refill_per_second: 1_000_000.0,
        ..emulator::Config::default()
    });
    let text = configuration(&emulator);
    let config = config::load(&text, "bench", []).expect("valid").config;
    let (parts, _writer) =
        Parts::over(config, vec![transport(&emulator, headers)]).expect("no store");
    tokio::spawn(parts.clone().run(CancellationToken::new()));
    let front = stack::build(&parts, Handle::current());
    let connection = Connection::new(Door::Required, parts.accounts.clone());
    let conversation = Arc::new(Conversation::new(connection));
    let ask = async |target: &str| {
        let request = http::Request::get(target)
            .header("host", "127.0.0.1:8080")
            .header("authorization", format!("Bearer {TOKEN}"))
            .body(Body::empty());
        let answer = front
            .serve(&conversation, request.expect("a request"))
            .await;
        let (head, body) = answer.expect("infallible").into_parts();
        assert!(head.status.is_success(), "{head:?}");
        body.collect().await.expect("a whole body");
    };
    ask(&target(0, sizes)).await;
    let (held_before, before) = (parts.store.size().0, resident());
    let mut number = 0;
    let mut held = held_before;
    while held < CAPACITY / 100 * 98 {
        for _ in 0..10 {
            number += 1;
            ask(&target(number, sizes)).await;
        }
        let now = parts.store.size().0;
        if now == held {
            break;
        }
        held = now;
    }
    let (entries, taken) = (parts.store.size().1, resident() - before);
    let counted = held - held_before;
    let ratio = mebibytes(counted) / mebibytes(taken);
    println!(
        "{name}: {entries} answers, counted {:.1} MiB, taken {:.1} MiB, ratio {ratio:.3}",
        mebibytes(counted),
        mebibytes(taken)
    );
    if (ratio - 1.0).abs() <= APART {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The path of an item, and by its number how much is answered.
fn target(number: usize, sizes: Sizes) -> String {
    let all: usize = sizes.iter().map(|(_, often)| often).sum();
    let mut place = number % all;
    let size = sizes.iter().find(|(_, often)| {
        let is_here = place < *often;
        place = place.saturating_sub(*often);
        is_here
    });
    let (size, _) = size.expect("one of them");
    format!(
        "/v1/teams/demo/resource_groups/f9ab17b4-3e87-4be5-9be8-000000000000/projects/\
         0f4f1d2e-7a55-4f3b-8d39-000000000000/servers/{number:012}-{size}"
    )
}

/// What the emulator answers to a small read, with another body and more headers.
fn transport(emulator: &Emulator, headers: usize) -> Transport {
    let emulator = emulator.clone();
    BoxCloneSyncService::new(service_fn(move |request: http::Request<Full<Bytes>>| {
        let emulator = emulator.clone();
        async move {
            let (mut head, body) = request.into_parts();
            let body = body.collect().await.map_err(BoxError::from)?.to_bytes();
            let path = head.uri.path().to_owned();
            let Some((_, size)) = path.rsplit_once('-').filter(|_| path.contains("/servers/"))
            else {
                return emulator.call(http::Request::from_parts(head, body)).await;
            };
            head.uri = "https://opa.test/v1/teams/demo/current_user".parse()?;
            let answer = emulator.call(http::Request::from_parts(head, body)).await?;
            let (mut head, _) = answer.into_parts();
            head.headers.remove(CONTENT_LENGTH);
            for number in 0..headers {
                let name = HeaderName::try_from(format!("x-header-number-{number}"))?;
                let value = format!("the value of header {number}");
                head.headers.insert(name, value.try_into()?);
            }
            let filling = size.parse::<usize>()?.saturating_sub(12);
            let body = format!("{{\"name\":\"{}\"}}", "x".repeat(filling));
            Ok(http::Response::from_parts(
                head,
                Body::from(Bytes::from(body)),
            ))
        }
    }))
}

fn configuration(emulator: &Emulator) -> String {
    let (id, secret) = emulator.key();
    let hash = hex::encode(Sha256::digest(TOKEN));
    format!(
        "[[caller]]\nname = 'bench'\ntoken_sha256 = '{hash}'\n\
         [cache]\ncapacity_bytes = {CAPACITY}\n[cache.class.live]\nfresh_for = '1h'\n\
         [cache.class.directory]\nfresh_for = '1h'\n\
         [[team]]\nname = 'demo'\nurl = 'https://opa.test'\n\
         [[team.principal]]\nname = 'gateway'\n\
         [[team.principal.key]]\nid = '{id}'\nsecret = '{secret}'\n"
    )
}

/// What the process takes of memory now.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    kib.expect("a number").parse::<u64>().expect("a number") * 1024
}

fn mebibytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes >> 10).expect("few")) / 1024.0
}

const TOKEN: &str = "bench-token-0123456789abcdef0100";
