#!/usr/bin/env python3
"""The swimmer's peer, measured: dm_control in MuJoCo, with the untrained circuit of Bhattasali et al. (2022).

    python3 -m venv peer && peer/bin/pip install mujoco==3.17.0 dm_control==1.0.50
    peer/bin/python scripts/peer_swimmer.py starts > crates/lab/src/bench/data/swimmer_starts.csv
    peer/bin/python scripts/peer_swimmer.py pace

`starts` prints the ten random starts of 3 to 12 links and the returns from there; `neuraxis bench motor` begins at the same ones.
`pace` prints control steps a CPU-second, best of 5. `neuraxis bench motor --only speed --peer peer/bin/python` measures them in
turns with its own: it runs this file as `pace --json`, which says a line of JSON about itself, then for each line of its
standard input another with one round's paces, until the input ends.
"""

import sys

# A Python before 3.11 would look for modules in the current folder first, if it is given this file by `-c`.
sys.path[:] = [folder for folder in sys.path if folder]

import json  # noqa: E402
import os  # noqa: E402
import time  # noqa: E402

os.environ.setdefault("MUJOCO_GL", "disable")

import mujoco  # noqa: E402
import numpy as np  # noqa: E402
from dm_control.rl import control  # noqa: E402
from dm_control.suite import swimmer  # noqa: E402

STEP = 0.03


def environment(links, seed):
    physics = swimmer.Physics.from_xml_string(*swimmer.get_model_and_assets(links))
    task = swimmer.Swimmer(random=seed)
    return control.Environment(physics, task, time_limit=1e6, control_timestep=STEP)


def circuit(q, step, oscillator=True, proprioception=True, period=60):
    """Torques, -1 to 1, from joints as shares of their range: all weights 1 or -1."""

    def bound(x):
        return min(max(x, 0.0), 1.0)

    torques = []
    for i in range(len(q)):
        dorsal = ventral = 0.0
        if i > 0 and proprioception:
            dorsal, ventral = bound(q[i - 1]), bound(-q[i - 1])
        if i == 0 and oscillator:
            dorsal = 1.0 if step % period < period // 2 else 0.0
            ventral = 1.0 - dorsal
        torques.append(bound(dorsal - ventral) - bound(ventral - dorsal))
    return torques


def swim(links, seed, **parts):
    """Start (heading and joints, rad) and return of 1000 control steps."""
    env = environment(links, seed)
    env.reset()
    physics = env.physics
    start = physics.data.qpos[2:].copy()
    total = 0.0
    for step in range(1000):
        q = np.clip(physics.joints() / (2 * np.pi / links), -1, 1)
        env.step(circuit(list(q), step, **parts))
        total += min(max(-physics.body_velocities()[1] / 0.1, 0.0), 1.0)
    return start, total


def starts():
    print("links,seed,return,no_oscillator,no_proprioception,yaw,joints")
    for links in range(3, 13):
        for seed in range(10):
            start, whole = swim(links, seed)
            cells = [str(links), str(seed), f"{whole:.3f}", "", ""]
            if links == 6:
                cells[3] = f"{swim(links, seed, oscillator=False)[1]:.3f}"
                cells[4] = f"{swim(links, seed, proprioception=False)[1]:.3f}"
            print(",".join(cells + [repr(float(x)) for x in start]), flush=True)


def jobs():
    """What a pace is measured of: for each, control steps a round and what takes so many."""
    env = environment(6, 0)
    env.reset()
    physics = env.physics
    model, data = physics.model.ptr, physics.data.ptr
    substeps = round(STEP / physics.timestep())
    actions = np.random.RandomState(0).uniform(-1, 1, (100, 5))

    def raw(steps):
        for step in range(steps):
            data.ctrl[:] = actions[step % 100]
            mujoco.mj_step(model, data, substeps)

    def dm_control(steps):
        for step in range(steps):
            env.step(actions[step % 100])

    def closed(steps):
        for step in range(steps):
            q = np.clip(physics.joints() / (np.pi / 3), -1, 1)
            data.ctrl[:] = circuit(list(q), step)
            mujoco.mj_step(model, data, substeps)

    about = {"mujoco": mujoco.__version__, "substeps": substeps, "timestep": physics.timestep()}
    return about, {"mj_step": (4000, raw), "circuit": (2000, closed), "dm_control": (2000, dm_control)}


def one_round(jobs):
    """Control steps a CPU-second of each."""
    paces = {}
    for name, (steps, work) in jobs.items():
        begin = time.process_time()
        work(steps)
        paces[name] = steps / (time.process_time() - begin)
    return paces


def pace():
    about, works = jobs()
    rounds = [one_round(works) for _ in range(5)]
    best = {name: max(paces[name] for paces in rounds) for name in works}
    print("control steps of 0.03 s a CPU-second, six links, best of 5")
    print(
        f"mujoco {about['mujoco']}, mj_step of {about['substeps']} steps of {about['timestep']} s: {best['mj_step']:.0f}"
    )
    print(f"the same with the circuit in Python: {best['circuit']:.0f}")
    print(f"dm_control, env.step: {best['dm_control']:.0f}")


def pace_on_demand():
    about, works = jobs()
    print(json.dumps(about), flush=True)
    for _ in sys.stdin:
        print(json.dumps(one_round(works)), flush=True)


if __name__ == "__main__":
    known = {("starts",): starts, ("pace",): pace, ("pace", "--json"): pace_on_demand}
    wanted = tuple(sys.argv[1:])
    if wanted not in known:
        sys.exit(__doc__)
    known[wanted]()
