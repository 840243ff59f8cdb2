//! A simulated device reports to a back end over TLS, through its queue and its connection state machine: the back end is not
//! there, then somebody else pretends to be it, then it is there, and goes away in the middle. Nothing is lost, nothing is told to
//! the impostor. The back end is `openssl s_server -rev`: it turns each line round, which is its acknowledgement.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

#[path = "../../gabion-link/tests/mint/mod.rs"]
mod mint;
mod server;
mod tcp;

use std::net::TcpListener;

use gabion_crypto::{Secret, Software};
use gabion_flash::hazmat::Unjournaled;
use gabion_hal::{NoEvents, ResetReason};
use gabion_resilience::{
    Connection, ConnectionConfig, Failure, Next, Priority, Queue, QueueConfig, Spread,
};
use gabion_sim::{Off, Setup, SimFlash};
use gabion_tls::{Aes128GcmSuite, TlsError};
use mint::{Cert, Key, dns};
use server::{BY_CERTIFICATE, block_on, chain};
use tcp::{Client, OpenSsl};

/// Why a connection failed, as the state machine wants to know it.
fn failure(error: TlsError) -> Failure {
    match error {
        TlsError::Refused(_) => Failure::Authentication { code: 1 },
        TlsError::TimedOut => Failure::Timeout,
        _ => Failure::Refused,
    }
}

#[test]
fn a_device_reports_through_outages_and_an_impostor() {
    let (chain, root) = chain();
    let authority = Cert::root("root", Key(1));
    let inter = Cert::inter("inter", Key(2), &authority);
    let other = Cert::leaf(Key(4), &inter).names(&[dns("other.example.com")]).der();
    let impostor = [other, chain[1].clone()];
    if OpenSsl::start("probe", Some((&chain, Key(3))), &[]).is_none() {
        return;
    }

    let board = Off::<SimFlash<4, 4096>>::new(Setup::new(14 * 4096)).power_on(None);
    let (mut clock, mut entropy) = (board.chip.clock.clone(), board.chip.entropy.clone());
    let flash = Unjournaled::<_>::new(board.flash);
    let key = Secret::new([7; 32]);
    let config = QueueConfig::DEFAULT;
    let mut queue = block_on(Queue::format(flash, Software, &key, &config, &mut clock)).unwrap();
    let events: Vec<String> = (0..12).map(|number| format!("event {number}\n")).collect();
    for event in &events {
        block_on(queue.put(Priority::Normal, event.as_bytes(), &mut clock)).unwrap();
    }
    let spread = Spread::new(&Software, &Secret::new([9; 32]));
    let mut connection =
        Connection::new(ConnectionConfig::DEFAULT, spread, ResetReason::PowerOn, &mut clock);

    // Nobody listens on this port until somebody does.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (mut attempt, mut refused, mut back_end) = (0, 0, None);
    let mut received: Vec<String> = vec![];
    let mut log = NoEvents;
    while received.len() < events.len() {
        match connection.next(&mut clock, &mut entropy, &mut log) {
            Next::Wait { ms } => clock.advance_ms(ms),
            Next::Connect => {
                attempt += 1;
                back_end = match attempt {
                    1 | 2 => None,
                    3 => OpenSsl::start("impostor", Some((&impostor, Key(4))), &[]),
                    4 => OpenSsl::start("first", Some((&chain, Key(3))), &[]),
                    5 => None,
                    _ => OpenSsl::start("second", Some((&chain, Key(3))), &[]),
                };
                match &back_end {
                    None if std::net::TcpStream::connect(("127.0.0.1", nobody)).is_err() => {
                        connection.failed(Failure::Link, &mut clock, &mut entropy, &mut log);
                    }
                    None => panic!("somebody listens"),
                    Some(_) => drop(connection.connected(&mut clock, &mut log)),
                }
            }
            Next::Stay => {
                let mut buffer = [0; 512];
                let Some(message) = block_on(queue.peek(&mut buffer)).unwrap() else { break };
                let (id, body) = (message.id, message.body.to_vec());
                // The first back end goes away after five messages.
                if attempt == 4 && received.len() == 5 {
                    back_end = None;
                }
                let answer = back_end.as_ref().map_or(Err(TlsError::Closed), |back_end| {
                    let (policy, root) = (BY_CERTIFICATE, root.clone());
                    Client { port: back_end.port, policy, root, own: None }
                        .ask(&Aes128GcmSuite(Software), &body)
                });
                match answer {
                    Ok(answer) => {
                        let told: String = answer.trim_end().chars().rev().collect();
                        assert_eq!(told.as_bytes(), &body[..body.len() - 1]);
                        received.push(format!("{told}\n"));
                        block_on(queue.acknowledge(id, &mut clock)).unwrap();
                    }
                    Err(error) => {
                        let why = failure(error);
                        refused += usize::from(matches!(why, Failure::Authentication { .. }));
                        connection.failed(why, &mut clock, &mut entropy, &mut log);
                    }
                }
            }
            Next::Abort => {}
        }
    }
    assert_eq!(received, events, "lost, doubled or out of order");
    assert_eq!((attempt, refused), (6, 1));
}
