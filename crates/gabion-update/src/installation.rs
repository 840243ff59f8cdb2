//! From a complete download to the next boot, and back.

use embedded_storage_async::nor_flash::NorFlash;
use gabion_boot::{Image, Verified};
use gabion_crypto::{EcdsaP256Verify, Ed25519Verify, Sha256};
use gabion_hal::{EventKind, EventSink, MonotonicCounter, Severity};

use crate::format::{Kind, NO_KEY};
use crate::status::State;
use crate::updater::{Outcome, event};
use crate::{Misuse, Standing, UpdateError, Updater};

/// Whether an installation may happen now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// It may.
    Now,
    /// Not now: the device does what it is there for. Ask again.
    Later,
}

/// Asked before each installation, which interrupts what the device does (EN 303 645 5.3-12): a pump that runs, a door that is
/// open, a user who said not now. A closure will do.
pub trait InstallHook {
    /// Decides whether this image may be installed now.
    fn before_install(&mut self, image: &Image) -> Consent;
}

impl<T: FnMut(&Image) -> Consent> InstallHook for T {
    fn before_install(&mut self, image: &Image) -> Consent {
        self(image)
    }
}

impl<F, P, C> Updater<'_, F, P, C>
where
    F: NorFlash,
    P: Sha256 + EcdsaP256Verify + Ed25519Verify,
    C: MonotonicCounter,
{
    /// Verifies a download that is complete, after a reset between its end and its installation.
    ///
    /// # Errors
    ///
    /// [`Misuse::NothingStaged`] without a download, [`UpdateError::Refused`] for one that is not complete.
    pub async fn staged(&mut self) -> Outcome<Verified<Image>, F, C> {
        let state = self.state().await?;
        let (State::Staging { progress: Some(_), .. }, Some(newest)) = (state, self.newest) else {
            return Err(UpdateError::Misuse(Misuse::NothingStaged));
        };
        let keys = self.keys(state);
        self.verify_staged(keys, &newest.record.digest).await
    }

    /// Makes the next boot try the image. Takes the witness, so nothing unverified can be installed.
    ///
    /// # Errors
    ///
    /// [`Misuse::WrongImage`] when the witness is not for the image that was downloaded.
    ///
    /// # Power loss
    ///
    /// The next boot runs the old image as before, or tries the new one.
    pub async fn install(
        &mut self,
        image: Verified<Image>,
        events: &mut impl EventSink,
    ) -> Outcome<(), F, C> {
        let state = self.state().await?;
        let (State::Staging { progress: Some(_), active }, Some(newest)) = (state, self.newest)
        else {
            return Err(UpdateError::Misuse(Misuse::NothingStaged));
        };
        let right_slot = image.slot() == self.running.other() as u8 && active == self.running;
        if !right_slot || *image.digest() != newest.record.digest {
            return Err(UpdateError::Misuse(Misuse::WrongImage));
        }
        let record = newest.record;
        let record = self.record(Kind::Trial, record.size, record.digest, record.key).await?;
        self.append(record).await?;
        events.event(event(EventKind::UpdateStaged, Severity::Info, 0));
        Ok(())
    }

    /// As [`install`](Self::install), when the hook consents. [`Consent::Later`]: nothing was changed, the download stays as it is;
    /// ask again with [`staged`](Self::staged).
    ///
    /// # Errors
    ///
    /// As [`install`](Self::install).
    pub async fn install_when(
        &mut self,
        image: Verified<Image>,
        hook: &mut impl InstallHook,
        events: &mut impl EventSink,
    ) -> Outcome<Consent, F, C> {
        let consent = hook.before_install(&image);
        if consent == Consent::Now {
            self.install(image, events).await?;
        }
        Ok(consent)
    }

    /// Takes an installation back before its first boot: the running image is kept. Harmless when there is none.
    ///
    /// # Errors
    ///
    /// [`UpdateError::Flash`].
    ///
    /// # Power loss
    ///
    /// The next boot tries the new image as before, or runs the old one.
    pub async fn withdraw(&mut self) -> Outcome<(), F, C> {
        let state = self.state().await?;
        if self.standing(state) == Standing::Pending {
            let record = self.record(Kind::Idle, 0, [0; 32], NO_KEY).await?;
            self.append(record).await?;
        }
        Ok(())
    }

    /// Erases the slot that does not run, and gives a download up.
    ///
    /// # Errors
    ///
    /// [`Misuse::OnTrial`]: the other image may have to come back. [`Misuse::Pending`]: [`withdraw`](Self::withdraw) it first.
    ///
    /// # Power loss
    ///
    /// The running image is untouched; the other slot is erased in part.
    pub async fn clear(&mut self) -> Outcome<(), F, C> {
        let state = self.state().await?;
        match self.standing(state) {
            Standing::Trial { .. } => return Err(UpdateError::Misuse(Misuse::OnTrial)),
            Standing::Pending => return Err(UpdateError::Misuse(Misuse::Pending)),
            _ => {}
        }
        self.abort().await?;
        let span = self.config.map.span(self.running.other());
        self.erase_from(span.start()).await
    }
}
