//! What the conformance tests share: ELF files made by hand, results in which every test passed, the lamp's answers.
#![allow(dead_code, missing_docs, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::PathBuf;

use gabion_cli::conformance::answers::Answers;
use gabion_cli::conformance::evidence::{Outcome, Results, Test, links};
use gabion_cli::conformance::image::Image;
use gabion_cli::conformance::run::results;

/// The section of a profile, made by the compiler.
macro_rules! section {
    ($profile:expr) => {{
        const OF: &gabion_profile::Profile = &$profile;
        static SECTION: [u8; gabion_profile::section_len(OF)] = gabion_profile::section(OF);
        &SECTION[..]
    }};
}

/// A section of an ELF file: name, flags, content.
pub(crate) type Part<'a> = (&'a str, u64, &'a [u8]);

/// An executable ELF file of 64 bits for x86-64 with these sections.
pub(crate) fn elf(parts: &[Part<'_>]) -> Vec<u8> {
    let mut names = vec![0u8];
    let mut name_of = |name: &str| {
        let at = names.len() as u32;
        names.extend(name.as_bytes());
        names.push(0);
        at
    };
    let mut headers: Vec<[u64; 6]> = vec![[0; 6]];
    let mut body: Vec<u8> = Vec::new();
    for (name, flags, content) in parts {
        let offset = 64 + body.len() as u64;
        body.extend(*content);
        let address = if flags & 2 == 0 { 0 } else { 0x1_0000 + offset };
        headers.push([u64::from(name_of(name)), 1, *flags, address, offset, content.len() as u64]);
    }
    let at = name_of(".shstrtab");
    headers.push([u64::from(at), 3, 0, 0, 64 + body.len() as u64, names.len() as u64]);
    body.extend(&names);
    // Headers stand at a multiple of eight.
    body.resize(body.len().next_multiple_of(8), 0);
    let mut out = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    out.extend(2u16.to_le_bytes());
    out.extend(62u16.to_le_bytes());
    out.extend(1u32.to_le_bytes());
    out.extend(0u64.to_le_bytes());
    out.extend(0u64.to_le_bytes());
    out.extend((64 + body.len() as u64).to_le_bytes());
    out.extend(0u32.to_le_bytes());
    for half in [64u16, 0, 0, 64, headers.len() as u16, headers.len() as u16 - 1] {
        out.extend(half.to_le_bytes());
    }
    out.extend(body);
    for [name, kind, flags, address, offset, size] in headers {
        out.extend((name as u32).to_le_bytes());
        out.extend((kind as u32).to_le_bytes());
        for value in [flags, address, offset, size] {
            out.extend(value.to_le_bytes());
        }
        out.extend([0; 8]);
        out.extend(1u64.to_le_bytes());
        out.extend([0; 8]);
    }
    out
}

/// An image with this profile and some code.
pub(crate) fn image_file(section: &[u8]) -> Vec<u8> {
    elf(&[(".text", 6, b"some code"), (".gabion.profile", 0, section)])
}

pub(crate) fn image(section: &[u8]) -> Image {
    Image::parse(&image_file(section)).unwrap()
}

/// A passing test for every link of every mechanism.
pub(crate) fn all_pass(image: &Image) -> Vec<Test> {
    let mut seen = BTreeSet::new();
    let mut tests = Vec::new();
    for mechanism in &image.profile.mechanisms {
        for link in links(&mechanism.evidence).unwrap() {
            let name = link.pattern.unwrap_or_else(|| "it_holds".to_owned()).replace('*', "holds");
            let (target, name) = match link.target.strip_prefix("src/") {
                None => (link.target.clone(), name),
                Some(file) => {
                    let module = file.trim_end_matches(".rs").replace('/', "::");
                    ("src/lib.rs".to_owned(), format!("{module}::{name}"))
                }
            };
            if seen.insert((link.package.clone(), target.clone(), name.clone())) {
                tests.push(Test { package: link.package, target, name, result: Outcome::Passed });
            }
        }
    }
    tests
}

pub(crate) fn passed(image: &Image) -> Results {
    Results::parse(&results(image, all_pass(image))).unwrap()
}

/// The answers of the lamp's maker.
pub(crate) fn lamp_answers_text() -> String {
    std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../examples/ics-device/answers.toml"
    ))
    .unwrap()
}

pub(crate) fn lamp_answers() -> Answers {
    Answers::parse("answers.toml", &lamp_answers_text()).unwrap()
}

/// A folder of its own for a test.
pub(crate) fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}
