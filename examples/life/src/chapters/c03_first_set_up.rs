//! First set-up: the label's code as proof, a secret of the owner's own, two questions.

use anyhow::{Context, Result, anyhow, bail};
use gabion::auth::{AuthError, Entered, Name, Owner as OwnerRole};
use gabion::provision::{Label, LifeCycle};
use gabion::setup::{
    Choices, ClaimError, Guide, Language, Owner, Step, Updates, claim, page, say_weak,
};
use serde_json::json;

use crate::handover::Handover;
use crate::people::{OWNER_NAME, OWNER_SECRET, WEAK_SECRET, entered, log_in_owner, open_auth};
use crate::profile::SET_UP_INTERFACE;
use crate::progress::{self, Progress};
use crate::teller::Teller;
use crate::world::World;

/// Tells the chapter.
pub(crate) fn tell(world: &World, teller: &mut Teller, progress: Progress) -> Result<()> {
    teller.chapter(3, "An owner sets it up, with few and safe decisions", "5.12-1, 5.12-2, 5.1-1");
    let handover = Handover::load(&world.path)?;
    world.session(async |session| {
        let facts = handover.facts();
        let facts: Vec<&[u8]> = facts.iter().map(Vec::as_slice).collect();
        let mut auth = open_auth(&mut session.device, &facts).await?;
        let name = Name::new(OWNER_NAME).context("the owner's name")?;
        let mut guide = Guide::first_set_up();
        let token = match session.life_cycle.take() {
            Some(LifeCycle::FactoryProvisioned(device)) => {
                teller.say(page(Step::Welcome, Language::English).title);
                let label = scan(&handover)?;
                let weak = entered(WEAK_SECRET)?;
                let owner = Owner { label: &label, name: &name, secret: &weak };
                let mut ports = session.device.ports();
                let device =
                    match claim(device, &mut auth, &mut ports, SET_UP_INTERFACE, owner).await {
                        Err(ClaimError::TryAgain(device, AuthError::Weak(why))) => {
                            teller.refused(
                                &format!("the password \"{WEAK_SECRET}\""),
                                say_weak(why, Language::English),
                            );
                            device
                        }
                        Err(other) => bail!("set-up: {other}"),
                        Ok(_) => bail!("a weak password was taken"),
                    };
                let secret = entered(OWNER_SECRET)?;
                let owner = Owner { label: &label, name: &name, secret: &secret };
                let mut claimed =
                    claim(device, &mut auth, &mut ports, SET_UP_INTERFACE, owner).await;
                if let Err(ClaimError::TryAgain(device, AuthError::Throttled { wait_ms })) = claimed
                {
                    // After a start nobody knows how many tries there were before.
                    session.lab.clock.advance_ms(u64::from(wait_ms));
                    claimed = claim(device, &mut auth, &mut ports, SET_UP_INTERFACE, owner).await;
                }
                let (device, opened) = claimed.map_err(|e| anyhow!("set-up: {e}"))?;
                guide.claimed(&device);
                teller.acknowledge("owner", &json!(OWNER_NAME));
                opened.token
            }
            Some(LifeCycle::Owned(_)) => {
                guide = Guide::questions_only();
                let secret = entered(OWNER_SECRET)?;
                log_in_owner(session, &mut auth, &secret).await?.token
            }
            _ => bail!("LOST: the factory's work is gone"),
        };
        guide.answer_updates(Updates::Automatic);
        guide.answer_fault_reports(false);
        let device = &mut session.device;
        let by = auth
            .authorize::<OwnerRole>(&mut device.chip.clock, &token)
            .map_err(|e| anyhow!("the owner's session: {e}"))?;
        let choices: Choices = guide.choices();
        choices.save(&mut device.store, by).await.map_err(|e| anyhow!("{e}"))?;
        teller.acknowledge("updates", &json!(format!("{:?}", choices.updates)));
        teller.acknowledge("fault reports", &json!(choices.fault_reports));
        progress::done(session, teller, progress).await
    })?;
    teller.shows(
        "5.12",
        "guided set-up: one secret to choose, two questions with safe answers proposed",
        "gabion-setup/src/guide.rs",
    );
    Ok(())
}

/// What a phone's camera does.
fn scan(handover: &Handover) -> Result<Entered> {
    let mut scanned = handover.label.clone().into_bytes();
    let label = Label::parse(&mut scanned).map_err(|e| anyhow!("the label: {e}"))?;
    let mut typed = *label.secret.expose();
    Entered::take(&mut typed).map_err(|e| anyhow!("the label: {e:?}"))
}
