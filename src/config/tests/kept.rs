//! Times of single paths, and what is kept warm.

use super::*;

const TEAM: &str = "[[team]]\nname = 'acme'\nurl = 'https://acme.example'\n\
                    [[team.principal]]\nname = 'one'\n\
                    [[team.principal.key]]\nid = '00000000-0000-4000-8000-000000000001'\n\
                    secret = 's'\n\
                    [[team.principal]]\nname = 'two'\n\
                    [[team.principal.key]]\nid = '00000000-0000-4000-8000-000000000002'\n\
                    secret = 's'\n";

#[test]
fn path_has_the_times_that_are_given_and_those_of_its_class() {
    let text = "[[cache.path]]\npath = '/v1/teams/*/%67roups/'\nfresh_for = '1h'\n";
    let config = accepted(text, &[]).cache;

    let group = "/v1/teams/acme/groups/a".parse().unwrap();
    let operation = crate::operation::Operation::parse(&http::Method::GET, &group).unwrap();
    let times = config.times(&operation);

    assert_eq!(config.paths[0].path, "/v1/teams/*/groups");
    assert_eq!(times.fresh_for, Duration::from_secs(3600));
    assert_eq!(times.negative_for, Duration::from_secs(2));
}

#[test]
fn what_is_kept_warm_is_read_as_the_first_principal_or_the_one_named() {
    let text = format!(
        "{TEAM}[[cache.warm]]\npath = '/v1/teams/ACME/groups?count=5'\n\
         [[cache.warm]]\npath = '/v1/teams/acme/users'\nprincipal = 'two'\n"
    );
    let warm = accepted(&text, &[]).cache.warm;

    let all: Vec<_> = (warm.iter())
        .map(|of| (of.target.as_str(), of.team.as_str(), of.principal.as_str()))
        .collect();
    assert_eq!(
        all,
        [
            ("/v1/teams/ACME/groups?count=5", "acme", "one"),
            ("/v1/teams/acme/users", "acme", "two"),
        ]
    );
}

#[test]
fn what_cannot_be_is_refused() {
    for (text, says) in [
        ("[[cache.path]]\nfresh_for = '1s'", "`path`"),
        ("[[cache.path]]\npath = 'groups'", "must be a path"),
        ("[[cache.path]]\npath = '/a/../b'", "must be a path"),
        (
            "[[cache.path]]\npath = '/a'\n[[cache.path]]\npath = '/A/'",
            "two of the same path",
        ),
        ("[[cache.warm]]\npath = 'x'", "must be a path"),
        (
            "[[cache.warm]]\npath = '/v1/teams/acme/gateway_setup_tokens/1/token'",
            "must be something that is kept",
        ),
        (
            "[[cache.warm]]\npath = '/v1/teams/other/groups'",
            "a team that is configured",
        ),
        (
            "[[cache.warm]]\npath = '/v1/teams/acme/groups'\nprincipal = 'three'",
            "not a principal of team `acme`",
        ),
        ("[cache]\naudit_rate = 1.5", "`cache.audit_rate`"),
    ] {
        let shown = refused(&format!("{TEAM}{text}"), &[]);
        assert!(shown.contains(says), "{says}\n{shown}");
    }
}
