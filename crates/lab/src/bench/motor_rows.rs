//! A row of the table of `neuraxis bench motor`, and what its number has to keep to.

use serde::Serialize;

/// What a number has to keep to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
    /// From the first to the second.
    Within(f64, f64),
}

impl Bound {
    /// Whether `value` keeps to it; a NaN keeps to nothing.
    #[must_use]
    pub fn holds(self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
            Self::Within(low, high) => (low..=high).contains(&value),
        }
    }

    /// In words, with so many digits.
    #[must_use]
    pub fn text(self, digits: usize) -> String {
        match self {
            Self::AtMost(most) => format!("≤ {most:.digits$}"),
            Self::AtLeast(least) => format!("≥ {least:.digits$}"),
            Self::Within(low, high) => format!("{low:.digits$} to {high:.digits$}"),
        }
    }
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Which part of the table.
    pub part: &'static str,
    /// What is measured.
    pub what: String,
    /// What came out.
    pub measured: f64,
    /// Its standard deviation over the starts.
    pub deviation: Option<f64>,
    /// Digits that are worth printing.
    #[serde(skip)]
    pub digits: usize,
    /// What must hold.
    pub must: Option<Bound>,
    /// What is aimed at.
    pub aim: Option<Bound>,
    /// The peer's number.
    pub peer: Option<f64>,
    /// What was measured, over the peer's number, where both are of the same run.
    pub ratio: Option<f64>,
    /// Whether it comes out the same each time.
    pub is_deterministic: bool,
}

impl Row {
    /// The peer's number in words, with how many times it was reached.
    #[must_use]
    pub fn peer_text(&self) -> String {
        let digits = self.digits;
        match (self.peer, self.ratio) {
            (Some(peer), Some(ratio)) => format!("{peer:.digits$} ({ratio:.2} ×)"),
            (Some(peer), None) => format!("{peer:.digits$}"),
            (None, _) => "-".to_owned(),
        }
    }

    /// Whether what must hold does; none if nothing must.
    #[must_use]
    pub fn holds(&self) -> Option<bool> {
        self.must.map(|must| must.holds(self.measured))
    }

    /// How that is said.
    #[must_use]
    pub fn verdict(&self) -> &'static str {
        match (self.holds(), self.is_aim_reached()) {
            (Some(false), _) => "NO",
            (Some(true), Some(true)) => "yes, aim too",
            (Some(true), _) => "yes",
            (None, Some(true)) => "aim reached",
            (None, Some(false)) => "aim missed",
            (None, None) => "-",
        }
    }

    /// Whether the aim is reached; none if there is none.
    #[must_use]
    pub fn is_aim_reached(&self) -> Option<bool> {
        self.aim.map(|aim| aim.holds(self.measured))
    }
}
