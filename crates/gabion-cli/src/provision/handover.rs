//! Files that only their reader opens: `docs/spec/handover.md`. Written and read in constant memory.

use std::io::{self, Read, Write};

use anyhow::{Context, bail};
use gabion_crypto::{
    Aead, AeadKey, AesGcmKey, Label as Purpose, P256PublicKey, Secret, Sha256, Software,
    hkdf_expand, hkdf_extract,
};
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::{PublicKey, SecretKey};

const MAGIC: &[u8; 8] = b"GABIONHO";
const VERSION: u8 = 1;
const HEADER: usize = 8 + 1 + 8 + 65;
/// Plaintext in a piece; only the last one has less.
const PIECE: usize = 65_536;
const TAG: usize = 16;

/// Encrypts what is written to it to a public key. A file that was not [finished](Self::finish) does not open.
pub struct Sealer<W> {
    out: W,
    key: AesGcmKey,
    piece: Secret<Vec<u8>>,
    number: u64,
}

impl<W: Write> Sealer<W> {
    /// Writes the header.
    ///
    /// # Errors
    ///
    /// When the key is none, or `out` or the random source fails.
    pub fn new(mut out: W, reader: &P256PublicKey) -> anyhow::Result<Self> {
        let public = point(reader)?;
        let ephemeral = loop {
            let mut bytes = Secret::<[u8; 32]>::zeroed();
            getrandom::fill(bytes.expose_mut())
                .map_err(|e| anyhow::anyhow!("no randomness: {e}"))?;
            if let Ok(key) = SecretKey::from_slice(bytes.expose()) {
                break key;
            }
        };
        let mut header = Vec::with_capacity(HEADER);
        header.extend(MAGIC);
        header.push(VERSION);
        header.extend(key_id(reader));
        header.extend(ephemeral.public_key().to_sec1_point(false).as_bytes());
        out.write_all(&header)?;
        let key = derive(&ephemeral, &public, &header, reader)?;
        let piece = Secret::new(Vec::with_capacity(PIECE + TAG));
        Ok(Self { out, key, piece, number: 0 })
    }

    /// Writes the last piece, without which the file counts as cut off, and returns what it was written to.
    ///
    /// # Errors
    ///
    /// What `out` says.
    pub fn finish(mut self) -> io::Result<W> {
        self.put(true)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn put(&mut self, last: bool) -> io::Result<()> {
        let nonce = nonce(self.number, last);
        let piece = self.piece.expose_mut();
        let tag = self.key.seal(&nonce, &[], piece).map_err(io::Error::other)?;
        self.out.write_all(piece)?;
        self.out.write_all(&tag)?;
        piece.clear();
        self.number += 1;
        Ok(())
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full piece is written only when something follows it: the last one has to say so.
        if self.piece.expose().len() == PIECE && !bytes.is_empty() {
            self.put(false)?;
        }
        let room = PIECE - self.piece.expose().len();
        let taken = &bytes[..room.min(bytes.len())];
        self.piece.expose_mut().extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Why a file does not open, when it could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// It is no such file, or of an unknown version.
    Format,
    /// It was encrypted to another key.
    AnotherKey,
    /// A piece of it was changed, moved, or is missing. What was written before is as it was sealed; nothing more follows.
    Changed,
}

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Format => "this is no hand-over file",
            Self::AnotherKey => "it was encrypted to another key",
            Self::Changed => "it was changed or cut off",
        })
    }
}

impl std::error::Error for Closed {}

/// Decrypts a file, a piece at a time: each is checked before any of it is written.
///
/// # Errors
///
/// [`Closed`] when it does not open; what `input` and `out` say.
pub fn open(
    mut input: impl Read,
    private: &Secret<[u8; 32]>,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let key = SecretKey::from_slice(private.expose()).context("the private key is none")?;
    let own = public_bytes(&key)?;
    let mut header = [0; HEADER];
    if fill(&mut input, &mut header)? != HEADER
        || !header.starts_with(MAGIC)
        || header[8] != VERSION
    {
        bail!(Closed::Format);
    }
    if header[9..17] != key_id(&own) {
        bail!(Closed::AnotherKey);
    }
    let ephemeral = PublicKey::from_sec1_bytes(&header[17..]).map_err(|_| Closed::Format)?;
    let cipher = derive(&key, &ephemeral, &header, &own)?;
    let mut here = Secret::new(vec![0; PIECE + TAG]);
    let mut next = Secret::new(vec![0; PIECE + TAG]);
    let mut length = fill(&mut input, here.expose_mut())?;
    let mut number = 0_u64;
    loop {
        // A piece is the last one when nothing follows: its nonce says so, too, and the two have to agree.
        let following =
            if length == PIECE + TAG { fill(&mut input, next.expose_mut())? } else { 0 };
        let last = following == 0;
        let text_len = length.checked_sub(TAG).ok_or(Closed::Changed)?;
        if text_len == 0 && number > 0 {
            bail!(Closed::Changed); // no writer leaves an empty piece behind a full one
        }
        let (text, tag) = here.expose_mut()[..length].split_at_mut(text_len);
        let tag: [u8; TAG] = (&*tag).try_into().map_err(|_| Closed::Changed)?;
        cipher.unseal(&nonce(number, last), &[], text, &tag).map_err(|_| Closed::Changed)?;
        out.write_all(text)?;
        if last {
            out.flush()?;
            return Ok(());
        }
        core::mem::swap(&mut here, &mut next);
        length = following;
        number += 1;
    }
}

/// `number of the piece, 11 bytes big endian ‖ 1 for the last one, else 0`.
fn nonce(number: u64, last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = u8::from(last);
    nonce
}

fn key_id(key: &P256PublicKey) -> [u8; 8] {
    let hash = Software.sha256(&[&key.0]);
    core::array::from_fn(|at| hash[at])
}

fn point(key: &P256PublicKey) -> anyhow::Result<PublicKey> {
    PublicKey::from_sec1_bytes(&[&[4][..], &key.0].concat()).context("the key is no point of P-256")
}

fn public_bytes(key: &SecretKey) -> anyhow::Result<P256PublicKey> {
    let point = key.public_key().to_sec1_point(false);
    Ok(P256PublicKey(point.as_bytes()[1..].try_into()?))
}

fn derive(
    own: &SecretKey,
    other: &PublicKey,
    header: &[u8],
    reader: &P256PublicKey,
) -> anyhow::Result<AesGcmKey> {
    let shared = p256::ecdh::diffie_hellman(own.to_nonzero_scalar(), other.as_affine());
    let salt = Software.sha256(&[header, &reader.0]);
    let extracted = hkdf_extract(&Software, &salt, &[shared.raw_secret_bytes().as_slice()]);
    let mut key = Secret::<[u8; 32]>::zeroed();
    hkdf_expand(&Software, &extracted, Purpose::HandOver, [&[], &[]], key.expose_mut())?;
    Ok(Software.aead_key(&key))
}

/// Reads until the buffer is full or the input ends.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn key(seed: u8) -> (Secret<[u8; 32]>, P256PublicKey) {
        let private = Secret::new([seed; 32]);
        let public = public_bytes(&SecretKey::from_slice(private.expose()).unwrap()).unwrap();
        (private, public)
    }

    fn sealed(text: &[u8], to: &P256PublicKey) -> Vec<u8> {
        let mut sealer = Sealer::new(Vec::new(), to).unwrap();
        for part in text.chunks(1000) {
            sealer.write_all(part).unwrap();
        }
        sealer.finish().unwrap()
    }

    fn opened(file: &[u8], with: &Secret<[u8; 32]>) -> Result<Vec<u8>, Closed> {
        let mut out = Vec::new();
        match open(file, with, &mut out) {
            Ok(()) => Ok(out),
            Err(why) => Err(*why.downcast_ref::<Closed>().unwrap()),
        }
    }

    #[test]
    fn what_was_sealed_is_opened_at_every_length_round_a_piece() {
        let (private, public) = key(7);
        for len in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 77] {
            let text: Vec<u8> = (0..len).map(|at| (at * 31 % 251) as u8).collect();
            let file = sealed(&text, &public);
            assert_eq!(opened(&file, &private).unwrap(), text, "{len}");
            assert!(text.len() < 20 || !file.windows(20).any(|part| part == &text[..20]));
        }
    }

    #[test]
    fn a_cut_file_never_opens() {
        let (private, public) = key(7);
        let file = sealed(&vec![b'x'; 2 * PIECE + 100], &public);
        let piece = PIECE + TAG;
        let cuts = (0..HEADER).chain([
            HEADER,
            HEADER + 15,
            HEADER + 16,
            HEADER + piece - 1,
            HEADER + piece,
            HEADER + piece + 16,
            HEADER + 2 * piece,
            HEADER + 2 * piece + 16,
            file.len() - 1,
        ]);
        for cut in cuts {
            assert!(opened(&file[..cut], &private).is_err(), "{cut}");
        }
        assert_eq!(opened(&[&file[..], b"x"].concat(), &private), Err(Closed::Changed));
    }

    #[test]
    fn no_changed_byte_passes() {
        let (private, public) = key(7);
        let file = sealed(b"{\"serial\":\"A0000001\"}\n", &public);
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 0x40;
            assert!(opened(&changed, &private).is_err(), "{at}");
        }
    }

    #[test]
    fn pieces_cannot_be_swapped_dropped_or_repeated() {
        let (private, public) = key(7);
        let text: Vec<u8> = (0..3 * PIECE).map(|at| (at / PIECE) as u8).collect();
        let file = sealed(&text, &public);
        let piece = |n: usize| &file[HEADER + n * (PIECE + TAG)..HEADER + (n + 1) * (PIECE + TAG)];
        for order in [&[1, 0, 2][..], &[0, 2], &[0, 0, 1, 2], &[2], &[0, 1], &[0, 1, 2, 2]] {
            let mut other = file[..HEADER].to_vec();
            order.iter().for_each(|n| other.extend(piece(*n)));
            assert_eq!(opened(&other, &private), Err(Closed::Changed), "{order:?}");
        }
    }

    #[test]
    fn another_key_does_not_open_it() {
        let (_, public) = key(7);
        let file = sealed(b"text", &public);
        assert_eq!(opened(&file, &key(8).0), Err(Closed::AnotherKey));
        assert_eq!(opened(b"GABIONHO", &key(7).0), Err(Closed::Format));
        assert_eq!(opened(&[0; 200], &key(7).0), Err(Closed::Format));
    }
}
