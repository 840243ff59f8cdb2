//! The data keys of the classes, wrapped under the chip's root key, on two pages that take turns.

use embedded_storage_async::nor_flash::NorFlash;
use gabion_crypto::{Aead, AeadKey, CryptoError, HmacSha256, Label, Secret, hkdf_expand};
use gabion_flash::SafeFlash;

use crate::format::{MAX_WORD, VERSION, round_up};

/// Number of classes that the format has room for.
pub(crate) const CLASSES: usize = 16;
/// Fields in clear, which the tag covers.
const CLEAR: usize = 48;
/// Class epochs, before the keys.
const EPOCHS: usize = 2 * CLASSES;
const KEY: usize = 32;
const TAG: usize = 16;
/// Longest vault: all classes and one key that is being replaced, padding and mark included.
const MAX_VAULT: usize = CLEAR + EPOCHS + (CLASSES + 1) * KEY + TAG + 2 * MAX_WORD;
const MAGIC: [u8; 2] = *b"gv";
const NO_CLASS: u8 = 0xff;

/// A data key that is being replaced: it opens the records of its class on pages before `before`.
pub(crate) struct OldKey {
    pub(crate) class: u8,
    pub(crate) before: u32,
    pub(crate) key: Secret<[u8; KEY]>,
}

/// What a vault page says.
pub(crate) struct Vault {
    pub(crate) seq: u32,
    /// Which of the two pages holds it.
    pub(crate) page: u32,
    pub(crate) store: [u8; 16],
    /// How often each class was erased.
    pub(crate) epochs: [u16; CLASSES],
    pub(crate) keys: [Option<Secret<[u8; KEY]>>; CLASSES],
    pub(crate) old: Option<OldKey>,
}

/// A vault page as it was found.
pub(crate) struct FoundVault {
    pub(crate) vault: Vault,
    /// Whether the mark after it was begun: then the vault before it is whole for certain.
    pub(crate) marked: bool,
}

/// Why a vault could not be written.
pub(crate) enum VaultError<E> {
    Flash(E),
    Crypto,
    /// The page is too small for so many keys.
    TooSmall,
}

impl<E> From<CryptoError> for VaultError<E> {
    fn from(_: CryptoError) -> Self {
        Self::Crypto
    }
}

impl Vault {
    /// Makes a vault without keys.
    pub(crate) const fn new(store: [u8; 16]) -> Self {
        let keys = [const { None }; CLASSES];
        Self { seq: 0, page: 1, store, epochs: [0; CLASSES], keys, old: None }
    }

    /// Returns the key with which a record on a page was sealed.
    pub(crate) fn key(&self, class: u8, page: u32) -> Option<&Secret<[u8; KEY]>> {
        match &self.old {
            Some(old) if old.class == class && page < old.before => Some(&old.key),
            _ => self.keys.get(usize::from(class)).and_then(Option::as_ref),
        }
    }

    /// Returns the bytes that a vault with so many keys takes, mark included.
    pub(crate) const fn size(keys: usize, word: u32) -> u32 {
        let bytes = CLEAR.saturating_add(EPOCHS).saturating_add(TAG);
        let bytes = bytes.saturating_add(keys.saturating_mul(KEY)) as u32;
        round_up(bytes, word).saturating_add(word)
    }

    /// Returns how often a class was erased.
    pub(crate) fn epoch(&self, class: u8) -> u16 {
        self.epochs.get(usize::from(class)).copied().unwrap_or_default()
    }

    /// Replaces the key of a class; what was sealed with the old one is gone with the next [`store`](Vault::store).
    pub(crate) fn replace(&mut self, class: u8, epoch: u16, key: Option<Secret<[u8; KEY]>>) {
        if let Some(slot) = self.epochs.get_mut(usize::from(class)) {
            *slot = epoch;
        }
        if let Some(slot) = self.keys.get_mut(usize::from(class)) {
            *slot = key;
        }
        if self.old.as_ref().is_some_and(|old| old.class == class) {
            self.old = None;
        }
    }

    fn count(&self) -> usize {
        let keys = self.keys.iter().flatten().count();
        keys.saturating_add(usize::from(self.old.is_some()))
    }

    /// Writes the vault to the other page, makes it count, and erases this one.
    ///
    /// Cut at any point: [`load`] and [`tidy`] find the old vault or the new one, and go on from there.
    pub(crate) async fn store<F: SafeFlash, P: Aead + HmacSha256>(
        &mut self,
        flash: &mut F,
        provider: &P,
        root: &Secret<[u8; 32]>,
    ) -> Result<(), VaultError<F::Error>> {
        let (old, new) = (self.page, 1_u32.saturating_sub(self.page));
        self.seq = self.seq.saturating_add(1);
        let mut buffer = Secret::new([0xff; MAX_VAULT]);
        let len = self.seal(provider, root, buffer.expose_mut())?;
        let word = F::WRITE_SIZE.max(1);
        let padded = round_up(len as u32, word as u32) as usize;
        let end = padded.saturating_add(word);
        if end > F::ERASE_SIZE {
            return Err(VaultError::TooSmall);
        }
        let bytes = buffer.expose().get(..padded).ok_or(VaultError::TooSmall)?;
        let base = page_at::<F>(new);
        flash.write(base, bytes).await.map_err(VaultError::Flash)?;
        let mark = [0; MAX_WORD];
        let mark = mark.get(..word).unwrap_or_default();
        let at = base.saturating_add(padded as u32);
        flash.write(at, mark).await.map_err(VaultError::Flash)?;
        self.page = new;
        erase::<F>(flash, old).await.map_err(VaultError::Flash)
    }

    fn seal<P: Aead + HmacSha256>(
        &self,
        provider: &P,
        root: &Secret<[u8; 32]>,
        out: &mut [u8; MAX_VAULT],
    ) -> Result<usize, CryptoError> {
        let body_len = self.count().saturating_mul(KEY).saturating_add(EPOCHS);
        let (clear, rest) = out.split_at_mut(CLEAR);
        let (body, rest) = rest.split_at_mut_checked(body_len).ok_or(CryptoError::Misuse)?;
        let (present, old) = self.fill(body);
        // The salt depends on all that is sealed: the same key and nonce can only seal the same message again.
        let (old_class, before) = old;
        let fields: [&[u8]; 7] = [
            &[VERSION, provider.aead_algorithm().id()],
            &MAGIC,
            &self.seq.to_le_bytes(),
            &present.to_le_bytes(),
            &[old_class, 0],
            &before.to_le_bytes(),
            &self.store,
        ];
        let [f0, f1, f2, f3, f4, f5, f6] = fields;
        let parts = [b"vault salt".as_slice(), f0, f1, f2, f3, f4, f5, f6, body];
        let digest = provider.hmac_sha256(root.expose(), &parts);
        let (salt, _) = digest.split_at(16);
        let bytes = fields.iter().copied().chain([salt]).flatten();
        clear.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        let key = kek(provider, root, &self.store, salt)?;
        let tag = key.seal(&[0; 12], clear, body)?;
        rest.iter_mut().zip(tag).for_each(|(to, from)| *to = from);
        Ok(CLEAR.saturating_add(body_len).saturating_add(TAG))
    }

    /// Lays epochs and keys out; returns which keys are there, and the class and boundary of the old key.
    fn fill(&self, body: &mut [u8]) -> (u16, (u8, u32)) {
        let epochs = self.epochs.iter().flat_map(|epoch| epoch.to_le_bytes());
        body.iter_mut().zip(epochs).for_each(|(to, from)| *to = from);
        let mut chunks = body.chunks_exact_mut(KEY).skip(EPOCHS / KEY);
        let mut present = 0_u16;
        for (class, key) in self.keys.iter().enumerate() {
            if let Some(key) = key
                && let Some(chunk) = chunks.next()
            {
                chunk.copy_from_slice(key.expose());
                present |= 1_u16.checked_shl(class as u32).unwrap_or_default();
            }
        }
        match (&self.old, chunks.next()) {
            (Some(old), Some(chunk)) => {
                chunk.copy_from_slice(old.key.expose());
                (present, (old.class, old.before))
            }
            _ => (present, (NO_CLASS, 0)),
        }
    }
}

/// Reads one of the two pages; `None` for what is no vault of this chip.
pub(crate) async fn load<F: NorFlash, P: Aead + HmacSha256>(
    flash: &mut F,
    provider: &P,
    root: &Secret<[u8; 32]>,
    page: u32,
) -> Result<Option<FoundVault>, VaultError<F::Error>> {
    let mut buffer = Secret::new([0xff; MAX_VAULT]);
    let len = MAX_VAULT.min(F::ERASE_SIZE);
    let Some(bytes) = buffer.expose_mut().get_mut(..len) else { return Ok(None) };
    flash.read(page_at::<F>(page), bytes).await.map_err(VaultError::Flash)?;
    Ok(parse(provider, root, page, bytes, F::WRITE_SIZE.max(1))?)
}

/// Puts one flipped bit of a vault right: tries each, for the tag says which one it was. For the case that neither page opens,
/// which no cut causes; without it one bit would cost every secret of the device.
///
/// Work: at most 3,400 attempts to open some 400 bytes for ten classes, a few seconds on a Cortex-M4.
pub(crate) async fn mend<F: NorFlash, P: Aead + HmacSha256>(
    flash: &mut F,
    provider: &P,
    root: &Secret<[u8; 32]>,
) -> Result<Option<FoundVault>, VaultError<F::Error>> {
    let word = F::WRITE_SIZE.max(1);
    for page in 0..2 {
        let mut found = Secret::new([0xff; MAX_VAULT]);
        let len = MAX_VAULT.min(F::ERASE_SIZE);
        let Some(bytes) = found.expose_mut().get_mut(..len) else { return Ok(None) };
        flash.read(page_at::<F>(page), bytes).await.map_err(VaultError::Flash)?;
        // The end of what is there: behind it all is blank, but for the mark.
        let used =
            bytes.iter().rposition(|byte| *byte != 0xff).map_or(0, |last| last.saturating_add(1));
        for at in 0..used {
            for bit in 0..8_u32 {
                let mut tried = Secret::new(*found.expose());
                let Some(byte) = tried.expose_mut().get_mut(at) else { continue };
                *byte ^= 1_u8.wrapping_shl(bit);
                let Some(bytes) = tried.expose_mut().get_mut(..len) else { continue };
                if let Some(mended) = parse(provider, root, page, bytes, word)? {
                    return Ok(Some(mended));
                }
            }
        }
    }
    Ok(None)
}

fn parse<P: Aead + HmacSha256>(
    provider: &P,
    root: &Secret<[u8; 32]>,
    page: u32,
    bytes: &mut [u8],
    word: usize,
) -> Result<Option<FoundVault>, CryptoError> {
    let Some((clear, rest)) = bytes.split_first_chunk_mut::<CLEAR>() else { return Ok(None) };
    let [
        version,
        algorithm,
        m0,
        m1,
        q0,
        q1,
        q2,
        q3,
        p0,
        p1,
        old_class,
        _,
        b0,
        b1,
        b2,
        b3,
        ids @ ..,
    ] = *clear;
    if version != VERSION || algorithm != provider.aead_algorithm().id() || [m0, m1] != MAGIC {
        return Ok(None);
    }
    let present = u16::from_le_bytes([p0, p1]);
    let keys = present.count_ones() as usize;
    let keys = keys.saturating_add(usize::from(old_class != NO_CLASS));
    let body_len = keys.saturating_mul(KEY).saturating_add(EPOCHS);
    let Some((body, rest)) = rest.split_at_mut_checked(body_len) else { return Ok(None) };
    let Some((tag, rest)) = rest.split_first_chunk::<TAG>() else { return Ok(None) };
    let (Some(store), Some((_, salt))) = (ids.first_chunk::<16>(), ids.split_at_checked(16)) else {
        return Ok(None);
    };
    let key = kek(provider, root, store, salt)?;
    if key.unseal(&[0; 12], clear, body, tag).is_err() {
        return Ok(None);
    }
    let mut vault = Vault::new(*store);
    vault.seq = u32::from_le_bytes([q0, q1, q2, q3]);
    vault.page = page;
    let mut chunks = body.chunks_exact(2);
    for epoch in &mut vault.epochs {
        *epoch = chunks.next().and_then(|c| c.first_chunk()).map_or(0, |c| u16::from_le_bytes(*c));
    }
    let mut chunks = body.chunks_exact(KEY).skip(EPOCHS / KEY);
    let mut next = || {
        chunks.next().map(|chunk| {
            let mut key = Secret::zeroed();
            key.expose_mut().iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
            key
        })
    };
    for (class, slot) in vault.keys.iter_mut().enumerate() {
        if present & 1_u16.checked_shl(class as u32).unwrap_or_default() != 0 {
            *slot = next();
        }
    }
    if old_class != NO_CLASS {
        let before = u32::from_le_bytes([b0, b1, b2, b3]);
        vault.old = next().map(|key| OldKey { class: old_class, before, key });
    }
    let used = CLEAR.saturating_add(body_len).saturating_add(TAG);
    let gap = (round_up(used as u32, word as u32) as usize).saturating_sub(used);
    let marked = rest.iter().skip(gap).take(word).any(|byte| *byte != 0xff);
    Ok(Some(FoundVault { vault, marked }))
}

/// The key that wraps: a fresh one for every content of every vault.
fn kek<P: Aead + HmacSha256>(
    provider: &P,
    root: &Secret<[u8; 32]>,
    store: &[u8; 16],
    salt: &[u8],
) -> Result<P::Key, CryptoError> {
    let mut key = Secret::zeroed();
    hkdf_expand(provider, root, Label::StorageKek, [store, salt], key.expose_mut())?;
    Ok(provider.aead_key(&key))
}

/// Returns where a vault page starts.
pub(crate) fn page_at<F: NorFlash>(page: u32) -> u32 {
    page.saturating_mul(F::ERASE_SIZE as u32)
}

/// Erases a vault page.
pub(crate) async fn erase<F: NorFlash>(flash: &mut F, page: u32) -> Result<(), F::Error> {
    let at = page_at::<F>(page);
    flash.erase(at, at.saturating_add(F::ERASE_SIZE as u32)).await
}
