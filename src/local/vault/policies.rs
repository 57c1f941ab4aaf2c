//! Policies: listed, read, written, deleted.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::answer::{Answered, Said};
use super::{Call, Shared, unavailable};
use crate::policy::{Fault, Policy};
use crate::store::{Change, Table};

impl Shared {
    pub(super) fn list_policies(&self, call: &Call) -> Answered {
        let names = self.parts.book.names();
        if is_old(call) {
            return call.both(&json!({ "keys": names, "policies": names }));
        }
        call.data(&json!({ "keys": names }))
    }

    pub(super) fn read_policy(&self, call: &Call) -> Answered {
        let name = call.name().to_lowercase();
        let text = match self.parts.book.get(&name) {
            Some(policy) => Arc::clone(&policy.text),
            // As Vault has it: there, but without a text.
            None if name == "root" => "".into(),
            None => return Err(Said::status(404)),
        };
        if is_old(call) {
            return call.both(&json!({ "name": name, "rules": text }));
        }
        call.data(&json!({ "name": name, "policy": text }))
    }

    pub(super) async fn write_policy(&self, call: &Call) -> Answered {
        let name = name(call)?;
        let fields = call.fields()?;
        let text = match fields.text("policy")? {
            Some(text) => Some(text),
            None => fields.text("rules")?,
        };
        let text = text.filter(|text| !text.trim().is_empty());
        let empty = || Said::bad("'policy' parameter not supplied or empty");
        let text = decoded(text.ok_or_else(empty)?);
        let wrong = |faults: Vec<Fault>| {
            let lines = faults.iter().map(|fault| fault.in_a_line(&text));
            let lines = lines.collect::<Vec<_>>().join("; ");
            Said::bad(format!("failed to parse policy: {lines}"))
        };
        let policy = Arc::new(Policy::parse(&name, &text).map_err(wrong)?);
        self.check_principals(&policy)?;
        let surprises = policy.surprises();
        let warnings = surprises.iter().map(|fault| fault.in_a_line(&text));
        let warnings: Vec<String> = warnings.collect();

        let _turn = self.policies.lock().await;
        let bound = self.parts.book.may_put(&name);
        bound.map_err(|bound| Said::bad(bound.to_string()))?;
        let put = Change::Put {
            table: Table::Policies,
            key: name.into_bytes(),
            value: text.into_bytes(),
        };
        let (book, epoch) = (self.parts.book.clone(), self.parts.sessions.epoch().clone());
        let apply = move || {
            book.put(policy);
            epoch.bump();
        };
        let kept = self.parts.store.commit_then(vec![put], apply).await;
        kept.map_err(|error| unavailable(error.into()))?;
        Ok(call.done(&warnings))
    }

    pub(super) async fn delete_policy(&self, call: &Call) -> Answered {
        let name = name(call)?;
        let _turn = self.policies.lock().await;
        let bound = self.parts.book.may_delete(&name);
        bound.map_err(|bound| Said::bad(bound.to_string()))?;
        let delete = Change::Delete {
            table: Table::Policies,
            key: name.clone().into_bytes(),
        };
        let (book, epoch) = (self.parts.book.clone(), self.parts.sessions.epoch().clone());
        let apply = move || {
            book.delete(&name);
            epoch.bump();
        };
        let gone = self.parts.store.commit_then(vec![delete], apply).await;
        gone.map_err(|error| unavailable(error.into()))?;
        Ok(call.done(&[]))
    }

    /// A rule that names somebody whom there is not would grant nothing, and nobody would know why.
    fn check_principals(&self, policy: &Policy) -> Result<(), Said> {
        let known = &self.parts.principals;
        let named = policy
            .rules
            .iter()
            .filter_map(|rule| rule.principal.as_ref());
        for named in named {
            let is_known = known
                .iter()
                .any(|p| *p.team == *named.team && *p.name == *named.name);
            if !is_known {
                return Err(Said::bad(format!(
                    "failed to parse policy: no principal `{}/{}` is configured",
                    named.team, named.name
                )));
            }
        }
        Ok(())
    }
}

/// The older paths have everything twice.
fn is_old(call: &Call) -> bool {
    call.path().starts_with("sys/policy")
}

/// The name of a policy, in lower case.
fn name(call: &Call) -> Result<String, Said> {
    let name = call.name().trim().to_lowercase();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~/@:+ ".contains(c);
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(is_plain) {
        return Err(Said::bad(
            "the name of a policy must be up to 128 of: letters, digits, `-._~/@:+` and spaces",
        ));
    }
    Ok(name)
}

/// A policy may come in base64. None is base64 as it is: that has neither quotes nor braces.
fn decoded(text: String) -> String {
    let plain = BASE64_STANDARD.decode(text.trim());
    let plain = plain.ok().and_then(|bytes| String::from_utf8(bytes).ok());
    plain.unwrap_or(text)
}

const LONGEST_NAME: usize = 128;
