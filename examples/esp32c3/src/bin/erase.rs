//! The story `erase`; what it tells is in `gabion-stories`.
#![no_std]
#![no_main]

gabion_esp32c3::story!(Erase);
