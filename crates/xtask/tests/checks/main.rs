//! Every check is seen to pass on a small good tree, and to fail once when that tree is broken on purpose.
//!
//! A check that cannot fail proves nothing; `every_check_is_broken_here` keeps this list complete.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops where its tree cannot be laid"
)]

mod cargo;
mod fixture;
mod fuzz;
mod layout;
mod manifests;
mod source;

use std::collections::BTreeSet;

use xtask::check::CHECKS;

use fixture::Tree;

/// The checks that a test in this folder breaks.
const BROKEN_HERE: &[&str] = &[
    "floors",
    "lints",
    "versions",
    "lock",
    "features",
    "no-std",
    "layout",
    "readme",
    "spec",
    "length",
    "unfinished",
    "fuzz",
    "words",
    "fmt",
    "clippy",
    "doc",
    "no-getrandom",
    "duplicates",
    "bare-metal",
    "deny",
];

#[test]
fn every_check_is_broken_here() {
    let all: BTreeSet<_> = CHECKS.iter().map(|check| check.name).collect();
    let broken: BTreeSet<_> = BROKEN_HERE.iter().copied().collect();
    assert_eq!(all, broken);
    let tests = [
        include_str!("cargo.rs"),
        include_str!("fuzz.rs"),
        include_str!("layout.rs"),
        include_str!("manifests.rs"),
        include_str!("source.rs"),
    ];
    for name in all {
        let call = format!("fails(\"{name}\"");
        assert!(tests.iter().any(|text| text.contains(&call)), "no test breaks `{name}`");
    }
}

#[test]
fn the_good_tree_passes_every_check_that_reads() {
    let tree = Tree::good("good");
    for check in CHECKS.iter().filter(|check| check.cost == xtask::check::Cost::Reads) {
        tree.passes(check.name);
    }
}

#[test]
fn an_unknown_check_or_argument_is_refused() {
    let tree = Tree::good("unknown");
    assert!(xtask::check::run(tree.root(), &["flors".to_owned()]).is_err());
}
