//! The words (EN 303 645 5.12-1, 5.12-2): plain, in every language, for everything that can happen.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

mod plain;

use std::collections::BTreeSet;

use gabion_auth::WeakSecret;
use gabion_setup::*;
use plain::words;

const STEPS: [Step; 7] = [
    Step::Welcome,
    Step::Label,
    Step::Secret,
    Step::Question(Question::Updates),
    Step::Question(Question::FaultReports),
    Step::Check,
    Step::Done,
];
const WEAK: [WeakSecret; 9] = [
    WeakSecret::TooShort,
    WeakSecret::TooLong,
    WeakSecret::NotText,
    WeakSecret::Repetition,
    WeakSecret::Sequence,
    WeakSecret::OnlyDigits,
    WeakSecret::Common,
    WeakSecret::Derived,
    WeakSecret::Unchanged,
];

/// Words that a person should not need to know. Those of up to four letters are matched as whole words (in the plural too),
/// the others as the beginning of a word.
const JARGON: &[&str] = &[
    "admin",
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
    "credential",
    "crypt",
    "debug",
    "decrypt",
    "default",
    "digest",
    "encrypt",
    "entropy",
    "factory",
    "firmware",
    "flash",
    "hash",
    "init",
    "interface",
    "ip",
    "jtag",
    "json",
    "kernel",
    "key",
    "log-in",
    "login",
    "mac",
    "malware",
    "nonce",
    "parameter",
    "payload",
    "pin",
    "pki",
    "port",
    "protocol",
    "provision",
    "qr",
    "random",
    "reboot",
    "reset",
    "root",
    "rsa",
    "salt",
    "server",
    "session",
    "signature",
    "ssid",
    "ssl",
    "telemetr",
    "throttl",
    "tls",
    "token",
    "uart",
    "url",
    "utf",
    "vulnerab",
    // German
    "algorithm",
    "anmelde",
    "authentif",
    "bootloader",
    "entropie",
    "konfigur",
    "krypt",
    "neustart",
    "parameter",
    "protokoll",
    "schlüssel",
    "schnittstelle",
    "signatur",
    "sitzung",
    "telemetrie",
    "verschlüssel",
    "werkseinstellung",
    "zertifikat",
    "zugangsdaten",
    "zufall",
];

fn all(language: Language) -> Vec<String> {
    let mut texts = Vec::new();
    for step in STEPS {
        let page = page(step, language);
        texts.extend([page.title, page.what, page.why].map(str::to_owned));
    }
    texts.extend(WEAK.map(|why| say_weak(why, language).to_owned()));
    for check in Check::ALL {
        for verdict in [Verdict::Good, Verdict::Attention, Verdict::Bad] {
            texts.push(say_check(check, verdict, language).to_owned());
        }
    }
    for updates in [Updates::Automatic, Updates::Ask] {
        texts.push(say_option(updates, language).to_owned());
    }
    for ms in [0, 1, 1_500, 60_000, 900_000, u32::MAX] {
        let mut text = String::new();
        say_wait(ms, language, &mut text).unwrap();
        texts.push(text);
    }
    texts
}

fn is_jargon(word: &str) -> bool {
    plain::is_among(word, JARGON)
}

#[test]
fn provision_5_12_2_no_jargon_in_any_language() {
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
    assert!(caught("Enter your credentials."));
    assert!(caught("Bitte Zertifikat prüfen"));
    assert!(caught("Press both keys."));
    assert!(!caught("Choose your password"));
}

#[test]
fn every_page_says_what_and_why_in_short_sentences() {
    for language in Language::ALL {
        for step in STEPS {
            let page = page(step, language);
            for (text, limit) in [(page.title, 40), (page.what, 140), (page.why, 140)] {
                assert!(!text.is_empty());
                assert!(
                    text.chars().count() <= limit,
                    "{} characters: {text}",
                    text.chars().count()
                );
            }
        }
        for text in all(language) {
            for sentence in text.split(['.', '?', ':', ';']) {
                let count = words(sentence).count();
                assert!(count <= 22, "{count} words: {sentence:?}");
            }
        }
    }
}

#[test]
fn no_text_is_left_untranslated() {
    for (english, german) in all(Language::English).iter().zip(all(Language::German)) {
        assert_ne!(*english, german);
    }
}

#[test]
fn different_reasons_have_different_words() {
    for language in Language::ALL {
        let texts: BTreeSet<_> = WEAK.iter().map(|why| say_weak(*why, language)).collect();
        assert_eq!(texts.len(), WEAK.len());
    }
}

#[test]
fn every_good_finding_differs_from_its_bad_one() {
    for language in Language::ALL {
        for check in Check::ALL {
            let good = say_check(check, Verdict::Good, language);
            assert_ne!(good, say_check(check, Verdict::Bad, language));
            assert_ne!(good, say_check(check, Verdict::Attention, language));
        }
    }
}

#[test]
fn options_are_complete_and_name_provisions() {
    for option in OPTIONS {
        assert!(
            !option.answers.is_empty() && !option.before.is_empty() && !option.asked.is_empty()
        );
        assert!(option.provisions.iter().any(|p| p.starts_with("5.")), "{}", option.name);
    }
}

#[test]
fn provision_5_12_1_every_decision_is_registered_with_what_holds_when_nobody_chooses() {
    assert_eq!(DECISIONS.len(), OPTIONS.len());
    for (decision, option) in DECISIONS.iter().zip(OPTIONS) {
        assert_eq!((decision.name, decision.description), (option.name, option.decision));
        assert_eq!((decision.options, decision.default), (option.answers, option.before));
        assert_eq!(decision.triggered_by, option.asked);
    }
}
