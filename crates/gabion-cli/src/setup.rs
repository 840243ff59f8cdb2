//! The phone of a device's first set-up: proves the label's code over any byte stream, then gives owner and Wi-Fi
//! (`docs/spec/setup.md`).

mod link;
mod typed;

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use gabion_auth::Name;
use gabion_crypto::Software;
use gabion_provision::{Label, LabelSecret, Model, Serial};
use gabion_setup::{Language, Next, Outbox, Phone, PhoneError, Refusal, Wifi, say_wait, say_weak};

use crate::provision::SystemEntropy;
pub use link::{Link, serial, tcp};
pub use typed::Typed;

/// What stands on the label: its code, and model and serial number where the whole payload was scanned.
pub struct Scanned {
    /// The code.
    pub code: LabelSecret,
    /// Model and serial number.
    pub device: Option<(Model, Serial)>,
}

impl Scanned {
    /// Takes the text of the QR code or the code as it is printed. The buffer is wiped.
    ///
    /// # Errors
    ///
    /// When it is no label: a misread character is found here and costs no attempt.
    pub fn take(text: &mut [u8]) -> anyhow::Result<Self> {
        let spaces = |b: &u8| b.is_ascii_whitespace();
        let start = text.iter().position(|b| !spaces(b)).unwrap_or(text.len());
        let end = text.iter().rposition(|b| !spaces(b)).map_or(start, |last| last + 1);
        let text = &mut text[start..end];
        if text.starts_with(b"GABION:") {
            let Label { model, serial, secret } = Label::parse(text).context("the label")?;
            return Ok(Self { code: secret, device: Some((model, serial)) });
        }
        let code = LabelSecret::parse(text).context("the label's code")?;
        Ok(Self { code, device: None })
    }

    fn copy(&self) -> anyhow::Result<LabelSecret> {
        let mut code = *self.code.expose();
        Ok(LabelSecret::parse(&mut code)?)
    }
}

/// Asks for what a person gives, and tells the person what is wrong with it.
pub trait Person {
    /// Gives the owner's secret. `why` says what was wrong with the last one; `None` gives up.
    ///
    /// # Errors
    ///
    /// When nothing can be read from the person.
    fn secret(&mut self, why: Option<&str>) -> anyhow::Result<Option<Typed>>;
    /// Hears what goes on.
    fn hears(&mut self, what: &str);
}

/// How set-up ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The device has the owner that it was given.
    Owned {
        /// Model and serial number, proved by the label's code.
        device: String,
    },
    /// It has not; why, for a person.
    Refused(String),
}

/// Sets a device up: connects, waits when the device asks for it, proves the label, gives owner and Wi-Fi.
///
/// # Errors
///
/// When the connection cannot be made or breaks, or the time is over.
pub fn set_up(
    connect: &mut dyn FnMut(Duration) -> anyhow::Result<Box<dyn Link>>,
    scanned: &Scanned,
    name: &Name,
    wifi: Option<&Wifi>,
    person: &mut dyn Person,
    timeout: Duration,
) -> anyhow::Result<Ended> {
    let until = Instant::now() + timeout;
    loop {
        let mut link = connect(timeout)?;
        match talk(link.as_mut(), scanned, name, wifi, person, timeout)? {
            Ok(ended) => return Ok(ended),
            Err(PhoneError::Refused(Refusal::Wait(ms))) => {
                let wait = Duration::from_millis(ms.into());
                let mut words = String::new();
                say_wait(ms, Language::English, &mut words)?;
                if Instant::now() + wait > until {
                    return Ok(Ended::Refused(words));
                }
                person.hears(&words);
                drop(link);
                std::thread::sleep(wait);
            }
            Err(why) => return Ok(Ended::Refused(explain(why).to_owned())),
        }
    }
}

/// One connection.
fn talk(
    link: &mut dyn Link,
    scanned: &Scanned,
    name: &Name,
    wifi: Option<&Wifi>,
    person: &mut dyn Person,
    timeout: Duration,
) -> anyhow::Result<Result<Ended, PhoneError>> {
    let mut out = Outbox::new();
    let mut phone = Phone::start(Software, scanned.copy()?, scanned.device, &mut out);
    let mut entropy = SystemEntropy::default();
    let mut why: Option<&str> = None;
    loop {
        link.write_all(out.bytes()).and_then(|()| link.flush()).context("the connection")?;
        let next = match answer(link, &mut phone, &mut entropy, &mut out, timeout)? {
            Ok(next) => next,
            Err(why) => return Ok(Err(why)),
        };
        match next {
            Next::Send | Next::More => continue,
            Next::Done(_) => return Ok(Ok(Ended::Owned { device: called(&phone) })),
            Next::Give => person.hears(&format!("{} knows this label.", called(&phone))),
            Next::Weak(reason) => why = Some(say_weak(reason, Language::English)),
            Next::Name => bail!("the device does not take the name"),
            Next::Wifi => bail!("the device does not take the Wi-Fi"),
        }
        let Some(secret) = person.secret(why)? else {
            let why = why.unwrap_or("No password was given.").to_owned();
            return Ok(Ok(Ended::Refused(why)));
        };
        if phone.give(name, secret.bytes(), wifi, &mut out).is_err() {
            bail!("the password is too long");
        }
    }
}

/// Reads until a frame is whole.
fn answer(
    link: &mut dyn Link,
    phone: &mut Phone<Software>,
    entropy: &mut SystemEntropy,
    out: &mut Outbox,
    timeout: Duration,
) -> anyhow::Result<Result<Next, PhoneError>> {
    let until = Instant::now() + timeout;
    let mut bytes = [0; 512];
    loop {
        if Instant::now() >= until {
            bail!("the device does not answer");
        }
        let read = match link.read(&mut bytes) {
            Ok(0) => bail!("the device hung up"),
            Ok(read) => read,
            Err(e) if is_only_late(&e) => continue,
            Err(e) => return Err(e).context("the connection"),
        };
        match phone.receive(entropy, &bytes[..read], out) {
            Ok(Next::More) => {}
            other => return Ok(other),
        }
    }
}

fn is_only_late(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

fn called(phone: &Phone<Software>) -> String {
    phone.device().map_or_else(String::new, |(model, serial)| format!("{model} {serial}"))
}

/// What a person can do about it.
fn explain(why: PhoneError) -> &'static str {
    match why {
        PhoneError::NotThisLabel | PhoneError::Refused(Refusal::Wrong) => {
            "The code is not this device's. Please look at the label again."
        }
        PhoneError::AnotherDevice => "This is another device than the one whose label was scanned.",
        PhoneError::Refused(Refusal::Closed) => {
            "Set-up is closed. Press the button on the device, or switch it off and on, and try again."
        }
        PhoneError::Refused(Refusal::Owned) => {
            "The device has an owner. A factory reset makes it free again."
        }
        PhoneError::Refused(Refusal::Failed) => {
            "The device reports a fault. Switch it off and on and try again."
        }
        _ => "The other side does not speak gabion's set-up.",
    }
}
