//! Reports side by side, for people.

use crate::simulate::report::Report;
use crate::simulate::scenario::Scenario;

/// One line for each of `reports` on `scenario`, then the waits.
pub fn table(scenario: &Scenario, reports: &[Report]) -> String {
    let optimum = reports.first().map_or(0.0, |report| report.optimum_seconds);
    let mut text = format!(
        "requests: {}, callers: {}, at best {optimum:.1} s, seed {}\n\n",
        grouped(&scenario.requests().to_string()),
        grouped(&scenario.callers().to_string()),
        scenario.seed
    );
    let head = [
        "strategy",
        "makespan",
        "ratio",
        "answered",
        "429s",
        "calls/answer",
        "used",
        "fairness",
    ];
    let mut lines = vec![head.map(str::to_owned).to_vec()];
    lines.extend(reports.iter().map(line));
    text.push_str(&align(&lines));

    let mut lines = vec![vec!["wait p50 / p99".to_owned()]];
    if let Some(head) = lines.first_mut() {
        head.extend(reports.iter().map(|report| report.strategy.to_owned()));
    }
    for (number, group) in scenario.groups.iter().enumerate() {
        let waits = reports.iter().map(|report| wait(report, number));
        lines.push(std::iter::once(group.name.clone()).chain(waits).collect());
    }
    text.push('\n');
    text.push_str(&align(&lines));
    text
}

fn line(report: &Report) -> Vec<String> {
    vec![
        report.strategy.to_owned(),
        format!("{:.1} s", report.makespan_seconds),
        or_dash(report.ratio, |ratio| format!("{ratio:.3}")),
        format!(
            "{} of {}",
            grouped(&report.answered.to_string()),
            grouped(&report.requests.to_string())
        ),
        grouped(&report.upstream_429s.to_string()),
        or_dash(report.calls_per_answer, |calls| format!("{calls:.2}")),
        format!("{:.1} %", report.used * 100.0),
        or_dash(report.fairness, |index| format!("{index:.3}")),
    ]
}

fn wait(report: &Report, number: usize) -> String {
    let waits = report.waits.get(number).filter(|waits| waits.answers > 0);
    waits.map_or_else(
        || "–".to_owned(),
        |waits| format!("{:.1} / {:.1} s", waits.p50_seconds, waits.p99_seconds),
    )
}

fn or_dash(value: Option<f64>, show: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| "–".to_owned(), show)
}

/// A number with a comma between thousands.
fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The first column to the left, all others to the right.
fn align(lines: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let mut text = String::new();
    for line in lines {
        for (column, cell) in line.iter().enumerate() {
            let width = width(column);
            if column == 0 {
                text.push_str(&format!("{cell:<width$}"));
            } else {
                text.push_str(&format!("  {cell:>width$}"));
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let numbers = ["0", "999", "1000", "12345", "1234567"];

        let shown = numbers.map(grouped);

        assert_eq!(shown, ["0", "999", "1,000", "12,345", "1,234,567"]);
    }

    #[test]
    fn columns_are_as_wide_as_their_widest() {
        let lines = [["a", "1"], ["long", "1,000"]].map(|line| line.map(str::to_owned).to_vec());

        assert_eq!(align(&lines), "a         1\nlong  1,000\n");
    }
}
