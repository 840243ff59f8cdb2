//! The offline queue.

use gabion_crypto::{HmacSha256, Secret};
use gabion_flash::SafeFlash;
use gabion_hal::{Clock, Event, EventKind, EventSink, Severity, Source};

use crate::format::MAX_MESSAGE;
use crate::lane::{Front, Kept, Lane};
use crate::pages::Pages;
use crate::scan::Access;
use crate::seal::Keys;
use crate::{DropPolicy, LaneConfig, QueueError};

/// How urgent a message is. Each priority has pages, order and a wear budget of its own: none can push another out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Priority {
    /// Alarms.
    Urgent = 0,
    /// What a user waits for.
    Normal = 1,
    /// Measurements, statistics.
    Bulk = 2,
}

impl Priority {
    /// Every priority, most urgent first.
    pub const ALL: [Self; 3] = [Self::Urgent, Self::Normal, Self::Bulk];
}

/// The name of a message: the same at each attempt and after each restart, and never given to another message.
///
/// Send it along: a server that remembers the highest number of each `(queue, priority)` drops what comes twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageId {
    /// Which queue: another after a factory reset. A fingerprint of its key that tells nothing of it.
    pub queue: u32,
    /// The priority.
    pub priority: Priority,
    /// Rises with each message of a priority. Numbers may be missing.
    pub number: u32,
}

/// A message that waits.
#[derive(Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Its name.
    pub id: MessageId,
    /// What was put in.
    pub body: &'a [u8],
}

/// What became of an acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acknowledged {
    /// It is on flash, and so are all before it: never sent again.
    Kept,
    /// RAM knows; the flash is told with a later one or by [`Queue::flush`]. A power cut before that sends the message again.
    Held,
    /// It was acknowledged before.
    Already,
}

/// How a queue uses its flash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueConfig {
    /// The lanes in the order of [`Priority::ALL`].
    pub lanes: [LaneConfig; 3],
    /// After how many acknowledgements of a lane the flash is told. 1: each time. More: less wear, and after a power cut up to
    /// this many messages are sent twice.
    pub acknowledge_every: u32,
}

impl QueueConfig {
    /// Three pages for urgent messages and the same for normal ones, 8 for bulk; full lanes keep urgent messages and give up the
    /// oldest of the others; at most 8, 8 and 16 erases a day; the flash is told of each 8th acknowledgement.
    pub const DEFAULT: Self = Self {
        lanes: [
            LaneConfig::per_day(3, DropPolicy::Newest, 8),
            LaneConfig::per_day(3, DropPolicy::Oldest, 8),
            LaneConfig::per_day(8, DropPolicy::Oldest, 16),
        ],
        acknowledge_every: 8,
    };
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What was lost, per priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Statistics {
    /// Given up for newer ones, in the life of the queue. Counts message numbers, so one that a power cut burnt counts too.
    pub dropped: [u32; 3],
    /// Refused for want of room or of wear budget. On flash with the next mark; a power cut forgets those since.
    pub refused: [u32; 3],
    /// Found changed on flash, since this start.
    pub damaged: [u32; 3],
}

/// Messages wait on flash until a server has acknowledged them.
///
/// # Power loss
///
/// A message whose [`put`](Queue::put) returned `Ok` is there after every cut, until it is acknowledged, or dropped by the policy
/// of its lane, which is counted. One that was cut is there whole or not at all. An acknowledgement that was
/// [`Kept`](Acknowledged::Kept) stays. A `put` that was cut while it gave up the oldest page may have given it up already.
///
/// # Security
///
/// Sealed and authenticated under a key that a factory reset destroys ([`QUEUE_KEY`](crate::QUEUE_KEY)). Who writes to the flash
/// can delete messages, or bring an older state back, in which acknowledged ones wait again; not forge or read one.
pub struct Queue<F, P> {
    flash: F,
    provider: P,
    keys: Keys,
    lanes: [Lane; 3],
    acknowledge_every: u32,
    told: [u32; 3],
    poisoned: bool,
}

impl<F, P> core::fmt::Debug for Queue<F, P> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Queue").field("queue", &self.keys.queue).finish_non_exhaustive()
    }
}

macro_rules! access {
    ($queue:ident) => {
        &mut Access { flash: &mut $queue.flash, hmac: &$queue.provider, keys: &$queue.keys }
    };
}

impl<F: SafeFlash, P: HmacSha256> Queue<F, P> {
    /// Makes an empty queue over whatever the region holds.
    ///
    /// The key is random and *new*: an old one would give names of messages a second time. Keep it in the sealed store under
    /// [`QUEUE_KEY`](crate::QUEUE_KEY) before this call. Cut half-way: format again.
    ///
    /// # Errors
    ///
    /// [`QueueError::Geometry`], [`QueueError::Flash`].
    pub async fn format(
        mut flash: F,
        provider: P,
        key: &Secret<[u8; 32]>,
        config: &QueueConfig,
        clock: &mut impl Clock,
    ) -> Result<Self, QueueError<F::Error>> {
        let [a, b, c] = Pages::lanes(&flash, config).ok_or(QueueError::Geometry)?;
        for pages in [&a, &b, &c] {
            erase(&mut flash, pages).await.map_err(QueueError::Flash)?;
        }
        let keys = Keys::derive(&provider, key);
        let now = clock.uptime_ms();
        let mut access = Access { flash: &mut flash, hmac: &provider, keys: &keys };
        let [of_a, of_b, of_c] = config.lanes;
        let lanes = async {
            Ok([
                Lane::format(&mut access, 0, a, of_a, now).await?,
                Lane::format(&mut access, 1, b, of_b, now).await?,
                Lane::format(&mut access, 2, c, of_c, now).await?,
            ])
        };
        let lanes = lanes.await.map_err(QueueError::Flash)?;
        Ok(Self::assemble(flash, provider, keys, lanes, config))
    }

    /// Opens the queue and makes the outcome of what a power cut interrupted certain.
    ///
    /// # Errors
    ///
    /// See [`QueueError`]. [`QueueError::Blank`] and [`QueueError::Unreadable`] are never answered by formatting silently.
    pub async fn open(
        mut flash: F,
        provider: P,
        key: &Secret<[u8; 32]>,
        config: &QueueConfig,
        clock: &mut impl Clock,
    ) -> Result<Self, QueueError<F::Error>> {
        let [a, b, c] = Pages::lanes(&flash, config).ok_or(QueueError::Geometry)?;
        let keys = Keys::derive(&provider, key);
        let now = clock.uptime_ms();
        let mut access = Access { flash: &mut flash, hmac: &provider, keys: &keys };
        let [of_a, of_b, of_c] = config.lanes;
        let opened = [
            Lane::open(&mut access, 0, a, of_a, now).await,
            Lane::open(&mut access, 1, b, of_b, now).await,
            Lane::open(&mut access, 2, c, of_c, now).await,
        ];
        let lanes = match opened {
            [Ok(a), Ok(b), Ok(c)] => [a, b, c],
            [Err(QueueError::Blank), Err(QueueError::Blank), Err(QueueError::Blank)] => {
                return Err(QueueError::Blank);
            }
            // One lane alone is blank only after a format that was cut, or tampering.
            [a, b, c] => {
                let mut errors = [a.err(), b.err(), c.err()].into_iter().flatten();
                let flash = errors.find(|error| matches!(error, QueueError::Flash(_)));
                return Err(flash.unwrap_or(QueueError::Unreadable));
            }
        };
        Ok(Self::assemble(flash, provider, keys, lanes, config))
    }

    fn assemble(flash: F, provider: P, keys: Keys, lanes: [Lane; 3], config: &QueueConfig) -> Self {
        let acknowledge_every = config.acknowledge_every.max(1);
        let mut queue =
            Self { flash, provider, keys, lanes, acknowledge_every, told: [0; 3], poisoned: false };
        // What earlier boots lost they told.
        let [dropped, refused, _] = queue.losses();
        queue.told = [dropped, refused, 0];
        queue
    }

    /// Puts a message at the end of its lane.
    ///
    /// # Errors
    ///
    /// See [`QueueError`]. [`QueueError::Full`] and [`QueueError::WearBudget`] are counted and leave the queue as it was.
    pub async fn put(
        &mut self,
        priority: Priority,
        body: &[u8],
        clock: &mut impl Clock,
    ) -> Result<MessageId, QueueError<F::Error>> {
        if body.is_empty() || body.len() > MAX_MESSAGE {
            return Err(QueueError::Length);
        }
        self.enter()?;
        let now = clock.uptime_ms();
        let lane = of(&mut self.lanes, priority);
        let done = lane.put(access!(self), body, now).await;
        let number = self.leave(done)?;
        Ok(MessageId { queue: self.keys.queue, priority, number })
    }

    /// Reads the oldest message of the most urgent lane that has one. It stays until it is
    /// [acknowledged](Queue::acknowledge).
    ///
    /// # Errors
    ///
    /// [`QueueError::Buffer`]; see [`QueueError`].
    pub async fn peek<'b>(
        &mut self,
        buffer: &'b mut [u8],
    ) -> Result<Option<Message<'b>>, QueueError<F::Error>> {
        self.enter()?;
        for priority in Priority::ALL {
            let lane = of(&mut self.lanes, priority);
            let front = lane.front(access!(self)).await.map_err(QueueError::Flash)?;
            if let Some(front) = front {
                let done = self.read(priority, front, buffer).await;
                return self.leave(done);
            }
        }
        self.poisoned = false;
        Ok(None)
    }

    /// Reads the message behind another one of the same priority, for sending several before the first answer.
    ///
    /// # Errors
    ///
    /// [`QueueError::Unknown`] for the id of another queue; see [`QueueError`].
    pub async fn peek_after<'b>(
        &mut self,
        id: MessageId,
        buffer: &'b mut [u8],
    ) -> Result<Option<Message<'b>>, QueueError<F::Error>> {
        if id.queue != self.keys.queue {
            return Err(QueueError::Unknown);
        }
        self.enter()?;
        let lane = of(&mut self.lanes, id.priority);
        let found = lane.behind(access!(self), id.number).await.map_err(QueueError::Flash)?;
        let done = match found {
            Some(front) => self.read(id.priority, front, buffer).await,
            None => Ok(None),
        };
        self.leave(done)
    }

    async fn read<'b>(
        &mut self,
        priority: Priority,
        front: Front,
        buffer: &'b mut [u8],
    ) -> Result<Option<Message<'b>>, QueueError<F::Error>> {
        let lane = of(&mut self.lanes, priority);
        let len = lane.read(access!(self), front, buffer).await?;
        let id = MessageId { queue: self.keys.queue, priority, number: front.number };
        let body = len.and_then(|len| buffer.get(..len));
        Ok(body.map(|body| Message { id, body }))
    }

    /// Takes note that the server has the message. Only the oldest of a lane can be acknowledged, so that none is forgotten.
    ///
    /// # Errors
    ///
    /// [`QueueError::OutOfOrder`], [`QueueError::Unknown`]; see [`QueueError`].
    pub async fn acknowledge(
        &mut self,
        id: MessageId,
        clock: &mut impl Clock,
    ) -> Result<Acknowledged, QueueError<F::Error>> {
        if id.queue != self.keys.queue {
            return Err(QueueError::Unknown);
        }
        self.enter()?;
        let now = clock.uptime_ms();
        let every = self.acknowledge_every;
        let lane = of(&mut self.lanes, id.priority);
        let access = access!(self);
        let done = async {
            if !lane.acknowledge(access, id.number).await? {
                return Ok(Acknowledged::Already);
            }
            if lane.unkept() < every {
                return Ok(Acknowledged::Held);
            }
            Ok(match lane.keep(access, now).await? {
                Kept::Yes => Acknowledged::Kept,
                Kept::No => Acknowledged::Held,
            })
        };
        let done = done.await;
        self.leave(done)
    }

    /// Tells the flash of every acknowledgement. Before a planned restart, before sleep, and when the queue is empty.
    ///
    /// [`Held`](Acknowledged::Held) when a full lane has no place for it yet: acknowledge more.
    ///
    /// # Errors
    ///
    /// See [`QueueError`].
    pub async fn flush(
        &mut self,
        clock: &mut impl Clock,
    ) -> Result<Acknowledged, QueueError<F::Error>> {
        self.enter()?;
        let now = clock.uptime_ms();
        let mut all = Acknowledged::Kept;
        for priority in Priority::ALL {
            let lane = of(&mut self.lanes, priority);
            let kept = lane.keep(access!(self), now).await?;
            if kept == Kept::No {
                all = Acknowledged::Held;
            }
        }
        self.poisoned = false;
        Ok(all)
    }

    /// Returns how many messages of a priority wait. A number that a power cut burnt counts until it is passed.
    #[must_use]
    pub fn pending(&self, priority: Priority) -> u32 {
        self.lanes.get(priority as usize).map_or(0, Lane::pending)
    }

    /// Returns what was lost.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        let [a, b, c] = [0, 1, 2].map(|at| self.lanes.get(at).map_or([0; 3], Lane::losses));
        let of = |what: usize| [a, b, c].map(|lane| lane.get(what).copied().unwrap_or(0));
        Statistics { dropped: of(0), refused: of(1), damaged: of(2) }
    }

    fn losses(&self) -> [u32; 3] {
        let Statistics { dropped, refused, damaged } = self.statistics();
        let sum = |all: [u32; 3]| all.into_iter().fold(0_u32, u32::saturating_add);
        [sum(dropped), sum(refused), sum(damaged)]
    }

    /// Tells what was lost since it last told, as one event. Call it now and then.
    pub fn tell(&mut self, events: &mut impl EventSink) {
        let now = self.losses();
        let fresh = now.iter().zip(&self.told).map(|(now, then)| now.saturating_sub(*then));
        let fresh = fresh.fold(0_u32, u32::saturating_add);
        if fresh > 0 {
            let detail = u16::try_from(fresh).unwrap_or(u16::MAX);
            events.event(Event::new(
                EventKind::MessagesLost,
                Severity::Warning,
                Source::Link,
                detail,
            ));
        }
        self.told = now;
    }

    /// Erases everything, for a factory reset. Destroying [`QUEUE_KEY`](crate::QUEUE_KEY) makes it unreadable at once; this
    /// clears the cells too. Cut half-way: erase again. Then [`format`](Queue::format) with a new key.
    ///
    /// # Errors
    ///
    /// [`QueueError::Flash`].
    pub async fn wipe(mut self) -> Result<F, QueueError<F::Error>> {
        for lane in &self.lanes {
            erase(&mut self.flash, &lane.pages).await.map_err(QueueError::Flash)?;
        }
        Ok(self.flash)
    }

    /// Gives the flash back.
    pub fn into_flash(self) -> F {
        self.flash
    }

    fn enter(&mut self) -> Result<(), QueueError<F::Error>> {
        if self.poisoned {
            return Err(QueueError::Poisoned);
        }
        self.poisoned = true;
        Ok(())
    }

    fn leave<T>(
        &mut self,
        done: Result<T, QueueError<F::Error>>,
    ) -> Result<T, QueueError<F::Error>> {
        self.poisoned = matches!(done, Err(QueueError::Flash(_)));
        done
    }
}

fn of(lanes: &mut [Lane; 3], priority: Priority) -> &mut Lane {
    let [urgent, normal, bulk] = lanes;
    match priority {
        Priority::Urgent => urgent,
        Priority::Normal => normal,
        Priority::Bulk => bulk,
    }
}

async fn erase<F: SafeFlash>(flash: &mut F, pages: &Pages) -> Result<(), F::Error> {
    for place in 0..pages.count {
        let from = pages.address(place);
        flash.erase(from, from.saturating_add(pages.size)).await?;
    }
    Ok(())
}
