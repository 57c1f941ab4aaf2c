//! Reads the listeners, and refuses those that would let in whom nobody meant to.

use std::net::SocketAddr;

use crate::auth;
use crate::caller::{Access, Priority, Weight};
use crate::config::callers::{self, Entry};
use crate::config::mistake::{Mistake, Place};
use crate::config::nearest::nearest;
use crate::config::notes::Notes;
use crate::config::section::{Placed, Section};
use crate::config::teams::Roster;
use crate::config::tls::tls;
use crate::config::unique::Unique;
use crate::config::value::{address, name, one_of, text, url};
use crate::listen::{Config, Identity};
use crate::policy::of_access;
use crate::quota;

/// An address that is listened on; without a place it is a default.
#[derive(Clone, Debug)]
pub(super) struct Address {
    /// The address.
    pub(super) value: SocketAddr,
    /// Where it was set.
    pub(super) place: Option<Place>,
}

/// All listeners and callers: those of the file, or the one that there is without any.
pub(super) fn listeners(
    top: &mut Section<'_>,
    (callers, has_store): (Vec<Entry>, bool),
    teams: &[Roster],
    admin: Address,
) -> (Vec<Config>, Vec<auth::Config>) {
    let mut names = Unique::new("listener");
    let mut taken = vec![admin];
    let listeners = top.each("listener", |section| {
        let (name, listener) = listener(section, &callers, &mut taken);
        if let Some(name) = name {
            names.add(section.notes, &name.value, &name.place);
        }
        listener
    });
    if top.is_absent("listener") {
        return by_default(top.notes, (callers, has_store), teams, &taken);
    }
    let listeners: Vec<Config> = listeners.into_iter().flatten().collect();
    warn_of_useless(top.notes, &callers, &listeners);
    (
        listeners,
        callers.into_iter().map(Entry::into_config).collect(),
    )
}

/// Refuses an address of the admin listener that other machines can reach.
pub(super) fn admin(notes: &Notes, admin: &Address) {
    if !admin.value.ip().is_loopback() {
        let mistake = Mistake::error("the admin listener must stay on this machine");
        let mistake = mistake.at(admin.place.as_ref(), "reachable from other machines");
        notes.add(mistake.help("listen on \"127.0.0.1:8081\"; it asks nobody who they are"));
    }
}

/// What the keys of one listener say.
struct Raw {
    address: Option<Placed<SocketAddr>>,
    identity: Option<Place>,
    is_trusted: bool,
    caller: Option<Placed<String>>,
    hosts: Option<Vec<Placed<String>>>,
}

fn listener(
    section: &mut Section<'_>,
    callers: &[Entry],
    taken: &mut Vec<Address>,
) -> (Option<Placed<String>>, Option<Config>) {
    let name = section.required("name", name);
    let address = section.required("listen", address);
    let mut is_trusted = false;
    let identity = section.set("identity", &mut is_trusted, one_of(IDENTITY));
    let raw = Raw {
        address,
        identity,
        is_trusted,
        caller: section.optional("caller", text),
        hosts: section.texts("hosts"),
    };
    let public_url = section.optional("public_url", url).map(|url| url.value);
    let tls = tls(section);
    if let Some(address) = &raw.address {
        refuse_if_taken(section.notes, address, taken);
    }
    let identity = if raw.is_trusted {
        trusted(section, &raw, callers)
    } else {
        required(section, &raw, callers)
    };
    let config = name.clone().zip(raw.address).zip(identity);
    let config = config.map(|((name, address), identity)| Config {
        name: name.value,
        address: address.value,
        identity,
        public_url,
        tls,
    });
    (name, config)
}

fn required(section: &mut Section<'_>, raw: &Raw, callers: &[Entry]) -> Option<Identity> {
    let needless = raw.caller.as_ref().map(|c| &c.place);
    let needless = needless.or_else(|| raw.hosts.iter().flatten().map(|h| &h.place).next());
    if let Some(place) = needless {
        let mistake = Mistake::error("`caller` and `hosts` are for a trusted listener only");
        let mistake = mistake
            .at(place, "without effect")
            .beside(raw.identity.as_ref(), "because");
        section
            .notes
            .add(mistake.help("remove it, or set `identity = \"trusted\"`"));
    }
    if !callers.iter().any(|c| c.has_token) {
        let place = raw
            .address
            .as_ref()
            .map(|a| &a.place)
            .or_else(|| section.header());
        let is_local = raw
            .address
            .as_ref()
            .is_none_or(|a| a.value.ip().is_loopback());
        let mistake = if is_local {
            Mistake::warning("nobody can get in through this listener")
        } else {
            Mistake::error("nobody can get in through a listener without callers")
        };
        let help = "add `[[caller]]` with `name` and `token_sha256`, or set `identity = \
                    \"trusted\"` on a loopback address";
        section
            .notes
            .add(mistake.at(place, "no caller has a token").help(help));
    }
    Some(Identity::Required)
}

fn trusted(section: &mut Section<'_>, raw: &Raw, callers: &[Entry]) -> Option<Identity> {
    if section.raw("caller").is_none() {
        let mistake = Mistake::error("a trusted listener needs a caller to stand for");
        let help = "add `caller = \"…\"` with the name of a `[[caller]]`";
        section
            .notes
            .add(mistake.at(raw.identity.as_ref(), "as whom?").help(help));
    }
    let caller = raw.caller.as_ref();
    let known = caller.and_then(|c| callers.iter().find(|e| e.name.value == c.value));
    if let (Some(caller), None) = (caller, known) {
        section.notes.add(unknown(caller, callers));
    }
    if let Some(address) = raw.address.as_ref().filter(|a| !a.value.ip().is_loopback()) {
        section
            .notes
            .add(open_to_all(address, raw.identity.as_ref(), known));
    }
    Some(Identity::Trusted {
        caller: caller?.value.clone(),
        hosts: hosts(section, raw.hosts.as_deref().unwrap_or_default()),
    })
}

fn unknown(caller: &Placed<String>, callers: &[Entry]) -> Mistake {
    let names: Vec<&str> = callers.iter().map(|c| c.name.value.as_str()).collect();
    let mistake = Mistake::error("a listener may only stand for a caller that is configured");
    let mistake = mistake.at(&caller.place, "not a `[[caller]]`");
    let mistake = match nearest(&caller.value, names.iter().copied()) {
        Some(near) => mistake.help(format!("did you mean \"{near}\"?")),
        None => mistake.help("add a `[[caller]]` of this name; it needs no token"),
    };
    mistake.note(
        "known",
        if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        },
    )
}

fn open_to_all(
    address: &Placed<SocketAddr>,
    identity: Option<&Place>,
    caller: Option<&Entry>,
) -> Mistake {
    let keys = caller
        .map(|c| c.principals.join("`, `"))
        .filter(|keys| !keys.is_empty());
    let title = match keys {
        Some(keys) => format!("this listener would let anyone spend the key of `{keys}`"),
        None => "this listener would let anyone in".to_owned(),
    };
    Mistake::error(title)
        .at(&address.place, "reachable from other machines")
        .beside(identity, "and asks nobody who they are")
        .help(format!(
            "listen on \"127.0.0.1:{}\" for a sidecar",
            address.value.port()
        ))
        .help("or set `identity = \"required\"` and give each `[[caller]]` a `token_sha256`")
}

/// Host names as they are compared: lower case, without a port.
fn hosts(section: &Section<'_>, named: &[Placed<String>]) -> Vec<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    for host in named {
        if host.value.is_empty() || !host.value.chars().all(is_plain) {
            let mistake = Mistake::error("`listener.hosts` must hold names of hosts");
            let mistake = mistake.at(&host.place, "not one");
            section
                .notes
                .add(mistake.help("write it without scheme and port, as in \"opagate\""));
        }
    }
    named.iter().map(|h| h.value.to_ascii_lowercase()).collect()
}

fn refuse_if_taken(notes: &Notes, address: &Placed<SocketAddr>, taken: &mut Vec<Address>) {
    if let Some(other) = taken
        .iter()
        .find(|other| collide(other.value, address.value))
    {
        let mistake = Mistake::error("two listeners on one address").at(&address.place, "taken");
        let mistake = match &other.place {
            Some(place) => mistake.beside(place, "by this one"),
            None => mistake.note("note", format!("the admin listener is on {}", other.value)),
        };
        notes.add(mistake.help("give one of them another port"));
        return;
    }
    taken.push(Address {
        value: address.value,
        place: Some(address.place.clone()),
    });
}

/// Whether both cannot be listened on at once; port 0 is a new one each time.
fn collide(a: SocketAddr, b: SocketAddr) -> bool {
    let is_all =
        |x: SocketAddr, y: SocketAddr| x.ip().is_unspecified() && (x.is_ipv6() || y.is_ipv4());
    a.port() != 0 && a.port() == b.port() && (a.ip() == b.ip() || is_all(a, b) || is_all(b, a))
}

fn warn_of_useless(notes: &Notes, callers: &[Entry], listeners: &[Config]) {
    let is_stood_for = |name: &str| {
        listeners.iter().any(|l| match &l.identity {
            Identity::Trusted { caller, .. } => caller == name,
            Identity::Required => false,
        })
    };
    for entry in callers {
        if !entry.has_token && !is_stood_for(&entry.name.value) {
            let mistake = Mistake::warning("a caller that can never get in");
            let mistake = mistake.at(&entry.name.place, "has no token and no trusted listener");
            notes.add(mistake.help("give it a `token_sha256`, or name it in a trusted listener"));
        }
    }
}

/// The one listener that there is without any in the file; see `config/opagate.toml`.
fn by_default(
    notes: &Notes,
    (callers, has_store): (Vec<Entry>, bool),
    teams: &[Roster],
    taken: &[Address],
) -> (Vec<Config>, Vec<auth::Config>) {
    let address = SocketAddr::from(([127, 0, 0, 1], 8080));
    if let Some(other) = taken.iter().find(|other| collide(other.value, address)) {
        let mistake = Mistake::error("two listeners on one address");
        let mistake = mistake.at(other.place.as_ref(), "callers are awaited there by default");
        notes.add(mistake.help("choose another port, or add a `[[listener]]` on another one"));
    }
    // Where there is a store, tokens are given out.
    let has_tokens = has_store || callers.iter().any(|c| c.has_token);
    let identity = if has_tokens {
        warn_of_useless(notes, &callers, &[]);
        Identity::Required
    } else {
        let mistake = Mistake::warning(format!(
            "no caller has a token, so whoever reaches {address} on this machine is let in as \
             `{LOCAL}`"
        ));
        notes
            .add(mistake.help("add `[[caller]]` with `token_sha256`, or a trusted `[[listener]]`"));
        Identity::Trusted {
            caller: LOCAL.to_owned(),
            hosts: Vec::new(),
        }
    };
    let is_missing = !has_tokens && !callers.iter().any(|c| c.name.value == LOCAL);
    let mut configs: Vec<_> = callers.into_iter().map(Entry::into_config).collect();
    if is_missing {
        configs.push(auth::Config {
            name: LOCAL.to_owned(),
            token_sha256: None,
            policies: vec![of_access(Access::Write)],
            priority: Priority::Interactive,
            weight: Weight::ONE,
            principals: callers::first_of_each(teams),
            quota: quota::Config::default(),
        });
    }
    let listener = Config {
        name: "default".to_owned(),
        address,
        identity,
        public_url: None,
        tls: None,
    };
    (vec![listener], configs)
}

/// Whether a listener is trusted.
const IDENTITY: &[(&str, bool)] = &[("required", false), ("trusted", true)];

/// The caller for whom the default listener stands if nobody has a token.
const LOCAL: &str = "local";
