//! The store: what it holds in RAM, and the [`Storage`] that others see.

use gabion_crypto::{Aead, HmacSha256, Secret};
use gabion_flash::SafeFlash;
use gabion_hal::MonotonicCounter;
use gabion_profile::{Class, Parameter, Protection};

use crate::append::{Head, RESERVE};
use crate::chain::{Chain, PageName};
use crate::format::{HEADER, Kind, MAX_LEN, MAX_WORD, PageHeader, Record, VALUE};
use crate::index::{Index, Location};
use crate::nonce::NonceKey;
use crate::record::Keys;
use crate::{Change, Config, Storage, StorageError, Wear};

pub(crate) type Failure<F> =
    StorageError<<F as embedded_storage_async::nor_flash::ErrorType>::Error>;

/// A sealed store on a region of journaled flash.
///
/// `P` carries the algorithms, `C` is the chip's counter (or [`NoCounter`](gabion_hal::NoCounter)), `KEYS` is the number of
/// keys that the index has room for, `RECORD` the bytes of the one buffer: the longest value and [`Config::record_size`] more.
pub struct Store<F, P: Aead, C, const KEYS: usize, const RECORD: usize> {
    pub(crate) flash: F,
    pub(crate) counter: C,
    pub(crate) config: Config,
    /// Bytes that live records may take, entries included: what the collector can always pack.
    pub(crate) capacity: u32,
    /// Bytes that can be written before the collector must have been round once.
    pub(crate) slack: u32,
    /// Data pages.
    pub(crate) pages: u32,
    pub(crate) root: Secret<[u8; 32]>,
    /// What this boot drew from the random source, bound to the chip.
    pub(crate) boot: Secret<[u8; 32]>,
    /// Whether the random source worked at this boot.
    pub(crate) has_entropy: bool,
    pub(crate) chain: Chain,
    pub(crate) nonce: NonceKey,
    pub(crate) keys: Keys<P>,
    pub(crate) index: Index<KEYS>,
    pub(crate) head: Head,
    /// Number of the oldest page that is live.
    pub(crate) oldest: u32,
    /// Commits in the life of the store.
    pub(crate) commits: u32,
    /// Whether the chip has a counter.
    pub(crate) is_anchored: bool,
    /// Work that the collector owes, in bytes.
    pub(crate) debt: u32,
    pub(crate) buffer: Secret<[u8; RECORD]>,
    pub(crate) is_poisoned: bool,
    /// Whether every page that is not live is known to be blank: not while a start still has to look.
    pub(crate) is_tidy: bool,
    pub(crate) wear: Wear,
}

impl<F, P, C, const KEYS: usize, const RECORD: usize> Store<F, P, C, KEYS, RECORD>
where
    F: SafeFlash,
    P: Aead + HmacSha256,
    C: MonotonicCounter,
{
    /// Returns what the store did to its flash since it was opened.
    pub const fn wear(&self) -> Wear {
        self.wear
    }

    /// Returns the bytes that live records take, and the bytes that they may take.
    pub fn usage(&self) -> (u32, u32) {
        (self.index.live(), self.capacity)
    }

    /// Returns the number of commits in the life of the store; where there is a counter, the counter's value.
    pub const fn commits(&self) -> u32 {
        self.commits
    }

    /// Returns where a data page starts in the flash.
    pub(crate) fn page_at(&self, seq: u32) -> u32 {
        let place = seq.checked_rem(self.pages).unwrap_or_default();
        place.saturating_add(2).saturating_mul(Self::SHAPE.page)
    }

    /// Returns how many data pages are blank.
    pub(crate) const fn blank_pages(&self) -> u32 {
        let window = self.head.walk.name.seq.saturating_sub(self.oldest).saturating_add(1);
        self.pages.saturating_sub(window)
    }

    /// Reads a record that the index knows.
    pub(crate) async fn fetch(&mut self, at: Location) -> Result<bool, Failure<F>> {
        let (name, base) = self.page(at.page).await?;
        if self.unseal(&name, base, at.offset, at.record).await? {
            return Ok(true);
        }
        // A flipped bit in the salt would damage a whole page; the header's tag puts it right.
        match self.header(at.page).await? {
            Some(header) if header.salt != name.salt => {
                let name = PageName { seq: at.page, salt: header.salt };
                self.unseal(&name, base, at.offset, at.record).await
            }
            _ => Ok(false),
        }
    }

    /// Reads the header that a page of this number has, if it has.
    pub(crate) async fn header(&mut self, seq: u32) -> Result<Option<PageHeader>, Failure<F>> {
        let mut bytes = [0; 2 * MAX_WORD];
        let len = Self::SHAPE.round_up(HEADER);
        let bytes = bytes.get_mut(..len).unwrap_or_default();
        self.flash.read(self.page_at(seq), bytes).await.map_err(StorageError::Flash)?;
        let header = bytes.first_chunk().and_then(|bytes| PageHeader::parse(bytes, &self.chain));
        Ok(header
            .filter(|header| header.seq.checked_rem(self.pages) == seq.checked_rem(self.pages)))
    }

    /// Returns name and start of a live page.
    pub(crate) async fn page(&mut self, seq: u32) -> Result<(PageName, u32), Failure<F>> {
        let base = self.page_at(seq);
        if seq == self.head.walk.name.seq {
            return Ok((self.head.walk.name, base));
        }
        let mut salt = [0; MAX_WORD];
        let word = Self::SHAPE.word as usize;
        // The salt is bytes 8 to 15 of the header.
        let from = 8_usize.checked_div(word).unwrap_or_default().saturating_mul(word);
        let len = Self::SHAPE.round_up(16).saturating_sub(from);
        let bytes = salt.get_mut(..len).unwrap_or_default();
        self.flash
            .read(base.saturating_add(from as u32), bytes)
            .await
            .map_err(StorageError::Flash)?;
        let salt = bytes.get(8_usize.saturating_sub(from)..).and_then(|salt| salt.first_chunk());
        Ok((PageName { seq, salt: salt.copied().unwrap_or_default() }, base))
    }

    fn check(&self, parameter: &'static Parameter) -> Result<(), Failure<F>> {
        let is_it = |p: &Parameter| p.id == parameter.id && p.max_len == parameter.max_len;
        let known = self.config.registry.iter().any(|list| list.iter().any(is_it));
        if known { Ok(()) } else { Err(StorageError::Unregistered) }
    }

    /// Returns the record of a change, or `None` where there is nothing to do.
    fn record_of(&self, changes: &[Change<'_>], at: usize) -> Result<Option<Record>, Failure<F>> {
        let Some((change, later)) = changes.get(at..).and_then(<[_]>::split_first) else {
            return Ok(None);
        };
        let parameter = change.parameter();
        self.check(parameter)?;
        let id = parameter.id.raw();
        // Of two changes of one key in a commit the later one counts.
        if later.iter().any(|later| later.parameter().id.raw() == id) {
            return Ok(None);
        }
        let is_there = || self.index.get(id).is_some_and(|at| at.record.kind != Kind::Removed);
        let (len, kind) = match (change.value(), parameter.protection) {
            (Some(value), protection) => {
                let len = u16::try_from(value.len()).map_err(|_| StorageError::TooLong)?;
                if len > parameter.max_len || len > MAX_LEN {
                    return Err(StorageError::TooLong);
                }
                let public = protection == Protection::Public;
                (len, if public { Kind::Public } else { Kind::Critical })
            }
            (None, _) if is_there() => (0, Kind::Removed),
            (None, _) => return Ok(None),
        };
        if self.keys.vault.key(parameter.class.number(), u32::MAX).is_none() {
            return Err(StorageError::ClassDestroyed);
        }
        Ok(Some(Record { id, len, kind, more: false, copy: false }))
    }

    /// Checks a commit.
    fn measure(&self, changes: &[Change<'_>]) -> Result<Batch, Failure<F>> {
        let mut batch = Batch { bodies: 0, entries: 0, last: None };
        let (mut grows, mut shrinks, mut news) = (0_u32, 0_u32, 0_usize);
        for at in 0..changes.len() {
            if let Some(record) = self.record_of(changes, at)? {
                batch.bodies = batch.bodies.saturating_add(Self::SHAPE.body(record.len));
                batch.entries = batch.entries.saturating_add(1);
                batch.last = Some((at, record));
                match self.index.get(record.id) {
                    Some(old) if old.record.kind == Kind::Removed => {}
                    Some(old) => {
                        shrinks = shrinks.saturating_add(Self::SHAPE.record(old.record.len));
                    }
                    None => news = news.saturating_add(1),
                }
                if record.kind != Kind::Removed {
                    grows = grows.saturating_add(Self::SHAPE.record(record.len));
                }
            }
        }
        if news > 0 && news > self.index.free() {
            return Err(StorageError::Full);
        }
        let total = batch.entries.saturating_mul(Self::SHAPE.stride());
        let total = total.saturating_add(batch.bodies);
        if total > crate::plan::batch_limit(Self::SHAPE) {
            return Err(StorageError::TooLong);
        }
        let live = self.index.live();
        let after = live.saturating_sub(shrinks).saturating_add(grows);
        if after > live && after > self.capacity {
            return Err(StorageError::Full);
        }
        Ok(batch)
    }

    // What is seldom needed is asked for before it is called: building its future costs more than the question.
    async fn commit_now(&mut self, changes: &[Change<'_>], batch: Batch) -> Result<(), Failure<F>> {
        if !self.has_room(batch.bodies, batch.entries, RESERVE) {
            self.make_room(batch.bodies, batch.entries).await?;
        }
        if self.head.is_unsure {
            self.restate().await?;
        }
        let mut left = batch.entries;
        for (at, change) in changes.iter().enumerate() {
            let record = match batch.last {
                Some((place, record)) if place == at => record,
                Some((place, _)) if place < at || batch.entries == 1 => continue,
                _ => match self.record_of(changes, at)? {
                    Some(record) => record,
                    None => continue,
                },
            };
            left = left.saturating_sub(1);
            let value = change.value().unwrap_or_default();
            let end = VALUE.saturating_add(value.len());
            let slot = self.buffer.expose_mut().get_mut(VALUE..end);
            copy(slot.ok_or(StorageError::TooLong)?, value);
            let new = self.write_record(Record { more: left > 0, ..record }).await?;
            if !self.index.set(Self::SHAPE, new) {
                return Err(StorageError::Poisoned);
            }
        }
        self.commits = self.commits.saturating_add(1);
        self.advance_counter()?;
        if self.is_to_scrub(changes) {
            self.scrub_commit(changes).await?;
        }
        if self.is_time_to_collect() {
            return self.pace(batch.bodies).await;
        }
        self.debt = 0;
        Ok(())
    }
}

/// What a commit comes to.
#[derive(Clone, Copy)]
struct Batch {
    /// Bytes of its bodies.
    bodies: u32,
    entries: u32,
    /// The last record and the place of its change.
    last: Option<(usize, Record)>,
}

/// Copies as much as there is. Not `copy_from_slice`: the compiler does not see that the lengths are equal and keeps its panic.
fn copy(to: &mut [u8], from: &[u8]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
}

impl<F, P, C, const KEYS: usize, const RECORD: usize> Storage for Store<F, P, C, KEYS, RECORD>
where
    F: SafeFlash,
    P: Aead + HmacSha256,
    C: MonotonicCounter,
{
    type FlashError = F::Error;

    async fn read(
        &mut self,
        parameter: &'static Parameter,
        out: &mut [u8],
    ) -> Result<Option<usize>, Failure<F>> {
        self.check(parameter)?;
        if self.is_poisoned {
            return Err(StorageError::Poisoned);
        }
        if self.keys.vault.key(parameter.class.number(), u32::MAX).is_none() {
            return Err(StorageError::ClassDestroyed);
        }
        let Some(at) = self.index.get(parameter.id.raw()) else { return Ok(None) };
        let len = usize::from(at.record.len);
        match at.record.kind {
            Kind::Removed => return Ok(None),
            Kind::Damaged => return Err(StorageError::Damaged),
            Kind::Critical | Kind::Public => {}
        }
        let public = parameter.protection == Protection::Public;
        if public != (at.record.kind == Kind::Public) {
            return Err(StorageError::Damaged);
        }
        let Some(target) = out.get_mut(..len) else {
            return Err(StorageError::BufferTooSmall(len));
        };
        if !self.fetch(at).await? {
            return Err(StorageError::Damaged);
        }
        let end = VALUE.saturating_add(len);
        if let Some(value) = self.buffer.expose().get(VALUE..end) {
            copy(target, value);
        }
        self.wipe();
        Ok(Some(len))
    }

    async fn commit(&mut self, changes: &[Change<'_>]) -> Result<(), Failure<F>> {
        if self.is_poisoned {
            return Err(StorageError::Poisoned);
        }
        let batch = self.measure(changes)?;
        if batch.entries == 0 {
            return Ok(());
        }
        self.check_counter()?;
        // Stays so if anything fails, or the future is dropped half-way: only `open` can tell what stands on flash then.
        self.is_poisoned = true;
        let done = self.commit_now(changes, batch).await;
        if done.is_err() {
            // After `Ok` the buffer holds what stands on flash, sealed.
            self.wipe();
        }
        self.is_poisoned = !matches!(done, Ok(()) | Err(StorageError::Full));
        done
    }

    async fn erase_class(&mut self, class: Class) -> Result<(), Failure<F>> {
        if self.is_poisoned {
            return Err(StorageError::Poisoned);
        }
        self.check_counter()?;
        self.is_poisoned = true;
        self.erase_class_now(class.number()).await?;
        self.is_poisoned = false;
        Ok(())
    }
}
