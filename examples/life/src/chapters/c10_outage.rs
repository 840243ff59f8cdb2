//! An outage: what the device has to say waits in its flash, through a power cut, and arrives in order.

use anyhow::{Context, Result, anyhow, bail};
use gabion::crypto::{Secret, Software};
use gabion::hal::ResetCause;
use gabion::hal::rand_core::TryRng;
use gabion::resilience::{
    Connection, ConnectionConfig, DropPolicy, Failure, LaneConfig, Next, Priority, QUEUE_KEY,
    Queue, QueueConfig, Spread,
};
use gabion::storage::Storage;
use gabion_sim::{Cut, Fault};
use serde_json::json;

use crate::board::DeviceRegion;
use crate::progress::{self, Progress};
use crate::teller::Teller;
use crate::world::{Session, World};

/// What cannot wait for what is merely of interest.
pub(crate) const SMOKE: &[u8] = b"smoke in the kitchen";
/// What is of interest, in order.
const LAMP: [&[u8]; 3] = [b"lamp on", b"lamp at 40 of 100", b"lamp off"];
/// Flash steps into the last message at which the story-teller lets the power fail.
const CUT_AFTER: u64 = 3;
/// Attempts that find no link.
const ATTEMPTS: u32 = 4;

const LANE: LaneConfig = LaneConfig::per_day(2, DropPolicy::Oldest, 8);
const CONFIG: QueueConfig = QueueConfig { lanes: [LANE; 3], acknowledge_every: 8 };

type Waiting<'q, 'a> = Queue<DeviceRegion<'q, 'a>, Software>;

/// Tells the chapter.
pub(crate) fn tell(world: &World, teller: &mut Teller, progress: Progress) -> Result<()> {
    teller.chapter(10, "The network is gone, and nothing is lost", "5.9-1, 5.9-2, 5.9-3");
    let may_cut = progress.round == 1 && !world.has_cut();
    let mut last_was_kept = false;
    let kept = world.session(async |session| {
        let (supply, mut clock) = (session.supply.clone(), session.lab.clock.clone());
        let mut queue = open(session).await?;
        for (priority, body) in [
            (Priority::Normal, LAMP[0]),
            (Priority::Urgent, SMOKE),
            (Priority::Normal, LAMP[1]),
            (Priority::Normal, LAMP[2]),
        ] {
            if may_cut && body == LAMP[2] {
                supply.arm(Cut::new(CUT_AFTER, Fault::TornWord, 0x5eed));
            }
            let id = queue.put(priority, body, &mut clock).await.map_err(|e| anyhow!("{e}"))?;
            teller.acknowledge("message", &json!(format!("{priority:?} {}", id.number)));
            last_was_kept = body == LAMP[2];
        }
        Ok(())
    });
    if let Err(lost) = kept {
        if !may_cut {
            return Err(lost);
        }
        teller.say("The power fails while the last message is written. It comes back:");
    }
    world.session(async |session| {
        deliver(session, teller, last_was_kept).await?;
        progress::done(session, teller, progress).await
    })?;
    teller.shows(
        "5.9",
        "messages wait on flash through outage and power cut; a server that returns is not stormed",
        "gabion-resilience/src/queue.rs",
    );
    Ok(())
}

/// Opens the queue. Its key is stored once the queue is made: a key in the store says that there is a queue.
async fn open<'q, 'a>(session: &'q mut Session<'_, 'a>) -> Result<Waiting<'q, 'a>> {
    let Session { device, queue, lab, .. } = session;
    let mut key = Secret::<[u8; 32]>::zeroed();
    let found = device.store.get(&QUEUE_KEY, &mut key).await.map_err(|e| anyhow!("LOST: {e}"))?;
    match found {
        Some(32) => Queue::open(queue.reborrow(), Software, &key, &CONFIG, &mut lab.clock)
            .await
            .map_err(|e| anyhow!("LOST: the messages that wait: {e}")),
        Some(_) => bail!("LOST: the key of the queue has a wrong length"),
        None => {
            lab.entropy.try_fill_bytes(key.expose_mut()).map_err(|e| anyhow!("a key: {e}"))?;
            let made = Queue::format(queue.reborrow(), Software, &key, &CONFIG, &mut lab.clock)
                .await
                .map_err(|e| anyhow!("making the queue: {e}"))?;
            device.store.put(&QUEUE_KEY, key.expose()).await.map_err(|e| anyhow!("{e}"))?;
            Ok(made)
        }
    }
}

/// Waits for the link as long as it takes, then sends what waits, oldest first, and listens to the server's answers.
async fn deliver(
    session: &mut Session<'_, '_>,
    teller: &mut Teller,
    last_was_kept: bool,
) -> Result<()> {
    let identity = session.identity.as_ref().context("LOST: the identity")?;
    let spread = Spread::new(&Software, identity);
    let (mut clock, mut entropy) = (session.lab.clock.clone(), session.lab.entropy.clone());
    let mut events = session.lab.events.clone();
    let reason = session.lab.reset_cause.reset_reason();
    let mut connection = Connection::new(ConnectionConfig::DEFAULT, spread, reason, &mut clock);
    let mut waits = Vec::new();
    let mut queue = open(session).await?;
    loop {
        match connection.next(&mut clock, &mut entropy, &mut events) {
            Next::Wait { ms } => {
                waits.push(format!("{}.{} s", ms / 1000, ms % 1000 / 100));
                clock.advance_ms(ms);
            }
            Next::Connect if connection.failures() < ATTEMPTS => {
                connection.failed(Failure::Link, &mut clock, &mut entropy, &mut events);
            }
            Next::Connect => {
                connection.connected(&mut clock, &mut events);
            }
            Next::Abort => {}
            Next::Stay => break,
        }
    }
    teller.say(&format!(
        "Its own place in five minutes first, so that a street does not return at once, then {ATTEMPTS} attempts \
         without a link: it waits {}.",
        waits.join(", ")
    ));
    let (mut last, mut lamp, mut smoke) = ([0; 3], Vec::new(), 0);
    let mut buffer = [0; 512];
    while let Some(message) = queue.peek(&mut buffer).await.map_err(|e| anyhow!("LOST: {e}"))? {
        let (id, body) = (message.id, message.body);
        // The server's side: numbers of a priority only ever rise.
        let newest = last.get_mut(id.priority as usize).context("a priority")?;
        if id.number <= *newest {
            bail!("LOST: message {} came after {newest}", id.number);
        }
        *newest = id.number;
        match id.priority {
            Priority::Urgent if body == SMOKE && lamp.is_empty() => smoke += 1,
            Priority::Normal => lamp.push(body.to_vec()),
            _ => bail!("LOST: a message that nobody wrote, or a late alarm"),
        }
        let text = String::from_utf8_lossy(body);
        teller.data(json!({"delivered": format!("{:?} {}", id.priority, id.number), "body": text}));
        teller.say(&format!("{:?} {}: {text}", id.priority, id.number));
        queue.acknowledge(id, &mut clock).await.map_err(|e| anyhow!("{e}"))?;
    }
    queue.flush(&mut clock).await.map_err(|e| anyhow!("{e}"))?;
    // A message that was cut is there whole or not at all; those before it are there.
    let torn_is_there = lamp.ends_with(&LAMP.map(<[u8]>::to_vec));
    let kept_are_there = lamp.ends_with(&[LAMP[0].to_vec(), LAMP[1].to_vec()]);
    if smoke == 0 || !(torn_is_there || kept_are_there && !last_was_kept) {
        bail!("LOST: {smoke} alarms and {} other messages arrived", lamp.len());
    }
    teller.say(
        "The alarm came first, the rest in order, each under a number that no other message gets.",
    );
    Ok(())
}
