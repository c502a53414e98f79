//! Benches: whole tables that say how a mechanism does against its baselines, in the simulator.

pub mod fusion;
pub mod fusion_page;
pub mod motor;
pub mod motor_page;
mod motor_parts;
pub mod motor_rows;
pub mod motor_starts;
pub mod navigation;
mod navigation_drive;
pub mod navigation_page;
pub mod navigation_table;
pub mod oracle;
mod page;
pub mod walk;
