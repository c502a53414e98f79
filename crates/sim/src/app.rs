//! The Bevy app: arenas are entities, the six stages are systems in a fixed order, and each system
//! works through all arenas in parallel.
//!
//! A tick of the app is one physics step of every arena. The arenas are independent, so the number of
//! threads and the company an arena keeps change nothing of what it computes. A window or a camera
//! is a plugin more, in the [`Stage::Mirror`] set, which may read and decides nothing.

use bevy_app::{App, Update};
use bevy_ecs::prelude::{Entity, IntoScheduleConfigs as _, Query, Res, Resource, SystemSet};
use bevy_ecs::schedule::{ScheduleLabel as _, SingleThreadedExecutor};
use bevy_tasks::{TaskPool, TaskPoolBuilder};

use crate::arena::Arena;

/// The fixed order of a step.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// What is broken now.
    Faults,
    /// Senses measure.
    Sense,
    /// Brains think.
    Think,
    /// Commands reach the motors.
    Act,
    /// Physics moves on.
    Physics,
    /// What happened is measured.
    Score,
    /// For those who only look: windows, cameras, recorders.
    Mirror,
}

/// The threads that the arenas are spread over; none for one thread.
#[derive(Resource)]
struct Workers(Option<TaskPool>);

/// Many arenas, stepped together.
pub struct Batch {
    app: App,
}

impl Batch {
    /// An empty batch that runs on `jobs` threads (at least 1).
    #[must_use]
    pub fn new(jobs: usize) -> Self {
        let mut app = App::empty();
        app.init_schedule(Update);
        app.main_mut().update_schedule = Some(Update.intern());
        // The calling thread works too.
        let workers = (jobs > 1).then(|| {
            TaskPoolBuilder::new().num_threads(jobs - 1).thread_name("neuraxis-arena".to_owned()).build()
        });
        app.insert_resource(Workers(workers));
        // Six systems that wait for one another gain nothing from an executor with threads; the
        // threads are inside of each.
        app.edit_schedule(Update, |schedule| {
            schedule.set_executor(SingleThreadedExecutor::new());
        });
        app.configure_sets(
            Update,
            (
                Stage::Faults,
                Stage::Sense,
                Stage::Think,
                Stage::Act,
                Stage::Physics,
                Stage::Score,
                Stage::Mirror,
            )
                .chain(),
        );
        app.add_systems(
            Update,
            (
                faults.in_set(Stage::Faults),
                sense.in_set(Stage::Sense),
                think.in_set(Stage::Think),
                act.in_set(Stage::Act),
                physics.in_set(Stage::Physics),
                score.in_set(Stage::Score),
            ),
        );
        Self { app }
    }

    /// The app, for plugins that mirror.
    pub fn app_mut(&mut self) -> &mut App {
        &mut self.app
    }

    /// Adds an arena.
    pub fn add(&mut self, arena: Arena) {
        self.app.world_mut().spawn(arena);
    }

    /// Moves every arena on by one physics step.
    pub fn tick(&mut self) {
        self.app.update();
    }

    /// Takes the arenas out whose trials are over, by the order of their trials.
    pub fn take_finished(&mut self) -> Vec<Arena> {
        let world = self.app.world_mut();
        let mut query = world.query::<(Entity, &Arena)>();
        let over: Vec<Entity> =
            query.iter(world).filter(|(_, arena)| arena.is_over()).map(|(e, _)| e).collect();
        let mut arenas: Vec<Arena> = Vec::with_capacity(over.len());
        for entity in over {
            if let Some(arena) = world.entity_mut(entity).take::<Arena>() {
                arenas.push(arena);
            }
            world.despawn(entity);
        }
        arenas.sort_by_key(|arena| arena.trial);
        arenas
    }

    /// Simulated time of the arenas in the batch, together, s.
    pub fn simulated(&mut self) -> f64 {
        let world = self.app.world_mut();
        world.query::<&Arena>().iter(world).map(|arena| arena.now().seconds()).sum()
    }

    /// How many arenas are running.
    pub fn len(&mut self) -> usize {
        let world = self.app.world_mut();
        world.query::<&Arena>().iter(world).count()
    }

    /// Whether no arena is running.
    pub fn is_empty(&mut self) -> bool {
        self.len() == 0
    }
}

/// Runs `stage` on every arena whose trial is not over, over the workers.
fn each(
    mut arenas: Query<'_, '_, &mut Arena>,
    workers: Res<'_, Workers>,
    stage: impl Fn(&mut Arena) + Copy + Send + Sync,
) {
    match &workers.into_inner().0 {
        None => arenas.iter_mut().filter(|arena| !arena.is_over()).for_each(|mut arena| stage(&mut arena)),
        Some(pool) => {
            pool.scope(|scope| {
                for mut arena in arenas.iter_mut().filter(|arena| !arena.is_over()) {
                    scope.spawn(async move { stage(&mut arena) });
                }
            });
        }
    }
}

fn faults(arenas: Query<'_, '_, &mut Arena>, workers: Res<'_, Workers>) {
    each(arenas, workers, Arena::apply_faults);
}

fn sense(arenas: Query<'_, '_, &mut Arena>, workers: Res<'_, Workers>) {
    each(arenas, workers, Arena::sense);
}

fn think(arenas: Query<'_, '_, &mut Arena>, workers: Res<'_, Workers>) {
    each(arenas, workers, Arena::think);
}

fn act(arenas: Query<'_, '_, &mut Arena>, workers: Res<'_, Workers>) {
    each(arenas, workers, Arena::act);
}

fn physics(arenas: Query<'_, '_, &mut Arena>, workers: Res<'_, Workers>) {
    each(arenas, workers, Arena::advance);
}

fn score(arenas: Query<'_, '_, &mut Arena>, workers: Res<'_, Workers>) {
    each(arenas, workers, Arena::keep_score);
}
