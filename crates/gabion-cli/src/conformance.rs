//! The conformance statement of EN 303 645: from what is compiled into an image, what its maker answers, and which tests passed.
//!
//! | looking for | here |
//! |---|---|
//! | what the standard asks | [`standard`] |
//! | what an image says of itself | [`image`], [`profile`] |
//! | what its maker says | [`answers`], a first draft of them from [`draft`] |
//! | which tests passed | [`evidence`], made by [`run`] |
//! | which conditions and features hold | [`facts`] |
//! | Table B.1, row by row | [`claim`] |
//! | the 29 IXIT tables | [`ixit`] |
//! | the laboratory's cross-checks | [`cross`] |
//! | all of it in one value | [`statement`], shown by [`render`] and [`sheet`] |
//! | what differs between two images | [`diff`] |

pub mod answers;
pub mod claim;
pub mod cross;
pub mod diff;
pub mod draft;
pub mod evidence;
pub mod facts;
pub mod image;
pub mod ixit;
pub mod profile;
pub mod render;
pub mod run;
pub mod sheet;
pub mod standard;
pub mod statement;
mod summary;

pub use standard::Edition;
pub use summary::{Area, ConformanceError, Finding, Row, Served, Summary, summary};
