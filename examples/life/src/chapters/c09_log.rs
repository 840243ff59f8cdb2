//! The event log leaves the device and is verified on the host.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow, bail};
use gabion::crypto::Software;
use gabion::log::{Bundle, Position, SliceSink};
use serde_json::json;

use crate::handover::Handover;
use crate::progress::{self, Progress};
use crate::teller::Teller;
use crate::world::World;

/// More than the log's region.
const LARGEST: usize = 0x1_0000;

/// Tells the chapter.
pub(crate) fn tell(world: &World, teller: &mut Teller, progress: Progress) -> Result<()> {
    teller.chapter(9, "The event log is exported and verified", "5.10-1, 6-4, 6-5");
    let handover = Handover::load(&world.path)?;
    let nonce = *b"asked by backend";
    let bundle = world.session(async |session| {
        session.device.settle().await.map_err(|e| anyhow!("{e}"))?;
        let mut bytes = vec![0; LARGEST];
        let mut sink = SliceSink::new(&mut bytes);
        session
            .device
            .export_log(Position::default(), &nonce, &mut sink)
            .await
            .map_err(|e| anyhow!("{e}"))?;
        Ok(sink.finish().to_vec())
    })?;
    let path = world.path.with_extension("log-bundle");
    std::fs::write(&path, &bundle)?;

    let key = handover.identity()?;
    let opened = Bundle::verify(&Software, &bundle, &key).map_err(|e| anyhow!("LOST: {e}"))?;
    opened.answers(&nonce).map_err(|e| anyhow!("{e}"))?;
    let mut kinds: BTreeMap<String, u32> = BTreeMap::new();
    let report = opened
        .open(&Software, &handover.log_seed()?, |record| {
            for event in record.body.events() {
                let kind = event.kind().map_or_else(
                    || format!("code {:#06x}", event.code),
                    |kind| format!("{kind:?}"),
                );
                *kinds.entry(kind).or_default() += u32::from(event.count);
            }
        })
        .map_err(|e| anyhow!("LOST: {e}"))?;
    teller.say(&format!(
        "{} bytes, {} records, {} events, {} lost; signature and chain hold:",
        bundle.len(),
        report.records,
        report.events,
        report.lost
    ));
    for (kind, count) in &kinds {
        teller.say(&format!("  {count:>4} × {kind}"));
    }
    teller
        .data(json!({"log": {"records": report.records, "events": report.events, "kinds": kinds}}));

    let mut forged = bundle.clone();
    let middle = forged.len() / 2;
    forged[middle] ^= 1;
    match Bundle::verify(&Software, &forged, &key) {
        Err(why) => teller.refused("the same bundle with one bit flipped", &why.to_string()),
        Ok(_) => bail!("a forged bundle was taken"),
    }
    teller.say(&format!("The bundle lies in {}.", path.display()));
    world.session(async |session| progress::done(session, teller, progress).await)?;
    teller.shows(
        "5.10",
        "sealed, chained, signed event log without personal data, verified on the host",
        "gabion-log/src/bundle.rs",
    );
    Ok(())
}
