//! The reference model of a key/value store: a map, and what it may look like after a cut.

use std::collections::{BTreeMap, BTreeSet};

/// The content of a key/value store.
pub type KvState = BTreeMap<Vec<u8>, Vec<u8>>;

/// An operation on a key/value store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KvOp {
    /// Stores a value.
    Put(Vec<u8>, Vec<u8>),
    /// Removes a key; it need not exist.
    Remove(Vec<u8>),
    /// Several operations, all or none of them.
    Batch(Vec<KvOp>),
    /// Removes every key.
    Clear,
}

impl KvOp {
    /// Returns the content after this operation.
    #[must_use]
    pub fn expect(&self, before: &KvState) -> KvState {
        let mut after = before.clone();
        self.apply(&mut after);
        after
    }

    fn apply(&self, state: &mut KvState) {
        match self {
            Self::Put(key, value) => {
                state.insert(key.clone(), value.clone());
            }
            Self::Remove(key) => {
                state.remove(key);
            }
            Self::Batch(ops) => ops.iter().for_each(|op| op.apply(state)),
            Self::Clear => state.clear(),
        }
    }
}

/// Checks the content of a store after a cut: it must be the old or the new one.
///
/// # Errors
///
/// The name of what went wrong, and where:
/// - `lost acknowledged write`: a key that should be there under both is not;
/// - `resurrected`: a key that should be there under neither is;
/// - `wrong value`: a value that is neither the old nor the new one;
/// - `torn batch`: each key is old or new, but not all of them the same.
pub fn kv_judge(old: &KvState, new: &KvState, seen: &KvState) -> Result<(), (String, String)> {
    if seen == old || seen == new {
        return Ok(());
    }
    let keys: BTreeSet<&Vec<u8>> = old.keys().chain(new.keys()).chain(seen.keys()).collect();
    for key in keys {
        let (o, n, s) = (old.get(key), new.get(key), seen.get(key));
        if s == o || s == n {
            continue;
        }
        let name = match (o.or(n), s) {
            (_, None) => "lost acknowledged write",
            (None, Some(_)) => "resurrected",
            (Some(_), Some(_)) => "wrong value",
        };
        return Err((name.into(), format!("key {key:02x?}: {s:02x?}, old {o:02x?}, new {n:02x?}")));
    }
    Err(("torn batch".into(), "some keys are old and some are new".into()))
}

/// A model that runs beside a store whose power may fail, outside of the rig: begin, then
/// acknowledge; what was begun and not acknowledged may be there or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KvModel {
    state: KvState,
    pending: Option<KvOp>,
}

impl KvModel {
    /// Makes a model of an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a model of a store with this content.
    pub fn with(state: KvState) -> Self {
        Self { state, pending: None }
    }

    /// Returns the acknowledged content.
    pub fn state(&self) -> &KvState {
        &self.state
    }

    /// Notes that an operation is about to start.
    pub fn begin(&mut self, op: KvOp) {
        self.pending = Some(op);
    }

    /// Notes that the store said the operation is done.
    pub fn acknowledge(&mut self) {
        if let Some(op) = self.pending.take() {
            op.apply(&mut self.state);
        }
    }

    /// Checks what the store shows after a power on and takes it as the new truth.
    ///
    /// # Errors
    ///
    /// As [`kv_judge`].
    pub fn check(&mut self, seen: &KvState) -> Result<(), (String, String)> {
        let new =
            self.pending.as_ref().map_or_else(|| self.state.clone(), |op| op.expect(&self.state));
        kv_judge(&self.state, &new, seen)?;
        self.pending = None;
        self.state = seen.clone();
        Ok(())
    }
}
