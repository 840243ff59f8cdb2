//! Doubles: a store in memory whose power can be cut at any commit, and random sources good and bad.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "each test file uses some of it, and a test may panic"
)]

use std::collections::BTreeMap;
use std::convert::Infallible;

use gabion_hal::rand_core::{TryCryptoRng, TryRng};
use gabion_profile::{Class, Parameter};
use gabion_provision::{Equipment, LabelSecret, Model, NewIdentity, Serial};
use gabion_storage::{Change, Storage, StorageError};

/// The power was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PowerLost;

/// A store in memory. A commit is atomic; the armed one is cut before or after it took effect.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    pub values: BTreeMap<u16, Vec<u8>>,
    pub commits: u64,
    /// Cut at the commit with this number; `true`: after it took effect.
    pub cut: Option<(u64, bool)>,
    pub lost: bool,
    pub damaged: Option<u16>,
}

impl MemoryStore {
    /// Comes back with power, disarmed.
    pub fn power_on(&self) -> Self {
        Self { values: self.values.clone(), damaged: self.damaged, ..Self::default() }
    }
}

impl Storage for MemoryStore {
    type FlashError = PowerLost;

    async fn read(
        &mut self,
        parameter: &'static Parameter,
        out: &mut [u8],
    ) -> Result<Option<usize>, StorageError<PowerLost>> {
        if self.lost {
            return Err(StorageError::Flash(PowerLost));
        }
        if self.damaged == Some(parameter.id.raw()) {
            return Err(StorageError::Damaged);
        }
        let Some(value) = self.values.get(&parameter.id.raw()) else { return Ok(None) };
        if out.len() < value.len() {
            return Err(StorageError::BufferTooSmall(value.len()));
        }
        out[..value.len()].copy_from_slice(value);
        Ok(Some(value.len()))
    }

    async fn commit(&mut self, changes: &[Change<'_>]) -> Result<(), StorageError<PowerLost>> {
        if self.lost {
            return Err(StorageError::Flash(PowerLost));
        }
        for change in changes {
            if change.value().is_some_and(|v| v.len() > change.parameter().max_len.into()) {
                return Err(StorageError::TooLong);
            }
        }
        let at = self.commits;
        self.commits += 1;
        let cut = self.cut.filter(|(number, _)| *number == at);
        if cut.is_none_or(|(_, after)| after) {
            for change in changes {
                match change.value() {
                    Some(value) => {
                        self.values.insert(change.parameter().id.raw(), value.to_vec());
                    }
                    None => {
                        self.values.remove(&change.parameter().id.raw());
                    }
                }
            }
        }
        if cut.is_some() {
            self.lost = true;
            return Err(StorageError::Flash(PowerLost));
        }
        Ok(())
    }

    async fn erase_class(&mut self, class: Class) -> Result<(), StorageError<PowerLost>> {
        if self.lost {
            return Err(StorageError::Flash(PowerLost));
        }
        self.values.retain(|id, _| id >> 12 != u16::from(class.number()));
        Ok(())
    }
}

/// A good source with a seed.
#[derive(Debug, Clone)]
pub struct Seeded(pub u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl TryRng for Seeded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.next() as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.next())
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for chunk in out.chunks_mut(8) {
            let word = self.next().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Seeded {}

/// Answers with a fixed byte, or with an error.
#[derive(Debug, Clone)]
pub struct Broken(pub Option<u8>);

impl TryRng for Broken {
    type Error = std::fmt::Error;

    fn try_next_u32(&mut self) -> Result<u32, std::fmt::Error> {
        self.0.map(|b| u32::from_le_bytes([b; 4])).ok_or(std::fmt::Error)
    }

    fn try_next_u64(&mut self) -> Result<u64, std::fmt::Error> {
        self.0.map(|b| u64::from_le_bytes([b; 8])).ok_or(std::fmt::Error)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), std::fmt::Error> {
        out.fill(self.0.ok_or(std::fmt::Error)?);
        Ok(())
    }
}

impl TryCryptoRng for Broken {}

/// Polls a future that is always ready.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("nothing in a double ever waits"),
    }
}

/// Lamp A00017, with an identity of its own.
pub fn equipment<'a>(
    secret: &'a LabelSecret,
    verifier: &'a [u8],
    public: &'a [&'a [u8]],
) -> Equipment<'a> {
    Equipment {
        model: Model::new(b"LAMP-2").unwrap(),
        serial: Serial::new(b"A00017").unwrap(),
        secret,
        verifier,
        public,
        identity: NewIdentity::Generate,
        also: &[],
    }
}
