"""Environments with PettingZoo's parallel interface, made by a function of a module.

The case: ``{"module": "pettingzoo.sisl.pursuit_v5", "options": {...}}``; ``make`` names the
function (default ``parallel_env``). Agents that have left take no step and are not counted. The
next episode starts, with a new seed, within the time of the step that ended the last one.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from typing import Any

import numpy as np
from blocks import Step, now, serve


def make(case: dict[str, Any]) -> tuple[dict[str, int], Callable[[], Step]]:
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    made = getattr(importlib.import_module(case["module"]), case.get("make", "parallel_env"))
    env = made(**case.get("options", {}))
    random = np.random.default_rng(0)
    seed = 0
    observations, infos = env.reset(seed=seed)
    about = {
        "agents": len(env.agents),
        "envs": 1,
        "threads": 1,
        "bytes": nbytes(observations[env.agents[0]]),
    }
    spaces = {agent: env.action_space(agent) for agent in env.possible_agents}
    for number, agent in enumerate(env.possible_agents):
        spaces[agent].seed(number)

    def choose(agent: str) -> Any:
        space, mask = spaces[agent], infos.get(agent, {}).get("action_mask")
        if mask is not None:
            legal = mask.nonzero()[0]
            return int(legal[int(random.random() * len(legal))])
        if hasattr(space, "n"):
            return int(random.integers(space.n))
        return space.sample()

    def step() -> Step:
        nonlocal observations, infos, seed
        agents = env.agents
        actions = {agent: choose(agent) for agent in agents}
        over = 0
        start = now()
        observations, _, _, _, infos = env.step(actions)
        if not env.agents:
            over, seed = 1, seed + 1
            observations, infos = env.reset(seed=seed)
        return Step(now() - start, len(actions), 1, over)

    return about, step


def nbytes(observation: Any) -> int:
    """Bytes of an observation and of the arrays in it."""
    if isinstance(observation, dict):
        return sum(nbytes(part) for part in observation.values())
    return int(np.asarray(observation).nbytes)


if __name__ == "__main__":
    serve(make)
