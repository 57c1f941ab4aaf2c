//! Paths as they are compared where case does not count.

use std::borrow::Cow;

use percent_encoding::{percent_decode_str, utf8_percent_encode};

use crate::operation::ENCODED;

/// `path` in lower case, also where a letter is percent-encoded; nearly all paths stay as they are.
pub(super) fn fold(path: &str) -> Cow<'_, str> {
    let is_lower = |byte: u8| byte != b'%' && !byte.is_ascii_uppercase();
    if path.bytes().all(is_lower) {
        return Cow::Borrowed(path);
    }
    let lower = |segment: &str| {
        let decoded = percent_decode_str(segment).decode_utf8_lossy();
        utf8_percent_encode(&decoded.to_lowercase(), ENCODED).to_string()
    };
    Cow::Owned(path.split('/').map(lower).collect::<Vec<_>>().join("/"))
}
