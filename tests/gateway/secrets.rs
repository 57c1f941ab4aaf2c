//! Answers with secrets: never kept, never shared, only for who may write.

use opagate::emulator::{Effect, Fault};

use crate::support::Gateway;

const PATHS: [&str; 3] = [
    "/v1/teams/demo/resource_groups/r/projects/p/server_enrollment_tokens",
    "/v1/teams/DEMO/resource_groups/r/projects/p/%73erver_enrollment_tokens/x",
    "/v1/teams/demo/gateway_setup_tokens/x/token",
];

#[tokio::test(start_paused = true)]
async fn answer_with_a_secret_is_never_kept_nor_shared() {
    let gateway = Gateway::start();
    // An answer with success; what is in it does not matter.
    gateway.emulator.fault(Fault::new(Effect::NotAList));
    let (one, other) = (gateway.writer(), gateway.writer());
    for path in PATHS {
        let (first, second) = tokio::join!(one.get(path), other.get(path));
        let third = one.get(path).await;

        for reply in [first, second, third] {
            assert_eq!(reply.status, 200, "{path}");
            let status = reply.header("cache-status");
            assert_eq!(status, "opagate; fwd=bypass; detail=secret", "{path}");
        }
        assert_eq!(gateway.emulator.calls_to(path), 3, "{path}");
    }
    assert_eq!(gateway.parts.store.size().1, 0);
    gateway.finish().await;
}

#[tokio::test(start_paused = true)]
async fn who_may_only_read_is_shown_no_secret() {
    let gateway = Gateway::start();
    for path in PATHS {
        let reply = gateway.reader().get(path).await;

        assert_eq!(reply.error(), (403, "forbidden_error".to_owned()), "{path}");
    }
    assert_eq!(gateway.emulator.counters().calls, 0);
    gateway.finish().await;
}
