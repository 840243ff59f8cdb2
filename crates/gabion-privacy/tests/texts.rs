//! What is made from the inventory: notice, sensors, IXIT rows; and the words about deleting (EN 303 645 5.8-3, 5.11-3, 5.11-4, 6-1).
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod device;

#[path = "../../gabion-setup/tests/plain/mod.rs"]
mod plain;

use device::{CLINIC, INVENTORY, SERVICE, SLEEP};
use gabion_privacy::*;
use plain::words;

/// Words that a person should not need to know. Those of up to four letters are matched as whole words, the others as the
/// beginning of a word.
const JARGON: &[&str] = &[
    "acknowledg",
    "aes",
    "algorithm",
    "api",
    "authent",
    "boot",
    "byte",
    "certific",
    "cipher",
    "commit",
    "config",
    "consent",
    "credential",
    "crypt",
    "debug",
    "default",
    "digest",
    "encrypt",
    "erase",
    "factory",
    "firmware",
    "flash",
    "hash",
    "interface",
    "json",
    "key",
    "legal",
    "log-in",
    "login",
    "nonce",
    "parameter",
    "payload",
    "process",
    "protocol",
    "pseudonym",
    "purpose",
    "reboot",
    "recipient",
    "reset",
    "retention",
    "revoke",
    "server",
    "session",
    "signature",
    "subject",
    "telemetr",
    "token",
    "withdraw",
    "einwillig",
    "widerruf",
    "verarbeit",
    "speicherdauer",
    "betroffen",
    "empfänger",
    "konfigur",
    "krypt",
    "neustart",
    "parameter",
    "protokoll",
    "schlüssel",
    "schnittstelle",
    "signatur",
    "telemetrie",
    "verschlüssel",
    "werkseinstellung",
    "zertifikat",
];

fn is_jargon(word: &str) -> bool {
    plain::is_among(word, JARGON)
}

fn written(write: impl FnOnce(&mut String) -> std::fmt::Result) -> String {
    let mut text = String::new();
    write(&mut text).unwrap();
    text
}

fn all(language: Language) -> Vec<String> {
    let mut texts = vec![
        written(|out| notice(&INVENTORY, language, out)),
        written(|out| ask(&SLEEP, INVENTORY.items(), language, out)),
        confirm_consent(Answer::Yes, language).to_owned(),
        confirm_consent(Answer::No, language).to_owned(),
    ];
    for deletion in Deletion::ALL {
        let said = [
            instruct(deletion, language),
            confirm(deletion, language),
            say_done(deletion, language),
        ];
        texts.extend(said.map(str::to_owned));
    }
    texts
}

#[test]
fn provision_5_11_3_no_jargon_in_any_language() {
    for language in Language::ALL {
        for text in all(language) {
            for word in words(&text) {
                assert!(!is_jargon(&word), "{word:?} in {text:?}");
            }
        }
    }
}

#[test]
fn the_jargon_test_catches_jargon() {
    let caught = |text: &str| words(text).any(|word| is_jargon(&word));
    assert!(caught("You can withdraw your consent."));
    assert!(caught("Perform a factory reset"));
    assert!(caught("Der Schlüssel wird vernichtet"));
    assert!(!caught("Delete everything about me"));
}

#[test]
fn sentences_are_short_and_no_text_is_left_untranslated() {
    for deletion in Deletion::ALL {
        for say in [instruct, confirm, say_done] {
            assert_ne!(say(deletion, Language::English), say(deletion, Language::German));
            for language in Language::ALL {
                for sentence in say(deletion, language).split(['.', '?', ':', ';']) {
                    assert!(words(sentence).count() <= 22, "{sentence}");
                }
            }
        }
        let undone = confirm(deletion, Language::English);
        let final_one = undone.contains("cannot be brought back");
        assert!(final_one || deletion == Deletion::Services, "says that it is final: {undone}");
    }
}

#[test]
fn provision_6_1_the_notice_tells_what_why_how_long_and_who() {
    let text = written(|out| notice(&INVENTORY, Language::English, out));
    for expected in [
        "## What for: to show how you slept",
        "Only if you say yes.",
        "- minutes of snoring (your body and health), particularly private, for each person apart; kept for 30 days; \
         goes to: the sleep clinic, which looks at it.",
        "- names of guests (who you are); kept for 48 hours; goes to: the maker of this lamp; the sleep clinic, which looks at it.",
        "- how you want to be called (who you are), for each person apart; kept until you delete it.",
        "The lamp needs it to work with several people.",
        "When you delete, the device asks them to delete too.",
        "To delete what they have, please ask them.",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    let german = written(|out| notice(&INVENTORY, Language::German, out));
    assert!(german.contains("30 Tage lang") && german.contains("besonders privat"));
}

#[test]
fn provision_5_8_3_every_sensor_is_listed_whether_something_is_kept_or_not() {
    let text = written(|out| sensor_list(&INVENTORY, Language::English, out));
    assert!(text.contains(
        "- sound in the room; a red light is on while it listens. Something of it is kept: see above."
    ));
    assert!(text.contains("- how bright it is; it is always on. Nothing of it is kept."));
    let empty = Inventory::new(&[], &[], &[]);
    assert!(written(|out| notice(&empty, Language::English, out)).contains("Nothing."));
    assert!(written(|out| sensor_list(&empty, Language::German, out)).contains("Nichts."));
}

fn cells(line: &str) -> usize {
    line.replace("\\|", "").matches('|').count() - 1
}

#[test]
fn ixit_rows_come_from_the_inventory() {
    let table = written(|out| ixit_21(&INVENTORY, out));
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 2 + 4);
    assert!(lines.iter().all(|line| cells(line) == 13), "{table}");
    assert!(
        lines[2].starts_with("| PersData-1 | SNORING: minutes of snoring (health) | SLEEP v1: ")
    );
    assert!(lines[2].contains("| clinic | yes |") && lines[2].contains("deleted 30 days"));
    assert!(lines[4].contains("| maker, clinic | no |"));
    assert!(lines[5].contains("not needed: contract"));
    let sensors = written(|out| ixit_22(&INVENTORY, out));
    assert!(sensors.lines().all(|line| cells(line) == 2) && sensors.lines().count() == 4);
    let deletions = written(|out| ixit_25(&INVENTORY, out));
    assert!(deletions.lines().all(|line| cells(line) == 5), "{deletions}");
    assert!(deletions.contains("| DelFunc-5 | request to CLINIC") && !deletions.contains("MAKER"));
}

#[test]
fn a_cell_cannot_break_out_of_its_table() {
    const ODD: Purpose = Purpose::new(0, 1, "ODD", Words::new("a | b\nc", "x"), Basis::Consent);
    personal_data! {
        const ODDITIES, sensors: [] => {
            PIPE: {
                number: 1, max_len: 1, scope: Scope::Household, words: Words::new("|\r\n|", "y"),
                category: Category::Usage, sensitivity: Sensitivity::Ordinary, purpose: ODD,
                retention: Retention::UntilDeleted, recipients: [], sensor: None, shape: Shape::Bytes,
            };
        }
    }
    let table = written(|out| ixit_21(&ODDITIES, out));
    assert_eq!(table.lines().count(), 3, "{table}");
    assert_eq!(cells(table.lines().last().unwrap()), 13, "{table}");
    assert_eq!(PIPE.item().parameters().len(), 1);
}

#[test]
fn the_profile_registers_what_the_inventory_holds() {
    const REGISTERED: Registered<4> = Registered::new(&INVENTORY);
    const PERSONAL: [gabion_profile::PersonalData; 4] = REGISTERED.personal_data();
    const SENSORS: [gabion_profile::Sensor; 2] = INVENTORY.profile_sensors();
    assert_eq!(PERSONAL.map(|one| one.name), ["SNORING", "DIARY", "GUESTS", "NICKNAME"]);
    assert_eq!(PERSONAL.map(|one| one.recipients.len()), [1, 0, 2, 0]);
    assert_eq!((PERSONAL[0].recipients[0].channel, PERSONAL[0].sensor), ("clinic", "MICROPHONE"));
    assert_eq!(PERSONAL[2].retention, gabion_profile::Retention::Days(2));
    assert_eq!(SENSORS[1].name, "LIGHT");
    let decision = SLEEP.profile_decision();
    assert_eq!((decision.name, decision.default), ("SLEEP", "no"));
    assert!(matches!(
        PERSONAL[0].legal_basis,
        gabion_profile::LegalBasis::Consent { decision: "SLEEP", .. }
    ));
    let _ = (CLINIC, SERVICE);
}
