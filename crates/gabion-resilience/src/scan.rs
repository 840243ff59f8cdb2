//! Reads and writes headers and records. What it hands out is authentic.

use gabion_crypto::{HmacSha256, Secret};
use gabion_flash::SafeFlash;

use crate::format::{
    COMMIT, ERASED, HEAD, HEADER, HEADER_SIGNED, Kind, MARK, MAX_RECORD, MAX_UNIT, Mark,
    PageHeader, RecordHead, TAG, Tag,
};
use crate::pages::{Pages, is_blank};
use crate::seal::Keys;

/// The longest record, padded, with its commit.
const BLOCK: usize = MAX_RECORD.next_multiple_of(MAX_UNIT) + MAX_UNIT;
/// A record in RAM, wiped when it is dropped: messages may be personal data.
pub(crate) type Block = Secret<[u8; BLOCK]>;
/// How far a look for blank units goes at once.
const STRIDE: u32 = 64;
/// A header, padded, its commit, and the unit behind it.
const HEADER_BLOCK: usize = HEADER.next_multiple_of(MAX_UNIT) + 2 * MAX_UNIT;

/// A flash with the keys to it.
pub(crate) struct Access<'a, F, P> {
    pub(crate) flash: &'a mut F,
    pub(crate) hmac: &'a P,
    pub(crate) keys: &'a Keys,
}

/// A page of a lane.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) pages: &'a Pages,
    pub(crate) lane: u8,
    /// Number of the page in the life of the lane.
    pub(crate) page: u32,
}

/// What stands where a page should begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// A header that was written whole.
    Header(PageHeader),
    /// Nothing.
    Blank,
    /// Something else: a header that was cut, or damage.
    Rubbish,
}

/// What stands at an offset.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Found {
    /// Erased units.
    Blank,
    /// No record; if it is shaped like a message, the number that would follow it.
    Rubbish(Option<u32>),
    /// A record, opened into the block; whether its commit was begun; the mark, if it is one.
    Record(RecordHead, bool, Option<Mark>),
}

impl<F: SafeFlash, P: HmacSha256> Access<'_, F, P> {
    /// Reads the header of whatever page lies at a place of the lane's ring.
    pub(crate) async fn beginning(
        &mut self,
        pages: &Pages,
        lane: u8,
        place: u32,
    ) -> Result<Beginning, F::Error> {
        let mut bytes = [ERASED; HEADER_BLOCK];
        let len = pages.start().saturating_add(pages.unit);
        let bytes = bytes.get_mut(..len as usize).unwrap_or_default();
        self.flash.read(pages.address(place), bytes).await?;
        if is_blank(bytes) {
            return Ok(Beginning::Blank);
        }
        // The commit may read as blank after a cut; a record behind it proves as well that the header was written whole.
        let behind = bytes.get(pages.aligned(HEADER) as usize..).unwrap_or_default();
        let whole = !is_blank(behind);
        let Ok((header, tag)) = PageHeader::parse(bytes) else { return Ok(Beginning::Rubbish) };
        let right_place = header.page.checked_rem(pages.count) == place.checked_rem(pages.count);
        let authentic = self.keys.cipher.accepts(self.hmac, b"H", &header.signed(), &tag);
        Ok(if whole && right_place && header.lane == lane && authentic {
            Beginning::Header(header)
        } else {
            Beginning::Rubbish
        })
    }

    /// Returns the header of a page, if it is this page that lies there.
    pub(crate) async fn header(
        &mut self,
        place: Place<'_>,
    ) -> Result<Option<PageHeader>, F::Error> {
        let found = self.beginning(place.pages, place.lane, place.page).await?;
        Ok(match found {
            Beginning::Header(header) if header.page == place.page => Some(header),
            _ => None,
        })
    }

    /// Erases a page and begins it.
    pub(crate) async fn begin(
        &mut self,
        pages: &Pages,
        header: &PageHeader,
    ) -> Result<(), F::Error> {
        let base = pages.address(header.page);
        self.flash.erase(base, base.saturating_add(pages.size)).await?;
        self.begin_erased(pages, header).await
    }

    /// Begins a page that is erased.
    pub(crate) async fn begin_erased(
        &mut self,
        pages: &Pages,
        header: &PageHeader,
    ) -> Result<(), F::Error> {
        let signed: [u8; HEADER_SIGNED] = header.signed();
        let tag = self.keys.cipher.tag(self.hmac, b"H", &signed);
        let mut bytes = [ERASED; HEADER_BLOCK];
        bytes.iter_mut().zip(signed.into_iter().chain(tag)).for_each(|(to, from)| *to = from);
        let len = pages.aligned(HEADER);
        let base = pages.address(header.page);
        self.flash.write(base, bytes.get(..len as usize).unwrap_or_default()).await?;
        self.commit(pages, base.saturating_add(len)).await
    }

    /// Looks at an offset of a page that is below `end`. Returns what is there and where it ends. A record is opened into the
    /// block: its body starts at [`HEAD`].
    pub(crate) async fn look(
        &mut self,
        place: Place<'_>,
        at: u32,
        end: u32,
        block: &mut Block,
    ) -> Result<(Found, u32), F::Error> {
        let pages = place.pages;
        let address = pages.address(place.page).saturating_add(at);
        let unit = pages.unit.max(1);
        let stride = STRIDE.checked_div(unit).unwrap_or(1).saturating_mul(unit);
        let near = stride.min(end.saturating_sub(at));
        let bytes = block.expose_mut().get_mut(..near as usize).unwrap_or_default();
        self.flash.read(address, bytes).await?;
        let blank = bytes.chunks(unit as usize).take_while(|unit| is_blank(unit)).count();
        if blank > 0 {
            let blank = u32::try_from(blank).unwrap_or(1).saturating_mul(unit);
            return Ok((Found::Blank, at.saturating_add(blank)));
        }
        let passed = at.saturating_add(unit);
        let Ok(head) = RecordHead::parse(bytes) else {
            return Ok((Found::Rubbish(None), passed));
        };
        let shape = (head.kind == Kind::Message).then(|| head.number.saturating_add(1));
        let taken = pages.taken(usize::from(head.len));
        let next = at.saturating_add(taken);
        if next > end {
            return Ok((Found::Rubbish(shape), passed));
        }
        let bytes = block.expose_mut().get_mut(..taken as usize).unwrap_or_default();
        self.flash.read(address, bytes).await?;
        let commit = taken.saturating_sub(unit) as usize;
        let committed = bytes.get(commit..).is_some_and(|commit| !is_blank(commit));
        match self.open(place, head, block) {
            Some(body) => {
                let mark = match head.kind {
                    Kind::Mark => Mark::parse(&mut gabion_codec::Reader::new(body)).ok(),
                    Kind::Message => None,
                };
                Ok((Found::Record(head, committed, mark), next))
            }
            None => Ok((Found::Rubbish(shape), passed)),
        }
    }

    /// Opens the record in a block in place and returns its body.
    fn open<'b>(
        &self,
        place: Place<'_>,
        head: RecordHead,
        block: &'b mut Block,
    ) -> Option<&'b [u8]> {
        let rest = block.expose_mut().get_mut(HEAD..)?;
        let (body, rest) = rest.split_at_mut_checked(usize::from(head.len))?;
        let tag: Tag = *rest.first_chunk::<TAG>()?;
        self.keys.cipher.apply_stream(self.hmac, &tag, body);
        let authentic = self.keys.cipher.accepts(self.hmac, &context(place, head), body, &tag);
        authentic.then_some(body)
    }

    /// Writes a record at an offset, and its commit. Returns where the next one goes.
    pub(crate) async fn write(
        &mut self,
        place: Place<'_>,
        at: u32,
        (kind, number): (Kind, u32),
        body: &[u8],
    ) -> Result<u32, F::Error> {
        let pages = place.pages;
        let len = u16::try_from(body.len()).unwrap_or(u16::MAX);
        let head = RecordHead { kind, len, number };
        let mut block = Block::new([ERASED; BLOCK]);
        let tag = self.keys.cipher.tag(self.hmac, &context(place, head), body);
        let all = head.emit().into_iter().chain(body.iter().copied()).chain(tag);
        block.expose_mut().iter_mut().zip(all).for_each(|(to, from)| *to = from);
        if let Some(body) = block.expose_mut().get_mut(HEAD..HEAD.saturating_add(body.len())) {
            self.keys.cipher.apply_stream(self.hmac, &tag, body);
        }
        let size = pages.aligned(head.size());
        let address = pages.address(place.page).saturating_add(at);
        self.flash.write(address, block.expose().get(..size as usize).unwrap_or_default()).await?;
        self.commit(pages, address.saturating_add(size)).await?;
        Ok(at.saturating_add(pages.taken(body.len())))
    }

    async fn commit(&mut self, pages: &Pages, address: u32) -> Result<(), F::Error> {
        let unit = [COMMIT; MAX_UNIT];
        self.flash.write(address, unit.get(..pages.unit as usize).unwrap_or_default()).await
    }
}

/// What binds a record to its place: lane, page, head.
fn context(place: Place<'_>, head: RecordHead) -> [u8; 6 + HEAD] {
    let mut out = [0; 6 + HEAD];
    let all = [b'R', place.lane].into_iter().chain(place.page.to_le_bytes()).chain(head.emit());
    out.iter_mut().zip(all).for_each(|(to, from)| *to = from);
    out
}

const _: () = assert!(MARK <= crate::format::MAX_MESSAGE && STRIDE as usize <= BLOCK);
