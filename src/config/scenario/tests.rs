use std::fs;
use std::path::Path;

use super::*;

const UPSTREAM: &str = "[upstream]\nburst = 10\nrefill_per_second = 2\n";

fn told(rest: &str) -> String {
    let text = format!("{UPSTREAM}{rest}");
    scenario(&text, "s.toml").unwrap_err().to_string()
}

#[test]
fn caller_is_read_as_it_was_written() {
    let text = format!(
        "seed = 7\n{UPSTREAM}skew_seconds = -3600\n[[caller]]\nname = \"sync\"\ncount = 3\n\
         arrival = \"bursts\"\nrequests = 9\nsize = 4\nevery = \"2s\"\npriority = \"batch\"\n\
         client = \"sdk\"\n"
    );

    let scenario = scenario(&text, "s.toml").unwrap();

    assert_eq!((scenario.seed, scenario.limit.skew_seconds), (7, -3600));
    assert_eq!((scenario.callers(), scenario.requests()), (3, 27));
    let group = &scenario.groups[0];
    let size = NonZeroUsize::new(4).unwrap();
    assert_eq!(group.arrival, Arrival::Bursts(size, Duration::from_secs(2)));
    assert_eq!(
        (group.priority, group.client),
        (Priority::Batch, Client::Sdk)
    );
}

#[test]
fn mistake_is_told_with_line_and_column() {
    let caller = "[[caller]]\nname = \"a\"\narrival = \"stead\"\nrequests = 1\n";

    let told = told(caller);

    assert!(told.contains("s.toml:6:11"), "{told}");
    assert!(told.contains("did you mean \"steady\"?"), "{told}");
}

#[test]
fn all_mistakes_are_told_at_once() {
    let caller = "start_with = 11\n[[caller]]\nname = \"a\"\narrival = \"some\"\nsize = 3\n";

    let told = told(caller);

    for part in [
        "`upstream.start_with` is more than there are slots",
        "`caller.requests` is missing",
        "`caller.at_once` is missing",
        "unknown key `size` in `caller`",
        "4 mistakes in s.toml",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn scenario_without_callers_or_with_too_many_is_refused() {
    let many = "[[caller]]\nname = \"a\"\narrival = \"together\"\ncount = 2\nrequests = 600_000\n";

    assert!(told("").contains("nobody asks"));
    assert!(told(many).contains("more than 1000000 requests"));
}

#[test]
fn what_is_no_toml_is_told_by_its_place() {
    let told = told("burst =\n");

    assert!(told.contains("s.toml:4:"), "{told}");
}

#[test]
fn every_example_can_be_read() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/scenarios");
    let files: Vec<_> = fs::read_dir(directory).unwrap().collect();

    assert!(files.len() >= 9, "{}", files.len());
    for file in files {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        scenario(&text, &path.display().to_string()).unwrap();
    }
}
