//! Where the messages of a recording go: into a file, to those who look on, or both.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use mcap::records::{MessageHeader, Metadata};
use mcap::{Attachment, Compression, McapResult, WriteOptions};
use neuraxis_messages::{self as msg, Message, ros2msg};

#[cfg(feature = "live")]
use crate::live::LiveOutput;

/// A chunk is closed after so many bytes, or so much recorded time (as the header says): a process that dies
/// loses no more.
const CHUNK_BYTES: u64 = 4 * 1024 * 1024;
/// zstd's level: three times the cost of level 3 for a tenth less.
const COMPRESSION: u32 = 7;

/// A topic that messages are put on.
#[derive(Clone, Copy)]
pub(crate) struct Channel {
    /// In the file, where two announcements of one topic are one.
    id: u16,
    /// How many were announced before.
    #[cfg(feature = "live")]
    index: u16,
    count: u32,
}

/// Where messages go.
#[derive(Default)]
pub(crate) struct Output {
    file: Option<OutputFile>,
    #[cfg(feature = "live")]
    live: Option<LiveOutput>,
    channels: u16,
    buffer: Vec<u8>,
}

/// A file that is being written under another name than it will have.
pub(crate) struct OutputFile {
    path: PathBuf,
    part: PathBuf,
    writer: mcap::Writer<BufWriter<File>>,
}

impl OutputFile {
    /// Begins the file that will be called `path`.
    pub(crate) fn create(path: &Path) -> McapResult<Self> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let writer = WriteOptions::new()
            .compression(Some(Compression::Zstd))
            .profile("ros2")
            .library(concat!("neuraxis ", env!("CARGO_PKG_VERSION")))
            .chunk_size(Some(CHUNK_BYTES))
            .compression_level(COMPRESSION)
            .disable_seeking(true)
            .create(BufWriter::new(File::create(&part)?))?;
        Ok(Self { path: path.to_owned(), part, writer })
    }

    /// What it will be called.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What it is called while it is written.
    pub(crate) fn part(&self) -> &Path {
        &self.part
    }
}

impl Output {
    /// Into `file`, if there is one.
    pub(crate) fn new(file: Option<OutputFile>) -> Self {
        Self { file, ..Self::default() }
    }

    /// And to those who look on.
    #[cfg(feature = "live")]
    pub(crate) fn with_live(self, live: LiveOutput) -> Self {
        Self { live: Some(live), ..self }
    }

    /// The file, if there is one.
    pub(crate) fn file(&self) -> Option<&OutputFile> {
        self.file.as_ref()
    }

    /// Puts facts about the recording, and the files that it was made of, into the file.
    pub(crate) fn describe<'a>(
        &mut self,
        name: &str,
        facts: BTreeMap<String, String>,
        attachments: impl Iterator<Item = (String, &'a [u8])>,
    ) -> McapResult<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.writer.write_metadata(&Metadata { name: name.to_owned(), metadata: facts })?;
        for (name, data) in attachments {
            file.writer.attach(&Attachment {
                log_time: 0,
                create_time: 0,
                media_type: media_type(&name).to_owned(),
                name,
                data: data.into(),
            })?;
        }
        Ok(())
    }

    /// Announces a topic of messages of the type `M`.
    pub(crate) fn channel<M: Message>(&mut self, topic: &str) -> McapResult<Channel> {
        self.channel_of(M::NAME, topic)
    }

    /// Announces a topic of messages of the type `name` (`package/Name`).
    pub(crate) fn channel_of(&mut self, name: &str, topic: &str) -> McapResult<Channel> {
        let full = name.replacen('/', "/msg/", 1);
        let definition = ros2msg(name);
        let index = self.channels;
        let mut id = index;
        if let Some(file) = &mut self.file {
            let schema = file.writer.add_schema(&full, "ros2msg", definition.as_bytes())?;
            id = file.writer.add_channel(schema, topic, "cdr", &BTreeMap::new())?;
        }
        #[cfg(feature = "live")]
        if let Some(live) = &mut self.live {
            live.channel(topic, &full, definition);
        }
        self.channels += 1;
        Ok(Channel {
            id,
            #[cfg(feature = "live")]
            index,
            count: 0,
        })
    }

    /// Puts a message of the time `stamp` (ns) on a topic.
    pub(crate) fn put<M: Message>(
        &mut self,
        channel: &mut Channel,
        stamp: u64,
        message: &M,
    ) -> McapResult<()> {
        self.put_encoded(channel, stamp, |bytes| msg::encode(message, bytes))
    }

    /// Puts what `encode` makes, a message of the time `stamp` (ns), on a topic.
    pub(crate) fn put_encoded(
        &mut self,
        channel: &mut Channel,
        stamp: u64,
        encode: impl FnOnce(&mut Vec<u8>),
    ) -> McapResult<()> {
        encode(&mut self.buffer);
        let sequence = channel.count;
        channel.count = channel.count.wrapping_add(1);
        #[cfg(feature = "live")]
        if let Some(live) = &mut self.live {
            live.put(channel.index, stamp, &self.buffer);
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        let header = MessageHeader { channel_id: channel.id, sequence, log_time: stamp, publish_time: stamp };
        file.writer.write_to_known_channel(&header, &self.buffer)
    }

    /// Closes a piece of the file: from here on a process that dies does not lose it.
    pub(crate) fn flush(&mut self) -> McapResult<()> {
        self.file.as_mut().map_or(Ok(()), |file| file.writer.flush())
    }

    /// Ends the file and gives it its name, or removes it if it is not to be kept.
    pub(crate) fn finish(&mut self, is_kept: bool) -> McapResult<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.writer.finish()?;
        if is_kept {
            fs::rename(&file.part, &file.path)?;
        } else {
            fs::remove_file(&file.part)?;
        }
        Ok(())
    }
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("json") => "application/json",
        Some("yaml" | "yml") => "application/yaml",
        Some("urdf" | "xml") => "application/xml",
        _ => "application/octet-stream",
    }
}
