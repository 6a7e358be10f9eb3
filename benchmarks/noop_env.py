"""A ``ParallelEnv`` that only hands out fresh copies: the cost of the interface alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from pettingzoo import ParallelEnv


class NoOpParallel(ParallelEnv):
    """Returns copies of another environment's observations and infos, and reads no action.

    Same agents, spaces, shapes, info keys and episode length as ``env``; it is what a step of a
    Python environment with this interface costs at the least.
    """

    metadata: dict[str, Any] = {"name": "noop_v0"}  # noqa: RUF012 - as PettingZoo has it

    def __init__(self, env: Any, observations: Mapping[str, Any], infos: Mapping[str, Any]) -> None:
        self.possible_agents = list(env.possible_agents)
        self.agents = self.possible_agents[:]
        self.max_cycles = int(env.unwrapped.max_cycles)
        self._observations, self._infos = dict(observations), dict(infos)
        self._spaces = {a: (env.observation_space(a), env.action_space(a)) for a in self.agents}
        self._steps = 0

    def observation_space(self, agent: str) -> Any:
        return self._spaces[agent][0]

    def action_space(self, agent: str) -> Any:
        return self._spaces[agent][1]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        self.agents, self._steps = self.possible_agents[:], 0
        return fresh(self._observations), fresh(self._infos)

    def step(self, actions: Mapping[str, Any]) -> Any:
        self._steps += 1
        agents, over = self.agents, self._steps >= self.max_cycles
        if over:
            self.agents = []
        return (
            fresh(self._observations),
            dict.fromkeys(agents, 0.0),
            dict.fromkeys(agents, False),
            dict.fromkeys(agents, over),
            fresh(self._infos),
        )


def fresh(value: Any) -> Any:
    """A copy of dicts and arrays, all the way down."""
    if isinstance(value, dict):
        return {key: fresh(part) for key, part in value.items()}
    return value.copy() if isinstance(value, np.ndarray) else value
