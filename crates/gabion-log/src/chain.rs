//! Which record may follow which (`docs/spec/log.md` §4). The device at start-up and the host use the same rules.

use gabion_crypto::{HmacSha256, Siv};

use crate::Lane;
use crate::format::{MAX_BODY, SealedRecord, Tag, record_context};

/// The end of a chain within one epoch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chain {
    lane: Lane,
    epoch: u32,
    /// Number of the next record.
    pub(crate) next: u32,
    /// Tag of the newest record, or of the page header.
    pub(crate) tag: Tag,
    /// Number of the newest record and the tag before it, for a record whose commit was in doubt.
    older: Option<(u32, Tag)>,
    /// Tag of the record that was refused last.
    refused: Option<Tag>,
}

/// What a record is to the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// The next one.
    Next,
    /// It stands for the one before it, whose commit the power cut left in doubt.
    Replaces,
    /// Authentic, but records before it are missing or were changed.
    AfterGap,
    /// Not authentic here.
    Refused,
}

impl Chain {
    /// Starts behind a page header.
    pub(crate) const fn new(lane: Lane, epoch: u32, first: u32, header: Tag) -> Self {
        Self { lane, epoch, next: first, tag: header, older: None, refused: None }
    }

    /// Returns the full number of a record near the end of the chain, or `None` when it is not near.
    pub(crate) fn number(&self, low: u16) -> Option<u32> {
        let [a, b, ..] = self.next.wrapping_sub(1).to_le_bytes();
        let ahead = low.wrapping_sub(u16::from_le_bytes([a, b]));
        // From the newest record again to 255 numbers on; anything else is no record of this page.
        (ahead <= 0x100).then(|| {
            self.next.checked_sub(1).map_or(u32::from(low), |n| n.saturating_add(u32::from(ahead)))
        })
    }

    /// Takes the next record, opens it into `plain`, and says what it is. The chain moves on.
    pub(crate) fn take(
        &mut self,
        hmac: &impl HmacSha256,
        keys: &Siv,
        record: &SealedRecord,
        plain: &mut [u8; MAX_BODY],
    ) -> Link {
        let Some(number) = self.number(record.number) else {
            return Link::Refused;
        };
        *plain = record.body;
        let Some(body) = plain.get_mut(..usize::from(record.len)) else {
            return Link::Refused;
        };
        keys.apply_stream(hmac, &record.tag, body);
        let accepts = |previous: &Tag| {
            let context = record_context(self.lane, self.epoch, number, record.len, previous);
            keys.accepts(hmac, &context, body, &record.tag)
        };
        let link = match (self.older, self.refused) {
            _ if number >= self.next && accepts(&self.tag) => {
                if number == self.next {
                    Link::Next
                } else {
                    Link::AfterGap
                }
            }
            (Some((newest, before)), _) if number == newest && accepts(&before) => Link::Replaces,
            (_, Some(refused)) if number >= self.next && accepts(&refused) => Link::AfterGap,
            _ => Link::Refused,
        };
        match link {
            Link::Refused => {
                self.refused = Some(record.tag);
                plain.fill(0);
            }
            Link::Replaces => self.tag = record.tag,
            Link::Next | Link::AfterGap => {
                self.older = Some((number, self.tag));
                self.tag = record.tag;
                self.next = number.saturating_add(1);
                self.refused = None;
            }
        }
        link
    }

    /// Passes over the number of a record that was written whole and is not authentic any more: nothing else may take it.
    pub(crate) fn burn(&mut self, record: &SealedRecord) {
        if let Some(number) = self.number(record.number) {
            self.next = self.next.max(number.saturating_add(1));
        }
    }
}
