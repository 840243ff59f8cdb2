use super::{HostName, Input, Validated, scan};
use crate::{CodecError, CodecErrorKind, Writer};

/// An address for mail: `local@host.domain`, the plain form of RFC 5322 §3.4.1 without quotes, comments or address literals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contact<'a> {
    local: &'a str,
    domain: HostName<'a>,
}

impl<'a> Contact<'a> {
    /// Returns what stands before the `@`. Upper and lower case may differ there.
    #[must_use]
    pub const fn local(&self) -> &'a str {
        self.local
    }

    /// Returns the domain, of two labels or more.
    #[must_use]
    pub const fn domain(&self) -> HostName<'a> {
        self.domain
    }
}

impl<'a> Input<'a> for Contact<'a> {
    /// RFC 5321 §4.5.3.1.3, without the angle brackets.
    const MAX_LEN: usize = 254;

    fn check(input: &'a [u8]) -> Result<Self, CodecError> {
        let Some((local, domain, domain_at)) = scan::split_once(input, b'@') else {
            return scan::at(CodecErrorKind::TooShort, input.len());
        };
        for (atom, start) in scan::parts(local, b'.') {
            if atom.is_empty() {
                return scan::at(CodecErrorKind::TooShort, start);
            }
            scan::only(atom, start, is_atext)?;
        }
        if local.len() > 64 {
            return scan::at(CodecErrorKind::TooLong, 64);
        }
        let moved = |error| scan::moved(error, domain_at);
        let domain = Validated::<HostName<'_>>::parse(domain).map_err(moved)?.into_inner();
        if domain.labels().count() < 2 {
            return scan::at(CodecErrorKind::TooShort, input.len());
        }
        Ok(Self { local: scan::ascii(local), domain })
    }

    fn emit(&self, writer: &mut Writer<'_>) -> Result<(), CodecError> {
        writer.bytes(self.local.as_bytes())?;
        writer.u8(b'@')?;
        self.domain.emit(writer)
    }
}

const fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'/'
                | b'='
                | b'?'
                | b'^'
                | b'_'
                | b'`'
                | b'{'
                | b'|'
                | b'}'
                | b'~'
        )
}
