//! What the queue does when nothing goes wrong.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use device::{Time, all, board, config, format, key, open, region};
use gabion_crypto::Software;
use gabion_flash::block_on;
use gabion_resilience::{
    Acknowledged, DropPolicy, LaneConfig, MAX_MESSAGE, MessageId, Priority, Queue, QueueConfig,
    QueueError, Rate,
};

#[test]
fn messages_come_back_in_order_the_most_urgent_lane_first_and_survive_a_restart() {
    let mut board = board();
    let config = config(DropPolicy::Newest);
    let mut queue = format(&mut board, &config);
    let mut time = Time(0);
    let put = [(Priority::Bulk, "a"), (Priority::Normal, "b"), (Priority::Urgent, "c")];
    for (priority, text) in put.into_iter().chain([(Priority::Urgent, "d")]) {
        block_on(queue.put(priority, text.as_bytes(), &mut time)).unwrap();
    }
    drop(queue);
    let mut queue = open(&mut board, &config);
    let mut got = String::new();
    let mut buffer = [0; MAX_MESSAGE];
    while let Some(message) = block_on(queue.peek(&mut buffer)).unwrap() {
        got.push_str(core::str::from_utf8(message.body).unwrap());
        let id = message.id;
        assert_eq!(block_on(queue.acknowledge(id, &mut time)), Ok(Acknowledged::Kept));
        assert_eq!(block_on(queue.acknowledge(id, &mut time)), Ok(Acknowledged::Already));
    }
    assert_eq!(got, "cdba");
    drop(queue);
    let mut queue = open(&mut board, &config);
    assert_eq!(block_on(queue.peek(&mut buffer)), Ok(None));
    assert_eq!(Priority::ALL.map(|lane| queue.pending(lane)), [0; 3]);
}

#[test]
fn bytes_of_every_length_come_back_and_no_other_is_taken() {
    let mut board = board();
    let config = config(DropPolicy::Newest);
    let mut queue = format(&mut board, &config);
    let mut buffer = [0; MAX_MESSAGE];
    for len in 1..=MAX_MESSAGE {
        let body: Vec<u8> = (0..len).map(|n| (n * 7 + len) as u8).collect();
        let id = block_on(queue.put(Priority::Normal, &body, &mut Time(0))).unwrap();
        let message = block_on(queue.peek(&mut buffer)).unwrap().unwrap();
        assert_eq!((message.id, message.body), (id, &body[..]));
        block_on(queue.acknowledge(id, &mut Time(0))).unwrap();
    }
    let put = block_on(queue.put(Priority::Normal, &[], &mut Time(0)));
    assert_eq!(put, Err(QueueError::Length));
    let put = block_on(queue.put(Priority::Normal, &[0; MAX_MESSAGE + 1], &mut Time(0)));
    assert_eq!(put, Err(QueueError::Length));
    block_on(queue.put(Priority::Normal, &[7; 40], &mut Time(0))).unwrap();
    assert_eq!(block_on(queue.peek(&mut [0; 39])), Err(QueueError::Buffer));
    assert!(block_on(queue.peek(&mut [0; 40])).unwrap().is_some());
}

#[test]
fn only_the_oldest_of_a_lane_can_be_acknowledged_and_only_by_its_own_name() {
    let mut board = board();
    let mut queue = format(&mut board, &config(DropPolicy::Newest));
    let first = block_on(queue.put(Priority::Bulk, b"1", &mut Time(0))).unwrap();
    let second = block_on(queue.put(Priority::Bulk, b"2", &mut Time(0))).unwrap();
    let mut acknowledge = |id| block_on(queue.acknowledge(id, &mut Time(0)));
    assert_eq!(acknowledge(second), Err(QueueError::OutOfOrder));
    assert_eq!(acknowledge(MessageId { number: 3, ..second }), Err(QueueError::Unknown));
    assert_eq!(acknowledge(MessageId { number: 0, ..second }), Err(QueueError::Unknown));
    let foreign = MessageId { queue: first.queue ^ 1, ..first };
    assert_eq!(acknowledge(foreign), Err(QueueError::Unknown));
    let other_lane = MessageId { priority: Priority::Urgent, ..first };
    assert_eq!(acknowledge(other_lane), Err(QueueError::Unknown));
    assert_eq!(acknowledge(first), Ok(Acknowledged::Kept));
    assert_eq!(acknowledge(second), Ok(Acknowledged::Kept));
}

#[test]
fn a_full_lane_that_keeps_its_oldest_refuses_and_counts_and_goes_on_once_there_is_room() {
    let mut board = board();
    let config = config(DropPolicy::Newest);
    let mut queue = format(&mut board, &config);
    let mut time = Time(0);
    let mut kept = 0_u32;
    let refused = loop {
        match block_on(queue.put(Priority::Urgent, &kept.to_le_bytes(), &mut time)) {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(refused, QueueError::Full);
    assert!(kept >= 50, "{kept}");
    assert_eq!(queue.statistics().refused, [1, 0, 0]);
    assert_eq!(queue.pending(Priority::Urgent), kept);
    // The other lanes are not touched by it.
    block_on(queue.put(Priority::Bulk, b"free", &mut time)).unwrap();
    // Acknowledged one by one while the lane is full: everything arrives, in order, and then there is room.
    let mut buffer = [0; MAX_MESSAGE];
    for n in 0..kept {
        let message = block_on(queue.peek(&mut buffer)).unwrap().unwrap();
        assert_eq!(message.body, n.to_le_bytes());
        let id = message.id;
        block_on(queue.acknowledge(id, &mut time)).unwrap();
    }
    assert_eq!(queue.pending(Priority::Urgent), 0);
    block_on(queue.put(Priority::Urgent, b"again", &mut time)).unwrap();
    drop(queue);
    let queue = open(&mut board, &config);
    assert_eq!(queue.pending(Priority::Urgent), 1);
    assert_eq!(queue.statistics().refused[0], 1, "the count survives the restart");
}

#[test]
fn a_full_lane_that_gives_up_its_oldest_drops_a_page_and_counts_each_message() {
    let mut board = board();
    let config = config(DropPolicy::Oldest);
    let mut queue = format(&mut board, &config);
    for n in 0..1_000_u32 {
        block_on(queue.put(Priority::Normal, &n.to_le_bytes(), &mut Time(0))).unwrap();
    }
    let left = all(&mut queue, Priority::Normal);
    let dropped = queue.statistics().dropped[1];
    assert_eq!(left.len() as u32 + dropped, 1_000);
    assert!(left.len() >= 40, "{}", left.len());
    for (at, (number, body)) in left.iter().enumerate() {
        assert_eq!(body, &(dropped + at as u32).to_le_bytes());
        assert_eq!(*number, dropped + at as u32 + 1);
    }
    drop(queue);
    let mut queue = open(&mut board, &config);
    assert_eq!(all(&mut queue, Priority::Normal), left);
    assert_eq!(queue.statistics().dropped[1], dropped);
}

#[test]
fn the_wear_budget_holds_across_restarts_and_refills_with_powered_time() {
    let mut board = board();
    let mut config = config(DropPolicy::Oldest);
    config.lanes[1].erases = Rate { burst: 4, refill_ms: 3_600_000 };
    drop(format(&mut board, &config));
    let start: u32 = board.flash.medium().wear().iter().sum();
    let mut refused = 0;
    // 40 boots of a device that restarts in a loop and always has something to say.
    for _ in 0..40 {
        let mut queue = open(&mut board, &config);
        for _ in 0..20 {
            match block_on(queue.put(Priority::Normal, &[5; 100], &mut Time(10_000))) {
                Ok(_) => {}
                Err(QueueError::WearBudget) => refused += 1,
                Err(error) => panic!("{error}"),
            }
        }
    }
    let worn: u32 = board.flash.medium().wear().iter().sum::<u32>() - start;
    assert_eq!(worn, 4, "the burst and not one more");
    assert!(refused > 500, "{refused}");
    // Two hours later there are two more.
    let mut queue = open(&mut board, &config);
    let mut put = || block_on(queue.put(Priority::Normal, &[5; 100], &mut Time(2 * 3_600_000)));
    let ok = (0..100).filter(|_| put().is_ok()).count();
    assert!((8..=16).contains(&ok), "two pages take {ok}");
}

#[test]
fn years_of_a_lane_follow_from_its_budget() {
    let lane = LaneConfig::per_day(8, DropPolicy::Oldest, 16);
    assert_eq!(lane.years(10_000), 13);
    assert_eq!(QueueConfig::DEFAULT.lanes.map(|lane| lane.years(10_000)), [10, 10, 13]);
}

#[test]
fn a_batch_of_acknowledgements_is_one_write_and_its_window_of_duplicates_is_what_the_config_says() {
    let mut board = board();
    let mut config = config(DropPolicy::Newest);
    config.acknowledge_every = 8;
    let mut queue = format(&mut board, &config);
    for n in 0..20_u8 {
        block_on(queue.put(Priority::Normal, &[n], &mut Time(0))).unwrap();
    }
    let mut buffer = [0; MAX_MESSAGE];
    let mut kept = Vec::new();
    for _ in 0..15 {
        let id = block_on(queue.peek(&mut buffer)).unwrap().unwrap().id;
        kept.push(block_on(queue.acknowledge(id, &mut Time(0))).unwrap() == Acknowledged::Kept);
    }
    assert_eq!(kept.iter().filter(|kept| **kept).count(), 1);
    assert!(kept[7]);
    // A cut now sends 7 a second time, with the same names; a flush would have kept them.
    drop(queue);
    let mut queue = open(&mut board, &config);
    let message = block_on(queue.peek(&mut buffer)).unwrap().unwrap();
    assert_eq!((message.id.number, message.body), (9, &[8][..]));
    for _ in 0..7 {
        let id = block_on(queue.peek(&mut buffer)).unwrap().unwrap().id;
        block_on(queue.acknowledge(id, &mut Time(0))).unwrap();
    }
    assert_eq!(block_on(queue.flush(&mut Time(0))), Ok(Acknowledged::Kept));
    drop(queue);
    let mut queue = open(&mut board, &config);
    assert_eq!(block_on(queue.peek(&mut buffer)).unwrap().unwrap().id.number, 16);
}

#[test]
fn blank_foreign_and_half_formatted_flash_open_as_nothing() {
    let mut board = board();
    let config = config(DropPolicy::Newest);
    let mut time = Time(0);
    let region_ = region(&mut board.flash);
    let opened = block_on(Queue::open(region_, Software, &key(1), &config, &mut time));
    assert_eq!(opened.err(), Some(QueueError::Blank));
    drop(format(&mut board, &config));
    let region_ = region(&mut board.flash);
    let opened = block_on(Queue::open(region_, Software, &key(2), &config, &mut time));
    assert_eq!(opened.err(), Some(QueueError::Unreadable));
    let mut small = config;
    small.lanes[2].pages = 5;
    let region_ = region(&mut board.flash);
    let opened = block_on(Queue::open(region_, Software, &key(1), &small, &mut time));
    assert_eq!(opened.err(), Some(QueueError::Geometry));
    small.lanes[2].pages = 1;
    let region_ = region(&mut board.flash);
    let opened = block_on(Queue::open(region_, Software, &key(1), &small, &mut time));
    assert_eq!(opened.err(), Some(QueueError::Geometry));
}

#[test]
fn a_wipe_leaves_nothing_and_a_new_key_gives_new_names() {
    let mut board = board();
    let config = config(DropPolicy::Newest);
    let mut queue = format(&mut board, &config);
    let old = block_on(queue.put(Priority::Normal, b"personal", &mut Time(0))).unwrap();
    let flash = block_on(queue.wipe()).unwrap();
    let opened = block_on(Queue::open(flash, Software, &key(1), &config, &mut Time(0)));
    assert_eq!(opened.err(), Some(QueueError::Blank));
    let from = device::LANES.start() as usize;
    assert!(board.flash.medium().is_blank(from..device::CAPACITY));
    let region_ = region(&mut board.flash);
    let (new_key, mut time) = (key(2), Time(0));
    let formatted = block_on(Queue::format(region_, Software, &new_key, &config, &mut time));
    let mut queue = formatted.unwrap();
    let new = block_on(queue.put(Priority::Normal, b"personal", &mut Time(0))).unwrap();
    assert_eq!(new.number, old.number);
    assert_ne!(new.queue, old.queue);
    assert_eq!(block_on(queue.acknowledge(old, &mut Time(0))), Err(QueueError::Unknown));
}

#[test]
fn no_message_lies_on_flash_in_clear() {
    let mut board = board();
    let mut queue = format(&mut board, &config(DropPolicy::Newest));
    let secret = b"the back door is open at 18:02:44";
    block_on(queue.put(Priority::Urgent, secret, &mut Time(0))).unwrap();
    drop(queue);
    let bytes = board.flash.medium().bytes();
    assert!(!bytes.windows(8).any(|window| secret.windows(8).any(|part| part == window)));
}
