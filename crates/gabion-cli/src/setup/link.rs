//! Byte streams to a device.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context, bail};

/// A byte stream whose reads come back after a while with [`io::ErrorKind::TimedOut`] or `WouldBlock` when nothing came.
pub trait Link: Read + Write {}

impl<T: Read + Write> Link for T {}

const TICK: Duration = Duration::from_millis(100);

/// Connects over TCP.
///
/// # Errors
///
/// When nobody is there within `timeout`.
pub fn tcp(address: &str, timeout: Duration) -> anyhow::Result<Box<dyn Link>> {
    let addresses =
        address.to_socket_addrs().with_context(|| format!("{address:?} is no address"))?;
    let mut last = None;
    for address in addresses {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(stream) => {
                stream.set_read_timeout(Some(TICK))?;
                stream.set_write_timeout(Some(timeout))?;
                stream.set_nodelay(true)?;
                return Ok(Box::new(stream));
            }
            Err(why) => last = Some(why),
        }
    }
    match last {
        Some(why) => Err(why).with_context(|| format!("cannot connect to {address}")),
        None => bail!("{address:?} has no address"),
    }
}

/// Opens a serial port, as it is set (`stty -F PORT raw 115200`).
///
/// # Errors
///
/// When it cannot be opened.
pub fn serial(path: &Path) -> anyhow::Result<Box<dyn Link>> {
    let open = || OpenOptions::new().read(true).write(true).open(path);
    let writer = open().with_context(|| format!("cannot open {}", path.display()))?;
    let mut reader = writer.try_clone()?;
    let (sender, bytes) = channel();
    // A read of a serial port has no timeout: it waits in a thread of its own, which ends with the process.
    std::thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok(read) = reader.read(&mut buffer) {
            if read == 0 || sender.send(buffer[..read].to_vec()).is_err() {
                return;
            }
        }
    });
    Ok(Box::new(Serial { writer, bytes, rest: Vec::new() }))
}

struct Serial {
    writer: std::fs::File,
    bytes: Receiver<Vec<u8>>,
    rest: Vec<u8>,
}

impl Read for Serial {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() {
            self.rest = match self.bytes.recv_timeout(TICK) {
                Ok(bytes) => bytes,
                Err(RecvTimeoutError::Timeout) => return Err(io::ErrorKind::TimedOut.into()),
                Err(RecvTimeoutError::Disconnected) => return Ok(0),
            };
        }
        let len = out.len().min(self.rest.len());
        out[..len].copy_from_slice(&self.rest[..len]);
        self.rest.drain(..len);
        Ok(len)
    }
}

impl Write for Serial {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
