//! An owner: set-up with the label's code, log-in with a secret of their own, slowed down after wrong guesses.

use gabion::auth::{AuthError, Entered, Name};
use gabion::provision::LifeCycle;
use gabion::setup::{ClaimError, Owner, claim};

use crate::board::Hardware;
use crate::console::Console;
use crate::line::Line;
use crate::product::SHELL_INTERFACE;
use crate::say;
use crate::session::{Failed, Session};

/// Asks for something that is not echoed.
async fn ask<H: Hardware>(
    session: &mut Session<'_, '_, H>,
    question: &[u8],
) -> Result<Entered, Failed> {
    session.console.write(question).await;
    let typed = Line::read(&mut session.console, false).await;
    let mut typed = typed.map_err(|_| Failed::because("the line is too long"))?;
    Entered::take(typed.as_mut_bytes()).map_err(Failed::because)
}

/// Logs the owner in. A device without an owner gets one first.
pub(crate) async fn tell<H: Hardware>(session: &mut Session<'_, '_, H>) -> Result<(), Failed> {
    session.open_auth().await?;
    let Some(name) = Name::new("owner") else { return Err(Failed::because("the owner's name")) };
    match session.life_cycle.take() {
        Some(LifeCycle::FactoryProvisioned(device)) => {
            say!(
                session.console,
                "This device has no owner yet. The code on its label makes you the owner."
            );
            let label = ask(session, b"label code: ").await;
            let secret = match label {
                Ok(_) => ask(session, b"your new secret: ").await,
                Err(_) => Err(Failed::because("the label's code")),
            };
            let (Ok(label), Ok(secret)) = (label, secret) else {
                session.life_cycle = Some(LifeCycle::FactoryProvisioned(device));
                return Err(Failed::because("the line is too long"));
            };
            let owner = Owner { label: &label, name: &name, secret: &secret };
            let mut device = device;
            loop {
                let Some(auth) = session.auth.as_mut() else {
                    return Err(Failed::because("log-in"));
                };
                let mut ports = session.device.ports();
                match claim(device, auth, &mut ports, SHELL_INTERFACE, owner).await {
                    Ok((device, log_in)) => {
                        session.life_cycle = Some(LifeCycle::Owned(device));
                        session.log_in = Some(log_in);
                        say!(session.console, "You are the owner.");
                        break;
                    }
                    Err(ClaimError::TryAgain(again, AuthError::Throttled { wait_ms })) => {
                        device = again;
                        wait(session, wait_ms).await;
                    }
                    Err(ClaimError::TryAgain(device, why)) => {
                        session.life_cycle = Some(LifeCycle::FactoryProvisioned(device));
                        refused(session, why).await;
                        break;
                    }
                    Err(why) => return Err(Failed::to("set-up; restart", why)),
                }
            }
        }
        Some(LifeCycle::Owned(device)) => {
            session.life_cycle = Some(LifeCycle::Owned(device));
            let secret = ask(session, b"owner's secret: ").await?;
            loop {
                let Some(auth) = session.auth.as_mut() else {
                    return Err(Failed::because("log-in"));
                };
                let mut ports = session.device.ports();
                match auth.log_in(&mut ports, SHELL_INTERFACE, &name, &secret).await {
                    Ok(log_in) => {
                        session.log_in = Some(log_in);
                        say!(session.console, "Logged in as owner.");
                        break;
                    }
                    Err(AuthError::Throttled { wait_ms }) => wait(session, wait_ms).await,
                    Err(why) => {
                        refused(session, why).await;
                        break;
                    }
                }
            }
        }
        other => {
            session.life_cycle = other;
            return Err(Failed::because("not provisioned yet"));
        }
    }
    session.settle().await
}

/// Waits until the next attempt is looked at: after wrong guesses, and after a start, when nobody knows how many there were.
async fn wait<H: Hardware>(session: &mut Session<'_, '_, H>, ms: u32) {
    say!(session.console, "not looked at yet; {} s to wait", ms.div_ceil(1000));
    H::wait_ms(session.console, ms.saturating_add(1)).await;
}

/// Says that somebody was refused, and when to come back.
async fn refused<H: Hardware, E: core::fmt::Debug>(
    session: &mut Session<'_, '_, H>,
    why: AuthError<E>,
) {
    match why {
        AuthError::Refused { wait_ms } => {
            say!(session.console, "refused; next attempt in {} s", wait_ms.div_ceil(1000));
        }
        other => say!(session.console, "refused: {other}"),
    }
}
