//! A server for tests, made apart from the client: it sends what a test says, in whatever order, sealed with the right keys.
#![allow(clippy::type_complexity, reason = "plans of a test server are functions")]
#![allow(dead_code, reason = "each test uses a part")]

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::rc::Rc;
use std::task::Poll;

use gabion_crypto::{
    Aead, AeadKey, Aes128Gcm, EcdhP256, HmacSha256, P256PublicKey, Secret, Sha256, Software,
    SoftwareChaCha,
};
use gabion_hal::rand_core::{TryCryptoRng, TryRng};
use gabion_hal::{Clock, TimeQuality, WallTime};
use gabion_link::x509::{Now, Policy, TimeFloor, TrustAnchor, UnixTime};
use gabion_link::{ChannelPolicy, PeerIdentity, Secured, Suite, Version};
use gabion_tls::{
    Aes128GcmSuite, Authenticate, Buffers, ChaChaSuite, ClientConfig, Identity, Limits, Refusal,
    Timer, TlsChannel, TlsError, connect,
};

use crate::mint::{Cert, Key, noon};

pub const IDENTITY: &str = "device 4711";
const SUITES: &[Suite] = &[Suite::TlsAes128Gcm, Suite::TlsChaCha20Poly1305];

pub const BY_CERTIFICATE: ChannelPolicy = ChannelPolicy::new(
    "fleet",
    "reports",
    "wifi",
    Version::Tls13,
    SUITES,
    PeerIdentity::Certificate { host: "fleet.example.com", pinned: false },
    "back-off",
);
pub const BY_KEY: ChannelPolicy = ChannelPolicy::new(
    "fleet",
    "reports",
    "wifi",
    Version::Tls13,
    SUITES,
    PeerIdentity::PresharedKey { identity: IDENTITY },
    "back-off",
);

pub fn psk() -> Secret<[u8; 32]> {
    Secret::new(Software.sha256(&[b"a pre-shared key"]))
}

/// Bytes of one direction's records.
pub fn expand(secret: &[u8; 32], label: &str, context: &[u8], length: usize) -> Vec<u8> {
    let label = format!("tls13 {label}");
    let mut info = (length as u16).to_be_bytes().to_vec();
    info.push(label.len() as u8);
    info.extend(label.bytes());
    info.push(context.len() as u8);
    info.extend(context);
    info.push(1);
    Software.hmac_sha256(secret, &[&info])[..length].to_vec()
}

/// One direction.
#[derive(Clone)]
pub struct Lane {
    pub secret: [u8; 32],
    pub sequence: u64,
    pub chacha: bool,
}

impl Lane {
    fn new(secret: Vec<u8>, chacha: bool) -> Self {
        Self { secret: secret.try_into().unwrap(), sequence: 0, chacha }
    }

    fn nonce(&mut self) -> [u8; 12] {
        let mut nonce: [u8; 12] = expand(&self.secret, "iv", &[], 12).try_into().unwrap();
        for (to, from) in nonce[4..].iter_mut().zip(self.sequence.to_be_bytes()) {
            *to ^= from;
        }
        self.sequence += 1;
        nonce
    }

    fn key(&self) -> Box<dyn AeadKey> {
        if self.chacha {
            let key = expand(&self.secret, "key", &[], 32).try_into().unwrap();
            Box::new(SoftwareChaCha.aead_key(&Secret::new(key)))
        } else {
            let key = expand(&self.secret, "key", &[], 16).try_into().unwrap();
            Box::new(Software.aes128_gcm_key(&Secret::new(key)))
        }
    }

    /// Seals an inner plaintext, its type and padding included.
    pub fn seal(&mut self, mut inner: Vec<u8>) -> Vec<u8> {
        let mut record = vec![23, 3, 3];
        record.extend(((inner.len() + 16) as u16).to_be_bytes());
        let nonce = self.nonce();
        let tag = self.key().seal(&nonce, &record, &mut inner).unwrap();
        record.extend(inner);
        record.extend(tag);
        record
    }

    /// Opens a record and returns type and content.
    pub fn open(&mut self, record: &[u8]) -> (u8, Vec<u8>) {
        let (header, body) = record.split_at(5);
        let (data, tag) = body.split_at(body.len() - 16);
        let mut data = data.to_vec();
        let nonce = self.nonce();
        self.key().unseal(&nonce, header, &mut data, tag.try_into().unwrap()).unwrap();
        while data.last() == Some(&0) {
            data.pop();
        }
        let kind = data.pop().unwrap();
        (kind, data)
    }
}

pub fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![kind];
    out.extend(&(body.len() as u32).to_be_bytes()[1..]);
    out.extend(body);
    out
}

pub fn sized<const N: usize>(content: &[u8]) -> Vec<u8> {
    let mut out = (content.len() as u64).to_be_bytes()[8 - N..].to_vec();
    out.extend(content);
    out
}

pub fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    let mut out = kind.to_be_bytes().to_vec();
    out.extend(sized::<2>(content));
    out
}

/// A connection, from the server's side.
pub struct Session {
    pub out: Vec<u8>,
    pub hello: Vec<u8>,
    pub transcript: Vec<u8>,
    pub chacha: bool,
    pub psk: Option<[u8; 32]>,
    pub handshake: Option<Lane>,
    pub client_handshake: Option<Lane>,
    pub application: Option<Lane>,
    pub client_application: Option<Lane>,
    main: [u8; 32],
    /// Changes a message before it is taken into the transcript and sealed.
    pub tamper: Box<dyn FnMut(&mut Vec<u8>)>,
}

impl Session {
    fn new(hello: Vec<u8>, chacha: bool, psk: Option<[u8; 32]>) -> Self {
        Self {
            out: vec![],
            transcript: hello.clone(),
            hello,
            chacha,
            psk,
            handshake: None,
            client_handshake: None,
            application: None,
            client_application: None,
            main: [0; 32],
            tamper: Box::new(|_| {}),
        }
    }

    pub fn hash(&self) -> [u8; 32] {
        Software.sha256(&[&self.transcript])
    }

    fn client_share(&self) -> P256PublicKey {
        let at = self.hello.windows(6).position(|w| w == [0, 0x17, 0, 65, 4, w[5]]).unwrap() + 5;
        P256PublicKey(self.hello[at..at + 64].try_into().unwrap())
    }

    pub fn share() -> [u8; 64] {
        static SHARE: std::sync::OnceLock<[u8; 64]> = std::sync::OnceLock::new();
        *SHARE.get_or_init(|| Software.p256_share(&Self::private()).unwrap().0)
    }

    fn private() -> Secret<[u8; 32]> {
        Secret::new(Software.sha256(&[b"the server's share"]))
    }

    pub fn plain(&mut self, kind: u8, content: &[u8]) {
        self.out.extend([kind, 3, 3]);
        self.out.extend(sized::<2>(content));
    }

    pub fn hello_extensions(&self) -> Vec<u8> {
        let mut share = vec![0, 0x17];
        share.extend(sized::<2>(&[&[4][..], &Self::share()].concat()));
        let mut list = extension(43, &[3, 4]);
        list.extend(extension(51, &share));
        if self.psk.is_some() {
            list.extend(extension(41, &[0, 0]));
        }
        list
    }

    pub fn hello_body(&self, extensions: &[u8]) -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([0x5e; 32]);
        body.push(0);
        body.extend([0x13, if self.chacha { 3 } else { 1 }, 0]);
        body.extend(sized::<2>(extensions));
        body
    }

    pub fn server_hello(&mut self) -> &mut Self {
        let body = self.hello_body(&self.hello_extensions());
        self.server_hello_of(&body)
    }

    pub fn server_hello_of(&mut self, body: &[u8]) -> &mut Self {
        let mut bytes = message(2, body);
        (self.tamper)(&mut bytes);
        self.plain(22, &bytes);
        self.transcript.extend(&bytes);
        self.derive();
        self
    }

    pub fn derive(&mut self) {
        let empty = Software.sha256(&[]);
        let early = Software.hmac_sha256(&[0; 32], &[&self.psk.unwrap_or_default()]);
        let salt: [u8; 32] = expand(&early, "derived", &empty, 32).try_into().unwrap();
        let mut shared = Secret::zeroed();
        Software.p256_agree(&Self::private(), &self.client_share(), &mut shared).unwrap();
        let handshake = Software.hmac_sha256(&salt, &[shared.expose()]);
        let hash = self.hash();
        self.handshake =
            Some(Lane::new(expand(&handshake, "s hs traffic", &hash, 32), self.chacha));
        self.client_handshake =
            Some(Lane::new(expand(&handshake, "c hs traffic", &hash, 32), self.chacha));
        let salt: [u8; 32] = expand(&handshake, "derived", &empty, 32).try_into().unwrap();
        self.main = Software.hmac_sha256(&salt, &[&[0; 32]]);
    }

    /// Sends a handshake message, sealed as the state of the connection asks for.
    pub fn send(&mut self, kind: u8, body: &[u8]) -> &mut Self {
        let mut bytes = message(kind, body);
        (self.tamper)(&mut bytes);
        self.transcript.extend(&bytes);
        self.sealed(22, &bytes);
        self
    }

    pub fn sealed(&mut self, kind: u8, content: &[u8]) {
        self.sealed_inner([content, &[kind]].concat());
    }

    pub fn sealed_inner(&mut self, inner: Vec<u8>) {
        let lane = self.application.as_mut().or(self.handshake.as_mut()).unwrap();
        let record = lane.seal(inner);
        self.out.extend(record);
    }

    pub fn encrypted_extensions(&mut self) -> &mut Self {
        self.send(8, &[0, 0])
    }

    pub fn certificate_request(&mut self) -> &mut Self {
        let list = extension(13, &sized::<2>(&[4, 3]));
        self.send(13, &[&[0][..], &sized::<2>(&list)].concat())
    }

    pub fn certificate(&mut self, chain: &[Vec<u8>]) -> &mut Self {
        let list: Vec<u8> =
            chain.iter().flat_map(|one| [sized::<3>(one), vec![0, 0]].concat()).collect();
        self.send(11, &[&[0][..], &sized::<3>(&list)].concat())
    }

    pub fn certificate_verify(&mut self, key: Key) -> &mut Self {
        let signed =
            [&[0x20; 64][..], b"TLS 1.3, server CertificateVerify\0", &self.hash()].concat();
        self.send(15, &[&[4, 3][..], &sized::<2>(&key.sign(&signed))].concat())
    }

    pub fn finished(&mut self) -> &mut Self {
        let secret = self.handshake.as_ref().unwrap().secret;
        let key = expand(&secret, "finished", &[], 32);
        let value = Software.hmac_sha256(&key, &[&self.hash()]);
        self.finished_of(&value)
    }

    pub fn finished_of(&mut self, value: &[u8]) -> &mut Self {
        self.send(20, value);
        self.application_keys();
        self
    }

    pub fn application_keys(&mut self) {
        let hash = self.hash();
        self.application =
            Some(Lane::new(expand(&self.main, "s ap traffic", &hash, 32), self.chacha));
        self.client_application =
            Some(Lane::new(expand(&self.main, "c ap traffic", &hash, 32), self.chacha));
    }

    pub fn data(&mut self, data: &[u8]) -> &mut Self {
        self.sealed(23, data);
        self
    }

    /// Everything that an honest server with a certificate sends.
    pub fn honest(&mut self, chain: &[Vec<u8>], key: Key) -> &mut Self {
        self.server_hello().encrypted_extensions().certificate(chain);
        self.certificate_verify(key).finished()
    }

    /// Everything that an honest server with a pre-shared key sends.
    pub fn honest_psk(&mut self) -> &mut Self {
        self.server_hello().encrypted_extensions().finished()
    }
}

/// The honest chain: a leaf of `Key(3)`, an intermediate; and the root that is trusted.
pub fn chain() -> (Vec<Vec<u8>>, Vec<u8>) {
    let root = Cert::root("root", Key(1));
    let inter = Cert::inter("inter", Key(2), &root);
    let leaf = Cert::leaf(Key(3), &inter);
    (vec![leaf.der(), inter.der()], root.der())
}

pub type Plan = Box<dyn FnMut(&mut Session)>;

/// What a test sees of the wire.
pub struct Seen {
    pub sent: Vec<u8>,
    pub session: Option<Session>,
}

/// A transport with a server at its other end.
pub struct Wire {
    pub seen: Rc<RefCell<Seen>>,
    plan: Option<Plan>,
    chacha: bool,
    psk: Option<[u8; 32]>,
    /// Changes everything that the server sends.
    pub on_wire: Box<dyn FnMut(&mut Vec<u8>)>,
    queue: VecDeque<u8>,
    /// Says nothing more at the end instead of closing.
    pub silent: bool,
    /// Time that each byte takes.
    pub ms_per_byte: u64,
    now: Rc<Cell<u64>>,
}

impl embedded_io_async::ErrorType for Wire {
    type Error = Infallible;
}

impl embedded_io_async::Read for Wire {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        if self.queue.is_empty() && self.silent {
            return std::future::poll_fn(|_| Poll::Pending).await;
        }
        if self.ms_per_byte > 0 {
            self.now.set(self.now.get() + self.ms_per_byte);
            let Some(byte) = self.queue.pop_front() else { return Ok(0) };
            buffer[0] = byte;
            return Ok(1);
        }
        let count = buffer.len().min(self.queue.len());
        for to in &mut buffer[..count] {
            *to = self.queue.pop_front().unwrap();
        }
        Ok(count)
    }
}

impl embedded_io_async::Write for Wire {
    async fn write(&mut self, data: &[u8]) -> Result<usize, Infallible> {
        self.seen.borrow_mut().sent.extend(data);
        if let Some(mut plan) = self.plan.take() {
            // The client sends its hello in one piece.
            let mut session = Session::new(data[5..].to_vec(), self.chacha, self.psk);
            plan(&mut session);
            let mut out = session.out.clone();
            (self.on_wire)(&mut out);
            self.queue.extend(out);
            self.seen.borrow_mut().session = Some(session);
        }
        Ok(data.len())
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// A clock that stands still until somebody has to wait.
#[derive(Clone, Default)]
pub struct Time(pub Rc<Cell<u64>>);

impl Clock for Time {
    fn uptime_ms(&mut self) -> u64 {
        self.0.get()
    }

    fn wall(&mut self) -> Option<WallTime> {
        None
    }
}

impl Timer for Time {
    async fn sleep_until(&mut self, uptime_ms: u64) {
        self.0.set(self.0.get().max(uptime_ms));
    }
}

/// Randomness that a seed repeats.
pub struct Seeded(pub u64);

impl TryRng for Seeded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|word| word as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(word ^ (word >> 31))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for chunk in out.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}
impl TryCryptoRng for Seeded {}

/// A client against a server that follows a plan.
pub struct Bench {
    pub wire: Wire,
    pub time: Time,
    pub with_key: bool,
    pub root: Vec<u8>,
    pub own: Option<(Vec<Vec<u8>>, Key)>,
    pub receive: Vec<u8>,
    pub send: Vec<u8>,
    pub certificates: Vec<u8>,
    pub clock: UnixTime,
    pub policy: ChannelPolicy,
}

/// What became of it.
pub struct Outcome {
    pub result: Result<(), TlsError>,
    pub received: Vec<u8>,
    pub end: Result<usize, TlsError>,
    pub seen: Rc<RefCell<Seen>>,
    pub ms: u64,
}

impl Outcome {
    /// How many bytes the server sent.
    pub fn sent(&self) -> usize {
        self.seen.borrow().session.as_ref().unwrap().out.len()
    }

    pub fn refusal(&self) -> Refusal {
        match self.result {
            Err(TlsError::Refused(refusal)) => refusal,
            other => panic!("{other:?}"),
        }
    }

    /// The records that the client sent.
    pub fn records(&self) -> Vec<Vec<u8>> {
        let sent = self.seen.borrow().sent.clone();
        let mut rest = &sent[..];
        let mut records = vec![];
        while !rest.is_empty() {
            let length = 5 + usize::from(u16::from_be_bytes([rest[3], rest[4]]));
            records.push(rest[..length].to_vec());
            rest = &rest[length..];
        }
        records
    }
}

impl Bench {
    pub fn new(plan: impl FnMut(&mut Session) + 'static) -> Self {
        let time = Time::default();
        let seen = Rc::new(RefCell::new(Seen { sent: vec![], session: None }));
        let wire = Wire {
            seen,
            plan: Some(Box::new(plan)),
            chacha: false,
            psk: None,
            on_wire: Box::new(|_| {}),
            queue: VecDeque::new(),
            silent: false,
            ms_per_byte: 0,
            now: time.0.clone(),
        };
        Self {
            wire,
            time,
            with_key: false,
            root: chain().1,
            own: None,
            receive: vec![0; 16_640],
            send: vec![0; 4096],
            certificates: vec![0; 8192],
            clock: noon(),
            policy: BY_CERTIFICATE,
        }
    }

    /// With a pre-shared key on both sides.
    pub fn with_key(plan: impl FnMut(&mut Session) + 'static) -> Self {
        let mut bench = Self::new(plan);
        bench.with_key = true;
        bench.policy = BY_KEY;
        bench.wire.psk = Some(*psk().expose());
        bench
    }

    pub fn chacha(mut self) -> Self {
        self.wire.chacha = true;
        self
    }

    pub fn but(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Connects, sends "hello", and receives until nothing comes.
    pub fn run(self) -> Outcome {
        block_on(self.run_async())
    }

    async fn run_async(mut self) -> Outcome {
        let anchors = [TrustAnchor::from_certificate(&self.root).unwrap()];
        let trust = Policy::new(&anchors);
        let wall = WallTime {
            unix_seconds: u64::try_from(self.clock.0).unwrap(),
            quality: TimeQuality::Authenticated,
        };
        let floor = TimeFloor::new(UnixTime::from_utc(2025, 2, 1, [0; 3]).unwrap());
        let now = Now::new(floor, Some(wall));
        let key = psk();
        let own_chain: Vec<&[u8]> =
            self.own.iter().flat_map(|own| own.0.iter().map(Vec::as_slice)).collect();
        let own_key = self.own.as_ref().map(|own| own.1.private());
        let config = ClientConfig {
            policy: self.policy,
            authenticate: if self.with_key {
                Authenticate::PresharedKey(&key)
            } else {
                Authenticate::Certificate { trust: &trust, now: &now }
            },
            identity: own_key.as_ref().map(|key| Identity { chain: &own_chain, key }),
            limits: Limits::DEFAULT,
        };
        let buffers = Buffers {
            receive: &mut self.receive,
            send: &mut self.send,
            certificates: &mut self.certificates,
        };
        let seen = self.wire.seen.clone();
        let mut entropy = Seeded(7);
        let (result, received, end) = if self.wire.chacha {
            let suite = ChaChaSuite(SoftwareChaCha);
            let (wire, time) = (self.wire, self.time.clone());
            let made = connect(wire, time, &mut entropy, &Software, &suite, &config, buffers);
            talk(made.await).await
        } else {
            let suite = Aes128GcmSuite(Software);
            let (wire, time) = (self.wire, self.time.clone());
            let made = connect(wire, time, &mut entropy, &Software, &suite, &config, buffers);
            talk(made.await).await
        };
        Outcome { result, received, end, seen, ms: self.time.0.get() }
    }
}

async fn talk<K: AeadKey>(
    made: Result<Secured<TlsChannel<'_, Wire, Time, K>>, TlsError>,
) -> (Result<(), TlsError>, Vec<u8>, Result<usize, TlsError>) {
    let mut channel = match made {
        Ok(channel) => channel,
        Err(error) => return (Err(error), vec![], Ok(0)),
    };
    if let Err(error) = channel.send(b"hello").await {
        return (Err(error), vec![], Ok(0));
    }
    let mut received = vec![];
    let end = loop {
        let mut buffer = [0; 100];
        match channel.receive(&mut buffer).await {
            Ok(0) => break Ok(0),
            Ok(count) => received.extend(&buffer[..count]),
            Err(error) => {
                // After an error there is nothing.
                assert_eq!(channel.receive(&mut buffer).await, Err(TlsError::Closed));
                assert_eq!(channel.send(b"more").await, Err(TlsError::Closed));
                break Err(error);
            }
        }
    };
    (Ok(()), received, end)
}

/// Polls until ready.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
