//! What is open and what is closed on this chip. It only looks.

use gabion::hal::{DebugPort, DebugPortState, MonotonicCounter, RootKey};
use gabion::provision::LifeCycle;

use crate::board::Hardware;
use crate::say;
use crate::session::{Failed, Session};

/// Reports.
pub(crate) async fn tell<H: Hardware>(session: &mut Session<'_, '_, H>) -> Result<(), Failed> {
    let port = session.debug_port.state().map_err(Failed::because)?;
    let verdict = match port {
        DebugPortState::Open => {
            "OPEN: whoever has a probe has this device; lock it before it leaves the factory"
        }
        DebugPortState::LockedUntilReset => "closed for this boot only",
        DebugPortState::Locked => "locked for good, or until everything is erased",
        _ => "unknown",
    };
    say!(session.console, "debug port    {verdict}");
    let bound = session.device.chip.root_key.is_hardware_bound();
    let key = if bound {
        "in hardware"
    } else {
        "in a flash page: as secret as the debug port is closed"
    };
    say!(session.console, "root key      {key}");
    let floor = session.rollback_counter.read().map_err(|e| Failed::to("roll-back counter", e))?;
    say!(session.console, "roll-back     nothing below security counter {floor} runs");
    let factory = match session.life_cycle {
        Some(LifeCycle::Unprovisioned(_)) => "OPEN",
        Some(_) => "closed for good",
        None => "not known",
    };
    say!(session.console, "factory       {factory}");
    say!(session.console, "reset reason  {:?}", session.reason);
    H::report(session.console).await;
    Ok(())
}
