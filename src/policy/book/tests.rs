//! The book, its sets, and what stays as it is.

use super::*;
use crate::policy::Capability;

fn policy(name: &str, path: &str) -> Arc<Policy> {
    let text = format!("quota = 7\npath \"{path}\" {{\n  capabilities = [\"read\"]\n}}\n");
    Arc::new(Policy::parse(name, &text).unwrap())
}

fn reads(set: &Set, path: &str) -> bool {
    let compiled = set.compiled();
    compiled.rights.decide(path, Capability::Read).is_allowed()
}

#[test]
fn same_names_in_any_order_and_case_are_one_set() {
    let book = Book::new(&[], [], 3);

    let one = book.set(["b", "A", "b", " "]);
    let same = book.set(["a", "B"]);
    let other = book.set(["a"]);

    assert!(Arc::ptr_eq(&one, &same));
    assert_eq!((one.index(), other.index()), (3, 4));
    assert_eq!(format!("{one:?}"), "[\"a\", \"b\"]");
}

#[test]
fn policy_that_is_written_deleted_or_written_anew_acts_on_those_who_have_it() {
    let book = Book::new(&[], [], 0);
    let set = book.set(["late", "default"]);
    assert!(!reads(&set, "a"));

    book.put(policy("late", "a"));
    assert!(reads(&set, "a") && !reads(&set, "b"));
    assert_eq!(set.compiled().quota.unwrap().get(), 7);
    book.put(policy("late", "b"));
    assert!(!reads(&set, "a") && reads(&set, "b"));

    assert!(book.delete("late"));
    assert!(!reads(&set, "b"));
    assert!(!book.delete("late"));
    assert!(reads(&set, "auth/token/lookup-self"));
}

#[test]
fn what_is_configured_or_built_in_stays() {
    let book = Book::new(&[], [policy("fixed", "a")], 0);
    let set = book.set(["fixed"]);

    book.put(policy("fixed", "b"));
    assert!(!book.delete("fixed"));

    assert!(reads(&set, "a") && !reads(&set, "b"));
    assert_eq!(book.may_put("fixed"), Err(Bound::Configured));
    assert_eq!(book.may_put("root"), Err(Bound::Root));
    assert_eq!(book.may_delete("default"), Err(Bound::Default));
    assert_eq!(book.may_put("default"), Ok(()));
    let names = book.names();
    let names: Vec<_> = names.iter().map(|name| &**name).collect();
    assert_eq!(names, ["default", "fixed", "root"]);
}

#[test]
fn root_may_everything_and_stands_alone() {
    let book = Book::new(&[], [], 0);

    let root = book.set(["x", "ROOT"]);

    assert!(root.is_root());
    assert_eq!(root.names().len(), 1);
    let compiled = root.compiled();
    for path in ["sys/policy/a", "teams/x/users", "/files/a", "auth/a/"] {
        let decision = compiled.rights.decide(path, Capability::Update);
        assert!(decision.has_sudo(), "{path}");
    }
}

#[test]
fn sets_that_nobody_has_are_forgotten() {
    let book = Book::new(&[], [], 0);
    let kept = book.set(["kept"]);

    for number in 0..10 * SWEPT {
        drop(book.set([number.to_string()]));
    }

    assert!(book.shared.pages.lock().sets.len() <= SWEPT + 1);
    assert!(Arc::ptr_eq(&kept, &book.set(["kept"])));
}
