//! A flash in a file: each word and each erase is written through, so that killing the process is
//! a real power cut.
//!
//! The raw image comes first, so that any hex viewer shows the flash. After it: one write count
//! per word, one erase count per page (u32, little-endian), the chip's block, and a footer.

use core::ops::Range;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Mutex;

use crate::medium::{Medium, Setup};

/// Bytes that the chip's state takes in a file.
pub(crate) const CHIP_BLOCK: usize = 128;
const FOOTER: usize = 32;
const MAGIC: &[u8; 8] = b"GBNSIM01";
const END: &[u8; 8] = b"gabion.\n";

/// An open, locked file that follows a medium.
pub(crate) struct Mirror {
    file: Mutex<File>,
    chip_at: u64,
}

impl Mirror {
    /// Opens or makes the file and locks it against other processes.
    pub(crate) fn open(
        path: &Path,
        setup: Setup,
        word: usize,
        page: usize,
    ) -> io::Result<(Self, Medium, [u8; CHIP_BLOCK])> {
        let new = fs::metadata(path).map_or(true, |found| found.len() == 0);
        if new {
            // Renamed when whole: a process killed here leaves no half-made flash behind.
            let draft = path.with_extension(format!("{}.new", std::process::id()));
            fs::write(&draft, emit(&Medium::new(setup.clone(), word, page), &[0; CHIP_BLOCK]))?;
            fs::rename(&draft, path)?;
        }
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => {
                io::Error::new(io::ErrorKind::WouldBlock, "another process uses this flash file")
            }
            TryLockError::Error(error) => error,
        })?;
        let mut stored = Vec::new();
        file.read_to_end(&mut stored)?;
        let (mut medium, chip) = parse(&stored)?;
        let same = medium.capacity() == setup.capacity
            && (medium.word, medium.page, medium.setup.erased) == (word, page, setup.erased);
        if !same {
            return Err(invalid("the flash file has another geometry"));
        }
        medium.setup = setup;
        let chip_at = chip_at(&medium) as u64;
        Ok((Self { file: Mutex::new(file), chip_at }, medium, chip))
    }

    /// Writes the cells of a range, then their counts.
    pub(crate) fn store(&self, medium: &Medium, range: Range<usize>) -> io::Result<()> {
        let words = range.start / medium.word..range.end / medium.word;
        let pages = range.start / medium.page..range.end.div_ceil(medium.page);
        self.put(range.start as u64, &medium.bytes[range])?;
        let counts_at = medium.capacity();
        self.put((counts_at + words.start) as u64, &medium.writes[words])?;
        let wear_at = counts_at + medium.writes.len() + pages.start * 4;
        let wear: Vec<u8> =
            medium.wear[pages].iter().flat_map(|count| count.to_le_bytes()).collect();
        self.put(wear_at as u64, &wear)
    }

    /// Writes the chip's block, whole or not at all.
    pub(crate) fn store_chip(&self, block: &[u8; CHIP_BLOCK]) -> io::Result<()> {
        self.put(self.chip_at, block)
    }

    fn put(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.file.lock().unwrap();
        file.seek(SeekFrom::Start(at))?;
        file.write_all(bytes)
    }
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn has_magic(file: &[u8]) -> bool {
    file.len() >= FOOTER && &file[file.len() - FOOTER..][..8] == MAGIC
}

/// Where the chip's block starts: at a multiple of its size, so that one write of it never crosses
/// a page of the file cache, where a kill could split it.
fn chip_at(medium: &Medium) -> usize {
    (medium.capacity() + medium.writes.len() + medium.wear.len() * 4).next_multiple_of(CHIP_BLOCK)
}

fn file_len(medium: &Medium) -> usize {
    chip_at(medium) + CHIP_BLOCK + FOOTER
}

/// Writes a medium and the chip's block as the bytes of a file.
pub(crate) fn emit(medium: &Medium, chip: &[u8; CHIP_BLOCK]) -> Vec<u8> {
    let mut out = Vec::with_capacity(file_len(medium));
    out.extend_from_slice(&medium.bytes);
    out.extend_from_slice(&medium.writes);
    out.extend(medium.wear.iter().flat_map(|count| count.to_le_bytes()));
    out.resize(chip_at(medium), 0);
    out.extend_from_slice(chip);
    out.extend_from_slice(MAGIC);
    for number in [medium.capacity(), medium.word, medium.page, medium.setup.erased as usize] {
        out.extend_from_slice(&(number as u32).to_le_bytes());
    }
    out.extend_from_slice(END);
    out
}

/// Reads a file back; counts that a kill left behind the content are reconciled with it.
pub(crate) fn parse(file: &[u8]) -> io::Result<(Medium, [u8; CHIP_BLOCK])> {
    if !has_magic(file) || !file.ends_with(END) {
        return Err(invalid("not a flash file of this simulator"));
    }
    let footer = &file[file.len() - FOOTER..];
    let number = |index: usize| {
        let at = 8 + index * 4;
        u32::from_le_bytes([footer[at], footer[at + 1], footer[at + 2], footer[at + 3]]) as usize
    };
    let (capacity, word, page, erased) = (number(0), number(1), number(2), number(3));
    let sound = word > 0
        && page > 0
        && page.is_multiple_of(word)
        && capacity.is_multiple_of(page)
        && capacity < file.len()
        && (erased == 0 || erased == 0xFF);
    if !sound {
        return Err(invalid("the flash file's footer makes no sense"));
    }
    let mut medium = Medium::new(Setup::new(capacity).erased(erased as u8), word, page);
    if file.len() != file_len(&medium) {
        return Err(invalid("the flash file has the wrong length"));
    }
    let (bytes, rest) = file.split_at(capacity);
    let (writes, rest) = rest.split_at(medium.writes.len());
    let wear = &rest[..medium.wear.len() * 4];
    medium.bytes.copy_from_slice(bytes);
    medium.writes.copy_from_slice(writes);
    for (count, stored) in medium.wear.iter_mut().zip(wear.chunks_exact(4)) {
        *count = u32::from_le_bytes([stored[0], stored[1], stored[2], stored[3]]);
    }
    medium.settle(0..capacity);
    let mut chip = [0; CHIP_BLOCK];
    chip.copy_from_slice(&file[chip_at(&medium)..][..CHIP_BLOCK]);
    Ok((medium, chip))
}
