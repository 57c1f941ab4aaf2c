//! Says why something may be done or not, for people; decides nothing itself.

use std::sync::Arc;

use serde::Serialize;

use super::{Authorize, Refusal};
use crate::caller::{Caller, Principal};
use crate::operation::Operation;
use crate::policy::{Capability, Source, policy_path, spelled_out};

/// What was decided, and everything that was looked at.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// Whether it may be done.
    pub is_allowed: bool,
    /// What was asked, as `resource.verb`.
    pub operation: &'static str,
    /// The capability that it needs.
    pub capability: &'static str,
    /// The path that policies are asked about.
    pub path: String,
    /// In whose name it is done, as `team/name`.
    pub principal: Option<String>,
    /// The `type` of the refusal.
    pub error: Option<&'static str>,
    /// Why, as a sentence.
    pub because: String,
    /// The rule that decides.
    pub rule: Option<Told>,
    /// The other rules that match, best first.
    pub others: Vec<Told>,
}

/// One rule.
#[derive(Debug, PartialEq, Serialize)]
pub struct Told {
    /// Its policy.
    pub policy: String,
    /// The line of its path block in the policy's own text.
    pub line: usize,
    /// Its path.
    pub path: String,
    /// What it says may be done.
    pub capabilities: Vec<&'static str>,
    /// In whose name.
    pub principal: String,
}

impl Authorize {
    /// Explains what [`Authorize::ask`] decides.
    pub fn explain(&self, caller: &Caller, operation: &Operation) -> Explanation {
        let capability = Capability::of(operation);
        let path = policy_path(operation.path.canonical());
        let compiled = caller.grant.set.compiled();
        let (decision, answer) = self.judge(&compiled.rights, caller, operation);
        let rule = decision.rule();
        let all = compiled.rights.all(path, capability);
        let others = all.iter().flat_map(|standing| standing.sources());
        let others = others.filter(|other| rule.is_none_or(|rule| !is_same(rule, other)));
        Explanation {
            is_allowed: answer.is_ok(),
            operation: operation.endpoint.name,
            capability: capability.as_str(),
            path: path.to_owned(),
            because: match &answer {
                Ok(principal) => granted(capability, principal),
                Err(refusal) => refused(*refusal, operation, capability, rule),
            },
            error: answer.as_ref().err().map(|refusal| refusal.kind().code()),
            principal: answer.ok().map(|principal| principal.to_string()),
            rule: rule.map(Told::new),
            others: others.map(Told::new).collect(),
        }
    }
}

impl Told {
    fn new(source: &Source) -> Self {
        Self {
            policy: source.policy.to_string(),
            line: source.line,
            path: source.path.to_string(),
            capabilities: source.capabilities.words(),
            principal: source.acting.to_string(),
        }
    }
}

fn is_same(a: &Source, b: &Source) -> bool {
    Arc::ptr_eq(&a.label, &b.label)
}

fn granted(capability: Capability, principal: &Principal) -> String {
    let needed = capability.as_str();
    format!("the rule grants `{needed}`, and it is done as {principal}")
}

fn refused(
    refusal: Refusal,
    operation: &Operation,
    capability: Capability,
    rule: Option<&Source>,
) -> String {
    let needed = capability.as_str();
    let team = operation.path.team();
    match refusal {
        Refusal::UnknownTeam => format!("team `{}` is not configured", team.unwrap_or_default()),
        Refusal::NotGranted => not_granted(needed, rule),
        Refusal::NotNamed => {
            let path = spelled_out(operation.endpoint.route, team);
            format!(
                "the rule grants `{needed}`, but the answer shows a secret, which takes a rule that \
                 names it, like path \"{path}\", or `sudo`"
            )
        }
        Refusal::NoPrincipal => match team {
            Some(team) => format!(
                "the rule grants `{needed}`, but there is no principal of team `{team}` to do it as"
            ),
            None => format!("the rule grants `{needed}`, but there is no principal to do it as"),
        },
        Refusal::SeveralPrincipals => {
            "rules for this very path name different principals".to_owned()
        }
        Refusal::Managed => "it would change a service user whose key the gateway holds, which \
                             needs `sudo` besides"
            .to_owned(),
        Refusal::ManagedKey => "it would make a key for a service user of the gateway's own, and \
                                the secret of such a key is never shown"
            .to_owned(),
    }
}

fn not_granted(needed: &str, rule: Option<&Source>) -> String {
    match rule {
        None => "no rule is for this path, and what is not granted is refused".to_owned(),
        Some(rule) if rule.capabilities.holds(Capability::Deny) => "the rule denies it".to_owned(),
        Some(_) => format!("the rule does not grant `{needed}`, and one rule alone decides"),
    }
}
