//! When requests come.

use std::time::Duration;

use crate::simulate::measure::float;
use crate::simulate::scenario::{Arrival, Group};

/// The times at which one caller of `group` asks at the earliest, in order; none for a greedy one.
pub(super) fn times(group: &Group) -> Vec<Duration> {
    let count = group.requests.get();
    match group.arrival {
        Arrival::Together | Arrival::Some(_) => vec![Duration::ZERO; count],
        Arrival::Steady(per_second) => (0..count)
            .map(|number| seconds(float(number) / per_second))
            .collect(),
        Arrival::Bursts(size, every) => (0..count)
            .map(|number| seconds(every.as_secs_f64() * float(number / size)))
            .collect(),
        Arrival::Greedy(..) => Vec::new(),
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds)
        .unwrap_or(YEAR)
        .min(YEAR)
}

/// Later than anything is simulated.
const YEAR: Duration = Duration::from_secs(365 * 86_400);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::tests::group;

    fn at(arrival: Arrival) -> Vec<f64> {
        let times = times(&group(5, arrival));
        times.iter().map(Duration::as_secs_f64).collect()
    }

    #[test]
    fn requests_come_as_the_pattern_says() {
        let two = 2.try_into().unwrap();

        assert_eq!(at(Arrival::Together), [0.0; 5]);
        assert_eq!(at(Arrival::Steady(4.0)), [0.0, 0.25, 0.5, 0.75, 1.0]);
        let bursts = Arrival::Bursts(two, Duration::from_secs(3));
        assert_eq!(at(bursts), [0.0, 0.0, 3.0, 3.0, 6.0]);
        assert!(at(Arrival::Greedy(two, Duration::ZERO)).is_empty());
    }
}
