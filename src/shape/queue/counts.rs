//! How long the lines of a class are, as sums that are had without looking at each line.
//!
//! A Fenwick tree over lengths: the lines that are at least 1, 2, 3… long. Its sum up to `n` is how
//! many would be let go if each line sent `n`, or all that it has.

/// The sums. Grows with the longest line there ever was, which the queue bounds.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// From 1 up to a power of two; the first is not used.
    tree: Vec<usize>,
}

impl Counts {
    /// A line is now so long, and was one shorter.
    pub(super) fn grown_to(&mut self, length: usize) {
        while self.size() < length {
            self.double();
        }
        let mut at = length;
        while let Some(sum) = self.tree.get_mut(at).filter(|_| at > 0) {
            *sum += 1;
            at += lowest_bit(at);
        }
    }

    /// A line was so long, and is now one shorter.
    pub(super) fn shrunk_from(&mut self, length: usize) {
        let mut at = length;
        while let Some(sum) = self.tree.get_mut(at).filter(|_| at > 0) {
            *sum = sum.saturating_sub(1);
            at += lowest_bit(at);
        }
    }

    /// How many there are if each line counts for `most` at most.
    pub(super) fn up_to(&self, most: usize) -> usize {
        let mut at = most.min(self.size());
        let mut sum = 0;
        while at > 0 {
            sum += self.tree.get(at).copied().unwrap_or(0);
            at -= lowest_bit(at);
        }
        sum
    }

    fn size(&self) -> usize {
        self.tree.len().saturating_sub(1)
    }

    /// The last of a power of two holds the sum of all, and so does the new last.
    fn double(&mut self) {
        let all = self.tree.last().copied().unwrap_or(0);
        let size = (self.size() * 2).max(1);
        self.tree.resize(size, 0);
        self.tree.push(all);
    }
}

fn lowest_bit(number: usize) -> usize {
    number & number.wrapping_neg()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sums_are_those_of_counting_each_line(
            steps in proptest::collection::vec((0..6_usize, any::<bool>()), 0..300),
            most in 0..70_usize,
        ) {
            let mut counts = Counts::default();
            let mut lines = [0_usize; 6];

            for (line, is_longer) in steps {
                if is_longer {
                    lines[line] += 1;
                    counts.grown_to(lines[line]);
                } else if lines[line] > 0 {
                    counts.shrunk_from(lines[line]);
                    lines[line] -= 1;
                }
            }

            let counted: usize = lines.iter().map(|length| *length.min(&most)).sum();
            prop_assert_eq!(counts.up_to(most), counted);
        }
    }
}
