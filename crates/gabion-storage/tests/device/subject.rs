//! The store as a subject of the power rig, for every kind of flash.

use core::marker::PhantomData;
use std::collections::BTreeMap;

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embedded_storage_async::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
use gabion_crypto::Software;
use gabion_flash::hazmat::Unjournaled;
use gabion_flash::{
    FlashError, Journaled, Layout, Multiwrite, Region, SafeFlash, Shared, Span, block_on,
};
use gabion_hal::{MonotonicCounter, NoCounter};
use gabion_profile::Class;
use gabion_sim::{Board, Chip, Multi, Off, Plain, Rng, Setup, SimCounter, SimFlash, Subject};
use gabion_storage::{Change, Config, OpenError, Storage, StorageError, Store};

use super::{KEYS_16, LISTS};

/// What the store gets from a kind of flash.
pub type Ready<T> = Result<T, FlashError<gabion_sim::FlashError>>;

/// A kind of flash, and how it is made safe.
pub trait Nor: gabion_sim::Kind + Sized {
    type Safe<'a, const W: usize, const P: usize>: SafeFlash<
        Error = FlashError<gabion_sim::FlashError>,
    >;
    fn safe<const W: usize, const P: usize>(
        flash: &mut SimFlash<W, P, Self>,
        journal: Span,
    ) -> Ready<Self::Safe<'_, W, P>>;
}

impl Nor for Plain {
    type Safe<'a, const W: usize, const P: usize> = Journaled<&'a mut SimFlash<W, P, Self>>;
    fn safe<const W: usize, const P: usize>(
        flash: &mut SimFlash<W, P, Self>,
        journal: Span,
    ) -> Ready<Self::Safe<'_, W, P>> {
        block_on(Journaled::open(flash, journal))
    }
}

impl Nor for Multi {
    type Safe<'a, const W: usize, const P: usize> =
        Journaled<&'a mut SimFlash<W, P, Self>, Multiwrite>;
    fn safe<const W: usize, const P: usize>(
        flash: &mut SimFlash<W, P, Self>,
        journal: Span,
    ) -> Ready<Self::Safe<'_, W, P>> {
        block_on(Journaled::open_multiwrite(flash, journal))
    }
}

/// A plain flash behind a cache of one write: the planted bug.
pub struct Cached;

impl gabion_sim::Kind for Cached {
    const REWRITE: gabion_sim::Rewrite = gabion_sim::Rewrite::Once;
}

impl Nor for Cached {
    type Safe<'a, const W: usize, const P: usize> = Unjournaled<WriteBehind<'a, W, P>>;
    fn safe<const W: usize, const P: usize>(
        flash: &mut SimFlash<W, P, Self>,
        _journal: Span,
    ) -> Ready<Self::Safe<'_, W, P>> {
        Ok(Unjournaled::new(WriteBehind { flash, pending: None }))
    }
}

/// Says that a write is done and does it when the next one comes.
pub struct WriteBehind<'a, const W: usize, const P: usize> {
    flash: &'a mut SimFlash<W, P, Cached>,
    pending: Option<(u32, Vec<u8>)>,
}

impl<const W: usize, const P: usize> WriteBehind<'_, W, P> {
    async fn flush(&mut self) -> Result<(), gabion_sim::FlashError> {
        match self.pending.take() {
            Some((at, bytes)) => NorFlash::write(self.flash, at, &bytes).await,
            None => Ok(()),
        }
    }
}

impl<const W: usize, const P: usize> ErrorType for WriteBehind<'_, W, P> {
    type Error = gabion_sim::FlashError;
}

impl<const W: usize, const P: usize> ReadNorFlash for WriteBehind<'_, W, P> {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        ReadNorFlash::read(self.flash, offset, bytes).await?;
        if let Some((at, pending)) = &self.pending {
            for (address, byte) in (*at..).zip(pending) {
                if let Some(place) =
                    address.checked_sub(offset).and_then(|at| bytes.get_mut(at as usize))
                {
                    *place = *byte;
                }
            }
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.flash.medium().capacity()
    }
}

impl<const W: usize, const P: usize> NorFlash for WriteBehind<'_, W, P> {
    const WRITE_SIZE: usize = W;
    const ERASE_SIZE: usize = P;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        self.flush().await?;
        NorFlash::erase(self.flash, from, to).await
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        self.flush().await?;
        self.pending = Some((offset, bytes.to_vec()));
        Ok(())
    }
}

/// With a counter or without one.
pub trait Anchor: 'static {
    type Counter: MonotonicCounter;
    fn counter(chip: &Chip) -> Self::Counter;
}

pub struct Anchored;
pub struct Unanchored;

impl Anchor for Anchored {
    type Counter = SimCounter;
    fn counter(chip: &Chip) -> SimCounter {
        chip.counter.clone()
    }
}

impl Anchor for Unanchored {
    type Counter = NoCounter;
    fn counter(_chip: &Chip) -> NoCounter {
        NoCounter
    }
}

pub struct Sealed<const W: usize, const P: usize, K, A> {
    pub pages: u32,
    pub scrub: bool,
    pub kind: PhantomData<(K, A)>,
}

#[derive(Clone, Debug)]
pub enum Op {
    Put(usize, u8),
    Remove(usize),
    Batch(Vec<(usize, Option<u8>)>),
    Erase,
    Rekey,
}

/// What a user sees: key to value, or that it is damaged.
pub type State = BTreeMap<usize, Result<u8, String>>;

pub type Live<'a, const W: usize, const P: usize, K, A> = Store<
    Region<'a, NoopRawMutex, <K as Nor>::Safe<'a, W, P>>,
    Software,
    <A as Anchor>::Counter,
    12,
    160,
>;

/// Keys 0 to 3 are settings; a value is one byte, 16 times.
pub fn value(byte: u8) -> [u8; 16] {
    core::array::from_fn(|at| byte ^ (at as u8).wrapping_mul(37))
}

impl<const W: usize, const P: usize, K: Nor, A: Anchor> Sealed<W, P, K, A> {
    pub fn new(pages: u32) -> Self {
        Self { pages, scrub: false, kind: PhantomData }
    }

    pub fn scrub(mut self) -> Self {
        self.scrub = true;
        self
    }

    fn spans(&self) -> (Span, Span) {
        let page = P as u32;
        (Span::new(0, 2 * page), Span::new(2 * page, self.pages * page))
    }

    pub fn config(&self) -> Config {
        let config = Config::new(LISTS);
        if self.scrub { config.scrub() } else { config }
    }

    /// A device that left the factory.
    pub fn made(&self) -> Off<SimFlash<W, P, K>> {
        let off = Off::<SimFlash<W, P, K>>::new(Setup::new((self.pages as usize + 2) * P));
        let mut board = off.power_on(None);
        block_on(Journaled::format(&mut board.flash, self.spans().0)).unwrap();
        let made = self.mount(&mut board, true);
        made.map(|_| ()).unwrap();
        board.power_off()
    }

    pub fn mount<'a>(
        &'a self,
        board: &'a mut Board<SimFlash<W, P, K>>,
        is_new: bool,
    ) -> Result<Live<'a, W, P, K, A>, OpenError<FlashError<gabion_sim::FlashError>>> {
        let chip = &mut board.chip;
        let (journal, region) = self.spans();
        let journaled = K::safe(&mut board.flash, journal).map_err(OpenError::Flash)?;
        let capacity = (self.pages + 2) * P as u32;
        let layout = Layout::check(capacity, P as u32, [region]).unwrap();
        let shared = Box::leak(Box::new(Shared::<NoopRawMutex, _>::new(journaled)));
        let [flash] = shared.split(&layout).unwrap();
        let counter = A::counter(chip);
        let (root, entropy, events) = (&mut chip.root_key, &mut chip.entropy, &mut chip.events);
        let config = self.config();
        if is_new {
            block_on(Store::format(flash, config, Software, counter, root, entropy, events))
        } else {
            block_on(Store::open(flash, config, Software, counter, root, entropy, events))
        }
    }
}

#[derive(Debug)]
#[allow(dead_code, reason = "shown in reports")]
pub enum Failed {
    Open(OpenError<FlashError<gabion_sim::FlashError>>),
    Use(StorageError<FlashError<gabion_sim::FlashError>>),
}

impl<const W: usize, const P: usize, K: Nor, A: Anchor> Subject for Sealed<W, P, K, A> {
    type Flash = SimFlash<W, P, K>;
    type Live<'a> = Live<'a, W, P, K, A>;
    type Op = Op;
    type State = State;
    type Error = Failed;

    fn initial(&self) -> State {
        State::new()
    }

    fn expect(&self, before: &State, op: &Op) -> State {
        let mut after = before.clone();
        let mut set = |key: usize, value: Option<u8>| match value {
            Some(value) => drop(after.insert(key, Ok(value))),
            None => drop(after.remove(&key)),
        };
        match op {
            Op::Put(key, value) => set(*key, Some(*value)),
            Op::Remove(key) => set(*key, None),
            Op::Batch(changes) => changes.iter().for_each(|(key, value)| set(*key, *value)),
            Op::Erase => after.clear(),
            Op::Rekey => {}
        }
        after
    }

    async fn open<'a>(
        &'a self,
        board: &'a mut Board<Self::Flash>,
    ) -> Result<Self::Live<'a>, Failed> {
        self.mount(board, false).map_err(Failed::Open)
    }

    async fn apply(&self, live: &mut Self::Live<'_>, op: &Op) -> Result<(), Failed> {
        let done = match op {
            Op::Put(key, byte) => live.put(&KEYS_16[*key], &value(*byte)).await,
            Op::Remove(key) => live.remove(&KEYS_16[*key]).await,
            Op::Batch(changes) => {
                let values: Vec<_> = changes.iter().map(|(_, v)| v.map(value)).collect();
                let changes: Vec<_> = changes
                    .iter()
                    .zip(&values)
                    .map(|((key, _), value)| match value {
                        Some(value) => Change::put(&KEYS_16[*key], value),
                        None => Change::remove(&KEYS_16[*key]),
                    })
                    .collect();
                live.commit(&changes).await
            }
            Op::Erase => live.erase_class(Class::Configuration).await,
            Op::Rekey => live.rekey(Class::Configuration).await,
        };
        done.map_err(Failed::Use)
    }

    async fn observe(&self, live: &mut Self::Live<'_>) -> Result<State, Failed> {
        let mut state = State::new();
        for (number, key) in KEYS_16.iter().enumerate() {
            let mut out = [0; 16];
            match live.read(key.parameter(), &mut out).await {
                Ok(None) => {}
                Ok(Some(16)) if out == value(out[0]) => drop(state.insert(number, Ok(out[0]))),
                Ok(other) => drop(state.insert(number, Err(format!("garbage {other:?} {out:?}")))),
                Err(error @ StorageError::Flash(_)) => return Err(Failed::Use(error)),
                Err(error) => drop(state.insert(number, Err(format!("{error:?}")))),
            }
        }
        Ok(state)
    }
}

/// Picks an operation for a long life.
pub fn pick(rng: &mut Rng) -> Op {
    match rng.below(20) {
        0..=11 => Op::Put(rng.index(4), rng.byte()),
        12..=14 => Op::Remove(rng.index(4)),
        15..=17 => {
            let mut changes = Vec::new();
            for _ in 0..=rng.below(3) {
                let value = rng.chance(2, 3).then(|| rng.byte());
                changes.push((rng.index(4), value));
            }
            Op::Batch(changes)
        }
        18 => Op::Erase,
        _ => Op::Rekey,
    }
}
