//! Learning curves of many trainings: those that differ in their seed alone are one arm, drawn as its median and its range.

use plotters::prelude::*;

use super::{Algorithm, Checkpoint, Point};

/// Width and height, pixels.
const SIZE: (u32, u32) = (760, 400);
/// Points of a drawn curve.
const POINTS: usize = 200;
/// Of Okabe and Ito (2008): told apart by most eyes.
const COLORS: [RGBColor; 6] = [
    RGBColor(0, 0x72, 0xb2),
    RGBColor(0xd5, 0x5e, 0),
    RGBColor(0, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xe6, 0x9f, 0),
    RGBColor(0x56, 0xb4, 0xe9),
];

/// Trainings of one circuit by one search at one task.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// Robot, circuit, how many parameters are trained, search, task.
    pub name: String,
    /// One a seed.
    pub curves: Vec<Vec<Point>>,
}

impl Arm {
    /// Control steps that all of its trainings have reached.
    #[must_use]
    pub fn reached(&self) -> u64 {
        self.curves.iter().map(|curve| curve.last().map_or(0, |point| point.steps)).min().unwrap_or(0)
    }

    /// Least, median and greatest of the best scores so far, after `steps` control steps. None before the first score.
    #[must_use]
    pub fn at(&self, steps: u64) -> Option<[f64; 3]> {
        let best = |curve: &Vec<Point>| {
            curve.iter().rev().find(|point| point.steps <= steps).map(|point| point.best)
        };
        let mut scores: Vec<f64> = self.curves.iter().map(best).collect::<Option<_>>()?;
        scores.sort_by(f64::total_cmp);
        let (first, last) = (scores.first()?, scores.last()?);
        let middle = f64::midpoint(scores[(scores.len() - 1) / 2], scores[scores.len() / 2]);
        Some([*first, middle, *last])
    }
}

/// Sorts trainings into arms, in the order in which they come.
#[must_use]
pub fn arms(trainings: &[Checkpoint]) -> Vec<Arm> {
    let mut arms: Vec<Arm> = Vec::new();
    for training in trainings {
        let identity = &training.identity;
        let search = match training.optimizer.algorithm() {
            Algorithm::Es => "es",
            Algorithm::CmaEs => "cma-es",
            Algorithm::Random => "random",
            Algorithm::Ppo => "ppo",
        };
        let count = training.free.len();
        let mut name = format!(
            "{}: {}, {count} parameters, {search}, {}",
            identity.robot,
            identity.circuit,
            identity.task.title()
        );
        if let Some(episodes) = training.episodes {
            // What is the mean of other episodes is another number.
            name += &format!(", {episodes} episodes a score");
        }
        match arms.iter_mut().find(|arm| arm.name == name) {
            Some(arm) => arm.curves.push(training.curve.clone()),
            None => arms.push(Arm { name, curves: vec![training.curve.clone()] }),
        }
    }
    arms
}

/// Best score so far over control steps: for each arm its median, on the band from its least to its greatest.
#[must_use]
pub fn spread_svg(arms: &[Arm]) -> String {
    let mut out = String::new();
    if draw(&mut out, arms).is_err() {
        // Text into a string cannot fail; if it does, the numbers still stand in the table.
        out.clear();
    }
    out
}

type Drawn<'a> = Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>>;

fn draw<'a>(out: &'a mut String, arms: &[Arm]) -> Drawn<'a> {
    let last = arms.iter().map(Arm::reached).max().unwrap_or(0).max(1);
    let all = || arms.iter().flat_map(|arm| [arm.at(0), arm.at(arm.reached())]).flatten();
    let low = all().map(|spread| spread[0]).fold(0.0, f64::min);
    let high = all().map(|spread| spread[2]).fold(1e-3, f64::max) * 1.05;
    let area = SVGBackend::with_string(out, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(10)
        .x_label_area_size(34)
        .y_label_area_size(58)
        .build_cartesian_2d(0.0..last as f64, low..high)?;
    chart
        .configure_mesh()
        .x_desc("control steps")
        .y_desc("best return so far: median and range over seeds")
        .light_line_style(WHITE)
        .x_labels(9)
        .x_label_formatter(&|steps| format!("{steps:.0}"))
        .y_label_formatter(&|score| format!("{score:.0}"))
        .y_labels(6)
        .draw()?;
    for (arm, color) in arms.iter().zip(COLORS.iter().cycle()) {
        let spreads: Vec<(f64, [f64; 3])> = (0..=POINTS as u64)
            .map(|i| arm.reached() * i / POINTS as u64)
            .filter_map(|steps| Some((steps as f64, arm.at(steps)?)))
            .collect();
        let upper = spreads.iter().map(|(steps, spread)| (*steps, spread[2]));
        let lower = spreads.iter().rev().map(|(steps, spread)| (*steps, spread[0]));
        chart.draw_series([Polygon::new(upper.chain(lower).collect::<Vec<_>>(), color.mix(0.2))])?;
        let median = spreads.iter().map(|(steps, spread)| (*steps, spread[1]));
        let own = *color;
        chart
            .draw_series(LineSeries::new(median, own.stroke_width(2)))?
            .label(format!("{} ({} seeds)", arm.name, arm.curves.len()))
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], own.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.8))
        .draw()?;
    area.present()?;
    drop(chart);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(bests: &[f64]) -> Vec<Point> {
        let point = |(i, best): (usize, &f64)| Point {
            generation: i,
            steps: 100 * i as u64,
            score: *best,
            mean: *best,
            best: *best,
        };
        bests.iter().enumerate().map(point).collect()
    }

    #[test]
    fn an_arm_is_as_long_as_its_shortest_training_and_has_a_median_and_a_range() {
        let curves = vec![curve(&[1.0, 5.0, 9.0]), curve(&[3.0, 4.0]), curve(&[2.0, 8.0, 8.5])];
        let arm = Arm { name: "it".to_owned(), curves };
        assert_eq!(arm.reached(), 100);
        assert_eq!(arm.at(0), Some([1.0, 2.0, 3.0]));
        assert_eq!(arm.at(99), arm.at(0), "a score holds until the next");
        assert_eq!(arm.at(100), Some([4.0, 5.0, 8.0]));
        let two = Arm { curves: arm.curves[..2].to_vec(), ..arm.clone() };
        assert_eq!(two.at(100), Some([4.0, 4.5, 5.0]));
        assert_eq!(Arm { curves: vec![Vec::new()], ..arm.clone() }.at(5), None);
        let svg = spread_svg(&[arm]);
        assert!(
            svg.contains("it (3 seeds)") && svg.contains("<polygon") && svg.ends_with("</svg>\n"),
            "{svg}"
        );
    }
}
