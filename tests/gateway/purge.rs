//! What an operator drops is asked for anew, and nothing else.

use std::sync::Arc;

use opagate::admin::Purge;

use crate::support::Setup;

const LIST: &str = "/v1/teams/demo/groups";
const PAGE: &str = "/v1/teams/demo/groups?count=5";
const ITEM: &str = "/v1/teams/demo/groups/owners";
const OTHER: &str = "/v1/teams/demo/security_policy";

#[tokio::test(start_paused = true)]
async fn each_form_drops_what_it_names() {
    let path = || LIST.to_owned();
    let principal = |name: &str| Purge::Principal {
        team: "demo".to_owned(),
        name: name.to_owned(),
    };
    for (purge, dropped, left) in [
        (Purge::Path(path()), 2, &[ITEM, OTHER][..]),
        (Purge::Prefix(path()), 3, &[OTHER]),
        (principal("gateway"), 4, &[]),
        (principal("nobody"), 0, &[LIST, PAGE, ITEM, OTHER]),
        (Purge::All, 4, &[]),
    ] {
        let gateway = Setup::new().start();
        let reader = gateway.reader();
        for target in [LIST, PAGE, ITEM, OTHER] {
            reader.get(target).await;
        }
        let sources = opagate::app::sources(&gateway.parts, Arc::default());

        let count = (sources.purge)(purge.clone());

        assert_eq!(count, dropped, "{purge:?}");
        for target in [LIST, PAGE, ITEM, OTHER] {
            let reply = reader.get(target).await;
            let is_hit = reply.header("cache-status").starts_with("opagate; hit");
            assert_eq!(is_hit, left.contains(&target), "{purge:?} {target}");
        }
        gateway.finish().await;
    }
}
