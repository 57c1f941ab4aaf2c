//! Figures of what was seen.

use std::time::Duration;

/// Jain's fairness index: 1 if all got the same, and one in their number if one got everything.
///
/// `None` if there are not two, or nobody got anything.
pub(super) fn jain(shares: &[f64]) -> Option<f64> {
    let sum: f64 = shares.iter().sum();
    let squares: f64 = shares.iter().map(|share| share * share).sum();
    let index = sum * sum / (float(shares.len()) * squares);
    Some(index).filter(|index| shares.len() > 1 && index.is_finite())
}

/// The least of `sorted` that so many percent of them do not exceed; zero if there is none.
pub(super) fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// A count as a number to reckon with.
pub(super) fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_is_one_for_equal_shares_and_falls_with_each_that_gets_nothing() {
        assert_eq!(jain(&[3.0, 3.0, 3.0]), Some(1.0));
        assert_eq!(jain(&[4.0, 0.0, 0.0, 0.0]), Some(0.25));
        assert_eq!(jain(&[1.0, 3.0]), Some(0.8));
    }

    #[test]
    fn index_of_one_or_of_nothing_is_not_told() {
        assert_eq!(jain(&[]), None);
        assert_eq!(jain(&[5.0]), None);
        assert_eq!(jain(&[0.0, 0.0]), None);
    }

    #[test]
    fn percentile_is_one_of_those_that_were_seen() {
        let seen: Vec<_> = (1..=200).map(Duration::from_secs).collect();

        assert_eq!(percentile(&seen, 50), Duration::from_secs(100));
        assert_eq!(percentile(&seen, 99), Duration::from_secs(198));
        assert_eq!(percentile(&seen[..1], 99), Duration::from_secs(1));
        assert_eq!(percentile(&[], 99), Duration::ZERO);
    }
}
