//! Goal N14: what a record of 64 bytes costs on 16 pages of 4 KiB.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_precision_loss,
    reason = "a test must stop loudly"
)]

mod device;

use device::{event, seed, stamp};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use gabion_crypto::Software;
use gabion_flash::{Journaled, Layout, Shared, Span, block_on};
use gabion_hal::EventSink;
use gabion_log::{Entry, EventQueue, Lane, Log, LogConfig};
use gabion_sim::{Counters, Off, Setup, SimFlash, TraceKind};

const RECORDS: u64 = 10_000;

const PAGE: u32 = 4096;
const JOURNAL: Span = Span::new(0, 2 * PAGE);
const MAP: Layout<2> = Layout::new(18 * PAGE, PAGE, [JOURNAL, Span::new(2 * PAGE, 16 * PAGE)]);

/// What a session cost.
#[derive(Debug)]
struct Cost {
    counters: Counters,
    /// Bytes read outside of the journal's two pages.
    log_read: u64,
}

/// Powers on, opens the log, writes records of 64 bytes (four events each), powers off.
fn session<const WORD: usize>(off: &Off<SimFlash<WORD, 4096>>, records: u64) -> Cost {
    let mut board = off.clone().power_on(None);
    let mut root = board.chip.root_key.clone();
    board.flash.record();
    let journaled = block_on(Journaled::open(&mut board.flash, JOURNAL)).unwrap();
    let mut shared = Shared::<NoopRawMutex, _>::new(journaled);
    let [_, region] = shared.split(&MAP).unwrap();
    let mut log = block_on(Log::open(region, Software, &mut root, &LogConfig::DEFAULT)).unwrap();
    for n in 0..records {
        let entries = [0, 1, 2, 3].map(|i| Entry::once(event(Lane::Main, n as u16 * 4 + i), 1));
        block_on(log.append(Lane::Main, &stamp(1), &entries)).unwrap();
    }
    let log_reads = board
        .flash
        .trace()
        .iter()
        .filter(|call| call.kind == TraceKind::Read && call.address >= JOURNAL.end());
    let log_read = log_reads.map(|call| u64::from(call.len)).sum();
    Cost { counters: board.flash.counters(), log_read }
}

/// Bytes programmed per byte of log, erases, and bytes read from the log, for 10,000 records.
fn measure<const WORD: usize>() -> (f64, u64, u64) {
    let off = Off::<SimFlash<WORD, 4096>>::new(Setup::new(18 * PAGE as usize));
    let mut board = off.power_on(None);
    let mut root = board.chip.root_key.clone();
    block_on(async {
        Journaled::format(&mut board.flash, JOURNAL).await.unwrap();
        let journaled = Journaled::open(&mut board.flash, JOURNAL).await.unwrap();
        let mut shared = Shared::<NoopRawMutex, _>::new(journaled);
        let [_, region] = shared.split(&MAP).unwrap();
        Log::format(region, Software, &mut root, &LogConfig::DEFAULT, &seed()).await.unwrap();
    });
    let off = board.power_off();
    let (open, all) = (session(&off, 0), session(&off, RECORDS));
    let spent = all.counters - open.counters;
    let per_byte = spent.programmed_bytes as f64 / (RECORDS * 64) as f64;
    println!(
        "N14, words of {WORD}: {per_byte:.3} bytes programmed per byte, {} erases in {RECORDS} records; \
         read from the log: {} bytes by the records, {} to open it; the journal read {} bytes",
        spent.erases,
        all.log_read - open.log_read,
        open.log_read,
        spent.read_bytes - (all.log_read - open.log_read),
    );
    (per_byte, spent.erases, all.log_read - open.log_read)
}

#[test]
fn a_record_of_64_bytes_meets_the_goal() {
    let (per_byte, erases, read) = measure::<4>();
    assert!(per_byte <= 1.57 && erases <= 250 && read == 0, "{per_byte} {erases} {read}");
    for (per_byte, _, read) in [measure::<8>(), measure::<16>(), measure::<32>()] {
        assert!(per_byte < 2.2);
        assert_eq!(read, 0);
    }
}

#[test]
fn an_event_in_the_queue_touches_no_flash() {
    // By type: a queue has no flash. What it costs in RAM:
    println!("a queue of 16 events takes {} bytes of RAM", size_of::<EventQueue<16>>());
    let mut queue = EventQueue::<16>::new();
    queue.event(event(Lane::Main, 1));
    assert!(size_of::<EventQueue<16>>() <= 300);
}
