//! A first answers file for an image: every question that is open, as a comment above the answer that it wants.

use std::fmt::Write;

use super::answers::{ANSWERED, FROM_IMAGE, key_of};
use super::facts::facts;
use super::image::Image;
use super::standard::{Edition, Enforcement, Provision, Standard};

/// Writes a first answers file.
#[must_use]
pub fn draft(image: &Image) -> String {
    let mut out = String::new();
    let device = &image.profile.device;
    let _ = write!(
        out,
        "# Answers of the maker for {} {}, for `gabion ics`.\n#\n\
         # Replace every \"?\". support is \"Y\", \"N\" or \"N/A\":\n\
         #   Y    say in detail what was done; where no mechanism of the image shows it, name the document in evidence\n\
         #   N    say in detail why not; a mandatory provision answered N means that the product does not conform\n\
         #   N/A  only where a condition does not hold; those rows answer themselves and are left out here\n\
         # A row that the image proves by itself is a comment; uncomment it to say more.\n\nschema = 1\n\n",
        device.manufacturer, device.model
    );
    let _ = write!(
        out,
        "[declaration]\nmodel = {}\n# Type and batch, or serial numbers, for which this is said.\nbatch = \"?\"\n# Postal address of the manufacturer.\naddress = \"?\"\n# Who declares, in which function, where, when (YYYY-MM-DD).\nsignatory = \"?\"\nfunction = \"?\"\nplace = \"?\"\ndate = \"?\"\n",
        quoted(&device.model)
    );
    let mut area = "";
    for provision in Standard::get().provision.iter().filter(|p| p.id != "4-1") {
        if area != provision.area {
            area = &provision.area;
            let _ = write!(out, "\n# ---- {} {} ----\n", provision.area, provision.area_title);
        }
        question(&mut out, image, provision);
    }
    tables(&mut out);
    out
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn question(out: &mut String, image: &Image, provision: &Provision) {
    let mut statuses = Vec::new();
    let mut failing = Vec::new();
    let mut applies = false;
    for edition in [Edition::V2, Edition::V3] {
        if !provision.is_row(edition) {
            continue;
        }
        statuses.push(format!("{} {}", edition.as_str(), provision.status(edition)));
        let needs = provision.conditions(edition);
        let fails: Vec<String> = facts(&image.profile, edition)
            .into_iter()
            .filter(|f| needs.contains(&f.id) && !f.holds)
            .map(|f| format!("{} ({}): {}", edition.as_str(), f.id, f.why))
            .collect();
        applies |= fails.is_empty();
        failing.extend(fails);
    }
    let _ = write!(out, "\n# {} [{}] {}\n", provision.id, statuses.join("; "), provision.summary);
    for fail in &failing {
        let _ = writeln!(out, "# does not apply: {fail}");
    }
    let mechanisms: Vec<_> =
        image.profile.mechanisms.iter().filter(|m| m.provisions.contains(&provision.id)).collect();
    for mechanism in &mechanisms {
        let _ = writeln!(out, "# in the image: {}: {}", mechanism.name, mechanism.detail);
    }
    let alone = provision.enforcement == Enforcement::Firmware && !mechanisms.is_empty();
    let _ = if !applies || alone {
        writeln!(
            out,
            "#[provision.\"{}\"]\n#support = \"{}\"",
            provision.id,
            if applies { "Y" } else { "N/A" }
        )
    } else {
        let evidence = match provision.enforcement {
            Enforcement::Partial if mechanisms.is_empty() => "evidence = \"?\"\n",
            _ => "",
        };
        write!(out, "[provision.\"{}\"]\nsupport = \"?\"\ndetail = \"?\"\n{evidence}", provision.id)
    };
}

fn tables(out: &mut String) {
    out.push_str("\n# ---- IXIT tables that no image can fill ----\n");
    for table in &Standard::get().ixit {
        let Some((_, record)) = ANSWERED.iter().find(|(number, _)| *number == table.number) else {
            continue;
        };
        let name = &table.name_v2;
        let _ = write!(out, "\n# {}-{name}: {}\n", table.number, table.title);
        if *record {
            let _ =
                writeln!(out, "# Leave out a field whose provision does not apply.\n[ixit.{name}]");
        } else {
            let _ = writeln!(
                out,
                "# Repeat it for each; leave it out where the provision is not answered Y.\n[[ixit.{name}]]"
            );
        }
        for field in table.fields(Edition::V3) {
            if FROM_IMAGE.contains(&field) {
                let _ = writeln!(out, "# {field} comes from the image.");
            } else if field == "ID" {
                let _ = writeln!(out, "id = \"{name}-1\"");
            } else {
                let hint = table
                    .fields_v1
                    .iter()
                    .find(|f| f.starts_with(field))
                    .and_then(|f| f.split_once(" ("));
                if let Some((_, hint)) = hint {
                    let _ = writeln!(out, "# {}", hint.trim_end_matches(')'));
                }
                let _ = writeln!(out, "{} = \"?\"", key_of(field));
            }
        }
    }
}
