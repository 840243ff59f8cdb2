//! What an ELF file says: its profile, and hashes that change when its code does.

use std::fmt;
use std::path::Path;

use gabion_crypto::{Digest as _, Sha256 as _};
use gabion_profile::{HEADER_LEN, MAGIC, SECTION, VERSION};
use object::{Object, ObjectKind, ObjectSection, SectionFlags, SectionKind};
use serde::{Deserialize, Serialize};

use super::profile::{Profile, ProfileError};
use crate::hex::hex;

/// Longest file that is looked at.
const LONGEST: u64 = 512 << 20;
const SHF_ALLOC: u64 = 2;

/// An image that carries a profile.
#[derive(Debug, Clone)]
pub struct Image {
    /// What it is bound by.
    pub identity: Identity,
    /// What it says of itself.
    pub profile: Profile,
}

/// What a claim is bound to. All digests are SHA-256, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Digest of what is loaded: code and data, without debug information and notes.
    pub code: String,
    /// Digest of the profile.
    pub profile: String,
    /// Digest of the whole file.
    pub file: String,
    /// The machine that it is for.
    pub machine: String,
    /// How many bytes are loaded.
    pub loaded: u64,
}

/// Why an image was refused.
#[derive(Debug)]
#[non_exhaustive]
pub enum ImageError {
    /// It cannot be read.
    Read(std::io::Error),
    /// It is larger than this tool looks at.
    TooLarge,
    /// It is no ELF file, or a damaged one.
    Elf(String),
    /// It is not linked yet: an object file or a library.
    NotLinked,
    /// It carries no profile: it was built without `profile_section!`, or the linker dropped the section.
    NoProfile,
    /// It carries more than one.
    TwoProfiles,
    /// The section does not begin with the header.
    NoHeader,
    /// The format is of another version.
    Version(u32),
    /// The length in the header is not that of the section.
    Length {
        /// What the header says.
        told: u64,
        /// What is there.
        found: u64,
    },
    /// The profile itself does not parse.
    Profile(ProfileError),
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "cannot be read: {error}"),
            Self::TooLarge => f.write_str("is larger than 512 MiB"),
            Self::Elf(error) => write!(f, "is not a sound ELF file: {error}"),
            Self::NotLinked => {
                f.write_str("is not linked: give the executable, not an object file or library")
            }
            Self::NoProfile => write!(
                f,
                "carries no profile: there is no section {SECTION}; write `profile_section!(PROFILE)` in the binary, and on a chip pass the linker script (docs/spec/profile.md, section 2)"
            ),
            Self::TwoProfiles => f.write_str(
                "carries more than one profile: write `profile_section!` once, in the binary",
            ),
            Self::NoHeader => f.write_str("its profile does not begin with the header"),
            Self::Version(version) => {
                write!(
                    f,
                    "its profile has format version {version}; this tool reads version {VERSION}"
                )
            }
            Self::Length { told, found } => {
                write!(f, "its profile says that it is {told} bytes long and is {found}")
            }
            Self::Profile(error) => write!(f, "its profile is refused: {error}"),
        }
    }
}

impl std::error::Error for ImageError {}

impl Image {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// See [`ImageError`].
    pub fn read(path: &Path) -> Result<Self, ImageError> {
        let length = std::fs::metadata(path).map_err(ImageError::Read)?.len();
        if length > LONGEST {
            return Err(ImageError::TooLarge);
        }
        Self::parse(&std::fs::read(path).map_err(ImageError::Read)?)
    }

    /// Reads the bytes of an ELF file.
    ///
    /// # Errors
    ///
    /// See [`ImageError`].
    pub fn parse(file: &[u8]) -> Result<Self, ImageError> {
        let elf = object::File::parse(file).map_err(|e| ImageError::Elf(e.to_string()))?;
        if !matches!(elf.kind(), ObjectKind::Executable | ObjectKind::Dynamic) {
            return Err(ImageError::NotLinked);
        }
        let mut found = None;
        for section in elf.sections() {
            if section.name_bytes() == Ok(SECTION.as_bytes()) {
                if found.is_some() {
                    return Err(ImageError::TwoProfiles);
                }
                found = Some(section.data().map_err(|e| ImageError::Elf(e.to_string()))?);
            }
        }
        let content = content(found.ok_or(ImageError::NoProfile)?)?;
        let profile = Profile::parse(content).map_err(ImageError::Profile)?;
        let (code, loaded) = loaded(&elf)?;
        let identity = Identity {
            code,
            profile: digest(&[content]),
            file: digest(&[file]),
            machine: format!("{:?}", elf.architecture()).to_lowercase(),
            loaded,
        };
        Ok(Self { identity, profile })
    }
}

/// Takes the header off a section.
///
/// # Errors
///
/// See [`ImageError`].
pub fn content(section: &[u8]) -> Result<&[u8], ImageError> {
    let (header, rest) = section.split_at_checked(HEADER_LEN).ok_or(ImageError::NoHeader)?;
    let word = |at: usize| {
        let bytes = header.get(at..at + 4).and_then(|b| b.first_chunk::<4>());
        bytes.map_or(0, |b| u32::from_le_bytes(*b))
    };
    if !header.starts_with(&MAGIC) {
        return Err(ImageError::NoHeader);
    }
    if word(8) != VERSION {
        return Err(ImageError::Version(word(8)));
    }
    let told = u64::from(word(12));
    let found = rest.len() as u64;
    if told == found {
        return Ok(rest);
    }
    let behind = usize::try_from(told).ok().and_then(|told| rest.get(told..));
    Err(match behind {
        Some(more) if more.starts_with(&MAGIC) => ImageError::TwoProfiles,
        _ => ImageError::Length { told, found },
    })
}

/// Hashes what is loaded: address, length and bytes of each loaded section, in the order of their addresses.
fn loaded(elf: &object::File<'_>) -> Result<(String, u64), ImageError> {
    let mut sections: Vec<(u64, &[u8])> = Vec::new();
    for section in elf.sections() {
        let SectionFlags::Elf { sh_flags } = section.flags() else { continue };
        // The profile counts on its own; notes and zeroed memory are no code.
        let skip = matches!(
            section.kind(),
            SectionKind::Note | SectionKind::UninitializedData | SectionKind::UninitializedTls
        );
        if sh_flags & SHF_ALLOC == 0 || skip || section.name_bytes() == Ok(SECTION.as_bytes()) {
            continue;
        }
        let data = section.data().map_err(|e| ImageError::Elf(e.to_string()))?;
        sections.push((section.address(), data));
    }
    sections.sort();
    let mut hash = gabion_crypto::Software.sha256_start();
    let mut total = 0u64;
    for (address, data) in sections {
        hash.update(&address.to_le_bytes());
        hash.update(&(data.len() as u64).to_le_bytes());
        hash.update(data);
        total += data.len() as u64;
    }
    Ok((hex(&hash.finish()), total))
}

/// Hashes pieces, and writes the digest in hexadecimal.
#[must_use]
pub fn digest(pieces: &[&[u8]]) -> String {
    hex(&gabion_crypto::Software.sha256(pieces))
}
