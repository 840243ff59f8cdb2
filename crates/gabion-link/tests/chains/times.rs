//! When.

use gabion_link::x509::Refusal::{self, *};

use crate::case::Case;
use crate::mint::*;

fn until(name: &str, time: Vec<u8>, reason: Refusal) -> Case {
    Case::leaf(name, |c| c.but(|c| c.not_after = time)).refused(reason)
}

fn since(name: &str, time: Vec<u8>, reason: Refusal) -> Case {
    Case::leaf(name, |c| c.but(|c| c.not_before = time)).refused(reason)
}

pub fn cases() -> Vec<Case> {
    let form = "Forms of time";
    vec![
        Case::leaf("time: exactly at the beginning", |c| {
            c.but(|c| c.not_before = utc("260601120000Z"))
        }),
        Case::leaf("time: exactly at the end", |c| c.but(|c| c.not_after = utc("260601120000Z")))
            .differs("The last second"),
        Case::leaf("time: one second only", |c| {
            c.but(|c| {
                c.not_before = utc("260601120000Z");
                c.not_after = utc("260601120000Z");
            })
        })
        .differs("The last second"),
        Case::leaf("time: from 1950", |c| c.but(|c| c.not_before = utc("500101000000Z"))),
        Case::leaf("time: to the end of 2049", |c| c.but(|c| c.not_after = utc("491231235959Z"))),
        Case::leaf("time: to the beginning of 2050", |c| {
            c.but(|c| c.not_after = general("20500101000000Z"))
        }),
        Case::leaf("time: without an end", |c| c.but(|c| c.not_after = general("99991231235959Z"))),
        Case::leaf("time: to a leap day", |c| c.but(|c| c.not_after = utc("280229000000Z"))),
        until("time: ended a second ago", utc("260601115959Z"), Expired),
        until("time: ended long ago", utc("260101000000Z"), Expired),
        since("time: begins in a second", utc("260601120001Z"), NotYetValid),
        since("time: begins next year", utc("270101000000Z"), NotYetValid),
        Case::inter("time: intermediate ended", |c| c.but(|c| c.not_after = utc("260601115959Z")))
            .refused(Expired),
        Case::inter("time: intermediate begins later", |c| {
            c.but(|c| c.not_before = utc("260601120001Z"))
        })
        .refused(NotYetValid),
        Case::root("time: root ended", |c| c.but(|c| c.not_after = utc("260601115959Z")))
            .refused(Expired),
        Case::root("time: root begins later", |c| c.but(|c| c.not_before = utc("260601120001Z")))
            .refused(NotYetValid),
        Case::leaf("time: judged in 2049", |c| c).at(2049, 1, 1, [0, 0, 0]).refused(Expired),
        Case::leaf("time: judged in 2024", |c| c)
            .at(2024, 12, 31, [23, 59, 59])
            .refused(NotYetValid),
        Case::leaf("time: judged at the first second", |c| c).at(2025, 1, 1, [0, 0, 0]),
        Case::leaf("time: ends before it begins", |c| {
            c.but(|c| {
                c.not_before = utc("270101000000Z");
                c.not_after = utc("260101000000Z");
            })
        })
        .refused(ValidityReversed),
        until("time: without seconds", utc("3412312359Z"), Time),
        until("time: with an offset", utc("341231235959+0000"), Time),
        until("time: without Z", utc("341231235959"), Time),
        until("time: small z", utc("341231235959z"), Time),
        until("time: with a space", utc("341231 35959Z"), Time),
        until("time: a byte behind", utc("341231235959Z0"), Time),
        until("time: month 13", utc("341331235959Z"), Time),
        until("time: month 0", utc("340031235959Z"), Time),
        until("time: day 0", utc("341200235959Z"), Time),
        until("time: 30 February", utc("340230000000Z"), Time),
        until("time: 29 February of no leap year", utc("270229000000Z"), Time),
        until("time: 31 April", utc("340431000000Z"), Time),
        until("time: hour 24", utc("341231240000Z"), Time),
        until("time: minute 60", utc("341231236000Z"), Time),
        until("time: second 60", utc("341231235960Z"), Time),
        until("time: four digits for 2034", general("20341231235959Z"), Time).differs(form),
        since("time: four digits for 2025", general("20250101000000Z"), Time).differs(form),
        until("time: with a fraction", general("20501231235959.5Z"), Time),
        until("time: four digits, with an offset", general("20501231235959+0100"), Time),
        until("time: year 2100 has no 29 February", general("21000229000000Z"), Time),
        until("time: as text", tlv(0x13, b"341231235959Z"), Time),
        until("time: empty", utc(""), Time),
        Case::leaf("time: a third time", |c| c.but(|c| c.not_after.extend(utc("341231235959Z"))))
            .refused(Encoding),
        Case::leaf("time: one only", |c| c.but(|c| c.not_after.clear())).refused(Encoding),
    ]
}
