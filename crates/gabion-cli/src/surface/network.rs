//! Which ports of a host listen, compared with those that are registered (EN 303 645 5.6-1, 5.6-2).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{ErrorKind, Read};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};

/// What carries a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// TCP: a connection is accepted or not.
    Tcp,
    /// UDP: a port that answers is open, one that is refused is closed; silence says nothing.
    Udp,
}

/// A port, written `tcp/443`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port {
    /// What carries it.
    pub transport: Transport,
    /// Its number.
    pub number: u16,
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transport = match self.transport {
            Transport::Tcp => "tcp",
            Transport::Udp => "udp",
        };
        write!(f, "{transport}/{}", self.number)
    }
}

impl std::str::FromStr for Port {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (transport, number) =
            text.split_once('/').with_context(|| format!("{text:?} is no port such as tcp/443"))?;
        let transport = match transport {
            "tcp" => Transport::Tcp,
            "udp" => Transport::Udp,
            _ => anyhow::bail!("{text:?}: the transport is tcp or udp"),
        };
        let number: u16 = number.parse().with_context(|| format!("{text:?} has no port number"))?;
        ensure!(number != 0, "{text:?}: port 0 does not exist");
        Ok(Self { transport, number })
    }
}

/// What was found out about a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It listens; with what it said unasked, shortened.
    Open(Vec<u8>),
    /// It refuses.
    Closed,
    /// It says nothing.
    Silent,
}

/// How to look.
#[derive(Debug, Clone)]
pub struct Scan {
    /// The host.
    pub host: IpAddr,
    /// The ports to try.
    pub ports: BTreeSet<Port>,
    /// How long to wait for each answer.
    pub patience: Duration,
    /// How many ports to try at the same time.
    pub workers: usize,
}

/// What a service may say before anybody has authenticated, in bytes kept.
const BANNER: usize = 200;

impl Scan {
    /// Tries every port. Sends nothing over TCP, an empty datagram over UDP.
    ///
    /// # Errors
    ///
    /// When this machine runs out of sockets or has no way to the host: then the picture would be wrong.
    pub fn run(&self) -> anyhow::Result<BTreeMap<Port, State>> {
        let ports: Vec<Port> = self.ports.iter().copied().collect();
        let next = AtomicUsize::new(0);
        let found = Mutex::new(BTreeMap::new());
        let failed = Mutex::new(None);
        std::thread::scope(|scope| {
            for _ in 0..self.workers.clamp(1, 256).min(ports.len().max(1)) {
                scope.spawn(|| {
                    while let Some(port) = ports.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let state = match port.transport {
                            Transport::Tcp => self.tcp(port.number),
                            Transport::Udp => self.udp(port.number),
                        };
                        match state {
                            Ok(state) => drop(lock(&found).insert(*port, state)),
                            Err(error) => {
                                lock(&failed).get_or_insert(error);
                                return;
                            }
                        }
                    }
                });
            }
        });
        match failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)),
        }
    }

    fn tcp(&self, port: u16) -> anyhow::Result<State> {
        let address = SocketAddr::new(self.host, port);
        match TcpStream::connect_timeout(&address, self.patience) {
            Ok(mut stream) => {
                // A port of this machine's own can be connected to itself by chance: nobody listens there.
                if stream.local_addr().ok() == stream.peer_addr().ok() {
                    return Ok(State::Closed);
                }
                let mut banner = [0; BANNER];
                let _ = stream.set_read_timeout(Some(self.patience));
                let told = stream.read(&mut banner).unwrap_or(0);
                Ok(State::Open(banner[..told].to_vec()))
            }
            Err(error) => match error.kind() {
                ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => Ok(State::Closed),
                ErrorKind::TimedOut | ErrorKind::WouldBlock => Ok(State::Silent),
                _ => Err(error).with_context(|| format!("tcp/{port} of {}", self.host)),
            },
        }
    }

    fn udp(&self, port: u16) -> anyhow::Result<State> {
        let local: IpAddr =
            if self.host.is_ipv4() { [0, 0, 0, 0].into() } else { [0u16; 8].into() };
        let socket = UdpSocket::bind(SocketAddr::new(local, 0)).context("a UDP socket")?;
        socket
            .connect(SocketAddr::new(self.host, port))
            .with_context(|| format!("udp/{port} of {}", self.host))?;
        socket.set_read_timeout(Some(self.patience))?;
        let mut answer = [0; BANNER];
        let outcome = socket.send(&[]).and_then(|_| socket.recv(&mut answer));
        match outcome {
            Ok(length) => Ok(State::Open(answer[..length].to_vec())),
            Err(error) => match error.kind() {
                ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => Ok(State::Closed),
                ErrorKind::TimedOut | ErrorKind::WouldBlock => Ok(State::Silent),
                _ => Err(error).with_context(|| format!("udp/{port} of {}", self.host)),
            },
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// What listens, compared with what is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Listens and is not registered: what must not be.
    pub unregistered: Vec<(Port, Vec<u8>)>,
    /// Listens and is registered.
    pub registered: Vec<(Port, Vec<u8>)>,
    /// Registered and tried, but does not listen.
    pub missing: Vec<Port>,
    /// Said nothing, so that nothing is known; how many.
    pub silent: usize,
}

/// Compares.
#[must_use]
pub fn compare(found: &BTreeMap<Port, State>, registered: &BTreeSet<Port>) -> Comparison {
    let mut comparison = Comparison {
        unregistered: Vec::new(),
        registered: Vec::new(),
        missing: Vec::new(),
        silent: 0,
    };
    for (port, state) in found {
        let is_registered = registered.contains(port);
        match state {
            State::Open(banner) if is_registered => {
                comparison.registered.push((*port, banner.clone()))
            }
            State::Open(banner) => comparison.unregistered.push((*port, banner.clone())),
            State::Closed if is_registered => comparison.missing.push(*port),
            State::Silent => comparison.silent += 1,
            State::Closed => {}
        }
    }
    comparison
}

/// Reads ports such as `1-1024,8883`.
///
/// # Errors
///
/// When it is no such list.
pub fn ranges(text: &str) -> anyhow::Result<BTreeSet<u16>> {
    let mut ports = BTreeSet::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| -> anyhow::Result<u16> {
            text.trim()
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .with_context(|| format!("{part:?} is no range of ports"))
        };
        let (first, last) = (number(first)?, number(last)?);
        ensure!(first <= last, "{part:?} is no range of ports: it ends before it begins");
        ports.extend(first..=last);
    }
    Ok(ports)
}
