//! JSON texts: `{"path": {"…": {"capabilities": […]}}}`, or a list of such objects under `path`.

use std::fmt;
use std::ops::Range;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::fault::Fault;
use super::tree::{At, Entry, Value};

/// Everything in `text`.
pub(super) fn parse(text: &str) -> Result<Vec<Entry>, Fault> {
    let whole: &RawValue = serde_json::from_str(text).map_err(|error| {
        let at = offset(text, error.line(), error.column());
        let said = error.to_string();
        let said = said.split(" at line ").next().unwrap_or_default();
        let help = "see that brackets, quotes and commas match";
        Fault::new(&at, format!("this is not JSON: {said}"), "here", help)
    })?;
    let reader = Reader { text };
    let mut all = Vec::new();
    for (key, raw) in reader.pairs(whole)? {
        if key.it != "path" {
            all.push(Entry {
                labels: Vec::new(),
                value: reader.value(raw),
                key,
            });
            continue;
        }
        for group in reader.objects(raw)? {
            for (label, raw) in reader.pairs(group)? {
                all.push(Entry {
                    key: At {
                        it: key.it.clone(),
                        at: key.at.clone(),
                    },
                    labels: vec![label],
                    value: At {
                        it: Value::Block(reader.block(raw)?),
                        at: reader.place(raw),
                    },
                });
            }
        }
    }
    Ok(all)
}

/// Goes down by a fixed number of levels, so that no text leads it deep into itself.
struct Reader<'t> {
    text: &'t str,
}

impl<'t> Reader<'t> {
    /// The keys of an object, also one that stands there twice, and what stands behind each.
    fn pairs(&self, raw: &'t RawValue) -> Result<Vec<(At<String>, &'t RawValue)>, Fault> {
        let at = self.place(raw);
        let pairs: Pairs<'t> = serde_json::from_str(raw.get()).map_err(|_| {
            let help = "write `{\"path\": {\"…\": {\"capabilities\": [\"read\"]}}}`";
            Fault::new(&at, "an object is needed here", "not an object", help)
        })?;
        let mut from = at.start;
        let mut all = Vec::new();
        for (key, raw) in pairs.0 {
            let value = self.place(raw);
            let at = self.key(from..value.start);
            from = value.end;
            all.push((At { it: key, at }, raw));
        }
        Ok(all)
    }

    /// The object, or each object of the list.
    fn objects(&self, raw: &'t RawValue) -> Result<Vec<&'t RawValue>, Fault> {
        if !raw.get().starts_with('[') {
            return Ok(vec![raw]);
        }
        serde_json::from_str(raw.get()).map_err(|_| {
            let help = "write one object, or a list of objects";
            Fault::new(&self.place(raw), "this list cannot be read", "here", help)
        })
    }

    fn block(&self, raw: &'t RawValue) -> Result<Vec<Entry>, Fault> {
        let entry = |(key, raw)| Entry {
            key,
            labels: Vec::new(),
            value: self.value(raw),
        };
        Ok(self.pairs(raw)?.into_iter().map(entry).collect())
    }

    /// A single value, or a list of such.
    fn value(&self, raw: &'t RawValue) -> At<Value> {
        let items: Option<Vec<&RawValue>> = raw
            .get()
            .starts_with('[')
            .then(|| serde_json::from_str(raw.get()).ok())
            .flatten();
        let it = match items {
            Some(items) => Value::List(items.into_iter().map(|raw| self.scalar(raw)).collect()),
            None => return self.scalar(raw),
        };
        At {
            it,
            at: self.place(raw),
        }
    }

    fn scalar(&self, raw: &RawValue) -> At<Value> {
        let text = serde_json::from_str(raw.get()).ok().map(Value::Text);
        let number = || raw.get().parse().ok().map(Value::Number);
        At {
            it: text.or_else(number).unwrap_or(Value::Other),
            at: self.place(raw),
        }
    }

    /// Where a part of the text stands in it.
    fn place(&self, raw: &RawValue) -> Range<usize> {
        let start = raw.get().as_ptr().addr();
        let start = start.saturating_sub(self.text.as_ptr().addr());
        start..start + raw.get().len()
    }

    /// Where the key stands in what is between two values.
    fn key(&self, between: Range<usize>) -> Range<usize> {
        let text = self.text.get(between.clone()).unwrap_or_default();
        match (text.find('"'), text.rfind('"')) {
            (Some(first), Some(last)) => between.start + first..between.start + last + 1,
            _ => between,
        }
    }
}

/// The members of an object in their order.
struct Pairs<'t>(Vec<(String, &'t RawValue)>);

impl<'de: 't, 't> Deserialize<'de> for Pairs<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(member) = map.next_entry()? {
                    all.push(member);
                }
                Ok(all)
            }
        }
        deserializer.deserialize_map(Members).map(Pairs)
    }
}

/// The byte at a line and a column, which count bytes from one.
fn offset(text: &str, line: usize, column: usize) -> Range<usize> {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let mut at = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let letter = text.get(at..).and_then(|rest| rest.chars().next());
    at..at + letter.map_or(0, char::len_utf8)
}
