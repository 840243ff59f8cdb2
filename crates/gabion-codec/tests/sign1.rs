//! The envelope of what a device signs.

use gabion_codec::{CodecErrorKind, Sign1Prefix, Sign1View};

#[test]
fn what_is_emitted_parses_and_nothing_else_does() {
    for len in [0_u32, 1, 23, 24, 255, 256, 65_535, 65_536] {
        let payload = vec![0x5a; len as usize];
        let prefix = Sign1Prefix::new(len);
        let message = [prefix.bytes(), &payload, &Sign1Prefix::suffix(&[7; 64])].concat();
        let view = Sign1View::parse(&message).unwrap();
        assert_eq!(view.payload, payload);
        assert_eq!(view.signature, [7; 64]);
        for cut in [0, 1, 7, message.len() - 66, message.len() - 1] {
            assert!(Sign1View::parse(&message[..cut]).is_err());
        }
        let longer = [message.as_slice(), &[0]].concat();
        assert_eq!(Sign1View::parse(&longer).unwrap_err().kind, CodecErrorKind::Trailing);
    }
}

#[test]
fn a_longer_head_than_needed_is_refused() {
    let message =
        [&[0xd2, 0x84, 0x43, 0xa1, 1, 0x26, 0xa0, 0x58, 1, 9][..], &Sign1Prefix::suffix(&[0; 64])]
            .concat();
    assert_eq!(Sign1View::parse(&message).unwrap_err().kind, CodecErrorKind::NotShortest);
}

#[test]
fn what_is_signed_is_the_structure_of_rfc_9052() {
    // Sig_structure = ["Signature1", h'a10126', h'', h'616263'] up to the payload, written out by hand.
    let expected = b"\x84\x6aSignature1\x43\xa1\x01\x26\x40\x43";
    assert_eq!(Sign1Prefix::new(3).to_be_signed(), expected);
}
