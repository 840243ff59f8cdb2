use super::{Input, scan, unicode};
use crate::{CodecError, CodecErrorKind, Writer};

/// What is published under (MQTT 5.0 §4.7): levels between slashes, no wildcards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TopicName<'a>(&'a str);

/// What is subscribed to: a topic in which `+` may stand for a level and `#` for all that follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TopicFilter<'a>(&'a str);

impl<'a> TopicName<'a> {
    /// Returns the text.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }
}

impl<'a> TopicFilter<'a> {
    /// Returns the text.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }

    /// Tells whether a topic is covered. Wildcards in the first level do not cover topics that begin with `$` (§4.7.2).
    #[must_use]
    pub fn matches(&self, topic: &TopicName<'_>) -> bool {
        let (filter, topic) = (self.0.as_bytes(), topic.0.as_bytes());
        if topic.first() == Some(&b'$') && matches!(filter.first(), Some(b'+' | b'#')) {
            return false;
        }
        let mut levels = topic.split(|byte| *byte == b'/');
        for wanted in filter.split(|byte| *byte == b'/') {
            match (wanted, levels.next()) {
                (b"#", _) => return true,
                (b"+", Some(_)) => {}
                (wanted, Some(level)) if wanted == level => {}
                _ => return false,
            }
        }
        levels.next().is_none()
    }
}

/// Text without characters that a broker may close the connection over (§1.5.4).
fn check_text(input: &[u8]) -> Result<&str, CodecError> {
    if input.is_empty() {
        return scan::at(CodecErrorKind::TooShort, 0);
    }
    let text = scan::text(input)?;
    match text.char_indices().find(|(_, c)| c.is_control() || unicode::is_noncharacter(*c)) {
        None => Ok(text),
        Some((place, _)) => scan::at(CodecErrorKind::Forbidden, place),
    }
}

impl<'a> Input<'a> for TopicName<'a> {
    const MAX_LEN: usize = 65_535;

    fn check(input: &'a [u8]) -> Result<Self, CodecError> {
        let text = check_text(input)?;
        scan::only(input, 0, |byte| !matches!(byte, b'+' | b'#'))?;
        Ok(Self(text))
    }

    fn emit(&self, writer: &mut Writer<'_>) -> Result<(), CodecError> {
        writer.bytes(self.0.as_bytes())
    }
}

impl<'a> Input<'a> for TopicFilter<'a> {
    const MAX_LEN: usize = 65_535;

    fn check(input: &'a [u8]) -> Result<Self, CodecError> {
        let text = check_text(input)?;
        for (level, start) in scan::parts(input, b'/') {
            let end = start.saturating_add(level.len());
            match level {
                b"+" => {}
                b"#" if end == input.len() => {}
                _ => scan::only(level, start, |byte| !matches!(byte, b'+' | b'#'))?,
            }
        }
        // A shared subscription names a group and a filter (§4.8.2).
        if let Some(rest) = input.strip_prefix(b"$share/") {
            match scan::split_once(rest, b'/') {
                Some((group, filter, _)) if !group.is_empty() && !filter.is_empty() => {
                    scan::only(group, 7, |byte| !matches!(byte, b'+' | b'#'))?;
                }
                _ => return scan::at(CodecErrorKind::TooShort, 7),
            }
        }
        Ok(Self(text))
    }

    fn emit(&self, writer: &mut Writer<'_>) -> Result<(), CodecError> {
        writer.bytes(self.0.as_bytes())
    }
}
