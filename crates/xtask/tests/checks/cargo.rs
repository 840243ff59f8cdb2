//! Broken code, as cargo sees it: these tests compile tiny trees without any outside dependency.

use std::os::unix::fs::symlink;

use xtask::embedded::Toolchain;
use xtask::process::find;

use crate::fixture::Tree;

const LIB: &str = "crates/low/src/lib.rs";

#[test]
fn code_out_of_shape() {
    let tree = Tree::good("fmt");
    tree.passes("fmt");
    tree.append(LIB, "fn  shape( ){}\n");
    tree.fails("fmt", "crates/low/src/lib.rs:1");
}

#[test]
fn code_out_of_shape_in_a_package_outside_the_workspace() {
    let tree = Tree::good("fmt_outside");
    let manifest =
        "[package]\nname = \"fuzz\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n";
    tree.write("fuzz/Cargo.toml", manifest);
    tree.write("fuzz/src/main.rs", "fn main( ) {}\n");
    tree.fails("fmt", "fuzz/src/main.rs:1");
}

#[test]
fn a_library_that_may_panic() {
    let tree = Tree::good("clippy");
    let body = "/// Doubles.\npub fn f(x: Option<u8>) -> u8 {\n    x.unwrap()\n}\n";
    tree.write("crates/low/tests/api.rs", &format!("//! Tests may panic.\n{body}"));
    tree.passes("clippy");
    tree.append(LIB, body);
    tree.fails("clippy", "used `unwrap()` on an `Option` value");
}

#[test]
fn a_lint_in_a_test() {
    let tree = Tree::good("clippy_test");
    tree.write("crates/low/tests/api.rs", "#[test]\nfn f() {\n    let unused = 1;\n}\n");
    tree.fails("clippy", "unused variable");
}

#[test]
fn a_link_in_the_docs_that_leads_nowhere() {
    let tree = Tree::good("doc");
    tree.passes("doc");
    tree.append("crates/low/README.md", "\nSee [`Nowhere`].\n");
    tree.fails("doc", "unresolved link to `Nowhere`");
}

#[test]
fn getrandom_in_firmware() {
    let tree = Tree::good("getrandom");
    tree.passes("no-getrandom");
    vendor(&tree, "getrandom", "0.4.0", "getrandom");
    // Behind a feature, one crate further down: what a forgotten default feature looks like.
    tree.replace(
        "crates/low/Cargo.toml",
        "[dependencies]",
        "[dependencies]\ngetrandom = { workspace = true, optional = true }",
    );
    tree.replace("crates/low/Cargo.toml", "software = []", "software = [\"dep:getrandom\"]");
    tree.replace("crates/high/Cargo.toml", "software = []", "software = [\"low/software\"]");
    tree.fails("no-getrandom", "pulls in getrandom for");
}

#[test]
fn getrandom_of_a_test_is_no_fault() {
    let tree = Tree::good("getrandom_dev");
    vendor(&tree, "getrandom", "0.4.0", "getrandom");
    tree.replace("crates/high/Cargo.toml", "rig.workspace = true", "getrandom.workspace = true");
    tree.passes("no-getrandom");
}

#[test]
fn two_generations_of_one_crate() {
    let tree = Tree::good("twins");
    vendor(&tree, "p256", "0.13.2", "p256-old");
    vendor(&tree, "p256", "0.14.0", "p256");
    tree.replace(
        "crates/low/Cargo.toml",
        "[dependencies]",
        "[dependencies]\np256-old.workspace = true",
    );
    tree.passes("duplicates");
    tree.replace(
        "crates/high/Cargo.toml",
        "[dependencies]",
        "[dependencies]\np256.workspace = true",
    );
    tree.fails("duplicates", "holds p256 0.13.2 and 0.14.0");
}

/// Adds a crate without a registry: `key` in the version table, the package `name` in a folder.
fn vendor(tree: &Tree, name: &str, version: &str, key: &str) {
    let dir = format!("vendor/{name}-{version}");
    let package =
        format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2024\"\n");
    tree.write(&format!("{dir}/Cargo.toml"), &package);
    tree.write(&format!("{dir}/src/lib.rs"), "#![no_std]\n");
    let line =
        format!("{key} = {{ package = \"{name}\", path = \"{dir}\", version = \"{version}\" }}");
    tree.replace(
        "Cargo.toml",
        "[workspace.dependencies]",
        &format!("[workspace.dependencies]\n{line}"),
    );
}

#[test]
fn a_crate_that_needs_an_operating_system() {
    let tree = Tree::good("bare_metal");
    let Some(()) = with_chip_compiler(&tree) else {
        // Without a compiler for chips the check must not pass either.
        let check = xtask::check::CHECKS.iter().find(|c| c.name == "bare-metal").unwrap();
        let error = (check.run)(tree.root()).unwrap_err();
        assert!(error.to_string().contains("cargo xtask setup"), "{error}");
        return;
    };
    tree.passes("bare-metal");
    tree.append(LIB, "extern crate std;\n");
    tree.fails("bare-metal", "for ");
}

#[test]
fn a_feature_that_needs_an_operating_system() {
    let tree = Tree::good("bare_metal_feature");
    if with_chip_compiler(&tree).is_some() {
        tree.append(LIB, "#[cfg(feature = \"software\")]\nextern crate std;\n");
        let report = tree.report("bare-metal");
        assert!(
            report.failures[0]
                .contains("low with software does not compile alone for thumbv6m-none-eabi")
        );
        assert!(!report.failures.iter().any(|f| f.contains("without features")), "{report:?}");
    }
}

/// Lends the tree the compiler that `cargo xtask setup` left in this repository.
fn with_chip_compiler(tree: &Tree) -> Option<()> {
    match Toolchain::find(&xtask::workspace::root()).ok()? {
        Toolchain::Rustup => {}
        Toolchain::Built(dir) => {
            std::fs::create_dir_all(tree.root().join("target")).unwrap();
            symlink(dir, tree.root().join("target/embedded-toolchain")).unwrap();
        }
    }
    Some(())
}

#[test]
fn a_licence_that_nobody_agreed_to() {
    let tree = Tree::good("deny");
    tree.write("deny.toml", "[licenses]\nallow = [\"MIT\"]\n");
    if find("cargo-deny").is_none() {
        let report = tree.report("deny");
        assert!(report.skipped.is_some_and(|reason| reason.contains("cargo xtask setup --deny")));
        return;
    }
    tree.passes("deny");
    tree.replace("Cargo.toml", "license = \"MIT\"", "license = \"GPL-3.0-only\"");
    tree.fails("deny", "rejected");
}
