//! Points of the curve y² = x³ - 3x + b.

use crate::{field::Element, table::B};

/// A point in Jacobian coordinates: (x / z², y / z³); at infinity where z is zero.
#[derive(Clone, Copy)]
pub(crate) struct Point {
    pub(crate) x: Element,
    pub(crate) y: Element,
    pub(crate) z: Element,
}

/// A point that is added many times: x, y, and z with its powers z² and z³.
#[derive(Clone, Copy)]
pub(crate) struct Addend {
    pub(crate) x: Element,
    pub(crate) y: Element,
    pub(crate) z: [Element; 3],
}

impl Addend {
    /// No point yet.
    pub(crate) const UNSET: Self =
        Self { x: Element::ZERO, y: Element::ZERO, z: [Element::ZERO; 3] };
}

impl Point {
    pub(crate) const INFINITY: Self = Self { x: Element::ONE, y: Element::ONE, z: Element::ZERO };

    pub(crate) fn is_infinity(&self) -> bool {
        self.z.is_zero()
    }

    /// Tells whether (x, y) is on the curve.
    pub(crate) fn is_on_curve(x: &Element, y: &Element) -> bool {
        let three = Element::ONE.double().add(&Element::ONE);
        let cubic = x.square().sub(&three).mul(x).add(&B);
        y.square().equals(&cubic)
    }

    /// Doubles, with 4 multiplications and 4 squarings (the factor 3 (x - z²) (x + z²) of dbl-2001-b).
    #[inline(never)]
    pub(crate) fn double(&mut self) {
        let zz = self.z.square();
        let slope = self.x.sub(&zz).mul(&self.x.add(&zz));
        let slope = slope.double().add(&slope);
        self.z = self.y.mul(&self.z).double();
        let twice_yy = self.y.square().double();
        let s = self.x.mul(&twice_yy).double();
        self.x = slope.square().sub(&s).sub(&s);
        self.y = slope.mul(&s.sub(&self.x)).sub(&twice_yy.square().double());
    }

    /// Adds the point (x, y, z) or, where `negative`, subtracts it. `z` holds z, z² and z³, or nothing where z is one: 12
    /// multiplications and 3 squarings, or 8 and 3. Complete: infinity, the same and the opposite point are handled.
    #[inline(never)]
    pub(crate) fn add(
        &mut self,
        x: &Element,
        y: &Element,
        z: Option<&[Element; 3]>,
        negative: bool,
    ) {
        let y = &if negative { Element::ZERO.sub(y) } else { *y };
        if self.is_infinity() {
            *self = Self { x: *x, y: *y, z: z.map_or(Element::ONE, |[z, _, _]| *z) };
            return;
        }
        // Both points over one denominator: this one's x and y times the powers of the other's z, and the other way round.
        let zz1 = self.z.square();
        let x2 = x.mul(&zz1);
        let y2 = y.mul(&zz1.mul(&self.z));
        if let Some([z, zz, zzz]) = z {
            self.x = self.x.mul(zz);
            self.y = self.y.mul(zzz);
            self.z = self.z.mul(z);
        }
        let h = x2.sub(&self.x);
        let r = y2.sub(&self.y);
        if h.is_zero() {
            if r.is_zero() {
                *self = Self { x: *x, y: *y, z: z.map_or(Element::ONE, |[z, _, _]| *z) };
                self.double();
            } else {
                *self = Self::INFINITY;
            }
            return;
        }
        let hh = h.square();
        let hhh = hh.mul(&h);
        let v = self.x.mul(&hh);
        self.x = r.square().sub(&hhh).sub(&v).sub(&v);
        self.y = r.mul(&v.sub(&self.x)).sub(&self.y.mul(&hhh));
        self.z = self.z.mul(&h);
    }

    /// Prepares this point for being added many times.
    #[inline(never)]
    pub(crate) fn to_addend(self) -> Addend {
        let zz = self.z.square();
        Addend { x: self.x, y: self.y, z: [self.z, zz, zz.mul(&self.z)] }
    }
}
