//! The table of all operations in the documentation: what it must say, and whether it says so.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::{SECTIONS, operations};
use crate::emulator::answer::Code;
use crate::emulator::operation::{Act, Operation, Paging};

#[test]
fn documentation_has_the_table_of_all_operations() {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let expected = crate_root.join("target/operations.md");
    fs::write(&expected, table()).unwrap();

    let said = fs::read_to_string(crate_root.join("src/emulator/operations.md")).unwrap();

    assert!(
        said == table(),
        "src/emulator/operations.md is to be {}",
        expected.display()
    );
}

#[test]
fn every_operation_is_shown_by_a_test_that_exists() {
    let mut tests = String::new();
    read_sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/emulator"),
        &mut tests,
    );

    for operation in operations() {
        let test = format!("fn {}()", operation.shown_by);
        assert!(
            tests.contains(&test),
            "{}: {}",
            operation.id,
            operation.shown_by
        );
    }
}

#[test]
fn specification_has_thirteen_operations() {
    assert_eq!(
        operations()
            .filter(|operation| operation.is_specified)
            .count(),
        13
    );
}

fn read_sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

fn table() -> String {
    let mut table = String::from(
        "| Operation, below `/v1/teams/{team_name}/` | Roles, any of | Success | Errors | Shown by |\n\
         |---|---|---|---|---|\n",
    );
    for (section, operations) in SECTIONS {
        writeln!(table, "| **{section}** | | | | |").unwrap();
        for operation in operations {
            table.push_str(&row(operation));
        }
    }
    table
}

fn row(operation: &Operation) -> String {
    let star = if operation.is_specified {
        " \u{2605}"
    } else {
        ""
    };
    let roles = match operation.roles.names() {
        _ if matches!(operation.act, Act::Token) => "nobody is asked".to_owned(),
        none if none.is_empty() => "whoever has a token".to_owned(),
        names => names.join(", "),
    };
    let paging = match operation.paging {
        Paging::No => "",
        Paging::Someday => ", paged by a switch",
        Paging::Pages => ", paged",
    };
    let errors = operation.all_errors().into_iter().map(Code::status);
    let mut errors: Vec<_> = errors.map(|status| status.as_str().to_owned()).collect();
    errors.dedup();
    format!(
        "| `{} {}`{star} | {roles} | {}{paging} | {} | `{}` |\n",
        operation.method,
        operation.path,
        operation.success.as_str(),
        errors.join(" "),
        operation.shown_by,
    )
}
