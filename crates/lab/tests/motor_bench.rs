//! The bench of motor circuits: its golden rows hold, and it has the rows that it should.

use std::sync::atomic::AtomicBool;

use neuraxis_lab::bench::motor::{MotorBenchConfig, run};
use neuraxis_lab::bench::motor_page;
use neuraxis_lab::bench::motor_rows::{Bound, Row};

fn rows(only: &str) -> Vec<Row> {
    let config =
        MotorBenchConfig { only: Some(only.to_owned()), trained: None, starts: 10, seed: 0, jobs: 2 };
    run(&config, &AtomicBool::new(false), &|_, _| {}).expect("bodies").expect("not stopped")
}

#[test]
fn the_golden_trace_of_the_swimmer_holds_through_percepts_and_commands() {
    let rows = rows("golden");
    assert_eq!(rows.len(), 3);
    for row in &rows {
        assert_eq!(row.holds(), Some(true), "{row:?}");
        assert_ne!(row.is_aim_reached(), Some(false), "{row:?}");
    }
    let page = motor_page::page(&rows, "neuraxis bench motor --only <golden>");
    assert!(page.contains("lag a joint") && page.contains("&lt;golden&gt;"));
}

#[test]
fn circuits_and_water_are_those_of_their_sources() {
    for (part, count) in [("circuits alone", 4), ("water", 4)] {
        let rows = rows(part);
        assert_eq!(rows.len(), count);
        for row in &rows {
            assert_eq!(row.holds(), Some(true), "{row:?}");
        }
    }
    assert_eq!(rows("authors, count")[0].measured, 690.0);
}

#[test]
fn returns_from_the_peers_starts_equal_the_peers() {
    let rows = rows("no oscillator");
    assert_eq!(rows.len(), 2);
    // From other ten starts the mean was 95: what is left without an oscillator is the start.
    assert!((rows[0].measured - 49.7).abs() < 5.0, "{rows:?}");
    assert!(rows[1].measured < 5.0 && rows[1].holds() == Some(true), "{rows:?}");
}

#[test]
fn a_row_is_found_by_its_name_and_says_whether_it_holds() {
    let rows = rows("no torque");
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].measured, rows[0].holds()), (0.0, Some(true)));
    let mut wrong = rows[0].clone();
    wrong.measured = 26.0;
    assert_eq!(wrong.holds(), Some(false));
    wrong.measured = f64::NAN;
    assert_eq!(wrong.holds(), Some(false));
    assert!(Bound::AtLeast(2.0).holds(2.0) && !Bound::AtMost(1.0).holds(2.0));
}

#[test]
fn a_bench_that_is_stopped_has_no_rows() {
    let config = MotorBenchConfig { only: None, trained: None, starts: 10, seed: 0, jobs: 1 };
    assert!(run(&config, &AtomicBool::new(true), &|_, _| {}).expect("bodies").is_none());
}
