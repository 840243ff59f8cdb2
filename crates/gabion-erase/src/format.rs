//! Bytes of the intent and of the receipt. Section numbers are those of `docs/spec/erase.md`.

use gabion_codec::{CodecError, CodecErrorKind, Reader, Writer};
use gabion_hal::{TimeQuality, WallTime};

use crate::{EraseCount, Receipt, TriggerKind};

/// §2 Intent in bytes.
pub(crate) const INTENT: usize = 16;
/// §3 Receipt, before its signature, in bytes.
pub(crate) const PAYLOAD: usize = 104;
const INTENT_VERSION: u8 = 1;
const RECEIPT_MAGIC: [u8; 4] = *b"GbE1";

/// How far a reset has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Class keys may still be there.
    Keys = 1,
    /// The class keys are destroyed; regions may still hold something.
    Regions = 2,
}

/// A reset that was ordered and is not finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Intent {
    pub(crate) phase: Phase,
    pub(crate) trigger: TriggerKind,
    /// Number of this reset in the life of the device, from 1.
    pub(crate) number: u32,
    /// How often it was taken up again, saturating.
    pub(crate) resumed: u16,
}

impl Intent {
    pub(crate) fn emit(&self) -> [u8; INTENT] {
        let mut out = [0; INTENT];
        let mut writer = Writer::new(&mut out);
        let _fits = (|| {
            writer.bytes(&[INTENT_VERSION, self.phase as u8, self.trigger as u8, 0])?;
            writer.u32_le(self.number)?;
            writer.u16_le(self.resumed)
        })();
        out
    }

    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        reader.expect(&[INTENT_VERSION]).ok()?;
        let phase = match reader.u8().ok()? {
            1 => Phase::Keys,
            2 => Phase::Regions,
            _ => return None,
        };
        let trigger = TriggerKind::from_number(reader.u8().ok()?)?;
        reader.expect(&[0]).ok()?;
        let number = reader.u32_le().ok()?;
        let resumed = reader.u16_le().ok()?;
        reader.expect(&[0; 6]).ok()?;
        reader.finish().ok()?;
        Some(Self { phase, trigger, number, resumed })
    }
}

pub(crate) fn emit_receipt(receipt: &Receipt) -> [u8; PAYLOAD] {
    let mut out = [0; PAYLOAD];
    let mut writer = Writer::new(&mut out);
    let _fits = (|| {
        writer.bytes(&RECEIPT_MAGIC)?;
        writer.bytes(&[receipt.trigger as u8, receipt.regions])?;
        writer.u16_le(receipt.classes)?;
        writer.bytes(&receipt.device)?;
        writer.bytes(&receipt.plan)?;
        writer.u32_le(receipt.number)?;
        writer.u32_le(receipt.count.pages)?;
        writer.u32_le(receipt.count.bytes)?;
        writer.u16_le(receipt.resumed)?;
        writer.u16_le(receipt.values)?;
        writer.u32_le(receipt.uptime_ds)?;
        let (seconds, quality) =
            receipt.wall.map_or((0, 0xff), |wall| (wall.unix_seconds, wall.quality as u8));
        writer.u64_le(seconds)?;
        writer.bytes(&[quality, 0, 0, 0])
    })();
    out
}

pub(crate) fn parse_receipt(bytes: &[u8]) -> Result<Receipt, CodecError> {
    let mut reader = Reader::new(bytes);
    reader.expect(&RECEIPT_MAGIC)?;
    let error = reader.error(CodecErrorKind::OutOfRange);
    let trigger = TriggerKind::from_number(reader.u8()?).ok_or(error)?;
    let regions = reader.u8()?;
    let classes = reader.u16_le()?;
    let device = reader.array()?;
    let plan = reader.array()?;
    let number = reader.u32_le()?;
    let count = EraseCount { pages: reader.u32_le()?, bytes: reader.u32_le()? };
    let resumed = reader.u16_le()?;
    let values = reader.u16_le()?;
    let uptime_ds = reader.u32_le()?;
    let unix_seconds = reader.u64_le()?;
    let error = reader.error(CodecErrorKind::OutOfRange);
    let wall = match (reader.u8()?, unix_seconds) {
        (0xff, 0) => None,
        (0, _) => Some(WallTime { unix_seconds, quality: TimeQuality::Floor }),
        (1, _) => Some(WallTime { unix_seconds, quality: TimeQuality::Unauthenticated }),
        (2, _) => Some(WallTime { unix_seconds, quality: TimeQuality::Authenticated }),
        _ => return Err(error),
    };
    reader.expect(&[0; 3])?;
    reader.finish()?;
    Ok(Receipt {
        trigger,
        regions,
        classes,
        device,
        plan,
        number,
        count,
        resumed,
        values,
        uptime_ds,
        wall,
    })
}
