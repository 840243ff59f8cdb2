//! The factory: label secrets for a batch of devices, audited as a whole (EN 303 645 5.1-2).

mod entropy;
mod handover;
mod png_sheet;
mod sheet;
mod spill;
mod statistics;

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, bail};
use gabion_crypto::{EcdsaP256Sign, HmacSha256, P256PublicKey, Secret, Software};
use gabion_hal::Entropy;
use gabion_provision::{Label, LabelSecret, Model, Serial};
use serde::Serialize;

pub use entropy::SystemEntropy;
pub use handover::{Closed, Sealer, open};
pub use png_sheet::draw_png_sheet;
pub use sheet::{PER_SHEET, draw_sheet};
use spill::Spill;
use statistics::Statistics;

/// A batch to be made.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The model, on every label.
    pub model: Model,
    /// How many devices.
    pub count: u64,
    /// What else is public and the same for all devices, such as the name of the network that they open.
    pub public: Vec<String>,
}

/// What is stated about a batch. Nothing in it is secret.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The tool and its version.
    pub tool: String,
    /// The model.
    pub model: String,
    /// How many devices.
    pub devices: u64,
    /// The first serial number.
    pub first_serial: String,
    /// The last serial number.
    pub last_serial: String,
    /// Where randomness came from.
    pub random_source: &'static str,
    /// Random symbols of each secret.
    pub random_symbols: usize,
    /// Symbols of the alphabet.
    pub alphabet: usize,
    /// Entropy of each secret in bits, what the audit refuses taken off.
    pub entropy_bits: f64,
    /// Secrets that occur more than once.
    pub duplicate_secrets: u64,
    /// Serial numbers that occur more than once.
    pub duplicate_serials: u64,
    /// Chance that a batch of this size holds any duplicate at all, if all is well.
    pub duplicate_chance: f64,
    /// Standard deviations by which the symbols of the most uneven place are off an even spread.
    pub worst_place_deviation: f64,
    /// Standard deviations by which neighbouring symbols are off independence.
    pub neighbour_deviation: f64,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Whether the batch may be used.
    pub accepted: bool,
}

/// Above as many standard deviations a good source is off once in 10^9 batches.
const MOST_DEVIATION: f64 = 6.0;

impl Batch {
    /// Makes the batch: each label goes to `deliver` as soon as it is made and is then forgotten. `scratch` is a folder for the
    /// audit; what stands there for a while is of no use without a key that is only in memory.
    ///
    /// # Errors
    ///
    /// When randomness, a serial number, `deliver` or the file system fails. Nothing of the batch may be used then.
    pub fn make(
        &self,
        entropy: &mut impl Entropy,
        mut serials: impl Iterator<Item = anyhow::Result<Serial>>,
        scratch: &Path,
        mut deliver: impl FnMut(&Label) -> anyhow::Result<()>,
        mut progress: impl FnMut(u64),
    ) -> anyhow::Result<Report> {
        let started = Instant::now();
        let mut key = gabion_crypto::Secret::<[u8; 32]>::zeroed();
        if entropy.try_fill_bytes(key.expose_mut()).is_err() {
            bail!("no randomness");
        }
        let mut secrets = Spill::new(&scratch.join("secrets"), self.count)?;
        let mut numbers = Spill::new(&scratch.join("serials"), self.count)?;
        let mut statistics = Statistics::default();
        let (mut first, mut last) = (None, None);
        for made in 0..self.count {
            let serial = serials.next().context("fewer serial numbers than devices")??;
            let mut public = vec![self.model.as_bytes(), serial.as_bytes()];
            public.extend(self.public.iter().map(|fact| fact.as_bytes()));
            let secret = LabelSecret::generate(entropy, &public)?;
            let fingerprint = |domain: u8, data: &[u8]| -> u128 {
                let hash = Software.hmac_sha256(key.expose(), &[&[domain], data]);
                u128::from_le_bytes(hash[..16].try_into().unwrap_or_default())
            };
            secrets.push(fingerprint(0, secret.expose()))?;
            numbers.push(fingerprint(1, serial.as_bytes()))?;
            statistics.add(&secret.expose()[..LabelSecret::RANDOM_SYMBOLS]);
            deliver(&Label { model: self.model, serial, secret })?;
            first.get_or_insert(serial);
            last = Some(serial);
            progress(made + 1);
        }
        let (duplicate_secrets, duplicate_serials) = (secrets.duplicates()?, numbers.duplicates()?);
        let (worst_place_deviation, neighbour_deviation) =
            (statistics.worst_place(), statistics.neighbours());
        let devices = self.count;
        let name = |serial: Option<Serial>| serial.map(|s| s.to_string()).unwrap_or_default();
        Ok(Report {
            tool: concat!("gabion ", env!("CARGO_PKG_VERSION")).to_owned(),
            model: self.model.to_string(),
            devices,
            first_serial: name(first),
            last_serial: name(last),
            random_source: "the operating system's",
            random_symbols: LabelSecret::RANDOM_SYMBOLS,
            alphabet: statistics::ALPHABET.len(),
            entropy_bits: f64::from(LabelSecret::MIN_ENTROPY_MILLIBITS) / 1000.0,
            duplicate_secrets,
            duplicate_serials,
            duplicate_chance: (devices as f64).powi(2) / 2.0 / LabelSecret::SPACE as f64,
            worst_place_deviation,
            neighbour_deviation,
            seconds: started.elapsed().as_secs_f64(),
            accepted: duplicate_secrets == 0
                && duplicate_serials == 0
                && worst_place_deviation.abs() < MOST_DEVIATION
                && neighbour_deviation.abs() < MOST_DEVIATION,
        })
    }
}

/// Counts serial numbers up: `prefix` and a number of `digits` digits.
pub fn count_up(
    prefix: &str,
    first: u64,
    digits: usize,
) -> impl Iterator<Item = anyhow::Result<Serial>> {
    (first..).map(move |number| {
        let text = format!("{prefix}{number:0digits$}");
        Serial::new(text.as_bytes()).with_context(|| format!("{text:?} is no serial number"))
    })
}

/// Draws an identity key for a device that has to be given one.
///
/// # Errors
///
/// When the random source fails.
pub fn draw_identity(
    entropy: &mut impl Entropy,
) -> anyhow::Result<(Secret<[u8; 32]>, P256PublicKey)> {
    for _ in 0..4 {
        let mut private = Secret::<[u8; 32]>::zeroed();
        if entropy.try_fill_bytes(private.expose_mut()).is_err() {
            bail!("no randomness");
        }
        // One draw in 2^32 is not below the order of the curve.
        if let Ok(public) = Software.p256_public_key(&private) {
            return Ok((private, public));
        }
    }
    bail!("the random source is stuck")
}

/// Writes what a back end is told of one device: the label, and the public half of an identity key that was injected.
///
/// # Errors
///
/// What `out` says.
pub fn write_hand_over(
    label: &Label,
    identity: Option<&P256PublicKey>,
    out: &mut impl std::io::Write,
) -> std::io::Result<()> {
    let (secret, payload) = (label.secret.grouped(), label.payload());
    write!(
        out,
        r#"{{"model":"{}","serial":"{}","secret":"{secret}","payload":"{}""#,
        label.model,
        label.serial,
        payload.expose()
    )?;
    if let Some(key) = identity {
        write!(out, r#","identity":"{}""#, crate::hex::hex(&key.0))?;
    }
    writeln!(out, "}}")
}

/// Writes what the line has to put into one device: serial number, payload of the label, private identity key.
///
/// # Errors
///
/// What `out` says.
pub fn write_device(
    label: &Label,
    identity: &Secret<[u8; 32]>,
    out: &mut impl std::io::Write,
) -> std::io::Result<()> {
    let payload = label.payload();
    write!(
        out,
        r#"{{"serial":"{}","payload":"{}","identity_private":""#,
        label.serial,
        payload.expose()
    )?;
    for byte in identity.expose() {
        write!(out, "{byte:02x}")?;
    }
    writeln!(out, r#""}}"#)
}

/// Writes one label as a line of NDJSON: `model`, `serial`, `secret` as printed, `payload` of the QR code.
///
/// # Errors
///
/// What `out` says.
pub fn write_ndjson(label: &Label, out: &mut impl std::io::Write) -> std::io::Result<()> {
    // None of the four can hold a character that JSON escapes.
    let (secret, payload) = (label.secret.grouped(), label.payload());
    writeln!(
        out,
        r#"{{"model":"{}","serial":"{}","secret":"{secret}","payload":"{}"}}"#,
        label.model,
        label.serial,
        payload.expose()
    )
}
