//! Personal data in RAM.

use core::fmt;

use gabion_crypto::Secret;
use gabion_link::{Channel, Secured};
use zeroize::Zeroize;

use crate::{Item, Permit, Recipient, Refusal, Subject};

/// Personal data: wiped when dropped, not to be copied, printed or compared, readable only with a [`Permit`], and sent only
/// over a channel that is confidential.
///
/// ```compile_fail,E0599
/// # fn copy(data: gabion_privacy::PersonalData<[u8; 4]>) {
/// let copy = data.clone();
/// # }
/// ```
///
/// A channel that nobody checked does not take it (EN 303 645 5.8-1, 5.8-2):
///
/// ```compile_fail,E0308
/// # use gabion_privacy::{Permit, PersonalData, Recipient};
/// async fn leak(data: &PersonalData<[u8; 4]>, permit: &Permit<'_>, to: &Recipient, mut plain: impl gabion_link::Channel) {
///     data.send(permit, to, &mut plain).await;
/// }
/// ```
///
/// Nor does anything that writes bytes:
///
/// ```compile_fail,E0277
/// # fn leak(data: gabion_privacy::PersonalData<[u8; 4]>) {
/// fn write(bytes: impl AsRef<[u8]>) {}
/// write(data);
/// # }
/// ```
pub struct PersonalData<T: Zeroize> {
    value: Secret<T>,
    item: &'static Item,
    subject: Subject,
}

/// Why nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError<E> {
    /// It is not for this recipient, or not over this channel, or there is no permit for it.
    Refused(Refusal),
    /// The channel failed.
    Channel(E),
}

impl<E: fmt::Debug> fmt::Display for SendError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Channel(error) => write!(f, "channel failed: {error:?}"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for SendError<E> {}

impl<T: Zeroize> PersonalData<T> {
    /// Takes a value into custody, as soon as it comes from its sensor or its person.
    pub fn new(permit: &Permit<'_>, value: T) -> Self {
        Self { value: Secret::new(value), item: permit.item(), subject: permit.subject() }
    }

    /// Returns what it is.
    #[must_use]
    pub const fn item(&self) -> &'static Item {
        self.item
    }

    /// Returns whose it is.
    #[must_use]
    pub const fn subject(&self) -> Subject {
        self.subject
    }

    /// Lends the value, for work on the device.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoPermit`] with a permit for something else.
    pub fn expose(&self, permit: &Permit<'_>) -> Result<&T, Refusal> {
        if permit.covers(self.item, self.subject) {
            Ok(self.value.expose())
        } else {
            Err(Refusal::NoPermit)
        }
    }

    pub(crate) fn into_inner(self) -> Secret<T> {
        self.value
    }
}

impl<T: Zeroize + AsRef<[u8]>> PersonalData<T> {
    /// Sends it to one of its recipients, over the channel that the inventory names for that recipient.
    ///
    /// # Errors
    ///
    /// [`SendError::Refused`], and then nothing was sent; [`SendError::Channel`].
    pub async fn send<C: Channel>(
        &self,
        permit: &Permit<'_>,
        to: &Recipient,
        channel: &mut Secured<C>,
    ) -> Result<(), SendError<C::Error>> {
        let value = self.expose(permit).map_err(SendError::Refused)?;
        if !self.item.goes_to(to) {
            return Err(SendError::Refused(Refusal::NotARecipient));
        }
        if to.channel != channel.policy() {
            return Err(SendError::Refused(Refusal::WrongChannel));
        }
        channel.send(value.as_ref()).await.map_err(SendError::Channel)
    }
}

impl<T: Zeroize> fmt::Debug for PersonalData<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonalData({}, ..)", self.item.name)
    }
}

/// Bytes of up to `N`, as they come out of the store.
pub struct Value<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Value<N> {
    /// Copies bytes; `None` when they do not fit.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > N {
            return None;
        }
        let mut value = Self { bytes: [0; N], len: bytes.len() };
        value.bytes.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Some(value)
    }
}

impl<const N: usize> AsRef<[u8]> for Value<N> {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl<const N: usize> Zeroize for Value<N> {
    fn zeroize(&mut self) {
        self.bytes.zeroize();
        self.len.zeroize();
    }
}

/// Contents stay out of logs.
impl<const N: usize> fmt::Debug for Value<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value(.., {} bytes)", self.len)
    }
}
