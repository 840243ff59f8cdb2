//! What a firmware image gives away (EN 303 645 5.4-3, 5.6-6, 5.6-7): keys, published development keys, credentials, debug text.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context, bail};
use object::{Object, ObjectSection, ObjectSymbol, SectionFlags, SectionKind};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Worth a look.
    Advice,
    /// Must not ship.
    Refuse,
}

/// What was found, where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Name of the rule, stable.
    pub rule: &'static str,
    /// How bad.
    pub level: Level,
    /// The provision of EN 303 645.
    pub provision: &'static str,
    /// Address in the image (ELF) or offset in the file (raw).
    pub at: u64,
    /// The symbol that covers it, where there is one.
    pub symbol: Option<String>,
    /// What it is. Never the secret itself.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Advice => "advice",
            Level::Refuse => "REFUSE",
        };
        write!(f, "{level} {} {} at {:#010x}", self.provision, self.rule, self.at)?;
        if let Some(symbol) = &self.symbol {
            write!(f, " in {symbol}")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// What an image is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sizes {
    /// Bytes of code.
    pub text: u64,
    /// Bytes of constants.
    pub rodata: u64,
    /// Bytes of initialised variables.
    pub data: u64,
    /// Bytes of zeroed variables.
    pub bss: u64,
    /// The largest symbols and their bytes, largest first.
    pub largest: Vec<(String, u64)>,
}

/// What was looked at and found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Findings, by address.
    pub findings: Vec<Finding>,
    /// Sizes; only for ELF files.
    pub sizes: Option<Sizes>,
}

impl Report {
    /// Tells whether nothing must keep this image from shipping.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.iter().all(|finding| finding.level != Level::Refuse)
    }
}

/// A stretch of bytes that ends up in the device.
struct Part<'a> {
    address: u64,
    bytes: &'a [u8],
    /// Whether it may hold machine code, in which entropy says little.
    code: bool,
}

/// Looks through an image: an ELF file (what is loaded of it), or raw bytes.
///
/// `allowed` are symbols whose contents are known to be no secret: the trusted keys of a boot loader, a table.
///
/// # Errors
///
/// When it begins like an ELF file and is a damaged one, or is empty.
pub fn scan(file: &[u8], allowed: &[String]) -> anyhow::Result<Report> {
    if file.is_empty() {
        bail!("the image is empty");
    }
    let elf = if file.starts_with(b"\x7fELF") {
        Some(object::File::parse(file).context("the ELF file is damaged")?)
    } else {
        None
    };
    let mut parts = Vec::new();
    let mut symbols = Symbols::default();
    let mut sizes = None;
    if let Some(elf) = &elf {
        for section in elf.sections() {
            if !is_loaded(&section) {
                continue;
            }
            let bytes = section.data().context("a section of the ELF file is damaged")?;
            parts.push(Part {
                address: section.address(),
                bytes,
                code: section.kind() == SectionKind::Text,
            });
        }
        symbols = Symbols::of(elf);
        sizes = Some(measure(elf, &symbols));
    } else {
        parts.push(Part { address: 0, bytes: file, code: true });
    }
    let mut findings = Vec::new();
    for part in &parts {
        for rule in RULES {
            rule(part, &mut findings);
        }
    }
    if let Some(elf) = &elf {
        panics(elf, &mut findings);
    }
    for finding in &mut findings {
        finding.symbol = symbols.at(finding.at).map(str::to_owned);
    }
    // A key stands alone: what lies in a larger constant is part of a table.
    findings.retain(|finding| finding.rule != "high-entropy" || symbols.size_at(finding.at) <= 96);
    findings
        .retain(|finding| !finding.symbol.as_ref().is_some_and(|symbol| allowed.contains(symbol)));
    findings.sort_by_key(|finding| (finding.at, finding.rule));
    Ok(Report { findings, sizes })
}

fn is_loaded<'d>(section: &impl ObjectSection<'d>) -> bool {
    let allocated = match section.flags() {
        SectionFlags::Elf { sh_flags } => sh_flags & 2 != 0,
        _ => true,
    };
    allocated && !matches!(section.kind(), SectionKind::UninitializedData | SectionKind::Metadata)
}

/// Which symbol covers which addresses.
#[derive(Default)]
struct Symbols(BTreeMap<u64, (u64, String)>);

impl Symbols {
    fn of(elf: &object::File<'_>) -> Self {
        let mut map = BTreeMap::new();
        for symbol in elf.symbols() {
            if let (Ok(name), true) = (symbol.name(), symbol.size() > 0) {
                map.insert(symbol.address() & !1, (symbol.size(), name.to_owned()));
            }
        }
        Self(map)
    }

    fn covering(&self, address: u64) -> Option<&(u64, String)> {
        let (start, symbol) = self.0.range(..=address).next_back()?;
        (address < start + symbol.0).then_some(symbol)
    }

    fn at(&self, address: u64) -> Option<&str> {
        self.covering(address).map(|(_, name)| name.as_str())
    }

    /// Returns the size of the symbol there, in bytes; 0 where there is none.
    fn size_at(&self, address: u64) -> u64 {
        self.covering(address).map_or(0, |(size, _)| *size)
    }
}

fn measure(elf: &object::File<'_>, symbols: &Symbols) -> Sizes {
    let mut sizes = Sizes::default();
    for section in elf.sections() {
        let allocated =
            matches!(section.flags(), SectionFlags::Elf { sh_flags } if sh_flags & 2 != 0);
        if !allocated {
            continue;
        }
        match section.kind() {
            SectionKind::Text => sizes.text += section.size(),
            SectionKind::UninitializedData => sizes.bss += section.size(),
            SectionKind::Data => sizes.data += section.size(),
            _ => sizes.rodata += section.size(),
        }
    }
    sizes.largest = symbols.0.values().map(|(size, name)| (name.clone(), *size)).collect();
    sizes.largest.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    sizes.largest.truncate(20);
    sizes
}

type Rule = fn(&Part<'_>, &mut Vec<Finding>);

const RULES: [Rule; 6] = [pem, der, published, credentials, debug_text, entropy];

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
    ("/home/", "a path of the machine that built it"),
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

/// Panics that were linked in.
fn panics(elf: &object::File<'_>, findings: &mut Vec<Finding>) {
    for symbol in elf.symbols() {
        let Ok(name) = symbol.name() else { continue };
        if symbol.size() > 0 && name.contains("core9panicking") {
            findings.push(Finding {
                rule: "panic-linked",
                level: Level::Advice,
                provision: "5.6-6",
                at: symbol.address() & !1,
                symbol: None,
                what: "code of a panic is linked: something in this image can stop".to_owned(),
            });
        }
    }
}
