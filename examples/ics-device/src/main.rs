//! The lamp, as delivered. Its image is what `gabion ics` reads.
#![forbid(unsafe_code)]

gabion::profile::profile_section!(ics_device::PROFILE);

fn main() {
    println!(
        "{}: run `gabion ics` on this file to see what it claims",
        ics_device::PROFILE.device.model
    );
}
