//! The rig against stores that are wrong on purpose: it must catch each, and pass the right one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)] // test code

use embedded_storage_async::nor_flash::{NorFlash, ReadNorFlash};
use gabion_sim::{
    Board, Fault, FlashError, Kind, KvOp, KvState, Multi, Off, Plain, Report, Rig, Rng, Setup,
    SimFlash, Subject, kv_judge,
};

/// What is wrong with the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bug {
    None,
    /// No checksum: a torn image is believed.
    NoCrc,
    /// Erases the only good copy before the new one is written.
    EraseFirst,
    /// Acknowledges before the last word is written.
    EarlyAck,
    /// Takes an error of the flash for success.
    Swallows,
    /// Right until the power fails while it repairs: erases the good copy to write it again.
    RiskyRepair,
    /// Leaves removed keys in place and forgets so when it is opened again.
    Resurrects,
    /// Writes a boot counter on each power on.
    Restless,
    /// Erases a page over and over on power on.
    Storm,
    /// Writes without an erase.
    NoErase,
    /// Takes a page that holds nothing valid for a blank one.
    AssumesBlank,
    /// Believes a length that it read.
    Trusting,
}

/// The whole map in one of two pages, the newer one counts: sequence, length, map, CRC.
struct TwoSlots<const WORD: usize, const PAGE: usize, K = Multi> {
    bug: Bug,
    kind: core::marker::PhantomData<K>,
}

struct Live<'a, const WORD: usize, const PAGE: usize, K: Kind> {
    flash: &'a mut SimFlash<WORD, PAGE, K>,
    bug: Bug,
    newest: Option<(u32, u32, KvState)>,
    late: Option<(u32, Vec<u8>)>,
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

fn emit(sequence: u32, map: &KvState) -> Vec<u8> {
    let mut body = Vec::new();
    for (key, value) in map {
        body.extend([key.len() as u8, value.len() as u8]);
        body.extend(key.iter().chain(value));
    }
    let mut out = sequence.to_le_bytes().to_vec();
    out.extend((body.len() as u32).to_le_bytes());
    out.extend(body);
    out
}

fn parse(body: &[u8]) -> Option<KvState> {
    let mut map = KvState::new();
    let mut rest = body;
    while let Some((&[key, value], tail)) = rest.split_first_chunk::<2>() {
        let (key, tail) = tail.split_at_checked(key.into())?;
        let (value, tail) = tail.split_at_checked(value.into())?;
        map.insert(key.to_vec(), value.to_vec());
        rest = tail;
    }
    rest.is_empty().then_some(map)
}

impl<const WORD: usize, const PAGE: usize, K: Kind> Live<'_, WORD, PAGE, K> {
    async fn load(&mut self, slot: u32) -> Result<Option<(u32, KvState)>, FlashError> {
        let mut page = vec![0; PAGE];
        self.flash.read(slot * PAGE as u32, &mut page).await?;
        let sequence = u32::from_le_bytes(page[..4].try_into().unwrap());
        let len = u32::from_le_bytes(page[4..8].try_into().unwrap()) as usize;
        let end = 8_usize.saturating_add(len);
        if self.bug == Bug::Trusting && len != u32::MAX as usize {
            let _ = page[end]; // out of bounds for a torn length
        }
        if end + 4 > PAGE {
            return Ok(None);
        }
        let stored = u32::from_le_bytes(page[end..end + 4].try_into().unwrap());
        if self.bug != Bug::NoCrc && stored != crc(&page[..end]) {
            return Ok(None);
        }
        Ok(parse(&page[8..end]).map(|map| (sequence, map)))
    }

    async fn store(&mut self, map: KvState) -> Result<(), FlashError> {
        self.finish().await?;
        let (old, sequence) = self.newest.as_ref().map_or((1, 0), |(slot, seq, _)| (*slot, *seq));
        let (slot, page) = (1 - old, PAGE as u32);
        if self.bug == Bug::EraseFirst {
            self.flash.erase(old * page, (old + 1) * page).await?;
        }
        let spared = match self.bug {
            Bug::NoErase => true,
            Bug::AssumesBlank => self.load(slot).await?.is_none(),
            _ => false,
        };
        if !spared {
            self.flash.erase(slot * page, (slot + 1) * page).await?;
        }
        self.write(slot, sequence + 1, &map).await?;
        self.newest = Some((slot, sequence + 1, map));
        Ok(())
    }

    /// Writes the good slot again and clears the bad one, in the wrong order.
    async fn repair(&mut self) -> Result<(), FlashError> {
        let Some((good, sequence, map)) = self.newest.clone() else { return Ok(()) };
        let (page, bad) = (PAGE as u32, 1 - good);
        let mut found = vec![0; PAGE];
        self.flash.read(bad * page, &mut found).await?;
        if found.iter().all(|byte| *byte == 0xFF) || self.load(bad).await?.is_some() {
            return Ok(());
        }
        self.flash.erase(good * page, (good + 1) * page).await?;
        self.write(good, sequence, &map).await?;
        self.newest = Some((good, sequence, map));
        self.flash.erase(bad * page, (bad + 1) * page).await
    }

    async fn write(&mut self, slot: u32, sequence: u32, map: &KvState) -> Result<(), FlashError> {
        let mut image = emit(sequence, map);
        image.extend(crc(&image).to_le_bytes());
        image.resize(image.len().next_multiple_of(WORD), 0);
        let at = slot * PAGE as u32;
        if self.bug == Bug::EarlyAck {
            let last = image.split_off(image.len() - WORD);
            self.late = Some((at + image.len() as u32, last));
        }
        self.flash.write(at, &image).await
    }

    async fn finish(&mut self) -> Result<(), FlashError> {
        match self.late.take() {
            Some((at, word)) => self.flash.write(at, &word).await,
            None => Ok(()),
        }
    }
}

impl<const WORD: usize, const PAGE: usize, K: Kind> Subject for TwoSlots<WORD, PAGE, K> {
    type Flash = SimFlash<WORD, PAGE, K>;
    type Live<'a> = Live<'a, WORD, PAGE, K>;
    type Op = KvOp;
    type State = KvState;
    type Error = FlashError;

    fn initial(&self) -> KvState {
        KvState::new()
    }

    fn expect(&self, before: &KvState, op: &KvOp) -> KvState {
        op.expect(before)
    }

    async fn open<'a>(
        &'a self,
        board: &'a mut Board<Self::Flash>,
    ) -> Result<Self::Live<'a>, FlashError> {
        let flash = &mut board.flash;
        let mut live = Live { flash, bug: self.bug, newest: None, late: None };
        for slot in [0, 1] {
            let found = live.load(slot).await?;
            let best = live.newest.as_ref().map_or(0, |(_, sequence, _)| *sequence);
            if let Some((sequence, map)) = found.filter(|(sequence, _)| *sequence > best) {
                live.newest = Some((slot, sequence, map));
            }
        }
        if self.bug == Bug::RiskyRepair {
            live.repair().await?;
        }
        for _ in 0..if self.bug == Bug::Storm { 20 } else { 0 } {
            live.flash.erase(2 * PAGE as u32, 3 * PAGE as u32).await?;
        }
        if self.bug == Bug::Restless {
            let page = PAGE as u32;
            live.flash.erase(2 * page, 3 * page).await?;
            let boots = vec![live.flash.medium().wear()[2] as u8; WORD];
            live.flash.write(2 * page, &boots).await?;
        }
        Ok(live)
    }

    async fn apply(&self, live: &mut Self::Live<'_>, op: &KvOp) -> Result<(), FlashError> {
        let map = live.newest.as_ref().map_or_else(KvState::new, |(_, _, map)| map.clone());
        match op {
            KvOp::Remove(key) if self.bug == Bug::Resurrects => {
                if let Some((_, _, map)) = &mut live.newest {
                    map.remove(key);
                }
                Ok(())
            }
            op => match live.store(op.expect(&map)).await {
                Err(_) if self.bug == Bug::Swallows => Ok(()),
                result => result,
            },
        }
    }

    async fn observe(&self, live: &mut Self::Live<'_>) -> Result<KvState, FlashError> {
        Ok(live.newest.as_ref().map_or_else(KvState::new, |(_, _, map)| map.clone()))
    }

    fn judge(&self, old: &KvState, new: &KvState, seen: &KvState) -> Result<(), (String, String)> {
        kv_judge(old, new, seen)
    }
}

fn key(index: u8) -> Vec<u8> {
    vec![b'k', index]
}

fn script() -> Vec<KvOp> {
    vec![
        KvOp::Put(key(1), b"first".to_vec()),
        KvOp::Put(key(2), b"second value".to_vec()),
        KvOp::Put(key(1), b"third".to_vec()),
        KvOp::Batch(vec![KvOp::Put(key(3), b"4".to_vec()), KvOp::Remove(key(1))]),
        KvOp::Remove(key(2)),
        KvOp::Clear,
        KvOp::Put(key(1), b"first again".to_vec()),
    ]
}

fn any(rng: &mut Rng, _: &KvState) -> KvOp {
    let name = key(rng.below(4) as u8);
    match rng.below(4) {
        0 => KvOp::Remove(name),
        1 => KvOp::Batch(vec![KvOp::Remove(name), KvOp::Put(key(9), rng.bytes(3))]),
        _ => {
            let len = rng.index(12);
            KvOp::Put(name, rng.bytes(len))
        }
    }
}

fn rig<const WORD: usize, const PAGE: usize, K: Kind>(bug: Bug) -> Rig<TwoSlots<WORD, PAGE, K>> {
    Rig::new(TwoSlots { bug, kind: core::marker::PhantomData }, Setup::new(4 * PAGE))
        .named(format!("two slots, {bug:?}, word {WORD}"))
}

fn sweep(bug: Bug) -> Report {
    sweep_of(bug, &script())
}

fn sweep_of(bug: Bug, script: &[KvOp]) -> Report {
    rig::<4, 128, Multi>(bug).sweep(script)
}

#[test]
fn the_right_store_passes_with_every_word_size() {
    rig::<1, 128, Multi>(Bug::None).sweep(&script()).assert_clean();
    rig::<2, 128, Plain>(Bug::None).sweep(&script()).assert_clean();
    rig::<4, 128, Multi>(Bug::None).seeds(6).recovery_cuts(4).sweep(&script()).assert_clean();
    rig::<8, 128, Plain>(Bug::None).sweep(&script()).assert_clean();
    rig::<16, 128, Plain>(Bug::None).sweep(&script()).assert_clean();
    rig::<32, 128, Plain>(Bug::None).sweep(&script()).assert_clean();
}

#[test]
fn the_right_store_passes_a_session() {
    rig::<4, 128, Multi>(Bug::None).sweep_session(&script()).assert_clean();
    rig::<16, 128, Plain>(Bug::None).sweep_session(&script()).assert_clean();
}

#[test]
fn the_right_store_passes_a_long_life() {
    rig::<4, 128, Plain>(Bug::None).recovery_cuts(4).sample(1, 2_000, any).assert_clean();
}

#[test]
fn a_store_without_a_checksum_is_caught() {
    let report = sweep(Bug::NoCrc);
    report.assert_caught();
    assert!(report.count("wrong value") + report.count("lost acknowledged write") > 0, "{report}");
    rig::<4, 128, Multi>(Bug::NoCrc).sample(1, 500, any).assert_caught();
}

#[test]
fn a_store_that_erases_before_it_copies_is_caught() {
    let report = sweep(Bug::EraseFirst);
    report.assert_caught();
    assert!(report.count("lost acknowledged write") > 0, "{report}");
    let clean = rig::<4, 128, Multi>(Bug::EraseFirst).faults(&[Fault::Clean]);
    clean.sweep(&script()).assert_caught();
    rig::<4, 128, Multi>(Bug::EraseFirst).sample(1, 200, any).assert_caught();
}

#[test]
fn a_store_that_acknowledges_early_is_caught() {
    // Each power cycle of a sweep ends after one operation, so even the clean run shows it.
    assert_eq!(sweep(Bug::EarlyAck).first.unwrap().name, "lost acknowledged write");
}

#[test]
fn a_store_whose_repair_must_not_be_cut_is_caught_by_cutting_it() {
    let spared = rig::<4, 128, Multi>(Bug::RiskyRepair).recovery_cuts(0);
    spared.sweep(&script()).assert_clean();
    spared.sample(1, 500, any).assert_clean();
    let report = sweep(Bug::RiskyRepair);
    assert!(report.count("lost acknowledged write") > 0, "{report}");
    let first = report.first.unwrap();
    assert!(first.replay.contains(','), "only a second cut shows it: {first}");
    rig::<4, 128, Multi>(Bug::RiskyRepair).sample(1, 500, any).assert_caught();
}

#[test]
fn a_store_that_swallows_errors_is_caught() {
    // It said that the value is stored, so only the new state is allowed, and it is always lost.
    let report = sweep_of(Bug::Swallows, &script()[..1]);
    assert!(report.count("lost acknowledged write") > 0, "{report}");
    assert_eq!(report.violation_count(), report.count("lost acknowledged write"), "{report}");
}

#[test]
fn a_store_that_resurrects_is_caught() {
    assert_eq!(sweep(Bug::Resurrects).first.unwrap().name, "resurrected");
    let rig = rig::<4, 128, Multi>(Bug::Resurrects);
    let report = rig.sample(1, 200, any);
    assert!(report.count("resurrected") > 0, "{report}");
    // Within a session all looks well until the power fails after the removal.
    let report = rig.sweep_session(&script());
    assert!(report.count("resurrected") > 0 && report.cuts > 0, "{report}");
}

#[test]
fn a_store_that_writes_on_each_power_on_is_caught_unless_allowed() {
    assert_eq!(sweep(Bug::Restless).first.unwrap().name, "not idempotent");
    rig::<4, 128, Multi>(Bug::Restless).opens_write().sweep(&script()).assert_clean();
}

#[test]
fn a_store_that_wears_the_flash_out_is_caught() {
    assert_eq!(sweep(Bug::Storm).first.unwrap().name, "erase storm");
}

#[test]
fn a_store_that_writes_without_an_erase_is_caught() {
    assert_eq!(sweep(Bug::NoErase).first.unwrap().name, "illegal write");
}

#[test]
fn a_store_that_cannot_repeat_what_was_cut_is_caught() {
    let report = sweep(Bug::AssumesBlank);
    assert!(report.count("illegal write") > 0, "{report}");
}

#[test]
fn a_panic_on_a_torn_length_is_caught() {
    let report = sweep(Bug::Trusting);
    assert!(report.count("panic") > 0, "{report}");
}

#[test]
fn bits_that_read_at_random_catch_a_store_that_never_writes_them_again() {
    // Right by every fault model but this one: the newer slot counts on one read and not on the
    // next, because nothing re-writes what was torn.
    rig::<4, 128, Multi>(Bug::None).unstable().sweep(&script()).assert_caught();
}

#[test]
fn the_same_seed_gives_the_same_run_and_the_replay_line_the_same_find() {
    let first = rig::<4, 128, Multi>(Bug::EraseFirst).sample(7, 100, any);
    let second = rig::<4, 128, Multi>(Bug::EraseFirst).sample(7, 100, any);
    assert_eq!(first.to_string(), second.to_string());
    assert_ne!(
        first.to_string(),
        rig::<4, 128, Multi>(Bug::EraseFirst).sample(8, 100, any).to_string()
    );

    let rig = rig::<4, 128, Multi>(Bug::NoCrc);
    for report in [rig.sweep(&script()), rig.sweep_session(&script())] {
        let find = report.first.unwrap();
        let case = gabion_sim::Case::parse(find.replay.strip_prefix("GABION_REPLAY=").unwrap());
        let again = rig.replay(&script(), &case.unwrap());
        assert_eq!(again.cuts, 1);
        assert_eq!(again.first.unwrap(), find);
    }
}

#[test]
fn a_device_that_is_not_blank_can_be_swept() {
    let subject = TwoSlots::<4, 128> { bug: Bug::None, kind: core::marker::PhantomData };
    let mut off: Off<SimFlash<4, 128>> = Off::new(Setup::new(512));
    off.medium.tamper(0, &Rng::new(3).bytes(512)); // garbage is no reason not to open
    Rig::on(subject, off).named("garbage").sweep(&script()).assert_clean();
}
