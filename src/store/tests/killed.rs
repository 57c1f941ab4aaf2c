//! A process that writes, and is killed.
//!
//! The process is this test's own binary, which is told by a variable to be the writer.

use std::io::{BufRead, BufReader, Write};
use std::process::{self, Command, Stdio};

use futures_util::StreamExt;
use futures_util::stream;

use super::*;

/// What the writer is told: path, first number, how many.
const TOLD: &str = "OPAGATE_TEST_STORE_WRITER";
const WRITER: &str = "store::tests::killed::writer_says_what_it_has_written";

/// A writer at work.
pub(super) struct Child {
    process: process::Child,
    lines: BufReader<process::ChildStdout>,
}

/// A way to run a program that may write no file larger than this.
pub(super) fn limited(kilobytes: u32) -> Command {
    let mut command = Command::new("bash");
    let script = format!("trap '' XFSZ; ulimit -f {kilobytes}; exec \"$0\" \"$@\"");
    command.arg("-c").arg(script).arg(binary());
    command
}

fn binary() -> PathBuf {
    std::env::current_exe().unwrap()
}

impl Child {
    pub(super) fn start(mut command: Command, path: &Path, first: u64, many: u64) -> Self {
        let told = format!("{} {first} {many}", path.display());
        let mut process = command
            .args(["--exact", WRITER, "--nocapture", "--quiet"])
            .env(TOLD, told)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap());
        Self { process, lines }
    }

    /// Reads on until the end: which numbers were written, which refused.
    pub(super) fn until_end(&mut self) -> (Vec<u64>, Vec<u64>) {
        let (mut written, mut refused) = (Vec::new(), Vec::new());
        let mut line = String::new();
        while self.lines.read_line(&mut line).unwrap() > 0 {
            let number = |rest: &str| rest.trim().parse().unwrap();
            if let Some(rest) = line.strip_prefix("written ") {
                written.push(number(rest));
            } else if let Some(rest) = line.strip_prefix("refused ") {
                refused.push(number(rest));
            }
            line.clear();
        }
        self.process.wait().unwrap();
        (written, refused)
    }

    /// Kills it once `many` more lines were read, and reads what it had still said.
    fn kill_after(&mut self, many: usize) -> Vec<u64> {
        let mut read = String::new();
        for _ in 0..many {
            self.lines.read_line(&mut read).unwrap();
        }
        // SIGKILL: it cannot clean up.
        self.process.kill().unwrap();
        let (mut written, _) = self.until_end();
        let numbers = read
            .lines()
            .filter_map(|line| line.strip_prefix("written "));
        written.extend(numbers.map(|number| number.parse::<u64>().unwrap()));
        written
    }
}

/// Writes each number into two tables, sixty-four commits at once, and says what became of it.
async fn work(path: &Path, first: u64, many: u64) {
    let store = Store::open(path, &key()).unwrap();
    let commits = (first..first + many).map(|number| {
        let store = store.clone();
        async move {
            let name = format!("{number:08}");
            let value = "x".repeat(200);
            let changes = vec![
                put(Table::Sessions, &name, &value),
                put(Table::Users, &name, "twin"),
            ];
            let result = store.commit(changes).await;
            let word = if result.is_ok() { "written" } else { "refused" };
            let mut out = std::io::stdout().lock();
            writeln!(out, "{word} {number}").unwrap();
            out.flush().unwrap();
            result.is_ok()
        }
    });
    let mut commits = stream::iter(commits).buffer_unordered(64);
    let mut refused = 0;
    while let Some(is_written) = commits.next().await {
        refused += u32::from(!is_written);
        // Long enough to see that it goes on to be refused.
        if refused > 200 {
            break;
        }
    }
}

/// What a child runs; as a test of its own it writes a few.
#[tokio::test]
async fn writer_says_what_it_has_written() {
    #[expect(clippy::disallowed_methods, reason = "how a child is told what to do")]
    let told = std::env::var(TOLD);
    if let Ok(told) = told {
        let mut told = told.rsplitn(3, ' ');
        let many = told.next().unwrap().parse().unwrap();
        let first = told.next().unwrap().parse().unwrap();
        work(Path::new(told.next().unwrap()), first, many).await;
        return;
    }
    let (_directory, path) = place();

    work(&path, 7, 3).await;

    let store = Store::open(&path, &key()).unwrap();
    let expected = ["00000007", "00000008", "00000009"].map(String::from);
    assert_eq!(names(&store, Table::Sessions), expected.into());
}

/// Ten thousand entries, and a kill after each few hundred, in the middle of a write.
#[test]
fn killed_writer_has_written_whatever_it_said() {
    let (_directory, path) = place();
    let mut said = BTreeSet::new();
    let mut first = 0;
    let mut kills = 0;

    while said.len() < 10_000 {
        let mut child = Child::start(Command::new(binary()), &path, first, 100_000);
        // The very first is killed as it makes the file.
        let written = child.kill_after(if kills == 0 { 0 } else { 300 + kills * 7 });
        first = written.iter().max().map_or(first, |last| last + 1000);
        said.extend(written);
        kills += 1;
    }

    let store = Store::open(&path, &key()).unwrap();
    let kept = names(&store, Table::Sessions);
    let lost: Vec<_> = said
        .iter()
        .filter(|number| !kept.contains(&format!("{number:08}")))
        .collect();
    assert_eq!(lost, Vec::<&u64>::new(), "lost after {kills} kills");
    assert_eq!(
        kept,
        names(&store, Table::Users),
        "half of a commit is there"
    );
    assert!(kills > 10, "{kills}");
}
