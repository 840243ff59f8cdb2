//! The factory record on flash: `docs/spec/provision.md`.

use crate::{Model, Serial};

pub(crate) const RECORD_LEN: usize = 39;
const VERSION: u8 = 1;
const MODEL: usize = 16;
const SERIAL: usize = 20;

/// What the factory record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) model: Model,
    pub(crate) serial: Serial,
}

impl Record {
    /// `version ‖ model length ‖ model, zero padded ‖ serial length ‖ serial, zero padded`.
    pub(crate) fn emit(&self) -> [u8; RECORD_LEN] {
        let mut out = [0; RECORD_LEN];
        let (head, rest) = out.split_at_mut(1);
        let (model, serial) = rest.split_at_mut(MODEL.saturating_add(1));
        head.fill(VERSION);
        put(model, self.model.as_bytes());
        put(serial, self.serial.as_bytes());
        out
    }

    /// Takes back exactly what [`emit`](Self::emit) makes and nothing else.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; RECORD_LEN] = bytes.try_into().ok()?;
        let [VERSION, rest @ ..] = bytes else { return None };
        let (model, serial) = rest.split_at_checked(MODEL.saturating_add(1))?;
        let model = Model::new(field(model, MODEL)?).ok()?;
        let serial = Serial::new(field(serial, SERIAL)?).ok()?;
        let record = Self { model, serial };
        (record.emit() == *bytes).then_some(record)
    }
}

fn put(field: &mut [u8], text: &[u8]) {
    if let [len, place @ ..] = field {
        *len = u8::try_from(text.len()).unwrap_or_default();
        for (to, from) in place.iter_mut().zip(text) {
            *to = *from;
        }
    }
}

fn field(bytes: &[u8], capacity: usize) -> Option<&[u8]> {
    let (len, text) = bytes.split_first()?;
    let len = usize::from(*len);
    if len > capacity { None } else { text.get(..len) }
}
