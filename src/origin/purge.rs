//! Drops what is kept of origins on an operator's word.

use super::mapping::{self, Config};
use crate::cache::{Generations, Tag};

/// What of the origins is to be dropped, as callers ask for it.
#[derive(Clone, Copy, Debug)]
pub enum Purge<'a> {
    /// This path and all below it.
    Prefix(&'a str),
    /// This path with any query.
    Path(&'a str),
    /// Everything.
    All,
}

/// Makes stale what `purge` names, at once and for good.
pub fn purge(configs: &[Config], generations: &Generations, purge: Purge<'_>) {
    let tags: Vec<Tag> = match purge {
        Purge::All => vec![Tag::All],
        Purge::Path(path) => below(configs, path, |_| None, Tag::At),
        Purge::Prefix(path) => {
            let all_of = |config: &Config| {
                let is_above = format!("{path}/") == config.prefix
                    || config.prefix.starts_with(&format!("{path}/"));
                is_above.then(|| config.path.trim_end_matches('/').to_owned())
            };
            below(configs, path, all_of, Tag::Under)
        }
    };
    generations.bump(&generations.slots(tags.into_iter()));
}

/// The tags of `path` at each origin that it leads to; `whole` says where it names all of one.
fn below(
    configs: &[Config],
    path: &str,
    whole: impl Fn(&Config) -> Option<String>,
    tag: fn(usize, String) -> Tag,
) -> Vec<Tag> {
    let at_origin = |config: &Config| {
        let rest = path.strip_prefix(config.prefix.as_str());
        let rest = rest.map(|rest| mapping::canonical(&format!("{}{rest}", config.path)));
        rest.or_else(|| whole(config))
    };
    let found = configs.iter().filter_map(|config| {
        let path = at_origin(config)?;
        Some(tag(mapping::site_of(configs, config), path))
    });
    found.collect()
}

/// What a read of a path at a site stands on, beside the path itself: everything above it.
pub(super) fn above(site: usize, path: &str) -> Vec<Tag> {
    let ends = path.match_indices('/').map(|(end, _)| end);
    let above = ends.chain([path.len()]).filter_map(|end| path.get(..end));
    let above = above.map(|path| Tag::Under(site, path.to_owned()));
    above.chain([Tag::All]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::mapping::Callers;
    use super::*;
    use crate::upstream;

    fn config(prefix: &str, url: &str, path: &str) -> Config {
        Config {
            prefix: prefix.to_owned(),
            upstream: upstream::Config {
                url: url.parse().unwrap(),
                ca_file: None,
                proxy: None,
                limits: upstream::Limits::default(),
            },
            path: path.to_owned(),
            callers: Callers::Known,
            heuristic_freshness: false,
        }
    }

    #[test]
    fn only_what_is_named_is_dropped() {
        let configs = [
            config("/files/", "http://a.test", "/"),
            config("/more/files/", "http://b.test", "/deep/"),
        ];
        let read = |site, path: &str| (site, path.to_owned());
        let reads = [
            read(0, "/x"),
            read(0, "/x/y"),
            read(0, "/z"),
            read(1, "/deep/x"),
        ];
        for (what, dropped) in [
            (Purge::Path("/files/x"), [true, false, false, false]),
            (Purge::Prefix("/files/x"), [true, true, false, false]),
            (Purge::Prefix("/files/%78"), [true, true, false, false]),
            (Purge::Prefix("/files"), [true, true, true, false]),
            (Purge::Prefix("/more"), [false, false, false, true]),
            (Purge::Path("/more/files/x"), [false, false, false, true]),
            (Purge::Prefix("/v1/teams"), [false; 4]),
            (Purge::All, [true; 4]),
        ] {
            let generations = Generations::new();
            let slots = reads.clone().map(|(site, path)| {
                let own = Tag::At(site, path.clone());
                generations.slots(above(site, &path).into_iter().chain([own]))
            });
            let before = slots.each_ref().map(|slots| generations.sum(slots));

            purge(&configs, &generations, what);

            let after = slots.each_ref().map(|slots| generations.sum(slots));
            let is_changed = [0, 1, 2, 3].map(|at: usize| before[at] != after[at]);
            assert_eq!(is_changed, dropped, "{what:?}");
        }
    }
}
