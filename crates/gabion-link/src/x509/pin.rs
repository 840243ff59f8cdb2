//! Pinned keys.

use gabion_crypto::Sha256;

/// SHA-256 of a SubjectPublicKeyInfo in DER.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pin(pub [u8; 32]);

impl Pin {
    /// Pins a key.
    #[must_use]
    pub fn of(hash: &impl Sha256, key_info: &[u8]) -> Self {
        Self(hash.sha256(&[key_info]))
    }
}

/// Keys of which at least one must occur in a path, in whatever place: peer, intermediate or anchor.
///
/// There is always a backup: a device whose only pinned key is lost can never be reached again. Keep the backup's private half
/// offline and under another authority's name.
#[derive(Debug, Clone, Copy)]
pub struct Pins<'a> {
    pub(crate) current: Pin,
    pub(crate) backups: Backups<'a>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Backups<'a> {
    None,
    Some(Pin, &'a [Pin]),
}

/// The backup is the current pin: there would be none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SamePin;

impl core::fmt::Display for SamePin {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the backup pin is the current pin")
    }
}

impl core::error::Error for SamePin {}

impl<'a> Pins<'a> {
    /// Pins the key in use, one backup, and perhaps more of them.
    ///
    /// # Errors
    ///
    /// [`SamePin`] when `backup` is `current`.
    pub fn new(current: Pin, backup: Pin, more: &'a [Pin]) -> Result<Self, SamePin> {
        if current == backup {
            return Err(SamePin);
        }
        Ok(Self { current, backups: Backups::Some(backup, more) })
    }

    /// Tells which pin this is.
    pub(crate) fn find(&self, pin: Pin) -> Option<PinMatch> {
        if pin == self.current {
            return Some(PinMatch::Current);
        }
        match self.backups {
            Backups::Some(first, more) if pin == first || more.contains(&pin) => {
                Some(PinMatch::Backup)
            }
            _ => None,
        }
    }
}

/// Which pin was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PinMatch {
    /// A backup: the back end has moved to another key. Say so in the log, and send new pins with the next update.
    Backup,
    /// The current one.
    Current,
}
