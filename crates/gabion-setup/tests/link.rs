//! First set-up over a link that nobody trusts: that it works, and every attack on it, each test named after the attack.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

#[path = "../../gabion-auth/tests/double/mod.rs"]
mod double;

use double::{
    APP, Counting, FACTS, GOOD, INTERFACES, MemoryStore, OTHER, POLICY, Recorder, Seeded, Uptime,
    block_on, name, root_key,
};
use gabion_auth::{Auth, Config, LABEL_PAKE, Owner, PhysicalPresence, Ports, WeakSecret};
use gabion_crypto::Software;
use gabion_hal::{EventKind, NoEvents};
use gabion_profile::Class;
use gabion_provision::{Label, LabelSecret, LifeCycle, Model, NoFuse, Serial};
use gabion_setup::*;
use gabion_storage::Storage;

const MODEL: &[u8] = b"LAMP-2";
const SERIAL: &[u8] = b"A00017";

struct Button;

impl gabion_auth::PresenceSensor for Button {
    fn is_present(&mut self) -> bool {
        true
    }
}

/// A device with power that is open for set-up.
struct Device {
    store: MemoryStore,
    auth: Auth<'static, Counting>,
    clock: Uptime,
    events: Recorder,
    link: SetUpLink<Software>,
    entropy: Seeded,
}

/// A device from the line, and what stands on its label.
fn made() -> (MemoryStore, Label) {
    let mut store = MemoryStore::default();
    let cycle = block_on(LifeCycle::open(&mut store, CREDENTIALS, &mut NoFuse)).unwrap();
    let LifeCycle::Unprovisioned(device) = cycle else { panic!("fresh") };
    let mut factory = Factory {
        crypto: &Software,
        root_key: &mut root_key(),
        entropy: &mut Seeded(77),
        fuse: &mut NoFuse,
        events: &mut NoEvents,
    };
    let order = Order {
        model: Model::new(MODEL).unwrap(),
        serial: Serial::new(SERIAL).unwrap(),
        public: &[],
        policy: POLICY,
    };
    let (_, label) = block_on(factory.provision(device, &mut store, &order)).unwrap();
    (store, label)
}

fn copy(code: &LabelSecret) -> LabelSecret {
    LabelSecret::parse(&mut code.expose().to_vec()).unwrap()
}

fn another_code() -> LabelSecret {
    LabelSecret::generate(&mut Seeded(4711), &[]).unwrap()
}

impl Device {
    fn boot(mut store: MemoryStore) -> Self {
        let mut clock = Uptime(0);
        let config = Config { interfaces: INTERFACES, facts: FACTS, policy: POLICY };
        let mut root = root_key();
        let opened = Auth::open(Counting::default(), &mut root, &mut store, &mut clock, config);
        let auth = block_on(opened).unwrap();
        let cycle = block_on(LifeCycle::open(&mut store, CREDENTIALS, &mut NoFuse)).unwrap();
        let LifeCycle::FactoryProvisioned(device) = cycle else { panic!("{cycle:?}") };
        let link = SetUpLink::open(Software, device, APP, &mut clock);
        let events = Recorder::default();
        let mut device = Self { store, auth, clock, events, link, entropy: Seeded(99) };
        device.clock.0 += 100_000;
        device.link.connected(&mut device.clock);
        device
    }

    fn reboot(self) -> Self {
        Self::boot(self.store.power_on())
    }

    /// A new connection, after some time.
    fn connect(&mut self, after_ms: u64) {
        self.clock.0 += after_ms;
        self.link.connected(&mut self.clock);
    }

    fn receive(&mut self, bytes: &[u8]) -> (Progress, Vec<u8>) {
        let mut out = Outbox::new();
        let mut ports = Ports {
            storage: &mut self.store,
            entropy: &mut self.entropy,
            clock: &mut self.clock,
            events: &mut self.events,
        };
        let progress = block_on(self.link.receive(&mut self.auth, &mut ports, bytes, &mut out));
        (progress, out.bytes().to_vec())
    }

    fn left(&self) -> u8 {
        self.store.values[&SET_UP_WINDOW.parameter().id.raw()][1]
    }
}

/// A phone and what it sends next.
struct Peer {
    phone: Phone<Software>,
    out: Outbox,
    entropy: Seeded,
}

impl Peer {
    fn new(code: LabelSecret) -> Self {
        let mut out = Outbox::new();
        let expected = Some((Model::new(MODEL).unwrap(), Serial::new(SERIAL).unwrap()));
        let phone = Phone::start(Software, code, expected, &mut out);
        Self { phone, out, entropy: Seeded(3) }
    }

    fn receive(&mut self, bytes: &[u8]) -> Result<Next, PhoneError> {
        self.phone.receive(&mut self.entropy, bytes, &mut self.out)
    }

    fn give(&mut self, who: &str, secret: &str, wifi: Option<&Wifi>) -> Result<(), PhoneError> {
        self.phone.give(&name(who), secret.as_bytes(), wifi, &mut self.out)
    }

    /// Proves the code.
    fn prove(&mut self, device: &mut Device) -> Result<(), PhoneError> {
        loop {
            let (_, answer) = device.receive(self.out.bytes());
            match self.receive(&answer)? {
                Next::Send => {}
                Next::Give => return Ok(()),
                other => panic!("{other:?}"),
            }
        }
    }

    /// Sends what is in the outbox, and returns what both sides make of it.
    fn exchange(&mut self, device: &mut Device) -> (Progress, Result<Next, PhoneError>) {
        let (progress, answer) = device.receive(self.out.bytes());
        (progress, self.receive(&answer))
    }
}

fn wifi() -> Wifi {
    Wifi::new(b"attic", b"eleven green umbrellas").unwrap()
}

fn refusal(bytes: &[u8]) -> Refusal {
    let mut peer = Peer::new(another_code());
    match peer.receive(bytes) {
        Err(PhoneError::Refused(why)) => why,
        other => panic!("{other:?} {bytes:?}"),
    }
}

#[test]
fn provision_5_5_1_the_label_is_proved_and_the_device_has_an_owner_and_wifi() {
    let (store, label) = made();
    let mut device = Device::boot(store);
    let mut peer = Peer::new(copy(&label.secret));
    peer.prove(&mut device).unwrap();
    assert_eq!(peer.phone.device().unwrap().1.as_bytes(), SERIAL);
    peer.give("Ada", GOOD, Some(&wifi())).unwrap();
    let (progress, next) = peer.exchange(&mut device);
    let Progress::Done(session) = progress else { panic!("{progress:?}") };
    let Ok(Next::Done(token)) = next else { panic!("{next:?}") };
    assert_eq!(token.expose(), session.token.expose());
    assert!(device.auth.authorize::<Owner>(&mut device.clock, &token).is_ok());
    let stored = block_on(Wifi::load(&mut device.store)).unwrap().unwrap();
    assert_eq!(
        (stored.name(), stored.expose_passphrase()),
        (wifi().name(), wifi().expose_passphrase())
    );
    let kinds: Vec<_> = device.events.0.iter().map(|e| e.kind).collect();
    assert_eq!(
        kinds,
        [EventKind::AuthenticatorChanged, EventKind::LoginSucceeded, EventKind::SetUpFinished]
    );
    // Closed: whoever comes now is told that there is an owner, and nothing else.
    device.connect(1_000);
    let (_, answer) = device.receive(Peer::new(copy(&label.secret)).out.bytes());
    assert_eq!(refusal(&answer), Refusal::Owned);
    assert_eq!(device.left(), WINDOW_ATTEMPTS);
    assert!(matches!(device.link.into_device(), Outcome::Owned(_)));
    // And after the next start there is no value left that set-up could be opened with.
    let cycle = block_on(LifeCycle::open(&mut device.store, CREDENTIALS, &mut NoFuse));
    assert!(matches!(cycle.unwrap(), LifeCycle::Owned(_)));
}

#[test]
fn bytes_come_in_any_pieces() {
    let (store, label) = made();
    let mut device = Device::boot(store);
    let mut peer = Peer::new(copy(&label.secret));
    let mut given = false;
    let session = loop {
        let mut frame = peer.out.bytes().to_vec();
        let last = frame.pop().unwrap();
        for byte in frame {
            assert!(
                matches!(device.receive(&[byte]), (Progress::More, answer) if answer.is_empty())
            );
        }
        let (progress, mut answer) = device.receive(&[last]);
        let last = answer.pop().unwrap();
        for byte in answer {
            assert!(matches!(peer.receive(&[byte]), Ok(Next::More)));
        }
        match peer.receive(&[last]).unwrap() {
            Next::Send => {}
            Next::Give => {
                assert!(!given);
                given = true;
                peer.give("Ada", GOOD, None).unwrap();
            }
            Next::Done(_) => break progress,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(session, Progress::Done(_)));
    assert!(block_on(Wifi::load(&mut device.store)).unwrap().is_none(), "none was given");
}

#[test]
fn a_weak_secret_an_odd_name_and_an_odd_network_are_asked_for_again() {
    let (store, label) = made();
    let mut device = Device::boot(store);
    let mut peer = Peer::new(copy(&label.secret));
    peer.prove(&mut device).unwrap();
    let code = label.secret.grouped().to_string();
    for (secret, why) in [
        ("hello", WeakSecret::TooShort),
        ("password12", WeakSecret::Common),
        ("adaline is here", WeakSecret::Derived),
        (code.as_str(), WeakSecret::Derived),
    ] {
        peer.give("Adaline", secret, None).unwrap();
        let (progress, next) = peer.exchange(&mut device);
        assert!(matches!(progress, Progress::Answered));
        assert!(matches!(next, Ok(Next::Weak(told)) if told == why), "{secret}: {next:?}");
    }
    peer.give("Adaline", GOOD, None).unwrap();
    assert!(matches!(peer.exchange(&mut device), (Progress::Done(_), Ok(Next::Done(_)))));
    assert!(Wifi::new(b"", b"").is_none() && Wifi::new(b"attic", b"short").is_none());
    assert!(Wifi::new(&[7; 33], b"").is_none() && Wifi::new(b"a", &[b'x'; 64]).is_none());
    assert!(Wifi::new(b"a", b"").is_some() && Wifi::new(&[0xff; 32], &[b'x'; 63]).is_some());
}

#[test]
fn one_connection_cannot_try_secrets_for_ever() {
    let (store, label) = made();
    let mut device = Device::boot(store);
    let mut peer = Peer::new(copy(&label.secret));
    peer.prove(&mut device).unwrap();
    let mut tries = 0;
    loop {
        tries += 1;
        peer.give("Ada", "hello", None).unwrap();
        match peer.exchange(&mut device).0 {
            Progress::Answered => {}
            Progress::Over => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(tries, 8);
    peer.give("Ada", GOOD, None).unwrap();
    assert!(matches!(peer.exchange(&mut device).0, Progress::Over));
}

#[test]
fn a_wrong_code_is_refused_and_counted_before_it_is_answered() {
    let (store, label) = made();
    let mut device = Device::boot(store);
    for round in 1..=3 {
        let mut peer = Peer::new(another_code());
        assert_eq!(peer.prove(&mut device).unwrap_err(), PhoneError::NotThisLabel);
        assert_eq!(device.left(), WINDOW_ATTEMPTS - round);
        device.connect(60_000);
    }
    let mut peer = Peer::new(copy(&label.secret));
    peer.prove(&mut device).unwrap();
    assert_eq!(device.left(), WINDOW_ATTEMPTS - 4, "a right one is counted until it has an owner");
}

#[test]
fn the_throttle_of_log_ins_holds_here_too() {
    let (store, label) = made();
    let mut device = Device::boot(store);
    let mut waits = 0;
    for _ in 0..8 {
        let mut peer = Peer::new(another_code());
        match peer.prove(&mut device).unwrap_err() {
            PhoneError::NotThisLabel => {}
            PhoneError::Refused(Refusal::Wait(ms)) => {
                assert!(ms > 0);
                waits += 1;
            }
            other => panic!("{other:?}"),
        }
        device.connect(0);
    }
    assert!(waits >= 3, "{waits}");
    // Too early costs no attempt of the window, and even the right code has to wait.
    let left = device.left();
    let mut peer = Peer::new(copy(&label.secret));
    assert!(matches!(peer.prove(&mut device), Err(PhoneError::Refused(Refusal::Wait(_)))));
    assert_eq!(device.left(), left);
}

#[test]
fn the_window_closes_after_ten_attempts_and_no_reboot_opens_it() {
    let (store, label) = made();
    let mut device = Device::boot(store);
    for _ in 0..WINDOW_ATTEMPTS {
        // A peer that hangs up as soon as it has the answer: it knows whether its guess was right, and is counted.
        let mut peer = Peer::new(another_code());
        peer.prove(&mut device).unwrap_err();
        device = device.reboot();
        device.connect(1_000_000);
    }
    assert_eq!(device.left(), 0);
    for _ in 0..3 {
        let mut peer = Peer::new(copy(&label.secret));
        let closed = PhoneError::Refused(Refusal::Closed);
        assert_eq!(peer.prove(&mut device).unwrap_err(), closed);
        device = device.reboot();
        device.connect(1_000_000);
    }
    // Nobody is locked out for good: someone at the device opens it again.
    let presence = PhysicalPresence::confirm(&mut Button).unwrap();
    let reopened = device.link.reopen(&mut device.store, &mut device.clock, presence);
    block_on(reopened).unwrap();
    let mut peer = Peer::new(copy(&label.secret));
    peer.prove(&mut device).unwrap();
}

#[test]
fn the_window_closes_with_time() {
    let (store, label) = made();
    let mut device = Device::boot(store);
    device.connect(WINDOW_MS);
    let mut peer = Peer::new(copy(&label.secret));
    assert_eq!(peer.prove(&mut device).unwrap_err(), PhoneError::Refused(Refusal::Closed));
    let presence = PhysicalPresence::confirm(&mut Button).unwrap();
    let reopened = device.link.reopen(&mut device.store, &mut device.clock, presence);
    block_on(reopened).unwrap();
    device.connect(0);
    Peer::new(copy(&label.secret)).prove(&mut device).unwrap();
}

#[test]
fn a_window_that_is_missing_damaged_or_odd_is_closed() {
    let id = SET_UP_WINDOW.parameter().id.raw();
    for change in [
        |store: &mut MemoryStore, id| drop(store.values.remove(&id)),
        |store: &mut MemoryStore, id| store.damaged = Some(id),
        |store: &mut MemoryStore, id| store.values.get_mut(&id).unwrap()[1] = WINDOW_ATTEMPTS + 1,
        |store: &mut MemoryStore, id| store.values.get_mut(&id).unwrap()[0] = 0xff,
        |store: &mut MemoryStore, id| store.values.get_mut(&id).unwrap().clear(),
    ] {
        let (mut store, label) = made();
        change(&mut store, id);
        let mut device = Device::boot(store);
        let mut peer = Peer::new(copy(&label.secret));
        assert_eq!(peer.prove(&mut device).unwrap_err(), PhoneError::Refused(Refusal::Closed));
    }
}

#[test]
fn a_record_that_is_missing_or_damaged_lets_nobody_in() {
    let id = LABEL_PAKE.parameter().id.raw();
    for change in [
        |store: &mut MemoryStore, id| drop(store.values.remove(&id)),
        |store: &mut MemoryStore, id| store.damaged = Some(id),
        |store: &mut MemoryStore, id| store.values.get_mut(&id).unwrap()[0] = 2,
        |store: &mut MemoryStore, id| store.values.get_mut(&id).unwrap()[1..5].fill(0),
        |store: &mut MemoryStore, id| store.values.get_mut(&id).unwrap()[21..].fill(0),
        |store: &mut MemoryStore, id| store.values.get_mut(&id).unwrap().truncate(117),
    ] {
        let (mut store, label) = made();
        change(&mut store, id);
        let mut device = Device::boot(store);
        let mut peer = Peer::new(copy(&label.secret));
        assert!(matches!(peer.prove(&mut device), Err(PhoneError::Refused(_))));
    }
}

#[test]
fn a_factory_reset_opens_set_up_for_the_next_owner() {
    let (store, label) = made();
    let mut device = Device::boot(store);
    let mut peer = Peer::new(copy(&label.secret));
    peer.prove(&mut device).unwrap();
    peer.give("Ada", GOOD, Some(&wifi())).unwrap();
    assert!(matches!(peer.exchange(&mut device).0, Progress::Done(_)));
    for class in [Class::UserSecret, Class::PersonalData, Class::Configuration] {
        block_on(device.store.erase_class(class)).unwrap();
    }
    let mut device = device.reboot();
    assert!(block_on(Wifi::load(&mut device.store)).unwrap().is_none());
    let mut peer = Peer::new(copy(&label.secret));
    peer.prove(&mut device).unwrap();
    peer.give("Eve", OTHER, None).unwrap();
    assert!(matches!(peer.exchange(&mut device).0, Progress::Done(_)));
}

/// A whole recorded set-up: what the phone sent, what the device answered.
fn recording() -> (Label, Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let (store, label) = made();
    let mut device = Device::boot(store);
    let mut peer = Peer::new(copy(&label.secret));
    let (mut sent, mut answered) = (Vec::new(), Vec::new());
    loop {
        sent.push(peer.out.bytes().to_vec());
        let (_, answer) = device.receive(sent.last().unwrap());
        answered.push(answer);
        match peer.receive(answered.last().unwrap()).unwrap() {
            Next::Send => {}
            Next::Give => peer.give("Ada", GOOD, Some(&wifi())).unwrap(),
            Next::Done(_) => return (label, sent, answered),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_listener_sees_no_secret() {
    let (label, sent, answered) = recording();
    let wire: Vec<u8> = sent.into_iter().chain(answered).flatten().collect();
    for secret in
        [GOOD.as_bytes(), label.secret.expose(), wifi().expose_passphrase(), b"attic", b"Ada"]
    {
        assert!(!wire.windows(secret.len()).any(|part| part == secret));
    }
}

#[test]
fn a_replayed_set_up_gets_nothing() {
    let (_, sent, _) = recording();
    let (store, _) = made(); // the same label, the same salt
    let mut device = Device::boot(store);
    device.entropy = Seeded(1234); // and another start
    for (at, frame) in sent.iter().enumerate() {
        let (progress, answer) = device.receive(frame);
        match at {
            0 | 1 => assert!(matches!(progress, Progress::Answered)),
            2 => assert_eq!(refusal(&answer), Refusal::Wrong),
            _ => assert_eq!(refusal(&answer), Refusal::Malformed),
        }
    }
    assert!(matches!(device.link.into_device(), Outcome::Unclaimed(_)));
    // And the device's answers to another phone.
    let (label, _, answered) = recording();
    let mut peer = Peer::new(copy(&label.secret));
    peer.entropy = Seeded(5678);
    assert!(matches!(peer.receive(&answered[0]), Ok(Next::Send)));
    assert_eq!(peer.receive(&answered[1]).unwrap_err(), PhoneError::NotThisLabel);
}

#[test]
fn a_frame_is_not_taken_twice_in_the_channel() {
    let (store, label) = made();
    let mut device = Device::boot(store);
    let mut peer = Peer::new(copy(&label.secret));
    peer.prove(&mut device).unwrap();
    peer.give("Ada", "hello", None).unwrap();
    let frame = peer.out.bytes().to_vec();
    assert!(matches!(device.receive(&frame).0, Progress::Answered));
    let (progress, answer) = device.receive(&frame);
    assert!(matches!(progress, Progress::Over));
    assert_eq!(refusal(&answer), Refusal::Malformed);
}

#[test]
fn a_reflecting_peer_gets_nothing() {
    // The phone's own frames come back to it, in every state.
    let (label, sent, answered) = recording();
    for (turn, own) in sent.iter().enumerate() {
        let mut peer = Peer::new(copy(&label.secret));
        for answer in answered.iter().take(turn) {
            let _ = peer.receive(answer);
        }
        assert!(peer.receive(own).is_err(), "{turn}");
    }
    // The device's own frames come back to it, in every state.
    for turn in 0..4 {
        let (store, label) = made();
        let mut device = Device::boot(store);
        let mut peer = Peer::new(copy(&label.secret));
        let mut last = Vec::new();
        for step in 0..=turn {
            if step == 3 {
                peer.give("Ada", "hello", None).unwrap();
            }
            last = device.receive(peer.out.bytes()).1;
            let _ = peer.receive(&last);
        }
        let (progress, answer) = device.receive(&last);
        assert!(matches!(progress, Progress::Over), "{turn}");
        assert_eq!(refusal(&answer), Refusal::Malformed, "{turn}");
    }
}

#[test]
fn a_changed_bit_anywhere_sets_nothing_up() {
    let (_, sent, _) = recording();
    for (turn, frame) in sent.iter().enumerate() {
        // Each byte of each frame, one bit of it, the bit moving on.
        for at in 0..frame.len() {
            let (store, label) = made();
            let mut device = Device::boot(store);
            let mut peer = Peer::new(copy(&label.secret));
            for step in 0..=turn {
                if step == 3 {
                    peer.give("Ada", GOOD, None).unwrap();
                }
                let mut bytes = peer.out.bytes().to_vec();
                if step == turn {
                    bytes[at] ^= 1 << (at % 8);
                }
                let (progress, answer) = device.receive(&bytes);
                assert!(!matches!(progress, Progress::Done(_)), "frame {turn} byte {at}");
                if step == turn {
                    let went_on = peer.receive(&answer);
                    assert!(!matches!(went_on, Ok(Next::Give | Next::Done(_))), "{turn} {at}");
                } else {
                    let _ = peer.receive(&answer);
                }
            }
            assert!(matches!(device.link.into_device(), Outcome::Unclaimed(_)));
        }
    }
}

#[test]
fn oversized_unknown_and_trailing_frames_are_refused_at_once() {
    for frame in [
        &[1, 0xff, 0xff][..], // longer than any frame: refused before the body
        &[6, 1, 33],          // one byte over
        &[0],                 // unknown kinds: refused at the first byte
        &[2, 0, 0],           // a device's frame
        &[0x80],
        &[0xff],
        &[1, 0, 0],       // no version
        &[1, 0, 1, 2],    // another one
        &[1, 0, 2, 1, 0], // too long
        &[1, 0, 1, 1, 1], // something behind
        b"GET / HTTP/1.1\r\n",
        &[3, 0, 65],
    ] {
        let (store, _) = made();
        let mut device = Device::boot(store);
        let mut bytes = frame.to_vec();
        if frame == [3, 0, 65] {
            bytes.extend([4; 65]); // a share before anything else
        }
        let (progress, answer) = device.receive(&bytes);
        assert!(matches!(progress, Progress::Over), "{frame:?}");
        assert_eq!(refusal(&answer), Refusal::Malformed, "{frame:?}");
        // Nothing but a new connection helps.
        let (progress, _) = device.receive(&[1, 0, 1, 1]);
        assert!(matches!(progress, Progress::Over));
        assert_eq!(device.left(), WINDOW_ATTEMPTS);
        device.connect(0);
        assert!(matches!(device.receive(&[1, 0, 1, 1]).0, Progress::Answered));
    }
}

#[test]
fn a_share_that_is_no_point_costs_an_attempt() {
    for share in [[0; 65], [4; 65], [0xff; 65]] {
        let (store, _) = made();
        let mut device = Device::boot(store);
        let _ = device.receive(&[1, 0, 1, 1]);
        let (progress, answer) = device.receive(&[&[3, 0, 65][..], &share].concat());
        assert!(matches!(progress, Progress::Over));
        assert_eq!(refusal(&answer), Refusal::Wrong);
        assert_eq!(device.left(), WINDOW_ATTEMPTS - 1);
    }
}

#[test]
fn a_slow_peer_is_cut_off() {
    let (store, label) = made();
    let mut device = Device::boot(store);
    let mut peer = Peer::new(copy(&label.secret));
    peer.prove(&mut device).unwrap();
    assert_eq!(device.link.ends_at(), device.clock.0 + CONNECTION_MS);
    device.clock.0 += CONNECTION_MS;
    peer.give("Ada", GOOD, None).unwrap();
    let (progress, next) = peer.exchange(&mut device);
    assert!(matches!(progress, Progress::Over));
    assert!(matches!(next, Err(PhoneError::Refused(Refusal::Malformed))));
    // Nor is anyone before the first connection, or after the last, or with half a frame.
    let (store, _) = made();
    let mut device = Device::boot(store);
    assert!(matches!(device.receive(&[1, 0]).0, Progress::More));
    device.clock.0 += CONNECTION_MS;
    assert!(matches!(device.receive(&[1]).0, Progress::Over));
}

#[test]
fn a_new_peer_does_not_inherit_the_last_ones_connection() {
    let (store, label) = made();
    let mut device = Device::boot(store);
    let mut peer = Peer::new(copy(&label.secret));
    peer.prove(&mut device).unwrap();
    peer.give("Ada", GOOD, None).unwrap();
    device.connect(1_000);
    assert!(matches!(peer.exchange(&mut device).0, Progress::Over));
    assert!(matches!(device.link.into_device(), Outcome::Unclaimed(_)));
}

#[test]
fn an_impostor_learns_nothing_of_the_code_and_gets_nothing() {
    // Another device, with another label, that calls itself like the real one.
    let (store, _) = made();
    let mut device = Device::boot(store);
    let mut peer = Peer::new(another_code());
    assert_eq!(peer.prove(&mut device).unwrap_err(), PhoneError::NotThisLabel);
    assert!(peer.out.bytes().is_empty(), "no confirmation, against which guesses could be tried");
    assert_eq!(peer.give("Ada", GOOD, None).unwrap_err(), PhoneError::Misuse);
    // One that calls itself otherwise is found before anything is computed.
    let mut offer = recording().2.remove(0);
    *offer.last_mut().unwrap() ^= 1;
    let mut peer = Peer::new(another_code());
    assert_eq!(peer.receive(&offer).unwrap_err(), PhoneError::AnotherDevice);
    // One that asks for a year of computing.
    let mut offer = recording().2.remove(0);
    offer[4..8].fill(0xff);
    let mut peer = Peer::new(another_code());
    assert_eq!(peer.receive(&offer).unwrap_err(), PhoneError::Malformed);
}

#[test]
fn a_dead_random_source_stops_both_sides() {
    for dead in [None, Some(0)] {
        let (store, label) = made();
        let mut device = Device::boot(store);
        let mut peer = Peer::new(copy(&label.secret));
        let offer = device.receive(peer.out.bytes()).1;
        let mut source = double::Broken(dead);
        let mut blind = Peer::new(copy(&label.secret));
        let refused = blind.phone.receive(&mut source, &offer, &mut blind.out);
        assert_eq!(refused.unwrap_err(), PhoneError::Entropy);
        assert!(matches!(peer.receive(&offer), Ok(Next::Send)));
        let mut out = Outbox::new();
        let mut ports = Ports {
            storage: &mut device.store,
            entropy: &mut source,
            clock: &mut device.clock,
            events: &mut device.events,
        };
        let share = peer.out.bytes();
        let received = device.link.receive(&mut device.auth, &mut ports, share, &mut out);
        assert!(matches!(block_on(received), Progress::Over));
        assert_eq!(refusal(out.bytes()), Refusal::Failed);
    }
}
