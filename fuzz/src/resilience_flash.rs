//! The offline queue and the record of starts over any bytes on flash, and the parser of a record of starts.

use gabion_crypto::{Secret, Software};
use gabion_flash::{block_on, hazmat::Unjournaled};
use gabion_hal::{Clock, NoEvents, ResetReason, WallTime};
use gabion_resilience::{
    BootConfig, BootGuard, DropPolicy, LaneConfig, Priority, Queue, QueueConfig, Rate, StartRecord,
};
use gabion_sim::{Rewrite, Setup, SimFlash};

const PAGE: usize = 1024;
const PAGES: usize = 6;

struct Stopped;

impl Clock for Stopped {
    fn uptime_ms(&mut self) -> u64 {
        0
    }

    fn wall(&mut self) -> Option<WallTime> {
        None
    }
}

/// A flash with these bytes at its front. Words may be programmed again: what is there was put there by an attacker.
fn flash(data: &[u8]) -> SimFlash<4, PAGE> {
    let setup = Setup::new(PAGES * PAGE).rewrite(Rewrite::Unlimited).and_writes();
    let mut flash = SimFlash::<4, PAGE>::new(setup);
    flash.medium_mut().tamper(0, &data[..data.len().min(PAGES * PAGE)]);
    flash
}

/// What must hold for every input.
pub fn resilience_flash(data: &[u8]) {
    if let Some(bytes) = data.first_chunk()
        && let Ok(record) = StartRecord::parse(bytes)
    {
        assert_eq!(record.emit(), *bytes, "one form");
    }
    let erases = Rate { burst: 100, refill_ms: 1 };
    let lane = LaneConfig { pages: 2, policy: DropPolicy::Oldest, erases };
    let config = QueueConfig { lanes: [lane; 3], acknowledge_every: 1 };
    let key = Secret::new([1; 32]);
    block_on(async {
        let store = Unjournaled::<_>::new(flash(data));
        if let Ok(mut queue) = Queue::open(store, Software, &key, &config, &mut Stopped).await {
            let mut buffer = [0; 512];
            let mut last = [0; 3];
            for _ in 0..400 {
                let Ok(Some(message)) = queue.peek(&mut buffer).await else { break };
                let id = message.id;
                assert!(id.number > last[id.priority as usize], "in order");
                last[id.priority as usize] = id.number;
                if queue.acknowledge(id, &mut Stopped).await.is_err() {
                    break;
                }
            }
            for priority in Priority::ALL {
                if let Ok(id) = queue.put(priority, b"new", &mut Stopped).await {
                    assert!(id.number > last[priority as usize], "a name of its own");
                }
            }
        }
        let store = Unjournaled::<_>::new(flash(data));
        let config = BootConfig::DEFAULT;
        let begun = BootGuard::begin(store, ResetReason::Watchdog, config, &mut NoEvents).await;
        if let Ok((mut guard, report)) = begun {
            assert!(report.attempts <= config.max_attempts && report.crashes <= config.max_crashes);
            let _written = guard.note_late(3).await;
        }
    });
}
