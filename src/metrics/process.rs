//! The usual five figures of the process, read from `/proc/self` when they are asked for.
//!
//! Where there is no `/proc` they stay at zero.

use std::fs;

use prometheus::{Counter, Gauge};

use super::maker::Maker;

/// Units of time in `/proc`: Linux shows user space a hundred a second on every machine.
const TICKS: f64 = 100.0;

/// Figures of the process.
pub(super) struct Process {
    cpu: Counter,
    memory: Gauge,
    open_files: Gauge,
    most_files: Gauge,
    start: Gauge,
}

impl Process {
    #[rustfmt::skip]
    pub(super) fn new(make: &Maker<'_>) -> Self {
        Self {
            cpu: make.sum("process_cpu_seconds_total", "Time that the process was on a CPU"),
            memory: make.level("process_resident_memory_bytes", "Memory in use"),
            open_files: make.level("process_open_fds", "Open file descriptors"),
            most_files: make.level("process_max_fds", "File descriptors that may be open"),
            start: make.level("process_start_time_seconds", "When the process started"),
        }
    }

    /// Reads them anew.
    pub(super) fn update(&self) {
        if let Some((cpu, since_boot)) = times() {
            self.cpu.inc_by((cpu - self.cpu.get()).max(0.0));
            self.start.set(boot_time().unwrap_or(0.0) + since_boot);
        }
        set(
            &self.memory,
            field("/proc/self/status", "VmRSS:").map(|kib| kib * 1024.0),
        );
        set(
            &self.most_files,
            field("/proc/self/limits", "Max open files"),
        );
        if let Ok(entries) = fs::read_dir("/proc/self/fd") {
            // One of them is the directory that is being read.
            let open = u32::try_from(entries.count().saturating_sub(1)).unwrap_or(u32::MAX);
            self.open_files.set(f64::from(open));
        }
    }
}

fn set(gauge: &Gauge, value: Option<f64>) {
    if let Some(value) = value {
        gauge.set(value);
    }
}

/// Seconds on a CPU, and between the boot of the machine and the start of the process.
fn times() -> Option<(f64, f64)> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program may hold anything, so what follows its closing bracket is read:
    // field 3 and on, of which 14 and 15 are the times and 22 is the start.
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let ticks = |place: usize| fields.get(place)?.parse::<f64>().ok();
    let cpu = ticks(11)? + ticks(12)?;
    Some((cpu / TICKS, ticks(19)? / TICKS))
}

fn boot_time() -> Option<f64> {
    field("/proc/stat", "btime")
}

/// The first number on the line that begins with `name`.
fn field(file: &str, name: &str) -> Option<f64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}
