//! What is changed, how, and in which reads it is seen.

use std::ops::Range;

use fastrand::Rng;
use http::Request;
use opagate::exchange::Body;
use serde_json::{Value, json};

use super::checker::History;
use super::support::{Reply, delete, post, put};

/// Groups that come and go, service users that are on or off, and one membership.
pub(super) const THINGS: Things = Things(0..GROUPS + USERS + 1);

const GROUPS: usize = 3;
const USERS: usize = 2;

/// All things, by number.
#[derive(Clone)]
pub(super) struct Things(Range<usize>);

impl Iterator for Things {
    type Item = Thing;

    fn next(&mut self) -> Option<Thing> {
        self.0.next().map(Thing)
    }
}

/// One thing that changes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Thing(pub(super) usize);

/// How a thing is seen when it is not there.
pub(super) const ABSENT: &str = "absent";
/// How it is seen where its state is not told.
pub(super) const THERE: &str = "there";

impl Thing {
    /// Its state before anything is written.
    pub(super) fn first(self) -> &'static str {
        if self.is_user() { "ACTIVE" } else { ABSENT }
    }

    fn is_user(self) -> bool {
        (GROUPS..GROUPS + USERS).contains(&self.0)
    }

    fn name(self) -> String {
        if self.is_user() {
            format!("svc-{:04}", self.0 - GROUPS + 1)
        } else {
            format!("team {}", self.0)
        }
    }

    /// The next state, and the write that brings it about.
    pub(super) fn change(self, history: &History, rng: &mut Rng) -> (String, Request<Body>) {
        let (now, number) = history.last(self);
        let is_absent = now == ABSENT;
        if self.is_user() {
            let status = if now == "ACTIVE" {
                "DISABLED"
            } else {
                "ACTIVE"
            };
            let path = path(&format!("service_users/{}", self.name()));
            return (status.to_owned(), put(&path, &json!({ "status": status })));
        }
        if self.0 >= GROUPS + USERS {
            return membership(is_absent);
        }
        let encoded = self.name().replace(' ', "%20");
        let spelling = ["groups", "%67roups", "group%73"][rng.usize(..3)];
        let item = path(&format!("{spelling}/{encoded}"));
        if !is_absent && rng.u8(..4) == 0 {
            return (ABSENT.to_owned(), delete(&item));
        }
        let roles = roles(number);
        let state = roles.join(",");
        if is_absent {
            let body = json!({ "name": self.name(), "roles": roles });
            return (state, post(&path(spelling), &body));
        }
        (state, put(&item, &json!({ "roles": roles })))
    }
}

fn membership(is_absent: bool) -> (String, Request<Body>) {
    let members = path("groups/crew/users");
    if is_absent {
        return (THERE.to_owned(), post(&members, &json!({ "name": MEMBER })));
    }
    (ABSENT.to_owned(), delete(&format!("{members}/{MEMBER}")))
}

/// A list of roles that no other number has.
fn roles(mut number: usize) -> Vec<&'static str> {
    let mut roles = vec![ROLES[number % ROLES.len()]];
    while number >= ROLES.len() {
        number /= ROLES.len();
        roles.push(ROLES[number % ROLES.len()]);
    }
    roles
}

const ROLES: [&str; 5] = [
    "pam_admin",
    "resource_admin",
    "security_admin",
    "delegated_resource_admin",
    "end_user",
];
const MEMBER: &str = "person-0001";

/// One kind of read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Read {
    /// One group.
    Group(usize),
    /// One group in another spelling.
    Spelled(usize),
    /// The members of a group that nobody is in.
    Below(usize),
    /// All groups.
    Groups,
    /// Some groups.
    Matching,
    /// One page of groups.
    Page,
    /// One service user.
    User(usize),
    /// One service user by id.
    ById(usize),
    /// All service users.
    Users,
    /// People and service users.
    Everybody,
    /// Who is in the crew.
    Members,
    /// The groups of the one who comes and goes.
    GroupsOf,
}

/// All of them, the more telling ones more often.
pub(super) const READS: [Read; 20] = [
    Read::Group(0),
    Read::Group(1),
    Read::Group(2),
    Read::Group(0),
    Read::Spelled(0),
    Read::Spelled(1),
    Read::Below(0),
    Read::Below(1),
    Read::Groups,
    Read::Groups,
    Read::Groups,
    Read::Matching,
    Read::Page,
    Read::User(0),
    Read::User(1),
    Read::ById(0),
    Read::Users,
    Read::Everybody,
    Read::Members,
    Read::GroupsOf,
];

impl Read {
    /// What is asked.
    pub(super) fn path(self, history: &History) -> String {
        path(&match self {
            Self::Group(n) => format!("groups/team%20{n}"),
            Self::Spelled(n) => format!("%67roups/t%65am%20{n}"),
            Self::Below(n) => format!("groups/team%20{n}/users"),
            Self::Groups => "groups".to_owned(),
            Self::Matching => "groups?contains=team".to_owned(),
            Self::Page => "groups?count=50".to_owned(),
            Self::User(n) => format!("service_users/{}", Thing(GROUPS + n).name()),
            Self::ById(n) => match history.id_of(Thing(GROUPS + n)) {
                Some(id) => format!("users_by_id/{id}"),
                None => format!("service_users/{}", Thing(GROUPS + n).name()),
            },
            Self::Users => "service_users".to_owned(),
            Self::Everybody => "users?include_service_users=true&contains=svc".to_owned(),
            Self::Members => "groups/crew/users".to_owned(),
            Self::GroupsOf => format!("users/{MEMBER}/groups"),
        })
    }

    /// Whether the answer is a list.
    pub(super) fn is_list(self) -> bool {
        !matches!(
            self,
            Self::Group(_) | Self::Spelled(_) | Self::User(_) | Self::ById(_)
        )
    }

    /// What the answer tells of each thing: its state, and its id where it has one.
    pub(super) fn seen(self, reply: &Reply) -> Vec<(Thing, String)> {
        let body = reply.json();
        let one = |state: fn(&Value) -> String| {
            if reply.status == 404 {
                ABSENT.to_owned()
            } else {
                state(&body)
            }
        };
        match self {
            Self::Group(n) | Self::Spelled(n) => vec![(Thing(n), one(roles_of))],
            Self::Below(n) => vec![(Thing(n), one(|_| THERE.to_owned()))],
            Self::Groups | Self::Matching => (0..GROUPS)
                .map(|n| in_list(Thing(n), &body, roles_of))
                .collect(),
            Self::Page => {
                let all = (0..GROUPS).map(|n| in_list(Thing(n), &body, roles_of));
                all.filter(|(_, state)| state != ABSENT).collect()
            }
            Self::User(n) | Self::ById(n) => vec![(Thing(GROUPS + n), one(status_of))],
            Self::Users | Self::Everybody => {
                let users = GROUPS..GROUPS + USERS;
                users.map(|n| in_list(Thing(n), &body, status_of)).collect()
            }
            Self::Members => vec![is_named(&body, MEMBER)],
            Self::GroupsOf => vec![is_named(&body, "crew")],
        }
    }
}

fn in_list(thing: Thing, body: &Value, state: fn(&Value) -> String) -> (Thing, String) {
    let list = body["list"].as_array().unwrap();
    let found = list
        .iter()
        .find(|item| item["name"] == thing.name().as_str());
    (thing, found.map_or_else(|| ABSENT.to_owned(), state))
}

fn is_named(body: &Value, name: &str) -> (Thing, String) {
    let list = body["list"].as_array().unwrap();
    let is_there = list.iter().any(|item| item["name"] == name);
    let state = if is_there { THERE } else { ABSENT };
    (Thing(GROUPS + USERS), state.to_owned())
}

fn roles_of(group: &Value) -> String {
    let roles = group["roles"].as_array().unwrap().iter();
    let roles: Vec<_> = roles.map(|role| role.as_str().unwrap()).collect();
    roles.join(",")
}

fn status_of(user: &Value) -> String {
    user["status"].as_str().unwrap().to_owned()
}

/// A path of the team.
pub(super) fn path(below: &str) -> String {
    format!("/v1/teams/demo/{below}")
}
