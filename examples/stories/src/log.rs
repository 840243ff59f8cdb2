//! The event log leaves the device as one signed bundle, in lines of hexadecimal digits.

use core::convert::Infallible;

use gabion::log::{BundleSink, Position};

use crate::board::Hardware;
use crate::console::{Console, dump};
use crate::line::Line;
use crate::say;
use crate::session::{Failed, Session};

/// Sends a bundle to the console.
struct Lines<'c, C> {
    console: &'c mut C,
    waiting: [u8; 32],
    len: usize,
}

impl<C: Console> BundleSink for Lines<'_, C> {
    type Error = Infallible;

    async fn put(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        for byte in bytes {
            if let Some(place) = self.waiting.get_mut(self.len) {
                *place = *byte;
                self.len = self.len.saturating_add(1);
            }
            if self.len == self.waiting.len() {
                self.flush().await;
            }
        }
        Ok(())
    }
}

impl<C: Console> Lines<'_, C> {
    async fn flush(&mut self) {
        let bytes = self.waiting.get(..self.len).unwrap_or_default();
        dump(self.console, "bundle", bytes).await;
        self.len = 0;
    }
}

/// Exports the log. `argument` is the nonce that the back end asked with, 32 digits; none means zeros.
pub(crate) async fn tell<H: Hardware>(
    session: &mut Session<'_, '_, H>,
    argument: &Line,
) -> Result<(), Failed> {
    let mut nonce = [0; 16];
    if argument.unhex(&mut nonce).is_none_or(|len| len != 0 && len != 16) {
        return Err(Failed::because("a nonce has 32 hexadecimal digits"));
    }
    session.settle().await?;
    say!(session.console, "The log as a signed bundle, for gabion log verify:");
    let Session { device, console, .. } = session;
    let mut sink = Lines { console, waiting: [0; 32], len: 0 };
    let exported = device.export_log(Position::default(), &nonce, &mut sink).await;
    sink.flush().await;
    exported.map_err(|e| Failed::to("the log", e))?;
    Ok(())
}
