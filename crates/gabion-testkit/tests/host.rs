//! The bodies that chips run, on the host.

use gabion_testkit::CASES;

/// Runs every case of one area and names the ones that did not hold.
fn area(prefix: &str) {
    let cases: Vec<_> = CASES.iter().filter(|case| case.name.starts_with(prefix)).collect();
    assert!(!cases.is_empty(), "no test begins with {prefix}");
    let failures: Vec<_> = cases
        .iter()
        .filter_map(|case| (case.body)().err().map(|why| format!("{}: {why}", case.name)))
        .collect();
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn crypto_on_the_host() {
    area("crypto::");
}

#[test]
fn boot_on_the_host() {
    area("boot::");
}

#[test]
fn storage_on_the_host() {
    area("storage::");
}

#[test]
fn names_are_unique_and_every_area_is_run() {
    for (i, case) in CASES.iter().enumerate() {
        assert!(CASES[..i].iter().all(|earlier| earlier.name != case.name), "{} twice", case.name);
        assert!(
            ["crypto::", "boot::", "storage::"].iter().any(|area| case.name.starts_with(area)),
            "{}",
            case.name
        );
    }
}
