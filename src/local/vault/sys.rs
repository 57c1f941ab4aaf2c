//! What Vault's clients ask of a server before anything else.

use jiff::Timestamp;
use serde_json::json;

use super::Call;
use super::answer::{Answered, Said, plain};

/// `sys/health`: it answers, so it is well.
pub(super) fn health(call: &Call) -> Answered {
    let health = json!({
        "initialized": true,
        "sealed": false,
        "standby": false,
        "performance_standby": false,
        "replication_performance_mode": "disabled",
        "replication_dr_mode": "disabled",
        "server_time_utc": Timestamp::now().as_second(),
        "version": VERSION,
        "cluster_name": NAME,
        "cluster_id": ID,
    });
    let status = status_of(call.operation.query.text())?;
    Ok(plain(status, &health))
}

/// Probes may say which status they want to see.
fn status_of(query: &str) -> Result<u16, Said> {
    let code = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("activecode="));
    let Some(code) = code else {
        return Ok(200);
    };
    let code = code.parse().ok().filter(|code| (200..=599).contains(code));
    code.ok_or_else(|| Said::bad("activecode must be a status"))
}

/// `sys/seal-status`: there is nothing to unseal.
pub(super) fn seal_status() -> Answered {
    let status = json!({
        "type": "shamir",
        "initialized": true,
        "sealed": false,
        "t": 1,
        "n": 1,
        "progress": 0,
        "nonce": "",
        "version": VERSION,
        "build_date": "",
        "migration": false,
        "cluster_name": NAME,
        "cluster_id": ID,
        "recovery_seal": false,
        "storage_type": "opagate",
    });
    Ok(plain(200, &status))
}

/// `sys/leader`: one gateway has nobody to lead.
pub(super) fn leader() -> Answered {
    let leader = json!({
        "ha_enabled": false,
        "is_self": false,
        "active_time": "0001-01-01T00:00:00Z",
        "leader_address": "",
        "leader_cluster_address": "",
        "performance_standby": false,
        "performance_standby_last_remote_wal": 0,
    });
    Ok(plain(200, &leader))
}

/// `sys/init`.
pub(super) fn init() -> Answered {
    Ok(plain(200, &json!({ "initialized": true })))
}

/// `sys/internal/ui/mounts`: the same for those who have no token yet.
pub(super) fn ui_mounts(call: &Call) -> Answered {
    let shown = json!({ "auth": {}, "secret": {} });
    call.data(&shown)
}

/// Of Vault, as whose server it answers: what its clients make of a newer one is not known.
const VERSION: &str = "1.14.0";
const NAME: &str = "opagate";
/// Not of one server: gateways have no clusters.
const ID: &str = "00000000-0000-0000-0000-000000000000";
