#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod application;
mod bundle;
mod chain;
mod detector;
mod entry;
mod error;
mod export;
mod format;
mod geometry;
mod log;
mod optional;
mod pseudonym;
mod queue;
mod rate;
mod registry;
mod ring;
mod scan;
mod seal;
mod slot;

#[doc(hidden)]
pub use application::assert_distinct;
pub use application::{AppEvent, Bucket, Choice, Field, Registered};
pub use bundle::{Bundle, Lanes, OpenedRecord, Page, Report};
pub use detector::{Detector, Detectors, Threshold, Thresholds, Watched};
pub use entry::{Body, Entry, Lane, LoggedEvent, Stamp};
pub use error::{BundleError, ExportError, LogError};
pub use export::{BundleSink, Position, SliceSink};
pub use format::MAX_ENTRIES;
pub use log::{Head, Log, LogConfig};
pub use optional::{Chosen, OptionalEvents, is_mandatory};
pub use pseudonym::{Pseudonym, Pseudonyms, Use};
pub use queue::EventQueue;
pub use rate::RateLimit;
pub use registry::{LOG_ANCHOR, LOG_OPTIONAL, MECHANISMS, PARAMETERS};
