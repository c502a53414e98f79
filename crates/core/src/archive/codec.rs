//! How state is written down: in the order of its fields, to the bit, in place of what is there when it is read back.
//!
//! A part keeps its buffers and whatever it was built with; only its state is written and read. So reading takes no more memory
//! than the part has already, whatever a file claims, and what a body or a robot's file fixes cannot come from outside.
//! Fields are listed with [`saved!`](crate::saved) and [`value!`](crate::value), which make the compiler ask about a field that
//! is on neither list.

/// The longest list that has no buffer of its own.
const LONGEST: usize = 65_536;

/// Why state cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It ends too early, or goes on where it should end.
    Length,
    /// Its fields are others than those of the part.
    Layout,
    /// A list is longer or shorter than that of the part.
    Size,
    /// A value cannot be: a number out of its range, a place that is not there.
    Value,
}

/// Takes state down.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// Takes bytes down as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// What was taken down; runs of zeros, of which maps and searches are full, are told by their length.
    #[must_use]
    pub fn packed(&self) -> Vec<u8> {
        let mut packed = Vec::new();
        let mut rest = &self.bytes[..];
        while !rest.is_empty() {
            let zeros = rest.iter().take(ZEROS - 1).take_while(|byte| **byte == 0).count();
            if zeros > 3 {
                packed.extend(((ZEROS + zeros) as u16).to_le_bytes());
                rest = &rest[zeros..];
            } else {
                let run = rest.windows(4).position(|four| four == [0; 4]).unwrap_or(rest.len());
                let run = run.clamp(1, ZEROS - 1);
                packed.extend((run as u16).to_le_bytes());
                packed.extend(&rest[..run]);
                rest = &rest[run..];
            }
        }
        packed
    }
}

/// A length from here on tells a run of zeros, by so much less.
const ZEROS: usize = 1 << 15;

/// Gives state back.
#[derive(Debug)]
pub struct Reader<'a> {
    packed: &'a [u8],
    /// Bytes, or zeros, before the next length.
    run: usize,
    is_zeros: bool,
}

impl<'a> Reader<'a> {
    /// Of what [`Writer::packed`] gave.
    #[must_use]
    pub fn new(packed: &'a [u8]) -> Self {
        Self { packed, run: 0, is_zeros: false }
    }

    /// The next bytes.
    ///
    /// # Errors
    /// If there are not as many.
    pub fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Damage> {
        let mut bytes = [0; N];
        for byte in &mut bytes {
            if self.run == 0 {
                let (length, rest) = self.packed.split_first_chunk().ok_or(Damage::Length)?;
                let length = usize::from(u16::from_le_bytes(*length));
                self.packed = rest;
                self.is_zeros = length >= ZEROS;
                self.run = length % ZEROS;
                if self.run == 0 {
                    return Err(Damage::Length);
                }
            }
            self.run -= 1;
            if !self.is_zeros {
                let (first, rest) = self.packed.split_first().ok_or(Damage::Length)?;
                (*byte, self.packed) = (*first, rest);
            }
        }
        Ok(bytes)
    }

    /// Whether all was read.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.run == 0 && self.packed.is_empty()
    }
}

/// Something that is written down as a whole: a number, a pose, a mode.
pub trait Value: Sized {
    /// Takes it down.
    fn put(&self, to: &mut Writer);

    /// Gives it back.
    ///
    /// # Errors
    /// If there is no such value.
    fn take(from: &mut Reader<'_>) -> Result<Self, Damage>;
}

/// Something that keeps what it was built with, and has state besides.
pub trait Saved {
    /// Takes its state down.
    fn write(&self, to: &mut Writer);

    /// Puts state in the place of its own. It takes no memory beyond the buffers that are there.
    ///
    /// # Errors
    /// If the state is not one of it; then some of it may be in place, and [`Archive::get`](crate::archive::Archive::get) puts the old one back.
    fn read(&mut self, from: &mut Reader<'_>) -> Result<(), Damage>;
}

impl<T: Value> Saved for T {
    fn write(&self, to: &mut Writer) {
        self.put(to);
    }
    fn read(&mut self, from: &mut Reader<'_>) -> Result<(), Damage> {
        *self = T::take(from)?;
        Ok(())
    }
}

/// A list of fixed length.
impl<T: Saved> Saved for Vec<T> {
    fn write(&self, to: &mut Writer) {
        each::write(self, to);
    }
    fn read(&mut self, from: &mut Reader<'_>) -> Result<(), Damage> {
        each::read(self, from)
    }
}

/// What is there because the part was built so: arrays, lists and options of things that keep something.
pub mod each {
    use super::{Damage, Reader, Saved, Value, Writer};

    /// Takes all down.
    pub fn write<'a, T: Saved + 'a>(list: impl IntoIterator<Item = &'a T>, to: &mut Writer) {
        let place = to.bytes.len();
        0_u32.put(to);
        let mut count = 0_u32;
        for one in list {
            one.write(to);
            count += 1;
        }
        to.bytes[place..place + 4].copy_from_slice(&count.to_le_bytes());
    }

    /// Gives all back, as many as there are.
    ///
    /// # Errors
    /// If there were not as many.
    pub fn read<'a, T: Saved + 'a>(
        list: impl IntoIterator<Item = &'a mut T>,
        from: &mut Reader<'_>,
    ) -> Result<(), Damage> {
        let expected = u32::take(from)?;
        let mut count = 0;
        for one in list {
            count += 1;
            if count > expected {
                return Err(Damage::Size);
            }
            one.read(from)?;
        }
        if count == expected { Ok(()) } else { Err(Damage::Size) }
    }
}

/// Lists that grow and shrink, in the memory that they have.
pub mod list {
    use super::{Damage, LONGEST, Reader, Value, Writer};

    /// Takes a list down.
    pub fn write<T: Value>(list: &[T], to: &mut Writer) {
        (list.len() as u32).put(to);
        for one in list {
            one.put(to);
        }
    }

    /// Gives it back.
    ///
    /// # Errors
    /// If it is longer than the memory that is there.
    pub fn read<T: Value>(list: &mut Vec<T>, from: &mut Reader<'_>) -> Result<(), Damage> {
        read_up_to(list, list.capacity(), from)
    }

    pub(super) fn read_up_to<T: Value>(
        list: &mut Vec<T>,
        most: usize,
        from: &mut Reader<'_>,
    ) -> Result<(), Damage> {
        let count = u32::take(from)? as usize;
        if count > most {
            return Err(Damage::Size);
        }
        list.clear();
        for _ in 0..count {
            list.push(T::take(from)?);
        }
        Ok(())
    }

    /// Lists for which memory is taken when they come to be, between ticks.
    pub mod free {
        use super::{Damage, LONGEST, Reader, Value, Writer};

        /// Takes a list down.
        pub fn write<T: Value>(list: &[T], to: &mut Writer) {
            super::write(list, to);
        }

        /// Gives it back.
        ///
        /// # Errors
        /// If it is longer than any such list.
        pub fn read<T: Value>(list: &mut Vec<T>, from: &mut Reader<'_>) -> Result<(), Damage> {
            super::read_up_to(list, LONGEST, from)
        }
    }
}

/// A number that stands for a list of fields: another list is another layout.
#[must_use]
pub const fn layout(fields: &str) -> u16 {
    let bytes = fields.as_bytes();
    // FNV-1a, folded.
    let (mut hash, mut i) = (0x811c_9dc5_u32, 0);
    while i < bytes.len() {
        // The compiler may put blanks between words as it likes.
        if !bytes[i].is_ascii_whitespace() {
            hash = (hash ^ bytes[i] as u32).wrapping_mul(0x0100_0193);
        }
        i += 1;
    }
    (hash ^ (hash >> 16)) as u16
}

/// Implements [`Saved`](crate::archive::Saved): `saved!(Type { state, ...; built, ... })`, all fields on one side or the other.
///
/// A field of state can be followed by how it is saved: `: list` for a list that grows in its buffer, `: list::free` for one that
/// has none, `: each` for arrays and options of things that keep something of their own. `then function` at the end names what is
/// done once all is read; it says whether the whole can be.
#[macro_export]
macro_rules! saved {
    ($type:ty { $($field:ident $(: $($kind:ident)::+)?),* $(,)? $(; $($built:ident),* $(,)?)? } $(then $then:expr)?) => {
        impl $crate::archive::Saved for $type {
            fn write(&self, to: &mut $crate::archive::Writer) {
                const LAYOUT: u16 = $crate::archive::codec::layout(concat!($(stringify!($field), ","),*));
                $crate::archive::Value::put(&LAYOUT, to);
                let Self { $($field,)* $($($built: _,)*)? } = self;
                $($crate::saved!(@write $field to $($($kind)::+)?);)*
            }
            fn read(&mut self, from: &mut $crate::archive::Reader<'_>) -> Result<(), $crate::archive::Damage> {
                const LAYOUT: u16 = $crate::archive::codec::layout(concat!($(stringify!($field), ","),*));
                if <u16 as $crate::archive::Value>::take(from)? != LAYOUT {
                    return Err($crate::archive::Damage::Layout);
                }
                let Self { $($field,)* $($($built: _,)*)? } = self;
                $($crate::saved!(@read $field from $($($kind)::+)?)?;)*
                $(if !$then(self) {
                    return Err($crate::archive::Damage::Value);
                })?
                Ok(())
            }
        }
    };
    (@write $field:ident $to:ident) => { $crate::archive::Saved::write($field, $to) };
    (@write $field:ident $to:ident $($kind:ident)::+) => { $crate::archive::codec::$($kind)::+::write($field, $to) };
    (@read $field:ident $from:ident) => { $crate::archive::Saved::read($field, $from) };
    (@read $field:ident $from:ident $($kind:ident)::+) => { $crate::archive::codec::$($kind)::+::read($field, $from) };
}

/// Implements [`Value`](crate::archive::Value) for a plain struct, `value!(struct Type { fields })`, or an enum,
/// `value!(enum Type { Unit, Tuple(a), Named { a, b } })`.
#[macro_export]
macro_rules! value {
    (struct $type:ty { $($field:ident),* $(,)? }) => {
        impl $crate::archive::Value for $type {
            fn put(&self, to: &mut $crate::archive::Writer) {
                let Self { $($field),* } = self;
                $($crate::archive::Value::put($field, to);)*
            }
            fn take(from: &mut $crate::archive::Reader<'_>) -> Result<Self, $crate::archive::Damage> {
                Ok(Self { $($field: $crate::archive::Value::take(from)?),* })
            }
        }
    };
    (enum $type:ty { $($variant:ident $({ $($field:ident),* })? $(( $($place:ident),* ))?),* $(,)? }) => {
        impl $crate::archive::Value for $type {
            fn put(&self, to: &mut $crate::archive::Writer) {
                match self {
                    $(Self::$variant $({ $($field),* })? $(( $($place),* ))? => {
                        $crate::archive::Value::put(&$crate::archive::codec::layout(stringify!($variant)), to);
                        $($($crate::archive::Value::put($field, to);)*)?
                        $($($crate::archive::Value::put($place, to);)*)?
                    })*
                }
            }
            fn take(from: &mut $crate::archive::Reader<'_>) -> Result<Self, $crate::archive::Damage> {
                let variant = <u16 as $crate::archive::Value>::take(from)?;
                $(if variant == $crate::archive::codec::layout(stringify!($variant)) {
                    $($(let $field = $crate::archive::Value::take(from)?;)*)?
                    $($(let $place = $crate::archive::Value::take(from)?;)*)?
                    return Ok(Self::$variant $({ $($field),* })? $(( $($place),* ))?);
                })*
                Err($crate::archive::Damage::Value)
            }
        }
    };
}
