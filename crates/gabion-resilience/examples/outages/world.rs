//! One device, its home, its network and its server, over thousands of virtual days.

use gabion_crypto::{Secret, Software};
use gabion_flash::{Journaled, Layout, Shared, Span, block_on};
use gabion_hal::{Clock, NoEvents, ResetReason, WallTime};
use gabion_resilience::{
    Acknowledged, Connection, ConnectionConfig, Failure, MAX_MESSAGE, MessageId, Next, Priority,
    Queue, QueueConfig, QueueError, Spread, Statistics,
};
use gabion_sim::{Cut, EntropyMode, Fault, Off, Rng, Setup, SimFlash, Supply};

use embassy_sync::blocking_mutex::raw::NoopRawMutex;

type Nor = SimFlash<4, 4096>;
const PAGE: u32 = 4096;
const JOURNAL: Span = Span::new(0, 2 * PAGE);
const LANES: Span = Span::new(2 * PAGE, 14 * PAGE);
const MAP: Layout<2> = Layout::new(16 * PAGE, PAGE, [JOURNAL, LANES]);

pub const SECOND: u64 = 1_000;
pub const MINUTE: u64 = 60 * SECOND;
pub const HOUR: u64 = 60 * MINUTE;
pub const DAY: u64 = 24 * HOUR;

/// Pauses between attempts, by powers of two of a second: below 1 s, below 2 s, ... 18 hours.
pub const BINS: usize = 18;

/// What went wrong while a device tried to connect, in the order of the histogram.
pub const CAUSES: [&str; 6] = ["link", "name", "timeout", "refused", "busy", "not proven"];

/// What differs from run to run.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub days: u64,
    pub seed: u64,
    /// The longest time without a server.
    pub longest_ms: u64,
    /// A planted bug: the device acknowledges what it has not sent yet.
    pub hasty: bool,
}

impl Plan {
    pub const fn new(days: u64, seed: u64) -> Self {
        Self { days, seed, longest_ms: 6 * DAY, hasty: false }
    }
}

/// What the run found.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    pub days: u64,
    pub boots: u64,
    /// Power cuts that interrupted a write or an erase.
    pub cuts_in_operation: u64,
    pub cuts_in_recovery: u64,
    pub connections: u64,
    /// Messages whose `put` returned `Ok`, per priority.
    pub kept: [u64; 3],
    /// Of those, what the server has.
    pub delivered: [u64; 3],
    /// Of those, what it has not.
    pub lost: [u64; 3],
    /// What the server got twice and dropped by its number.
    pub duplicates: u64,
    /// The longest run of duplicates.
    pub worst_window: u64,
    pub statistics: Statistics,
    /// Erases of the most worn page of each lane, and of a page of the journal.
    pub worn: [u32; 4],
    pub longest_wait_for_delivery_ms: u64,
    pub pauses: [[u64; BINS]; 6],
    /// Broken promises, in words. Empty, or the run failed.
    pub broken: Vec<String>,
}

/// Something that is well for a while and then is not.
struct Trouble {
    is_down: bool,
    changes_ms: u64,
    mean_up_ms: u64,
    down_ms: (u64, u64),
}

impl Trouble {
    fn new(mean_up_ms: u64, down_ms: (u64, u64), rng: &mut Rng) -> Self {
        let changes_ms = exponential(rng, mean_up_ms);
        Self { is_down: false, changes_ms, mean_up_ms, down_ms }
    }

    fn advance(&mut self, now: u64, rng: &mut Rng) {
        while now >= self.changes_ms {
            self.is_down = !self.is_down;
            self.changes_ms += if self.is_down {
                log_uniform(rng, self.down_ms)
            } else {
                exponential(rng, self.mean_up_ms)
            };
        }
    }
}

fn unit(rng: &mut Rng) -> f64 {
    (rng.next() >> 11) as f64 / (1_u64 << 53) as f64
}

fn exponential(rng: &mut Rng, mean: u64) -> u64 {
    (-(1.0 - unit(rng)).ln() * mean as f64) as u64 + 1
}

fn log_uniform(rng: &mut Rng, (least, most): (u64, u64)) -> u64 {
    let (least, most) = ((least as f64).ln(), (most as f64).ln());
    (least + unit(rng) * (most - least)).exp() as u64
}

struct Time {
    now: u64,
    boot: u64,
}

impl Clock for Time {
    fn uptime_ms(&mut self) -> u64 {
        self.now - self.boot
    }

    fn wall(&mut self) -> Option<WallTime> {
        None
    }
}

/// The server: it takes each message once, by its number, in order.
#[derive(Default)]
struct Server {
    highest: [u32; 3],
    /// What each number meant.
    meaning: [std::collections::HashMap<u32, u64>; 3],
    has: std::collections::HashSet<u64>,
    run: u64,
}

struct World {
    rng: Rng,
    now: u64,
    link: Trouble,
    names: Trouble,
    server_down: Trouble,
    busy: Trouble,
    forger: Trouble,
    power_fails_ms: u64,
    quiet: bool,
    hasty: bool,
    next_ms: [u64; 3],
    /// Priority and time of each message whose `put` returned.
    kept: Vec<(Priority, u64)>,
    serial: u64,
    known: std::collections::HashMap<u64, (Priority, u64)>,
    server: Server,
    out: Outcome,
}

const MEAN_MS: [u64; 3] = [DAY, 2 * HOUR, 20 * MINUTE];

/// Runs a device for some days and lets it deliver what it still has.
pub fn run(plan: &Plan) -> Outcome {
    let Plan { days, seed, longest_ms, hasty } = *plan;
    let mut rng = Rng::new(seed);
    let mut world = World {
        now: 0,
        link: Trouble::new(2 * DAY, (10 * SECOND, 12 * HOUR), &mut rng),
        names: Trouble::new(10 * DAY, (MINUTE, 6 * HOUR), &mut rng),
        server_down: Trouble::new(7 * DAY, (MINUTE, longest_ms), &mut rng),
        busy: Trouble::new(15 * DAY, (5 * MINUTE, HOUR), &mut rng),
        forger: Trouble::new(40 * DAY, (HOUR, DAY), &mut rng),
        power_fails_ms: exponential(&mut rng, 2 * DAY),
        quiet: false,
        hasty,
        next_ms: [HOUR, HOUR, HOUR],
        kept: Vec::new(),
        serial: 0,
        known: Default::default(),
        server: Server::default(),
        out: Outcome { days, ..Outcome::default() },
        rng,
    };
    let mut off = Off::<Nor>::new(Setup::new(16 * PAGE as usize));
    let end = days * DAY;
    world.factory(&mut off);
    let formatted = off.medium.wear().to_vec();
    while world.now < end {
        off = world.session(off, end);
    }
    world.quiet = true;
    world.power_fails_ms = u64::MAX;
    off = world.session(off, end + 3 * DAY);
    let wear: Vec<u32> =
        off.medium.wear().iter().zip(formatted).map(|(now, then)| now - then).collect();
    let most = |pages: core::ops::Range<usize>| wear[pages].iter().copied().max().unwrap();
    world.out.worn = [most(2..5), most(5..8), most(8..16), most(0..2)];
    world.judge()
}

impl World {
    fn factory(&mut self, off: &mut Off<Nor>) {
        let mut board = off.clone().power_on(None);
        block_on(async {
            Journaled::format(&mut board.flash, JOURNAL).await.unwrap();
            let journaled = Journaled::open(&mut board.flash, JOURNAL).await.unwrap();
            let mut shared = Shared::<NoopRawMutex, _>::new(journaled);
            let [_, lanes] = shared.split(&MAP).unwrap();
            let mut time = Time { now: 0, boot: 0 };
            let key = key();
            let config = QueueConfig::DEFAULT;
            Queue::format(lanes, Software, &key, &config, &mut time).await.unwrap();
        });
        *off = board.power_off();
    }

    /// From power on to power off.
    fn session(&mut self, off: Off<Nor>, end: u64) -> Off<Nor> {
        self.out.boots += 1;
        // Now and then the power fails again while the device recovers.
        let recovery = !self.quiet && self.rng.chance(1, 10);
        let cut = recovery.then(|| self.cut(12));
        let mut board = off.power_on(cut);
        let supply = board.supply.clone();
        let mut entropy = board.chip.entropy.clone();
        entropy.set_mode(EntropyMode::Good);
        let powered = block_on(async {
            let journaled = Journaled::open(&mut board.flash, JOURNAL).await.ok()?;
            let mut shared = Shared::<NoopRawMutex, _>::new(journaled);
            let [_, lanes] = shared.split(&MAP).unwrap();
            let mut time = Time { now: self.now, boot: self.now };
            let key = key();
            let opened = Queue::open(lanes, Software, &key, &QueueConfig::DEFAULT, &mut time).await;
            let mut queue = match opened {
                Ok(queue) => queue,
                Err(_) if supply.is_lost() => return None,
                Err(error) => panic!("the queue does not open: {error}"),
            };
            supply.disarm();
            self.server.run = 0;
            self.live(&mut queue, &mut entropy, &supply, &mut time, end).await;
            if !supply.is_lost() {
                self.out.statistics = queue.statistics();
            }
            Some(())
        });
        if powered.is_none() {
            self.out.cuts_in_recovery += 1;
        }
        let interrupted = supply.fired().is_some() && powered.is_some();
        self.out.cuts_in_operation += u64::from(interrupted);
        let off = board.power_off();
        if !self.quiet {
            let dark = if self.rng.chance(1, 2) {
                log_uniform(&mut self.rng, (2 * SECOND, MINUTE))
            } else {
                log_uniform(&mut self.rng, (MINUTE, 2 * DAY))
            };
            self.now += dark;
            self.power_fails_ms = self.now + exponential(&mut self.rng, 2 * DAY);
        }
        off
    }

    fn cut(&mut self, steps: u64) -> Cut {
        let fault = Fault::ALL[self.rng.index(Fault::ALL.len())];
        Cut::new(self.rng.below(steps), fault, self.rng.next() >> 32)
    }

    async fn live<F: gabion_flash::SafeFlash>(
        &mut self,
        queue: &mut Queue<F, Software>,
        entropy: &mut gabion_sim::SimEntropy,
        supply: &Supply,
        time: &mut Time,
        end: u64,
    ) {
        let reasons = [ResetReason::PowerOn, ResetReason::BrownOut, ResetReason::Watchdog];
        let reason = reasons[self.rng.index(3)];
        let spread = Spread::new(&Software, &Secret::new([3; 32]));
        let mut connection = Connection::new(ConnectionConfig::DEFAULT, spread, reason, time);
        let mut armed_ms = None;
        while self.now < end {
            self.advance_troubles();
            if self.now >= self.power_fails_ms && armed_ms.is_none() {
                // The power fails within one of the next operations, or half an hour later between two.
                supply.arm(self.cut(60));
                armed_ms = Some(self.now);
            }
            if armed_ms.is_some_and(|armed| self.now >= armed + 30 * MINUTE) {
                supply.fail_now();
            }
            if supply.is_lost() {
                return;
            }
            time.now = self.now;
            self.produce(queue, supply, time).await;
            if supply.is_lost() {
                return;
            }
            let mut wake = self.next_wake();
            match connection.next(time, entropy, &mut NoEvents) {
                Next::Connect => match self.trouble() {
                    None => {
                        self.out.connections += 1;
                        connection.connected(time, &mut NoEvents);
                        wake = self.now;
                    }
                    // Nobody answers: the machine itself gives up.
                    Some(Failure::Timeout) => wake = wake.min(self.now + 30 * SECOND),
                    Some(failure) => {
                        connection.failed(failure, time, entropy, &mut NoEvents);
                        self.note_pause(failure, &mut connection, time, entropy);
                        wake = self.now;
                    }
                },
                Next::Abort => {
                    self.note_pause(Failure::Timeout, &mut connection, time, entropy);
                    wake = self.now;
                }
                Next::Wait { ms } => wake = wake.min(self.now + ms.max(1)),
                Next::Stay => match self.trouble() {
                    Some(failure) => {
                        connection.failed(failure, time, entropy, &mut NoEvents);
                        self.note_pause(failure, &mut connection, time, entropy);
                        wake = self.now;
                    }
                    None => {
                        if !self.deliver(queue, supply, time).await {
                            connection.failed(Failure::Timeout, time, entropy, &mut NoEvents);
                            wake = self.now;
                        }
                    }
                },
            }
            if let Some(armed) = armed_ms {
                wake = wake.min(armed + 30 * MINUTE);
            }
            self.now = self.now.max(wake.min(end));
        }
    }

    fn advance_troubles(&mut self) {
        let (now, rng) = (self.now, &mut self.rng);
        for trouble in [
            &mut self.link,
            &mut self.names,
            &mut self.server_down,
            &mut self.busy,
            &mut self.forger,
        ] {
            trouble.advance(now, rng);
        }
    }

    fn next_wake(&self) -> u64 {
        let troubles = [&self.link, &self.names, &self.server_down, &self.busy, &self.forger];
        let changes = troubles.into_iter().map(|trouble| trouble.changes_ms);
        let power = core::iter::once(self.power_fails_ms).filter(|at| *at > self.now);
        let next = changes.chain(self.next_ms).chain(power).min().unwrap();
        next.max(self.now + 1)
    }

    /// What stands between the device and its server.
    fn trouble(&mut self) -> Option<Failure> {
        if self.quiet {
            return None;
        }
        let retry_after_ms = 10 * MINUTE;
        if self.link.is_down {
            Some(Failure::Link)
        } else if self.names.is_down {
            Some(Failure::Dns)
        } else if self.forger.is_down {
            Some(Failure::Authentication { code: 1 })
        } else if self.server_down.is_down {
            Some(if self.rng.chance(1, 2) { Failure::Refused } else { Failure::Timeout })
        } else if self.busy.is_down {
            Some(Failure::Busy { retry_after_ms })
        } else {
            None
        }
    }

    fn note_pause(
        &mut self,
        failure: Failure,
        connection: &mut Connection,
        time: &mut Time,
        entropy: &mut gabion_sim::SimEntropy,
    ) {
        let Next::Wait { ms } = connection.next(time, entropy, &mut NoEvents) else { return };
        let cause = match failure {
            Failure::Link => 0,
            Failure::Dns => 1,
            Failure::Timeout => 2,
            Failure::Refused => 3,
            Failure::Busy { .. } => 4,
            _ => 5,
        };
        let bin = (ms / SECOND + 1).ilog2() as usize;
        self.out.pauses[cause][bin.min(BINS - 1)] += 1;
    }

    /// The home has something to say.
    async fn produce<F: gabion_flash::SafeFlash>(
        &mut self,
        queue: &mut Queue<F, Software>,
        supply: &Supply,
        time: &mut Time,
    ) {
        for priority in Priority::ALL {
            let lane = priority as usize;
            if self.now < self.next_ms[lane] {
                continue;
            }
            // What happens while the device is dark, it does not see.
            self.next_ms[lane] = self.now + exponential(&mut self.rng, MEAN_MS[lane]);
            if self.quiet {
                continue;
            }
            self.serial += 1;
            let mut body = self.serial.to_le_bytes().to_vec();
            body.extend(self.rng.bytes(20));
            self.known.insert(self.serial, (priority, self.now));
            match queue.put(priority, &body, time).await {
                Ok(_) => self.kept.push((priority, self.serial)),
                Err(QueueError::Full | QueueError::WearBudget) => {}
                Err(_) if supply.is_lost() => return,
                Err(error) => panic!("a message was refused: {error}"),
            }
        }
    }

    /// Sends what waits. False when the connection broke.
    async fn deliver<F: gabion_flash::SafeFlash>(
        &mut self,
        queue: &mut Queue<F, Software>,
        supply: &Supply,
        time: &mut Time,
    ) -> bool {
        let mut buffer = [0; MAX_MESSAGE];
        loop {
            let message = match queue.peek(&mut buffer).await {
                Ok(Some(message)) => message,
                Ok(None) => break,
                Err(_) if supply.is_lost() => return true,
                Err(error) => panic!("a message cannot be read: {error}"),
            };
            let id = message.id;
            let serial = u64::from_le_bytes(*message.body.first_chunk().unwrap());
            if !self.hasty {
                self.receive(id, serial);
            }
            // One answer in a thousand is lost with the connection.
            if self.rng.chance(1, 1_000) {
                return false;
            }
            match queue.acknowledge(id, time).await {
                Ok(Acknowledged::Already) => self.out.broken.push(format!("{id:?} twice")),
                Ok(_) => {}
                Err(_) if supply.is_lost() => return true,
                Err(error) => panic!("an acknowledgement was refused: {error}"),
            }
            if self.hasty {
                // And then the connection breaks before it is out.
                if self.rng.chance(1, 1_000) {
                    return false;
                }
                self.receive(id, serial);
            }
        }
        if queue.flush(time).await.is_err() && !supply.is_lost() {
            panic!("the queue cannot be flushed");
        }
        true
    }

    fn receive(&mut self, id: MessageId, serial: u64) {
        let lane = id.priority as usize;
        let meant = *self.server.meaning[lane].entry(id.number).or_insert(serial);
        if meant != serial {
            self.out.broken.push(format!("{id:?} names two messages: {meant} and {serial}"));
        }
        if id.number <= self.server.highest[lane] {
            self.out.duplicates += 1;
            self.server.run += 1;
            self.out.worst_window = self.out.worst_window.max(self.server.run);
            return;
        }
        self.server.run = 0;
        self.server.highest[lane] = id.number;
        self.server.has.insert(serial);
        match self.known.get(&serial) {
            Some((priority, born)) if *priority == id.priority => {
                let waited = self.now - born;
                self.out.longest_wait_for_delivery_ms =
                    self.out.longest_wait_for_delivery_ms.max(waited);
            }
            _ => self.out.broken.push(format!("{id:?} was never sent")),
        }
    }

    fn judge(mut self) -> Outcome {
        for (priority, serial) in &self.kept {
            let lane = *priority as usize;
            self.out.kept[lane] += 1;
            if self.server.has.contains(serial) {
                self.out.delivered[lane] += 1;
            } else {
                self.out.lost[lane] += 1;
            }
        }
        for priority in Priority::ALL {
            let lane = priority as usize;
            let dropped = u64::from(self.out.statistics.dropped[lane]);
            // The policy may drop; whatever is lost must have been counted.
            if self.out.lost[lane] > dropped {
                let lost = self.out.lost[lane];
                self.out.broken.push(format!("{priority:?}: {lost} lost, {dropped} counted"));
            }
            let budget = u64::from(QueueConfig::DEFAULT.lanes[lane].erases.burst)
                + (self.out.days + 4) * DAY
                    / u64::from(QueueConfig::DEFAULT.lanes[lane].erases.refill_ms);
            if u64::from(self.out.worn[lane]) > budget {
                self.out.broken.push(format!("{priority:?}: more erases than {budget}"));
            }
        }
        if self.out.lost[Priority::Urgent as usize] > 0 {
            self.out.broken.push("an urgent message was lost".into());
        }
        if self.out.statistics.damaged != [0; 3] {
            self.out.broken.push("a cut was taken for damage".into());
        }
        self.out
    }
}

fn key() -> Secret<[u8; 32]> {
    Secret::new([0x51; 32])
}
