//! Rows of IXIT 21, 22 and 25 (TS 103 701), from the same constants that the code runs on.

use core::fmt::{Result, Write};

use crate::{Basis, Category, Inventory, Item, Language, Recipient, Retention, Scope, Sensitivity};

pub(crate) const fn category(category: Category) -> &'static str {
    match category {
        Category::Identity => "identity",
        Category::Contact => "contact",
        Category::Location => "location",
        Category::Presence => "presence",
        Category::Usage => "usage",
        Category::Preferences => "preferences",
        Category::Health => "health",
        Category::Audio => "audio",
        Category::Image => "image",
        Category::Environment => "environment",
        Category::Network => "network",
        Category::Finance => "finance",
    }
}

/// Text inside a cell of a Markdown table.
struct Cell<'w, W>(&'w mut W);

impl<W: Write> Write for Cell<'_, W> {
    fn write_str(&mut self, text: &str) -> Result {
        for part in text.split_inclusive(['|', '\n', '\r']) {
            match part.strip_suffix(['|', '\n', '\r']) {
                Some(before) if part.ends_with('|') => {
                    self.0.write_str(before)?;
                    self.0.write_str("\\|")?;
                }
                Some(before) => {
                    self.0.write_str(before)?;
                    self.0.write_char(' ')?;
                }
                None => self.0.write_str(part)?,
            }
        }
        Ok(())
    }
}

fn english(words: crate::Words) -> &'static str {
    words.say(Language::English)
}

/// Writes IXIT 21 (personal data) as a Markdown table with the columns of TS 103 701 V2.1.1; those of V1.1.1 are among them.
///
/// # Errors
///
/// What `out` says.
pub fn ixit_21(inventory: &Inventory, out: &mut impl Write) -> Result {
    out.write_str(
        "| ID | Description | Purpose | Processing activities | Communication mechanisms | Sensitive | Aggregation | Authorized parties | Lifecycle | Obtaining consent | Withdrawing consent | Storing consent | Anonymization |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    )?;
    for (number, item) in (1..=u16::MAX).zip(inventory.items()) {
        write!(out, "| PersData-{number} ")?;
        cell(out, |c| {
            write!(c, "{}: {} ({})", item.name, english(item.words), category(item.category))
        })?;
        cell(out, |c| {
            write!(
                c,
                "{} v{}: {}",
                item.purpose.name,
                item.purpose.version,
                english(item.purpose.words)
            )
        })?;
        cell(out, |c| activities(item, c))?;
        cell(out, |c| list(item, c, |to| to.channel.id(), "none: it does not leave the device"))?;
        cell(out, |c| {
            c.write_str(if item.sensitivity == Sensitivity::Sensitive { "yes" } else { "no" })
        })?;
        cell(out, |c| c.write_str("none declared"))?;
        cell(out, |c| list(item, c, |to| english(to.words), "the person, on the device"))?;
        cell(out, |c| lifecycle(item, c))?;
        let asks = item.purpose.asks();
        cell(out, |c| {
            match item.purpose.basis {
            Basis::Consent => c.write_str(
                "asked per purpose and version, no answer set before; without a yes there is no permit and nothing is stored",
            ),
            Basis::Contract(why) => write!(c, "not needed: contract, {}", english(why)),
            Basis::Law(why) => write!(c, "not needed: law, {}", english(why)),
            Basis::Interest(why) => write!(c, "not needed: legitimate interest, {}", english(why)),
        }
        })?;
        cell(out, |c| {
            c.write_str(if asks {
                "at any time on the device: use ends at once, the data is deleted, services that have it are asked to delete"
            } else {
                "not applicable"
            })
        })?;
        cell(out, |c| {
            c.write_str(if asks {
                "append-only record per person in the sealed store, with version and time, hash-chained"
            } else {
                "not applicable"
            })
        })?;
        cell(out, |c| c.write_str("none declared"))?;
        out.write_str("|\n")?;
    }
    Ok(())
}

/// Writes IXIT 22 (external sensors) as a Markdown table.
///
/// # Errors
///
/// What `out` says.
pub fn ixit_22(inventory: &Inventory, out: &mut impl Write) -> Result {
    out.write_str("| ID | Description |\n|---|---|\n")?;
    for (number, sensor) in (1..=u16::MAX).zip(inventory.sensors()) {
        write!(out, "| ExtSens-{number} ")?;
        cell(out, |c| {
            write!(c, "{}: {}; {}", sensor.name, english(sensor.senses), english(sensor.shown))
        })?;
        out.write_str("|\n")?;
    }
    Ok(())
}

/// Writes IXIT 25 (deletion functionalities) as a Markdown table.
///
/// # Errors
///
/// What `out` says.
pub fn ixit_25(inventory: &Inventory, out: &mut impl Write) -> Result {
    out.write_str(
        "| ID | Description | Target type | Initiation and interaction | Confirmation |\n|---|---|---|---|---|\n\
         | DelFunc-1 | factory reset: keys of all data destroyed, every region erased and read back, resumed after power cuts | device | the owner's command, or a button on the device held for its time | signed receipt of the reset |\n\
         | DelFunc-2 | deletion of one person's data: the key of their storage class destroyed | device | that person, or the owner, logged in | signed receipt of the deletion |\n\
         | DelFunc-3 | deletion of one item | device | that person, logged in | the item is gone from the export |\n\
         | DelFunc-4 | withdrawal of consent: everything for that purpose | device | that person, logged in | the record of answers |\n",
    )?;
    for (number, recipient) in
        (5..=u16::MAX).zip(inventory.recipients().filter(|recipient| recipient.deletes))
    {
        write!(out, "| DelFunc-{number} ")?;
        cell(out, |c| {
            write!(
                c,
                "request to {} to delete what it has: {}",
                recipient.name,
                english(recipient.words)
            )
        })?;
        out.write_str(
            "| service | with a deletion or withdrawal on the device; kept until acknowledged | acknowledgement with the service's receipt |\n",
        )?;
    }
    Ok(())
}

fn cell<W: Write>(out: &mut W, content: impl FnOnce(&mut Cell<'_, W>) -> Result) -> Result {
    out.write_str("| ")?;
    content(&mut Cell(out))?;
    out.write_char(' ')
}

fn activities<W: Write>(item: &Item, out: &mut Cell<'_, W>) -> Result {
    match item.sensor {
        Some(sensor) => write!(out, "taken by {}", sensor.name)?,
        None => out.write_str("given or caused by the person")?,
    }
    let whose = match item.scope {
        Scope::Household => "one for the household",
        Scope::Users(_) => "one per account, under a key of its own",
    };
    write!(out, ", stored sealed, {whose}, at most {} bytes", item.max_len)
}

fn list<W: Write>(
    item: &Item,
    out: &mut Cell<'_, W>,
    each: impl Fn(&'static Recipient) -> &'static str,
    none: &str,
) -> Result {
    if item.recipients.is_empty() {
        return out.write_str(none);
    }
    for (number, recipient) in item.recipients.iter().enumerate() {
        out.write_str(if number == 0 { "" } else { ", " })?;
        out.write_str(each(recipient))?;
    }
    Ok(())
}

fn lifecycle<W: Write>(item: &Item, out: &mut Cell<'_, W>) -> Result {
    match item.retention {
        Retention::Days(days) => write!(out, "deleted {days} days after it was last stored")?,
        Retention::Hours(hours) => write!(out, "deleted {hours} hours after it was last stored")?,
        Retention::UntilDeleted => out.write_str("kept until the person deletes it")?,
    }
    out.write_str("; sooner by withdrawal, deletion or factory reset")
}
