//! `opagate` stands in front of the Okta Privileged Access API.

// vocabulary
pub mod caller;
pub mod error;
pub mod exchange;
pub mod middleware;
pub mod operation;
pub mod record;
pub mod secret;

// concerns
pub mod admin;
pub mod app;
pub mod audit;
pub mod auth;
pub mod breaker;
pub mod cache;
pub mod deadline;
pub mod listen;
pub mod metrics;
pub mod paginate;
pub mod quota;
pub mod retry;
pub mod shape;
pub mod token;
pub mod trace;
pub mod upstream;

// the whole
pub mod emulator;
