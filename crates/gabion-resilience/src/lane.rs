//! One priority: a ring of pages, messages in order, a number for each.

use gabion_crypto::HmacSha256;
use gabion_flash::SafeFlash;

use crate::bucket::Bucket;
use crate::format::{Kind, MARK, Mark, PageHeader};
use crate::pages::Pages;
use crate::scan::{Access, Beginning, Block, Found, Place};
use crate::{DropPolicy, LaneConfig, QueueError};

/// How far ahead of the known end a damaged head may push the numbers.
const NEAR: u32 = 4096;

/// Where a look begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) page: u32,
    pub(crate) at: u32,
}

/// A message that was found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Front {
    pub(crate) number: u32,
    pub(crate) here: Position,
    next: Position,
    /// Numbers before it that no message has any more.
    gap: u32,
}

/// Whether the flash knows what was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    Yes,
    No,
}

pub(crate) struct Lane {
    number: u8,
    pub(crate) pages: Pages,
    config: LaneConfig,
    /// The page in use and the oldest one, counted over the life of the lane.
    page: u32,
    oldest: u32,
    /// Where the next record goes.
    at: u32,
    /// Number of the next message.
    next: u32,
    /// What stands on flash, and the counts.
    mark: Mark,
    /// Every message up to this number is acknowledged, as far as RAM knows.
    held: u32,
    budget: Bucket,
    /// The page in use takes no more: another was begun and cut.
    must_turn: bool,
    from: Position,
    front: Option<Front>,
    damaged: u32,
}

/// What the scan of the newest page found.
struct Tail {
    last: Option<(Kind, u32, bool)>,
    used: u32,
    rubbish: bool,
    shape: u32,
}

impl Lane {
    /// Writes the first page of a lane, all of whose pages are erased.
    pub(crate) async fn format<F: SafeFlash, P: HmacSha256>(
        access: &mut Access<'_, F, P>,
        number: u8,
        pages: Pages,
        config: LaneConfig,
        now: u64,
    ) -> Result<Self, F::Error> {
        let tokens = config.erases.burst;
        let header = PageHeader { lane: number, tokens, page: 0, first: 1, mark: Mark::default() };
        access.begin_erased(&pages, &header).await?;
        Ok(Self::begun(pages, config, &header, now))
    }

    fn begun(pages: Pages, config: LaneConfig, header: &PageHeader, now: u64) -> Self {
        let from = Position { page: header.page, at: pages.start() };
        Self {
            number: header.lane,
            pages,
            config,
            page: header.page,
            oldest: header.page,
            at: pages.start(),
            next: header.first,
            mark: Mark { void: 0, ..header.mark },
            held: header.mark.acked,
            budget: Bucket::new(header.tokens, now),
            must_turn: false,
            from,
            front: None,
            damaged: 0,
        }
    }

    const fn place(&self, page: u32) -> Place<'_> {
        Place { pages: &self.pages, lane: self.number, page }
    }

    /// Opens a lane and makes the outcome of a write that was cut certain.
    pub(crate) async fn open<F: SafeFlash, P: HmacSha256>(
        access: &mut Access<'_, F, P>,
        number: u8,
        pages: Pages,
        config: LaneConfig,
        now: u64,
    ) -> Result<Self, QueueError<F::Error>> {
        let mut newest: Option<PageHeader> = None;
        let mut blank = true;
        for place in 0..pages.count {
            let found = access.beginning(&pages, number, place).await.map_err(QueueError::Flash)?;
            blank &= found == Beginning::Blank;
            if let Beginning::Header(header) = found
                && newest.is_none_or(|newest| newest.page < header.page)
            {
                newest = Some(header);
            }
        }
        let Some(header) = newest else {
            return Err(if blank { QueueError::Blank } else { QueueError::Unreadable });
        };
        let mut lane = Self::begun(pages, config, &header, now);
        lane.find_oldest(access, header.first).await.map_err(QueueError::Flash)?;
        let ahead = access.beginning(&pages, number, header.page.wrapping_add(1)).await;
        lane.must_turn = ahead.map_err(QueueError::Flash)? == Beginning::Rubbish;
        lane.find_end(access).await.map_err(QueueError::Flash)?;
        Ok(lane)
    }

    /// Finds the oldest page, the page to deliver from, and what a turn that was cut has dropped.
    async fn find_oldest<F: SafeFlash, P: HmacSha256>(
        &mut self,
        access: &mut Access<'_, F, P>,
        newest_first: u32,
    ) -> Result<(), F::Error> {
        let mut first = newest_first;
        let mut start = (newest_first > self.held.saturating_add(1)).then_some(self.page);
        while let Some(older) = self.oldest.checked_sub(1) {
            if self.page.saturating_sub(older) >= self.pages.count {
                break;
            }
            let Some(header) = access.header(self.place(older)).await? else { break };
            self.oldest = older;
            first = header.first;
            if start.is_some() && first <= self.held.saturating_add(1) {
                self.from.page = older;
                start = None;
            }
        }
        if start.is_some() {
            self.from.page = self.oldest;
        }
        let lost = first.saturating_sub(1).saturating_sub(self.held);
        if lost > 0 {
            // The page behind the newest is the one that a turn erases.
            let turned =
                self.page.saturating_sub(self.oldest).saturating_add(2) >= self.pages.count;
            let count = if turned { &mut self.mark.dropped } else { &mut self.damaged };
            *count = count.saturating_add(lost);
            self.held = first.saturating_sub(1);
        }
        Ok(())
    }

    /// Finds the end of the newest page. What a cut left in doubt there does not exist from now on.
    async fn find_end<F: SafeFlash, P: HmacSha256>(
        &mut self,
        access: &mut Access<'_, F, P>,
    ) -> Result<(), F::Error> {
        let tail = self.scan(access).await?;
        let (void, fence) = match tail.last {
            Some((Kind::Message, number, false)) => (number, true),
            _ if tail.rubbish => (self.next, true),
            // The commit might read otherwise next time: the mark says that the message counts.
            Some((Kind::Message, ..) | (Kind::Mark, _, false)) => (0, true),
            Some((Kind::Mark, _, true)) | None => (0, false),
        };
        if tail.rubbish {
            // A number that may ever be read here is never given to another message.
            self.next = self.next.saturating_add(1).max(tail.shape);
        }
        self.at = tail.used;
        if tail.rubbish {
            // The cut word may read as blank, and the commit of what it belongs to must stay so.
            let gap = self.pages.unit.saturating_mul(2);
            self.at = self.at.saturating_add(gap).min(self.pages.size);
        }
        if self.must_turn {
            // If that page held records once, their numbers are not known.
            let place = self.place(self.page.wrapping_add(1));
            if self.holds_records(access, place).await? {
                let most = self.pages.size.checked_div(self.pages.taken(1)).unwrap_or(0);
                self.mark.void = self.next;
                self.next = self.next.saturating_add(most);
                self.damaged = self.damaged.saturating_add(1);
            }
        }
        if void > 0 {
            self.mark.void = void;
        }
        if fence && self.has_room(MARK, 0) {
            self.write_mark(access).await?;
        }
        Ok(())
    }

    async fn scan<F: SafeFlash, P: HmacSha256>(
        &mut self,
        access: &mut Access<'_, F, P>,
    ) -> Result<Tail, F::Error> {
        let start = self.pages.start();
        let mut tail = Tail { last: None, used: start, rubbish: false, shape: 0 };
        let mut block = Block::zeroed();
        let (mut at, end) = (start, self.pages.size);
        while at < end {
            let (found, next) = access.look(self.place(self.page), at, end, &mut block).await?;
            match found {
                Found::Blank => {}
                Found::Rubbish(shape) => {
                    tail.rubbish = true;
                    tail.used = next;
                    let near = self.next..=self.next.saturating_add(NEAR);
                    tail.shape = tail.shape.max(shape.filter(|n| near.contains(n)).unwrap_or(0));
                }
                Found::Record(head, committed, mark) => {
                    tail = Tail {
                        last: Some((head.kind, head.number, committed)),
                        used: next,
                        rubbish: false,
                        shape: 0,
                    };
                    match mark {
                        Some(mark) => {
                            self.next = self.next.max(head.number);
                            self.held = self.held.max(mark.acked);
                            self.mark.acked = self.mark.acked.max(mark.acked);
                            self.mark.dropped = self.mark.dropped.max(mark.dropped);
                            self.mark.refused = self.mark.refused.max(mark.refused);
                        }
                        None => self.next = self.next.max(head.number.saturating_add(1)),
                    }
                }
            }
            at = next;
        }
        Ok(tail)
    }

    async fn holds_records<F: SafeFlash, P: HmacSha256>(
        &self,
        access: &mut Access<'_, F, P>,
        place: Place<'_>,
    ) -> Result<bool, F::Error> {
        let mut block = Block::zeroed();
        let (mut at, end) = (self.pages.start(), self.pages.size);
        while at < end {
            let (found, next) = access.look(place, at, end, &mut block).await?;
            if !matches!(found, Found::Blank) {
                return Ok(true);
            }
            at = next;
        }
        Ok(false)
    }

    /// Whether a body fits into the page in use and leaves some bytes.
    fn has_room(&self, body: usize, leaving: u32) -> bool {
        let end = self.at.saturating_add(self.pages.taken(body)).saturating_add(leaving);
        !self.must_turn && end <= self.pages.size
    }

    async fn write_mark<F: SafeFlash, P: HmacSha256>(
        &mut self,
        access: &mut Access<'_, F, P>,
    ) -> Result<(), F::Error> {
        let mark = Mark { acked: self.held, ..self.mark };
        let what = (Kind::Mark, self.next);
        self.at = access.write(self.place(self.page), self.at, what, &mark.emit()).await?;
        self.mark = Mark { void: 0, ..mark };
        Ok(())
    }

    /// Appends a message and returns its number.
    pub(crate) async fn put<F: SafeFlash, P: HmacSha256>(
        &mut self,
        access: &mut Access<'_, F, P>,
        body: &[u8],
        now: u64,
    ) -> Result<u32, QueueError<F::Error>> {
        let number = self.next;
        let after = number.checked_add(1).ok_or(QueueError::Exhausted)?;
        if !self.has_room(body.len(), self.pages.reserve()) || self.mark.void != 0 {
            let may_drop = self.config.policy == DropPolicy::Oldest;
            let turned = self.turn(access, may_drop, now).await;
            if matches!(turned, Err(QueueError::Full | QueueError::WearBudget)) {
                self.mark.refused = self.mark.refused.saturating_add(1);
            }
            turned?;
        }
        let what = (Kind::Message, number);
        let written = access.write(self.place(self.page), self.at, what, body).await;
        self.at = written.map_err(QueueError::Flash)?;
        self.next = after;
        Ok(number)
    }

    /// Begins the next page; gives its oldest messages up if that is allowed.
    async fn turn<F: SafeFlash, P: HmacSha256>(
        &mut self,
        access: &mut Access<'_, F, P>,
        may_drop: bool,
        now: u64,
    ) -> Result<(), QueueError<F::Error>> {
        let page = self.page.checked_add(1).ok_or(QueueError::Exhausted)?;
        let victim = page.checked_sub(self.pages.count).filter(|victim| *victim >= self.oldest);
        let mut last = self.held;
        if let Some(victim) = victim {
            let follower = self.place(victim.saturating_add(1));
            match access.header(follower).await.map_err(QueueError::Flash)? {
                Some(header) => last = header.first.saturating_sub(1).max(self.held),
                None if may_drop => {}
                None => return Err(QueueError::Full),
            }
        }
        let live = last.saturating_sub(self.held);
        if live > 0 && !may_drop {
            return Err(QueueError::Full);
        }
        if !self.budget.take(self.config.erases, now) {
            return Err(QueueError::WearBudget);
        }
        let dropped = self.mark.dropped.saturating_add(live);
        let mark = Mark { acked: last, dropped, ..self.mark };
        let tokens = self.budget.tokens();
        let header = PageHeader { lane: self.number, tokens, page, first: self.next, mark };
        access.begin(&self.pages, &header).await.map_err(QueueError::Flash)?;
        self.mark = Mark { void: 0, ..mark };
        self.held = last;
        self.page = page;
        self.at = self.pages.start();
        self.must_turn = false;
        if let Some(victim) = victim {
            self.oldest = victim.saturating_add(1);
        }
        if self.from.page < self.oldest {
            self.from = Position { page: self.oldest, at: self.pages.start() };
        }
        self.front = self.front.filter(|front| front.here.page >= self.oldest);
        Ok(())
    }

    /// Finds the first message behind a number. Second: how many numbers on the way no message was ever given for certain.
    async fn find<F: SafeFlash, P: HmacSha256>(
        &self,
        access: &mut Access<'_, F, P>,
        from: Position,
        after: u32,
    ) -> Result<(Option<Front>, u32), F::Error> {
        let mut block = Block::zeroed();
        let mut candidate: Option<Front> = None;
        let mut void = 0_u32;
        let Position { mut page, mut at } = from;
        loop {
            let end = if page == self.page { self.at } else { self.pages.size };
            let (first, next, is_void) = if at >= end {
                if page >= self.page {
                    // What this start could not write down.
                    (self.mark.void, self.next, true)
                } else {
                    page = page.saturating_add(1);
                    at = self.pages.start();
                    match access.header(self.place(page)).await? {
                        Some(header) => (header.mark.void, header.first, false),
                        None => continue,
                    }
                }
            } else {
                let here = Position { page, at };
                let (found, next) = access.look(self.place(page), at, end, &mut block).await?;
                at = next;
                match found {
                    Found::Blank | Found::Rubbish(_) => continue,
                    Found::Record(head, _, Some(mark)) => (mark.void, head.number, false),
                    Found::Record(head, ..) => {
                        if candidate.is_some() {
                            break;
                        }
                        if head.number > after && head.number < self.next {
                            let gap = head.number.saturating_sub(after).saturating_sub(1);
                            let gap = gap.saturating_sub(void);
                            let next = Position { page, at };
                            candidate = Some(Front { number: head.number, here, next, gap });
                        }
                        continue;
                    }
                }
            };
            if first > 0 {
                let voided = first..next;
                candidate = candidate.filter(|front| !voided.contains(&front.number));
                let from = first.max(after.saturating_add(1));
                void = void.saturating_add(next.saturating_sub(from));
            }
            // Before a message that counts, what follows it must be seen: it might say that it does not.
            if is_void || candidate.is_some() {
                break;
            }
        }
        Ok((candidate, void))
    }

    /// Returns the oldest message that is not acknowledged.
    pub(crate) async fn front<F: SafeFlash, P: HmacSha256>(
        &mut self,
        access: &mut Access<'_, F, P>,
    ) -> Result<Option<Front>, F::Error> {
        if self.front.is_some() || self.pending() == 0 {
            return Ok(self.front);
        }
        let (front, void) = self.find(access, self.from, self.held).await?;
        if front.is_none() {
            // Nothing behind it opens: what there was is damaged.
            let lost = self.pending().saturating_sub(void);
            self.damaged = self.damaged.saturating_add(lost);
            self.held = self.next.saturating_sub(1);
        }
        self.front = front;
        Ok(front)
    }

    /// Returns the first message behind another one.
    pub(crate) async fn behind<F: SafeFlash, P: HmacSha256>(
        &mut self,
        access: &mut Access<'_, F, P>,
        number: u32,
    ) -> Result<Option<Front>, F::Error> {
        match self.front(access).await? {
            Some(front) if number < front.number => Ok(Some(front)),
            Some(front) => Ok(self.find(access, front.here, number).await?.0),
            None => Ok(None),
        }
    }

    /// Reads a message that was found into a buffer. Returns its length; `None` when it is not there any more.
    pub(crate) async fn read<F: SafeFlash, P: HmacSha256>(
        &self,
        access: &mut Access<'_, F, P>,
        front: Front,
        buffer: &mut [u8],
    ) -> Result<Option<usize>, QueueError<F::Error>> {
        let mut block = Block::zeroed();
        let Position { page, at } = front.here;
        let look = access.look(self.place(page), at, self.pages.size, &mut block).await;
        let (Found::Record(head, ..), _) = look.map_err(QueueError::Flash)? else {
            return Ok(None);
        };
        let len = usize::from(head.len);
        let body = block.expose().iter().skip(crate::format::HEAD).take(len);
        let to = buffer.get_mut(..len).ok_or(QueueError::Buffer)?;
        to.iter_mut().zip(body).for_each(|(to, from)| *to = *from);
        Ok(Some(len))
    }

    /// Takes the acknowledgement of a message; says whether it was new. RAM only.
    pub(crate) async fn acknowledge<F: SafeFlash, P: HmacSha256>(
        &mut self,
        access: &mut Access<'_, F, P>,
        number: u32,
    ) -> Result<bool, QueueError<F::Error>> {
        if number == 0 || number >= self.next {
            return Err(QueueError::Unknown);
        }
        if number <= self.held {
            return Ok(false);
        }
        let front = self.front(access).await.map_err(QueueError::Flash)?;
        let front = front.filter(|front| front.number == number).ok_or(QueueError::OutOfOrder)?;
        self.held = number;
        self.damaged = self.damaged.saturating_add(front.gap);
        self.from = front.next;
        self.front = None;
        Ok(true)
    }

    /// Writes down what was acknowledged, if there is room.
    pub(crate) async fn keep<F: SafeFlash, P: HmacSha256>(
        &mut self,
        access: &mut Access<'_, F, P>,
        now: u64,
    ) -> Result<Kept, QueueError<F::Error>> {
        if self.unkept() == 0 {
            return Ok(Kept::Yes);
        }
        // One place stays free for the next start.
        if self.has_room(MARK, self.pages.taken(MARK)) {
            self.write_mark(access).await.map_err(QueueError::Flash)?;
            return Ok(Kept::Yes);
        }
        match self.turn(access, false, now).await {
            Ok(()) => Ok(Kept::Yes),
            Err(QueueError::Full | QueueError::WearBudget | QueueError::Exhausted) => Ok(Kept::No),
            Err(error) => Err(error),
        }
    }

    /// Returns how many acknowledgements only RAM knows.
    pub(crate) const fn unkept(&self) -> u32 {
        self.held.saturating_sub(self.mark.acked)
    }

    /// Returns how many messages wait, at most.
    pub(crate) const fn pending(&self) -> u32 {
        self.next.saturating_sub(1).saturating_sub(self.held)
    }

    /// Returns dropped and refused messages in the life of the lane, and damaged ones since the start.
    pub(crate) const fn losses(&self) -> [u32; 3] {
        [self.mark.dropped, self.mark.refused, self.damaged]
    }
}
