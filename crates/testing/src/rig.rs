//! A body in a little world: walls, a pose that its command moves, senses that tell it with noise, and nonsense where that is asked for.
//!
//! It is no physics: wheels roll as they are told, joints go where they are sent. It is made for what has to hold whatever is
//! felt, and to be fast.

use nalgebra::{Matrix3, Vector3};
use neuraxis_core::body::BodyDescription;
use neuraxis_core::percepts::AbsolutePose;
use neuraxis_core::random::{self, Stream, normal};
use neuraxis_core::senses::LARGEST;
use neuraxis_core::{Command, Interface, Percepts, Pose2, Reading, Stamp, Twist2, math};
use rand::RngExt as _;

/// Time from one tick to the next, s, and ns.
pub const DT: f64 = 0.01;
const TICK: u64 = 10_000_000;

/// What nonsense says in place of a number, whatever its unit: what is not finite, what is finite and beyond any measurement, what is
/// just not beyond, and what is all but 0.
const NONSENSE: [f64; 12] = [
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    0.0,
    1e-300,
    1e6,
    LARGEST,
    -LARGEST,
    1e12,
    1e300,
    -1e300,
    f64::MAX,
];

/// A room of 6 m by 4 m with two boxes in it: the ends of its walls, m.
pub const ROOM: [[f64; 4]; 12] = [
    [-1.0, -2.0, 5.0, -2.0],
    [5.0, -2.0, 5.0, 2.0],
    [5.0, 2.0, -1.0, 2.0],
    [-1.0, 2.0, -1.0, -2.0],
    [1.5, 0.4, 2.1, 0.4],
    [2.1, 0.4, 2.1, 1.2],
    [2.1, 1.2, 1.5, 1.2],
    [1.5, 1.2, 1.5, 0.4],
    [2.8, -1.2, 3.4, -1.2],
    [3.4, -1.2, 3.4, -0.3],
    [3.4, -0.3, 2.8, -0.3],
    [2.8, -0.3, 2.8, -1.2],
];

/// From `pose` along `angle` to the nearest of `walls`, m.
#[must_use]
pub fn ray(walls: &[[f64; 4]], pose: &Pose2, angle: f64) -> f64 {
    let (s, c) = math::sin_cos(pose.yaw + angle);
    let mut nearest = f64::INFINITY;
    for [x1, y1, x2, y2] in walls {
        let (ex, ey) = (x2 - x1, y2 - y1);
        let det = ex * s - ey * c;
        if det.abs() < 1e-12 {
            continue;
        }
        let (dx, dy) = (x1 - pose.x, y1 - pose.y);
        let along = (ex * dy - ey * dx) / det;
        let share = (c * dy - s * dx) / det;
        if along > 0.0 && (0.0..=1.0).contains(&share) {
            nearest = nearest.min(along);
        }
    }
    nearest
}

/// Makes one number of `reading` nonsense, whichever, or all of its list.
fn spoil(reading: &mut Reading, stream: &mut Stream) {
    let (mut numbers, mut list) = (Vec::new(), reading.list().to_vec());
    reading.numbers(|number| numbers.push(number));
    let bad = NONSENSE[stream.random_range(0..NONSENSE.len())];
    list.fill(bad as f32);
    if !numbers.is_empty() {
        let place = stream.random_range(0..numbers.len());
        numbers[place] = bad;
    }
    assert!(reading.restore(&numbers, &list), "it has as many numbers as before");
}

/// A body in the room.
#[derive(Clone, Debug)]
pub struct Rig {
    body: BodyDescription,
    pose: Pose2,
    odometry: Pose2,
    twist: Twist2,
    /// Its forward speed one tick ago, m/s: what the accelerometer feels is the change.
    last_speed: f64,
    /// Position (rad) and velocity (rad/s) of each actuator's joint.
    joints: Vec<[f64; 2]>,
    /// Where it touches, in `base_link`, rad.
    touch: Option<f64>,
    percepts: Percepts,
    tick: u64,
    stream: Stream,
    nonsense: f64,
}

impl Rig {
    /// `body` at the origin of the room; `seed` draws the noise.
    #[must_use]
    pub fn new(body: &BodyDescription, seed: u64) -> Self {
        Self {
            percepts: body.percepts(),
            joints: vec![[0.0; 2]; body.actuators.len()],
            body: body.clone(),
            pose: Pose2::default(),
            odometry: Pose2::default(),
            twist: Twist2::default(),
            last_speed: 0.0,
            touch: None,
            tick: 0,
            stream: random::stream(seed, "rig"),
            nonsense: 0.0,
        }
    }

    /// The same, of whose readings this share has nonsense in it: what is not finite, and what is
    /// finite and cannot be.
    #[must_use]
    pub fn with_nonsense(mut self, share: f64) -> Self {
        self.nonsense = share;
        self
    }

    /// What is felt now.
    #[must_use]
    pub fn percepts(&self) -> &Percepts {
        &self.percepts
    }

    /// Where it is.
    #[must_use]
    pub fn pose(&self) -> Pose2 {
        self.pose
    }

    /// One tick: the body does what `command` says, and feels what came of it.
    pub fn step(&mut self, command: &Command) {
        self.move_by(command);
        self.feel();
        self.tick += 1;
    }

    fn move_by(&mut self, command: &Command) {
        let value =
            |i: usize| command.values.get(i).copied().filter(|v| v.is_finite() && command.stop.is_none());
        self.last_speed = self.twist.linear;
        self.twist = match (self.body.drive, self.body.ackermann) {
            (Some(drive), None) => drive.twist(value(0).unwrap_or(0.0), value(1).unwrap_or(0.0)),
            (Some(drive), Some(steering)) => {
                let linear = drive.twist(value(0).unwrap_or(0.0), value(1).unwrap_or(0.0)).linear;
                let curvature = steering.curvature_of(value(2).unwrap_or(0.0), value(3).unwrap_or(0.0));
                Twist2::new(linear, linear * curvature)
            }
            // Who has no wheels gets on as its joints move.
            _ => {
                let lively: f64 = self.joints.iter().map(|[_, velocity]| velocity.abs()).sum();
                let way = lively / self.joints.len().max(1) as f64;
                Twist2::new((0.05 * way).min(0.3), 0.2 * math::sin(self.tick as f64 * DT))
            }
        };
        for (i, [position, velocity]) in self.joints.iter_mut().enumerate() {
            let wanted = value(i).unwrap_or(0.0).clamp(-50.0, 50.0);
            *velocity = match self.body.actuators[i].interface {
                Interface::Position => (20.0 * (wanted - *position)).clamp(-10.0, 10.0),
                Interface::Effort => (*velocity + (wanted - 0.2 * *velocity) * DT).clamp(-10.0, 10.0),
                Interface::Velocity => wanted,
            };
            *position = (*position + *velocity * DT).clamp(-1e3, 1e3);
        }
        self.odometry = self.odometry.advance(&Twist2::new(1.01 * self.twist.linear, self.twist.angular), DT);
        let ahead = self.pose.advance(&self.twist, DT);
        let near = |pose: &Pose2| {
            let round = (0..24).map(|i| f64::from(i) * math::PI / 12.0);
            let all = round.map(|angle| (ray(&ROOM, pose, angle), math::wrap(angle)));
            all.fold((f64::INFINITY, 0.0), |least, one| if one.0 < least.0 { one } else { least })
        };
        let (gap, bearing) = near(&ahead);
        self.touch = (gap < self.body.radius).then_some(bearing);
        // Walls hold it, and let it turn and go away.
        let held = self.touch.is_some() && near(&self.pose).0 > gap;
        self.pose = if held { Pose2 { yaw: ahead.yaw, ..self.pose } } else { ahead };
    }

    fn feel(&mut self) {
        let now = Stamp(self.tick * TICK);
        self.percepts.now = now;
        let seconds = self.tick as f64 * DT;
        for (i, sense) in self.body.sensors.iter().enumerate() {
            let every = (100.0 / sense.sensor.rate()).round().max(1.0) as u64;
            if !self.tick.is_multiple_of(every) {
                continue;
            }
            let (stream, twist, pose) = (&mut self.stream, self.twist, self.pose);
            let gained = twist.linear - self.last_speed;
            let (joints, touch, odometry) = (&self.joints, self.touch, self.odometry);
            let mount = Pose2::from_spatial(&sense.mount);
            let nonsense = self.nonsense;
            self.percepts.slots_mut()[i].put(now, |reading| {
                match reading {
                    Reading::Scan(scan) => {
                        let from = pose.compose(&mount);
                        for (beam, range) in scan.ranges.iter_mut().enumerate() {
                            let angle = scan.angle_min + beam as f64 * scan.angle_increment;
                            let far = ray(&ROOM, &from, angle) + 0.01 * normal(stream);
                            *range = if far > scan.range_max { f32::INFINITY } else { far as f32 };
                        }
                    }
                    Reading::Imu(imu) => {
                        let rate = twist.angular + 0.01 + 0.003 * normal(stream);
                        imu.angular_velocity =
                            Vector3::new(0.01 * normal(stream), 0.01 * normal(stream), rate);
                        imu.linear_acceleration = Vector3::new(
                            gained / DT + 0.05 * normal(stream),
                            twist.linear * twist.angular + 0.05 * normal(stream),
                            9.81 + 0.05 * normal(stream),
                        );
                    }
                    Reading::Odometry(felt) => {
                        felt.pose = odometry;
                        felt.twist = twist;
                    }
                    Reading::Joints(felt) => {
                        for (j, [position, velocity]) in joints.iter().enumerate() {
                            felt.position[j] = position + 1e-4 * normal(stream);
                            felt.velocity[j] = velocity + 1e-3 * normal(stream);
                            felt.effort[j] = 0.1 * normal(stream);
                        }
                    }
                    Reading::Contact(contact) if sense.limb.is_some() => {
                        // Feet come down in pairs.
                        let stands =
                            math::sin(6.0 * seconds + if i.is_multiple_of(2) { 0.0 } else { math::PI })
                                > -0.2;
                        contact.touching = stands;
                        contact.force = if stands { 25.0 + normal(stream) } else { 0.0 };
                    }
                    Reading::Contact(contact) => {
                        contact.touching = touch.is_some();
                        contact.force = if touch.is_some() { 5.0 } else { 0.0 };
                        contact.bearing = touch.unwrap_or(0.0);
                    }
                    Reading::Battery(battery) => battery.percentage = 1.0 - 1e-3 * seconds,
                    Reading::Pose(absolute) => {
                        let x = pose.x + 0.02 * normal(stream);
                        let near =
                            Pose2::new(x, pose.y + 0.02 * normal(stream), pose.yaw + 0.02 * normal(stream));
                        *absolute = AbsolutePose::planar(&near, &(Matrix3::identity() * 4e-4));
                    }
                    _ => {}
                }
                if nonsense > 0.0 && stream.random::<f64>() < nonsense {
                    spoil(reading, stream);
                }
            });
        }
    }
}
