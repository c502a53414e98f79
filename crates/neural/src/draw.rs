//! A circuit as a drawing.
