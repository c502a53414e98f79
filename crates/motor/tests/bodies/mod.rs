//! Bodies for the tests: a chain of links, and four legs.

#![allow(dead_code, reason = "each test uses a part of it")]

use nalgebra::{Isometry3, Vector3};
use neuraxis_core::body::{BodyDescription, SensorDescription};
use neuraxis_core::kinematics::{Ackermann, DifferentialDrive, Limb, LimbJoint};
use neuraxis_core::robot::Limits;
use neuraxis_core::senses::{
    ContactSpec, ImuNoise, ImuSpec, JointNoise, JointStateSpec, Sensor, Transport, VelocimeterNoise,
    VelocimeterSpec,
};
use neuraxis_core::{Actuator, Interface, JointLimits, Mobility, Percepts, Reading, Stamp};

pub(crate) const MS: u64 = 1_000_000;

pub(crate) fn joint_sense(joints: &[String]) -> SensorDescription {
    let sensor = Sensor::JointState(JointStateSpec {
        name: "joints".to_owned(),
        joints: None,
        rate: 100.0,
        noise: JointNoise::default(),
        transport: Transport::default(),
        deadline: None,
    });
    SensorDescription { sensor, mount: Isometry3::identity(), joints: joints.to_vec(), limb: None }
}

fn foot_sense(name: &str) -> SensorDescription {
    let sensor = Sensor::Contact(ContactSpec {
        name: name.to_owned(),
        link: name.to_owned(),
        rate: 100.0,
        threshold: 0.0,
        transport: Transport::default(),
        deadline: None,
    });
    SensorDescription { sensor, mount: Isometry3::identity(), joints: Vec::new(), limb: None }
}

pub(crate) fn body(name: &str, actuators: Vec<String>, interface: Interface) -> BodyDescription {
    BodyDescription {
        name: name.to_owned(),
        sensors: vec![joint_sense(&actuators)],
        actuators: Actuator::all(actuators, interface, JointLimits::default()),
        mobility: Mobility::default(),
        drive: None,
        ackermann: None,
        other_actuators: 0,
        calibration: None,
        radius: 0.3,
        limits: Limits { linear: 0.1, angular: 1.0, linear_acceleration: 1.0, angular_acceleration: 1.0 },
    }
}

/// A chain of `links` links, moved by torques: `joint_0` at the head.
pub(crate) fn chain(links: usize) -> BodyDescription {
    body("chain", (0..links - 1).map(|i| format!("joint_{i}")).collect(), Interface::Effort)
}

/// The same with a velocimeter on every link.
pub(crate) fn felt_chain(links: usize) -> BodyDescription {
    let mut body = chain(links);
    body.sensors.extend((0..links).map(|i| {
        let sensor = Sensor::Velocimeter(VelocimeterSpec {
            name: format!("velocity_{i}"),
            link: format!("link_{i}"),
            rate: 100.0,
            noise: VelocimeterNoise::default(),
            transport: Transport::default(),
            deadline: None,
        });
        SensorDescription { sensor, mount: Isometry3::identity(), joints: Vec::new(), limb: None }
    }));
    body
}

/// Link `link` of [`felt_chain`] is felt to move so at `now`: velocity and turning rate, x y z each.
pub(crate) fn move_link(percepts: &mut Percepts, now: u64, link: usize, motion: [f64; 6]) {
    percepts.slots_mut()[1 + link].put(Stamp(now), |reading| {
        if let Reading::Twist(felt) = reading {
            felt.linear_velocity.copy_from_slice(&motion[..3]);
            felt.angular_velocity.copy_from_slice(&motion[3..]);
        }
    });
}

/// Four legs of three joints and a foot each, moved by positions.
pub(crate) fn dog() -> BodyDescription {
    let prefixes = ["FR", "FL", "RR", "RL"];
    let joints = prefixes
        .iter()
        .flat_map(|leg| ["hip", "thigh", "calf"].map(|joint| format!("{leg}_{joint}_joint")))
        .collect();
    let mut body = body("dog", joints, Interface::Position);
    body.sensors.extend(prefixes.map(|leg| foot_sense(&format!("{leg}_foot"))));
    body
}

/// The same with an inertial unit behind the feet, and with limbs that the model tells.
pub(crate) fn balanced_dog() -> BodyDescription {
    let mut body = dog();
    for (leg, [x, y]) in [[0.2, -0.05], [0.2, 0.05], [-0.2, -0.05], [-0.2, 0.05]].into_iter().enumerate() {
        let names = &body.joints()[3 * leg..3 * leg + 3];
        let joint =
            |i: usize, origin, axis| LimbJoint { name: names[i].clone(), origin, axis, slides: false };
        let joints = vec![
            joint(0, Isometry3::translation(x, y, 0.0), Vector3::x_axis()),
            joint(1, Isometry3::translation(0.0, 1.6 * y, 0.0), Vector3::y_axis()),
            joint(2, Isometry3::translation(0.0, 0.0, -0.2), Vector3::y_axis()),
        ];
        let tip = Isometry3::translation(0.0, 0.0, -0.2);
        body.sensors[1 + leg].limb = Some(Limb { joints, tip, radius: 0.02 });
    }
    let sensor = Sensor::Imu(ImuSpec {
        name: "imu".to_owned(),
        link: "base_link".to_owned(),
        rate: 100.0,
        noise: ImuNoise::default(),
        transport: Transport::default(),
        deadline: None,
    });
    let mount = Isometry3::identity();
    body.sensors.push(SensorDescription { sensor, mount, joints: Vec::new(), limb: None });
    body
}

/// What [`balanced_dog`]'s inertial unit feels at `now`: turning rate, rad/s, and specific force, m/s².
pub(crate) fn swing(percepts: &mut Percepts, now: u64, rate: [f64; 3], force: [f64; 3]) {
    percepts.slots_mut()[5].put(Stamp(now), |reading| {
        if let Reading::Imu(imu) = reading {
            imu.angular_velocity = rate.into();
            imu.linear_acceleration = force.into();
        }
    });
}

/// Two driven wheels behind, two steered ones in front.
pub(crate) fn car() -> BodyDescription {
    let ackermann = Ackermann { wheelbase: 0.3, kingpins: 0.2, angle: 0.6 };
    let wheels = ["rear_left", "rear_right", "steering_left", "steering_right"].map(str::to_owned).to_vec();
    let mut car = BodyDescription {
        drive: Some(DifferentialDrive { wheel_radius: 0.05, track: 0.24 }),
        mobility: Mobility::steered(&ackermann),
        ackermann: Some(ackermann),
        ..body("car", wheels, Interface::Velocity)
    };
    for steering in &mut car.actuators[2..] {
        *steering = Actuator::new(steering.joint.clone(), Interface::Position);
    }
    car
}

/// The joints are felt at `now` as `position` says.
pub(crate) fn feel(percepts: &mut Percepts, now: u64, position: &[f64]) {
    percepts.now = Stamp(now);
    percepts.slots_mut()[0].put(Stamp(now), |reading| {
        if let Reading::Joints(joints) = reading {
            joints.position.copy_from_slice(position);
        }
    });
}

/// Foot `foot` (of the body's order) feels `force` N at `now`.
pub(crate) fn touch(percepts: &mut Percepts, now: u64, foot: usize, force: f64) {
    percepts.slots_mut()[1 + foot].put(Stamp(now), |reading| {
        if let Reading::Contact(contact) = reading {
            contact.touching = force > 0.0;
            contact.force = force;
        }
    });
}
