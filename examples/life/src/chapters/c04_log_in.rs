//! Log-in: guesses are counted before they are looked at, and switching the device off does not help.

use anyhow::{Context, Result, anyhow, bail};
use gabion::auth::{AuthError, Name};

use crate::handover::Handover;
use crate::people::{GUESSES, OWNER_NAME, OWNER_SECRET, entered, log_in_owner, open_auth};
use crate::profile::APP_INTERFACE;
use crate::progress::{self, Progress};
use crate::teller::Teller;
use crate::world::World;

/// Tells the chapter.
pub(crate) fn tell(world: &World, teller: &mut Teller, progress: Progress) -> Result<()> {
    teller.chapter(4, "Somebody guesses, and is slowed down", "5.1-5, 5.1-3");
    let handover = Handover::load(&world.path)?;
    let facts = handover.facts();
    let facts: Vec<&[u8]> = facts.iter().map(Vec::as_slice).collect();
    let name = Name::new(OWNER_NAME).context("the owner's name")?;

    let wait_before = world.session(async |session| {
        let mut auth = open_auth(&mut session.device, &facts).await?;
        let mut wait = 0;
        for guess in GUESSES {
            let guessed = entered(guess)?;
            match auth.log_in(&mut session.device.ports(), APP_INTERFACE, &name, &guessed).await {
                Ok(_) => bail!("a guess was right"),
                Err(AuthError::Refused { wait_ms }) => {
                    wait = wait_ms;
                    let next = if wait_ms == 0 { "next at once".into() } else { seconds(wait_ms) };
                    teller.refused(&format!("\"{guess}\""), &format!("wrong; {next}"));
                }
                Err(AuthError::Throttled { wait_ms }) => {
                    wait = wait_ms;
                    teller.refused(
                        &format!("\"{guess}\""),
                        &format!("not even looked at; {}", seconds(wait_ms)),
                    );
                }
                Err(other) => return Err(anyhow!("log-in: {other}")),
            }
        }
        Ok(wait)
    })?;

    world.session(async |session| {
        let mut auth = open_auth(&mut session.device, &facts).await?;
        let wait = auth
            .wait_ms::<()>(&mut session.device.chip.clock, APP_INTERFACE, &name)
            .map_err(|e| anyhow!("{e:?}"))?;
        if wait < wait_before {
            bail!("LOST: switching off shortened the wait from {wait_before} ms to {wait} ms");
        }
        teller
            .say(&format!("The guesser switches the device off and on: {} again.", seconds(wait)));
        let opened = log_in_owner(session, &mut auth, &entered(OWNER_SECRET)?).await?;
        teller.say(&format!("After the wait the owner logs in, as {:?}.", opened.role));
        progress::done(session, teller, progress).await
    })?;
    teller.shows(
        "5.1",
        "each guess committed to flash before it is checked; the wait survives a restart",
        "gabion-auth/src/throttle.rs",
    );
    Ok(())
}

fn seconds(ms: u32) -> String {
    format!("{} s to wait", ms.div_ceil(1000))
}
