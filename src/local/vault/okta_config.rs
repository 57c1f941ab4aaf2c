//! The settings of a mount, as Vault's clients write and read them.
//!
//! What is not sent stays as it was. The API token is never shown.

use std::time::Duration;

use serde_json::{Value, json};

use super::answer::Said;
use super::fields::Fields;
use crate::login::{Settings, TokenTerms};
use crate::sessions::Cidr;

/// The settings that `fields` make of the `old` ones.
pub(super) fn changed(old: Option<&Settings>, fields: &Fields) -> Result<Settings, Said> {
    let mut new = old.cloned().unwrap_or_default();
    if let Some(name) = first(fields, "org_name", "organization")? {
        new.org_name = name;
    }
    if let Some(token) = first(fields, "api_token", "token")? {
        let token = crate::secret::Secret::new(token);
        new.api_token = Some(token).filter(|token| !token.expose().is_empty());
    }
    if let Some(url) = fields.text("base_url")? {
        new.base_url = Some(url);
    }
    if let Some(flag) = fields.flag("production")? {
        new.production = Some(flag);
    }
    if let Some(flag) = fields.flag("bypass_okta_mfa")? {
        new.bypass_okta_mfa = flag;
    }
    times(&mut new, fields)?;
    terms(&mut new.token, fields)?;
    let token = new.api_token.as_ref();
    if token.is_some_and(|token| !is_header(token.expose())) {
        return Err(Said::bad("api_token holds what no token does"));
    }
    new.check().map_err(|wrong| Said::bad(wrong.to_string()))?;
    Ok(new)
}

/// `ttl` and `max_ttl` by their new and old names; the new one takes the old one away.
fn times(new: &mut Settings, fields: &Fields) -> Result<(), Said> {
    for (name, old_name, is_max) in [
        ("token_ttl", "ttl", false),
        ("token_max_ttl", "max_ttl", true),
    ] {
        let (value, old) = if is_max {
            (&mut new.token.max_ttl, &mut new.max_ttl)
        } else {
            (&mut new.token.ttl, &mut new.ttl)
        };
        if let Some(time) = fields.duration(name)? {
            *value = time;
            *old = None;
        } else if let Some(time) = fields.duration(old_name)? {
            *value = time;
            *old = Some(time);
        }
    }
    Ok(())
}

fn terms(new: &mut TokenTerms, fields: &Fields) -> Result<(), Said> {
    let time = |name, target: &mut Duration| {
        let time = fields.duration(name)?;
        *target = time.unwrap_or(*target);
        Ok::<_, Said>(())
    };
    time("token_explicit_max_ttl", &mut new.explicit_max_ttl)?;
    time("token_period", &mut new.period)?;
    if let Some(policies) = fields.list("token_policies")? {
        new.policies = policies;
    }
    if let Some(cidrs) = fields.list("token_bound_cidrs")? {
        let read = |text: &String| {
            let cidr = text.parse::<Cidr>();
            cidr.map_err(|why| Said::bad(format!("error parsing bound CIDRs: {text:?} {why}")))
        };
        new.cidrs = cidrs.iter().map(read).collect::<Result<_, _>>()?;
    }
    if let Some(flag) = fields.flag("token_no_default_policy")? {
        new.no_default_policy = flag;
    }
    if let Some(uses) = fields.count("token_num_uses")? {
        let uses = u32::try_from(uses);
        new.num_uses = uses.map_err(|_| Said::bad("'token_num_uses' is too large"))?;
    }
    match fields.text("token_type")?.as_deref() {
        None => {}
        Some(kind @ ("" | "default" | "service" | "default-service")) => {
            kind.clone_into(&mut new.kind);
        }
        Some("batch" | "default-batch") => {
            return Err(Said::bad("batch tokens are not supported by this gateway"));
        }
        Some(_) => return Err(Said::bad("invalid 'token_type' value")),
    }
    if new
        .policies
        .iter()
        .any(|name| name.eq_ignore_ascii_case("root"))
    {
        return Err(Said::bad("auth methods cannot create root tokens"));
    }
    Ok(())
}

/// As Vault shows them.
pub(super) fn shown(settings: &Settings) -> Value {
    let token = &settings.token;
    let cidrs: Vec<String> = token.cidrs.iter().map(ToString::to_string).collect();
    let kind = if token.kind.is_empty() {
        "default"
    } else {
        &token.kind
    };
    let mut shown = json!({
        "bypass_okta_mfa": settings.bypass_okta_mfa,
        "org_name": settings.org_name,
        "organization": settings.org_name,
        "token_bound_cidrs": cidrs,
        "token_explicit_max_ttl": token.explicit_max_ttl.as_secs(),
        "token_max_ttl": token.max_ttl.as_secs(),
        "token_no_default_policy": token.no_default_policy,
        "token_num_uses": token.num_uses,
        "token_period": token.period.as_secs(),
        "token_policies": token.policies,
        "token_ttl": token.ttl.as_secs(),
        "token_type": kind,
    });
    let more = [
        ("base_url", settings.base_url.as_deref().map(Value::from)),
        ("production", settings.production.map(Value::from)),
        ("ttl", settings.ttl.map(|time| time.as_secs().into())),
        (
            "max_ttl",
            settings.max_ttl.map(|time| time.as_secs().into()),
        ),
    ];
    if let Value::Object(shown) = &mut shown {
        for (name, value) in more {
            shown.extend(value.map(|value| (name.to_owned(), value)));
        }
    }
    shown
}

/// What whoever reads or writes them should know.
pub(super) fn warnings(settings: &Settings) -> Vec<String> {
    let bypass = settings.bypass_okta_mfa.then(|| BYPASS.to_owned());
    bypass.into_iter().collect()
}

/// A text by its name or its old name.
fn first(fields: &Fields, name: &str, old_name: &str) -> Result<Option<String>, Said> {
    match fields.text(name)? {
        None => fields.text(old_name),
        found => Ok(found),
    }
}

fn is_header(text: &str) -> bool {
    text.len() <= 1024 && text.bytes().all(|b| b.is_ascii_graphic())
}

const BYPASS: &str = "Okta MFA bypass is configured. In addition to ignoring Okta MFA requests, \
                      certain other account statuses will not be seen, such as PASSWORD_EXPIRED. \
                      Authentication will succeed in these cases.";
