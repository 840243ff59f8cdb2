use super::uri::{Authority, authority_of};
use super::{Input, Validated, http_target, scan};
use crate::{CodecError, CodecErrorKind, Writer};

/// What a request wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Give it.
    Get,
    /// Say what giving it would say.
    Head,
    /// Take this.
    Post,
    /// This is what it shall be.
    Put,
    /// Change it by this.
    Patch,
    /// Remove it.
    Delete,
    /// Say what is possible.
    Options,
}

const METHODS: [(Method, &[u8]); 7] = [
    (Method::Get, b"GET"),
    (Method::Head, b"HEAD"),
    (Method::Post, b"POST"),
    (Method::Put, b"PUT"),
    (Method::Patch, b"PATCH"),
    (Method::Delete, b"DELETE"),
    (Method::Options, b"OPTIONS"),
];

/// How long the body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Body {
    /// None.
    None,
    /// So many bytes.
    Length(u32),
    /// In chunks, each with its length.
    Chunked,
}

/// The head of a request to a small HTTP/1.1 server (RFC 9112): request line, fields, empty line.
///
/// Everything over which two servers in a row have ever disagreed is refused: two lengths, a length beside chunks, folded or
/// nameless lines, spaces before a colon, bare carriage returns or line feeds, other targets than a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestHead<'a> {
    method: Method,
    target: &'a str,
    /// The field lines, each with its end.
    fields: &'a [u8],
    host: Authority<'a>,
    port: Option<u16>,
    body: Body,
}

impl<'a> RequestHead<'a> {
    /// Most fields.
    pub const MAX_FIELDS: usize = 32;

    /// Finds the head at the front of what arrived; returns it and what follows it.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::Truncated`] while the empty line has not come: read on. [`CodecErrorKind::TooLong`] when it should have
    /// come: answer 431. Else as [`Validated::parse`]: answer 400 and close the connection.
    pub fn parse_front(input: &'a [u8]) -> Result<(Validated<Self>, &'a [u8]), CodecError> {
        let seen = input.get(..Self::MAX_LEN).unwrap_or(input);
        let Some(end) = seen.windows(4).position(|part| part == b"\r\n\r\n") else {
            let kind = if seen.len() < Self::MAX_LEN {
                CodecErrorKind::Truncated
            } else {
                CodecErrorKind::TooLong
            };
            return scan::at(kind, seen.len());
        };
        let (head, rest) = input.split_at_checked(end.saturating_add(4)).unwrap_or((input, &[]));
        Ok((Validated::parse(head)?, rest))
    }

    /// Returns what is wanted.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.method
    }

    /// Returns the path, from `/` on. It has no empty, `.` or `..` segments.
    #[must_use]
    pub fn path(&self) -> &'a str {
        http_target::split(self.target).0
    }

    /// Returns what follows the question mark.
    #[must_use]
    pub fn query(&self) -> Option<&'a str> {
        http_target::split(self.target).1
    }

    /// Returns the host that the client means. Compare it: a browser that was lured here says another.
    #[must_use]
    pub const fn host(&self) -> (Authority<'a>, Option<u16>) {
        (self.host, self.port)
    }

    /// Returns how long the body is.
    #[must_use]
    pub const fn body(&self) -> Body {
        self.body
    }

    /// Returns all fields in the order in which they came.
    #[must_use]
    pub const fn fields(&self) -> Fields<'a> {
        Fields { rest: self.fields, offset: 0 }
    }

    /// Returns the value of the only field of a name; `None` where there is none or more than one.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'a str> {
        let mut found = self.fields().filter(|field| field.name.eq_ignore_ascii_case(name));
        let field = found.next()?;
        if found.next().is_some() { None } else { Some(field.value) }
    }
}

/// A field of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name; upper and lower case are the same.
    pub name: &'a str,
    /// The value, of printable ASCII, without spaces around it.
    pub value: &'a str,
}

/// Fields of a head.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Fields<'a> {
    /// The next field, where it starts and where its value starts.
    fn try_next(&mut self) -> Result<Option<(Field<'a>, usize, usize)>, CodecError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let start = self.offset;
        let line = take_line(&mut self.rest, &mut self.offset)?;
        let colon = line.iter().position(|byte| *byte == b':');
        let name = line.get(..colon.unwrap_or(line.len())).unwrap_or_default();
        // A space in front would be a folded line; one before the colon is dropped by some readers.
        scan::only(name, start, is_token)?;
        let Some(colon) = colon else {
            return scan::at(CodecErrorKind::Unexpected, start.saturating_add(line.len()));
        };
        if name.is_empty() {
            return scan::at(CodecErrorKind::TooShort, start);
        }
        let after = colon.saturating_add(1);
        let raw = line.get(after..).unwrap_or_default();
        scan::only(raw, start.saturating_add(after), |byte| matches!(byte, b'\t' | 0x20..=0x7e))?;
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
        let skipped = raw.iter().take_while(|byte| is_space(byte)).count();
        let mut value = raw.get(skipped..).unwrap_or_default();
        while let [head @ .., b' ' | b'\t'] = value {
            value = head;
        }
        let value_at = start.saturating_add(after).saturating_add(skipped);
        let field = Field { name: scan::ascii(name), value: scan::ascii(value) };
        Ok(Some((field, start, value_at)))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        self.try_next().ok()?.map(|(field, _, _)| field)
    }
}

/// A line up to CR LF, of which neither may stand elsewhere.
fn take_line<'a>(rest: &mut &'a [u8], offset: &mut usize) -> Result<&'a [u8], CodecError> {
    let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
    let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
    let place = offset.saturating_add(end);
    match after {
        [b'\r', b'\n', next @ ..] => {
            *rest = next;
            *offset = place.saturating_add(2);
            Ok(line)
        }
        [] => scan::at(CodecErrorKind::Truncated, place),
        _ => scan::at(CodecErrorKind::Forbidden, place),
    }
}

const fn is_token(byte: u8) -> bool {
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
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

impl<'a> Input<'a> for RequestHead<'a> {
    const MAX_LEN: usize = 4096;

    fn check(input: &'a [u8]) -> Result<Self, CodecError> {
        let (mut rest, mut offset) = (input, 0);
        let line = take_line(&mut rest, &mut offset)?;
        let Some((word, line, target_at)) = scan::split_once(line, b' ') else {
            return scan::at(CodecErrorKind::TooShort, line.len());
        };
        let method = METHODS.iter().find(|(_, name)| *name == word);
        let Some((method, _)) = method else { return scan::at(CodecErrorKind::Unexpected, 0) };
        let Some((target, version, after)) = scan::split_once(line, b' ') else {
            return scan::at(CodecErrorKind::TooShort, target_at.saturating_add(line.len()));
        };
        http_target::check(target, target_at, false)?;
        if version != b"HTTP/1.1" {
            return scan::at(CodecErrorKind::Unexpected, target_at.saturating_add(after));
        }
        let Some(fields) = rest.strip_suffix(b"\r\n") else {
            return scan::at(CodecErrorKind::Truncated, input.len());
        };
        let mut seen = Seen::default();
        let mut walk = Fields { rest: fields, offset };
        let mut count = 0_usize;
        while let Some((field, start, value_at)) = walk.try_next()? {
            if count >= Self::MAX_FIELDS {
                return scan::at(CodecErrorKind::OverBudget, start);
            }
            count = count.saturating_add(1);
            seen.take(&field, start, value_at)?;
        }
        let Some((host, port)) = seen.host else {
            return scan::at(CodecErrorKind::Missing, input.len());
        };
        let target = scan::ascii(target);
        let body = seen.body.unwrap_or(Body::None);
        Ok(Self { method: *method, target, fields, host, port, body })
    }

    /// Writes each field with one space behind its colon.
    fn emit(&self, writer: &mut Writer<'_>) -> Result<(), CodecError> {
        let name = METHODS.iter().find(|(method, _)| *method == self.method);
        writer.bytes(name.map_or(&b"GET"[..], |(_, name)| name))?;
        writer.u8(b' ')?;
        writer.bytes(self.target.as_bytes())?;
        writer.bytes(b" HTTP/1.1\r\n")?;
        for field in self.fields() {
            writer.bytes(field.name.as_bytes())?;
            writer.bytes(b": ")?;
            writer.bytes(field.value.as_bytes())?;
            writer.bytes(b"\r\n")?;
        }
        writer.bytes(b"\r\n")
    }
}

/// The fields that decide where a request goes and where it ends.
#[derive(Default)]
struct Seen<'a> {
    host: Option<(Authority<'a>, Option<u16>)>,
    body: Option<Body>,
}

impl<'a> Seen<'a> {
    fn take(&mut self, field: &Field<'a>, start: usize, value_at: usize) -> Result<(), CodecError> {
        let is = |name: &str| field.name.eq_ignore_ascii_case(name);
        let value = field.value.as_bytes();
        if is("host") {
            if self.host.is_some() {
                return scan::at(CodecErrorKind::Duplicate, start);
            }
            self.host = Some(authority_of(value, value_at)?);
        } else if is("content-length") || is("transfer-encoding") {
            // The second of either kind: two lengths, or a length beside chunks (RFC 9112 §6.3, §11.2).
            if self.body.is_some() {
                return scan::at(CodecErrorKind::Ambiguous, start);
            }
            self.body = Some(if is("content-length") {
                Body::Length(scan::decimal(value, value_at, u32::MAX.into())? as u32)
            } else if value == b"chunked" {
                Body::Chunked
            } else {
                return scan::at(CodecErrorKind::Unexpected, value_at);
            });
        }
        Ok(())
    }
}
