//! What HCL and JSON have in common, with places.

use std::ops::Range;

/// A piece and where it stands.
#[derive(Debug)]
pub(super) struct At<T> {
    pub(super) it: T,
    pub(super) at: Range<usize>,
}

/// A key with what stands behind it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: At<String>,
    /// Between the key and the value, as the path of a path block.
    pub(super) labels: Vec<At<String>>,
    pub(super) value: At<Value>,
}

/// What stands behind a key.
#[derive(Debug)]
pub(super) enum Value {
    Text(String),
    Number(u64),
    List(Vec<At<Self>>),
    Block(Vec<Entry>),
    /// What no key takes.
    Other,
}
