//! `gabion image keygen`.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail};
use gabion_cli::hex::hex;
use gabion_cli::keys::{self, Public};
use p256::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};

use crate::command::ACCEPTED;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where the private key goes, PKCS #8 PEM, readable by its owner only. An existing file is not overwritten.
    #[arg(long, value_name = "PEM", required_unless_present = "show", conflicts_with = "show")]
    out: Option<PathBuf>,
    /// Where the public key goes, PEM.
    #[arg(long, value_name = "PEM", requires = "out")]
    public: Option<PathBuf>,
    /// Make nothing: show an existing key, public or private, as Rust source.
    #[arg(long, value_name = "PEM")]
    show: Option<PathBuf>,
}

impl Args {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let public = match (&self.show, &self.out) {
            (Some(path), _) => keys::load_public(path)?,
            (None, Some(path)) => generate(path, self.public.as_deref())?,
            _ => bail!("--out or --show is needed"),
        };
        gabion_cli::tell!("{}", source(&public));
        Ok(ACCEPTED)
    }
}

fn generate(private: &Path, public: Option<&Path>) -> anyhow::Result<Public> {
    let secret = loop {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| anyhow!("no randomness: {error}"))?;
        // One draw in 2^32 is not below the order of the curve.
        if let Ok(secret) = p256::SecretKey::from_slice(&bytes) {
            break secret;
        }
    };
    let pem = secret.to_pkcs8_pem(LineEnding::LF).map_err(|error| anyhow!("{error}"))?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    // Neither file may be there, and both must be possible, before anything is written.
    let open_public =
        |path: &Path| options.open(path).with_context(|| format!("cannot make {}", path.display()));
    let public =
        public.map(|path| Ok::<_, anyhow::Error>((path, open_public(path)?))).transpose()?;
    let mut secretive = options.clone();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut secretive, 0o600);
    let file =
        secretive.open(private).with_context(|| format!("cannot make {}", private.display()));
    let mut file = match (file, &public) {
        (Ok(file), _) => file,
        (Err(error), Some((path, _))) => {
            let _ = std::fs::remove_file(path);
            return Err(error);
        }
        (Err(error), None) => return Err(error),
    };
    file.write_all(pem.as_bytes())?;
    file.sync_all()?;
    if let Some((path, mut file)) = public {
        let pem = secret
            .public_key()
            .to_public_key_pem(LineEnding::LF)
            .map_err(|error| anyhow!("{error}"))?;
        file.write_all(pem.as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    keys::load_public(private)
}

/// The key as a constant for the device.
fn source(public: &Public) -> String {
    let trusted = public.trust();
    let (make, bytes, wrap) = match public {
        Public::P256(key) => ("p256_with_hash", &key.0[..], ("P256PublicKey(", ")")),
        Public::Ed25519(key) => ("ed25519_with_hash", &key[..], ("", "")),
    };
    let list =
        |bytes: &[u8]| bytes.iter().map(|byte| format!("0x{byte:02x}, ")).collect::<String>();
    format!(
        "// SHA-256 of the SubjectPublicKeyInfo: {}\nTrustedKey::{make}(\n    {}[{}]{},\n    [{}],\n)\n",
        hex(trusted.hash()),
        wrap.0,
        list(bytes).trim_end_matches(", "),
        wrap.1,
        list(trusted.hash()).trim_end_matches(", "),
    )
}
