//! A store on the CFI flash of QEMU's `virt` board, which lives in a file: `cargo xtask chip --kills N` kills the emulator
//! at random moments, starts it again on the same file, and holds the firmware to what it acknowledged.
//!
//! It prints `found A B`, the two values that it found, and then `stored N` for each pair that it stored, until it is
//! killed.
#![no_std]
#![no_main]

gabion_qemu::panic_with_message!();

#[cfg(not(target_arch = "riscv32"))]
gabion_qemu::entry!(elsewhere);

/// There is no such flash on the other boards.
#[cfg(not(target_arch = "riscv32"))]
fn elsewhere() -> bool {
    false
}

#[cfg(target_arch = "riscv32")]
mod virt {
    use core::fmt::Write;

    use gabion_crypto::{HmacSha256, Secret, Software, SoftwareRootKey};
    use gabion_flash::{Journaled, Layout, Region, Shared, Span, block_on};
    use gabion_hal::rand_core::{TryCryptoRng, TryRng};
    use gabion_hal::{NoCounter, NoEvents};
    use gabion_qemu::cfi::{CfiFlash, PAGE};
    use gabion_qemu::gabion_testkit::device::{FIRST, LISTS, NoopRawMutex, SECOND};
    use gabion_qemu::semihosting::Console;
    use gabion_storage::{Change, Config, Storage, Store};

    gabion_qemu::entry!(run);

    const JOURNAL: Span = Span::new(0, 2 * PAGE);
    const REGION: Span = Span::new(2 * PAGE, 5 * PAGE);
    const LAYOUT: Layout<2> = Layout::new(7 * PAGE, PAGE, [JOURNAL, REGION]);

    /// Enough for a test: the time since power-on, which the host's load makes different each time.
    struct Jitter;

    impl TryRng for Jitter {
        type Error = core::convert::Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            let mut bytes = [0; 4];
            self.try_fill_bytes(&mut bytes)?;
            Ok(u32::from_le_bytes(bytes))
        }

        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            let mut bytes = [0; 8];
            self.try_fill_bytes(&mut bytes)?;
            Ok(u64::from_le_bytes(bytes))
        }

        fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
            for chunk in out.chunks_mut(32) {
                let now = gabion_qemu::counter::jitter();
                let block = Software.hmac_sha256(b"jitter", &[&now.to_le_bytes()]);
                for (to, from) in chunk.iter_mut().zip(block) {
                    *to = from;
                }
            }
            Ok(())
        }
    }

    impl TryCryptoRng for Jitter {}

    type VirtStore<'a> = Store<
        Region<'a, NoopRawMutex, Journaled<CfiFlash>>,
        Software,
        NoCounter,
        4,
        { Config::record_size(32) },
    >;

    fn run() -> bool {
        // The factory made journal and store in one go; a file in which that was cut is a file from before the factory.
        let (journaled, blank) = match block_on(Journaled::open(CfiFlash::new(), JOURNAL)) {
            Ok(journaled) => (journaled, false),
            Err(_) => {
                let made = block_on(Journaled::format(&mut CfiFlash::new(), JOURNAL));
                if made.is_err() {
                    return false;
                }
                match block_on(Journaled::open(CfiFlash::new(), JOURNAL)) {
                    Ok(journaled) => (journaled, true),
                    Err(_) => return false,
                }
            }
        };
        let mut shared = Shared::<NoopRawMutex, _>::new(journaled);
        let Ok([_, region]) = shared.split(&LAYOUT) else { return false };
        let mut root = SoftwareRootKey::new(Secret::new([7; 32]), Software);
        let config = Config::new(LISTS);
        let (root, entropy, events) = (&mut root, &mut Jitter, &mut NoEvents);
        let opened = if blank {
            block_on(VirtStore::format(region, config, Software, NoCounter, root, entropy, events))
        } else {
            block_on(VirtStore::open(region, config, Software, NoCounter, root, entropy, events))
        };
        let mut store = match opened {
            Ok(store) => store,
            Err(error) => {
                let _ = writeln!(Console, "the store does not open: {error:?}");
                return false;
            }
        };
        let mut found = [0_u32; 2];
        for (number, key) in found.iter_mut().zip([FIRST, SECOND]) {
            let mut bytes = [0; 4];
            match block_on(store.read(key.parameter(), &mut bytes)) {
                Ok(_) => *number = u32::from_le_bytes(bytes),
                Err(error) => {
                    let _ = writeln!(Console, "a value cannot be read: {error:?}");
                    return false;
                }
            }
        }
        let _ = writeln!(Console, "found {} {}", found[0], found[1]);
        for number in found[0] + 1.. {
            let bytes = number.to_le_bytes();
            let stored = block_on(
                store.commit(&[Change::put(&FIRST, &bytes), Change::put(&SECOND, &bytes)]),
            );
            if let Err(error) = stored {
                let _ = writeln!(Console, "not stored: {error:?}");
                return false;
            }
            let _ = writeln!(Console, "stored {number}");
        }
        true
    }
}
