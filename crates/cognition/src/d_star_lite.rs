//! D* Lite: a shortest way that is repaired, not searched anew, when the map or the body moves.
//!
//! Source: Koenig and Likhachev, "D* Lite" (AAAI 2002), figure 3, on an eight-connected grid, searching
//! from the goal to the body. Departures: costs are integers, so that equal ways are equal on every
//! machine; the search stops after a number of expansions and goes on in the next tick; and a new goal
//! starts a new search without touching the memory of the old one (each node knows the search that it
//! belongs to). All memory is taken when the planner is made.

use crate::costmap::Costmap;
use neuraxis_core::{saved, value};

/// Costs of a straight and a diagonal step, for each quarter of the cost factor.
const STRAIGHT: u32 = 100;
const DIAGONAL: u32 = 141;
/// What a straight step over free ground costs.
pub const FREE_STEP: u32 = 4 * STRAIGHT;
/// No way.
pub const INFINITE: u32 = u32::MAX / 4;

/// Steps to the eight neighbours.
const STEPS: [(i64, i64, u32); 8] = [
    (1, 0, STRAIGHT),
    (0, 1, STRAIGHT),
    (-1, 0, STRAIGHT),
    (0, -1, STRAIGHT),
    (1, 1, DIAGONAL),
    (-1, 1, DIAGONAL),
    (-1, -1, DIAGONAL),
    (1, -1, DIAGONAL),
];

type Key = (u32, u32);

#[derive(Clone, Copy, Debug, Default)]
struct Node {
    g: u32,
    rhs: u32,
    /// Place in the heap plus one; 0 if it is not there.
    place: u32,
    /// The search that the values belong to.
    search: u32,
}

/// The planner.
#[derive(Clone, Debug)]
pub struct DStarLite {
    width: i64,
    height: i64,
    nodes: Vec<Node>,
    heap: Vec<(Key, u32)>,
    search: u32,
    start: usize,
    goal: Option<usize>,
    km: u32,
}

impl DStarLite {
    /// A planner for `costs`.
    #[must_use]
    pub fn new(costs: &Costmap) -> Self {
        let count = (costs.width() * costs.height()) as usize;
        Self {
            width: costs.width(),
            height: costs.height(),
            nodes: vec![Node::default(); count],
            heap: Vec::with_capacity(count + 1),
            search: 0,
            start: 0,
            goal: None,
            km: 0,
        }
    }

    /// Begins a search from `start` to `goal` (cell indices).
    pub fn begin(&mut self, start: usize, goal: usize) {
        self.search = self.search.wrapping_add(1).max(1);
        self.heap.clear();
        self.km = 0;
        self.start = start;
        self.goal = Some(goal);
        self.node(goal).rhs = 0;
        let key = self.key(goal);
        self.push(goal, key);
    }

    /// The goal's cell.
    #[must_use]
    pub fn goal(&self) -> Option<usize> {
        self.goal
    }

    /// The body's cell.
    #[must_use]
    pub fn start(&self) -> usize {
        self.start
    }

    /// The body has moved to `start`.
    pub fn set_start(&mut self, start: usize) {
        if start != self.start {
            self.km = self.km.saturating_add(self.distance(self.start, start));
            self.start = start;
        }
    }

    /// The factor of `cell` has changed; with it all edges of the cell.
    pub fn touch(&mut self, costs: &Costmap, cell: usize) {
        if self.goal.is_none() {
            return;
        }
        self.refresh(costs, cell);
        for (near, _) in self.neighbours(cell) {
            self.refresh(costs, near);
        }
    }

    /// Expands at most `budget` cells; whether the search is complete.
    pub fn advance(&mut self, costs: &Costmap, budget: u32) -> bool {
        if self.goal.is_none() {
            return true;
        }
        for _ in 0..budget {
            let start_key = self.key(self.start);
            let start = self.read(self.start);
            let Some(&(top, cell)) = self.heap.first() else { return true };
            if top >= start_key && start.rhs == start.g {
                return true;
            }
            let cell = cell as usize;
            let fresh = self.key(cell);
            let node = self.read(cell);
            if top < fresh {
                self.remove(cell);
                self.push(cell, fresh);
            } else if node.g > node.rhs {
                self.node(cell).g = node.rhs;
                self.remove(cell);
                for (near, base) in self.neighbours(cell) {
                    // Figure 3, line 14: only a better way can come of it.
                    let cost = edge(costs, cell, near, base);
                    let through = node.rhs.saturating_add(cost).min(INFINITE);
                    if Some(near) != self.goal && through < self.read(near).rhs {
                        self.node(near).rhs = through;
                        self.requeue(near);
                    }
                }
            } else {
                self.node(cell).g = INFINITE;
                self.refresh(costs, cell);
                for (near, _) in self.neighbours(cell) {
                    self.refresh(costs, near);
                }
            }
        }
        false
    }

    /// The cost of the shortest way from the body; [`INFINITE`] if there is none. Valid when the search
    /// is complete.
    #[must_use]
    pub fn cost(&self) -> u32 {
        self.read(self.start).rhs.min(INFINITE)
    }

    /// The next cell on the shortest way from `cell`.
    #[must_use]
    pub fn next(&self, costs: &Costmap, cell: usize) -> Option<usize> {
        let mut best = (INFINITE, None);
        for (near, base) in self.neighbours(cell) {
            let cost = edge(costs, cell, near, base).saturating_add(self.read(near).g);
            if cost < best.0 {
                best = (cost, Some(near));
            }
        }
        best.1
    }

    /// The steps from `cell` that the search knows a way for: the step's x and y, and the cost of the way.
    pub fn choices(&self, costs: &Costmap, cell: usize) -> impl Iterator<Item = (i64, i64, u32)> {
        let (x, y) = (cell as i64 % self.width, cell as i64 / self.width);
        self.neighbours(cell).filter_map(move |(near, base)| {
            let cost = edge(costs, cell, near, base).saturating_add(self.read(near).g);
            let (nx, ny) = (near as i64 % self.width, near as i64 / self.width);
            (cost < INFINITE).then_some((nx - x, ny - y, cost))
        })
    }

    /// Works the node's `rhs` out anew and puts it where it belongs in the heap.
    fn refresh(&mut self, costs: &Costmap, cell: usize) {
        if Some(cell) != self.goal {
            let mut rhs = INFINITE;
            for (near, base) in self.neighbours(cell) {
                let g = self.read(near).g;
                if g < INFINITE {
                    rhs = rhs.min(edge(costs, cell, near, base).saturating_add(g));
                }
            }
            self.node(cell).rhs = rhs.min(INFINITE);
        }
        self.requeue(cell);
    }

    fn requeue(&mut self, cell: usize) {
        let node = self.read(cell);
        if node.place > 0 {
            self.remove(cell);
        }
        if node.g != node.rhs {
            let key = self.key(cell);
            self.push(cell, key);
        }
    }

    fn key(&self, cell: usize) -> Key {
        let node = self.read(cell);
        let least = node.g.min(node.rhs);
        if least >= INFINITE {
            return (u32::MAX, INFINITE);
        }
        (least.saturating_add(self.distance(self.start, cell)).saturating_add(self.km), least)
    }

    /// The least cost between two cells, were all of them free.
    fn distance(&self, a: usize, b: usize) -> u32 {
        let (ax, ay) = (a as i64 % self.width, a as i64 / self.width);
        let (bx, by) = (b as i64 % self.width, b as i64 / self.width);
        let (dx, dy) = ((ax - bx).unsigned_abs() as u32, (ay - by).unsigned_abs() as u32);
        4 * (STRAIGHT * dx.max(dy) + (DIAGONAL - STRAIGHT) * dx.min(dy))
    }

    fn neighbours(&self, cell: usize) -> impl Iterator<Item = (usize, u32)> + use<> {
        let (width, height) = (self.width, self.height);
        let (x, y) = (cell as i64 % width, cell as i64 / width);
        STEPS.into_iter().filter_map(move |(dx, dy, base)| {
            let (nx, ny) = (x + dx, y + dy);
            let inside = nx >= 0 && ny >= 0 && nx < width && ny < height;
            inside.then(|| ((ny * width + nx) as usize, base))
        })
    }

    fn read(&self, cell: usize) -> Node {
        let node = self.nodes[cell];
        if node.search == self.search {
            node
        } else {
            Node { g: INFINITE, rhs: INFINITE, place: 0, search: self.search }
        }
    }

    fn node(&mut self, cell: usize) -> &mut Node {
        let node = &mut self.nodes[cell];
        if node.search != self.search {
            *node = Node { g: INFINITE, rhs: INFINITE, place: 0, search: self.search };
        }
        node
    }

    // A binary heap that knows where each cell lies in it, so that cells can be taken out. Ties go by
    // the cell's index, so that the order never hangs on history.

    fn push(&mut self, cell: usize, key: Key) {
        self.heap.push((key, cell as u32));
        let last = self.heap.len() - 1;
        self.node(cell).place = last as u32 + 1;
        self.rise(last);
    }

    fn remove(&mut self, cell: usize) {
        let place = self.read(cell).place;
        if place == 0 {
            return;
        }
        let hole = place as usize - 1;
        self.heap.swap_remove(hole);
        self.node(cell).place = 0;
        if hole < self.heap.len() {
            let moved = self.heap[hole].1 as usize;
            self.node(moved).place = hole as u32 + 1;
            let hole = self.rise(hole);
            self.sink(hole);
        }
    }

    fn rise(&mut self, mut at: usize) -> usize {
        while at > 0 {
            let up = (at - 1) / 2;
            if self.heap[up] <= self.heap[at] {
                break;
            }
            self.swap(up, at);
            at = up;
        }
        at
    }

    fn sink(&mut self, mut at: usize) {
        loop {
            let left = 2 * at + 1;
            if left >= self.heap.len() {
                return;
            }
            let right = left + 1;
            let least =
                if right < self.heap.len() && self.heap[right] < self.heap[left] { right } else { left };
            if self.heap[at] <= self.heap[least] {
                return;
            }
            self.swap(at, least);
            at = least;
        }
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.heap.swap(a, b);
        for place in [a, b] {
            let cell = self.heap[place].1 as usize;
            self.node(cell).place = place as u32 + 1;
        }
    }
}

/// The cost of the step between two neighbours; the dearer of the two cells counts.
fn edge(costs: &Costmap, a: usize, b: usize, base: u32) -> u32 {
    match (costs.factor(a), costs.factor(b)) {
        (Some(a), Some(b)) => base * a.max(b),
        _ => INFINITE,
    }
}

value!(struct Node { g, rhs, place, search });
saved!(DStarLite { nodes, heap: list, search, start, goal, km; width, height } then Self::is_whole);

impl DStarLite {
    /// Whether what was loaded names only cells that are there, and the heap and the nodes agree on who lies where.
    fn is_whole(&mut self) -> bool {
        let (nodes, heap) = (&self.nodes, &self.heap);
        let lies = |(place, (_, cell)): (usize, &(Key, u32))| {
            nodes
                .get(*cell as usize)
                .is_some_and(|n| n.search == self.search && n.place as usize == place + 1)
        };
        let queued = nodes.iter().filter(|node| node.search == self.search && node.place > 0).count();
        self.start < nodes.len()
            && self.goal.is_none_or(|goal| goal < nodes.len())
            && queued == heap.len()
            && heap.iter().enumerate().all(lies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::Point2;
    use neuraxis_core::OccupancyGrid;
    use proptest::prelude::*;

    const SIDE: usize = 16;

    /// The true cost by a library that nobody here wrote.
    fn oracle(costs: &Costmap, start: usize, goal: usize) -> u32 {
        let near = |cell: &usize| {
            let (x, y) = ((*cell % SIDE) as i64, (*cell / SIDE) as i64);
            STEPS
                .iter()
                .filter_map(|(dx, dy, base)| {
                    let (nx, ny) = (x + dx, y + dy);
                    let inside = nx >= 0 && ny >= 0 && nx < SIDE as i64 && ny < SIDE as i64;
                    let to = (ny * SIDE as i64 + nx) as usize;
                    let cost = if inside { edge(costs, *cell, to, *base) } else { INFINITE };
                    (cost < INFINITE).then_some((to, cost))
                })
                .collect::<Vec<_>>()
        };
        pathfinding::directed::dijkstra::dijkstra(&start, near, |c| *c == goal)
            .map_or(INFINITE, |(_, cost)| cost)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// After any sequence of changed cells and moves, in searches cut into small pieces, the cost
        /// is Dijkstra's.
        #[test]
        fn repaired_costs_equal_dijkstras(
            walls in proptest::collection::vec(0..SIDE * SIDE, 0..90),
            rounds in proptest::collection::vec((proptest::collection::vec((0..SIDE * SIDE, any::<bool>()), 0..12), 0..SIDE * SIDE), 1..6),
            goal in 0..SIDE * SIDE,
            budget in 1..50_u32,
        ) {
            let mut map = OccupancyGrid::new(Point2::origin(), [SIDE as f64; 2], 1.0);
            let mut costs = Costmap::new(&map, 0.0, 1.1);
            for wall in walls {
                map.add(wall, 3.0);
            }
            costs.update(&map);
            let mut planner = DStarLite::new(&costs);
            planner.begin(0, goal);
            for (changes, start) in rounds {
                planner.set_start(start);
                for (cell, wall) in changes {
                    map.add(cell, if wall { 8.0 } else { -8.0 });
                }
                costs.update(&map);
                for cell in costs.touched() {
                    planner.touch(&costs, *cell as usize);
                }
                // Now and then the map changes in the middle of a search; here each search ends.
                while !planner.advance(&costs, budget) {}
                prop_assert_eq!(planner.cost(), oracle(&costs, start, goal));
                // And the way that it points out costs just that.
                if planner.cost() < INFINITE {
                    let (mut at, mut sum) = (start, 0);
                    while at != goal {
                        let next = planner.next(&costs, at).expect("a next cell");
                        let base = if at % SIDE == next % SIDE || at / SIDE == next / SIDE { STRAIGHT } else { DIAGONAL };
                        sum += edge(&costs, at, next, base);
                        at = next;
                        prop_assert!(sum <= planner.cost());
                    }
                    prop_assert_eq!(sum, planner.cost());
                }
            }
        }
    }
}
