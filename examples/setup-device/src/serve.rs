//! The device waits for phones, one at a time.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use gabion::auth::{PhysicalPresence, Ports, PresenceSensor};
use gabion::crypto::Software;
use gabion::flash::block_on;
use gabion::hal::Clock;
use gabion::provision::LifeCycle;
use gabion::setup::{Outbox, Outcome, Progress, SetUpLink};
use gabion_sim::Chip;

use crate::{INTERFACES, SimDevice, life_cycle, open_auth};

/// How long the device sleeps between two looks.
const TICK: Duration = Duration::from_millis(20);

/// What the person at the device does.
pub trait Hands {
    /// Whether the button was pressed since the last time.
    fn pressed(&mut self) -> bool;
    /// Whether the plug is being pulled.
    fn unplugs(&mut self) -> bool;
    /// What the device shows.
    fn sees(&mut self, event: Event);
}

/// What a device shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Somebody connected.
    Connected,
    /// A connection ended without an owner.
    Refused,
    /// The button gave all attempts back.
    Reopened,
    /// The device has an owner.
    Owned,
}

/// Why the device no longer waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It has an owner: set-up is closed.
    Owned,
    /// Somebody pulled the plug.
    Unplugged,
}

impl SimDevice {
    /// Waits for set-up until the device has an owner or the plug is pulled.
    ///
    /// # Errors
    ///
    /// When the device does not start or the network fails.
    pub fn serve(&mut self, listener: &TcpListener, hands: &mut dyn Hands) -> Result<Ended> {
        listener.set_nonblocking(true)?;
        let speed = self.speed;
        self.with_store(false, |store, chip| {
            let LifeCycle::FactoryProvisioned(device) = life_cycle(store)? else {
                return Ok(Ended::Owned);
            };
            let mut auth = open_auth(store, chip)?;
            let interface = INTERFACES.first().context("no interface")?;
            let mut link = SetUpLink::open(Software, device, interface, &mut chip.clock);
            let mut time = Time { seen: Instant::now(), speed };
            loop {
                time.pass(chip);
                if hands.unplugs() {
                    return Ok(Ended::Unplugged);
                }
                if let Some(presence) = PhysicalPresence::confirm(&mut Button(hands)) {
                    let reopened = link.reopen(store, &mut chip.clock, presence);
                    block_on(reopened).map_err(|e| anyhow!("{e}"))?;
                    hands.sees(Event::Reopened);
                }
                let stream = match listener.accept() {
                    Ok((stream, _)) => stream,
                    Err(e) if e.kind() == ErrorKind::WouldBlock => {
                        std::thread::sleep(TICK);
                        continue;
                    }
                    Err(e) => return Err(e.into()),
                };
                hands.sees(Event::Connected);
                link.connected(&mut chip.clock);
                let done = talk(stream, &mut time, chip, hands, |chip, bytes, out| {
                    let mut ports = Ports {
                        storage: &mut *store,
                        entropy: &mut chip.entropy,
                        clock: &mut chip.clock,
                        events: &mut chip.events,
                    };
                    let progress = block_on(link.receive(&mut auth, &mut ports, bytes, out));
                    (progress, link.ends_at())
                });
                if done {
                    hands.sees(Event::Owned);
                    return match link.into_device() {
                        Outcome::Owned(_) => Ok(Ended::Owned),
                        other => Err(anyhow!("{other:?}")),
                    };
                }
                hands.sees(Event::Refused);
            }
        })
    }
}

/// One connection. Returns whether the device has an owner now. Whatever the peer does, nothing here fails: it hangs up.
fn talk(
    mut stream: TcpStream,
    time: &mut Time,
    chip: &mut Chip,
    hands: &mut dyn Hands,
    mut receive: impl FnMut(&mut Chip, &[u8], &mut Outbox) -> (Progress, u64),
) -> bool {
    let prepared = stream
        .set_nonblocking(false)
        .and_then(|()| stream.set_read_timeout(Some(TICK)))
        .and_then(|()| stream.set_write_timeout(Some(Duration::from_secs(5))));
    if prepared.is_err() {
        return false;
    }
    let mut out = Outbox::new();
    let mut bytes = [0; 512];
    let mut ends_at = u64::MAX;
    loop {
        time.pass(chip);
        if hands.unplugs() || chip.clock.uptime_ms() >= ends_at {
            return false;
        }
        let read = match stream.read(&mut bytes) {
            Ok(0) => return false,
            Ok(read) => read,
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => 0,
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            Err(_) => return false,
        };
        let (progress, end) = receive(chip, bytes.get(..read).unwrap_or_default(), &mut out);
        ends_at = end;
        let sent = stream.write_all(out.bytes()).is_ok();
        match progress {
            Progress::Done(_) => return true,
            Progress::Over => return false,
            Progress::More | Progress::Answered if sent => {}
            Progress::More | Progress::Answered => return false,
        }
    }
}

/// The simulated clock stands still unless it is moved: here with real time.
struct Time {
    seen: Instant,
    speed: u32,
}

impl Time {
    fn pass(&mut self, chip: &mut Chip) {
        let passed = u64::try_from(self.seen.elapsed().as_millis()).unwrap_or(u64::MAX);
        if passed > 0 {
            chip.clock.advance_ms(passed.saturating_mul(self.speed.into()));
            self.seen += Duration::from_millis(passed);
        }
    }
}

struct Button<'a>(&'a mut dyn Hands);

impl PresenceSensor for Button<'_> {
    fn is_present(&mut self) -> bool {
        self.0.pressed()
    }
}
