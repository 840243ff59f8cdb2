//! The profile as bytes in the image: made by the compiler, specified in `docs/spec/profile.md`.

use crate::Profile;

/// What the section begins with.
pub const MAGIC: [u8; 8] = *b"\x89GABION\n";
/// The version of the format.
pub const VERSION: u32 = 1;
/// Magic, version, length of the content.
pub const HEADER_LEN: usize = 16;
/// The section of the ELF file.
pub const SECTION: &str = ".gabion.profile";

/// Writes deterministic CBOR. Counts only where there is no room, so that one pass with `N = 0` tells the length.
pub(crate) struct Writer<const N: usize> {
    out: [u8; N],
    len: usize,
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "evaluated by the compiler, where a mistake does not compile; const loops cannot use iterators"
)]
impl<const N: usize> Writer<N> {
    const fn new() -> Self {
        Self { out: [0; N], len: 0 }
    }

    const fn byte(&mut self, byte: u8) {
        if self.len < N {
            self.out[self.len] = byte;
        }
        self.len += 1;
    }

    const fn raw(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let [byte, others @ ..] = rest {
            self.byte(*byte);
            rest = others;
        }
    }

    const fn head(&mut self, major: u8, argument: u64) {
        let major = major << 5;
        if argument < 24 {
            self.byte(major | argument as u8);
        } else if argument <= u8::MAX as u64 {
            self.byte(major | 24);
            self.byte(argument as u8);
        } else if argument <= u16::MAX as u64 {
            self.byte(major | 25);
            self.raw(&(argument as u16).to_be_bytes());
        } else {
            self.byte(major | 26);
            self.raw(&(argument as u32).to_be_bytes());
        }
    }

    pub(crate) const fn unsigned(&mut self, number: u64) {
        assert!(number <= u32::MAX as u64, "the format has no number this large");
        self.head(0, number);
    }

    pub(crate) const fn text(&mut self, text: &str) {
        self.head(3, text.len() as u64);
        self.raw(text.as_bytes());
    }

    pub(crate) const fn array(&mut self, items: u64) {
        self.head(4, items);
    }

    pub(crate) const fn map(&mut self, entries: u64) {
        self.head(5, entries);
    }

    pub(crate) const fn bool(&mut self, value: bool) {
        self.byte(if value { 0xf5 } else { 0xf4 });
    }

    pub(crate) const fn null(&mut self) {
        self.byte(0xf6);
    }

    pub(crate) const fn optional(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }

    pub(crate) const fn texts(&mut self, texts: &[&str]) {
        self.array(texts.len() as u64);
        let mut rest = texts;
        while let [text, others @ ..] = rest {
            self.text(text);
            rest = others;
        }
    }
}

/// Returns how long the section of a profile is, in bytes. For `const` items only.
#[must_use]
#[expect(clippy::arithmetic_side_effects, reason = "evaluated by the compiler")]
pub const fn section_len(profile: &Profile) -> usize {
    let mut count = Writer::<0>::new();
    profile.emit(&mut count);
    HEADER_LEN + count.len
}

/// Makes the section of a profile, after checking it. `N` is what [`section_len`] returns. For `const` items only;
/// [`profile_section!`](crate::profile_section) does it all.
///
/// # Panics
///
/// At compile time, when the profile does not hold together or `N` is another number.
#[must_use]
#[expect(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "evaluated by the compiler"
)]
pub const fn section<const N: usize>(profile: &Profile) -> [u8; N] {
    let _ = profile.checked();
    let mut w = Writer::<N>::new();
    w.raw(&MAGIC);
    w.raw(&VERSION.to_le_bytes());
    w.raw(&((N - HEADER_LEN) as u32).to_le_bytes());
    profile.emit(&mut w);
    assert!(w.len == N, "the section has the length that `section_len` says");
    w.out
}

/// Places a profile in the image, in the section `.gabion.profile`, checked and encoded by the compiler.
///
/// Write it once, in the binary. On a chip the linker is told to keep the section out of flash by
/// [`LINKER_SCRIPT`](crate::LINKER_SCRIPT); `docs/spec/profile.md`, section 2, says how.
///
/// ```
/// use gabion_profile::{DeviceInfo, Profile, profile_section};
///
/// const PROFILE: Profile = Profile::of(DeviceInfo {
///     manufacturer: "Example Maker",
///     model: "LAMP-2",
///     security_contact: "mailto:security@example.invalid",
///     policy_url: "https://example.invalid/policy",
///     support_until: "2031-12-31",
/// });
/// profile_section!(PROFILE);
/// ```
#[macro_export]
macro_rules! profile_section {
    ($profile:expr) => {
        const _: () = {
            const __GABION_PROFILE: &$crate::Profile = &$profile;
            #[used]
            #[cfg_attr(
                not(any(target_vendor = "apple", windows)),
                unsafe(link_section = ".gabion.profile")
            )]
            static SECTION: [u8; $crate::section_len(__GABION_PROFILE)] =
                $crate::section(__GABION_PROFILE);
        };
    };
}
