//! Limits whose slots come back all at once, some whole seconds after the first of them was spent.
//!
//! `Reset` is rounded up to a second, and who waits for it opens the next window just after a whole
//! second, so that nearly all of a second is lost each time. The answer to the request that opened
//! a window bounds when that was; windows that agree on a length of whole seconds are believed to
//! end that long after it. If that was wrong once, it takes twice as many to be believed again.

use std::time::Duration;

use tokio::time::Instant;

use crate::shape::clock::{Span, later};
use crate::shape::signal::Slots;

/// So many windows have to agree at first.
const AGREEING: u32 = 2;

/// How often that is doubled at most.
const DOUBLINGS: u32 = 6;

/// Two clocks differ by that share of a window at most.
const DRIFT: f64 = 2e-4;

/// No request arrives faster, in seconds.
const LEAST: f64 = 1e-3;

/// What is known of the windows.
#[derive(Debug, Default)]
pub(super) struct Windows {
    /// `Reset` of the window that was opened last, and when that had certainly happened.
    open: Option<(f64, Instant)>,
    /// Bounds of the length, in seconds.
    length: Option<Span>,
    agreeing: u32,
    mistakes: u32,
}

impl Windows {
    /// Takes in an answer that came `now` and was made at a time `theirs` of the upstream's.
    pub(super) fn see(&mut self, slots: Slots, reset: f64, theirs: Span, now: Instant) {
        let is_open = self.open.is_some_and(|(before, _)| before == reset);
        if is_open || slots.remaining + 1 != slots.limit {
            return;
        }
        self.open = Some((reset, now));
        let fresh = Span {
            low: reset - 1.0 - theirs.high,
            high: reset - theirs.low,
        };
        let both = self.length.map(|known| Span {
            low: fresh.low.max(known.low),
            high: fresh.high.min(known.high),
        });
        match both.filter(|both| both.low < both.high) {
            Some(both) => {
                self.length = Some(both);
                self.agreeing += 1;
            }
            None => {
                self.length = Some(fresh);
                self.agreeing = 1;
            }
        }
    }

    /// When the window that ends at `reset` is over for certain, if it is known better than that.
    pub(super) fn end(&self, reset: f64) -> Option<Instant> {
        let (_, opened) = self.open.filter(|(open, _)| *open == reset)?;
        let length = self.length?;
        // Nothing arrives in no time, so the bound itself is out of reach.
        let whole = (length.high - LEAST).ceil() - 1.0;
        let is_known = self.agreeing >= AGREEING << self.mistakes.min(DOUBLINGS);
        (is_known && whole >= 1.0 && whole > length.low)
            .then(|| later(opened, whole * (1.0 + DRIFT)) + Duration::from_millis(1))
    }

    /// A request that was let go at an end was refused.
    pub(super) fn doubt(&mut self) {
        if self.length.is_some() {
            self.mistakes += 1;
        }
        (self.open, self.length, self.agreeing) = (None, None, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: u32 = 100;

    fn first() -> Slots {
        Slots {
            limit: LIMIT,
            remaining: LIMIT - 1,
        }
    }

    /// Windows that were opened at these times, each `length` long, seen within 0.2 s.
    fn opened(windows: &mut Windows, length: f64, times: &[f64]) -> Option<Duration> {
        let now = Instant::now();
        let mut reset = 0.0;
        for time in times {
            reset = f64::ceil(time + length);
            let theirs = Span {
                low: time - 0.1,
                high: time + 0.1,
            };
            windows.see(first(), reset, theirs, now);
        }
        windows.end(reset).map(|end| end - now)
    }

    #[tokio::test(start_paused = true)]
    async fn windows_that_agree_end_before_the_second_that_they_name() {
        let mut windows = Windows::default();

        let end = opened(&mut windows, 10.0, &[1_000.1, 1_011.2, 1_022.3]);

        let end = end.unwrap().as_secs_f64();
        assert!((10.0..10.1).contains(&end), "{end}");
    }

    #[tokio::test(start_paused = true)]
    async fn windows_of_no_whole_length_or_of_several_are_not_believed() {
        for (length, times) in [(7.35, [1_000.1, 1_008.9]), (10.0, [1_000.1, 1_011.0])] {
            let mut windows = Windows::default();
            let one = opened(&mut windows, length, &times[..1]);
            let other = opened(&mut windows, 2.0 * length + 3.0, &times[1..]);

            assert_eq!((one, other), (None, None));
        }
        let end = opened(&mut Windows::default(), 7.35, &[1_000.1, 1_008.5, 1_016.8]);
        assert_eq!(end, None);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_mistake_it_takes_more_windows_that_agree() {
        let mut windows = Windows::default();
        opened(&mut windows, 10.0, &[1_000.1, 1_011.1]);

        windows.doubt();

        assert_eq!(opened(&mut windows, 10.0, &[1_022.1, 1_033.1]), None);
        assert!(opened(&mut windows, 10.0, &[1_044.1, 1_055.1]).is_some());
    }
}
