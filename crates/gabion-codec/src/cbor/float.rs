//! Floating-point numbers of 16, 32 and 64 bits (IEEE 754), by their bits: no floating-point code in firmware for this.

/// The widths of the parts of a number.
#[derive(Clone, Copy)]
struct Format {
    exponent: u32,
    fraction: u32,
}

const HALF: Format = Format { exponent: 5, fraction: 10 };
const SINGLE: Format = Format { exponent: 8, fraction: 23 };
const DOUBLE: Format = Format { exponent: 11, fraction: 52 };

/// The one NaN.
pub(super) const NAN: u16 = 0x7e00;

impl Format {
    const fn all_ones(self) -> u64 {
        ones(self.exponent)
    }

    const fn bias(self) -> i64 {
        (self.all_ones() >> 1) as i64
    }

    /// Sign, exponent field, fraction field.
    const fn split(self, bits: u64) -> (u64, u64, u64) {
        let above = bits >> self.fraction;
        (above >> self.exponent & 1, above & self.all_ones(), bits & ones(self.fraction))
    }

    const fn join(self, sign: u64, exponent: u64, fraction: u64) -> u64 {
        (sign << self.exponent | exponent) << self.fraction | fraction
    }
}

const fn ones(count: u32) -> u64 {
    (1_u64 << count).wrapping_sub(1)
}

/// The number in a narrower format, if it has the same value there. `None` for every NaN.
fn narrowed(bits: u64, from: Format, to: Format) -> Option<u64> {
    let (sign, exponent, fraction) = from.split(bits);
    if exponent == from.all_ones() {
        return (fraction == 0).then(|| to.join(sign, to.all_ones(), 0));
    }
    if exponent == 0 {
        // Zero, or too small for any narrower format.
        return (fraction == 0).then(|| to.join(sign, 0, 0));
    }
    let power = (exponent as i64).wrapping_sub(from.bias());
    let smallest = 1_i64.wrapping_sub(to.bias());
    if power > to.bias() {
        return None;
    }
    let narrower = i64::from(from.fraction.wrapping_sub(to.fraction));
    let (drop, exponent, fraction) = if power >= smallest {
        (narrower, power.wrapping_add(to.bias()) as u64, fraction)
    } else {
        // Subnormal there: the leading one goes into the fraction.
        let below = smallest.wrapping_sub(power);
        (narrower.wrapping_add(below), 0, fraction | 1 << from.fraction)
    };
    let drop = u32::try_from(drop).ok().filter(|drop| *drop <= from.fraction)?;
    (fraction & ones(drop) == 0).then(|| to.join(sign, exponent, fraction >> drop))
}

/// The number as 64 bits.
fn widened(bits: u64, from: Format) -> u64 {
    let (sign, exponent, fraction) = from.split(bits);
    let wider = DOUBLE.fraction.wrapping_sub(from.fraction);
    if exponent == from.all_ones() {
        return DOUBLE.join(sign, DOUBLE.all_ones(), fraction << wider);
    }
    let bias = DOUBLE.bias().wrapping_sub(from.bias());
    if exponent > 0 {
        return DOUBLE.join(sign, exponent.wrapping_add(bias as u64), fraction << wider);
    }
    if fraction == 0 {
        return DOUBLE.join(sign, 0, 0);
    }
    // Subnormal: shift the leading one out of the fraction.
    let shift = fraction.leading_zeros().wrapping_sub(63_u32.wrapping_sub(from.fraction));
    let fraction = fraction << shift & ones(from.fraction);
    let exponent = bias.wrapping_add(1).wrapping_sub(i64::from(shift));
    DOUBLE.join(sign, exponent as u64, fraction << wider)
}

/// Tells whether 16 bits are a number, an infinity or the one NaN.
pub(super) fn is_shortest_half(bits: u16) -> bool {
    let (_, exponent, fraction) = HALF.split(bits.into());
    exponent != HALF.all_ones() || fraction == 0 || bits == NAN
}

/// Tells whether 32 bits are needed.
pub(super) fn is_shortest_single(bits: u32) -> bool {
    !is_nan(bits.into(), SINGLE) && narrowed(bits.into(), SINGLE, HALF).is_none()
}

/// Tells whether 64 bits are needed.
pub(super) fn is_shortest_double(bits: u64) -> bool {
    !is_nan(bits, DOUBLE) && narrowed(bits, DOUBLE, SINGLE).is_none()
}

fn is_nan(bits: u64, format: Format) -> bool {
    let (_, exponent, fraction) = format.split(bits);
    exponent == format.all_ones() && fraction != 0
}

pub(super) fn from_half(bits: u16) -> f64 {
    f64::from_bits(widened(bits.into(), HALF))
}

pub(super) fn from_single(bits: u32) -> f64 {
    f64::from_bits(widened(bits.into(), SINGLE))
}

/// The shortest form of a number.
pub(super) enum Shortest {
    Half(u16),
    Single(u32),
    Double(u64),
}

pub(super) fn shortest(number: f64) -> Shortest {
    let bits = number.to_bits();
    if is_nan(bits, DOUBLE) {
        return Shortest::Half(NAN);
    }
    let Some(single) = narrowed(bits, DOUBLE, SINGLE) else { return Shortest::Double(bits) };
    match narrowed(single, SINGLE, HALF) {
        Some(half) => Shortest::Half(half as u16),
        None => Shortest::Single(single as u32),
    }
}
