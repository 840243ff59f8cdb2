//! Finds and opens the keys that lie on flash (`docs/spec/log.md` §3.3).

use gabion_crypto::{HmacSha256, Secret, Siv};
use gabion_flash::SafeFlash;

use crate::format::{SLOT, SLOT_CLEAR, SlotHead, TAG};
use crate::geometry::Geometry;
use crate::ring::{BLOCK, blank};
use crate::seal::EpochKey;
use crate::{Lane, LogError};

/// Finds the newest key of a lane; says too whether a copy of it was damaged.
pub(crate) async fn find_key<F: SafeFlash>(
    flash: &mut F,
    hmac: &impl HmacSha256,
    kek: &Siv,
    lane: Lane,
    geometry: &Geometry,
) -> Result<(SlotHead, EpochKey, bool), LogError<F::Error>> {
    let mut newest: Option<(SlotHead, Secret<[u8; 32]>, bool)> = None;
    let mut bytes = Secret::new([0; BLOCK]);
    for page in 0..geometry.pages {
        let mut first_refused = false;
        for copy in 0..2 {
            let block =
                bytes.expose_mut().get_mut(..geometry.aligned(SLOT) as usize).unwrap_or_default();
            let address = geometry.address(page).saturating_add(geometry.slot(copy));
            flash.read(address, block).await.map_err(LogError::Flash)?;
            let opened = open_slot(hmac, kek, block).filter(|(head, _)| {
                head.lane == lane && geometry.page_of(head.epoch.wrapping_add(1)) == page
            });
            let Some((head, chain)) = opened else {
                first_refused |= copy == 0 && !geometry.is_blank(block);
                continue;
            };
            if newest.as_ref().is_none_or(|(other, ..)| other.epoch < head.epoch) {
                // The second copy is written after the first: whole behind a bad first means that the first was changed.
                newest = Some((head, chain, first_refused));
            }
        }
    }
    if let Some((head, chain, damaged)) = newest {
        let key = EpochKey::from_chain(hmac, chain).map_err(|_| LogError::NoKey)?;
        return Ok((head, key, damaged));
    }
    for page in 0..geometry.pages {
        if !blank(flash, geometry, page, geometry.page).await.map_err(LogError::Flash)? {
            return Err(LogError::NoKey);
        }
    }
    Err(LogError::Blank)
}

/// Whether a page holds the key of an epoch.
pub(crate) async fn holds_key<F: SafeFlash>(
    flash: &mut F,
    hmac: &impl HmacSha256,
    kek: &Siv,
    geometry: &Geometry,
    page: u32,
    epoch: u32,
) -> Result<bool, LogError<F::Error>> {
    let mut bytes = Secret::new([0; BLOCK]);
    for copy in 0..2 {
        let block =
            bytes.expose_mut().get_mut(..geometry.aligned(SLOT) as usize).unwrap_or_default();
        let address = geometry.address(page).saturating_add(geometry.slot(copy));
        flash.read(address, block).await.map_err(LogError::Flash)?;
        if open_slot(hmac, kek, block).is_some_and(|(head, _)| head.epoch == epoch) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn open_slot(
    hmac: &impl HmacSha256,
    kek: &Siv,
    bytes: &[u8],
) -> Option<(SlotHead, Secret<[u8; 32]>)> {
    let (clear, rest) = bytes.split_at_checked(SLOT_CLEAR)?;
    let head = SlotHead::parse(clear)?;
    let (sealed, rest) = rest.split_first_chunk::<32>()?;
    let tag = rest.first_chunk::<TAG>()?;
    let mut chain = Secret::zeroed();
    chain.expose_mut().copy_from_slice(sealed);
    kek.apply_stream(hmac, tag, chain.expose_mut());
    kek.accepts(hmac, clear, chain.expose(), tag).then_some((head, chain))
}
