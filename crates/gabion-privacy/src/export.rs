//! Everything that the device holds of a person, for that person, signed by the device.

use gabion_auth::{Authorized, HumanRole};
use gabion_codec::cbor::{Budget, Encoder};
use gabion_codec::{CodecError, Sign1Prefix};
use gabion_crypto::{Digest, EcdsaP256Sign, Secret, Sha256};
use gabion_hal::Clock;
use gabion_link::{Channel, ChannelPolicy, Secured};
use gabion_storage::Storage;
use zeroize::Zeroize;

use crate::json::Json;
use crate::privacy::{Failure, decides};
use crate::{
    Answer, Decision, ExportError, Item, LedgerView, Ports, Privacy, PrivacyError, Refusal, Shape,
    Subject,
};

/// The format and its version, first in every export.
const FORMAT: &str = "gabion privacy export 1";
/// Room that is kept for what stands before the payload of an export in CBOR.
const PREFIX: usize = 12;
/// `{"alg":"ES256"}` in base64url.
const JWS_HEADER: &[u8; 20] = b"eyJhbGciOiJFUzI1NiJ9";

/// Length of the detached signature of an export in JSON (RFC 7515 appendix F) in bytes.
pub const JWS_LEN: usize = JWS_HEADER.len() + 2 + 86;

/// An export in the caller's buffer, which is wiped when it is dropped. It leaves over a channel that is confidential and
/// that the caller names, or before the eyes of the person.
#[derive(Debug)]
pub struct Export<'a> {
    buffer: &'a mut [u8],
    from: usize,
    to: usize,
    jws: Option<[u8; JWS_LEN]>,
}

impl Export<'_> {
    /// Sends it.
    ///
    /// # Errors
    ///
    /// [`SendError::Refused`](crate::SendError) when the channel is held to another policy; what the channel says.
    pub async fn send<C: Channel>(
        &self,
        policy: &ChannelPolicy,
        channel: &mut Secured<C>,
    ) -> Result<(), crate::SendError<C::Error>> {
        if channel.policy() != policy {
            return Err(crate::SendError::Refused(Refusal::WrongChannel));
        }
        channel.send(self.bytes()).await.map_err(crate::SendError::Channel)
    }

    /// Lends it to a person at the device, who shows once more who they are.
    pub fn show<R: HumanRole>(&self, by: Authorized<R>) -> &[u8] {
        let _ = by;
        self.bytes()
    }

    /// Returns the detached signature of an export in JSON; one in CBOR carries its own.
    #[must_use]
    pub const fn jws(&self) -> Option<&[u8; JWS_LEN]> {
        self.jws.as_ref()
    }

    /// Returns its length in bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.to.saturating_sub(self.from)
    }

    /// Whether there is nothing in it. Never so.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn bytes(&self) -> &[u8] {
        self.buffer.get(self.from..self.to).unwrap_or_default()
    }
}

impl Drop for Export<'_> {
    fn drop(&mut self) {
        self.buffer.zeroize();
    }
}

/// What takes an export apart into a format.
trait Emit {
    fn start(&mut self, device: &[u8; 32], subjects: u64) -> Result<(), CodecError>;
    fn subject(&mut self, subject: Subject, items: u64) -> Result<(), CodecError>;
    fn item(&mut self, item: &Item, value: Option<(u64, &[u8])>) -> Result<(), CodecError>;
    fn answers(&mut self, view: Option<&LedgerView>) -> Result<(), CodecError>;
    fn end(&mut self) -> Result<(), CodecError>;
}

impl<const BUFFER: usize> Privacy<BUFFER> {
    /// Exports what the device holds of the person who asks, and for the owner the household's too, as deterministic CBOR in
    /// a COSE_Sign1 by the device key (`docs/spec/privacy.md` §9).
    ///
    /// # Errors
    ///
    /// [`ExportError::NoRoom`], and the buffer is wiped; [`PrivacyError::Signer`] without a device key.
    pub async fn export_cbor<'a, S, P, C, V, R>(
        &self,
        ports: &mut Ports<'_, S, P, C, V>,
        by: Authorized<R>,
        out: &'a mut [u8],
    ) -> Result<Export<'a>, ExportError<S::FlashError>>
    where
        S: Storage,
        P: Sha256 + EcdsaP256Sign,
        C: Clock,
        R: HumanRole,
    {
        let mut export = Export { buffer: out, from: 0, to: 0, jws: None };
        let key = ports.device_key.ok_or(PrivacyError::Signer)?;
        let room = export.buffer.get_mut(PREFIX..).ok_or(ExportError::NoRoom)?;
        let budget = Budget { bytes: room.len(), items: usize::MAX, depth: 8 };
        let mut emit = Cbor(Encoder::new(room));
        self.export(ports, &by, &mut emit).await?;
        let payload = emit.0.finish(budget).map_err(|_| ExportError::NoRoom)?;
        let prefix = Sign1Prefix::new(u32::try_from(payload.len()).unwrap_or(u32::MAX));
        let hash = ports.provider.sha256(&[prefix.to_be_signed(), payload]);
        let end = PREFIX.saturating_add(payload.len());
        let signature = ports.provider.p256_sign(key, &hash).map_err(|_| PrivacyError::Signer)?;
        let suffix = Sign1Prefix::suffix(&signature.0);
        export.from = PREFIX.saturating_sub(prefix.bytes().len());
        export.to = end.saturating_add(suffix.len());
        let (from, to) = (export.from, export.to);
        let front = export.buffer.get_mut(from..PREFIX).ok_or(ExportError::NoRoom)?;
        front.iter_mut().zip(prefix.bytes()).for_each(|(to, from)| *to = *from);
        let back = export.buffer.get_mut(end..to).ok_or(ExportError::NoRoom)?;
        back.iter_mut().zip(suffix).for_each(|(to, from)| *to = from);
        Ok(export)
    }

    /// As [`export_cbor`](Self::export_cbor), as JSON with a detached signature beside it ([`Export::jws`]).
    ///
    /// # Errors
    ///
    /// As [`export_cbor`](Self::export_cbor).
    pub async fn export_json<'a, S, P, C, V, R>(
        &self,
        ports: &mut Ports<'_, S, P, C, V>,
        by: Authorized<R>,
        out: &'a mut [u8],
    ) -> Result<Export<'a>, ExportError<S::FlashError>>
    where
        S: Storage,
        P: Sha256 + EcdsaP256Sign,
        C: Clock,
        R: HumanRole,
    {
        let mut export = Export { buffer: out, from: 0, to: 0, jws: None };
        let key = ports.device_key.ok_or(PrivacyError::Signer)?;
        let mut emit = Text(Json::new(export.buffer));
        self.export(ports, &by, &mut emit).await?;
        let text = emit.0.finish();
        let mut digest = ports.provider.sha256_start();
        digest.update(JWS_HEADER);
        digest.update(b".");
        base64url(text, |four| digest.update(four));
        export.to = text.len();
        let signature =
            ports.provider.p256_sign(key, &digest.finish()).map_err(|_| PrivacyError::Signer)?;
        let mut jws = [b'.'; JWS_LEN];
        jws.iter_mut().zip(JWS_HEADER).for_each(|(to, from)| *to = *from);
        let mut places = jws.iter_mut().skip(JWS_HEADER.len().saturating_add(2));
        base64url(&signature.0, |four| {
            four.iter().zip(&mut places).for_each(|(from, to)| *to = *from);
        });
        export.jws = Some(jws);
        Ok(export)
    }

    async fn export<S, P, C, V, R>(
        &self,
        ports: &mut Ports<'_, S, P, C, V>,
        by: &Authorized<R>,
        emit: &mut impl Emit,
    ) -> Result<(), ExportError<S::FlashError>>
    where
        S: Storage,
        P: Sha256 + EcdsaP256Sign,
        C: Clock,
        R: HumanRole,
    {
        let key = ports.device_key.ok_or(PrivacyError::Signer)?;
        let public = ports.provider.p256_public_key(key).map_err(|_| PrivacyError::Signer)?;
        let device = ports.provider.sha256(&[&public.0]);
        let mine = || self.inventory.subjects().filter(|one| decides(by, *one).is_ok());
        emit.start(&device, mine().count() as u64).map_err(no_room)?;
        for subject in mine() {
            let items = || {
                self.inventory.items().iter().filter(move |item| item.parameter(subject).is_some())
            };
            emit.subject(subject, items().count() as u64).map_err(no_room)?;
            for item in items() {
                self.export_item(ports, item, subject, emit).await?;
            }
            let view = self.view_if_readable(ports, subject).await?;
            emit.answers(view.as_ref()).map_err(no_room)?;
        }
        emit.end().map_err(no_room)
    }

    async fn view_if_readable<S: Storage, P: Sha256, C, V>(
        &self,
        ports: &mut Ports<'_, S, P, C, V>,
        subject: Subject,
    ) -> Result<Option<LedgerView>, Failure<S>> {
        match self.view(ports, subject).await {
            Ok(view) => Ok(Some(view)),
            Err(PrivacyError::Refused(Refusal::Unknown)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn export_item<S: Storage, P, C: Clock, V>(
        &self,
        ports: &mut Ports<'_, S, P, C, V>,
        item: &'static Item,
        subject: Subject,
        emit: &mut impl Emit,
    ) -> Result<(), ExportError<S::FlashError>> {
        let mut buffer = Secret::<[u8; BUFFER]>::zeroed();
        // What is held is told, whatever its basis is now: the person asks for it.
        let found = self.read(ports, item, subject, &mut buffer).await?;
        let found = found.filter(|(stamp, _)| !self.is_over(ports.clock, item, stamp));
        let value =
            found.map(|(stamp, value)| (stamp.wall.map_or(0, |wall| wall.unix_seconds), value));
        emit.item(item, value).map_err(no_room)
    }
}

fn no_room<E>(_: CodecError) -> ExportError<E> {
    ExportError::NoRoom
}

/// Reads an integer of 1 to 8 bytes.
fn integer(bytes: &[u8]) -> Option<i64> {
    let last = bytes.last().filter(|_| bytes.len() <= 8)?;
    let mut wide = [if *last >= 0x80 { 0xff } else { 0 }; 8];
    wide.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    Some(i64::from_le_bytes(wide))
}

fn text(bytes: &[u8]) -> Option<&str> {
    core::str::from_utf8(bytes).ok()
}

const fn category(item: &Item) -> &'static str {
    crate::ixit::category(item.category)
}

struct Cbor<'o>(Encoder<'o>);

impl Emit for Cbor<'_> {
    fn start(&mut self, device: &[u8; 32], subjects: u64) -> Result<(), CodecError> {
        self.0.map(3)?;
        self.0.unsigned(1)?;
        self.0.text(FORMAT)?;
        self.0.unsigned(2)?;
        self.0.bytes(device)?;
        self.0.unsigned(3)?;
        self.0.array(subjects)
    }

    fn subject(&mut self, subject: Subject, items: u64) -> Result<(), CodecError> {
        self.0.map(3)?;
        self.0.unsigned(1)?;
        self.0.text(subject.name())?;
        self.0.unsigned(2)?;
        self.0.array(items)
    }

    fn item(&mut self, item: &Item, value: Option<(u64, &[u8])>) -> Result<(), CodecError> {
        self.0.array(5)?;
        self.0.text(item.name)?;
        self.0.text(category(item))?;
        self.0.text(item.purpose.name)?;
        match value {
            None | Some((0, _)) => self.0.null()?,
            Some((when, _)) => self.0.unsigned(when)?,
        }
        let Some((_, value)) = value else { return self.0.null() };
        match item.shape {
            Shape::Text => match text(value) {
                Some(text) => self.0.text(text),
                None => self.0.bytes(value),
            },
            Shape::Integer => match integer(value) {
                Some(number) => self.0.integer(number),
                None => self.0.bytes(value),
            },
            Shape::Bytes => self.0.bytes(value),
        }
    }

    fn answers(&mut self, view: Option<&LedgerView>) -> Result<(), CodecError> {
        self.0.unsigned(3)?;
        let Some(view) = view else { return self.0.null() };
        self.0.map(4)?;
        self.0.unsigned(1)?;
        self.0.array(view.decisions().len() as u64)?;
        for Decision { purpose, version, answer, when } in view.decisions() {
            self.0.array(4)?;
            self.0.unsigned((*purpose).into())?;
            self.0.unsigned((*version).into())?;
            self.0.bool(*answer == Answer::Yes)?;
            match when {
                Some(wall) => self.0.unsigned(wall.unix_seconds)?,
                None => self.0.null()?,
            }
        }
        self.0.unsigned(2)?;
        self.0.unsigned(view.folded.into())?;
        self.0.unsigned(3)?;
        self.0.bool(view.lost)?;
        self.0.unsigned(4)?;
        self.0.bytes(&view.head)
    }

    fn end(&mut self) -> Result<(), CodecError> {
        Ok(())
    }
}

struct Text<'o>(Json<'o>);

impl Emit for Text<'_> {
    fn start(&mut self, device: &[u8; 32], _subjects: u64) -> Result<(), CodecError> {
        self.0.open(b'{')?;
        self.0.name("format")?;
        self.0.text(FORMAT)?;
        self.0.name("device")?;
        self.0.hex(device)?;
        self.0.name("subjects")?;
        self.0.open(b'[')
    }

    fn subject(&mut self, subject: Subject, _items: u64) -> Result<(), CodecError> {
        self.0.open(b'{')?;
        self.0.name("subject")?;
        self.0.text(subject.name())?;
        self.0.name("data")?;
        self.0.open(b'[')
    }

    fn item(&mut self, item: &Item, value: Option<(u64, &[u8])>) -> Result<(), CodecError> {
        self.0.open(b'{')?;
        self.0.name("name")?;
        self.0.text(item.name)?;
        self.0.name("category")?;
        self.0.text(category(item))?;
        self.0.name("purpose")?;
        self.0.text(item.purpose.name)?;
        self.0.name("stored")?;
        match value {
            None | Some((0, _)) => self.0.null()?,
            Some((when, _)) => self.0.integer(when.into())?,
        }
        let shown = value.map(|(_, value)| match item.shape {
            Shape::Text => {
                text(value).map_or((value, None, None), |text| (value, Some(text), None))
            }
            Shape::Integer => (value, None, integer(value)),
            Shape::Bytes => (value, None, None),
        });
        match shown {
            None => {
                self.0.name("value")?;
                self.0.null()?;
            }
            Some((_, Some(text), _)) => {
                self.0.name("value")?;
                self.0.text(text)?;
            }
            Some((_, None, Some(number))) => {
                self.0.name("value")?;
                self.0.integer(number.into())?;
            }
            Some((bytes, None, None)) => {
                self.0.name("hex")?;
                self.0.hex(bytes)?;
            }
        }
        self.0.close(b'}')
    }

    fn answers(&mut self, view: Option<&LedgerView>) -> Result<(), CodecError> {
        self.0.close(b']')?;
        self.0.name("answers")?;
        let Some(view) = view else {
            self.0.null()?;
            return self.0.close(b'}');
        };
        self.0.open(b'[')?;
        for Decision { purpose, version, answer, when } in view.decisions() {
            self.0.open(b'{')?;
            self.0.name("purpose")?;
            self.0.integer((*purpose).into())?;
            self.0.name("version")?;
            self.0.integer((*version).into())?;
            self.0.name("yes")?;
            self.0.boolean(*answer == Answer::Yes)?;
            self.0.name("time")?;
            match when {
                Some(wall) => self.0.integer(wall.unix_seconds.into())?,
                None => self.0.null()?,
            }
            self.0.close(b'}')?;
        }
        self.0.close(b']')?;
        self.0.name("folded")?;
        self.0.integer(view.folded.into())?;
        self.0.name("lost")?;
        self.0.boolean(view.lost)?;
        self.0.name("head")?;
        self.0.hex(&view.head)?;
        self.0.close(b'}')
    }

    fn end(&mut self) -> Result<(), CodecError> {
        self.0.close(b']')?;
        self.0.close(b'}')
    }
}

/// Hands over base64url (RFC 4648 §5, without padding) a few characters at a time.
fn base64url(bytes: &[u8], mut each: impl FnMut(&[u8])) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for three in bytes.chunks(3) {
        let mut group = [0_u8; 3];
        group.iter_mut().zip(three).for_each(|(to, from)| *to = *from);
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        let mut four = [0_u8; 4];
        for (to, shift) in four.iter_mut().zip([18, 12, 6, 0]) {
            let index = (bits >> shift) & 0x3f;
            *to = ALPHABET.get(index as usize).copied().unwrap_or_default();
        }
        each(four.get(..three.len().saturating_add(1)).unwrap_or_default());
    }
}
