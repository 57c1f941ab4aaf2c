//! One page of a list, and pages joined to a list.

use bytes::{Bytes, BytesMut};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A page, cut into what stands around its elements.
#[derive(Debug)]
pub(super) struct Page {
    /// All up to the elements: `{"list":[`.
    before: Bytes,
    /// The elements with the commas between them.
    elements: Bytes,
    /// All after the elements: `]}`.
    after: Bytes,
    /// The length of the whole body, which its parts keep in memory.
    length: u64,
}

impl Page {
    /// Cuts a body; `None` if it is not a JSON object with an array called `list`.
    pub(super) fn parse(body: &Bytes) -> Option<Self> {
        #[derive(Deserialize)]
        struct Shape<'a> {
            #[serde(borrow)]
            list: &'a RawValue,
        }
        let shape: Shape<'_> = serde_json::from_slice(body).ok()?;
        let list = shape.list.get();
        let inner = list.strip_prefix('[')?.strip_suffix(']')?.trim();
        // The raw value is a part of `body`; where it starts tells where to cut.
        let start = list.as_ptr().addr().checked_sub(body.as_ptr().addr())?;
        let end = start.checked_add(list.len())?;
        Some(Self {
            before: body.slice(..start + 1),
            elements: body.slice_ref(inner.as_bytes()),
            after: body.slice(end - 1..),
            length: length(body),
        })
    }
}

/// Pages being joined.
#[derive(Debug)]
pub(super) struct Merge {
    first: Page,
    others: Vec<Bytes>,
    pages: u32,
    bytes: u64,
}

impl Merge {
    pub(super) fn new(first: Page) -> Self {
        let bytes = first.length;
        Self {
            first,
            others: Vec::new(),
            pages: 1,
            bytes,
        }
    }

    pub(super) fn add(&mut self, page: Page) {
        self.pages = self.pages.saturating_add(1);
        self.bytes += page.length;
        self.others.push(page.elements);
    }

    /// How many pages there are.
    pub(super) fn pages(&self) -> u32 {
        self.pages
    }

    /// How long the list is so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The list.
    pub(super) fn join(self) -> Bytes {
        let mut whole = BytesMut::with_capacity(usize::try_from(self.bytes).unwrap_or(0));
        whole.extend_from_slice(&self.first.before);
        let elements = [self.first.elements].into_iter().chain(self.others);
        let mut is_first = true;
        for elements in elements.filter(|elements| !elements.is_empty()) {
            if !is_first {
                whole.extend_from_slice(b",");
            }
            whole.extend_from_slice(&elements);
            is_first = false;
        }
        whole.extend_from_slice(&self.first.after);
        whole.freeze()
    }
}

fn length(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn page(text: &'static str) -> Page {
        Page::parse(&Bytes::from_static(text.as_bytes())).unwrap()
    }

    #[test]
    fn pages_are_joined_in_the_first_ones_shape() {
        let mut merge = Merge::new(page(r#"{"a":1, "list" : [ {"x":"]"} ], "b":2}"#));
        merge.add(page(r#"{"list":[]}"#));
        merge.add(page(r#"{"list":[ 2 , [3] ],"ignored":true}"#));

        assert_eq!(
            merge.join(),
            r#"{"a":1, "list" : [{"x":"]"},2 , [3]], "b":2}"#
        );
    }

    #[test]
    fn what_is_not_a_page_is_none() {
        for bad in [
            "",
            "<html>",
            "[]",
            "{}",
            r#"{"list":null}"#,
            r#"{"list":{}}"#,
            r#"{"list":["#,
        ] {
            assert!(
                Page::parse(&Bytes::from_static(bad.as_bytes())).is_none(),
                "{bad}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_element_is_lost_added_or_moved(
            pages in prop::collection::vec(prop::collection::vec("[a-z\\\\\"\\]\\[{},]{0,6}", 0..8), 1..9)
        ) {
            let body = |elements: &Vec<String>| Bytes::from(json!({ "list": elements }).to_string());
            let mut bodies = pages.iter().map(body);
            let mut merge = Merge::new(Page::parse(&bodies.next().unwrap()).unwrap());
            bodies.for_each(|body| merge.add(Page::parse(&body).unwrap()));

            let whole: Value = serde_json::from_slice(&merge.join()).unwrap();
            prop_assert_eq!(whole, json!({ "list": pages.concat() }));
        }
    }
}
