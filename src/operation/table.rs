//! The OPA API as data: one line for each endpoint.
//!
//! Only what caching, permissions and metrics need to know stands here. A path that is not in the
//! table is an operation of a careful default kind.

use std::sync::LazyLock;

use http::Method;
use matchit::Router;

use Class::{Directory, Identity, Live, Settings};
use Effect::{Create, Item};

/// One line of the table.
#[derive(Debug, Eq, PartialEq)]
pub struct Endpoint {
    /// `<resource>.<verb>`: the label in metrics and logs.
    pub name: &'static str,
    /// The path with `{placeholders}`, as in traces; empty where it is not known.
    pub route: &'static str,
    /// What it does.
    pub action: Action,
    /// How long an answer is fresh.
    pub class: Class,
    /// Paths below the team under which a write makes everything stale too.
    pub touches: &'static [&'static str],
    method: Verb,
}

impl Endpoint {
    /// Whether it answers with a list.
    pub fn is_list(&self) -> bool {
        self.name.ends_with(".list")
    }

    /// Whether it answers with something secret.
    pub fn shows_secret(&self) -> bool {
        match self.action {
            Action::SecretRead | Action::Reveal => true,
            Action::Read | Action::Write(_) | Action::Local => false,
        }
    }
}

/// What an operation does, whatever its method.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// Reads.
    Read,
    /// Reads something secret: never kept.
    SecretRead,
    /// Reads something secret by `POST`: never kept, invalidates nothing, needs `write`.
    Reveal,
    /// Changes something.
    Write(Effect),
    /// Is carried out by the gateway itself.
    Local,
}

/// What of the hierarchy a write makes stale, besides what the line names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Effect {
    /// A new member of the collection at this path.
    Create,
    /// The item at this path and all below it.
    Item,
    /// Not known: also everything beside it.
    Unknown,
}

/// How long answers are fresh; the configuration gives each class its times.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Class {
    /// Lists and items that change when somebody changes them.
    Directory,
    /// Who exists and may do what; never stretched.
    Identity,
    /// Changes by itself; only shared between those who ask at the same time.
    Live,
    /// Settings of the team and of projects.
    Settings,
    /// Paths that are not in the table.
    Other,
}

impl Class {
    /// All of them, in the order of the configuration.
    pub const ALL: [Self; 5] = [Directory, Identity, Live, Settings, Self::Other];

    /// The name in the configuration: `cache.class.<name>`.
    pub fn as_str(self) -> &'static str {
        match self {
            Directory => "directory",
            Identity => "identity",
            Live => "live",
            Settings => "settings",
            Self::Other => "other",
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verb {
    Get,
    Post,
    Put,
    Delete,
}

const fn get(name: &'static str, route: &'static str, class: Class) -> Endpoint {
    row(name, route, Verb::Get, Action::Read, class, &[])
}

const fn secret(name: &'static str, route: &'static str) -> Endpoint {
    row(name, route, Verb::Get, Action::SecretRead, Live, &[])
}

const fn reveal(name: &'static str, route: &'static str) -> Endpoint {
    row(name, route, Verb::Post, Action::Reveal, Live, &[])
}

const fn post(
    name: &'static str,
    route: &'static str,
    touches: &'static [&'static str],
) -> Endpoint {
    row(
        name,
        route,
        Verb::Post,
        Action::Write(Create),
        Live,
        touches,
    )
}

const fn put(
    name: &'static str,
    route: &'static str,
    touches: &'static [&'static str],
) -> Endpoint {
    row(name, route, Verb::Put, Action::Write(Item), Live, touches)
}

const fn delete(
    name: &'static str,
    route: &'static str,
    touches: &'static [&'static str],
) -> Endpoint {
    row(
        name,
        route,
        Verb::Delete,
        Action::Write(Item),
        Live,
        touches,
    )
}

const fn row(
    name: &'static str,
    route: &'static str,
    method: Verb,
    action: Action,
    class: Class,
    touches: &'static [&'static str],
) -> Endpoint {
    Endpoint {
        name,
        route,
        action,
        class,
        touches,
        method,
    }
}

/// Writes to a user change what groups list as members, and the other way round; a user is also found
/// by id, and shows the roles of all its groups wherever it is shown.
const USERS: &[&str] = &["users", "users_by_id", "service_users", IN_GROUPS];
/// A deleted group stands as missing wherever it was named.
const GROUP_GONE: &[&str] = &[
    "users",
    "users_by_id",
    "service_users",
    IN_GROUPS,
    "security_policy",
    "resource_groups",
    "projects",
    "workload-roles",
];
/// Policies name their targets and answer with the present name, or with `missing`.
const POLICIES: &[&str] = &["security_policy"];
/// Resource groups give and take the role of delegated administrators.
const RESOURCE_GROUPS: &[&str] = &[
    "groups",
    "users",
    "users_by_id",
    "service_users",
    "security_policy",
    "secrets",
    "secret_folders",
    "projects",
    "all_servers",
];
/// Projects are listed in two ways, and hold what is listed elsewhere too.
const PROJECTS: &[&str] = &[
    "security_policy",
    "secrets",
    "secret_folders",
    "projects",
    "all_servers",
];
const OLD_PROJECTS: &[&str] = &[
    "resource_groups",
    "security_policy",
    "secrets",
    "secret_folders",
    "all_servers",
];
const SECRETS: &[&str] = &[
    "security_policy",
    "secrets",
    "secret_folders",
    IN_RESOURCE_GROUPS,
];
/// What stands in any group, its members and attributes, but not the groups themselves.
pub const IN_GROUPS: &str = "groups/*";
/// What stands in any resource group, but neither these nor their projects themselves.
pub const IN_RESOURCE_GROUPS: &str = "resource_groups/*";
/// Who may reach what follows from the policies.
const ACCESS: &[&str] = &[
    "servers",
    "secrets",
    "secret_folders",
    "databases",
    "saas_apps",
    "active_directory",
    "okta_universal_directory_accounts",
    "all_servers",
    "all_server_accounts",
    "all_saas_app_accounts",
    "all_active_directory_accounts",
    "all_okta_universal_directory_accounts",
    IN_RESOURCE_GROUPS,
];
const ATTRIBUTES: &[&str] = &["attributes", "users", "users_by_id", "groups"];

/// Every endpoint that is known by name (OPA API; the vendor's SDK 1.3 for those not documented).
#[rustfmt::skip]
pub static ROWS: &[Endpoint] = &[
    // Service users
    row("service_token.issue", "/v1/teams/{team}/service_token", Verb::Post, Action::Local, Live, &[]),
    get("service_users.list", "/v1/teams/{team}/service_users", Identity),
    post("service_users.create", "/v1/teams/{team}/service_users", USERS),
    get("service_users.get", "/v1/teams/{team}/service_users/{user}", Identity),
    put("service_users.update", "/v1/teams/{team}/service_users/{user}", USERS),
    get("service_user_keys.list", "/v1/teams/{team}/service_users/{user}/keys", Identity),
    post("service_user_keys.rotate", "/v1/teams/{team}/service_users/{user}/keys", &[]),
    delete("service_user_keys.delete", "/v1/teams/{team}/service_users/{user}/keys/{key}", &[]),
    // Security policies
    get("security_policy.list", "/v1/teams/{team}/security_policy", Directory),
    post("security_policy.create", "/v1/teams/{team}/security_policy", ACCESS),
    get("security_policy.get", "/v1/teams/{team}/security_policy/{policy}", Directory),
    put("security_policy.update", "/v1/teams/{team}/security_policy/{policy}", ACCESS),
    delete("security_policy.delete", "/v1/teams/{team}/security_policy/{policy}", ACCESS),
    // Groups and their members
    get("groups.list", "/v1/teams/{team}/groups", Directory),
    post("groups.create", "/v1/teams/{team}/groups", &[]),
    get("groups.get", "/v1/teams/{team}/groups/{group}", Directory),
    put("groups.update", "/v1/teams/{team}/groups/{group}", USERS),
    delete("groups.delete", "/v1/teams/{team}/groups/{group}", GROUP_GONE),
    get("group_users.list", "/v1/teams/{team}/groups/{group}/users", Identity),
    post("group_users.add", "/v1/teams/{team}/groups/{group}/users", USERS),
    delete("group_users.remove", "/v1/teams/{team}/groups/{group}/users/{user}", USERS),
    get("group_attributes.list", "/v1/teams/{team}/groups/{group}/attributes", Live),
    get("group_attributes.get", "/v1/teams/{team}/groups/{group}/attributes/{attribute}", Live),
    put("group_attributes.update", "/v1/teams/{team}/groups/{group}/attributes/{attribute}", ATTRIBUTES),
    // Users
    get("users.list", "/v1/teams/{team}/users", Identity),
    get("users.get", "/v1/teams/{team}/users/{user}", Identity),
    put("users.update", "/v1/teams/{team}/users/{user}", USERS),
    get("users.get_by_id", "/v1/teams/{team}/users_by_id/{user}", Identity),
    get("user_groups.list", "/v1/teams/{team}/users/{user}/groups", Identity),
    get("user_attributes.list", "/v1/teams/{team}/users/{user}/attributes", Live),
    get("user_attributes.get", "/v1/teams/{team}/users/{user}/attributes/{attribute}", Live),
    put("user_attributes.update", "/v1/teams/{team}/users/{user}/attributes/{attribute}", ATTRIBUTES),
    get("current_user.get", "/v1/teams/{team}/current_user", Identity),
    // Resource groups and projects
    get("resource_groups.list", "/v1/teams/{team}/resource_groups", Directory),
    post("resource_groups.create", "/v1/teams/{team}/resource_groups", RESOURCE_GROUPS),
    get("resource_groups.get", "/v1/teams/{team}/resource_groups/{resource_group}", Directory),
    put("resource_groups.update", "/v1/teams/{team}/resource_groups/{resource_group}", RESOURCE_GROUPS),
    delete("resource_groups.delete", "/v1/teams/{team}/resource_groups/{resource_group}", RESOURCE_GROUPS),
    get("projects.list", "/v1/teams/{team}/resource_groups/{resource_group}/projects", Directory),
    post("projects.create", "/v1/teams/{team}/resource_groups/{resource_group}/projects", PROJECTS),
    get("projects.get", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}", Directory),
    put("projects.update", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}", PROJECTS),
    delete("projects.delete", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}", PROJECTS),
    get("project_settings.get", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/server_password_settings", Settings),
    put("project_settings.update", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/server_password_settings", &[]),
    get("project_settings.get", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/server_checkout_settings", Settings),
    put("project_settings.update", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/server_checkout_settings", &[]),
    get("project_settings.get", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/okta_universal_directory_checkout_settings", Settings),
    put("project_settings.update", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/okta_universal_directory_checkout_settings", &[]),
    get("project_settings.get", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/okta_universal_directory_password_settings", Settings),
    put("project_settings.update", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/okta_universal_directory_password_settings", &[]),
    get("project_settings.get", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/saas_app_checkout_settings", Settings),
    put("project_settings.update", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/saas_app_checkout_settings", &[]),
    get("project_settings.get", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/saas_app_password_settings", Settings),
    put("project_settings.update", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/saas_app_password_settings", &[]),
    get("project_settings.get", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/active_directory_checkout_settings", Settings),
    put("project_settings.update", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/active_directory_checkout_settings", &[]),
    get("project_settings.get", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/active_directory_password_settings", Settings),
    put("project_settings.update", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/active_directory_password_settings", &[]),
    get("project_settings.get", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/database_checkout_settings", Settings),
    put("project_settings.update", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/database_checkout_settings", &[]),
    get("project_settings.get", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/database_password_settings", Settings),
    put("project_settings.update", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/database_password_settings", &[]),
    secret("enrollment_tokens.list", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/server_enrollment_tokens"),
    post("enrollment_tokens.create", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/server_enrollment_tokens", &[]),
    secret("enrollment_tokens.get", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/server_enrollment_tokens/{token}"),
    delete("enrollment_tokens.delete", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/server_enrollment_tokens/{token}", &[]),
    // Servers and accounts
    get("servers.list", "/v1/teams/{team}/servers", Live),
    get("all_servers.list", "/v1/teams/{team}/all_servers", Live),
    get("project_servers.list", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/servers", Live),
    get("project_servers.get", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/servers/{server}", Live),
    delete("project_servers.delete", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/servers/{server}", POLICIES),
    reveal("server_accounts.reveal", "/v1/teams/{team}/server_accounts/{account}/reveal_credentials"),
    reveal("ad_accounts.reveal", "/v1/teams/{team}/active_directory/{connection}/accounts/{account}/reveal_credentials"),
    reveal("database_accounts.reveal", "/v1/teams/{team}/databases/{connection}/accounts/{account}/reveal_credentials"),
    reveal("saas_accounts.reveal", "/v1/teams/{team}/saas_apps/{app}/accounts/{account}/reveal_credentials"),
    reveal("ud_accounts.reveal", "/v1/teams/{team}/okta_universal_directory_accounts/{account}/reveal_credentials"),
    get("checked_out_resources.list", "/v1/teams/{team}/checked_out_resources", Live),
    // Secrets
    get("secrets.list", "/v1/teams/{team}/secrets", Live),
    get("team_secret_folders.list", "/v1/teams/{team}/secret_folders", Live),
    reveal("secrets.resolve", "/v1/teams/{team}/resolve_secret"),
    get("secret_folders.list", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/secret_folders", Directory),
    post("secret_folders.create", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/secret_folders", SECRETS),
    get("secret_folders.get", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/secret_folders/{folder}", Directory),
    put("secret_folders.update", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/secret_folders/{folder}", SECRETS),
    delete("secret_folders.delete", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/secret_folders/{folder}", SECRETS),
    get("secret_items.list", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/secret_folders/{folder}/items", Live),
    post("project_secrets.create", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/secrets", SECRETS),
    get("project_secrets.get", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/secrets/{secret}", Directory),
    reveal("project_secrets.reveal", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/secrets/{secret}"),
    put("project_secrets.update", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/secrets/{secret}", SECRETS),
    delete("project_secrets.delete", "/v1/teams/{team}/resource_groups/{resource_group}/projects/{project}/secrets/{secret}", SECRETS),
    // Sudo command bundles
    get("sudo_command_bundles.list", "/v1/teams/{team}/sudo_command_bundles", Directory),
    post("sudo_command_bundles.create", "/v1/teams/{team}/sudo_command_bundles", &[]),
    get("sudo_command_bundles.get", "/v1/teams/{team}/sudo_command_bundles/{bundle}", Directory),
    put("sudo_command_bundles.update", "/v1/teams/{team}/sudo_command_bundles/{bundle}", POLICIES),
    delete("sudo_command_bundles.delete", "/v1/teams/{team}/sudo_command_bundles/{bundle}", POLICIES),
    // Gateways
    get("gateways.list", "/v1/teams/{team}/gateways", Directory),
    get("gateways.get", "/v1/teams/{team}/gateways/{gateway}", Directory),
    get("gateways.status", "/v1/teams/{team}/gateways/{gateway}/status", Live),
    put("gateways.update", "/v1/teams/{team}/gateways/{gateway}", &[]),
    delete("gateways.delete", "/v1/teams/{team}/gateways/{gateway}", &[]),
    secret("gateway_setup_tokens.list", "/v1/teams/{team}/gateway_setup_tokens"),
    post("gateway_setup_tokens.create", "/v1/teams/{team}/gateway_setup_tokens", &[]),
    secret("gateway_setup_tokens.get", "/v1/teams/{team}/gateway_setup_tokens/{setup_token}"),
    secret("gateway_setup_tokens.value", "/v1/teams/{team}/gateway_setup_tokens/{setup_token}/token"),
    delete("gateway_setup_tokens.delete", "/v1/teams/{team}/gateway_setup_tokens/{setup_token}", &[]),
    // Projects as Advanced Server Access knew them
    get("asa_projects.list", "/v1/teams/{team}/projects", Directory),
    post("asa_projects.create", "/v1/teams/{team}/projects", OLD_PROJECTS),
    get("asa_projects.get", "/v1/teams/{team}/projects/{project}", Directory),
    put("asa_projects.update", "/v1/teams/{team}/projects/{project}", OLD_PROJECTS),
    delete("asa_projects.delete", "/v1/teams/{team}/projects/{project}", OLD_PROJECTS),
    get("asa_project_groups.list", "/v1/teams/{team}/projects/{project}/groups", Directory),
    secret("asa_enrollment_tokens.list", "/v1/teams/{team}/projects/{project}/server_enrollment_tokens"),
    secret("asa_enrollment_tokens.get", "/v1/teams/{team}/projects/{project}/server_enrollment_tokens/{token}"),
    secret("ad_certificates.get", "/v1/teams/{team}/certificates/{certificate}"),
    // Team
    get("settings.get", "/v1/teams/{team}/settings", Settings),
    put("settings.update", "/v1/teams/{team}/settings", ATTRIBUTES),
    get("team_stats.get", "/v1/teams/{team}/team_stats", Live),
    get("roles.list", "/v1/teams/{team}/roles", Directory),
    get("clients.list", "/v1/teams/{team}/clients", Live),
    get("mfa_approvals.state", "/v1/teams/{team}/mfa_approvals/{approval}/state", Live),
    get("access_reports.get", "/v1/teams/{team}/access_reports/{report}", Live),
    secret("access_reports.download", "/v1/teams/{team}/access_reports/{report}/report"),
    // Public keys: a stale copy would make clients seal secrets for a key that is retired.
    get("vault_keys.get", "/v1/teams/{team}/vault/jwks.json", Live),
    reveal("random_password.create", "/v1/teams/{team}/random_password"),
    reveal("workload_tokens.issue", "/v1/teams/{team}/workloads/{connection}/issue_token"),
    reveal("names.resolve", "/v1/resolve"),
    // Workloads: their ETags are used in If-Match, so what is answered must be what is
    get("workload_connections.list", "/v1/teams/{team}/connections/workloads", Directory),
    get("workload_connections.get", "/v1/teams/{team}/connections/workloads/{connection}", Live),
    get("workload_roles.list", "/v1/teams/{team}/workload-roles", Directory),
    get("workload_roles.get", "/v1/teams/{team}/workload-roles/{role}", Live),
];

static OTHER_READ: Endpoint = row("other", "", Verb::Get, Action::Read, Class::Other, &[]);
static OTHER_ITEM: Endpoint = row(
    "other",
    "",
    Verb::Put,
    Action::Write(Item),
    Class::Other,
    &[],
);
static OTHER_WRITE: Endpoint = row(
    "other",
    "",
    Verb::Post,
    Action::Write(Effect::Unknown),
    Class::Other,
    &[],
);
/// The gateway's own paths, in Vault's namespace.
static VAULT: Endpoint = row("vault", "/v1/{vault}", Verb::Get, Action::Local, Live, &[]);
/// Paths that are neither OPA's nor Vault's.
static NOWHERE: Endpoint = row("none", "", Verb::Get, Action::Local, Live, &[]);

/// The lines of one path, by method.
#[derive(Default)]
struct Methods([Option<&'static Endpoint>; 4]);

static ROUTER: LazyLock<Router<Methods>> = LazyLock::new(|| {
    let mut routes: Vec<&str> = ROWS.iter().map(|row| row.route).collect();
    routes.sort_unstable();
    routes.dedup();
    let mut router = Router::new();
    for route in routes {
        let of = |verb| {
            ROWS.iter()
                .find(|row| row.route == route && row.method == verb)
        };
        let methods = [Verb::Get, Verb::Post, Verb::Put, Verb::Delete].map(of);
        router
            .insert(route, Methods(methods))
            .expect("the table has no two routes for one path");
    }
    router
});

/// The line of the table for a canonical path.
pub(super) fn find(method: &Method, path: &str) -> &'static Endpoint {
    if !path.starts_with("/v1/") {
        return &NOWHERE;
    }
    if is_vaults(path) {
        return &VAULT;
    }
    let verb = match *method {
        Method::GET | Method::HEAD | Method::OPTIONS => Verb::Get,
        Method::PUT | Method::PATCH => Verb::Put,
        Method::DELETE => Verb::Delete,
        _ => Verb::Post,
    };
    let known = known(verb, path).or_else(|| secret_in_another_case(verb, path));
    known.unwrap_or(match verb {
        Verb::Get => &OTHER_READ,
        Verb::Put | Verb::Delete => &OTHER_ITEM,
        Verb::Post => &OTHER_WRITE,
    })
}

/// Whether a path, canonical or not, is in Vault's namespace.
pub(crate) fn is_vaults(path: &str) -> bool {
    path.starts_with("/v1/auth/") || path.starts_with("/v1/sys/")
}

/// Vault's clients put a slash at the end of lists, where it means nothing.
pub(super) fn without_slash(path: &str) -> &str {
    let bare = path.strip_suffix('/').filter(|_| is_vaults(path));
    bare.filter(|bare| is_vaults(bare)).unwrap_or(path)
}

fn known(verb: Verb, path: &str) -> Option<&'static Endpoint> {
    let found = ROUTER.at(path).ok()?;
    let mut rows = found.value.0.iter().flatten();
    rows.find(|row| row.method == verb).copied()
}

/// Nobody knows whether OPA would take it for the same, so it is treated as if it did.
fn secret_in_another_case(verb: Verb, path: &str) -> Option<&'static Endpoint> {
    if !path.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    known(verb, &path.to_ascii_lowercase()).filter(|row| row.shows_secret())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_found_by_its_own_route() {
        for row in ROWS {
            let path = row.route.replace(['{', '}'], "");
            let method = match row.method {
                Verb::Get => Method::GET,
                Verb::Post => Method::POST,
                Verb::Put => Method::PUT,
                Verb::Delete => Method::DELETE,
            };
            assert_eq!(find(&method, &path).name, row.name);
        }
    }

    #[test]
    fn secrets_are_never_of_a_kind_that_is_kept() {
        let keys = find(&Method::GET, "/v1/teams/t/gateway_setup_tokens/x/token");

        assert_eq!(keys.action, Action::SecretRead);
    }

    #[test]
    fn secrets_are_known_in_every_case_and_all_else_in_one() {
        for (method, path, name) in [
            (
                Method::GET,
                "Gateway_Setup_Tokens/X/TOKEN",
                "gateway_setup_tokens.value",
            ),
            (
                Method::POST,
                "Server_Accounts/a/reveal_credentials",
                "server_accounts.reveal",
            ),
            (Method::GET, "certificates/ACME", "ad_certificates.get"),
            (Method::GET, "Groups/a", "other"),
            (Method::DELETE, "Gateway_Setup_Tokens/x", "other"),
        ] {
            let row = find(&method, &format!("/v1/teams/t/{path}"));

            assert_eq!(row.name, name, "{path}");
            assert_eq!(row.shows_secret(), name != "other", "{path}");
        }
    }

    #[test]
    fn public_keys_are_no_secret() {
        let row = find(&Method::GET, "/v1/teams/t/vault/jwks.json");

        assert_eq!((row.shows_secret(), row.class), (false, Live));
    }

    #[test]
    fn item_of_an_unknown_kind_is_changed_as_an_item() {
        let row = find(&Method::PATCH, "/v1/teams/t/connections/saas_apps/1");

        assert_eq!(row.action, Action::Write(Item));
    }
}
