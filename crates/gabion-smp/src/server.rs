//! The server: takes a packet, answers it.

use embedded_storage_async::nor_flash::NorFlash;
use gabion_crypto::{EcdsaP256Verify, Ed25519Verify, Sha256};
use gabion_hal::{EventSink, MonotonicCounter};
use gabion_update::{SlotId, Standing, UpdateError, Updater};

use crate::fields::Fields;
use crate::format::{HEADER_LEN, Header, Operation, command, group};
use crate::guard::{Action, Answer, Guard};
use crate::image_list::{self, Entry};
use crate::upload::Upload;
use crate::{Failure, ImageError, ManagementError, reply};

/// What to do with the buffer for the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Next {
    /// Nothing: the packet was no request.
    Silent,
    /// Send so many bytes of it.
    Send(usize),
    /// Send so many bytes of it, wait until they have left, and restart the device.
    SendThenReset(usize),
}

/// Serves echo, parameters, reset, and the image group over an [`Updater`].
///
/// `TAIL` is the longest that may follow the body of an image, in bytes: 1024 is plenty for one signature and a few TLVs.
pub struct Server<'a, F, P: Sha256, C, const TAIL: usize> {
    updater: Updater<'a, F, P, C>,
    upload: Upload<'a, P, TAIL>,
    longest: u16,
}

impl<F, P: Sha256, C, const TAIL: usize> core::fmt::Debug for Server<'_, F, P, C, TAIL> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Server").field("updater", &self.updater).finish_non_exhaustive()
    }
}

impl<'a, F, P, C, const TAIL: usize> Server<'a, F, P, C, TAIL>
where
    F: NorFlash,
    P: Sha256 + EcdsaP256Verify + Ed25519Verify,
    C: MonotonicCounter,
{
    /// Serves an updater. `longest` is the longest packet that the transport takes, in bytes; clients ask for it.
    #[must_use]
    pub const fn new(updater: Updater<'a, F, P, C>, longest: u16) -> Self {
        Self { updater, upload: Upload::NONE, longest }
    }

    /// Lends the updater. An upload that is under way notices what is done with it.
    pub const fn updater(&mut self) -> &mut Updater<'a, F, P, C> {
        &mut self.updater
    }

    /// Gives the updater back.
    pub fn into_updater(self) -> Updater<'a, F, P, C> {
        self.updater
    }

    /// Answers a packet. `out` needs 400 bytes for a list of two images.
    ///
    /// # Power loss
    ///
    /// As [`Updater`]: the client sends the file again, and is told where to go on.
    pub async fn handle(
        &mut self,
        packet: &[u8],
        out: &mut [u8],
        guard: &mut impl Guard,
        events: &mut impl EventSink,
    ) -> Next {
        let Some((head, payload)) = packet.split_first_chunk::<HEADER_LEN>() else {
            return Next::Silent;
        };
        let (header, result) = match Header::parse(head) {
            None => return Next::Silent,
            Some(Err((header, failure))) => (header, Err(failure)),
            Some(Ok(header)) if usize::from(header.length) != payload.len() => {
                (header, Err(ManagementError::Invalid.into()))
            }
            Some(Ok(header)) => {
                (header, self.answer(&header, payload, &mut *out, guard, events).await)
            }
        };
        result.unwrap_or_else(|failure| {
            // A buffer that has no room for an error has none for anything.
            reply::failure(&header, out, failure).map_or(Next::Silent, Next::Send)
        })
    }

    async fn answer(
        &mut self,
        header: &Header,
        payload: &[u8],
        out: &mut [u8],
        guard: &mut impl Guard,
        events: &mut impl EventSink,
    ) -> Result<Next, Failure> {
        let fields = Fields::parse(payload)?;
        match (header.group, header.operation, header.command) {
            (group::OS, Operation::Write, command::ECHO) => {
                let said = fields.text("d")?.ok_or(ManagementError::Invalid)?;
                reply::write(header, out, |encoder| {
                    encoder.map(1)?;
                    encoder.text("r")?;
                    encoder.text(said)
                })
            }
            (group::OS, Operation::Read, command::PARAMETERS) => {
                let longest = u64::from(self.longest);
                reply::write(header, out, |encoder| {
                    encoder.map(2)?;
                    encoder.text("buf_size")?;
                    encoder.unsigned(longest)?;
                    encoder.text("buf_count")?;
                    encoder.unsigned(1)
                })
            }
            (group::OS, Operation::Read, command::BOOT_LOADER) => {
                if fields.text("query")?.is_some() {
                    return Err(ManagementError::Unsupported.into());
                }
                reply::write(header, out, |encoder| {
                    encoder.map(1)?;
                    encoder.text("bootloader")?;
                    encoder.text("gabion")
                })
            }
            (group::OS, Operation::Write, command::RESET) => {
                ask(guard, Action::Reset)?;
                return reply::write(header, out, |encoder| encoder.map(0))
                    .map(Next::SendThenReset);
            }
            (group::IMAGE, Operation::Read, command::STATE) => self.list(header, out).await,
            (group::IMAGE, Operation::Write, command::STATE) => {
                self.set_state(&fields, guard, events).await?;
                self.list(header, out).await
            }
            (group::IMAGE, Operation::Write, command::UPLOAD) => {
                let Self { updater, upload, .. } = self;
                let position = upload.packet(updater, &fields, guard, events).await?;
                reply::write(header, out, |encoder| {
                    encoder.map(if position.matches.is_some() { 2 } else { 1 })?;
                    encoder.text("off")?;
                    encoder.unsigned(u64::from(position.off))?;
                    match position.matches {
                        Some(matches) => {
                            encoder.text("match")?;
                            encoder.bool(matches)
                        }
                        None => Ok(()),
                    }
                })
            }
            (group::IMAGE, Operation::Write, command::ERASE) => {
                self.erase(&fields, guard).await?;
                reply::write(header, out, |encoder| encoder.map(0))
            }
            _ => return Err(ManagementError::Unsupported.into()),
        }
        .map(Next::Send)
    }

    /// Lists the images that could run: each is verified for it.
    async fn list(&mut self, header: &Header, out: &mut [u8]) -> Result<usize, Failure> {
        let status = self.updater.status().await?;
        let mut images = [None; 2];
        for (place, slot) in images.iter_mut().zip([SlotId::A, SlotId::B]) {
            match self.updater.inspect(slot).await {
                Ok(image) => {
                    let (version, digest) = (image.version(), *image.digest());
                    *place = Some(Entry { slot, version, digest });
                }
                Err(UpdateError::Refused(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        reply::write(header, out, |encoder| {
            image_list::write(encoder, &images, status.running, status.standing)
        })
    }

    async fn set_state(
        &mut self,
        fields: &Fields<'_>,
        guard: &mut impl Guard,
        events: &mut impl EventSink,
    ) -> Result<(), Failure> {
        let hash = fields.hash("hash")?;
        let running = self.updater.running();
        let is_running = match hash {
            Some(hash) => self.holds(running, &hash).await?,
            None => false,
        };
        if fields.is_true("confirm")? {
            if hash.is_some() && !is_running {
                // What never ran is not kept: it is tried first.
                return Err(ImageError::ConfirmDenied.into());
            }
            ask(guard, Action::Confirm)?;
            return Ok(self.updater.confirm(events).await?);
        }
        let hash = hash.ok_or(ImageError::InvalidHash)?;
        if is_running {
            return Err(ImageError::IsActive.into());
        }
        if self.updater.status().await?.standing == Standing::Pending
            && self.holds(running.other(), &hash).await?
        {
            return Ok(()); // The client did not hear the first answer.
        }
        let image = self.updater.staged().await?;
        if *image.digest() != hash {
            return Err(ImageError::NoImage.into());
        }
        ask(guard, Action::Install(&image))?;
        self.updater.install(image, events).await?;
        self.upload.forget();
        Ok(())
    }

    /// Whether a slot holds the image of this hash.
    async fn holds(&mut self, slot: SlotId, hash: &[u8; 32]) -> Result<bool, Failure> {
        match self.updater.inspect(slot).await {
            Ok(image) => Ok(image.digest() == hash),
            Err(UpdateError::Refused(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn erase(&mut self, fields: &Fields<'_>, guard: &mut impl Guard) -> Result<(), Failure> {
        let other = self.updater.running().other();
        if fields.unsigned("slot")?.is_some_and(|slot| slot != other as u32) {
            return Err(ImageError::InvalidSlot.into());
        }
        ask(guard, Action::Erase)?;
        self.upload.forget();
        Ok(self.updater.clear().await?)
    }
}

/// Asks the device.
pub(crate) fn ask(guard: &mut impl Guard, action: Action<'_>) -> Result<(), Failure> {
    match guard.allows(action) {
        Answer::Yes => Ok(()),
        Answer::Later => Err(ManagementError::Busy.into()),
        Answer::No => Err(ManagementError::Denied.into()),
    }
}
