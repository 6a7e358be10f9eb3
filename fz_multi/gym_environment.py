"""One agent alone as a Gymnasium environment; registered as ``fz_multi/<task>-v0``."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np

from fz_multi.environment import Environment
from fz_multi.task.definition import Task

AGENT = "agent_0"


class GymEnvironment(gymnasium.Env):
    """An `Environment` with one agent, without the dictionaries.

    ``team_env`` is the environment inside: raw commands, `snapshot`, `events` and so on are there.
    """

    metadata = Environment.metadata

    def __init__(self, task: str | Task = "two_cells", **options: Any) -> None:
        if options.setdefault("num_agents", 1) != 1:
            raise ValueError(f"gym_env has one agent, got num_agents={options['num_agents']!r}")
        self.team_env = Environment(task, **options)
        self.render_mode = self.team_env.render_mode
        self.observation_space = self.team_env.observation_space(AGENT)
        self.action_space = self.team_env.action_space(AGENT)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start an episode; see `Environment.reset`."""
        super().reset(seed=seed)
        observations, infos = self.team_env.reset(seed=seed, options=options)
        return observations[AGENT], infos[AGENT]

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """One step; see `Environment.step`."""
        obs, rewards, terminations, truncations, infos = self.team_env.step({AGENT: action})
        return obs[AGENT], rewards[AGENT], terminations[AGENT], truncations[AGENT], infos[AGENT]

    def action_masks(self) -> np.ndarray:
        """The mask of the state as it is, bool[n] (the name that sb3-contrib asks for)."""
        return self.team_env.action_mask(AGENT).astype(bool)

    def render(self) -> np.ndarray | None:  # type: ignore[override]
        """See `Environment.render`."""
        return self.team_env.render()

    def close(self) -> None:
        """Give the world back."""
        self.team_env.close()


def gym_env(task: str | Task = "two_cells", **options: Any) -> GymEnvironment:
    """A Gymnasium environment of one agent. The arguments are those of `parallel_env`."""
    return GymEnvironment(task, **options)
