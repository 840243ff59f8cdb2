//! The serial port, with flow control: RXD P0.08, TXD P0.06, CTS P0.07, RTS P0.05, 115,200 baud, as on the development kit.

use embassy_nrf::{bind_interrupts, peripherals, uarte};
use gabion_stories::Console;

bind_interrupts!(struct Irqs {
    UARTE0 => uarte::InterruptHandler<peripherals::UARTE0>;
});

/// The pins of the serial port.
pub struct Pins {
    pub(crate) uarte: embassy_nrf::Peri<'static, peripherals::UARTE0>,
    pub(crate) rxd: embassy_nrf::Peri<'static, peripherals::P0_08>,
    pub(crate) txd: embassy_nrf::Peri<'static, peripherals::P0_06>,
    pub(crate) cts: embassy_nrf::Peri<'static, peripherals::P0_07>,
    pub(crate) rts: embassy_nrf::Peri<'static, peripherals::P0_05>,
}

/// The serial port. Bytes wait at the sender until they are asked for.
pub struct Serial(uarte::Uarte<'static>);

impl Serial {
    pub(crate) fn new(pins: Pins) -> Self {
        let mut config = uarte::Config::default();
        config.parity = uarte::Parity::Excluded;
        config.baudrate = uarte::Baudrate::Baud115200;
        let Pins { uarte, rxd, txd, cts, rts } = pins;
        Self(uarte::Uarte::new_with_rtscts(uarte, rxd, txd, cts, rts, Irqs, config))
    }

    /// Writes without interrupts, and returns when all is out.
    pub(crate) fn write_now(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(64) {
            let _ = self.0.blocking_write(part);
        }
    }
}

impl Console for Serial {
    async fn write(&mut self, bytes: &[u8]) {
        // EasyDMA reads RAM only; the driver copies what lies in flash.
        for part in bytes.chunks(64) {
            let _ = self.0.write(part).await;
        }
    }

    async fn read(&mut self) -> u8 {
        let mut byte = [0];
        // A framing error on the line is no byte: wait for the next one.
        while self.0.read(&mut byte).await.is_err() {}
        let [byte] = byte;
        byte
    }
}
