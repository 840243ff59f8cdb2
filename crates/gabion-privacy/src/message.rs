//! What the device says about deleting and about questions (EN 303 645 5.11-3, 5.11-4, 6-2): every sentence once, in every
//! language, in words that need no explanation.

use core::fmt::{Result, Write};

use crate::{Answer, Item, Language, Purpose};

/// The ways to delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Deletion {
    /// One thing.
    Item,
    /// Everything that belongs to a question that is now answered with no.
    Purpose,
    /// Everything about the person who asks.
    Person,
    /// Everything on the device, from its settings.
    Device,
    /// Everything on the device, with the button.
    Button,
    /// What services have.
    Services,
}

impl Deletion {
    /// Every way.
    pub const ALL: [Self; 6] =
        [Self::Item, Self::Purpose, Self::Person, Self::Device, Self::Button, Self::Services];
}

const fn pick(language: Language, english: &'static str, german: &'static str) -> &'static str {
    match language {
        Language::English => english,
        Language::German => german,
    }
}

/// Tells how to do it, and what goes and stays.
#[must_use]
pub const fn instruct(deletion: Deletion, language: Language) -> &'static str {
    match deletion {
        Deletion::Item => pick(
            language,
            "Open the list of what the device knows about you. Choose the thing and then Delete.",
            "Öffnen Sie die Liste dessen, was das Gerät über Sie weiß. Wählen Sie den Eintrag und dann Löschen.",
        ),
        Deletion::Purpose => pick(
            language,
            "Open your answers and change Yes to No. The device stops at once and deletes what belongs to it.",
            "Öffnen Sie Ihre Antworten und ändern Sie Ja in Nein. Das Gerät hört sofort auf und löscht, was dazugehört.",
        ),
        Deletion::Person => pick(
            language,
            "Open your page in the settings and choose Delete everything about me. What belongs to others stays.",
            "Öffnen Sie Ihre Seite in den Einstellungen und wählen Sie Alles über mich löschen. Was anderen gehört, bleibt.",
        ),
        Deletion::Device => pick(
            language,
            "Open the settings and choose Delete everything. Do this before you give the device away. Keep the label.",
            "Öffnen Sie die Einstellungen und wählen Sie Alles löschen. Tun Sie das, bevor Sie das Gerät weitergeben. Behalten Sie das Etikett.",
        ),
        Deletion::Button => pick(
            language,
            "Press the button and hold it until the light blinks quickly and then stops. Let go earlier and nothing happens.",
            "Drücken Sie die Taste und halten Sie sie, bis das Licht schnell blinkt und dann aufhört. Lassen Sie früher los, geschieht nichts.",
        ),
        Deletion::Services => pick(
            language,
            "When you delete on the device, it asks every service that takes such requests to delete too. Until they have answered it asks again.",
            "Wenn Sie auf dem Gerät löschen, bittet es jeden Dienst, der das annimmt, auch zu löschen. Bis er antwortet, fragt es wieder nach.",
        ),
    }
}

/// Asks once more before it is done: it cannot be undone.
#[must_use]
pub const fn confirm(deletion: Deletion, language: Language) -> &'static str {
    match deletion {
        Deletion::Item => pick(
            language,
            "Delete this? It cannot be brought back.",
            "Das löschen? Es lässt sich nicht zurückholen.",
        ),
        Deletion::Purpose => pick(
            language,
            "Say no and delete what belongs to it? It cannot be brought back.",
            "Nein sagen und löschen, was dazugehört? Es lässt sich nicht zurückholen.",
        ),
        Deletion::Person => pick(
            language,
            "Delete everything about you, your answers too? It cannot be brought back.",
            "Alles über Sie löschen, auch Ihre Antworten? Es lässt sich nicht zurückholen.",
        ),
        Deletion::Device | Deletion::Button => pick(
            language,
            "Delete everything about everyone, and all settings? It cannot be brought back. The device then starts as new.",
            "Alles über alle und alle Einstellungen löschen? Das lässt sich nicht zurückholen. Das Gerät beginnt dann wie neu.",
        ),
        Deletion::Services => pick(
            language,
            "Ask all services to delete what they have about you?",
            "Alle Dienste bitten, zu löschen, was sie über Sie haben?",
        ),
    }
}

/// Says that it is done (EN 303 645 5.11-4). Show it only when it is: a receipt, or an acknowledgement.
#[must_use]
pub const fn say_done(deletion: Deletion, language: Language) -> &'static str {
    match deletion {
        Deletion::Item => pick(language, "It is deleted.", "Es ist gelöscht."),
        Deletion::Purpose => pick(
            language,
            "Your no is noted. What belonged to it is deleted.",
            "Ihr Nein ist notiert. Was dazugehörte, ist gelöscht.",
        ),
        Deletion::Person => pick(
            language,
            "Everything about you is deleted. You can save a proof of it.",
            "Alles über Sie ist gelöscht. Sie können einen Nachweis darüber speichern.",
        ),
        Deletion::Device | Deletion::Button => pick(
            language,
            "Everything is deleted, and the device has looked again that nothing is left. You can save a proof of it.",
            "Alles ist gelöscht, und das Gerät hat nachgesehen, dass nichts übrig ist. Sie können einen Nachweis darüber speichern.",
        ),
        Deletion::Services => pick(
            language,
            "The service says that it has deleted what it had about you.",
            "Der Dienst sagt, dass er gelöscht hat, was er über Sie hatte.",
        ),
    }
}

/// Asks a person for their consent to a purpose: what is taken, what for, how to change it. Nothing is ticked before.
///
/// # Errors
///
/// What `out` says.
pub fn ask<'i>(
    purpose: &Purpose,
    items: impl IntoIterator<Item = &'i Item>,
    language: Language,
    out: &mut impl Write,
) -> Result {
    out.write_str(pick(language, "May this device keep: ", "Darf dieses Gerät aufbewahren: "))?;
    let mine = items.into_iter().filter(|item| *item.purpose == *purpose);
    for (number, item) in mine.enumerate() {
        out.write_str(if number == 0 { "" } else { ", " })?;
        out.write_str(item.words.say(language))?;
    }
    write!(out, " – {}? ", purpose.words.say(language))?;
    out.write_str(pick(
        language,
        "You can say no; everything else works all the same. You can change your answer at any time.",
        "Sie können nein sagen; alles andere geht trotzdem. Sie können Ihre Antwort jederzeit ändern.",
    ))
}

/// Repeats an answer to the person.
#[must_use]
pub const fn confirm_consent(answer: Answer, language: Language) -> &'static str {
    match answer {
        Answer::Yes => pick(
            language,
            "You said yes. You can change this at any time in your answers.",
            "Sie haben ja gesagt. Sie können das jederzeit in Ihren Antworten ändern.",
        ),
        Answer::No => pick(
            language,
            "You said no. Nothing of it is kept.",
            "Sie haben nein gesagt. Nichts davon wird aufbewahrt.",
        ),
    }
}
