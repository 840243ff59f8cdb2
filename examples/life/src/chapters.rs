//! The chapters, one file each. A chapter may be cut anywhere: told again, it does what is left to do.

pub(crate) mod c01_factory;
pub(crate) mod c02_verified_boot;
pub(crate) mod c03_first_set_up;
pub(crate) mod c04_log_in;
pub(crate) mod c05_sealed_storage;
pub(crate) mod c06_update;
pub(crate) mod c07_roll_back;
pub(crate) mod c08_tampering;
pub(crate) mod c09_log;
pub(crate) mod c10_outage;
pub(crate) mod c11_personal_data;
pub(crate) mod c12_factory_reset;
pub(crate) mod c13_conformance;
