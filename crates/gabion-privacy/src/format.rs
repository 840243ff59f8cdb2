//! Bytes on flash. Section numbers are those of `docs/spec/privacy.md`.

use gabion_codec::{CodecError, Reader, Writer};
use gabion_hal::{TimeQuality, WallTime};

use crate::ledger::{Decision, ENTRIES, Ledger};
use crate::remote::{ACKNOWLEDGED, Acknowledged, Queue, RemoteRequest, SLOTS};
use crate::{Answer, MAX_PURPOSES, Subject};

/// §1 What stands before every value, in bytes.
pub(crate) const STAMP: usize = 16;
/// §2 One answer in the ledger, in bytes.
pub(crate) const ENTRY: usize = 16;
/// §2 A full ledger in bytes.
pub(crate) const LEDGER: usize = 40 + ENTRIES * ENTRY;
/// §3 The powered clock in bytes.
pub(crate) const POWERED: usize = 8;
/// §4 A deletion that is under way, in bytes.
pub(crate) const INTENT: usize = 16;
/// §5 A full queue of requests in bytes.
pub(crate) const QUEUE: usize = 8 + SLOTS * 8;
/// §5 The newest acknowledgements in bytes.
pub(crate) const ACKS: usize = 4 + ACKNOWLEDGED * 48;
/// §8 The key of pseudonyms in bytes.
pub(crate) const PSEUDONYM: usize = 40;

const VERSION: u8 = 1;
const NO_TIME: u8 = 0xff;

/// §1 When a value was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Powered seconds in the life of the device.
    pub(crate) powered_s: u32,
    pub(crate) wall: Option<WallTime>,
}

impl Stamp {
    pub(crate) fn emit(&self) -> [u8; STAMP] {
        let mut out = [0; STAMP];
        let mut writer = Writer::new(&mut out);
        let (quality, seconds) = time_fields(self.wall);
        let _fits = (|| {
            writer.bytes(&[VERSION, quality, 0, 0])?;
            writer.u32_le(self.powered_s)?;
            writer.u64_le(seconds)
        })();
        out
    }

    /// Splits a stored value; `None` for a version that this code does not know.
    pub(crate) fn split(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let mut reader = Reader::new(bytes);
        reader.expect(&[VERSION]).ok()?;
        let quality = reader.u8().ok()?;
        reader.expect(&[0, 0]).ok()?;
        let powered_s = reader.u32_le().ok()?;
        let seconds = reader.u64_le().ok()?;
        Some((Self { powered_s, wall: wall(quality, seconds)? }, bytes.get(STAMP..)?))
    }
}

/// Returns quality and seconds as they stand on flash.
pub(crate) fn time_fields(wall: Option<WallTime>) -> (u8, u64) {
    wall.map_or((NO_TIME, 0), |wall| (wall.quality as u8, wall.unix_seconds))
}

/// Reads a time of day; the outer `None` is for what no device writes.
pub(crate) fn wall(quality: u8, unix_seconds: u64) -> Option<Option<WallTime>> {
    let quality = match quality {
        NO_TIME => return (unix_seconds == 0).then_some(None),
        0 => TimeQuality::Floor,
        1 => TimeQuality::Unauthenticated,
        2 => TimeQuality::Authenticated,
        _ => return None,
    };
    Some(Some(WallTime { unix_seconds, quality }))
}

impl Decision {
    /// §2
    pub(crate) fn emit(&self) -> [u8; ENTRY] {
        let mut out = [0; ENTRY];
        let mut writer = Writer::new(&mut out);
        let (quality, seconds) = time_fields(self.when);
        let _fits = (|| {
            writer.bytes(&[self.purpose, self.answer as u8])?;
            writer.u16_le(self.version)?;
            writer.bytes(&[quality, 0, 0, 0])?;
            writer.u64_le(seconds)
        })();
        out
    }

    fn parse(reader: &mut Reader<'_>) -> Option<Self> {
        let purpose = reader.u8().ok()?;
        if usize::from(purpose) >= MAX_PURPOSES {
            return None;
        }
        let answer = match reader.u8().ok()? {
            1 => Answer::Yes,
            2 => Answer::No,
            _ => return None,
        };
        let version = reader.u16_le().ok()?;
        let quality = reader.u8().ok()?;
        reader.expect(&[0; 3]).ok()?;
        let when = wall(quality, reader.u64_le().ok()?)?;
        Some(Self { purpose, version, answer, when })
    }
}

impl Ledger {
    /// §2
    pub(crate) fn emit<'o>(&self, out: &'o mut [u8; LEDGER]) -> &'o [u8] {
        let mut writer = Writer::new(out);
        let count = u8::try_from(self.decisions().len()).unwrap_or(u8::MAX);
        let _fits = (|| {
            writer.bytes(&[VERSION, count, u8::from(self.lost), 0])?;
            writer.u32_le(self.folded)?;
            writer.bytes(&self.base)?;
            self.decisions().iter().try_for_each(|decision| writer.bytes(&decision.emit()))
        })();
        writer.finish()
    }

    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        reader.expect(&[VERSION]).ok()?;
        let count = reader.u8().ok()?;
        let lost = match reader.u8().ok()? {
            0 => false,
            1 => true,
            _ => return None,
        };
        reader.expect(&[0]).ok()?;
        let mut ledger = Self { lost, folded: reader.u32_le().ok()?, ..Self::default() };
        ledger.base = reader.array().ok()?;
        for _ in 0..count {
            ledger.push_parsed(Decision::parse(&mut reader)?)?;
        }
        reader.finish().ok()?;
        Some(ledger)
    }
}

/// §3
pub(crate) fn emit_powered(seconds: u32) -> [u8; POWERED] {
    let [a, b, c, d] = seconds.to_le_bytes();
    [VERSION, 0, 0, 0, a, b, c, d]
}

pub(crate) fn parse_powered(bytes: &[u8]) -> Option<u32> {
    let mut reader = Reader::new(bytes);
    reader.expect(&[VERSION, 0, 0, 0]).ok()?;
    let seconds = reader.u32_le().ok()?;
    reader.finish().ok()?;
    Some(seconds)
}

/// §4 A deletion that was ordered and is not finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Intent {
    pub(crate) subject: Subject,
    /// Number of this deletion in the life of the device, from 1.
    pub(crate) number: u32,
    /// The request to services that goes with it, 0 for none.
    pub(crate) request: u32,
}

impl Intent {
    pub(crate) fn emit(&self) -> [u8; INTENT] {
        let mut out = [0; INTENT];
        let mut writer = Writer::new(&mut out);
        let _fits = (|| {
            writer.bytes(&[VERSION, self.subject as u8, 0, 0])?;
            writer.u32_le(self.number)?;
            writer.u32_le(self.request)
        })();
        out
    }

    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        reader.expect(&[VERSION]).ok()?;
        let subject = Subject::from_number(reader.u8().ok()?)?;
        reader.expect(&[0; 2]).ok()?;
        let (number, request) = (reader.u32_le().ok()?, reader.u32_le().ok()?);
        reader.expect(&[0; 4]).ok()?;
        reader.finish().ok()?;
        Some(Self { subject, number, request })
    }
}

impl Queue {
    /// §5
    pub(crate) fn emit<'o>(&self, out: &'o mut [u8; QUEUE]) -> &'o [u8] {
        let mut writer = Writer::new(out);
        let _fits = (|| {
            writer.bytes(&[VERSION, 0, 0, 0])?;
            writer.u32_le(self.last)?;
            self.open().try_for_each(|request| {
                writer.bytes(&[request.recipient, request.subject as u8])?;
                writer.u16_le(request.purposes)?;
                writer.u32_le(request.id)
            })
        })();
        writer.finish()
    }

    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        reader.expect(&[VERSION, 0, 0, 0]).ok()?;
        let mut queue = Self { last: reader.u32_le().ok()?, ..Self::default() };
        while reader.remaining() > 0 {
            let recipient = reader.u8().ok()?;
            let subject = Subject::from_number(reader.u8().ok()?)?;
            let (purposes, id) = (reader.u16_le().ok()?, reader.u32_le().ok()?);
            let slot = queue.slot(recipient, subject).filter(|slot| slot.is_none())?;
            *slot = Some(RemoteRequest { id, recipient, subject, purposes });
        }
        Some(queue)
    }
}

/// §5
pub(crate) fn emit_acks(acks: &[Option<Acknowledged>; ACKNOWLEDGED]) -> [u8; ACKS] {
    let mut out = [0; ACKS];
    let mut writer = Writer::new(&mut out);
    let _fits = (|| {
        writer.bytes(&[VERSION, 0, 0, 0])?;
        acks.iter().flatten().try_for_each(|ack| {
            let (quality, seconds) = time_fields(ack.when);
            writer.u32_le(ack.id)?;
            writer.bytes(&[ack.recipient, ack.subject as u8, quality, 1])?;
            writer.u64_le(seconds)?;
            writer.bytes(&ack.receipt)
        })
    })();
    out
}

pub(crate) fn parse_acks(bytes: &[u8]) -> Option<[Option<Acknowledged>; ACKNOWLEDGED]> {
    let mut reader = Reader::new(bytes);
    reader.expect(&[VERSION, 0, 0, 0]).ok()?;
    let mut acks = [None; ACKNOWLEDGED];
    for slot in &mut acks {
        *slot = parse_ack(&mut reader).ok()?;
    }
    Some(acks)
}

fn parse_ack(reader: &mut Reader<'_>) -> Result<Option<Acknowledged>, CodecError> {
    let id = reader.u32_le()?;
    let recipient = reader.u8()?;
    let (subject, quality, used) = (reader.u8()?, reader.u8()?, reader.u8()?);
    let seconds = reader.u64_le()?;
    let receipt = reader.array()?;
    let subject = Subject::from_number(subject).filter(|_| used == 1);
    Ok(subject.map(|subject| Acknowledged {
        id,
        recipient,
        subject,
        when: wall(quality, seconds).flatten(),
        receipt,
    }))
}
