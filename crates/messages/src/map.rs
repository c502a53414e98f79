//! Maps of what is free and what is not (`nav_msgs/OccupancyGrid`).

use neuraxis_core::grid::Cell;

use crate::message::messages;
use crate::{Header, Pose, Time};

messages! {
    /// How a map lies.
    "nav_msgs/MapMetaData" MapMetaData {
        /// When it was loaded.
        map_load_time: Time,
        /// Side of a cell, m.
        resolution: f32,
        /// Cells along x.
        width: u32,
        /// Cells along y.
        height: u32,
        /// The corner of the first cell.
        origin: Pose,
    }
    /// A map, cell by cell.
    "nav_msgs/OccupancyGrid" OccupancyGrid {
        /// When and in which frame.
        header: Header,
        /// How it lies.
        info: MapMetaData,
        /// For each cell, row by row: 0 free, 100 occupied, -1 unknown.
        data: Vec<i8>,
    }
}

/// What a cell of the robot's map is in [`OccupancyGrid::data`].
#[must_use]
pub fn occupancy(cell: Cell) -> i8 {
    match cell {
        Cell::Unknown => -1,
        Cell::Free => 0,
        Cell::Occupied => 100,
    }
}
