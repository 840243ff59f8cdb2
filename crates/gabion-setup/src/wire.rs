//! What stands in frames: `docs/spec/setup.md` section 5.

use gabion_auth::{Entered, LabelTerms, Name, SessionToken, WeakSecret};
use gabion_codec::{Reader, Writer};
use gabion_crypto::Secret;
use gabion_provision::{Model, Serial};

use crate::Wifi;

pub(crate) const VERSION: u8 = 1;
const PROTOCOL: &[u8; 15] = b"gabion set-up 1";

/// The context of the transcript: protocol and terms, so that nobody can change the terms on the way.
pub(crate) fn context(terms: &LabelTerms) -> [u8; 35] {
    let mut out = [0; 35];
    let iterations = terms.iterations.to_be_bytes();
    let bytes = PROTOCOL.iter().copied().chain(iterations).chain(terms.salt);
    for (to, from) in out.iter_mut().zip(bytes) {
        *to = from;
    }
    out
}

/// What the device says of itself before anyone proved anything.
pub(crate) struct Offer {
    pub(crate) terms: LabelTerms,
    pub(crate) model: Model,
    pub(crate) serial: Serial,
}

impl Offer {
    /// `version ‖ iterations, 4 ‖ salt, 16 ‖ length ‖ model ‖ length ‖ serial`.
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        reader.expect(&[VERSION]).ok()?;
        let iterations = u32::from_be_bytes(reader.array().ok()?);
        let salt = reader.array().ok()?;
        let model = Model::new(field(&mut reader)?).ok()?;
        let serial = Serial::new(field(&mut reader)?).ok()?;
        reader.finish().ok()?;
        Some(Self { terms: LabelTerms { iterations, salt }, model, serial })
    }
}

fn field<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let len = reader.u8().ok()?;
    reader.bytes(len.into()).ok()
}

/// Length of [`Gift`] in a frame: always the same, so that a listener learns no lengths.
pub(crate) const GIFT_LEN: usize = 260;

/// What the phone gives to the device.
pub(crate) struct Gift {
    pub(crate) name: Name,
    pub(crate) secret: Entered,
    pub(crate) wifi: Option<Wifi>,
}

/// Why a gift was not taken, before anything was looked at closely.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoGift {
    /// Not what a phone sends.
    Malformed,
    /// The name cannot be one.
    Name,
    /// The Wi-Fi cannot be one.
    Wifi,
}

/// `1 ‖ length ‖ name ‖ length ‖ secret ‖ length ‖ Wi-Fi name ‖ length ‖ passphrase ‖ zeros`.
pub(crate) fn emit_gift(
    name: &Name,
    secret: &[u8],
    wifi: Option<&Wifi>,
) -> Option<Secret<[u8; GIFT_LEN]>> {
    let mut out = Secret::<[u8; GIFT_LEN]>::zeroed();
    let mut writer = Writer::new(out.expose_mut());
    writer.u8(1).ok()?;
    let (network, passphrase) =
        wifi.map_or((&[][..], &[][..]), |wifi| (wifi.name(), wifi.expose_passphrase()));
    for part in [name.as_bytes(), secret, network, passphrase] {
        writer.u8(u8::try_from(part.len()).ok()?).ok()?;
        writer.bytes(part).ok()?;
    }
    Some(out)
}

impl Gift {
    pub(crate) fn parse(message: &Secret<[u8; GIFT_LEN]>) -> Result<Self, NoGift> {
        let mut reader = Reader::new(message.expose());
        let malformed = |_| NoGift::Malformed;
        reader.expect(&[1]).map_err(malformed)?;
        let mut part = || field(&mut reader).ok_or(NoGift::Malformed);
        let (name, secret, network, passphrase) = (part()?, part()?, part()?, part()?);
        let padding = reader.rest();
        if padding.iter().any(|byte| *byte != 0) {
            return Err(NoGift::Malformed);
        }
        let name = core::str::from_utf8(name).ok().and_then(Name::new).ok_or(NoGift::Name)?;
        let wifi = match (network, passphrase) {
            ([], []) => None,
            _ => Some(Wifi::new(network, passphrase).ok_or(NoGift::Wifi)?),
        };
        let mut typed = Secret::<[u8; Entered::MAX]>::zeroed();
        let place = typed.expose_mut().get_mut(..secret.len()).ok_or(NoGift::Malformed)?;
        for (to, from) in place.iter_mut().zip(secret) {
            *to = *from;
        }
        let secret = Entered::take(place).map_err(|_| NoGift::Malformed)?;
        Ok(Self { name, secret, wifi })
    }
}

/// Length of [`Verdict`] in a frame.
pub(crate) const VERDICT_LEN: usize = 24;

/// What the device says inside the encrypted channel.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The channel stands; the phone may give.
    Ready,
    /// Set up: the owner's session.
    Done(SessionToken),
    /// The owner's secret is too weak.
    Weak(WeakSecret),
    /// The name cannot be one.
    Name,
    /// The Wi-Fi cannot be one.
    Wifi,
}

const WEAK: [WeakSecret; 9] = [
    WeakSecret::TooShort,
    WeakSecret::TooLong,
    WeakSecret::NotText,
    WeakSecret::Repetition,
    WeakSecret::Sequence,
    WeakSecret::OnlyDigits,
    WeakSecret::Common,
    WeakSecret::Derived,
    WeakSecret::Unchanged,
];

impl Verdict {
    pub(crate) fn emit(&self) -> Secret<[u8; VERDICT_LEN]> {
        let mut out = Secret::<[u8; VERDICT_LEN]>::zeroed();
        let (kind, rest): (u8, &[u8]) = match self {
            Self::Ready => (1, &[]),
            Self::Done(token) => (2, token.expose()),
            Self::Weak(why) => {
                let place = (1_u8..).zip(WEAK).find(|(_, known)| known == why);
                (3, &[place.map_or(0, |(number, _)| number)])
            }
            Self::Name => (4, &[]),
            Self::Wifi => (5, &[]),
        };
        for (to, from) in out.expose_mut().iter_mut().zip([kind].iter().chain(rest)) {
            *to = *from;
        }
        out
    }

    pub(crate) fn parse(message: &Secret<[u8; VERDICT_LEN]>) -> Option<Self> {
        let (kind, rest) = message.expose().split_first()?;
        let (verdict, padding) = match kind {
            1 => (Self::Ready, rest),
            2 => {
                let (token, padding) = rest.split_first_chunk::<16>()?;
                (Self::Done(SessionToken::received(*token)), padding)
            }
            3 => {
                let (number, padding) = rest.split_first()?;
                let why = WEAK.get(usize::from(*number).checked_sub(1)?)?;
                (Self::Weak(*why), padding)
            }
            4 => (Self::Name, rest),
            5 => (Self::Wifi, rest),
            _ => return None,
        };
        padding.iter().all(|byte| *byte == 0).then_some(verdict)
    }
}

/// Why the device ends a connection. Not authenticated: it tells a person what to do and decides nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// What came is not this protocol, or came out of turn, or too late.
    Malformed,
    /// Too early. Try again after as many milliseconds.
    Wait(u32),
    /// Set-up is closed: too many wrong codes, or on for too long. Someone has to show that they are at the device.
    Closed,
    /// The device has an owner.
    Owned,
    /// The code is wrong.
    Wrong,
    /// The device failed. Switch it off and on.
    Failed,
}

impl Refusal {
    /// `reason ‖ milliseconds, 4 bytes big endian`.
    pub(crate) fn emit(self) -> [u8; 5] {
        let (reason, wait) = match self {
            Self::Malformed => (1, 0),
            Self::Wait(ms) => (2, ms),
            Self::Closed => (3, 0),
            Self::Owned => (4, 0),
            Self::Wrong => (5, 0),
            Self::Failed => (6, 0),
        };
        let [a, b, c, d] = wait.to_be_bytes();
        [reason, a, b, c, d]
    }

    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        let [reason, wait @ ..] = body else { return None };
        let wait = u32::from_be_bytes(wait.try_into().ok()?);
        Some(match (reason, wait) {
            (1, 0) => Self::Malformed,
            (2, ms) => Self::Wait(ms),
            (3, 0) => Self::Closed,
            (4, 0) => Self::Owned,
            (5, 0) => Self::Wrong,
            (6, 0) => Self::Failed,
            _ => return None,
        })
    }
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Malformed => f.write_str("what was sent is not set-up"),
            Self::Wait(ms) => write!(f, "too early: wait {ms} ms"),
            Self::Closed => f.write_str("set-up is closed"),
            Self::Owned => f.write_str("the device has an owner"),
            Self::Wrong => f.write_str("the code is wrong"),
            Self::Failed => f.write_str("the device failed"),
        }
    }
}
