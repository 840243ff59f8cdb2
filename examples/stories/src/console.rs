//! Text to and from whoever sits at the serial port.

use core::fmt::{self, Write as _};

/// A serial port with flow control: bytes wait at the sender until they are asked for.
#[allow(async_fn_in_trait, reason = "one executor, no Send bounds on bare metal")]
pub trait Console {
    /// Sends bytes, all of them.
    async fn write(&mut self, bytes: &[u8]);

    /// Waits for the next byte.
    async fn read(&mut self) -> u8;
}

impl<C: Console> Console for &mut C {
    async fn write(&mut self, bytes: &[u8]) {
        (**self).write(bytes).await;
    }

    async fn read(&mut self) -> u8 {
        (**self).read().await
    }
}

/// A line that is being put together. What does not fit is cut off.
#[derive(Debug, Default)]
pub struct Text(heapless::String<192>);

impl Text {
    /// Formats a line.
    #[must_use]
    pub fn of(arguments: fmt::Arguments<'_>) -> Self {
        let mut text = Self::default();
        let _ = text.write_fmt(arguments);
        text
    }

    /// Returns the bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| self.0.push(c)).map_err(|_| fmt::Error)
    }
}

/// Writes a line of text.
#[macro_export]
macro_rules! say {
    ($console:expr, $($text:tt)*) => {{
        let text = $crate::console::Text::of(format_args!($($text)*));
        $crate::console::Console::write(&mut $console, text.as_bytes()).await;
        $crate::console::Console::write(&mut $console, b"\r\n").await;
    }};
}

/// Writes bytes as lines of hexadecimal digits, each with a mark before it: what a host tool picks out of a listing.
pub async fn dump<C: Console>(console: &mut C, mark: &str, bytes: &[u8]) {
    for part in bytes.chunks(32) {
        let mut text = Text::of(format_args!("{mark} "));
        for byte in part {
            let _ = write!(text, "{byte:02x}");
        }
        console.write(text.as_bytes()).await;
        console.write(b"\r\n").await;
    }
}
