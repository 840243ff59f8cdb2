//! The crash oracle, the same for every store.
//!
//! One device lives through many power cuts. After each, every key must give the value that was acknowledged last, or,
//! for the key whose put was cut, that or the value in flight; the store must open, must not panic, and must take and
//! give back a new value. Anything else is a violation, and the life begins again.

use gabion_sim::{Cut, Fault, Rng};

use crate::contender::{Answer, Contender, KEYS, Value};
use crate::cost::{made, value};
use crate::device::Cells;
use crate::guard::guarded;

/// Puts after which a session without its cut ends.
const SESSION: usize = 400;
/// Calls of the flash in one session after which a store counts as one that never ends.
const CALLS: u64 = 3_000_000;

struct Life {
    cells: Cells,
    values: Vec<Value>,
    steps_per_put: u64,
}

/// Returns the violations in `cuts` power cuts of one fault model.
pub fn violations(
    contender: &dyn Contender,
    fault: Fault,
    cuts: u64,
    is_recovery_cut: bool,
    seed: u64,
) -> Result<u64, String> {
    let (cells, values) = made(contender)?;
    let born = || Life { cells: cells.clone(), values: values.clone(), steps_per_put: 20 };
    let (mut fired, mut broken) = (0, 0);
    let mut rng = Rng::new(seed);
    let mut life = born();
    for _ in 0..cuts * 3 {
        if fired == cuts {
            break;
        }
        let (has_fired, next) = cycle(contender, life, fault, is_recovery_cut, &mut rng);
        fired += u64::from(has_fired);
        life = match next {
            Ok(life) => life,
            Err(_why) => {
                broken += 1;
                born()
            }
        };
    }
    if fired < cuts { Err(format!("only {fired} cuts fired")) } else { Ok(broken) }
}

fn cycle(
    contender: &dyn Contender,
    life: Life,
    fault: Fault,
    is_recovery_cut: bool,
    rng: &mut Rng,
) -> (bool, Result<Life, String>) {
    let Life { cells, mut values, steps_per_put } = life;
    let cut = Cut::new(rng.below(12 * steps_per_put), fault, rng.next() >> 32);
    let device = cells.power_on(Some(cut));
    device.flash.allow_calls(CALLS);
    let (mut in_flight, mut done, mut refused) = (None, 0, None);
    let run = guarded(|| {
        contender.session(&device, false, &mut |live| {
            for _ in 0..SESSION {
                let (key, new) = (rng.index(KEYS), value(rng));
                in_flight = Some((key, new));
                let put = live.put(key, &new);
                // An `Ok` without power has not reached anybody.
                if device.supply.is_lost() {
                    return;
                }
                if let Err(why) = put {
                    refused = Some(why);
                    return;
                }
                values[key] = new;
                in_flight = None;
                done += 1;
            }
        })
    });
    let has_fired = device.supply.is_lost();
    let steps_per_put = (device.supply.steps() / done.max(1)).clamp(1, 1 << 20);
    if !has_fired {
        if let Some(why) = refused.or(run.err()) {
            return (false, Err(why));
        }
    }
    if device.flash.has_illegal_write() {
        return (has_fired, Err("illegal write".into()));
    }
    let mut cells = device.power_off();
    if is_recovery_cut {
        for _ in 0..1 + rng.index(4) {
            cells = cut_recovery(contender, cells, fault, rng);
        }
    }
    let checked = check(contender, cells, values, in_flight, rng);
    (has_fired, checked.map(|(cells, values)| Life { cells, values, steps_per_put }))
}

/// Powers on, reads everything, and loses the power again somewhere on the way, if the store writes there.
fn cut_recovery(contender: &dyn Contender, cells: Cells, fault: Fault, rng: &mut Rng) -> Cells {
    let look = |cut| {
        let device = cells.clone().power_on(cut);
        device.flash.allow_calls(CALLS);
        // What goes wrong here stays wrong for the check that follows.
        let _ = guarded(|| {
            contender.session(&device, false, &mut |live| {
                for key in 0..KEYS {
                    live.get(key);
                }
            })
        });
        (device.supply.steps(), device.power_off())
    };
    let (steps, _) = look(None);
    if steps == 0 {
        return cells;
    }
    look(Some(Cut::new(rng.below(steps), fault, rng.next() >> 32))).1
}

fn check(
    contender: &dyn Contender,
    cells: Cells,
    mut values: Vec<Value>,
    in_flight: Option<(usize, Value)>,
    rng: &mut Rng,
) -> Result<(Cells, Vec<Value>), String> {
    let device = cells.power_on(None);
    device.flash.allow_calls(CALLS);
    let mut wrong = None;
    guarded(|| {
        contender.session(&device, false, &mut |live| {
            for (key, expected) in values.iter_mut().enumerate() {
                let answer = live.get(key);
                match in_flight {
                    Some((cut, new)) if cut == key && answer == Answer::Value(new) => {
                        *expected = new
                    }
                    _ if answer != Answer::Value(*expected) => {
                        wrong = Some(format!("key {key}: {answer:?}"))
                    }
                    _ => {}
                }
            }
            let (key, new) = (rng.index(KEYS), value(rng));
            if let Err(why) = live.put(key, &new) {
                wrong.get_or_insert(why);
            }
            values[key] = new;
            if live.get(key) != Answer::Value(new) {
                wrong.get_or_insert("a put after the cut is not there".into());
            }
        })
    })?;
    if device.flash.has_illegal_write() {
        return Err("illegal write".into());
    }
    wrong.map_or_else(|| Ok((device.power_off(), values)), Err)
}
