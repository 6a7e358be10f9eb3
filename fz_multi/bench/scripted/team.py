"""A team of scripts: one generator an agent, advanced once a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fz_multi.actions import WAIT

from .worker import Script, Worker


class ScriptedTeam:
    """A policy made of scripts. ``write(workers) -> scripts`` gives each worker what it does.

    A script that ends, or that finds no way on, waits from then on.
    """

    name = "scripted"

    def __init__(self, write: Callable[[list[Worker]], list[Script]]) -> None:
        self._write = write

    def reset(self, env: Any, seed: int) -> None:
        """Begin an episode of an environment that has just been reset."""
        world = env.unwrapped
        workers = [Worker(world, agent) for agent in world.possible_agents]
        self._scripts = dict(zip(world.possible_agents, self._write(workers), strict=True))
        self.failures: dict[str, str] = {}

    def act(self, observations: Mapping[str, Any], infos: Mapping[str, Any]) -> dict[str, Any]:
        """The next action of each agent."""
        return {agent: self._next(agent) for agent in observations}

    def _next(self, agent: str) -> int:
        try:
            return next(self._scripts[agent], WAIT)
        except LookupError as error:
            self.failures[agent] = str(error)
            return WAIT
