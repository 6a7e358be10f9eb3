"""`fz_multi.vector_env`; the case has its arguments as ``options``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from blocks import Step, now, serve

import fz_multi


def make(case: dict[str, Any]) -> tuple[dict[str, int], Callable[[], Step]]:
    options = case["options"]
    envs = fz_multi.vector_env("two_cells", **options)
    seen, _ = envs.reset(seed=0)
    parts = seen.values() if isinstance(seen, dict) else (seen,)
    about = {
        "agents": options["num_agents"],
        "envs": options["num_envs"],
        "threads": options["threads"],
        "bytes": sum(part[0, 0].nbytes for part in parts),
    }
    both = options["num_envs"] * options["num_agents"]

    def step() -> Step:
        actions = envs.sample_actions()
        start = now()
        _, _, terminated, truncated, _ = envs.step(actions)
        spent = now() - start
        over = int(np.count_nonzero((terminated | truncated)[:, 0]))
        return Step(spent, both, options["num_envs"], over)

    return about, step


if __name__ == "__main__":
    serve(make)
