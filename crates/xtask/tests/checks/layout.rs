//! Broken layouts: strays, missing pages, missing specifications.

use crate::fixture::Tree;

#[test]
fn a_stray_at_the_top_level() {
    let tree = Tree::good("stray");
    tree.write("notes.txt", "text\n");
    tree.fails("layout", "notes.txt: not part of the agreed top level");
}

#[test]
fn a_licence_that_is_missing() {
    let tree = Tree::good("licence");
    tree.remove("LICENSE-MIT");
    tree.fails("layout", "LICENSE-MIT: missing");
}

#[test]
fn an_empty_folder_is_no_folder() {
    let tree = Tree::good("empty_folder");
    tree.remove("fuzz/a");
    tree.fails("layout", "fuzz: missing");
}

#[test]
fn a_crate_without_a_readme() {
    let tree = Tree::good("no_readme");
    tree.remove("crates/low/README.md");
    tree.fails("readme", "crates/low/README.md: missing or empty");
}

#[test]
fn a_readme_that_is_not_the_root_doc() {
    let tree = Tree::good("readme_not_doc");
    tree.replace(
        "crates/low/src/lib.rs",
        "#![doc = include_str!(\"../README.md\")]\n",
        "//! Low.\n",
    );
    tree.fails("readme", "crates/low/src/lib.rs: add #![doc = include_str!");
}

#[test]
fn bytes_without_a_specification() {
    let tree = Tree::good("no_spec");
    tree.write("crates/low/src/format.rs", "//! Bytes.\n");
    tree.fails("spec", "docs/spec/low.md: missing");
    tree.write("docs/spec/low.md", "# low\n");
    tree.passes("spec");
}
