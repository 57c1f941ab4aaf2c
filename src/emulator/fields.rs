//! What a body is made of.

use serde_json::{Map, Value};

/// A JSON object.
pub(super) type Object = Map<String, Value>;
