//! Heads of requests: what small servers take, and every way to smuggle one that is known.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use gabion_codec::input::{Authority, Body, Method, RequestHead, Validated};
use gabion_codec::{CodecErrorKind, CodecErrorKind::*, Writer};

fn verdict(head: &str) -> Result<Body, (CodecErrorKind, usize)> {
    let head = Validated::<RequestHead<'_>>::parse(head.as_bytes());
    head.map(|head| head.body()).map_err(|error| (error.kind, error.offset))
}

/// A head with these field lines after the host.
fn with(fields: &str) -> String {
    format!("POST /a HTTP/1.1\r\nHost: b\r\n{fields}\r\n")
}

const AT: usize = 27;

#[test]
fn requests_of_browsers_and_scripts() {
    let text =
        "GET /status?x=1 HTTP/1.1\r\nHost: 192.168.4.1:8080\r\nAccept:  */*  \r\nX-Empty:\r\n\r\n";
    let (head, rest) = RequestHead::parse_front(text.as_bytes()).unwrap();
    assert!(rest.is_empty());
    assert_eq!((head.method(), head.path(), head.query()), (Method::Get, "/status", Some("x=1")));
    let (host, port) = head.host();
    assert_eq!((host, port), (Authority::Ip([192, 168, 4, 1].into()), Some(8080)));
    assert_eq!((head.field("accept"), head.field("x-empty")), (Some("*/*"), Some("")));
    assert_eq!((head.field("cookie"), head.body()), (None, Body::None));
    assert_eq!(head.fields().count(), 3);
    let mut buffer = [0; 200];
    let mut writer = Writer::new(&mut buffer);
    head.emit(&mut writer).unwrap();
    let again = Validated::<RequestHead<'_>>::parse(writer.written()).unwrap();
    assert!(again.fields().eq(head.fields()));
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        assert!(verdict(&format!("{method} / HTTP/1.1\r\nHost: [::1]\r\n\r\n")).is_ok());
    }
}

#[test]
fn a_head_arrives_in_pieces() {
    let text = with("Content-Length: 3\r\n") + "abc";
    for end in 0..text.len() - 3 {
        let error = RequestHead::parse_front(&text.as_bytes()[..end]).unwrap_err();
        assert_eq!((error.kind, error.offset), (Truncated, end));
    }
    let (head, rest) = RequestHead::parse_front(text.as_bytes()).unwrap();
    assert_eq!((head.body(), rest), (Body::Length(3), &b"abc"[..]));
    let endless = [b'a'; 5000];
    assert_eq!(RequestHead::parse_front(&endless).unwrap_err().kind, TooLong);
}

#[test]
fn two_lengths() {
    assert_eq!(
        verdict(&with("Content-Length: 1\r\nContent-Length: 2\r\n")),
        Err((Ambiguous, AT + 19))
    );
    assert_eq!(
        verdict(&with("Content-Length: 1\r\ncontent-length: 1\r\n")),
        Err((Ambiguous, AT + 19))
    );
    assert_eq!(verdict(&with("Content-Length: 1, 1\r\n")), Err((Forbidden, AT + 17)));
}

#[test]
fn a_length_beside_chunks() {
    let (length, chunks) = ("Content-Length: 1\r\n", "Transfer-Encoding: chunked\r\n");
    assert_eq!(verdict(&with(&format!("{length}{chunks}"))), Err((Ambiguous, AT + 19)));
    assert_eq!(verdict(&with(&format!("{chunks}{length}"))), Err((Ambiguous, AT + 28)));
    assert_eq!(verdict(&with(chunks)), Ok(Body::Chunked));
    assert_eq!(verdict(&with(&format!("{chunks}{chunks}"))), Err((Ambiguous, AT + 28)));
}

#[test]
fn chunks_by_another_name() {
    for coding in
        ["Chunked", "identity", "gzip, chunked", "chunked, chunked", "xchunked", "chunked;a", ""]
    {
        let head = with(&format!("Transfer-Encoding: {coding}\r\n"));
        assert!(matches!(verdict(&head), Err((Unexpected, _))), "{coding}");
    }
    // A name that another server could take for it, or drop.
    for line in [
        "Transfer-Encoding : chunked",
        "Transfer Encoding: chunked",
        " Transfer-Encoding: chunked",
        "Transfer-Encoding\0: chunked",
        "\u{b}Transfer-Encoding: chunked",
    ] {
        assert!(matches!(verdict(&with(&format!("{line}\r\n"))), Err((Forbidden, _))), "{line}");
    }
}

#[test]
fn lengths_that_are_no_numbers() {
    for (length, kind) in [
        ("+1", Forbidden),
        ("-1", Forbidden),
        ("0x1", NotCanonical),
        ("1e1", Forbidden),
        ("01", NotCanonical),
        ("", TooShort),
        ("4294967296", OutOfRange),
        ("1 1", Forbidden),
        ("99999999999999999999999", OutOfRange),
    ] {
        let found = verdict(&with(&format!("Content-Length: {length}\r\n"))).unwrap_err();
        assert_eq!(found.0, kind, "{length}");
    }
    assert_eq!(verdict(&with("Content-Length: 0\r\n")), Ok(Body::Length(0)));
    assert_eq!(verdict(&with("Content-Length:\t4294967295 \r\n")), Ok(Body::Length(u32::MAX)));
}

#[test]
fn folded_and_broken_lines() {
    assert_eq!(verdict(&with("A: b\r\n c\r\n")), Err((Forbidden, AT + 6)));
    assert_eq!(verdict(&with("A: b\r\n\tc\r\n")), Err((Forbidden, AT + 6)));
    assert_eq!(verdict(&with("A: b\nC: d\r\n")), Err((Forbidden, AT + 4)));
    assert_eq!(verdict(&with("A: b\rC: d\r\n")), Err((Forbidden, AT + 4)));
    assert_eq!(verdict(&with("A: b\r\r\n")), Err((Forbidden, AT + 4)));
    assert_eq!(verdict(&with(": b\r\n")), Err((TooShort, AT)));
    assert_eq!(verdict(&with("A\r\n")), Err((Unexpected, AT + 1)));
    assert_eq!(verdict(&with("A: \0\r\n")), Err((Forbidden, AT + 3)));
    assert_eq!(verdict(&with("A: ü\r\n")), Err((Forbidden, AT + 3)));
    assert_eq!(verdict("GET / HTTP/1.1\nHost: b\n\n"), Err((Forbidden, 14)));
}

#[test]
fn a_second_request_in_the_first() {
    let two = with("") + &with("");
    assert!(verdict(&two).is_err());
    let (_, rest) = RequestHead::parse_front(two.as_bytes()).unwrap();
    assert_eq!(rest, with("").as_bytes());
}

#[test]
fn hosts() {
    for (head, kind) in [
        ("GET / HTTP/1.1\r\n\r\n", Missing),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", Duplicate),
        ("GET / HTTP/1.1\r\nHost: a\r\nHOST: b\r\n\r\n", Duplicate),
        ("GET / HTTP/1.1\r\nHost:\r\n\r\n", TooShort),
        ("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", Forbidden),
        ("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", Forbidden),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", Forbidden),
        ("GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", OutOfRange),
    ] {
        assert_eq!(verdict(head).unwrap_err().0, kind, "{head}");
    }
}

#[test]
fn request_lines() {
    for (line, kind, offset) in [
        ("", TooShort, 0),
        ("GET", TooShort, 3),
        ("GET /", TooShort, 5),
        ("get / HTTP/1.1", Unexpected, 0),
        ("TRACE / HTTP/1.1", Unexpected, 0),
        ("CONNECT a:1 HTTP/1.1", Unexpected, 0),
        ("GET  / HTTP/1.1", Forbidden, 4),
        ("GET / HTTP/1.0", Unexpected, 6),
        ("GET / HTTP/2", Unexpected, 6),
        ("GET / HTTP/1.1 ", Unexpected, 6),
        ("GET /\tHTTP/1.1", TooShort, 14),
        ("GET http://a/ HTTP/1.1", Forbidden, 4),
        ("GET * HTTP/1.1", Forbidden, 4),
        ("GET /../etc HTTP/1.1", Ambiguous, 5),
        ("GET //a HTTP/1.1", Ambiguous, 5),
        ("GET /%2e%2e/ HTTP/1.1", NotCanonical, 5),
        ("GET /a#b HTTP/1.1", Forbidden, 6),
        (" GET / HTTP/1.1", Unexpected, 0),
    ] {
        let head = format!("{line}\r\nHost: a\r\n\r\n");
        assert_eq!(verdict(&head), Err((kind, offset)), "{line}");
    }
}

#[test]
fn too_many_fields() {
    assert_eq!(verdict(&with(&"A: b\r\n".repeat(31))), Ok(Body::None));
    assert_eq!(verdict(&with(&"A: b\r\n".repeat(32))), Err((OverBudget, AT + 31 * 6)));
    assert!(matches!(
        verdict(&with(&format!("A: {}\r\n", "b".repeat(4096)))),
        Err((TooLong, 4096))
    ));
}
