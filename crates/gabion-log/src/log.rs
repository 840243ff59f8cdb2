//! The log: two lanes over one flash.

use gabion_codec::Reader;
use gabion_crypto::{HmacSha256, Label, Secret, Siv, ct_eq};
use gabion_flash::SafeFlash;
use gabion_hal::{Clock, Event, EventKind, EventSink, RootKey, Severity, Source};

use crate::entry::deciseconds;
use crate::format::MAX_ENTRIES;
use crate::geometry::Geometry;
use crate::rate::Rate;
use crate::ring::Ring;
use crate::seal::cipher;
use crate::{Entry, EventQueue, Lane, LogError, RateLimit, Stamp};

/// How a log uses its flash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogConfig {
    /// Pages for the critical lane, at least 4; the rest, at least 4, is for the main lane.
    pub critical_pages: u32,
    /// The value of an erased byte, `0xff` on nearly every flash.
    pub erased: u8,
    /// How many events below critical may be written.
    pub main_rate: RateLimit,
    /// How many critical events may be written.
    pub critical_rate: RateLimit,
}

impl LogConfig {
    /// Four pages for the critical lane; 64 events at once and then one in 30 s, critical ones 32 and one in 60 s. At that rate
    /// without a pause, twelve pages of 4 KiB and 10,000 erases take 9 years to wear out.
    pub const DEFAULT: Self = Self {
        critical_pages: 4,
        erased: 0xff,
        main_rate: RateLimit { burst: 64, refill_ms: 30_000 },
        critical_rate: RateLimit { burst: 32, refill_ms: 60_000 },
    };
}

impl Default for LogConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Where a lane ends: proof of what was there, to compare with later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The epoch, which is the page in the life of the lane.
    pub epoch: u32,
    /// Number of the next record.
    pub next: u32,
    /// Tag of the newest record; every record before it is bound by it.
    pub tag: [u8; 16],
}

/// One head of an anchor in bytes.
const HEAD: usize = 24;
/// Length of an anchor in bytes.
const ANCHOR: usize = 2 * HEAD;

/// The event log on its part of the flash.
///
/// # Power loss
///
/// A record whose [`append`](Log::append) or [`drain`](Log::drain) returned `Ok` is there after every cut. One that was cut is
/// there whole or not at all. [`open`](Log::open) finishes what was cut.
///
/// # Security
///
/// See the README for what forward security means here and where it ends.
pub struct Log<F, P> {
    pub(crate) flash: F,
    pub(crate) provider: P,
    kek: Siv,
    pub(crate) lanes: [Ring; 2],
    rates: [Rate; 2],
    boot: u32,
    damage_told: bool,
    pub(crate) poisoned: bool,
}

impl<F: SafeFlash, P: HmacSha256> Log<F, P> {
    /// Makes an empty log from a seed, over whatever the region holds.
    ///
    /// The seed is random, unique for the device, and given away once: to whoever is to examine the log. The device keeps
    /// nothing from which it, or its thief, could make it again. Cut half-way: format again.
    ///
    /// # Errors
    ///
    /// See [`LogError`].
    pub async fn format(
        mut flash: F,
        provider: P,
        root: &mut impl RootKey,
        config: &LogConfig,
        seed: &Secret<[u8; 32]>,
    ) -> Result<Self, LogError<F::Error>> {
        let (kek, [main, critical]) = start(&flash, &provider, root, config)?;
        let lanes = [
            Ring::format(&mut flash, &provider, &kek, Lane::Main, main, seed).await?,
            Ring::format(&mut flash, &provider, &kek, Lane::Critical, critical, seed).await?,
        ];
        Ok(Self::assemble(flash, provider, kek, lanes, config))
    }

    /// Opens the log: finds its end, finishes what a power cut left, counts the boot.
    ///
    /// # Errors
    ///
    /// See [`LogError`]. [`LogError::Blank`] and [`LogError::NoKey`] are never answered by formatting silently.
    pub async fn open(
        mut flash: F,
        provider: P,
        root: &mut impl RootKey,
        config: &LogConfig,
    ) -> Result<Self, LogError<F::Error>> {
        let (kek, [main, critical]) = start(&flash, &provider, root, config)?;
        let main = Ring::open(&mut flash, &provider, &kek, Lane::Main, main).await;
        let critical = Ring::open(&mut flash, &provider, &kek, Lane::Critical, critical).await;
        let lanes = match (main, critical) {
            (Ok(main), Ok(critical)) => [main, critical],
            (Err(LogError::Blank), Err(LogError::Blank)) => return Err(LogError::Blank),
            // One lane alone cannot be blank but by a cut format or by tampering.
            (Err(LogError::Blank), _) | (_, Err(LogError::Blank)) => return Err(LogError::NoKey),
            (Err(error), _) | (_, Err(error)) => return Err(error),
        };
        Ok(Self::assemble(flash, provider, kek, lanes, config))
    }

    fn assemble(flash: F, provider: P, kek: Siv, lanes: [Ring; 2], config: &LogConfig) -> Self {
        let newest = lanes.iter().map(|lane| lane.boot).max().unwrap_or(0);
        Self {
            flash,
            provider,
            kek,
            lanes,
            rates: [Rate::new(config.main_rate), Rate::new(config.critical_rate)],
            boot: newest.saturating_add(1),
            damage_told: false,
            poisoned: false,
        }
    }

    /// Returns the number of this boot. It counts boots in which something was logged.
    #[must_use]
    pub const fn boot(&self) -> u32 {
        self.boot
    }

    /// Returns how many signs of tampering [`open`](Log::open) found in the newest pages. The first
    /// [`drain`](Log::drain) logs them as [`EventKind::LogDamaged`].
    #[must_use]
    pub fn damage(&self) -> u16 {
        self.lanes.iter().fold(0, |sum, lane| sum.saturating_add(lane.damage))
    }

    /// Returns how many of the newest starts in a row came from a watchdog, a fault or a sagging supply, as far as the newest
    /// page remembers. For [`Detectors::started`](crate::Detectors::started).
    #[must_use]
    pub fn unplanned_starts(&self) -> u16 {
        self.ring(Lane::Main).unplanned
    }

    /// Returns where a lane ends.
    #[must_use]
    pub fn head(&self, lane: Lane) -> Head {
        let ring = self.ring(lane);
        Head { epoch: ring.epoch, next: ring.next, tag: ring.tag }
    }

    /// Returns the heads of both lanes, to be kept where an older value cannot be put back: in the sealed store, under
    /// [`LOG_ANCHOR`](crate::LOG_ANCHOR).
    #[must_use]
    pub fn anchor(&self) -> [u8; ANCHOR] {
        let mut out = [0; ANCHOR];
        for (bytes, lane) in out.chunks_mut(HEAD).zip(Lane::ALL) {
            let Head { epoch, next, tag } = self.head(lane);
            let all = epoch.to_le_bytes().into_iter().chain(next.to_le_bytes()).chain(tag);
            bytes.iter_mut().zip(all).for_each(|(to, from)| *to = from);
        }
        out
    }

    /// Tells whether the log still reaches to an anchor that it once gave: `false` when its end was cut off or an older log was
    /// put in its place.
    #[must_use]
    pub fn reaches(&self, anchor: &[u8; ANCHOR]) -> bool {
        anchor.chunks(HEAD).zip(Lane::ALL).all(|(bytes, lane)| {
            let mut reader = Reader::new(bytes);
            let (Ok(epoch), Ok(next), Ok(tag)) =
                (reader.u32_le(), reader.u32_le(), reader.array::<16>())
            else {
                return false;
            };
            let now = self.head(lane);
            let same_place = (now.epoch, now.next) == (epoch, next);
            now.epoch >= epoch && now.next >= next && (!same_place || ct_eq(&now.tag, &tag))
        })
    }

    /// Returns how many records of the longest kind a lane keeps whatever happens.
    #[must_use]
    pub fn guaranteed(&self, lane: Lane) -> u32 {
        let geometry = &self.ring(lane).geometry;
        geometry.pages.saturating_sub(3).saturating_mul(geometry.records_per_page())
    }

    pub(crate) fn ring(&self, lane: Lane) -> &Ring {
        let [main, critical] = &self.lanes;
        match lane {
            Lane::Main => main,
            Lane::Critical => critical,
        }
    }

    /// Writes one record at once, past the rate limits. [`drain`](Log::drain) is the ordinary way. Returns its number.
    ///
    /// Reads no flash.
    ///
    /// # Errors
    ///
    /// See [`LogError`]. After [`LogError::Flash`] open the log again.
    pub async fn append(
        &mut self,
        lane: Lane,
        stamp: &Stamp,
        entries: &[Entry],
    ) -> Result<u32, LogError<F::Error>> {
        if self.poisoned {
            return Err(LogError::Poisoned);
        }
        if entries.is_empty() || entries.len() > MAX_ENTRIES {
            return Err(LogError::EntryCount);
        }
        self.poisoned = true;
        let [main, critical] = &mut self.lanes;
        let ring = match lane {
            Lane::Main => main,
            Lane::Critical => critical,
        };
        let number =
            ring.append(&mut self.flash, &self.provider, &self.kek, stamp, entries).await?;
        self.poisoned = false;
        Ok(number)
    }

    /// Writes what waits in a queue, the critical lane first, as far as the rate limits allow. What they hold back stays in
    /// the queue, where equal events become one and what does not fit is counted. Returns how many events were written.
    ///
    /// # Errors
    ///
    /// See [`LogError`]. What was not written stays in the queue.
    pub async fn drain<const N: usize>(
        &mut self,
        queue: &mut EventQueue<N>,
        clock: &mut impl Clock,
    ) -> Result<usize, LogError<F::Error>> {
        let uptime_ms = clock.uptime_ms();
        queue.set_uptime_ms(uptime_ms);
        if self.damage() > 0 && !self.damage_told {
            queue.event(Event::new(
                EventKind::LogDamaged,
                Severity::Critical,
                Source::Log,
                self.damage(),
            ));
            self.damage_told = true;
        }
        let mut written = 0_usize;
        for lane in [Lane::Critical, Lane::Main] {
            loop {
                let allowed = self.rate(lane).available(uptime_ms);
                let lost = queue.lost(lane);
                let mut entries = [notice(EventKind::EventsLost, lost, uptime_ms); MAX_ENTRIES];
                let mut count = queue.oldest(lane, &mut entries).min(usize::from(allowed));
                let waiting = count;
                if waiting == 0 && self.ring(lane).undone {
                    entries = [notice(EventKind::StoreRecovered, 0, uptime_ms); MAX_ENTRIES];
                    count = 1;
                } else if waiting == 0 && lost > 0 {
                    count = usize::from(allowed.min(1));
                }
                if count == 0 {
                    break;
                }
                let stamp = Stamp {
                    boot: self.boot,
                    uptime_ds: deciseconds(uptime_ms),
                    wall: clock.wall(),
                    lost,
                };
                self.append(lane, &stamp, entries.get(..count).unwrap_or_default()).await?;
                queue.written(lane, waiting, lost);
                self.rate(lane).spend(count);
                written = written.saturating_add(count);
            }
        }
        Ok(written)
    }

    fn rate(&mut self, lane: Lane) -> &mut Rate {
        let [main, critical] = &mut self.rates;
        match lane {
            Lane::Main => main,
            Lane::Critical => critical,
        }
    }

    /// Erases every record for a factory reset. Only the key chain and the numbers live on: they tell nothing of a person.
    ///
    /// # Errors
    ///
    /// See [`LogError`].
    ///
    /// # Power loss
    ///
    /// Cut anywhere: open, then wipe again.
    pub async fn wipe(&mut self) -> Result<(), LogError<F::Error>> {
        if self.poisoned {
            return Err(LogError::Poisoned);
        }
        self.poisoned = true;
        for ring in &mut self.lanes {
            ring.wipe(&mut self.flash, &self.provider, &self.kek).await?;
        }
        self.poisoned = false;
        Ok(())
    }

    /// Gives the flash back.
    pub fn into_flash(self) -> F {
        self.flash
    }
}

/// What the log has to say of itself.
fn notice(kind: EventKind, detail: u16, uptime_ms: u64) -> Entry {
    let severity = if detail > 0 { Severity::Warning } else { Severity::Notice };
    Entry::once(Event::new(kind, severity, Source::Log, detail), deciseconds(uptime_ms))
}

fn start<F: SafeFlash>(
    flash: &F,
    provider: &impl HmacSha256,
    root: &mut impl RootKey,
    config: &LogConfig,
) -> Result<(Siv, [Geometry; 2]), LogError<F::Error>> {
    let lanes = Geometry::lanes(flash, config).ok_or(LogError::Geometry)?;
    let mut wrapping = Secret::zeroed();
    root.derive(Label::LogEpoch.as_bytes(), wrapping.expose_mut())
        .map_err(|_| LogError::RootKey)?;
    let kek = cipher(provider, &wrapping).map_err(|_| LogError::RootKey)?;
    Ok((kek, lanes))
}
