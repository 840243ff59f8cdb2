//! Local functions do not wait for the link.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use core::cell::Cell;
use core::future::{Future, pending, poll_fn};
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};
use std::rc::Rc;

use device::Time;
use gabion_hal::{Clock, Event, EventKind, EventSink, NoEvents, WallTime};
use gabion_resilience::{LocalFirst, LocalTask};

/// A heater that switches by the clock and writes down when it was stepped.
#[derive(Default)]
struct Heater {
    steps: Vec<u64>,
}

impl LocalTask for Heater {
    fn step(&mut self, uptime_ms: u64) {
        self.steps.push(uptime_ms);
    }
}

#[derive(Default)]
struct Events(Vec<Event>);

impl EventSink for Events {
    fn event(&mut self, event: Event) {
        self.0.push(event);
    }
}

/// A clock that a future can move too, as a driver that blocks does.
#[derive(Clone, Default)]
struct Shared(Rc<Cell<u64>>);

impl Clock for Shared {
    fn uptime_ms(&mut self) -> u64 {
        self.0.get()
    }

    fn wall(&mut self) -> Option<WallTime> {
        None
    }
}

fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

#[test]
fn a_link_that_hangs_for_ever_costs_the_heater_not_one_step() {
    let mut heater = Heater::default();
    let mut tasks: [&mut dyn LocalTask; 1] = [&mut heater];
    let mut local = LocalFirst::new(&mut tasks, 10);
    let mut link = pin!(pending::<()>());
    for now in (0..100_000).step_by(10) {
        let turn = local.turn(link.as_mut(), &mut context(), &mut Time(now), &mut NoEvents);
        assert_eq!((turn.link, turn.delayed_ms), (Poll::Pending, 0));
    }
    assert_eq!(local.delays(), 0);
    let expected: Vec<u64> = (0..100_000).step_by(10).collect();
    assert_eq!(heater.steps, expected);
}

#[test]
fn local_tasks_are_stepped_before_the_link_is_polled_in_every_turn() {
    struct Probe(Rc<Cell<u32>>);
    impl LocalTask for Probe {
        fn step(&mut self, _uptime_ms: u64) {
            self.0.set(self.0.get() + 1);
        }
    }
    let stepped = Rc::new(Cell::new(0));
    let (mut first, mut second) = (Probe(stepped.clone()), Probe(stepped.clone()));
    let mut tasks: [&mut dyn LocalTask; 2] = [&mut first, &mut second];
    let mut local = LocalFirst::new(&mut tasks, 10);
    let seen = stepped.clone();
    let mut polls = 0;
    let mut link = pin!(poll_fn(move |_| {
        polls += 1;
        assert_eq!(seen.get(), 2 * polls, "polled before the local tasks");
        if polls == 5 { Poll::Ready("connected") } else { Poll::Pending }
    }));
    let mut last = Poll::Pending;
    for now in 0..5 {
        last = local.turn(link.as_mut(), &mut context(), &mut Time(now), &mut NoEvents).link;
    }
    assert_eq!(last, Poll::Ready("connected"));
    local.step(&mut Time(6), &mut NoEvents);
    assert_eq!(stepped.get(), 12, "and without a link at all");
}

#[test]
fn a_driver_that_blocks_is_measured_and_told() {
    struct Blocking(Shared);
    impl Future for Blocking {
        type Output = ();
        fn poll(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<()> {
            // A name server that takes 700 ms, asked without giving the processor back.
            self.0.0.set(self.0.0.get() + 700);
            Poll::Pending
        }
    }
    let mut clock = Shared::default();
    let mut heater = Heater::default();
    let mut tasks: [&mut dyn LocalTask; 1] = [&mut heater];
    let mut local = LocalFirst::new(&mut tasks, 100);
    let mut link = pin!(Blocking(clock.clone()));
    let mut events = Events::default();
    for _ in 0..4 {
        let _ = local.turn(link.as_mut(), &mut context(), &mut clock, &mut events);
    }
    assert_eq!(local.delays(), 3);
    assert!(events.0.iter().all(|event| event.kind == EventKind::LocalDelayed));
    assert!(events.0.iter().all(|event| event.detail == 600));
    assert_eq!(heater.steps, [0, 700, 1_400, 2_100], "but it is stepped in each turn");
}
