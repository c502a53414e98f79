//! A trial: a session over an arena, with robots that have tasks, a scorer, and perhaps a recorder.

use neuraxis_brain::{Driver, Pace, Session, SessionError};
use neuraxis_core::observer::Observer;
use neuraxis_core::{Brain, Percepts, Stamp};
use neuraxis_sim::app::Stepped;
use neuraxis_sim::scene::SceneSpec;
use neuraxis_sim::scene::world::{Assignment, WorldInstance};
use neuraxis_sim::{Arena, RobotModel, SimRobot};

use crate::score::{Score, Scorer};

/// A robot, ready to be put into a trial.
pub struct Participant {
    /// Its file and model.
    pub robot: RobotModel,
    /// Its brain, and how often it thinks, Hz; a body without a brain is left alone.
    pub brain: Option<(Box<dyn Brain>, f64)>,
}

/// A robot of a trial, all that is known of it.
#[derive(Clone, Copy)]
pub struct TrialRobot<'a> {
    /// Its body.
    pub sim: &'a SimRobot,
    /// Its file and model.
    pub model: &'a RobotModel,
    /// Its brain, if it has one that has not crashed.
    pub brain: Option<&'a dyn Brain>,
    /// What it has to do.
    pub task: &'a Assignment,
    /// What was measured of it.
    pub score: &'a Score,
    /// What it sensed last.
    pub percepts: &'a Percepts,
}

/// Those who look on: the scorer, then perhaps a recorder.
type Watchers = (((), Scorer), Option<Box<dyn Observer>>);

/// One scene and one seed, its robots and their brains, and how they do.
pub struct Trial {
    /// Which trial this is.
    pub number: usize,
    /// The scene's name.
    pub scene: String,
    /// Seed of the trial.
    pub seed: u64,
    session: Session<'static, Arena, Watchers>,
    error: Option<SessionError>,
}

impl Trial {
    /// Sets up the trial: the world, robots at their starts, brains told their goals.
    #[must_use]
    pub fn new(
        number: usize,
        seed: u64,
        scene: &SceneSpec,
        layout: WorldInstance,
        robots: Vec<Participant>,
    ) -> Self {
        let tasks = layout.assignments.clone();
        let (models, brains): (Vec<_>, Vec<_>) = robots.into_iter().map(|e| (e.robot, e.brain)).unzip();
        let time_limit = Stamp::from_seconds(scene.time_limit);
        let scorer = Scorer::new(models.iter().zip(tasks.iter().cloned()), time_limit);
        let arena = Arena::new(seed, scene, layout, models);
        let mut session = Session::new(arena);
        for (seat, (brain, task)) in brains.into_iter().zip(&tasks).enumerate() {
            if let Some((mut brain, rate)) = brain {
                brain.set_goals(&task.goals);
                session = session.with_seat(seat, Driver::Brain(brain), Some(rate));
            }
        }
        let session = session.with_observer(scorer).with_observer(None);
        Self { number, scene: scene.name.clone(), seed, session, error: None }
    }

    /// The robots, in the order of the scene file.
    pub fn robots(&self) -> impl ExactSizeIterator<Item = TrialRobot<'_>> {
        (0..self.session.seats().len()).map(|index| self.robot(index))
    }

    /// The robot `index`, from 0.
    #[must_use]
    pub fn robot(&self, index: usize) -> TrialRobot<'_> {
        let sim = &self.arena().robots()[index];
        let scorer = &self.session.observer().0.1;
        let seat = &self.session.seats()[index];
        TrialRobot {
            sim,
            model: &sim.model,
            brain: seat.brain(),
            task: scorer.task(index),
            score: scorer.score(index),
            percepts: seat.percepts(),
        }
    }

    /// The world.
    #[must_use]
    pub fn arena(&self) -> &Arena {
        self.session.world()
    }

    /// The session.
    pub fn session_mut(&mut self) -> &mut Session<'static, Arena, Watchers> {
        &mut self.session
    }

    /// The scorer.
    pub fn scorer_mut(&mut self) -> &mut Scorer {
        &mut self.session.observer_mut().0.1
    }

    /// The trial's time.
    #[must_use]
    pub fn now(&self) -> Stamp {
        self.arena().now()
    }

    /// Digest of all bodies' poses and velocities and of all commands, of every step so far.
    #[must_use]
    pub fn digest(&self) -> u64 {
        self.arena().digest()
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.session.is_over() || self.error.is_some()
    }

    /// What broke it off, if something did.
    #[must_use]
    pub fn error(&self) -> Option<&SessionError> {
        self.error.as_ref()
    }

    /// One step of the world.
    pub fn step(&mut self) {
        if self.error.is_none()
            && let Err(error) = self.session.step()
        {
            let now = self.now();
            self.scorer_mut().break_off(&error.to_string(), now);
            self.error = Some(error);
        }
    }

    /// Steps until it is over.
    pub fn run(&mut self) {
        while !self.is_over() {
            self.step();
        }
    }

    /// Lets `observer` look on from now on.
    pub fn set_observer(&mut self, observer: Box<dyn Observer>) {
        self.session.observer_mut().1 = Some(observer);
    }

    /// Takes the observer back.
    pub fn take_observer(&mut self) -> Option<Box<dyn Observer>> {
        self.session.observer_mut().1.take()
    }

    /// Holds the trial to so many times the pace of the clock, for people who look on.
    pub fn set_speed(&mut self, factor: f64) {
        self.session.set_pace(Pace::Times(factor));
    }
}

impl Stepped for Trial {
    fn step(&mut self) {
        Self::step(self);
    }

    fn is_over(&self) -> bool {
        Self::is_over(self)
    }
}
