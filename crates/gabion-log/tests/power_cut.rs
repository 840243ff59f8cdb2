//! The law of every crash test, for the log: every acknowledged event is there or was overwritten by policy, no cut looks like
//! tampering, and the past stays authentic.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use device::*;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embedded_storage_async::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
use gabion_crypto::{
    CryptoError, EcdsaP256Sign, EcdsaP256Verify, P256PublicKey, P256Signature, Secret, Software,
};
use gabion_flash::{FlashError, Journaled, Layout, Region, Shared, Span, block_on};
use gabion_log::{Bundle, BundleError, Entry, Lane, Log, LogError, MAX_ENTRIES, Position};
use gabion_sim::{Board, FlashError as SimError, Off, Part, Rig, Rng, Setup, SimFlash, Subject};

/// What can be seen: numbers and details of both lanes, and the next numbers.
#[derive(Clone, Debug, PartialEq, Default)]
struct Seen {
    next: [u32; 2],
    events: [Vec<(u32, u16)>; 2],
}

#[derive(Clone, Debug)]
enum Op {
    /// One record with the details `first..first + count`.
    Append(Lane, u16, u16),
    Wipe,
}

/// How the log under test misbehaves.
#[derive(Clone, Copy, PartialEq)]
enum Bug {
    None,
    /// It acknowledges a record when it has heard of it and writes it before the next one.
    Early,
    /// The commit word is written before the record.
    CommitFirst,
}

/// A flash on which two writes in a row to neighbouring words may change places.
struct Swapping<F> {
    flash: F,
    swap: bool,
    held: Option<(u32, Vec<u8>)>,
}

impl<F: ErrorType> ErrorType for Swapping<F> {
    type Error = F::Error;
}

impl<F: ReadNorFlash> ReadNorFlash for Swapping<F> {
    const READ_SIZE: usize = F::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), F::Error> {
        self.flash.read(offset, bytes).await
    }

    fn capacity(&self) -> usize {
        self.flash.capacity()
    }
}

impl<F: NorFlash> NorFlash for Swapping<F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), F::Error> {
        self.flash.erase(from, to).await
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), F::Error> {
        // The only writes of these lengths that stand neither at the front nor at the end of a page are records.
        let within = offset % PAGE;
        let record = matches!(bytes.len(), 48 | 60 | 72 | 84)
            && offset >= JOURNAL.end()
            && (48..PAGE - 168).contains(&within);
        if self.swap && self.held.is_none() && record {
            self.held = Some((offset, bytes.to_vec()));
            return Ok(());
        }
        self.flash.write(offset, bytes).await?;
        if let Some((offset, bytes)) = self.held.take() {
            self.flash.write(offset, &bytes).await?;
        }
        Ok(())
    }
}

#[derive(Debug)]
#[allow(dead_code, reason = "read through Debug")]
enum Failure {
    Log(LogError<FlashError<SimError>>),
    Bundle(BundleError),
    Export(String),
    /// A power cut was taken for tampering.
    FalseAlarm(u16),
}

type CutLog<'a, const W: usize, const P: usize> =
    Log<Region<'a, NoopRawMutex, Journaled<Swapping<&'a mut SimFlash<W, P>>>>, Unsigned>;

struct Live<'a, const W: usize, const P: usize> {
    log: CutLog<'a, W, P>,
    early: Option<(Lane, Vec<Entry>)>,
}

struct LogSubject<const W: usize, const P: usize> {
    bug: Bug,
}

fn entries(first: u16, count: u16, lane: Lane) -> Vec<Entry> {
    (first..first + count).map(|detail| Entry::once(event(lane, detail), 3)).collect()
}

impl<const W: usize, const P: usize> LogSubject<W, P> {
    const JOURNAL: Span = Span::new(0, 2 * P as u32);
    const CAPACITY: usize = 11 * P;
    const MAP: Layout<2> = Layout::new(
        Self::CAPACITY as u32,
        P as u32,
        [Self::JOURNAL, Span::new(2 * P as u32, 9 * P as u32)],
    );

    /// A rig on a device whose log is formatted: to cut the recovery of a format at each step takes an hour.
    fn rig(bug: Bug) -> Rig<Self>
    where
        SimFlash<W, P>: Part,
    {
        let mut board = Off::new(Setup::new(Self::CAPACITY)).power_on(None);
        block_on(Self { bug: Bug::None }.open(&mut board)).map(|_| ()).unwrap();
        Rig::on(Self { bug }, board.power_off())
    }
}

impl<const W: usize, const P: usize> Subject for LogSubject<W, P>
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
            Op::Append(lane, first, count) => {
                let at = lane as usize;
                after.events[at].extend((first..first + count).map(|n| (before.next[at], n)));
                after.next[at] += 1;
            }
            Op::Wipe => after.events = Default::default(),
        }
        after
    }

    async fn open<'a>(
        &'a self,
        board: &'a mut Board<Self::Flash>,
    ) -> Result<Live<'a, W, P>, Failure> {
        let mut root = board.chip.root_key.clone();
        let swap = self.bug == Bug::CommitFirst;
        let mut flash = Swapping { flash: &mut board.flash, swap, held: None };
        let hardware = |error| Failure::Log(LogError::Flash(error));
        let mut blank = [0; P];
        flash.read(0, &mut blank).await.map_err(|e| hardware(FlashError::Hardware(e)))?;
        if Journaled::open(&mut flash, Self::JOURNAL).await.err() == Some(FlashError::Unformatted) {
            Journaled::format(&mut flash, Self::JOURNAL).await.map_err(hardware)?;
        }
        let journaled = Journaled::open(flash, Self::JOURNAL).await.map_err(hardware)?;
        let shared = Box::leak(Box::new(Shared::<NoopRawMutex, _>::new(journaled)));
        let [_, region] = shared.split(&Self::MAP).unwrap();
        let mut region = region;
        let opened = Log::open(&mut region, Unsigned, &mut root, &CONFIG).await.map(|_| ());
        let log = match opened {
            // The factory formats until it is done.
            Err(LogError::Blank | LogError::NoKey) => {
                Log::format(region, Unsigned, &mut root, &CONFIG, &seed()).await
            }
            Err(error) => Err(match error {
                LogError::Flash(error) => LogError::Flash(error),
                _ => LogError::Poisoned,
            }),
            Ok(()) => Log::open(region, Unsigned, &mut root, &CONFIG).await,
        };
        let log = log.map_err(Failure::Log)?;
        match log.damage() {
            0 => Ok(Live { log, early: None }),
            damage => Err(Failure::FalseAlarm(damage)),
        }
    }

    async fn apply(&self, live: &mut Self::Live<'_>, op: &Op) -> Result<(), Failure> {
        let stamp = stamp(live.log.boot());
        if let Some((lane, held)) = live.early.take() {
            live.log.append(lane, &stamp, &held).await.map_err(Failure::Log)?;
        }
        match *op {
            Op::Append(lane, first, count) if self.bug == Bug::Early => {
                live.early = Some((lane, entries(first, count, lane)));
                Ok(())
            }
            Op::Append(lane, first, count) => {
                let entries = entries(first, count, lane);
                live.log.append(lane, &stamp, &entries).await.map(|_| ()).map_err(Failure::Log)
            }
            Op::Wipe => live.log.wipe().await.map_err(Failure::Log),
        }
    }

    async fn observe(&self, live: &mut Self::Live<'_>) -> Result<Seen, Failure> {
        let mut sink = Bytes::default();
        let key = device_key(1);
        let exported =
            live.log.export(Position::default(), &NONCE, &mut Stopped, &key, &mut sink).await;
        exported.map_err(|error| Failure::Export(format!("{error:?}")))?;
        let bundle = Bundle::verify(&Unsigned, &sink.0, &NOBODY).map_err(Failure::Bundle)?;
        let mut seen = Seen { next: [0; 2], ..Seen::default() };
        for lane in Lane::ALL {
            seen.next[lane as usize] = bundle.lane(lane).head.next;
        }
        bundle
            .open(&Software, &seed(), |record| {
                let all = record.body.events().map(|event| (record.number, event.detail));
                seen.events[record.lane as usize].extend(all);
            })
            .map_err(Failure::Bundle)?;
        if let Some((lane, held)) = &live.early {
            let at = *lane as usize;
            seen.events[at].extend(held.iter().map(|e| (seen.next[at], e.event.detail)));
            seen.next[at] += 1;
        }
        Ok(seen)
    }

    fn judge(&self, old: &Seen, new: &Seen, seen: &Seen) -> Result<(), (String, String)> {
        let wiping = old.next == new.next && new.events.iter().all(Vec::is_empty);
        let fits = |model: &Seen, lane: usize| {
            let (all, some) = (&model.events[lane], &seen.events[lane]);
            let records = |events: &[(u32, u16)]| {
                events.iter().map(|e| e.0).collect::<std::collections::BTreeSet<_>>().len()
            };
            // The ring may have overwritten the oldest; two of the pages are its to lose besides the one in use.
            let pages = if lane == 0 { 5 } else { 4 };
            let per_page = (P - 48 - 2 * 84_usize.next_multiple_of(W.max(4)))
                / (84_usize.next_multiple_of(W.max(4)) + W.max(4));
            let enough = records(some) >= records(all).min((pages - 3) * per_page) || wiping;
            seen.next[lane] == model.next[lane] && all.ends_with(some) && enough
        };
        if [old, new].iter().any(|model| fits(model, 0) && fits(model, 1)) {
            return Ok(());
        }
        Err(("third state".into(), format!("seen {seen:?}, old {old:?}, new {new:?}")))
    }
}

/// Signatures cost more than everything else here and are tested elsewhere: this provider fakes them.
#[derive(Clone, Copy)]
struct Unsigned;

impl gabion_crypto::Sha256 for Unsigned {
    type Digest = gabion_crypto::SoftwareDigest;

    fn sha256_start(&self) -> Self::Digest {
        gabion_crypto::Sha256::sha256_start(&Software)
    }
}

impl gabion_crypto::HmacSha256 for Unsigned {
    fn hmac_sha256(&self, key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        Software.hmac_sha256(key, parts)
    }
}

impl EcdsaP256Sign for Unsigned {
    fn p256_public_key(&self, _private: &Secret<[u8; 32]>) -> Result<P256PublicKey, CryptoError> {
        Ok(NOBODY)
    }

    fn p256_sign(
        &self,
        _private: &Secret<[u8; 32]>,
        _hash: &[u8; 32],
    ) -> Result<P256Signature, CryptoError> {
        Ok(P256Signature([1; 64]))
    }
}

impl EcdsaP256Verify for Unsigned {
    fn p256_verify(
        &self,
        _key: &P256PublicKey,
        _hash: &[u8; 32],
        _signature: &P256Signature,
    ) -> Result<(), CryptoError> {
        Ok(())
    }
}

const NOBODY: P256PublicKey = P256PublicKey([3; 64]);

/// Records of every length in both lanes, more than once around the ring of the critical one, a wipe in between.
fn script(records: u16) -> Vec<Op> {
    let mut ops: Vec<Op> = (0..records)
        .map(|n| {
            let lane = if n % 3 == 0 { Lane::Main } else { Lane::Critical };
            Op::Append(lane, n * 10, n % MAX_ENTRIES as u16 + 1)
        })
        .collect();
    ops.insert(ops.len() * 2 / 3, Op::Wipe);
    ops.truncate(usize::from(records));
    ops
}

fn random_op(rng: &mut Rng) -> Op {
    if rng.chance(1, 60) {
        return Op::Wipe;
    }
    let lane = if rng.chance(1, 2) { Lane::Main } else { Lane::Critical };
    Op::Append(lane, rng.below(60_000) as u16, rng.below(4) as u16 + 1)
}

/// Outcomes of each fault at each step and cuts of each recovery: a first choice, or all with `GABION_SOAK` set. Cutting the
/// recovery of a wipe at each of its steps takes minutes; the samples below do it at random.
fn depth() -> (u64, usize) {
    if std::env::var_os("GABION_SOAK").is_some() { (3, 2) } else { (1, 0) }
}

#[test]
fn no_cut_loses_an_acknowledged_event_or_looks_like_tampering() {
    let (seeds, cuts) = depth();
    let rig = LogSubject::<4, 512>::rig(Bug::None).named("log 4/512");
    rig.seeds(seeds).recovery_cuts(cuts).sweep(&script(14)).assert_clean();
}

#[test]
fn a_format_that_is_cut_is_repeated() {
    let subject = LogSubject::<4, 512> { bug: Bug::None };
    let rig = Rig::new(subject, Setup::new(LogSubject::<4, 512>::CAPACITY)).named("log format");
    rig.seeds(2).recovery_cuts(0).sweep(&[]).assert_clean();
}

#[test]
fn nor_on_flash_with_wide_words() {
    let (seeds, cuts) = depth();
    let rig = LogSubject::<16, 1024>::rig(Bug::None).named("log 16/1024");
    rig.seeds(seeds).recovery_cuts(cuts).sweep(&script(12)).assert_clean();
}

#[test]
fn a_long_life_with_random_cuts_keeps_every_acknowledged_event() {
    LogSubject::<4, 512>::rig(Bug::None)
        .named("log life")
        .sample(0x6c_6f67, 1_000, |rng, _| random_op(rng))
        .assert_clean();
}

#[test]
fn bits_that_read_differently_each_time_are_no_loss_and_no_tampering() {
    LogSubject::<4, 512>::rig(Bug::None)
        .named("log unstable")
        .unstable()
        .sample(0x75_6e73, 500, |rng, _| random_op(rng))
        .assert_clean();
}

#[test]
fn planted_bug_an_early_acknowledgement_is_caught() {
    LogSubject::<4, 512>::rig(Bug::Early)
        .named("log planted early")
        .seeds(1)
        .recovery_cuts(0)
        .sweep(&script(4))
        .assert_caught();
}

#[test]
fn planted_bug_a_commit_before_its_record_is_caught() {
    LogSubject::<4, 512>::rig(Bug::CommitFirst)
        .named("log planted commit first")
        .seeds(1)
        .recovery_cuts(0)
        .sweep(&script(4))
        .assert_caught();
}
