//! A client over TCP, and OpenSSL at its other end.
#![allow(dead_code, reason = "each test uses a part")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gabion_crypto::{AeadKey, Software};
use gabion_hal::{Clock, TimeQuality, WallTime};
use gabion_link::ChannelPolicy;
use gabion_link::x509::{Now, Policy, TimeFloor, TrustAnchor};
use gabion_tls::{
    Authenticate, Buffers, ClientConfig, Identity, Limits, RecordCipher, Timer, TlsError, connect,
};

use crate::mint::{Key, noon};
use crate::server::{BY_KEY, Seeded, block_on, psk};

pub struct Tcp(pub TcpStream);

impl embedded_io_async::ErrorType for Tcp {
    type Error = embedded_io_async::ErrorKind;
}

impl embedded_io_async::Read for Tcp {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, embedded_io_async::ErrorKind> {
        self.0.read(buffer).map_err(|_| embedded_io_async::ErrorKind::ConnectionReset)
    }
}

impl embedded_io_async::Write for Tcp {
    async fn write(&mut self, data: &[u8]) -> Result<usize, embedded_io_async::ErrorKind> {
        self.0.write(data).map_err(|_| embedded_io_async::ErrorKind::ConnectionReset)
    }

    async fn flush(&mut self) -> Result<(), embedded_io_async::ErrorKind> {
        Ok(())
    }
}

pub struct Wall(Instant);

impl Default for Wall {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for Wall {
    fn uptime_ms(&mut self) -> u64 {
        self.0.elapsed().as_millis() as u64
    }

    fn wall(&mut self) -> Option<WallTime> {
        None
    }
}

impl Timer for Wall {
    async fn sleep_until(&mut self, uptime_ms: u64) {
        std::thread::sleep(Duration::from_millis(uptime_ms.saturating_sub(self.uptime_ms())));
    }
}

pub struct Client {
    pub port: u16,
    pub policy: ChannelPolicy,
    pub root: Vec<u8>,
    pub own: Option<(Vec<u8>, Key)>,
}

impl Client {
    /// Connects, sends, takes one answer, and says farewell.
    pub fn ask<S: RecordCipher<Key: AeadKey>>(
        &self,
        suite: &S,
        question: &[u8],
    ) -> Result<String, TlsError> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let anchors = [TrustAnchor::from_certificate(&self.root).unwrap()];
        let trust = Policy::new(&anchors);
        let floor = TimeFloor::new(noon());
        let unix_seconds = u64::try_from(noon().0).unwrap();
        let wall = WallTime { unix_seconds, quality: TimeQuality::Authenticated };
        let now = Now::new(floor, Some(wall));
        let key = psk();
        let own = self.own.as_ref().map(|(der, key)| ([der.as_slice()], key.private()));
        let config = ClientConfig {
            policy: self.policy,
            authenticate: if self.policy == BY_KEY {
                Authenticate::PresharedKey(&key)
            } else {
                Authenticate::Certificate { trust: &trust, now: &now }
            },
            identity: own.as_ref().map(|(chain, key)| Identity { chain, key }),
            limits: Limits::DEFAULT,
        };
        let (mut receive, mut send, mut certificates) = ([0; 16_640], [0; 2048], [0; 4096]);
        let buffers =
            Buffers { receive: &mut receive, send: &mut send, certificates: &mut certificates };
        let mut entropy = Seeded(u64::from(self.port));
        block_on(async {
            let (tcp, wall) = (Tcp(stream), Wall::default());
            let mut channel =
                connect(tcp, wall, &mut entropy, &Software, suite, &config, buffers).await?;
            channel.send(question).await?;
            let mut answer = vec![];
            while answer.len() < question.len() {
                let mut buffer = [0; 100];
                match channel.receive(&mut buffer).await? {
                    0 => break,
                    count => answer.extend(&buffer[..count]),
                }
            }
            channel.close().await?;
            Ok(String::from_utf8(answer).unwrap())
        })
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes
        .chunks(3)
        .map(|three| {
            let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
                << (8 * (3 - three.len()));
            (0..4)
                .map(|at| match at <= three.len() {
                    true => char::from(ALPHABET[(bits >> (18 - 6 * at)) as usize & 63]),
                    false => '=',
                })
                .collect::<String>()
        })
        .collect()
}

pub fn pem(label: &str, der: &[u8]) -> String {
    let text = base64(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// The private key as SEC 1 has it.
pub fn key_pem(key: Key) -> String {
    use crate::mint::{oid, seq, tlv};
    let curve = oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]);
    let point = [&[0, 4][..], &key.point()].concat();
    let der = seq(&[
        &[2, 1, 1],
        &tlv(4, key.private().expose()),
        &tlv(0xa0, &curve),
        &tlv(0xa1, &tlv(3, &point)),
    ]);
    pem("EC PRIVATE KEY", &der)
}

pub fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("gabion-tls-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// `openssl s_server -rev`.
pub struct OpenSsl {
    child: Child,
    folder: PathBuf,
    pub port: u16,
}

impl OpenSsl {
    pub fn start(
        name: &str,
        certificate: Option<(&[Vec<u8>], Key)>,
        more: &[&str],
    ) -> Option<Self> {
        let folder = folder(name);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new("openssl");
        command.args(["s_server", "-quiet", "-rev", "-accept", &format!("127.0.0.1:{port}")]);
        if let Some((chain, key)) = certificate {
            let write = |name: &str, text: String| {
                let path = folder.join(name);
                std::fs::write(&path, text).unwrap();
                path
            };
            command.arg("-cert").arg(write("leaf.pem", pem("CERTIFICATE", &chain[0])));
            let others = chain[1..].iter().map(|der| pem("CERTIFICATE", der)).collect();
            command.arg("-cert_chain").arg(write("others.pem", others));
            command.arg("-key").arg(write("key.pem", key_pem(key)));
        }
        command.args(more).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = match command.spawn() {
            Ok(child) => child,
            Err(why) => {
                assert!(std::env::var_os("CI").is_none(), "CI needs openssl: {why}");
                eprintln!("SKIPPED: openssl is not installed ({why})");
                return None;
            }
        };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(10), "openssl does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Self { child, folder, port })
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
