//! Readers, writers, lists and check sums behave as they say.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use gabion_codec::{
    ByteOrder, CodecError, CodecErrorKind, Crc32, Reader, TlvFormat, Width, Writer,
};

const fn error(kind: CodecErrorKind, offset: usize) -> CodecError {
    CodecError::new(kind, offset)
}

#[test]
fn integers_have_the_byte_order_that_their_name_says() {
    let bytes = [1, 2, 3, 4, 5, 6, 7, 8];
    let read = |f: fn(&mut Reader<'_>) -> u64| f(&mut Reader::new(&bytes));
    assert_eq!(read(|r| r.u8().unwrap().into()), 1);
    assert_eq!(read(|r| r.u16_le().unwrap().into()), 0x0201);
    assert_eq!(read(|r| r.u16_be().unwrap().into()), 0x0102);
    assert_eq!(read(|r| r.u32_le().unwrap().into()), 0x0403_0201);
    assert_eq!(read(|r| r.u32_be().unwrap().into()), 0x0102_0304);
    assert_eq!(read(|r| r.u64_le().unwrap()), 0x0807_0605_0403_0201);
    assert_eq!(read(|r| r.u64_be().unwrap()), 0x0102_0304_0506_0708);
}

#[test]
fn a_failed_read_consumes_nothing() {
    let mut reader = Reader::new(&[1, 2, 3]);
    reader.skip(1).unwrap();
    assert_eq!(reader.u32_le(), Err(error(CodecErrorKind::Truncated, 1)));
    assert_eq!(reader.bytes(usize::MAX), Err(error(CodecErrorKind::Truncated, 1)));
    assert_eq!(reader.array::<3>(), Err(error(CodecErrorKind::Truncated, 1)));
    assert_eq!(reader.expect(&[2, 4]), Err(error(CodecErrorKind::Unexpected, 1)));
    assert_eq!(reader.nested(3).unwrap_err(), error(CodecErrorKind::Truncated, 1));
    assert_eq!((reader.position(), reader.remaining(), reader.peek()), (1, 2, Some(2)));
    assert_eq!(reader.clone().finish(), Err(error(CodecErrorKind::Trailing, 1)));
    assert_eq!(reader.rest(), [2, 3]);
    assert_eq!((reader.position(), reader.peek()), (3, None));
    assert_eq!(reader.finish(), Ok(()));
}

#[test]
fn nested_readers_name_places_in_the_whole_and_end_where_they_should() {
    let mut reader = Reader::new_at(&[9, 1, 2, 8], 100);
    reader.skip(1).unwrap();
    let mut nested = reader.nested(2).unwrap();
    assert_eq!(nested.u16_be(), Ok(0x0102));
    assert_eq!(nested.u8(), Err(error(CodecErrorKind::Truncated, 103)));
    assert_eq!(reader.u8(), Ok(8));
    assert_eq!(reader.position(), 104);
}

#[test]
fn positions_at_the_end_of_the_address_space_do_not_overflow() {
    let mut reader = Reader::new_at(&[1, 2, 3], usize::MAX - 1);
    assert_eq!(reader.bytes(3).unwrap(), [1, 2, 3]);
    assert_eq!(reader.position(), usize::MAX);
}

#[test]
fn a_failed_write_writes_nothing() {
    let mut buffer = [0xaa; 4];
    let mut writer = Writer::new(&mut buffer);
    writer.u8(1).unwrap();
    assert_eq!(writer.u32_le(7), Err(error(CodecErrorKind::NoRoom, 1)));
    assert_eq!(writer.fill(0, usize::MAX), Err(error(CodecErrorKind::NoRoom, 1)));
    assert_eq!((writer.written(), writer.remaining()), (&[1][..], 3));
    writer.u16_be(0x0203).unwrap();
    assert_eq!(writer.finish(), [1, 2, 3]);
    assert_eq!(buffer, [1, 2, 3, 0xaa]);
}

const BOOT: TlvFormat =
    TlvFormat { kind: Width::U16, length: Width::U16, order: ByteOrder::Little };

#[test]
fn lists_end_after_the_last_entry_or_the_first_error() {
    let list = [1, 0, 0, 0, 2, 0, 1, 0, 0xee, 3, 0, 9, 0, 1, 2];
    let mut entries = BOOT.entries(&list);
    let first = entries.next().unwrap().unwrap();
    assert_eq!((first.kind, first.value, first.offset), (1, &[][..], 0));
    let second = entries.next().unwrap().unwrap();
    assert_eq!((second.kind, second.value, second.offset), (2, &[0xee][..], 4));
    assert_eq!(entries.next(), Some(Err(error(CodecErrorKind::Truncated, 13))));
    assert_eq!(entries.next(), None);
    assert_eq!(BOOT.entries(&[]).next(), None);
    assert_eq!(BOOT.entries(&[1, 0, 0]).next(), Some(Err(error(CodecErrorKind::Truncated, 0))));
}

#[test]
fn a_length_of_four_gibibytes_is_refused_without_work() {
    let wide = TlvFormat { kind: Width::U32, length: Width::U32, order: ByteOrder::Big };
    let list = [0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0];
    assert_eq!(wide.entries(&list).next(), Some(Err(error(CodecErrorKind::Truncated, 8))));
}

#[test]
fn entries_that_do_not_fit_their_fields_are_not_written() {
    let narrow = TlvFormat { kind: Width::U8, length: Width::U8, order: ByteOrder::Big };
    let mut buffer = [0; 300];
    let mut writer = Writer::new(&mut buffer);
    assert_eq!(narrow.emit(&mut writer, 256, &[]), Err(error(CodecErrorKind::TooLarge, 0)));
    assert_eq!(narrow.emit(&mut writer, 1, &[0; 256]), Err(error(CodecErrorKind::TooLarge, 0)));
    narrow.emit(&mut writer, 255, &[7; 255]).unwrap();
    assert_eq!(narrow.emit(&mut writer, 1, &[7; 42]), Err(error(CodecErrorKind::NoRoom, 257)));
    assert_eq!(writer.position(), 257);
}

#[test]
fn crc32_matches_published_values() {
    // The check value of the CRC catalogue, and values that zlib gives.
    assert_eq!(Crc32::of(b"123456789"), 0xcbf4_3926);
    assert_eq!(Crc32::of(b""), 0);
    assert_eq!(Crc32::of(&[0; 32]), 0x190a_55ad);
    assert_eq!(Crc32::of(&[0xff; 32]), 0xff6c_ab0b);
    let mut pieces = Crc32::new();
    pieces.update(b"1234");
    pieces.update(b"56789");
    assert_eq!(pieces.finish(), 0xcbf4_3926);
}
