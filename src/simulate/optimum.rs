//! The least time in which a scenario can be answered by whoever knows everything.

use std::time::Duration;

use crate::simulate::arrival::times;
use crate::simulate::measure::float;
use crate::simulate::outside::Outside;
use crate::simulate::scenario::{Arrival, EPOCH, Scenario};

/// No way can be faster: each request takes the first slot that there is after it came, and the
/// fastest of answers. A greedy caller counts for as much as the busiest of the others: that is its
/// fair share.
pub(super) fn optimum(scenario: &Scenario) -> Duration {
    let mut arrivals = Vec::new();
    let finite = scenario.groups.iter().filter(|group| !group.is_greedy());
    let busiest = finite.map(|group| group.requests.get()).max().unwrap_or(0);
    for group in &scenario.groups {
        for _ in 0..group.count.get() {
            if group.is_greedy() {
                arrivals.extend(std::iter::repeat_n(Duration::ZERO, busiest));
            } else {
                arrivals.extend(times(group));
            }
        }
    }
    arrivals.sort_unstable();
    let last = last_slot(scenario, &arrivals) + scenario.limit.latency_from;
    by_latency(scenario).max(last)
}

/// When the last of them gets its slot.
fn last_slot(scenario: &Scenario, arrivals: &[Duration]) -> Duration {
    let mut meter = scenario.limit.meter();
    let mut outside = Outside::new(&scenario.limit, scenario.seed);
    let mut now = Duration::ZERO;
    for arrival in arrivals {
        now = now.max(*arrival);
        loop {
            outside.take(&mut meter, now);
            let slot = meter.take(EPOCH + now);
            if slot.is_taken || now > scenario.longest {
                break;
            }
            // Rounding must not make it stand still.
            now = (slot.retry_at.saturating_sub(EPOCH)).max(now + Duration::from_nanos(1));
        }
    }
    now
}

/// What those who ask so many at once need for their answers alone.
fn by_latency(scenario: &Scenario) -> Duration {
    let latency = (scenario.limit.latency_from + scenario.limit.latency_to) / 2;
    let needed = scenario.groups.iter().map(|group| match group.arrival {
        Arrival::Some(at_once) => {
            latency.mul_f64(float(group.requests.get()) / float(at_once.get()))
        }
        Arrival::Together | Arrival::Steady(_) | Arrival::Bursts(..) | Arrival::Greedy(..) => {
            Duration::ZERO
        }
    });
    needed.max().unwrap_or_default()
}
