//! How the plain types of the core are written down.

use nalgebra::{Isometry3, Point2, Quaternion, SMatrix, Translation3, UnitQuaternion};

use super::{Damage, Reader, Value, Writer};
use crate::belief::{CueReport, Events, Vertical};
use crate::decision::{Decision, Limit, SafetyState};
use crate::goal::{Goal, GoalStatus, Landmark};
use crate::percepts::Imu;
use crate::random::Stream;
use crate::reasons::{
    Candidate, Choice, MAX_CHOICES, MotionMode, MotionReason, MotorReason, PlanReason, Reasons, Refusal,
    SpeedLimit, Verdict,
};
use crate::running_stats::RunningStats;
use crate::{Belief, Command, Drive, Gait, Modulation, Needs, Pose2, Stamp, StopReason, Twist2};
use crate::{saved, value};

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl Value for $type {
            fn put(&self, to: &mut Writer) {
                to.bytes(&self.to_le_bytes());
            }
            fn take(from: &mut Reader<'_>) -> Result<Self, Damage> {
                Ok(Self::from_le_bytes(from.bytes()?))
            }
        }
    )*};
}
// Of floats, the bits: every NaN comes back as it was.
numbers!(u8, u16, u32, u64, i64, f32, f64);

impl Value for usize {
    fn put(&self, to: &mut Writer) {
        (*self as u64).put(to);
    }
    fn take(from: &mut Reader<'_>) -> Result<Self, Damage> {
        Self::try_from(u64::take(from)?).map_err(|_| Damage::Value)
    }
}

impl Value for bool {
    fn put(&self, to: &mut Writer) {
        u8::from(*self).put(to);
    }
    fn take(from: &mut Reader<'_>) -> Result<Self, Damage> {
        match u8::take(from)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Damage::Value),
        }
    }
}

impl<T: Value> Value for Option<T> {
    fn put(&self, to: &mut Writer) {
        self.is_some().put(to);
        if let Some(value) = self {
            value.put(to);
        }
    }
    fn take(from: &mut Reader<'_>) -> Result<Self, Damage> {
        Ok(if bool::take(from)? { Some(T::take(from)?) } else { None })
    }
}

impl<T: Value + Copy + Default, const N: usize> Value for [T; N] {
    fn put(&self, to: &mut Writer) {
        for value in self {
            value.put(to);
        }
    }
    fn take(from: &mut Reader<'_>) -> Result<Self, Damage> {
        let mut values = [T::default(); N];
        for value in &mut values {
            *value = T::take(from)?;
        }
        Ok(values)
    }
}

macro_rules! tuples {
    ($(($($name:ident $at:tt),*)),*) => {$(
        impl<$($name: Value),*> Value for ($($name,)*) {
            fn put(&self, to: &mut Writer) {
                $(self.$at.put(to);)*
            }
            fn take(from: &mut Reader<'_>) -> Result<Self, Damage> {
                Ok(($($name::take(from)?,)*))
            }
        }
    )*};
}
tuples!((A 0, B 1), (A 0, B 1, C 2), (A 0, B 1, C 2, D 3));

impl<const R: usize, const C: usize> Value for SMatrix<f64, R, C> {
    fn put(&self, to: &mut Writer) {
        for value in self.iter() {
            value.put(to);
        }
    }
    fn take(from: &mut Reader<'_>) -> Result<Self, Damage> {
        let mut matrix = Self::zeros();
        for value in matrix.iter_mut() {
            *value = f64::take(from)?;
        }
        Ok(matrix)
    }
}

impl Value for Point2<f64> {
    fn put(&self, to: &mut Writer) {
        self.coords.put(to);
    }
    fn take(from: &mut Reader<'_>) -> Result<Self, Damage> {
        Ok(Self { coords: Value::take(from)? })
    }
}

impl Value for UnitQuaternion<f64> {
    fn put(&self, to: &mut Writer) {
        self.coords.put(to);
    }
    fn take(from: &mut Reader<'_>) -> Result<Self, Damage> {
        // As it was: to normalise it anew would change its last bits.
        Ok(Self::new_unchecked(Quaternion { coords: Value::take(from)? }))
    }
}

impl Value for Isometry3<f64> {
    fn put(&self, to: &mut Writer) {
        self.translation.vector.put(to);
        self.rotation.put(to);
    }
    fn take(from: &mut Reader<'_>) -> Result<Self, Damage> {
        Ok(Self { translation: Translation3 { vector: Value::take(from)? }, rotation: Value::take(from)? })
    }
}

impl Value for Stamp {
    fn put(&self, to: &mut Writer) {
        self.0.put(to);
    }
    fn take(from: &mut Reader<'_>) -> Result<Self, Damage> {
        Ok(Self(u64::take(from)?))
    }
}

/// The generator shows its state only as text.
impl Value for Stream {
    fn put(&self, to: &mut Writer) {
        let text = serde_json::to_vec(self).unwrap_or_default();
        (text.len() as u16).put(to);
        to.bytes(&text);
    }
    fn take(from: &mut Reader<'_>) -> Result<Self, Damage> {
        let length = usize::from(u16::take(from)?);
        let mut text = Vec::new();
        for _ in 0..length.min(1024) {
            text.push(u8::take(from)?);
        }
        serde_json::from_slice(&text).map_err(|_| Damage::Value)
    }
}

value!(struct Pose2 { x, y, yaw });
value!(struct Twist2 { linear, lateral, angular });
value!(enum Goal { Reach { x, y, tolerance }, Explore { radius }, Return { to, tolerance } });
value!(
    enum Landmark {
        Start,
        Previous,
    }
);
value!(
    enum GoalStatus {
        Idle,
        Active,
        Reached,
        Unreachable,
        Exhausted,
    }
);
value!(
    enum Gait {
        Auto,
        Walk,
        Trot,
        Bound,
    }
);
value!(struct Drive { speed, turn, gait });
value!(
    enum StopReason {
        EmergencyStop,
        SenseSilent(slot),
        SenseInvalid(slot),
        CommandInvalid,
        BeliefInvalid,
        BrainLate,
        Tipped,
    }
);
value!(
    enum Limit {
        Speed,
        Acceleration,
        Effort,
        Range,
    }
);
value!(struct Vertical { z, roll, pitch });
value!(struct SafetyState { stop, clipped, limit });
value!(struct Needs { energy, integrity, certainty });
value!(struct Modulation { plasticity, caution, curiosity });
value!(struct Events { obstacle, contact, slip, beacon, beacon_bearing });
value!(struct Reasons { plan, motion, verdict, motor });
value!(struct MotorReason { missing, reflexes });
value!(enum Verdict { Outside, Enclosed { obstacles, places }, MemoryFull, Unable });
value!(struct Choice { heading, cost });
value!(struct MotionReason { mode, carrot, gap, limit, top, tried, refused, chosen, rival });
value!(
    enum MotionMode {
        Idle,
        Settle,
        Arrived,
        Search,
        LookAround,
        Follow,
        Turn,
        Blocked,
        Escape,
        Withdraw,
    }
);
value!(
    enum SpeedLimit {
        Cruise,
        Room,
        Sight,
        Reflex,
        Caution,
        Braking,
    }
);
value!(struct Candidate { speed, turn, score });
value!(
    enum Refusal {
        None,
        Tilt,
        NoOverlap,
        Misfit,
        Gate,
        Biased,
        Stuck,
        NotFinite,
        FromTheFuture,
        Backwards,
        Shape,
        Covariance,
    }
);

impl Value for PlanReason {
    fn put(&self, to: &mut Writer) {
        let Self { is_complete, has_way, cost, choices, count } = self;
        (*is_complete, *has_way, *cost).put(to);
        (*choices, *count).put(to);
    }
    fn take(from: &mut Reader<'_>) -> Result<Self, Damage> {
        let (is_complete, has_way, cost) = Value::take(from)?;
        let (choices, count): ([Choice; MAX_CHOICES], usize) = Value::take(from)?;
        if count > choices.len() {
            return Err(Damage::Value);
        }
        Ok(Self { is_complete, has_way, cost, choices, count })
    }
}

value!(struct Imu { orientation, angular_velocity, linear_acceleration });

saved!(CueReport { reliability, age, surprise, gain, refusal, refusals; name });
saved!(Belief { stamp, pose, vertical, odom, twist, covariance, cues, events });
saved!(Command { stamp, values, stop });
saved!(Decision { belief, needs, modulation, goal, goal_index, status, drive, safety, reasons });
saved!(RunningStats { count, mean, variance });
