use core::net::IpAddr;

use super::{HostName, Input, Ip, Validated, http_target, scan};
use crate::{CodecError, CodecErrorKind, Writer};

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority<'a> {
    /// A name.
    Name(HostName<'a>),
    /// An address.
    Ip(IpAddr),
}

/// Where a device connects to: `scheme://host[:port][/path][?query]` (RFC 3986), in the one form that nobody needs to normalise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uri<'a> {
    scheme: &'a str,
    host: Authority<'a>,
    port: Option<u16>,
    /// Path and query.
    target: &'a str,
}

impl<'a> Uri<'a> {
    /// The schemes of [`Validated::parse`]: encrypted and authenticated ones.
    pub const SECURE: [&'static str; 4] = ["https", "mqtts", "coaps", "wss"];

    /// Checks a URI whose scheme is one of the caller's, in lower case.
    ///
    /// # Errors
    ///
    /// As [`Validated::parse`].
    pub fn parse_for(input: &'a [u8], schemes: &[&str]) -> Result<Validated<Self>, CodecError> {
        if input.len() > Self::MAX_LEN {
            return scan::at(CodecErrorKind::TooLong, Self::MAX_LEN);
        }
        Self::check_for(input, schemes).map(Validated::checked)
    }

    fn check_for(input: &'a [u8], schemes: &[&str]) -> Result<Self, CodecError> {
        let Some((scheme, after, start)) = scan::split_once(input, b':') else {
            return scan::at(CodecErrorKind::TooShort, input.len());
        };
        if !schemes.iter().any(|allowed| allowed.as_bytes() == scheme) {
            return scan::at(CodecErrorKind::Unexpected, 0);
        }
        let Some(after) = after.strip_prefix(b"//") else {
            return scan::at(CodecErrorKind::Unexpected, start);
        };
        let start = start.saturating_add(2);
        let end = after.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#'));
        let (authority, target) =
            after.split_at_checked(end.unwrap_or(after.len())).unwrap_or((after, &[]));
        let (host, port) = authority_of(authority, start)?;
        let target_at = start.saturating_add(authority.len());
        http_target::check(target, target_at, true)?;
        Ok(Self { scheme: scan::ascii(scheme), host, port, target: scan::ascii(target) })
    }

    /// Returns the scheme, in lower case.
    #[must_use]
    pub const fn scheme(&self) -> &'a str {
        self.scheme
    }

    /// Returns the host.
    #[must_use]
    pub const fn host(&self) -> Authority<'a> {
        self.host
    }

    /// Returns the port if it is named.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        self.port
    }

    /// Returns the path: empty, or from `/` on. It has no empty, `.` or `..` segments.
    #[must_use]
    pub fn path(&self) -> &'a str {
        http_target::split(self.target).0
    }

    /// Returns what follows the question mark.
    #[must_use]
    pub fn query(&self) -> Option<&'a str> {
        http_target::split(self.target).1
    }
}

/// Host and port; also for the `Host` header.
pub(super) fn authority_of(
    input: &[u8],
    start: usize,
) -> Result<(Authority<'_>, Option<u16>), CodecError> {
    if let Some(place) = input.iter().position(|byte| *byte == b'@') {
        return scan::at(CodecErrorKind::Forbidden, start.saturating_add(place));
    }
    let (host, port) = if let Some(inside) = input.strip_prefix(b"[") {
        let Some((address, port, after)) = scan::split_once(inside, b']') else {
            return scan::at(CodecErrorKind::Truncated, start.saturating_add(input.len()));
        };
        let inside_at = start.saturating_add(1);
        let address = Validated::<Ip>::parse(address).map_err(|e| scan::moved(e, inside_at))?;
        if address.address().is_ipv4() {
            return scan::at(CodecErrorKind::Forbidden, start);
        }
        let port_at = inside_at.saturating_add(after);
        let port = match port {
            [] => None,
            [b':', port @ ..] => Some((port, port_at.saturating_add(1))),
            _ => return scan::at(CodecErrorKind::Forbidden, port_at),
        };
        (Authority::Ip(address.address()), port)
    } else {
        let (host, port) = match scan::split_once(input, b':') {
            Some((host, port, after)) => (host, Some((port, start.saturating_add(after)))),
            None => (input, None),
        };
        let digits = host.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
        let host = if digits && !host.is_empty() {
            let ip = Validated::<Ip>::parse(host).map_err(|e| scan::moved(e, start))?;
            Authority::Ip(ip.address())
        } else {
            let name = Validated::<HostName<'_>>::parse(host).map_err(|e| scan::moved(e, start))?;
            Authority::Name(name.into_inner())
        };
        (host, port)
    };
    let port = match port {
        None => None,
        Some((port, at)) => match scan::decimal(port, at, u16::MAX.into())? as u16 {
            0 => return scan::at(CodecErrorKind::OutOfRange, at),
            port => Some(port),
        },
    };
    Ok((host, port))
}

impl<'a> Input<'a> for Uri<'a> {
    const MAX_LEN: usize = 1024;

    fn check(input: &'a [u8]) -> Result<Self, CodecError> {
        Self::check_for(input, &Self::SECURE)
    }

    fn emit(&self, writer: &mut Writer<'_>) -> Result<(), CodecError> {
        writer.bytes(self.scheme.as_bytes())?;
        writer.bytes(b"://")?;
        match self.host {
            Authority::Name(name) => name.emit(writer)?,
            Authority::Ip(address @ IpAddr::V4(_)) => Ip::from(address).emit(writer)?,
            Authority::Ip(address) => {
                writer.u8(b'[')?;
                Ip::from(address).emit(writer)?;
                writer.u8(b']')?;
            }
        }
        if let Some(port) = self.port {
            writer.u8(b':')?;
            scan::emit_decimal(port.into(), writer)?;
        }
        writer.bytes(self.target.as_bytes())
    }
}
