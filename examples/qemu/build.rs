//! Hands the memory map of the emulated board to the linker, for this package's firmware.

use std::env;

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let script = match env::var("CARGO_CFG_TARGET_ARCH").as_deref() {
        Ok("arm") => "arm.x",
        Ok("riscv32") => "riscv.x",
        _ => return,
    };
    println!("cargo:rerun-if-changed=link/{script}");
    println!("cargo:rustc-link-arg-bins=-T{root}/link/{script}");
    // The search for reachable panics follows the relocations of these.
    println!("cargo:rustc-link-arg-bin=firmware=--emit-relocs");
    println!("cargo:rustc-link-arg-bin=loader=--emit-relocs");
    println!("cargo:rustc-link-arg-bin=parsers=--emit-relocs");
}
