//! Broken source files: attributes, length, admissions, words.

use xtask::check::source::{LONG, TOO_LONG};
use xtask::check::words::{HOSTS, PATHS};

use crate::fixture::Tree;

const LIB: &str = "crates/low/src/lib.rs";

#[test]
fn a_library_with_std() {
    let tree = Tree::good("with_std");
    tree.replace(LIB, "#![no_std]", "// #![no_std]");
    tree.fails("no-std", "crates/low/src/lib.rs: add #![no_std]");
}

#[test]
fn a_library_that_may_be_unsafe() {
    let tree = Tree::good("may_unsafe");
    tree.replace(LIB, "forbid(unsafe_code)", "deny(unsafe_code)");
    tree.fails("no-std", "add #![forbid(unsafe_code)]");
}

#[test]
fn a_file_that_outgrew_its_noun() {
    let tree = Tree::good("length");
    tree.write("crates/low/src/long.rs", &"// line\n".repeat(LONG + 1));
    let report = tree.report("length");
    assert!(report.failures.is_empty());
    assert_eq!(report.warnings.len(), 1, "{report:?}");
    tree.write("crates/low/src/long.rs", &"// line\n".repeat(TOO_LONG + 1));
    tree.fails("length", "crates/low/src/long.rs: 701 lines");
}

#[test]
fn unfinished_by_its_own_words() {
    let words = [
        concat!("fn f() { to", "do!() }"),
        concat!("fn f() { unimpl", "emented!() }"),
        concat!("#[test]\n#[ig", "nore]\nfn f() {}"),
        concat!("// FIX", "ME: later"),
    ];
    for (number, word) in words.into_iter().enumerate() {
        let tree = Tree::good(&format!("unfinished_{number}"));
        tree.write("crates/low/tests/api.rs", word);
        tree.fails("unfinished", "crates/low/tests/api.rs:");
    }
}

#[test]
fn a_package_host_in_any_file() {
    for (number, host) in HOSTS.iter().enumerate() {
        let tree = Tree::good(&format!("host_{number}"));
        tree.append("README.md", &format!("\nSee {}.\n", host.to_uppercase()));
        tree.fails("words", "README.md:3: names a package host");
    }
}

#[test]
fn a_path_of_a_machine() {
    for (number, path) in PATHS.iter().enumerate() {
        let tree = Tree::good(&format!("path_{number}"));
        tree.append("benches/a", &format!("cd {path}"));
        tree.fails("words", "benches/a:2: holds a machine's path");
    }
}

#[test]
fn words_that_only_look_like_a_path() {
    let tree = Tree::good("no_path");
    let path = PATHS[0];
    tree.write("benches/a", &format!("a{path} ..{path} {path}space and/or target{path}\n"));
    tree.passes("words");
}

#[test]
fn the_lock_file_may_name_the_registry() {
    let tree = Tree::good("lock");
    tree.write("Cargo.lock", HOSTS[0]);
    tree.passes("words");
}
