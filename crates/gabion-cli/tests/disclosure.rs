//! `gabion disclosure`: what is made is sound by our own check and by others', and what is wrong is found.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};
use std::process::Command;

use gabion_cli::disclosure::advisory::Advisory;
use gabion_cli::disclosure::audit::{audit, locked};
use gabion_cli::disclosure::{Facts, TEMPLATE, advisory, policy, security_txt};
use jiff::Timestamp;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const NOW: &str = "2026-11-24T08:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn facts() -> Facts {
    Facts::parse(TEMPLATE).unwrap()
}

/// A folder of this test's own with `facts.toml` and `advisory.toml` in it.
fn folder(test: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("disclosure-{test}"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("facts.toml"), TEMPLATE).unwrap();
    std::fs::write(folder.join("advisory.toml"), advisory::TEMPLATE).unwrap();
    folder
}

fn gabion(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_gabion"))
        .current_dir(folder)
        .arg("disclosure")
        .args(args)
        .output()
        .unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn refused(text: &str) -> Vec<String> {
    security_txt::check(text.as_bytes(), now())
        .into_iter()
        .filter(|p| p.refused)
        .map(|p| p.to_string())
        .collect()
}

const SOUND: &str = "Contact: mailto:security@lamps.example\nExpires: 2027-05-01T00:00:00Z\nPolicy: https://lamps.example/p\n";

#[test]
fn what_is_made_is_sound() {
    let text = security_txt::render(&facts(), "2027-05-01T00:00:00Z".parse().unwrap());
    assert_eq!(security_txt::check(text.as_bytes(), now()), []);
    let page = policy::markdown(&facts());
    for must in ["security@lamps.example", "within 3 day(s)", "every 14 day(s)", "2031-12-31"] {
        assert!(page.contains(must), "{must}");
    }
}

#[test]
fn each_rule_of_rfc_9116_is_kept() {
    assert_eq!(refused(SOUND), [""; 0]);
    for (text, why) in [
        ("", "has no Contact"),
        ("Contact: mailto:a@b.example\n", "has no Expires"),
        ("Expires: 2027-05-01T00:00:00Z\n", "has no Contact"),
        (&format!("{SOUND}Expires: 2027-05-01T00:00:00Z\n"), "line 4: Expires stands there twice"),
        (
            "Contact: security@lamps.example\nExpires: 2027-05-01T00:00:00Z\n",
            "line 1: Contact: \"security@lamps.example\"",
        ),
        (
            "Contact: http://lamps.example\nExpires: 2027-05-01T00:00:00Z\n",
            "the scheme must be one of https, mailto, tel",
        ),
        ("Contact: https://\nExpires: 2027-05-01T00:00:00Z\n", "has no host"),
        ("Contact: https://a@b.example/\nExpires: 2027-05-01T00:00:00Z\n", "user information"),
        ("Contact:mailto:a@b.example\nExpires: 2027-05-01T00:00:00Z\n", "needs a space"),
        ("Contact mailto\nExpires: 2027-05-01T00:00:00Z\n", "neither a field nor a comment"),
        ("Contact: \nExpires: 2027-05-01T00:00:00Z\n", "is empty"),
        ("Con tact: x\nExpires: 2027-05-01T00:00:00Z\n", "is no name of a field"),
        ("Contact: mailto:a@b.example\nExpires: 2026-11-24T08:00:00Z\n", "is stale"),
        ("Contact: mailto:a@b.example\nExpires: 2027-05-01\n", "is no RFC 3339"),
        ("Contact: mailto:a@b.example\nExpires: 2027-02-30T00:00:00Z\n", "is no RFC 3339"),
        ("Contact: mailto:a@b.example\nExpires: 2027-05-01T00:00:00\n", "is no RFC 3339"),
        (
            &format!("{SOUND}Preferred-Languages: en\nPreferred-Languages: de\n"),
            "Preferred-Languages stands there twice",
        ),
        (&format!("{SOUND}Preferred-Languages: en, english_gb\n"), "is no language tag"),
        (&format!("{SOUND}Canonical: http://lamps.example/x\n"), "line 4: Canonical"),
        (&format!("{SOUND}Policy: see our site\n"), "line 4: Policy"),
        (&format!("\u{feff}{SOUND}"), "byte order mark"),
        (&format!("{SOUND}# a\u{7} bell\nHiring: https://a.example/\u{7}\n"), "control character"),
        (
            &format!("{SOUND}-----BEGIN PGP SIGNATURE-----\n"),
            "the frame of the signature is not whole",
        ),
    ] {
        let found = refused(text);
        assert!(found.iter().any(|problem| problem.contains(why)), "{text:?}: {found:?}");
    }
    let found = security_txt::check(&[0xff, 0xfe], now());
    assert!(found[0].to_string().contains("not UTF-8"));
    assert!(security_txt::check(&vec![b'#'; 40_000], now())[0].refused);
    // Line ends of either kind, empty lines, comments, fields in any case and fields nobody knows.
    let loose =
        SOUND.replace('\n', "\r\n").replace("Contact", "CONTACT") + "\r\n# note\r\nPets: yes\r\n";
    let problems = security_txt::check(loose.as_bytes(), now());
    assert_eq!(problems.len(), 1);
    assert!(!problems[0].refused && problems[0].line == 6, "{problems:?}");
}

#[test]
fn only_what_a_signature_covers_counts() {
    let signed = |body: &str, after: &str| {
        format!(
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{body}-----BEGIN PGP SIGNATURE-----\n\niQ==\n\
             -----END PGP SIGNATURE-----\n{after}"
        )
    };
    let canonical = format!("{SOUND}Canonical: https://lamps.example/.well-known/security.txt\n");
    assert_eq!(refused(&signed(&canonical, "")), [""; 0]);
    assert!(
        refused(&signed(&canonical, "Contact: mailto:x@evil.example\n"))[0]
            .contains("nothing protects")
    );
    assert!(
        refused(&format!("Contact: mailto:x@evil.example\n{}", signed(&canonical, "")))[0]
            .contains("begin the file")
    );
    let advice = security_txt::check(signed(SOUND, "").as_bytes(), now());
    assert!(advice.iter().any(|p| !p.refused && p.what.contains("Canonical")));
}

#[test]
fn a_fact_that_is_wrong_is_named() {
    for (from, to, why) in [
        ("name = \"Example Lamps\"", "name = \" \"", "manufacturer.name is empty"),
        ("contacts = [\"mailto:security@lamps.example\"]", "contacts = []", "nobody could report"),
        ("mailto:security@lamps.example", "security@lamps.example", "manufacturer.contacts"),
        ("policy = \"https", "policy = \"http", "manufacturer.policy"),
        ("languages = [\"en\"]", "languages = [\"English!\"]", "no language tag"),
        (
            "acknowledge_within_days = 3",
            "acknowledge_within_days = 0",
            "response.acknowledge_within_days is 0",
        ),
        ("2031-12-31", "31.12.2031", "product.support_until"),
        ("2031-12-31", "2031-02-30", "product.support_until"),
        ("[product]", "[product]\ncolour = \"red\"", "colour"),
        ("model = \"Lamp 1\"", "", "model"),
    ] {
        assert!(TEMPLATE.contains(from), "{from}");
        let error = format!("{:#}", Facts::parse(&TEMPLATE.replacen(from, to, 1)).unwrap_err());
        assert!(error.contains(why), "{to:?}: {error}");
    }
}

#[test]
fn an_advisory_that_does_not_go_together_is_refused() {
    for (from, to, why) in [
        ("id = \"LAMPS-2026-0001\"", "id = \"two words\"", "id has a space"),
        ("CVE-2026-12345", "CVE-26-1", "no CVE number"),
        ("AV:A/AC:L", "AV:Z/AC:L", "cvss"),
        ("published = \"2026-11-24T08:00:00Z\"", "published = \"yesterday\"", "published"),
        ("status = \"fixed\"", "status = \"perhaps\"", "perhaps"),
        ("fixed = [\"1.2.0\"]", "fixed = []", "needs the versions"),
        ("fixed = [\"1.2.0\"]", "fixed = [\"1.0.0\"]", "affected and fixed"),
        ("affected = [\"1.0.0\", \"1.1.0\"]", "affected = []", "affected is empty"),
        ("status = \"fixed\"", "status = \"not_affected\"", "needs a justification"),
        ("number = \"1\"", "number = \"2\"", "revision"),
        (
            "[[revision]]",
            "[[revision]]\nnumber = \"1\"\ndate = \"2027-01-01T00:00:00Z\"\nsummary = \"x\"\n[[revision]]",
            "revision",
        ),
    ] {
        assert!(advisory::TEMPLATE.contains(from), "{from}");
        let error = format!(
            "{:#}",
            Advisory::parse(&advisory::TEMPLATE.replacen(from, to, 1)).unwrap_err()
        );
        assert!(error.contains(why), "{to:?}: {error}");
    }
}

/// Three advisories: fixed, affected without a CVE, not affected.
fn advisories() -> [(&'static str, String); 3] {
    let fixed = advisory::TEMPLATE.to_owned();
    let affected = fixed
        .replace("status = \"fixed\"", "status = \"affected\"")
        .replace("fixed = [\"1.2.0\"]", "")
        .replace("cve = \"CVE-2026-12345\"", "")
        .replace("2026-0001", "2026-0002");
    let not_affected = fixed
        .replace("status = \"fixed\"", "status = \"not_affected\"")
        .replace("fixed = [\"1.2.0\"]", "")
        .replace("# justification", "justification")
        .replace("2026-0001", "2026-0003");
    [("lamps-2026-0001", fixed), ("lamps-2026-0002", affected), ("lamps-2026-0003", not_affected)]
}

#[test]
fn vex_says_for_each_version_how_it_stands() {
    for ((_, text), statuses) in advisories().into_iter().zip([
        vec!["affected", "fixed"],
        vec!["affected"],
        vec!["not_affected"],
    ]) {
        let vex: serde_json::Value =
            serde_json::from_str(&Advisory::parse(&text).unwrap().openvex(&facts()).unwrap())
                .unwrap();
        let found: Vec<_> = vex["statements"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| s["status"].as_str().unwrap())
            .collect();
        assert_eq!(found, statuses);
        assert_eq!(
            vex["statements"][0]["products"][0]["@id"],
            "pkg:generic/example-lamps/lamp-1@1.0.0"
        );
    }
}

/// The tools of others, where they are installed.
fn python() -> Option<PathBuf> {
    let own = Path::new(ROOT).join("target/python/bin/python");
    let has =
        Command::new(&own).args(["-c", "import sectxt, csaf, cyclonedx, spdx_tools"]).output();
    if has.is_ok_and(|output| output.status.success()) {
        return Some(own);
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "sectxt, csaf, cyclonedx or spdx-tools is missing: cargo xtask setup"
    );
    println!(
        "skipped: sectxt, csaf, cyclonedx or spdx-tools is missing, cargo xtask setup installs them"
    );
    None
}

#[test]
fn others_find_our_documents_sound() {
    let Some(python) = python() else { return };
    let folder = folder("others");
    let manifest = format!("{ROOT}/Cargo.toml");
    let sbom = [
        "sbom",
        "--manifest-path",
        &manifest,
        "--package",
        "gabion",
        "--target",
        "thumbv7em-none-eabi",
    ];
    for args in [
        vec!["security-txt", "--from", "facts.toml", "--out", "security.txt"],
        [&sbom[..], &["--out", "bom.cdx.json"]].concat(),
        [&sbom[..], &["--format", "spdx", "--time", NOW, "--out", "bom.spdx.json"]].concat(),
    ] {
        let (code, _, complaint) = gabion(&folder, &args);
        assert_eq!(code, 0, "{args:?}: {complaint}");
    }
    let judge = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/disclosure/judge.py");
    let output = Command::new(&python).arg(judge).arg(&folder).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(told.lines().count(), 3);
    for (name, text) in advisories() {
        std::fs::write(folder.join("one.toml"), text).unwrap();
        let file = format!("{name}.json");
        let (code, _, complaint) =
            gabion(&folder, &["advisory", "--from", "facts.toml", "one.toml", "--out", &file]);
        assert_eq!(code, 0, "{complaint}");
        let output = Command::new(&python)
            .args([
                "-m",
                "csaf",
                "validate",
                "--spec-version",
                "v20",
                "--no-network",
                "--preset",
                "extended",
            ])
            .arg(folder.join(&file))
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(told.contains("[PASS] schema") && !told.contains("[FAIL]"), "{told}");
    }
}

#[test]
fn the_bill_of_materials_is_the_tree_of_the_target() {
    let folder = folder("sbom");
    let manifest = format!("{ROOT}/Cargo.toml");
    let bom = || {
        gabion(
            &folder,
            &[
                "sbom",
                "--manifest-path",
                &manifest,
                "--package",
                "gabion-storage",
                "--target",
                "thumbv7em-none-eabi",
            ],
        )
    };
    let (code, one, told) = bom();
    assert_eq!(code, 0, "{told}");
    assert_eq!(bom().1, one, "the same tree gives the same bytes");
    let bom: serde_json::Value = serde_json::from_str(&one).unwrap();
    let names: Vec<_> =
        bom["components"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"gabion-flash") && names.contains(&"subtle"), "{names:?}");
    // What only tests and the builder's machine need does not go in.
    for outside in ["proptest", "gabion-sim", "serde_derive", "syn", "anyhow"] {
        assert!(!names.contains(&outside), "{outside}");
    }
    let subtle =
        bom["components"].as_array().unwrap().iter().find(|c| c["name"] == "subtle").unwrap();
    assert_eq!(subtle["hashes"][0]["content"].as_str().unwrap().len(), 64);
    let (code, _, complaint) = gabion(
        &folder,
        &[
            "sbom",
            "--manifest-path",
            &manifest,
            "--package",
            "nothing",
            "--target",
            "thumbv7em-none-eabi",
        ],
    );
    assert!(code == 2 && complaint.contains("no package \"nothing\""), "{complaint}");
}

/// A lock file and a database with one advisory for each case.
fn database(test: &str) -> (PathBuf, String) {
    let folder = folder(test);
    let lock = ["alpha 1.2.3", "alpha 2.0.0", "beta 0.3.0-rc.1", "gamma 1.0.0"]
        .map(|package| {
            let (name, version) = package.split_once(' ').unwrap();
            format!(
                "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"registry\"\n"
            )
        })
        .concat();
    let advisory = |id: &str, package: &str, header: &str, versions: &str| {
        let path = folder.join("db/crates").join(package);
        std::fs::create_dir_all(&path).unwrap();
        let text = format!(
            "```toml\n[advisory]\nid = \"{id}\"\npackage = \"{package}\"\ndate = \"2026-01-01\"\n{header}\n\n[versions]\n{versions}\n```\n\n# What is wrong in {package}\n"
        );
        std::fs::write(path.join(format!("{id}.md")), text).unwrap();
    };
    advisory(
        "RUSTSEC-2026-0001",
        "alpha",
        "",
        "patched = [\">= 2.0.0\", \"^1.2.4\"]\nunaffected = [\"< 1.1.0\"]",
    );
    advisory("RUSTSEC-2026-0002", "beta", "", "patched = [\">= 0.3.0\"]");
    advisory("RUSTSEC-2026-0003", "gamma", "informational = \"unmaintained\"", "patched = []");
    advisory("RUSTSEC-2026-0004", "gamma", "withdrawn = \"2026-02-01\"", "patched = []");
    advisory("RUSTSEC-2026-0005", "delta", "", "patched = []");
    (folder, lock)
}

#[test]
fn known_vulnerabilities_of_locked_versions_are_found_and_no_others() {
    let (folder, lock) = database("audit");
    let (hits, read) = audit(&locked(&lock).unwrap(), &folder.join("db")).unwrap();
    assert_eq!(read, 5);
    let found: Vec<_> =
        hits.iter().map(|hit| format!("{} {}", hit.id, hit.locked.version)).collect();
    assert_eq!(
        found,
        ["RUSTSEC-2026-0001 1.2.3", "RUSTSEC-2026-0002 0.3.0-rc.1", "RUSTSEC-2026-0003 1.0.0"]
    );
    std::fs::write(folder.join("Cargo.lock"), &lock).unwrap();
    let (code, told, _) = gabion(&folder, &["audit", "--db", "db"]);
    assert_eq!(code, 1);
    assert!(told.contains("VULNERABLE RUSTSEC-2026-0001 alpha 1.2.3: What is wrong in alpha; mended in >= 2.0.0, ^1.2.4"), "{told}");
    let ignored =
        ["audit", "--db", "db", "--ignore", "RUSTSEC-2026-0001", "--ignore", "RUSTSEC-2026-0002"];
    assert_eq!(gabion(&folder, &ignored).0, 0);
}

#[test]
fn a_database_that_cannot_be_read_is_misuse_not_a_clean_bill() {
    let (folder, lock) = database("audit-broken");
    std::fs::write(folder.join("Cargo.lock"), &lock).unwrap();
    assert_eq!(gabion(&folder, &["audit", "--db", "nowhere"]).0, 2);
    assert_eq!(gabion(&folder, &["audit", "--db", "db", "--lockfile", "facts.toml"]).0, 2);
    std::fs::write(folder.join("db/crates/alpha/RUSTSEC-2026-0009.md"), "```toml\nnonsense\n```\n")
        .unwrap();
    let (code, _, complaint) = gabion(&folder, &["audit", "--db", "db"]);
    assert!(code == 2 && complaint.contains("RUSTSEC-2026-0009"), "{complaint}");
}

#[test]
fn an_expired_support_period_is_caught() {
    let folder = folder("support");
    let support =
        |time: &str| gabion(&folder, &["support", "--from", "facts.toml", "--time", time]);
    assert_eq!(support("2031-12-31T23:59:59Z").0, 0);
    let (code, _, complaint) = support("2032-01-01T00:00:00Z");
    assert_eq!((code, complaint.as_str()), (1, "refused: support of Lamp 1 ended on 2031-12-31\n"));
}

#[test]
fn the_command_writes_what_the_library_checks() {
    let folder = folder("command");
    let (code, text, _) =
        gabion(&folder, &["security-txt", "--from", "facts.toml", "--time", NOW, "--days", "90"]);
    assert_eq!(code, 0);
    assert!(text.contains("Expires: 2027-02-22T08:00:00Z\n"), "{text}");
    std::fs::write(folder.join("security.txt"), &text).unwrap();
    assert_eq!(gabion(&folder, &["check", "security.txt", "--time", NOW]).0, 0);
    let (code, _, complaint) =
        gabion(&folder, &["check", "security.txt", "--time", "2027-02-22T08:00:00Z"]);
    assert!(code == 1 && complaint.contains("line 2: is stale"), "{complaint}");
    for args in [
        vec!["security-txt", "--from", "facts.toml", "--days", "0"],
        vec!["security-txt", "--from", "facts.toml", "--days", "400"],
        vec!["security-txt", "--from", "nowhere.toml"],
        vec!["security-txt", "--from", "facts.toml", "--signer", "cat"],
        vec!["check", "nowhere.txt"],
        vec!["advisory", "--from", "facts.toml", "facts.toml"],
        vec!["support", "--from", "facts.toml", "--time", "soon"],
    ] {
        assert_eq!(gabion(&folder, &args).0, 2, "{args:?}");
    }
    let (code, record, _) = gabion(&folder, &["record", "--from", "facts.toml"]);
    assert_eq!(code, 0);
    assert!(record.contains("mailto:security@lamps.example"));
}
