//! Makes a labelled fleet.

use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use anyhow::{Context, bail};
use gabion_crypto::{Sha256, Software};
use gabion_sim::Rng;

use crate::device::{Sent, live};
use crate::folder::{Enrolled, bundles_of, hex};
use crate::labels::Label;
use crate::story::{Attack, DAY, HOUR, Story};

/// What to make.
pub struct Plan {
    pub devices: u32,
    pub days: u32,
    pub attack: Attack,
    pub per_mille: u32,
    pub seed: u64,
}

/// Days between two bundles.
const EXPORT_DAYS: u64 = 10;

/// One device: its truth and what it sent.
struct Made {
    number: u32,
    attack: Attack,
    sent: Sent,
}

/// Makes the fleet in a folder that does not exist yet.
pub fn simulate(plan: &Plan, out: &Path) -> anyhow::Result<()> {
    let start = Instant::now();
    if out.exists() {
        bail!("{} exists; a fleet is made in a new folder", out.display());
    }
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicU32::new(0);
    let (send, receive) = mpsc::sync_channel::<Made>(64);
    let (mut labels, mut enrolled, mut bundles, mut bytes) = (Vec::new(), Vec::new(), 0, 0);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let (send, next) = (send.clone(), &next);
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= plan.devices || send.send(make(plan, number)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        for Made { number, attack, sent } in receive {
            let device = hex(&Software.sha256(&[&sent.key.0])[..8]);
            let folder = bundles_of(out, &device);
            std::fs::create_dir_all(&folder)?;
            for (index, bundle) in sent.bundles.iter().enumerate() {
                std::fs::write(folder.join(format!("{index:04}.log-bundle")), bundle)?;
                bundles += 1;
                bytes += bundle.len();
            }
            if attack != Attack::None {
                labels.push((number, Label { device: device.clone(), attack }));
            }
            let (key, seed) = (hex(&sent.key.0), hex(sent.seed.expose()));
            enrolled.push((number, Enrolled { device, key, seed }));
        }
        anyhow::Ok(())
    })?;
    enrolled.sort_by_key(|(number, _)| *number);
    labels.sort_by_key(|(number, _)| *number);
    let mut list = std::io::BufWriter::new(std::fs::File::create(out.join("devices.ndjson"))?);
    for (_, device) in &enrolled {
        serde_json::to_writer(&mut list, device)?;
        list.write_all(b"\n")?;
    }
    list.flush()?;
    let labels: Vec<&Label> = labels.iter().map(|(_, label)| label).collect();
    std::fs::write(out.join("labels.json"), serde_json::to_vec_pretty(&labels)?)?;
    println!(
        "{} devices, {} days, {} labelled; {bundles} bundles signed, {:.1} MB; {:.1} s",
        plan.devices,
        plan.days,
        labels.len(),
        bytes as f64 / 1e6,
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

fn make(plan: &Plan, number: u32) -> Made {
    let days = u64::from(plan.days);
    let attack = fate(plan, number);
    let mut rng = Rng::new(plan.seed ^ (u64::from(number) << 20) ^ 0x6c69_6665);
    rng = Rng::new(rng.next());
    let mut story = Story::new(rng.clone(), days);
    story.ordinary();
    let campaign = Rng::new(plan.seed).below(days * 24) * HOUR;
    story.attack(attack, campaign.min((days * 24).saturating_sub(3) * HOUR));
    let mut exports: Vec<u64> =
        (1..).map(|n| n * EXPORT_DAYS * DAY).take_while(|at| *at < days * DAY).collect();
    exports.push(days * DAY);
    let mut sent = live(plan.seed, number, &story.finish(), &exports);
    // A quarter of the tampering is done to a bundle on its way.
    if attack == Attack::Tampering
        && rng.chance(1, 4)
        && let Some(bundle) = sent.bundles.last_mut()
    {
        let at = rng.index(bundle.len());
        bundle[at] ^= 1 << rng.below(8);
    }
    Made { number, attack, sent }
}

/// What happens to a device: the choice depends on nothing but seed and number.
fn fate(plan: &Plan, number: u32) -> Attack {
    let mut rng = Rng::new(plan.seed ^ (u64::from(number) << 24) ^ 0x6661_7465);
    rng = Rng::new(rng.next());
    let share = u64::from(plan.per_mille);
    let drawn = rng.below(1_000);
    match plan.attack {
        Attack::None => Attack::None,
        Attack::Mixed => {
            let kinds: Vec<Attack> = Attack::FOUND.into_iter().chain([Attack::Noise]).collect();
            let kind = drawn.checked_div(share).unwrap_or(u64::MAX);
            usize::try_from(kind).ok().and_then(|n| kinds.get(n).copied()).unwrap_or(Attack::None)
        }
        attack if drawn < share => attack,
        _ => Attack::None,
    }
}
