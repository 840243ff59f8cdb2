//! Reads linked firmware: sections, symbols, relocations. 32 bits, little-endian, and no more than is needed here.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

const SHT_SYMTAB: u32 = 2;
const SHT_RELA: u32 = 4;
const SHT_NOBITS: u32 = 8;
const SHT_REL: u32 = 9;
const SHF_ALLOC: u32 = 2;
const SHF_EXECINSTR: u32 = 4;
const STT_FUNC: u8 = 2;

/// A linked program.
#[derive(Debug)]
pub(crate) struct Elf {
    bytes: Vec<u8>,
    sections: Vec<Section>,
    /// Every symbol, in the order of the file.
    pub(crate) symbols: Vec<Symbol>,
}

#[derive(Debug, Clone)]
struct Section {
    name: String,
    kind: u32,
    flags: u32,
    address: u32,
    offset: u32,
    size: u32,
    link: u32,
    info: u32,
}

/// A named place.
#[derive(Debug, Clone)]
pub(crate) struct Symbol {
    /// Demangled, without the hash.
    pub(crate) name: String,
    /// Where it is; the Thumb bit is taken off a function.
    pub(crate) address: u32,
    /// Its bytes.
    pub(crate) size: u32,
    /// Whether it is code.
    pub(crate) function: bool,
}

/// A place in the code that the linker filled in, and what it names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reference {
    /// The place.
    pub(crate) at: u32,
    /// The symbol's index.
    pub(crate) symbol: usize,
    /// How it was filled in: a number of the processor's ABI.
    pub(crate) kind: u8,
}

impl Elf {
    /// Reads a program.
    ///
    /// # Errors
    ///
    /// When the file is not a 32-bit little-endian ELF with sections.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(bytes).with_context(|| path.display().to_string())
    }

    fn parse(bytes: Vec<u8>) -> Result<Self> {
        if !bytes.starts_with(b"\x7fELF\x01\x01") {
            bail!("not a 32-bit little-endian ELF");
        }
        let mut elf = Self { bytes, sections: Vec::new(), symbols: Vec::new() };
        let table = elf.word(0x20)?;
        let (entry_size, count) = (u32::from(elf.half(0x2e)?), u32::from(elf.half(0x30)?));
        let names = elf.word(table + u32::from(elf.half(0x32)?) * entry_size + 16)?;
        for index in 0..count {
            let at = table + index * entry_size;
            elf.sections.push(Section {
                name: elf.text_at(names + elf.word(at)?)?,
                kind: elf.word(at + 4)?,
                flags: elf.word(at + 8)?,
                address: elf.word(at + 12)?,
                offset: elf.word(at + 16)?,
                size: elf.word(at + 20)?,
                link: elf.word(at + 24)?,
                info: elf.word(at + 28)?,
            });
        }
        elf.symbols = elf.read_symbols()?;
        Ok(elf)
    }

    /// The bytes that go into the chip's flash: code, constants, and the initial values of variables. Without the section
    /// `.input`: what a bench works on is no part of what its code costs.
    pub(crate) fn text(&self) -> u32 {
        let stored =
            |s: &&Section| s.flags & SHF_ALLOC != 0 && s.kind != SHT_NOBITS && s.name != ".input";
        self.sections.iter().filter(stored).map(|section| section.size).sum()
    }

    /// The bytes of static variables: in the RAM of a Cortex-M, or of an ESP32-C3, whose linker script counts code in RAM among them
    /// and calls what is left `.stack`.
    pub(crate) fn ram(&self) -> u32 {
        let variable = |s: &&Section| {
            let ram = (0x2000_0000..0x3000_0000).contains(&s.address)
                || (0x3fc8_0000..0x3fce_0000).contains(&s.address);
            s.flags & SHF_ALLOC != 0 && ram && s.name != ".stack"
        };
        self.sections.iter().filter(variable).map(|section| section.size).sum()
    }

    /// Everything in executable sections that names a symbol. Empty unless the program was linked with its relocations.
    ///
    /// # Errors
    ///
    /// When a table reaches past the end of the file.
    pub(crate) fn references(&self) -> Result<Vec<Reference>> {
        let mut found = Vec::new();
        for section in self.sections.iter().filter(|s| s.kind == SHT_REL || s.kind == SHT_RELA) {
            let Some(target) = self.sections.get(section.info as usize) else { continue };
            if target.flags & SHF_EXECINSTR == 0 {
                continue;
            }
            let entry = if section.kind == SHT_REL { 8 } else { 12 };
            for index in 0..section.size / entry {
                let at = section.offset + index * entry;
                let info = self.word(at + 4)?;
                let (symbol, kind) = ((info >> 8) as usize, info as u8);
                found.push(Reference { at: self.word(at)?, symbol, kind });
            }
        }
        Ok(found)
    }

    /// Returns `length` bytes as the chip would see them at `address`, from the file.
    pub(crate) fn at(&self, address: u32, length: u32) -> Option<&[u8]> {
        let stored = |s: &&Section| {
            s.flags & SHF_ALLOC != 0
                && s.kind != SHT_NOBITS
                && address >= s.address
                && address - s.address <= s.size
                && length <= s.size - (address - s.address)
        };
        let section = self.sections.iter().find(stored)?;
        let start = (section.offset + (address - section.address)) as usize;
        self.bytes.get(start..start + length as usize)
    }

    fn read_symbols(&self) -> Result<Vec<Symbol>> {
        let table = self.sections.iter().find(|section| section.kind == SHT_SYMTAB);
        let Some(table) = table else { bail!("no symbols: the program was stripped") };
        let Some(names) = self.sections.get(table.link as usize) else { bail!("no names") };
        let mut symbols = Vec::new();
        for index in 0..table.size / 16 {
            let at = table.offset + index * 16;
            let name = self.text_at(names.offset + self.word(at)?)?;
            let function = self.byte(at + 12)? & 0xf == STT_FUNC;
            let address = self.word(at + 4)? & if function { !1 } else { !0 };
            let name = format!("{:#}", rustc_demangle::demangle(&name));
            symbols.push(Symbol { name, address, size: self.word(at + 8)?, function });
        }
        Ok(symbols)
    }

    fn text_at(&self, offset: u32) -> Result<String> {
        let rest = self.bytes.get(offset as usize..).context("a name past the end")?;
        let length = rest.iter().position(|byte| *byte == 0).context("a name without an end")?;
        Ok(String::from_utf8_lossy(&rest[..length]).into_owned())
    }

    fn byte(&self, offset: u32) -> Result<u8> {
        self.bytes.get(offset as usize).copied().context("past the end of the file")
    }

    fn half(&self, offset: u32) -> Result<u16> {
        Ok(u16::from_le_bytes([self.byte(offset)?, self.byte(offset + 1)?]))
    }

    fn word(&self, offset: u32) -> Result<u32> {
        Ok(u32::from(self.half(offset)?) | u32::from(self.half(offset + 2)?) << 16)
    }
}
