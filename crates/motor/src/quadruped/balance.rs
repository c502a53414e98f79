//! What keeps the trunk over the feet: vestibular reflexes, at the pace of the brain and not of the rhythm.
//!
//! The source of the quadruped (arXiv 2410.07174) has none: its hips are held still. What stands here is called by the names of
//! the reflexes that do the like in animals; the first two are from Raibert (1986), *Legged Robots That Balance*, and the others ours.
//!
//! - **placing**: a foot that swings is put down where the body is going. Raibert's is `v T/2 + k (v - wanted)` before the hip, T
//!   the time that it stands; here the rhythm itself makes `v T/2`, and `k (v - wanted)` becomes an angle by the height of
//!   the trunk, of the hip sideways (`balance_side`) and of the thigh forwards (`balance_ahead`). Fore and hind feet are put
//!   down to opposite sides by the turning rate that is missing (`balance_yaw`);
//! - **righting** (vestibulospinal): legs that stand turn the trunk upright, by Raibert's `k a + d a'` of the angle a as an offset of
//!   their hips and thighs (`balance_roll`, `balance_pitch` and their rates); their hips give way to what pushes them
//!   (`balance_give`) and go back to the middle (`balance_relax`);
//! - **pace** and **steering**: strides grow and shrink until the speed is the one that is asked for (`balance_pace`), and hips swing
//!   further to the side that is missing until the turning rate is (`balance_steer`): two integrals;
//! - **bracing** (the parachute reaction): a body that was thrown off its way stops stepping, spreads its legs, puts its
//!   feet to where it is going and crouches, until it is back on its way. The sway of its own strides is no throw ([`Sway`]).
//!
//! How the body moves is felt, not told: up by the gyroscope and, slowly, by the accelerometer; velocity by the
//! accelerometer and by the feet that stand, as if these did not slip.

use nalgebra::Vector3;
use neuraxis_core::kinematics::Tip;
use neuraxis_core::math;
use neuraxis_core::part::ParameterError;
use neuraxis_core::saved;

use super::sway::Sway;

/// Gravity, m/s².
const GRAVITY: f64 = 9.81;
/// More than this many times gravity is a blow, and counts as so much.
const BLOW: f64 = 4.0;
/// Time in which the accelerometer rights the sense of up, s.
const UPRIGHT: f64 = 1.5;
/// A foot that carries less than this share of all loads does not stand.
const BRUSH: f64 = 0.2;
/// Time in which feet that stand correct the sense of velocity, s.
const FOOTING: f64 = 0.08;
/// Time in which a velocity without a footing is forgotten, s.
const FORGETTING: f64 = 1.0;
/// No body of this kind goes faster, m/s.
const FASTEST: f64 = 10.0;
/// A stride's sway is averaged out in this time, s.
const SWAY: f64 = 0.25;
/// Between the velocity from which it braces and the one at which it does so wholly, m/s.
const BRACE: f64 = 0.4;
/// Time in which it is braced, s.
const ATTACK: f64 = 0.05;
/// What is felt at a phase of the stride that is not known yet may be stronger by this, m/s.
const STRANGE: f64 = 0.5;
/// The speed that is kept, by the one that is asked for.
const MARGIN: f64 = 1.05;
/// How long strides become at least and at most, for those that the drive asks for.
const STRIDES: [f64; 2] = [0.4, 1.6];
/// Greatest turning rate that is asked for besides, rad/s.
const STEERING: f64 = 0.5;
/// Greatest correction of an angle, rad.
const MAX: f64 = 0.6;

/// Declares the weights, all at least 0: what each does, its field, its name in files, its innate value, and what a weight of 1
/// is worth in its unit.
macro_rules! weights {
    ($($(#[$does:meta])* $field:ident: $name:literal, $innate:literal, $worth:literal;)*) => {
        /// How many weights there are.
        pub(super) const COUNT: usize = [$($name),*].len();
        /// The weights: name, innate value, and what a weight of 1 is worth.
        pub(super) const WEIGHTS: [(&str, f64, f64); COUNT] = [$(($name, $innate, $worth)),*];

        /// What each weight comes to, in its unit.
        #[derive(Clone, Copy, Debug, PartialEq)]
        struct Worth {
            $($(#[$does])* $field: f64),*
        }

        impl Worth {
            fn of(weights: &[f64; COUNT]) -> Self {
                let [$($field),*] = std::array::from_fn(|i| weights[i] * WEIGHTS[i].2);
                Self { $($field),* }
            }
        }
    };
}

weights! {
    /// How far hips are spread while it walks, rad.
    spread: "balance_spread", 0.5, 0.1;
    /// Hips of standing legs, rad for each rad of roll.
    roll: "balance_roll", 0.3, 1.0;
    /// The same for each rad/s of it.
    roll_rate: "balance_roll_rate", 0.3, 0.1;
    /// Thighs of standing legs, rad for each rad of pitch.
    pitch: "balance_pitch", 0.1, 1.0;
    /// The same for each rad/s of it.
    pitch_rate: "balance_pitch_rate", 0.1, 0.1;
    /// How far swinging feet are put down aside, m for each m/s.
    side: "balance_side", 0.2, 0.2;
    /// How far they are put down ahead, m for each m/s too fast.
    ahead: "balance_ahead", 0.2, 0.1;
    /// How much standing hips give way.
    give: "balance_give", 0.3, 1.0;
    /// How fast standing hips go back to the middle, 1/s.
    relax: "balance_relax", 0.7, 3.0;
    /// How far fore feet are put down to the inner side of a turn, hind feet to the outer one, m for each rad/s that is missing.
    yaw: "balance_yaw", 0.5, 0.05;
    /// Velocity off its way, to a side, from which it braces, m/s.
    brace_from: "brace_from", 1.0, 0.6;
    /// How far hips are spread then, rad.
    brace_spread: "brace_spread", 0.9, 0.5;
    /// How far the legs are bent then, rad: thighs; calves twice as far.
    brace_crouch: "brace_crouch", 0.5, 0.2;
    /// How far all feet are put down aside then, m for each m/s.
    brace_side: "brace_side", 0.5, 0.2;
    /// How far all feet are put down to the side that sinks then, rad for each rad.
    brace_lean: "brace_lean", 0.5, 1.0;
    /// In what time it unbends once it is back on its way, s.
    brace_hold: "brace_hold", 1.0, 0.3;
    /// How fast strides grow while it is too slow, by the share of the speed that is missing, 1/s; and shrink while it is too fast.
    pace: "balance_pace", 0.5, 1.0;
    /// Velocity beyond the one that is asked for, back against it, or off the mean of late, from which it braces, m/s.
    brace_ahead_from: "brace_ahead_from", 1.0, 0.6;
    /// How far all feet are put down ahead then, m for each m/s.
    brace_ahead: "brace_ahead", 0.5, 0.2;
    /// How far all feet are put down to the end that sinks then, rad for each rad.
    brace_nod: "brace_nod", 0.5, 1.0;
    /// How much of the sway that comes with every stride is left out of what throws it, at most all.
    sway: "brace_sway", 1.0, 1.0;
    /// How fast the hips are turned against a turning rate that was not asked for, rad/s each second for each rad/s.
    steer: "balance_steer", 0.5, 1.0;
}

/// What to say of a weight below 0.
pub(super) fn negative(name: &str, value: f64) -> ParameterError {
    ParameterError::Negative { name: name.to_owned(), value: value.to_string() }
}

/// What the vestibular organ feels in a tick, in the frame of `base_link`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Vestibular {
    /// rad/s.
    pub(super) rate: Vector3<f64>,
    /// Specific force, m/s².
    pub(super) force: Vector3<f64>,
}

/// A leg as it stands in the balance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Footing {
    /// Where the foot is, if all of the leg is felt.
    pub(super) tip: Option<Tip>,
    /// Radius of the foot, m.
    pub(super) radius: f64,
    /// Force on it, N; 0 if not known.
    pub(super) load: f64,
    /// Position of the hip, rad.
    pub(super) hip: f64,
    /// Whether the rhythm swings it.
    pub(super) swings: bool,
}

/// The reflexes and what they remember.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Balance {
    worth: Worth,
    up: Vector3<f64>,
    velocity: Vector3<f64>,
    /// Forward velocity without the sway of strides, m/s.
    drift: f64,
    /// Turning rate without the sway, rad/s.
    turning: f64,
    height: f64,
    /// Where each hip was put down, rad.
    placed: [f64; 4],
    sway: Sway,
    /// How far it is braced, 0 to 1.
    braced: f64,
    /// How long its strides are, for those that the drive asks for.
    stride: f64,
    /// Turning rate that the hips are asked for besides, rad/s.
    steer: f64,
}

fn side(leg: usize) -> f64 {
    if leg.is_multiple_of(2) { 1.0 } else { -1.0 }
}

impl Balance {
    /// Upright and at rest, with these weights.
    pub(super) fn new(weights: &[f64; COUNT]) -> Self {
        Self {
            worth: Worth::of(weights),
            up: Vector3::z(),
            velocity: Vector3::zeros(),
            drift: 0.0,
            turning: 0.0,
            height: 0.0,
            placed: [0.0; 4],
            sway: Sway::new(),
            braced: 0.0,
            stride: 1.0,
            steer: 0.0,
        }
    }

    /// Takes in what a tick brings; `dt` s have gone by. Whether a bracing began.
    /// `motion` is the speed and the turning rate that are asked for, m/s and rad/s.
    pub(super) fn feel(&mut self, felt: &Vestibular, legs: &[Footing; 4], motion: [f64; 2], dt: f64) -> bool {
        let wanted = motion[0];
        let rate = felt.rate;
        self.up -= rate.cross(&self.up) * dt;
        // The mean of what is felt over a stride is upwards, as long as nothing of it is left out but blows.
        let force = felt.force / GRAVITY;
        self.up += (force * (BLOW / force.norm().max(BLOW)) - self.up) * (dt / UPRIGHT).min(1.0);
        self.up = self.up.try_normalize(1e-6).unwrap_or_else(Vector3::z);
        self.velocity += (felt.force - self.up * GRAVITY - rate.cross(&self.velocity)) * dt;
        let (mut sum, mut weight, mut height) = (Vector3::zeros(), 0.0, 0.0);
        // A foot that brushes the ground in its swing does not stand on it.
        let least = BRUSH * legs.iter().map(|leg| leg.load).sum::<f64>();
        for leg in legs {
            let Some(tip) = &leg.tip else { continue };
            if leg.load > least.max(1.0) {
                let sole = tip.turning + rate;
                let speed =
                    tip.velocity + rate.cross(&tip.position.coords) - sole.cross(&(self.up * leg.radius));
                sum -= speed * leg.load;
                height -= tip.position.coords.dot(&self.up) * leg.load;
                weight += leg.load;
            }
        }
        if weight > 0.0 {
            self.velocity += (sum / weight - self.velocity) * (dt / FOOTING).min(1.0);
            self.height = height / weight;
        } else {
            self.velocity *= 1.0 - (dt / FORGETTING).min(1.0);
        }
        // Whoever spins has no sense of where it goes.
        self.velocity *= FASTEST / self.velocity.norm().max(FASTEST);
        let share = (dt / SWAY).min(1.0);
        self.drift += (self.velocity.x - self.drift) * share;
        self.turning += (rate.z - self.turning) * share;

        // At the height of the trunk, which topples over its feet.
        let aside = self.velocity.y - self.height * rate.x;
        let ahead = self.velocity.x + self.height * rate.y;
        let sway = [ahead - self.drift, aside];
        self.sway.go_on(legs[0].swings, dt);
        let (expected, known) = self.sway.expected();
        let [expected_ahead, expected_aside] =
            expected.map(|sway| self.worth.sway.min(1.0) * sway * (1.0 - self.braced));
        // Who is slower than asked was not thrown, unless all of a sudden.
        let ahead = ahead - expected_ahead;
        let ahead = (ahead - wanted.max(0.0)).max(wanted.min(0.0) - ahead).max((ahead - self.drift).abs());
        let aside = (aside - expected_aside).abs();
        let thrown = (aside - self.worth.brace_from).max(ahead - self.worth.brace_ahead_from)
            - (1.0 - known) * STRANGE;
        let level = (thrown / BRACE).clamp(0.0, 1.0);
        let was = self.braced;
        self.braced = if level > was {
            (was + dt / ATTACK).min(level)
        } else {
            (was - dt / self.worth.brace_hold.max(0.05)).max(level)
        };
        if self.braced < 0.1 {
            self.sway.learn(sway);
        } else {
            self.sway.disregard();
        }
        if wanted != 0.0 && self.braced < 0.1 {
            let missing = (MARGIN * wanted - self.drift) * wanted.signum() / wanted.abs().max(0.1);
            self.stride += self.worth.pace * missing * dt;
            self.stride = self.stride.clamp(STRIDES[0], STRIDES[1]);
        }
        if motion != [0.0; 2] && self.braced < 0.1 {
            self.steer += self.worth.steer * (motion[1] - self.turning) * dt;
            self.steer = self.steer.clamp(-STEERING, STEERING);
        }
        was < 0.5 && self.braced >= 0.5
    }

    /// How long its strides should be, for those that the drive asks for.
    pub(super) fn stride(&self) -> f64 {
        self.stride
    }

    /// What turning rate its hips should be asked for besides, rad/s.
    pub(super) fn steer(&self) -> f64 {
        self.steer
    }

    /// Corrects the joint positions that the rhythm asks for: hip, thigh and calf of each leg, rad.
    pub(super) fn correct(
        &mut self,
        felt: &Vestibular,
        legs: &[Footing; 4],
        wanted: [f64; 2],
        standing: &[[f64; 3]; 4],
        dt: f64,
        targets: &mut [[f64; 3]; 4],
    ) {
        let worth = self.worth;
        let roll = math::atan2(self.up.y, self.up.z);
        let pitch = -math::atan2(self.up.x, self.up.z);
        let height = self.height.max(0.1);
        let righting = [
            worth.roll * roll + worth.roll_rate * felt.rate.x,
            worth.pitch * pitch + worth.pitch_rate * felt.rate.y,
        ];
        let b = self.braced;
        let lean = (worth.brace_side * self.velocity.y / height - worth.brace_lean * roll).clamp(-MAX, MAX);
        let lunge = (worth.brace_ahead * self.velocity.x / height + worth.brace_nod * pitch).clamp(-MAX, MAX);
        for (i, (target, leg)) in targets.iter_mut().zip(legs).enumerate() {
            let rest = target[0] + side(i) * worth.spread;
            let girdle = if i < 2 { 1.0 } else { -1.0 };
            if leg.swings {
                let twist = girdle * worth.yaw * (wanted[1] - self.turning);
                self.placed[i] = ((worth.side * self.velocity.y + twist) / height).clamp(-MAX, MAX);
                target[0] = rest + self.placed[i];
                target[1] -= (worth.ahead * (self.drift - wanted[0]) / height).clamp(-MAX, MAX);
            } else {
                self.placed[i] *= 1.0 - (worth.relax * dt).min(1.0);
                let own = rest + self.placed[i];
                target[0] = own + worth.give * (leg.hip - own) + righting[0].clamp(-MAX, MAX);
                target[1] += righting[1].clamp(-MAX, MAX);
            }
            let crouch = worth.brace_crouch;
            let [hip, thigh, calf] = standing[i];
            let braced =
                [hip + side(i) * worth.brace_spread + lean, thigh + crouch - lunge, calf - 2.0 * crouch];
            for (target, braced) in target.iter_mut().zip(braced) {
                *target += b * (braced - *target);
            }
        }
    }
}

saved!(Balance { up, velocity, drift, turning, height, placed, sway, braced, stride, steer; worth });
impl Balance {
    /// What its weights are worth, from now on.
    pub(super) fn set_weights(&mut self, weights: &[f64; COUNT]) {
        self.worth = Worth::of(weights);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DT: f64 = 0.01;
    const WEIGHED: [f64; COUNT] = {
        let mut weights = [0.0; COUNT];
        let mut i = 0;
        while i < COUNT {
            weights[i] = WEIGHTS[i].1;
            i += 1;
        }
        weights
    };
    const STANDING: [[f64; 3]; 4] = [[0.0, 0.75, -1.6]; 4];

    /// What all legs do.
    #[derive(Clone, Copy, PartialEq)]
    enum Legs {
        Stand,
        Swing,
        /// They should stand, and no foot holds.
        Slide,
    }

    fn legs(all: Legs) -> [Footing; 4] {
        [0, 1, 2, 3].map(|i| {
            let at = Vector3::new(if i < 2 { 0.2 } else { -0.2 }, 0.13 * side(i), -0.28);
            let tip = Tip { position: at.into(), velocity: Vector3::zeros(), turning: Vector3::zeros() };
            let load = if all == Legs::Stand { 30.0 } else { 0.0 };
            let swings = all == Legs::Swing;
            Footing { tip: Some(tip), radius: 0.0, load, hip: 0.0, swings }
        })
    }

    /// `ticks` of this feeling; the targets at the end.
    fn run(balance: &mut Balance, felt: Vestibular, all: Legs, wanted: f64, ticks: usize) -> [[f64; 3]; 4] {
        let legs = legs(all);
        let mut targets = STANDING;
        for _ in 0..ticks {
            targets = STANDING;
            balance.feel(&felt, &legs, [wanted, 0.0], DT);
            balance.correct(&felt, &legs, [wanted, 0.0], &STANDING, DT, &mut targets);
        }
        targets
    }

    fn still(force: [f64; 3]) -> Vestibular {
        Vestibular { rate: Vector3::zeros(), force: force.into() }
    }

    #[test]
    fn a_level_body_at_rest_only_spreads_its_legs() {
        let targets = run(&mut Balance::new(&WEIGHED), still([0.0, 0.0, GRAVITY]), Legs::Stand, 0.0, 300);
        for (i, target) in targets.iter().enumerate() {
            // Half of a tenth, and what gives way for hips that are felt in the middle.
            assert!((side(i) * target[0] - 0.05 * 0.7).abs() < 1e-9, "{target:?}");
            assert_eq!(target[1..], STANDING[i][1..]);
        }
    }

    #[test]
    fn standing_legs_turn_a_leaning_trunk_upright() {
        // The left side is up, then the nose.
        let (sin, cos) = math::sin_cos(0.2);
        let rolled = run(
            &mut Balance::new(&WEIGHED),
            still([0.0, sin * GRAVITY, cos * GRAVITY]),
            Legs::Stand,
            0.0,
            600,
        );
        let level = run(&mut Balance::new(&WEIGHED), still([0.0, 0.0, GRAVITY]), Legs::Stand, 0.0, 600);
        // The feet stand, so a torque on the hips about x turns the trunk about -x: the left side down.
        assert!((0..4).all(|i| rolled[i][0] > level[i][0] + 0.03), "{rolled:?}");
        let nose = run(
            &mut Balance::new(&WEIGHED),
            still([sin * GRAVITY, 0.0, cos * GRAVITY]),
            Legs::Stand,
            0.0,
            600,
        );
        assert!((0..4).all(|i| nose[i][1] < level[i][1] - 0.01), "{nose:?}");
    }

    #[test]
    fn swinging_feet_are_put_down_where_the_body_is_going() {
        let mut balance = Balance { velocity: Vector3::new(0.0, 0.3, 0.0), ..Balance::new(&WEIGHED) };
        let left = run(&mut balance, still([0.0, 0.0, GRAVITY]), Legs::Swing, 0.0, 1);
        let mut balance = Balance { velocity: Vector3::new(0.0, -0.3, 0.0), ..Balance::new(&WEIGHED) };
        let right = run(&mut balance, still([0.0, 0.0, GRAVITY]), Legs::Swing, 0.0, 1);
        assert!((0..4).all(|i| left[i][0] > right[i][0] + 0.1), "{left:?} {right:?}");
    }

    #[test]
    fn a_body_that_is_thrown_aside_braces_and_then_stands_again() {
        let mut balance = Balance::new(&WEIGHED);
        run(&mut balance, still([0.0, 0.0, GRAVITY]), Legs::Stand, 0.0, 100);
        // 16 m/s² to the left, as 20 N·s do in a tenth of a second, while the feet slide.
        let thrown = run(&mut balance, still([0.0, 16.0, GRAVITY]), Legs::Slide, 0.0, 10);
        assert!(balance.braced > 0.9, "{balance:?}");
        assert!(thrown[0][0] > 0.3 && thrown[1][0] < 0.1, "legs are spread, and all to the left: {thrown:?}");
        assert!(thrown.iter().all(|leg| leg[2] < -1.7), "and bent: {thrown:?}");
        run(&mut balance, still([0.0, 0.0, GRAVITY]), Legs::Stand, 0.0, 200);
        assert_eq!(balance.braced, 0.0);
    }

    #[test]
    fn a_body_that_is_thrown_ahead_braces_with_its_feet_before_it() {
        let weights: [f64; COUNT] = std::array::from_fn(|i| match WEIGHTS[i].0 {
            "brace_ahead" | "brace_nod" => 1.0,
            "brace_crouch" => 0.0,
            _ => WEIGHED[i],
        });
        for ahead in [1.0, -1.0] {
            let mut balance = Balance::new(&weights);
            run(&mut balance, still([0.0, 0.0, GRAVITY]), Legs::Stand, 0.3, 100);
            let thrown = run(&mut balance, still([ahead * 8.0, 0.0, GRAVITY]), Legs::Slide, 0.3, 20);
            assert!(balance.braced > 0.9, "{balance:?}");
            let off = thrown.map(|leg| ahead * (STANDING[0][1] - leg[1]));
            assert!(off.iter().all(|off| *off > 0.2), "thighs forward: {off:?}");
            assert!((thrown[0][0] + thrown[1][0]).abs() < 1e-9, "and not aside: {thrown:?}");
        }
    }

    #[test]
    fn swinging_feet_are_put_down_to_turn_as_asked() {
        for turn in [0.5, -0.5] {
            let (mut balance, legs) = (Balance::new(&WEIGHED), legs(Legs::Swing));
            let (felt, mut targets) = (still([0.0, 0.0, GRAVITY]), STANDING);
            balance.feel(&felt, &legs, [0.0, turn], DT);
            balance.correct(&felt, &legs, [0.0, turn], &STANDING, DT, &mut targets);
            let middle = |i: usize| f64::midpoint(targets[i][0], targets[i + 1][0]) * turn.signum();
            assert!(
                middle(0) > 0.01 && middle(2) < -0.01,
                "fore feet inside, hind feet outside: {targets:?}"
            );
        }
    }

    /// 6 s of strides whose sway to the sides would throw it, then a push if it is pushed; how far it was braced at most in the
    /// last second, with this much of the sway left out.
    fn sways(share: f64, is_pushed: bool) -> f64 {
        let weights: [f64; COUNT] = std::array::from_fn(|i| match WEIGHTS[i].0 {
            "brace_sway" => share,
            "brace_from" | "brace_ahead_from" => 0.5,
            _ => WEIGHED[i],
        });
        let mut balance = Balance::new(&weights);
        let mut most = 0.0_f64;
        for tick in 0..700 {
            let phase = f64::from(tick % 60) / 60.0;
            // Half a metre a second to both sides: the integral of a cosine of 5.2 m/s². It swells at the beginning.
            let swell = (f64::from(tick) / 200.0).min(1.0);
            let mut force = [0.0, swell * 5.2 * math::cos(2.0 * math::PI * phase), GRAVITY];
            if is_pushed && (620..640).contains(&tick) {
                force[1] += 8.0;
            }
            let legs = legs(Legs::Swing).map(|leg| Footing { swings: phase < 0.5, ..leg });
            balance.feel(&still(force), &legs, [0.0; 2], DT);
            if tick >= 600 {
                most = most.max(balance.braced);
            }
        }
        most
    }

    #[test]
    fn the_sway_of_its_own_strides_does_not_throw_it_and_a_push_does() {
        assert!(sways(1.0, false) < 0.1, "{}", sways(1.0, false));
        assert!(sways(1.0, true) > 0.9, "{}", sways(1.0, true));
        assert!(sways(0.0, false) > 0.2, "who does not expect its own sway braces: {}", sways(0.0, false));
    }

    #[test]
    fn balance_recovers_after_a_long_spin() {
        let mut balance = Balance::new(&WEIGHED);
        let spins = Vestibular { rate: Vector3::new(0.0, 0.0, 35.0), force: Vector3::new(5.0, 0.0, GRAVITY) };
        let targets = run(&mut balance, spins, Legs::Slide, 0.3, 30_000);
        assert!(targets.iter().flatten().all(|target| target.is_finite()), "{targets:?}");
        assert!(balance.velocity.norm() <= FASTEST + 1e-9 && balance.stride.is_finite(), "{balance:?}");
        run(&mut balance, still([0.0, 0.0, GRAVITY]), Legs::Stand, 0.0, 500);
        assert!(balance.velocity.norm() < 0.05 && balance.braced == 0.0, "{balance:?}");
    }

    #[test]
    fn hips_are_turned_against_a_turn_that_nobody_asked_for() {
        let turns = Vestibular { rate: Vector3::new(0.0, 0.0, 0.2), force: Vector3::new(0.0, 0.0, GRAVITY) };
        let mut balance = Balance::new(&WEIGHED);
        run(&mut balance, turns, Legs::Stand, 0.3, 200);
        assert!(balance.steer() < -0.1, "{}", balance.steer());
        run(&mut balance, turns, Legs::Stand, 0.3, 2000);
        assert_eq!(balance.steer(), -STEERING, "and have an end");
    }

    #[test]
    fn strides_grow_while_it_is_too_slow() {
        let mut balance = Balance::new(&WEIGHED);
        run(&mut balance, still([0.0, 0.0, GRAVITY]), Legs::Stand, 0.3, 50);
        let longer = balance.stride();
        assert!(longer > 1.05, "{longer}");
        run(&mut balance, still([0.0, 0.0, GRAVITY]), Legs::Stand, 0.3, 1000);
        assert_eq!(balance.stride(), STRIDES[1], "and have an end");
    }

    #[test]
    fn feet_that_stand_say_how_fast_it_goes() {
        let mut legs = legs(Legs::Stand);
        for leg in &mut legs {
            if let Some(tip) = &mut leg.tip {
                tip.velocity = Vector3::new(-0.4, 0.1, 0.0);
            }
        }
        let mut balance = Balance::new(&WEIGHED);
        let felt = still([0.0, 0.0, GRAVITY]);
        for _ in 0..100 {
            balance.feel(&felt, &legs, [0.4, 0.0], DT);
        }
        assert!((balance.velocity - Vector3::new(0.4, -0.1, 0.0)).norm() < 1e-3, "{}", balance.velocity);
        assert!((balance.height - 0.28).abs() < 1e-9);
    }
}
