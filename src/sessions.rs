//! Tokens that the gateway gives out: sessions of those who logged in.

mod epoch;

pub use self::epoch::Epoch;
