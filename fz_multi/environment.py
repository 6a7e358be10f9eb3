"""The PettingZoo environment: a team of agents, one world, one task. Bookkeeping only.

What an agent sees and can do is in `spaces`, what a team is to do in `task`, where the world runs
in `backends`, and a running episode in `session`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces as gym
from pettingzoo import ParallelEnv

from fz_multi import prototypes as prototype_data
from fz_multi.backends import Backend
from fz_multi.commands import Command, CommandError, parse
from fz_multi.display import Display, overlay_of
from fz_multi.infos import Infos, refusals
from fz_multi.options import RENDER_MODES, read_options, reset_split, whole
from fz_multi.session import Session, SessionCopy
from fz_multi.task.checks import short
from fz_multi.task.definition import Task
from fz_multi.task.draw import Draw, check_seed, hashed
from fz_multi.task.instance import MapInstance

Observations = dict[str, Any]
InfoDict = dict[str, dict[str, Any]]
Step = tuple[Observations, dict[str, float], dict[str, bool], dict[str, bool], InfoDict]


@dataclass(frozen=True)
class Snapshot:
    """A copy of an environment in the middle of an episode; see `Environment.snapshot`.

    ``kind``: what it is a copy of (task, version, variant, number of agents).
    """

    kind: tuple[Any, ...]
    session: SessionCopy
    episodes: Mapping[str, Any]
    np_random: Mapping[str, Any]
    max_cycles: int


class Environment(ParallelEnv[str, Any, Any]):
    """A team of agents in one world; `fz_multi.parallel_env` has the arguments.

    ``agents`` are ``agent_0``, ``agent_1``, ... and stay until all leave together. May be read:
    ``task``, ``interface`` (names of actions and observations), ``variant``, and after a reset
    ``instance`` (the map that was drawn), ``tick`` and ``steps``. ``max_cycles`` may be set too.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - as PettingZoo declares it
        "name": "fz_multi_v0",
        "render_modes": list(RENDER_MODES),
        "is_parallelizable": True,
        "render_fps": 6,
    }

    def __init__(self, task: str | Task = "two_cells", **options: Any) -> None:
        self.options = read_options(task, **options)
        self.task, self.interface = self.options.task, self.options.interface
        self.variant = self.options.variant
        self.render_mode = self.options.render_mode
        self.max_cycles = self.options.max_cycles
        self.possible_agents = [f"agent_{k}" for k in range(self.options.agents)]
        self.agents = self.possible_agents[:]
        self.state_space: gym.Space = self.interface.state_space
        self._places = {name: k for k, name in enumerate(self.possible_agents)}
        self.np_random = np.random.default_rng()  # for wrappers; nothing here draws from it
        self._episodes: Draw | None = None
        self._session: Session | None = None  # made by the first reset: this must be cheap
        self._pending: Snapshot | None = None  # of an unpickled environment, until it is used
        self._display: Display | None = None

    # -- spaces ------------------------------------------------------------------------------------
    def observation_space(self, agent: str) -> gym.Space:
        """The space of an agent's observations, the same object each time."""
        self._place(agent)
        return self.interface.observation_space

    def action_space(self, agent: str) -> gym.Space:
        """The space of an agent's actions, the same object each time."""
        self._place(agent)
        return self.interface.action_space

    @property
    def observation_spaces(self) -> dict[str, gym.Space]:  # type: ignore[override]
        """Observation space by agent."""
        return dict.fromkeys(self.possible_agents, self.interface.observation_space)

    @property
    def action_spaces(self) -> dict[str, gym.Space]:  # type: ignore[override]
        """Action space by agent."""
        return dict.fromkeys(self.possible_agents, self.interface.action_space)

    # -- episodes ----------------------------------------------------------------------------------
    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, InfoDict]:
        """Draw a map and start an episode on it. Returns (observations, infos).

        ``seed`` names the map: the same seed is the same episode. Without one the next map follows
        from the last seed (the very first from the system). ``options``: ``split``, "train" or
        "eval"; keys that are no option are ignored.

        ValueError for a seed or a split that cannot be.
        """
        split = reset_split(options, self.options.split)
        if seed is not None:
            number = check_seed(seed)
            episodes = Draw(hashed("episodes", number))
            np_random = np.random.default_rng(hashed("np_random", number))
        else:
            if self._pending is not None:
                self.restore(self._pending)
            np_random = self.np_random
            episodes = self._episodes or Draw(_entropy())
            number = episodes.seed()
        instance = self.options.map.draw(
            number,
            agents=self.options.agents,
            split=split,
            task=self.task.name,
            version=self.task.version,
            variant=self.variant,
        )
        session = self._new_session()
        session.start(instance)
        self._episodes, self.np_random = episodes, np_random
        self.agents = self.possible_agents[:]
        return self._observations(session), self._infos.build(session)

    def _new_session(self) -> Session:
        self._pending = None
        if self._session is None:
            self._session = Session(self.options)
            self._infos = Infos(self.possible_agents, self._session)
        return self._session

    def step(self, actions: Mapping[str, Any]) -> Step:
        """One step: an action of every agent, then ``ticks_per_step`` ticks.

        Returns observations, rewards, terminations, truncations and infos, each by agent. An
        illegal action does nothing and is counted; ``infos[agent]["result"]`` has its code.

        RuntimeError before `reset` and after the end; ValueError for a missing or unknown agent or
        an action outside of its space. The world is then as it was before.
        """
        session = self._running("step")
        self._check_agents(actions, "actions", all_of_them=True)
        for agent, place in self._places.items():
            try:
                self.interface.read_action(actions[agent], session.buffers.actions[0, place])
            except ValueError as error:
                raise ValueError(f"{agent}: {error}") from None
        session.act(self.max_cycles)
        return self._step(session)

    def command_step(self, commands: Mapping[str, Any], ticks: int | None = None) -> Step:
        """A step by commands in place of actions, for planners: ``{"agent_0": {"type": ...}}``.

        A command is a dict, JSON text or a `Command` (see `fz_multi.commands`); agents without one
        wait. ``ticks``: length of this step, the task's ``ticks_per_step`` without it. Returns as
        `step`; `results` has what became of each command.

        RuntimeError as in `step`; ValueError for an unknown agent, a command that cannot be read,
        or impossible ticks. The world is then as it was before.
        """
        session = self._running("command_step")
        self._check_agents(commands, "commands", all_of_them=False)
        if ticks is not None:
            ticks = whole("ticks", ticks, 1, self.task.max_ticks)
        parsed: list[Command | None] = [None] * self.options.agents
        for agent, raw in commands.items():
            if raw is not None:
                try:
                    parsed[self._places[agent]] = parse(raw, prototype_data.load())
                except CommandError as error:
                    raise CommandError(f"{agent}: {error}") from None
        session.command(parsed, ticks, self.max_cycles)
        return self._step(session)

    def _step(self, session: Session) -> Step:
        episode = session.episode
        if episode.ended:
            self.agents = []
        rewards = session.judge.rewards[0].tolist()
        return (
            self._observations(session),
            dict(zip(self.possible_agents, rewards, strict=True)),
            dict.fromkeys(self.possible_agents, episode.terminated),
            dict.fromkeys(self.possible_agents, episode.truncated),
            self._infos.build(session),
        )

    def _observations(self, session: Session) -> Observations:
        pack, at = self.interface.pack, session.buffers
        return {
            agent: pack(at.grid, at.vector, at.mask, 0, place)
            for agent, place in self._places.items()
        }

    # -- checks ------------------------------------------------------------------------------------
    def _check_agents(self, given: Any, what: str, *, all_of_them: bool) -> None:
        if type(given) is dict and given.keys() == self._places.keys():
            return  # the plain case, quickly
        if not isinstance(given, Mapping):
            raise ValueError(f"{what} is a mapping from agents, got {short(given)}")
        for agent in given:
            self._place(agent)
        if all_of_them and len(given) != len(self.possible_agents):
            missing = [agent for agent in self.possible_agents if agent not in given]
            raise ValueError(f"{what}: each agent needs one; missing: {', '.join(missing)}")

    def _place(self, agent: Any) -> int:
        place = self._places.get(agent) if isinstance(agent, str) else None
        if place is None:
            raise ValueError(
                f"unknown agent {short(agent)}; agents: {', '.join(self.possible_agents)}"
            )
        return place

    def _begun(self, what: str) -> Session:
        """The session of an episode, running or over; RuntimeError when there is none."""
        if self._pending is not None:
            self.restore(self._pending)
        if self._session is None:
            raise RuntimeError(f"{what} before reset: call reset() first")
        return self._session

    def _running(self, what: str) -> Session:
        session = self._begun(what)
        if session.episode.ended:
            raise RuntimeError(f"{what} after the end of the episode: call reset() first")
        return session

    # -- reading -----------------------------------------------------------------------------------
    @property
    def tick(self) -> int:
        """Ticks since the reset."""
        return self._begun("tick").tick

    @property
    def steps(self) -> int:
        """Steps since the reset."""
        return self._begun("steps").episode.steps

    @property
    def instance(self) -> MapInstance:
        """The map that was drawn."""
        return self._begun("instance").episode.instance

    @property
    def backend(self) -> Backend:
        """Where the world runs (`fz_multi.backends.base.Backend`)."""
        return self._begun("backend").world

    @property
    def seen(self) -> Any:
        """The observable tables of the world, arrays ``[1, rows]``."""
        return self._begun("seen").world.seen

    def observe(self) -> tuple[Observations, InfoDict]:
        """Observations and infos of the state as it is, in fresh arrays (say after `restore`)."""
        session = self._begun("observe")
        return self._observations(session), self._infos.build(session)

    def action_mask(self, agent: str) -> np.ndarray:
        """Legal actions of an agent now, int8[n]; ValueError with ``mask_in="none"``."""
        place, session = self._place(agent), self._begun("action_mask")
        if self.interface.mask_in == "none":
            raise ValueError('there are no masks with mask_in="none"')
        return session.buffers.mask[0, place].copy()

    def state(self) -> np.ndarray:
        """The state of the whole team, flat float32 in ``state_space``, for a central critic."""
        return self._begun("state").state()

    def outcome(self) -> dict[str, float]:
        """How the team stands: success, progress (0 to 1), ticks, steps, return.

        The return is the mean over the agents of the sum of their rewards.
        """
        session = self._begun("outcome")
        return {**session.outcome(), "return": float(session.episode.returns.mean())}

    def digest(self) -> str:
        """64 bits (16 hex digits) that stand for all that can be observed in the world."""
        return self._begun("digest").world.digest()

    def results(self) -> dict[str, dict[str, Any]]:
        """What became of each agent's command in the last step.

        By agent: ``verb``, ``code`` (of `fz_multi.commands.CODES`) and ``detail``, a text.
        """
        session = self._begun("results")
        codes = session.buffers.codes[0].tolist()
        return {
            agent: session.world.result(place, codes[place])
            for agent, place in self._places.items()
        }

    def events(self) -> list[dict[str, Any]]:
        """What has happened in the last step (or reset), in words: tick, agent, kind, text."""
        session = self._begun("events")
        refused = refusals(self.results(), session.tick)
        return [*refused, *(dict(entry) for entry in session.episode.log)]

    # -- pictures ----------------------------------------------------------------------------------
    def render(self) -> np.ndarray | None:
        """A picture uint8[height, width, 3] with ``render_mode="rgb_array"``; "human" shows it."""
        if self.render_mode is None:
            warnings.warn(
                "render() needs a render_mode; make the environment with one", stacklevel=2
            )
            return None
        session = self._begun("render")
        if self._display is None:
            self._display = Display(self.render_mode)
        return self._display.show(session.world, self.overlay())

    def overlay(self) -> Any:
        """What a picture shows of the task (`fz_multi.render.Overlay`): title, goals, areas."""
        return overlay_of(self._begun("overlay"))

    def close(self) -> None:
        """Give world and window back; `reset` makes them anew. Closing twice does nothing."""
        if self._display is not None:
            self._display.close()
        if self._session is not None:
            self._session.world.close()
        self._display = self._session = self._pending = None
        self.agents = []

    # -- copies ------------------------------------------------------------------------------------
    def _kind(self) -> tuple[Any, ...]:
        return self.task.name, self.task.version, self.variant, self.options.agents

    def snapshot(self) -> Snapshot:
        """A copy of the episode: the world, what has been counted, and the random state."""
        session = self._begun("snapshot")
        assert self._episodes is not None
        np_random = self.np_random.bit_generator.state
        return Snapshot(
            self._kind(), session.snapshot(), self._episodes.state, np_random, self.max_cycles
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a copy; `observe` gives what the agents then see.

        TypeError for another object, ValueError for a copy of another task, variant or team.
        """
        if not isinstance(snapshot, Snapshot):
            raise TypeError(f"restore takes a Snapshot of an environment, got {short(snapshot)}")
        if snapshot.kind != self._kind():
            raise ValueError(
                "the snapshot is of (task, version, variant, agents) = "
                f"{snapshot.kind}, this is {self._kind()}"
            )
        session = self._new_session()
        session.restore(snapshot.session)
        self._episodes = Draw(0)
        self._episodes.state = dict(snapshot.episodes)
        self.np_random.bit_generator.state = dict(snapshot.np_random)
        self.max_cycles = snapshot.max_cycles
        self.agents = [] if session.episode.ended else self.possible_agents[:]

    def __getstate__(self) -> dict[str, Any]:
        """Pickled with its episode, which comes back when the copy is first used."""
        pending = self._pending if self._session is None else self.snapshot()
        state = {key: value for key, value in self.__dict__.items() if key != "_infos"}
        return state | {"_session": None, "_display": None, "_pending": pending}


def _entropy() -> int:
    """A seed from the system, for an environment that was never given one."""
    entropy = np.random.SeedSequence().entropy
    assert isinstance(entropy, int)
    return entropy
