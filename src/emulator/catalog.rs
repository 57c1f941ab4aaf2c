//! All operations below a team, and which of them a request is.

use super::answer::{Code, Problem};
use super::operation::Operation;
use super::{
    attributes, enrollment_tokens, groups, keys, policies, projects, resource_groups,
    secret_folders, secrets, servers, settings, sudo_command_bundles, token, users, vault,
};

/// The operations by the part of the API that they belong to, as clients are told it.
pub(super) const SECTIONS: [(&str, &[Operation]); 17] = [
    ("Tokens", token::OPERATIONS),
    ("Service users", users::SERVICE_USERS),
    ("Service user keys", keys::OPERATIONS),
    ("Security policies", policies::OPERATIONS),
    ("Users", users::USERS),
    ("Groups", groups::OPERATIONS),
    ("Attributes", attributes::OPERATIONS),
    ("Resource groups", resource_groups::OPERATIONS),
    ("Projects", projects::OPERATIONS),
    ("Server enrollment tokens", enrollment_tokens::OPERATIONS),
    ("Servers", servers::OPERATIONS),
    ("Sudo command bundles", sudo_command_bundles::OPERATIONS),
    ("Settings", settings::OPERATIONS),
    ("Secret folders", secret_folders::OPERATIONS),
    ("Secrets", secrets::OPERATIONS),
    ("All secrets", secrets::lists::OPERATIONS),
    ("Vault", vault::OPERATIONS),
];

/// All operations, in the order of the sections.
pub(super) fn operations() -> impl Iterator<Item = &'static Operation> {
    SECTIONS
        .iter()
        .flat_map(|(_, operations)| operations.iter())
}

/// The operation of a method on a path below the team.
pub(super) fn find(method: &http::Method, path: &[String]) -> Result<&'static Operation, Problem> {
    let mut others = Vec::new();
    for operation in operations().filter(|operation| operation.is_at(path)) {
        if operation.method == *method {
            return Ok(operation);
        }
        others.push(operation.method.as_str());
    }
    if !others.is_empty() {
        return Err(Problem::not_allowed(&others));
    }
    // The paths that projects had before there were resource groups.
    if path.first().is_some_and(|first| first == "projects") {
        return Err(Problem::new(Code::AuthorizationError, "Missing capability"));
    }
    Err(Problem::missing())
}

#[cfg(test)]
mod table;
