//! DER signatures and public keys on any bytes: refused, or written back the same.

use gabion_codec::{Reader, Writer, der};

/// What must hold for every input.
pub fn codec_der(data: &[u8]) {
    let mut buffer = [0; 128];
    // The other library takes the same pairs, but for zero and for more than 256 bits.
    let theirs = pair(data);
    match (der::p256_signature(data), &theirs) {
        (Ok(fixed), Some([r, s])) => {
            let right = |half: &[u8], number: &[u8]| half.ends_with(number);
            assert!(right(&fixed[..32], r) && right(&fixed[32..], s), "the same numbers");
        }
        (Err(_), Some(numbers)) => {
            let odd = |number: &Vec<u8>| number.len() > 32 || number.iter().all(|byte| *byte == 0);
            assert!(numbers.iter().any(odd), "ours is stricter there only");
        }
        (Ok(_), None) => panic!("theirs refuses it"),
        (Err(_), None) => {}
    }
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

/// What the crate `der` reads.
fn pair(data: &[u8]) -> Option<[Vec<u8>; 2]> {
    use der_crate::{Decode, Reader as _, SliceReader, asn1::UintRef};
    let mut reader = SliceReader::new(data).ok()?;
    let pair = reader
        .sequence(|inner| {
            let mut next = || UintRef::decode(inner).map(|number| number.as_bytes().to_vec());
            Ok::<_, der_crate::Error>([next()?, next()?])
        })
        .ok()?;
    reader.finish().ok()?;
    Some(pair)
}
