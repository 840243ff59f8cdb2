//! The second opinion.

use std::path::Path;
use std::process::Command;

use crate::case::Case;

/// The version for which docs/x509-differences.md is written.
const EXPLAINED: &str = "OpenSSL 3.0.";

/// Finds OpenSSL; in CI there has to be one. Tells whether its differences are the explained ones.
pub fn version() -> Option<bool> {
    match Command::new("openssl").arg("version").output() {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).starts_with(EXPLAINED)),
        Err(why) => {
            assert!(std::env::var_os("CI").is_none(), "CI needs openssl: {why}");
            eprintln!("SKIPPED: openssl is not installed ({why}); there is no second opinion");
            None
        }
    }
}

/// Asks OpenSSL, strictly. On refusal: what it said.
pub fn judge(case: &Case, folder: &Path) -> Result<(), String> {
    let write = |name: &str, certificates: &[Vec<u8>]| {
        let path = folder.join(name);
        std::fs::write(&path, certificates.iter().map(|der| pem(der)).collect::<String>()).unwrap();
        path
    };
    let mut command = Command::new("openssl");
    command.args(["verify", "-x509_strict", "-purpose", "sslserver", "-no-CApath", "-no-CAstore"]);
    command.arg("-attime").arg(case.time.0.to_string());
    let is_address = case.host.parse::<std::net::IpAddr>().is_ok();
    command.arg(if is_address { "-verify_ip" } else { "-verify_hostname" }).arg(&case.host);
    command.arg("-CAfile").arg(write("roots.pem", &case.roots));
    if case.chain.len() > 1 {
        command.arg("-untrusted").arg(write("others.pem", &case.chain[1..]));
    }
    let output = command.arg(write("leaf.pem", &case.chain[..1])).output().unwrap();
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    let telling = said.lines().find(|line| line.contains("error ")).or_else(|| said.lines().last());
    Err(telling.unwrap_or_default().to_owned())
}

fn pem(der: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for (count, three) in der.chunks(3).enumerate() {
        if count > 0 && count % 16 == 0 {
            text.push('\n');
        }
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - three.len()));
        for place in 0..4 {
            let digit = ALPHABET[(bits >> (18 - 6 * place)) as usize & 63];
            text.push(if place > three.len() { '=' } else { char::from(digit) });
        }
    }
    text + "\n-----END CERTIFICATE-----\n"
}
