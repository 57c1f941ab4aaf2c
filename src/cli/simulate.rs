//! Runs a scenario in several ways and shows what came of each.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::cli::End;
use crate::config;
use crate::simulate::{self, Way};

/// What to simulate, and how to show it.
#[derive(Args, Debug)]
pub(super) struct Simulate {
    /// Callers and a limit; config/scenarios has examples.
    #[arg(long, value_name = "FILE")]
    scenario: PathBuf,
    /// What stands in front of the limit; all four by default.
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = ways())]
    strategy: Vec<Way>,
    /// Another seed than the scenario's.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Print JSON, one object for each strategy in a list.
    #[arg(long)]
    json: bool,
}

fn ways() -> impl TypedValueParser<Value = Way> {
    let words = Way::ALL.map(Way::as_str);
    PossibleValuesParser::new(words).try_map(|word| {
        let way = Way::ALL.into_iter().find(|way| way.as_str() == word);
        way.ok_or("no such strategy")
    })
}

/// Prints a table, or JSON, of what came of it.
pub(super) fn simulate(
    arguments: Simulate,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<End> {
    let file = arguments.scenario.display().to_string();
    let text = match fs::read_to_string(&arguments.scenario) {
        Ok(text) => text,
        Err(error) => {
            let help = "see that the file is there and may be read";
            writeln!(err, "error: {file}: {error}\n = help: {help}")?;
            return Ok(End::Misconfigured);
        }
    };
    let mut scenario = match config::scenario(&text, &file) {
        Ok(scenario) => scenario,
        Err(mistakes) => {
            writeln!(err, "{}", mistakes.styled())?;
            return Ok(End::Misconfigured);
        }
    };
    scenario.seed = arguments.seed.unwrap_or(scenario.seed);
    let ways = if arguments.strategy.is_empty() {
        Way::ALL.to_vec()
    } else {
        arguments.strategy
    };
    let mut reports = Vec::new();
    for way in ways {
        // Only for eyes: a script has no use for it.
        if io::stderr().is_terminal() {
            writeln!(err, "{} …", way.as_str())?;
        }
        reports.push(simulate::run(&scenario, way)?);
    }
    if arguments.json {
        serde_json::to_writer_pretty(&mut *out, &reports)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", simulate::table(&scenario, &reports))?;
    }
    Ok(End::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn simulated(text: &str, strategy: &[Way], json: bool) -> (End, String, String) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("scenario.toml");
        fs::write(&path, text).unwrap();
        let arguments = Simulate {
            scenario: path,
            strategy: strategy.to_vec(),
            seed: Some(5),
            json,
        };
        let (mut out, mut err) = (Vec::new(), Vec::new());

        let end = simulate(arguments, &mut out, &mut err).unwrap();

        let [out, err] = [out, err].map(|said| String::from_utf8(said).unwrap());
        (end, out, err)
    }

    const SMALL: &str = "[upstream]\nburst = 5\nrefill_per_second = 5\n[[caller]]\nname = \"a\"\n\
                         arrival = \"together\"\nrequests = 20\n";

    #[test]
    fn every_strategy_has_a_line_of_its_own() {
        let (end, out, _) = simulated(SMALL, &[], false);

        assert_eq!(end, End::Done);
        assert!(
            out.starts_with("requests: 20, callers: 1, at best 3.0 s, seed 5\n"),
            "{out}"
        );
        for way in Way::ALL {
            let line = format!("\n{} ", way.as_str());
            assert!(out.contains(&line), "{out}");
        }
    }

    #[test]
    fn scripts_get_numbers() {
        let (_, out, _) = simulated(SMALL, &[Way::Ours], true);

        let reports: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(reports[0]["strategy"], "ours");
        assert_eq!(reports[0]["answered"], 20);
        assert_eq!(reports[0]["waits"][0]["caller"], "a");
    }

    #[test]
    fn wrong_scenario_is_refused() {
        let (end, out, err) = simulated("sed = 1", &[], false);

        assert_eq!((end, out.as_str()), (End::Misconfigured, ""));
        assert!(err.contains("did you mean"), "{err}");
    }
}
