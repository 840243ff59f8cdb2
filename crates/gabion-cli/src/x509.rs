//! Certificate chains, judged on the host exactly as a device would.

use anyhow::{Context, bail, ensure};
use gabion_crypto::Software;
use gabion_hal::{TimeQuality, WallTime};
use gabion_link::x509::{
    Host, Now, PathError, Peer, Pin, PinMatch, Pins, Policy, Refusal, TimeFloor, TrustAnchor,
    UnixTime, hazmat, verify_path,
};

/// The longest path that the host tool follows, root not counted.
pub const DEPTH: usize = 8;
/// The signature checks that it spends on one chain.
pub const SIGNATURE_CHECKS: u8 = 32;

/// What to judge, and by what.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The certificates that are trusted, in DER.
    pub roots: &'a [Vec<u8>],
    /// What the peer sent, its own certificate first, in DER.
    pub chain: &'a [Vec<u8>],
    /// The host that was meant.
    pub host: &'a str,
    /// The time to judge at.
    pub time: UnixTime,
    /// The keys of which one must occur; none: every key will do.
    pub pins: &'a [Pin],
}

/// An accepted chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The number of the root, or `None` for a certificate that is a root itself and pinned.
    pub root: Option<usize>,
    /// How many of the certificates that were sent the path has.
    pub length: usize,
    /// Which pin was found.
    pub pin: Option<PinMatch>,
}

/// A refused chain or root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// None of the roots can be used; the reason of the first.
    NoRoot(Refusal),
    /// The chain is not acceptable.
    Chain(PathError),
}

impl core::fmt::Display for Refused {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NoRoot(reason) => write!(f, "{}: no usable root: {reason}", reason.name()),
            Self::Chain(error @ PathError::Refused { reason, .. }) => {
                write!(f, "{}: {error}", reason.name())
            }
            Self::Chain(error) => write!(f, "{error}"),
        }
    }
}

impl Request<'_> {
    /// Judges the chain. Roots that are no certificates are passed over, as in a bundle with keys of every kind.
    ///
    /// # Errors
    ///
    /// When the host is no host or there is no root: nothing was judged then.
    pub fn judge(&self) -> anyhow::Result<Result<Accepted, Refused>> {
        ensure!(!self.roots.is_empty(), "no root was given");
        let host = Host::parse(self.host).with_context(|| format!("host {:?}", self.host))?;
        let mut first_reason = None;
        let mut anchors = Vec::new();
        let mut numbers = Vec::new();
        for (number, root) in self.roots.iter().enumerate() {
            match TrustAnchor::from_certificate(root) {
                Ok(anchor) => {
                    anchors.push(anchor);
                    numbers.push(number);
                }
                Err(reason) => drop(first_reason.get_or_insert(reason)),
            }
        }
        if let (true, Some(reason)) = (anchors.is_empty(), first_reason) {
            return Ok(Err(Refused::NoRoot(reason)));
        }

        let exact = self.exact();
        let mut policy =
            Policy::new(&anchors).with_exact(&exact).with_signature_checks(SIGNATURE_CHECKS);
        let mut distinct = self.pins.to_vec();
        distinct.dedup();
        policy = match distinct[..] {
            [] => policy,
            [one] => policy.with_pins(hazmat::pin_without_backup(one)),
            [current, backup, ref more @ ..] => policy.with_pins(Pins::new(current, backup, more)?),
        };
        // Whoever runs the tool is trusted to know the time; the floor of a tool is the beginning of it.
        let unix_seconds = u64::try_from(self.time.0).context("a time before 1970")?;
        let wall = WallTime { unix_seconds, quality: TimeQuality::Authenticated };
        let now = Now::new(TimeFloor::new(UnixTime(0)), Some(wall));
        let presented: Vec<&[u8]> = self.chain.iter().map(Vec::as_slice).collect();
        let verdict =
            verify_path::<DEPTH>(&Software, &policy, &now, &Peer::Server(host), &presented);
        Ok(match verdict {
            Ok(peer) => Ok(Accepted {
                root: peer.anchor().map(|number| numbers[number]),
                length: peer.path_length(),
                pin: peer.pin(),
            }),
            Err(error) => Err(Refused::Chain(error)),
        })
    }

    /// The peer's own certificate is trusted for itself only when it is a root *and* its key is pinned.
    fn exact(&self) -> Vec<[u8; 32]> {
        use gabion_crypto::Sha256;
        let is_pinned = |root: &Vec<u8>| {
            gabion_link::x509::CertificateView::parse(root)
                .is_ok_and(|own| self.pins.contains(&Pin::of(&Software, own.key_info())))
        };
        self.chain
            .first()
            .filter(|own| self.roots.contains(own) && is_pinned(own))
            .map(|own| Software.sha256(&[own]))
            .into_iter()
            .collect()
    }
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";

/// Reads every certificate of a PEM file, in order. Text between them is passed over; anything else in PEM is not.
///
/// # Errors
///
/// When there is no certificate, or something that is no certificate, or no valid base64.
pub fn certificates(pem: &[u8]) -> anyhow::Result<Vec<Vec<u8>>> {
    let text = String::from_utf8_lossy(pem);
    let mut found = Vec::new();
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let Some(label) = line.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix("-----"))
        else {
            continue;
        };
        ensure!(label == "CERTIFICATE", "a {label} where a CERTIFICATE should be");
        let mut base64 = String::new();
        loop {
            match lines.next() {
                None => bail!("a certificate is cut off"),
                Some(line) if line.starts_with(END) => break,
                Some(line) => base64.push_str(line),
            }
        }
        found.push(decode(&base64).context("a certificate is not in base64")?);
    }
    ensure!(!found.is_empty(), "no certificate in PEM");
    Ok(found)
}

/// Reads base64 of any line length by the strict reader of PEM.
fn decode(base64: &str) -> anyhow::Result<Vec<u8>> {
    ensure!(base64.is_ascii(), "not ASCII");
    let mut pem = format!("{BEGIN}X-----\n");
    for line in base64.as_bytes().chunks(64) {
        pem.push_str(core::str::from_utf8(line)?);
        pem.push('\n');
    }
    pem.push_str("-----END X-----\n");
    let (_, bytes) = pem_rfc7468::decode_vec(pem.as_bytes()).map_err(anyhow::Error::msg)?;
    Ok(bytes)
}

/// Reads the SHA-256 of a SubjectPublicKeyInfo: 64 hexadecimal digits, with colons or without, or base64, perhaps behind
/// `sha256/` or `sha256//`.
///
/// # Errors
///
/// When it is neither.
pub fn pin(text: &str) -> anyhow::Result<Pin> {
    let prefixes = ["sha256//", "sha256/", "sha256:"];
    let bare = prefixes.iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text);
    let digits: Option<Vec<u8>> = bare
        .chars()
        .filter(|c| *c != ':')
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let bytes = match digits {
        Some(digits) if digits.len() == 64 => {
            digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
        }
        _ => decode(bare).unwrap_or_default(),
    };
    let hash = bytes.try_into().map_err(|_| anyhow::anyhow!("{text:?} is no SHA-256"))?;
    Ok(Pin(hash))
}

/// Reads an RFC 3339 time, such as `2026-11-24T08:00:00Z` or `2026-11-24T09:00:00+01:00`; fractions are cut off.
///
/// # Errors
///
/// When it is none, or second 60.
pub fn time(text: &str) -> anyhow::Result<UnixTime> {
    read_time(text).with_context(|| format!("{text:?} is no RFC 3339 time"))
}

fn read_time(text: &str) -> Option<UnixTime> {
    let number = |digits: &str| {
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<u16>().ok()).flatten()
    };
    let small = |digits: &str| number(digits).and_then(|n| u8::try_from(n).ok());
    let (date, zone) = text.split_at_checked(19)?;
    let separator =
        |at: usize, allowed: &str| date.get(at..=at).is_some_and(|c| allowed.contains(c));
    let separated = separator(4, "-")
        && separator(7, "-")
        && separator(10, "Tt ")
        && separator(13, ":")
        && separator(16, ":");
    if !separated {
        return None;
    }
    let clock = [small(date.get(11..13)?)?, small(date.get(14..16)?)?, small(date.get(17..19)?)?];
    let local = UnixTime::from_utc(
        number(date.get(0..4)?)?,
        small(date.get(5..7)?)?,
        small(date.get(8..10)?)?,
        clock,
    )?;
    let zone = match zone.strip_prefix('.') {
        None => zone,
        Some(fraction) => match fraction.trim_start_matches(|c: char| c.is_ascii_digit()) {
            rest if rest.len() == fraction.len() => return None,
            rest => rest,
        },
    };
    let offset = match zone {
        "Z" | "z" => 0,
        _ => {
            let sign = match zone.get(0..1)? {
                "+" => 1,
                "-" => -1,
                _ => return None,
            };
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            if hours.len() != 2 || minutes.len() != 2 {
                return None;
            }
            let (hours, minutes) = (small(hours)?, small(minutes)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            sign * (i64::from(hours) * 3600 + i64::from(minutes) * 60)
        }
    };
    Some(UnixTime(local.0 - offset))
}
