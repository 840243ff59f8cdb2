//! Floods of requests, and hands on the flash. Each test is named after the attack.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use device::{LANES, Time, all, board, config, format, open};
use gabion_crypto::Software;
use gabion_flash::block_on;
use gabion_hal::{Event, EventKind, EventSink};
use gabion_resilience::{
    Admission, DropPolicy, Limits, MAX_MESSAGE, Priority, Queue, Rate, RequestLimiter, TableFull,
};
use gabion_sim::Rng;

const LIMITS: Limits = Limits::DEFAULT;
type Limiter = RequestLimiter<4, 64>;

#[derive(Default)]
struct Events(Vec<Event>);

impl EventSink for Events {
    fn event(&mut self, event: Event) {
        self.0.push(event);
    }
}

fn granted(limiter: &mut Limiter, peer: &[u8], now: u64) -> bool {
    limiter.admit(peer, &mut Time(now)) == Admission::Granted
}

#[test]
fn a_flood_from_one_address() {
    let mut limiter = Limiter::new(LIMITS, [1; 16]);
    let served = (0..60_000).filter(|now| granted(&mut limiter, b"flood", *now)).count();
    assert_eq!(served, 5 + 59, "the burst, then one a second");
    let mut events = Events::default();
    limiter.tell(&mut events);
    limiter.tell(&mut events);
    let told: Vec<_> = events.0.iter().map(|event| (event.kind, event.detail)).collect();
    assert_eq!(told, [(EventKind::RequestsLimited, 59_936)], "told once");
}

#[test]
fn a_flood_from_a_million_addresses_does_not_touch_an_established_peer() {
    let mut limiter = Limiter::new(LIMITS, [2; 16]);
    limiter.establish(b"owner's phone", &mut Time(0)).unwrap();
    let (mut strangers, mut owner) = (0, 0);
    for n in 0..1_000_000_u32 {
        let now = u64::from(n / 100);
        strangers += u32::from(granted(&mut limiter, &n.to_le_bytes(), now));
        if n % 100_000 == 0 {
            owner += u32::from(granted(&mut limiter, b"owner's phone", now));
        }
    }
    assert_eq!(owner, 10, "every request of the owner");
    assert_eq!(strangers, 20 + 49, "all strangers together: the burst, then five a second");
}

#[test]
fn a_flood_of_strangers_does_not_evict_anybody() {
    let mut limiter = Limiter::new(LIMITS, [3; 16]);
    for peer in 0..4_u8 {
        limiter.establish(&[peer], &mut Time(0)).unwrap();
    }
    for n in 0..100_000_u32 {
        let _ = limiter.admit(&n.to_le_bytes(), &mut Time(1));
    }
    // Each established peer still has its whole burst.
    for peer in 0..4_u8 {
        let served = (0..50).filter(|_| granted(&mut limiter, &[peer], 1)).count();
        assert_eq!(served, usize::from(LIMITS.established.burst));
    }
}

#[test]
fn log_ins_in_turn_do_not_push_out_a_peer_that_is_awake() {
    let mut limiter = Limiter::new(LIMITS, [4; 16]);
    for peer in 0..4_u8 {
        limiter.establish(&[peer], &mut Time(0)).unwrap();
    }
    for n in 10..200_u8 {
        assert_eq!(limiter.establish(&[n], &mut Time(LIMITS.idle_ms - 1)), Err(TableFull));
    }
    // One that was silent for an hour makes place, the others stay.
    let later = LIMITS.idle_ms;
    for peer in [0_u8, 2, 3] {
        assert!(granted(&mut limiter, &[peer], later));
    }
    assert_eq!(limiter.establish(b"new", &mut Time(later)), Ok(()));
    assert_eq!(limiter.establish(b"newer", &mut Time(later)), Err(TableFull));
    for peer in [0_u8, 2, 3] {
        let served = (0..50).filter(|_| granted(&mut limiter, &[peer], later)).count();
        assert_eq!(served, usize::from(LIMITS.established.burst) - 1);
    }
    limiter.forget(&[0]);
    assert_eq!(limiter.establish(b"newer", &mut Time(later)), Ok(()));
}

#[test]
fn an_established_peer_that_runs_wild_is_limited_too_and_alone() {
    let mut limiter = Limiter::new(LIMITS, [5; 16]);
    limiter.establish(b"wild", &mut Time(0)).unwrap();
    limiter.establish(b"calm", &mut Time(0)).unwrap();
    let served = (0..10_000).filter(|now| granted(&mut limiter, b"wild", *now)).count();
    assert_eq!(served, 30 + 99);
    assert!(granted(&mut limiter, b"calm", 10_000));
    assert!(granted(&mut limiter, b"stranger", 10_000));
}

#[test]
fn addresses_chosen_to_share_a_place_with_a_victim_need_the_key() {
    // Addresses that share the victim's place under one key are spread over all places under another.
    let shares = |key: [u8; 16], address: u32| {
        let mut limiter = RequestLimiter::<1, 64>::new(
            Limits { strangers: Rate { burst: 1_000, refill_ms: 1 }, ..LIMITS },
            key,
        );
        for _ in 0..5 {
            let _ = limiter.admit(b"victim", &mut Time(0));
        }
        limiter.admit(&address.to_le_bytes(), &mut Time(0)) != Admission::Granted
    };
    let chosen: Vec<u32> = (0..20_000).filter(|n| shares([6; 16], *n)).take(200).collect();
    assert_eq!(chosen.len(), 200);
    let hits = chosen.iter().filter(|n| shares([7; 16], **n)).count();
    assert!(hits < 15, "{hits} of 200; 3 are expected");
}

#[test]
fn a_retry_after_the_time_that_was_named_is_served() {
    let mut limiter = Limiter::new(LIMITS, [8; 16]);
    let mut now = 0;
    for _ in 0..1_000 {
        match limiter.admit(b"polite", &mut Time(now)) {
            Admission::Granted => {}
            Admission::Refused { retry_ms } => {
                assert!(retry_ms > 0);
                now += retry_ms;
                assert!(granted(&mut limiter, b"polite", now));
            }
        }
    }
    // A clock that stands still, jumps and is at its end does no harm.
    for now in [u64::MAX, 0, u64::MAX, 5] {
        let _ = limiter.admit(b"polite", &mut Time(now));
    }
}

#[test]
fn a_changed_bit_never_forges_a_message_and_never_stops_the_queue() {
    let config = config(DropPolicy::Newest);
    let mut board = board();
    let mut queue = format(&mut board, &config);
    for n in 0..24_u16 {
        let body = [&n.to_le_bytes()[..], &[0x55; 30]].concat();
        block_on(queue.put(Priority::Normal, &body, &mut Time(0))).unwrap();
    }
    let before = all(&mut queue, Priority::Normal);
    drop(queue);
    let off = board.power_off();
    let mut rng = Rng::new(0x6269_7473);
    let (mut missing, mut flips) = (0, 0);
    let lane =
        (LANES.start() + 3 * device::PAGE) as usize..(LANES.start() + 5 * device::PAGE) as usize;
    for address in lane.step_by(3) {
        let mut changed = off.clone();
        changed.medium.flip_bit(address, rng.below(8) as u8);
        flips += 1;
        let mut board = changed.power_on(None);
        let region = device::region(&mut board.flash);
        let (key, mut time) = (device::key(1), Time(0));
        let opened = block_on(Queue::open(region, Software, &key, &config, &mut time));
        let Ok(mut queue) = opened else { continue };
        let after = all(&mut queue, Priority::Normal);
        assert!(after.iter().all(|message| before.contains(message)), "forged at {address:#x}");
        assert!(after.windows(2).all(|pair| pair[0].0 < pair[1].0));
        missing += before.len() - after.len();
        // It goes on, and no new message gets the name of an old one.
        let id = block_on(queue.put(Priority::Normal, b"next", &mut Time(0))).unwrap();
        assert!(id.number > 24, "the name of another message at {address:#x}");
    }
    assert!(missing > 0 && flips > 600, "{missing} {flips}");
}

#[test]
fn a_page_that_was_replaced_by_an_older_copy_only_brings_old_messages_back() {
    let config = config(DropPolicy::Newest);
    let mut board = board();
    let mut queue = format(&mut board, &config);
    let put = |queue: &mut device::DeviceQueue<'_>, n: u8| {
        block_on(queue.put(Priority::Normal, &[n; 20], &mut Time(0))).unwrap()
    };
    (0..5).for_each(|n| assert_eq!(put(&mut queue, n).number, u32::from(n) + 1));
    drop(queue);
    let old = board.flash.medium().clone();
    let mut queue = open(&mut board, &config);
    let mut buffer = [0; MAX_MESSAGE];
    for _ in 0..5 {
        let id = block_on(queue.peek(&mut buffer)).unwrap().unwrap().id;
        block_on(queue.acknowledge(id, &mut Time(0))).unwrap();
    }
    drop(queue);
    let from = LANES.start() as usize;
    let bytes = old.bytes()[from..].to_vec();
    board.flash.medium_mut().tamper(from, &bytes);
    let mut queue = open(&mut board, &config);
    let back = all(&mut queue, Priority::Normal);
    assert_eq!(back.len(), 5, "sent again under their old names: the server drops them");
    assert!(back.iter().enumerate().all(|(at, message)| message.0 == at as u32 + 1));
}

#[test]
fn records_moved_to_another_page_or_lane_do_not_open() {
    let config = config(DropPolicy::Newest);
    let mut board = board();
    let mut queue = format(&mut board, &config);
    block_on(queue.put(Priority::Urgent, b"unlock the door", &mut Time(0))).unwrap();
    block_on(queue.put(Priority::Normal, b"16 degrees", &mut Time(0))).unwrap();
    drop(queue);
    let page = device::PAGE as usize;
    let urgent = LANES.start() as usize;
    let normal = urgent + 3 * page;
    let moved = board.flash.medium().bytes()[urgent + 52..urgent + 52 + 44].to_vec();
    board.flash.medium_mut().tamper(normal + 52, &moved);
    let mut queue = open(&mut board, &config);
    assert!(all(&mut queue, Priority::Normal).is_empty());
    assert_eq!(all(&mut queue, Priority::Urgent).len(), 1);
}
