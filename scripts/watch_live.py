"""Watches a run as Foxglove would: what is shown live must be what the recording of the same run holds.

Usage: watch_live.py NEURAXIS DIR, where NEURAXIS is the program and the folders in DIR hold layouts (foxglove.json).
Needs the PyPI packages websockets, mcap and mcap-ros2-support.
"""

import json
import math
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mcap.reader import make_reader
from mcap.records import Schema
from mcap_ros2.decoder import DecoderFactory
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect

PROTOCOL = "foxglove.sdk.v1"
SCENE = Path(__file__).resolve().parent.parent / "scenes" / "umaze.yaml"
# Repeated for those who come late.
LATCHED = {"/tf_static", "/goal_pose", "/map", "/plan"}
# All is over after so many seconds of real time.
LIMIT = 60
# The server says that there is a topic a moment before it lets anybody subscribe to it.
PATIENCE = 0.2
# A part of a message path: .name, .name[:] or .name[:]{key=="value"}.
PART = re.compile(r'\.(\w+)(?:\[:\])?(?:\{(\w+)=="(\w+)"\})?')


class OutOfTime(Exception):
    """It takes too long."""


class Layout:
    """What a layout names."""

    def __init__(self, path):
        layout = json.loads(path.read_text())
        panels = layout["configById"]
        assert sorted(leaves(layout["layout"])) == sorted(panels), f"{path}: not every panel has its place"
        kinds = {name.split("!")[0] for name in panels}
        assert kinds == {"3D", "Plot", "RawMessages"}, f"{path}: {kinds}"
        scenes = [panel for name, panel in panels.items() if name.startswith("3D!")]
        self.frames = {scene["followTf"] for scene in scenes}
        self.paths = [series["value"] for panel in panels.values() for series in panel.get("paths", [])]
        self.topics = {topic for scene in scenes for topic in scene["topics"]}
        self.topics |= {panel["topicPath"] for panel in panels.values() if "topicPath" in panel}
        self.topics |= {split(path)[0] for path in self.paths}


def leaves(node):
    return [node] if isinstance(node, str) else leaves(node["first"]) + leaves(node["second"])


def split(path):
    """A message path as its topic and its parts."""
    topic, rest = re.fullmatch(r"([\w/]+)(.*)", path).groups()
    assert rest and not PART.sub("", rest), f"what is {path}?"
    return topic, PART.findall(rest)


def follow(parts, message):
    """The values that the parts of a message path lead to."""
    found = [message]
    for name, key, value in parts:
        found = [getattr(one, name, None) for one in found]
        found = [one for many in found for one in (many if isinstance(many, list) else [many])]
        found = [one for one in found if not key or getattr(one, key) == value]
    return found


class Watcher:
    """A client that wants all there is."""

    def __init__(self, socket):
        self.socket = socket
        self.name = None
        # By topic, as they were told of.
        self.channels = {}
        # By the number of the subscription.
        self.topics = {}
        self.fresh = []
        self.last_news = time.monotonic()
        # For each trial: by topic, the time and the bytes of each message.
        self.trials = []

    def watch(self, is_enough):
        """Listens until there is enough, or the server has gone."""
        while not is_enough(self.trials):
            try:
                message = self.socket.recv(timeout=PATIENCE / 2)
            except TimeoutError:
                message = b"\0"
            except ConnectionClosed:
                return
            if isinstance(message, str):
                self.hear(json.loads(message))
            elif message[0] == 1:
                number, stamp = struct.unpack_from("<IQ", message, 1)
                self.trials[-1].setdefault(self.topics[number], []).append((stamp, message[13:]))
            if self.fresh and time.monotonic() > self.last_news + PATIENCE:
                self.subscribe()

    def hear(self, message):
        match message["op"]:
            case "serverInfo":
                self.name = message["name"]
                # A new session is a new trial, but for the one that began before the first.
                if not self.trials or self.trials[-1]:
                    self.trials.append({})
            case "advertise":
                self.last_news = time.monotonic()
                for channel in message["channels"]:
                    self.channels[channel["topic"]] = channel
                    self.fresh.append(channel)
            case "unadvertise":
                gone = message["channelIds"]
                self.fresh = [channel for channel in self.fresh if channel["id"] not in gone]
            case "status":
                raise AssertionError(f"the server complains: {message['message']}")

    def subscribe(self):
        wanted = []
        for channel in self.fresh:
            number = len(self.topics) + 1
            self.topics[number] = channel["topic"]
            wanted.append({"id": number, "channelId": channel["id"]})
        self.fresh = []
        self.socket.send(json.dumps({"op": "subscribe", "subscriptions": wanted}))

    def decoder(self, topic):
        channel = self.channels[topic]
        schema = Schema(channel["id"], channel["schema"].encode(), channel["schemaEncoding"], channel["schemaName"])
        return DecoderFactory().decoder_for(channel["encoding"], schema)

    def last(self, topic):
        """The last message of the first trial on a topic."""
        assert self.trials[0].get(topic), f"nothing came on {topic}"
        return self.decoder(topic)(self.trials[0][topic][-1][1])


def listening(port):
    """The addresses that some program of this computer listens on at a port."""
    found = []
    for table in [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]:
        rows = table.read_text().splitlines()[1:] if table.exists() else []
        for row in rows:
            address, number = row.split()[1].split(":")
            if int(number, 16) == port and row.split()[3] == "0A":
                found.append(address)
    return found


def is_enough(trials):
    """Whether the second trial is well under way."""
    enough = {"/scan": 20, "/tf_static": 1, "/neuraxis/decision": 1}
    return len(trials) > 1 and all(len(trials[1].get(topic, [])) >= count for topic, count in enough.items())


def check_trial(watcher, layouts):
    """The first trial has what the layouts name, and it is what a robot feels and thinks."""
    for layout in layouts:
        for topic in layout.topics:
            assert topic in watcher.channels, f"there is no {topic}, which a layout names"
        for path in layout.paths:
            topic, parts = split(path)
            found = follow(parts, watcher.last(topic))
            assert len(found) == 1 and isinstance(found[0], float), f"{path} leads to {found}"
        frames = {
            transform.child_frame_id
            for topic in ("/tf", "/tf_static")
            for transform in watcher.last(topic).transforms
        }
        assert layout.frames <= frames, f"of the frames {layout.frames} there are {frames}"
    for topic, channel in watcher.channels.items():
        form = channel["encoding"], channel["schemaEncoding"]
        assert form == ("cdr", "ros2msg"), f"{topic} comes as {form}"

    scan = watcher.last("/scan")
    hits = [r for r in scan.ranges if math.isfinite(r)]
    assert len(scan.ranges) == 360 and len(hits) > 180, f"{len(hits)} of {len(scan.ranges)} beams hit something"
    assert all(scan.range_min - 0.1 <= r <= scan.range_max + 0.1 for r in hits), "ranges out of range"
    decision = watcher.last("/neuraxis/decision")
    names = [cue.name for cue in decision.cues]
    assert "scan_matching" in names and all(names), f"the cues are called {names}"
    assert all(0 <= cue.reliability <= 1 for cue in decision.cues), decision.cues
    assert decision.status in ("active", "reached"), decision.status
    grid = watcher.last("/map")
    assert len(grid.data) == grid.info.width * grid.info.height > 0 and 100 in grid.data, "the map is empty"
    fixed = [stamp for stamp, _ in watcher.trials[0]["/tf_static"]]
    assert min(fixed) > 0, "/tf_static came at its own time: it was not repeated for those who are late"


def read(recording):
    """By topic: the time and the bytes of each message."""
    messages = {}
    with recording.open("rb") as stream:
        for _, channel, message in make_reader(stream).iter_messages():
            messages.setdefault(channel.topic, []).append((message.log_time, message.data))
    return messages


def check_against(recordings, trials):
    """Each message that was shown is in a recording, and of the first recording next to nothing was left out."""
    known = [read(recording) for recording in recordings]
    assert len(known) == 2, f"the run left {len(known)} recordings"
    for trial in trials:
        for topic, messages in trial.items():
            both = {one for held in known for one in held.get(topic, [])}
            if topic in LATCHED:
                both, messages = {data for _, data in both}, [data for _, data in messages]
            strange = sum(message not in both for message in messages)
            assert not strange, f"{strange} of {len(messages)} messages on {topic} are in no recording"
    begin = min(stamp for stamp, _ in trials[0]["/scan"])
    for topic, held in known[0].items():
        # The last messages of a trial may come after the news that the next begins.
        shown = {data for trial in trials for _, data in trial.get(topic, [])}
        held = [data for stamp, data in held if stamp > begin or topic in LATCHED]
        missing = sum(data not in shown for data in held)
        assert missing <= 0.05 * len(held), f"{missing} of {len(held)} messages on {topic} were not shown"
    own = {data for _, data in known[1]["/scan"]}
    assert any(data in own for _, data in trials[1]["/scan"]), "the second trial shows the scans of the first"


def watch(program, layouts, folder):
    run = [program, "run", SCENE, "-n", "2", "--live=0", "--speed", "5", "--out", folder, "--record", "all"]
    child = subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        line = child.stderr.readline()
        found = re.match(r"live: open (ws://127\.0\.0\.1:(\d+)) ", line)
        assert found, f"the first line is {line!r}"
        if sys.platform == "linux":
            addresses = listening(int(found[2]))
            assert addresses == ["0100007F"], f"it does not listen on the loopback interface alone: {addresses}"
        with connect(found[1], subprotocols=[PROTOCOL], max_size=None, proxy=None) as socket:
            assert socket.subprotocol == PROTOCOL, f"the server speaks {socket.subprotocol}"
            watcher = Watcher(socket)
            watcher.watch(is_enough)
        assert watcher.name == "neuraxis", f"the server is called {watcher.name}"
        check_trial(watcher, layouts)
        shown = [{topic: len(messages) for topic, messages in trial.items()} for trial in watcher.trials]
        assert is_enough(watcher.trials), f"too little was shown of the second trial: {shown}"
    finally:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
    assert child.returncode in (0, 3), f"it ended with {child.returncode}: {child.stderr.read()}"
    check_against(sorted(Path(folder).glob("trial-*.mcap")), watcher.trials)
    return watcher, sum(shown[0].values())


def out_of_time(*_):
    raise OutOfTime(f"not done after {LIMIT} s")


def main():
    program, robots = sys.argv[1:]
    layouts = [Layout(path) for path in sorted(Path(robots).glob("*/foxglove.json"))]
    assert layouts, f"no layouts in {robots}"
    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(LIMIT)
    with tempfile.TemporaryDirectory() as folder:
        watcher, count = watch(program, layouts, folder)
    print(f"{len(watcher.channels)} topics, {count} messages of the first trial seen live as they were recorded;")
    print(f"the second trial followed; {len(layouts)} layouts fit")


try:
    main()
except (AssertionError, OutOfTime, OSError, WebSocketException) as error:
    sys.exit(f"the live view: {error}")
