//! `gabion image sign`.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, anyhow, bail, ensure};
use clap::ValueEnum;
use ed25519_dalek::Signer;
use gabion_boot::{Advisory, Date, KeySet, Policy, Severity, Version, tlv_type};
use gabion_cli::image::{Draft, KeyFormat, SignatureBytes, verify_slot_content};
use gabion_cli::keys::{self, Private, Public};
use gabion_crypto::{EcdsaP256Sign, Sha256, Software};

use crate::command::{ACCEPTED, number};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Private key, PEM (PKCS #8 or SEC 1).
    #[arg(long, value_name = "PEM", required_unless_present = "signer", conflicts_with = "signer")]
    key: Option<PathBuf>,
    /// External signer: gets the 32 bytes of the hash on stdin, gives the signature on stdout (DER for P-256, 64 bytes for
    /// Ed25519). Words are separated by spaces. Needs --pubkey.
    #[arg(long, value_name = "COMMAND", requires = "pubkey")]
    signer: Option<String>,
    /// Public key of the external signer, PEM.
    #[arg(long, value_name = "PEM", requires = "signer")]
    pubkey: Option<PathBuf>,
    /// Version: MAJOR.MINOR.REVISION+BUILD, the last three optional.
    #[arg(long, value_parser = version)]
    version: Version,
    /// Length of the header with its padding, in bytes.
    #[arg(long, value_name = "N", value_parser = number::parse, default_value = "0x200")]
    header_size: u32,
    /// Add the header before the binary; without it the binary begins with as many zeros.
    #[arg(long)]
    pad_header: bool,
    /// Largest size of the signed image, in bytes.
    #[arg(long, value_name = "N", value_parser = number::parse)]
    max_size: Option<u32>,
    /// Security counter, or `auto` for MAJOR<<24 + MINOR<<16 + REVISION.
    #[arg(long, value_name = "N|auto")]
    security_counter: Option<String>,
    /// Wanted version of another image, as IMAGE:VERSION. May be repeated.
    #[arg(long, value_name = "IMAGE:VERSION", value_parser = dependency)]
    dependency: Vec<(u8, Version)>,
    /// Vendor id, 16 bytes in hexadecimal, dashes allowed.
    #[arg(long, value_name = "UUID", value_parser = uuid)]
    vendor_id: Option<[u8; 16]>,
    /// Class id, 16 bytes in hexadecimal, dashes allowed.
    #[arg(long, value_name = "UUID", value_parser = uuid)]
    class_id: Option<[u8; 16]>,
    /// Address that the binary is linked for, if it runs only there.
    #[arg(long, value_name = "A", value_parser = number::parse)]
    rom_fixed: Option<u32>,
    /// Another protected vendor TLV, as TYPE:HEX. May be repeated.
    #[arg(long, value_name = "TYPE:HEX", value_parser = custom)]
    custom_tlv: Vec<(u16, Vec<u8>)>,
    /// Last day of the support period, YYYY-MM-DD (EN 303 645 5.3-13).
    #[arg(long, value_name = "DATE", value_parser = date)]
    support_end: Option<Date>,
    /// File with the software bill of materials; its SHA-256 is signed.
    #[arg(long, value_name = "FILE")]
    sbom: Option<PathBuf>,
    /// Worst weakness that this version closes.
    #[arg(long, value_name = "SEVERITY")]
    severity: Option<Worst>,
    /// That weakness is known to be used in attacks.
    #[arg(long, requires = "severity")]
    exploited: bool,
    /// How the key is named in the image.
    #[arg(long, value_name = "FORMAT", default_value = "hash")]
    public_key_format: Format,
    /// The firmware binary.
    #[arg(value_name = "INPUT")]
    input: PathBuf,
    /// The signed image.
    #[arg(value_name = "OUTPUT")]
    output: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Hash,
    Full,
}

#[derive(Clone, Copy, ValueEnum)]
enum Worst {
    None,
    Low,
    Medium,
    High,
    Critical,
}

impl Args {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let draft = self.draft()?;
        let (public, signature) = self.sign(&draft.digest()?)?;
        let format = match self.public_key_format {
            Format::Hash => KeyFormat::Hash,
            Format::Full => KeyFormat::Full,
        };
        let image = draft.finish(&public, format, &signature)?;
        // What the device would refuse does not leave this tool.
        let policy = Policy::new(self.max_size.unwrap_or(u32::MAX));
        let _verified = verify_slot_content(&image, KeySet::new(&[public.trust()]), &policy)
            .map_err(|refusal| anyhow!("a device would refuse this image: {refusal}"))?;
        fs::write(&self.output, &image)
            .with_context(|| format!("cannot write {}", self.output.display()))?;
        gabion_cli::say!("signed: version {}, {} bytes", draft.version, image.len());
        Ok(ACCEPTED)
    }

    fn draft(&self) -> anyhow::Result<Draft> {
        let read = |path: &PathBuf| {
            fs::read(path).with_context(|| format!("cannot read {}", path.display()))
        };
        let mut body = read(&self.input)?;
        let header_size = u16::try_from(self.header_size).context("the header is too large")?;
        if !self.pad_header {
            let room = body.get(..usize::from(header_size));
            ensure!(
                room.is_some_and(|room| room.iter().all(|byte| *byte == 0)),
                "the binary does not begin with {header_size} zeros; use --pad-header to add the header"
            );
            body.drain(..usize::from(header_size));
        }
        let mut draft = Draft::new(body, self.version);
        draft.header_size = header_size;
        draft.padding = if self.pad_header { 0xff } else { 0 };
        draft.rom_fixed = self.rom_fixed;
        draft.security_counter = match self.security_counter.as_deref() {
            None => None,
            Some("auto") => {
                let Version { major, minor, revision, .. } = self.version;
                Some(u32::from(major) << 24 | u32::from(minor) << 16 | u32::from(revision))
            }
            Some(text) => Some(number::parse(text).map_err(anyhow::Error::msg)?),
        };
        draft.dependencies.clone_from(&self.dependency);
        draft.vendor_id = self.vendor_id;
        draft.class_id = self.class_id;
        draft.vendor.clone_from(&self.custom_tlv);
        draft.support_end = self.support_end;
        if let Some(path) = &self.sbom {
            draft.sbom_sha256 = Some(Software.sha256(&[&read(path)?]));
        }
        draft.advisory = self.severity.map(|severity| Advisory {
            severity: match severity {
                Worst::None => Severity::None,
                Worst::Low => Severity::Low,
                Worst::Medium => Severity::Medium,
                Worst::High => Severity::High,
                Worst::Critical => Severity::Critical,
            },
            exploited: self.exploited,
        });
        Ok(draft)
    }

    fn sign(&self, digest: &[u8; 32]) -> anyhow::Result<(Public, SignatureBytes)> {
        if let Some(path) = &self.key {
            let key = keys::load_private(path)?;
            let signature = match &key {
                Private::P256(secret) => {
                    SignatureBytes::p256(&Software.p256_sign(secret, digest)?.0)?
                }
                Private::Ed25519(key) => SignatureBytes::Ed25519(key.sign(digest).to_bytes()),
            };
            return Ok((key.public()?, signature));
        }
        let (Some(command), Some(path)) = (&self.signer, &self.pubkey) else {
            bail!("--key, or --signer and --pubkey, are needed");
        };
        let public = keys::load_public(path)?;
        let answer = ask(command, digest)?;
        let signature = match public {
            Public::P256(_) => SignatureBytes::P256Der(answer),
            Public::Ed25519(_) => SignatureBytes::Ed25519(
                answer.try_into().map_err(|_| anyhow!("an Ed25519 signature has 64 bytes"))?,
            ),
        };
        Ok((public, signature))
    }
}

/// Runs the external signer.
fn ask(command: &str, digest: &[u8; 32]) -> anyhow::Result<Vec<u8>> {
    let mut words = command.split_whitespace();
    let program = words.next().context("the signer's command is empty")?;
    let mut child = Command::new(program)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {program}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(digest).context("the signer does not read the hash")?;
    }
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "the signer failed: {}", output.status);
    Ok(output.stdout)
}

fn version(text: &str) -> Result<Version, String> {
    let wrong = || format!("{text} is no version such as 1.2.3+4");
    // Digits alone: the parser of the standard library also takes a sign.
    let number = |digits: &str, most: u32| {
        let digits = Some(digits).filter(|d| d.bytes().all(|byte| byte.is_ascii_digit()));
        digits.and_then(|d| d.parse().ok()).filter(|number| *number <= most).ok_or_else(wrong)
    };
    let (numbers, build) = text.split_once('+').unwrap_or((text, "0"));
    let mut parts = numbers.split('.');
    let mut part = |most: u32| parts.next().map_or(Ok(0), |digits| number(digits, most));
    let (major, minor, revision) = (part(0xff)?, part(0xff)?, part(0xffff)?);
    let build = number(build, u32::MAX)?;
    if parts.next().is_some() {
        return Err(wrong());
    }
    Ok(Version { major: major as u8, minor: minor as u8, revision: revision as u16, build })
}

fn dependency(text: &str) -> Result<(u8, Version), String> {
    let (image, wanted) = text.split_once(':').ok_or("IMAGE:VERSION, such as 1:1.2.3")?;
    let number = number::parse(image).ok().and_then(|number| u8::try_from(number).ok());
    Ok((number.ok_or("an image number is 0 to 255")?, version(wanted)?))
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    let digits: Vec<u32> = text
        .chars()
        .filter(|c| *c != '-')
        .map(|c| c.to_digit(16).ok_or_else(|| format!("{c} is no hexadecimal digit")))
        .collect::<Result<_, _>>()?;
    if !digits.len().is_multiple_of(2) {
        return Err("an odd number of digits".to_owned());
    }
    Ok(digits
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |byte, digit| byte * 16 + *digit as u8))
        .collect())
}

fn uuid(text: &str) -> Result<[u8; 16], String> {
    bytes(text)?.try_into().map_err(|_| "an id has 16 bytes".to_owned())
}

fn custom(text: &str) -> Result<(u16, Vec<u8>), String> {
    let (kind, value) = text.split_once(':').ok_or("TYPE:HEX, such as 0x00a0:0102")?;
    let kind = u16::try_from(number::parse(kind)?).map_err(|_| "a type has 16 bits")?;
    if !tlv_type::is_vendor(kind) {
        return Err("vendor types are xxA0 to xxFE".to_owned());
    }
    Ok((kind, bytes(value)?))
}

fn date(text: &str) -> Result<Date, String> {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return Err("YYYY-MM-DD".to_owned()) };
    if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return Err(format!("{text} is no date such as 2032-02-29"));
    }
    match (year.parse(), month.parse(), day.parse()) {
        (Ok(year), Ok(month), Ok(day)) => Date::new(year, month, day),
        _ => None,
    }
    .ok_or_else(|| format!("{text} is no date from 2000 on"))
}
