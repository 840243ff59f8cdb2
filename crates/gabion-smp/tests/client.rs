//! The Python package `smpclient` updates a simulated device, over a console and over UDP; the power fails half-way.
//!
//! `cargo xtask setup` installs the package into target/python. In CI it must be there.
// A test may stop loudly.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gabion_sim::{Cut, Fault, block_on};
use gabion_smp::{Next, SerialLines, SerialReceiver, Server};
use gabion_update::{Mode, SlotId, Updater};
use support::device::{MAP, boot, config, factory, image, keys};
use support::{digest_of, yes};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// Longest packet; a datagram of the client's fits.
const LONGEST: usize = 1500;

/// The interpreter that has the client, if there is one.
fn python() -> Option<PathBuf> {
    let own = Path::new(ROOT).join("target/python/bin/python");
    let works = |python: &PathBuf| {
        let mut test = Command::new(python);
        test.args(["-c", "import smpclient, serial"]);
        test.output().is_ok_and(|out| out.status.success())
    };
    let found = [own, PathBuf::from("python3")].into_iter().find(works);
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "smpclient is missing: cargo xtask setup");
        println!("skipped: smpclient is missing, cargo xtask setup installs it");
    }
    found
}

/// The line between client and device. `None`: nothing came for a while.
trait Line {
    /// Waits for bytes and returns the packets that they complete.
    fn packets(&mut self) -> Vec<Vec<u8>>;
    fn send(&mut self, packet: &[u8]);
    /// The device started; what it says on its console.
    fn say(&mut self, _text: &str) {}
}

struct Console {
    stream: TcpStream,
    receiver: SerialReceiver<LONGEST>,
}

impl Line for Console {
    fn packets(&mut self) -> Vec<Vec<u8>> {
        let mut bytes = [0; 256];
        let count = read(self.stream.read(&mut bytes));
        let mut packets = Vec::new();
        for byte in &bytes[..count] {
            packets.extend(self.receiver.push(*byte).map(<[u8]>::to_vec));
        }
        packets
    }

    fn send(&mut self, packet: &[u8]) {
        for line in SerialLines::new(packet) {
            self.stream.write_all(&line).unwrap();
        }
    }

    fn say(&mut self, text: &str) {
        self.receiver = SerialReceiver::new();
        self.stream.write_all(text.as_bytes()).unwrap();
    }
}

struct Datagrams {
    socket: UdpSocket,
    client: Option<SocketAddr>,
}

impl Line for Datagrams {
    fn packets(&mut self) -> Vec<Vec<u8>> {
        let mut bytes = [0; 2048];
        let count = read(self.socket.recv_from(&mut bytes).map(|(count, from)| {
            self.client = Some(from);
            count
        }));
        if count == 0 { Vec::new() } else { vec![bytes[..count].to_vec()] }
    }

    fn send(&mut self, packet: &[u8]) {
        self.socket.send_to(packet, self.client.unwrap()).unwrap();
    }
}

fn read(result: std::io::Result<usize>) -> usize {
    match result {
        Ok(count) => count,
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => 0,
        Err(error) => panic!("{error}"),
    }
}

/// The device: boots, serves, loses its power once, restarts when it is told to. Returns what ran last.
fn device(line: &mut impl Line, old: &[u8], done: &AtomicBool) -> (SlotId, Mode, u32) {
    let keys = keys();
    let mut cut = Some(Cut::new(480, Fault::TornWord, 9));
    let mut off = factory(old);
    loop {
        let mut board = off.power_on(cut.take());
        let booted = boot(&mut board, &MAP, &keys).unwrap();
        line.say(&format!("*** gabion: slot {} ***\r\n", booted.slot));
        let (counter, mut events) = (board.chip.counter.clone(), board.chip.events.clone());
        let supply = board.supply.clone();
        {
            let updater = Updater::open(&mut board.flash, counter, booted.slot, config(&keys));
            let mut server: Server<'_, _, _, _, 1024> =
                Server::new(block_on(updater).unwrap(), LONGEST as u16);
            'powered: loop {
                for packet in line.packets() {
                    let mut out = [0; 512];
                    let next = block_on(server.handle(&packet, &mut out, &mut yes, &mut events));
                    if supply.is_lost() {
                        break 'powered;
                    }
                    if let Next::Send(len) | Next::SendThenReset(len) = next {
                        line.send(&out[..len]);
                    }
                    if matches!(next, Next::SendThenReset(_)) {
                        break 'powered;
                    }
                }
                if done.load(Ordering::Relaxed) {
                    break;
                }
            }
        }
        let counter = board.chip.state().counter;
        if done.load(Ordering::Relaxed) {
            return (booted.slot, booted.mode, counter);
        }
        off = board.power_off();
    }
}

/// Runs the client against the device and looks at both.
fn update_by(transport: &'static str, port: u16, line: impl FnOnce() -> Box<dyn AnyLine>) {
    let python = python().unwrap();
    let (old, new) = (image(3), image(5));
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = dir.join(format!("{transport}.img"));
    std::fs::write(&file, &new).unwrap();
    let hash: String = digest_of(&old).iter().map(|byte| format!("{byte:02x}")).collect();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let client = scope.spawn(|| {
            let mut command = Command::new(python);
            command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/client.py"));
            command.args([&port.to_string(), transport]).arg(file).arg(hash);
            let out = command.output();
            done.store(true, Ordering::Relaxed);
            out.unwrap()
        });
        let ran = line().run(&old, &done);
        let out = client.join().unwrap();
        let text = String::from_utf8_lossy(&out.stdout).into_owned()
            + &String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{text}");
        assert!(text.contains("updated over"), "{text}");
        assert_eq!(ran, (SlotId::B, Mode::Confirmed, 5), "{text}");
        println!("{}", String::from_utf8_lossy(&out.stdout));
    });
}

trait AnyLine {
    fn run(&mut self, old: &[u8], done: &AtomicBool) -> (SlotId, Mode, u32);
}

impl<L: Line> AnyLine for L {
    fn run(&mut self, old: &[u8], done: &AtomicBool) -> (SlotId, Mode, u32) {
        device(self, old, done)
    }
}

const WAIT: Option<Duration> = Some(Duration::from_millis(50));

#[test]
fn smpclient_updates_a_device_over_its_console() {
    if python().is_none() {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    update_by("serial", port, move || {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(WAIT).unwrap();
        Box::new(Console { stream, receiver: SerialReceiver::new() })
    });
}

#[test]
fn smpclient_updates_a_device_over_udp() {
    if python().is_none() {
        return;
    }
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(WAIT).unwrap();
    let port = socket.local_addr().unwrap().port();
    update_by("udp", port, move || Box::new(Datagrams { socket, client: None }));
}
