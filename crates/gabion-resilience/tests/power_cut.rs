//! The law of every crash test, for the queue and the record of starts: after every cut, and cuts of the recovery, the state is
//! the old or the new one, stays it, and the operation can be repeated.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use device::{Time, key};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embedded_storage_async::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
use gabion_crypto::Software;
use gabion_flash::{FlashError, Journaled, Layout, Region, Shared, Span, block_on};
use gabion_hal::{NoEvents, ResetReason};
use gabion_resilience::{
    BootConfig, BootGuard, BootGuardError, DropPolicy, LaneConfig, MessageId, Priority, Queue,
    QueueConfig, QueueError, Rate, StartRecord,
};
use gabion_sim::{
    Board, Fault, FlashError as SimError, Off, Part, Rig, Rng, Setup, SimFlash, Subject,
};

/// What waits in each lane, in order.
type Seen = [Vec<Vec<u8>>; 3];

#[derive(Clone, Debug)]
enum Op {
    /// A message that starts with a number and has a length.
    Put(Priority, u16, usize),
    /// The oldest of a lane is acknowledged, and the flash told.
    Acknowledge(Priority),
}

fn body(number: u16, len: usize) -> Vec<u8> {
    let filler = (2..len).map(|at| (at as u8).wrapping_mul(31) ^ number.to_le_bytes()[0]);
    number.to_le_bytes().into_iter().chain(filler).collect()
}

/// How the queue under test misbehaves.
#[derive(Clone, Copy, PartialEq)]
enum Bug {
    None,
    /// It acknowledges a message when it has heard of it and writes it before the next operation.
    Early,
    /// It says that an acknowledgement is kept when only RAM knows.
    Forgetful,
    /// It says that a message is kept without having committed it.
    NoCommit,
}

/// A flash that may swallow the commits of messages.
struct Swallowing<F> {
    flash: F,
    swallow: bool,
    message: bool,
}

impl<F: ErrorType> ErrorType for Swallowing<F> {
    type Error = F::Error;
}

impl<F: ReadNorFlash> ReadNorFlash for Swallowing<F> {
    const READ_SIZE: usize = F::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), F::Error> {
        self.flash.read(offset, bytes).await
    }

    fn capacity(&self) -> usize {
        self.flash.capacity()
    }
}

impl<F: NorFlash> NorFlash for Swallowing<F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), F::Error> {
        self.flash.erase(from, to).await
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), F::Error> {
        let after_message = core::mem::replace(&mut self.message, bytes.starts_with(b"Ms"));
        if self.swallow && after_message {
            return Ok(());
        }
        self.flash.write(offset, bytes).await
    }
}

type CutFlash<'a, const W: usize, const P: usize> =
    Region<'a, NoopRawMutex, Journaled<Swallowing<&'a mut SimFlash<W, P>>>>;

struct Live<'a, const W: usize, const P: usize> {
    queue: Queue<CutFlash<'a, W, P>, Software>,
    early: Option<(Priority, Vec<u8>)>,
}

struct QueueSubject<const W: usize, const P: usize> {
    bug: Bug,
    policy: DropPolicy,
}

type Failure = QueueError<FlashError<SimError>>;

impl<const W: usize, const P: usize> QueueSubject<W, P>
where
    SimFlash<W, P>: Part,
{
    const PAGE: u32 = P as u32;
    const JOURNAL: Span = Span::new(0, 2 * Self::PAGE);
    const CAPACITY: usize = 11 * P;
    const MAP: Layout<2> = Layout::new(
        Self::CAPACITY as u32,
        Self::PAGE,
        [Self::JOURNAL, Span::new(2 * Self::PAGE, 9 * Self::PAGE)],
    );

    fn config(&self) -> QueueConfig {
        let erases = Rate { burst: u16::MAX, refill_ms: 1 };
        let lane = LaneConfig { pages: 3, policy: self.policy, erases };
        let acknowledge_every = if self.bug == Bug::Forgetful { 1000 } else { 1 };
        QueueConfig { lanes: [lane; 3], acknowledge_every }
    }

    /// A rig on a device whose queue is formatted already.
    fn rig(bug: Bug, policy: DropPolicy) -> Rig<Self> {
        let mut board = Off::<SimFlash<W, P>>::new(Setup::new(Self::CAPACITY)).power_on(None);
        block_on(Self { bug: Bug::None, policy }.open(&mut board)).map(|_| ()).unwrap();
        // The start after a session writes a mark behind its last message; see below for the next one.
        Rig::on(Self { bug, policy }, board.power_off()).opens_write()
    }
}

impl<const W: usize, const P: usize> Subject for QueueSubject<W, P>
where
    SimFlash<W, P>: Part,
{
    type Flash = SimFlash<W, P>;
    type Live<'a> = Live<'a, W, P>;
    type Op = Op;
    type State = Seen;
    type Error = Failure;

    fn initial(&self) -> Seen {
        Seen::default()
    }

    fn expect(&self, before: &Seen, op: &Op) -> Seen {
        let mut after = before.clone();
        match *op {
            Op::Put(lane, number, len) => after[lane as usize].push(body(number, len)),
            Op::Acknowledge(lane) => {
                let lane = &mut after[lane as usize];
                lane.drain(..lane.len().min(1));
            }
        }
        after
    }

    async fn open<'a>(
        &'a self,
        board: &'a mut Board<Self::Flash>,
    ) -> Result<Live<'a, W, P>, Failure> {
        let swallow = self.bug == Bug::NoCommit;
        let mut flash = Swallowing { flash: &mut board.flash, swallow, message: false };
        let hardware = QueueError::Flash;
        let mut blank = [0; P];
        flash.read(0, &mut blank).await.map_err(|e| hardware(FlashError::Hardware(e)))?;
        if Journaled::open(&mut flash, Self::JOURNAL).await.err() == Some(FlashError::Unformatted) {
            Journaled::format(&mut flash, Self::JOURNAL).await.map_err(hardware)?;
        }
        let journaled = Journaled::open(flash, Self::JOURNAL).await.map_err(hardware)?;
        let shared = Box::leak(Box::new(Shared::<NoopRawMutex, _>::new(journaled)));
        let [_, mut region] = shared.split(&Self::MAP).unwrap();
        let (key, config, mut time) = (key(1), self.config(), Time(0));
        let opened = Queue::open(region.reborrow(), Software, &key, &config, &mut time).await;
        let opened = opened.map(|_| ());
        let queue = match opened {
            // The factory formats until it is done.
            Err(QueueError::Blank | QueueError::Unreadable) => {
                Queue::format(region, Software, &key, &config, &mut time).await?
            }
            Err(error) => return Err(error),
            Ok(()) => Queue::open(region, Software, &key, &config, &mut time).await?,
        };
        assert_eq!(queue.statistics().damaged, [0; 3], "a cut was taken for damage");
        Ok(Live { queue, early: None })
    }

    async fn apply(&self, live: &mut Self::Live<'_>, op: &Op) -> Result<(), Failure> {
        let mut time = Time(0);
        if let Some((lane, held)) = live.early.take() {
            live.queue.put(lane, &held, &mut time).await?;
        }
        match *op {
            Op::Put(lane, number, len) if self.bug == Bug::Early => {
                live.early = Some((lane, body(number, len)));
            }
            Op::Put(lane, number, len) => {
                live.queue.put(lane, &body(number, len), &mut time).await?;
            }
            Op::Acknowledge(priority) => {
                let mut buffer = [0; 512];
                let queue = name(&live.queue);
                let before = MessageId { queue, priority, number: 0 };
                let oldest = live.queue.peek_after(before, &mut buffer).await?;
                if let Some(id) = oldest.map(|message| message.id) {
                    live.queue.acknowledge(id, &mut time).await?;
                }
            }
        }
        Ok(())
    }

    async fn observe(&self, live: &mut Self::Live<'_>) -> Result<Seen, Failure> {
        let mut seen = Seen::default();
        let mut buffer = [0; 512];
        let queue = name(&live.queue);
        for priority in Priority::ALL {
            let mut id = MessageId { queue, priority, number: 0 };
            while let Some(message) = live.queue.peek_after(id, &mut buffer).await? {
                assert!(message.id.number > id.number, "out of order");
                id = message.id;
                seen[priority as usize].push(message.body.to_vec());
            }
        }
        if let Some((lane, held)) = &live.early {
            seen[*lane as usize].push(held.clone());
        }
        Ok(seen)
    }

    fn judge(&self, old: &Seen, new: &Seen, seen: &Seen) -> Result<(), (String, String)> {
        // A lane that gives up its oldest may have done so, page by page, and keeps the newest page full at least.
        let fits = |model: &Seen, lane: usize| {
            let (all, some) = (&model[lane], &seen[lane]);
            let may_drop = self.policy == DropPolicy::Oldest;
            all == some || (may_drop && all.ends_with(some) && some.len() >= all.len().min(4))
        };
        if [old, new].iter().any(|model| (0..3).all(|lane| fits(model, lane))) {
            return Ok(());
        }
        Err(("third state".into(), format!("seen {seen:?}, old {old:?}, new {new:?}")))
    }
}

fn name<F, P>(queue: &Queue<F, P>) -> u32 {
    let text = format!("{queue:?}");
    text.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

/// Messages in every lane, acknowledgements between them, turns of the page.
fn script(steps: u16) -> Vec<Op> {
    (0..steps)
        .map(|n| {
            let lane = Priority::ALL[usize::from(n % 2)];
            if n % 3 == 2 {
                Op::Acknowledge(lane)
            } else {
                Op::Put(lane, n, 3 + usize::from(n * 37 % 90))
            }
        })
        .collect()
}

/// Fills the pages of one lane: every turn is cut.
fn turns(messages: u16) -> Vec<Op> {
    (0..messages).map(|n| Op::Put(Priority::Normal, n, 150)).collect()
}

/// At most 5 wait in a lane, so that an acknowledgement always finds a place.
fn random_op(rng: &mut Rng, seen: &Seen) -> Op {
    let lane = Priority::ALL[rng.index(3)];
    if seen[lane as usize].len() >= 5 || rng.chance(1, 3) {
        return Op::Acknowledge(lane);
    }
    Op::Put(lane, rng.below(60_000) as u16, 2 + rng.index(120))
}

/// Outcomes of each fault at each step and cuts of each recovery: a first choice, or all with `GABION_SOAK` set.
fn depth() -> (u64, usize) {
    if std::env::var_os("GABION_SOAK").is_some() { (3, 2) } else { (1, 1) }
}

#[test]
fn no_cut_loses_an_acknowledged_message_or_brings_one_back() {
    let (seeds, cuts) = depth();
    let rig = QueueSubject::<4, 1024>::rig(Bug::None, DropPolicy::Newest).named("queue 4/1024");
    rig.seeds(seeds).recovery_cuts(cuts).sweep(&script(9)).assert_clean();
}

#[test]
fn nor_within_one_session() {
    let (seeds, _) = depth();
    let rig = QueueSubject::<4, 1024>::rig(Bug::None, DropPolicy::Newest).named("queue session");
    rig.seeds(seeds).recovery_cuts(0).sweep_session(&script(9)).assert_clean();
}

#[test]
fn nor_while_a_lane_turns_and_gives_up_its_oldest() {
    let (seeds, _) = depth();
    let rig = QueueSubject::<4, 1024>::rig(Bug::None, DropPolicy::Oldest).named("queue turns");
    rig.seeds(seeds).recovery_cuts(0).sweep(&turns(14)).assert_clean();
}

#[test]
fn nor_on_flash_with_wide_words() {
    let (seeds, _) = depth();
    let rig = QueueSubject::<16, 1024>::rig(Bug::None, DropPolicy::Newest).named("queue 16/1024");
    rig.seeds(seeds).recovery_cuts(0).sweep(&script(9)).assert_clean();
}

#[test]
fn a_format_that_is_cut_is_repeated() {
    let subject = QueueSubject::<4, 1024> { bug: Bug::None, policy: DropPolicy::Newest };
    let setup = Setup::new(QueueSubject::<4, 1024>::CAPACITY);
    Rig::new(subject, setup)
        .named("queue format")
        .seeds(2)
        .recovery_cuts(0)
        .sweep(&[])
        .assert_clean();
}

#[test]
fn a_long_life_with_random_cuts_keeps_every_acknowledged_message() {
    QueueSubject::<4, 1024>::rig(Bug::None, DropPolicy::Newest)
        .named("queue life")
        .sample(0x71_7565, 500, random_op)
        .assert_clean();
}

#[test]
fn bits_that_read_differently_each_time_change_nothing_once_the_queue_is_open() {
    QueueSubject::<4, 1024>::rig(Bug::None, DropPolicy::Newest)
        .named("queue unstable")
        .unstable()
        .sample(0x75_6e73, 500, random_op)
        .assert_clean();
}

#[test]
fn a_last_word_that_reads_as_blank_and_later_does_not_changes_nothing() {
    let seeds = if std::env::var_os("GABION_SOAK").is_some() { 200 } else { 24 };
    // 5 bytes of body leave one byte of the tag in the last word: few bits in doubt, so each reading of them comes up.
    let script: Vec<Op> = (0..6).map(|n| Op::Put(Priority::Normal, n, 5)).collect();
    QueueSubject::<4, 1024>::rig(Bug::None, DropPolicy::Newest)
        .named("queue last word")
        .unstable()
        .faults(&[Fault::TornWord])
        .seeds(seeds)
        .recovery_cuts(0)
        .sweep(&script)
        .assert_clean();
}

#[test]
fn planted_bug_an_early_acknowledgement_is_caught() {
    QueueSubject::<4, 1024>::rig(Bug::Early, DropPolicy::Newest)
        .named("queue planted early")
        .seeds(1)
        .recovery_cuts(0)
        .sweep(&script(4))
        .assert_caught();
}

#[test]
fn planted_bug_a_forgotten_acknowledgement_is_caught() {
    QueueSubject::<4, 1024>::rig(Bug::Forgetful, DropPolicy::Newest)
        .named("queue planted forgetful")
        .seeds(1)
        .recovery_cuts(0)
        .sweep(&script(4))
        .assert_caught();
}

#[test]
fn planted_bug_a_message_without_its_commit_is_caught() {
    QueueSubject::<4, 1024>::rig(Bug::NoCommit, DropPolicy::Newest)
        .named("queue planted no commit")
        .seeds(1)
        .recovery_cuts(0)
        .sweep(&script(4))
        .assert_caught();
}

#[test]
fn only_the_first_start_after_a_session_writes() {
    let mut board = device::board();
    let config = device::config(DropPolicy::Newest);
    let mut queue = device::format(&mut board, &config);
    for n in 0..30 {
        block_on(queue.put(Priority::ALL[n % 3], &[n as u8; 40], &mut Time(0))).unwrap();
    }
    drop(queue);
    let counts: Vec<u64> = (0..4)
        .map(|_| {
            let before = board.flash.counters().writes;
            drop(device::open(&mut board, &config));
            board.flash.counters().writes - before
        })
        .collect();
    assert_eq!(counts, [6, 0, 0, 0], "a mark and its commit in each lane, then nothing");
}

/// The record of starts: two pages of 256 bytes behind a journal.
struct Starts;

#[derive(Clone, Debug)]
enum StartOp {
    /// A boot that crashes.
    Crash(ResetReason),
    /// A boot that becomes stable.
    Stable,
    /// A boot in which a task is late.
    Late(u8),
}

type Small = SimFlash<4, 256>;
type StartFlash<'a> = Region<'a, NoopRawMutex, Journaled<&'a mut Small>>;

const CONFIG: BootConfig = BootConfig { max_crashes: 3, max_attempts: 5, stable_ms: 1 };
const SMALL_MAP: Layout<2> = Layout::new(1024, 256, [Span::new(0, 512), Span::new(512, 512)]);

impl Subject for Starts {
    type Flash = Small;
    type Live<'a> = StartFlash<'a>;
    type Op = StartOp;
    /// Attempts, crashes, late.
    type State = (u8, u8, u8);
    type Error = BootGuardError<FlashError<SimError>>;

    fn initial(&self) -> (u8, u8, u8) {
        (0, 0, 0)
    }

    fn expect(&self, before: &(u8, u8, u8), op: &StartOp) -> (u8, u8, u8) {
        let (attempts, crashes, _) = *before;
        match op {
            StartOp::Crash(ResetReason::PowerOn) => ((attempts + 1).min(5), crashes, 0),
            StartOp::Crash(_) => ((attempts + 1).min(5), (crashes + 1).min(3), 0),
            // The boot itself is a wake-up, which does not count.
            StartOp::Stable if attempts >= 5 || crashes >= 3 => (2, 2, 0),
            StartOp::Stable => (0, 0, 0),
            StartOp::Late(task) => (attempts, crashes, task + 1),
        }
    }

    async fn open<'a>(
        &'a self,
        board: &'a mut Board<Small>,
    ) -> Result<StartFlash<'a>, Self::Error> {
        let journal = Span::new(0, 512);
        if Journaled::open(&mut board.flash, journal).await.err() == Some(FlashError::Unformatted) {
            Journaled::format(&mut board.flash, journal).await.map_err(BootGuardError::Flash)?;
        }
        let journaled = Journaled::open(&mut board.flash, journal).await;
        let journaled = journaled.map_err(BootGuardError::Flash)?;
        let shared = Box::leak(Box::new(Shared::<NoopRawMutex, _>::new(journaled)));
        let [_, mut region] = shared.split(&SMALL_MAP).unwrap();
        if self.observe(&mut region).await.is_err() {
            BootGuard::format(&mut region).await?;
        }
        Ok(region)
    }

    async fn apply(&self, live: &mut Self::Live<'_>, op: &StartOp) -> Result<(), Self::Error> {
        let reason = match op {
            StartOp::Crash(reason) => *reason,
            StartOp::Stable | StartOp::Late(_) => ResetReason::Wake,
        };
        let begun = BootGuard::begin(live.reborrow(), reason, CONFIG, &mut NoEvents).await;
        let (mut guard, _) = begun?;
        match op {
            StartOp::Crash(_) => Ok(()),
            StartOp::Stable => guard.poll(&mut Time(5)).await.map(|_| ()),
            StartOp::Late(task) => guard.note_late(*task).await,
        }
    }

    async fn observe(&self, live: &mut Self::Live<'_>) -> Result<(u8, u8, u8), Self::Error> {
        let mut bytes = [0; 512];
        live.read(0, &mut bytes).await.map_err(BootGuardError::Flash)?;
        let records =
            bytes.chunks(16).filter_map(|r| StartRecord::parse(r.try_into().unwrap()).ok());
        let newest = records.max_by_key(|record| record.number).ok_or(BootGuardError::Blank)?;
        Ok((newest.attempts, newest.crashes, newest.late))
    }

    fn judge(
        &self,
        old: &(u8, u8, u8),
        new: &(u8, u8, u8),
        seen: &(u8, u8, u8),
    ) -> Result<(), (String, String)> {
        // A boot takes note of the late task before it does anything else.
        if seen == old || seen == new || *seen == (old.0, old.1, 0) {
            return Ok(());
        }
        Err(("third state".into(), format!("seen {seen:?}, old {old:?}, new {new:?}")))
    }
}

fn start_script() -> Vec<StartOp> {
    let round = [
        StartOp::Crash(ResetReason::PowerOn),
        StartOp::Crash(ResetReason::Watchdog),
        StartOp::Late(3),
        StartOp::Crash(ResetReason::Fault),
        StartOp::Stable,
        StartOp::Crash(ResetReason::Watchdog),
        StartOp::Crash(ResetReason::Watchdog),
        StartOp::Crash(ResetReason::Watchdog),
        StartOp::Stable,
    ];
    round.iter().cycle().take(60).cloned().collect()
}

#[test]
fn no_cut_loses_count_of_the_starts() {
    let rig = Rig::new(Starts, Setup::new(1024)).named("starts");
    rig.seeds(3).recovery_cuts(2).sweep(&start_script()).assert_clean();
}

#[test]
fn a_long_life_of_starts() {
    let script = start_script();
    let rig = Rig::new(Starts, Setup::new(1024)).named("starts life");
    rig.sample(7, 1_000, |rng, _| script[rng.index(script.len())].clone()).assert_clean();
}
