//! The encrypted part of set-up: one key for each direction, counters as nonces.

use gabion_crypto::{Aead, AeadKey, CryptoError, HmacSha256, Label, Secret, hkdf_expand};

use crate::frame::{Inbox, Kind, Outbox};

const TAG: usize = 16;

/// Seals and unseals frames. A message is good once and in its place: its number is its nonce, and neither side ever sends
/// one twice.
pub(crate) struct Channel<K> {
    sends: K,
    takes: K,
    sent: u64,
    taken: u64,
}

/// Which end of the channel this is.
#[derive(Clone, Copy)]
pub(crate) enum End {
    Device,
    Phone,
}

impl<K: AeadKey> Channel<K> {
    pub(crate) fn new<P: Aead<Key = K> + HmacSha256>(
        crypto: &P,
        shared: &Secret<[u8; 32]>,
        end: End,
    ) -> Result<Self, CryptoError> {
        let key = |label| {
            let mut key = Secret::<[u8; 32]>::zeroed();
            hkdf_expand(crypto, shared, label, [&[], &[]], key.expose_mut())?;
            Ok(crypto.aead_key(&key))
        };
        let (to_device, to_phone) = (key(Label::SetupToDevice)?, key(Label::SetupToPhone)?);
        let (sends, takes) = match end {
            End::Device => (to_phone, to_device),
            End::Phone => (to_device, to_phone),
        };
        Ok(Self { sends, takes, sent: 0, taken: 0 })
    }

    /// Seals a message of a fixed length into a frame.
    pub(crate) fn seal<const N: usize>(
        &mut self,
        message: &Secret<[u8; N]>,
        out: &mut Outbox,
    ) -> Result<(), CryptoError> {
        let nonce = next(&mut self.sent)?;
        let (header, body) = out.begin(Kind::Sealed, N.saturating_add(TAG));
        let (text, tag_place) = body.split_at_mut_checked(N).ok_or(CryptoError::Misuse)?;
        for (to, from) in text.iter_mut().zip(message.expose()) {
            *to = *from;
        }
        match self.sends.seal(&nonce, &header, text) {
            Ok(tag) => {
                for (to, from) in tag_place.iter_mut().zip(tag) {
                    *to = from;
                }
                Ok(())
            }
            Err(why) => {
                out.clear();
                Err(why)
            }
        }
    }

    /// Unseals the message in the inbox, which has to have the fixed length.
    pub(crate) fn unseal<const N: usize>(
        &mut self,
        inbox: &mut Inbox,
    ) -> Result<Secret<[u8; N]>, CryptoError> {
        let nonce = next(&mut self.taken)?;
        let (header, body) = inbox.parts_mut();
        let (text, tag) = body.split_at_mut_checked(N).ok_or(CryptoError::Refused)?;
        let tag: &[u8; TAG] = (&*tag).try_into().map_err(|_| CryptoError::Refused)?;
        self.takes.unseal(&nonce, &header, text, tag)?;
        let mut message = Secret::<[u8; N]>::zeroed();
        for (to, from) in message.expose_mut().iter_mut().zip(&*text) {
            *to = *from;
        }
        Ok(message)
    }
}

/// `0, 4 bytes ‖ number of the message, 8 bytes big endian`.
fn next(count: &mut u64) -> Result<[u8; 12], CryptoError> {
    let number = *count;
    *count = number.checked_add(1).ok_or(CryptoError::Misuse)?;
    let mut nonce = [0; 12];
    for (to, from) in nonce.iter_mut().skip(4).zip(number.to_be_bytes()) {
        *to = from;
    }
    Ok(nonce)
}
