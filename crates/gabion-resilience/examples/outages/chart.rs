//! Pictures: text for a terminal, SVG for a page.

use std::fmt::Write;

use super::fleet::Return;
use super::world::{BINS, CAUSES, Outcome};

fn bin_name(bin: usize) -> String {
    match 1_u64 << bin {
        s if s <= 60 => format!("< {s} s"),
        s if s < 3_600 => format!("< {} min", s / 60),
        s => format!("< {} h", s / 3_600),
    }
}

/// The pauses as bars, one row for each power of two.
pub fn histogram(outcome: &Outcome) -> String {
    let totals: Vec<u64> =
        (0..BINS).map(|bin| outcome.pauses.iter().map(|cause| cause[bin]).sum()).collect();
    let most = totals.iter().copied().max().unwrap_or(1).max(1);
    let last = totals.iter().rposition(|total| *total > 0).unwrap_or(0);
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{:>9}  {:>8}  {}",
        "pause",
        "all",
        CAUSES.map(|c| format!("{c:>10}")).join(" ")
    );
    for bin in 0..=last {
        let bar = "#".repeat((totals[bin] * 40 / most) as usize);
        let each: Vec<String> =
            outcome.pauses.iter().map(|cause| format!("{:>10}", cause[bin])).collect();
        let _ =
            writeln!(out, "{:>9}  {:>8}  {}  {bar}", bin_name(bin), totals[bin], each.join(" "));
    }
    out
}

/// Both pictures in one drawing.
pub fn svg(outcome: &Outcome, with: &Return, without: &Return) -> String {
    let mut out = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 640\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"760\" height=\"640\" fill=\"#fff\"/>\n",
    );
    let colours = ["#4477aa", "#66ccee", "#228833", "#ccbb44", "#ee6677", "#aa3377"];
    let _ = writeln!(
        out,
        "<text x=\"60\" y=\"24\" font-size=\"15\">Pauses between attempts, {} virtual days</text>",
        outcome.days
    );
    let totals: Vec<u64> =
        (0..BINS).map(|bin| outcome.pauses.iter().map(|cause| cause[bin]).sum()).collect();
    let most = totals.iter().copied().max().unwrap_or(1).max(1) as f64;
    let last = totals.iter().rposition(|total| *total > 0).unwrap_or(0);
    let width = 640.0 / (last + 1) as f64;
    for bin in 0..=last {
        let mut y = 270.0;
        for (cause, colour) in outcome.pauses.iter().zip(colours) {
            let height = cause[bin] as f64 / most * 220.0;
            y -= height;
            let x = 60.0 + bin as f64 * width;
            let _ = writeln!(
                out,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{height:.1}\" fill=\"{colour}\"/>",
                width - 2.0
            );
        }
        let x = 60.0 + (bin as f64 + 0.5) * width;
        let name = bin_name(bin).replace('<', "&lt;");
        let _ = writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"286\" text-anchor=\"middle\" font-size=\"9\">{name}</text>"
        );
    }
    for (at, (cause, colour)) in CAUSES.into_iter().zip(colours).enumerate() {
        let y = 44 + at * 16;
        let _ = writeln!(
            out,
            "<rect x=\"70\" y=\"{y}\" width=\"10\" height=\"10\" fill=\"{colour}\"/><text x=\"86\" y=\"{}\">{cause}</text>",
            y + 9
        );
    }
    let devices: u64 = u64::from(with.attempts.iter().sum::<u32>()) - with.refused;
    let _ = writeln!(
        out,
        "<text x=\"60\" y=\"330\" font-size=\"15\">Attempts per second after a power return, {devices} devices (logarithmic)</text>"
    );
    let span = with.attempts.len().max(without.attempts.len()).min(900) as f64;
    let height = |count: f64| (count + 1.0).log10() / 4.0 * 240.0;
    for (fleet, colour, name, y) in [
        (without, "#ee6677", "without spread", 350),
        (with, "#4477aa", "spread over 5 minutes", 366),
    ] {
        let points: Vec<String> = fleet
            .attempts
            .iter()
            .take(900)
            .enumerate()
            .map(|(second, count)| {
                let x = 60.0 + second as f64 / span * 640.0;
                format!("{x:.1},{:.1}", 600.0 - height(f64::from(*count)))
            })
            .collect();
        let _ = writeln!(
            out,
            "<polyline fill=\"none\" stroke=\"{colour}\" points=\"{}\"/>",
            points.join(" ")
        );
        let _ = writeln!(
            out,
            "<text x=\"480\" y=\"{y}\" fill=\"{colour}\">{name}: peak {} a second</text>",
            fleet.peak()
        );
    }
    for count in [1_u32, 10, 100, 1_000, 10_000] {
        let y = 600.0 - height(f64::from(count));
        let _ = writeln!(out, "<text x=\"54\" y=\"{y:.1}\" text-anchor=\"end\">{count}</text>");
    }
    for minute in (0..=(span as u64 / 60)).step_by(2) {
        let x = 60.0 + (minute * 60) as f64 / span * 640.0;
        let _ = writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"618\" text-anchor=\"middle\">{minute} min</text>"
        );
    }
    out.push_str("</svg>\n");
    out
}
