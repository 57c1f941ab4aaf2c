//! How a mount reaches Okta, and how its tokens are.

use std::net::IpAddr;
use std::time::Duration;

use http::Uri;
use serde::{Deserialize, Serialize};

use crate::secret::Secret;
use crate::sessions::{Cidr, Terms};

/// The settings of one mount.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Settings {
    /// The organisation: the first label of its host, unless `base_url` is a whole URL.
    pub org_name: String,
    /// The rest of the host, or scheme and host as a whole; `None`: as `production` says.
    pub base_url: Option<String>,
    /// What stood in for `base_url` once: false is oktapreview.com.
    pub production: Option<bool>,
    /// Whether factors are not asked for.
    pub bypass_okta_mfa: bool,
    /// `ttl`, the old name of `token_ttl`; shown for as long as nothing is set by the new one.
    pub ttl: Option<Duration>,
    /// `max_ttl`, likewise.
    pub max_ttl: Option<Duration>,
    /// How its tokens are.
    pub token: TokenTerms,
    /// Shows the directory; sealed apart from the rest.
    #[serde(skip)]
    pub api_token: Option<Secret>,
}

/// How the tokens of a mount are.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct TokenTerms {
    /// How long they last.
    pub ttl: Duration,
    /// How long renewals can make them last.
    pub max_ttl: Duration,
    /// The same, fixed when they are made.
    pub explicit_max_ttl: Duration,
    /// How long each renewal makes them last, without an end.
    pub period: Duration,
    /// Policies that all of them have.
    pub policies: Vec<String>,
    /// From where they may be used, and logins be made.
    pub cidrs: Vec<Cidr>,
    /// Not even `default`.
    pub no_default_policy: bool,
    /// For how many requests they are good; zero: for any number.
    pub num_uses: u32,
    /// `default` or `service`, as it was written.
    pub kind: String,
}

/// Why settings cannot be used; Vault's words where it has some.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Wrong {
    /// Nobody knows whom to ask.
    #[error("org_name is missing")]
    OrgName,
    /// It makes no URL.
    #[error("base_url and org_name must make the URL of an Okta organisation")]
    Url,
    /// Passwords would be sent in the clear.
    #[error("base_url must be https, but for a server on this machine")]
    Plain,
    /// It ends before it may.
    #[error("'token_ttl' cannot be greater than 'token_max_ttl'")]
    Ttl,
}

impl TokenTerms {
    /// How long tokens last, as sessions understand it.
    pub fn terms(&self) -> Terms {
        Terms {
            ttl: self.ttl,
            max_ttl: self.max_ttl,
            explicit_max_ttl: self.explicit_max_ttl,
            period: self.period,
        }
    }

    /// Whether somebody there may log in and use a token; an unknown place is none.
    pub fn admits(&self, peer: Option<IpAddr>) -> bool {
        let mut cidrs = self.cidrs.iter();
        self.cidrs.is_empty() || peer.is_some_and(|peer| cidrs.any(|cidr| cidr.contains(peer)))
    }
}

impl Settings {
    /// Checks what needs several settings to be seen.
    ///
    /// # Errors
    ///
    /// Fails with the first that cannot be.
    pub fn check(&self) -> Result<(), Wrong> {
        let token = &self.token;
        if !token.max_ttl.is_zero() && token.ttl > token.max_ttl {
            return Err(Wrong::Ttl);
        }
        self.url().map(drop)
    }

    /// Scheme and host of the organisation.
    ///
    /// # Errors
    ///
    /// Fails if there is none.
    pub fn url(&self) -> Result<Uri, Wrong> {
        let base = self.base_url.as_deref().filter(|base| !base.is_empty());
        let base = base.unwrap_or(match self.production {
            Some(false) => "oktapreview.com",
            Some(true) | None => "okta.com",
        });
        if let Some((scheme, host)) = base.split_once("://") {
            return whole(scheme, host.trim_end_matches('/'));
        }
        if self.org_name.is_empty() {
            return Err(Wrong::OrgName);
        }
        whole("https", &format!("{}.{base}", self.org_name))
    }
}

fn whole(scheme: &str, host: &str) -> Result<Uri, Wrong> {
    let uri = Uri::builder()
        .scheme(scheme)
        .authority(host)
        .path_and_query("/")
        .build()
        .map_err(|_| Wrong::Url)?;
    let name = uri.host().unwrap_or_default();
    if name.is_empty() || host.contains('@') {
        return Err(Wrong::Url);
    }
    let address = name.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_here = name == "localhost" || address.is_ok_and(|address| address.is_loopback());
    match scheme {
        "https" => Ok(uri),
        "http" if is_here => Ok(uri),
        "http" => Err(Wrong::Plain),
        _ => Err(Wrong::Url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(org: &str, base: Option<&str>) -> Result<String, Wrong> {
        let settings = Settings {
            org_name: org.to_owned(),
            base_url: base.map(str::to_owned),
            ..Settings::default()
        };
        settings.url().map(|url| url.to_string())
    }

    #[test]
    fn organisation_is_found_under_its_name_or_under_a_whole_url() {
        for (org, base, expected) in [
            ("acme", None, "https://acme.okta.com/"),
            ("acme", Some(""), "https://acme.okta.com/"),
            ("acme", Some("okta-emea.com"), "https://acme.okta-emea.com/"),
            ("127.0.0", Some("1:29443"), "https://127.0.0.1:29443/"),
            (
                "",
                Some("https://login.acme.com/"),
                "https://login.acme.com/",
            ),
            (
                "acme",
                Some("https://login.acme.com"),
                "https://login.acme.com/",
            ),
            ("", Some("http://127.0.0.1:8090"), "http://127.0.0.1:8090/"),
            ("", Some("http://[::1]:8090"), "http://[::1]:8090/"),
        ] {
            assert_eq!(url(org, base).as_deref(), Ok(expected), "{org} {base:?}");
        }
    }

    #[test]
    fn what_makes_no_url_or_an_unsafe_one_is_refused() {
        for (org, base, expected) in [
            ("", None, Wrong::OrgName),
            ("", Some("okta.com"), Wrong::OrgName),
            ("ac me", None, Wrong::Url),
            ("acme", Some("okta.com/path"), Wrong::Url),
            ("evil.example/", None, Wrong::Url),
            ("", Some("https://user@acme.com"), Wrong::Url),
            ("", Some("ftp://acme.com"), Wrong::Url),
            ("", Some("https://"), Wrong::Url),
            ("", Some("http://acme.okta.com"), Wrong::Plain),
            ("", Some("http://127.0.0.1.evil.example"), Wrong::Plain),
        ] {
            assert_eq!(url(org, base), Err(expected), "{org} {base:?}");
        }
    }

    #[test]
    fn place_that_is_not_known_is_none_of_those_that_may() {
        let token = TokenTerms {
            cidrs: vec!["10.0.0.0/8".parse().unwrap()],
            ..TokenTerms::default()
        };

        assert!(token.admits(Some("10.1.1.1".parse().unwrap())));
        assert!(!token.admits(Some("11.1.1.1".parse().unwrap())));
        assert!(!token.admits(None));
        assert!(TokenTerms::default().admits(None));
    }
}
