//! The transaction: ordered, run, taken up again, finished.

use gabion_crypto::{EcdsaP256Sign, Secret, Sha256};
use gabion_hal::{Clock, Event, EventKind, EventSink, Severity, Source};
use gabion_profile::{Key, Parameter};
use gabion_storage::{Change, Storage, StorageError};

use crate::format::{INTENT, Intent, Phase};
use crate::receipt::{RECEIPT_LEN, mask};
use crate::{
    ERASE_INTENT, ERASE_RECEIPT, EraseError, Plan, Receipt, Regions, ResetTrigger, VolatileMemory,
};

/// What a reset needs beside storage and regions.
#[derive(Debug)]
pub struct Context<'a, P, M, C, V> {
    /// The algorithms.
    pub provider: &'a P,
    /// What forgets only when told.
    pub memory: &'a mut M,
    /// For the time in the receipt.
    pub clock: &'a mut C,
    /// Takes the events of the reset.
    pub events: &'a mut V,
    /// The key of the device's identity, which survives. Without one the reset is done all the same, without a receipt.
    pub device_key: Option<&'a Secret<[u8; 32]>>,
}

/// Witness that a reset stands in the sealed store. Nothing takes it back: restart, or call [`resume`].
#[derive(Debug)]
#[must_use = "a reset is pending: restart the device or resume"]
pub struct Ordered(());

/// Witness that no reset is pending: services may start. Only [`resume`] makes one.
///
/// ```compile_fail
/// let forged = gabion_erase::Clean { finished: false };
/// ```
#[derive(Debug)]
pub struct Clean {
    finished: bool,
}

impl Clean {
    /// Whether a reset was finished in this call. Restart the device then: RAM still knows what flash has forgotten.
    #[must_use]
    pub const fn finished_reset(&self) -> bool {
        self.finished
    }
}

/// The key of a registered parameter that this crate only removes.
#[derive(Clone, Copy)]
struct Registered(&'static Parameter);

impl Key for Registered {
    fn parameter(&self) -> &'static Parameter {
        self.0
    }
}

/// Orders a factory reset. After `Ok` it happens, whatever the power does.
///
/// # Errors
///
/// See [`StorageError`]; nothing was ordered then.
///
/// # Power loss
///
/// Cut before it returns, the reset is ordered or it is not.
pub async fn order<S: Storage>(
    store: &mut S,
    trigger: impl ResetTrigger,
    events: &mut impl EventSink,
) -> Result<Ordered, StorageError<S::FlashError>> {
    let kind = trigger.kind();
    let mut bytes = [0; RECEIPT_LEN];
    let number = match store.get_public(&ERASE_RECEIPT, &mut bytes).await {
        Ok(None) => 1,
        Ok(Some(len)) => Receipt::trusted(bytes.get(..len).unwrap_or_default())
            .map_or(0, |last| last.number.saturating_add(1)),
        // A damaged receipt must not keep anybody from erasing.
        Err(StorageError::Damaged) => 0,
        Err(error) => return Err(error),
    };
    let intent = Intent { phase: Phase::Keys, trigger: kind, number, resumed: 0 };
    store.put(&ERASE_INTENT, &intent.emit()).await?;
    events.event(event(EventKind::ResetStarted, Severity::Notice, u16::from(kind as u8)));
    Ok(Ordered(()))
}

/// Finishes a pending reset, if there is one. Call it at every boot, before anything else uses the store.
///
/// Order: class keys destroyed, RAM wiped, regions erased and read back, receipt signed and stored together with the end of
/// the reset. Interrupted anywhere, the next call does the rest.
///
/// # Errors
///
/// See [`EraseError`]. There is no [`Clean`] then, and nothing may start.
///
/// # Power loss
///
/// Each step can be repeated, and is until the end stands in the store.
pub async fn resume<const N: usize, S, R, P, M, C, V>(
    plan: &Plan<N>,
    store: &mut S,
    regions: &mut R,
    context: Context<'_, P, M, C, V>,
) -> Result<Clean, EraseError<S::FlashError, R::Error>>
where
    S: Storage,
    R: Regions,
    P: Sha256 + EcdsaP256Sign,
    M: VolatileMemory,
    C: Clock,
    V: EventSink,
{
    let worked_on = || plan.regions().iter().filter(|region| region.is_worked_on());
    if let Some(missing) = worked_on().find(|region| !regions.contains(region.name)) {
        return Err(EraseError::Plan(missing.name));
    }
    if regions.count() != worked_on().count() {
        return Err(EraseError::Plan("(one that the plan does not know)"));
    }
    let mut bytes = Secret::<[u8; INTENT]>::zeroed();
    let found = store.get(&ERASE_INTENT, &mut bytes).await.map_err(EraseError::Storage)?;
    let Some(len) = found else { return Ok(Clean { finished: false }) };
    let intent = bytes.expose().get(..len).and_then(Intent::parse).ok_or(EraseError::Unknown)?;
    let Context { provider, memory, clock, events, device_key } = context;
    if intent.resumed > 0 {
        events.event(event(EventKind::ResetResumed, Severity::Notice, intent.resumed));
    }
    let intent = Intent { resumed: intent.resumed.saturating_add(1), ..intent };
    store.put(&ERASE_INTENT, &intent.emit()).await.map_err(EraseError::Storage)?;

    let mut values = 0_u16;
    if intent.phase == Phase::Keys {
        // Classes of which nothing stands in clear come first: their keys are gone within milliseconds.
        for clear in [false, true] {
            for class in plan.erased_classes() {
                if plan.in_clear(class).next().is_some() != clear {
                    continue;
                }
                for parameter in plan.in_clear(class) {
                    store.remove(&Registered(parameter)).await.map_err(EraseError::Storage)?;
                    values = values.saturating_add(1);
                }
                store.erase_class(class).await.map_err(EraseError::Storage)?;
            }
        }
        let intent = Intent { phase: Phase::Regions, ..intent };
        store.put(&ERASE_INTENT, &intent.emit()).await.map_err(EraseError::Storage)?;
    }
    if !memory.wipe() {
        return Err(EraseError::Memory);
    }
    let emptied = regions.empty_all().await;
    let count = emptied.map_err(|(name, error)| EraseError::Region(name, error))?;

    let mut signed = None;
    if let Some(key) = device_key {
        let public = provider.p256_public_key(key).map_err(|_| EraseError::Signer)?;
        let receipt = Receipt {
            trigger: intent.trigger,
            regions: u8::try_from(regions.count()).unwrap_or(u8::MAX),
            classes: plan.erased_classes().fold(0, |all, class| all | mask(class)),
            device: provider.sha256(&[&public.0]),
            plan: plan.digest(provider),
            number: intent.number,
            count,
            resumed: intent.resumed.saturating_sub(1),
            values,
            uptime_ds: u32::try_from(clock.uptime_ms() / 100).unwrap_or(u32::MAX),
            wall: clock.wall(),
        };
        signed = Some(receipt.sign(provider, key).map_err(|_| EraseError::Signer)?);
    }
    let end = Change::remove(&ERASE_INTENT);
    let done = match &signed {
        Some(receipt) => store.commit(&[Change::put(&ERASE_RECEIPT, receipt), end]).await,
        None => store.commit(&[end]).await,
    };
    done.map_err(EraseError::Storage)?;
    events.event(event(
        EventKind::ResetFinished,
        Severity::Notice,
        intent.resumed.saturating_sub(1),
    ));
    Ok(Clean { finished: true })
}

/// Copies the newest receipt out. It stays until the next reset, for whoever owns the device then.
///
/// # Errors
///
/// See [`StorageError`].
pub async fn newest_receipt<S: Storage>(
    store: &mut S,
    out: &mut [u8; RECEIPT_LEN],
) -> Result<Option<usize>, StorageError<S::FlashError>> {
    store.get_public(&ERASE_RECEIPT, out).await
}

const fn event(kind: EventKind, severity: Severity, detail: u16) -> Event {
    Event::new(kind, severity, Source::Erase, detail)
}
