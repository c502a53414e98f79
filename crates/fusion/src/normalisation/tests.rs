//! The read-out holds to its equations, to the tables of its page, and to numbers that are none.

use super::*;

const STRENGTHS: [f64; 7] = [0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0];
const D_PRIMES: [f64; 6] = [1.5, 2.0, 2.5, 3.0, 3.5, 4.0];

fn falls(values: &[f64]) -> bool {
    values.windows(2).all(|pair| pair[0] > pair[1])
}

fn logistic(logit: f64) -> f64 {
    1.0 / (1.0 + math::exp(-logit))
}

fn detection(prior: f64) -> [f64; 6] {
    D_PRIMES.map(|d_prime| {
        let (single, multi) = detection_enhancement(d_prime, prior);
        enhancement(multi, single)
    })
}

#[test]
fn a_single_unit_is_inversely_effective_and_follows_the_closed_form() {
    for exponent in [1.0, 2.0, 2.5, 4.0] {
        for semisaturation in [0.5, 1.0, 16.0] {
            let unit = Normalisation { exponent, semisaturation };
            let gains = STRENGTHS.map(|s| enhancement(unit.response(2.0 * s), unit.response(s)));
            assert!(falls(&gains), "{unit:?}: {gains:?}");
            for (s, gain) in STRENGTHS.into_iter().zip(gains) {
                let (both, s) = (math::pow(2.0, exponent), math::pow(s / semisaturation, exponent));
                let literal = both * (1.0 + s) / (1.0 + both * s) - 1.0;
                assert!((gain - literal).abs() < 1e-6, "{unit:?}");
            }
            for (s, gain) in STRENGTHS.into_iter().zip(gains) {
                assert!((gain - unit.equal_cue_enhancement(s)).abs() < 1e-6, "{unit:?}");
            }
        }
    }
    let unit = Normalisation::default();
    let gains = STRENGTHS.map(|s| enhancement(unit.response(2.0 * s), unit.response(s)));
    assert!(gains[0] >= 1.0 && gains[6] <= 0.3, "{gains:?}");
    let table = [288.5, 240.0, 150.0, 60.0, 17.6, 4.6, 1.2];
    for (gain, expected) in gains.into_iter().zip(table) {
        assert!((100.0 * gain - expected).abs() < 0.06, "{gains:?}");
    }
}

#[test]
fn the_pool_gives_the_reference_table_and_turns_from_super_to_sub_additive() {
    let pool = Population::<11, 2>::by_dominance(Normalisation::default());
    let gains = STRENGTHS.map(|s| {
        let single = pool.balanced(&[s, 0.0]).max(pool.balanced(&[0.0, s]));
        100.0 * enhancement(pool.balanced(&[s, s]), single)
    });
    let sums = STRENGTHS
        .map(|s| additivity(pool.balanced(&[s, s]), pool.balanced(&[s, 0.0]), pool.balanced(&[0.0, s])));
    assert!(falls(&gains) && falls(&sums), "{gains:?} {sums:?}");
    let reference = [295.0, 271.0, 211.0, 120.0, 58.0, 35.0, 29.0];
    for (gain, expected) in gains.into_iter().zip(reference) {
        assert!((gain - expected).abs() < 0.6, "{gains:?}");
    }
    let reference = [0.33, 0.30, 0.22, 0.05, -0.12, -0.19, -0.22];
    for (sum, expected) in sums.into_iter().zip(reference) {
        assert!((sum - expected).abs() < 0.006, "{sums:?}");
    }
    assert!(sums[3] > 0.0 && sums[4] < 0.0);
}

#[test]
fn a_pools_response_equals_the_equation() {
    let unit = Normalisation { exponent: 2.5, semisaturation: 3.0 };
    let weights = [[1.0, 0.0, 0.3], [0.5, 1.0, 0.0], [0.2, 0.7, 1.0], [1.0, 1.0, 1.0]];
    let pool = Population::new(unit, weights);
    let cues = [0.7, 12.0, 3.0];
    let drives = weights.map(|d| d.iter().zip(cues).map(|(d, cue)| d * cue).sum::<f64>());
    let powers = drives.map(|drive| math::pow(drive, 2.5));
    let shared = math::pow(3.0, 2.5) + powers.iter().sum::<f64>() / 4.0;
    let mut responses = [9.0; 6];
    pool.respond(&cues, &mut responses);
    for (response, power) in responses.into_iter().zip(powers) {
        assert!((response - power / shared).abs() < 1e-12);
    }
    assert_eq!(responses[4..], [0.0, 0.0], "there is no fifth unit");
    assert!((pool.balanced(&cues) - responses[3]).abs() < 1e-12, "the last unit is the balanced one");
    let mut first = [9.0; 1];
    pool.respond(&cues, &mut first);
    assert_eq!(first[0], responses[0], "a short buffer takes the first");

    let lone = Population::<1, 2>::by_dominance(unit);
    assert!((lone.balanced(&[1.0, 2.0]) - unit.response(3.0)).abs() < 1e-12, "a lone unit is its own pool");
    let even = Population::<11, 2>::by_dominance(unit);
    let mut responses = [0.0; 11];
    even.respond(&[2.0, 2.0], &mut responses);
    assert_eq!(responses[5], even.balanced(&[2.0, 2.0]), "the middle unit is the balanced one");
    assert_eq!((even.weights()[0], even.weights()[10]), ([1.0, 0.0], [0.0, 1.0]));
}

#[test]
fn a_cue_that_a_unit_hardly_weighs_suppresses_it() {
    // The model's own prediction (Ohshiro et al. 2011): the cue is in the pool, and not in the drive.
    let pool = Population::<11, 2>::by_dominance(Normalisation::default());
    let (mut one, mut both) = ([0.0; 11], [0.0; 11]);
    pool.respond(&[2.0, 0.0], &mut one);
    pool.respond(&[2.0, 2.0], &mut both);
    assert!(both[0] < one[0]);
}

#[test]
fn the_posterior_is_the_logistic_function_of_the_log_odds() {
    for i in -500..=500 {
        let logit = f64::from(i) / 10.0;
        let posterior = Detector { prior_logit: logit }.posterior([]);
        assert!((posterior - logistic(logit)).abs() < 1e-12, "{logit}");
        let posterior = Detector { prior_logit: -2.0 }.posterior([(0.5, logit), (2.0, 1.5)]);
        assert!((posterior - logistic(0.5 * logit + 1.0)).abs() < 1e-12, "{logit}");
    }
    for rate in [1e-6, 1e-3, 0.05, 0.5, 0.9] {
        assert!((Detector::from_base_rate(rate).posterior([]) - rate).abs() < 1e-12);
    }
    assert_eq!(Detector::default(), Detector::from_base_rate(0.01));
}

#[test]
fn detecting_a_rare_event_is_inversely_effective_and_turns_sub_additive() {
    for prior in [0.00143, 0.002, 0.005, BASE_RATE, 0.02, 0.03, 0.0396] {
        let gains = detection(prior);
        assert!(falls(&gains), "{prior}: {gains:?}");
        assert!(gains[0] > 1.0 && gains[5] < 1.0, "{prior}: {gains:?}");
    }
    for (prior, expected) in [
        (0.05, [88.6, 73.4, 52.5, 34.6, 21.5, 12.6]),
        (0.02, [139.9, 116.3, 80.9, 52.1, 31.9, 18.6]),
        (BASE_RATE, [190.7, 161.6, 110.4, 69.8, 42.2, 24.4]),
        (0.001, [430.2, 452.3, 299.8, 176.3, 100.7, 56.5]),
    ] {
        let gains = detection(prior);
        for (gain, expected) in gains.into_iter().zip(expected) {
            assert!((100.0 * gain - expected).abs() < 0.06, "{prior}: {gains:?}");
        }
    }
}

#[test]
fn inverse_effectiveness_is_largest_at_moderate_priors() {
    let common = detection(0.05);
    assert!(falls(&common) && common[0] < 1.0, "never super-additive: {common:?}");
    assert!(detection(0.0398)[0] < 1.0);
    let very_rare = detection(0.001);
    assert!(very_rare[0] < very_rare[1] && falls(&very_rare[1..]), "falls from 2 on only: {very_rare:?}");
    assert!(!falls(&detection(0.0014)));
    for prior in [0.05, BASE_RATE, 0.001] {
        let gains = [0.25, 0.5, 1.0].map(|d_prime| {
            let (single, multi) = detection_enhancement(d_prime, prior);
            enhancement(multi, single)
        });
        assert!(gains[0] < gains[1] && gains[1] < gains[2], "weak cues: {gains:?}");
    }
}

#[test]
fn the_integral_is_that_over_both_cues_and_posteriors_average_to_the_prior() {
    for (prior, d_prime) in [(0.05, 1.5), (BASE_RATE, 4.0), (0.001, 3.0)] {
        let detector = Detector::from_base_rate(prior);
        let cue = GaussianCue { d_prime };
        let (single, multi) = detection_enhancement(d_prime, prior);
        let both = over_noise(|a| {
            over_noise(|b| detector.posterior([a, b].map(|noise| (1.0, cue.llr(d_prime + noise)))))
        });
        assert!((multi - both).abs() < 1e-9, "{prior} {d_prime}: {multi} {both}");
        let without = over_noise(|noise| detector.posterior([(1.0, cue.llr(noise))]));
        assert!((prior * single + (1.0 - prior) * without - prior).abs() < 1e-9);
    }
    assert!((over_noise(|_| 1.0) - 1.0).abs() < 1e-12);
    assert!((over_noise(|x| x * x) - 1.0).abs() < 1e-12);
}

#[test]
fn drives_that_are_no_numbers_or_huge_do_no_harm() {
    let unit = Normalisation::default();
    for drive in [f64::NAN, -1.0, f64::NEG_INFINITY, 0.0, -0.0] {
        assert_eq!(unit.response(drive), 0.0);
    }
    for drive in [f64::INFINITY, f64::MAX, 1e300] {
        assert_eq!(unit.response(drive), 1.0);
    }
    assert_eq!(unit.response(f64::MIN_POSITIVE), 0.0);
    assert_eq!(unit.equal_cue_enhancement(f64::INFINITY), 0.0);
    assert_eq!(unit.equal_cue_enhancement(-1.0), 3.0);
    let broken = Normalisation { exponent: f64::NAN, semisaturation: 1.0 };
    assert_eq!(broken.response(2.0), 0.0);

    let pool = Population::<11, 2>::by_dominance(unit);
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE, -3.0, 0.0, 1.0];
    for a in odd {
        for b in odd {
            let mut responses = [f64::NAN; 11];
            pool.respond(&[a, b, f64::NAN], &mut responses);
            assert!(responses.iter().all(|r| (0.0..=11.0).contains(r)), "{a} {b}: {responses:?}");
            assert!((0.0..=11.0).contains(&pool.balanced(&[a, b])));
        }
    }
    assert_eq!(pool.balanced(&[f64::NAN, 1.0]), pool.balanced(&[0.0, 1.0]), "no number is no cue");
    assert_eq!(pool.balanced(&[1.0]), pool.balanced(&[1.0, 0.0]), "a missing cue is no cue");
    assert_eq!(pool.balanced(&[]), 0.0);
    let strange = Population::new(unit, [[f64::NAN, -1.0], [f64::INFINITY, 1.0]]);
    let mut responses = [0.0; 2];
    strange.respond(&[f64::INFINITY, f64::INFINITY], &mut responses);
    assert_eq!(responses, [0.0, 2.0], "R = E^n / (E^n / 2)");
    assert_eq!(Population::new(unit, [[0.0; 2]; 3]).balanced(&[f64::INFINITY, 1.0]), LARGEST);
    Population::<0, 0>::new(unit, []).respond(&[1.0], &mut responses);
    assert_eq!(responses, [0.0, 0.0]);
}

#[test]
fn evidence_that_is_no_number_or_infinite_does_no_harm() {
    const INF: f64 = f64::INFINITY;
    let detector = Detector::default();
    let prior = detector.posterior([]);
    for nothing in [(1.0, f64::NAN), (f64::NAN, 1.0), (0.0, INF), (-1.0, 3.0), (INF, 0.0)] {
        assert_eq!(detector.posterior([nothing]), prior, "{nothing:?}");
        assert_eq!(
            detector.posterior([nothing, (1.0, 2.0)]),
            detector.posterior([(1.0, 2.0)]),
            "{nothing:?} does not spoil the others"
        );
    }
    assert!(detector.posterior([(1.0, INF)]) > 1.0 - 1e-9);
    assert!(detector.posterior([(1.0, -INF)]) < 1e-9);
    assert!((detector.posterior([(1.0, INF), (INF, -1.0)]) - prior).abs() < 1e-12, "they cancel");
    assert_eq!(detector.logit([(1.0, INF), (1.0, INF)]), LOGIT_LIMIT);
    assert_eq!(Detector { prior_logit: f64::NAN }.posterior([]), 0.5);
    assert_eq!(Detector { prior_logit: INF }.posterior([]), 1.0);
    assert_eq!(Detector::from_base_rate(0.0).prior_logit, -LOGIT_LIMIT);
    assert_eq!(Detector::from_base_rate(7.0).prior_logit, LOGIT_LIMIT);
    for d_prime in [f64::NAN, INF, -INF, 0.0, 1e300, -2.0] {
        for prior in [f64::NAN, INF, -INF, 0.0, 0.01, 1.0] {
            let (single, multi) = detection_enhancement(d_prime, prior);
            assert!((0.0..1.0 + 1e-9).contains(&single), "{d_prime} {prior}: {single}");
            assert!(multi >= single - 1e-12 && multi < 1.0 + 1e-9, "{d_prime} {prior}: {multi}");
        }
    }
    assert_eq!(detection_enhancement(-2.0, 0.01), detection_enhancement(2.0, 0.01));
    assert_eq!(detection_enhancement(f64::NAN, 0.01), detection_enhancement(0.0, 0.01));
    assert!((detection_enhancement(0.0, 0.01).1 - 0.01).abs() < 1e-12, "no cue leaves the prior");
}

#[test]
fn gains_without_a_response_are_defined() {
    assert_eq!((enhancement(0.3, 0.2) * 1e9).round(), 5e8);
    assert_eq!(enhancement(0.0, 0.0), 0.0);
    assert_eq!(enhancement(0.1, 0.0), f64::INFINITY);
    assert_eq!(additivity(0.0, 0.0, 0.0), 0.0);
    assert_eq!(additivity(0.1, 0.0, 0.0), 1.0);
    assert_eq!(additivity(0.0, 0.1, 0.1), -1.0);
    assert!(additivity(0.3, 0.2, 0.2) < 0.0);
    assert_eq!(GaussianCue { d_prime: 2.0 }.llr(1.0), 0.0);
    assert_eq!(GaussianCue { d_prime: 2.0 }.llr(3.0), 4.0);
}
