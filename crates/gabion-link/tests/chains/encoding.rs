//! What is not DER, or not the one form that the profile allows.

use gabion_link::x509::Refusal::{self, *};

use crate::case::{Case, inter, root};
use crate::mint::*;

/// A leaf whose bytes are changed after signing.
fn after(name: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>, reason: Refusal) -> Case {
    let (root, inter) = (root(), inter());
    let leaf = change(Cert::leaf(Key(3), &inter).der());
    Case::raw(name, &[&root], vec![leaf, inter.der()]).refused(reason)
}

/// A leaf that is signed over a changed body, so that its signature is good.
fn body(name: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>, reason: Refusal) -> Case {
    let (root, inter) = (root(), inter());
    let leaf = Cert::leaf(Key(3), &inter);
    let der = leaf.signed_over(&change(leaf.body()));
    Case::raw(name, &[&root], vec![der, inter.der()]).refused(reason)
}

fn leaf(name: &str, reason: Refusal, change: impl FnOnce(&mut Cert)) -> Case {
    Case::leaf(name, |cert| cert.but(change)).refused(reason)
}

/// Content of an element with a length of two bytes.
fn inside(der: &[u8]) -> &[u8] {
    assert_eq!(der[1], 0x82);
    &der[4..]
}

pub fn cases() -> Vec<Case> {
    let ber = "DER, not BER";
    let profile = "Fields outside the profile";
    let mut all = vec![
        after("no bytes", |_| vec![], Encoding),
        after("one byte", |d| d[..1].to_vec(), Encoding),
        after("cut off in the middle", |d| d[..d.len() / 2].to_vec(), Encoding),
        after("cut off at the end", |d| d[..d.len() - 1].to_vec(), Encoding),
        after("a byte behind", |d| [d, vec![0]].concat(), Encoding).differs(ber),
        after("not a SEQUENCE", |d| [&[0x31], &d[1..]].concat(), Encoding),
        after("length in three bytes", |d| [&[0x30, 0x83, 0], &d[2..]].concat(), Encoding)
            .differs(ber),
        after("indefinite length", |d| [&[0x30, 0x80], inside(&d), &[0, 0]].concat(), Encoding)
            .differs(ber),
        after(
            "an element behind the signature",
            |d| tlv(0x30, &[inside(&d), &[5, 0]].concat()),
            Encoding,
        ),
        body("body: length in three bytes", |b| [&[0x30, 0x83, 0], &b[2..]].concat(), Encoding)
            .differs(ber),
        body("body: a byte behind", |b| tlv(0x30, &[inside(&b), &[0]].concat()), Encoding),
        body("body: an element behind", |b| tlv(0x30, &[inside(&b), &[5, 0]].concat()), Encoding),
        body("body: empty", |_| vec![0x30, 0], Version),
        leaf("version 1", Version, |c| c.version.clear()),
        leaf("version 1, written out", Version, |c| c.version = vec![0xa0, 3, 2, 1, 0]),
        leaf("version 2", Version, |c| c.version = vec![0xa0, 3, 2, 1, 1]),
        leaf("version 4", Version, |c| c.version = vec![0xa0, 3, 2, 1, 3]).differs(profile),
        leaf("version in two bytes", Version, |c| c.version = vec![0xa0, 4, 2, 2, 0, 2]),
        leaf("serial number 0", Serial, |c| c.serial = vec![2, 1, 0]).differs(profile),
        leaf("serial number negative", Serial, |c| c.serial = vec![2, 1, 0x80]).differs(profile),
        leaf("serial number of 21 bytes", Serial, |c| c.serial = tlv(2, &[0x11; 21]))
            .differs(profile),
        leaf("serial number with a zero in front", Encoding, |c| c.serial = vec![2, 2, 0, 1]),
        leaf("serial number empty", Encoding, |c| c.serial = vec![2, 0]),
        leaf("algorithms differ", AlgorithmMismatch, |c| {
            c.inner = [&ECDSA_SHA256[..11], &[3]].concat()
        }),
        leaf("algorithm with NULL beside", AlgorithmMismatch, |c| {
            c.outer = seq(&[&ECDSA_SHA256[2..], &[5, 0]]);
        }),
        leaf("both algorithms with NULL", UnsupportedAlgorithm, |c| {
            c.outer = seq(&[&ECDSA_SHA256[2..], &[5, 0]]);
            c.inner = c.outer.clone();
        })
        .differs(profile),
        leaf("SHA-384 named, SHA-256 used", UnsupportedAlgorithm, |c| {
            c.outer = [&ECDSA_SHA256[..11], &[3]].concat();
            c.inner = c.outer.clone();
        }),
        leaf("SHA-1 named", UnsupportedAlgorithm, |c| {
            c.outer = seq(&[&oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1])]);
            c.inner = c.outer.clone();
        }),
        leaf("issuer empty", Name, |c| c.issuer = seq(&[])),
        leaf("no subject, alternative name not critical", Name, |c| c.subject = seq(&[])),
        leaf("no subject, no alternative name", Name, |c| {
            c.subject = seq(&[]);
            c.extensions.retain(|one| one.oid != [0x55, 0x1d, SAN]);
        }),
        leaf("subject: empty relative name", Name, |c| c.subject = seq(&[&rdn(&[])])),
        leaf("subject: attributes unsorted", Name, |c| {
            c.subject = seq(&[&rdn(&[attribute(3, "b"), attribute(3, "a")])]);
        })
        .differs(ber),
        leaf("subject: attribute twice", Name, |c| {
            c.subject = seq(&[&rdn(&[attribute(3, "a"), attribute(3, "a")])]);
        })
        .differs(ber),
        leaf("subject: invalid UTF-8", Name, |c| {
            c.subject = seq(&[&rdn(&[seq(&[&oid(&[0x55, 4, 3]), &tlv(0x0c, &[0xc3])])])]);
        }),
        leaf("subject: padded object identifier", Name, |c| {
            c.subject = seq(&[&rdn(&[seq(&[&oid(&[0x55, 0x80, 4, 3]), &tlv(0x0c, b"a")])])]);
        }),
        leaf("issuer unique identifier", UniqueId, |c| c.unique_ids = tlv(0x81, &[0, 1]))
            .differs(profile),
        leaf("subject unique identifier", UniqueId, |c| c.unique_ids = tlv(0x82, &[0, 1]))
            .differs(profile),
        leaf("extensions: none in the list", Encoding, |c| {
            c.extensions.clear();
            c.tail = tlv(0xa3, &[0x30, 0]);
        }),
        leaf("extensions twice", Encoding, |c| {
            c.tail = tlv(0xa3, &tlv(0x30, &Ext::new(99, false, vec![]).der()))
        }),
        leaf("critical as 01", Encoding, |c| c.extensions[1].critical = vec![1, 1, 1]).differs(ber),
        leaf("not critical, written out", Encoding, |c| c.extensions[0].critical = vec![1, 1, 0])
            .differs(ber),
        leaf("critical in two bytes", Encoding, |c| {
            c.extensions[1].critical = vec![1, 2, 0xff, 0xff]
        }),
        leaf("critical empty", Encoding, |c| c.extensions[1].critical = vec![1, 0]),
        leaf("key: compressed point", UnsupportedKey, |c| {
            let point = Key(3).point();
            let curve = seq(&[
                &oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]),
                &oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]),
            ]);
            c.key_info = seq(&[&curve, &cat(3, &[&[0, 2 | (point[63] & 1)], &point[..32]])]);
        })
        .differs(profile),
        leaf("key: without a curve", UnsupportedKey, |c| {
            let curve = seq(&[&oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1])]);
            c.key_info = seq(&[&curve, &cat(3, &[&[0, 4], &Key(3).point()])]);
        }),
        leaf("key: Ed25519", UnsupportedKey, |c| {
            c.key_info = seq(&[&seq(&[&oid(&[0x2b, 0x65, 0x70])]), &cat(3, &[&[0], &[7; 32]])]);
        })
        .differs(profile),
        leaf("key: unused bits", Encoding, |c| {
            let at = c.key_info.len() - 66;
            assert_eq!(c.key_info[at], 0);
            c.key_info[at] = 1;
        })
        .differs(ber),
        leaf("key: a byte behind", Encoding, |c| {
            c.key_info = tlv(0x30, &[&c.key_info[2..], &[0]].concat())
        }),
    ];
    let unused = |name: &str, unused: u8| {
        let (root, inter) = (root(), inter());
        let leaf = Cert::leaf(Key(3), &inter);
        let body = leaf.body();
        let signature = inter.key.sign(&body);
        let der = seq(&[&body, ECDSA_SHA256, &cat(3, &[&[unused], &signature])]);
        Case::raw(name, &[&root], vec![der, inter.der()]).refused(Encoding)
    };
    all.push(unused("signature: 8 unused bits", 8));
    all.push(unused("signature: 1 unused bit", 1));
    all.push(after(
        "signature: a byte behind",
        |d| {
            // The last two elements are the algorithm (12 bytes) and the BIT STRING.
            let body_length = usize::from(u16::from_be_bytes([d[6], d[7]])) + 4;
            let (body, rest) = inside(&d).split_at(body_length);
            let bits = &rest[12..];
            seq(&[body, ECDSA_SHA256, &tlv(3, &[&bits[2..], &[0]].concat())])
        },
        Signature,
    ));
    all
}
