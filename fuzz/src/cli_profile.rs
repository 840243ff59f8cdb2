//! The reader of images and profiles on any bytes.

use gabion_cli::conformance::Edition;
use gabion_cli::conformance::diff::diff;
use gabion_cli::conformance::facts::facts;
use gabion_cli::conformance::image::{Image, content};
use gabion_cli::conformance::profile::Profile;

/// What must hold for every input: no panic; a profile has names and answers every condition; an image differs in nothing from
/// itself.
pub fn cli_profile(data: &[u8]) {
    if let Ok(image) = Image::parse(data) {
        assert!(diff(&image, &image).is_empty());
        assert_eq!(image.identity.code.len(), 64);
    }
    // The same bytes as a section, and as what stands in one.
    let inner = content(data).unwrap_or(data);
    let Ok(profile) = Profile::parse(inner) else { return };
    assert!(!profile.device.model.is_empty());
    assert_eq!(facts(&profile, Edition::V2).len(), 13);
    assert_eq!(facts(&profile, Edition::V3).len(), 32);
    for interface in &profile.interfaces {
        assert!(interface.over.is_empty() || profile.interface(&interface.over).is_some());
    }
}
