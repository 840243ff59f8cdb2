//! One watchdog, many tasks, a window for each.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use device::Time;
use gabion_hal::{Event, EventKind, EventSink, NoEvents, SignsOfLife, Watchdog};
use gabion_resilience::{FeedWindow, Health, TaskWatchdog, TaskWindow};
use gabion_sim::{Off, Setup, SimFlash};

const HEAT: TaskWindow = TaskWindow { name: "heat", min_ms: 50, max_ms: 1_000 };
const BUTTONS: TaskWindow = TaskWindow { name: "buttons", min_ms: 0, max_ms: 200 };
const LINK: TaskWindow = TaskWindow { name: "link", min_ms: 0, max_ms: 60_000 };
const FEED: FeedWindow = FeedWindow { min_ms: 100, max_ms: 2_000 };

static SHARED: TaskWatchdog<3> = TaskWatchdog::new([HEAT, BUTTONS, LINK], FEED);

#[derive(Default)]
struct Hardware {
    started: Vec<u32>,
    fed: Vec<u64>,
    now: u64,
}

impl Watchdog for Hardware {
    fn start(&mut self, timeout_ms: u32) {
        self.started.push(timeout_ms);
    }

    fn feed(&mut self) {
        self.fed.push(self.now);
    }
}

#[derive(Default)]
struct Events(Vec<Event>);

impl EventSink for Events {
    fn event(&mut self, event: Event) {
        self.0.push(event);
    }
}

fn watchdog() -> TaskWatchdog<3> {
    TaskWatchdog::new([HEAT, BUTTONS, LINK], FEED)
}

#[test]
fn the_hardware_is_fed_while_every_task_is_in_time_and_not_before_its_window_opens() {
    let (tasks, mut hardware) = (watchdog(), Hardware::default());
    let mut feeder = tasks.start(&mut Time(0), &mut hardware).unwrap();
    for now in (10..10_000_u64).step_by(10) {
        hardware.now = now;
        if now % 100 == 0 {
            tasks.alive(0, now);
            tasks.alive(1, now);
        }
        if now % 5_000 == 0 {
            tasks.alive(2, now);
        }
        let health = feeder.poll(&mut Time(now), &mut hardware, &mut NoEvents);
        assert!(matches!(health, Health::Fed | Health::NotYet), "{now}: {health:?}");
    }
    assert_eq!(hardware.started, [2_000]);
    assert!(hardware.fed.windows(2).all(|pair| pair[1] - pair[0] == 100), "{:?}", hardware.fed);
}

#[test]
fn each_task_alone_stops_the_feeding_and_is_named_and_no_later_report_undoes_it() {
    for (late, name) in [(0_u8, "heat"), (1, "buttons"), (2, "link")] {
        let (tasks, mut hardware) = (watchdog(), Hardware::default());
        let mut events = Events::default();
        let mut feeder = tasks.start(&mut Time(0), &mut hardware).unwrap();
        let mut found = None;
        for now in (100..120_000_u64).step_by(100) {
            hardware.now = now;
            for task in (0..3).filter(|task| *task != late || found.is_some()) {
                tasks.alive(task, now);
            }
            match feeder.poll(&mut Time(now), &mut hardware, &mut events) {
                Health::Late { task, name: said } => {
                    assert_eq!((task, said), (late, name));
                    found.get_or_insert(now);
                }
                _ => assert_eq!(found, None, "fed again"),
            }
        }
        let limit = [1_000, 200, 60_000][usize::from(late)];
        assert_eq!(found, Some(limit + 100), "{name}");
        assert!(hardware.fed.iter().all(|fed| *fed <= limit));
        let told: Vec<_> = events.0.iter().map(|event| (event.kind, event.detail)).collect();
        assert_eq!(told, [(EventKind::TaskLate, u16::from(late))], "told once");
    }
}

#[test]
fn a_task_that_spins_is_late_too() {
    let (tasks, mut hardware) = (watchdog(), Hardware::default());
    let mut feeder = tasks.start(&mut Time(0), &mut hardware).unwrap();
    tasks.alive(0, 1);
    assert_eq!(feeder.poll(&mut Time(150), &mut hardware, &mut NoEvents), Health::Fed);
    tasks.alive(0, 151);
    tasks.alive(0, 160);
    let health = feeder.poll(&mut Time(161), &mut hardware, &mut NoEvents);
    assert_eq!(health, Health::Late { task: 0, name: "heat" });
}

#[test]
fn a_task_that_missed_its_window_between_two_looks_is_late() {
    let (tasks, mut hardware) = (watchdog(), Hardware::default());
    let mut feeder = tasks.start(&mut Time(0), &mut hardware).unwrap();
    tasks.alive(1, 500);
    tasks.alive(0, 500);
    let health = feeder.poll(&mut Time(510), &mut hardware, &mut NoEvents);
    assert_eq!(health, Health::Late { task: 1, name: "buttons" });
}

#[test]
fn an_unknown_number_keeps_nobody_alive() {
    let (tasks, mut hardware) = (watchdog(), Hardware::default());
    let mut feeder = tasks.start(&mut Time(0), &mut hardware).unwrap();
    for task in 3..=255 {
        tasks.alive(task, 100);
    }
    let health = feeder.poll(&mut Time(201), &mut hardware, &mut NoEvents);
    assert_eq!(health, Health::Late { task: 1, name: "buttons" });
    assert_eq!(tasks.name(3), None);
}

#[test]
fn it_runs_past_the_day_when_32_bits_of_milliseconds_are_over() {
    let (tasks, mut hardware) = (watchdog(), Hardware::default());
    let start = u64::from(u32::MAX) - 450;
    let mut feeder = tasks.start(&mut Time(start), &mut hardware).unwrap();
    for now in (start + 100..start + 2_000).step_by(100) {
        (0..3).for_each(|task| tasks.alive(task, now));
        assert_eq!(feeder.poll(&mut Time(now), &mut hardware, &mut NoEvents), Health::Fed);
    }
    let health = feeder.poll(&mut Time(start + 2_200), &mut hardware, &mut NoEvents);
    assert!(matches!(health, Health::Late { task: 1, .. }));
}

#[test]
fn a_static_one_is_shared_by_threads_and_has_one_feeder() {
    let mut hardware = Hardware::default();
    let mut feeder = SHARED.start(&mut Time(0), &mut hardware).unwrap();
    assert!(SHARED.start(&mut Time(0), &mut hardware).is_none());
    let threads: Vec<_> =
        (0..3).map(|task| std::thread::spawn(move || SHARED.alive(task, 100))).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(feeder.poll(&mut Time(200), &mut hardware, &mut NoEvents), Health::Fed);
}

#[test]
fn the_chip_resets_when_a_task_hangs() {
    let board = Off::<SimFlash<4, 256>>::new(Setup::new(1024)).power_on(None);
    let (mut clock, mut hardware) = (board.chip.clock.clone(), board.chip.watchdog.clone());
    let tasks = watchdog();
    let mut feeder = tasks.start(&mut clock, &mut hardware).unwrap();
    let run = |hung: bool,
               clock: &mut gabion_sim::SimClock,
               feeder: &mut gabion_resilience::Feeder<'_, 3>| {
        let mut hardware = hardware.clone();
        for _ in 0..100 {
            clock.advance_ms(100);
            let now = gabion_hal::Clock::uptime_ms(clock);
            (0..3).filter(|task| !hung || *task != 2).for_each(|task| tasks.alive(task, now));
            let _ = feeder.poll(clock, &mut hardware, &mut NoEvents);
        }
    };
    (0..10).for_each(|_| run(false, &mut clock, &mut feeder));
    assert!(!hardware.has_fired());
    (0..10).for_each(|_| run(true, &mut clock, &mut feeder));
    assert!(hardware.has_fired());
}
