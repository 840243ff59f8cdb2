//! What honest authorities issue.

use gabion_link::x509::Refusal;

use crate::case::{Case, inter, root};
use crate::mint::*;

/// `count` authorities below the root, the last one first, behind a leaf.
pub fn ladder(count: u8, change: impl Fn(u8, Cert) -> Cert) -> (Cert, Vec<Cert>) {
    let root = root();
    let mut chain = vec![];
    let mut above = root.clone();
    for step in 0..count {
        let next = Cert::inter(&format!("Step {step}"), Key(10 + step), &above);
        above = change(step, next);
        chain.insert(0, above.clone());
    }
    chain.insert(0, Cert::leaf(Key(3), &above));
    (root, chain)
}

pub fn cases() -> Vec<Case> {
    let mut all = vec![];
    for count in 0..=7 {
        let (root, chain) = ladder(count, |_, cert| cert);
        let name = format!("good: {count} authorities below the root");
        all.push(Case::new(&name, &[&root], &chain.iter().collect::<Vec<_>>()));
    }
    let (root8, chain) = ladder(8, |_, cert| cert);
    all.push(
        Case::new(
            "8 authorities: more than 8 certificates",
            &[&root8],
            &chain.iter().collect::<Vec<_>>(),
        )
        .refused(Refusal::TooDeep)
        .differs("Limits"),
    );

    let (root, inter) = (root(), inter());
    let leaf = Cert::leaf(Key(3), &inter);
    let stranger = Cert::inter("Stranger", Key(60), &Cert::root("Elsewhere", Key(61)));
    let chains: [(&str, Vec<&Cert>); 5] = [
        ("good: root sent too", vec![&leaf, &inter, &root]),
        ("good: root before intermediate", vec![&leaf, &root, &inter]),
        ("good: intermediate sent twice", vec![&leaf, &inter, &inter]),
        ("good: a stranger in between", vec![&leaf, &stranger, &inter]),
        ("good: the leaf again behind", vec![&leaf, &inter, &leaf]),
    ];
    all.extend(chains.map(|(name, chain)| Case::new(name, &[&root], &chain)));
    let (root4, mut four) = ladder(4, |_, cert| cert);
    four[1..].reverse();
    all.push(Case::new("good: upside down", &[&root4], &four.iter().collect::<Vec<_>>()));
    let other = Cert::root("Other", Key(62));
    all.push(Case::new("good: the second root", &[&other, &root], &[&leaf, &inter]));
    let old = Cert::root("Root", Key(63));
    all.push(
        Case::new(
            "good: root of the same name before it",
            &[&old, &root],
            &[&leaf, &inter.clone().without(AKI)],
        )
        .differs("Key identifiers"),
    );
    let crossed = Cert::inter("Inter", Key(2), &Cert::root("Gone", Key(64)));
    all.push(
        Case::new("good: cross-signed, other root first", &[&root], &[&leaf, &crossed, &inter])
            .differs("The search"),
    );
    let expired = inter.clone().but(|c| c.not_after = utc("260101000000Z"));
    all.push(Case::new("good: expired twin first", &[&root], &[&leaf, &expired, &inter]));

    all.extend([
        Case::leaf("good: no key usage", |c| c.without(KU)),
        Case::leaf("good: no basic constraints", |c| c.without(BC)),
        Case::leaf("good: basic constraints not critical", |c| {
            c.with(Ext::new(BC, false, basic(false, None)))
        }),
        Case::leaf("good: two purposes", |c| {
            c.with(Ext::new(EKU, false, purposes(&[CLIENT, SERVER])))
        }),
        Case::leaf("good: purpose critical", |c| c.with(Ext::new(EKU, true, purposes(&[SERVER])))),
        Case::leaf("good: any purpose and this one", |c| {
            c.with(Ext::new(EKU, false, purposes(&[ANY, SERVER])))
        }),
        Case::leaf("good: all usages but signing", |c| c.with(Ext::new(KU, true, usage(0xf8)))),
        Case::leaf("good: decipherOnly beside", |c| {
            c.with(Ext::new(KU, true, tlv(3, &[7, 0x88, 0x80])))
        }),
        Case::leaf("good: alternative name critical", |c| {
            c.with(Ext::new(SAN, true, seq(&[&dns(HOST)])))
        }),
        Case::leaf("good: no subject, alternative name critical", |c| {
            c.with(Ext::new(SAN, true, seq(&[&dns(HOST)]))).but(|c| c.subject = seq(&[]))
        }),
        Case::leaf("good: unknown extension, not critical", |c| {
            c.with(Ext::other(&[0x2b, 6, 1, 4, 1, 0x83, 0xd4, 0x1a, 1], false, vec![1, 2, 3]))
        }),
        Case::leaf("good: policies, not critical", |c| {
            c.with(Ext::new(32, false, seq(&[&seq(&[&oid(&[0x67, 0x81, 0x0c, 1, 2, 1])])])))
        }),
        Case::leaf("good: serial number 1", |c| c.but(|c| c.serial = vec![2, 1, 1])),
        Case::leaf("good: serial number of 20 bytes", |c| {
            c.but(|c| c.serial = tlv(2, &[0x7f; 20]))
        }),
        Case::leaf("good: serial number with a sign byte", |c| {
            c.but(|c| c.serial = tlv(2, &[0, 0x80, 1]))
        }),
        Case::leaf("good: two attributes in one relative name", |c| {
            c.but(|c| c.subject = seq(&[&rdn(&[attribute(3, "a"), attribute(3, "b")])]))
        }),
        Case::leaf("good: subject in PrintableString", |c| {
            c.but(|c| {
                c.subject = seq(&[&rdn(&[seq(&[&oid(&[0x55, 4, 3]), &tlv(0x13, b"server")])])])
            })
        }),
        Case::leaf("good: common name of another host beside", |c| {
            c.but(|c| c.subject = name("other.example.org"))
        }),
        Case::leaf("good: issuer and serial number beside the key identifier", |c| {
            let hints = [
                tlv(0x80, &Key(2).id()),
                tlv(0xa1, &directory(&name("Root"))),
                tlv(0x82, &[0x5a, 3]),
            ];
            c.with(Ext::new(AKI, false, seq(&[&hints[0], &hints[1], &hints[2]])))
        }),
        Case::leaf("good: no key identifiers", |c| c.without(AKI).without(SKI))
            .differs("Key identifiers"),
        Case::inter("good: intermediate without subject key identifier", |c| c.without(SKI))
            .differs("Key identifiers"),
        Case::inter("good: intermediate without authority key identifier", |c| c.without(AKI))
            .differs("Key identifiers"),
        Case::root("good: root without subject key identifier", |c| c.without(SKI))
            .differs("Key identifiers"),
        Case::inter("good: intermediate for servers", |c| {
            c.with(Ext::new(EKU, false, purposes(&[SERVER])))
        }),
        Case::inter("good: intermediate may sign handshakes too", |c| {
            c.with(Ext::new(KU, true, usage(0x86)))
        }),
        Case::inter("good: key usage not critical", |c| {
            c.with(Ext::new(KU, false, usage(CERT_SIGN)))
        }),
        Case::root("good: root without key usage", |c| c.without(KU)).differs("Roots"),
        Case::root("good: root whose own signature is SHA-384", |c| {
            c.but(|c| {
                let algorithm = [&ECDSA_SHA256[..11], &[3]].concat();
                (c.inner, c.outer) = (algorithm.clone(), algorithm);
            })
        }),
    ]);
    all
}
