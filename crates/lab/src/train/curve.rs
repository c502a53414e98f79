//! The learning curve, as a table for programs and as a picture for people.

use std::fmt::Write as _;

use plotters::prelude::*;

use super::Point;

/// Width and height, pixels.
const SIZE: (u32, u32) = (760, 360);

/// One row a generation, with a header.
#[must_use]
pub fn csv(curve: &[Point]) -> String {
    let mut out = String::from("generation,steps,score,mean,best\n");
    for p in curve {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{},{},{},{},{}", p.generation, p.steps, p.score, p.mean, p.best);
    }
    out
}

/// Score of the centre and mean of the members over control steps; `top` is the greatest return that there can be.
#[must_use]
pub fn svg(curve: &[Point], top: f64) -> String {
    let mut out = String::new();
    if draw(&mut out, curve, top).is_err() {
        // Text into a string cannot fail; if it does, the numbers still stand in the table.
        out.clear();
    }
    out
}

type Drawn<'a> = Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>>;

fn draw<'a>(out: &'a mut String, curve: &[Point], top: f64) -> Drawn<'a> {
    let last = curve.last().map_or(0, |point| point.steps).max(1) as f64;
    let area = SVGBackend::with_string(out, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(10)
        .x_label_area_size(34)
        .y_label_area_size(46)
        .build_cartesian_2d(0.0..last, 0.0..top)?;
    chart
        .configure_mesh()
        .x_desc("control steps")
        .y_desc("return: centre (blue), mean of the members (orange)")
        .light_line_style(WHITE)
        .x_labels(9)
        .y_labels(6)
        .draw()?;
    let of = |pick: fn(&Point) -> f64| curve.iter().map(move |point| (point.steps as f64, pick(point)));
    chart.draw_series(LineSeries::new(of(|p| p.mean), RGBColor(0xd5, 0x5e, 0).stroke_width(1)))?;
    chart.draw_series(LineSeries::new(of(|p| p.score), RGBColor(0, 0x72, 0xb2).stroke_width(2)))?;
    area.present()?;
    drop(chart);
    Ok(())
}
