//! The reader of images is strict, and reads what the compiler wrote: also in this very test program.
#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::type_complexity,
    clippy::unwrap_used,
    clippy::indexing_slicing
)]

#[macro_use]
mod ics_support;

use gabion_cli::conformance::image::{Image, ImageError};
use gabion_cli::conformance::profile::Profile;
use gabion_profile::{HEADER_LEN, profile_section};
use ics_device::PROFILE;
use ics_support::{elf, image_file};

profile_section!(ics_device::PROFILE);

#[test]
fn this_program_carries_its_profile() {
    let image = Image::read(&std::env::current_exe().unwrap()).unwrap();
    assert_eq!(image.profile.device.model, "LAMP-2");
    assert_eq!(image.profile.interfaces.len(), PROFILE.interfaces.len());
    let mechanisms: usize = PROFILE.mechanisms.iter().map(|list| list.len()).sum();
    assert_eq!(image.profile.mechanisms.len(), mechanisms);
    let parameters: usize = PROFILE.parameters.iter().map(|list| list.len()).sum();
    assert_eq!(image.profile.parameters.len(), parameters);
    assert!(image.identity.loaded > 100_000);
}

#[test]
fn the_same_profile_is_read_from_a_section_that_is_not_loaded() {
    let own = Image::read(&std::env::current_exe().unwrap()).unwrap();
    let made = Image::parse(&image_file(section!(PROFILE))).unwrap();
    assert_eq!(own.profile, made.profile);
    assert_eq!(own.identity.profile, made.identity.profile);
}

#[test]
fn the_code_hash_sees_code_and_nothing_else() {
    let profile = section!(PROFILE);
    let of = |parts: &[ics_support::Part<'_>]| Image::parse(&elf(parts)).unwrap().identity;
    let plain = of(&[(".text", 6, b"code"), (".gabion.profile", 0, profile)]);
    let debug =
        of(&[(".text", 6, b"code"), (".gabion.profile", 0, profile), (".debug_info", 0, b"lines")]);
    assert_eq!(plain.code, debug.code);
    assert_ne!(plain.file, debug.file);
    let changed = of(&[(".text", 6, b"codf"), (".gabion.profile", 0, profile)]);
    assert_ne!(plain.code, changed.code);
    let data = of(&[(".text", 6, b"code"), (".gabion.profile", 0, profile), (".rodata", 2, b"x")]);
    assert_ne!(plain.code, data.code);
}

#[test]
fn what_is_no_image_with_one_profile_is_refused_with_its_reason() {
    let profile = section!(PROFILE);
    let twice = [profile, profile].concat();
    let changed = |at: usize, byte: u8| {
        let mut bytes = profile.to_vec();
        bytes[at] = byte;
        image_file(&bytes)
    };
    let file = image_file(profile);
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (Vec::new(), "not a sound ELF file"),
        (b"MZ and more".to_vec(), "not a sound ELF file"),
        (file[..200].to_vec(), "not a sound ELF file"),
        (elf(&[(".text", 6, b"code")]), "carries no profile"),
        (
            elf(&[(".gabion.profile", 0, profile), (".gabion.profile", 0, profile)]),
            "more than one profile",
        ),
        (image_file(&twice), "more than one profile"),
        (image_file(&profile[..10]), "does not begin with the header"),
        (image_file(&[0; 64]), "does not begin with the header"),
        (changed(8, 2), "format version 2"),
        (image_file(&profile[..profile.len() - 1]), "says that it is"),
        (image_file(&[profile, b"\0"].concat()), "says that it is"),
        (changed(HEADER_LEN, 0x80), "byte"),
    ];
    for (bytes, reason) in cases {
        let error = Image::parse(&bytes).unwrap_err();
        assert!(error.to_string().contains(reason), "{error} is not {reason}");
    }
    let mut object = image_file(profile);
    object[16] = 1;
    assert!(matches!(Image::parse(&object), Err(ImageError::NotLinked)));
}

/// Every truncation and every single changed byte of a profile is an error or another profile; never a panic.
#[test]
fn no_single_changed_byte_panics_or_passes_unseen() {
    let content = &section!(PROFILE)[HEADER_LEN..];
    let right = Profile::parse(content).unwrap();
    for at in (0..content.len()).step_by(37) {
        assert!(Profile::parse(&content[..at]).is_err());
        for flip in [0x01, 0x20, 0x80] {
            let mut bytes = content.to_vec();
            bytes[at] ^= flip;
            if let Ok(other) = Profile::parse(&bytes) {
                assert_ne!(other, right, "byte {at}");
            }
        }
    }
}
