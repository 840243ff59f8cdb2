//! What a firmware image gives away (EN 303 645 5.4-3, 5.6-6, 5.6-7): keys, published development keys, credentials, debug text.

mod rules;

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
        for rule in rules::RULES {
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
