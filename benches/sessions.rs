//! What a million sessions take: memory, the start, and who asks with a token that no connection
//! remembers.
//!
//! Each in a process of its own, over a store in a directory for the time of the run. Fails above
//! 500 MB or 5 s. `count N` makes another number of them. Linux only.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;
use std::{env, fs};

use futures_util::future::join_all;
use mimalloc::MiMalloc;
use opagate::policy::Book;
use opagate::secret::Secret;
use opagate::sessions::{Config, Epoch, New, Sessions, Terms};
use opagate::store::Store;
use tokio::runtime::Builder;
use tokio::time::Instant;

/// The gateway's: it decides what an allocation takes.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const COUNT: usize = 1_000_000;
/// As many as a login storm has at once.
const WAVE: usize = 4_000;
const LARGEST: f64 = 500e6;
const LONGEST: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().collect();
    let part = |word: &str| arguments.iter().skip_while(|a| *a != word).nth(1);
    let runtime = Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let count = part("count").and_then(|count| count.parse().ok());
    let count = count.unwrap_or(COUNT);
    if let Some(directory) = part("make") {
        runtime.block_on(make(Path::new(directory), count));
        return ExitCode::SUCCESS;
    }
    if let Some(directory) = part("load") {
        return runtime.block_on(async { load(Path::new(directory), count) });
    }
    // `cargo bench` says `--bench`; `cargo test --benches` does not.
    if !arguments.iter().any(|word| word == "--bench") {
        return ExitCode::SUCCESS;
    }
    let directory = tempfile::tempdir().expect("a directory");
    for part in ["make", "load"] {
        let own = env::current_exe().expect("this program");
        let path = directory.path();
        let counted = ["count".to_owned(), count.to_string()];
        let status = Command::new(own).arg(part).arg(path).args(counted).status();
        if !status.expect("started").success() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Logins of a million people, who share a hundred sets of policies.
async fn make(directory: &Path, count: usize) {
    let sessions = open(directory);
    let start = Instant::now();
    let mut tokens = Vec::new();
    for first in (0..count).step_by(WAVE) {
        let made = (first..first + WAVE).map(|number| sessions.create(login(number)));
        let made = join_all(made).await.into_iter();
        let made = made.map(|made| made.expect("room").token);
        if tokens.len() < 100_000 {
            tokens.extend(made);
        }
    }
    let took = start.elapsed();
    let rate = f64::from(u32::try_from(count).expect("a number")) / took.as_secs_f64();
    println!("made {count} in {took:.1?}: {rate:.0} a second, each on the disk");
    let start = Instant::now();
    for token in &tokens {
        assert!(sessions.caller(token.expose().as_bytes(), None).is_some());
    }
    let each = start.elapsed() / u32::try_from(tokens.len()).expect("a number");
    println!("who asks, with a token that no connection remembers: {each:?}");
}

fn load(directory: &Path, count: usize) -> ExitCode {
    let before = memory("VmRSS");
    let start = Instant::now();
    let sessions = open(directory);
    let took = start.elapsed();
    let (after, most) = (memory("VmRSS") - before, memory("VmHWM") - before);
    assert_eq!(sessions.len(), count);
    println!(
        "read {count} in {took:.2?}; they take {:.0} MB, {:.0} MB at most while they are read",
        after / 1e6,
        most / 1e6
    );
    if after > LARGEST || took > LONGEST {
        println!("more than {:.0} MB or {LONGEST:?}", LARGEST / 1e6);
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn open(directory: &Path) -> Sessions {
    let key = Secret::new("0123456789abcdef0123456789abcdef");
    let store = Store::open(&directory.join("store"), &key).expect("a store");
    let book = Book::new(&[], [], 0);
    let config = Config::default();
    let sessions = Sessions::load(config, &store, &book, &Epoch::default(), &[]);
    sessions.expect("sessions")
}

fn login(number: usize) -> New {
    let name = format!("person-{number}@example.com");
    let policies = vec![format!("team-{}", number % 100), "everybody".to_owned()];
    New {
        display_name: format!("okta-{name}"),
        path: format!("auth/okta/login/{name}"),
        metadata: Some(
            [
                ("policies".to_owned(), policies.join(",")),
                ("username".to_owned(), name),
            ]
            .into(),
        ),
        kept: Some("00u1a2b3c4d5e6f7g8h9".to_owned()),
        policies,
        terms: Terms {
            ttl: Duration::from_secs(3600),
            max_ttl: Duration::from_secs(7200),
            ..Terms::default()
        },
        renewable: true,
        ..New::default()
    }
}

/// A line of `/proc/self/status`, in bytes.
fn memory(name: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let words = line.expect("the line").split_whitespace();
    let kib = words.filter_map(|word| word.parse::<f64>().ok()).next();
    kib.expect("a number") * 1024.0
}
