//! Names of hosts: syntax, and the comparison of a certificate's names with the one that was asked for (RFC 9525).

use core::net::IpAddr;

use crate::x509::{GeneralName, Names};

/// The host that the device means to reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host<'a> {
    /// A DNS name, in ASCII (A-labels), without a final dot.
    Dns(DnsName<'a>),
    /// An address. It is compared with addresses in the certificate, never with DNS names.
    Ip(IpAddr),
}

/// A well-formed DNS name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DnsName<'a>(&'a str);

/// The text is neither a DNS name nor an address. Fix the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAHost;

impl core::fmt::Display for NotAHost {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("neither a DNS name nor an address")
    }
}

impl core::error::Error for NotAHost {}

impl<'a> Host<'a> {
    /// Reads a DNS name or an address.
    ///
    /// # Errors
    ///
    /// [`NotAHost`]: empty, not ASCII, a wildcard, an empty label or one of more than 63 bytes, more than 253 bytes, or all
    /// digits at the end without being an address (`127.1`).
    ///
    /// # Examples
    ///
    /// ```
    /// use gabion_link::x509::Host;
    ///
    /// assert!(Host::parse("fleet.example.com").is_ok());
    /// assert!(matches!(Host::parse("2001:db8::1"), Ok(Host::Ip(_))));
    /// assert!(Host::parse("*.example.com").is_err());
    /// assert!(Host::parse("127.1").is_err());
    /// ```
    pub fn parse(text: &'a str) -> Result<Self, NotAHost> {
        match text.parse() {
            Ok(address) => Ok(Self::Ip(address)),
            Err(_) => Self::dns(text),
        }
    }

    /// Takes a DNS name: for a device that knows its host as a constant, and needs no reader for addresses.
    ///
    /// # Errors
    ///
    /// [`NotAHost`], as [`parse`](Self::parse), and for addresses.
    pub fn dns(name: &'a str) -> Result<Self, NotAHost> {
        // Resolvers know names with underscores. Certificates do not (RFC 5280 §4.2.1.6), so such a host is never matched.
        if dns_syntax(name, |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
            Ok(Self::Dns(DnsName(name)))
        } else {
            Err(NotAHost)
        }
    }

    /// Whether one of a certificate's names covers this host.
    pub(crate) fn is_among(&self, mut names: Names<'_>) -> bool {
        match self {
            Self::Dns(host) => {
                names.any(|name| matches!(name, GeneralName::Dns(name) if covers(name, host)))
            }
            Self::Ip(IpAddr::V4(host)) => names.any(|name| name == GeneralName::Ip(&host.octets())),
            Self::Ip(IpAddr::V6(host)) => names.any(|name| name == GeneralName::Ip(&host.octets())),
        }
    }
}

impl<'a> DnsName<'a> {
    /// Returns the name as it was given.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }
}

/// Whether a certificate may carry `name` as a dNSName: RFC 1034 §3.5 and RFC 1123 §2.1, one `*` as the whole leftmost label.
pub(crate) fn is_presentable(name: &str) -> bool {
    is_preferred(name.strip_prefix("*.").unwrap_or(name))
}

/// Whether `name` has the preferred syntax: letters, digits and inner hyphens.
pub(crate) fn is_preferred(name: &str) -> bool {
    dns_syntax(name, |b| b.is_ascii_alphanumeric() || b == b'-')
}

// From here on in bytes, not in `str`: searching a `str` links panics of its own into the firmware.

fn dns_syntax(name: &str, allowed: impl Fn(u8) -> bool) -> bool {
    let label = |label: &[u8]| {
        matches!(label.len(), 1..=63)
            && label.iter().all(|byte| allowed(*byte))
            && label.first() != Some(&b'-')
            && label.last() != Some(&b'-')
    };
    let mut labels = name.as_bytes().split(|byte| *byte == b'.');
    // No top-level domain is a number: what ends in one is an address that went astray.
    let is_number = |label: &[u8]| label.iter().all(u8::is_ascii_digit);
    name.len() <= 253 && labels.clone().all(label) && !labels.next_back().is_some_and(is_number)
}

/// What stands behind the first dot.
fn parent(name: &[u8]) -> Option<&[u8]> {
    let dot = name.iter().position(|byte| *byte == b'.')?;
    name.get(dot.saturating_add(1)..)
}

/// Whether the name that a certificate presents covers `host`. A wildcard stands for exactly one label and never sits right
/// below a single one: `*.com` covers nothing.
fn covers(presented: &str, host: &DnsName<'_>) -> bool {
    let host = host.0.as_bytes();
    match presented.as_bytes().strip_prefix(b"*.") {
        None => presented.as_bytes().eq_ignore_ascii_case(host),
        Some(domain) => {
            domain.contains(&b'.') && parent(host).is_some_and(|up| up.eq_ignore_ascii_case(domain))
        }
    }
}

/// Whether `name` is `base` or below it. An empty base holds every name (RFC 5280 §4.2.1.10).
pub(crate) fn is_within(name: &str, base: &str) -> bool {
    let (name, base) = (name.as_bytes(), base.as_bytes());
    let Some(start) = name.len().checked_sub(base.len()) else { return false };
    let Some((before, end)) = name.split_at_checked(start) else { return false };
    base.is_empty() || (end.eq_ignore_ascii_case(base) && matches!(before, [] | [.., b'.']))
}

/// Whether `name`, or for a wildcard any name that it covers, is within `base`.
pub(crate) fn may_reach(name: &str, base: &str) -> bool {
    is_within(name, base)
        || name.as_bytes().strip_prefix(b"*.").is_some_and(|domain| {
            parent(base.as_bytes()).is_some_and(|up| up.eq_ignore_ascii_case(domain))
        })
}
