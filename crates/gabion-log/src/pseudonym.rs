//! Names that say nothing and do not last (`docs/spec/events.md`).

use gabion_crypto::{HmacSha256, Secret};
use gabion_hal::{Event, EventKind, Severity, Source};
use zeroize::Zeroize;

/// What a name is used for. Names for two uses cannot be connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Use {
    /// Accounts that somebody tries to log in to.
    Accounts = 1,
    /// Peers.
    Peers = 2,
    /// The application's own subjects.
    Application = 3,
}

/// A name for somebody on this device, for one use and one epoch. Only [`Pseudonyms::of`] makes one.
///
/// It has 16 bits: enough to tell the few accounts of a device apart, too few to pick a person out of a population.
///
/// # Examples
///
/// No identifier becomes one by itself:
///
/// ```compile_fail,E0308
/// let name: gabion_log::Pseudonym = "alice@home";
/// ```
///
/// ```compile_fail,E0423
/// let name = gabion_log::Pseudonym(0x1234);
/// ```
///
/// ```compile_fail,E0277
/// let name: gabion_log::Pseudonym = 4711_u16.into();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pseudonym(u16);

impl Pseudonym {
    /// Returns the number that stands in the log.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    /// Makes the event that goes with a failed log-in, to say for which account it was.
    #[must_use]
    pub const fn login_failed(self) -> Event {
        Event::new(EventKind::LoginFailedFor, Severity::Notice, Source::Auth, self.0)
    }

    /// Makes the event of a peer that was authenticated for the first time.
    #[must_use]
    pub const fn peer_new(self) -> Event {
        Event::new(EventKind::PeerNew, Severity::Notice, Source::Link, self.0)
    }
}

/// Makes pseudonyms under a key that every epoch replaces by a one-way function of itself: the construction of
/// `gabion-privacy`, with names as short as an event's detail.
///
/// The key is random and lives in the sealed store, in a class that a factory reset destroys.
///
/// # Security
///
/// Whoever has the running key can try identifiers until one gives a name that they saw. Epochs that are over are safe.
///
/// # Examples
///
/// ```
/// use gabion_crypto::{Secret, Software};
/// use gabion_log::{Pseudonyms, Use};
///
/// let mut names = Pseudonyms::new(Secret::new([7; 32]), 1);
/// let before = names.of(&Software, Use::Accounts, b"alice");
/// assert_eq!(before, names.of(&Software, Use::Accounts, b"alice"));
/// names.rotate(&Software);
/// assert_ne!(before, names.of(&Software, Use::Accounts, b"alice"));
/// // Now store `names.key()` and `names.epoch()` in place of the old ones.
/// assert_eq!(names.epoch(), 2);
/// ```
pub struct Pseudonyms {
    key: Secret<[u8; 32]>,
    epoch: u32,
}

impl Pseudonyms {
    /// Goes on with what the store has, or begins with a random key and epoch 1.
    #[must_use]
    pub const fn new(key: Secret<[u8; 32]>, epoch: u32) -> Self {
        Self { key, epoch }
    }

    /// Returns the number of the epoch.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Returns the key, to be stored.
    #[must_use]
    pub const fn key(&self) -> &Secret<[u8; 32]> {
        &self.key
    }

    /// Returns the name of somebody. `who` is any identifier; it does not leave this function.
    #[must_use]
    pub fn of(&self, hmac: &impl HmacSha256, purpose: Use, who: &[u8]) -> Pseudonym {
        let number = [purpose as u8];
        let tag = hmac.hmac_sha256(
            self.key.expose(),
            &[b"gabion/1 log pseudonym", &number, &self.epoch.to_le_bytes(), who],
        );
        Pseudonym(u16::from_le_bytes(tag.first_chunk().copied().unwrap_or_default()))
    }

    /// Begins the next epoch; the old key is gone from RAM. Store the new one over the old.
    ///
    /// # Power loss
    ///
    /// Cut before the new key is stored, the old epoch goes on.
    pub fn rotate(&mut self, hmac: &impl HmacSha256) {
        let mut next =
            hmac.hmac_sha256(self.key.expose(), &[b"gabion/1 log pseudonym, next epoch"]);
        self.key = Secret::new(next);
        next.zeroize();
        self.epoch = self.epoch.saturating_add(1);
    }
}

impl core::fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Pseudonyms(epoch {})", self.epoch)
    }
}
