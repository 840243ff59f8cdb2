//! What names an authority may speak for (RFC 5280 §4.2.1.10).
//!
//! Evaluated: dNSName and iPAddress, permitted and excluded; directoryName, permitted. An excluded directoryName and every
//! other form are refused: distinguished names are compared byte by byte, and a difference in spelling must not let one pass.

use gabion_codec::Reader;

use crate::x509::der::{self, SEQUENCE};
use crate::x509::names::{self, DIRECTORY, DNS, GeneralName, IP, NOBODY};
use crate::x509::{CertificateView, Names, Refusal, host};

/// More subtrees in one certificate are not looked at.
const MAX_SUBTREES: usize = 32;

/// The subtrees that an authority is held to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NameConstraints<'a> {
    permitted: &'a [u8],
    excluded: &'a [u8],
}

#[derive(Clone, Copy)]
enum Subtree<'a> {
    Dns(&'a str),
    /// Address and mask, of the same length.
    Ip(&'a [u8], &'a [u8]),
    /// The relative names that a name must begin with.
    Directory(&'a [u8]),
}

impl<'a> NameConstraints<'a> {
    /// Checks a whole extension value.
    pub(crate) fn parse(value: &'a [u8]) -> Result<Self, Refusal> {
        let mut content = der::only(value, SEQUENCE)?;
        if content.is_empty() {
            return Err(Refusal::NameConstraints);
        }
        let permitted = subtrees(der::optional(&mut content, 0xa0)?)?;
        let excluded = subtrees(der::optional(&mut content, 0xa1)?)?;
        content.finish()?;
        let found = Self { permitted, excluded };
        // Spelling could hide an excluded directory name from a comparison of bytes.
        if Subtrees::of(found.excluded).any(|tree| matches!(tree, Subtree::Directory(_))) {
            return Err(Refusal::UnsupportedConstraint);
        }
        Ok(found)
    }

    /// Checks every name of a certificate below this authority.
    pub(crate) fn check(&self, certificate: &CertificateView<'_>) -> Result<(), Refusal> {
        let subject = certificate.subject();
        if subject != NOBODY {
            self.check_name(GeneralName::Directory(subject))?;
        }
        certificate.alt_names().unwrap_or(Names::none()).try_for_each(|name| self.check_name(name))
    }

    fn check_name(&self, name: GeneralName<'_>) -> Result<(), Refusal> {
        if Subtrees::of(self.excluded).any(|tree| tree.excludes(name)) {
            return Err(Refusal::Excluded);
        }
        let mut of_this_form = Subtrees::of(self.permitted).filter(|tree| tree.is_form_of(name));
        match of_this_form.next() {
            None => Ok(()),
            Some(first) if first.permits(name) || of_this_form.any(|tree| tree.permits(name)) => {
                Ok(())
            }
            Some(_) => Err(Refusal::NotPermitted),
        }
    }
}

impl Subtree<'_> {
    fn is_form_of(&self, name: GeneralName<'_>) -> bool {
        matches!(
            (self, name),
            (Self::Dns(_), GeneralName::Dns(_))
                | (Self::Ip(..), GeneralName::Ip(_))
                | (Self::Directory(_), GeneralName::Directory(_))
        )
    }

    fn permits(&self, name: GeneralName<'_>) -> bool {
        match (self, name) {
            (Self::Dns(base), GeneralName::Dns(name)) => host::is_within(name, base),
            (Self::Ip(base, mask), GeneralName::Ip(address)) => in_range(address, base, mask),
            (Self::Directory(base), GeneralName::Directory(name)) => {
                der::only(name, SEQUENCE).is_ok_and(|mut all| all.rest().starts_with(base))
            }
            _ => false,
        }
    }

    /// A wildcard is excluded when any name that it covers is.
    fn excludes(&self, name: GeneralName<'_>) -> bool {
        match (self, name) {
            (Self::Dns(base), GeneralName::Dns(name)) => host::may_reach(name, base),
            _ => self.permits(name),
        }
    }
}

fn in_range(address: &[u8], base: &[u8], mask: &[u8]) -> bool {
    address.len() == base.len()
        && address.iter().zip(base).zip(mask).all(|((a, b), mask)| a & mask == b & mask)
}

/// Checks a list of subtrees and returns its content. `[]` stands for an absent list: a present one is not empty.
fn subtrees(list: Option<Reader<'_>>) -> Result<&[u8], Refusal> {
    let Some(mut list) = list else { return Ok(&[]) };
    let content = list.clone().rest();
    for _ in 0..MAX_SUBTREES {
        Subtree::parse(&mut list)?;
        if list.is_empty() {
            return Ok(content);
        }
    }
    Err(Refusal::TooComplex)
}

/// The subtrees of a list that was checked.
struct Subtrees<'a>(Reader<'a>);

impl<'a> Subtrees<'a> {
    const fn of(list: &'a [u8]) -> Self {
        Self(Reader::new(list))
    }
}

impl<'a> Iterator for Subtrees<'a> {
    type Item = Subtree<'a>;

    fn next(&mut self) -> Option<Subtree<'a>> {
        Subtree::parse(&mut self.0).ok()
    }
}

impl<'a> Subtree<'a> {
    fn parse(reader: &mut Reader<'a>) -> Result<Self, Refusal> {
        let (_, mut subtree) = der::whole(reader, SEQUENCE)?;
        let (tag, mut base) = der::any(&mut subtree)?;
        // minimum is 0, which DER leaves out; maximum must be absent.
        subtree.finish()?;
        match tag {
            DNS => core::str::from_utf8(base.rest())
                .ok()
                .filter(|name| name.is_empty() || host::is_preferred(name))
                .map(Self::Dns)
                .ok_or(Refusal::NameConstraints),
            IP => {
                let range = base.rest();
                let (base, mask) = range.split_at(range.len() / 2);
                if matches!(range.len(), 8 | 32) && is_prefix_mask(mask) {
                    Ok(Self::Ip(base, mask))
                } else {
                    Err(Refusal::NameConstraints)
                }
            }
            DIRECTORY => {
                let name = names::distinguished(&mut base)?;
                base.finish()?;
                Ok(Self::Directory(der::only(name, SEQUENCE)?.rest()))
            }
            _ => Err(Refusal::UnsupportedConstraint),
        }
    }
}

/// Whether the ones of a mask all stand before its zeros (RFC 4632).
fn is_prefix_mask(mask: &[u8]) -> bool {
    let ones: u32 = mask.iter().map(|byte| byte.count_ones()).fold(0, u32::saturating_add);
    let leading = mask.iter().map(|byte| byte.leading_ones());
    let mut counted: u32 = 0;
    for run in leading {
        counted = counted.saturating_add(run);
        if run < 8 {
            break;
        }
    }
    counted == ones
}
