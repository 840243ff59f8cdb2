//! Says where each firmware lies: boot loader and single stories at the front of the flash, updatable firmware in a slot.

use std::env;
use std::fs;
use std::path::PathBuf;

#[path = "../stories/build_keys.rs"]
mod build_keys;

/// The boot loader's part of the flash, and where single stories begin.
const LOADER: &str = "FLASH : ORIGIN = 0x00000000, LENGTH = 64K";
/// Single stories have no boot loader before them and may reach to the end of slot B.
const STORY: &str = "FLASH : ORIGIN = 0x00000000, LENGTH = 832K";
/// Behind the image header of 512 bytes, so that the vector table is aligned.
const SLOT_A: &str = "FLASH : ORIGIN = 0x00010200, LENGTH = 384K - 512";
const SLOT_B: &str = "FLASH : ORIGIN = 0x00070200, LENGTH = 384K - 512";

/// Which firmware lies where.
const UPDATABLE: [&str; 2] = ["device", "update"];
const STORIES: [&str; 7] =
    ["provision", "seal", "login", "log", "erase", "lockdown_report", "cuts"];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../stories/build_keys.rs");
    println!("cargo:rerun-if-env-changed=GABION_SLOT");
    let slot = match env::var("GABION_SLOT").as_deref() {
        Ok("b") => SLOT_B,
        _ => SLOT_A,
    };
    let Some(out) = env::var_os("OUT_DIR").map(PathBuf::from) else { return };
    for (name, flash) in [("loader", LOADER), ("story", STORY), ("slot", slot)] {
        let folder = out.join(name);
        let memory =
            format!("MEMORY\n{{\n  {flash}\n  RAM : ORIGIN = 0x20000000, LENGTH = 256K\n}}\n");
        let written =
            fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join("memory.x"), memory));
        if let Err(error) = written {
            println!("cargo:error=memory.x cannot be written: {error}");
        }
    }
    build_keys::write_keys(&out);
    let place = |binary: &str, folder: &str| {
        println!("cargo:rustc-link-arg-bin={binary}=-L{}", out.join(folder).display());
    };
    place("verify_boot", "loader");
    UPDATABLE.iter().for_each(|binary| place(binary, "slot"));
    STORIES.iter().for_each(|binary| place(binary, "story"));
    println!("cargo:rustc-link-arg-bins=--nmagic");
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
}
