//! Times of single paths that differ from those of their class.

use std::time::Duration;

use super::Freshness;

/// Times for one path and all below it; what is not given is the class's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PathTimes {
    /// The canonical path, lower case; a segment `*` stands for any one.
    pub path: String,
    /// Instead of [`Freshness::fresh_for`].
    pub fresh_for: Option<Duration>,
    /// Instead of [`Freshness::stale_for`].
    pub stale_for: Option<Duration>,
    /// Instead of [`Freshness::stale_if_error`].
    pub stale_if_error: Option<Duration>,
    /// Instead of [`Freshness::negative_for`].
    pub negative_for: Option<Duration>,
    /// Instead of [`Freshness::override_no_store`].
    pub override_no_store: Option<bool>,
}

impl PathTimes {
    /// The times of what has `class`'s and stands here.
    pub(super) fn over(&self, class: Freshness) -> Freshness {
        Freshness {
            fresh_for: self.fresh_for.unwrap_or(class.fresh_for),
            stale_for: self.stale_for.unwrap_or(class.stale_for),
            stale_if_error: self.stale_if_error.unwrap_or(class.stale_if_error),
            negative_for: self.negative_for.unwrap_or(class.negative_for),
            override_no_store: self.override_no_store.unwrap_or(class.override_no_store),
        }
    }

    /// How many of its segments name something, and how many there are, if `path` stands here: whoever
    /// says more about it wins.
    fn depth(&self, path: &str) -> Option<(usize, usize)> {
        let mut segments = path.split('/');
        let (mut named, mut all) = (0, 0);
        for own in self.path.split('/') {
            let segment = segments.next()?;
            if own != "*" {
                if !own.eq_ignore_ascii_case(segment) {
                    return None;
                }
                named += 1;
            }
            all += 1;
        }
        Some((all, named))
    }
}

/// The times that `overrides` give for a canonical path of this class: those of the longest, and of
/// these the one with the most names.
pub(super) fn times(overrides: &[PathTimes], path: &str, class: Freshness) -> Freshness {
    let found = overrides
        .iter()
        .filter_map(|of| Some((of.depth(path)?, of)));
    match found.max_by_key(|(depth, _)| *depth) {
        Some((_, found)) => found.over(class),
        None => class,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str, seconds: u64) -> PathTimes {
        PathTimes {
            path: path.to_owned(),
            fresh_for: Some(Duration::from_secs(seconds)),
            ..PathTimes::default()
        }
    }

    #[test]
    fn longest_path_with_the_most_names_decides() {
        let all = [
            at("/v1/teams/*/groups", 1),
            at("/v1/teams/demo/groups", 2),
            at("/v1/teams/demo/groups/*/users", 3),
            at("/v1/teams/*/groups/a/users", 4),
        ];
        let class = Freshness::seconds(30, 60, 2);
        let of = |path| times(&all, path, class).fresh_for.as_secs();

        assert_eq!(of("/v1/teams/demo/groups"), 2);
        assert_eq!(of("/v1/teams/demo/Groups/b"), 2);
        assert_eq!(of("/v1/teams/other/groups/b"), 1);
        assert_eq!(of("/v1/teams/demo/groups/b/users"), 3);
        assert_eq!(of("/v1/teams/other/groups/a/users"), 4);
        assert_eq!(of("/v1/teams/demo/groupsies"), 30);
        assert_eq!(of("/v1/teams/demo"), 30);
        assert_eq!(
            times(&all, "/v1/teams/demo/groups", class)
                .stale_for
                .as_secs(),
            60
        );
    }
}
