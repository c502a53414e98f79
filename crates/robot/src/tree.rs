//! The tree of a model's links, whatever a link holds: parents before children, and one link of those that fixed joints hold together.
//!
//! The reader here and that of the physics engine sort and merge links by this, so that both number them alike.

use glamx::Pose3 as Pose;

/// Where each link goes so that parents stand before their children: the new place of each. Links of the same depth keep their order.
///
/// `parents` are those of the links; a chain that leads round in a circle ends all the same.
#[must_use]
pub fn parents_first(parents: &[Option<usize>]) -> Vec<usize> {
    let count = parents.len();
    let depth = |link: usize| std::iter::successors(parents[link], |up| parents[*up]).take(count).count();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|link| depth(*link));
    let mut place = vec![0; count];
    for (new, old) in order.iter().enumerate() {
        place[*old] = new;
    }
    place
}

/// `items` in the order that `place` gives them.
#[must_use]
pub fn placed<T>(items: Vec<T>, place: &[usize]) -> Vec<T> {
    let mut items: Vec<(usize, T)> = place.iter().copied().zip(items).collect();
    items.sort_by_key(|(place, _)| *place);
    items.into_iter().map(|(_, item)| item).collect()
}

/// Where links go that fixed joints hold together.
#[derive(Clone, Debug)]
pub struct Merging {
    /// For each link the one that it becomes a part of (itself, if it stays), and its pose in that one's frame.
    pub home: Vec<(usize, Pose)>,
    /// The index that each link has when those that do not stay are gone; of one that does not stay it means nothing.
    pub index: Vec<usize>,
}

impl Merging {
    /// For links that stand at `poses` in the model's frame, parents first; `fixed` are parent and child of each fixed joint.
    #[must_use]
    pub fn new(poses: &[Pose], fixed: impl Iterator<Item = (usize, usize)>) -> Self {
        let count = poses.len();
        let mut up: Vec<usize> = (0..count).collect();
        for (parent, child) in fixed {
            up[child] = parent;
        }
        let mut home: Vec<(usize, Pose)> = Vec::with_capacity(count);
        for (link, pose) in poses.iter().enumerate() {
            let mut stays = link;
            // Parents come first, so the chain ends; the bound is for a file that lies.
            for _ in 0..count {
                if up[stays] == stays {
                    break;
                }
                stays = up[stays];
            }
            home.push((stays, poses[stays].inverse() * *pose));
        }
        let mut kept = 0;
        let index = (0..count).map(|link| {
            let index = kept;
            kept += usize::from(home[link].0 == link);
            index
        });
        let index = index.collect();
        Self { home, index }
    }

    /// Whether the link `link` stays a link.
    #[must_use]
    pub fn stays(&self, link: usize) -> bool {
        self.home[link].0 == link
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_with_parents_behind_them_are_put_after_them() {
        // 0 hangs on 2, 1 on 0.
        let place = parents_first(&[Some(2), Some(0), None, None]);
        assert_eq!(place, [2, 3, 0, 1]);
        assert_eq!(placed(vec!["a", "b", "root", "other"], &place), ["root", "other", "a", "b"]);
    }

    #[test]
    fn links_in_a_circle_are_no_endless_loop() {
        assert_eq!(parents_first(&[Some(1), Some(0)]).len(), 2);
    }

    #[test]
    fn links_on_a_chain_of_fixed_joints_become_one() {
        let poses = [0.0, 1.0, 3.0, 4.0].map(|x| Pose::translation(x, 0.0, 0.0));
        let merging = Merging::new(&poses, [(0, 1), (1, 2)].into_iter());
        assert_eq!(merging.home.iter().map(|(stays, _)| *stays).collect::<Vec<_>>(), [0, 0, 0, 3]);
        assert_eq!(merging.home[2].1.translation.x, 3.0);
        assert_eq!((merging.index[0], merging.index[3]), (0, 1));
        assert!(merging.stays(3) && !merging.stays(1));
    }
}
