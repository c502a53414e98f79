//! Draws the wirings of all motor circuits into a folder: `cargo run -p neuraxis-motor --example draw -- out/circuits`.

use std::path::PathBuf;

use neuraxis_motor::quadruped::rhythm;
use neuraxis_motor::{QuadrupedSpec, SwimmerSpec};
use neuraxis_neural::draw;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "out/circuits".to_owned()));
    std::fs::create_dir_all(&folder)?;
    for (name, wiring) in [
        ("swimmer3", SwimmerSpec::default().wiring(2)),
        ("swimmer6", SwimmerSpec::default().wiring(5)),
        ("rhythm", rhythm::wiring(0.03, rhythm::START)),
        ("quadruped", QuadrupedSpec::default().wiring()),
    ] {
        let path = folder.join(format!("{name}.svg"));
        std::fs::write(&path, draw::svg(&wiring))?;
        println!("{}", path.display());
    }
    Ok(())
}
