//! An upload: the image's two ends first, then its body.
//!
//! Clients send a file from its beginning, but go on from whatever offset they are told. So after the header they are sent to what
//! follows the body, [`Updater::begin`] decides with both ends at hand, and only then are they sent back for the body: a client that
//! knows nothing of it obeys a rule that it does not know, and no byte of flash is erased for an image that will not do.

use embedded_storage_async::nor_flash::NorFlash;
use gabion_boot::Header as ImageHeader;
use gabion_crypto::{EcdsaP256Verify, Ed25519Verify, Sha256};
use gabion_hal::{EventSink, MonotonicCounter};
use gabion_update::{Paused, Updater};

use crate::fields::Fields;
use crate::guard::{Action, Guard};
use crate::server::ask;
use crate::{Failure, ImageError};

/// Length of an image's header without its padding.
const HEAD: usize = 32;
/// Length of the header of a TLV area.
const INFO: usize = 4;

/// An upload, or none.
pub(crate) struct Upload<'a, P: Sha256, const TAIL: usize> {
    ends: Option<Ends<TAIL>>,
    body: Option<Paused<'a, P>>,
}

/// What stands before and behind the body.
struct Ends<const TAIL: usize> {
    /// Length of the file.
    len: u32,
    /// SHA-256 of the file, if the client told it.
    sha: Option<[u8; 32]>,
    newer_only: bool,
    head: [u8; HEAD],
    head_len: usize,
    /// Of the head, once it is complete.
    body_end: u32,
    protected: usize,
    tail: [u8; TAIL],
    tail_len: usize,
    finished: bool,
}

/// What a client is told.
pub(crate) struct Position {
    pub(crate) off: u32,
    /// At the end, and if the client told the hash of the file: whether it is that.
    pub(crate) matches: Option<bool>,
}

impl<'a, P: Sha256, const TAIL: usize> Upload<'a, P, TAIL> {
    pub(crate) const NONE: Self = Self { ends: None, body: None };

    /// Forgets the upload. What is on flash is gone on with when the same image comes again.
    pub(crate) fn forget(&mut self) {
        *self = Self::NONE;
    }

    /// The offset that is wanted next.
    fn wanted(&self) -> u32 {
        match (&self.ends, &self.body) {
            (None, _) => 0,
            (Some(ends), _) if ends.finished => ends.len,
            (Some(_), Some(body)) => body.position(),
            (Some(ends), None) => ends.wanted(),
        }
    }

    /// Takes a packet. After an error the upload is forgotten.
    pub(crate) async fn packet<F, C>(
        &mut self,
        updater: &mut Updater<'a, F, P, C>,
        fields: &Fields<'_>,
        guard: &mut impl Guard,
        events: &mut impl EventSink,
    ) -> Result<Position, Failure>
    where
        F: NorFlash,
        P: EcdsaP256Verify + Ed25519Verify,
        C: MonotonicCounter,
    {
        let off = fields.unsigned("off")?.ok_or(ImageError::NoOffset)?;
        let data = fields.bytes("data")?.unwrap_or_default();
        if off == 0 && self.is_new(fields)? {
            ask(guard, Action::Upload)?;
            self.ends = Some(Ends::start(fields)?);
            self.body = None;
        }
        let mut matches = None;
        // A packet may reach over more than one of the parts, and may begin before what is wanted.
        while let Some(part) = self.wanted_part(off, data) {
            match self.take(updater, part, events).await {
                Ok(at_end) => matches = at_end,
                Err(failure) => {
                    self.forget();
                    return Err(failure);
                }
            }
        }
        Ok(Position { off: self.wanted(), matches })
    }

    /// Whether this first packet begins another upload than the present one.
    fn is_new(&self, fields: &Fields<'_>) -> Result<bool, Failure> {
        let (len, sha) = (fields.unsigned("len")?, fields.hash("sha")?);
        Ok(match &self.ends {
            // The same file, told by its hash, goes on where it is.
            Some(ends) => {
                ends.finished || sha.is_none() || sha != ends.sha || len != Some(ends.len)
            }
            None => true,
        })
    }

    /// The bytes of a packet from the wanted offset on, if it has any.
    fn wanted_part<'d>(&self, off: u32, data: &'d [u8]) -> Option<&'d [u8]> {
        let ends = self.ends.as_ref().filter(|ends| !ends.finished)?;
        // Nothing beyond the announced length counts.
        let most = usize::try_from(ends.len.checked_sub(off)?).ok()?;
        let data = data.get(..most).unwrap_or(data);
        let skip = usize::try_from(self.wanted().checked_sub(off)?).ok()?;
        data.get(skip..).filter(|part| !part.is_empty())
    }

    /// Takes bytes from the wanted offset on, at least one.
    async fn take<F, C>(
        &mut self,
        updater: &mut Updater<'a, F, P, C>,
        part: &[u8],
        events: &mut impl EventSink,
    ) -> Result<Option<bool>, Failure>
    where
        F: NorFlash,
        P: EcdsaP256Verify + Ed25519Verify,
        C: MonotonicCounter,
    {
        let Some(ends) = &mut self.ends else { return Err(ImageError::Unknown.into()) };
        let paused = match self.body.take() {
            Some(paused) => paused,
            None if ends.head_len < HEAD => {
                if let Some(header) = ends.take_head(part)? {
                    ends.check_newer(updater, &header).await?;
                }
                return Ok(None);
            }
            None => {
                let Some(need) = ends.take_tail(part)? else { return Ok(None) };
                let tail = ends.tail.get(..need).unwrap_or_default();
                let mut download = updater.begin(&ends.head, tail, events).await?;
                if download.position() == 0 {
                    download.write(&ends.head, events).await?;
                }
                let paused = download.pause();
                if paused.position() < ends.body_end {
                    self.body = Some(paused);
                    return Ok(None);
                }
                paused
            }
        };
        let mut download = updater.go_on(paused).await?;
        let left = ends.body_end.saturating_sub(download.position());
        let part = usize::try_from(left).ok().and_then(|left| part.get(..left)).unwrap_or(part);
        if left > 0 {
            download.write(part, events).await?;
        }
        if download.position() < ends.body_end {
            self.body = Some(download.pause());
            return Ok(None);
        }
        // The rest is at hand already.
        let behind = download.position().saturating_sub(ends.body_end);
        let from = usize::try_from(behind).unwrap_or(usize::MAX);
        let rest = ends.tail.get(from..ends.tail_len).unwrap_or_default();
        download.write(rest, events).await?;
        let image = download.finish(events).await?;
        ends.finished = true;
        match ends.sha {
            Some(sha) if image.end() == ends.len => {
                let slot = updater.running().other();
                if updater.hash_slot(slot, ends.len).await? != sha {
                    // The image is what it says, and not the file that the client says it sent.
                    updater.abort().await?;
                    return Err(ImageError::InvalidHash.into());
                }
                Ok(Some(true))
            }
            // Padding behind the image is not kept, so nothing can be said of the file.
            _ => Ok(None),
        }
    }
}

impl<const TAIL: usize> Ends<TAIL> {
    fn start(fields: &Fields<'_>) -> Result<Self, Failure> {
        let len = fields.unsigned("len")?.ok_or(ImageError::InvalidLength)?;
        if fields.unsigned("image")?.unwrap_or(0) != 0 {
            return Err(ImageError::InvalidSlot.into());
        }
        Ok(Self {
            len,
            sha: fields.hash("sha")?,
            newer_only: fields.is_true("upgrade")?,
            head: [0; HEAD],
            head_len: 0,
            body_end: 0,
            protected: 0,
            tail: [0; TAIL],
            tail_len: 0,
            finished: false,
        })
    }

    fn wanted(&self) -> u32 {
        let (start, have) =
            if self.head_len < HEAD { (0, self.head_len) } else { (self.body_end, self.tail_len) };
        start.saturating_add(u32::try_from(have).unwrap_or(u32::MAX))
    }

    /// Takes bytes of the head; returns the header that they complete.
    fn take_head(&mut self, part: &[u8]) -> Result<Option<ImageHeader>, Failure> {
        self.head_len = append(&mut self.head, self.head_len, part);
        if self.head_len < HEAD {
            // A file that ends within its header.
            return match usize::try_from(self.len) {
                Ok(len) if len <= self.head_len => Err(ImageError::InvalidLength.into()),
                _ => Ok(None),
            };
        }
        let header =
            ImageHeader::parse(&self.head).map_err(gabion_update::UpdateError::<(), ()>::from)?;
        let body_end = header.img_size.checked_add(u32::from(header.hdr_size));
        self.body_end = body_end.ok_or(ImageError::TooLarge)?;
        self.protected = usize::from(header.protected_size);
        self.check_room(self.protected.saturating_add(INFO))?;
        Ok(Some(header))
    }

    /// Takes bytes of the tail; returns its length once it is complete.
    fn take_tail(&mut self, part: &[u8]) -> Result<Option<usize>, Failure> {
        let info = self.protected.saturating_add(INFO);
        // First as far as the area's own length, then as far as that says.
        self.grow(info, part);
        if self.tail_len < info {
            return Ok(None);
        }
        let Some([_, _, t0, t1]) = self.tail.get(self.protected..info) else {
            return Err(ImageError::NoMemory.into());
        };
        let total = usize::from(u16::from_le_bytes([*t0, *t1]));
        let need = self.protected.saturating_add(total);
        if total < INFO {
            return Err(ImageError::InvalidTlv.into());
        }
        self.check_room(need)?;
        Ok((self.tail_len >= need).then_some(need))
    }

    /// Takes bytes up to a length of the tail; the packet's others come again.
    fn grow(&mut self, info: usize, part: &[u8]) {
        let most = match self.tail.get(self.protected..info) {
            Some([_, _, t0, t1]) if self.tail_len >= info => {
                self.protected.saturating_add(usize::from(u16::from_le_bytes([*t0, *t1])))
            }
            _ => info,
        };
        let room = self.tail.get_mut(..most).unwrap_or_default();
        self.tail_len = append(room, self.tail_len, part);
    }

    /// Refuses a tail that is longer than the buffer, or than the file.
    fn check_room(&self, need: usize) -> Result<(), Failure> {
        if need > TAIL {
            return Err(ImageError::NoMemory.into());
        }
        let end = u32::try_from(need).ok().and_then(|need| self.body_end.checked_add(need));
        if end.is_none_or(|end| end > self.len) {
            return Err(ImageError::InvalidLength.into());
        }
        Ok(())
    }

    /// What the client asked for itself: no version that is not newer.
    async fn check_newer<F, P, C>(
        &self,
        updater: &mut Updater<'_, F, P, C>,
        header: &ImageHeader,
    ) -> Result<(), Failure>
    where
        F: NorFlash,
        P: Sha256 + EcdsaP256Verify + Ed25519Verify,
        C: MonotonicCounter,
    {
        if self.newer_only {
            let running = updater.running();
            if header.version <= updater.inspect(running).await?.version() {
                return Err(ImageError::NotNewer.into());
            }
        }
        Ok(())
    }
}

/// Appends as many bytes as there is room for; returns how many there are now.
fn append(buffer: &mut [u8], len: usize, part: &[u8]) -> usize {
    let room = buffer.get_mut(len..).unwrap_or_default();
    let count = room.len().min(part.len());
    for (to, from) in room.iter_mut().zip(part) {
        *to = *from;
    }
    len.saturating_add(count)
}
