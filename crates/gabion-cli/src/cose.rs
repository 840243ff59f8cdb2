//! COSE messages for people: which key opens them, and what is in them.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use gabion_cose::{
    Algorithm, ContentKey, ContentType, CoseError, Encrypt0, Headers, Key, KeyMaterial,
    KeyOperation, Kind, Mac0, MacAlgorithm, MacKey, Rules, Sign1, Tag, VerifyingKey,
};
use gabion_crypto::{AeadAlgorithm, Secret, Software, SoftwareChaCha};

use crate::hex::hex;
use crate::keys::{self, Public};

/// A key that opens one kind of message.
pub enum Opener {
    /// Checks signatures.
    Es256(VerifyingKey),
    /// Checks authentication codes, or decrypts; wiped when dropped.
    Shared(Secret<Vec<u8>>, Vec<Algorithm>),
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Es256(_) => f.write_str("Opener(ES256)"),
            Self::Shared(_, algorithms) => write!(f, "Opener({algorithms:?}, ..)"),
        }
    }
}

/// Reads a key: `@FILE` holds a shared key in hex; else a public key in PEM or a COSE_Key.
///
/// A shared key in hex says not what it is for; `algorithm` says it, or it is HMAC 256/256 for Mac0 and A256GCM for Encrypt0.
///
/// # Errors
///
/// When the file cannot be read or holds no such key.
pub fn load_key(name: &str, algorithm: Option<Algorithm>) -> anyhow::Result<Opener> {
    if let Some(path) = name.strip_prefix('@') {
        let text =
            Secret::new(fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?);
        let key = parse_hex(text.expose().trim())
            .with_context(|| format!("{path} holds no key in hex"))?;
        return shared(Secret::new(key), algorithm).with_context(|| format!("the key in {path}"));
    }
    let bytes = Secret::new(fs::read(name).with_context(|| format!("cannot read {name}"))?);
    if bytes.expose().windows(11).any(|part| part == b"-----BEGIN ") {
        let Public::P256(key) = keys::load_public(Path::new(name))? else {
            bail!("{name} holds an Ed25519 key; messages are checked with P-256 only");
        };
        return Ok(Opener::Es256(VerifyingKey(key)));
    }
    let key = Key::parse(bytes.expose())
        .with_context(|| format!("{name} holds no PEM and no COSE_Key"))?;
    match *key.expose() {
        KeyMaterial::Symmetric(shared_key) => {
            let algorithm = match (key.algorithm(), algorithm) {
                (Some(said), Some(asked)) if said != asked => {
                    bail!("the key in {name} is for another algorithm")
                }
                (said, asked) => said.or(asked),
            };
            let operation = match algorithm {
                Some(Algorithm::Aead(_)) => KeyOperation::Decrypt,
                _ => KeyOperation::MacVerify,
            };
            if !key.allows(operation) {
                bail!("the key in {name} may not be used for this");
            }
            shared(Secret::new(shared_key.to_vec()), algorithm)
                .with_context(|| format!("the key in {name}"))
        }
        _ => Ok(Opener::Es256(
            key.verifying()
                .with_context(|| format!("the key in {name} may not be used for this"))?,
        )),
    }
}

fn shared(key: Secret<Vec<u8>>, algorithm: Option<Algorithm>) -> anyhow::Result<Opener> {
    if algorithm == Some(Algorithm::Es256) {
        bail!("is no public key");
    }
    let only_mac = key.expose().len() != 32;
    let algorithms = match algorithm {
        Some(algorithm) => vec![algorithm],
        None => {
            vec![Algorithm::Hmac(MacAlgorithm::Hmac256), Algorithm::Aead(AeadAlgorithm::Aes256Gcm)]
        }
    };
    if !matches!(key.expose().len(), 16..=64)
        || only_mac && matches!(algorithms[..], [Algorithm::Aead(_)])
    {
        bail!("has {} bytes: 16 to 64 for codes, 32 for ciphers", key.expose().len());
    }
    Ok(Opener::Shared(key, algorithms))
}

/// Reads hex of even length.
///
/// # Errors
///
/// When it is none.
pub fn parse_hex(text: &str) -> anyhow::Result<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    match digits {
        Some(digits) if digits.len().is_multiple_of(2) => {
            Ok(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
        }
        // Not said what was found: it may be a secret.
        _ => bail!("not hex"),
    }
}

/// Finds an algorithm by its name.
///
/// # Errors
///
/// When there is none of that name.
pub fn parse_algorithm(name: &str) -> Result<Algorithm, String> {
    Ok(match name.to_ascii_lowercase().as_str() {
        "es256" => Algorithm::Es256,
        "hs256" | "hmac256" => Algorithm::Hmac(MacAlgorithm::Hmac256),
        "hs256-64" | "hmac256-64" => Algorithm::Hmac(MacAlgorithm::Hmac256Short),
        "a256gcm" => Algorithm::Aead(AeadAlgorithm::Aes256Gcm),
        "chacha20-poly1305" => Algorithm::Aead(AeadAlgorithm::ChaCha20Poly1305),
        _ => return Err("es256, hs256, hs256-64, a256gcm or chacha20-poly1305".to_owned()),
    })
}

/// A message that a key opened.
#[derive(Debug)]
pub struct Opened {
    /// Its kind.
    pub kind: Kind,
    /// The payload, or the plaintext.
    pub payload: Vec<u8>,
}

/// Opens a message, tagged or not. One without tag is what the key is for.
///
/// # Errors
///
/// Why it was refused.
pub fn open(
    key: &Opener,
    message: &[u8],
    external: &[u8],
    detached: Option<&[u8]>,
) -> Result<Opened, CoseError> {
    let rules = Rules { tag: Tag::Optional, understood: &[] };
    let kind = Kind::of_tagged(message).unwrap_or(match key {
        Opener::Es256(_) => Kind::Sign1,
        Opener::Shared(..) if message.first() == Some(&0x83) => Kind::Encrypt0,
        Opener::Shared(..) => Kind::Mac0,
    });
    let payload = match (kind, key) {
        (Kind::Sign1, Opener::Es256(key)) => {
            let view = Sign1::parse(message, &rules)?;
            match detached {
                Some(payload) => view
                    .verify_detached(&Software, key, external, payload)
                    .map(|()| payload.to_vec())?,
                None => view.verify(&Software, key, external)?.to_vec(),
            }
        }
        (Kind::Mac0, Opener::Shared(key, algorithms)) => {
            let view = Mac0::parse(message, &rules)?;
            let algorithm = algorithms.iter().find_map(|algorithm| match algorithm {
                Algorithm::Hmac(algorithm) => Some(*algorithm),
                _ => None,
            });
            let key = MacKey::new(algorithm.ok_or(CoseError::Key)?, key.expose())?;
            match detached {
                Some(payload) => view
                    .verify_detached(&Software, &key, external, payload)
                    .map(|()| payload.to_vec())?,
                None => view.verify(&Software, &key, external)?.to_vec(),
            }
        }
        (Kind::Encrypt0, Opener::Shared(key, algorithms)) => {
            let view = Encrypt0::parse(message, &rules)?;
            let key = Secret::new(key.expose()[..].try_into().map_err(|_| CoseError::Key)?);
            let mut plain = vec![0; detached.or(view.ciphertext()).unwrap_or_default().len()];
            let cipher = |wanted| algorithms.contains(&Algorithm::Aead(wanted));
            let opened = if cipher(AeadAlgorithm::Aes256Gcm) {
                let key = ContentKey::new(&Software, &key);
                match detached {
                    Some(sealed) => view.decrypt_detached(&key, external, sealed, &mut plain)?,
                    None => view.decrypt(&key, external, &mut plain)?,
                }
            } else if cipher(AeadAlgorithm::ChaCha20Poly1305) {
                let key = ContentKey::new(&SoftwareChaCha, &key);
                match detached {
                    Some(sealed) => view.decrypt_detached(&key, external, sealed, &mut plain)?,
                    None => view.decrypt(&key, external, &mut plain)?,
                }
            } else {
                return Err(CoseError::Key);
            };
            opened.to_vec()
        }
        _ => return Err(CoseError::Key),
    };
    Ok(Opened { kind, payload })
}

/// Says what a message claims, a line for each thing, unchecked.
///
/// # Errors
///
/// Why it is no tagged message.
pub fn describe(message: &[u8]) -> Result<String, CoseError> {
    let rules = Rules::default();
    let lengths = |name: &str, bytes: Option<&[u8]>| match bytes {
        Some(bytes) => format!("{name} {} bytes\n", bytes.len()),
        None => format!("{name} detached\n"),
    };
    let (name, headers, rest) = match Kind::of_tagged(message) {
        Some(Kind::Sign1) => {
            let view = Sign1::parse(message, &rules)?;
            let payload = lengths("payload", view.unverified_payload());
            ("COSE_Sign1", view.headers().clone(), payload)
        }
        Some(Kind::Mac0) => {
            let view = Mac0::parse(message, &rules)?;
            let payload = lengths("payload", view.unverified_payload());
            ("COSE_Mac0", view.headers().clone(), payload)
        }
        Some(Kind::Encrypt0) => {
            let view = Encrypt0::parse(message, &rules)?;
            ("COSE_Encrypt0", view.headers().clone(), lengths("ciphertext", view.ciphertext()))
        }
        None => return Err(CoseError::Tag),
    };
    Ok(format!("{name}, not checked\n{}{rest}", describe_headers(&headers)))
}

fn describe_headers(headers: &Headers<'_>) -> String {
    let mut text = match headers.algorithm() {
        Some(algorithm) => format!("algorithm {}\n", algorithm_name(algorithm)),
        None => "algorithm not named\n".to_owned(),
    };
    match headers.content_type() {
        Some(ContentType::Number(number)) => text += &format!("content type {number}\n"),
        // Escaped: it comes from outside and goes to a terminal.
        Some(ContentType::Text(name)) => text += &format!("content type {name:?}\n"),
        None => {}
    }
    if let Some(id) = headers.key_id() {
        text += &format!("key id {}\n", hex(id));
    }
    if let Some(iv) = headers.iv() {
        text += &format!("nonce {}\n", hex(iv));
    }
    text
}

/// Returns the name that people use.
#[must_use]
pub fn algorithm_name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Es256 => "ES256",
        Algorithm::Hmac(MacAlgorithm::Hmac256) => "HMAC 256/256",
        Algorithm::Hmac(_) => "HMAC 256/64",
        Algorithm::Aead(AeadAlgorithm::Aes256Gcm) => "A256GCM",
        _ => "ChaCha20/Poly1305",
    }
}
