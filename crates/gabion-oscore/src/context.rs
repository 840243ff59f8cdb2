//! A security context (RFC 8613 §3).

use gabion_crypto::{AesCcm8, HmacSha256, Secret, hkdf_extract};

use crate::format::{ALGORITHM, PartialIv, TAG};

/// The name of one end within a context: at most 7 bytes, as AES-CCM-16-64-128 allows (§3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id<'a>(&'a [u8]);

impl<'a> Id<'a> {
    /// The longest id.
    pub const MAX: usize = 7;
    /// The longest context id that this implementation takes.
    pub const MAX_CONTEXT: usize = 16;

    /// Takes an id; `None` for one that is too long.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Option<Self> {
        if bytes.len() > Self::MAX { None } else { Some(Self(bytes)) }
    }
}

/// What a context is derived from: from the factory, or from a key exchange such as EDHOC (RFC 9528).
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    /// The master secret, at least 16 bytes at random.
    pub secret: &'a [u8],
    /// The master salt; may be empty.
    pub salt: &'a [u8],
    /// The id of the context, if it has one: at most 16 bytes.
    pub context: Option<&'a [u8]>,
    /// What the peer calls this end by.
    pub sender: Id<'a>,
    /// What this end calls the peer by. It differs from `sender`.
    pub recipient: Id<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Name<N> {
    pub(crate) fn new(from: &[u8]) -> Option<Self> {
        let mut bytes = [0; N];
        let place = bytes.get_mut(..from.len())?;
        for (to, from) in place.iter_mut().zip(from) {
            *to = *from;
        }
        Some(Self { bytes, length: from.len() })
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// The keys of both directions. It protects nothing by itself: a [`Session`](crate::Session) counts its numbers.
pub struct Context<C> {
    crypto: C,
    sender_key: Secret<[u8; 16]>,
    recipient_key: Secret<[u8; 16]>,
    common_iv: [u8; 13],
    mark: [u8; 8],
    pub(crate) sender: Name<{ Id::MAX }>,
    pub(crate) recipient: Name<{ Id::MAX }>,
    pub(crate) context: Option<Name<{ Id::MAX_CONTEXT }>>,
}

impl<C> core::fmt::Debug for Context<C> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Context").field("sender", &self.sender.as_bytes()).finish_non_exhaustive()
    }
}

/// Which way a message goes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way {
    Sent,
    Received,
}

/// Whose number makes the nonce, and which.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nonce<'a> {
    pub(crate) id: &'a [u8],
    pub(crate) number: u64,
}

impl<C: HmacSha256 + AesCcm8> Context<C> {
    /// Derives a context. `None` for a secret below 16 bytes, a context id above 16, or two ends of one name.
    pub fn derive(crypto: C, from: &Material<'_>) -> Option<Self> {
        if from.secret.len() < 16 || from.sender == from.recipient {
            return None;
        }
        let context = match from.context {
            Some(id) => Some(Name::new(id)?),
            None => None,
        };
        let root = hkdf_extract(&crypto, from.salt, &[from.secret]);
        // One block of HKDF gives all that is asked for.
        let expand = |id: Id<'_>, kind: &[u8], length: u8| {
            // Lengths are below 24, so that each head has one byte (§3.2.1).
            let head =
                |major: u8, length: usize| [(major << 5) | u8::try_from(length).unwrap_or(u8::MAX)];
            let (context_head, context) = match from.context {
                Some(id) => (head(2, id.len()), id),
                None => ([0xf6], &[][..]),
            };
            Secret::new(crypto.hmac_sha256(
                root.expose(),
                &[
                    &[0x85],
                    &head(2, id.0.len()),
                    id.0,
                    &context_head,
                    context,
                    &[ALGORITHM],
                    &head(3, kind.len()),
                    kind,
                    &[length],
                    &[1],
                ],
            ))
        };
        let key = |id| {
            let long = expand(id, b"Key", 16);
            let mut key = Secret::zeroed();
            let first: &[u8; 16] = long.expose().first_chunk()?;
            key.expose_mut().clone_from(first);
            Some(key)
        };
        let sender_key = key(from.sender)?;
        let recipient_key = key(from.recipient)?;
        let common_iv = *expand(Id(&[]), b"IV", 13).expose().first_chunk()?;
        let mark = crypto.hmac_sha256(root.expose(), &[b"gabion/1 oscore state", from.sender.0]);
        let mark = *mark.first_chunk()?;
        Some(Self {
            crypto,
            sender_key,
            recipient_key,
            common_iv,
            mark,
            sender: Name::new(from.sender.0)?,
            recipient: Name::new(from.recipient.0)?,
            context,
        })
    }

    pub(crate) const fn mark(&self) -> [u8; 8] {
        self.mark
    }

    const fn key(&self, way: Way) -> &Secret<[u8; 16]> {
        match way {
            Way::Sent => &self.sender_key,
            Way::Received => &self.recipient_key,
        }
    }

    /// §5.2.
    fn nonce(&self, nonce: Nonce<'_>) -> [u8; 13] {
        let mut out = self.common_iv;
        let [length, rest @ ..] = &mut out;
        *length ^= u8::try_from(nonce.id.len()).unwrap_or(u8::MAX);
        let number = PartialIv::new(nonce.number);
        let from_behind = number.padded().iter().rev().chain(nonce.id.iter().rev());
        for (to, from) in rest.iter_mut().rev().zip(from_behind) {
            *to ^= from;
        }
        out
    }

    /// Seals `data` for the exchange that `request` began.
    pub(crate) fn seal(
        &self,
        nonce: Nonce<'_>,
        request: Nonce<'_>,
        data: &mut [u8],
    ) -> Option<[u8; TAG]> {
        let aad = Aad::new(request)?;
        let key = self.key(Way::Sent);
        self.crypto.aes_ccm8_seal(key, &self.nonce(nonce), aad.as_bytes(), data).ok()
    }

    pub(crate) fn unseal(
        &self,
        nonce: Nonce<'_>,
        request: Nonce<'_>,
        data: &mut [u8],
        tag: &[u8; TAG],
    ) -> Option<()> {
        let aad = Aad::new(request)?;
        let key = self.key(Way::Received);
        self.crypto.aes_ccm8_unseal(key, &self.nonce(nonce), aad.as_bytes(), data, tag).ok()
    }
}

/// What is authenticated besides the content (§5.4): version, algorithm, and which request it belongs to.
struct Aad(Name<32>);

impl Aad {
    fn new(request: Nonce<'_>) -> Option<Self> {
        let number = PartialIv::new(request.number);
        let number = number.as_bytes();
        let inner_length = request.id.len().checked_add(number.len())?.checked_add(7)?;
        let byte = |length: usize| u8::try_from(length).ok();
        let parts: [&[u8]; 8] = [
            b"\x83\x68Encrypt0\x40",
            &[0x40 | byte(inner_length)?],
            &[0x85, 1, 0x81, ALGORITHM],
            &[0x40 | byte(request.id.len())?],
            request.id,
            &[0x40 | byte(number.len())?],
            number,
            // No option of class I exists.
            &[0x40],
        ];
        let mut out = [0; 32];
        let mut places = out.iter_mut();
        for from in parts.into_iter().flatten() {
            *places.next()? = *from;
        }
        let length = 32_usize.checked_sub(places.len())?;
        Name::new(out.get(..length)?).map(Self)
    }

    fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
