//! Who may do what.

use gabion_link::x509::Refusal::*;

use crate::case::Case;
use crate::mint::*;

pub fn cases() -> Vec<Case> {
    let strict = "Stricter about the peer's own certificate";
    let forms = "Fields outside the profile";
    let ber = "DER, not BER";
    let unknown =
        |critical| Ext::other(&[0x2b, 6, 1, 4, 1, 0x83, 0xd4, 0x1a, 1], critical, vec![5, 0]);
    let twice = |cert: Cert, number: u8| {
        cert.but(|c| {
            let one =
                c.extensions.iter().find(|one| one.oid == [0x55, 0x1d, number]).unwrap().clone();
            c.extensions.push(one);
        })
    };
    let mut all = vec![
        Case::leaf("unknown critical extension: leaf", |c| c.with(unknown(true)))
            .refused(UnknownCritical),
        Case::inter("unknown critical extension: intermediate", |c| c.with(unknown(true)))
            .refused(UnknownCritical),
        Case::root("unknown critical extension: root", |c| c.with(unknown(true)))
            .refused(UnknownCritical),
        Case::leaf("critical policies", |c| {
            c.with(Ext::new(32, true, seq(&[&seq(&[&oid(&[0x67, 0x81, 0x0c, 1, 2, 1])])])))
        })
        .refused(UnknownCritical)
        .differs("Policies"),
        Case::inter("policy constraints", |c| c.with(Ext::new(36, true, seq(&[&tlv(0x80, &[0])]))))
            .refused(PolicyConstraints)
            .differs("Policies"),
        Case::inter("policy constraints, not critical", |c| {
            c.with(Ext::new(36, false, seq(&[&tlv(0x80, &[9])])))
        })
        .refused(PolicyConstraints)
        .differs("Policies"),
        Case::inter("inhibit any policy", |c| c.with(Ext::new(54, true, tlv(2, &[0]))))
            .refused(PolicyConstraints)
            .differs("Policies"),
        Case::leaf("duplicate: alternative name", |c| twice(c, SAN)).refused(DuplicateExtension),
        Case::leaf("duplicate: key usage", |c| twice(c, KU)).refused(DuplicateExtension),
        Case::inter("duplicate: basic constraints", |c| twice(c, BC)).refused(DuplicateExtension),
        Case::leaf("duplicate: unknown", |c| {
            c.but(|c| c.extensions.extend([unknown(false), unknown(false)]))
        })
        .refused(DuplicateExtension)
        .differs(forms),
        Case::leaf("too many extensions", |c| {
            c.but(|c| c.extensions.extend((60..100).map(|n| Ext::new(n, false, vec![5, 0]))))
        })
        .refused(TooComplex)
        .differs("Limits"),
        Case::inter("intermediate: no basic constraints", |c| c.without(BC)).refused(NotAuthority),
        Case::inter("intermediate: is no authority", |c| {
            c.with(Ext::new(BC, true, basic(false, None)))
        })
        .refused(NotAuthority),
        Case::inter("intermediate: basic constraints not critical", |c| {
            c.with(Ext::new(BC, false, basic(true, None)))
        })
        .refused(Criticality),
        Case::root("root: no basic constraints", |c| c.without(BC)).refused(NotAuthority),
        Case::root("root: is no authority", |c| c.with(Ext::new(BC, true, basic(false, None))))
            .refused(NotAuthority),
        Case::root("root: basic constraints not critical", |c| {
            c.with(Ext::new(BC, false, basic(true, None)))
        })
        .refused(Criticality),
        Case::inter("basic constraints: FALSE written out", |c| {
            c.with(Ext::new(BC, true, seq(&[&[1, 1, 0]])))
        })
        .refused(BasicConstraints),
        Case::inter("basic constraints: TRUE as 01", |c| {
            c.with(Ext::new(BC, true, seq(&[&[1, 1, 1]])))
        })
        .refused(BasicConstraints)
        .differs(ber),
        Case::inter("basic constraints: path length negative", |c| {
            c.with(Ext::new(BC, true, seq(&[&[1, 1, 0xff, 2, 1, 0xff]])))
        })
        .refused(BasicConstraints),
        Case::inter("basic constraints: path length in two bytes", |c| {
            c.with(Ext::new(BC, true, seq(&[&[1, 1, 0xff, 2, 2, 0, 5]])))
        })
        .refused(BasicConstraints),
        Case::inter("basic constraints: path length 300", |c| {
            c.with(Ext::new(BC, true, seq(&[&[1, 1, 0xff, 2, 2, 1, 0x2c]])))
        }),
        Case::inter("basic constraints: path length 200", |c| {
            c.with(Ext::new(BC, true, seq(&[&[1, 1, 0xff, 2, 2, 0, 200]])))
        }),
        Case::leaf("basic constraints: path length of no authority", |c| {
            c.with(Ext::new(BC, true, basic(false, Some(0))))
        })
        .refused(BasicConstraints),
        Case::leaf("basic constraints: more behind", |c| {
            c.with(Ext::new(BC, true, seq(&[&[5, 0]])))
        })
        .refused(BasicConstraints),
        Case::leaf("basic constraints: text", |c| c.with(Ext::new(BC, true, b"CA:FALSE".to_vec())))
            .refused(BasicConstraints),
        Case::leaf("leaf is an authority", |c| {
            c.with(Ext::new(BC, true, basic(true, None))).with(Ext::new(KU, true, usage(0x84)))
        })
        .refused(LeafIsAuthority)
        .differs(strict),
        Case::leaf("leaf may sign certificates", |c| c.with(Ext::new(KU, true, usage(0x84))))
            .refused(LeafIsAuthority),
        Case::inter("intermediate: no key usage", |c| c.without(KU)).refused(IssuerMayNotSign),
        Case::inter("intermediate: signs lists only", |c| {
            c.with(Ext::new(KU, true, usage(CRL_SIGN)))
        })
        .refused(IssuerMayNotSign),
        Case::inter("intermediate: signs handshakes only", |c| {
            c.with(Ext::new(KU, true, usage(DIGITAL_SIGNATURE)))
        })
        .refused(IssuerMayNotSign),
        Case::root("root: signs lists only", |c| c.with(Ext::new(KU, true, usage(CRL_SIGN))))
            .refused(IssuerMayNotSign),
        Case::leaf("leaf may agree on keys only", |c| c.with(Ext::new(KU, true, usage(0x08))))
            .refused(LeafMayNotSign)
            .differs(strict),
        Case::leaf("leaf may encipher keys only", |c| c.with(Ext::new(KU, true, usage(0x20))))
            .refused(LeafMayNotSign)
            .differs(strict),
        Case::leaf("key usage: no bit", |c| c.with(Ext::new(KU, true, tlv(3, &[7, 0]))))
            .refused(KeyUsage),
        Case::leaf("key usage: no byte", |c| c.with(Ext::new(KU, true, tlv(3, &[0]))))
            .refused(KeyUsage),
        Case::leaf("key usage: zeros behind", |c| c.with(Ext::new(KU, true, tlv(3, &[0, 0x80]))))
            .refused(KeyUsage)
            .differs(ber),
        Case::leaf("key usage: zero byte behind", |c| {
            c.with(Ext::new(KU, true, tlv(3, &[0, 0x80, 0])))
        })
        .refused(KeyUsage)
        .differs(ber),
        Case::leaf("key usage: unused bits set", |c| {
            c.with(Ext::new(KU, true, tlv(3, &[7, 0x81])))
        })
        .refused(KeyUsage)
        .differs(ber),
        Case::leaf("key usage: bits that nobody named", |c| {
            c.with(Ext::new(KU, true, tlv(3, &[6, 0x80, 0x40])))
        })
        .refused(KeyUsage)
        .differs(forms),
        Case::leaf("key usage: an OCTET STRING", |c| {
            c.with(Ext::new(KU, true, tlv(4, &[7, 0x80])))
        })
        .refused(KeyUsage),
        Case::leaf("purpose: client", |c| c.with(Ext::new(EKU, false, purposes(&[CLIENT]))))
            .refused(Purpose),
        Case::leaf("purpose: any", |c| c.with(Ext::new(EKU, false, purposes(&[ANY]))))
            .refused(Purpose),
        Case::leaf("purpose: none said", |c| c.without(EKU)).refused(Purpose).differs(strict),
        Case::leaf("purpose: code signing", |c| {
            c.with(Ext::new(EKU, false, purposes(&[&[0x2b, 6, 1, 5, 5, 7, 3, 3]])))
        })
        .refused(Purpose),
        Case::leaf("purpose: empty list", |c| c.with(Ext::new(EKU, false, seq(&[]))))
            .refused(ExtendedKeyUsage),
        Case::leaf("purpose: no object identifier", |c| {
            c.with(Ext::new(EKU, false, seq(&[&[5, 0]])))
        })
        .refused(ExtendedKeyUsage),
        Case::leaf("purpose: cut object identifier", |c| {
            c.with(Ext::new(EKU, false, purposes(&[SERVER, &[0x2b, 0x86]])))
        })
        .refused(ExtendedKeyUsage),
        Case::inter("intermediate: for any purpose", |c| {
            c.with(Ext::new(EKU, false, purposes(&[ANY])))
        })
        .refused(IssuerPurpose),
        Case::inter("intermediate: for clients", |c| {
            c.with(Ext::new(EKU, false, purposes(&[CLIENT])))
        })
        .refused(IssuerPurpose),
        Case::root("root: for clients", |c| c.with(Ext::new(EKU, false, purposes(&[CLIENT]))))
            .refused(IssuerPurpose),
        Case::leaf("key identifier: another issuer", |c| {
            c.with(Ext::new(AKI, false, seq(&[&tlv(0x80, &Key(9).id())])))
        })
        .refused(KeyIdentifierMismatch),
        Case::inter("key identifier: another root", |c| {
            c.with(Ext::new(AKI, false, seq(&[&tlv(0x80, &Key(9).id())])))
        })
        .refused(KeyIdentifierMismatch),
        Case::leaf("key identifier: critical", |c| {
            c.with(Ext::new(AKI, true, seq(&[&tlv(0x80, &Key(2).id())])))
        })
        .refused(Criticality),
        Case::inter("key identifier: subject's critical", |c| {
            c.with(Ext::new(SKI, true, tlv(4, &Key(2).id())))
        })
        .refused(Criticality),
        Case::leaf("key identifier: missing inside", |c| c.with(Ext::new(AKI, false, seq(&[]))))
            .refused(KeyIdentifier),
        Case::leaf("key identifier: empty", |c| c.with(Ext::new(AKI, false, seq(&[&[0x80, 0]]))))
            .refused(KeyIdentifier),
        Case::leaf("key identifier: issuer without serial number", |c| {
            c.with(Ext::new(
                AKI,
                false,
                seq(&[&tlv(0x80, &Key(2).id()), &tlv(0xa1, &directory(&name("Root")))]),
            ))
        })
        .refused(KeyIdentifier)
        .differs("Key identifiers"),
        Case::leaf("key identifier: no SEQUENCE", |c| {
            c.with(Ext::new(AKI, false, tlv(4, &Key(2).id())))
        })
        .refused(KeyIdentifier),
        Case::leaf("key identifier: subject's empty", |c| c.with(Ext::new(SKI, false, vec![4, 0])))
            .refused(KeyIdentifier)
            .differs("Key identifiers"),
        Case::leaf("key identifier: subject's a byte behind", |c| {
            c.with(Ext::new(SKI, false, vec![4, 1, 7, 0]))
        })
        .refused(KeyIdentifier)
        .differs("Key identifiers"),
    ];
    all.push(
        Case::inter("intermediate without a name", |c| c.but(|c| c.subject = seq(&[])))
            .refused(Name),
    );
    all.push(
        Case::root("root without a name", |c| {
            c.but(|c| {
                c.subject = seq(&[]);
                c.issuer = seq(&[]);
            })
        })
        .refused(Name),
    );
    all
}
