//! The SMP server and its framings on any bytes.

use std::sync::atomic::{AtomicU32, Ordering};

use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use gabion_boot::{Effort, KeySet, Policy, TrustedKey};
use gabion_codec::cbor::{Budget, Document};
use gabion_crypto::{
    CryptoError, Digest, EcdsaP256Verify, Ed25519Verify, P256PublicKey, P256Signature, Sha256,
};
use gabion_flash::{Span, block_on};
use gabion_hal::{CounterError, MonotonicCounter, NoEvents};
use gabion_smp::{Action, Answer, Next, RawReceiver, SerialLines, SerialReceiver, Server};
use gabion_update::{Rollback, SlotId, SlotMap, Updater, UpdaterConfig};

/// Hashes that cost nothing, and signatures that hold when r ends in the hash's first byte: a fuzzer gets behind them.
pub struct Lenient;

/// Two sums over all bytes and their order.
pub struct Sums([u64; 2]);

impl Digest for Sums {
    fn update(&mut self, data: &[u8]) {
        for byte in data {
            self.0[0] = (self.0[0] ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            self.0[1] = self.0[1].rotate_left(7) ^ self.0[0];
        }
    }

    fn finish(self) -> [u8; 32] {
        let mut out = [0; 32];
        for (at, byte) in out.iter_mut().enumerate() {
            *byte = (self.0[at / 8 % 2] >> (at % 8 * 8)) as u8;
        }
        out
    }
}

impl Sha256 for Lenient {
    type Digest = Sums;

    fn sha256_start(&self) -> Sums {
        Sums([1, 2])
    }
}

impl EcdsaP256Verify for Lenient {
    fn p256_verify(
        &self,
        _: &P256PublicKey,
        hash: &[u8; 32],
        signature: &P256Signature,
    ) -> Result<(), CryptoError> {
        if signature.0[31] == hash[0] { Ok(()) } else { Err(CryptoError::Refused) }
    }
}

impl Ed25519Verify for Lenient {
    fn ed25519_verify(&self, _: &[u8; 32], _: &[u8], _: &[u8; 64]) -> Result<(), CryptoError> {
        Err(CryptoError::Refused)
    }
}

const PAGE: u32 = 1024;
const SLOT: u32 = 2 * PAGE;
const CAPACITY: usize = 6 * PAGE as usize;
static MAP: SlotMap = SlotMap::new(
    CAPACITY as u32,
    PAGE,
    Span::new(0, SLOT),
    Span::new(SLOT, SLOT),
    Span::new(2 * SLOT, 2 * PAGE),
);

/// Flash in memory, which holds its users to the rules.
struct Ram([u8; CAPACITY]);

#[derive(Debug)]
struct Never;

impl NorFlashError for Never {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

impl ErrorType for Ram {
    type Error = Never;
}

impl ReadNorFlash for Ram {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, at: u32, bytes: &mut [u8]) -> Result<(), Never> {
        bytes.copy_from_slice(&self.0[at as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        CAPACITY
    }
}

impl NorFlash for Ram {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = PAGE as usize;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Never> {
        assert!(from >= SLOT, "the running slot is not erased");
        self.0[from as usize..to as usize].fill(0xff);
        Ok(())
    }

    async fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Never> {
        assert!(at >= SLOT, "the running slot is not written");
        for (to, from) in self.0[at as usize..].iter_mut().zip(bytes) {
            assert_eq!(*to & *from, *from, "bits only fall");
            *to = *from;
        }
        Ok(())
    }
}

struct Counter(u32);

impl MonotonicCounter for Counter {
    type Error = Never;

    fn read(&mut self) -> Result<u32, CounterError<Never>> {
        Ok(self.0)
    }

    fn advance_to(&mut self, value: u32) -> Result<(), CounterError<Never>> {
        self.0 = self.0.max(value);
        Ok(())
    }

    fn max(&self) -> u32 {
        1000
    }
}

/// How many images were installed: a body that installs none sees half of the code.
pub static INSTALLED: AtomicU32 = AtomicU32::new(0);

/// Runs framings and server on bytes. The first byte chooses: a stream, or packets, each behind its length of two bytes.
pub fn smp_packet(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    if choice & 1 == 0 { streams(data) } else { packets(data, *choice) }
}

fn streams(data: &[u8]) {
    let mut serial = SerialReceiver::<300>::new();
    let mut raw = RawReceiver::<300>::new();
    for byte in data {
        if let Some(packet) = raw.push(*byte) {
            assert_eq!(usize::from(u16::from_be_bytes([packet[2], packet[3]])) + 8, packet.len());
        }
        let Some(packet) = serial.push(*byte).map(<[u8]>::to_vec) else { continue };
        let mut again = SerialReceiver::<300>::new();
        let mut seen = 0;
        for line in SerialLines::new(&packet) {
            for byte in line.iter() {
                seen += usize::from(again.push(*byte).is_some_and(|found| found == packet));
            }
        }
        assert_eq!(seen, 1, "what was received is sent the same");
    }
}

fn packets(mut data: &[u8], choice: u8) {
    let mut ram = Ram([0xff; CAPACITY]);
    let keys = [TrustedKey::p256_with_hash(P256PublicKey([7; 64]), [1; 32])];
    let config = UpdaterConfig {
        map: &MAP,
        keys: KeySet::new(&keys),
        policy: Policy::new(SLOT).effort(Effort::Single),
        provider: &Lenient,
        rollback: Rollback::Guarded,
        attempts: 3,
        revoke_older_keys: choice & 2 != 0,
    };
    let Ok(updater) = block_on(Updater::open(&mut ram, Counter(0), SlotId::A, config)) else {
        return;
    };
    let mut server: Server<'_, _, _, _, 200> = Server::new(updater, 300);
    if choice & 4 != 0 && block_on(server.updater().provision()).is_err() {
        return;
    }
    while let Some((len, rest)) = data.split_first_chunk::<2>() {
        let len = usize::from(u16::from_be_bytes(*len)).min(rest.len());
        let (packet, rest) = rest.split_at(len);
        data = rest;
        let mut out = [0; 400];
        let mut guard = |action: Action<'_>| match action {
            Action::Install(image) => {
                assert!(image.security_counter().is_some(), "the policy asks for one");
                INSTALLED.fetch_add(1, Ordering::Relaxed);
                Answer::Yes
            }
            _ => Answer::Yes,
        };
        let next = block_on(server.handle(packet, &mut out, &mut guard, &mut NoEvents));
        let (Next::Send(len) | Next::SendThenReset(len)) = next else { continue };
        assert_eq!(out[4..8], packet[4..8], "the reply is the request's");
        let payload = &out[8..len];
        assert!(Document::parse(payload, Budget::SMALL).is_ok(), "replies are deterministic");
    }
}
