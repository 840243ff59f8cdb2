//! Whose certificate it is.

use gabion_link::x509::Refusal::{self, *};

use crate::case::Case;
use crate::mint::*;

/// Names in the certificate, the host that is meant, the verdict, the heading that explains OpenSSL's other one.
type Row = (Vec<Vec<u8>>, &'static str, Result<(), Refusal>, Option<&'static str>);

fn table() -> Vec<Row> {
    let wild = Some("Wildcards");
    let forms = Some("Names in other forms");
    vec![
        (vec![dns("fleet.example.com")], "fleet.example.com", Ok(()), None),
        (vec![dns("Fleet.Example.COM")], "fleet.example.com", Ok(()), None),
        (vec![dns("fleet.example.com")], "FLEET.example.com", Ok(()), None),
        (vec![dns("a.example.com"), dns("fleet.example.com")], "fleet.example.com", Ok(()), None),
        (vec![dns("localhost")], "localhost", Ok(()), None),
        (vec![dns("xn--bcher-kva.example.com")], "xn--bcher-kva.example.com", Ok(()), None),
        (vec![dns("7.example.com")], "7.example.com", Ok(()), None),
        (vec![dns("fleet.example.com")], "example.com", Err(WrongName), None),
        (vec![dns("fleet.example.com")], "a.fleet.example.com", Err(WrongName), None),
        (vec![dns("fleet.example.com")], "fleet.example.co", Err(WrongName), None),
        (vec![dns("fleet.example.com")], "fleet.example.comm", Err(WrongName), None),
        (vec![dns("fleet.example.com")], "xfleet.example.com", Err(WrongName), None),
        (vec![dns("example.com")], "fleet.example.com", Err(WrongName), None),
        (vec![dns("*.example.com")], "fleet.example.com", Ok(()), None),
        (vec![dns("*.EXAMPLE.com")], "fleet.example.COM", Ok(()), None),
        (vec![dns("*.example.com")], "xn--bcher-kva.example.com", Ok(()), None),
        (vec![dns("*.a.example.com")], "b.a.example.com", Ok(()), None),
        (vec![dns("*.example.com")], "example.com", Err(WrongName), None),
        (vec![dns("*.example.com")], "a.fleet.example.com", Err(WrongName), None),
        (vec![dns("*.example.com")], "fleet.example.org", Err(WrongName), None),
        (vec![dns("*.com")], "example.com", Err(WrongName), None),
        (vec![dns("*.com")], "fleet.example.com", Err(WrongName), None),
        (vec![dns("*")], "localhost", Err(SubjectAltName), None),
        (vec![dns("f*.example.com")], "fleet.example.com", Err(SubjectAltName), wild),
        (vec![dns("*t.example.com")], "fleet.example.com", Err(SubjectAltName), wild),
        (vec![dns("fleet.*.com")], "fleet.example.com", Err(SubjectAltName), None),
        (vec![dns("*.*.com")], "fleet.example.com", Err(SubjectAltName), None),
        (vec![dns("**.example.com")], "fleet.example.com", Err(SubjectAltName), None),
        (vec![dns("*.")], "localhost", Err(SubjectAltName), None),
        (vec![dns("fleet.example.com.")], "fleet.example.com", Err(SubjectAltName), None),
        (vec![dns(".example.com")], "fleet.example.com", Err(SubjectAltName), None),
        (vec![dns("")], "fleet.example.com", Err(SubjectAltName), None),
        (vec![dns("fleet..com")], "fleet.example.com", Err(SubjectAltName), None),
        (vec![dns("fleet.example.com\0.evil.org")], "fleet.example.com", Err(SubjectAltName), None),
        (vec![dns("fleet.example.com ")], "fleet.example.com", Err(SubjectAltName), None),
        (vec![dns("büro.example.com")], "fleet.example.com", Err(SubjectAltName), None),
        (
            vec![dns("fleet.example.com"), dns("a_b.example.com")],
            "fleet.example.com",
            Err(SubjectAltName),
            forms,
        ),
        (vec![dns("a_b.example.com")], "a_b.example.com", Err(SubjectAltName), forms),
        (
            vec![dns("fleet.example.com"), dns("-a.example.com")],
            "fleet.example.com",
            Err(SubjectAltName),
            forms,
        ),
        (
            vec![dns("fleet.example.com"), dns("192.0.2.7")],
            "fleet.example.com",
            Err(SubjectAltName),
            forms,
        ),
        (
            vec![dns("fleet.example.com"), dns("https://fleet.example.com")],
            "fleet.example.com",
            Err(SubjectAltName),
            forms,
        ),
        (vec![ip("192.0.2.7")], "192.0.2.7", Ok(()), None),
        (vec![ip("2001:db8::7")], "2001:db8::7", Ok(()), None),
        (vec![ip("2001:db8::7")], "2001:DB8:0::0:7", Ok(()), None),
        (vec![dns(HOST), ip("192.0.2.7")], "192.0.2.7", Ok(()), None),
        (vec![ip("192.0.2.7")], "192.0.2.8", Err(WrongName), None),
        (vec![ip("2001:db8::7")], "2001:db8::8", Err(WrongName), None),
        (vec![ip("192.0.2.7")], "::ffff:192.0.2.7", Err(WrongName), None),
        (vec![ip("::ffff:192.0.2.7")], "192.0.2.7", Err(WrongName), None),
        (vec![dns("192.0.2.7")], "192.0.2.7", Err(SubjectAltName), None),
        (vec![dns("*.0.2.7")], "192.0.2.7", Err(SubjectAltName), None),
        (vec![dns("fleet.example.com")], "192.0.2.7", Err(WrongName), None),
        (vec![ip("192.0.2.7")], "fleet.example.com", Err(WrongName), None),
        (vec![tlv(0x87, b"192.0.2.7")], "192.0.2.7", Err(SubjectAltName), None),
        (vec![dns(HOST), tlv(0x87, &[192, 0, 2])], "fleet.example.com", Err(SubjectAltName), forms),
        (vec![dns(HOST), tlv(0x87, &[])], "fleet.example.com", Err(SubjectAltName), forms),
        (
            vec![dns(HOST), tlv(0x87, &[192, 0, 2, 0, 255, 255, 255, 0])],
            "fleet.example.com",
            Err(SubjectAltName),
            forms,
        ),
        (vec![tlv(0x86, b"https://fleet.example.com/")], "fleet.example.com", Err(WrongName), None),
        (vec![tlv(0x81, b"fleet@fleet.example.com")], "fleet.example.com", Err(WrongName), None),
        (vec![directory(&name(HOST))], "fleet.example.com", Err(WrongName), None),
        (
            vec![tlv(0x86, b"https://other.example.com/"), dns(HOST)],
            "fleet.example.com",
            Ok(()),
            None,
        ),
        (vec![tlv(0x81, b"a@example.com"), dns(HOST)], "fleet.example.com", Ok(()), None),
        (vec![directory(&name("a")), dns(HOST)], "fleet.example.com", Ok(()), None),
        (vec![tlv(0x88, &[0x2a, 3]), dns(HOST)], "fleet.example.com", Ok(()), None),
        (
            vec![cat(0xa0, &[&oid(&[0x2a, 3]), &tlv(0xa0, &tlv(0x0c, b"a"))]), dns(HOST)],
            "fleet.example.com",
            Ok(()),
            None,
        ),
        (vec![], "fleet.example.com", Err(SubjectAltName), None),
        (vec![dns(HOST), tlv(0x89, b"a")], "fleet.example.com", Err(SubjectAltName), None),
        (vec![dns(HOST), tlv(0x0c, b"a")], "fleet.example.com", Err(SubjectAltName), None),
    ]
}

pub fn cases() -> Vec<Case> {
    let mut all: Vec<Case> = table()
        .into_iter()
        .enumerate()
        .map(|(row, (names, host, expected, differs))| {
            let mut case =
                Case::leaf(&format!("names: row {row}, {host}"), |c| c.names(&names)).host(host);
            case.expected = expected;
            case.differs = differs;
            case
        })
        .collect();
    let many = |count: usize| {
        (0..count).map(|n| dns(&format!("a{n}.example.com"))).chain([dns(HOST)]).collect::<Vec<_>>()
    };
    let label = "a".repeat(63);
    let long = format!("{label}.{label}.{label}.{}.com", "b".repeat(57));
    all.extend([
        Case::leaf("names: only in the common name", |c| {
            c.without(SAN).but(|c| c.subject = name(HOST))
        })
        .refused(NoAltName)
        .differs("The common name"),
        Case::leaf("names: in the common name, another beside", |c| {
            c.names(&[dns("other.example.com")]).but(|c| c.subject = name(HOST))
        })
        .refused(WrongName),
        Case::leaf("names: none", |c| c.without(SAN)).refused(NoAltName),
        Case::leaf("names: text for an extension", |c| c.with(Ext::new(SAN, false, HOST.into())))
            .refused(SubjectAltName),
        Case::leaf("names: a byte behind", |c| {
            c.with(Ext::new(SAN, false, [seq(&[&dns(HOST)]), vec![0]].concat()))
        })
        .refused(SubjectAltName)
        .differs("DER, not BER"),
        Case::leaf("names: a SET", |c| c.with(Ext::new(SAN, false, cat(0x31, &[&dns(HOST)]))))
            .refused(SubjectAltName),
        Case::leaf("names: 128", |c| c.names(&many(127))),
        Case::leaf("names: 129", |c| c.names(&many(128))).refused(TooComplex).differs("Limits"),
        Case::leaf("names: label of 63 bytes", |c| c.names(&[dns(&format!("{label}.com"))]))
            .host(&format!("{label}.com")),
        Case::leaf("names: 253 bytes", |c| c.names(&[dns(&long)])).host(&long),
        Case::leaf("names: label of 64 bytes", |c| {
            c.names(&[dns(HOST), dns(&format!("a{label}.com"))])
        })
        .refused(SubjectAltName)
        .differs("Names in other forms"),
        Case::leaf("names: 255 bytes", |c| c.names(&[dns(HOST), dns(&format!("bb{long}"))]))
            .refused(SubjectAltName)
            .differs("Names in other forms"),
    ]);
    all
}
