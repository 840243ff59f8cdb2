//! First set-up over a link that nobody trusts: the side of a phone, a tool, or a test.

use gabion_auth::{LabelTerms, Name, PHONE, SessionToken, WeakSecret, stretch_code};
use gabion_crypto::{
    Aead, HmacSha256, PakeAnswer, PakeContext, PakeProver, PasswordHash, Secret, Spake2Plus,
};
use gabion_hal::Entropy;
use gabion_provision::{LabelSecret, Model, Serial};

use crate::Wifi;
use crate::channel::{Channel, End};
use crate::format::DeviceName;
use crate::frame::{Inbox, Kind, Outbox};
use crate::wire::{Offer, Refusal, VERSION, Verdict, context, emit_gift};

/// More iterations than this are not computed for a stranger: about a second on a phone.
const MOST_ITERATIONS: u32 = 2_000_000;

/// What the phone should do next.
#[derive(Debug)]
#[must_use = "the answer has to be sent"]
pub enum Next {
    /// The frame is not whole; wait for more.
    More,
    /// Send what is in the outbox and wait.
    Send,
    /// The device proved that it is the one with this label: call [`Phone::give`].
    Give,
    /// The device found the new secret too weak. Ask for another and call [`Phone::give`].
    Weak(WeakSecret),
    /// The device does not take the name. Ask for another and call [`Phone::give`].
    Name,
    /// The device does not take the Wi-Fi. Ask again and call [`Phone::give`].
    Wifi,
    /// The device is set up. The session is the owner's.
    Done(SessionToken),
}

/// Why set-up ended without an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PhoneError {
    /// The device says so. Anyone on the link could say it, too.
    Refused(Refusal),
    /// The other side does not know this label's code: a typing mistake, another device, or an impostor. It learned nothing
    /// of the code.
    NotThisLabel,
    /// The device has another model or serial number than the label that was scanned.
    AnotherDevice,
    /// What came is not set-up.
    Malformed,
    /// The random source failed.
    Entropy,
    /// Name, secret or Wi-Fi is too long, or it is not the time to give them. Fix the caller.
    Misuse,
}

impl core::fmt::Display for PhoneError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Refused(why) => write!(f, "the device refused: {why}"),
            Self::NotThisLabel => f.write_str("the code is not this device's"),
            Self::AnotherDevice => f.write_str("this is another device than the label's"),
            Self::Malformed => f.write_str("the other side does not speak set-up"),
            Self::Entropy => f.write_str("the random source failed"),
            Self::Misuse => f.write_str("not now, or too long"),
        }
    }
}

impl core::error::Error for PhoneError {}

enum Phase<V, K> {
    Hello,
    Shared(V),
    Confirmed(Channel<K>),
    Open(Channel<K>),
    Given(Channel<K>),
    Over,
}

/// The phone's side of set-up. Bytes in, bytes out.
pub struct Phone<P: Spake2Plus + Aead> {
    crypto: P,
    code: LabelSecret,
    expected: Option<(Model, Serial)>,
    found: Option<(Model, Serial)>,
    phase: Phase<P::Prover, P::Key>,
    inbox: Inbox,
}

impl<P: Spake2Plus + Aead + HmacSha256 + PasswordHash> Phone<P> {
    /// Starts with the label's code, and with model and serial number where the label was scanned. The first frame is in
    /// `out`.
    pub fn start(
        crypto: P,
        code: LabelSecret,
        expected: Option<(Model, Serial)>,
        out: &mut Outbox,
    ) -> Self {
        out.put(Kind::Hello, &[&[VERSION]]);
        let inbox = Inbox::new();
        Self { crypto, code, expected, found: None, phase: Phase::Hello, inbox }
    }

    /// Model and serial number of the device, once it offered itself. Proved only when [`Next::Give`] came.
    #[must_use]
    pub const fn device(&self) -> Option<(Model, Serial)> {
        self.found
    }

    /// Takes bytes from the device, in whatever pieces they come, and writes what is to be sent into `out`.
    ///
    /// # Errors
    ///
    /// [`PhoneError`]: end the connection.
    pub fn receive(
        &mut self,
        entropy: &mut impl Entropy,
        bytes: &[u8],
        out: &mut Outbox,
    ) -> Result<Next, PhoneError> {
        out.clear();
        let next = match self.inbox.push(bytes) {
            Err(_) => Err(PhoneError::Malformed),
            Ok(None) => return Ok(Next::More),
            Ok(Some(Kind::Refused)) => {
                let why = Refusal::parse(self.inbox.body());
                Err(why.map_or(PhoneError::Malformed, PhoneError::Refused))
            }
            Ok(Some(kind)) => self.step(entropy, kind, out),
        };
        self.inbox.clear();
        next.inspect_err(|_| self.phase = Phase::Over)
    }

    fn step(
        &mut self,
        entropy: &mut impl Entropy,
        kind: Kind,
        out: &mut Outbox,
    ) -> Result<Next, PhoneError> {
        let phase = core::mem::replace(&mut self.phase, Phase::Over);
        match (phase, kind) {
            (Phase::Hello, Kind::Offer) => self.share(entropy, out),
            (Phase::Shared(prover), Kind::Answer) => self.confirm(prover, out),
            (Phase::Confirmed(mut channel), Kind::Sealed) => match self.verdict(&mut channel)? {
                Verdict::Ready => {
                    self.phase = Phase::Open(channel);
                    Ok(Next::Give)
                }
                _ => Err(PhoneError::Malformed),
            },
            (Phase::Given(mut channel), Kind::Sealed) => {
                let next = match self.verdict(&mut channel)? {
                    Verdict::Done(token) => return Ok(Next::Done(token)),
                    Verdict::Weak(why) => Next::Weak(why),
                    Verdict::Name => Next::Name,
                    Verdict::Wifi => Next::Wifi,
                    Verdict::Ready => return Err(PhoneError::Malformed),
                };
                self.phase = Phase::Open(channel);
                Ok(next)
            }
            _ => Err(PhoneError::Malformed),
        }
    }

    fn verdict(&mut self, channel: &mut Channel<P::Key>) -> Result<Verdict, PhoneError> {
        let message = channel.unseal(&mut self.inbox).map_err(|_| PhoneError::Malformed)?;
        Verdict::parse(&message).ok_or(PhoneError::Malformed)
    }

    fn share(&mut self, entropy: &mut impl Entropy, out: &mut Outbox) -> Result<Next, PhoneError> {
        let offer = Offer::parse(self.inbox.body()).ok_or(PhoneError::Malformed)?;
        let Offer { terms, model, serial } = offer;
        if self.expected.is_some_and(|expected| expected != (model, serial)) {
            return Err(PhoneError::AnotherDevice);
        }
        self.found = Some((model, serial));
        let LabelTerms { iterations, .. } = terms;
        if !(1..=MOST_ITERATIONS).contains(&iterations) {
            return Err(PhoneError::Malformed);
        }
        let mut random = Secret::<[u8; 64]>::zeroed();
        entropy.try_fill_bytes(random.expose_mut()).map_err(|_| PhoneError::Entropy)?;
        if random.expose().iter().all(|byte| Some(byte) == random.expose().first()) {
            return Err(PhoneError::Entropy);
        }
        let name = DeviceName::new(&model, &serial);
        let stretched = stretch_code(&self.crypto, self.code.expose(), name.as_bytes(), &terms)
            .map_err(|_| PhoneError::Malformed)?;
        let context =
            PakeContext { context: &context(&terms), prover: PHONE, verifier: name.as_bytes() };
        let started = self.crypto.pake_start(&stretched, &context, &random);
        let (share, prover) = started.map_err(|_| PhoneError::Malformed)?;
        out.put(Kind::Share, &[&share]);
        self.phase = Phase::Shared(prover);
        Ok(Next::Send)
    }

    fn confirm(&mut self, prover: P::Prover, out: &mut Outbox) -> Result<Next, PhoneError> {
        let body = self.inbox.body();
        let (share, confirm) = body.split_first_chunk().ok_or(PhoneError::Malformed)?;
        let confirm = confirm.try_into().map_err(|_| PhoneError::Malformed)?;
        let answer = PakeAnswer { share: *share, confirm };
        let (confirm, key) = prover.finish(&answer).map_err(|_| PhoneError::NotThisLabel)?;
        let channel = Channel::new(&self.crypto, &key, End::Phone);
        self.phase = Phase::Confirmed(channel.map_err(|_| PhoneError::Malformed)?);
        out.put(Kind::Confirm, &[&confirm]);
        Ok(Next::Send)
    }

    /// Gives the owner's name and secret, and the Wi-Fi if there is one. The frame is in `out`.
    ///
    /// # Errors
    ///
    /// [`PhoneError::Misuse`].
    pub fn give(
        &mut self,
        name: &Name,
        secret: &[u8],
        wifi: Option<&Wifi>,
        out: &mut Outbox,
    ) -> Result<(), PhoneError> {
        out.clear();
        let Phase::Open(mut channel) = core::mem::replace(&mut self.phase, Phase::Over) else {
            return Err(PhoneError::Misuse);
        };
        let gift = match secret.len() {
            0..=gabion_auth::Entered::MAX => emit_gift(name, secret, wifi),
            _ => None,
        };
        let Some(gift) = gift else {
            self.phase = Phase::Open(channel);
            return Err(PhoneError::Misuse);
        };
        channel.seal(&gift, out).map_err(|_| PhoneError::Misuse)?;
        self.phase = Phase::Given(channel);
        Ok(())
    }
}

impl<P: Spake2Plus + Aead> core::fmt::Debug for Phone<P> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Phone").field("device", &self.found).finish_non_exhaustive()
    }
}
