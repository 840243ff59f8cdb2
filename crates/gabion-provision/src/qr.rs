//! The label as a QR code.

use core::fmt::Write;

use gabion_crypto::Secret;
use qrcodegen_no_heap::{QrCode, QrCodeEcc, Version};

use crate::Payload;

/// Version 5 holds 108 alphanumeric characters at level Q; a payload has at most 62.
const VERSION: Version = Version::new(5);
const BUFFER: usize = VERSION.buffer_len();

/// The dark and light modules of a QR code, without the quiet zone of four modules that has to surround it.
pub struct Modules<'a>(QrCode<'a>);

impl Modules<'_> {
    /// Returns the number of modules on a side.
    #[must_use]
    pub fn size(&self) -> i32 {
        self.0.size()
    }

    /// Whether the module in column `x` and row `y` is dark. Outside of the code all is light.
    #[must_use]
    pub fn is_dark(&self, x: i32, y: i32) -> bool {
        self.0.get_module(x, y)
    }
}

/// Makes the QR code (error correction at least M) and lends its modules. The buffers, which hold the secret, are wiped.
///
/// Returns `None` for a payload that does not fit, which no [`Label`](crate::Label) makes.
pub fn with_modules<R>(payload: &Payload, show: impl FnOnce(&Modules<'_>) -> R) -> Option<R> {
    let mut scratch = Secret::<[u8; BUFFER]>::zeroed();
    let mut code = Secret::<[u8; BUFFER]>::zeroed();
    let code = QrCode::encode_text(
        payload.expose(),
        scratch.expose_mut(),
        code.expose_mut(),
        QrCodeEcc::Medium,
        Version::MIN,
        VERSION,
        None,
        true,
    )
    .ok()?;
    Some(show(&Modules(code)))
}

/// Draws the code for a terminal, two modules above each other in one character, with its quiet zone. Made for light
/// characters on a dark ground, as terminals have it: the light modules are drawn.
///
/// # Errors
///
/// What `out` says, or when the payload does not fit (no label's does not).
///
/// # Security
///
/// What is drawn holds the label's secret: draw it on the factory line, never into a log.
pub fn draw_half_blocks(payload: &Payload, out: &mut impl Write) -> core::fmt::Result {
    with_modules(payload, |modules| draw(modules, out)).ok_or(core::fmt::Error)?
}

fn draw(modules: &Modules<'_>, out: &mut impl Write) -> core::fmt::Result {
    const QUIET: i32 = 4;
    let end = modules.size().saturating_add(QUIET);
    for y in (-QUIET..end).step_by(2) {
        for x in -QUIET..end {
            let upper = !modules.is_dark(x, y);
            let below = y.saturating_add(1);
            let lower = below < end && !modules.is_dark(x, below);
            out.write_char(match (upper, lower) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            })?;
        }
        out.write_char('\n')?;
    }
    Ok(())
}
