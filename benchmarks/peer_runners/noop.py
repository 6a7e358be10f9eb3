"""The no-op `ParallelEnv`, alone or 64 of them through SuperSuit.

The case: ``agents``, ``copies`` (environments through ``pettingzoo_env_to_vec_env_v1`` and
``concat_vec_envs_v1``) and ``workers`` (processes; 0: this one). ``build`` makes one for
`parallel`. The shapes are those of `two_cells`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from blocks import Step, now, serve
from gymnasium.spaces import Box, Discrete

sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.noop_env import NoOpParallel

LENGTH, ACTIONS, STEPS = 2004, 20, 720


class Model:
    """What the no-op environment copies."""

    max_cycles = STEPS

    def __init__(self, agents: int) -> None:
        self.possible_agents = [f"agent_{index}" for index in range(agents)]
        self.unwrapped = self

    def observation_space(self, agent: str) -> Box:
        return Box(-1.0, 1.0, (LENGTH,), np.float32)

    def action_space(self, agent: str) -> Discrete:
        return Discrete(ACTIONS)


def build(agents: int) -> NoOpParallel:
    """A no-op environment."""
    model = Model(agents)
    seen = {agent: np.zeros(LENGTH, np.float32) for agent in model.possible_agents}
    infos = {agent: {"action_mask": np.ones(ACTIONS, np.int8)} for agent in seen}
    env = NoOpParallel(model, seen, infos)
    env.render_mode = None  # SuperSuit asks
    return env


def make(case: dict[str, Any]) -> tuple[dict[str, int], Callable[[], Step]]:
    import supersuit

    agents, copies = case["agents"], case["copies"]
    env = supersuit.pettingzoo_env_to_vec_env_v1(build(agents))
    env = supersuit.concat_vec_envs_v1(
        env, copies, num_cpus=case["workers"], base_class="gymnasium"
    )
    env.reset(seed=0)
    about = {
        "agents": agents,
        "envs": copies,
        "threads": max(1, case["workers"]),
        "bytes": 4 * LENGTH,
    }
    random = np.random.default_rng(0)

    def step() -> Step:
        actions = random.integers(ACTIONS, size=agents * copies)
        start = now()
        _, _, terminated, truncated, _ = env.step(actions)
        spent = now() - start
        over = int(np.count_nonzero(terminated | truncated)) // agents
        return Step(spent, agents * copies, copies, over)

    return about, step


if __name__ == "__main__":
    serve(make)
