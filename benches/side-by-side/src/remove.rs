//! Every key is set and removed: whose newest value is still on the flash?

use gabion_sim::Rng;

use crate::contender::{Contender, KEYS};
use crate::cost::{made, value};
use crate::guard::guarded;

/// Returns of how many keys the value still lies on the flash: in clear, or, where values are sealed, 32 bytes from the
/// middle of the sealed record, which the key of the store opens.
pub fn legible(contender: &dyn Contender) -> Result<usize, String> {
    let (cells, _) = made(contender)?;
    let device = cells.power_on(None);
    let mut rng = Rng::new(6);
    let mut traces = Vec::new();
    guarded(|| {
        contender.session(&device, false, &mut |live| {
            for key in 0..KEYS {
                let new = value(&mut rng);
                let before = device.flash.image();
                live.put(key, &new).expect("a put");
                let trace = if contender.is_sealed() {
                    longest_change(&before, &device.flash.image())
                } else {
                    new.to_vec()
                };
                let image = device.flash.image();
                assert!(
                    contains(&image, &trace) || !contender.is_sealed(),
                    "the trace of key {key}"
                );
                traces.push(trace);
            }
            for key in 0..KEYS {
                live.remove(key).expect("a removal");
            }
        })
    })?;
    let image = device.flash.image();
    Ok(traces.iter().filter(|trace| contains(&image, trace)).count())
}

fn contains(image: &[u8], trace: &[u8]) -> bool {
    image.windows(trace.len()).any(|window| window == trace)
}

/// The 32 bytes in the middle of the longest run of words that changed.
fn longest_change(before: &[u8], after: &[u8]) -> Vec<u8> {
    let (mut best, mut start) = (0..0, None);
    for at in (0..=after.len()).step_by(4) {
        let changed = at < after.len() && before[at..at + 4] != after[at..at + 4];
        match (changed, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                if at - from > best.len() {
                    best = from..at;
                }
                start = None;
            }
            _ => {}
        }
    }
    let middle = best.start + best.len().saturating_sub(32) / 2;
    after[middle..middle + 32].to_vec()
}
