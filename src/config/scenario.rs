//! Reads what is to be simulated; mistakes are told as those of the configuration are.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use toml::de::DeTable;

use crate::caller::{Priority, Weight};
use crate::config::mistake::{Mistake, Mistakes};
use crate::config::notes::Notes;
use crate::config::parts;
use crate::config::section::Section;
use crate::config::value::{
    Scalar, Wrong, name, one_of, percent, positive, some_time, whole, wrong,
};
use crate::simulate::{Arrival, Client, Group, Limit, Scenario, Spacing};
use crate::{deadline, shape};

/// Makes a scenario of `text`, which stands in `file`.
///
/// # Errors
///
/// Fails with every mistake, in the order of the file.
pub fn scenario(text: &str, file: &str) -> Result<Scenario, Mistakes> {
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let list = errors.iter().map(super::syntax).collect();
        return Err(Mistakes::of_syntax(file, text, list));
    }
    let notes = Notes::new(text, []);
    let mut top = Section::top(&notes, document.get_ref());
    let scenario = compose(&mut top);
    top.finish();

    let list = notes.mistakes.take();
    let mistakes = Mistakes::new(file, text, &notes.hidden.take(), list);
    match scenario {
        Some(scenario) if mistakes.is_empty() => Ok(scenario),
        _ => Err(mistakes),
    }
}

fn compose(top: &mut Section<'_>) -> Option<Scenario> {
    let mut seed = 1;
    top.set("seed", &mut seed, whole);
    let mut longest = Duration::from_secs(6 * 3600);
    top.set("longest", &mut longest, some_time);
    let mut wait = deadline::Config::default().deadline;
    top.set("deadline", &mut wait, some_time);
    let limit = top.table("upstream", limit);
    let shape: shape::Config = top.table("shape", parts::shape);
    let spacing = top.table("spaced", spacing);
    let place = top.raw("caller").is_some();
    let groups: Vec<_> = top.each("caller", group);
    if !place {
        let help = "write `[[caller]]` and what it asks for below";
        top.notes.add(Mistake::error("nobody asks").help(help));
    }
    let groups = groups.into_iter().collect::<Option<Vec<_>>>()?;
    let scenario = Scenario {
        seed,
        longest,
        limit: limit?,
        deadline: wait,
        shape,
        spacing,
        groups,
    };
    check_size(top.notes, &scenario);
    Some(scenario)
}

/// What nobody can wait for, or keep in memory, is no use to anybody.
fn check_size(notes: &Notes, scenario: &Scenario) {
    let requests = |group: &Group| match group.arrival {
        Arrival::Greedy(at_once, _) => group.count.saturating_mul(at_once).get(),
        Arrival::Together | Arrival::Steady(_) | Arrival::Bursts(..) | Arrival::Some(_) => {
            group.count.saturating_mul(group.requests).get()
        }
    };
    let all = scenario.groups.iter().map(requests);
    let all = all.fold(0_usize, usize::saturating_add);
    if all > MOST_REQUESTS {
        let help = "make a limit that is as much smaller; the report will look the same";
        let title = format!("there are more than {MOST_REQUESTS} requests in all");
        notes.add(Mistake::error(title).help(help));
    }
}

/// `[upstream]`.
fn limit(section: &mut Section<'_>) -> Option<Limit> {
    let burst = section.required("burst", positive::<NonZeroU32>);
    let refill = section.required("refill_per_second", rate);
    let window = section.optional("window", some_time);
    let mut start_with = burst.as_ref().map_or(0, |burst| burst.value.get());
    let start = section.set("start_with", &mut start_with, whole);
    let (mut from, mut to) = (Duration::from_millis(20), Duration::from_millis(200));
    section.set("latency_from", &mut from, some_time);
    let latest = section.set("latency_to", &mut to, some_time);
    let mut skew_seconds = 0;
    section.set("skew_seconds", &mut skew_seconds, skew);
    let mut outside_percent = 0;
    section.set("outside_percent", &mut outside_percent, percent(0, 95));
    let burst = burst?;
    if start_with > burst.value.get() {
        let mistake = Mistake::error("`upstream.start_with` is more than there are slots");
        let mistake = mistake.at(start.as_ref(), "more than `burst`");
        section
            .notes
            .add(mistake.beside(&burst.place, "all of them"));
    }
    if to < from {
        let mistake = Mistake::error("`upstream.latency_to` is less than `latency_from`");
        let help = "the first is the longest that an answer takes, the second the shortest";
        let at = latest.as_ref().or_else(|| section.header());
        section.notes.add(mistake.at(at, "too short").help(help));
    }
    Some(Limit {
        burst: burst.value,
        refill_per_second: refill?.value,
        window: window.map(|window| window.value),
        start_with,
        latency_from: from,
        latency_to: to,
        skew_seconds,
        outside_percent,
    })
}

/// `[spaced]`.
fn spacing(section: &mut Section<'_>) -> Spacing {
    let gap = section.optional("gap", some_time).map(|gap| gap.value);
    let mut spacing = Spacing {
        gap,
        longest: Duration::from_secs(30),
        at_once: NonZeroUsize::new(25).expect("not zero"),
    };
    section.set("longest", &mut spacing.longest, some_time);
    section.set("at_once", &mut spacing.at_once, positive);
    spacing
}

/// `[[caller]]`.
fn group(section: &mut Section<'_>) -> Option<Group> {
    let name = section.required("name", name);
    let mut count = NonZeroUsize::MIN;
    section.set("count", &mut count, positive);
    let mut priority = Priority::Interactive;
    section.set("priority", &mut priority, one_of(PRIORITY));
    let mut weight = Weight::ONE;
    section.set("weight", &mut weight, super::callers::weight);
    let mut client = Client::Terraform;
    section.set("client", &mut client, one_of(CLIENT));
    let Some(kind) = section.required("arrival", one_of(ARRIVAL)) else {
        // Which of them belong there, nobody knows.
        for key in OF_ARRIVALS {
            section.raw(key);
        }
        return None;
    };
    let requests = match kind.value {
        Kind::Greedy => Some(NonZeroUsize::MIN),
        Kind::Together | Kind::Steady | Kind::Bursts | Kind::Some => {
            let requests = section.required("requests", positive);
            requests.map(|requests| requests.value)
        }
    };
    let arrival = arrival(kind.value, section);
    Some(Group {
        name: name?.value,
        count,
        requests: requests?,
        arrival: arrival?,
        priority,
        weight,
        client,
    })
}

fn arrival(kind: Kind, section: &mut Section<'_>) -> Option<Arrival> {
    match kind {
        Kind::Together => Some(Arrival::Together),
        Kind::Steady => {
            let per_second = section.required("per_second", rate)?.value;
            Some(Arrival::Steady(per_second))
        }
        Kind::Bursts => {
            let size = section.required("size", positive);
            let every = section.required("every", some_time);
            Some(Arrival::Bursts(size?.value, every?.value))
        }
        Kind::Some => Some(Arrival::Some(section.required("at_once", positive)?.value)),
        Kind::Greedy => greedy(section),
    }
}

fn greedy(section: &mut Section<'_>) -> Option<Arrival> {
    let at_once = section.required("at_once", positive);
    // With none, time would stand still for one who is refused at once.
    let mut pause = Duration::from_millis(100);
    section.set("pause", &mut pause, some_time);
    Some(Arrival::Greedy(at_once?.value, pause))
}

/// A number of requests in a second.
fn rate(scalar: &Scalar) -> Result<f64, Wrong> {
    let number = match scalar {
        Scalar::Float(number) => Some(*number),
        Scalar::Integer(number) => i32::try_from(*number).ok().map(f64::from),
        Scalar::Text(_) | Scalar::Untyped(_) | Scalar::Boolean(_) | Scalar::Other => None,
    };
    let help = "write a number like `10` or `2.78`";
    number
        .filter(|rate| (1e-6..=1e6).contains(rate))
        .ok_or_else(|| wrong("must be a number of requests a second", "not one", help))
}

/// Seconds, of either sign.
fn skew(scalar: &Scalar) -> Result<i64, Wrong> {
    let seconds = match scalar {
        Scalar::Integer(seconds) => Some(*seconds),
        Scalar::Text(_)
        | Scalar::Untyped(_)
        | Scalar::Float(_)
        | Scalar::Boolean(_)
        | Scalar::Other => None,
    };
    let help = "write seconds without quotes, as in `-3600`";
    seconds
        .filter(|seconds| seconds.unsigned_abs() <= DECADE)
        .ok_or_else(|| wrong("must be whole seconds", "not whole seconds", help))
}

/// The words for [`Arrival`].
#[derive(Clone, Copy, Debug)]
enum Kind {
    Together,
    Steady,
    Bursts,
    Some,
    Greedy,
}

const ARRIVAL: &[(&str, Kind)] = &[
    ("together", Kind::Together),
    ("steady", Kind::Steady),
    ("bursts", Kind::Bursts),
    ("some", Kind::Some),
    ("greedy", Kind::Greedy),
];

const OF_ARRIVALS: [&str; 6] = [
    "requests",
    "per_second",
    "size",
    "every",
    "at_once",
    "pause",
];

const PRIORITY: &[(&str, Priority)] = &[
    ("interactive", Priority::Interactive),
    ("batch", Priority::Batch),
    ("background", Priority::Background),
];

const CLIENT: &[(&str, Client)] = &[("terraform", Client::Terraform), ("sdk", Client::Sdk)];

/// Each is a task, and some hundred bytes.
const MOST_REQUESTS: usize = 1_000_000;

/// No clock is further off.
const DECADE: u64 = 315_360_000;

#[cfg(test)]
mod tests;
