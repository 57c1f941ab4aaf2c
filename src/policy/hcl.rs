//! HCL texts.
//!
//! The grammar is the library's; what a policy may say of it is checked before by [`scan`].

use std::ops::Range;

use hcl_edit::Span;
use hcl_edit::expr::Expression;
use hcl_edit::parser::parse_body;
use hcl_edit::structure::{Attribute, Block, BlockLabel, Body, Structure};

use super::fault::Fault;
use super::scan;
use super::tree::{At, Entry, Value};

/// Everything in `text`.
pub(super) fn parse(text: &str) -> Result<Vec<Entry>, Fault> {
    scan::hcl(text)?;
    let body = parse_body(text).map_err(|error| {
        let start = error.location().offset().min(text.len());
        let end = text.get(start..).and_then(|rest| rest.chars().next());
        let end = start + end.map_or(0, char::len_utf8);
        let title = format!("this is not HCL: {}", error.message().trim());
        let help = "write `path \"…\" {`, its settings on lines of their own, and `}`";
        Fault::new(&(start..end), title, "not understood", help)
    })?;
    Ok(entries(&body))
}

fn entries(body: &Body) -> Vec<Entry> {
    let entry = |structure: &Structure| match structure {
        Structure::Attribute(attribute) => of_attribute(attribute),
        Structure::Block(block) => of_block(block),
    };
    body.iter().map(entry).collect()
}

fn of_attribute(attribute: &Attribute) -> Entry {
    Entry {
        key: At {
            it: attribute.key.as_str().to_owned(),
            at: place(&attribute.key),
        },
        labels: Vec::new(),
        value: value(&attribute.value),
    }
}

fn of_block(block: &Block) -> Entry {
    let label = |label: &BlockLabel| At {
        it: label.as_str().to_owned(),
        at: match label {
            BlockLabel::Ident(ident) => place(ident),
            BlockLabel::String(text) => place(text),
        },
    };
    Entry {
        key: At {
            it: block.ident.as_str().to_owned(),
            at: place(&block.ident),
        },
        labels: block.labels.iter().map(label).collect(),
        value: At {
            it: Value::Block(entries(&block.body)),
            at: place(&block.ident),
        },
    }
}

fn value(expression: &Expression) -> At<Value> {
    let it = if let Some(text) = expression.as_str() {
        Value::Text(text.to_owned())
    } else if let Some(number) = expression.as_number() {
        number.as_u64().map_or(Value::Other, Value::Number)
    } else if let Some(list) = expression.as_array() {
        Value::List(list.iter().map(value).collect())
    } else {
        Value::Other
    };
    At {
        it,
        at: place(expression),
    }
}

fn place(of: &impl Span) -> Range<usize> {
    of.span().unwrap_or_default()
}
