//! Fuzz targets taken away piece by piece.

use crate::fixture::Tree;

/// A good tree with a parser and everything that its target needs.
fn tree(name: &str) -> Tree {
    let tree = Tree::good(name);
    tree.append(
        "crates/low/src/lib.rs",
        "pub struct P;\nimpl P {\n    pub fn parse(_: &[u8]) {}\n}\n",
    );
    tree.write("fuzz/parsers.toml", "[targets]\nlow_p = [\"low/lib.rs: parse\"]\n");
    tree.write("fuzz/src/low_p.rs", "pub fn low_p(data: &[u8]) {\n    low::P::parse(data);\n}\n");
    tree.write("fuzz/fuzz_targets/low_p.rs", "// one line\n");
    tree.write("fuzz/Cargo.toml", "[[bin]]\nname = \"low_p\"\n");
    tree.write("fuzz/corpus/low_p/seed", "x");
    tree.write(
        "crates/low/tests/fuzz_replay.rs",
        "#[path = \"../../../fuzz/src/low_p.rs\"]\nmod p;\n",
    );
    tree
}

#[test]
fn a_whole_target() {
    tree("fuzz_whole").passes("fuzz");
}

#[test]
fn a_parser_without_target() {
    let tree = tree("fuzz_parser");
    tree.append("crates/low/src/lib.rs", "pub const fn decode_head(_: &[u8]) {}\n");
    tree.fails("fuzz", "low/lib.rs: decode_head: no fuzz target");
}

#[test]
fn a_kind_of_input_without_target() {
    let tree = tree("fuzz_kind");
    tree.append("crates/low/src/lib.rs", "impl<'a> Input<'a> for P {}\n");
    tree.fails("fuzz", "low/lib.rs: P: no fuzz target");
}

#[test]
fn a_target_taken_out_of_the_list() {
    let tree = tree("fuzz_list");
    tree.write("fuzz/parsers.toml", "[targets]\nother = []\n");
    let report = tree.report("fuzz");
    let expected = ["low/lib.rs: parse: no fuzz target", "fuzz/fuzz_targets/low_p.rs: not in"];
    for message in expected {
        assert!(report.failures.iter().any(|failure| failure.contains(message)), "{report:?}");
    }
}

#[test]
fn no_list_at_all() {
    let tree = tree("fuzz_no_list");
    tree.remove("fuzz/parsers.toml");
    tree.fails("fuzz", "fuzz/parsers.toml: missing");
}

#[test]
fn a_piece_of_a_target_removed() {
    for (number, (file, message)) in [
        ("fuzz/src/low_p.rs", "fuzz/src/low_p.rs: missing"),
        ("fuzz/fuzz_targets/low_p.rs", "fuzz/fuzz_targets/low_p.rs: missing"),
        ("fuzz/corpus/low_p/seed", "fuzz/corpus/low_p: no seeds"),
        ("fuzz/Cargo.toml", "fuzz/Cargo.toml: no [[bin]] `low_p`"),
        ("crates/low/tests/fuzz_replay.rs", "replays it on stable"),
    ]
    .into_iter()
    .enumerate()
    {
        let tree = tree(&format!("fuzz_piece_{number}"));
        tree.remove(file);
        tree.fails("fuzz", message);
    }
}

#[test]
fn a_body_that_calls_nothing() {
    let tree = tree("fuzz_idle");
    tree.replace("fuzz/src/low_p.rs", "low::P::parse(data);", "");
    tree.fails("fuzz", "does not call `parse`");
}

#[test]
fn a_parser_that_is_gone() {
    let tree = tree("fuzz_gone");
    tree.replace(
        "fuzz/parsers.toml",
        "\"low/lib.rs: parse\"",
        "\"low/lib.rs: parse\", \"low/old.rs: parse\"",
    );
    tree.fails("fuzz", "low/old.rs: parse is not there any more");
}
