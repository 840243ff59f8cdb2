//! Small records that lie in flash, on any bytes: of updates, of boot loaders, of who made the device.

use gabion_boot::{Header, Trailer, Version};
use gabion_link::x509::Host;
use gabion_lockdown::DisclosureRecord;
use gabion_update::{Choice, OTADATA_LEN, OtaEntry, OtaSelection};

/// What must hold for every input. The first byte chooses the record.
pub fn state_records(data: &[u8]) {
    let [kind, input @ ..] = data else { return };
    match kind % 6 {
        0 => {
            if let Some(choice) = Choice::parse(input) {
                assert_eq!(choice.emit(), input, "the only encoding");
            }
        }
        1 => ota(input),
        2 => {
            for align in [8, 16, 32, usize::from(*kind)] {
                let _ = Trailer::parse(input, align);
            }
        }
        3 => {
            if let Some((bytes, _)) = input.split_first_chunk::<8>() {
                assert_eq!(Version::parse(*bytes).emit(), *bytes);
            }
            if let Some((bytes, _)) = input.split_first_chunk()
                && let Ok(header) = Header::parse(bytes)
            {
                assert!(header.hdr_size >= 32 && header.img_size > 0);
            }
        }
        4 => {
            if let Ok(record) = DisclosureRecord::decode(input) {
                let mut buffer = vec![0; input.len() + 16];
                let written = record.encode(&mut buffer).expect("what was read can be written");
                assert_eq!(written, input, "the only encoding");
            }
        }
        _ => {
            if let Ok(text) = core::str::from_utf8(input)
                && let Ok(Host::Ip(address)) = Host::parse(text)
            {
                assert_eq!(text.parse(), Ok(address));
            }
        }
    }
}

fn ota(input: &[u8]) {
    let Some((first, rest)) = input.split_first_chunk::<OTADATA_LEN>() else { return };
    if let Some(entry) = OtaEntry::parse(first) {
        assert_eq!(OtaEntry::parse(&entry.emit()), Some(entry));
    }
    let Some((second, _)) = rest.split_first_chunk::<OTADATA_LEN>() else { return };
    let found = OtaSelection::read([first, second]);
    for slots in 1..4 {
        for slot in 0..slots {
            let Some((copy, entry)) = OtaSelection::switch(found, slot, slots) else { continue };
            assert_eq!(entry.slot(slots), Some(slot));
            assert!(found.is_none_or(|found| found.copy != copy), "the choice that counts stays");
        }
    }
}
