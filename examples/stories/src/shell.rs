//! The stories by name, and the shell that tells them all.

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use gabion::erase::Plan;
use gabion::flash::Shared;
use gabion::hal::MonotonicCounter;
use gabion::provision::LifeCycle;

use crate::board::{Hardware, Parts};
use crate::console::Console;
use crate::line::Line;
use crate::say;
use crate::session::{Failed, Session};
use crate::{erase, lockdown, log, login, power, provision, seal, update};

/// What a firmware tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Story {
    /// The factory.
    Provision,
    /// Sealed storage.
    Seal,
    /// An owner, log-in, wrong guesses.
    Login,
    /// The event log as a signed bundle.
    Log,
    /// Factory reset with receipt.
    Erase,
    /// What is open and what is closed.
    LockdownReport,
    /// A signed update.
    Update,
    /// Everything, by a shell.
    Device,
}

/// What the shell does next.
enum Next {
    Prompt,
    Restart,
}

const HELP: &[&str] = &[
    "status                 version, slot, life cycle",
    "provision [CODE]       the factory: with a printed label's code, or one that the device draws",
    "login                  set-up with the label's code, then log-in",
    "seal                   seals three values and looks for them in the raw flash",
    "log [NONCE]            the event log as a signed bundle",
    "update SIZE            takes a signed image; the device asks for its parts",
    "confirm                keeps the running image",
    "erase                  factory reset; log in first",
    "receipt                of the last reset",
    "identity               the device's public key",
    "lockdown               what is open and what is closed",
    "soak N                 commits N numbers, for power cuts",
    "restart",
];

/// Starts the device and tells a story, or all of them by a shell. Returns only when the story is told; the last line is `done`
/// or `FAILED`.
pub async fn run<H: Hardware>(
    story: Story,
    parts: Parts<'_, H>,
    shared: &mut Shared<NoopRawMutex, H::Flash>,
    plan: &Plan<4>,
) {
    let console = parts.console;
    let parts = Parts { console: &mut *console, ..parts };
    let facts: [&[u8]; 2] = [parts.serial.as_bytes(), b"LAMP-2"];
    let told = async {
        let mut session = Session::start(parts, shared, plan, &facts).await?;
        let mut none = Line::empty();
        say!(session.console, "gabion {story:?}, serial {}", session.serial);
        match story {
            Story::Provision => provision::tell(&mut session, none.as_mut_bytes()).await,
            Story::Seal => seal::tell(&mut session).await,
            Story::Login => login::tell(&mut session).await,
            Story::Log => log::tell(&mut session, &none).await,
            Story::LockdownReport => lockdown::tell(&mut session).await,
            Story::Erase => {
                erase::receipt(&mut session).await?;
                login::tell(&mut session).await?;
                erase::order(&mut session).await?;
                say!(session.console, "done");
                H::wait_ms(session.console, 10).await;
                H::restart()
            }
            Story::Update => {
                update::status(&mut session).await?;
                shell(&mut session).await
            }
            Story::Device => {
                say!(session.console, "help lists the commands");
                shell(&mut session).await
            }
        }?;
        session.settle().await?;
        say!(session.console, "done");
        Ok::<(), Failed>(())
    };
    if let Err(Failed(why)) = told.await {
        console.write(b"FAILED: ").await;
        console.write(why.as_bytes()).await;
        console.write(b"\r\n").await;
    }
}

/// Reads commands until the chip restarts.
async fn shell<H: Hardware>(session: &mut Session<'_, '_, H>) -> Result<(), Failed> {
    loop {
        session.console.write(b"> ").await;
        let Ok(mut line) = Line::read(&mut session.console, true).await else {
            say!(session.console, "error: the line is too long");
            continue;
        };
        match obey(session, &mut line).await {
            Ok(Next::Prompt) => {}
            Ok(Next::Restart) => {
                session.settle().await?;
                // The last bytes leave the port before it goes.
                H::wait_ms(session.console, 10).await;
                H::restart();
            }
            Err(Failed(why)) => {
                session.console.write(b"error: ").await;
                session.console.write(why.as_bytes()).await;
                session.console.write(b"\r\n").await;
            }
        }
    }
}

async fn obey<H: Hardware>(
    session: &mut Session<'_, '_, H>,
    line: &mut Line,
) -> Result<Next, Failed> {
    let (command, argument) = line.words();
    let number = argument.parse::<u32>();
    match command {
        "" => {}
        "help" => {
            for text in HELP {
                say!(session.console, "{text}");
            }
        }
        "status" => {
            update::status(session).await?;
            let stage = match session.life_cycle {
                Some(LifeCycle::Unprovisioned(_)) => "unprovisioned",
                Some(LifeCycle::FactoryProvisioned(_)) => "provisioned, without an owner",
                Some(LifeCycle::Owned(_)) => "owned",
                None => "not known",
            };
            say!(session.console, "life cycle: {stage}");
            let floor = session.rollback_counter.read().map_err(|e| Failed::to("counter", e))?;
            say!(session.console, "lowest security counter: {floor}");
        }
        "provision" => {
            line.keep_argument();
            provision::tell(session, line.as_mut_bytes()).await?;
        }
        "login" => login::tell(session).await?,
        "seal" => seal::tell(session).await?,
        "log" => {
            line.keep_argument();
            log::tell(session, line).await?;
        }
        "update" => match number {
            Ok(size) => {
                if update::take(session, size).await? {
                    return Ok(Next::Restart);
                }
            }
            Err(_) => return Err(Failed::because("update needs the image's size in bytes")),
        },
        "confirm" => update::confirm(session).await?,
        "erase" => {
            erase::order(session).await?;
            return Ok(Next::Restart);
        }
        "receipt" => erase::receipt(session).await?,
        "identity" => provision::identity(session).await?,
        "lockdown" => lockdown::tell(session).await?,
        "soak" => match number {
            Ok(times) => power::tell(session, times).await?,
            Err(_) => return Err(Failed::because("soak needs a number")),
        },
        "restart" => return Ok(Next::Restart),
        _ => return Err(Failed::because("no such command; help lists them")),
    }
    session.settle().await?;
    say!(session.console, "ok");
    Ok(Next::Prompt)
}
