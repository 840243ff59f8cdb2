//! Every kind of input: what it accepts and how that is written, what it refuses, where and why.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use core::net::IpAddr;

use gabion_codec::input::{
    Authority, Cidr, CommandLine, Contact, DeviceName, HostName, ImageVersion, Input, Ip, SemVer,
    SetupPayload, Ssid, Timestamp, TopicFilter, TopicName, Uri, Validated, WpaSecret,
};
use gabion_codec::{CodecErrorKind, CodecErrorKind::*, Writer};

fn emitted<'a, T: Input<'a>>(value: &Validated<T>) -> Vec<u8> {
    let mut buffer = [0; 8192];
    let mut writer = Writer::new(&mut buffer);
    value.emit(&mut writer).unwrap();
    let written = writer.finish().to_vec();
    // All or nothing in any smaller room, and no more than needed.
    let mut room = vec![0; written.len()];
    value.emit(&mut Writer::new(&mut room)).unwrap();
    if let Some(short) = room.len().checked_sub(1) {
        assert_eq!(value.emit(&mut Writer::new(&mut room[..short])).unwrap_err().kind, NoRoom);
    }
    written
}

/// Each is accepted and written as the second; what was written is read the same and written the same.
fn accepts<T: for<'a> Input<'a>>(list: &[(&str, &str)]) {
    accepts_of(list, |input| Validated::<T>::parse(input).map(|value| emitted(&value)));
}

fn accepts_of(
    list: &[(&str, &str)],
    rewrite: impl Fn(&[u8]) -> Result<Vec<u8>, gabion_codec::CodecError>,
) {
    for (input, expected) in list {
        let written = rewrite(input.as_bytes()).unwrap_or_else(|e| panic!("{input:?}: {e}"));
        assert_eq!(String::from_utf8_lossy(&written), *expected);
        assert_eq!(rewrite(&written).as_deref(), Ok(&written[..]), "{input:?}");
    }
}

fn refuses(
    list: &[(&str, CodecErrorKind, usize)],
    parse: impl Fn(&[u8]) -> Result<Vec<u8>, gabion_codec::CodecError>,
) {
    for (input, kind, offset) in list {
        match parse(input.as_bytes()) {
            Ok(_) => panic!("{input:?} was accepted"),
            Err(error) => assert_eq!((error.kind, error.offset), (*kind, *offset), "{input:?}"),
        }
    }
}

macro_rules! rewrite {
    ($kind:ty) => {
        |input: &[u8]| Validated::<$kind>::parse(input).map(|value| emitted(&value))
    };
}

#[test]
fn ssid() {
    let longest = "x".repeat(32);
    accepts_of(
        &[("", ""), ("home", "home"), ("a\0b", "a\0b"), (&longest, &longest)],
        rewrite!(Ssid<'_>),
    );
    refuses(&[(&"x".repeat(33), TooLong, 32)], rewrite!(Ssid<'_>));
    let odd = Validated::<Ssid<'_>>::parse(&[0xff, 0]).unwrap();
    assert_eq!((odd.as_bytes(), odd.as_str()), (&[0xff, 0][..], None));
    assert!(Validated::<Ssid<'_>>::parse(b"").unwrap().is_wildcard());
}

#[test]
fn wpa_secret() {
    let (key, longest) = ("0123456789abcdefABCDEF9876543210".repeat(2), "~".repeat(63));
    let good = ["8 chars.", longest.as_str(), key.as_str()].map(|text| (text, text));
    accepts_of(&good, rewrite!(WpaSecret<'_>));
    let not_hex = "g".repeat(64);
    refuses(
        &[
            ("", TooShort, 0),
            ("7 chars", TooShort, 7),
            (&not_hex, Forbidden, 0),
            (&"a".repeat(65), TooLong, 64),
            ("eight\tch", Forbidden, 5),
            ("passwört", Forbidden, 5),
        ],
        rewrite!(WpaSecret<'_>),
    );
    let mut out = [0; 32];
    let secret = Validated::<WpaSecret<'_>>::parse(key.as_bytes()).unwrap();
    assert!(secret.expose_key(&mut out) && secret.expose_passphrase().is_none());
    assert_eq!(out[..11], [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xab, 0xcd, 0xef]);
    let secret = Validated::<WpaSecret<'_>>::parse(b"do not show me").unwrap();
    assert!(!secret.expose_key(&mut out));
    assert!(!format!("{secret:?}").contains("show"));
}

#[test]
fn host_name() {
    let label = "a".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}", "b".repeat(61));
    let good = ["a", "localhost", "3com.example", "xn--mnchen-3ya.de", "A-1.b-2", &label, &longest];
    accepts_of(&good.map(|text| (text, text)), rewrite!(HostName<'_>));
    refuses(
        &[
            ("", TooShort, 0),
            (".", TooShort, 0),
            ("a.", TooShort, 2),
            ("a..b", TooShort, 2),
            ("-a", Forbidden, 0),
            ("a-", Forbidden, 1),
            ("a.b-.c", Forbidden, 3),
            ("a_b", Forbidden, 1),
            ("a b", Forbidden, 1),
            ("*.b", Forbidden, 0),
            ("münchen.de", Forbidden, 1),
            ("ab--c.de", Forbidden, 2),
            ("xn--.de", Forbidden, 3),
            ("127.1", Ambiguous, 4),
            ("1.2.3.4", Ambiguous, 6),
            ("a.0x7f", Ambiguous, 2),
            ("a.0X", Ambiguous, 2),
            (&"a".repeat(64), TooLong, 63),
            (&format!("{longest}b"), TooLong, 253),
            ("a\0", Forbidden, 1),
        ],
        rewrite!(HostName<'_>),
    );
    let same = [b"Fleet.Example".as_slice(), b"fleet.eXample"];
    let [a, b] = same.map(|name| Validated::<HostName<'_>>::parse(name).unwrap());
    assert_eq!(a, b);
}

#[test]
fn addresses() {
    accepts::<Ip>(&[
        ("0.0.0.0", "0.0.0.0"),
        ("255.255.255.255", "255.255.255.255"),
        ("::", "::"),
        ("::1", "::1"),
        ("1::", "1::"),
        // RFC 5952 §4
        ("2001:0db8::0001", "2001:db8::1"),
        ("2001:db8:0:0:0:0:2:1", "2001:db8::2:1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("2001:DB8::ABCD", "2001:db8::abcd"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ("::ffff:c000:201", "::ffff:192.0.2.1"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ("0:0:0:0:0:0:13.1.68.3", "::d01:4403"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
    ]);
    refuses(
        &[
            ("", TooShort, 0),
            ("1.2.3", TooShort, 5),
            ("1.2.3.4.5", Trailing, 7),
            ("01.2.3.4", NotCanonical, 0),
            ("1.2.3.256", OutOfRange, 6),
            ("1.2..4", TooShort, 4),
            ("0x1.2.3.4", NotCanonical, 0),
            (":", TooShort, 0),
            (":::", TooShort, 2),
            ("1:2:3:4:5:6:7", TooShort, 13),
            ("1:2:3:4:5:6:7:8:9", TooLong, 16),
            ("1:2:3:4:5:6:7::8", TooLong, 15),
            ("1::2::3", TooShort, 5),
            ("12345::", TooLong, 4),
            ("fe80::1%eth0", Forbidden, 7),
            ("::1.2.3", TooShort, 7),
            ("1.2.3.4::", Forbidden, 1),
            ("[::1]", Forbidden, 0),
        ],
        rewrite!(Ip),
    );
    accepts::<Cidr>(&[
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("192.0.2.1/32", "192.0.2.1/32"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("::/0", "::/0"),
        ("::1/128", "::1/128"),
    ]);
    refuses(
        &[
            ("10.0.0.1", TooShort, 8),
            ("10.0.0.1/8", Ambiguous, 9),
            ("10.0.0.0/08", NotCanonical, 9),
            ("10.0.0.0/33", OutOfRange, 9),
            ("2001:db8::1/64", Ambiguous, 12),
            ("::/129", OutOfRange, 3),
            ("10.0.0.0/255.0.0.0", OutOfRange, 9),
        ],
        rewrite!(Cidr),
    );
    let block = Validated::<Cidr>::parse(b"10.32.0.0/11").unwrap();
    for (address, inside) in
        [("10.32.0.0", true), ("10.63.255.255", true), ("10.64.0.0", false), ("::a20:0", false)]
    {
        assert_eq!(block.contains(address.parse().unwrap()), inside, "{address}");
    }
}

#[test]
fn addresses_as_the_standard_library_reads_them() {
    // Every shape of groups and gap, and every emission.
    for zeros in 0..=255_u8 {
        let groups: [u16; 8] =
            std::array::from_fn(|i| if zeros >> i & 1 == 0 { 0 } else { 0xa0 + i as u16 });
        let address = IpAddr::V6(groups.into());
        let text = address.to_string();
        let ours = Validated::<Ip>::parse(text.as_bytes()).unwrap();
        assert_eq!(ours.address(), address);
        assert_eq!(String::from_utf8(emitted(&ours)).unwrap(), text);
    }
}

#[test]
fn uri() {
    let good = [
        "https://fleet.example.com",
        "https://fleet.example.com/",
        "https://a/b/c?d=e&f=%20g/?",
        "mqtts://[2001:db8::1]:8883",
        "coaps://192.0.2.1:5684/.well-known/core",
        "wss://a/%C3%BC/",
    ];
    accepts_of(&good.map(|text| (text, text)), rewrite!(Uri<'_>));
    refuses(
        &[
            ("", TooShort, 0),
            ("http://a", Unexpected, 0),
            ("HTTPS://a", Unexpected, 0),
            ("javascript:alert(1)", Unexpected, 0),
            ("https:a", Unexpected, 6),
            ("https:///a", TooShort, 8),
            ("https://user@a", Forbidden, 12),
            ("https://a:b@c", Forbidden, 11),
            ("https://a:", TooShort, 10),
            ("https://a:0", OutOfRange, 10),
            ("https://a:65536", OutOfRange, 10),
            ("https://a:0443", NotCanonical, 10),
            ("https://[::1", Truncated, 12),
            ("https://[::1]a", Forbidden, 13),
            ("https://[1.2.3.4]", Forbidden, 8),
            ("https://127.1", TooShort, 13),
            ("https://2130706433", OutOfRange, 8),
            ("https://a/../b", Ambiguous, 10),
            ("https://a/b/.", Ambiguous, 12),
            ("https://a//b", Ambiguous, 10),
            ("https://a/%2e%2e/b", NotCanonical, 10),
            ("https://a/%2E", NotCanonical, 10),
            ("https://a/%2Fb", Forbidden, 10),
            ("https://a/%5C", Forbidden, 10),
            ("https://a/%00", Forbidden, 10),
            ("https://a/%0D%0A", Forbidden, 10),
            ("https://a/%2f", NotCanonical, 10),
            ("https://a/%4", Truncated, 10),
            ("https://a/#b", Forbidden, 10),
            ("https://a\\b", Forbidden, 9),
            ("https://a/b c", Forbidden, 11),
            ("https://a/b\r\nHost: c", Forbidden, 11),
            ("https://a/ü", Forbidden, 10),
            (&format!("https://a/{}", "b".repeat(1015)), TooLong, 1024),
        ],
        rewrite!(Uri<'_>),
    );
    let uri = Validated::<Uri<'_>>::parse(b"https://a.b:8443/c/d?e").unwrap();
    assert!(matches!(uri.host(), Authority::Name(name) if name.as_str() == "a.b"));
    assert_eq!((uri.port(), uri.path(), uri.query()), (Some(8443), "/c/d", Some("e")));
    assert!(Uri::parse_for(b"coap://a", &["coap"]).is_ok());
    assert!(Uri::parse_for(b"https://a", &["coap"]).is_err());
}

#[test]
fn mqtt() {
    let good = ["a", "/", "a/b//c", "$SYS/x", "ü/😀", " "];
    accepts_of(&good.map(|text| (text, text)), rewrite!(TopicName<'_>));
    refuses(
        &[
            ("", TooShort, 0),
            ("a/+", Forbidden, 2),
            ("a/#", Forbidden, 2),
            ("a\0", Forbidden, 1),
            ("a\u{7f}", Forbidden, 1),
            ("a\u{85}", Forbidden, 1),
            ("a\u{fffe}", Forbidden, 1),
        ],
        rewrite!(TopicName<'_>),
    );
    let good = ["#", "+", "a/+/b", "+/#", "$share/group/a/#", "a/b"];
    accepts_of(&good.map(|text| (text, text)), rewrite!(TopicFilter<'_>));
    refuses(
        &[
            ("", TooShort, 0),
            ("a#", Forbidden, 1),
            ("a/#/b", Forbidden, 2),
            ("a+", Forbidden, 1),
            ("a/+b", Forbidden, 2),
            ("$share/a", TooShort, 7),
            ("$share//a", TooShort, 7),
            ("$share/+/a", Forbidden, 7),
        ],
        rewrite!(TopicFilter<'_>),
    );
    // MQTT 5.0 §4.7.1 and §4.7.2
    for (filter, topic, covered) in [
        ("sport/tennis/player1/#", "sport/tennis/player1", true),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true),
        ("sport/#", "sport", true),
        ("sport/tennis/+", "sport/tennis/player1/ranking", false),
        ("sport/+", "sport", false),
        ("sport/+", "sport/", true),
        ("+/+", "/finance", true),
        ("/+", "/finance", true),
        ("+", "/finance", false),
        ("#", "$SYS/monitor", false),
        ("+/monitor/Clients", "$SYS/monitor/Clients", false),
        ("$SYS/#", "$SYS/monitor", true),
        ("a", "a/b", false),
        ("a/b", "a", false),
    ] {
        let topic = Validated::<TopicName<'_>>::parse(topic.as_bytes()).unwrap();
        let filter = Validated::<TopicFilter<'_>>::parse(filter.as_bytes()).unwrap();
        assert_eq!(filter.matches(&topic), covered, "{filter:?} {topic:?}");
    }
}

#[test]
fn device_name() {
    let longest = "ü".repeat(32);
    let good = [
        "a",
        "Living room",
        "Küche",
        "台所のランプ",
        "السلام عليكم",
        "กี่",
        "नमस्ते",
        "O'Brien's #2!",
        "😀",
        &longest,
    ];
    accepts_of(&good.map(|text| (text, text)), rewrite!(DeviceName<'_>));
    refuses(
        &[
            ("", TooShort, 0),
            (" a", Forbidden, 0),
            ("a ", Forbidden, 1),
            ("a\tb", Forbidden, 1),
            ("a\nb", Forbidden, 1),
            ("a\u{1b}[2J", Forbidden, 1),
            // directions
            ("lamp\u{202e}gpj", Forbidden, 4),
            ("a\u{2066}b", Forbidden, 1),
            ("a\u{200f}", Forbidden, 1),
            // without width
            ("a\u{200b}b", Forbidden, 1),
            ("a\u{200d}b", Forbidden, 1),
            ("\u{feff}a", Forbidden, 0),
            ("a\u{ad}b", Forbidden, 1),
            ("\u{3164}", Forbidden, 0),
            ("\u{2800}", Forbidden, 0),
            ("a\u{fe0f}", Forbidden, 1),
            ("a\u{e0041}", Forbidden, 1),
            // odd spaces and lines
            ("a\u{a0}b", Forbidden, 1),
            ("a\u{2028}b", Forbidden, 1),
            ("a\u{3000}", Forbidden, 1),
            ("\u{e000}", Forbidden, 0),
            ("\u{ffff}", Forbidden, 0),
            // another spelling of what has one
            ("u\u{308}", NotCanonical, 1),
            ("\u{212b}", NotCanonical, 0),
            ("\u{f900}", NotCanonical, 0),
            ("\u{1100}\u{1161}", NotCanonical, 0),
            ("か\u{3099}", NotCanonical, 3),
            // marks without ground, and stacks
            ("\u{e34}", Forbidden, 0),
            ("a \u{e34}", Forbidden, 2),
            ("ก\u{e34}\u{e48}\u{e34}", Forbidden, 9),
            (&"a".repeat(33), TooLong, 32),
            (&"ü".repeat(33), TooLong, 64),
        ],
        rewrite!(DeviceName<'_>),
    );
    let invalid = Validated::<DeviceName<'_>>::parse(&[b'a', 0xff]).unwrap_err();
    assert_eq!((invalid.kind, invalid.offset), (NotUtf8, 1));
}

#[test]
fn contact() {
    let long = format!("{}@{}.example", "l".repeat(64), "d".repeat(63));
    let good = ["security@example.com", "a.b+c@d.e", "o'brien@a-b.example", &long];
    accepts_of(&good.map(|text| (text, text)), rewrite!(Contact<'_>));
    refuses(
        &[
            ("", TooShort, 0),
            ("a", TooShort, 1),
            ("@a.b", TooShort, 0),
            ("a@", TooShort, 2),
            ("a@b", TooShort, 3),
            ("a@b@c.d", Forbidden, 3),
            (".a@b.c", TooShort, 0),
            ("a..b@b.c", TooShort, 2),
            ("a.@b.c", TooShort, 2),
            ("\"a b\"@c.d", Forbidden, 0),
            ("a@[192.0.2.1]", Forbidden, 2),
            ("a@b.c\r\nBcc: d@e.f", Forbidden, 5),
            ("a@b.1", Ambiguous, 4),
            ("ü@b.c", Forbidden, 0),
            (&format!("{}@b.c", "l".repeat(65)), TooLong, 64),
        ],
        rewrite!(Contact<'_>),
    );
}

#[test]
fn time() {
    accepts::<Timestamp>(&[
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z"),
        ("2000-02-29T12:00:00+00:00", "2000-02-29T12:00:00Z"),
        ("2024-02-29T12:00:00-00:00", "2024-02-29T12:00:00Z"),
        ("1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.52Z"),
        ("1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57Z"),
        ("1970-01-01T05:30:00+05:30", "1970-01-01T00:00:00Z"),
        ("1969-12-31T23:00:00-01:00", "1970-01-01T00:00:00Z"),
        ("2026-11-24T09:00:00.500Z", "2026-11-24T09:00:00.5Z"),
        ("2026-11-24T09:00:00.000Z", "2026-11-24T09:00:00Z"),
    ]);
    refuses(
        &[
            ("", Truncated, 0),
            ("2026-11-24", Truncated, 10),
            ("2026-11-24 09:00:00Z", Unexpected, 10),
            ("2026-11-24t09:00:00z", Unexpected, 10),
            ("2026-11-24T09:00:00z", Unexpected, 19),
            ("2026-11-24T09:00:00", Truncated, 19),
            ("2026-11-24T09:00Z", Unexpected, 16),
            ("2026-02-29T09:00:00Z", OutOfRange, 8),
            ("2100-02-29T09:00:00Z", OutOfRange, 8),
            ("2026-04-31T09:00:00Z", OutOfRange, 8),
            ("2026-00-01T09:00:00Z", OutOfRange, 5),
            ("2026-13-01T09:00:00Z", OutOfRange, 5),
            ("2026-01-00T09:00:00Z", OutOfRange, 8),
            ("2026-01-01T24:00:00Z", OutOfRange, 11),
            ("2026-01-01T23:60:00Z", OutOfRange, 14),
            ("2016-12-31T23:59:60Z", OutOfRange, 17),
            ("2026-01-01T00:00:00.Z", TooShort, 20),
            ("2026-01-01T00:00:00.1234567890Z", TooLong, 29),
            ("2026-01-01T00:00:00+24:00", OutOfRange, 20),
            ("2026-01-01T00:00:00+0100", Unexpected, 22),
            ("2026-01-01T00:00:00Z0", Trailing, 20),
            ("1969-12-31T23:59:59Z", OutOfRange, 0),
            ("1970-01-01T00:00:00+00:01", OutOfRange, 0),
            ("9999-12-31T23:59:59-00:01", OutOfRange, 0),
            ("+026-01-01T00:00:00Z", Forbidden, 0),
            ("2026-1-01T00:00:00Z", Forbidden, 6),
        ],
        rewrite!(Timestamp),
    );
    // Every day of two centuries, in a row.
    for day in 0..73_048_u64 {
        let time = Timestamp::new(day * 86_400, 0).unwrap();
        let mut buffer = [0; 40];
        let mut writer = Writer::new(&mut buffer);
        time.emit(&mut writer).unwrap();
        let back = Validated::<Timestamp>::parse(writer.written()).unwrap();
        assert_eq!(back.unix_seconds(), day * 86_400);
    }
}

#[test]
fn versions() {
    accepts::<ImageVersion>(&[
        ("0.0.0", "0.0.0+0"),
        ("1.2.3+4", "1.2.3+4"),
        ("255.255.65535+4294967295", "255.255.65535+4294967295"),
    ]);
    refuses(
        &[
            ("", TooShort, 0),
            ("1.2", TooShort, 3),
            ("1.2.3.4", Trailing, 5),
            ("256.0.0", OutOfRange, 0),
            ("1.256.0", OutOfRange, 2),
            ("1.2.65536", OutOfRange, 4),
            ("1.2.3+4294967296", OutOfRange, 6),
            ("01.2.3", NotCanonical, 0),
            ("1.2.3+", TooShort, 6),
            ("1.2.3-rc1", Forbidden, 5),
            ("v1.2.3", Forbidden, 0),
        ],
        rewrite!(ImageVersion),
    );
    let good = [
        "0.0.4",
        "1.2.3",
        "1.1.2-prerelease+meta",
        "1.0.0-alpha.1",
        "1.0.0--",
        "1.0.0+0.build.1-rc.10000aaa-kk-0.1",
        "18446744073709551615.0.0",
        "1.0.0-0A.is.legal",
    ];
    accepts_of(&good.map(|text| (text, text)), rewrite!(SemVer<'_>));
    refuses(
        &[
            ("1", TooShort, 1),
            ("1.2", TooShort, 3),
            ("1.2.3-0123", NotCanonical, 6),
            ("1.2.3-", TooShort, 6),
            ("1.2.3+", TooShort, 6),
            ("1.2.3-a..b", TooShort, 8),
            ("01.1.1", NotCanonical, 0),
            ("1.2.3.DEV", Trailing, 5),
            ("1.2.3+a+b", Forbidden, 7),
            ("alpha", Forbidden, 0),
            ("18446744073709551616.0.0", OutOfRange, 0),
        ],
        rewrite!(SemVer<'_>),
    );
    // semver §11.4
    let order = [
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "1.0.1",
        "2.0.0",
        "2.1.0",
    ];
    let versions = order.map(|text| Validated::<SemVer<'_>>::parse(text.as_bytes()).unwrap());
    for (i, a) in versions.iter().enumerate() {
        for (j, b) in versions.iter().enumerate() {
            assert_eq!(a.precedence(b), i.cmp(&j), "{a:?} {b:?}");
        }
    }
}

#[test]
fn command_line() {
    accepts_of(
        &[
            ("help", "help"),
            ("  set   name  \"living room\" ", "set name \"living room\""),
            ("a \"\" \"b\"", "a \"\" b"),
            ("\"reboot\"", "reboot"),
            ("log-level 3 -v --x=y", "log-level 3 -v --x=y"),
        ],
        rewrite!(CommandLine<'_>),
    );
    let most = format!("a{}", " b".repeat(16));
    refuses(
        &[
            ("", TooShort, 0),
            ("   ", TooShort, 3),
            ("A", Forbidden, 0),
            ("1a", Forbidden, 0),
            ("a_b", Forbidden, 1),
            ("\"\" a", TooShort, 1),
            ("a \"b", Truncated, 4),
            ("a \"b\"c", Ambiguous, 5),
            ("a b\"c\"", Forbidden, 3),
            ("a\r\n", Forbidden, 1),
            ("a\x08\x08\x08", Forbidden, 1),
            ("a \x1b[A", Forbidden, 2),
            ("a ü", Forbidden, 2),
            (&most, OverBudget, 32),
            (&"a".repeat(129), TooLong, 128),
        ],
        rewrite!(CommandLine<'_>),
    );
    let line = Validated::<CommandLine<'_>>::parse(b"set name \"living room\"").unwrap();
    assert_eq!(line.command(), "set");
    assert_eq!(line.arguments().collect::<Vec<_>>(), ["name", "living room"]);
}

#[test]
fn setup_payload() {
    let good = ["GABION:1:LAMP-2:SN0001:22222222222222W".replace("22222222222222W", &secret())];
    accepts_of(&[(&good[0], &good[0])], rewrite!(SetupPayload<'_>));
    let payload = Validated::<SetupPayload<'_>>::parse(good[0].as_bytes()).unwrap();
    assert_eq!((payload.model(), payload.serial()), ("LAMP-2", "SN0001"));
    assert!(!format!("{payload:?}").contains(&secret()));
    let good = good[0].as_str();
    let with = |from: &str, to: &str| good.replace(from, to);
    for (input, kind, offset) in [
        (String::new(), Unexpected, 0),
        (with("GABION", "gabion"), Unexpected, 0),
        (with(":1:", ":2:"), Unexpected, 7),
        (with(":1:", "::"), Unexpected, 7),
        (with("LAMP-2", ""), TooShort, 9),
        (with("LAMP-2", "-LAMP"), Forbidden, 9),
        (with("LAMP-2", "lamp"), Forbidden, 9),
        (with("LAMP-2", "LAMPLAMPLAMPLAMP2"), TooLong, 25),
        (with("SN0001", "SN0001-"), Forbidden, 22),
        (format!("{good}:"), Trailing, good.len()),
        (format!("{good}{}", "2".repeat(30)), TooLong, 62),
        (good[..good.len() - 1].to_owned(), TooShort, good.len() - 1),
        (good[..13].to_owned(), Truncated, 13),
    ] {
        let error = Validated::<SetupPayload<'_>>::parse(input.as_bytes()).unwrap_err();
        assert_eq!((error.kind, error.offset), (kind, offset), "{input}");
    }
    // Every single wrong symbol is found.
    for at in good.len() - 15..good.len() {
        for symbol in "23456789CDFHJKMNPQRTVWX".bytes() {
            let mut other = good.as_bytes().to_vec();
            if other[at] != symbol {
                other[at] = symbol;
                let error = Validated::<SetupPayload<'_>>::parse(&other).unwrap_err();
                assert_eq!((error.kind, error.offset), (Checksum, good.len() - 1));
            }
        }
    }
}

/// A secret with its check symbol, worked out from docs/spec/label.md.
fn secret() -> String {
    const SYMBOLS: &str = "23456789CDFHJKMNPQRTVWX";
    let first = "7K4FM2XQ9RHT3W";
    let value = |symbol| SYMBOLS.find(symbol).unwrap();
    let sum: usize = first.chars().zip(1..).map(|(symbol, weight)| weight * value(symbol)).sum();
    format!("{first}{}", SYMBOLS.chars().nth(3 * sum % 23).unwrap())
}
