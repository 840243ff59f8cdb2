//! Part of the boards' build scripts: the keys whose images a board trusts.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// Writes the trusted keys as Rust source: the sample keys, if asked for, and the product's.
pub fn write_keys(out: &Path) {
    for variable in ["GABION_PUBLIC_KEY", "GABION_SAMPLE_KEYS"] {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    let mut files = Vec::new();
    if env::var("GABION_SAMPLE_KEYS").as_deref() == Ok("1") {
        let folder = Path::new("../../crates/gabion-boot/tests/data/images/keys");
        files.extend([folder.join("pub_p256_a.pem"), folder.join("pub_p256_b.pem")]);
    }
    let product =
        env::var_os("GABION_PUBLIC_KEY").map_or_else(|| "verify.pem".into(), PathBuf::from);
    if product.is_file() {
        files.push(product);
    } else {
        println!("cargo:warning=no {}: no image of your own will run", product.display());
    }
    let mut source = format!("const KEYS: [[u8; 64]; {}] = [\n", files.len());
    for file in &files {
        println!("cargo:rerun-if-changed={}", file.display());
        match public_key(file) {
            Some(key) => source += &format!("    {key:?},\n"),
            None => println!("cargo:error={} is no P-256 public key", file.display()),
        }
    }
    source += "];\n";
    if let Err(error) = fs::write(out.join("keys.rs"), source) {
        println!("cargo:error=keys.rs cannot be written: {error}");
    }
}

/// The coordinates of a P-256 key in a PEM file, which end both a public key (91 bytes) and the private keys that the samples
/// come with (138 bytes).
fn public_key(file: &Path) -> Option<[u8; 64]> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text = fs::read_to_string(file).ok()?;
    let body: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    let (mut der, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for digit in body.trim_end_matches('=').bytes() {
        let value = DIGITS.iter().position(|known| *known == digit)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
        held += 6;
        if held >= 8 {
            held -= 8;
            der.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    if matches!(der.len(), 91 | 138) { der.last_chunk().copied() } else { None }
}
