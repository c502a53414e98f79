//! What holds for every optimiser: it climbs, its state is all that it knows, and no score can break it.

use neuraxis_optimizer::{AskTell, CmaEs, Es, RandomSearch};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The top of the hill.
const TOP: [f64; 3] = [1.0, -2.0, 0.5];

/// A hill with its top, 0, at [`TOP`], which is steeper along later parameters.
fn height(parameters: &[f64]) -> f64 {
    -parameters.iter().zip(TOP).zip(1..).map(|((p, t), w)| f64::from(w) * (p - t) * (p - t)).sum::<f64>()
}

fn climb<S: AskTell>(search: &mut S, generations: std::ops::Range<usize>) {
    for generation in generations {
        let scores: Vec<f64> = search.ask(7, generation).iter().map(|candidate| height(candidate)).collect();
        assert_eq!(scores.len(), search.population());
        search.tell(7, generation, &scores);
    }
}

fn es() -> Es {
    Es::new(vec![0.0; 3], 16, 0.1, 0.1)
}

fn cma_es() -> CmaEs {
    CmaEs::new(vec![0.0; 3], 8, 0.5)
}

fn random_search() -> RandomSearch {
    RandomSearch::new(vec![0.0; 3], 64, 1.0)
}

#[test]
fn an_optimiser_on_a_quadratic_comes_near_its_top() {
    let (mut es, mut cma_es, mut random) = (es(), cma_es(), random_search());
    climb(&mut es, 0..200);
    climb(&mut cma_es, 0..60);
    climb(&mut random, 0..1);
    assert!(height(es.center()) > -1e-2, "{:?}", es.center());
    assert!(height(cma_es.center()) > -1e-6, "{:?}", cma_es.center());
    assert!(height(random.center()) > height(&[0.0; 3]), "{:?}", random.center());
}

fn resumes<S: AskTell + Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(new: fn() -> S) {
    let (mut whole, mut part) = (new(), new());
    climb(&mut whole, 0..20);
    climb(&mut part, 0..9);
    let text = serde_json::to_string(&part).expect("text");
    let mut rest: S = serde_json::from_str(&text).expect("its own state");
    assert!(rest.is_whole(3) && !rest.is_whole(2));
    climb(&mut rest, 9..20);
    assert_eq!(rest, whole);
}

#[test]
fn an_optimiser_written_down_and_read_back_goes_on_to_the_bit() {
    resumes(es);
    resumes(cma_es);
    resumes(random_search);
}

fn stays_finite<S: AskTell>(mut search: S) {
    let population = search.population();
    for (generation, score) in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0].into_iter().enumerate() {
        search.tell(7, generation, &vec![score; population]);
    }
    assert!(search.is_whole(3), "{:?}", search.center());
}

#[test]
fn an_optimiser_told_scores_that_are_not_finite_stays_finite() {
    stays_finite(es());
    stays_finite(cma_es());
    stays_finite(random_search());
}

#[test]
fn a_candidate_scored_nan_counts_as_the_worst() {
    let mut random = random_search();
    let candidates = random.ask(7, 0);
    let mut scores = vec![f64::NAN; candidates.len()];
    scores[5] = -1e9;
    random.tell(7, 0, &scores);
    assert_eq!(random.center(), candidates[5]);
}
