//! The verifier: takes an image byte by byte, in order, each byte once.

use gabion_crypto::{Digest, EcdsaP256Verify, Ed25519Verify, Sha256};

use crate::decision::{Evidence, decide};
use crate::format::{HEADER_LEN, TLV_HEADER_LEN, TLV_MAGIC, TLV_PROTECTED_MAGIC, pair};
use crate::tlv::{self, Claim, KEPT, Seen};
use crate::{Header, Image, KeySet, Offer, Policy, Refusal, Verified};

/// Verifies an image that arrives in pieces, from flash or from a network.
///
/// Each byte is taken once: what decides is hashed in the same call that delivers it, so a source that answers differently
/// the second time has no second time. Work is bounded by the size in the policy.
///
/// # Examples
///
/// ```
/// use gabion_boot::{KeySet, Policy, Refusal, Verifier};
/// use gabion_crypto::Software;
///
/// let policy = Policy::new(64 * 1024);
/// let mut verifier = Verifier::new(&Software, KeySet::new(&[]), &policy, 0);
/// assert_eq!(verifier.feed(&[0xff; 64]), Err(Refusal::Empty));
/// ```
pub struct Verifier<'a, P: Sha256> {
    provider: &'a P,
    keys: KeySet<'a>,
    policy: Policy<'a>,
    slot: u8,
    pure: bool,
    stage: Stage,
    /// Bytes taken so far.
    position: u32,
    /// Bytes left of padding and body, or of a payload.
    left: u32,
    /// Bytes left of the TLV area after the present entry.
    area_left: u16,
    entry: u16,
    kept: [u8; KEPT],
    kept_len: usize,
    running: Option<P::Digest>,
    seen: Seen,
    claim: Claim,
    image: Option<Image>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Header,
    Body,
    Info(Area),
    Entry(Area),
    Payload(Area),
    Done,
    Refused(Refusal),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Area {
    Protected,
    Unprotected,
}

impl<'a, P: Sha256> Verifier<'a, P> {
    /// Starts a verification. `slot` is a number of the caller's that the witness will carry.
    pub fn new(provider: &'a P, keys: KeySet<'a>, policy: &Policy<'a>, slot: u8) -> Self {
        Self {
            provider,
            keys,
            policy: *policy,
            slot,
            pure: false,
            stage: Stage::Header,
            position: 0,
            left: 0,
            area_left: 0,
            entry: 0,
            kept: [0; KEPT],
            kept_len: 0,
            running: Some(provider.sha256_start()),
            seen: Seen::default(),
            claim: Claim::default(),
            image: None,
        }
    }

    /// Takes the next bytes and returns how many belong to the image: fewer than given once it is complete.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] as soon as one is certain; every later call gives the same.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<usize, Refusal> {
        let mut rest = bytes;
        while !rest.is_empty() && self.stage != Stage::Done {
            let taken =
                self.step(rest).inspect_err(|refusal| self.stage = Stage::Refused(*refusal))?;
            rest = rest.get(taken..).unwrap_or_default();
        }
        Ok(bytes.len().saturating_sub(rest.len()))
    }

    /// Whether the image is complete, so that [`finish`](Self::finish) can decide.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.stage == Stage::Done
    }

    /// Returns how many bytes were taken.
    #[must_use]
    pub const fn position(&self) -> u32 {
        self.position
    }

    /// Returns the header, not yet authenticated, once it is known.
    #[must_use]
    pub const fn unverified_header(&self) -> Option<&Header> {
        match &self.image {
            Some(image) => Some(&image.header),
            None => None,
        }
    }

    /// Decides.
    ///
    /// # Errors
    ///
    /// A [`Refusal`]; [`Refusal::Truncated`] when bytes are missing.
    pub fn finish(self) -> Result<Verified<Image>, Refusal>
    where
        P: EcdsaP256Verify + Ed25519Verify,
    {
        let (provider, keys, policy) = (self.provider, self.keys, self.policy);
        decide(provider, keys, &policy, self.into_evidence()?)
    }

    /// Also takes pure Ed25519; the caller decides then with the bytes at hand.
    pub(crate) const fn with_pure(mut self) -> Self {
        self.pure = true;
        self
    }

    /// Ends without a decision.
    pub(crate) fn into_evidence(self) -> Result<Evidence, Refusal> {
        match (self.stage, self.image) {
            (Stage::Done, Some(image)) => Ok(Evidence { image, claim: self.claim }),
            (Stage::Refused(refusal), _) => Err(refusal),
            _ => Err(Refusal::Truncated),
        }
    }

    /// Passes over padding and body, whose hash is then taken on trust from the hash TLV. For an [`Offer`] only.
    pub(crate) fn skip_body(&mut self) -> Result<(), Refusal> {
        if self.stage != Stage::Body {
            return Err(Refusal::Truncated);
        }
        self.running = None;
        self.position = self.position.checked_add(self.left).ok_or(Refusal::SizeOutOfRange)?;
        self.left = 0;
        self.end_body()
    }

    /// Decides over an offer: is the hash that it claims signed by a trusted key, and does the rest satisfy the policy?
    pub(crate) fn finish_offer(mut self) -> Result<Offer, Refusal>
    where
        P: EcdsaP256Verify + Ed25519Verify,
    {
        let claimed = self.claim.hash;
        if let (Some(image), Some(claimed)) = (&mut self.image, claimed) {
            image.digest = claimed;
        }
        self.finish().map(Offer::new)
    }

    /// Takes at least one byte.
    fn step(&mut self, bytes: &[u8]) -> Result<usize, Refusal> {
        match self.stage {
            Stage::Header => self.collect(bytes, HEADER_LEN, Self::header),
            Stage::Body => self.body(bytes),
            Stage::Info(area) => self.collect(bytes, 4, |this| this.info(area)),
            Stage::Entry(area) => self.collect(bytes, 4, |this| this.entry(area)),
            Stage::Payload(area) => self.payload(bytes, area),
            Stage::Done => Ok(0),
            Stage::Refused(refusal) => Err(refusal),
        }
    }

    /// Counts and hashes bytes. Whatever is kept or decided on went through here in the same step.
    fn absorb(&mut self, part: &[u8]) -> Result<(), Refusal> {
        if let Some(running) = &mut self.running {
            running.update(part);
        }
        let len = u32::try_from(part.len()).map_err(|_| Refusal::SizeOutOfRange)?;
        self.position = self.position.checked_add(len).ok_or(Refusal::SizeOutOfRange)?;
        Ok(())
    }

    /// Keeps a copy of what is absorbed, as far as there is room.
    fn keep(&mut self, part: &[u8]) {
        let room = self.kept.get_mut(self.kept_len..).unwrap_or_default();
        for (to, from) in room.iter_mut().zip(part) {
            *to = *from;
        }
        self.kept_len = self.kept_len.saturating_add(part.len()).min(KEPT);
    }

    /// Gathers a fixed number of bytes, then goes on.
    fn collect(
        &mut self,
        bytes: &[u8],
        want: usize,
        then: impl FnOnce(&mut Self) -> Result<(), Refusal>,
    ) -> Result<usize, Refusal> {
        let part = bytes.get(..want.saturating_sub(self.kept_len)).unwrap_or(bytes);
        self.absorb(part)?;
        self.keep(part);
        if self.kept_len == want {
            then(self)?;
            self.kept_len = 0;
        }
        Ok(part.len())
    }

    fn kept_array<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        for (to, from) in out.iter_mut().zip(&self.kept) {
            *to = *from;
        }
        out
    }

    fn header(&mut self) -> Result<(), Refusal> {
        let header = Header::parse(&self.kept_array())?;
        self.policy.check_header(&header)?;
        self.left = header
            .img_size
            .checked_add(u32::from(header.hdr_size))
            .and_then(|end| end.checked_sub(self.position))
            .ok_or(Refusal::SizeOutOfRange)?;
        self.image = Some(Image::new(header, self.slot));
        self.stage = Stage::Body;
        Ok(())
    }

    fn body(&mut self, bytes: &[u8]) -> Result<usize, Refusal> {
        let part = self.part(bytes);
        let before = self.position;
        self.absorb(part)?;
        let image = self.image.as_mut().ok_or(Refusal::Disturbed)?;
        let hdr_size = u32::from(image.header.hdr_size);
        let padding = usize::try_from(hdr_size.saturating_sub(before)).unwrap_or(usize::MAX);
        let at = usize::try_from(before.saturating_sub(hdr_size)).unwrap_or(usize::MAX);
        let places = image.body_start.get_mut(at..).unwrap_or_default();
        for (place, byte) in places.iter_mut().zip(part.get(padding..).unwrap_or_default()) {
            *place = *byte;
        }
        if self.left == 0 {
            self.end_body()?;
        }
        Ok(part.len())
    }

    fn end_body(&mut self) -> Result<(), Refusal> {
        let image = self.image.as_ref().ok_or(Refusal::Disturbed)?;
        if image.header.protected_size == 0 {
            return self.end_signed();
        }
        self.stage = Stage::Info(Area::Protected);
        Ok(())
    }

    /// Cuts what is left of the body or of a payload, and counts it down.
    fn part<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let part = bytes.get(..left).unwrap_or(bytes);
        self.left = self.left.saturating_sub(u32::try_from(part.len()).unwrap_or(u32::MAX));
        part
    }

    /// Ends the hash: everything signed has been taken.
    fn end_signed(&mut self) -> Result<(), Refusal> {
        let image = self.image.as_mut().ok_or(Refusal::Disturbed)?;
        // Without a running hash this is an offer; a digest of zeros then matches no claim until the claim replaces it.
        image.digest = self.running.take().map_or([0; 32], Digest::finish);
        self.policy.check_image(image)?;
        self.stage = Stage::Info(Area::Unprotected);
        Ok(())
    }

    fn info(&mut self, area: Area) -> Result<(), Refusal> {
        let (magic, total) = pair(self.kept_array());
        let image = self.image.as_mut().ok_or(Refusal::Disturbed)?;
        match area {
            Area::Protected => {
                if magic != TLV_PROTECTED_MAGIC {
                    return Err(Refusal::TlvInfoMagic);
                }
                if total != image.header.protected_size {
                    return Err(Refusal::TlvSize);
                }
            }
            Area::Unprotected => {
                if magic != TLV_MAGIC {
                    return Err(Refusal::TlvInfoMagic);
                }
                let end = image.header.signed_len()?.checked_add(u32::from(total));
                image.end = end.ok_or(Refusal::SizeOutOfRange)?;
                if image.end > self.policy.max_size {
                    return Err(Refusal::SizeOutOfRange);
                }
            }
        }
        let entries = total.checked_sub(TLV_HEADER_LEN).ok_or(Refusal::TlvSize)?;
        if entries < TLV_HEADER_LEN {
            return Err(Refusal::TlvSize);
        }
        self.area_left = entries;
        self.stage = Stage::Entry(area);
        Ok(())
    }

    fn entry(&mut self, area: Area) -> Result<(), Refusal> {
        let (ty, len) = pair(self.kept_array());
        self.area_left = self
            .area_left
            .checked_sub(TLV_HEADER_LEN)
            .and_then(|left| left.checked_sub(len))
            .ok_or(Refusal::TlvOverrun)?;
        match area {
            Area::Protected => {
                tlv::check_protected(ty, len)?;
                self.seen.note(ty)?;
            }
            Area::Unprotected => {
                let place = tlv::check_unprotected(ty, len, self.pure)?;
                self.claim.place(place)?;
            }
        }
        self.entry = ty;
        self.left = u32::from(len);
        self.kept_len = 0;
        self.stage = Stage::Payload(area);
        if len == 0 { self.end_payload(area) } else { Ok(()) }
    }

    fn payload(&mut self, bytes: &[u8], area: Area) -> Result<usize, Refusal> {
        let part = self.part(bytes);
        self.absorb(part)?;
        self.keep(part);
        if self.left == 0 {
            self.end_payload(area)?;
            self.kept_len = 0;
        }
        Ok(part.len())
    }

    fn end_payload(&mut self, area: Area) -> Result<(), Refusal> {
        let payload = self.kept.get(..self.kept_len).unwrap_or_default();
        let image = self.image.as_mut().ok_or(Refusal::Disturbed)?;
        match area {
            Area::Protected => tlv::protected(image, self.entry, payload)?,
            Area::Unprotected => self.claim.take(self.provider, self.entry, payload)?,
        }
        match (self.area_left, area) {
            (0, Area::Protected) => self.end_signed()?,
            (0, Area::Unprotected) => self.stage = Stage::Done,
            (1..TLV_HEADER_LEN, _) => return Err(Refusal::TlvOverrun),
            _ => self.stage = Stage::Entry(area),
        }
        Ok(())
    }
}
