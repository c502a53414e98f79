//! The live view: what goes into a recording, shown to Foxglove while it happens.
//!
//! The server speaks the Foxglove WebSocket protocol, with the topics, types and bytes of a recording. It listens on the
//! loopback interface only. A client that is slow loses messages, then its connection; nobody waits for it.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use foxglove::websocket::Capability;
use foxglove::{Context, PartialMetadata, RawChannel, Schema, WebSocketServerHandle};

/// Topics whose last message is repeated for those who come later, as a latched topic does in ROS 2.
const LATCHED: &[&str] = &["tf_static", "goal_pose", "map", "plan"];
/// How often it is, ns.
const REPEAT: u64 = 1_000_000_000;

/// The server; it shows one trial at a time.
pub struct LiveServer {
    shared: Arc<Shared>,
}

struct Shared {
    context: Arc<Context>,
    handle: WebSocketServerHandle,
    /// Topics that were announced, by name. They outlive a trial: the next one has most of them too.
    channels: Mutex<BTreeMap<String, Arc<RawChannel>>>,
}

impl LiveServer {
    /// Listens on `port` of the loopback interface; 0 takes any that is free.
    ///
    /// # Errors
    /// If the port is taken.
    pub fn start(port: u16) -> io::Result<Self> {
        let context = Context::new();
        let handle = context
            .websocket_server()
            .name("neuraxis")
            .bind("127.0.0.1", port)
            .capabilities([Capability::Time])
            .start_blocking()
            .map_err(io::Error::other)?;
        Ok(Self { shared: Arc::new(Shared { context, handle, channels: Mutex::default() }) })
    }

    /// The port that it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.shared.handle.port()
    }

    /// Says good-bye to those who look on.
    pub fn close(self) {
        if let Some(shared) = Arc::into_inner(self.shared) {
            shared.handle.stop().wait_blocking();
        }
    }

    /// The output of the next trial. Those who look on start anew: its time begins at 0 again.
    pub(crate) fn output(&self) -> LiveOutput {
        self.shared.handle.clear_session(None);
        LiveOutput { shared: self.shared.clone(), channels: Vec::new(), last_repeat: 0, time: 0 }
    }
}

/// What one trial shows.
pub(crate) struct LiveOutput {
    shared: Arc<Shared>,
    channels: Vec<Shown>,
    last_repeat: u64,
    time: u64,
}

/// A topic, and its last message if that is repeated.
struct Shown {
    channel: Arc<RawChannel>,
    latched: Option<Vec<u8>>,
}

impl LiveOutput {
    /// Announces a topic; topics are counted in the order of these calls.
    pub(crate) fn channel(&mut self, topic: &str, schema: &str, definition: String) {
        let mut known = self.shared.channels.lock().unwrap_or_else(PoisonError::into_inner);
        let channel = known.get(topic).cloned().or_else(|| {
            let schema = Schema::new(schema, "ros2msg", definition.into_bytes());
            let builder = self.shared.context.channel_builder(topic).message_encoding("cdr");
            // It fails only without an encoding.
            builder.schema(schema).build_raw().ok()
        });
        let Some(channel) = channel else { return };
        known.insert(topic.to_owned(), channel.clone());
        let is_latched = topic.rsplit('/').next().is_some_and(|name| LATCHED.contains(&name));
        self.channels.push(Shown { channel, latched: is_latched.then(Vec::new) });
    }

    /// Shows a message on the `index`th topic.
    pub(crate) fn put(&mut self, index: u16, stamp: u64, message: &[u8]) {
        if stamp > self.time {
            self.time = stamp;
            self.shared.handle.broadcast_time(stamp);
        }
        if let Some(shown) = self.channels.get_mut(usize::from(index)) {
            shown.channel.log_with_meta(message, PartialMetadata::with_log_time(stamp));
            if let Some(latched) = &mut shown.latched {
                latched.clear();
                latched.extend_from_slice(message);
            }
        }
        if self.time >= self.last_repeat + REPEAT {
            self.last_repeat = self.time;
            for shown in &self.channels {
                if let Some(latched) = shown.latched.as_ref().filter(|message| !message.is_empty()) {
                    shown.channel.log_with_meta(latched, PartialMetadata::with_log_time(self.time));
                }
            }
        }
    }
}
