//! What is told of the slots.

use core::fmt::Write;

use gabion_boot::Version;
use gabion_codec::CodecError;
use gabion_codec::cbor::Encoder;
use gabion_update::{SlotId, Standing};

/// The image in a slot, which was verified for this list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) slot: SlotId,
    pub(crate) version: Version,
    pub(crate) digest: [u8; 32],
}

/// Writes the list. A slot without an image that could run is not in it.
pub(crate) fn write(
    encoder: &mut Encoder<'_>,
    images: &[Option<Entry>; 2],
    running: SlotId,
    standing: Standing,
) -> Result<(), CodecError> {
    encoder.map(1)?;
    encoder.text("images")?;
    encoder.array(images.iter().flatten().count() as u64)?;
    for image in images.iter().flatten() {
        let active = image.slot == running;
        let kept = match standing {
            Standing::Confirmed | Standing::Pending | Standing::Reverted => active,
            // The old image comes back unless the new one is confirmed.
            Standing::Trial { .. } => !active,
            _ => false,
        };
        encoder.map(8)?;
        encoder.text("hash")?;
        encoder.bytes(&image.digest)?;
        encoder.text("slot")?;
        encoder.unsigned(image.slot as u64)?;
        encoder.text("image")?;
        encoder.unsigned(0)?;
        encoder.text("active")?;
        encoder.bool(active)?;
        encoder.text("pending")?;
        encoder.bool(!active && standing == Standing::Pending)?;
        encoder.text("version")?;
        encoder.text(Text::of(image.version).as_str())?;
        encoder.text("bootable")?;
        encoder.bool(true)?;
        encoder.text("confirmed")?;
        encoder.bool(kept)?;
    }
    Ok(())
}

/// A version in text, as clients print it: the build number only where there is one.
struct Text {
    bytes: [u8; 24],
    len: usize,
}

impl Text {
    fn of(version: Version) -> Self {
        let mut text = Self { bytes: [0; 24], len: 0 };
        let Version { major, minor, revision, build } = version;
        // 3 + 1 + 3 + 1 + 5 + 1 + 10 = 24 letters at most.
        let _fits = match build {
            0 => write!(text, "{major}.{minor}.{revision}"),
            _ => write!(text, "{major}.{minor}.{revision}.{build}"),
        };
        text
    }

    fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.len).unwrap_or_default();
        core::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl Write for Text {
    fn write_str(&mut self, part: &str) -> core::fmt::Result {
        let room = self.bytes.get_mut(self.len..).unwrap_or_default();
        let room = room.get_mut(..part.len()).ok_or(core::fmt::Error)?;
        for (to, from) in room.iter_mut().zip(part.bytes()) {
            *to = from;
        }
        self.len = self.len.saturating_add(part.len());
        Ok(())
    }
}
