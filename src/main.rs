//! The `opagate` binary.
fn main() {}
