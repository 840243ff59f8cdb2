//! The stores, one file each.

pub mod ekv;
pub mod esp_nvs;
pub mod gabion;
pub mod sequential;
pub mod too_early;
