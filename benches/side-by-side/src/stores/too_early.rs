//! The planted bug: a store that says `Ok` before it has written. The oracle must catch it.

use crate::contender::{Answer, Contender, Live, Value};
use crate::device::Device;

/// Holds each put back until the next call.
pub struct TooEarly<C>(pub C);

impl<C: Contender> Contender for TooEarly<C> {
    fn name(&self) -> &'static str {
        "planted bug"
    }
    fn pages(&self) -> usize {
        self.0.pages()
    }
    fn session(
        &self,
        device: &Device,
        is_new: bool,
        act: &mut dyn FnMut(&mut dyn Live),
    ) -> Result<(), String> {
        self.0.session(device, is_new, &mut |live| act(&mut Held { live, held: None }))
    }
}

struct Held<'a> {
    live: &'a mut dyn Live,
    held: Option<(usize, Value)>,
}

impl Held<'_> {
    fn flush(&mut self) -> Result<(), String> {
        self.held.take().map_or(Ok(()), |(key, value)| self.live.put(key, &value))
    }
}

impl Live for Held<'_> {
    fn get(&mut self, key: usize) -> Answer {
        match self.flush() {
            Ok(()) => self.live.get(key),
            Err(_) => Answer::Error,
        }
    }
    fn put(&mut self, key: usize, value: &Value) -> Result<(), String> {
        self.flush()?;
        self.held = Some((key, *value));
        Ok(())
    }
    fn remove(&mut self, key: usize) -> Result<(), String> {
        self.flush()?;
        self.live.remove(key)
    }
}
