//! Replies.

use gabion_codec::CodecError;
use gabion_codec::cbor::{Budget, Encoder};

use crate::format::{HEADER_LEN, Header, Protocol, group};
use crate::{Failure, ImageError, ManagementError};

/// What a reply of ours may hold; the buffer is what limits its bytes.
const BUDGET: Budget = Budget { bytes: usize::MAX, items: 128, depth: 4 };

/// Writes a reply and returns its length.
pub(crate) fn write(
    header: &Header,
    out: &mut [u8],
    body: impl FnOnce(&mut Encoder<'_>) -> Result<(), CodecError>,
) -> Result<usize, Failure> {
    const TOO_LONG: Failure = Failure::Management(ManagementError::TooLong);
    let (head, rest) = out.split_first_chunk_mut::<HEADER_LEN>().ok_or(TOO_LONG)?;
    let mut encoder = Encoder::new(rest);
    body(&mut encoder).map_err(|_| TOO_LONG)?;
    let length = encoder.finish(BUDGET).map_err(|_| TOO_LONG)?.len();
    *head = header.reply(u16::try_from(length).map_err(|_| TOO_LONG)?);
    Ok(length.saturating_add(HEADER_LEN))
}

/// Writes what went wrong.
pub(crate) fn failure(header: &Header, out: &mut [u8], failure: Failure) -> Result<usize, Failure> {
    write(header, out, |encoder| match (failure, header.protocol) {
        (Failure::Management(error), _) => code(encoder, error, None),
        (Failure::Image(error, refusal), Protocol::V1) => {
            code(encoder, error.in_version_1(), refusal.map(|refusal| refusal.name()))
        }
        (Failure::Image(error, _), Protocol::V2) => in_group(encoder, error),
    })
}

fn code(
    encoder: &mut Encoder<'_>,
    error: ManagementError,
    reason: Option<&str>,
) -> Result<(), CodecError> {
    encoder.map(if reason.is_some() { 2 } else { 1 })?;
    encoder.text("rc")?;
    encoder.unsigned(error as u64)?;
    if let Some(reason) = reason {
        encoder.text("rsn")?;
        encoder.text(reason)?;
    }
    Ok(())
}

fn in_group(encoder: &mut Encoder<'_>, error: ImageError) -> Result<(), CodecError> {
    encoder.map(1)?;
    encoder.text("err")?;
    encoder.map(2)?;
    encoder.text("rc")?;
    encoder.unsigned(error as u64)?;
    encoder.text("group")?;
    encoder.unsigned(u64::from(group::IMAGE))
}
