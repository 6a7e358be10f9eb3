"""factory-sim's batch of environments, stepped by its C code on its thread pool.

The case: ``envs``, ``threads``, ``task``, ``compact``. One agent; a decision is 30 ticks. A step
gives observations, masks and rewards, and starts the next episodes. Actions are drawn evenly from
what each part of the mask allows.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from blocks import Step, now, serve
from fsim.rl import NVEC
from fsim.vec import VecEnv


def make(case: dict[str, Any]) -> tuple[dict[str, int], Callable[[], Step]]:
    number = case["envs"]
    envs = VecEnv(number, case["task"], threads=case["threads"], compact=case["compact"])
    _, masks = envs.reset()
    about = {
        "agents": 1,
        "envs": number,
        "threads": case["threads"],
        "bytes": envs.obs_nbytes // number,
    }
    random = np.random.default_rng(0)
    edges = np.cumsum([0, *NVEC])
    parts = [slice(a, b) for a, b in pairwise(edges)]

    def step() -> Step:
        weights = random.random(masks.shape, np.float32) * (masks != 0)
        actions = np.stack([weights[:, part].argmax(1) for part in parts], 1).astype(np.int32)
        start = now()
        _, _, _, terminated, truncated, _ = envs.step(actions)
        spent = now() - start
        return Step(spent, number, number, int(np.count_nonzero(terminated | truncated)))

    return about, step


if __name__ == "__main__":
    serve(make)
