//! The flash map of the board: 4 MiB in pages of 4 KiB. The ESP boot loader, its partition table and the firmware lie below
//! 0x110000; `partitions.csv` says the same to espflash.

use gabion::erase::Plan;
use gabion::flash::{Layout, Span};
use gabion::update::SlotMap;
use gabion_stories::map::Map;

const CAPACITY: u32 = 0x40_0000;
const PAGE: u32 = 0x1000;

/// Boot loader, partition table, and the firmware that runs.
const ESP: Span = Span::new(0, 0x11_0000);
const FIRMWARE: Span = Span::new(0x11_0000, 0xc_2000);
const JOURNAL: Span = Span::new(0x1d_2000, 0x2000);
const STORE: Span = Span::new(0x1d_4000, 0x1_0000);
const LOG: Span = Span::new(0x1e_4000, 0xc000);
/// Three counters of two pages: factory, roll-back, store.
pub const COUNTERS: [u32; 3] = [0x1f_8000, 0x1f_a000, 0x1f_c000];
/// The root key of a board without one in a fuse.
pub const ROOT_KEY: u32 = 0x1f_f000;

const LAYOUT: &Layout<4> = &Layout::new(CAPACITY, PAGE, [JOURNAL, FIRMWARE, STORE, LOG]);
/// Nothing overlaps; the whole map at compile time.
const _: Layout<9> = Layout::new(
    CAPACITY,
    PAGE,
    [
        ESP,
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
);

/// The same slots as `verify_boot` sees them, which has no journal and no regions.
pub const LOADER_SLOTS: SlotMap = SlotMap::new(
    CAPACITY,
    PAGE,
    Span::new(0x11_0000, 0x6_0000),
    Span::new(0x17_0000, 0x6_0000),
    Span::new(0x1d_0000, 0x2000),
);

/// Where everything lies.
pub static MAP: Map = Map { journal: JOURNAL, layout: *LAYOUT, slots: SLOTS };
/// What becomes of each part at a factory reset.
pub const PLAN: Plan<4> = gabion_stories::product::plan(LAYOUT);
