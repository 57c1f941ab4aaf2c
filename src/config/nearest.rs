//! Finds the word that was probably meant.

/// The one of `known` that is nearest to `word`, if no more than two letters differ.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 2 && *distance < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be put in, left out or changed (Levenshtein), row by row.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (above, y) in row
            .iter_mut()
            .zip(std::iter::once(None).chain(b.chars().map(Some)))
        {
            let best = match y {
                None => i + 1,
                Some(y) => (diagonal + usize::from(x != y))
                    .min(*above + 1)
                    .min(left + 1),
            };
            diagonal = std::mem::replace(above, best);
            left = best;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_letters() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("fresh_fro", "fresh_for"), 2);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn only_near_words_are_meant() {
        let known = ["fresh_for", "stale_for", "id"];

        assert_eq!(nearest("fresh_fro", known), Some("fresh_for"));
        assert_eq!(nearest("fresh", known), None);
        assert_eq!(nearest("xy", known), None);
    }
}
