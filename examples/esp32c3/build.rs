//! Links for the ESP boot loader, which finds the firmware in its partition, and writes down the trusted keys.

use std::env;
use std::path::PathBuf;

#[path = "../stories/build_keys.rs"]
mod build_keys;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../stories/build_keys.rs");
    println!("cargo:rerun-if-env-changed=GABION_FLASH_ROOT_KEY");
    println!("cargo:rustc-link-arg-bins=-Tlinkall.x");
    let Some(out) = env::var_os("OUT_DIR").map(PathBuf::from) else { return };
    build_keys::write_keys(&out);
}
