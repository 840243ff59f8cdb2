//! gabion-storage over its erase journal, without a counter.

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use gabion_crypto::Software;
use gabion_flash::{Journaled, Layout, Multiwrite, Region, Shared, Span, block_on};
use gabion_hal::NoCounter;
use gabion_profile::{Class, CriticalKey, Origin, Parameter, Protection};
use gabion_sim::Setup;
use gabion_storage::{Config, Storage, Store};

use crate::contender::{Answer, Contender, KEYS, Live, Value, text};
use crate::device::{Device, Handle, PAGE};

static PARAMETERS: [Parameter; KEYS] = {
    let mut all = [parameter(0); KEYS];
    let mut number = 0;
    while number < KEYS {
        all[number] = parameter(number as u16);
        number += 1;
    }
    all
};
static LISTS: [&[Parameter]; 1] = [&PARAMETERS];

const fn parameter(number: u16) -> Parameter {
    Parameter::new(
        Class::Configuration,
        number,
        Protection::Critical,
        32,
        Origin::Firmware,
        "KEY",
        "the workload",
    )
}

const JOURNAL: Span = Span::new(0, 2 * PAGE as u32);
const REGION: Span = Span::new(2 * PAGE as u32, 16 * PAGE as u32);

type Flash<'a> = Region<'a, NoopRawMutex, Journaled<Handle, Multiwrite>>;
type Open<'a> = Store<Flash<'a>, Software, NoCounter, { KEYS + 1 }, 92>;

/// Ours.
pub struct Gabion;

impl Contender for Gabion {
    fn name(&self) -> &'static str {
        "gabion-storage"
    }
    fn pages(&self) -> usize {
        18
    }
    /// The strict part: no word is written more than twice, and no bit is asked to go back.
    fn setup(&self) -> Setup {
        Setup::new(self.pages() * PAGE)
    }
    fn is_sealed(&self) -> bool {
        true
    }
    fn session(
        &self,
        device: &Device,
        is_new: bool,
        act: &mut dyn FnMut(&mut dyn Live),
    ) -> Result<(), String> {
        let chip = &mut *device.chip.borrow_mut();
        let mut flash = device.flash.clone();
        block_on(async {
            if is_new {
                Journaled::format(&mut flash, JOURNAL).await.map_err(text)?;
            }
            let journaled = Journaled::open_multiwrite(flash, JOURNAL).await.map_err(text)?;
            let layout = Layout::check(18 * PAGE as u32, PAGE as u32, [REGION]).map_err(text)?;
            let mut shared = Shared::<NoopRawMutex, _>::new(journaled);
            let [region] = shared.split(&layout).map_err(text)?;
            let config = Config::new(&LISTS);
            let (root, entropy, events) = (&mut chip.root_key, &mut chip.entropy, &mut chip.events);
            let opened = if is_new {
                Open::format(region, config, Software, NoCounter, root, entropy, events).await
            } else {
                Open::open(region, config, Software, NoCounter, root, entropy, events).await
            };
            act(&mut Used(opened.map_err(text)?));
            Ok(())
        })
    }
}

struct Used<'a>(Open<'a>);

fn key(number: usize) -> CriticalKey {
    CriticalKey::__registered(&PARAMETERS[number])
}

impl Live for Used<'_> {
    fn get(&mut self, number: usize) -> Answer {
        let mut out = [0; 32];
        match block_on(self.0.read(&PARAMETERS[number], &mut out)) {
            Ok(Some(len)) => Answer::of(&out[..len]),
            Ok(None) => Answer::Absent,
            Err(_) => Answer::Error,
        }
    }
    fn put(&mut self, number: usize, value: &Value) -> Result<(), String> {
        block_on(self.0.put(&key(number), value)).map_err(text)
    }
    fn remove(&mut self, number: usize) -> Result<(), String> {
        block_on(self.0.remove(&key(number))).map_err(text)
    }
}
