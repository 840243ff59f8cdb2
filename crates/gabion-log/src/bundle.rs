//! Verifies bundles, on the host or on a gateway. It borrows everything and needs no heap.

use gabion_codec::{CodecError, CodecErrorKind, Reader, Sign1Prefix, Sign1View};
use gabion_crypto::{EcdsaP256Verify, HmacSha256, P256PublicKey, P256Signature, Secret, Sha256};
use gabion_hal::WallTime;

use crate::chain::{Chain, Link};
use crate::export::device_name;
use crate::format::{
    BUNDLE_MAGIC, HEADER, MAX_BODY, PAGE_MARK, PageHeader, RECORD_MARK, SUITE, SealedRecord, Tag,
    parse_wall,
};
use crate::ring::low;
use crate::seal::{EpochKey, step};
use crate::{Body, BundleError, Head, Lane};

/// Most epochs that a verifier counts through: 60 times what flash endures.
const MAX_EPOCH: u32 = 1 << 22;

/// What a bundle says of its lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lanes {
    /// Where the lane ended when the bundle was signed.
    pub head: Head,
    /// The first record number that was asked for.
    pub from: u32,
    /// Pages of the lane.
    pub pages: u32,
    /// How many of the oldest pages were lost before their time to power cuts, 0 to 2.
    pub missing: u8,
}

/// A bundle that this device signed and whose shape is whole. Only [`Bundle::verify`] makes one.
///
/// # Security
///
/// The signature speaks for the device as it is now. Whether a device whose signing key was stolen rewrote its past only
/// [`Bundle::open`] can tell, with the seed.
#[derive(Debug, Clone, Copy)]
pub struct Bundle<'a> {
    device: [u8; 32],
    nonce: [u8; 16],
    boot: u32,
    uptime_ds: u32,
    wall: Option<WallTime>,
    lanes: [Lanes; 2],
    pages: &'a [u8],
}

/// One page of a bundle.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    header: PageHeader,
    records: &'a [u8],
}

impl<'a> Page<'a> {
    /// Returns the lane.
    #[must_use]
    pub const fn lane(&self) -> Lane {
        self.header.lane
    }

    /// Returns the epoch.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.header.epoch
    }

    /// Returns the number of the first record.
    #[must_use]
    pub const fn first(&self) -> u32 {
        self.header.first
    }

    fn records(&self) -> impl Iterator<Item = SealedRecord> + use<'a> {
        let mut rest = self.records;
        core::iter::from_fn(move || {
            let (mark, bytes) = rest.split_first()?;
            let (record, after) = bytes.split_at_checked(SealedRecord::peek(bytes)?)?;
            rest = after;
            (*mark == RECORD_MARK).then(|| SealedRecord::parse(record).ok()).flatten()
        })
    }
}

/// A record whose place in the chain and content were verified with the seed.
#[derive(Debug, Clone)]
pub struct OpenedRecord<'a> {
    /// Its lane.
    pub lane: Lane,
    /// Its epoch.
    pub epoch: u32,
    /// Its number.
    pub number: u32,
    /// What it holds.
    pub body: Body<'a>,
}

/// What opening a bundle found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// Records that were verified.
    pub records: u32,
    /// Events in them, repetitions counted.
    pub events: u32,
    /// Events that the device says it lost.
    pub lost: u32,
    /// Records that were asked for and that the ring had already overwritten, or a factory reset erased.
    pub overwritten: u32,
}

impl<'a> Bundle<'a> {
    /// Checks signature, device and shape: nothing changed, dropped, reordered or cut off since the device signed.
    ///
    /// # Errors
    ///
    /// See [`BundleError`].
    pub fn verify(
        provider: &(impl Sha256 + EcdsaP256Verify),
        message: &'a [u8],
        key: &P256PublicKey,
    ) -> Result<Self, BundleError> {
        let view = Sign1View::parse(message).map_err(|_| BundleError::NotABundle)?;
        if !view.payload.starts_with(&BUNDLE_MAGIC) {
            return Err(BundleError::NotABundle);
        }
        let len = u32::try_from(view.payload.len()).map_err(|_| BundleError::NotABundle)?;
        let hash = provider.sha256(&[Sign1Prefix::new(len).to_be_signed(), view.payload]);
        provider
            .p256_verify(key, &hash, &P256Signature(view.signature))
            .map_err(|_| BundleError::Refused)?;
        let bundle = Self::parse(view.payload).map_err(|_| BundleError::NotABundle)?;
        if bundle.device != device_name(provider, key) {
            return Err(BundleError::WrongDevice);
        }
        for lane in Lane::ALL {
            bundle.check_shape(lane)?;
        }
        Ok(bundle)
    }

    fn parse(payload: &'a [u8]) -> Result<Self, CodecError> {
        let mut reader = Reader::new(payload);
        reader.expect(&BUNDLE_MAGIC)?;
        reader.expect(&[SUITE, 2, 0, 0])?;
        let device = reader.array()?;
        let nonce = reader.array()?;
        let boot = reader.u32_le()?;
        let uptime_ds = reader.u32_le()?;
        let wall = parse_wall(&mut reader)?;
        reader.expect(&[0; 3])?;
        let mut lane = |lane: Lane| {
            reader.expect(&[lane as u8])?;
            let missing = reader.u8()?;
            if missing > 2 {
                return Err(reader.error(CodecErrorKind::OutOfRange));
            }
            reader.expect(&[0; 2])?;
            let epoch = reader.u32_le()?;
            let next = reader.u32_le()?;
            let from = reader.u32_le()?;
            let pages = reader.u32_le()?;
            Ok(Lanes { head: Head { epoch, next, tag: reader.array()? }, from, pages, missing })
        };
        let lanes = [lane(Lane::Main)?, lane(Lane::Critical)?];
        let pages = reader.rest();
        // Every byte must belong to a page, and the pages must stand in order.
        let mut rest = Reader::new(pages);
        let mut newest: Option<(Lane, u32)> = None;
        while !rest.is_empty() {
            let error = rest.error(CodecErrorKind::OutOfRange);
            let page = parse_page(&mut rest)?;
            let place = (page.lane(), page.epoch());
            if newest.is_some_and(|before| before >= place) {
                return Err(error);
            }
            newest = Some(place);
        }
        Ok(Self { device, nonce, boot, uptime_ds, wall, lanes, pages })
    }

    /// Returns the SHA-256 of the device's public key.
    #[must_use]
    pub const fn device(&self) -> &[u8; 32] {
        &self.device
    }

    /// Returns the number of the boot in which the bundle was made.
    #[must_use]
    pub const fn boot(&self) -> u32 {
        self.boot
    }

    /// Returns when the bundle was made: tenths of a second since boot, and the time of day if the device knew.
    #[must_use]
    pub const fn time(&self) -> (u32, Option<WallTime>) {
        (self.uptime_ds, self.wall)
    }

    /// Returns what the bundle says of a lane.
    #[must_use]
    pub const fn lane(&self, lane: Lane) -> &Lanes {
        let [main, critical] = &self.lanes;
        match lane {
            Lane::Main => main,
            Lane::Critical => critical,
        }
    }

    /// Returns the pages in order.
    pub fn pages(&self) -> impl Iterator<Item = Page<'a>> + use<'a> {
        let mut rest = Reader::new(self.pages);
        core::iter::from_fn(move || parse_page(&mut rest).ok())
    }

    fn pages_of(&self, lane: Lane) -> impl Iterator<Item = Page<'a>> + use<'a> {
        self.pages().filter(move |page| page.lane() == lane)
    }

    /// Checks that a lane has no gap, starts where it may and ends where the device says.
    fn check_shape(&self, lane: Lane) -> Result<(), BundleError> {
        let Lanes { head, from, pages, missing } = *self.lane(lane);
        let mut end: Option<(u32, u32, Tag)> = None;
        for page in self.pages_of(lane) {
            let header = page.header;
            let joined = match end {
                Some((epoch, next, tag)) => {
                    header.epoch == epoch.saturating_add(1)
                        && (header.first, header.previous) == (next, tag)
                }
                // Older pages may be gone only because the ring came round or was wiped.
                None => {
                    let newer = u32::from(missing).saturating_add(1);
                    let oldest = head.epoch.saturating_add(newer).saturating_sub(pages);
                    header.first <= from || header.fresh || header.epoch <= oldest
                }
            };
            if !joined {
                let before = end.map_or(header.first, |(_, next, _)| next);
                return Err(BundleError::Gap(lane, before.saturating_sub(1)));
            }
            let (mut next, mut tag) = (header.first, header.tag);
            for record in page.records() {
                if record.number == low(next) {
                    next = next.saturating_add(1);
                } else if record.number != low(next.wrapping_sub(1)) || next == header.first {
                    return Err(BundleError::Gap(lane, next.saturating_sub(1)));
                }
                tag = record.tag;
            }
            end = Some((header.epoch, next, tag));
        }
        let whole = match end {
            Some(end) => end == (head.epoch, head.next, head.tag),
            None => from >= head.next,
        };
        if whole { Ok(()) } else { Err(BundleError::Truncated(lane)) }
    }

    /// Checks that this bundle answers the request with this nonce and is no old one.
    ///
    /// # Errors
    ///
    /// [`BundleError::Replayed`].
    pub fn answers(&self, nonce: &[u8; 16]) -> Result<(), BundleError> {
        if self.nonce == *nonce { Ok(()) } else { Err(BundleError::Replayed) }
    }

    /// Checks that this bundle continues an earlier one of the same device: nothing went back, nothing between is missing but
    /// what the ring overwrote, and the past is the same.
    ///
    /// # Errors
    ///
    /// [`BundleError::WrongDevice`], [`BundleError::Forked`], [`BundleError::Gap`].
    pub fn follows(&self, earlier: &Bundle<'_>) -> Result<(), BundleError> {
        if self.device != earlier.device {
            return Err(BundleError::WrongDevice);
        }
        for lane in Lane::ALL {
            let before = earlier.lane(lane).head;
            let Lanes { head, from, .. } = *self.lane(lane);
            let forked = Err(BundleError::Forked(lane));
            let back =
                head.next < before.next || head.epoch < before.epoch || self.boot < earlier.boot;
            let same_place = (head.next, head.epoch) == (before.next, before.epoch);
            if back || (same_place && head.tag != before.tag) {
                return forked;
            }
            if from > before.next && head.next > before.next {
                return Err(BundleError::Gap(lane, before.next.saturating_sub(1)));
            }
            for page in self.pages_of(lane) {
                let header = page.header;
                if self.disagrees(&page, &before) {
                    return forked;
                }
                let after = header.epoch == before.epoch.saturating_add(1);
                if after
                    && (header.first, header.previous) != (before.next, before.tag)
                    && header.first <= before.next
                {
                    return forked;
                }
            }
        }
        Ok(())
    }

    /// Whether a page holds the place of an earlier head with another tag there.
    fn disagrees(&self, page: &Page<'_>, before: &Head) -> bool {
        if page.epoch() != before.epoch {
            return false;
        }
        let (mut next, mut tag) = (page.first(), page.header.tag);
        let mut met = next == before.next && tag == before.tag;
        for record in page.records() {
            if record.number == low(next) {
                next = next.saturating_add(1);
            }
            tag = record.tag;
            met |= next == before.next && tag == before.tag;
        }
        !met
    }

    /// Opens every record with the seed that the factory kept, and lends each authentic one to `visit`, in order.
    ///
    /// # Errors
    ///
    /// [`BundleError::Forged`] and [`BundleError::Gap`] where the past was changed, even by somebody with every key that the
    /// device still has. What was visited before is authentic.
    pub fn open(
        &self,
        provider: &impl HmacSha256,
        seed: &Secret<[u8; 32]>,
        mut visit: impl FnMut(&OpenedRecord<'_>),
    ) -> Result<Report, BundleError> {
        let mut report = Report::default();
        for lane in Lane::ALL {
            let mut key: Option<EpochKey> = None;
            for page in self.pages_of(lane) {
                let header = page.header;
                let forged = |after: u32| BundleError::Forged(lane, after.saturating_sub(1));
                let current = match &key {
                    None => {
                        report.overwritten = report
                            .overwritten
                            .saturating_add(header.first.saturating_sub(self.lane(lane).from));
                        key_of(provider, seed, lane, header.epoch)?
                    }
                    Some(key) => key.next(provider).map_err(|_| BundleError::Implausible)?,
                };
                if !current.keys.accepts(provider, &header.signed(), &[], &header.tag) {
                    return Err(forged(header.first));
                }
                open_page(provider, &current, &page, &mut report, &mut visit)?;
                key = Some(current);
            }
        }
        Ok(report)
    }
}

/// Opens the records of one page whose header is authentic.
fn open_page(
    provider: &impl HmacSha256,
    key: &EpochKey,
    page: &Page<'_>,
    report: &mut Report,
    visit: &mut impl FnMut(&OpenedRecord<'_>),
) -> Result<(), BundleError> {
    let (lane, epoch) = (page.lane(), page.epoch());
    let mut chain = Chain::new(lane, epoch, page.first(), page.header.tag);
    let mut end = (page.first(), page.header.tag);
    // A record waits here until it is sure that the next does not stand for it.
    let mut waiting: Option<(u32, usize, [u8; MAX_BODY])> = None;
    let mut show = |held: &mut Option<(u32, usize, [u8; MAX_BODY])>| {
        let Some((number, len, bytes)) = held.take() else { return Ok(()) };
        let body = Body::parse(bytes.get(..len).unwrap_or_default())
            .map_err(|_| BundleError::Forged(lane, number.saturating_sub(1)))?;
        report.records = report.records.saturating_add(1);
        report.lost = report.lost.saturating_add(u32::from(body.stamp.lost));
        report.events = body
            .events()
            .fold(report.events, |sum, event| sum.saturating_add(u32::from(event.count)));
        visit(&OpenedRecord { lane, epoch, number, body });
        Ok(())
    };
    for record in page.records() {
        if record.number == low(end.0) {
            end.0 = end.0.saturating_add(1);
        }
        end.1 = record.tag;
        let before = chain.next.saturating_sub(1);
        let mut plain = [0; MAX_BODY];
        match chain.take(provider, &key.keys, &record, &mut plain) {
            Link::Next => show(&mut waiting)?,
            Link::Replaces => {}
            Link::AfterGap => return Err(BundleError::Gap(lane, before)),
            Link::Refused => continue,
        }
        waiting = Some((chain.next.saturating_sub(1), usize::from(record.len), plain));
    }
    show(&mut waiting)?;
    if (chain.next, chain.tag) == end {
        Ok(())
    } else {
        Err(BundleError::Forged(lane, chain.next.saturating_sub(1)))
    }
}

fn key_of(
    provider: &impl HmacSha256,
    seed: &Secret<[u8; 32]>,
    lane: Lane,
    epoch: u32,
) -> Result<EpochKey, BundleError> {
    if epoch > MAX_EPOCH {
        return Err(BundleError::Implausible);
    }
    let first = EpochKey::first(provider, seed, lane).map_err(|_| BundleError::Implausible)?;
    let mut chain = Secret::new(*first.chain().expose());
    for _ in 0..epoch {
        let next = step(provider, &chain).map_err(|_| BundleError::Implausible)?;
        chain.expose_mut().copy_from_slice(next.expose());
    }
    EpochKey::from_chain(provider, chain).map_err(|_| BundleError::Implausible)
}

fn parse_page<'a>(reader: &mut Reader<'a>) -> Result<Page<'a>, CodecError> {
    reader.expect(&[PAGE_MARK])?;
    let error = reader.error(CodecErrorKind::Unexpected);
    let header = PageHeader::parse(reader.bytes(HEADER)?).ok_or(error)?;
    let start = reader.clone();
    let mut len = 0_usize;
    while reader.peek() == Some(RECORD_MARK) {
        let error = reader.error(CodecErrorKind::Unexpected);
        reader.skip(1)?;
        let mut ahead = reader.clone();
        let size = SealedRecord::peek(ahead.rest()).ok_or(error)?;
        reader.skip(size)?;
        len = len.saturating_add(1).saturating_add(size);
    }
    let records = start.clone().bytes(len)?;
    Ok(Page { header, records })
}
