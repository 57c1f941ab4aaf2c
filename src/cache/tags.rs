//! What an answer stands on, and what a write touches.
//!
//! Tags name a team's upstream and a canonical path, lower case; never who asked. `at(p)` is the very
//! path, `under(p)` it and all below it. A read carries its own `at` and `under` and the `under` of
//! everything above it, so that one bump anywhere above makes it stale; a write bumps the smallest
//! tags that hold what it can have changed.

use std::iter;

use crate::caller::Principal;
use crate::operation::{Action, Effect, IN_GROUPS, IN_RESOURCE_GROUPS, Operation};

/// One thing that an answer stands on.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Tag {
    /// This very path.
    At(usize, String),
    /// This path and all below it.
    Under(usize, String),
    /// Everything of one principal.
    Of(usize),
    /// Everything.
    All,
}

/// The tags of a read of `operation`, and those that a 404 stands on besides: whatever is above it
/// below the team, for it may be the new member of any of these, or below one.
pub fn read_tags(
    operation: &Operation,
    principal: &Principal,
) -> (impl Iterator<Item = Tag> + use<>, Vec<Tag>) {
    let team = principal.team_index;
    let path = operation.path.canonical().to_ascii_lowercase();
    let root = operation
        .path
        .team()
        .map(|name| format!("/v1/teams/{name}"));
    let absent = ancestors(&path)
        .take_while(|above| Some(*above) != root.as_deref())
        .map(|above| Tag::At(team, above.to_owned()))
        .collect();
    let mut above: Vec<Tag> = ancestors(&path)
        .map(|path| Tag::Under(team, path.to_owned()))
        .collect();
    if let Some(root) = root
        && let Some(kin) = kin(&path, &root)
    {
        above.push(Tag::Under(team, format!("{root}/{kin}")));
    }
    let tags = [
        Tag::All,
        Tag::Of(principal.index),
        Tag::At(team, path.clone()),
        Tag::Under(team, path),
    ];
    (tags.into_iter().chain(above), absent)
}

/// The tags that a write by `operation` touches.
pub fn write_tags(operation: &Operation, principal: &Principal) -> Vec<Tag> {
    let team = principal.team_index;
    let path = operation.path.canonical().to_ascii_lowercase();
    let at = |path: &str| Tag::At(team, path.to_owned());
    let under = |path: &str| Tag::Under(team, path.to_owned());
    let mut tags: Vec<Tag> = ancestors(&path).map(at).collect();
    match operation.endpoint.action {
        Action::Write(Effect::Create) => tags.push(at(&path)),
        Action::Write(Effect::Item) => tags.push(under(&path)),
        Action::Write(Effect::Unknown) => {
            tags.push(under(&path));
            tags.extend(parent(&path).map(under));
        }
        Action::Read | Action::SecretRead | Action::Reveal | Action::Local => {}
    }
    if let Some(name) = operation.path.team() {
        let touched = operation.endpoint.touches.iter();
        tags.extend(touched.map(|below| under(&format!("/v1/teams/{name}/{below}"))));
        // Nobody knows what else it changes.
        if operation.is_write() && operation.endpoint.route.is_empty() {
            tags.push(under(&format!("/v1/teams/{name}")));
        }
    }
    tags
}

/// What `path` has in common with its like below any parent: it is of a group, whose members show roles
/// that follow from all groups, or of a resource group and not one of its projects, of which a
/// principal sees what the policies let it.
fn kin(path: &str, root: &str) -> Option<&'static str> {
    let below = path.strip_prefix(root)?;
    let mut parts = below.split('/').skip(1);
    let (collection, _item) = (parts.next()?, parts.next()?);
    let part = parts.next()?;
    match collection {
        "groups" => Some(IN_GROUPS),
        "resource_groups" if part != "projects" || parts.nth(1).is_some() => {
            Some(IN_RESOURCE_GROUPS)
        }
        _ => None,
    }
}

/// All paths above `path`, nearest first, without the root.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    iter::successors(parent(path), |path| parent(path))
}

fn parent(path: &str) -> Option<&str> {
    let (parent, _) = path.rsplit_once('/')?;
    (!parent.is_empty()).then_some(parent)
}

#[cfg(test)]
mod tests {
    use http::Method;
    use proptest::prelude::*;

    use super::*;
    use crate::testing;

    fn operation(method: &Method, target: &str) -> Operation {
        Operation::parse(method, &target.parse().unwrap()).unwrap()
    }

    /// Whether a write makes a read stale.
    fn touches(write: (&Method, &str), read: &str) -> bool {
        let principal = testing::principal();
        let written = write_tags(&operation(write.0, write.1), &principal);
        let (tags, _) = read_tags(&operation(&Method::GET, read), &principal);
        tags.into_iter().any(|tag| written.contains(&tag))
    }

    fn touches_absent(write: (&Method, &str), read: &str) -> bool {
        let principal = testing::principal();
        let written = write_tags(&operation(write.0, write.1), &principal);
        let (_, absent) = read_tags(&operation(&Method::GET, read), &principal);
        absent.iter().any(|tag| written.contains(tag))
    }

    const T: &str = "/v1/teams/demo";

    #[test]
    fn writing_an_item_touches_it_its_list_and_what_is_below_it() {
        let write = (&Method::PUT, "/v1/teams/demo/groups/a");

        assert!(touches(write, "/v1/teams/demo/groups/a"));
        assert!(touches(write, "/v1/teams/demo/groups"));
        assert!(touches(write, "/v1/teams/demo/groups?contains=x"));
        assert!(touches(write, "/v1/teams/demo/groups/a/users"));
    }

    #[test]
    fn writing_one_item_leaves_its_neighbours_alone() {
        let write = (&Method::PUT, "/v1/teams/demo/groups/a");

        assert!(!touches(write, "/v1/teams/demo/groups/b"));
        assert!(!touches(
            (&Method::PUT, "/v1/teams/demo/service_users/x"),
            "/v1/teams/demo/groups/a"
        ));
        assert!(!touches(write, "/v1/teams/demo/security_policy"));
        assert!(!touches(write, "/v1/teams/other/groups/a"));
    }

    #[test]
    fn creating_touches_the_list_and_an_earlier_404_but_no_item() {
        let write = (&Method::POST, "/v1/teams/demo/groups");

        assert!(touches(write, "/v1/teams/demo/groups"));
        assert!(touches_absent(write, "/v1/teams/demo/groups/new"));
        assert!(touches_absent(write, "/v1/teams/demo/groups/new/users"));
        assert!(!touches_absent(write, "/v1/teams/demo/security_policy/1"));
        assert!(!touches(write, "/v1/teams/demo/groups/b"));
    }

    #[test]
    fn every_spelling_is_touched() {
        let write = (&Method::PUT, "/v1/teams/DEMO/%67roups/%61");

        assert!(touches(write, "/v1/teams/demo/groups/a"));
        assert!(touches(write, "/v1/teams/Demo/groups/A"));
    }

    #[test]
    fn related_collections_are_touched() {
        for (write, read) in [
            ((&Method::POST, "groups/a/users"), "users/x/groups"),
            ((&Method::DELETE, "groups/a"), "security_policy/1"),
            ((&Method::POST, "resource_groups"), "groups/a"),
            (
                (&Method::DELETE, "sudo_command_bundles/1"),
                "security_policy",
            ),
            ((&Method::PUT, "service_users/x"), "groups/a/users"),
            ((&Method::PUT, "groups/a"), "groups/b/users"),
            ((&Method::DELETE, "groups/a"), "groups/b/users"),
            ((&Method::POST, "groups/a/users"), "groups/b/users"),
            ((&Method::PUT, "service_users/x"), "users"),
            ((&Method::PUT, "service_users/x"), "users_by_id/1"),
            ((&Method::PUT, "users/x"), "users_by_id/1"),
        ] {
            let target = format!("{T}/{}", write.1);
            assert!(
                touches((write.0, &target), &format!("{T}/{read}")),
                "{write:?} {read}"
            );
        }
    }

    #[test]
    fn writing_a_policy_touches_what_is_in_projects_but_not_the_projects() {
        let write = (&Method::PUT, "/v1/teams/demo/security_policy/1");
        let all = format!("{T}/resource_groups");

        for below in ["", "/a", "/a/projects", "/a/projects/b"] {
            assert!(!touches(write, &format!("{all}{below}")), "{below}");
        }
        for below in [
            "/a/all_things",
            "/a/projects/b/servers",
            "/a/projects/b/secrets/c",
        ] {
            assert!(touches(write, &format!("{all}{below}")), "{below}");
        }
    }

    #[test]
    fn unknown_write_touches_all_of_its_team() {
        let write = (&Method::POST, "/v1/teams/demo/things/1/reorder");

        assert!(touches(write, "/v1/teams/demo/things/1"));
        assert!(touches(write, "/v1/teams/demo/things/1/items"));
        assert!(touches(write, "/v1/teams/demo/things"));
        assert!(touches(write, "/v1/teams/demo/groups"));
        assert!(!touches(write, "/v1/teams/other/groups"));
    }

    proptest! {
        #[test]
        fn every_write_touches_its_own_path_and_all_above(
            segments in prop::collection::vec("[a-z]{1,3}", 1..6),
            method in prop::sample::select(vec![Method::PUT, Method::DELETE, Method::PATCH, Method::POST]),
        ) {
            let path = format!("{T}/{}", segments.join("/"));
            prop_assume!(operation(&method, &path).is_write());
            let mut above = path.as_str();
            while above.len() > T.len() {
                prop_assert!(touches((&method, &path), above), "{method} {path} {above}");
                above = parent(above).unwrap();
            }
        }
    }
}
