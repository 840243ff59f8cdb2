//! What every store of the comparison must be able to do.

use gabion_sim::{Rewrite, Setup};

use crate::device::{Device, PAGE};

/// Keys in the workload.
pub const KEYS: usize = 64;
/// A value of the workload.
pub type Value = [u8; 32];

/// What a look-up gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A value of 32 bytes.
    Value(Value),
    /// The store says that the key is not set.
    Absent,
    /// The store reports an error, or a value of another length.
    Error,
}

impl Answer {
    /// Reads a value of whatever length.
    pub fn of(bytes: &[u8]) -> Self {
        bytes.try_into().map_or(Self::Error, Self::Value)
    }
}

/// A store that is open.
pub trait Live {
    /// Looks a key up.
    fn get(&mut self, key: usize) -> Answer;
    /// Sets a key.
    fn put(&mut self, key: usize, value: &Value) -> Result<(), String>;
    /// Removes a key.
    fn remove(&mut self, key: usize) -> Result<(), String>;
}

/// A kind of store.
pub trait Contender: Sync {
    /// Its row in the table.
    fn name(&self) -> &'static str;
    /// Pages that it gets. Ours gets two more, for its erase journal.
    fn pages(&self) -> usize {
        16
    }
    /// The part that it runs on: words may be written as often as wanted, the most lenient there is.
    fn setup(&self) -> Setup {
        Setup::new(self.pages() * PAGE).rewrite(Rewrite::Unlimited).and_writes()
    }
    /// Whether values lie on the flash encrypted.
    fn is_sealed(&self) -> bool {
        false
    }
    /// Opens the store (makes it first, on a blank device), lets `act` use it, closes it.
    fn session(
        &self,
        device: &Device,
        is_new: bool,
        act: &mut dyn FnMut(&mut dyn Live),
    ) -> Result<(), String>;
}

/// Turns an error into text.
pub fn text(error: impl core::fmt::Debug) -> String {
    format!("{error:?}")
}
