//! The rules: what each looks for in a stretch of bytes.

use super::{Finding, Level, Part};

pub(super) type Rule = fn(&Part<'_>, &mut Vec<Finding>);

pub(super) const RULES: [Rule; 6] = [pem, der, published, credentials, debug_text, entropy];

impl Part<'_> {
    fn find<'n>(&self, needle: &'n [u8]) -> impl Iterator<Item = usize> + use<'_, 'n> {
        self.bytes
            .windows(needle.len())
            .enumerate()
            .filter(move |(_, window)| *window == needle)
            .map(|(at, _)| at)
    }

    fn finding(
        &self,
        rule: &'static str,
        level: Level,
        provision: &'static str,
        at: usize,
        what: String,
    ) -> Finding {
        Finding { rule, level, provision, at: self.address + at as u64, symbol: None, what }
    }
}

/// Keys and certificates in PEM.
fn pem(part: &Part<'_>, findings: &mut Vec<Finding>) {
    for at in part.find(b"-----BEGIN ") {
        let label: String = part.bytes[at + 11..]
            .iter()
            .take(40)
            .map(|b| char::from(*b))
            .take_while(|c| *c != '-')
            .collect();
        if label.ends_with("PRIVATE KEY") {
            findings.push(part.finding(
                "pem-private-key",
                Level::Refuse,
                "5.4-3",
                at,
                format!("a {label} in PEM"),
            ));
        } else if label.ends_with("CERTIFICATE") || label.ends_with("PUBLIC KEY") {
            findings.push(part.finding(
                "pem-public",
                Level::Advice,
                "5.4-3",
                at,
                format!("a {label} in PEM"),
            ));
        }
    }
}

/// Private keys in DER: what stands before the secret, and how many bytes that secret has.
const DER_KEYS: &[(&str, &[u8])] = &[
    ("an EC private key of 32 bytes (SEC 1)", &[0x02, 0x01, 0x01, 0x04, 0x20]),
    (
        "an Ed25519 private key (PKCS #8)",
        &[0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20],
    ),
    (
        "an X25519 private key (PKCS #8)",
        &[0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22, 0x04, 0x20],
    ),
    (
        "an RSA private key (PKCS #8)",
        &[
            0x02, 0x01, 0x00, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
            0x01, 0x01, 0x05, 0x00, 0x04,
        ],
    ),
];

fn der(part: &Part<'_>, findings: &mut Vec<Finding>) {
    for (what, prefix) in DER_KEYS {
        for at in part.find(prefix) {
            // Encoders of keys hold the prefix as a constant: it is a key only if something like one follows.
            let secret = part.bytes.get(at + prefix.len()..at + prefix.len() + 32);
            if secret.is_some_and(|secret| distinct(secret) >= 16) {
                findings.push(part.finding(
                    "der-private-key",
                    Level::Refuse,
                    "5.4-3",
                    at,
                    (*what).to_owned(),
                ));
            }
        }
    }
}

/// Keys that everybody has: 32 bytes of the public half of signing keys that are published with their private half.
const PUBLISHED: &[(&str, [u8; 32])] = &[
    (
        "MCUboot's published P-256 development key",
        [
            0x2a, 0xcb, 0x40, 0x3c, 0xe8, 0xfe, 0xed, 0x5b, 0xa4, 0x49, 0x95, 0xa1, 0xa9, 0x1d,
            0xae, 0xe8, 0xdb, 0xbe, 0x19, 0x37, 0xcd, 0x14, 0xfb, 0x2f, 0x24, 0x57, 0x37, 0xe5,
            0x95, 0x39, 0x88, 0xd9,
        ],
    ),
    (
        "MCUboot's published RSA-2048 development key",
        [
            0xd1, 0x06, 0x08, 0x1a, 0x18, 0x44, 0x2c, 0x18, 0xe8, 0xfb, 0xfd, 0xf7, 0x0d, 0xa3,
            0x4f, 0x1f, 0xbb, 0xee, 0x5e, 0xf9, 0xaa, 0xd2, 0x4b, 0x18, 0xd3, 0x5a, 0xe9, 0x6d,
            0x18, 0x80, 0x19, 0xf9,
        ],
    ),
];

fn published(part: &Part<'_>, findings: &mut Vec<Finding>) {
    for (name, key) in PUBLISHED {
        for at in part.find(key) {
            findings.push(part.finding(
                "published-key",
                Level::Refuse,
                "5.4-4",
                at,
                format!("{name}: anybody can sign for this device"),
            ));
        }
    }
}

/// Text that looks like a credential. Lower case; compared without regard to case.
const CREDENTIALS: &[&str] = &[
    "password=",
    "passwd=",
    "password:",
    "default password",
    "default_password",
    "psk=",
    "api_key=",
    "apikey=",
    "secret=",
    "admin:admin",
    "root:root",
    "changeme",
    "letmein",
    "p@ssw0rd",
    "aws_secret_access_key",
    "bearer ey",
];

fn credentials(part: &Part<'_>, findings: &mut Vec<Finding>) {
    let lower = part.bytes.to_ascii_lowercase();
    for words in CREDENTIALS {
        for (at, window) in lower.windows(words.len()).enumerate() {
            if window == words.as_bytes() {
                let what = format!("text that looks like a credential: {words:?}");
                findings.push(part.finding("credential-text", Level::Refuse, "5.4-3", at, what));
            }
        }
    }
}

/// Text of the builder's machine and of debugging.
const DEBUG_TEXT: &[(&str, &str)] = &[
    (concat!("/ho", "me/"), "a path of the machine that built it"),
    // In two parts, so that this file does not hold what it looks for.
    ("/Users/", "a path of the machine that built it"),
    ("C:\\Users\\", "a path of the machine that built it"),
    (".cargo/registry/", "a path of the machine that built it"),
    ("/rustc/", "a path of the standard library"),
    ("panicked at", "the text of a panic"),
    ("called `Option::unwrap()`", "the text of a panic"),
    ("called `Result::unwrap()`", "the text of a panic"),
    ("assertion failed", "the text of a panic"),
    ("index out of bounds", "the text of a panic"),
];

fn debug_text(part: &Part<'_>, findings: &mut Vec<Finding>) {
    for (text, what) in DEBUG_TEXT {
        let mut places = part.find(text.as_bytes());
        if let Some(first) = places.next() {
            let more = places.count();
            findings.push(part.finding(
                "debug-text",
                Level::Advice,
                "5.6-6",
                first,
                format!("{what}: {text:?}, {} time(s)", more + 1),
            ));
        }
    }
}

/// Stretches of constants that look random, as keys do. Code is left out: there it says nothing.
fn entropy(part: &Part<'_>, findings: &mut Vec<Finding>) {
    if part.code {
        return;
    }
    // 32 random bytes have 30 distinct ones on average; text and tables of offsets do not come near.
    let is_random =
        |at: usize| part.bytes.get(at..at + 32).is_some_and(|window| distinct(window) >= 28);
    let mut at = 0;
    while at + 32 <= part.bytes.len() {
        if !is_random(at) {
            at += 4;
            continue;
        }
        let start = at;
        while is_random(at) {
            at += 4;
        }
        let end = at - 4 + 32;
        let stretch = &part.bytes[start..end];
        // Long ones are tables of ciphers and compressed data; a key stands alone.
        if stretch.len() <= 96 && !KNOWN.iter().any(|known| overlaps(stretch, known)) {
            findings.push(part.finding(
                "high-entropy",
                Level::Advice,
                "5.4-3",
                // The ends of a stretch reach into its neighbours: the middle does not.
                start + stretch.len() / 2 - 16,
                format!(
                    "{} bytes that look random: a key? Name its symbol with --allow if it is none",
                    stretch.len()
                ),
            ));
        }
        at = end;
    }
}

/// Constants of public algorithms: a stretch that has 8 bytes in common with one of them is no secret.
const KNOWN: &[[u8; 16]] = &[
    // SHA-256, initial value, little- and big-endian words
    [
        0x67, 0xe6, 0x09, 0x6a, 0x85, 0xae, 0x67, 0xbb, 0x72, 0xf3, 0x6e, 0x3c, 0x3a, 0xf5, 0x4f,
        0xa5,
    ],
    [
        0x6a, 0x09, 0xe6, 0x67, 0xbb, 0x67, 0xae, 0x85, 0x3c, 0x6e, 0xf3, 0x72, 0xa5, 0x4f, 0xf5,
        0x3a,
    ],
    // P-256: order, b and G.x, first halves, little-endian words as big integers in memory, then big-endian
    [
        0x51, 0x25, 0x63, 0xfc, 0xc2, 0xca, 0xb9, 0xf3, 0x84, 0x9e, 0x17, 0xa7, 0xad, 0xfa, 0xe6,
        0xbc,
    ],
    [
        0x4b, 0x60, 0xd2, 0x27, 0x3e, 0x3c, 0xce, 0x3b, 0xf6, 0xb0, 0x53, 0xcc, 0xb0, 0x06, 0x1d,
        0x65,
    ],
    [
        0x5a, 0xc6, 0x35, 0xd8, 0xaa, 0x3a, 0x93, 0xe7, 0xb3, 0xeb, 0xbd, 0x55, 0x76, 0x98, 0x86,
        0xbc,
    ],
    [
        0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40,
        0xf2,
    ],
];

fn overlaps(stretch: &[u8], known: &[u8; 16]) -> bool {
    known.windows(8).any(|part| stretch.windows(8).any(|window| window == part))
}

fn distinct(bytes: &[u8]) -> usize {
    let mut seen = [false; 256];
    bytes.iter().for_each(|byte| seen[usize::from(*byte)] = true);
    seen.iter().filter(|seen| **seen).count()
}
