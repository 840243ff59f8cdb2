//! A simulated device: the real queue, detectors, log and export over simulated flash, driven through simulated time.

use gabion_crypto::{EcdsaP256Sign, HmacSha256, P256PublicKey, Secret, Software};
use gabion_flash::{block_on, hazmat::Unjournaled};
use gabion_hal::{
    Clock, Event, EventKind, EventSink, ResetReason, RootKey, Severity, Source, TimeQuality,
    WallTime,
};
use gabion_log::{
    BundleSink, Detectors, EventQueue, Log, LogConfig, Position, Pseudonyms, Thresholds, Use,
};
use gabion_sim::{Setup, SimFlash};

use crate::story::{Happening, Moment};

/// 16 pages of 4 KiB, words of 4 bytes.
type Flash = Unjournaled<SimFlash<4, 4096>>;

/// How often the main loop writes what waits.
const DRAIN_MS: u64 = 60_000;

/// 2026-10-01T00:00:00Z: when the simulated time begins.
pub const BEGIN: u64 = 1_790_812_800;

/// A root key in RAM: what it protects is simulated.
struct Root([u8; 32]);

impl RootKey for Root {
    type Error = core::convert::Infallible;

    fn derive(&mut self, context: &[u8], out: &mut [u8; 32]) -> Result<(), Self::Error> {
        *out = Software.hmac_sha256(&self.0, &[context]);
        Ok(())
    }
}

/// Simulated time.
struct Time {
    now_ms: u64,
    booted_ms: u64,
    shift_s: i64,
}

impl Clock for Time {
    fn uptime_ms(&mut self) -> u64 {
        self.now_ms - self.booted_ms
    }

    fn wall(&mut self) -> Option<WallTime> {
        let unix_seconds = (BEGIN + self.now_ms / 1_000).saturating_add_signed(self.shift_s);
        Some(WallTime { unix_seconds, quality: TimeQuality::Authenticated })
    }
}

struct Bytes(Vec<u8>);

impl BundleSink for Bytes {
    type Error = core::convert::Infallible;

    async fn put(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// What a device sent, and under which keys.
pub struct Sent {
    pub key: P256PublicKey,
    pub seed: Secret<[u8; 32]>,
    pub bundles: Vec<Vec<u8>>,
}

struct Device {
    log: Option<Log<Flash, Software>>,
    root: Root,
    queue: EventQueue<32>,
    detectors: Detectors,
    names: Pseudonyms,
    time: Time,
    drain_at: Option<u64>,
}

/// Lets a device live through its moments and exports its log at the given times, in milliseconds since the begin.
pub fn live(fleet_seed: u64, number: u32, moments: &[Moment], exports: &[u64]) -> Sent {
    let secret = |what: &[u8]| {
        Software.hmac_sha256(&fleet_seed.to_le_bytes(), &[what, &number.to_le_bytes()])
    };
    let seed = Secret::new(secret(b"seed"));
    let signing = Secret::new(secret(b"signing"));
    let mut root = Root(secret(b"root"));
    let flash = Flash::new(SimFlash::new(Setup::new(16 * 4096)));
    let log = block_on(Log::format(flash, Software, &mut root, &LogConfig::DEFAULT, &seed))
        .expect("simulated flash does not fail");
    let mut device = Device {
        log: Some(log),
        root,
        queue: EventQueue::new(),
        detectors: Detectors::new(Thresholds::DEFAULT),
        names: Pseudonyms::new(Secret::new(secret(b"names")), 1),
        time: Time { now_ms: 0, booted_ms: 0, shift_s: 0 },
        drain_at: None,
    };
    device.event(Event::started(ResetReason::PowerOn));
    let mut bundles = Vec::new();
    let mut from = Position::default();
    let mut exports = exports.iter().copied().peekable();
    for moment in moments.iter().map(Some).chain([None]) {
        let until = moment.map_or(u64::MAX, |moment| moment.at_ms);
        while let Some(at) = exports.next_if(|at| *at <= until) {
            device.pass(at);
            device.drain();
            let mut sink = Bytes(Vec::new());
            let log = device.log.as_mut().expect("open");
            let nonce = [0; 16];
            from = block_on(log.export(from, &nonce, &mut device.time, &signing, &mut sink))
                .expect("simulated flash does not fail");
            bundles.push(sink.0);
        }
        if let Some(moment) = moment {
            device.pass(moment.at_ms);
            device.take(&moment.what);
        }
    }
    let key = Software.p256_public_key(&signing).expect("a hash is a sound key");
    Sent { key, seed, bundles }
}

impl Device {
    /// Lets time pass, and the main loop write what waits.
    fn pass(&mut self, until_ms: u64) {
        while let Some(at) = self.drain_at.filter(|at| *at <= until_ms) {
            self.time.now_ms = at;
            self.drain();
        }
        self.time.now_ms = until_ms;
    }

    fn drain(&mut self) {
        let log = self.log.as_mut().expect("open");
        block_on(log.drain(&mut self.queue, &mut self.time))
            .expect("simulated flash does not fail");
        self.drain_at = (!self.queue.is_empty()).then(|| self.time.now_ms + DRAIN_MS);
    }

    fn event(&mut self, event: Event) {
        let uptime_ms = self.time.uptime_ms();
        self.queue.set_uptime_ms(uptime_ms);
        self.detectors.watch(&mut self.queue, uptime_ms, |_| {}).event(event);
        self.drain_at = self.drain_at.or(Some(self.time.now_ms + DRAIN_MS));
    }

    fn take(&mut self, what: &Happening) {
        match *what {
            Happening::Event(event) => self.event(event),
            Happening::LoginFailed { account, throttled } => {
                let kind =
                    if throttled { EventKind::LoginThrottled } else { EventKind::LoginFailed };
                self.event(Event::new(kind, Severity::Warning, Source::Auth, 1));
                let name = self.names.of(&Software, Use::Accounts, &account.to_le_bytes());
                self.event(name.login_failed());
            }
            Happening::NewPeer(peer) => {
                let name = self.names.of(&Software, Use::Peers, &peer.to_le_bytes());
                self.event(name.peer_new());
            }
            Happening::Start(reason) => {
                // Whoever restarts on purpose writes first; what waits when the power goes is lost.
                if reason == ResetReason::Software {
                    self.drain();
                }
                self.queue = EventQueue::new();
                self.drain_at = None;
                let flash = self.log.take().expect("open").into_flash();
                let log = Log::open(flash, Software, &mut self.root, &LogConfig::DEFAULT);
                let log = block_on(log).expect("simulated flash does not fail");
                self.time.booted_ms = self.time.now_ms;
                self.detectors = Detectors::new(Thresholds::DEFAULT);
                let _alarm = self.detectors.started(log.unplanned_starts(), &mut self.queue);
                self.log = Some(log);
                self.event(Event::started(reason));
            }
            Happening::Clock { by_s } => {
                self.time.shift_s += by_s;
                let backward = u16::from(by_s < 0);
                let kind = EventKind::ClockMoved;
                self.event(Event::new(kind, Severity::Notice, Source::System, backward));
            }
        }
    }
}
