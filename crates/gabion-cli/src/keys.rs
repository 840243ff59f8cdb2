//! Keys in PEM files.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use gabion_boot::TrustedKey;
use gabion_codec::{Writer, der};
use gabion_crypto::{EcdsaP256Sign, P256PublicKey, Secret, Software};

/// A public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Public {
    /// On P-256.
    P256(P256PublicKey),
    /// Ed25519.
    Ed25519([u8; 32]),
}

impl Public {
    /// Puts the key into a device's trust.
    #[must_use]
    pub fn trust(&self) -> TrustedKey {
        match self {
            Self::P256(key) => TrustedKey::p256(&Software, *key),
            Self::Ed25519(key) => TrustedKey::ed25519(&Software, *key),
        }
    }

    /// Returns the SubjectPublicKeyInfo.
    ///
    /// # Panics
    ///
    /// Never: the buffer has room for the longest.
    #[must_use]
    pub fn spki(&self) -> Vec<u8> {
        let mut buffer = [0; der::PublicKey::MAX_LEN];
        let mut writer = Writer::new(&mut buffer);
        let key = match self {
            Self::P256(key) => der::PublicKey::P256(&key.0),
            Self::Ed25519(key) => der::PublicKey::Ed25519(key),
        };
        let fits = key.emit(&mut writer);
        assert!(fits.is_ok(), "the buffer has room for the longest key");
        writer.written().to_vec()
    }
}

/// A private key that can sign images.
pub enum Private {
    /// On P-256.
    P256(Secret<[u8; 32]>),
    /// Ed25519.
    Ed25519(Box<ed25519_dalek::SigningKey>),
}

impl Private {
    /// Returns the public half.
    ///
    /// # Errors
    ///
    /// When the scalar is out of range.
    pub fn public(&self) -> anyhow::Result<Public> {
        Ok(match self {
            Self::P256(secret) => Public::P256(Software.p256_public_key(secret)?),
            Self::Ed25519(key) => Public::Ed25519(key.verifying_key().to_bytes()),
        })
    }
}

/// Reads a public key, or the public half of a private one.
///
/// # Errors
///
/// When the file cannot be read or holds no such key.
pub fn load_public(path: &Path) -> anyhow::Result<Public> {
    let text = read(path)?;
    let wrong = || format!("{} holds no P-256 or Ed25519 key", path.display());
    // Curve parameters may stand beside a key, another key may not.
    let begins = |line: &&str| line.contains("-----BEGIN ") && line.ends_with("KEY-----");
    if text.lines().map(str::trim_end).filter(begins).count() > 1 {
        bail!("{} holds several keys: give each a file and a --pubkey of its own", path.display());
    }
    if let Some(block) = block(&text, "PUBLIC KEY") {
        let (_, spki) = pem_rfc7468::decode_vec(block.as_bytes())
            .map_err(anyhow::Error::msg)
            .with_context(wrong)?;
        let key = der::PublicKey::parse(&spki).with_context(wrong)?;
        return Ok(match key {
            der::PublicKey::P256(point) => {
                // A point that is not on the curve would only make every image fail later.
                p256::ecdsa::VerifyingKey::from_sec1_point(&p256::Sec1Point::from_untagged_bytes(
                    point.into(),
                ))
                .map_err(anyhow::Error::msg)
                .with_context(wrong)?;
                Public::P256(P256PublicKey(*point))
            }
            der::PublicKey::Ed25519(key) => {
                let point = ed25519_dalek::VerifyingKey::from_bytes(key)
                    .map_err(anyhow::Error::msg)
                    .with_context(wrong)?;
                if point.is_weak() {
                    bail!(wrong());
                }
                Public::Ed25519(*key)
            }
            _ => bail!(wrong()),
        });
    }
    private(&text).with_context(wrong)?.public().with_context(wrong)
}

/// Reads a private key: PKCS #8, or SEC 1 for P-256, not encrypted.
///
/// # Errors
///
/// When the file cannot be read or holds no such key.
pub fn load_private(path: &Path) -> anyhow::Result<Private> {
    private(&read(path)?)
        .with_context(|| format!("{} holds no P-256 or Ed25519 private key", path.display()))
}

fn private(text: &str) -> anyhow::Result<Private> {
    let secret = if let Some(block) = block(text, "EC PRIVATE KEY") {
        p256::SecretKey::from_sec1_pem(&block).map_err(anyhow::Error::msg)?
    } else if let Some(block) = block(text, "PRIVATE KEY") {
        if let Ok(key) = ed25519_dalek::SigningKey::from_pkcs8_pem(&block) {
            return Ok(Private::Ed25519(Box::new(key)));
        }
        p256::SecretKey::from_pkcs8_pem(&block).map_err(anyhow::Error::msg)?
    } else {
        bail!("no PEM block with a key");
    };
    Ok(Private::P256(Secret::new(secret.to_bytes().into())))
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Cuts out the first block with a label; key files may hold curve parameters beside the key.
fn block(text: &str, label: &str) -> Option<String> {
    let begin = format!("-----BEGIN {label}-----");
    let end = format!("-----END {label}-----");
    let from = text.find(&begin)?;
    let len = text[from..].find(&end)? + end.len();
    Some(format!("{}\n", &text[from..from + len]))
}
