//! What the parts of a brain remember, as bytes: saved at any tick, loaded into parts that were built from the same files.
//!
//! An archive holds a section for each part: its name, what it was built from ([`Origin`]) and its state ([`codec`]). The bytes are
//! the same on every machine, every number keeps its bits, and a checksum tells damage. Loading is all or nothing.
//!
//! Why no serde and no crate of formats: those make new values, with new buffers, of whatever length a file claims. State here is read in
//! place of the part's own, so that the tick after it takes no memory, and what a robot's file says of a part cannot come from an archive.

pub mod codec;
mod types;

use std::fmt::{self, Debug, Write as _};

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::body::BodyDescription;

pub use codec::{Damage, Reader, Saved, Value, Writer};

/// How an archive begins.
const MAGIC: [u8; 8] = *b"nxsaved\n";
/// The format of the bytes around the sections.
const FORMAT: u32 = 1;
/// More sections, and longer names, no brain has.
const MAX_SECTIONS: usize = 64;
const LONGEST_NAME: usize = 64;

/// What a part was built from: saved state fits only a part that was built from the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    body: u64,
    settings: u64,
}

impl Origin {
    /// A part with these `settings` for this body.
    #[must_use]
    pub fn of(body: &BodyDescription, settings: &dyn Debug) -> Self {
        Self { body: fingerprint(body), settings: fingerprint(settings) }
    }
}

crate::value!(struct Origin { body, settings });

/// A number that stands for what a thing looks like when it is printed.
fn fingerprint(thing: &dyn Debug) -> u64 {
    struct Hasher(Xxh3);
    impl fmt::Write for Hasher {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.update(text.as_bytes());
            Ok(())
        }
    }
    let mut hasher = Hasher(Xxh3::new());
    // Neither the hasher nor a derived `Debug` fails.
    let _ = write!(hasher, "{thing:?}");
    hasher.0.digest()
}

/// The state of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Section {
    name: String,
    origin: Origin,
    packed: Vec<u8>,
}

/// The state of several parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Archive {
    sections: Vec<Section>,
}

/// Why state cannot be loaded; nothing of it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// Not the beginning of an archive.
    #[error("this is no saved brain: it does not begin like one (give a file that `save` wrote)")]
    NotAnArchive,
    /// A format that this program does not know.
    #[error(
        "it was saved in format {found} and this program reads format {FORMAT} (load it with the program that saved it, or begin without it)"
    )]
    Format {
        /// As it says.
        found: u32,
    },
    /// Its checksum does not fit.
    #[error(
        "it is damaged or cut short: its checksum does not fit (take another copy of it, or begin without it)"
    )]
    Damaged,
    /// It holds nothing of the part.
    #[error(
        "it holds no state of `{part}`, only of {held} (load it into a brain whose file asks for the same parts)"
    )]
    Missing {
        /// The part.
        part: String,
        /// What it holds.
        held: String,
    },
    /// The part was saved on another body.
    #[error(
        "the state of `{part}` was saved on another body (load it into a brain for the robot that it was saved on, with the same senses, joints and limits)"
    )]
    Body {
        /// The part.
        part: String,
    },
    /// The part was saved with other settings.
    #[error(
        "the state of `{part}` was saved with other settings (give the robot's file the settings that it was saved with, or begin without it)"
    )]
    Settings {
        /// The part.
        part: String,
    },
    /// The part was saved by a program whose part has other fields.
    #[error(
        "the state of `{part}` was saved by another version of the program (load it with the program that saved it, or begin without it)"
    )]
    Version {
        /// The part.
        part: String,
    },
    /// The part's state does not fit, in spite of its checksum.
    #[error("the state of `{part}` cannot be: {what} (save it anew, or begin without it)")]
    State {
        /// The part.
        part: String,
        /// What cannot be.
        what: &'static str,
    },
}

impl Archive {
    /// Adds the state of a part; two of one name are two sections, in their order.
    pub fn put<T: Saved + ?Sized>(&mut self, name: &str, origin: Origin, part: &T) {
        let mut writer = Writer::default();
        part.write(&mut writer);
        self.sections.push(Section { name: name.to_owned(), origin, packed: writer.packed() });
    }

    /// The names of the parts whose state it holds, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().map(|section| &*section.name)
    }

    /// Loads the state of a part, all of it or nothing.
    ///
    /// # Errors
    /// If there is none, or it does not fit the part; then the part is as it was.
    pub fn get<T: Saved + ?Sized>(
        &self,
        name: &str,
        origin: Origin,
        part: &mut T,
    ) -> Result<(), ArchiveError> {
        let told = || name.to_owned();
        let Some(section) = self.sections.iter().find(|section| section.name == name) else {
            let names: Vec<String> = self.names().map(|name| format!("`{name}`")).collect();
            let held = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
            return Err(ArchiveError::Missing { part: told(), held });
        };
        if section.origin.body != origin.body {
            return Err(ArchiveError::Body { part: told() });
        }
        if section.origin.settings != origin.settings {
            return Err(ArchiveError::Settings { part: told() });
        }
        let mut before = Writer::default();
        part.write(&mut before);
        let Err(damage) = read(&section.packed, part) else { return Ok(()) };
        // What was written a moment ago is read without fail.
        let _ = read(&before.packed(), part);
        let what = match damage {
            Damage::Layout => return Err(ArchiveError::Version { part: told() }),
            Damage::Length => "it ends too early or too late",
            Damage::Size => "a list in it is longer or shorter than here, as of another map",
            Damage::Value => "a value in it is none, or names something that is not there",
        };
        Err(ArchiveError::State { part: told(), what })
    }

    /// As bytes, for a file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(FORMAT.to_le_bytes());
        bytes.extend((self.sections.len() as u32).to_le_bytes());
        for section in &self.sections {
            bytes.push(section.name.len().min(LONGEST_NAME) as u8);
            bytes.extend(section.name.bytes().take(LONGEST_NAME));
            bytes.extend(section.origin.body.to_le_bytes());
            bytes.extend(section.origin.settings.to_le_bytes());
            bytes.extend((section.packed.len() as u64).to_le_bytes());
            bytes.extend(&section.packed);
        }
        let sum = xxh3_64(&bytes);
        bytes.extend(sum.to_le_bytes());
        bytes
    }

    /// From bytes. It takes no more memory than they do.
    ///
    /// # Errors
    /// If they are no archive, one of another format, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ArchiveError> {
        let rest = bytes.strip_prefix(&MAGIC).ok_or(ArchiveError::NotAnArchive)?;
        let (format, _) = rest.split_first_chunk().ok_or(ArchiveError::Damaged)?;
        let found = u32::from_le_bytes(*format);
        if found != FORMAT {
            return Err(ArchiveError::Format { found });
        }
        let (body, sum) = bytes.split_last_chunk().ok_or(ArchiveError::Damaged)?;
        if xxh3_64(body) != u64::from_le_bytes(*sum) {
            return Err(ArchiveError::Damaged);
        }
        sections(body.get(MAGIC.len() + 4..).unwrap_or_default()).ok_or(ArchiveError::Damaged)
    }
}

/// The sections of an archive, after its head.
fn sections(mut bytes: &[u8]) -> Option<Archive> {
    fn number<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
        let (number, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(*number)
    }
    let count = u32::from_le_bytes(number(&mut bytes)?) as usize;
    let mut archive = Archive::default();
    if count > MAX_SECTIONS {
        return None;
    }
    for _ in 0..count {
        let [length] = number(&mut bytes)?;
        let (name, rest) = bytes.split_at_checked(usize::from(length))?;
        bytes = rest;
        let (body, settings) = (number(&mut bytes)?, number(&mut bytes)?);
        let origin = Origin { body: u64::from_le_bytes(body), settings: u64::from_le_bytes(settings) };
        let length = usize::try_from(u64::from_le_bytes(number(&mut bytes)?)).ok()?;
        let (packed, rest) = bytes.split_at_checked(length)?;
        bytes = rest;
        let name = std::str::from_utf8(name).ok()?.to_owned();
        archive.sections.push(Section { name, origin, packed: packed.to_vec() });
    }
    bytes.is_empty().then_some(archive)
}

fn read<T: Saved + ?Sized>(packed: &[u8], part: &mut T) -> Result<(), Damage> {
    let mut reader = Reader::new(packed);
    part.read(&mut reader)?;
    if reader.is_at_end() { Ok(()) } else { Err(Damage::Length) }
}
