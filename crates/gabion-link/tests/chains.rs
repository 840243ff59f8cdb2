//! Chains of every kind with the verdict that each must get, and OpenSSL's opinion of all of them.
// A test may stop loudly.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

mod mint;

#[path = "chains/case.rs"]
mod case;
#[path = "chains/constraints.rs"]
mod constraints;
#[path = "chains/encoding.rs"]
mod encoding;
#[path = "chains/extensions.rs"]
mod extensions;
#[path = "chains/good.rs"]
mod good;
#[path = "chains/hosts.rs"]
mod hosts;
#[path = "chains/mixed.rs"]
mod mixed;
#[path = "chains/openssl.rs"]
mod openssl;
#[path = "chains/paths.rs"]
mod paths;
#[path = "chains/times.rs"]
mod times;

use case::Case;

fn all() -> Vec<Case> {
    let all = [
        good::cases(),
        encoding::cases(),
        times::cases(),
        extensions::cases(),
        hosts::cases(),
        constraints::cases(),
        paths::cases(),
    ];
    all.into_iter().flatten().collect()
}

#[test]
fn every_chain_gets_its_verdict() {
    let all = all();
    let (good, bad) = all.iter().partition::<Vec<_>, _>(|case| case.expected.is_ok());
    println!("{} chains: {} to accept, {} to refuse", all.len(), good.len(), bad.len());
    assert!(good.len() >= 60 && bad.len() >= 200, "the suite has shrunk");
    let wrong: Vec<String> = all
        .iter()
        .filter_map(|case| {
            let verdict = case.judge();
            (verdict != case.expected)
                .then(|| format!("{}: {verdict:?} instead of {:?}", case.name, case.expected))
        })
        .collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn openssl_agrees_or_the_difference_is_explained() {
    let Some(is_explained) = openssl::version() else { return };
    let explanations = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/x509-differences.md"
    ))
    .unwrap();
    let folder = std::env::temp_dir().join(format!("gabion-link-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (mut agreed, mut explained, mut open) = (0, 0, vec![]);
    for case in all() {
        let theirs = openssl::judge(&case, &folder);
        let differs = theirs.is_ok() != case.expected.is_ok();
        match (differs, case.differs) {
            (false, None) => agreed += 1,
            (true, Some(heading)) if explanations.contains(&format!("\n## {heading}\n")) => {
                explained += 1
            }
            (differs, heading) => open.push(format!(
                "{}: ours {:?}, OpenSSL {theirs:?}, differs {differs}, explained {heading:?}",
                case.name, case.expected
            )),
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
    println!(
        "OpenSSL agrees on {agreed} chains; {explained} differences are explained; {} are not",
        open.len()
    );
    println!("{}", open.join("\n"));
    assert!(agreed >= 200);
    // Other versions judge a few chains in other ways: shown, not counted.
    assert!(open.is_empty() || !is_explained, "{} not explained", open.len());
}

/// `GABION_SOAK=<count>` asks for that many, and OpenSSL about each of them.
#[test]
fn harmless_changes_never_heal_a_harmful_one() {
    let soak: Option<u64> = std::env::var("GABION_SOAK").ok().and_then(|count| count.parse().ok());
    let ask_openssl = soak.is_some() && openssl::version().is_some();
    let folder = std::env::temp_dir().join(format!("gabion-link-mixed-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (mut accepted, mut refused) = (0, 0);
    for seed in 0..soak.unwrap_or(600) {
        let case = mixed::case(seed);
        let verdict = case.judge();
        assert_eq!(verdict.is_ok(), case.expected.is_ok(), "{}: {verdict:?}", case.name);
        if ask_openssl {
            let theirs = openssl::judge(&case, &folder);
            assert_eq!(verdict.is_ok(), theirs.is_ok(), "{}: {verdict:?}, {theirs:?}", case.name);
        }
        if verdict.is_ok() { accepted += 1 } else { refused += 1 }
    }
    std::fs::remove_dir_all(&folder).unwrap();
    println!("{accepted} accepted, {refused} refused, OpenSSL asked: {ask_openssl}");
    assert!(accepted >= 60 && refused >= 60);
}
