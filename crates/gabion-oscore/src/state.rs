//! Numbers that survive restarts (RFC 8613 appendix B.1): reserved in steps, before they are used.

use gabion_codec::Reader;
use gabion_profile::PublicKey;
use gabion_storage::Storage;

use crate::OscoreError;
use crate::format::NUMBERS;

/// The first byte of the state in the store.
const VERSION: u8 = 1;
const LENGTH: usize = 19;

/// How many numbers one write to the store reserves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    /// Of ours: a restart skips the rest of a step.
    pub send: u16,
    /// Of the peer's: after a restart messages are refused until the peer is past the step, so that at most this many that
    /// were never seen are lost. 1 loses none and writes once for each message received.
    pub receive: u16,
}

impl Steps {
    /// A write for 64 messages sent and 8 received.
    pub const DEFAULT: Self = Self { send: 64, receive: 8 };
}

/// What is reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reserved {
    /// Tells contexts apart.
    pub(crate) mark: [u8; 8],
    /// Ours below this may have been used.
    pub(crate) send: u64,
    /// The peer's below this may have been accepted.
    pub(crate) receive: u64,
}

impl Reserved {
    pub(crate) async fn load<S: Storage>(
        storage: &mut S,
        key: &PublicKey,
        mark: [u8; 8],
    ) -> Result<Self, OscoreError<S::FlashError>> {
        let mut bytes = [0; LENGTH];
        let length = storage.get_public(key, &mut bytes).await.map_err(OscoreError::Storage)?;
        if length != Some(LENGTH) {
            return Err(OscoreError::NoState);
        }
        Self::decode(&bytes).filter(|state| state.mark == mark).ok_or(OscoreError::NoState)
    }

    pub(crate) async fn store<S: Storage>(
        &self,
        storage: &mut S,
        key: &PublicKey,
    ) -> Result<(), OscoreError<S::FlashError>> {
        storage.put(key, &self.encode()).await.map_err(OscoreError::Storage)
    }

    fn encode(&self) -> [u8; LENGTH] {
        let mut out = [0; LENGTH];
        let [_, _, _, send @ ..] = self.send.to_be_bytes();
        let [_, _, _, receive @ ..] = self.receive.to_be_bytes();
        let parts = [&[VERSION][..], &self.mark, &send, &receive];
        for (to, from) in out.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *from;
        }
        out
    }

    fn decode(bytes: &[u8; LENGTH]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        reader.expect(&[VERSION]).ok()?;
        let mark = reader.array().ok()?;
        let mut number = || -> Option<u64> {
            let bytes: [u8; 5] = reader.array().ok()?;
            Some(bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
        };
        Some(Self { mark, send: number()?, receive: number()? })
    }

    /// The end of the step that `number` lies in. It never passes the last number.
    pub(crate) fn beyond(number: u64, step: u16) -> u64 {
        number.saturating_add(u64::from(step.max(1))).min(NUMBERS.saturating_sub(1))
    }
}
