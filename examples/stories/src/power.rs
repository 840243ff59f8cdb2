//! Commits pairs of values for ever and says so after each: what power cuts are tried on.

use gabion::crypto::Secret;
use gabion::storage::{Change, Storage};

use crate::board::Hardware;
use crate::product::{ROOM_NAME, WIFI_PASSPHRASE};
use crate::say;
use crate::session::{Failed, Session};

/// Says what is there, then commits the next number in two values at once, `times` times.
pub(crate) async fn tell<H: Hardware>(
    session: &mut Session<'_, '_, H>,
    times: u32,
) -> Result<(), Failed> {
    let store = &mut session.device.store;
    let mut room = [0; 32];
    let mut wifi = Secret::<[u8; 63]>::zeroed();
    let a = store.read(ROOM_NAME.parameter(), &mut room).await;
    let a = a.map_err(|e| Failed::to("reading", e))?;
    let b = store.get(&WIFI_PASSPHRASE, &mut wifi).await.map_err(|e| Failed::to("reading", e))?;
    let number = |len: Option<usize>, bytes: &[u8]| match (len, bytes.first_chunk::<4>()) {
        (Some(8), Some(number)) => u32::from_le_bytes(*number),
        _ => 0,
    };
    let (mut a, b) = (number(a, &room), number(b, wifi.expose()));
    say!(session.console, "found {a} {b}");
    for _ in 0..times {
        a = a.saturating_add(1);
        let mut value = [0x5a; 8];
        for (to, from) in value.iter_mut().zip(a.to_le_bytes()) {
            *to = from;
        }
        session
            .device
            .store
            .commit(&[Change::put(&ROOM_NAME, &value), Change::put(&WIFI_PASSPHRASE, &value)])
            .await
            .map_err(|e| Failed::to("sealing", e))?;
        say!(session.console, "stored {a}");
    }
    Ok(())
}
