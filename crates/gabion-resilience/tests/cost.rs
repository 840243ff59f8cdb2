//! What it costs: flash operations, bytes and RAM. The README quotes these.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use device::{Time, board, config, format, open};
use gabion_flash::block_on;
use gabion_resilience::{
    BootGuard, Connection, DropPolicy, MAX_MESSAGE, Priority, RequestLimiter, TaskWatchdog,
};

#[test]
fn a_message_of_40_bytes_takes_68_bytes_of_flash_and_an_acknowledgement_44() {
    let mut board = board();
    let mut queue = format(&mut board, &config(DropPolicy::Newest));
    block_on(queue.put(Priority::Bulk, &[1; 40], &mut Time(0))).unwrap();
    drop(queue);
    let before = board.flash.counters();
    let mut queue = open(&mut board, &config(DropPolicy::Newest));
    let mut buffer = [0; MAX_MESSAGE];
    let id = block_on(queue.peek(&mut buffer)).unwrap().unwrap().id;
    drop(queue);
    let opened = board.flash.counters() - before;
    // The mark of this start, in the one lane that was written to.
    assert_eq!((opened.writes, opened.erases), (2, 0));
    let before = board.flash.counters();
    let mut queue = open(&mut board, &config(DropPolicy::Newest));
    block_on(queue.put(Priority::Bulk, &[1; 40], &mut Time(0))).unwrap();
    drop(queue);
    let put = board.flash.counters() - before;
    assert_eq!((put.writes, put.programmed_bytes, put.erases), (2, 68, 0));
    // The start after it writes its mark first.
    drop(open(&mut board, &config(DropPolicy::Newest)));
    let before = board.flash.counters();
    let mut queue = open(&mut board, &config(DropPolicy::Newest));
    block_on(queue.acknowledge(id, &mut Time(0))).unwrap();
    drop(queue);
    let acknowledged = board.flash.counters() - before;
    assert_eq!((acknowledged.writes, acknowledged.programmed_bytes), (2, 44));
}

#[test]
fn it_fits_into_little_ram() {
    let queue = size_of::<device::DeviceQueue<'_>>();
    let boot = size_of::<BootGuard<device::DeviceFlash<'_>>>();
    let limiter = size_of::<RequestLimiter<4, 64>>();
    let (connection, tasks) = (size_of::<Connection>(), size_of::<TaskWatchdog<4>>());
    println!(
        "queue {queue}, connection {connection}, boot guard {boot}, limiter {limiter}, tasks {tasks}"
    );
    // On this host, pointers of 8 bytes included.
    assert!(queue <= 700 && connection <= 200 && boot <= 100 && limiter <= 1_400 && tasks <= 200);
}
