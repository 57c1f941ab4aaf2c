//! How a gateway is to be, and how it is made so.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use opagate::app::Parts;
use opagate::emulator::{self, Emulator};
use opagate::upstream::Transport;
use opagate::{config, stack, upstream};
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::transport::{Heard, coded, direct, slow};
use super::{Gateway, log, token_of};

/// Settings of a gateway and of the teams that it asks.
pub(crate) struct Setup {
    emulators: Vec<Emulator>,
    callers: usize,
    text: String,
    settings: Vec<(String, String)>,
    jitter: Option<(u64, Duration)>,
    gzip: bool,
    transport: Option<fn(&Emulator) -> Transport>,
    change: fn(&mut Parts),
}

impl Setup {
    /// The usual settings over the usual team, `demo`.
    pub(crate) fn new() -> Self {
        Self::over(|_| {})
    }

    /// The usual settings over a team that is changed first.
    pub(crate) fn over(change: impl FnOnce(&mut emulator::Config)) -> Self {
        log::capture();
        Self::unheard(change)
    }

    /// The same, and nobody listens to its log.
    pub(crate) fn unheard(change: impl FnOnce(&mut emulator::Config)) -> Self {
        Self {
            emulators: vec![team("demo", change)],
            callers: 0,
            text: String::new(),
            settings: Vec::new(),
            jitter: None,
            gzip: false,
            transport: None,
            change: |_| {},
        }
        // Short enough for a test to outlive, and long enough apart to be told from each other.
        .set("cache.class.directory.fresh_for", "30s")
        .set("cache.class.directory.stale_for", "5m")
    }

    /// Every setting that is not asked for as it is shipped.
    pub(crate) fn shipped(mut self) -> Self {
        self.settings.clear();
        self
    }

    /// One more team.
    pub(crate) fn team(mut self, name: &str) -> Self {
        self.emulators.push(team(name, |_| {}));
        self
    }

    /// So many more callers who may write: `caller-0`, `caller-1`, ….
    pub(crate) fn callers(mut self, callers: usize) -> Self {
        self.callers = callers;
        self
    }

    /// More of the configuration file; it follows the last team's principal.
    pub(crate) fn text(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// One more principal of the last team: one of its seeded service users.
    pub(crate) fn principal(self, name: &str) -> Self {
        let emulator = self.emulators.last().unwrap();
        let (id, secret) = emulator.key_of(name).unwrap();
        let text = format!(
            "[[team.principal]]\nname = '{name}'\n\
             [[team.principal.key]]\nid = '{id}'\nsecret = '{secret}'\n"
        );
        self.text(&text)
    }

    /// A setting outside of lists, as in `cache.linger`.
    pub(crate) fn set(mut self, key: &str, value: &str) -> Self {
        let name = key.to_uppercase().replace('.', "__");
        self.settings
            .push((format!("OPAGATE_{name}"), value.to_owned()));
        self
    }

    /// Keeps a store in `directory`, and lets [`ROOT`] do everything.
    pub(crate) fn store(self, directory: &Path) -> Self {
        let path = directory.join("store");
        let text = format!(
            "[store]\npath = '{}'\nkey = 'canary-key-of-the-store-0123456789'\n\
             [sessions]\nroot_token_sha256 = '{}'\n",
            path.display(),
            hex::encode(Sha256::digest(ROOT))
        );
        self.text(&text)
    }

    /// Lets every exchange with a team take a random time, before and after it is carried out.
    pub(crate) fn jitter(mut self, seed: u64, longest: Duration) -> Self {
        self.jitter = Some((seed, longest));
        self
    }

    /// Lets the teams answer in gzip where it is asked for.
    pub(crate) fn gzip(mut self) -> Self {
        self.gzip = true;
        self
    }

    /// Reaches the teams in another way.
    pub(crate) fn transport(mut self, transport: fn(&Emulator) -> Transport) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Changes its parts before they are put together.
    pub(crate) fn parts(mut self, change: fn(&mut Parts)) -> Self {
        self.change = change;
        self
    }

    /// Starts it.
    pub(crate) fn start(self) -> Gateway {
        let text = self.file();
        let loaded = config::load(&text, "test", self.settings).unwrap();
        let heard = Heard::default();
        let transports =
            self.emulators
                .iter()
                .map(|emulator| match (self.transport, self.jitter) {
                    (Some(transport), _) => transport(emulator),
                    (None, Some((seed, longest))) => slow(emulator, seed, longest),
                    (None, None) if self.gzip => coded(emulator, &heard),
                    (None, None) => direct(emulator),
                });
        let origins = loaded.config.origins.iter();
        let origins = origins.map(|origin| upstream::connect(&origin.upstream).unwrap());
        let transports = transports.chain(origins).collect::<Vec<_>>();
        let (mut parts, writer) = loop {
            // Who had the store before may need a moment to let it go.
            match Parts::over(loaded.config.clone(), transports.clone()) {
                Err(error) if error.to_string().contains("in use") => thread::yield_now(),
                parts => break parts.unwrap(),
            }
        };
        (self.change)(&mut parts);
        let stop = CancellationToken::new();
        let writer = thread::spawn(move || writer.run());
        let front = stack::build(&parts, Handle::current());
        let (work, warming) = (parts.clone(), front.clone());
        let running = {
            let stop = stop.clone();
            async move {
                tokio::join!(work.run(stop.clone()), warming.keep_warm(stop));
            }
        };
        Gateway {
            emulator: self.emulators[0].clone(),
            emulators: self.emulators,
            front,
            heard,
            shown: Arc::default(),
            running: Some(tokio::spawn(running)),
            writer: Some(writer),
            parts,
            stop,
        }
    }

    fn file(&self) -> String {
        let mut text = LISTENERS.to_owned();
        let more = (0..self.callers).map(|number| format!("caller-{number}"));
        let writers = more.chain(["writer".to_owned()]);
        for (name, access) in writers
            .map(|name| (name, "write"))
            .chain([("reader".to_owned(), "read")])
        {
            let hash = hash_of(&name);
            write!(
                text,
                "[[caller]]\nname = '{name}'\naccess = '{access}'\ntoken_sha256 = '{hash}'\n"
            )
            .unwrap();
        }
        for (number, emulator) in self.emulators.iter().enumerate() {
            let (id, secret) = emulator.key();
            let name = if number == 0 { "demo" } else { "second" };
            write!(
                text,
                "[[team]]\nname = '{name}'\nurl = 'https://{name}.opa.test'\n\
                 [[team.principal]]\nname = 'gateway'\n\
                 [[team.principal.key]]\nid = '{id}'\nsecret = '{secret}'\n"
            )
            .unwrap();
        }
        text + &self.text
    }
}

/// The token of [`Setup::store`].
pub(crate) const ROOT: &str = "hvs.root-of-the-test";

/// The hash of a caller's token, as it stands in the configuration.
pub(crate) fn hash_of(caller: &str) -> String {
    hex::encode(Sha256::digest(token_of(caller)))
}

fn team(name: &str, change: impl FnOnce(&mut emulator::Config)) -> Emulator {
    let mut config = emulator::Config {
        team: name.to_owned(),
        key_secret: format!("canary-key-of-{name}"),
        ..emulator::Config::default()
    };
    change(&mut config);
    Emulator::new(config)
}

const LISTENERS: &str = r#"
[[listener]]
name = "main"
listen = "127.0.0.1:8080"

[[listener]]
name = "sidecar"
listen = "127.0.0.1:8090"
identity = "trusted"
caller = "neighbour"
hosts = ["gateway.test"]

[[caller]]
name = "neighbour"
access = "write"
"#;
