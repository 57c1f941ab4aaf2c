//! Question: who asks?
//!
//! A credential is hashed once for each connection, which keeps it as a secret; the same bytes again
//! need no hash.

use std::net::IpAddr;
use std::sync::Arc;

use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, ORIGIN};
use http::uri::Authority;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::Accounts;
use crate::caller::Caller;
use crate::error::{Error, Kind};
use crate::secret::Secret;

/// Through which listener a connection came in.
#[derive(Clone, Debug)]
pub enum Door {
    /// One that asks for a credential.
    Required,
    /// One that stands for a caller.
    Trusted {
        /// The caller.
        caller: Arc<Caller>,
        /// Host names that may be asked for, besides addresses and `localhost`.
        hosts: Arc<[String]>,
    },
}

/// What is known of one connection.
#[derive(Debug)]
pub struct Connection {
    door: Door,
    accounts: Accounts,
    known: Mutex<Option<Known>>,
    origin: Option<Arc<str>>,
    is_tls: bool,
    peer: Option<IpAddr>,
}

/// The last line that was a good one.
#[derive(Debug)]
struct Known {
    line: Secret,
    /// Whose it is.
    caller: Arc<Caller>,
    /// Until when that is sure.
    epoch: u64,
}

impl Connection {
    /// A connection that has just been accepted.
    pub fn new(door: Door, accounts: Accounts) -> Self {
        Self {
            door,
            accounts,
            known: Mutex::new(None),
            origin: None,
            is_tls: false,
            peer: None,
        }
    }

    /// The same, for callers that reach the listener under another name: behind something that ends
    /// TLS, links must not lead back without it.
    pub fn reached_at(self, origin: Option<Arc<str>>, is_tls: bool) -> Self {
        Self {
            origin,
            is_tls,
            ..self
        }
    }

    /// The same, for somebody at this address; some tokens are good only for those of a network.
    pub fn reached_from(self, peer: IpAddr) -> Self {
        Self {
            peer: Some(peer),
            ..self
        }
    }

    /// Who is at the other end, if that is known.
    pub fn peer(&self) -> Option<IpAddr> {
        self.peer
    }

    /// The scheme of links to the host that a request names.
    pub fn scheme(&self) -> &'static str {
        if self.is_tls { "https" } else { "http" }
    }

    /// The present epoch; what was found out in another one is not sure any more.
    pub fn epoch(&self) -> u64 {
        self.accounts.epoch().now()
    }

    /// Who is known here.
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// How callers reach the listener, where that is not what they put into `Host`.
    pub fn origin(&self) -> Option<Arc<str>> {
        self.origin.clone()
    }

    /// Who asks on this connection; `host` is what the request names.
    ///
    /// # Errors
    ///
    /// Fails with [`Kind::Unauthenticated`], or with [`Kind::OriginRefused`] on a trusted listener.
    pub fn ask(&self, headers: &HeaderMap, host: Option<&str>) -> Result<Arc<Caller>, Error> {
        match &self.door {
            Door::Trusted { caller, hosts } => {
                check_origin(headers, host, hosts)?;
                Ok(Arc::clone(caller))
            }
            Door::Required => self.of_line(only_line(headers).ok_or(Kind::Unauthenticated)?),
        }
    }

    /// Who asks for something in Vault's namespace: there `X-Vault-Token` is a credential too, and comes
    /// first. On a trusted listener one may, but need not, show one.
    ///
    /// # Errors
    ///
    /// As [`Connection::ask`].
    pub fn ask_vault(&self, headers: &HeaderMap, host: Option<&str>) -> Result<Arc<Caller>, Error> {
        if let Door::Trusted { caller, hosts } = &self.door {
            check_origin(headers, host, hosts)?;
            if vault_token(headers)?.is_none() {
                return Ok(Arc::clone(caller));
            }
        }
        let token = vault_token(headers)?.ok_or(Kind::Unauthenticated)?;
        let caller = self.accounts.of_token(token.expose().as_bytes(), self.peer);
        Ok(caller.ok_or(Kind::Unauthenticated)?)
    }

    /// Whether `line`, the only one, shows again what `caller` was last let in by on this connection.
    ///
    /// Nobody is let in by one on a trusted listener: what that looks at is for who compares the rest
    /// of the head. The epoch is for who remembers what came of it.
    pub fn is_again(&self, caller: &Arc<Caller>, line: &HeaderValue) -> bool {
        match &self.door {
            Door::Trusted { .. } => true,
            Door::Required => {
                let known = self.known.lock();
                known.as_ref().is_some_and(|known| {
                    Arc::ptr_eq(&known.caller, caller)
                        && known.line.matches(line.as_bytes())
                        && has_time(caller)
                })
            }
        }
    }

    /// The caller of the configuration that shows `secret` as the secret of a key, for OPA's own clients.
    ///
    /// # Errors
    ///
    /// As [`Connection::ask`].
    pub fn ask_for_token(
        &self,
        headers: &HeaderMap,
        host: Option<&str>,
        secret: &str,
    ) -> Result<Arc<Caller>, Error> {
        match &self.door {
            Door::Trusted { .. } => self.ask(headers, host),
            Door::Required => {
                let caller = self.accounts.of_static_token(secret.as_bytes());
                Ok(caller.ok_or(Kind::Unauthenticated)?)
            }
        }
    }

    /// The caller that shows `line`; the same line again needs neither to be read nor to be hashed.
    fn of_line(&self, line: &HeaderValue) -> Result<Arc<Caller>, Error> {
        // First of all: what changes from here on makes old what is found out below.
        let epoch = self.epoch();
        let mut known = self.known.lock();
        if let Some(known) = known.as_ref()
            && known.epoch == epoch
            && known.line.matches(line.as_bytes())
            && has_time(&known.caller)
        {
            return Ok(Arc::clone(&known.caller));
        }
        let line = line.to_str().map_err(|_| Kind::Unauthenticated)?;
        let caller =
            bearer(line).and_then(|token| self.accounts.of_token(token.as_bytes(), self.peer));
        let caller = caller.ok_or(Kind::Unauthenticated)?;
        if !caller.grant.is_counted {
            *known = Some(Known {
                line: Secret::new(line),
                caller: Arc::clone(&caller),
                epoch,
            });
        }
        Ok(caller)
    }
}

/// The one `Authorization` line; with several nobody knows which counts.
///
/// Looks at each header: there are few, and to find one by its hash costs more.
fn only_line(headers: &HeaderMap) -> Option<&HeaderValue> {
    let mut lines = headers.iter().filter(|(name, _)| **name == AUTHORIZATION);
    let (_, line) = lines.next()?;
    lines.next().is_none().then_some(line)
}

/// The token that is shown to Vault; `None` if none is.
///
/// # Errors
///
/// Fails with [`Kind::Unauthenticated`] if there are several, or if it cannot be read.
pub fn vault_token(headers: &HeaderMap) -> Result<Option<Secret>, Error> {
    let mut shown = headers.get_all(VAULT_TOKEN).iter();
    let token = match (shown.next(), shown.next()) {
        (Some(_), Some(_)) => return Err(Kind::Unauthenticated.into()),
        (Some(token), None) => token.to_str().ok(),
        (None, _) if !headers.contains_key(AUTHORIZATION) => return Ok(None),
        (None, _) => {
            let line = only_line(headers).and_then(|line| line.to_str().ok());
            line.and_then(bearer)
        }
    };
    let token = token.filter(|token| !token.is_empty());
    Ok(Some(Secret::new(token.ok_or(Kind::Unauthenticated)?)))
}

/// Whether the caller's session has not ended by itself.
fn has_time(caller: &Caller) -> bool {
    caller
        .grant
        .until
        .is_none_or(|until| Instant::now() < until)
}

fn bearer(line: &str) -> Option<&str> {
    let (scheme, token) = line.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Every web page on the machine can reach a loopback listener; none gets past this.
fn check_origin(headers: &HeaderMap, host: Option<&str>, hosts: &[String]) -> Result<(), Error> {
    let is_from_page = headers.contains_key(ORIGIN)
        || headers
            .get("sec-fetch-site")
            .is_some_and(|site| site != "none");
    // A name that the page's owner makes resolve to this machine (DNS rebinding).
    let is_known = host.is_some_and(|host| is_known_host(host, hosts));
    if is_from_page || !is_known {
        return Err(Kind::OriginRefused.into());
    }
    Ok(())
}

fn is_known_host(host: &str, hosts: &[String]) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host();
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || hosts.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Where Vault's clients show their token.
pub const VAULT_TOKEN: HeaderName = HeaderName::from_static("x-vault-token");

#[cfg(test)]
mod tests;
