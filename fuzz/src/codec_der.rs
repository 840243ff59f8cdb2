//! DER signatures and public keys on any bytes: refused, or written back the same.

use gabion_codec::{Reader, Writer, der};

/// What must hold for every input.
pub fn codec_der(data: &[u8]) {
    let mut buffer = [0; 128];
    if let Ok(fixed) = der::p256_signature(data) {
        let mut writer = Writer::new(&mut buffer);
        der::emit_p256_signature(&fixed, &mut writer).expect("what was read can be written");
        assert_eq!(writer.written(), data, "the only encoding");
    }
    if let Ok(key) = der::PublicKey::parse(data) {
        let mut writer = Writer::new(&mut buffer);
        key.emit(&mut writer).expect("what was read can be written");
        assert_eq!(writer.written(), data, "the only encoding");
    }
    if let [tag, rest @ ..] = data {
        let mut reader = Reader::new(rest);
        match der::element(&mut reader, *tag) {
            Ok(content) => {
                assert_eq!(content.position() + content.remaining(), reader.position());
                assert!(reader.position() <= rest.len());
            }
            Err(error) => assert!(error.offset <= rest.len() && reader.position() == 0),
        }
    }
    if let Ok(bytes) = der::positive(&mut Reader::new(data)) {
        assert!(bytes.first().is_some_and(|first| *first != 0), "zero, or a needless zero");
    }
}
