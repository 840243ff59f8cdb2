//! What an authority may speak for.

use gabion_link::x509::Refusal::{self, *};

use crate::case::{Case, root};
use crate::mint::*;

/// A root with constraints, an authority, a leaf with names.
fn held(
    name: &str,
    constraints: Vec<u8>,
    names: &[Vec<u8>],
    expected: Result<(), Refusal>,
) -> Case {
    let root = root().with(Ext::new(NC, true, constraints));
    let inter = Cert::inter("Inter", Key(2), &root);
    let leaf = Cert::leaf(Key(3), &inter).names(names);
    let mut case = Case::new(&format!("constraints: {name}"), &[&root], &[&leaf, &inter]);
    case.expected = expected;
    case
}

pub fn cases() -> Vec<Case> {
    let forms = "Name constraints";
    let only = |base: Vec<u8>| subtrees(&[base], &[]);
    let never = |base: Vec<u8>| subtrees(&[], &[base]);
    let host = [dns(HOST)];
    let both = [dns(HOST), ip("192.0.2.7")];
    let six = [dns(HOST), ip("2001:db8::7")];
    let mut all = vec![
        held("permitted exactly", only(dns(HOST)), &host, Ok(())),
        held("permitted above", only(dns("example.com")), &host, Ok(())),
        held("permitted, other case", only(dns("EXAMPLE.com")), &host, Ok(())),
        held("permitted, everything", only(dns("")), &host, Ok(())),
        held(
            "permitted, second of two",
            subtrees(&[dns("example.org"), dns("example.com")], &[]),
            &host,
            Ok(()),
        ),
        held("permitted elsewhere", only(dns("example.org")), &host, Err(NotPermitted)),
        held("permitted below", only(dns("a.fleet.example.com")), &host, Err(NotPermitted)),
        held("permitted, half a label", only(dns("ample.com")), &host, Err(NotPermitted)),
        held(
            "permitted, second name outside",
            only(dns("example.com")),
            &[dns(HOST), dns("example.org")],
            Err(NotPermitted),
        ),
        held(
            "permitted, wildcard inside",
            only(dns("example.com")),
            &[dns("*.example.com")],
            Ok(()),
        ),
        held(
            "permitted, wildcard reaches out",
            only(dns(HOST)),
            &[dns("*.example.com")],
            Err(NotPermitted),
        ),
        held("excluded exactly", never(dns(HOST)), &host, Err(Excluded)),
        held("excluded above", never(dns("example.com")), &host, Err(Excluded)),
        held("excluded, other case", never(dns("Example.Com")), &host, Err(Excluded)),
        held("excluded, everything", never(dns("")), &host, Err(Excluded)),
        held("excluded elsewhere", never(dns("example.org")), &host, Ok(())),
        held("excluded, half a label", never(dns("ample.com")), &host, Ok(())),
        held(
            "excluded, second name",
            never(dns("a.example.com")),
            &[dns(HOST), dns("a.example.com")],
            Err(Excluded),
        ),
        held(
            "excluded, second subtree",
            subtrees(&[], &[dns("example.org"), dns(HOST)]),
            &host,
            Err(Excluded),
        ),
        held(
            "excluded, wildcard reaches in",
            never(dns("bar.example.com")),
            &[dns("*.example.com")],
            Err(Excluded),
        )
        .differs(forms),
        held(
            "permitted and excluded",
            subtrees(&[dns("example.com")], &[dns(HOST)]),
            &host,
            Err(Excluded),
        ),
        held(
            "permitted, another excluded",
            subtrees(&[dns("example.com")], &[dns("a.example.com")]),
            &host,
            Ok(()),
        ),
        held("IPv4 permitted", only(range("192.0.2.0", 24)), &both, Ok(())),
        held("IPv4 permitted, one address", only(range("192.0.2.7", 32)), &both, Ok(())),
        held("IPv4 permitted, odd prefix", only(range("192.0.2.4", 30)), &both, Ok(())),
        held("IPv4 permitted, all", only(range("0.0.0.0", 0)), &both, Ok(())),
        held("IPv4 permitted elsewhere", only(range("192.0.3.0", 24)), &both, Err(NotPermitted)),
        held("IPv4 excluded", never(range("192.0.2.0", 24)), &both, Err(Excluded)),
        held("IPv4 excluded elsewhere", never(range("192.0.3.0", 24)), &both, Ok(())),
        held("IPv6 permitted", only(range("2001:db8::", 32)), &six, Ok(())),
        held("IPv6 permitted elsewhere", only(range("2001:db9::", 32)), &six, Err(NotPermitted)),
        held("IPv6 excluded", never(range("2001:db8::", 33)), &six, Err(Excluded)),
        held("IPv4 permitted, name is IPv6", only(range("0.0.0.0", 0)), &six, Err(NotPermitted)),
        held("IPv4 excluded, name is IPv6", never(range("0.0.0.0", 0)), &six, Ok(())),
        held("addresses permitted, names are DNS", only(range("192.0.2.0", 24)), &host, Ok(())),
        held("DNS permitted, address beside", only(dns("example.com")), &both, Ok(())),
        held(
            "directory permitted",
            subtrees(&[directory(&name("Inter")), directory(&name("a server"))], &[]),
            &host,
            Ok(()),
        ),
        held("directory permitted, everybody", only(directory(&seq(&[]))), &host, Ok(())),
        held(
            "directory permitted, not the server",
            only(directory(&name("Inter"))),
            &host,
            Err(NotPermitted),
        ),
        held(
            "directory permitted, not the authority",
            only(directory(&name("a server"))),
            &host,
            Err(NotPermitted),
        ),
        held(
            "directory excluded",
            never(directory(&name("a server"))),
            &host,
            Err(UnsupportedConstraint),
        ),
        held(
            "directory excluded elsewhere",
            never(directory(&name("b"))),
            &host,
            Err(UnsupportedConstraint),
        )
        .differs(forms),
        held("e-mail", only(tlv(0x81, b"example.com")), &host, Err(UnsupportedConstraint))
            .differs(forms),
        held("URI", never(tlv(0x86, b"example.org")), &host, Err(UnsupportedConstraint))
            .differs(forms),
        held(
            "other name",
            never(cat(0xa0, &[&oid(&[0x2a, 3]), &tlv(0xa0, &tlv(0x0c, b"a"))])),
            &host,
            Err(UnsupportedConstraint),
        )
        .differs(forms),
        held("empty", seq(&[]), &host, Err(NameConstraints)).differs(forms),
        held("empty list", seq(&[&tlv(0xa0, &[])]), &host, Err(NameConstraints)).differs(forms),
        held("dot in front", only(dns(".example.com")), &host, Err(NameConstraints)).differs(forms),
        held("wildcard", only(dns("*.example.com")), &host, Err(NameConstraints)),
        held(
            "mask with a hole",
            only(tlv(0x87, &[192, 0, 2, 0, 255, 0, 255, 0])),
            &both,
            Err(NameConstraints),
        )
        .differs(forms),
        held(
            "mask with a hole in a byte",
            only(tlv(0x87, &[192, 0, 2, 0, 255, 255, 255, 0xa0])),
            &both,
            Err(NameConstraints),
        )
        .differs(forms),
        held(
            "address without a mask",
            only(tlv(0x87, &[192, 0, 2, 7])),
            &both,
            Err(NameConstraints),
        ),
        held(
            "minimum written out",
            seq(&[&tlv(0xa0, &seq(&[&dns("example.com"), &tlv(0x80, &[0])]))]),
            &host,
            Err(NameConstraints),
        )
        .differs("DER, not BER"),
        held(
            "minimum 1",
            seq(&[&tlv(0xa0, &seq(&[&dns("example.com"), &tlv(0x80, &[1])]))]),
            &host,
            Err(NameConstraints),
        ),
        held(
            "maximum",
            seq(&[&tlv(0xa0, &seq(&[&dns("example.com"), &tlv(0x81, &[1])]))]),
            &host,
            Err(NameConstraints),
        ),
        held(
            "lists in the wrong order",
            seq(&[&tlv(0xa1, &seq(&[&dns("a.org")])), &tlv(0xa0, &seq(&[&dns("example.com")]))]),
            &host,
            Err(NameConstraints),
        ),
        held("33 subtrees", subtrees(&vec![dns("example.com"); 33], &[]), &host, Err(TooComplex))
            .differs("Limits"),
        held("32 subtrees", subtrees(&vec![dns("example.com"); 32], &[]), &host, Ok(())),
        Case::root("constraints: not critical", |c| {
            c.with(Ext::new(NC, false, only(dns("example.com"))))
        })
        .refused(Criticality)
        .differs(forms),
        Case::leaf("constraints: in a leaf", |c| {
            c.with(Ext::new(NC, true, only(dns("example.com"))))
        })
        .refused(NameConstraints)
        .differs(forms),
        Case::inter("constraints: of the intermediate, permitted", |c| {
            c.with(Ext::new(NC, true, only(dns("example.com"))))
        }),
        Case::inter("constraints: of the intermediate, not permitted", |c| {
            c.with(Ext::new(NC, true, only(dns("example.org"))))
        })
        .refused(NotPermitted),
    ];

    // An authority's own names are held to what stands above it, unless it is self-issued.
    let above = root().with(Ext::new(NC, true, only(dns("example.com"))));
    let outside = Ext::new(SAN, false, seq(&[&dns("example.org")]));
    let inter = Cert::inter("Inter", Key(2), &above).with(outside.clone());
    all.push(
        Case::new(
            "constraints: intermediate's own name outside",
            &[&above],
            &[&Cert::leaf(Key(3), &inter), &inter],
        )
        .refused(NotPermitted),
    );
    let again = Cert::inter("Root", Key(2), &above).with(outside);
    all.push(Case::new(
        "constraints: self-issued intermediate exempt",
        &[&above],
        &[&Cert::leaf(Key(3), &again), &again],
    ));
    let leaf = Cert::leaf(Key(3), &above)
        .but(|c| c.subject = name("Root"))
        .names(&[dns(HOST), dns("example.org")]);
    all.push(
        Case::new("constraints: self-issued leaf not exempt", &[&above], &[&leaf])
            .refused(NotPermitted),
    );
    // Further down they can only narrow.
    for (inner, expected) in
        [("fleet.example.com", Ok(())), ("example.org", Err(NotPermitted)), ("com", Ok(()))]
    {
        let inter = Cert::inter("Inter", Key(2), &above).with(Ext::new(NC, true, only(dns(inner))));
        let mut case = Case::new(
            &format!("constraints: narrowed to {inner}"),
            &[&above],
            &[&Cert::leaf(Key(3), &inter), &inter],
        );
        case.expected = expected;
        all.push(case);
        let inter = Cert::inter("Inter", Key(2), &above).with(Ext::new(NC, true, only(dns(inner))));
        let leaf = Cert::leaf(Key(3), &inter).names(&[dns(HOST), dns("example.org")]);
        all.push(
            Case::new(&format!("constraints: widened to {inner}"), &[&above], &[&leaf, &inter])
                .refused(NotPermitted),
        );
    }
    all
}
