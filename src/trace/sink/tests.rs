use std::sync::mpsc::{self, Receiver, Sender};

use super::*;

/// Longer than any test runs, so that only what the test does makes a line due.
const EVER: Duration = Duration::from_secs(3600);

/// A writer that waits for leave, once for each write, and hands on what it got.
struct Gated(Receiver<()>, Sender<String>);

impl Write for Gated {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Once leave is given for all, nothing is waited for.
        let _ = self.0.recv();
        drop(self.1.send(String::from_utf8_lossy(bytes).into_owned()));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Writer {
    sink: Sink,
    flush: Flush,
    leave: Sender<()>,
    written: Receiver<String>,
}

fn gated(room: usize, batch: usize, linger: Duration) -> Writer {
    let limits = Limits {
        room,
        batch,
        linger,
    };
    let (leave, left) = mpsc::channel();
    let (wrote, written) = mpsc::channel();
    let (sink, flush) = Sink::start(limits, Gated(left, wrote)).unwrap();
    Writer {
        sink,
        flush,
        leave,
        written,
    }
}

/// A writer that never waits.
fn free(room: usize, batch: usize, linger: Duration) -> (Sink, Flush, Receiver<String>) {
    let all = gated(room, batch, linger);
    drop(all.leave);
    (all.sink, all.flush, all.written)
}

fn add(sink: &Sink, line: &str) {
    sink.make_writer().write_all(line.as_bytes()).unwrap();
}

#[test]
fn lines_wait_for_each_other_until_there_is_a_batch() {
    let (sink, _flush, written) = free(1000, 12, EVER);

    add(&sink, "one\n");
    add(&sink, "two\n");
    let early = written.try_recv();
    add(&sink, "six\n");

    assert!(early.is_err());
    assert_eq!(written.recv().unwrap(), "one\ntwo\nsix\n");
}

#[test]
fn line_alone_is_written_when_its_time_is_over() {
    let (sink, _flush, written) = free(1000, 1000, Duration::from_millis(1));

    add(&sink, "one\n");

    assert_eq!(written.recv().unwrap(), "one\n");
}

#[test]
fn warning_is_written_at_once_with_what_stands_before_it() {
    let (sink, _flush, written) = free(1000, 1000, EVER);
    let subscriber = tracing_subscriber::fmt()
        .without_time()
        .with_writer(sink)
        .finish();

    tracing::subscriber::with_default(subscriber, || {
        tracing::info!("first");
        tracing::warn!("second");
    });

    let text = written.recv().unwrap();
    let places = text.find("first").zip(text.find("second"));
    assert!(
        places.is_some_and(|(first, second)| first < second),
        "{text}"
    );
}

#[test]
fn nothing_is_lost_at_the_end() {
    let (sink, flush, written) = free(1000, 1000, EVER);

    add(&sink, "one\n");
    add(&sink, "two\n");
    flush.run();
    add(&sink, "late\n");

    assert_eq!(written.iter().collect::<String>(), "one\ntwo\n");
}

#[test]
fn lines_are_written_although_nobody_asked_for_the_end() {
    let (sink, flush, written) = free(1000, 1000, EVER);

    add(&sink, "one\n");
    drop(flush);

    assert_eq!(written.iter().collect::<String>(), "one\n");
}

#[test]
fn who_panics_waits_for_the_lines_before() {
    let (sink, _flush, written) = free(1000, 1000, EVER);

    add(&sink, "one\n");
    sink.settle();

    assert_eq!(written.try_recv().unwrap(), "one\n");
}

#[test]
fn who_panics_does_not_wait_for_a_writer_that_is_stuck() {
    let stuck = gated(1000, 1000, EVER);

    add(&stuck.sink, "one\n");
    stuck.sink.settle();

    assert!(stuck.written.try_recv().is_err());
    drop(stuck.leave);
}

#[test]
fn lines_that_do_not_fit_are_dropped_and_counted_where_they_are_missing() {
    let slow = gated(8, 4, EVER);

    // The thread has taken the first when it asks for leave; two wait, two do not fit.
    add(&slow.sink, "one\n");
    slow.leave.send(()).unwrap();
    assert_eq!(slow.written.recv().unwrap(), "one\n");
    add(&slow.sink, "two\n");
    while !slow.sink.shared.waiting.lock().is_empty() {
        thread::yield_now();
    }
    for line in ["3.\n", "4.\n", "five\n", "6\n"] {
        add(&slow.sink, line);
    }
    drop(slow.leave);
    slow.flush.run();

    let text = slow.written.iter().collect::<String>();
    let (before, note) = text.split_once('{').unwrap();
    assert_eq!(before, "two\n3.\n4.\n");
    assert!(note.contains("log lines were dropped"), "{text}");
    assert!(note.ends_with("\"lines\":2}\n"), "{text}");
}

#[test]
fn lines_of_many_threads_stay_whole_and_in_order() {
    let (sink, flush, written) = free(1 << 20, 256, Duration::from_micros(50));

    thread::scope(|scope| {
        for name in ["a", "b", "c"] {
            let sink = &sink;
            scope.spawn(move || (0..1000).for_each(|at| add(sink, &format!("{name} {at}\n"))));
        }
    });
    flush.run();

    let text = written.iter().collect::<String>();
    for name in ["a ", "b ", "c "] {
        let own = text.lines().filter_map(|line| line.strip_prefix(name));
        assert!(own.eq((0..1000).map(|at| at.to_string())), "{name}");
    }
}
