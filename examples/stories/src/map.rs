//! The flash map of a board, and the plan of its factory reset. Written once per board.

use gabion::flash::{Layout, Span};
use gabion::update::SlotMap;

/// Where everything lies. All spans are within the flash that the journal serves.
#[derive(Debug, Clone, Copy)]
pub struct Map {
    /// The erase journal.
    pub journal: Span,
    /// Journal, firmware (both slots and their state), store, log: in this order.
    pub layout: Layout<4>,
    /// The slots within the firmware's region.
    pub slots: SlotMap,
}
