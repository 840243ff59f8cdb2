//! Sheets of labels as SVG, A4, to be printed and cut.

use std::fmt::Write;

use gabion_provision::{Label, with_modules};

pub(super) const COLUMNS: usize = 3;
const ROWS: usize = 8;
/// Labels on one sheet.
pub const PER_SHEET: usize = COLUMNS * ROWS;

const WIDTH: f64 = 66.0;
const HEIGHT: f64 = 34.0;
const MARGIN: f64 = 6.0;
const CODE: f64 = 26.0;
const QUIET: i32 = 4;

/// Draws up to [`PER_SHEET`] labels. The sheet holds their secrets.
///
/// # Errors
///
/// Never, as long as memory lasts.
pub fn draw_sheet(labels: &[Label]) -> Result<String, std::fmt::Error> {
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"210mm\" height=\"297mm\" viewBox=\"0 0 210 297\">\n\
         <rect width=\"210\" height=\"297\" fill=\"#fff\"/>\n",
    );
    for (place, label) in labels.iter().take(PER_SHEET).enumerate() {
        let x = MARGIN + (place % COLUMNS) as f64 * WIDTH;
        let y = MARGIN + (place / COLUMNS) as f64 * HEIGHT;
        draw_label(&mut svg, label, x, y)?;
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

fn draw_label(svg: &mut String, label: &Label, x: f64, y: f64) -> std::fmt::Result {
    writeln!(svg, "<g transform=\"translate({x} {y})\">")?;
    writeln!(
        svg,
        "<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"none\" stroke=\"#bbb\" stroke-width=\"0.1\"/>"
    )?;
    let payload = label.payload();
    let drawn = with_modules(&payload, |modules| {
        let side = modules.size() + 2 * QUIET;
        let scale = CODE / f64::from(side);
        let mut path = String::new();
        for row in 0..modules.size() {
            for column in (0..modules.size()).filter(|column| modules.is_dark(*column, row)) {
                let _ = write!(path, "M{} {}h1v1h-1z", column + QUIET, row + QUIET);
            }
        }
        format!("<path transform=\"translate(1 4) scale({scale:.5})\" d=\"{path}\"/>")
    });
    svg.push_str(&drawn.ok_or(std::fmt::Error)?);
    let text = |size: f64, y: f64, weight: &str, text: &str| {
        format!(
            "\n<text x=\"28\" y=\"{y}\" font-family=\"monospace\" font-size=\"{size}\" font-weight=\"{weight}\">{text}</text>"
        )
    };
    svg.push_str(&text(3.2, 9.0, "bold", label.model.as_str()));
    svg.push_str(&text(2.6, 14.0, "normal", label.serial.as_str()));
    svg.push_str(&text(3.3, 21.0, "bold", &label.secret.grouped().to_string()));
    svg.push_str(&text(2.0, 26.0, "normal", "needed for set-up: keep it"));
    svg.push_str("\n</g>\n");
    Ok(())
}
