//! The serial port: RX GPIO20, TX GPIO21, 115,200 baud, without flow control, as on the development kit.

use esp_hal::Blocking;
use esp_hal::peripherals::{GPIO20, GPIO21, UART0};
use esp_hal::uart::{Config, Uart};
use gabion_esp::Dog;
use gabion_hal::Watchdog;
use gabion_stories::Console;

/// The serial port, and the watchdog, which is fed whenever the firmware talks or listens. A firmware that hangs does neither.
pub struct Serial {
    uart: Uart<'static, Blocking>,
    dog: Dog<'static>,
}

impl core::fmt::Debug for Serial {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Serial")
    }
}

impl Serial {
    /// Takes the port with its pins. `None` when the driver refuses its own defaults.
    pub fn new(
        uart: UART0<'static>,
        rx: GPIO20<'static>,
        tx: GPIO21<'static>,
        dog: Dog<'static>,
    ) -> Option<Self> {
        let uart = Uart::new(uart, Config::default()).ok()?.with_rx(rx).with_tx(tx);
        Some(Self { uart, dog })
    }

    /// Waits until the last byte has left.
    pub fn flush(&mut self) {
        let _ = self.uart.flush();
    }
}

impl Console for Serial {
    async fn write(&mut self, bytes: &[u8]) {
        self.dog.feed();
        let mut rest = bytes;
        while !rest.is_empty() {
            let written = self.uart.write(rest).unwrap_or(0);
            rest = rest.get(written.max(1)..).unwrap_or_default();
        }
    }

    async fn read(&mut self) -> u8 {
        loop {
            while !self.uart.read_ready() {
                self.dog.feed();
            }
            let mut byte = [0];
            // A framing error on the line is no byte: wait for the next one.
            if let Ok(1) = self.uart.read(&mut byte) {
                let [byte] = byte;
                return byte;
            }
        }
    }
}
