//! A user as the API shows it.

use serde::Serialize;
use uuid::Uuid;

use crate::emulator::clock::Time;
use crate::emulator::role::RolesOf;
use crate::emulator::store::{Kind, Status, User};

/// A user as the API shows it.
#[derive(Debug, Serialize)]
pub(in crate::emulator) struct View<'a> {
    deleted_at: Option<String>,
    details: Option<Details>,
    id: Uuid,
    name: &'a str,
    role_grants: Vec<&'static str>,
    status: Status,
    team_name: &'a str,
    user_type: Kind,
}

#[derive(Debug, Serialize)]
struct Details {
    email: String,
    first_name: String,
    last_name: String,
    full_name: String,
}

/// Shows a user.
pub(in crate::emulator) fn view<'a>(roles: &RolesOf<'a>, user: &'a User) -> View<'a> {
    let details = (user.kind == Kind::Human).then(|| Details {
        email: format!("{}@example.com", user.id),
        first_name: "Ada".to_owned(),
        last_name: user.name.clone(),
        full_name: format!("Ada {}", user.name),
    });
    View {
        deleted_at: user.deleted_at.map(Time::rfc3339),
        details,
        id: user.id,
        name: &user.name,
        role_grants: roles.user(user.id).names(),
        status: user.status,
        team_name: &roles.store.team,
        user_type: user.kind,
    }
}
