"""Reads a recording back with tools that nobody here wrote, and checks it against results.json.

Usage: read_back.py DIR, where DIR is what `neuraxis run --out DIR --record all` left. Needs the PyPI packages
mcap, mcap-ros2-support, rosbags and polars.
"""

import json
import math
import sys
from pathlib import Path

import polars
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory
from rosbags.highlevel import AnyReader
from rosbags.typesys import Stores, get_typestore

folder = Path(sys.argv[1])
rows = json.loads((folder / "results.json").read_text())["trials"]
# Seeds are unsigned in JSON and signed in Parquet, which shows only above 2^63.
assert polars.read_parquet(folder / "results.parquet").to_dicts() == rows, "results.parquet is not results.json"
recordings = sorted(folder.glob("trial-*.mcap"))
assert recordings, f"no recordings in {folder}"


def close(a, b, tolerance, what):
    assert abs(a - b) <= tolerance, f"{what}: {a}, not {b}"


def check(path):
    """One recording by mcap and mcap-ros2-support: every message of every topic decodes."""
    trial = int(path.stem.split("-")[1])
    expected = [row for row in rows if row["trial"] == trial]
    messages = {}
    with path.open("rb") as stream:
        reader = make_reader(stream, decoder_factories=[DecoderFactory()])
        summary = reader.get_summary()
        attachments = {a.name for a in reader.iter_attachments()}
        facts = {m.name: m.metadata for m in reader.iter_metadata()}["neuraxis"]
        for _, channel, message, decoded in reader.iter_decoded_messages():
            messages.setdefault(channel.topic, []).append((message.log_time, decoded))
    topics = {channel.topic for channel in summary.channels.values()}
    silent = topics - set(messages)
    # A robot that plans no way has no /plan, one that has seen little no /map.
    assert all(t.endswith(("/plan", "/map")) for t in silent), f"{path}: nothing on {silent}"
    assert facts["seed"] == str(expected[0]["seed"])
    assert facts["scene"] in attachments

    verdict = json.loads(messages["/neuraxis/verdict"][-1][1].json)
    assert verdict == expected, f"{path}: the verdict is not that of results.json"
    for row in expected:
        prefix = f"/{row['robot']}_{row['index']}" if len(expected) > 1 else ""
        traces = [m for _, m in messages[f"{prefix}/neuraxis/trace"]]
        stamps = []
        for trace in traces:
            stamp = trace.stamp
            assert trace.first == len(stamps)
            for dt in trace.dt:
                stamp += dt
                stamps.append(stamp)
        # The last tick lies within two ticks of the end of the robot's trial.
        close(stamps[-1] * 1e-9, row["time"], 0.021, f"{path}: time of {row['robot']}")
        truth = [m.pose.pose.position for t, m in messages[f"{prefix}/ground_truth"] if t * 1e-9 <= row["time"] + 0.2]
        length = sum(math.dist((a.x, a.y), (b.x, b.y)) for a, b in zip(truth, truth[1:]))
        # Chords of 0.2 s are a little shorter than the way.
        close(length, row["path_length"], 0.03 * row["path_length"] + 0.05, f"{path}: length of the way")
        scan = messages[f"{prefix}/scan"][0][1]
        assert len(scan.ranges) == round((scan.angle_max - scan.angle_min) / scan.angle_increment) + 1
        status = messages[f"{prefix}/neuraxis/decision"][-1][1].status
        assert (status == "reached") == (row["outcome"] in ("reached", "mistaken")), f"{path}: {status}"
    return sum(len(m) for m in messages.values()), topics


def check_with_rosbags(path, topics):
    """The same recording by rosbags: the ROS topics decode with the definitions that the file brings."""
    count = 0
    with AnyReader([path], default_typestore=get_typestore(Stores.ROS2_JAZZY)) as reader:
        assert {connection.topic for connection in reader.connections} == topics
        for connection, _, raw in reader.messages():
            reader.deserialize(raw, connection.msgtype)
            count += 1
    return count


for path in recordings:
    count, topics = check(path)
    other = check_with_rosbags(path, topics)
    assert count == other, f"{path}: {count} messages by mcap, {other} by rosbags"
    print(f"{path.name}: {count} messages on {len(topics)} topics read back twice, verdict as in results.json")
