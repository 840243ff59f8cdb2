//! Makes bundles (`docs/spec/log.md` §5).

use core::convert::Infallible;

use gabion_codec::{CodecError, Sign1Prefix, Writer};
use gabion_crypto::{Digest, EcdsaP256Sign, HmacSha256, P256PublicKey, Secret, Sha256};
use gabion_flash::SafeFlash;
use gabion_hal::Clock;

use crate::chain::Chain;
use crate::entry::deciseconds;
use crate::format::{
    BUNDLE_HEADER, BUNDLE_MAGIC, HEADER, MAX_RECORD, PAGE_MARK, PageHeader, RECORD_MARK, SUITE,
    emit_wall,
};
use crate::ring::Ring;
use crate::scan::Scan;
use crate::{ExportError, Lane, Log};

/// Takes the bytes of a bundle.
#[allow(async_fn_in_trait, reason = "one executor, no Send bounds on bare metal")]
pub trait BundleSink {
    /// What can go wrong.
    type Error: core::fmt::Debug;

    /// Takes the next bytes, all of them.
    ///
    /// # Errors
    ///
    /// The transport's own.
    async fn put(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;
}

impl<T: BundleSink + ?Sized> BundleSink for &mut T {
    type Error = T::Error;

    async fn put(&mut self, bytes: &[u8]) -> Result<(), T::Error> {
        (**self).put(bytes).await
    }
}

/// Collects a bundle in a slice. The error says that the slice is too short.
#[derive(Debug)]
pub struct SliceSink<'a>(Writer<'a>);

impl<'a> SliceSink<'a> {
    /// Starts at the front of a slice.
    #[must_use]
    pub const fn new(buffer: &'a mut [u8]) -> Self {
        Self(Writer::new(buffer))
    }

    /// Returns what was collected.
    #[must_use]
    pub fn finish(self) -> &'a [u8] {
        self.0.finish()
    }
}

impl BundleSink for SliceSink<'_> {
    type Error = CodecError;

    async fn put(&mut self, bytes: &[u8]) -> Result<(), CodecError> {
        self.0.bytes(bytes)
    }
}

/// The next record number that a reader wants of each lane. Start with the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// Of the main lane.
    pub main: u32,
    /// Of the critical lane.
    pub critical: u32,
}

impl Position {
    pub(crate) const fn of(self, lane: Lane) -> u32 {
        match lane {
            Lane::Main => self.main,
            Lane::Critical => self.critical,
        }
    }
}

/// Counts bytes.
struct Count(u32);

impl BundleSink for Count {
    type Error = Infallible;

    async fn put(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.0 = self.0.saturating_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        Ok(())
    }
}

/// Hashes and counts what passes through.
struct Hashing<'a, S, D> {
    sink: &'a mut S,
    digest: D,
    count: u32,
}

impl<S: BundleSink, D: Digest> BundleSink for Hashing<'_, S, D> {
    type Error = S::Error;

    async fn put(&mut self, bytes: &[u8]) -> Result<(), S::Error> {
        self.digest.update(bytes);
        self.count = self.count.saturating_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        self.sink.put(bytes).await
    }
}

/// Returns the name of a device: the hash of its public key.
pub(crate) fn device_name(hash: &impl Sha256, key: &P256PublicKey) -> [u8; 32] {
    hash.sha256(&[&key.0])
}

impl<F: SafeFlash, P: HmacSha256 + Sha256 + EcdsaP256Sign> Log<F, P> {
    /// Sends everything from a position on as one bundle, signed by the device key, and returns the position behind it.
    ///
    /// Whole pages are sent, so a bundle may start a little before the position. `nonce` comes from whoever asks: its return
    /// shows that the bundle is fresh. A transfer that broke is repeated from the same position. With nothing new the bundle is
    /// a signed checkpoint of both heads.
    ///
    /// # Errors
    ///
    /// See [`ExportError`].
    ///
    /// # Security
    ///
    /// Records leave as they lie on flash, sealed: not even the device can read those of past epochs.
    pub async fn export<S: BundleSink>(
        &mut self,
        from: Position,
        nonce: &[u8; 16],
        clock: &mut impl Clock,
        device_key: &Secret<[u8; 32]>,
        sink: &mut S,
    ) -> Result<Position, ExportError<F::Error, S::Error>> {
        if self.poisoned {
            return Err(ExportError::Poisoned);
        }
        let public = self.provider.p256_public_key(device_key).map_err(|_| ExportError::Signer)?;
        let mut header = [0; BUNDLE_HEADER];
        let mut missing = [0; 2];
        for (ring, missing) in self.lanes.iter().zip(&mut missing) {
            *missing = ring.missing(&mut self.flash).await.map_err(ExportError::Flash)?;
        }
        self.emit_bundle_header(&mut header, from, nonce, clock, (&public, missing))
            .map_err(|_| ExportError::Changed)?;

        let mut count = Count(u32::try_from(BUNDLE_HEADER).unwrap_or(u32::MAX));
        self.send_pages(from, &mut count).await.map_err(|error| match error {
            SendError::Flash(error) => ExportError::Flash(error),
            SendError::Sink(never) => match never {},
        })?;
        let prefix = Sign1Prefix::new(count.0);
        sink.put(prefix.bytes()).await.map_err(ExportError::Sink)?;
        let mut digest = self.provider.sha256_start();
        digest.update(prefix.to_be_signed());
        let mut hashing = Hashing { sink, digest, count: 0 };
        hashing.put(&header).await.map_err(ExportError::Sink)?;
        self.send_pages(from, &mut hashing).await.map_err(|error| match error {
            SendError::Flash(error) => ExportError::Flash(error),
            SendError::Sink(error) => ExportError::Sink(error),
        })?;
        if hashing.count != count.0 {
            return Err(ExportError::Changed);
        }
        let hash = hashing.digest.finish();
        let signature =
            self.provider.p256_sign(device_key, &hash).map_err(|_| ExportError::Signer)?;
        sink.put(&Sign1Prefix::suffix(&signature.0)).await.map_err(ExportError::Sink)?;
        Ok(self.position())
    }

    fn emit_bundle_header(
        &self,
        out: &mut [u8],
        from: Position,
        nonce: &[u8; 16],
        clock: &mut impl Clock,
        (public, missing): (&P256PublicKey, [u8; 2]),
    ) -> Result<(), CodecError> {
        let mut writer = Writer::new(out);
        writer.bytes(&BUNDLE_MAGIC)?;
        writer.bytes(&[SUITE, 2, 0, 0])?;
        writer.bytes(&device_name(&self.provider, public))?;
        writer.bytes(nonce)?;
        writer.u32_le(self.boot())?;
        writer.u32_le(deciseconds(clock.uptime_ms()))?;
        emit_wall(clock.wall(), &mut writer)?;
        writer.bytes(&[0; 3])?;
        for (ring, missing) in self.lanes.iter().zip(missing) {
            writer.bytes(&[ring.lane as u8, missing, 0, 0])?;
            writer.u32_le(ring.epoch)?;
            writer.u32_le(ring.next)?;
            writer.u32_le(from.of(ring.lane))?;
            writer.u32_le(ring.geometry.pages)?;
            writer.bytes(&ring.tag)?;
        }
        Ok(())
    }
}

impl<F: SafeFlash, P: HmacSha256> Log<F, P> {
    /// Returns the position behind the newest records.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { main: self.ring(Lane::Main).next, critical: self.ring(Lane::Critical).next }
    }

    async fn send_pages<S: BundleSink>(
        &mut self,
        from: Position,
        sink: &mut S,
    ) -> Result<(), SendError<F::Error, S::Error>> {
        for ring in &self.lanes {
            let from = from.of(ring.lane);
            if from >= ring.next {
                continue;
            }
            let first = first_page(&mut self.flash, ring, from).await.map_err(SendError::Flash)?;
            for epoch in first..=ring.epoch {
                send_page(&mut self.flash, ring, epoch, sink).await?;
            }
        }
        Ok(())
    }
}

enum SendError<F, S> {
    Flash(F),
    Sink(S),
}

/// Reads the header of the page of an epoch, if it is there.
async fn read_header<F: SafeFlash>(
    flash: &mut F,
    ring: &Ring,
    epoch: u32,
) -> Result<Option<PageHeader>, F::Error> {
    let mut bytes = [0; HEADER.next_multiple_of(crate::format::MAX_UNIT)];
    let block = bytes.get_mut(..ring.geometry.aligned(HEADER) as usize).unwrap_or_default();
    flash.read(ring.geometry.epoch_address(epoch), block).await?;
    Ok(PageHeader::parse(block).filter(|h| h.lane == ring.lane && h.epoch == epoch))
}

/// Finds the oldest page without a hole behind it that still has something from `from` on.
async fn first_page<F: SafeFlash>(flash: &mut F, ring: &Ring, from: u32) -> Result<u32, F::Error> {
    let oldest = ring.epoch.saturating_sub(ring.geometry.pages.saturating_sub(1));
    let mut first = ring.epoch;
    for epoch in (oldest..=ring.epoch).rev() {
        let Some(header) = read_header(flash, ring, epoch).await? else { break };
        first = epoch;
        if header.first <= from || header.fresh {
            break;
        }
    }
    Ok(first)
}

async fn send_page<F: SafeFlash, S: BundleSink>(
    flash: &mut F,
    ring: &Ring,
    epoch: u32,
    sink: &mut S,
) -> Result<(), SendError<F::Error, S::Error>> {
    let header = read_header(flash, ring, epoch).await.map_err(SendError::Flash)?;
    // A damaged header of the newest page goes missing here; the reader sees that the end is not what was signed.
    let Some(header) = header else { return Ok(()) };
    sink.put(&[PAGE_MARK]).await.map_err(SendError::Sink)?;
    sink.put(&header.emit()).await.map_err(SendError::Sink)?;
    let mut chain = Chain::new(ring.lane, epoch, header.first, header.tag);
    let mut scan = Scan::new(&ring.geometry, ring.geometry.epoch_address(epoch));
    let mut bytes = [0; MAX_RECORD];
    loop {
        let next = scan.next(flash, &ring.geometry, |number| chain.number(number).is_some());
        let Some(found) = next.await.map_err(SendError::Flash)? else { break };
        if !found.committed {
            continue;
        }
        chain.burn(&found.record);
        let len = found.record.emit(&mut bytes).unwrap_or(0);
        sink.put(&[RECORD_MARK]).await.map_err(SendError::Sink)?;
        sink.put(bytes.get(..len).unwrap_or_default()).await.map_err(SendError::Sink)?;
    }
    Ok(())
}
