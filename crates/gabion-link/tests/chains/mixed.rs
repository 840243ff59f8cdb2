//! Several changes at once: harmless ones never heal a harmful one, and never add up to a harm.

use crate::case::{Case, root};
use crate::mint::*;

/// A change to one of the three certificates, and whether the chain stays acceptable to everybody.
type Change = (&'static str, fn(Cert) -> Cert, bool);

const LEAF: &[Change] = &[
    ("two purposes", |c| c.with(Ext::new(EKU, false, purposes(&[CLIENT, SERVER]))), true),
    ("no basic constraints", |c| c.without(BC), true),
    ("no key usage", |c| c.without(KU), true),
    ("more names", |c| c.names(&[dns("*.example.org"), ip("192.0.2.7"), dns(HOST)]), true),
    ("wildcard", |c| c.names(&[dns("*.example.com")]), true),
    ("name critical", |c| c.but(|c| critical(c, SAN, true)), true),
    ("long serial number", |c| c.but(|c| c.serial = tlv(2, &[0x55; 20])), true),
    ("unknown extension", |c| c.with(Ext::new(99, false, vec![5, 0])), true),
    ("until 2050", |c| c.but(|c| c.not_after = general("20500101000000Z")), true),
    (
        "name in PrintableString",
        |c| c.but(|c| c.subject = seq(&[&rdn(&[seq(&[&oid(&[0x55, 4, 3]), &tlv(0x13, b"a")])])])),
        true,
    ),
    ("other name", |c| c.names(&[dns("other.example.com")]), false),
    ("client only", |c| c.with(Ext::new(EKU, false, purposes(&[CLIENT]))), false),
    ("expired", |c| c.but(|c| c.not_after = utc("260601115958Z")), false),
    ("not yet valid", |c| c.but(|c| c.not_before = utc("260601120001Z")), false),
    ("unknown critical extension", |c| c.with(Ext::new(98, true, vec![5, 0])), false),
    ("signed by another", |c| c.but(|c| c.signer = Key(77)), false),
    (
        "another key identifier",
        |c| c.with(Ext::new(AKI, false, seq(&[&tlv(0x80, &Key(77).id())]))),
        false,
    ),
    ("may sign certificates", |c| c.with(Ext::new(KU, true, usage(0x84))), false),
];

const AUTHORITY: &[Change] = &[
    ("path length", |c| c.with(Ext::new(BC, true, basic(true, Some(3)))), true),
    ("purpose", |c| c.with(Ext::new(EKU, false, purposes(&[SERVER]))), true),
    ("key usage not critical", |c| c.but(|c| critical(c, KU, false)), true),
    (
        "held to a domain",
        |c| c.with(Ext::new(NC, true, subtrees(&[dns("example.com"), dns("example.org")], &[]))),
        true,
    ),
    (
        "kept from a domain",
        |c| {
            c.with(Ext::new(
                NC,
                true,
                subtrees(&[], &[dns("evil.example.com"), range("10.0.0.0", 8)]),
            ))
        },
        true,
    ),
    ("unknown extension", |c| c.with(Ext::new(99, false, vec![5, 0])), true),
    ("until 2050", |c| c.but(|c| c.not_after = general("20500101000000Z")), true),
    ("no authority", |c| c.with(Ext::new(BC, true, basic(false, None))), false),
    ("no basic constraints", |c| c.without(BC), false),
    ("signs lists only", |c| c.with(Ext::new(KU, true, usage(CRL_SIGN))), false),
    ("for clients", |c| c.with(Ext::new(EKU, false, purposes(&[CLIENT]))), false),
    ("expired", |c| c.but(|c| c.not_after = utc("260601115958Z")), false),
    ("unknown critical extension", |c| c.with(Ext::new(98, true, vec![5, 0])), false),
    ("held elsewhere", |c| c.with(Ext::new(NC, true, subtrees(&[dns("example.net")], &[]))), false),
    ("kept from all", |c| c.with(Ext::new(NC, true, subtrees(&[], &[dns("com")]))), false),
];

fn critical(cert: &mut Cert, number: u8, critical: bool) {
    for one in cert.extensions.iter_mut().filter(|one| one.oid == [0x55, 0x1d, number]) {
        one.critical = if critical { vec![1, 1, 0xff] } else { vec![] };
    }
}

/// Numbers that look random (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % count as u64) as usize
    }

    /// Up to two changes. A later one may undo an earlier one by replacing the same extension, so both touch different ones.
    fn change(
        &mut self,
        cert: Cert,
        changes: &[Change],
        name: &mut String,
        fine: &mut bool,
    ) -> Cert {
        let mut cert = cert;
        for _ in 0..self.below(3) {
            let (title, change, harmless) = changes[self.below(changes.len())];
            let before = cert.clone();
            let after = change(cert.clone());
            // Only on a field that is still as it was made.
            if name.contains(title) || overlaps(&before, &after, name) {
                continue;
            }
            name.push_str(&format!("; {title}"));
            *fine &= harmless;
            cert = after;
        }
        cert
    }
}

/// Whether a change touches an extension that an earlier one has touched: told by the marks in the name.
fn overlaps(before: &Cert, after: &Cert, name: &mut String) -> bool {
    let mut touched: Vec<String> = vec![];
    for number in [KU, SAN, BC, NC, AKI, EKU] {
        let find = |cert: &Cert| {
            cert.extensions.iter().find(|one| one.oid == [0x55, 0x1d, number]).map(Ext::der)
        };
        if find(before) != find(after) {
            touched.push(format!("[{}:{number}]", before.key.0));
        }
    }
    if before.not_after != after.not_after {
        touched.push(format!("[{}:end]", before.key.0));
    }
    if touched.iter().any(|mark| name.contains(mark)) {
        return true;
    }
    name.push_str(&touched.concat());
    false
}

/// Chain number `seed`.
pub fn case(seed: u64) -> Case {
    let mut dice = Dice(seed);
    let (mut name, mut fine) = (format!("mixed {seed}"), true);
    name.push_str(" root");
    let root = dice.change(root(), AUTHORITY, &mut name, &mut fine);
    name = name.replace("; ", " - ");
    let inter = dice.change(Cert::inter("Inter", Key(2), &root), AUTHORITY, &mut name, &mut fine);
    name = name.replace("; ", " - ");
    let leaf = dice.change(Cert::leaf(Key(3), &inter), LEAF, &mut name, &mut fine);
    let mut case = Case::new(&name, &[&root], &[&leaf, &inter]);
    case.expected = if fine { Ok(()) } else { Err(gabion_link::x509::Refusal::Empty) };
    case
}
