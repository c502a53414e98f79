//! From the messages of a log to a body and its readings: which topic is what, where it sits, how often it speaks.

use std::collections::BTreeMap;
use std::path::Path;

use nalgebra::Isometry3;
use neuraxis_core::body::{BodyDescription, SensorDescription};
use neuraxis_core::percepts::LaserScan;
use neuraxis_core::robot::Limits;
use neuraxis_core::senses::{
    ImuNoise, ImuSpec, LidarSpec, OdometryNoise, PoseNoise, PoseSpec, RangeNoise, Readable as _, Sensor,
    Transport, WheelOdometrySpec,
};
use neuraxis_core::{Mobility, Pose2, Reading, Stamp, math};

use super::gather::{Content, Event, Gathered, Link, Sweep, Topic, Type};
use super::{Log, LogError, LogOptions, LogReading, RADIUS, Skipped, TF_TRACK, bare};

/// A message that came so much before or after the others has a damaged time, ns: a week.
const LONGEST_LOG: u64 = 7 * 24 * 3600 * 1_000_000_000;
/// Headers that are so much ahead of the log or behind it have another clock, s.
const OTHER_CLOCK: f64 = 10.0;
/// No range finder sees farther, m (the robot file allows no more).
const FARTHEST: f64 = 1000.0;
/// No chain of frames is longer.
const LONGEST_CHAIN: usize = 64;

/// Makes the log of what was gathered from `path`.
pub(super) fn assemble(path: &Path, mut gathered: Gathered, options: &LogOptions) -> Result<Log, LogError> {
    let mut events = std::mem::take(&mut gathered.events);
    events.sort_by_key(|event| event.received);
    drop_strays(&mut events, &mut gathered.topics);
    let mut notes = Vec::new();
    let roles = Roles::new(&gathered.topics, &events, options)
        .map_err(|why| LogError::Choice { path: path.to_owned(), why })?;
    let clock = Clock::new(&events, &mut notes);
    clock.mend(&mut events, &gathered.topics, &mut notes);
    let tree = Tree::new(&events);
    let base = base_frame(&gathered, &roles, &tree, options);

    let mut senses = Senses { sensors: Vec::new(), slots: BTreeMap::new(), reversed: Vec::new() };
    for (i, event) in events.iter().enumerate() {
        if !roles.is_sense(event) || senses.slots.contains_key(&event.topic) {
            continue;
        }
        // A sweep that cannot be is none to go by; it is skipped below.
        let Some(is_reversed) = is_reversed(&event.content) else { continue };
        let topic = &gathered.topics[event.topic];
        let Some(sensor) = sensor(topic, &events[i..], &clock) else { continue };
        let mount = mount(&sensor, topic, &base, &gathered, &tree, &mut notes);
        senses.slots.insert(event.topic, senses.sensors.len());
        senses.sensors.push(SensorDescription { sensor, mount, joints: Vec::new(), limb: None });
        senses.reversed.push(is_reversed);
    }
    let limits = limits(&events, roles.odometry);
    let (mut readings, mut references) = (Vec::new(), BTreeMap::<String, Vec<(Stamp, Pose2)>>::new());
    let mut track = Track::new(tree, gathered.known_frame(&base), gathered.known_frame("map"));
    for event in events {
        let topic = &mut gathered.topics[event.topic];
        let (stamp, received) = (clock.stamp(event.stamp), clock.received(event.received));
        let pose = match &event.content {
            Content::Odometry(odometry) if roles.odometry != Some(event.topic) => Some(odometry.pose),
            Content::Pose(absolute) => Some(absolute.to_planar()),
            Content::BarePose(pose) => Some(*pose),
            _ => None,
        };
        match pose {
            Some(pose) if pose.is_finite() => {
                references.entry(topic.name.clone()).or_default().push((stamp, pose));
            }
            Some(_) => topic.skip("its pose is not finite: no part of the reference".to_owned()),
            None => {}
        }
        if let Content::Links(links) = &event.content
            && let Some((stamp, pose)) = track.follow(links)
        {
            references.entry(TF_TRACK.to_owned()).or_default().push((clock.stamp(stamp), pose));
        }
        if !roles.is_sense(&event) {
            continue;
        }
        match senses.reading(event) {
            Ok((slot, reading)) => readings.push(LogReading { slot, stamp, received, reading }),
            Err(why) => topic.skip(why),
        }
    }
    for track in references.values_mut() {
        track.sort_by_key(|(stamp, _)| *stamp);
    }
    let damage = gathered.damage();
    if readings.is_empty() && references.is_empty() {
        let why = damage.unwrap_or_else(|| contents(&gathered.topics));
        return Err(LogError::Nothing { path: path.to_owned(), why });
    }
    roles.check(&references).map_err(|why| LogError::Choice { path: path.to_owned(), why })?;
    let named = if path.ends_with("metadata.yaml") { path.parent().unwrap_or(path) } else { path };
    let name = named.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let body = BodyDescription {
        name: if name.is_empty() { "log".to_owned() } else { name },
        sensors: senses.sensors,
        actuators: Vec::new(),
        mobility: Mobility::default(),
        drive: None,
        ackermann: None,
        other_actuators: 0,
        calibration: None,
        radius: RADIUS,
        limits,
    };
    let mut skipped = Vec::new();
    for topic in gathered.topics {
        skipped.extend(topic.skipped.into_iter().map(|(why, count)| Skipped {
            topic: topic.name.clone(),
            kind: topic.kind.clone(),
            count,
            why,
        }));
    }
    skipped.sort_by(|a, b| a.topic.cmp(&b.topic));
    let (path, epoch, clock_rate) = (path.to_owned(), clock.epoch, clock.rate.unwrap_or(1.0));
    Ok(Log { path, body, epoch, clock_rate, readings, references, skipped, notes, damage })
}

/// Leaves out messages whose time of arrival cannot be.
fn drop_strays(events: &mut Vec<Event>, topics: &mut [Topic]) {
    let Some(middle) = events.get(events.len() / 2).map(|event| event.received) else { return };
    events.retain(|event| {
        let is_near = event.received.abs_diff(middle) <= LONGEST_LOG;
        if !is_near {
            topics[event.topic].skip("it came more than a week before or after the others".to_owned());
        }
        is_near
    });
}

/// The topics, for one who asked for another.
fn contents(topics: &[Topic]) -> String {
    let list: Vec<String> = topics.iter().take(40).map(|t| format!("{} ({})", t.name, t.kind)).collect();
    if list.is_empty() { "no topic at all".to_owned() } else { format!("there is {}", list.join(", ")) }
}

/// Which topic is what.
struct Roles<'o> {
    odometry: Option<usize>,
    /// Topics that are no senses.
    out: Vec<usize>,
    reference: Option<&'o str>,
}

impl<'o> Roles<'o> {
    fn new(topics: &[Topic], events: &[Event], options: &'o LogOptions) -> Result<Self, String> {
        let find = |name: &str| {
            let found = topics.iter().position(|topic| bare(&topic.name) == bare(name));
            found.ok_or_else(|| format!("no topic `{name}`, {}", contents(topics)))
        };
        let mut out = Vec::new();
        for name in options.leave_out.iter().chain(&options.reference).filter(|name| *name != TF_TRACK) {
            out.push(find(name)?);
        }
        let odometry = match &options.odometry {
            Some(name) => {
                let topic = find(name)?;
                if !topics[topic].is(Type::Odometry) {
                    return Err(format!("`{name}` is no odometry but {}", topics[topic].kind));
                }
                if out.contains(&topic) {
                    return Err(format!("`{name}` cannot be the odometry and the reference or left out"));
                }
                Some(topic)
            }
            None => events
                .iter()
                .find(|event| topics[event.topic].is(Type::Odometry) && !out.contains(&event.topic))
                .map(|event| event.topic),
        };
        Ok(Self { odometry, out, reference: options.reference.as_deref() })
    }

    fn is_sense(&self, event: &Event) -> bool {
        match event.content {
            Content::Odometry(_) => self.odometry == Some(event.topic),
            Content::Imu(_) | Content::Scan(_) | Content::Pose(_) => !self.out.contains(&event.topic),
            Content::BarePose(_) | Content::Links(_) => false,
        }
    }

    /// Whether the reference that is asked for is there.
    fn check(&self, references: &BTreeMap<String, Vec<(Stamp, Pose2)>>) -> Result<(), String> {
        let Some(name) = self.reference else { return Ok(()) };
        if references.keys().any(|topic| bare(topic) == bare(name)) {
            return Ok(());
        }
        let known: Vec<&str> = references.keys().map(String::as_str).collect();
        Err(format!("`{name}` tells no pose; these do: {}", known.join(", ")))
    }
}

/// How the stamps of the headers and the times of the log become one time, which begins with the first message.
///
/// Mostly the two clocks are one. But a simulator's time in the headers has nothing to do with the wall's in the log:
/// it begins elsewhere and runs slower. The headers' time is then the one in which speeds are true, so the log's times
/// are brought onto it.
#[derive(Clone, Copy)]
struct Clock {
    /// The log's time of the first message, ns.
    epoch: u64,
    /// The headers' time at the same moment, ns.
    zero: i64,
    /// How fast the headers' time runs in the log's; `None` if the two are one clock.
    rate: Option<f64>,
}

impl Clock {
    /// The clock of events in order of arrival.
    fn new(events: &[Event], notes: &mut Vec<String>) -> Self {
        let epoch = events.first().map_or(0, |event| event.received);
        let one = Self { epoch, zero: i64::try_from(epoch).unwrap_or(i64::MAX), rate: None };
        // Transforms are often dated ahead.
        let measured: Vec<&Event> =
            events.iter().filter(|event| !matches!(event.content, Content::Links(_))).collect();
        let is_other =
            median(measured.iter().map(|event| one.delay(event))).is_some_and(|d| d.abs() > OTHER_CLOCK);
        if !is_other {
            return one;
        }
        let half = measured.len().div_ceil(2);
        let slopes = measured.iter().zip(measured.iter().skip(half)).filter_map(|(a, b)| {
            let passed = b.received.saturating_sub(a.received);
            (passed > 0).then(|| b.stamp.saturating_sub(a.stamp) as f64 / passed as f64)
        });
        // Stamps that stand still are no clock.
        let Some(rate) = median(slopes).filter(|rate| (0.01..=100.0).contains(rate)) else { return one };
        // So that nearly every message comes after it was measured; a few stamps may be damaged.
        let ahead =
            |event: &&Event| event.stamp.saturating_sub(((event.received - epoch) as f64 * rate) as i64);
        let mut zeros: Vec<i64> = measured.iter().map(ahead).collect();
        zeros.sort_unstable();
        let zero = zeros.get((zeros.len() * 99).div_ceil(100).saturating_sub(1)).copied().unwrap_or(one.zero);
        notes.push(format!(
            "the headers have a clock of their own, which runs {rate:.4} times as fast as the log's: all times are on it"
        ));
        Self { epoch, zero, rate: Some(rate) }
    }

    /// Gives the messages of topics whose headers have no stamps, or such of yet another clock, the time of their
    /// arrival for one. A few old messages are no such topic: they are old.
    fn mend(&self, events: &mut [Event], topics: &[Topic], notes: &mut Vec<String>) {
        const FEW: usize = 10;
        let mut delays: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for event in events.iter().filter(|event| !matches!(event.content, Content::Links(_))) {
            delays.entry(event.topic).or_default().push(self.delay(event));
        }
        delays.retain(|_, delays| {
            delays.len() >= FEW
                && median(delays.iter().copied()).is_some_and(|delay| delay.abs() > OTHER_CLOCK)
        });
        for topic in delays.keys() {
            let name = &topics[*topic].name;
            notes.push(format!(
                "`{name}`: its stamps are none of this log's clock; the times of arrival take their place"
            ));
        }
        for event in events.iter_mut().filter(|event| delays.contains_key(&event.topic)) {
            event.stamp = self.zero.saturating_add_unsigned(self.received(event.received).0);
        }
    }

    fn stamp(&self, stamp: i64) -> Stamp {
        let since = i128::from(stamp) - i128::from(self.zero);
        Stamp(u64::try_from(since.max(0)).unwrap_or(u64::MAX))
    }

    fn received(&self, received: u64) -> Stamp {
        let since = received.saturating_sub(self.epoch);
        Stamp(self.rate.map_or(since, |rate| (since as f64 * rate).round() as u64))
    }

    /// From measurement to arrival, s.
    fn delay(&self, event: &Event) -> f64 {
        let stamp = i128::from(event.stamp) - i128::from(self.zero);
        (i128::from(self.received(event.received).0) - stamp) as f64 * 1e-9
    }
}

/// The name of the body's frame.
fn base_frame(gathered: &Gathered, roles: &Roles<'_>, tree: &Tree, options: &LogOptions) -> String {
    if let Some(base) = &options.base {
        return base.trim_start_matches('/').to_owned();
    }
    let child = roles.odometry.map_or("", |topic| gathered.topics[topic].frame.as_str());
    let is_placed = |name: &&str| gathered.known_frame(name).is_some_and(|frame| tree.has(frame));
    let placed = [child, "base_link", "base_footprint"].into_iter().find(is_placed);
    placed.unwrap_or(if child.is_empty() { "base_link" } else { child }).to_owned()
}

/// Frames and where each is in its parent.
struct Tree {
    links: BTreeMap<usize, Link>,
}

impl Tree {
    /// All frames: those that are told once and for all as they are told last, the others as they are told first.
    fn new(events: &[Event]) -> Self {
        let mut links = BTreeMap::new();
        for event in events {
            let Content::Links(told) = &event.content else { continue };
            for link in told {
                if link.is_static {
                    links.insert(link.child, *link);
                } else {
                    links.entry(link.child).or_insert(*link);
                }
            }
        }
        Self { links }
    }

    /// Whether a link begins or ends at the frame.
    fn has(&self, frame: usize) -> bool {
        self.links.contains_key(&frame) || self.links.values().any(|link| link.parent == frame)
    }

    /// The frame itself and what is above it, and where the frame is in each.
    fn chain(&self, frame: usize, only_static: bool) -> Vec<(usize, Isometry3<f64>)> {
        let mut chain = vec![(frame, Isometry3::identity())];
        while chain.len() < LONGEST_CHAIN
            && let Some((last, pose)) = chain.last()
            && let Some(link) = self.links.get(last).filter(|link| link.is_static || !only_static)
        {
            let next = (link.parent, link.pose * pose);
            chain.push(next);
        }
        chain
    }

    /// Where `frame` is in `base`.
    fn between(&self, base: usize, frame: usize, only_static: bool) -> Option<Isometry3<f64>> {
        let above_base = self.chain(base, only_static);
        self.chain(frame, only_static).into_iter().find_map(|(common, frame_in_common)| {
            let (_, base_in_common) = above_base.iter().find(|(above, _)| *above == common)?;
            Some(base_in_common.inverse() * frame_in_common)
        })
    }
}

/// Where a sense sits on the body.
fn mount(
    sensor: &Sensor,
    topic: &Topic,
    base: &str,
    gathered: &Gathered,
    tree: &Tree,
    notes: &mut Vec<String>,
) -> Isometry3<f64> {
    let sits_somewhere = matches!(sensor, Sensor::Lidar { .. } | Sensor::Imu { .. });
    if !sits_somewhere || topic.frame == base {
        return Isometry3::identity();
    }
    let frames = gathered.known_frame(base).zip(gathered.known_frame(&topic.frame));
    let (name, frame) = (sensor.name(), &topic.frame);
    if let Some(mount) = frames.and_then(|(base, frame)| tree.between(base, frame, true)) {
        return mount;
    }
    if let Some(mount) = frames.and_then(|(base, frame)| tree.between(base, frame, false)) {
        notes.push(format!(
            "`{name}`: `{frame}` may move on `{base}`; it is taken to stay where it was first"
        ));
        return mount;
    }
    notes.push(format!("`{name}`: nothing tells where `{frame}` is; it is taken to be at `{base}`"));
    Isometry3::identity()
}

/// The body's base in `map`, by the latest transforms.
struct Track {
    tree: Tree,
    ends: Option<(usize, usize)>,
    last: Option<i64>,
}

impl Track {
    fn new(mut tree: Tree, base: Option<usize>, map: Option<usize>) -> Self {
        tree.links.retain(|_, link| link.is_static);
        Self { tree, ends: base.zip(map), last: None }
    }

    /// Takes in the links; stamp and pose if they moved the base, each stamp once. The stamp is that of the moving
    /// link nearest to the base, because what is above it (`map` to `odom`) is often dated ahead.
    fn follow(&mut self, links: &[Link]) -> Option<(i64, Pose2)> {
        for link in links.iter().filter(|link| !link.is_static) {
            self.tree.links.insert(link.child, *link);
        }
        let (base, map) = self.ends?;
        let chain = self.tree.chain(base, false);
        let top = chain.iter().position(|(frame, _)| *frame == map)?;
        let moving = chain[..top]
            .iter()
            .find_map(|(frame, _)| self.tree.links.get(frame).filter(|link| !link.is_static))?;
        if self.last == Some(moving.stamp) {
            return None;
        }
        self.last = Some(moving.stamp);
        Some((moving.stamp, Pose2::from_spatial(&chain[top].1)))
    }
}

/// How often a topic speaks, and how late.
#[derive(Clone, Copy)]
struct Pace {
    rate: f64,
    transport: Transport,
}

impl Pace {
    fn new(events: &[Event], topic: usize, clock: &Clock) -> Self {
        let of_topic = || events.iter().filter(move |event| event.topic == topic);
        let period = |times: Vec<i64>| {
            median(times.windows(2).map(|w| w[1].saturating_sub(w[0]) as f64 * 1e-9).filter(|p| *p > 0.0))
        };
        let period = period(of_topic().map(|event| event.stamp).collect())
            .or_else(|| period(of_topic().map(|event| event.received as i64).collect()));
        let delays = of_topic().map(|event| clock.delay(event));
        Self {
            rate: period.map_or(1.0, |period| (1.0 / period).clamp(0.01, 10_000.0)),
            transport: Transport { delay: median(delays).unwrap_or(0.0).clamp(0.0, 10.0), loss: 0.0 },
        }
    }
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.filter(|v| !v.is_nan()).collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Whether the beams of a sweep come clockwise (nothing else does); `None` if the sweep cannot be.
fn is_reversed(content: &Content) -> Option<bool> {
    match content {
        Content::Scan(sweep) => angles(sweep).ok().map(|(_, is_reversed)| is_reversed),
        _ => Some(false),
    }
}

/// The sense that the first of `events` and the later ones of its topic come from.
fn sensor(topic: &Topic, events: &[Event], clock: &Clock) -> Option<Sensor> {
    let first = events.first()?;
    let Pace { rate, transport } = Pace::new(events, first.topic, clock);
    let (name, link, deadline) = (bare(&topic.name).to_owned(), topic.frame.clone(), None);
    Some(match &first.content {
        Content::Odometry(_) => {
            let (left, right, noise) = (String::new(), String::new(), OdometryNoise::default());
            Sensor::WheelOdometry(WheelOdometrySpec { name, left, right, rate, noise, transport, deadline })
        }
        Content::Imu(_) => {
            Sensor::Imu(ImuSpec { name, link, rate, noise: ImuNoise::default(), transport, deadline })
        }
        Content::Pose(_) => {
            let covariances = || {
                events.iter().filter(|event| event.topic == first.topic).filter_map(|event| {
                    match &event.content {
                        Content::Pose(absolute) => Some(absolute.covariance),
                        _ => None,
                    }
                })
            };
            let deviation = |variance: Option<f64>, most: f64| {
                variance.filter(|v| v.is_finite() && *v > 0.0).map(|v| v.sqrt().clamp(0.0001, most))
            };
            let position = median(covariances().map(|c| 0.5 * (c[(0, 0)] + c[(1, 1)])));
            let of = |axis: usize| median(covariances().map(|c| c[(axis, axis)]));
            let noise = PoseNoise {
                position: deviation(position, 100.0).unwrap_or(PoseNoise::default().position),
                heading: deviation(of(5), 10.0),
                height: deviation(of(2), 100.0),
                tilt: deviation(of(3), 10.0),
            };
            Sensor::Pose(PoseSpec { name, rate, noise, transport, deadline })
        }
        Content::Scan(sweep) => {
            let (angle, _) = angles(sweep).ok()?;
            let (nearest, farthest) = (f64::from(sweep.range_min), f64::from(sweep.range_max));
            let nearest = if (0.0..FARTHEST).contains(&nearest) { nearest } else { 0.0 };
            let farthest = if farthest > nearest && farthest <= FARTHEST { farthest } else { FARTHEST };
            let (beams, range, angle) = (sweep.ranges.len() as u32, [nearest, farthest], Some(angle));
            let noise = RangeNoise::default();
            Sensor::Lidar(LidarSpec { name, link, beams, range, angle, rate, noise, transport, deadline })
        }
        Content::BarePose(_) | Content::Links(_) => return None,
    })
}

/// First and last angle of a sweep, counter-clockwise, and whether that is against its own order.
fn angles(sweep: &Sweep) -> Result<([f64; 2], bool), String> {
    let (first, step) = (f64::from(sweep.angle_min), f64::from(sweep.angle_increment));
    let Some(steps) = sweep.ranges.len().checked_sub(1) else { return Err("it has no beams".to_owned()) };
    // The last angle of the message is often rounded, or one step too far.
    let last = first + step * steps as f64;
    let is_possible = first.is_finite() && last.is_finite() && (last - first).abs() <= 2.0 * math::PI + 1e-3;
    if !is_possible || (steps > 0 && step == 0.0) {
        return Err("its angles cannot be".to_owned());
    }
    Ok(if last < first { ([last, first], true) } else { ([first, last], false) })
}

/// The senses of the body.
struct Senses {
    sensors: Vec<SensorDescription>,
    /// Slots of topics.
    slots: BTreeMap<usize, usize>,
    /// Whether a range finder's beams come clockwise.
    reversed: Vec<bool>,
}

impl Senses {
    /// Slot and reading of a message; why there is none.
    fn reading(&self, event: Event) -> Result<(usize, Reading), String> {
        let slot = self.slots.get(&event.topic).copied();
        let reading: Reading = match event.content {
            Content::Odometry(odometry) => odometry.into(),
            Content::Imu(imu) => imu.into(),
            Content::Pose(absolute) => (*absolute).into(),
            Content::Scan(sweep) => {
                let (angle, _) = angles(&sweep)?;
                let slot = slot.ok_or("no sweep of this topic is possible")?;
                let blank = self.sensors[slot].blank();
                let blank = LaserScan::of(&blank).ok_or("it is no sweep")?;
                fill(blank, sweep, angle, self.reversed[slot])?.into()
            }
            Content::BarePose(_) | Content::Links(_) => return Err("it is no sense".to_owned()),
        };
        slot.map(|slot| (slot, reading)).ok_or_else(|| "it is no sense".to_owned())
    }
}

/// The sweep in the place of an empty one, with the empty one's angles to the bit.
fn fill(blank: &LaserScan, sweep: Sweep, angle: [f64; 2], is_reversed: bool) -> Result<LaserScan, String> {
    if sweep.ranges.len() != blank.ranges.len() {
        return Err("it has another number of beams than the first".to_owned());
    }
    let last = blank.angle_min + blank.angle_increment * (blank.ranges.len() - 1) as f64;
    let tolerance = 0.5 * blank.angle_increment.abs().max(1e-6);
    let is_same = (angle[0] - blank.angle_min).abs() <= tolerance
        && (angle[1] - last).abs() <= tolerance
        && is_reversed == (sweep.angle_increment < 0.0);
    if !is_same {
        return Err("its angles are not those of the first".to_owned());
    }
    let (nearest, farthest) = (blank.range_min as f32, blank.range_max as f32);
    let mut ranges = sweep.ranges;
    for range in &mut ranges {
        // "Values < range_min or > range_max should be discarded" (sensor_msgs/LaserScan): many say 0 for no return.
        if range.is_finite() && !(nearest..=farthest).contains(range) {
            *range = f32::NAN;
        }
    }
    if is_reversed {
        ranges.reverse();
    }
    Ok(LaserScan { ranges, ..*blank })
}

/// How fast the body may go: as fast as odometry says that it went.
fn limits(events: &[Event], odometry: Option<usize>) -> Limits {
    let (mut linear, mut angular) = (0.0_f64, 0.0_f64);
    for event in events.iter().filter(|event| Some(event.topic) == odometry) {
        if let Content::Odometry(odometry) = &event.content
            && odometry.twist.is_finite()
        {
            linear = linear.max(math::hypot(odometry.twist.linear, odometry.twist.lateral));
            angular = angular.max(odometry.twist.angular.abs());
        }
    }
    let or_default = |fastest: f64, most: f64| if fastest > 0.0 { fastest.clamp(0.001, most) } else { 1.0 };
    Limits {
        linear: or_default(linear, 50.0),
        angular: or_default(angular, 100.0),
        linear_acceleration: 1.0,
        angular_acceleration: 8.0,
    }
}
