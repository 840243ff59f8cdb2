//! The verifier: takes an image byte by byte, in order, each byte once.

use core::hint::black_box;

use gabion_crypto::{Digest, EcdsaP256Verify, Ed25519Verify, Sha256, Sha512};

use crate::decision::{Evidence, decide, decide_pure, decide_tagged};
use crate::format::{HEADER_LEN, TLV_HEADER_LEN, TLV_MAGIC, TLV_PROTECTED_MAGIC, pair};
use crate::tlv::{self, Claim, KEPT, Seen, Signer};
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
    pure: bool,
    stage: Stage,
    /// Bytes taken so far.
    position: u32,
    /// Bytes left of this stage.
    left: u32,
    /// Bytes left of the TLV area after the present entry.
    area_left: u16,
    entry: u16,
    kept: [u8; KEPT],
    kept_len: usize,
    running: Option<P::Digest>,
    seen: Seen,
    claim: Claim,
    image: Image,
}

/// Length of a header, and of a TLV area's or entry's.
const HEADER: u32 = HEADER_LEN as u32;
const INFO: u32 = TLV_HEADER_LEN as u32;

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
            pure: false,
            stage: Stage::Header,
            position: 0,
            left: HEADER,
            area_left: 0,
            entry: 0,
            kept: [0; KEPT],
            kept_len: 0,
            running: Some(provider.sha256_start()),
            seen: Seen::default(),
            claim: Claim::default(),
            image: Image::new(slot),
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
        match self.image.header.hdr_size {
            0 => None,
            _ => Some(&self.image.header),
        }
    }

    /// Decides.
    ///
    /// # Errors
    ///
    /// A [`Refusal`]; [`Refusal::Truncated`] when bytes are missing.
    pub fn finish(mut self) -> Result<Verified<Image>, Refusal>
    where
        P: EcdsaP256Verify + Ed25519Verify,
    {
        self.check_complete()?;
        let Self { provider, keys, policy, .. } = &self;
        let seal = decide(*provider, *keys, policy, self.evidence())?;
        Ok(self.witness(seal))
    }

    /// As [`finish`](Self::finish), with a device's own tag in the place of the signature.
    pub(crate) fn finish_tagged(
        mut self,
        tag: impl Fn(&[u8; 32]) -> [u8; 32],
        given: &[u8; 32],
    ) -> Result<Verified<Image>, Refusal> {
        self.check_complete()?;
        // Whoever is said to have signed was not checked.
        self.claim.signer = None;
        let seal = decide_tagged(&self.policy, self.evidence(), tag, given)?;
        Ok(self.witness(seal))
    }

    /// As [`finish`](Self::finish), and also takes pure Ed25519, whose signature is over the bytes.
    pub(crate) fn finish_or_pure(mut self, bytes: &[u8]) -> Result<Verified<Image>, Refusal>
    where
        P: EcdsaP256Verify + Ed25519Verify + Sha512,
    {
        self.check_complete()?;
        match (self.claim.pure, self.claim.long_hash, self.claim.long_key_hash) {
            (false, None, None) => self.finish(),
            (true, Some(_), _) => {
                let len = usize::try_from(self.image.header.signed_len()?).ok();
                let signed = len.and_then(|len| bytes.get(..len)).ok_or(Refusal::Truncated)?;
                let key = self.claim.signed_purely_by(self.provider, self.keys)?;
                self.claim.signer = Some(Signer { key_hash: key.hash, key: None });
                let Self { provider, policy, .. } = &self;
                let seal = decide_pure(*provider, key, policy, self.evidence(), signed)?;
                Ok(self.witness(seal))
            }
            _ => Err(Refusal::UnsupportedAlgorithm),
        }
    }

    /// The evidence, by two references that the compiler must not make one of.
    fn evidence(&self) -> [Evidence<'_>; 2] {
        let again = black_box(self);
        [(&self.image, &self.claim), (&again.image, &again.claim)]
    }

    /// Makes the witness of a decision; the only copy of the image that is ever made.
    fn witness(&mut self, seal: u32) -> Verified<Image> {
        if let Some(signer) = &self.claim.signer {
            self.image.key_hash = signer.key_hash;
        }
        Verified::witness(self.image.clone(), seal)
    }

    /// Also takes pure Ed25519; the caller decides then with the bytes at hand.
    pub(crate) const fn with_pure(mut self) -> Self {
        self.pure = true;
        self
    }

    fn check_complete(&self) -> Result<(), Refusal> {
        match self.stage {
            Stage::Done => Ok(()),
            Stage::Refused(refusal) => Err(refusal),
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
        self.end_body()
    }

    /// Decides over an offer: is the hash that it claims signed by a trusted key, and does the rest satisfy the policy?
    pub(crate) fn finish_offer(mut self) -> Result<Offer, Refusal>
    where
        P: EcdsaP256Verify + Ed25519Verify,
    {
        if let Some(claimed) = self.claim.hash {
            self.image.digest = claimed;
        }
        self.finish().map(Offer::new)
    }

    /// Takes at least one byte, and never one of the next stage.
    fn step(&mut self, bytes: &[u8]) -> Result<usize, Refusal> {
        if let Stage::Refused(refusal) = self.stage {
            return Err(refusal);
        }
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let part = bytes.get(..left).unwrap_or(bytes);
        let len = u32::try_from(part.len()).map_err(|_| Refusal::SizeOutOfRange)?;
        // Whatever is kept and decided on below is hashed here, in the same step.
        if let Some(running) = &mut self.running {
            running.update(part);
        }
        match self.stage {
            Stage::Body => self.keep_body_start(part),
            _ => self.keep(part),
        }
        self.position = self.position.checked_add(len).ok_or(Refusal::SizeOutOfRange)?;
        self.left = self.left.saturating_sub(len);
        if self.left == 0 {
            self.advance()?;
        }
        Ok(part.len())
    }

    /// Keeps a copy of what was taken in this stage, as far as there is room.
    fn keep(&mut self, part: &[u8]) {
        let room = self.kept.get_mut(self.kept_len..).unwrap_or_default();
        for (to, from) in room.iter_mut().zip(part) {
            *to = *from;
        }
        self.kept_len = self.kept_len.saturating_add(part.len()).min(KEPT);
    }

    /// Keeps the first bytes of the body, which follows the header's padding.
    fn keep_body_start(&mut self, part: &[u8]) {
        let image = &mut self.image;
        let hdr_size = u32::from(image.header.hdr_size);
        let padding = usize::try_from(hdr_size.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let at = usize::try_from(self.position.saturating_sub(hdr_size)).unwrap_or(usize::MAX);
        let places = image.body_start.get_mut(at..).unwrap_or_default();
        for (place, byte) in places.iter_mut().zip(part.get(padding..).unwrap_or_default()) {
            *place = *byte;
        }
    }

    /// Goes on when everything of a stage was taken.
    fn advance(&mut self) -> Result<(), Refusal> {
        match self.stage {
            Stage::Header => self.header(),
            Stage::Body => self.end_body(),
            Stage::Info(area) => self.info(area),
            Stage::Entry(area) => self.entry(area),
            Stage::Payload(area) => self.end_payload(area),
            Stage::Done => Ok(()),
            Stage::Refused(refusal) => Err(refusal),
        }
    }

    /// Enters a stage of so many bytes.
    const fn enter(&mut self, stage: Stage, len: u32) {
        self.stage = stage;
        self.left = len;
        self.kept_len = 0;
    }

    fn header(&mut self) -> Result<(), Refusal> {
        let header = Header::parse(&tlv::first(&self.kept))?;
        self.policy.check_header(&header)?;
        let body_end = header.img_size.checked_add(u32::from(header.hdr_size));
        let left = body_end.and_then(|end| end.checked_sub(self.position));
        self.image.header = header;
        self.enter(Stage::Body, left.ok_or(Refusal::SizeOutOfRange)?);
        Ok(())
    }

    fn end_body(&mut self) -> Result<(), Refusal> {
        if self.image.header.protected_size == 0 {
            return self.end_signed();
        }
        self.enter(Stage::Info(Area::Protected), INFO);
        Ok(())
    }

    /// Ends the hash: everything signed has been taken.
    fn end_signed(&mut self) -> Result<(), Refusal> {
        // Without a running hash this is an offer; a digest of zeros then matches no claim until the claim replaces it.
        self.image.digest = self.running.take().map_or([0; 32], Digest::finish);
        self.policy.check_image(&self.image)?;
        self.enter(Stage::Info(Area::Unprotected), INFO);
        Ok(())
    }

    fn info(&mut self, area: Area) -> Result<(), Refusal> {
        let (magic, total) = pair(tlv::first(&self.kept));
        let image = &mut self.image;
        let right = match area {
            Area::Protected => TLV_PROTECTED_MAGIC,
            Area::Unprotected => TLV_MAGIC,
        };
        if magic != right {
            return Err(Refusal::TlvInfoMagic);
        }
        if area == Area::Unprotected {
            let end = image.header.signed_len()?.checked_add(u32::from(total));
            image.end = end.ok_or(Refusal::SizeOutOfRange)?;
            if image.end > self.policy.max_size {
                return Err(Refusal::SizeOutOfRange);
            }
        } else if total != image.header.protected_size {
            return Err(Refusal::TlvSize);
        }
        let entries = total.checked_sub(TLV_HEADER_LEN).ok_or(Refusal::TlvSize)?;
        if entries < TLV_HEADER_LEN {
            return Err(Refusal::TlvSize);
        }
        self.area_left = entries;
        self.enter(Stage::Entry(area), INFO);
        Ok(())
    }

    fn entry(&mut self, area: Area) -> Result<(), Refusal> {
        let (ty, len) = pair(tlv::first(&self.kept));
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
        self.enter(Stage::Payload(area), u32::from(len));
        if len == 0 { self.end_payload(area) } else { Ok(()) }
    }

    fn end_payload(&mut self, area: Area) -> Result<(), Refusal> {
        let Self { image, claim, kept, kept_len: len, entry, .. } = self;
        match area {
            Area::Protected => tlv::protected(image, *entry, kept, *len)?,
            Area::Unprotected => claim.take(self.provider, *entry, kept, *len)?,
        }
        match (self.area_left, area) {
            (0, Area::Protected) => self.end_signed()?,
            (0, Area::Unprotected) => self.enter(Stage::Done, 0),
            // What is too short for an entry is found to be so by the next one.
            _ => self.enter(Stage::Entry(area), INFO),
        }
        Ok(())
    }
}
