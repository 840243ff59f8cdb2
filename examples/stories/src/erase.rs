//! Factory reset: ordered by the owner, done at the next start whatever the power does, with a signed receipt.

use gabion::OwnersCommand;
use gabion::auth::Owner;
use gabion::erase::{RECEIPT_LEN, newest_receipt};

use crate::board::Hardware;
use crate::console::dump;
use crate::say;
use crate::session::{Failed, Session};

/// Orders the reset; the caller restarts the chip.
pub(crate) async fn order<H: Hardware>(session: &mut Session<'_, '_, H>) -> Result<(), Failed> {
    let (Some(auth), Some(log_in)) = (session.auth.as_mut(), session.log_in.as_ref()) else {
        return Err(Failed::because("log in first: only the owner may order a reset"));
    };
    let by = auth
        .authorize::<Owner>(&mut session.device.chip.clock, &log_in.token)
        .map_err(|e| Failed::to("the owner's session", e))?;
    auth.end_sessions();
    session.log_in = None;
    let _ordered = session
        .device
        .order_reset(OwnersCommand::new(by))
        .await
        .map_err(|e| Failed::to("the reset", e))?;
    say!(session.console, "Ordered. Everything of the owner goes at the next start.");
    Ok(())
}

/// Shows the newest receipt.
pub(crate) async fn receipt<H: Hardware>(session: &mut Session<'_, '_, H>) -> Result<(), Failed> {
    let mut bytes = [0; RECEIPT_LEN];
    let found = newest_receipt(&mut session.device.store, &mut bytes)
        .await
        .map_err(|e| Failed::to("the receipt", e))?;
    match found {
        Some(len) => {
            say!(session.console, "The receipt of the last reset, for gabion erase verify:");
            dump(&mut session.console, "receipt", bytes.get(..len).unwrap_or_default()).await;
        }
        None => say!(session.console, "There was no reset."),
    }
    Ok(())
}
