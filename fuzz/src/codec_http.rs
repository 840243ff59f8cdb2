//! Heads of requests on any bytes, against `httparse`: what is accepted has the same parts there.

use gabion_codec::Writer;
use gabion_codec::input::{Body, RequestHead, Validated};

/// What must hold for every input.
pub fn codec_http(data: &[u8]) {
    let (head, rest) = match RequestHead::parse_front(data) {
        Ok(found) => found,
        Err(error) => {
            assert!(error.offset <= data.len(), "{error}");
            return;
        }
    };
    let length = data.len() - rest.len();
    let mut fields = [httparse::EMPTY_HEADER; RequestHead::MAX_FIELDS];
    let mut theirs = httparse::Request::new(&mut fields);
    assert_eq!(theirs.parse(data), Ok(httparse::Status::Complete(length)), "where the head ends");
    assert_eq!(theirs.version, Some(1));
    let target = theirs.path.expect("a target");
    let query = head.query().map(|query| format!("?{query}")).unwrap_or_default();
    assert_eq!(format!("{}{query}", head.path()), target);
    assert_eq!(head.fields().count(), theirs.headers.len());
    for (ours, theirs) in head.fields().zip(theirs.headers.iter()) {
        assert_eq!((ours.name, ours.value.as_bytes()), (theirs.name, theirs.value));
    }
    let deciding = |name: &str| {
        theirs.headers.iter().filter(|field| field.name.eq_ignore_ascii_case(name)).count()
    };
    let (lengths, codings) = (deciding("content-length"), deciding("transfer-encoding"));
    match head.body() {
        Body::None => assert_eq!((lengths, codings), (0, 0)),
        Body::Length(_) => assert_eq!((lengths, codings), (1, 0)),
        Body::Chunked => assert_eq!((lengths, codings), (0, 1)),
    }
    assert_eq!(deciding("host"), 1);
    // One more space for each field at most.
    let mut buffer = vec![0; data.len() + 2 * RequestHead::MAX_FIELDS];
    let mut writer = Writer::new(&mut buffer);
    head.emit(&mut writer).expect("there is room");
    if let Ok(again) = Validated::<RequestHead<'_>>::parse(writer.written()) {
        assert!(again.fields().eq(head.fields()));
        assert_eq!((again.body(), again.host()), (head.body(), head.host()));
    } else {
        assert!(writer.position() > 4096, "what is written is read");
    }
}
