//! The privacy notice and the list of sensors, from the inventory (EN 303 645 6-1, 5.8-3).

use core::fmt::{Result, Write};

use crate::{
    Basis, Category, Inventory, Item, Language, Purpose, Recipient, Retention, Scope, Sensitivity,
};

const fn pick(language: Language, english: &'static str, german: &'static str) -> &'static str {
    match language {
        Language::English => english,
        Language::German => german,
    }
}

/// Writes what the device knows of people, what for, how long and who gets it, as Markdown in plain words.
///
/// # Errors
///
/// What `out` says.
pub fn notice(inventory: &Inventory, language: Language, out: &mut impl Write) -> Result {
    let say = |english, german| pick(language, english, german);
    writeln!(
        out,
        "# {}\n",
        say("What this device knows about you", "Was dieses Gerät über Sie weiß")
    )?;
    if inventory.items().is_empty() {
        return writeln!(out, "{}", say("Nothing.", "Nichts."));
    }
    for purpose in inventory.purposes() {
        writeln!(out, "## {} {}\n", say("What for:", "Wofür:"), purpose.words.say(language))?;
        writeln!(out, "{}\n", basis(purpose, language))?;
        for item in inventory.items().iter().filter(|item| *item.purpose == *purpose) {
            one(item, language, out)?;
        }
        out.write_char('\n')?;
    }
    writeln!(out, "## {}\n", say("Who gets it", "Wer es bekommt"))?;
    if inventory.recipients().next().is_none() {
        writeln!(
            out,
            "{}\n",
            say("Nobody. It stays on the device.", "Niemand. Es bleibt auf dem Gerät.")
        )?;
    }
    for recipient in inventory.recipients() {
        writeln!(out, "- {}. {}", recipient.words.say(language), deletes(recipient, language))?;
    }
    writeln!(out, "\n## {}\n", say("What you can do", "Was Sie tun können"))?;
    for line in [
        say(
            "See everything that the device holds about you, and take a copy with you.",
            "Alles ansehen, was das Gerät über Sie hat, und eine Kopie mitnehmen.",
        ),
        say(
            "Say no at any time to what you were asked. The device then stops at once and deletes what belongs to it.",
            "Jederzeit nein sagen zu dem, was Sie gefragt wurden. Das Gerät hört dann sofort auf und löscht, was dazugehört.",
        ),
        say(
            "Delete single things, everything about you, or everything on the device.",
            "Einzelnes löschen, alles über Sie oder alles auf dem Gerät.",
        ),
    ] {
        writeln!(out, "- {line}")?;
    }
    out.write_char('\n')?;
    sensor_list(inventory, language, out)
}

/// Writes everything that the device can sense (EN 303 645 5.8-3), as Markdown in plain words.
///
/// # Errors
///
/// What `out` says.
pub fn sensor_list(inventory: &Inventory, language: Language, out: &mut impl Write) -> Result {
    let say = |english, german| pick(language, english, german);
    writeln!(
        out,
        "## {}\n",
        say("What this device can sense", "Was dieses Gerät wahrnehmen kann")
    )?;
    if inventory.sensors().is_empty() {
        return writeln!(out, "{}", say("Nothing.", "Nichts."));
    }
    for sensor in inventory.sensors() {
        write!(out, "- {}; {}. ", sensor.senses.say(language), sensor.shown.say(language))?;
        let kept = inventory
            .items()
            .iter()
            .any(|item| item.sensor.is_some_and(|one| one.name == sensor.name));
        writeln!(
            out,
            "{}",
            if kept {
                say(
                    "Something of it is kept: see above.",
                    "Etwas davon wird aufbewahrt: siehe oben.",
                )
            } else {
                say("Nothing of it is kept.", "Nichts davon wird aufbewahrt.")
            }
        )?;
    }
    Ok(())
}

fn basis(purpose: &Purpose, language: Language) -> &'static str {
    match purpose.basis {
        Basis::Consent => pick(
            language,
            "Only if you say yes. You are asked, and you can change your mind at any time.",
            "Nur wenn Sie ja sagen. Sie werden gefragt und können es sich jederzeit anders überlegen.",
        ),
        Basis::Contract(why) | Basis::Law(why) | Basis::Interest(why) => why.say(language),
    }
}

fn one(item: &Item, language: Language, out: &mut impl Write) -> Result {
    let say = |english, german| pick(language, english, german);
    write!(out, "- {}", item.words.say(language))?;
    write!(out, " ({})", kind(item.category, language))?;
    if item.sensitivity == Sensitivity::Sensitive {
        out.write_str(say(", particularly private", ", besonders privat"))?;
    }
    if let Scope::Users(_) = item.scope {
        out.write_str(say(", for each person apart", ", für jede Person getrennt"))?;
    }
    match item.retention {
        Retention::Days(days) => match language {
            Language::English => write!(out, "; kept for {days} days")?,
            Language::German => write!(out, "; {days} Tage lang")?,
        },
        Retention::Hours(hours) => match language {
            Language::English => write!(out, "; kept for {hours} hours")?,
            Language::German => write!(out, "; {hours} Stunden lang")?,
        },
        Retention::UntilDeleted => {
            out.write_str(say("; kept until you delete it", "; bis Sie es löschen"))?;
        }
    }
    for (number, recipient) in item.recipients.iter().enumerate() {
        let lead = if number == 0 { say("; goes to: ", "; geht an: ") } else { "; " };
        write!(out, "{lead}{}", recipient.words.say(language))?;
    }
    out.write_str(".\n")
}

fn deletes(recipient: &Recipient, language: Language) -> &'static str {
    if recipient.deletes {
        pick(
            language,
            "When you delete, the device asks them to delete too.",
            "Wenn Sie löschen, bittet das Gerät auch dort um Löschung.",
        )
    } else {
        pick(
            language,
            "To delete what they have, please ask them.",
            "Um dort etwas zu löschen, fragen Sie bitte dort nach.",
        )
    }
}

const fn kind(category: Category, language: Language) -> &'static str {
    let (english, german) = match category {
        Category::Identity => ("who you are", "wer Sie sind"),
        Category::Contact => ("how to reach you", "wie man Sie erreicht"),
        Category::Location => ("where you are", "wo Sie sind"),
        Category::Presence => ("whether somebody is there", "ob jemand da ist"),
        Category::Usage => ("how you use the device", "wie Sie das Gerät benutzen"),
        Category::Preferences => ("what you like and set", "was Sie mögen und einstellen"),
        Category::Health => ("your body and health", "Ihr Körper und Ihre Gesundheit"),
        Category::Audio => ("sound", "Ton"),
        Category::Image => ("pictures", "Bilder"),
        Category::Environment => ("the air and light around you", "Luft und Licht um Sie herum"),
        Category::Network => ("devices nearby", "Geräte in der Nähe"),
        Category::Finance => ("money and contracts", "Geld und Verträge"),
    };
    pick(language, english, german)
}
