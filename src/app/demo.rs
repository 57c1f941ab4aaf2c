//! The emulator with a gateway in front of it.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::run::{bind, other, stop_signal};
use super::{Running, Runtimes};
use crate::cli::{Demo, Failed};
use crate::emulator::{self, Emulator};
use crate::{config, trace};

/// Runs emulator and gateway until SIGTERM or Ctrl-C, and says what to try.
///
/// # Errors
///
/// Fails if a port is in use.
pub fn demo(arguments: Demo) -> Result<(), Failed> {
    let started = Instant::now();
    let here = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let runtimes = Runtimes::start(super::Runtime::default()).map_err(other)?;
    runtimes.work().block_on(async {
        let listener = bind(here(arguments.emulator_port), "--emulator-port").await?;
        let emulated = emulator::Config {
            burst: 100,
            refill_per_second: 20.0,
            ..Default::default()
        };
        let emulator = Emulator::new(emulated);
        let address = listener.local_addr().map_err(other)?;
        let text = configuration(arguments, address, &emulator);
        let loaded = config::load(&text, "demo", []).map_err(other)?;
        let guard = trace::init(&loaded.config.log, &loaded.config.trace).map_err(other)?;
        let stop = CancellationToken::new();
        let playing = tokio::spawn(emulator::serve(emulator, listener, stop.clone()));
        let gateway = Running::start(loaded.config, runtimes.workers()).await;
        let gateway = gateway.map_err(|failed| name_flag(failed, arguments))?;
        say(&introduction(&gateway, address, started));
        stop_signal().await;
        let metrics = gateway.parts().metrics.clone();
        let result = gateway.stop().await;
        stop.cancel();
        playing.await.map_err(other)?.map_err(other)?;
        guard.stop().await;
        let totals = metrics.totals();
        let cut = if result.is_err() { totals.in_flight } else { 0 };
        say(&format!(
            "\nstopped: {cut} requests cut, {} answered, {} upstream calls saved\n",
            totals.answered, totals.saved
        ));
        result
    })
}

/// The configuration that a real gateway would have, with the emulator as upstream.
fn configuration(arguments: Demo, upstream: SocketAddr, emulator: &Emulator) -> String {
    let (id, secret) = emulator.key();
    format!(
        r#"
        [[listener]]
        name = "demo"
        listen = "127.0.0.1:{gateway}"
        identity = "trusted"
        caller = "you"

        [[caller]]
        name = "you"
        access = "write"

        [admin]
        listen = "127.0.0.1:{admin}"

        [[team]]
        name = "demo"
        url = "http://{upstream}"

        [[team.principal]]
        name = "gateway"

        [[team.principal.key]]
        id = "{id}"
        secret = "{secret}"

        [log]
        filter = "warn"
        "#,
        gateway = arguments.gateway_port,
        admin = arguments.admin_port,
    )
}

/// Names the flag instead of the setting, which nobody wrote.
fn name_flag(failed: Failed, arguments: Demo) -> Failed {
    match failed {
        Failed::PortInUse { address, .. } => {
            let is_admin = address.port() == arguments.admin_port;
            let flag = if is_admin {
                "--admin-port"
            } else {
                "--gateway-port"
            };
            Failed::PortInUse {
                address,
                setting: flag.to_owned(),
            }
        }
        failed @ (Failed::Option { .. } | Failed::Cut | Failed::Other(_)) => failed,
    }
}

fn introduction(gateway: &Running, emulator: SocketAddr, started: Instant) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let took = started.elapsed().as_millis();
    let address = gateway
        .address()
        .map(|address| address.to_string())
        .unwrap_or_default();
    let admin = gateway.admin();
    let list = format!("{address}/v1/teams/demo/service_users");
    let groups = format!("{address}/v1/teams/demo/groups");
    format!(
        r#"opagate {version}  demo: everything here is made up and stays on this machine

  ready in {took} ms
  gateway    http://{address}     callers ask here
  dashboard  http://{admin}     open this; /health/ready, /metrics and /api/state are there too
  emulator   http://{emulator}     plays Okta Privileged Access, team `demo`:
                                       250 service users, 120 policies, 40 groups

  try, and see

  250 service users at once: 3 pages of the upstream, joined
    curl -si {list} | head -17

  the same again: from memory, in no time
    curl -si {list} | grep -i -E 'cache-status|^age'

  a write, and the next list has it
    curl -s {groups} -H 'content-type: application/json' -d '{{"name":"blue","roles":[]}}'; curl -s {groups} | grep -o '"blue"'

  300 requests at once, three times what the upstream allows: slower, but no 429
    seq 300 | xargs -P30 -I@ curl -s -o /dev/null -w '%{{http_code}}\n' '{groups}?contains=@' | sort | uniq -c

  every token is revoked upstream, and nobody notices
    curl -s {emulator}/_emulator/faults -d '{{"revoke_tokens":true}}'; curl -si '{groups}?contains=x' | head -1

  Ctrl-C stops.
"#
    )
}

/// Writes to standard output; a reader that has gone is no reason to stop.
pub(super) fn say(text: &str) {
    let mut out = io::stdout().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}
