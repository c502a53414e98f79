//! The container of a log: which files it has, and MCAP taken apart, whole or damaged.
//!
//! By hand, because the library's readers end at the first damage and panic at some (an attachment or an
//! uncompressed chunk that is shorter than it says): here a bad chunk costs that chunk. Records are small to parse.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use mcap::MAGIC;
use mcap::records::op;

use super::LogError;
use super::gather::Gathered;

/// A longer record or chunk is damage; it is passed over.
const LONGEST_RECORD: u64 = 256 << 20;
/// A longer `metadata.yaml` is none.
const LONGEST_METADATA: u64 = 16 << 20;
const METADATA: &str = "metadata.yaml";
#[cfg(not(feature = "sqlite"))]
const CONVERT: &str =
    "convert it: `ros2 bag convert -i FOLDER -o OPTIONS.yaml`, with `storage_id: mcap` among the options";

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> LogError {
    |error| LogError::Io { path: path.to_owned(), error }
}

/// The files of the log `path`, in order, and the names of those that should be there.
pub(super) fn files(path: &Path) -> Result<(Vec<PathBuf>, Vec<String>), LogError> {
    let is_folder = std::fs::metadata(path).map_err(io_error(path))?.is_dir();
    let folder = if is_folder { path } else { path.parent().unwrap_or(Path::new("")) };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let listed = listed(&folder.join(METADATA));
    if !is_folder && name != METADATA && !listed.iter().any(|listed| *listed == name) {
        return Ok((vec![path.to_owned()], Vec::new()));
    }
    let (found, missing): (Vec<_>, Vec<_>) =
        listed.into_iter().map(|name| (folder.join(&name), name)).partition(|(file, _)| file.is_file());
    let mut found: Vec<PathBuf> = found.into_iter().map(|(file, _)| file).collect();
    if found.is_empty() {
        // A recorder that was killed leaves no metadata.
        let ends = |file: &Path| file.extension().is_some_and(|e| e == "mcap" || e == "db3" || e == "bag");
        let entries = std::fs::read_dir(if is_folder { path } else { folder }).map_err(io_error(path))?;
        found = entries.flatten().map(|entry| entry.path()).filter(|file| ends(file)).collect();
        found.sort();
    }
    if found.is_empty() {
        let help = "give an MCAP file, or a `rosbag2` folder with its *.mcap or *.db3 files";
        return Err(LogError::foreign(path, "no log", help));
    }
    Ok((found, missing.into_iter().map(|(_, name)| name).collect()))
}

/// The names under `relative_file_paths` in a `metadata.yaml`, without folders: the one list of plain strings in a
/// file that only `rosbag2` writes. Empty if there is no such file.
fn listed(metadata: &Path) -> Vec<String> {
    let mut text = Vec::new();
    let read = File::open(metadata).and_then(|file| file.take(LONGEST_METADATA).read_to_end(&mut text));
    if read.is_err() {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(&text);
    let mut names: Vec<String> = Vec::new();
    let list = text.lines().map(str::trim).skip_while(|line| *line != "relative_file_paths:").skip(1);
    for item in list.map_while(|line| line.strip_prefix("- ")) {
        // Old versions wrote the folder's name before it; no name leads out of the folder.
        let item = Path::new(item.trim().trim_matches(['"', '\''])).file_name();
        let name = item.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Reads the file `path` into `gathered`; damage after its first bytes is told there.
pub(super) fn read(path: &Path, gathered: &mut Gathered) -> Result<(), LogError> {
    let mut source = BufReader::with_capacity(1 << 16, File::open(path).map_err(io_error(path))?);
    let mut head = Vec::new();
    source.by_ref().take(MAGIC.len() as u64).read_to_end(&mut head).map_err(io_error(path))?;
    if head != MAGIC {
        return Err(match &head[..] {
            b"#ROSBAG " => LogError::foreign(
                path,
                "a bag of ROS 1",
                "`rosbags-convert` (PyPI: rosbags) makes a ROS 2 log of it",
            ),
            #[cfg(feature = "sqlite")]
            b"SQLite f" => return super::sqlite::read(path, gathered),
            #[cfg(not(feature = "sqlite"))]
            b"SQLite f" => {
                LogError::foreign(path, "a log in SQLite, which this build does not read", CONVERT)
            }
            [0x28, 0xb5, 0x2f, 0xfd, ..] => LogError::foreign(
                path,
                "a compressed file",
                "unpack it first: `zstd -d`, or `ros2 bag convert`",
            ),
            [] => LogError::foreign(path, "empty", "the recorder wrote nothing"),
            _ => LogError::foreign(
                path,
                "no MCAP file",
                "give an MCAP file, or a `rosbag2` folder with *.mcap or *.db3 files",
            ),
        });
    }
    let mut file = Mcap { gathered, schemas: BTreeMap::new(), channels: BTreeMap::new(), is_ros1: false };
    if let Err(damage) = file.records(&mut source) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        file.gathered.damaged(format!("{name}: {damage}"));
    }
    if file.is_ros1 {
        let help = "`rosbags-convert` (PyPI: rosbags) makes a ROS 2 log of it";
        return Err(LogError::foreign(path, "a log of ROS 1 in MCAP", help));
    }
    Ok(())
}

/// The fields of a record, one after the other; `None` where it is too short.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(count)?;
        self.0 = tail;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn text(&mut self) -> Option<String> {
        let count = self.u32()? as usize;
        self.bytes(count).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }
}

/// The state of reading one file.
struct Mcap<'g> {
    gathered: &'g mut Gathered,
    /// Names of types.
    schemas: BTreeMap<u16, String>,
    /// Indices of topics.
    channels: BTreeMap<u16, usize>,
    is_ros1: bool,
}

impl Mcap<'_> {
    /// All records after the first magic; why it ended before its end, if it did.
    fn records(&mut self, source: &mut impl Read) -> Result<(), String> {
        let mut at = MAGIC.len() as u64;
        let mut data = Vec::new();
        loop {
            let cut =
                || format!("nothing can be read from byte {at} on, the file is cut short or damaged there");
            let gave_up = |error: io::Error| format!("the disk gave up at byte {at}: {error}");
            data.clear();
            source.by_ref().take(9).read_to_end(&mut data).map_err(gave_up)?;
            let mut head = Fields(&data);
            let (Some([kind]), Some(length)) = (head.array(), head.u64()) else { return Err(cut()) };
            if kind == op::DATA_END || kind == op::FOOTER {
                // What follows is an index.
                return Ok(());
            }
            let is_wanted = [op::HEADER, op::SCHEMA, op::CHANNEL, op::MESSAGE, op::CHUNK].contains(&kind);
            if !is_wanted || length > LONGEST_RECORD {
                let passed = io::copy(&mut source.by_ref().take(length), &mut io::sink()).map_err(gave_up)?;
                if passed < length {
                    return Err(cut());
                }
                if is_wanted {
                    self.gathered.damaged(format!("a record of {length} bytes at byte {at} is left out"));
                }
            } else {
                data.clear();
                source.by_ref().take(length).read_to_end(&mut data).map_err(gave_up)?;
                let is_whole = data.len() as u64 == length;
                if kind == op::CHUNK {
                    self.chunk(&data, is_whole).map_err(|what| format!("at byte {at}: {what}"))?;
                } else if is_whole {
                    self.record(kind, &data)?;
                }
                if !is_whole {
                    return Err(cut());
                }
            }
            at = at.saturating_add(9).saturating_add(length);
        }
    }

    /// One record that is no chunk; `Err` if reading must end.
    fn record(&mut self, kind: u8, data: &[u8]) -> Result<(), String> {
        let mut fields = Fields(data);
        let is_read = match kind {
            op::HEADER => fields.text().map(|profile| self.is_ros1 = profile == "ros1"),
            op::SCHEMA => fields.u16().zip(fields.text()).map(|(id, name)| {
                self.schemas.insert(id, name);
            }),
            op::CHANNEL => self.channel(&mut fields),
            op::MESSAGE => return self.message(&mut fields),
            _ => Some(()),
        };
        if is_read.is_none() {
            self.gathered.damaged("a record is shorter than it says".to_owned());
        }
        Ok(())
    }

    fn channel(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let (id, schema) = (fields.u16()?, fields.u16()?);
        let (topic, encoding) = (fields.text()?, fields.text()?);
        let kind = self.schemas.get(&schema).map_or("?", String::as_str);
        let index = self.gathered.topic(&topic, kind, &encoding);
        self.channels.insert(id, index);
        Some(())
    }

    fn message(&mut self, fields: &mut Fields<'_>) -> Result<(), String> {
        let (channel, _sequence) = (fields.u16(), fields.u32());
        let (received, _published) = (fields.u64(), fields.u64());
        let topic = channel.and_then(|id| self.channels.get(&id)).copied();
        let known = topic.zip(received);
        let Some((topic, received)) = known else {
            self.gathered.damaged("messages of a topic that the file does not name".to_owned());
            return Ok(());
        };
        self.gathered.message(topic, received, fields.0)
    }

    /// The records of a chunk, of which only the beginning may be there; `Err` if reading must end.
    fn chunk(&mut self, data: &[u8], is_whole: bool) -> Result<(), String> {
        let Some((size, sum, compression, records)) = chunk_header(data) else {
            self.gathered.damaged("a chunk is shorter than it says".to_owned());
            return Ok(());
        };
        let (content, failure) = inflate(&compression, records, size);
        if is_whole {
            let sums = sum == 0 || crc32fast::hash(&content) == sum;
            let failure = failure.or((!sums).then(|| "its sum is another".to_owned()));
            if let Some(why) = failure {
                self.gathered.damaged(format!("a chunk is left out: {why}"));
                return Ok(());
            }
        }
        let mut rest = Fields(&content);
        while !rest.0.is_empty() {
            let record = rest
                .array()
                .zip(rest.u64())
                .and_then(|([kind], length)| Some((kind, rest.bytes(usize::try_from(length).ok()?)?)));
            let Some((kind, data)) = record else {
                if is_whole {
                    self.gathered.damaged("a chunk ends in the middle of a record".to_owned());
                }
                break;
            };
            self.record(kind, data)?;
        }
        Ok(())
    }
}

/// Size and sum of a chunk's content, how it is compressed, and the compressed bytes as far as they are there.
fn chunk_header(data: &[u8]) -> Option<(u64, u32, String, &[u8])> {
    let mut fields = Fields(data);
    let (_start, _end) = (fields.u64()?, fields.u64()?);
    let (size, sum) = (fields.u64()?, fields.u32()?);
    let (compression, length) = (fields.text()?, fields.u64()?);
    let length = usize::try_from(length).unwrap_or(usize::MAX).min(fields.0.len());
    Some((size, sum, compression, &fields.0[..length]))
}

/// The content of a chunk, `size` bytes if all is well, and what is wrong if it is not.
fn inflate(compression: &str, data: &[u8], size: u64) -> (Vec<u8>, Option<String>) {
    if size > LONGEST_RECORD {
        return (Vec::new(), Some(format!("it says that it has {size} bytes")));
    }
    let mut content = Vec::new();
    let result = match compression {
        "" => data.take(size).read_to_end(&mut content),
        "zstd" => zstd::stream::read::Decoder::with_buffer(data)
            .and_then(|decoder| decoder.take(size).read_to_end(&mut content)),
        "lz4" => lz4_flex::frame::FrameDecoder::new(data).take(size).read_to_end(&mut content),
        other => return (content, Some(format!("its compression `{other}` is not known"))),
    };
    let failure = match result {
        Err(error) => Some(error.to_string()),
        Ok(count) if (count as u64) < size => Some(format!("it has {count} of {size} bytes")),
        Ok(_) => None,
    };
    (content, failure)
}
