//! Appending to the event log, and beside it what the flash underneath costs.
#![no_std]
#![no_main]

use gabion_benches::{Bench, pattern};
use gabion_crypto::{Secret, Software, SoftwareRootKey};
use gabion_flash::block_on;
use gabion_flash::hazmat::Unjournaled;
use gabion_hal::{Event, EventKind, Severity, Source};
use gabion_log::{Entry, Lane, Log, LogConfig, Stamp};
use gabion_qemu::gabion_testkit::RamFlash;

gabion_benches::bench_main!(run);

const PAGE: usize = 4096;

fn run(bench: &Bench) -> bool {
    let mut root = SoftwareRootKey::new(Secret::new(pattern(1)), Software);
    let seed = Secret::new(pattern(2));
    // The bench measures the log; what the journal adds to an erase is a matter of `gabion-flash`.
    let flash = Unjournaled::<_>::new(RamFlash::<{ 8 * PAGE }, PAGE>::new());
    let Ok(mut log) = block_on(Log::format(flash, Software, &mut root, &LogConfig::DEFAULT, &seed))
    else {
        return false;
    };
    let event = Event::new(EventKind::LoginFailed, Severity::Warning, Source::Auth, 1);
    let stamp = Stamp { boot: 1, uptime_ds: 2, wall: None, lost: 0 };
    let entries = [Entry::once(event, 1); 4];
    let mut done = true;
    bench.measure("log append, 1 event", &mut || {
        done &= block_on(log.append(Lane::Main, &stamp, &entries[..1])).is_ok();
    });
    bench.measure("log append, 4 events", &mut || {
        done &= block_on(log.append(Lane::Main, &stamp, &entries)).is_ok();
    });
    done
}
