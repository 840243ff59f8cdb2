//! Ten thousand devices whose power returns in the same second.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use gabion_crypto::{Secret, Software};
use gabion_hal::{Clock, NoEvents, ResetReason, WallTime};
use gabion_resilience::{Connection, ConnectionConfig, Failure, Next, Spread};
use gabion_sim::Rng;

struct Time(u64);

impl Clock for Time {
    fn uptime_ms(&mut self) -> u64 {
        self.0
    }

    fn wall(&mut self) -> Option<WallTime> {
        None
    }
}

/// A random source for a whole fleet.
struct Chance(Rng);

impl gabion_hal::rand_core::TryRng for Chance {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok((self.0.next() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(self.0.next())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl gabion_hal::rand_core::TryCryptoRng for Chance {}

/// How a fleet came back.
#[derive(Debug, Clone)]
pub struct Return {
    /// Attempts in each second.
    pub attempts: Vec<u32>,
    /// When the last device was connected, in seconds.
    pub complete_s: usize,
    pub refused: u64,
}

impl Return {
    pub fn peak(&self) -> u32 {
        self.attempts.iter().copied().max().unwrap_or(0)
    }
}

/// Lets a fleet return to a server that takes `capacity` connections a second and refuses the rest. Devices take 2 to 4 seconds to
/// start, as real ones do.
pub fn power_return(devices: u32, spread_ms: u64, capacity: u32, seed: u64) -> Return {
    let config = ConnectionConfig { spread_ms, ..ConnectionConfig::DEFAULT };
    let mut chance = Chance(Rng::new(seed));
    let mut due = BinaryHeap::new();
    let mut fleet: Vec<Connection> = (0..devices)
        .map(|device| {
            let mut secret = [0x5a; 32];
            secret[..4].copy_from_slice(&device.to_le_bytes());
            let spread = Spread::new(&Software, &Secret::new(secret));
            let start = 2_000 + chance.0.below(2_000);
            due.push(Reverse((start, device)));
            Connection::new(config, spread, ResetReason::PowerOn, &mut Time(start))
        })
        .collect();
    let mut out = Return { attempts: Vec::new(), complete_s: 0, refused: 0 };
    let mut taken = Vec::new();
    while let Some(Reverse((now, device))) = due.pop() {
        let connection = &mut fleet[device as usize];
        let second = (now / 1_000) as usize;
        match connection.next(&mut Time(now), &mut chance, &mut NoEvents) {
            Next::Wait { ms } => due.push(Reverse((now + ms.max(1), device))),
            Next::Connect => {
                out.attempts.resize(out.attempts.len().max(second + 1), 0);
                taken.resize(out.attempts.len(), 0_u32);
                out.attempts[second] += 1;
                if taken[second] < capacity {
                    taken[second] += 1;
                    connection.connected(&mut Time(now), &mut NoEvents);
                    out.complete_s = out.complete_s.max(second);
                } else {
                    out.refused += 1;
                    let (time, events) = (&mut Time(now), &mut NoEvents);
                    connection.failed(Failure::Refused, time, &mut chance, events);
                    due.push(Reverse((now + 1, device)));
                }
            }
            Next::Stay | Next::Abort => {}
        }
    }
    out
}
