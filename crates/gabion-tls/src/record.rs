//! Records: what lies between messages and the transport (RFC 8446 §5).

use embedded_io_async::{Read, Write};
use gabion_crypto::{AeadKey, HmacSha256};

use crate::cipher::{RecordCipher, code};
use crate::format::{
    LEGACY_VERSION, MAX_EXPANSION, MAX_PLAINTEXT, MESSAGE_HEADER, RECORD_HEADER, TAG, content,
};
use crate::io::{Io, Timer};
use crate::schedule::{Key, record_keys};
use crate::{Refusal, TlsError};

/// Records for which one key is good: below 2^24.5, the limit of AES-GCM (RFC 8446 §5.5).
const MAX_RECORDS: u64 = 1 << 24;
/// Records without content in a row. They cost the device work and move nothing.
const MAX_EMPTY: u8 = 16;
/// `close_notify` (§6.1).
pub(crate) const CLOSE_NOTIFY: u8 = 0;

/// The keys of one direction.
pub(crate) struct Protection<K> {
    key: K,
    iv: [u8; 12],
    sequence: u64,
}

impl<K: AeadKey> Protection<K> {
    pub(crate) fn new<C: RecordCipher<Key = K>>(
        hmac: &impl HmacSha256,
        cipher: &C,
        traffic: &Key,
    ) -> Result<Self, TlsError> {
        let (_, length) = code(C::SUITE).ok_or(TlsError::Misuse)?;
        let (key, iv) = record_keys(hmac, traffic, length);
        let key = cipher.record_key(&key).ok_or(TlsError::Misuse)?;
        Ok(Self { key, iv, sequence: 0 })
    }

    /// The next nonce. None is ever given twice.
    fn nonce(&mut self) -> Result<[u8; 12], TlsError> {
        let sequence = self.sequence;
        if sequence >= MAX_RECORDS {
            return Err(TlsError::KeysUsedUp);
        }
        self.sequence = sequence.saturating_add(1);
        let mut nonce = self.iv;
        for (byte, number) in nonce.iter_mut().rev().zip(sequence.to_be_bytes().iter().rev()) {
            *byte ^= number;
        }
        Ok(nonce)
    }
}

/// Receives records into one buffer, one at a time.
pub(crate) struct Receiver<'b, K> {
    buffer: &'b mut [u8],
    /// What was received and not taken yet.
    unread: core::ops::Range<usize>,
    protection: Option<Protection<K>>,
    /// The most that a record of the peer may hold: what it was told.
    limit: usize,
    /// Whether a ChangeCipherSpec may come, which means nothing (§D.4): at most once, in the handshake.
    may_change_cipher: bool,
    empty: u8,
}

impl<'b, K: AeadKey> Receiver<'b, K> {
    pub(crate) fn new(buffer: &'b mut [u8]) -> Self {
        let limit = buffer.len().saturating_sub(RECORD_HEADER + TAG + 1).min(MAX_PLAINTEXT);
        Self { buffer, unread: 0..0, protection: None, limit, may_change_cipher: true, empty: 0 }
    }

    /// The most that a record may hold.
    pub(crate) const fn limit(&self) -> usize {
        self.limit
    }

    /// Changes keys. Nothing of what the old ones protected may be left (§5.1).
    pub(crate) fn protect(&mut self, protection: Protection<K>) -> Result<(), TlsError> {
        if !self.unread.is_empty() {
            return Err(Refusal::Unexpected.into());
        }
        self.protection = Some(protection);
        Ok(())
    }

    /// Says that the handshake is over.
    pub(crate) const fn expect_no_change_cipher(&mut self) {
        self.may_change_cipher = false;
    }

    pub(crate) fn unread(&self) -> &[u8] {
        self.buffer.get(self.unread.clone()).unwrap_or_default()
    }

    /// Moves what was received to `into`, wipes it here, and returns how much it was.
    pub(crate) fn take(&mut self, into: &mut [u8]) -> usize {
        let unread = self.buffer.get_mut(self.unread.clone()).unwrap_or_default();
        let mut count = 0_usize;
        for (to, from) in into.iter_mut().zip(unread) {
            *to = core::mem::take(from);
            count = count.saturating_add(1);
        }
        self.unread.start = self.unread.start.saturating_add(count);
        count
    }

    /// Receives the next record with content and returns its type.
    pub(crate) async fn next<T: Read + Write, W: Timer>(
        &mut self,
        io: &mut Io<T, W>,
    ) -> Result<u8, TlsError> {
        loop {
            let kind = self.one(io).await?;
            if kind == content::CHANGE_CIPHER_SPEC {
                let is_right = self.unread() == [1] && self.may_change_cipher;
                if !is_right {
                    return Err(Refusal::Unexpected.into());
                }
                self.may_change_cipher = false;
                self.unread = 0..0;
                continue;
            }
            if !self.unread.is_empty() {
                self.empty = 0;
                return Ok(kind);
            }
            // Only application data may be empty, to hide how much there is.
            if kind != content::DATA {
                return Err(Refusal::Malformed.into());
            }
            self.empty = self.empty.saturating_add(1);
            if self.empty > MAX_EMPTY {
                return Err(Refusal::Unexpected.into());
            }
        }
    }

    async fn one<T: Read + Write, W: Timer>(&mut self, io: &mut Io<T, W>) -> Result<u8, TlsError> {
        self.unread = 0..0;
        let mut header = [0; RECORD_HEADER];
        io.read_exact(&mut header).await?;
        let [kind, major, minor, high, low] = header;
        let length = usize::from(u16::from_be_bytes([high, low]));
        if u16::from_be_bytes([major, minor]) != LEGACY_VERSION {
            return Err(Refusal::Version.into());
        }
        let is_sealed = self.protection.is_some() && kind != content::CHANGE_CIPHER_SPEC;
        let fits = match (kind, is_sealed) {
            (content::DATA, true) => length <= MAX_PLAINTEXT + MAX_EXPANSION,
            (content::HANDSHAKE | content::ALERT, false) => length <= MAX_PLAINTEXT,
            (content::CHANGE_CIPHER_SPEC, _) => length == 1,
            // Whatever is not sealed once there are keys is somebody else's.
            _ => return Err(Refusal::Unexpected.into()),
        };
        let body = self.buffer.get_mut(..length).filter(|_| fits).ok_or(Refusal::TooLarge)?;
        io.read_exact(body).await?;
        let Some(protection) = self.protection.as_mut().filter(|_| is_sealed) else {
            self.unread = 0..length;
            return Ok(kind);
        };
        let (data, tag) = body.split_last_chunk_mut::<TAG>().ok_or(Refusal::Malformed)?;
        let nonce = protection.nonce()?;
        protection.key.unseal(&nonce, &header, data, tag).map_err(|_| Refusal::Crypto)?;
        // Zeros, then the true type, then what it is all about.
        let end = data.iter().rposition(|byte| *byte != 0).ok_or(Refusal::Unexpected)?;
        let kind = data.get(end).copied().ok_or(Refusal::Malformed)?;
        if end > self.limit {
            return Err(Refusal::TooLarge.into());
        }
        match kind {
            content::HANDSHAKE | content::ALERT | content::DATA => {
                self.unread = 0..end;
                Ok(kind)
            }
            _ => Err(Refusal::Unexpected.into()),
        }
    }

    /// What an alert that was received means.
    pub(crate) fn alert(&self) -> TlsError {
        match self.unread() {
            // The level means nothing (§6).
            [1 | 2, code] => TlsError::Alert(*code),
            _ => Refusal::Malformed.into(),
        }
    }

    /// Receives one handshake message, which may lie in pieces in several records, and returns its length with its header.
    pub(crate) async fn message<T: Read + Write, W: Timer>(
        &mut self,
        io: &mut Io<T, W>,
        into: &mut [u8],
    ) -> Result<usize, TlsError> {
        let (header, body) =
            into.split_first_chunk_mut::<MESSAGE_HEADER>().ok_or(TlsError::Misuse)?;
        self.fill(io, header).await?;
        let [_, high, middle, low] = *header;
        let length = u32::from_be_bytes([0, high, middle, low]);
        let length = usize::try_from(length).map_err(|_| Refusal::TooLarge)?;
        let body = body.get_mut(..length).ok_or(Refusal::TooLarge)?;
        self.fill(io, body).await?;
        Ok(length.saturating_add(MESSAGE_HEADER))
    }

    pub(crate) async fn fill<T: Read + Write, W: Timer>(
        &mut self,
        io: &mut Io<T, W>,
        into: &mut [u8],
    ) -> Result<(), TlsError> {
        let mut rest = into;
        while !rest.is_empty() {
            if self.unread.is_empty() {
                match self.next(io).await? {
                    content::HANDSHAKE => {}
                    content::ALERT => return Err(self.alert()),
                    _ => return Err(Refusal::Unexpected.into()),
                }
            }
            let count = self.take(rest);
            rest = rest.get_mut(count..).ok_or(TlsError::Misuse)?;
        }
        Ok(())
    }
}

impl<K> Drop for Receiver<'_, K> {
    fn drop(&mut self) {
        self.buffer.fill(0);
    }
}

/// Sends records out of one buffer.
pub(crate) struct Sender<'b, K> {
    buffer: &'b mut [u8],
    protection: Option<Protection<K>>,
    limit: usize,
}

impl<'b, K: AeadKey> Sender<'b, K> {
    pub(crate) fn new(buffer: &'b mut [u8]) -> Self {
        let limit = buffer.len().saturating_sub(RECORD_HEADER + TAG + 1).min(MAX_PLAINTEXT);
        Self { buffer, protection: None, limit }
    }

    /// Keeps to what the peer can take in (RFC 8449): it counts the type.
    pub(crate) fn limit_to(&mut self, limit: u16) {
        self.limit = self.limit.min(usize::from(limit).saturating_sub(1));
    }

    pub(crate) fn protect(&mut self, protection: Protection<K>) {
        self.protection = Some(protection);
    }

    /// Where to put what is to be sent next.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        let limit = self.limit.saturating_add(RECORD_HEADER);
        self.buffer.get_mut(RECORD_HEADER..limit).unwrap_or_default()
    }

    /// Sends the first `length` bytes of [`room`](Self::room).
    pub(crate) async fn send<T: Read + Write, W: Timer>(
        &mut self,
        io: &mut Io<T, W>,
        kind: u8,
        length: usize,
    ) -> Result<(), TlsError> {
        if length > self.limit {
            return Err(TlsError::Misuse);
        }
        let sealed = length.saturating_add(1 + TAG);
        let (outer, body) = match self.protection {
            None => (kind, length),
            Some(_) => (content::DATA, sealed),
        };
        let [high, low] = u16::try_from(body).map_err(|_| TlsError::Misuse)?.to_be_bytes();
        let [major, minor] = LEGACY_VERSION.to_be_bytes();
        let (header, rest) =
            self.buffer.split_first_chunk_mut::<RECORD_HEADER>().ok_or(TlsError::Misuse)?;
        *header = [outer, major, minor, high, low];
        let rest = rest.get_mut(..body).ok_or(TlsError::Misuse)?;
        if let Some(protection) = &mut self.protection {
            let (data, tag) = rest.split_last_chunk_mut::<TAG>().ok_or(TlsError::Misuse)?;
            *data.last_mut().ok_or(TlsError::Misuse)? = kind;
            let nonce = protection.nonce()?;
            *tag = protection.key.seal(&nonce, header, data).map_err(|_| TlsError::Misuse)?;
        }
        let end = body.saturating_add(RECORD_HEADER);
        io.write_all(self.buffer.get(..end).ok_or(TlsError::Misuse)?).await
    }
}
