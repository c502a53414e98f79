//! Optimisers that are asked for candidates and told how good they were; they know no robot and no objective.
//!
//! A generation is a pure function of the state, the seed and the generation's number, and the state can be written down:
//! so a search that was interrupted goes on to the bit, and the order in which candidates are scored does not matter.

mod cma;
mod es;
mod random_search;

use neuraxis_core::random;

pub use cma::CmaEs;
pub use es::Es;
pub use random_search::RandomSearch;

/// An ask-and-tell optimiser: [`ask`](Self::ask) for candidates, score them, [`tell`](Self::tell) the scores.
pub trait AskTell {
    /// Candidates a generation.
    fn population(&self) -> usize;
    /// Where the search stands: the parameters that it would give if it ended now.
    fn center(&self) -> &[f64];
    /// The candidates of a generation; they follow from the state, the seed and the generation.
    fn ask(&self, seed: u64, generation: usize) -> Vec<Vec<f64>>;
    /// How good the candidates of [`Self::ask`] with the same seed and generation were, the more the better, in their order; NaN
    /// counts as the worst.
    fn tell(&mut self, seed: u64, generation: usize, scores: &[f64]);
    /// Whether the state is one of a search over `count` parameters, with finite numbers: it may come from a file.
    fn is_whole(&self, count: usize) -> bool;
}

/// Scores with the worst there is in the place of NaN.
fn without_nan(scores: &[f64]) -> Vec<f64> {
    scores.iter().map(|score| if score.is_nan() { f64::NEG_INFINITY } else { *score }).collect()
}

/// Whether these are `count` finite numbers.
fn are_finite(list: &[f64], count: usize) -> bool {
    list.len() == count && list.iter().all(|v| v.is_finite())
}

/// Whether this can be a standard deviation or a step.
fn is_scale(value: f64) -> bool {
    value.is_finite() && value > 0.0
}

/// Standard normal numbers of one member of one generation.
fn noise(seed: u64, generation: usize, member: usize, count: usize) -> Vec<f64> {
    let mut stream = random::stream(seed, &format!("train/{generation}/{member}"));
    (0..count).map(|_| random::normal(&mut stream)).collect()
}

/// Ranks of `scores`, from -0.5 (the least) to 0.5; equals share the mean of theirs.
fn ranks(scores: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let last = (scores.len().max(2) - 1) as f64;
    let mut ranks = vec![0.0; scores.len()];
    let mut from = 0;
    while from < order.len() {
        let equals = order[from..].iter().take_while(|i| scores[**i] == scores[order[from]]).count().max(1);
        let mean = from as f64 + (equals - 1) as f64 / 2.0;
        for i in &order[from..from + equals] {
            ranks[*i] = mean / last - 0.5;
        }
        from += equals;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::ranks;

    #[test]
    fn tied_scores_share_their_rank() {
        assert_eq!(ranks(&[3.0, 1.0, 2.0]), [0.5, -0.5, 0.0]);
        assert_eq!(ranks(&[1.0, 1.0, 1.0]), [0.0, 0.0, 0.0]);
        assert_eq!(ranks(&[0.0, 0.0, 9.0]), [-0.25, -0.25, 0.5]);
        assert_eq!(ranks(&[f64::NEG_INFINITY, 2.0]), [-0.5, 0.5]);
        assert_eq!(ranks(&[7.0]), [-0.5]);
        assert!(ranks(&[]).is_empty());
    }
}
