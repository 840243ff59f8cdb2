//! The flash map of the board: 1 MiB in pages of 4 KiB.

use gabion::erase::Plan;
use gabion::flash::{Layout, Span};
use gabion::update::SlotMap;
use gabion_stories::map::Map;

pub(crate) const CAPACITY: u32 = 0x10_0000;
pub(crate) const PAGE: u32 = 0x1000;

/// The boot loader, write-protected by itself at every start.
pub const LOADER: Span = Span::new(0, 0x1_0000);
const FIRMWARE: Span = Span::new(0x1_0000, 0xc_2000);
const JOURNAL: Span = Span::new(0xd_2000, 0x2000);
pub(crate) const STORE: Span = Span::new(0xd_4000, 0x1_0000);
const LOG: Span = Span::new(0xe_4000, 0xc000);
/// Three counters of two pages: factory, roll-back, store.
pub const COUNTERS: [u32; 3] = [0xf_8000, 0xf_a000, 0xf_c000];
/// The root key, closed to everyone once it was read.
pub const ROOT_KEY: u32 = 0xf_f000;

const LAYOUT: &Layout<4> = &Layout::new(CAPACITY, PAGE, [JOURNAL, FIRMWARE, STORE, LOG]);
/// Nothing overlaps; the whole map at compile time.
const _: Layout<9> = Layout::new(
    CAPACITY,
    PAGE,
    [
        LOADER,
        FIRMWARE,
        JOURNAL,
        STORE,
        LOG,
        Span::new(COUNTERS[0], 2 * PAGE),
        Span::new(COUNTERS[1], 2 * PAGE),
        Span::new(COUNTERS[2], 2 * PAGE),
        Span::new(ROOT_KEY, PAGE),
    ],
);

/// Slots of 384 KiB and two pages for their state, within the firmware's region.
const SLOTS: SlotMap = SlotMap::new(
    FIRMWARE.len(),
    PAGE,
    Span::new(0, 0x6_0000),
    Span::new(0x6_0000, 0x6_0000),
    Span::new(0xc_0000, 0x2000),
)
.mapped_at(FIRMWARE.start());

/// The same slots as the boot loader sees them, which has no journal and no regions.
pub const LOADER_SLOTS: SlotMap = SlotMap::new(
    CAPACITY,
    PAGE,
    Span::new(0x1_0000, 0x6_0000),
    Span::new(0x7_0000, 0x6_0000),
    Span::new(0xd_0000, 0x2000),
)
.mapped_at(0);

/// Where everything lies.
pub static MAP: Map = Map { journal: JOURNAL, layout: *LAYOUT, slots: SLOTS };
/// Where the firmware region begins.
pub const FIRMWARE_AT: u32 = FIRMWARE.start();
/// What becomes of each part at a factory reset.
pub const PLAN: Plan<4> = gabion_stories::product::plan(LAYOUT);
