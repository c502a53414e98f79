//! The random starts that the peer's numbers come from, so that ours come from the same ones.
//!
//! `data/swimmer_starts.csv`: the starts of `dm_control` 1.0.50's swimmer of 3 to 12 links with `random` = 0 to 9, as its
//! `initialize_episode` draws them (heading, then the joints from the head on, rad), and the returns from there of the circuit of
//! Bhattasali et al. (2022), untrained: whole, without its oscillator, without proprioception. `scripts/peer_swimmer.py` writes it.

use std::sync::LazyLock;

use neuraxis_core::math;

use crate::motor::Start;

/// A start, and what the peer's circuit comes to from there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PeerStart {
    /// Links of the swimmer.
    pub links: usize,
    /// Seed of the peer's task.
    pub seed: u64,
    /// Return of the whole circuit.
    pub whole: f64,
    /// Return without its oscillator, where that was measured.
    pub no_oscillator: Option<f64>,
    /// Return without proprioception, where that was measured.
    pub no_proprioception: Option<f64>,
    /// Heading as the peer counts it, rad: its head looks along -y.
    pub yaw: f64,
    /// The joints from the head on, rad.
    pub joints: Vec<f64>,
}

static STARTS: LazyLock<Vec<PeerStart>> = LazyLock::new(|| {
    let number = |cell: Option<&str>| cell.and_then(|cell| cell.parse::<f64>().ok());
    let rows = include_str!("data/swimmer_starts.csv").lines().skip(1);
    rows.map(|row| {
        let mut cells = row.split(',');
        PeerStart {
            links: number(cells.next()).unwrap_or_default() as usize,
            seed: number(cells.next()).unwrap_or_default() as u64,
            whole: number(cells.next()).unwrap_or(f64::NAN),
            no_oscillator: number(cells.next()),
            no_proprioception: number(cells.next()),
            yaw: number(cells.next()).unwrap_or(f64::NAN),
            joints: cells.map(|cell| cell.parse().unwrap_or(f64::NAN)).collect(),
        }
    })
    .collect()
});

/// The peer's start with this seed, if it is one of its ten.
#[must_use]
pub fn peer(links: usize, seed: u64) -> Option<&'static PeerStart> {
    STARTS.iter().find(|start| start.links == links && start.seed == seed)
}

/// The peer's start with this seed, or one of our own.
pub(super) fn start(links: usize, seed: u64) -> Start {
    peer(links, seed).map_or(Start::Random(seed), |peer| Start::Given {
        yaw: peer.yaw - math::PI / 2.0,
        joints: &peer.joints,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peers_starts_are_a_hundred_and_its_published_means_come_from_them() {
        assert_eq!(STARTS.len(), 100);
        for start in STARTS.iter() {
            let range = neuraxis_sim::swimmer::range(start.links);
            assert_eq!(start.joints.len(), start.links - 1, "{start:?}");
            assert!(start.joints.iter().all(|joint| joint.abs() <= range), "{start:?}");
            assert!(start.yaw.abs() <= math::PI, "{start:?}");
        }
        let mean = |links: usize, pick: fn(&PeerStart) -> f64| {
            (0..10).filter_map(|seed| peer(links, seed)).map(pick).sum::<f64>() / 10.0
        };
        for (links, published) in [(3, 289.5), (6, 798.4), (12, 904.4)] {
            assert!((mean(links, |start| start.whole) - published).abs() < 0.06, "{links}");
        }
        assert!((mean(6, |start| start.no_oscillator.unwrap_or(f64::NAN)) - 49.7).abs() < 0.06);
        assert!((mean(6, |start| start.no_proprioception.unwrap_or(f64::NAN)) - 129.8).abs() < 0.06);
        assert_eq!(start(6, 10), Start::Random(10));
    }
}
