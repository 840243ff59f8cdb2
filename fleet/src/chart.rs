//! Plots as inline SVG: no script, nothing loaded.

use std::fmt::Write;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 64.0;
const BOTTOM: f64 = 28.0;
const TOP: f64 = 12.0;

/// One row of values over the days of a plot.
pub struct Series {
    /// Also the CSS class of its colour, in lower case.
    pub name: String,
    pub values: Vec<u64>,
}

/// Draws days as stacked bars, one colour for each series.
pub fn stacked(title: &str, days: &[String], series: &[Series]) -> String {
    let total = |day: usize| series.iter().filter_map(|s| s.values.get(day)).sum::<u64>();
    let most = (0..days.len()).map(total).max().unwrap_or(0);
    let top = round_up(most);
    let mut svg = open(title, HEIGHT);
    let height = HEIGHT - TOP - BOTTOM;
    let y = |value: f64| TOP + height * (1.0 - value / top as f64);
    for step in 0..=4 {
        let value = top as f64 * f64::from(step) / 4.0;
        let _ = write!(
            svg,
            r#"<line class="grid" x1="{LEFT}" x2="{WIDTH}" y1="{0:.1}" y2="{0:.1}"/><text class="num" x="{1}" y="{2:.1}">{3}</text>"#,
            y(value),
            LEFT - 6.0,
            y(value) + 4.0,
            thousands(value as u64)
        );
    }
    let slot = (WIDTH - LEFT) / days.len().max(1) as f64;
    let every = days.len().div_ceil(10).max(1);
    for (index, day) in days.iter().enumerate() {
        let x = LEFT + slot * index as f64;
        let mut below = 0;
        for Series { name, values } in series {
            let value = values.get(index).copied().unwrap_or(0);
            if value > 0 {
                let (from, to) = (y(below as f64), y((below + value) as f64));
                let _ = write!(
                    svg,
                    r#"<rect class="{}" x="{:.1}" y="{to:.1}" width="{:.1}" height="{:.1}"><title>{}: {} {}</title></rect>"#,
                    name.to_lowercase(),
                    x + slot * 0.1,
                    slot * 0.8,
                    (from - to).max(0.5),
                    escape(day),
                    thousands(value),
                    escape(name)
                );
                below += value;
            }
        }
        if index % every == 0 {
            let _ = write!(
                svg,
                r#"<text class="day" x="{:.1}" y="{}">{}</text>"#,
                x + slot / 2.0,
                HEIGHT - 8.0,
                escape(day.get(5..).unwrap_or(day))
            );
        }
    }
    svg + "</svg>"
}

/// Draws named values as bars from left to right.
pub fn bars(title: &str, rows: &[(String, u64)]) -> String {
    let most = rows.iter().map(|(_, value)| *value).max().unwrap_or(0).max(1);
    let mut svg = open(title, 28.0 * rows.len() as f64 + 8.0);
    for (index, (name, value)) in rows.iter().enumerate() {
        let y = 28.0 * index as f64 + 4.0;
        let width = 660.0 * *value as f64 / most as f64;
        let _ = write!(
            svg,
            r#"<text x="0" y="{0:.1}">{1}</text><rect class="bar" x="180" y="{y:.1}" width="{width:.1}" height="20"/><text x="{2:.1}" y="{0:.1}">{3}</text>"#,
            y + 15.0,
            escape(name),
            188.0 + width,
            thousands(*value)
        );
    }
    svg + "</svg>"
}

fn open(title: &str, height: f64) -> String {
    format!(
        r#"<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{0}"><title>{0}</title>"#,
        escape(title)
    )
}

/// The next of 1, 2, 5, 10, 20, 50 … that is not smaller; 4 at least, so that quarters are whole.
fn round_up(value: u64) -> u64 {
    let mut step = 4_u64;
    loop {
        for top in [step, step * 2, step * 5] {
            if top >= value || step > u64::MAX / 100 {
                return top;
            }
        }
        step *= 10;
    }
}

/// Writes a number with thin spaces between thousands.
pub fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// Makes text harmless in HTML.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tops_are_round_and_never_too_small() {
        for (value, top) in [(0, 4), (4, 4), (5, 8), (9, 20), (21, 40), (81_234, 200_000)] {
            assert_eq!(round_up(value), top, "{value}");
        }
    }

    #[test]
    fn text_cannot_become_markup() {
        let svg = bars("<b>", &[("\"><script>".into(), 1)]);
        assert!(!svg.contains("<b>") && !svg.contains("<script>"), "{svg}");
        assert_eq!(thousands(1_234_567), "1\u{202f}234\u{202f}567");
    }
}
