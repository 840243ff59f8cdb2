//! Which panics are reachable in a linked firmware, and who pulls them in (N15).
//!
//! The firmware of `examples/qemu` is linked with its relocations. Whatever of `core` leads to the panic handler is
//! followed backwards, from caller to caller, until it reaches a function that is not `core`'s: that is a place where a
//! panic can happen. The optimiser has already removed what it could prove never happens.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::board::BOARDS;
use super::elf::{Elf, Reference, Symbol};
use crate::totals::Totals;

/// Where a panic ends: the handler, or what it was inlined into.
const END: [&str; 2] = ["rust_begin_unwind", "core::panicking::"];
const R_ARM_ABS32: u8 = 2;
const R_ARM_THM_MOVW_ABS_NC: u8 = 47;
const R_ARM_THM_MOVT_ABS: u8 = 48;

/// The crates of this repository that are no part of any firmware.
const TEST_CRATES: [&str; 3] = ["gabion-testkit", "gabion-qemu", "gabion-sim"];

/// One function in which a panic can happen.
#[derive(Debug)]
struct Site {
    function: String,
    /// What of `core` it calls.
    panics: BTreeSet<String>,
    /// Source places that it would name.
    places: BTreeSet<Place>,
}

/// A `core::panic::Location`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    file: String,
    line: u32,
    column: u32,
}

/// What a search found.
#[derive(Debug, Default)]
struct Findings {
    /// For each crate its places, and for each of these the functions that it was inlined into.
    by_owner: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
    /// Async bodies of ours, which the compiler guards against a poll after the end.
    resumed: BTreeSet<Place>,
}

/// The firmwares that are searched, and what each stands for.
const FIRMWARES: [(&str, &str); 3] = [
    ("loader", "boot loader: verification, small SHA-256, gabion-p256"),
    ("parsers", "every parser of gabion-codec and gabion-cose"),
    ("firmware", "product: boot, storage, every algorithm of `Software`"),
];

/// Builds the firmwares, counts the places in them that can panic, and fails when one of them is in gabion's own code.
/// `in_full` prints each of them.
///
/// # Errors
///
/// When they could not be built or read.
pub(super) fn search(root: &Path, in_full: bool) -> Result<Totals> {
    let Some(board) = BOARDS.iter().find(|board| board.name == "m4") else { bail!("no board") };
    let folder = board.build(root, "gabion-qemu", "release", &FIRMWARES.map(|(name, _)| name))?;
    let mut totals = Totals::default();
    println!("\npanics reachable in linked firmware ({}, Os, LTO)", board.target);
    for (name, what) in FIRMWARES {
        let elf = Elf::read(&folder.join(name))?;
        let mut findings = Findings::default();
        for site in sites(&elf)? {
            findings.take(root, &site);
        }
        let ours = findings.print(what, in_full);
        let verdict = if ours == 0 { "PASS" } else { "FAIL" };
        println!("        {verdict} [{:>9}] panics::no_code_of_gabion_in_{name}", board.title);
        totals.passed += u64::from(ours == 0);
        totals.failed += u64::from(ours != 0);
    }
    Ok(totals)
}

impl Findings {
    fn take(&mut self, root: &Path, site: &Site) {
        let mut add = |owner: String, place: String| {
            let places = self.by_owner.entry(owner).or_default();
            places.entry(place).or_default().insert(site.function.clone());
        };
        if site.places.is_empty() {
            let panics: Vec<_> = site.panics.iter().map(String::as_str).collect();
            add(owner_of_function(&site.function), format!("no place: {}", panics.join(", ")));
        }
        for place in &site.places {
            let mut owner = place.owner();
            if owner == "core" {
                // A function of core that was inlined and names itself: whoever called it is to blame.
                owner = owner_of_function(&site.function);
            }
            if TEST_CRATES.contains(&owner.as_str()) {
                continue;
            }
            if place.opens_a_body(root) {
                self.resumed.insert(place.clone());
            } else {
                add(owner, place.short());
            }
        }
    }

    /// Prints what was found; returns how many places are ours.
    fn print(&self, what: &str, in_full: bool) -> usize {
        let (ours, theirs) = (self.count(is_ours), self.count(|owner| !is_ours(owner)));
        let word = if ours + theirs == 0 { "met" } else { "MISSED" };
        println!("N15  {what}: {ours} places of ours, {theirs} of dependencies, goal 0  {word}");
        if !self.resumed.is_empty() {
            println!(
                "  not counted: {} async bodies that the compiler guards against a poll after the end",
                self.resumed.len()
            );
        }
        for (owner, places) in &self.by_owner {
            println!("  {owner}: {}", places.len());
            for (place, functions) in places.iter().filter(|_| in_full || is_ours(owner)) {
                let functions: Vec<_> = functions.iter().map(String::as_str).collect();
                println!("    {place} in {}", functions.join(", "));
            }
        }
        ours
    }

    fn count(&self, which: impl Fn(&str) -> bool) -> usize {
        self.by_owner.iter().filter(|(owner, _)| which(owner)).map(|(_, places)| places.len()).sum()
    }
}

impl Place {
    /// Cuts the path to what starts with the crate's folder.
    fn short(&self) -> String {
        let cut = self.file.rfind("/src/").and_then(|end| self.file[..end].rfind('/'));
        format!("{}:{}:{}", &self.file[cut.map_or(0, |at| at + 1)..], self.line, self.column)
    }

    /// The crate whose source it is: the folder above `src`.
    fn owner(&self) -> String {
        let folder = self.file.rfind("/src/").map_or("", |end| &self.file[..end]);
        folder.rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// Whether the source has an opening brace there. No expression that can panic begins with one: then it is the body of
    /// an `async fn`, and the panic the one for a future that is polled after its end. (Its name is no help: the compiler
    /// merges it with other panics that look the same.)
    fn opens_a_body(&self, root: &Path) -> bool {
        let path = match self.file.find("crates/gabion") {
            Some(at) => root.join(&self.file[at..]),
            None => PathBuf::from(&self.file),
        };
        let source = fs::read_to_string(path).unwrap_or_default();
        let line = source.lines().nth(self.line as usize - 1).unwrap_or_default();
        line.chars().nth(self.column as usize - 1) == Some('{')
    }
}

fn is_ours(owner: &str) -> bool {
    owner.starts_with("gabion")
}

/// The crate that a function belongs to, by its name.
fn owner_of_function(name: &str) -> String {
    let name = name.trim_start_matches(['<', '&']);
    name.split("::").next().unwrap_or(name).replace('_', "-")
}

fn sites(elf: &Elf) -> Result<Vec<Site>> {
    let references = elf.references()?;
    if references.is_empty() {
        bail!("the firmware has no relocations: it was not linked with --emit-relocs");
    }
    let functions = Functions::new(&elf.symbols);
    let mut by_caller: BTreeMap<&str, Vec<Reference>> = BTreeMap::new();
    for reference in references {
        if let Some(caller) = functions.at(reference.at) {
            by_caller.entry(&caller.name).or_default().push(reference);
        }
    }
    let target = |reference: &Reference| {
        let symbol = elf.symbols.get(reference.symbol)?;
        // A local symbol may have been replaced by its section's; then the address says which function it is.
        if symbol.function { Some(symbol.name.as_str()) } else { None }
    };
    // What of core leads to the handler, found again and again until nothing is added.
    let names = elf.symbols.iter().map(|symbol| symbol.name.as_str());
    let mut panicking: BTreeSet<&str> =
        names.filter(|name| name.ends_with(END[0]) || name.starts_with(END[1])).collect();
    loop {
        let before = panicking.len();
        for (caller, references) in &by_caller {
            if is_core(caller)
                && references.iter().filter_map(target).any(|t| panicking.contains(t))
            {
                panicking.insert(caller);
            }
        }
        if panicking.len() == before {
            break;
        }
    }
    let mut found = Vec::new();
    for (caller, references) in &by_caller {
        if panicking.contains(caller) {
            continue;
        }
        let panics: BTreeSet<_> = references
            .iter()
            .filter_map(target)
            .filter(|name| panicking.contains(name))
            .map(str::to_owned)
            .collect();
        if !panics.is_empty() {
            let places = places(elf, references);
            found.push(Site { function: (*caller).to_owned(), panics, places });
        }
    }
    Ok(found)
}

/// Whether a function belongs to the language's own libraries.
fn is_core(name: &str) -> bool {
    let name = name.trim_start_matches('<');
    ["core::", "alloc::", "compiler_builtins::"].iter().any(|start| name.starts_with(start))
}

/// The functions by address.
struct Functions<'a>(Vec<&'a Symbol>);

impl<'a> Functions<'a> {
    fn new(symbols: &'a [Symbol]) -> Self {
        let mut functions: Vec<_> = symbols.iter().filter(|s| s.function && s.size > 0).collect();
        functions.sort_by_key(|symbol| symbol.address);
        Self(functions)
    }

    fn at(&self, address: u32) -> Option<&'a Symbol> {
        let after = self.0.partition_point(|symbol| symbol.address <= address);
        let symbol = self.0.get(after.checked_sub(1)?)?;
        (address - symbol.address < symbol.size).then_some(*symbol)
    }
}

/// Finds every `core::panic::Location` that a function's code names: file, line and column.
fn places(elf: &Elf, references: &[Reference]) -> BTreeSet<Place> {
    let mut halves: BTreeMap<u16, u32> = BTreeMap::new();
    let mut found = BTreeSet::new();
    for reference in references {
        let address = match reference.kind {
            R_ARM_ABS32 => word(elf, reference.at),
            R_ARM_THM_MOVW_ABS_NC => {
                if let Some((register, low)) = immediate(elf, reference.at) {
                    halves.insert(register, low);
                }
                None
            }
            R_ARM_THM_MOVT_ABS => immediate(elf, reference.at)
                .and_then(|(register, high)| Some(high << 16 | halves.get(&register)?)),
            _ => None,
        };
        found.extend(address.and_then(|address| location(elf, address)));
    }
    found
}

fn word(elf: &Elf, address: u32) -> Option<u32> {
    Some(u32::from_le_bytes(elf.at(address, 4)?.try_into().ok()?))
}

/// Reads register and 16-bit immediate of a Thumb MOVW or MOVT (Arm ARM, encodings T3 and T1).
fn immediate(elf: &Elf, address: u32) -> Option<(u16, u32)> {
    let bytes = elf.at(address, 4)?;
    let first = u32::from(bytes[0]) | u32::from(bytes[1]) << 8;
    let second = u32::from(bytes[2]) | u32::from(bytes[3]) << 8;
    let value =
        (first & 0xf) << 12 | (first >> 10 & 1) << 11 | (second >> 12 & 7) << 8 | second & 0xff;
    Some(((second >> 8 & 0xf) as u16, value))
}

/// Reads a `Location`: pointer and length of the file's name, line, column.
fn location(elf: &Elf, address: u32) -> Option<Place> {
    let [file, length, line, column] =
        [0, 4, 8, 12].map(|offset| word(elf, address.checked_add(offset)?));
    let (file, length, line, column) = (file?, length?, line?, column?);
    if length > 512 || line == 0 || line > 100_000 || column == 0 || column > 1_000 {
        return None;
    }
    let name = core::str::from_utf8(elf.at(file, length)?).ok()?;
    name.ends_with(".rs").then(|| Place { file: name.to_owned(), line, column })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(file: &str) -> Place {
        Place { file: file.to_owned(), line: 1, column: 2 }
    }

    #[test]
    fn a_place_belongs_to_the_crate_whose_source_it_is() {
        let dependency = place("/x/y/p256-0.14.0/src/a/b.rs");
        assert_eq!(dependency.owner(), "p256-0.14.0");
        assert_eq!(dependency.short(), "p256-0.14.0/src/a/b.rs:1:2");
        let ours = place("../../crates/gabion-boot/src/tlv.rs");
        assert_eq!(ours.owner(), "gabion-boot");
        assert!(is_ours(&ours.owner()));
    }

    #[test]
    fn a_function_without_places_belongs_to_its_own_crate() {
        assert_eq!(owner_of_function("<gabion_boot::B as c::D>::e"), "gabion-boot");
        assert_eq!(owner_of_function("p256::field::add"), "p256");
    }

    #[test]
    fn core_is_told_from_the_rest() {
        assert!(is_core("core::panicking::panic_fmt"));
        assert!(is_core("<core::fmt::Formatter>::pad"));
        assert!(!is_core("<gabion_boot::Verifier as core::fmt::Debug>::fmt"));
    }
}
