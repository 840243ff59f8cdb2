use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Input, scan};
use crate::{CodecError, CodecErrorKind, Writer};

/// An address: IPv4 in four decimal numbers, IPv6 as RFC 4291 §2.2 writes it, without zone. Written as RFC 5952 wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ip(IpAddr);

impl Ip {
    /// Returns the address.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        self.0
    }
}

impl From<IpAddr> for Ip {
    fn from(address: IpAddr) -> Self {
        Self(address)
    }
}

impl<'a> Input<'a> for Ip {
    /// As long as `0000:0000:0000:0000:0000:ffff:255.255.255.255`.
    const MAX_LEN: usize = 45;

    fn check(input: &'a [u8]) -> Result<Self, CodecError> {
        Ok(Self(if input.contains(&b':') {
            IpAddr::V6(Ipv6Addr::from(v6(input)?))
        } else {
            IpAddr::V4(Ipv4Addr::from(v4(input, 0)?))
        }))
    }

    fn emit(&self, writer: &mut Writer<'_>) -> Result<(), CodecError> {
        match self.0 {
            IpAddr::V4(address) => emit_v4(address.octets(), writer),
            IpAddr::V6(address) => emit_v6(&address, writer),
        }
    }
}

fn v4(input: &[u8], start: usize) -> Result<[u8; 4], CodecError> {
    let mut octets = [0; 4];
    let mut parts = scan::parts(input, b'.');
    for octet in &mut octets {
        let end = CodecError::new(CodecErrorKind::TooShort, start.saturating_add(input.len()));
        let (part, offset) = parts.next().ok_or(end)?;
        *octet = scan::decimal(part, start.saturating_add(offset), 255)? as u8;
    }
    match parts.next() {
        None => Ok(octets),
        Some((_, offset)) => {
            scan::at(CodecErrorKind::Trailing, start.saturating_add(offset).saturating_sub(1))
        }
    }
}

/// Groups before and after the one `::`.
fn v6(input: &[u8]) -> Result<[u16; 8], CodecError> {
    let gap = input.windows(2).position(|pair| pair == b"::");
    let (front, back, back_at) = match gap {
        Some(gap) => {
            let after = gap.saturating_add(2);
            (input.get(..gap).unwrap_or_default(), input.get(after..).unwrap_or_default(), after)
        }
        None => (input, &[][..], input.len()),
    };
    let mut groups = [0; 8];
    let allowed = if gap.is_some() { 7 } else { 8 };
    let used = fill(front, 0, gap.is_none(), allowed, &mut groups)?;
    if gap.is_none() {
        return if used == 8 {
            Ok(groups)
        } else {
            scan::at(CodecErrorKind::TooShort, input.len())
        };
    }
    let mut tail = [0; 8];
    let count = fill(back, back_at, true, 7_usize.saturating_sub(used), &mut tail)?;
    let tail = tail.get(..count).unwrap_or_default();
    groups.iter_mut().rev().zip(tail.iter().rev()).for_each(|(to, from)| *to = *from);
    Ok(groups)
}

/// Reads up to `allowed` groups; the last may be an IPv4 address, which counts as two.
fn fill(
    input: &[u8],
    start: usize,
    is_end: bool,
    allowed: usize,
    groups: &mut [u16; 8],
) -> Result<usize, CodecError> {
    if input.is_empty() {
        return Ok(0);
    }
    let mut used = 0_usize;
    for (part, offset) in scan::parts(input, b':') {
        let offset = start.saturating_add(offset);
        let is_last = offset.saturating_add(part.len()) == start.saturating_add(input.len());
        let over = CodecError::new(CodecErrorKind::TooLong, offset);
        let room = groups.get_mut(used..allowed).ok_or(over)?;
        if is_last && is_end && part.contains(&b'.') {
            let [a, b, c, d] = v4(part, offset)?;
            let [high, low, ..] = room else { return Err(over) };
            (*high, *low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            used = used.saturating_add(2);
        } else {
            let [group, ..] = room else { return Err(over) };
            *group = hex_group(part, offset)?;
            used = used.saturating_add(1);
        }
    }
    Ok(used)
}

fn hex_group(part: &[u8], offset: usize) -> Result<u16, CodecError> {
    if part.is_empty() {
        return scan::at(CodecErrorKind::TooShort, offset);
    }
    scan::only(part, offset, |byte| byte.is_ascii_hexdigit())?;
    if part.len() > 4 {
        return scan::at(CodecErrorKind::TooLong, offset.saturating_add(4));
    }
    let digit = |byte: &u8| char::from(*byte).to_digit(16).unwrap_or_default() as u16;
    Ok(part.iter().fold(0, |group, byte| (group << 4) | digit(byte)))
}

fn emit_v4(octets: [u8; 4], writer: &mut Writer<'_>) -> Result<(), CodecError> {
    let mut first = true;
    for octet in octets {
        if !first {
            writer.u8(b'.')?;
        }
        first = false;
        scan::emit_decimal(octet.into(), writer)?;
    }
    Ok(())
}

/// RFC 5952 §4, and §5 for IPv4-mapped addresses.
fn emit_v6(address: &Ipv6Addr, writer: &mut Writer<'_>) -> Result<(), CodecError> {
    if let Some(mapped) = address.to_ipv4_mapped() {
        writer.bytes(b"::ffff:")?;
        return emit_v4(mapped.octets(), writer);
    }
    let groups = address.segments();
    let (gap, length) = longest_zeros(&groups);
    let mut need_colon = false;
    for (group, index) in groups.iter().zip(0_usize..) {
        if index == gap && length > 1 {
            writer.bytes(b"::")?;
            need_colon = false;
        }
        if length > 1 && index >= gap && index < gap.saturating_add(length) {
            continue;
        }
        if need_colon {
            writer.u8(b':')?;
        }
        need_colon = true;
        emit_hex(*group, writer)?;
    }
    Ok(())
}

/// The first of the longest runs of zeros.
fn longest_zeros(groups: &[u16; 8]) -> (usize, usize) {
    let (mut best, mut best_length) = (0, 0);
    let (mut start, mut length) = (0, 0_usize);
    for (group, index) in groups.iter().zip(0..) {
        if *group != 0 {
            length = 0;
            continue;
        }
        if length == 0 {
            start = index;
        }
        length = length.saturating_add(1);
        if length > best_length {
            (best, best_length) = (start, length);
        }
    }
    (best, best_length)
}

fn emit_hex(group: u16, writer: &mut Writer<'_>) -> Result<(), CodecError> {
    let mut started = false;
    for shift in [12, 8, 4, 0] {
        let digit = (group >> shift & 0xf) as u8;
        started |= digit != 0 || shift == 0;
        if started {
            writer.u8(if digit < 10 {
                b'0' | digit
            } else {
                b'a'.wrapping_add(digit.wrapping_sub(10))
            })?;
        }
    }
    Ok(())
}

/// A block of addresses (RFC 4632, RFC 4291 §2.3): an address whose bits behind the prefix are all zero, and the prefix's length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cidr {
    base: Ip,
    prefix: u8,
}

impl Cidr {
    /// Returns the first address of the block.
    #[must_use]
    pub const fn base(&self) -> IpAddr {
        self.base.0
    }

    /// Returns the length of the prefix in bits.
    #[must_use]
    pub const fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Tells whether an address is in the block. An IPv4 address is in no IPv6 block, mapped or not.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let Some(mask) = mask(address, self.prefix) else { return false };
        address.is_ipv4() == self.base.0.is_ipv4() && bits(address) & !mask == bits(self.base.0)
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => u128::from(address),
    }
}

/// The bits behind the prefix.
fn mask(address: IpAddr, prefix: u8) -> Option<u128> {
    let width = if address.is_ipv4() { 32_u32 } else { 128 };
    let host = width.checked_sub(prefix.into())?;
    Some(u128::MAX.checked_shl(host).map_or(u128::MAX, |high| !high))
}

impl<'a> Input<'a> for Cidr {
    const MAX_LEN: usize = Ip::MAX_LEN + 4;

    fn check(input: &'a [u8]) -> Result<Self, CodecError> {
        let Some((address, prefix, at)) = scan::split_once(input, b'/') else {
            return scan::at(CodecErrorKind::TooShort, input.len());
        };
        let base = Ip::check(address)?;
        let width = if base.0.is_ipv4() { 32 } else { 128 };
        let prefix = scan::decimal(prefix, at, width)? as u8;
        // 10.0.0.1/8: the host or its network?
        if mask(base.0, prefix).is_none_or(|mask| bits(base.0) & mask != 0) {
            return scan::at(CodecErrorKind::Ambiguous, at);
        }
        Ok(Self { base, prefix })
    }

    fn emit(&self, writer: &mut Writer<'_>) -> Result<(), CodecError> {
        self.base.emit(writer)?;
        writer.u8(b'/')?;
        scan::emit_decimal(self.prefix.into(), writer)
    }
}
