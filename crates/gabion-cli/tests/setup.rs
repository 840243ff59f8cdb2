//! `gabion setup` against a simulated device on loopback, as a person runs it; and a device against peers that are no phones.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use setup_device::{Ended, Event, Hands, SimDevice};

const SECRET: &str = "seven otters under a bridge";

#[derive(Default)]
struct Switches {
    unplug: AtomicBool,
    button: AtomicBool,
    refused: AtomicU32,
    reopened: AtomicU32,
}

struct Robot(Arc<Switches>);

impl Hands for Robot {
    fn pressed(&mut self) -> bool {
        self.0.button.swap(false, Ordering::SeqCst)
    }

    fn unplugs(&mut self) -> bool {
        self.0.unplug.load(Ordering::SeqCst)
    }

    fn sees(&mut self, event: Event) {
        match event {
            Event::Refused => self.0.refused.fetch_add(1, Ordering::SeqCst),
            Event::Reopened => self.0.reopened.fetch_add(1, Ordering::SeqCst),
            Event::Connected | Event::Owned => 0,
        };
    }
}

/// A device that waits on a port of its own.
struct Running {
    address: SocketAddr,
    switches: Arc<Switches>,
    thread: JoinHandle<(SimDevice, Ended)>,
}

fn power_on(mut device: SimDevice) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let switches = Arc::new(Switches::default());
    let mut robot = Robot(Arc::clone(&switches));
    let thread = std::thread::spawn(move || {
        let ended = device.serve(&listener, &mut robot).unwrap();
        (device, ended)
    });
    Running { address, switches, thread }
}

impl Running {
    fn unplug(self) -> (SimDevice, Ended) {
        self.switches.unplug.store(true, Ordering::SeqCst);
        self.thread.join().unwrap()
    }

    fn setup(&self, args: &[&str], stdin: &str) -> Output {
        let address = self.address.to_string();
        let mut child = Command::new(env!("CARGO_BIN_EXE_gabion"))
            .args(["setup", "--tcp", &address, "--name", "robin"])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        child.wait_with_output().unwrap()
    }

    fn peer(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }
}

/// A provisioned device, its code as printed, and the text of its QR code.
fn made(seed: u64) -> (SimDevice, String, String) {
    let mut device = SimDevice::in_memory(seed);
    let label = device.draw_label().unwrap();
    device.provision(&label).unwrap();
    (device, label.secret.grouped().to_string(), label.payload().expose().to_owned())
}

fn scratch(name: &str, text: &str) -> PathBuf {
    let file = std::env::temp_dir().join(format!("gabion-setup-{}-{name}", std::process::id()));
    fs::write(&file, text).unwrap();
    file
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}

#[test]
fn the_right_code_sets_the_device_up_and_the_port_closes() {
    let (device, code, _) = made(1);
    let running = power_on(device);
    // A device that never counted an attempt makes its first one wait for a second: the command waits by itself.
    let output =
        running.setup(&["--label", &code, "--ssid", "attic"], &format!("eleven green\n{SECRET}\n"));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("LAMP-2 A00017 is set up; its owner is robin"));
    assert!(!said(&output).contains(SECRET) && !said(&output).contains("eleven green"));
    let address = running.address;
    let (mut device, ended) = running.thread.join().unwrap();
    assert_eq!(ended, Ended::Owned);
    assert!(TcpStream::connect(address).is_err(), "the port is closed");
    assert!(device.is_owned().unwrap());
    assert_eq!(device.wifi().unwrap(), Some((b"attic".to_vec(), b"eleven green".to_vec())));
    assert!(device.opens_with("robin", SECRET).unwrap());
    assert!(!device.opens_with("robin", "wrong wrong wrong x").unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let again = device.serve(&listener, &mut Robot(Arc::default())).unwrap();
    assert_eq!(again, Ended::Owned, "it does not even wait");
}

#[test]
fn secrets_come_from_files_and_pipes() {
    let (device, _, payload) = made(2);
    let running = power_on(device);
    let label = scratch("label", &format!("{payload}\n"));
    let secret = scratch("secret", &format!("{SECRET}\r\n"));
    let files = [label.to_str().unwrap(), secret.to_str().unwrap()];
    let output = running.setup(&["--label-file", files[0], "--secret-file", files[1]], "unused\n");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let (mut device, _) = running.thread.join().unwrap();
    assert!(device.opens_with("robin", SECRET).unwrap());
    assert_eq!(device.wifi().unwrap(), None);
    // All of it from one pipe, after a factory reset.
    device.reset().unwrap();
    let running = power_on(device);
    let output = running.setup(&["--label-file", "-"], &format!("{payload}\n{SECRET} too\n"));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let (mut device, _) = running.thread.join().unwrap();
    assert!(device.opens_with("robin", "seven otters under a bridge too").unwrap());
    for file in files {
        fs::remove_file(file).unwrap();
    }
}

#[test]
fn a_wrong_code_is_refused_and_counted_and_the_window_closes() {
    let (device, code, payload) = made(3);
    let (_, wrong, _) = made(4);
    assert_ne!(code, wrong);
    // The device's clock runs 300 times faster, and each attempt comes when its wait, twice the last one's, is over.
    let pause = |ms| std::thread::sleep(Duration::from_millis(ms));
    let mut running = power_on(device.faster(300));
    for round in 1..=10 {
        pause(100 + (1 << (round - 1)) * 1_000 / 300);
        let output = running.setup(&["--label", &wrong], "");
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains("not this device's"), "{}", said(&output));
        let mut device = running.unplug().0;
        assert_eq!(device.attempts_left().unwrap(), 10 - round);
        running = power_on(device); // no reboot gives an attempt back
    }
    let output = running.setup(&["--label", &payload], SECRET);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("Press the button"), "{}", said(&output));
    // Somebody at the device opens it again.
    running.switches.button.store(true, Ordering::SeqCst);
    while running.switches.reopened.load(Ordering::SeqCst) == 0 {
        pause(10);
    }
    pause(3_100); // the longest wait, 15 minutes
    let output = running.setup(&["--label", &payload], SECRET);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(running.thread.join().unwrap().1, Ended::Owned);
}

#[test]
fn a_weak_password_is_refused_in_plain_words() {
    let (device, code, _) = made(5);
    let running = power_on(device);
    let output = running.setup(&["--label", &code], "admin\n");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("at least 10 characters"), "{}", said(&output));
    let mut device = running.unplug().0;
    assert!(!device.is_owned().unwrap());
}

#[test]
fn misuse_is_told_before_anyone_connects() {
    let gabion = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gabion"));
        command.arg("setup").args(args).stdin(Stdio::null()).output().unwrap()
    };
    let nobody = "127.0.0.1:1";
    for args in [
        &["--label", "7K4FM-2XQ9R-HT3W8"][..],
        &["--tcp", nobody, "--serial", "/nowhere", "--label", "7K4FM-2XQ9R-HT3W8"],
        &["--tcp", nobody, "--label", "7K4FM-2XQ9R-HT3WD"], // misread
        &["--tcp", nobody, "--label", "7K4FM"],
        &["--tcp", nobody, "--label", "GABION:2:LAMP-2:A00017:7K4FM2XQ9RHT3W8"],
        &["--tcp", nobody, "--label-file", "/nowhere"],
        &["--tcp", nobody, "--label", "7K4FM-2XQ9R-HT3W8", "--name", ""],
        &["--tcp", nobody, "--label", "7K4FM-2XQ9R-HT3W8", "--open-wifi"],
        &["--tcp", nobody, "--label", "7K4FM-2XQ9R-HT3W8", "--ssid", "", "--open-wifi"],
        &["--tcp", nobody, "--label", "7K4FM-2XQ9R-HT3W8", "--timeout", "0"],
        &["--tcp", nobody, "--label", "7K4FM-2XQ9R-HT3W8", "--timeout", "2"], // nobody is there
        &["--tcp", "no address", "--label", "7K4FM-2XQ9R-HT3W8"],
        &["--serial", "/nowhere", "--label", "7K4FM-2XQ9R-HT3W8"],
        &["--tcp", nobody],
    ] {
        let output = gabion(args);
        assert_eq!(output.status.code(), Some(2), "{args:?} {}", said(&output));
    }
}

/// What peers send that are no phones. None gets in, none stops the device, and the next one is served.
#[test]
fn hostile_peers_get_nothing_and_the_device_goes_on() {
    let (device, code, _) = made(6);
    let running = power_on(device);
    let mut noise = 0x9e37_79b9_u32;
    let mut random = |len: usize| -> Vec<u8> {
        let mut next = || {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 24) as u8
        };
        (0..len).map(|_| next()).collect()
    };
    let mut peers: Vec<Vec<u8>> = vec![
        Vec::new(), // hangs up at once
        vec![1],    // a truncated hello
        vec![1, 0, 1],
        vec![1, 0xff, 0xff], // an oversized one
        vec![1, 0, 1, 1, 3], // two frames at once
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01".to_vec(), // a TLS hello
        vec![0; 100_000],
        vec![0xff; 100_000],
        vec![6, 0, 4, 1, 2, 3, 4], // sealed, before there is a channel
        vec![5, 0, 32],
    ];
    peers.extend((0..40).map(|round| random(1 + round * 37)));
    for bytes in &peers {
        let mut stream = running.peer();
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.len() < 400 && !answer.starts_with(&[6]), "{bytes:?} {answer:?}");
    }
    // Reflection: whatever the device sends goes back to it.
    let mut stream = running.peer();
    stream.write_all(&[1, 0, 1, 1]).unwrap();
    let mut bytes = [0; 512];
    let read = stream.read(&mut bytes).unwrap();
    assert_eq!(bytes[0], 2, "an offer");
    stream.write_all(&bytes[..read]).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert_eq!(answer.first(), Some(&0x7f), "refused");
    // Byte by byte, and slowly: served, and refused in the end.
    let mut stream = running.peer();
    for byte in [1, 0, 1, 1] {
        stream.write_all(&[byte]).unwrap();
        std::thread::sleep(Duration::from_millis(30));
    }
    let read = stream.read(&mut bytes).unwrap();
    assert_eq!((bytes[0], read > 20), (2, true));
    drop(stream);
    let output = running.setup(&["--label", &code], SECRET);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let (mut device, ended) = running.thread.join().unwrap();
    assert_eq!(ended, Ended::Owned);
    assert_eq!(device.attempts_left().unwrap(), 10, "a full window for the next owner");
}
