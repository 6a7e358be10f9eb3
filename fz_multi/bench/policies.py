"""Policies to compare with: scripted team, open-loop replay, random legal actions, no-op.

A policy acts for the whole team. Everything that it knows comes from the observations and infos of
its agents; a scripted team may read the environment that ``reset`` is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from gymnasium import spaces

from .scripted import make_team

WAIT = 0  # the first action of every set


@runtime_checkable
class Policy(Protocol):
    """What the runner asks of a policy.

    ``env_options`` (a mapping, optional) are arguments of `fz_multi.parallel_env` that it was made
    for, such as ``{"observation": "grid"}``; without it it gets the defaults.
    """

    name: str

    def reset(self, env: Any, seed: int) -> None:
        """An episode begins: ``env`` (a ``ParallelEnv``) has just been reset with ``seed``."""

    def act(self, observations: Mapping[str, Any], infos: Mapping[str, Any]) -> dict[str, Any]:
        """One action for each agent in ``observations``."""


@runtime_checkable
class CommandPolicy(Protocol):
    """A policy that plays by raw commands (`fz_multi.commands`) in place of actions."""

    name: str

    def reset(self, env: Any, seed: int) -> None:
        """As in `Policy`."""

    def commands(self, observations: Mapping[str, Any], infos: Mapping[str, Any]) -> dict[str, Any]:
        """At most one command for each agent; agents without one go on with what they do."""


def no_action(space: spaces.Space) -> Any:
    """The action that does nothing in a space of actions."""
    if isinstance(space, spaces.MultiDiscrete):
        return np.zeros(len(space.nvec), np.int64)
    return WAIT


class NoOp:
    """Waits."""

    name = "no-op"

    def reset(self, env: Any, seed: int) -> None:
        self._env = env

    def act(self, observations: Mapping[str, Any], infos: Mapping[str, Any]) -> dict[str, Any]:
        return {agent: no_action(self._env.action_space(agent)) for agent in observations}


class RandomLegal:
    """Draws evenly from the actions that the mask allows; from all of them without a mask."""

    name = "random"

    def reset(self, env: Any, seed: int) -> None:
        self._env = env
        self._random = np.random.Generator(np.random.PCG64([abs(int(seed)), 0x5EED]))

    def act(self, observations: Mapping[str, Any], infos: Mapping[str, Any]) -> dict[str, Any]:
        return {agent: self._draw(agent, observations, infos) for agent in observations}

    def _draw(self, agent: str, observations: Mapping[str, Any], infos: Mapping[str, Any]) -> Any:
        space = self._env.action_space(agent)
        mask = mask_of(observations[agent], infos.get(agent, {}))
        if isinstance(space, spaces.MultiDiscrete):
            ends = np.cumsum(space.nvec)
            parts = np.ones(ends[-1]) if mask is None else mask
            heads = [parts[end - n : end] for n, end in zip(space.nvec, ends, strict=True)]
            return np.array([self._one(head) for head in heads], np.int64)
        assert isinstance(space, spaces.Discrete)
        return self._one(np.ones(int(space.n)) if mask is None else mask)

    def _one(self, mask: np.ndarray) -> int:
        legal = np.flatnonzero(mask)
        return int(legal[self._random.integers(len(legal))]) if len(legal) else WAIT


def mask_of(observation: Any, info: Mapping[str, Any]) -> np.ndarray | None:
    """The mask of an agent, wherever it is; None when there is none."""
    if "action_mask" in info:
        return np.asarray(info["action_mask"])
    if isinstance(observation, Mapping) and "action_mask" in observation:
        return np.asarray(observation["action_mask"])
    return None


class OpenLoop:
    """Plays recorded actions without looking; waits when they are used up.

    ``actions``: those of a `fz_multi.Replay`, whole numbers [steps, agents] or [steps, agents, 4].
    In a larger team the agents that were not there wait.
    """

    name = "open-loop"

    def __init__(self, actions: np.ndarray) -> None:
        self._actions = np.asarray(actions)
        if self._actions.ndim not in (2, 3):
            raise ValueError(
                "actions are [steps, agents] or [steps, agents, 4], "
                f"got {list(self._actions.shape)}"
            )

    def reset(self, env: Any, seed: int) -> None:
        self._env, self._step = env, 0

    def act(self, observations: Mapping[str, Any], infos: Mapping[str, Any]) -> dict[str, Any]:
        left = self._actions[self._step : self._step + 1].tolist()
        self._step += 1
        recorded = dict(zip(self._env.possible_agents, left[0] if left else (), strict=False))
        out = {}
        for agent in observations:
            action = recorded.get(agent)
            out[agent] = no_action(self._env.action_space(agent)) if action is None else action
        return out


class Replaced:
    """A policy in which some agents only wait: what does the team lose without them?"""

    def __init__(self, policy: Policy, agents: Sequence[str]) -> None:
        self._policy, self._agents = policy, tuple(agents)
        self.name = f"{policy.name} without {', '.join(agents)}"

    def reset(self, env: Any, seed: int) -> None:
        self._env = env
        self._policy.reset(env, seed)

    def act(self, observations: Mapping[str, Any], infos: Mapping[str, Any]) -> dict[str, Any]:
        actions = dict(self._policy.act(observations, infos))
        for agent in self._agents:
            if agent in actions:
                actions[agent] = no_action(self._env.action_space(agent))
        return actions


class ReplacedCommands:
    """`Replaced` for a policy that plays by commands."""

    def __init__(self, policy: CommandPolicy, agents: Sequence[str]) -> None:
        self._policy, self._agents = policy, tuple(agents)
        self.name = f"{policy.name} without {', '.join(agents)}"

    def reset(self, env: Any, seed: int) -> None:
        self._policy.reset(env, seed)

    def commands(self, observations: Mapping[str, Any], infos: Mapping[str, Any]) -> dict[str, Any]:
        given = self._policy.commands(observations, infos)
        return {agent: each for agent, each in given.items() if agent not in self._agents}


class Mixed:
    """A team of several policies: agent k is played by policy k modulo their number.

    Each is asked for the actions of its own agents alone, and sees no more than they do. All must
    be made for the same form of environment.
    """

    def __init__(self, policies: Sequence[Policy]) -> None:
        self._policies = list(policies)
        self.name = " with ".join(policy.name for policy in policies)

    def reset(self, env: Any, seed: int) -> None:
        self._places = {agent: k for k, agent in enumerate(env.possible_agents)}
        for policy in self._policies:
            policy.reset(env, seed)

    def act(self, observations: Mapping[str, Any], infos: Mapping[str, Any]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for number, policy in enumerate(self._policies):
            own = [a for a in observations if self._places[a] % len(self._policies) == number]
            seen = {agent: observations[agent] for agent in own}
            out.update(policy.act(seen, {agent: infos[agent] for agent in own}))
        return {agent: out[agent] for agent in observations}


def _open_loop(task: str, agents: int) -> Policy:
    """The scripted team's actions on training map 0, replayed on whatever comes."""
    from .runner import record

    return OpenLoop(record(task, make_team(task), agents=agents, seed=0).actions)


POLICIES: dict[str, Callable[[str, int], Policy]] = {
    "scripted": lambda task, agents: make_team(task),
    "open-loop": _open_loop,
    "random": lambda task, agents: RandomLegal(),
    "no-op": lambda task, agents: NoOp(),
}


def make_policy(name: str, task: str, agents: int = 2) -> Policy:
    """A policy by its name. ValueError for an unknown name, or without a scripted team.

    ``open-loop`` is a recording of the scripted team on the map of seed 0, so on another seed it
    shows how much of a solution is reaction.
    """
    if name not in POLICIES:
        raise ValueError(f"unknown policy {name!r}; allowed: {', '.join(POLICIES)}")
    return POLICIES[name](task, agents)
