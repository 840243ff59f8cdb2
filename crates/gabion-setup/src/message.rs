//! What the device says to people: every sentence once, in every language, in words that need no explanation.

use core::fmt::Write;

use gabion_auth::WeakSecret;

use crate::{Check, Question, Step, Updates, Verdict};

/// A language of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    const fn pick(self, english: &'static str, german: &'static str) -> &'static str {
        match self {
            Self::English => english,
            Self::German => german,
        }
    }
}

/// One page of the guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// A few words.
    pub title: &'static str,
    /// What to do, or what is proposed.
    pub what: &'static str,
    /// Why.
    pub why: &'static str,
}

/// Returns the page of a step.
#[must_use]
pub const fn page(step: Step, language: Language) -> Page {
    let (title, what, why) = match step {
        Step::Welcome => (
            language.pick("Make this device yours", "Machen Sie dieses Gerät zu Ihrem"),
            language.pick(
                "You choose a password of your own and answer two questions. It takes about two minutes.",
                "Sie wählen ein eigenes Passwort und beantworten zwei Fragen. Das dauert etwa zwei Minuten.",
            ),
            language.pick(
                "Until then the device does nothing but this, and only someone who can read its label can do it.",
                "Bis dahin tut das Gerät nichts anderes, und nur wer sein Etikett lesen kann, kommt weiter.",
            ),
        ),
        Step::Label => (
            language.pick("Read the label", "Lesen Sie das Etikett"),
            language.pick(
                "Scan the square code on the label, or type the 15 characters below it.",
                "Scannen Sie das Quadrat auf dem Etikett oder tippen Sie die 15 Zeichen darunter ab.",
            ),
            language.pick(
                "This shows that the device is in your hands. Every device has a label of its own.",
                "Damit zeigen Sie, dass Sie das Gerät in der Hand haben. Jedes Gerät hat sein eigenes Etikett.",
            ),
        ),
        Step::Secret => (
            language.pick("Choose your password", "Wählen Sie Ihr Passwort"),
            language.pick(
                "At least 10 characters. Three or four words that only you would put together work well.",
                "Mindestens 10 Zeichen. Drei oder vier Wörter, die nur Sie so zusammenstellen würden, sind gut.",
            ),
            language.pick(
                "The device comes with no password that others could know. Only yours opens it.",
                "Das Gerät hat kein Passwort, das andere kennen könnten. Nur Ihres öffnet es.",
            ),
        ),
        Step::Question(Question::Updates) => (
            language.pick("Keep the device up to date", "Halten Sie das Gerät aktuell"),
            language.pick(
                "Recommended: updates install by themselves, at a quiet time. Or the device asks you each time.",
                "Empfohlen: Updates werden von selbst eingespielt, zu einer ruhigen Zeit. Oder das Gerät fragt Sie jedes Mal.",
            ),
            language.pick(
                "Most break-ins use a fault for which an update was there already.",
                "Die meisten Einbrüche nutzen Fehler, für die es längst ein Update gab.",
            ),
        ),
        Step::Question(Question::FaultReports) => (
            language.pick("Send fault reports?", "Fehlerberichte senden?"),
            language.pick(
                "Recommended: no. If you say yes, the device tells its maker when something fails, without names, places or what you do.",
                "Empfohlen: nein. Wenn Sie ja sagen, meldet das Gerät dem Hersteller, wenn etwas ausfällt, ohne Namen, Orte oder was Sie tun.",
            ),
            language.pick(
                "Reports help to find faults sooner. The device works just as well without them.",
                "Berichte helfen, Fehler früher zu finden. Das Gerät arbeitet ohne sie genauso gut.",
            ),
        ),
        Step::Check => (
            language.pick("The device checks itself", "Das Gerät prüft sich selbst"),
            language.pick(
                "Read what it says about itself. You can look at this page again at any time.",
                "Lesen Sie, was es über sich sagt. Sie können diese Seite jederzeit wieder ansehen.",
            ),
            language.pick(
                "So you know that everything is as it should be, today and later.",
                "So wissen Sie, dass alles ist, wie es sein soll, heute und später.",
            ),
        ),
        Step::Done => (
            language.pick("Ready", "Fertig"),
            language.pick(
                "The device is yours. Keep the label: it is needed if you ever start from the beginning.",
                "Das Gerät gehört Ihnen. Bewahren Sie das Etikett auf: Sie brauchen es, wenn Sie je von vorn beginnen.",
            ),
            language.pick(
                "If you give the device away, delete everything first, in the settings.",
                "Wenn Sie das Gerät weitergeben, löschen Sie vorher alles, in den Einstellungen.",
            ),
        ),
    };
    Page { title, what, why }
}

/// Returns the words for an answer about updates.
#[must_use]
pub const fn say_option(updates: Updates, language: Language) -> &'static str {
    match updates {
        Updates::Automatic => language.pick("Install by themselves", "Von selbst einspielen"),
        Updates::Ask => language.pick("Ask me each time", "Jedes Mal fragen"),
    }
}

/// Says why a new password is not taken, and what to do.
#[must_use]
pub const fn say_weak(why: WeakSecret, language: Language) -> &'static str {
    match why {
        WeakSecret::TooShort => language.pick(
            "Please use at least 10 characters.",
            "Bitte nehmen Sie mindestens 10 Zeichen.",
        ),
        WeakSecret::TooLong => language.pick(
            "This is too long. Please use a shorter one.",
            "Das ist zu lang. Bitte nehmen Sie ein kürzeres.",
        ),
        WeakSecret::NotText => language.pick(
            "Please use only letters, digits, spaces and signs that you can see.",
            "Bitte nehmen Sie nur Buchstaben, Ziffern, Leerzeichen und sichtbare Zeichen.",
        ),
        WeakSecret::Repetition => language.pick(
            "This repeats itself and is easy to guess. Please mix it more.",
            "Das wiederholt sich und ist leicht zu erraten. Bitte mischen Sie mehr.",
        ),
        WeakSecret::Sequence => language.pick(
            "These letters stand side by side and are easy to guess. Please choose something else.",
            "Diese Buchstaben stehen nebeneinander und sind leicht zu erraten. Bitte wählen Sie etwas anderes.",
        ),
        WeakSecret::OnlyDigits => language.pick(
            "Dates and telephone numbers are easy to guess. Please add some letters.",
            "Daten und Telefonnummern sind leicht zu erraten. Bitte nehmen Sie Buchstaben dazu.",
        ),
        WeakSecret::Common => language.pick(
            "Many people use this or something like it. Please choose something of your own.",
            "Das oder Ähnliches benutzen viele. Bitte wählen Sie etwas Eigenes.",
        ),
        WeakSecret::Derived => language.pick(
            "This holds your name or something that stands on the device. Please choose something else.",
            "Das enthält Ihren Namen oder etwas, das auf dem Gerät steht. Bitte wählen Sie etwas anderes.",
        ),
        WeakSecret::Unchanged => language.pick(
            "This is your old password. Please choose a new one.",
            "Das ist Ihr altes Passwort. Bitte wählen Sie ein neues.",
        ),
        _ => language.pick(
            "Please choose another password.",
            "Bitte wählen Sie ein anderes Passwort.",
        ),
    }
}

/// Says how long to wait, rounded up so that it is never too early.
///
/// # Errors
///
/// What `out` says.
pub fn say_wait(ms: u32, language: Language, out: &mut impl Write) -> core::fmt::Result {
    let seconds = ms.div_ceil(1000);
    let (amount, unit) = match seconds {
        0 | 1 => (1, language.pick("second", "Sekunde")),
        2..=119 => (seconds, language.pick("seconds", "Sekunden")),
        _ => (seconds.div_ceil(60), language.pick("minutes", "Minuten")),
    };
    match language {
        Language::English => write!(out, "Too many tries. Please wait {amount} {unit}."),
        Language::German => write!(out, "Zu viele Versuche. Bitte warten Sie {amount} {unit}."),
    }
}

/// Says how a check came out, and what to do about it.
#[must_use]
pub const fn say_check(check: Check, verdict: Verdict, language: Language) -> &'static str {
    let (english, german) = match (check, verdict) {
        (Check::Owner, Verdict::Good) => {
            ("Only your password opens the device.", "Nur Ihr Passwort öffnet das Gerät.")
        }
        (Check::Owner, Verdict::Attention) => (
            "Nobody has set the device up yet. Please set it up.",
            "Noch niemand hat das Gerät eingerichtet. Bitte richten Sie es ein.",
        ),
        (Check::Owner, Verdict::Bad) => (
            "The device cannot read your password. Please delete everything and set it up again.",
            "Das Gerät kann Ihr Passwort nicht lesen. Bitte löschen Sie alles und richten Sie es neu ein.",
        ),
        (Check::Debug, Verdict::Good) => (
            "The service socket inside is locked.",
            "Der Serviceanschluss im Inneren ist gesperrt.",
        ),
        (Check::Debug, Verdict::Attention) => (
            "The service socket inside is locked until the device is next switched off.",
            "Der Serviceanschluss im Inneren ist gesperrt, bis das Gerät das nächste Mal ausgeschaltet wird.",
        ),
        (Check::Debug, Verdict::Bad) => (
            "The service socket inside is open. Do not use the device; please ask its maker.",
            "Der Serviceanschluss im Inneren ist offen. Benutzen Sie das Gerät nicht; bitte fragen Sie den Hersteller.",
        ),
        (Check::Software, Verdict::Good) => (
            "The software is the maker's and unchanged.",
            "Die Software ist die des Herstellers und unverändert.",
        ),
        (Check::Software, _) => (
            "The software could not be checked. Disconnect the device and ask its maker.",
            "Die Software konnte nicht geprüft werden. Trennen Sie das Gerät vom Netz und fragen Sie den Hersteller.",
        ),
        (Check::Updates, Verdict::Good) => {
            ("Updates are looked for and installed.", "Updates werden gesucht und eingespielt.")
        }
        (Check::Updates, _) => (
            "Please let updates install by themselves, and check that the device is connected.",
            "Bitte lassen Sie Updates von selbst einspielen und prüfen Sie, ob das Gerät verbunden ist.",
        ),
        (Check::Support, Verdict::Good) => (
            "The maker still looks after this device.",
            "Der Hersteller betreut dieses Gerät noch.",
        ),
        (Check::Support, Verdict::Attention) => (
            "The device does not know the date, so it cannot tell whether its maker still looks after it.",
            "Das Gerät kennt das Datum nicht und kann nicht sagen, ob der Hersteller es noch betreut.",
        ),
        (Check::Support, Verdict::Bad) => (
            "The maker no longer looks after this device. Please plan to replace it.",
            "Der Hersteller betreut dieses Gerät nicht mehr. Bitte planen Sie Ersatz.",
        ),
        (Check::Store, Verdict::Good) => {
            ("What the device remembers is whole.", "Was sich das Gerät merkt, ist heil.")
        }
        (Check::Store, _) => (
            "Something that the device remembers was damaged. Please delete everything and set it up again.",
            "Etwas, das sich das Gerät merkt, wurde beschädigt. Bitte löschen Sie alles und richten Sie es neu ein.",
        ),
        (Check::Random, Verdict::Good) => {
            ("The device can make secrets.", "Das Gerät kann Geheimnisse erzeugen.")
        }
        (Check::Random, _) => (
            "The device can no longer make secrets. Do not use it; please ask its maker.",
            "Das Gerät kann keine Geheimnisse mehr erzeugen. Benutzen Sie es nicht; bitte fragen Sie den Hersteller.",
        ),
        (Check::Guessing, Verdict::Good) => (
            "Nobody is trying to guess your password.",
            "Niemand versucht, Ihr Passwort zu erraten.",
        ),
        (Check::Guessing, _) => (
            "Someone is trying passwords. The device slows them down. If it is not you, disconnect it for a while.",
            "Jemand probiert Passwörter aus. Das Gerät bremst das. Wenn Sie es nicht sind, trennen Sie es eine Weile vom Netz.",
        ),
    };
    language.pick(english, german)
}
