//! Sheets of labels as PNG, for printers and programs that take no SVG. The same places on the page as in the SVG.

use std::io::Write;

use anyhow::Context;
use gabion_provision::{Label, with_modules};

use super::sheet::{COLUMNS, PER_SHEET};

/// A4 at 300 dots per inch.
const WIDTH: usize = 2480;
const HEIGHT: usize = 3508;
/// A millimetre in dots, times 100.
const MM: usize = 1181;
const LABEL_WIDTH: usize = 66 * MM / 100;
const LABEL_HEIGHT: usize = 34 * MM / 100;
const MARGIN: usize = 6 * MM / 100;
const CODE: usize = 26 * MM / 100;
const QUIET: usize = 4;
/// Dots of one dot of the font.
const SCALE: usize = 5;

/// Draws up to [`PER_SHEET`] labels, black on white, one bit a dot. The sheet holds their secrets.
///
/// # Errors
///
/// What `out` says.
pub fn draw_png_sheet(labels: &[Label], out: impl Write) -> anyhow::Result<()> {
    let mut page = Page { rows: vec![0xff; WIDTH / 8 * HEIGHT] };
    for (place, label) in labels.iter().take(PER_SHEET).enumerate() {
        let x = MARGIN + place % COLUMNS * LABEL_WIDTH;
        let y = MARGIN + place / COLUMNS * LABEL_HEIGHT;
        page.label(label, x, y)?;
    }
    let mut encoder = png::Encoder::new(out, WIDTH as u32, HEIGHT as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: 11_811,
        yppu: 11_811,
        unit: png::Unit::Meter,
    }));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&page.rows)?;
    writer.finish()?;
    Ok(())
}

struct Page {
    rows: Vec<u8>,
}

impl Page {
    fn dot(&mut self, x: usize, y: usize) {
        if x < WIDTH && y < HEIGHT {
            self.rows[y * (WIDTH / 8) + x / 8] &= !(0x80 >> (x % 8));
        }
    }

    fn square(&mut self, x: usize, y: usize, side: usize) {
        for row in 0..side {
            for column in 0..side {
                self.dot(x + column, y + row);
            }
        }
    }

    fn label(&mut self, label: &Label, x: usize, y: usize) -> anyhow::Result<()> {
        for dot in 0..LABEL_WIDTH {
            self.dot(x + dot, y);
            self.dot(x + dot, y + LABEL_HEIGHT);
        }
        for dot in 0..LABEL_HEIGHT {
            self.dot(x, y + dot);
            self.dot(x + LABEL_WIDTH, y + dot);
        }
        let payload = label.payload();
        with_modules(&payload, |modules| {
            let size = usize::try_from(modules.size()).unwrap_or_default();
            let scale = CODE / (size + 2 * QUIET);
            for row in 0..size {
                for column in (0..size).filter(|c| modules.is_dark(*c as i32, row as i32)) {
                    let (left, top) = (x + 12, y + 4 * MM / 100);
                    self.square(
                        left + (column + QUIET) * scale,
                        top + (row + QUIET) * scale,
                        scale,
                    );
                }
            }
        })
        .context("a label that fits no QR code")?;
        let left = x + 28 * MM / 100;
        // Sixteen letters have room at the smaller size.
        let size = if label.model.as_bytes().len() > 14 { SCALE - 1 } else { SCALE };
        self.text(label.model.as_str(), left, y + 6 * MM / 100, size);
        self.text(label.serial.as_str(), left, y + 12 * MM / 100, SCALE - 2);
        // Two lines: a label is narrower than fifteen wide letters.
        let code = label.secret.grouped().to_string();
        let (first, rest) = code.split_once('-').unwrap_or((&code, ""));
        self.text(first, left, y + 17 * MM / 100, SCALE);
        self.text(rest, left, y + 23 * MM / 100, SCALE);
        Ok(())
    }

    fn text(&mut self, text: &str, x: usize, y: usize, scale: usize) {
        for (place, letter) in text.bytes().enumerate() {
            for (row, bits) in glyph(letter).into_iter().enumerate() {
                for column in (0..5).filter(|column| bits & (0x10 >> column) != 0) {
                    self.square(x + (place * 6 + column) * scale, y + row * scale, scale);
                }
            }
        }
    }
}

/// Seven rows of five dots for what a label can hold.
const fn glyph(letter: u8) -> [u8; 7] {
    match letter {
        b'0' => [0x0e, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0e],
        b'1' => [0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e],
        b'2' => [0x0e, 0x11, 0x01, 0x06, 0x08, 0x10, 0x1f],
        b'3' => [0x1f, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0e],
        b'4' => [0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02],
        b'5' => [0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e],
        b'6' => [0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e],
        b'7' => [0x1f, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08],
        b'8' => [0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e],
        b'9' => [0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c],
        b'A' => [0x0e, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11],
        b'B' => [0x1e, 0x11, 0x11, 0x1e, 0x11, 0x11, 0x1e],
        b'C' => [0x0e, 0x11, 0x10, 0x10, 0x10, 0x11, 0x0e],
        b'D' => [0x1e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1e],
        b'E' => [0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f],
        b'F' => [0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x10],
        b'G' => [0x0e, 0x11, 0x10, 0x17, 0x11, 0x11, 0x0f],
        b'H' => [0x11, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11],
        b'I' => [0x0e, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0e],
        b'J' => [0x07, 0x02, 0x02, 0x02, 0x02, 0x12, 0x0c],
        b'K' => [0x11, 0x12, 0x14, 0x18, 0x14, 0x12, 0x11],
        b'L' => [0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1f],
        b'M' => [0x11, 0x1b, 0x15, 0x15, 0x11, 0x11, 0x11],
        b'N' => [0x11, 0x11, 0x19, 0x15, 0x13, 0x11, 0x11],
        b'O' => [0x0e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0e],
        b'P' => [0x1e, 0x11, 0x11, 0x1e, 0x10, 0x10, 0x10],
        b'Q' => [0x0e, 0x11, 0x11, 0x11, 0x15, 0x12, 0x0d],
        b'R' => [0x1e, 0x11, 0x11, 0x1e, 0x14, 0x12, 0x11],
        b'S' => [0x0f, 0x10, 0x10, 0x0e, 0x01, 0x01, 0x1e],
        b'T' => [0x1f, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04],
        b'U' => [0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0e],
        b'V' => [0x11, 0x11, 0x11, 0x11, 0x11, 0x0a, 0x04],
        b'W' => [0x11, 0x11, 0x11, 0x15, 0x15, 0x15, 0x0a],
        b'X' => [0x11, 0x11, 0x0a, 0x04, 0x0a, 0x11, 0x11],
        b'Y' => [0x11, 0x11, 0x11, 0x0a, 0x04, 0x04, 0x04],
        b'Z' => [0x1f, 0x01, 0x02, 0x04, 0x08, 0x10, 0x1f],
        b'-' => [0x00, 0x00, 0x00, 0x1f, 0x00, 0x00, 0x00],
        _ => [0x00; 7],
    }
}
