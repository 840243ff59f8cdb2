//! What is written is read back, and no input makes a reader panic or run on.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use gabion_codec::{ByteOrder, Crc32, Reader, TlvFormat, Width, Writer};
use proptest::prelude::*;

fn format() -> impl Strategy<Value = TlvFormat> {
    let width = || prop_oneof![Just(Width::U8), Just(Width::U16), Just(Width::U32)];
    let order = prop_oneof![Just(ByteOrder::Little), Just(ByteOrder::Big)];
    (width(), width(), order).prop_map(|(kind, length, order)| TlvFormat { kind, length, order })
}

proptest! {
    #[test]
    fn integers(a: u8, b: u16, c: u32, d: u64, tail in proptest::collection::vec(any::<u8>(), 0..20)) {
        let mut buffer = [0; 64];
        let mut writer = Writer::new(&mut buffer);
        writer.u8(a).unwrap();
        writer.u16_le(b).unwrap();
        writer.u16_be(b).unwrap();
        writer.u32_le(c).unwrap();
        writer.u32_be(c).unwrap();
        writer.u64_le(d).unwrap();
        writer.u64_be(d).unwrap();
        writer.bytes(&tail).unwrap();
        let mut reader = Reader::new(writer.finish());
        prop_assert_eq!(reader.u8(), Ok(a));
        prop_assert_eq!(reader.u16_le(), Ok(b));
        prop_assert_eq!(reader.u16_be(), Ok(b));
        prop_assert_eq!(reader.u32_le(), Ok(c));
        prop_assert_eq!(reader.u32_be(), Ok(c));
        prop_assert_eq!(reader.u64_le(), Ok(d));
        prop_assert_eq!(reader.u64_be(), Ok(d));
        prop_assert_eq!(reader.bytes(tail.len()), Ok(&tail[..]));
        prop_assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn lists(format in format(), entries in proptest::collection::vec((any::<u32>(), proptest::collection::vec(any::<u8>(), 0..40)), 0..12)) {
        let mut buffer = [0; 1024];
        let mut writer = Writer::new(&mut buffer);
        for (kind, value) in &entries {
            format.emit(&mut writer, kind & format.kind.max(), value).unwrap();
        }
        let read: Result<Vec<_>, _> = format.entries(writer.finish()).collect();
        let read: Vec<_> = read.unwrap().iter().map(|e| (e.kind, e.value.to_vec())).collect();
        let written: Vec<_> = entries.into_iter().map(|(k, v)| (k & format.kind.max(), v)).collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn whatever_parses_as_a_list_is_written_back_the_same(format in format(), input in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut buffer = [0; 200];
        let mut writer = Writer::new(&mut buffer);
        let mut end = 0;
        let mut steps = 0;
        for entry in format.entries(&input) {
            steps += 1;
            let Ok(entry) = entry else { break };
            format.emit(&mut writer, entry.kind, entry.value).unwrap();
            end = writer.position();
        }
        prop_assert!(steps <= input.len());
        prop_assert_eq!(writer.written(), &input[..end]);
    }

    #[test]
    fn every_read_stays_inside_the_input(input in proptest::collection::vec(any::<u8>(), 0..64), calls in proptest::collection::vec((0_u8..8, any::<usize>()), 0..32)) {
        let mut reader = Reader::new(&input);
        for (call, count) in calls {
            let before = reader.position();
            let count = if call < 4 { count % 16 } else { count };
            let read = match call {
                0 => reader.u16_be().map(|_| 2),
                1 => reader.u64_le().map(|_| 8),
                2 => reader.array::<5>().map(|_| 5),
                3 | 4 => reader.bytes(count).map(<[u8]>::len),
                5 => reader.skip(count).map(|()| count),
                6 => reader.nested(count % 9).map(|nested| nested.remaining()),
                _ => reader.expect(&[1, 2]).map(|()| 2),
            };
            match read {
                Ok(taken) => prop_assert_eq!(reader.position(), before + taken),
                Err(error) => {
                    prop_assert_eq!(reader.position(), before);
                    prop_assert_eq!(error.offset, before);
                }
            }
            prop_assert_eq!(reader.position() + reader.remaining(), input.len());
        }
    }

    /// Against the definition, bit by bit.
    #[test]
    fn crc32(data in proptest::collection::vec(any::<u8>(), 0..100), cut: proptest::sample::Index) {
        let mut slow = u32::MAX;
        for byte in &data {
            slow ^= u32::from(*byte);
            for _ in 0..8 {
                slow = if slow & 1 == 1 { (slow >> 1) ^ 0xedb8_8320 } else { slow >> 1 };
            }
        }
        let cut = cut.index(data.len() + 1);
        let mut crc = Crc32::new();
        crc.update(&data[..cut]);
        crc.update(&data[cut..]);
        prop_assert_eq!(crc.finish(), !slow);
    }
}
