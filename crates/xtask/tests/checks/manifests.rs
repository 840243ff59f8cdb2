//! Broken floors, lint tables, version tables, locks and features.

use std::process::Command;

use crate::fixture::Tree;

const LOW: &str = "crates/low/Cargo.toml";
const HIGH: &str = "crates/high/Cargo.toml";

#[test]
fn a_crate_without_a_floor() {
    let tree = Tree::good("no_floor");
    tree.replace(LOW, "floor = 0", "");
    tree.fails("floors", "crates/low/Cargo.toml: no floor");
}

#[test]
fn a_floor_that_does_not_exist() {
    let tree = Tree::good("floor_six");
    tree.replace(LOW, "floor = 0", "floor = 6");
    tree.fails("floors", "crates/low/Cargo.toml: no floor");
}

#[test]
fn an_arrow_up() {
    let tree = Tree::good("arrow_up");
    tree.replace(LOW, "floor = 0", "floor = 2");
    tree.replace("docs/CONTRIBUTING.md", "| 0 | `low` |", "| 2 | `low` |");
    tree.fails("floors", "high (floor 1) depends on low (floor 2): an arrow only ever points down");
}

#[test]
fn an_arrow_sideways() {
    let tree = Tree::good("arrow_sideways");
    tree.replace(LOW, "floor = 0", "floor = 1");
    tree.replace("docs/CONTRIBUTING.md", "| 0 | `low` |\n| 1 |", "| 1 | `low`");
    tree.fails("floors", "high (floor 1) depends on low (floor 1): an arrow only ever points down");
}

#[test]
fn a_hidden_arrow_in_a_target_table_under_another_name() {
    let tree = Tree::good("arrow_hidden");
    tree.replace(
        "Cargo.toml",
        "rig = {",
        "other = { package = \"high\", path = \"crates/high\" }\nrig = {",
    );
    tree.append(LOW, "\n[target.'cfg(windows)'.build-dependencies]\nother.workspace = true\n");
    tree.fails("floors", "low (floor 0) depends on high (floor 1)");
}

#[test]
fn a_device_crate_on_a_host_crate() {
    let tree = Tree::good("arrow_host");
    tree.replace(LOW, "[dependencies]", "[dependencies]\nrig.workspace = true");
    tree.fails("floors", "only host crates and dev-dependencies may use a host crate");
}

#[test]
fn a_crate_that_the_floor_table_does_not_name() {
    let tree = Tree::good("floor_table");
    tree.replace("docs/CONTRIBUTING.md", "`high`", "`tall`");
    tree.fails("floors", "the floor table does not name `high` on floor 1");
}

#[test]
fn a_member_without_the_lint_table() {
    let tree = Tree::good("no_lints");
    tree.replace(HIGH, "[lints]\nworkspace = true\n", "");
    tree.fails("lints", "crates/high/Cargo.toml: add [lints] workspace = true");
}

#[test]
fn a_workspace_without_a_lint_table() {
    let tree = Tree::good("no_lint_table");
    tree.replace("Cargo.toml", "[workspace.lints.rust]\nmissing_docs = \"warn\"", "");
    tree.replace("Cargo.toml", "[workspace.lints.clippy]\nunwrap_used = \"warn\"", "");
    tree.fails("lints", "Cargo.toml: no [workspace.lints]");
}

#[test]
fn a_member_with_a_version_of_its_own() {
    let tree = Tree::good("own_version");
    tree.replace(HIGH, "rig.workspace = true", "rig.workspace = true\nsha2 = \"0.11\"");
    tree.fails("versions", "`sha2` is not `workspace = true`");
}

#[test]
fn a_member_with_a_path_beside_the_table() {
    let tree = Tree::good("own_path");
    tree.replace(HIGH, "low.workspace = true", "low = { workspace = true, path = \"../low\" }");
    tree.fails("versions", "`low` writes its own path");
}

#[test]
fn a_crate_may_test_itself_with_a_feature_on() {
    let tree = Tree::good("itself");
    tree.replace(
        HIGH,
        "rig.workspace = true",
        "high = { path = \".\", features = [\"software\"] }",
    );
    tree.passes("versions");
}

#[test]
fn a_lock_that_was_not_committed() {
    let tree = Tree::good("lock_stale");
    assert!(tree.report("lock").skipped.is_some());
    tree.write("Cargo.lock", "version = 4\n");
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(tree.root()).args(["-c", "user.name=a", "-c", "user.email=a@b"]);
        assert!(git.args(arguments).output().unwrap().status.success());
    };
    git(&["init", "--quiet"]);
    tree.fails("lock", "Cargo.lock: not as committed");
    git(&["add", "Cargo.lock"]);
    git(&["commit", "--quiet", "--message", "lock"]);
    tree.passes("lock");
    tree.append("Cargo.lock", "\n");
    tree.fails("lock", "Cargo.lock: not as committed");
}

#[test]
fn a_default_feature() {
    let tree = Tree::good("default_feature");
    tree.replace(LOW, "default = []", "default = [\"software\"]");
    tree.fails("features", "crates/low/Cargo.toml: write `default = []`");
}

#[test]
fn a_feature_with_a_name_nobody_knows() {
    let tree = Tree::good("feature_name");
    tree.replace(LOW, "software = []", "max-slots-8 = []");
    tree.fails("features", "feature `max-slots-8` is not one of");
}

#[test]
fn an_optional_dependency_that_is_a_feature_by_itself() {
    let tree = Tree::good("feature_unnamed");
    tree.replace(HIGH, "low.workspace = true", "low = { workspace = true, optional = true }");
    tree.fails("features", "optional `low` is an unnamed feature");
}

#[test]
fn a_device_dependency_with_default_features() {
    let tree = Tree::good("default_features");
    tree.replace("Cargo.toml", "rig = {", "ccm = \"0.6\"\nrig = {");
    tree.replace(LOW, "[dependencies]", "[dependencies]\nccm.workspace = true");
    tree.fails("features", "`ccm` reaches devices through low; give it default-features = false");
}

#[test]
fn a_member_that_switches_default_features_on() {
    let tree = Tree::good("default_features_on");
    tree.replace(
        HIGH,
        "low.workspace = true",
        "low = { workspace = true, default-features = true }",
    );
    tree.fails("features", "`low` switches default features on");
}
