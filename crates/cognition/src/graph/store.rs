//! The cognitive graph: places, and what it costs to go from one to the next (`costs`).
//!
//! Inspired by arXiv 2410.01349 (Baranski and Tani; only its abstract is public, so that every equation here is our own). A
//! *node* is a place where the body was or might be; an *edge* is the behaviour "go straight from one to the other". An edge is
//! *virtual* until it was executed: free space is taken for granted. Success strengthens it by Hebb's rule,
//! `w ← w + η (1 − w)`; failure sets `w` to 0 and charges it, `f ← 2 f + 1`. All memory is taken at the start.

mod costs;

use nalgebra::Point2;
use neuraxis_core::{Stamp, math, saved, value};

use super::NONE;
use super::impressions::Impressions;
use super::spec::GraphSpec;

/// From this strength on an edge counts as experienced.
const EXPERIENCED: f64 = 0.5;
/// Slots for edges a node, on the average.
const EDGES_PER_NODE: usize = 16;
/// An edge that is longer than this many spacings is listed apart, because no search around a place finds it.
const LONG: f64 = 2.0;

/// A place.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// In the map, m.
    pub at: Point2<f64>,
    /// How often the body was here.
    pub visits: u32,
    /// How often it was a goal that was reached, since a known way last failed on the way to it.
    pub reached: u32,
    /// Halvings of the spacing that it was made with.
    pub level: u8,
    /// Cost of going there after it could not be reached, m.
    pub inhibition: f64,
    /// How often it could not be reached for the present goal.
    pub misses: u8,
    /// Whether its neighbourhood has been laid out.
    is_expanded: bool,
    head: u32,
    next_in_cell: u32,
}

/// The behaviour of going straight between two nodes.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    /// Its nodes.
    pub ends: [u32; 2],
    /// m.
    pub length: f64,
    /// Hebbian strength, 0 to 1.
    pub strength: f64,
    /// Failures, `f ← 2 f + 1`.
    pub failures: f64,
    /// How often it was gone.
    pub uses: u32,
    /// What remembered obstacles charge for it, forth and back, m.
    pub charge: [f64; 2],
    /// Whether it leads through a place where the body touched something.
    pub is_blocked: bool,
    /// When it became what it is; zero if before the present goal was taken up.
    pub since: Stamp,
    /// Whether there is reason to think that the body fits through: it ignores guesses that a wall goes on.
    pub is_invited: bool,
    /// Whether it is seen that nothing leads through there.
    is_closed: bool,
    next: [u32; 2],
}

impl Edge {
    /// Whether it was executed and has not failed since.
    #[must_use]
    pub fn is_experienced(&self) -> bool {
        self.strength > EXPERIENCED
    }
}

/// Which edges a search may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// All of them.
    All,
    /// Those that were executed.
    Experienced,
}

/// The graph.
#[derive(Clone, Debug)]
pub struct Graph {
    /// The present time: what changes is stamped with it.
    pub now: Stamp,
    spec: GraphSpec,
    spacing: f64,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    long: Vec<u32>,
    ends: [u32; 2],
    /// Nodes whose edges changed; a search that was under way must look at them again.
    changed: Vec<u32>,
    is_changed: Vec<bool>,
    origin: Point2<f64>,
    size: [f64; 2],
    cell: f64,
    columns: usize,
    rows: usize,
    cells: Vec<u32>,
    near: Vec<u32>,
    dirty: Vec<u32>,
    is_dirty: Vec<bool>,
    is_full: bool,
}

impl Graph {
    /// An empty graph for the area of `size` (m) whose lowest corner is `origin`, with places `spacing` m apart.
    #[must_use]
    pub fn new(spec: &GraphSpec, spacing: f64, origin: Point2<f64>, size: [f64; 2]) -> Self {
        let capacity = spec.capacity as usize;
        // At most a million cells, however large the area.
        let cell = spacing.max((size[0] * size[1] / 1e6).sqrt());
        let columns = (size[0] / cell).ceil().max(1.0) as usize;
        let rows = (size[1] / cell).ceil().max(1.0) as usize;
        Self {
            now: Stamp::ZERO,
            spec: spec.clone(),
            spacing,
            nodes: Vec::with_capacity(capacity),
            edges: Vec::with_capacity(capacity * EDGES_PER_NODE),
            long: Vec::with_capacity(capacity),
            ends: [NONE; 2],
            changed: Vec::with_capacity(capacity),
            is_changed: vec![false; capacity],
            origin,
            size,
            cell,
            columns,
            rows,
            cells: vec![NONE; columns * rows],
            near: Vec::with_capacity(capacity),
            dirty: Vec::with_capacity(columns * rows),
            is_dirty: vec![false; columns * rows],
            is_full: false,
        }
    }

    /// Distance between neighbouring places, m.
    #[must_use]
    pub fn spacing(&self) -> f64 {
        self.spacing
    }

    /// All nodes.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// All edges.
    #[must_use]
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// Where a node is, m.
    #[must_use]
    pub fn at(&self, node: u32) -> Point2<f64> {
        self.nodes[node as usize].at
    }

    /// The node, to be changed in what is its own.
    pub fn node_mut(&mut self, node: u32) -> &mut Node {
        &mut self.nodes[node as usize]
    }

    /// Nodes that the graph can hold.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.is_changed.len()
    }

    /// Whether a place or an edge found no room: then the graph shows of nothing that it is not there.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// Whether a place lies inside the area.
    #[must_use]
    pub fn holds(&self, at: &Point2<f64>) -> bool {
        let (x, y) = (at.x - self.origin.x, at.y - self.origin.y);
        x >= 0.0 && y >= 0.0 && x < self.size[0] && y < self.size[1]
    }

    /// The edges of a node, and the nodes that they lead to.
    pub fn roads(&self, node: u32) -> impl Iterator<Item = (u32, u32)> {
        let mut at = self.nodes[node as usize].head;
        std::iter::from_fn(move || {
            if at == NONE {
                return None;
            }
            let edge = &self.edges[at as usize];
            let side = usize::from(edge.ends[1] == node);
            let found = (at, edge.ends[1 - side]);
            at = edge.next[side];
            Some(found)
        })
    }

    /// Where the body is, and where it wants to go: from the one and to the other, untried edges count among the known ones, for
    /// no way begins or ends exactly where another did.
    pub fn set_ends(&mut self, ends: [u32; 2]) {
        for (old, new) in self.ends.into_iter().zip(ends) {
            if old != new {
                for node in [old, new].into_iter().filter(|node| *node != NONE) {
                    self.mark(node);
                    self.mark_around(node);
                }
            }
        }
        self.ends = ends;
    }

    /// A place on an edge, `share` of its length from its first end: what was gone as a whole was gone in parts.
    pub fn split(&mut self, edge: u32, share: f64, same: f64, impressions: &Impressions) -> Option<u32> {
        let e = self.edges[edge as usize];
        let (from, to) = (self.at(e.ends[0]), self.at(e.ends[1]));
        let at = from + (to - from) * share;
        let node = if let Some(node) = self.nearest(at, same, |_| true) {
            node
        } else {
            let node = self.add(at, 0)?;
            self.link(node, impressions);
            node
        };
        for end in e.ends {
            if let Some(part) = self.connect(end, node, impressions) {
                let part = &mut self.edges[part as usize];
                part.since = if part.is_experienced() { part.since } else { e.since };
                part.strength = part.strength.max(e.strength);
            }
            self.mark(end);
        }
        self.mark(node);
        Some(node)
    }

    /// The edge between two nodes.
    #[must_use]
    pub fn edge_between(&self, a: u32, b: u32) -> Option<u32> {
        self.roads(a).find(|(_, to)| *to == b).map(|(edge, _)| edge)
    }

    /// The nodes within `radius` m of a place, in a fixed order.
    pub fn around(&self, at: Point2<f64>, radius: f64) -> impl Iterator<Item = u32> {
        let index = |v: f64, count: usize| (v / self.cell).floor().clamp(0.0, count as f64 - 1.0) as usize;
        let (x, y) = (at.x - self.origin.x, at.y - self.origin.y);
        let [left, right] = [index(x - radius, self.columns), index(x + radius, self.columns)];
        let [low, high] = [index(y - radius, self.rows), index(y + radius, self.rows)];
        (low..=high)
            .flat_map(move |row| (left..=right).map(move |column| row * self.columns + column))
            .flat_map(move |cell| {
                let mut node = self.cells[cell];
                std::iter::from_fn(move || {
                    (node != NONE).then(|| {
                        let found = node;
                        node = self.nodes[node as usize].next_in_cell;
                        found
                    })
                })
            })
            .filter(move |node| nalgebra::distance_squared(&self.at(*node), &at) <= radius * radius)
    }

    /// The nodes of [`Self::around`], in a buffer that has to be given back: the graph may change meanwhile.
    fn found(&mut self, at: Point2<f64>, radius: f64) -> Vec<u32> {
        let mut near = std::mem::take(&mut self.near);
        near.clear();
        near.extend(self.around(at, radius));
        near
    }

    /// The node nearest to a place, within `radius` m, of those that `fits`.
    #[must_use]
    pub fn nearest(&self, at: Point2<f64>, radius: f64, fits: impl Fn(&Node) -> bool) -> Option<u32> {
        let mut best: Option<(f64, u32)> = None;
        for node in self.around(at, radius).filter(|node| fits(&self.nodes[*node as usize])) {
            let d = nalgebra::distance_squared(&self.at(node), &at);
            if best.is_none_or(|(b, n)| (d, node) < (b, n)) {
                best = Some((d, node));
            }
        }
        best.map(|(_, node)| node)
    }

    /// A new place; `None` if it lies outside or the graph is full.
    pub fn add(&mut self, at: Point2<f64>, level: u8) -> Option<u32> {
        if !self.holds(&at) {
            return None;
        }
        if self.nodes.len() >= self.capacity() {
            self.is_full = true;
            return None;
        }
        let node = self.nodes.len() as u32;
        let (x, y) = (at.x - self.origin.x, at.y - self.origin.y);
        let column = ((x / self.cell) as usize).min(self.columns - 1);
        let row = ((y / self.cell) as usize).min(self.rows - 1);
        let cell = &mut self.cells[row * self.columns + column];
        let new = Node {
            at,
            visits: 0,
            reached: 0,
            level,
            inhibition: 0.0,
            misses: 0,
            is_expanded: false,
            head: NONE,
            next_in_cell: *cell,
        };
        *cell = node;
        self.nodes.push(new);
        Some(node)
    }

    /// The edge between two nodes, made if there is none; `None` if the graph is full.
    pub fn connect(&mut self, a: u32, b: u32, impressions: &Impressions) -> Option<u32> {
        if a == b {
            return None;
        }
        if let Some(edge) = self.edge_between(a, b) {
            return Some(edge);
        }
        if self.edges.len() >= self.capacity() * EDGES_PER_NODE {
            self.is_full = true;
            return None;
        }
        let edge = self.edges.len() as u32;
        let (from, to) = (self.at(a), self.at(b));
        let length = nalgebra::distance(&from, &to);
        if length > LONG * self.spacing {
            if self.long.len() >= self.capacity() {
                self.is_full = true;
                return None;
            }
            self.long.push(edge);
        }
        self.edges.push(Edge {
            ends: [a, b],
            length,
            strength: 0.0,
            failures: 0.0,
            uses: 0,
            charge: [0.0; 2],
            is_blocked: false,
            since: self.now,
            is_invited: false,
            is_closed: false,
            next: [self.nodes[a as usize].head, self.nodes[b as usize].head],
        });
        self.nodes[a as usize].head = edge;
        self.nodes[b as usize].head = edge;
        self.recharge(edge, impressions);
        self.mark(a);
        self.mark(b);
        Some(edge)
    }

    /// Connects a node with all that are within reach of its level.
    pub fn link(&mut self, node: u32, impressions: &Impressions) {
        let Node { at, level, .. } = self.nodes[node as usize];
        let reach = self.spec.link_radius * self.spacing_at(level);
        let mut near = self.found(at, reach);
        for other in near.drain(..) {
            self.connect(node, other, impressions);
        }
        self.near = near;
    }

    /// m.
    #[must_use]
    pub fn spacing_at(&self, level: u8) -> f64 {
        self.spacing / f64::from(1_u32 << level.min(16))
    }

    /// Lays out the neighbourhood of a node, once: six places around it at `spacing` of `level`, where there are none yet.
    pub fn expand(&mut self, node: u32, impressions: &Impressions) {
        if self.nodes[node as usize].is_expanded {
            return;
        }
        self.nodes[node as usize].is_expanded = true;
        let Node { at, level, .. } = self.nodes[node as usize];
        // Fine places are made where they are needed, and do not spread.
        if level == 0 {
            self.ring(at, level, impressions);
            self.link(node, impressions);
        }
    }

    /// Six places around `at`, in the spacing of `level`, where there are none; how many were made.
    pub fn ring(&mut self, at: Point2<f64>, level: u8, impressions: &Impressions) -> usize {
        let spacing = self.spacing_at(level);
        let mut made = 0;
        for i in 0..6 {
            let (s, c) = math::sin_cos(f64::from(i) * math::PI / 3.0);
            let there = Point2::new(at.x + spacing * c, at.y + spacing * s);
            made += usize::from(self.propose(there, level, impressions).is_some());
        }
        made
    }

    /// A place to try at `there`, with its links, unless there is one near enough for its level.
    pub fn propose(&mut self, there: Point2<f64>, level: u8, impressions: &Impressions) -> Option<u32> {
        let apart = self.spec.merge * self.spacing_at(level);
        if self.nearest(there, apart, |_| true).is_some() {
            return None;
        }
        let node = self.add(there, level)?;
        self.link(node, impressions);
        Some(node)
    }

    /// A way to try where there is reason to think that the body fits through: past the end of a wall. Its two places, unless the
    /// graph is full.
    pub fn invite(
        &mut self,
        from: Point2<f64>,
        to: Point2<f64>,
        same: f64,
        impressions: &Impressions,
    ) -> Option<[u32; 2]> {
        let mut place = |at| {
            if let Some(old) = self.nearest(at, same, |_| true) {
                return Some(old);
            }
            let node = self.add(at, 0)?;
            self.link(node, impressions);
            Some(node)
        };
        let ends = [place(from)?, place(to)?];
        let edge = self.connect(ends[0], ends[1], impressions)?;
        self.edges[edge as usize].is_invited = true;
        self.recharge(edge, impressions);
        Some(ends)
    }

    /// The cost of all edges into a node has changed.
    pub fn mark_around(&mut self, node: u32) {
        let mut edge = self.nodes[node as usize].head;
        while edge != NONE {
            let e = self.edges[edge as usize];
            let side = usize::from(e.ends[1] == node);
            self.mark(e.ends[1 - side]);
            edge = e.next[side];
        }
    }

    fn mark_ends(&mut self, edge: u32) {
        let [a, b] = self.edges[edge as usize].ends;
        self.mark(a);
        self.mark(b);
    }

    fn mark(&mut self, node: u32) {
        if !self.is_changed[node as usize] {
            self.is_changed[node as usize] = true;
            self.changed.push(node);
        }
    }

    /// One of the nodes whose edges changed since this was last asked.
    pub fn take_changed(&mut self) -> Option<u32> {
        let node = self.changed.pop()?;
        self.is_changed[node as usize] = false;
        Some(node)
    }
}

value!(struct Node { at, visits, reached, level, inhibition, misses, is_expanded, head, next_in_cell });
value!(struct Edge {
    ends, length, strength, failures, uses, charge, is_blocked, since, is_invited, is_closed, next
});
// `near` is made anew whenever it is used.
saved!(Graph {
    now, nodes: list, edges: list, long: list, ends, changed: list, is_changed, origin, cells, dirty: list, is_dirty, is_full;
    spec, spacing, size, cell, columns, rows, near
} then Self::is_whole);

impl Graph {
    /// Whether what was loaded names only places and edges that are there, in chains that end.
    fn is_whole(&mut self) -> bool {
        let (nodes, edges) = (self.nodes.len(), self.edges.len());
        let is = |index: u32, count: usize| index == NONE || (index as usize) < count;
        let all = |list: &[u32], count: usize| list.iter().all(|index| (*index as usize) < count);
        let known =
            self.edges.iter().all(|e| all(&e.ends, nodes) && e.next.iter().all(|next| is(*next, edges)))
                && self.nodes.iter().all(|n| is(n.head, edges) && is(n.next_in_cell, nodes))
                && self.cells.iter().chain(&self.ends).all(|node| is(*node, nodes))
                && all(&self.long, edges)
                && all(&self.changed, self.is_changed.len())
                && all(&self.dirty, self.is_dirty.len());
        if !known {
            return false;
        }
        // Each node lies in one cell, each edge in the lists of its two ends.
        let mut left = nodes;
        for first in &self.cells {
            let mut at = *first;
            while at != NONE {
                let Some(fewer) = left.checked_sub(1) else { return false };
                (at, left) = (self.nodes[at as usize].next_in_cell, fewer);
            }
        }
        let mut left = 2 * edges;
        for (node, first) in self.nodes.iter().enumerate() {
            let mut at = first.head;
            while at != NONE {
                let Some(fewer) = left.checked_sub(1) else { return false };
                let edge = &self.edges[at as usize];
                (at, left) = (edge.next[usize::from(edge.ends[1] as usize == node)], fewer);
            }
        }
        true
    }
}
