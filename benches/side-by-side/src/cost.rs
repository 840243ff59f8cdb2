//! What 10,000 random updates cost, and what a look-up reads.

use gabion_sim::Rng;

use crate::contender::{Answer, Contender, KEYS, Value};
use crate::device::Cells;
use crate::guard::guarded;

const UPDATES: usize = 10_000;

/// The costs of one store.
pub struct Cost {
    pub per_payload_byte: f64,
    pub erases: u64,
    pub read_per_get: u64,
}

/// Makes a store with all keys set, and returns the values.
pub fn made(contender: &dyn Contender) -> Result<(Cells, Vec<Value>), String> {
    let device = Cells::blank(contender.setup()).power_on(None);
    let mut values = Vec::new();
    let mut rng = Rng::new(1);
    guarded(|| {
        contender.session(&device, true, &mut |live| {
            for key in 0..KEYS {
                values.push(value(&mut rng));
                live.put(key, &values[key]).expect("the first put of a key");
            }
        })
    })?;
    Ok((device.power_off(), values))
}

/// A random value.
pub fn value(rng: &mut Rng) -> Value {
    core::array::from_fn(|_| rng.byte())
}

/// Runs the workload.
pub fn measure(contender: &dyn Contender) -> Result<Cost, String> {
    let (cells, mut values) = made(contender)?;
    let device = cells.power_on(None);
    let mut rng = Rng::new(3);
    let mut cost = None;
    guarded(|| {
        contender.session(&device, false, &mut |live| {
            let start = device.flash.counters();
            for _ in 0..UPDATES {
                let key = rng.index(KEYS);
                values[key] = value(&mut rng);
                live.put(key, &values[key]).expect("a put of the workload");
            }
            let spent = device.flash.counters() - start;
            // Once to fill the caches: a look-up right after a boot is another figure.
            for key in 0..KEYS {
                assert_eq!(
                    live.get(key),
                    Answer::Value(values[key]),
                    "key {key} after the workload"
                );
            }
            let start = device.flash.counters();
            for key in 0..KEYS {
                live.get(key);
            }
            cost = Some(Cost {
                per_payload_byte: spent.programmed_bytes as f64 / (UPDATES * 32) as f64,
                erases: spent.erases,
                read_per_get: (device.flash.counters() - start).read_bytes / KEYS as u64,
            });
        })
    })?;
    cost.ok_or_else(|| "the store did not open".into())
}
