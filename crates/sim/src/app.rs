//! The Bevy app: whatever runs by itself for a while is an entity, and an update moves each of them on by a stretch of steps.
//!
//! The entities are independent, so the number of threads and the company that one keeps change nothing of what it computes. A
//! stretch is run without a look at the others: threads wait for one another once a stretch, and not once a step. A window or a
//! camera is a plugin more, in the [`Stage::Mirror`] set, which may read and decides nothing; it asks for stretches of one step.

use bevy_app::{App, Update};
use bevy_ecs::component::Component;
use bevy_ecs::prelude::{Entity, IntoScheduleConfigs as _, Query, Res, Resource, SystemSet};
use bevy_ecs::schedule::{ScheduleLabel as _, SingleThreadedExecutor};
use bevy_platform::cell::SyncCell;
use bevy_tasks::{TaskPool, TaskPoolBuilder};

/// The fixed order of an update.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Everything moves on by a stretch.
    Run,
    /// For those who only look: windows, cameras.
    Mirror,
}

/// Something that runs step by step and knows its own end.
pub trait Stepped: Send + 'static {
    /// One step.
    fn step(&mut self);
    /// Whether there are no more steps.
    fn is_over(&self) -> bool;
}

/// An entity of the batch. In a cell that only `&mut` opens: what runs need not be shared between threads.
#[derive(Component)]
pub struct Running<T: Stepped> {
    cell: SyncCell<T>,
    is_over: bool,
}

impl<T: Stepped> Running<T> {
    /// What runs.
    pub fn get(&mut self) -> &mut T {
        self.cell.get()
    }
}

/// The threads that the entities are spread over; none for one thread.
#[derive(Resource)]
struct Workers(Option<TaskPool>);

/// How many steps an update takes.
#[derive(Resource, Clone, Copy)]
struct Steps(usize);

/// Many things that run side by side.
pub struct Batch<T> {
    app: App,
    kind: std::marker::PhantomData<T>,
}

impl<T: Stepped> Batch<T> {
    /// An empty batch that runs on `jobs` threads (at least 1); an update takes `steps` steps (at least 1).
    #[must_use]
    pub fn new(jobs: usize, steps: usize) -> Self {
        let mut app = App::empty();
        app.init_schedule(Update);
        app.main_mut().update_schedule = Some(Update.intern());
        // The calling thread works too.
        let workers = (jobs > 1).then(|| {
            TaskPoolBuilder::new().num_threads(jobs - 1).thread_name("neuraxis-arena".to_owned()).build()
        });
        app.insert_resource(Workers(workers));
        app.insert_resource(Steps(steps.max(1)));
        // One system gains nothing from an executor with threads; the threads are inside of it.
        app.edit_schedule(Update, |schedule| {
            schedule.set_executor(SingleThreadedExecutor::new());
        });
        app.configure_sets(Update, (Stage::Run, Stage::Mirror).chain());
        app.add_systems(Update, run::<T>.in_set(Stage::Run));
        Self { app, kind: std::marker::PhantomData }
    }

    /// The app, for plugins that mirror.
    pub fn app_mut(&mut self) -> &mut App {
        &mut self.app
    }

    /// Adds one more.
    pub fn add(&mut self, one: T) {
        let is_over = one.is_over();
        self.app.world_mut().spawn(Running { cell: SyncCell::new(one), is_over });
    }

    /// Moves everything on by a stretch.
    pub fn update(&mut self) {
        self.app.update();
    }

    /// Takes out what is over, in no particular order.
    pub fn take_finished(&mut self) -> Vec<T> {
        let world = self.app.world_mut();
        let mut query = world.query::<(Entity, &Running<T>)>();
        let over: Vec<Entity> =
            query.iter(world).filter(|(_, running)| running.is_over).map(|(entity, _)| entity).collect();
        let mut finished = Vec::with_capacity(over.len());
        for entity in over {
            if let Some(running) = world.entity_mut(entity).take::<Running<T>>() {
                finished.push(SyncCell::to_inner(running.cell));
            }
            world.despawn(entity);
        }
        finished
    }

    /// Calls `look` with everything that is in the batch.
    pub fn each(&mut self, mut look: impl FnMut(&mut T)) {
        let world = self.app.world_mut();
        let mut query = world.query::<&mut Running<T>>();
        query.iter_mut(world).for_each(|mut running| look(running.get()));
    }
}

/// Runs a stretch of everything that is not over, over the workers.
fn run<T: Stepped>(
    mut all: Query<'_, '_, &mut Running<T>>,
    workers: Res<'_, Workers>,
    steps: Res<'_, Steps>,
) {
    let steps = steps.into_inner().0;
    let stretch = |running: &mut Running<T>| {
        let one = running.cell.get();
        for _ in 0..steps {
            if one.is_over() {
                break;
            }
            one.step();
        }
        running.is_over = one.is_over();
    };
    match &workers.into_inner().0 {
        None => {
            all.iter_mut().filter(|running| !running.is_over).for_each(|mut running| stretch(&mut running));
        }
        Some(pool) => {
            pool.scope(|scope| {
                for mut running in all.iter_mut().filter(|running| !running.is_over) {
                    scope.spawn(async move { stretch(&mut running) });
                }
            });
        }
    }
}
