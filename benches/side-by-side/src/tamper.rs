//! One bit of what the newest put programmed is flipped: what does the store say after the next boot?

use gabion_sim::Rng;

use crate::contender::{Answer, Contender, KEYS};
use crate::cost::{made, value};
use crate::guard::guarded;

/// Keys whose newest record is probed.
const PROBED: usize = 8;
/// Bits probed of each record, a random choice where it has more.
const BITS: usize = 512;

/// What the look-ups gave.
#[derive(Default)]
pub struct Flips {
    pub stale: u64,
    pub garbage: u64,
    pub absent: u64,
    pub error: u64,
    pub right: u64,
}

/// Probes one store.
pub fn probe(contender: &dyn Contender) -> Result<Flips, String> {
    let mut flips = Flips::default();
    let mut rng = Rng::new(5);
    for probed in 0..PROBED {
        let (cells, mut values) = made(contender)?;
        let mut history: Vec<_> = values.iter().map(|value| vec![*value]).collect();
        let device = cells.power_on(None);
        let mut changed = Vec::new();
        guarded(|| {
            contender.session(&device, false, &mut |live| {
                for round in 0..400 {
                    let key = if round < 150 { rng.index(KEYS) } else { probed };
                    values[key] = value(&mut rng);
                    let (before, erases) = (device.flash.image(), device.flash.counters().erases);
                    live.put(key, &values[key]).expect("a put");
                    history[key].push(values[key]);
                    let is_small = device.flash.counters().erases == erases;
                    if round >= 150 && (is_small || round >= 170) {
                        let after = device.flash.image();
                        changed = (0..after.len()).filter(|at| before[*at] != after[*at]).collect();
                        return;
                    }
                }
            })
        })?;
        let cells = device.power_off();
        let mut bits: Vec<_> = changed.iter().flat_map(|at| (0..8).map(|bit| (*at, bit))).collect();
        while bits.len() > BITS {
            bits.swap_remove(rng.index(bits.len()));
        }
        let newest = values[probed];
        for (at, bit) in bits {
            let mut flipped = cells.clone();
            flipped.flip(at, bit);
            let device = flipped.power_on(None);
            device.flash.allow_calls(3_000_000);
            let mut answer = Answer::Error;
            let opened = guarded(|| {
                contender.session(&device, false, &mut |live| answer = live.get(probed))
            });
            match opened.map(|()| answer) {
                Err(_) | Ok(Answer::Error) => flips.error += 1,
                Ok(Answer::Absent) => flips.absent += 1,
                Ok(Answer::Value(value)) if value == newest => flips.right += 1,
                Ok(Answer::Value(value)) if history[probed].contains(&value) => flips.stale += 1,
                Ok(Answer::Value(_)) => flips.garbage += 1,
            }
        }
    }
    Ok(flips)
}
