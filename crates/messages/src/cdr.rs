//! Messages as bytes and back: CDR as ROS 2 puts it on the wire, of either order of bytes, with bounds on all that is read.

use byteorder::{BigEndian, LittleEndian};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// No message that is read is longer, bytes. What it takes in memory is bounded by that, too: a length inside of a message
/// is believed only as far as there are bytes for it.
pub const MAX_BYTES: usize = 64 << 20;

/// Padding that some middlewares append, bytes.
const PADDING: usize = 7;

/// What stands before every CDR message: little-endian, no options.
const ENCAPSULATION: [u8; 4] = [0, 1, 0, 0];

/// Why a message, or what it says, cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unusable {
    /// Its middleware compressed it.
    #[error("it is compressed by itself: `ros2 bag convert` unpacks it")]
    Compressed,
    /// It begins with something else than the header of plain CDR.
    #[error("it is no plain CDR")]
    NotCdr,
    /// It ends too early, or holds what its type cannot.
    #[error("it does not decode as its type")]
    Malformed,
    /// There is more of it than its type has.
    #[error("it is longer than its type")]
    TooLong,
    /// It is longer than any message may be.
    #[error("it has {0} bytes, and no message that is read may have more than {MAX_BYTES}")]
    TooLarge(usize),
    /// A sweep with more beams than any range finder may have.
    #[error("it has more than {0} beams")]
    TooManyBeams(usize),
    /// A pose without an attitude where one is needed.
    #[error("its attitude is none")]
    NoAttitude,
    /// A list of transforms that holds none which is one.
    #[error("it holds no transform")]
    NoTransform,
    /// Lists in it that belong together differ in length.
    #[error("its lists `{0}` and `{1}` differ in length")]
    Uneven(&'static str, &'static str),
    /// It has another number of values than the sense of the robot file.
    #[error("it has {found} {what}, and the robot file says {wanted}")]
    Count {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        wanted: usize,
    },
    /// Its directions are not those of the robot file.
    #[error("its directions are not those that the robot file gives for this sense")]
    Directions,
    /// It names none of the joints that the sense reads.
    #[error("it names none of the joints that this sense reads")]
    NoJoint,
    /// A name or a code in it stands for nothing that this version knows.
    #[error("{0}")]
    Unknown(String),
    /// A number that the sense is there for is not measured.
    #[error("it does not measure its {0}")]
    Unmeasured(&'static str),
}

/// Overwrites `bytes` with `message` in CDR, as ROS 2 sends it. Once the buffer has grown to the message's size it does not
/// allocate.
pub fn encode<M: Serialize>(message: &M, bytes: &mut Vec<u8>) {
    bytes.clear();
    bytes.extend_from_slice(&ENCAPSULATION);
    // Writing into memory cannot fail, and none of the messages holds what CDR cannot say.
    let _ = cdr_encoding::to_writer::<M, LittleEndian, _>(&mut *bytes, message);
}

/// Appends `value` to `bytes` in CDR without a header: what travels inside of a process. It does not allocate where the buffer has room.
pub fn append<T: Serialize>(value: &T, bytes: &mut Vec<u8>) {
    // Writing into memory cannot fail; lists whose length is not known beforehand and maps are not what records are made of.
    let _ = cdr_encoding::to_writer::<T, LittleEndian, _>(&mut *bytes, value);
}

/// What [`append`] put into `bytes`.
///
/// # Errors
/// If there is no such value in them.
pub fn take<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unusable> {
    cdr_encoding::from_bytes::<T, LittleEndian>(bytes)
        .map(|(value, _)| value)
        .map_err(|_| Unusable::Malformed)
}

/// The message in `bytes`.
///
/// # Errors
/// If it is not one of this type: it is no plain CDR, ends too early, has bytes left over, or is too large.
pub fn decode<M: DeserializeOwned>(bytes: &[u8]) -> Result<M, Unusable> {
    if bytes.len() > MAX_BYTES {
        return Err(Unusable::TooLarge(bytes.len()));
    }
    let (message, used, length) = match bytes {
        [0, 0, _, _, payload @ ..] => {
            cdr_encoding::from_bytes::<M, BigEndian>(payload).map(|(m, used)| (m, used, payload.len()))
        }
        [0, 1, _, _, payload @ ..] => {
            cdr_encoding::from_bytes::<M, LittleEndian>(payload).map(|(m, used)| (m, used, payload.len()))
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => return Err(Unusable::Compressed),
        _ => return Err(Unusable::NotCdr),
    }
    .map_err(|_| Unusable::Malformed)?;
    if length > used.saturating_add(PADDING) {
        return Err(Unusable::TooLong);
    }
    Ok(message)
}
