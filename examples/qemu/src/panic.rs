//! What a panic does: the run fails. One of the two macros stands in every firmware.

/// Names the place and the message, then fails the run. For tests.
#[macro_export]
macro_rules! panic_with_message {
    () => {
        #[panic_handler]
        fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
            let _ = core::fmt::Write::write_fmt(
                &mut $crate::semihosting::Console,
                format_args!("\n{info}\n"),
            );
            $crate::semihosting::exit(false)
        }
    };
}

/// Fails the run without a word. For measured firmware: a message would pull `core::fmt` into every binary.
#[macro_export]
macro_rules! panic_in_silence {
    () => {
        #[panic_handler]
        fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
            $crate::semihosting::exit(false)
        }
    };
}
