//! All that a brain remembers: saved between two ticks, and loaded into a brain that was built from the same files.

use neuraxis_core::{Archive, ArchiveError, Origin, saved};

use crate::tick::RobotBrain;

/// The names of the sections that are of no part.
const BRAIN: &str = "brain";
const SUPERVISOR: &str = "safety_supervisor";

impl RobotBrain {
    /// All that it remembers: its goals, the safety supervisor's state and that of every part. It takes memory: for the time
    /// between two ticks.
    #[must_use]
    pub fn save(&self) -> Archive {
        let (spec, body) = &*self.built_from;
        let mut archive = Archive::default();
        archive.put(BRAIN, Origin::of(body, &spec.settle), self);
        archive.put(SUPERVISOR, Origin::of(body, &spec.safety), &self.supervisor);
        for (part, origin) in self.parts.each().zip(self.parts.origins(spec, body)) {
            part.save(&mut archive, origin);
        }
        archive
    }

    /// Remembers what the brain that was saved did, in the place of all that it remembered: its next decisions are those of that
    /// brain, to the bit. An emergency stop is an input of each tick, and no memory: what is pressed stays pressed.
    ///
    /// # Errors
    /// If the archive is of another brain: of another body, other settings, other parts, another version; then nothing is changed.
    pub fn load(&mut self, from: &Archive) -> Result<(), ArchiveError> {
        let before = self.save();
        if let Err(error) = self.load_all(from) {
            // What it said of itself a moment ago it understands.
            let _ = self.load_all(&before);
            return Err(error);
        }
        Ok(())
    }

    fn load_all(&mut self, from: &Archive) -> Result<(), ArchiveError> {
        let built_from = self.built_from.clone();
        let (spec, body) = &*built_from;
        from.get(BRAIN, Origin::of(body, &spec.settle), self)?;
        from.get(SUPERVISOR, Origin::of(body, &spec.safety), &mut self.supervisor)?;
        let origins = self.parts.origins(spec, body);
        self.parts.each_mut().zip(origins).try_for_each(|(part, origin)| part.load(from, origin))
    }
}

saved!(RobotBrain {
    decision, goals: list::free, landmarks, last_tick, first_tick, asked, sent; parts, supervisor, settle, limits, rest, built_from
});
