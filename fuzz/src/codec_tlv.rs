//! Lists of type, length, value on any bytes, in any of the 18 shapes: bounded, and written back the same as far as they go.

use gabion_codec::{ByteOrder, TlvFormat, Width, Writer};

/// What must hold for every input. The first byte chooses the shape.
pub fn codec_tlv(data: &[u8]) {
    let [shape, list @ ..] = data else { return };
    let width = |code: u8| [Width::U8, Width::U16, Width::U32][usize::from(code % 3)];
    let order = if shape & 1 == 0 { ByteOrder::Little } else { ByteOrder::Big };
    let format = TlvFormat { kind: width(shape >> 1), length: width(shape >> 4), order };
    let mut buffer = vec![0; list.len()];
    let mut writer = Writer::new(&mut buffer);
    let mut steps = 0;
    for entry in format.entries(list) {
        steps += 1;
        match entry {
            Ok(entry) => {
                assert_eq!(entry.offset, writer.position());
                format.emit(&mut writer, entry.kind, entry.value).expect("it fitted before");
            }
            Err(error) => assert!(error.offset <= list.len()),
        }
    }
    assert!(steps <= list.len());
    assert!(list.starts_with(writer.written()));
}
