//! Replays the body of the fuzz target on stable: over the corpus, and over mutations of it.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

#[path = "../../../fuzz/src/resilience_flash.rs"]
mod body;

use device::Time;
use gabion_crypto::{Secret, Software};
use gabion_flash::{block_on, hazmat::Unjournaled};
use gabion_resilience::{BootGuard, DropPolicy, LaneConfig, Priority, Queue, QueueConfig, Rate};
use gabion_sim::{Setup, SimFlash};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/resilience_flash");

/// The flash of a queue in use, and a record of starts.
fn seeds() -> [(&'static str, Vec<u8>); 2] {
    let erases = Rate { burst: 100, refill_ms: 1 };
    let lane = LaneConfig { pages: 2, policy: DropPolicy::Oldest, erases };
    let config = QueueConfig { lanes: [lane; 3], acknowledge_every: 1 };
    block_on(async {
        let flash = SimFlash::<4, 1024>::new(Setup::new(6 * 1024));
        let (key, mut time) = (Secret::new([1; 32]), Time(0));
        let store = Unjournaled::<_>::new(flash);
        let mut queue = Queue::format(store, Software, &key, &config, &mut time).await.unwrap();
        for n in 0..50_u8 {
            queue.put(Priority::ALL[usize::from(n) % 3], &[n; 30], &mut time).await.unwrap();
        }
        let mut buffer = [0; 512];
        for _ in 0..5 {
            let id = queue.peek(&mut buffer).await.unwrap().unwrap().id;
            queue.acknowledge(id, &mut time).await.unwrap();
        }
        let mut flash = queue.into_flash();
        let mut queue = vec![0; 6 * 1024];
        embedded_storage_async::nor_flash::ReadNorFlash::read(&mut flash, 0, &mut queue)
            .await
            .unwrap();
        let mut flash = Unjournaled::<_>::new(SimFlash::<4, 1024>::new(Setup::new(2 * 1024)));
        BootGuard::format(&mut flash).await.unwrap();
        let mut starts = vec![0; 64];
        embedded_storage_async::nor_flash::ReadNorFlash::read(&mut flash, 0, &mut starts)
            .await
            .unwrap();
        [("queue", queue), ("starts", starts)]
    })
}

#[test]
fn resilience_flash_over_the_corpus_and_mutations_of_it() {
    if std::env::var_os("GABION_BLESS").is_some() {
        std::fs::create_dir_all(CORPUS).unwrap();
        for (name, bytes) in seeds() {
            std::fs::write(format!("{CORPUS}/{name}"), bytes).unwrap();
        }
    }
    let mut seen = 0;
    let mut rng = gabion_sim::Rng::new(12);
    for entry in std::fs::read_dir(CORPUS).unwrap() {
        let data = std::fs::read(entry.unwrap().path()).unwrap();
        body::resilience_flash(&data);
        for round in 0..600 {
            let mut changed = data.clone();
            for _ in 0..=rng.index(6) {
                let at = rng.index(changed.len());
                changed[at] = rng.byte();
            }
            match round % 4 {
                0 => changed.truncate(rng.index(changed.len() + 1)),
                1 => {
                    let (a, b) = (rng.index(data.len()) & !3, rng.index(data.len()) & !3);
                    let (from, to) = (a.min(b), a.max(b));
                    changed.splice(from..from, data[from..to].to_vec());
                }
                2 => {
                    let from = rng.index(changed.len());
                    changed[from..].fill(0xff);
                }
                _ => {}
            }
            body::resilience_flash(&changed);
        }
        seen += 1;
    }
    assert!(seen >= 2);
}

/// The format on flash is a promise: a queue that this version wrote once is written the same way again.
#[test]
fn the_bytes_on_flash_are_those_of_the_corpus() {
    for (name, bytes) in seeds() {
        let kept = std::fs::read(format!("{CORPUS}/{name}")).unwrap();
        assert!(kept == bytes, "{name}: the format on flash has changed");
    }
}
