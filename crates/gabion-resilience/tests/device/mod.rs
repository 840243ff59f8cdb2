//! A device with a queue, for the tests of this crate.

#![allow(dead_code, unreachable_pub, reason = "no test uses all of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use gabion_crypto::{Secret, Software};
use gabion_flash::{Journaled, Layout, Region, Shared, Span, block_on};
use gabion_hal::{Clock, WallTime};
use gabion_resilience::{
    DropPolicy, LaneConfig, MessageId, Priority, Queue, QueueConfig, QueueError, Rate,
};
use gabion_sim::{Board, Off, Setup, SimFlash};

/// Pages of 1024 bytes: two for the journal, three, three and four for the lanes.
pub type Nor = SimFlash<4, 1024>;
pub const PAGE: u32 = 1024;
pub const JOURNAL: Span = Span::new(0, 2 * PAGE);
pub const LANES: Span = Span::new(2 * PAGE, 10 * PAGE);
pub const CAPACITY: usize = 12 * PAGE as usize;
pub const MAP: Layout<2> = Layout::new(CAPACITY as u32, PAGE, [JOURNAL, LANES]);

pub const PLENTY: Rate = Rate { burst: u16::MAX, refill_ms: 1 };

pub const fn config(policy: DropPolicy) -> QueueConfig {
    let lane = |pages| LaneConfig { pages, policy, erases: PLENTY };
    let _ = lane;
    QueueConfig {
        lanes: [
            LaneConfig { pages: 3, policy, erases: PLENTY },
            LaneConfig { pages: 3, policy, erases: PLENTY },
            LaneConfig { pages: 4, policy, erases: PLENTY },
        ],
        acknowledge_every: 1,
    }
}

pub type DeviceFlash<'a> = Region<'a, NoopRawMutex, Journaled<&'a mut Nor>>;
pub type DeviceQueue<'a> = Queue<DeviceFlash<'a>, Software>;
pub type Error = QueueError<gabion_flash::FlashError<gabion_sim::FlashError>>;

pub fn key(n: u8) -> Secret<[u8; 32]> {
    Secret::new([n; 32])
}

/// A clock that a test moves.
#[derive(Debug, Default, Clone, Copy)]
pub struct Time(pub u64);

impl Clock for Time {
    fn uptime_ms(&mut self) -> u64 {
        self.0
    }

    fn wall(&mut self) -> Option<WallTime> {
        None
    }
}

/// The region of the queue on a board whose journal is formatted if it is blank. Leaks the mutex.
pub fn region(flash: &mut Nor) -> DeviceFlash<'_> {
    if flash.medium().is_blank(0..2 * PAGE as usize) {
        block_on(Journaled::format(flash, JOURNAL)).unwrap();
    }
    let journaled = block_on(Journaled::open(flash, JOURNAL)).unwrap();
    let shared = Box::leak(Box::new(Shared::<NoopRawMutex, _>::new(journaled)));
    let [_, lanes] = shared.split(&MAP).unwrap();
    lanes
}

pub fn board() -> Board<Nor> {
    Off::<Nor>::new(Setup::new(CAPACITY)).power_on(None)
}

pub fn format<'a>(board: &'a mut Board<Nor>, config: &QueueConfig) -> DeviceQueue<'a> {
    let region = region(&mut board.flash);
    block_on(Queue::format(region, Software, &key(1), config, &mut Time(0))).unwrap()
}

pub fn open<'a>(board: &'a mut Board<Nor>, config: &QueueConfig) -> DeviceQueue<'a> {
    let region = region(&mut board.flash);
    block_on(Queue::open(region, Software, &key(1), config, &mut Time(0))).unwrap()
}

/// Everything that waits in a lane, in order.
pub fn all(queue: &mut DeviceQueue<'_>, priority: Priority) -> Vec<(u32, Vec<u8>)> {
    let mut buffer = [0; 512];
    let mut out = Vec::new();
    let mut id = MessageId { queue: queue_name(queue), priority, number: 0 };
    while let Some(message) = block_on(queue.peek_after(id, &mut buffer)).unwrap() {
        id = message.id;
        out.push((id.number, message.body.to_vec()));
    }
    out
}

pub fn queue_name(queue: &DeviceQueue<'_>) -> u32 {
    let text = format!("{queue:?}");
    text.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap()
}
