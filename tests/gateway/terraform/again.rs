//! All is read, one thing is changed, all is read again; ten times, twenty seconds apart.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::bodies::policy;
use super::record::path;
use crate::support::{Client, Gateway, Oracle, Setup, put};

/// What came of it.
#[derive(Debug)]
pub(super) struct Figures {
    /// Requests that were made: so many calls it is without a gateway.
    pub(super) asked: u64,
    /// Calls that reached the emulator, reads and writes.
    pub(super) reached: u64,
    /// Reads that did not tell what the emulator says at that moment.
    pub(super) stale: Vec<String>,
}

impl Figures {
    /// How many fewer, in percent.
    pub(super) fn saved(&self) -> u64 {
        100 - 100 * self.reached / self.asked
    }
}

const RUNS: usize = 10;
const APART: Duration = Duration::from_secs(20);
/// As many as Terraform sends at once.
const AT_ONCE: usize = 10;

/// So many groups, policies and service users.
type Mix = [usize; 3];

/// Two hundred things.
async fn things(oracle: &Oracle, [groups, policies, service_users]: Mix) -> Vec<String> {
    let mut things = Vec::new();
    for (list, key, count) in [
        ("groups", "name", groups),
        ("security_policy", "id", policies),
        ("service_users", "name", service_users),
    ] {
        let all = oracle.tell(&path(list)).await;
        // The first are the team's own: `everyone`, `owners` and the gateway.
        let all = all["list"].as_array().unwrap().iter().skip(2).take(count);
        things.extend(all.map(|item| path(&format!("{list}/{}", encoded(&item[key])))));
    }
    assert_eq!(things.len(), 200);
    things
}

fn encoded(name: &Value) -> String {
    let name = name.as_str().unwrap();
    percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Works on a gateway with these settings.
pub(super) async fn run(mix: Mix, settings: &[(&str, &str)]) -> Figures {
    let setup = Setup::over(|team| {
        team.groups = 102;
        team.policies = 102;
        team.service_users = 42;
        team.page_size = 1_000;
        team.burst = 90_000;
    });
    let setup = settings
        .iter()
        .fold(setup.shipped(), |setup, (key, value)| setup.set(key, value));
    let gateway = setup.jitter(1, Duration::from_millis(100)).start();
    let oracle = Oracle::of(&gateway).await;
    let things = things(&oracle, mix).await;
    let mut figures = Figures {
        asked: 0,
        reached: 0,
        stale: Vec::new(),
    };
    for number in 0..RUNS {
        read_all(&gateway, &oracle, &things, &mut figures).await;
        // Spread over all three kinds.
        let changed = &things[(number * 67) % things.len()];
        change(&gateway.writer(), changed, number).await;
        read_all(&gateway, &oracle, &things, &mut figures).await;
        figures.asked += 1;
        sleep(APART).await;
    }
    figures.reached = oracle.reads_of_others() + gateway.emulator.counters().writes;
    gateway.finish().await;
    figures
}

/// Reads all things as one run of Terraform does, on a connection of its own.
async fn read_all(gateway: &Gateway, oracle: &Oracle, things: &[String], figures: &mut Figures) {
    let client = gateway.reader();
    let reads = stream::iter(things).map(|thing| {
        let client = client.clone();
        async move {
            let reply = client.get(thing).await;
            let truth = oracle.tell(thing).await;
            (reply.json() != truth).then(|| format!("{thing}: {reply:?}"))
        }
    });
    let stale: Vec<_> = reads.buffer_unordered(AT_ONCE).collect().await;
    figures.asked += u64::try_from(things.len()).unwrap();
    figures.stale.extend(stale.into_iter().flatten());
}

async fn change(client: &Client, thing: &str, number: usize) {
    let body = if thing.contains("/groups/") {
        json!({ "roles": ["resource_admin"] })
    } else if thing.contains("/service_users/") {
        json!({ "status": "DISABLED" })
    } else {
        policy(&format!("changed {number}"))
    };
    let reply = client.send(put(thing, &body)).await;
    assert!(reply.status.is_success(), "{thing}: {reply:?}");
}

/// Who exists and may do what is believed for 5 s only, so that each run asks again for each user; all
/// else is asked for once, and when it was changed.
#[tokio::test(start_paused = true)]
async fn reading_all_again_saves_most_calls_and_tells_nothing_old() {
    let longer = [("cache.class.identity.fresh_for", "5m")];
    for (mix, settings, least) in [
        ([100, 100, 0], &[][..], 90),
        ([90, 90, 20], &[], 85),
        ([80, 80, 40], &longer, 80),
    ] {
        let figures = run(mix, settings).await;

        assert_eq!(figures.stale, [""; 0], "{settings:?}");
        assert_eq!(figures.asked, 4_010);
        assert!(figures.saved() >= least, "{settings:?}: {figures:?}");
    }
}
