"""Many environments of one task side by side, in arrays ``[num_envs, num_agents, ...]``.

    >>> envs = fz_multi.vector_env("two_cells", num_envs=8, num_agents=4, threads=2)
    >>> observations, infos = envs.reset(seed=0)
    >>> observations, rewards, ended, cut, infos = envs.step(envs.sample_actions())

Environment ``k`` plays the same episodes as ``parallel_env(task, ...)`` does that is reset with
``seed + k`` and then without a seed. An episode that ends is followed by the next one in the same
step. On the embedded engine (`fz_multi.batch_envs`) a step of all is one call of compiled
code. On a Factorio server (``backend="factorio"``) each environment has an arena of its own, and a
step of all of them is one exchange.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fz_multi.backends.factorio import FactorioBackend, Queue
from fz_multi.factorio.arenas import MAX_ARENAS
from fz_multi.infos import Infos
from fz_multi.options import Options, read_options, whole
from fz_multi.session import Session
from fz_multi.task.definition import Task
from fz_multi.task.draw import Draw, check_seed, hashed
from fz_multi.task.instance import MapInstance

if TYPE_CHECKING:
    from fz_multi.batch_envs import BatchEnvs

MAX_ENVS = 65_536
MAX_THREADS = 256

VectorStep = tuple[Any, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]


def vector_env(
    task: str | Task = "two_cells",
    *,
    num_envs: int = 2,
    num_agents: int = 2,
    backend: str = "embedded",
    threads: int | None = None,
    copy: bool | None = None,
    **options: Any,
) -> BatchEnvs | ArenaEnvs:
    """Environments that step together. The other arguments are those of `parallel_env`.

    On the embedded engine: ``threads`` share the worlds out (default 1; what comes out does not
    depend on it), and arrays are used again by the next step unless ``copy`` is true. On a Factorio
    server: ``num_envs`` is at most 61 less the number of the first ``arena``, and the server is
    asked at the first `reset`. ValueError says what is wrong with an argument.
    """
    if options.get("render_mode") is not None:
        raise ValueError("vector_env draws no pictures; use a parallel_env")
    asked = read_options(task, num_agents=num_agents, backend=backend, **options)
    if backend == "embedded":
        from fz_multi.batch_envs import BatchEnvs

        number = whole("num_envs", num_envs, 1, MAX_ENVS)
        crew = whole("threads", 1 if threads is None else threads, 1, MAX_THREADS)
        return BatchEnvs(asked, number, crew, bool(copy))
    for name, value in (("threads", threads), ("copy", copy)):
        if value is not None:
            raise ValueError(f"{name} is an option of backend='embedded'")
    return ArenaEnvs(asked, whole("num_envs", num_envs, 1, MAX_ARENAS))


class Lane(Session):
    """One of the environments: a session, and the maps that it draws."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.infos = Infos([f"agent_{agent}" for agent in range(options.agents)], self)
        self.seed(0)
        self._due = (0, 0)

    @property
    def backend(self) -> FactorioBackend:
        assert isinstance(self.world, FactorioBackend)
        return self.world

    # -- a step in two halves, with the exchange of all lanes between them -------------------------
    def _finish(self, ticks: int, max_cycles: int) -> None:
        """The end of `act`: put off until the world has really come there (`finish`)."""
        self._due = ticks, max_cycles

    def begin(self, queue: Queue, max_cycles: int) -> None:
        """Turn the actions into what the server is told, and note that in the queue."""
        self.backend.collect_into(queue)
        try:
            self.act(max_cycles)
        finally:
            self.backend.collect_into(None)

    def finish(self) -> None:
        """Judge and observe what the step has led to."""
        super()._finish(*self._due)

    # -- maps --------------------------------------------------------------------------------------
    def seed(self, seed: int) -> None:
        """As `Environment.reset` does with a seed."""
        self.first: int | None = seed
        self.episodes = Draw(hashed("episodes", seed))

    def draw(self, split: str) -> MapInstance:
        """The next map: of the seed itself, then of those that follow from it."""
        number = self.episodes.seed() if self.first is None else self.first
        self.first = None
        options, task = self.options, self.task
        return options.map.draw(
            number,
            agents=options.agents,
            split=split,
            task=task.name,
            version=task.version,
            variant=options.variant,
        )


class ArenaEnvs:
    """``num_envs`` environments in the arenas of one server; see `vector_env`.

    May be read: ``task``, ``interface``, ``num_envs``, ``num_agents``, ``single_observation_space``
    and ``single_action_space`` (of one agent), ``state_space``, ``stats`` (round trips and bytes).
    """

    def __init__(self, options: Options, num_envs: int) -> None:
        name, given = options.backend
        own = FactorioBackend(**given)  # checks the options and holds the connection
        if own.arena + num_envs > MAX_ARENAS:
            raise ValueError(
                f"a server has {MAX_ARENAS} arenas: num_envs={num_envs} from arena={own.arena} on "
                "are too many"
            )
        self.options, self.num_envs, self.num_agents = options, num_envs, options.agents
        self.task, self.interface = options.task, options.interface
        self.single_observation_space = self.interface.observation_space
        self.single_action_space = self.interface.action_space
        self.state_space = self.interface.state_space
        self._arenas = own.arenas
        self._lanes = []
        for k in range(num_envs):
            backend = (name, {"arena": own.arena + k, "shared": own.arenas})
            self._lanes.append(Lane(replace(options, backend=backend)))
        self._random = np.random.Generator(np.random.PCG64(0))
        self._seeded = False
        self._begun = False  # whether there are episodes that can go on

    @property
    def stats(self) -> Any:
        """Round trips, bytes and reconnects, counted at the socket."""
        return self._arenas.exchange.stats

    # -- episodes ----------------------------------------------------------------------------------
    def reset(self, seed: int | Sequence[int] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode everywhere. Returns (observations, infos).

        ``seed``: environment k takes ``seed + k``, or the k-th of a list; without one the maps
        follow from the last seeds (the very first from 0).
        """
        if seed is None and not self._seeded:
            seed = 0
        if seed is not None:
            seeds = self._seeds(seed)
            for lane, number in zip(self._lanes, seeds, strict=True):
                lane.seed(number)
            self._random = np.random.Generator(np.random.PCG64(hashed("sample", *seeds)))
            self._seeded = True
        self._begun = False
        self._start(self._lanes)
        self._begun = True
        return self._observations(), self._infos()

    def _seeds(self, seed: Any) -> list[int]:
        if isinstance(seed, Sequence | np.ndarray) and not isinstance(seed, str):
            if len(seed) != self.num_envs:
                raise ValueError(f"{len(seed)} seeds for {self.num_envs} environments")
            return [check_seed(number) for number in seed]
        first = check_seed(seed)
        return [first + k for k in range(self.num_envs)]

    def _start(self, lanes: Sequence[Lane]) -> None:
        """The next episode of some environments: one request for all of them."""
        drawn = [lane.draw(self.options.split) for lane in lanes]
        self._arenas.prepare(
            {
                lane.backend.arena: (instance, self.task.teleport)
                for lane, instance in zip(lanes, drawn, strict=True)
            }
        )
        for lane, instance in zip(lanes, drawn, strict=True):
            lane.start(instance)

    # -- steps -------------------------------------------------------------------------------------
    def step(self, actions: Any) -> VectorStep:
        """A step of all. ``actions``: whole numbers ``[num_envs, num_agents]`` (discrete) or
        ``[num_envs, num_agents, 4]`` (multidiscrete).

        Returns observations, rewards, terminations, truncations (``[num_envs, num_agents]``) and
        infos. Where an episode has ended the observation is the first of the next episode, and
        ``infos["final_observation"]`` and ``infos["final_state"]`` have the last of the old one
        (only the rows of environments that have ended count); the other infos are of the step that
        was made.

        RuntimeError before `reset`; ValueError for actions that cannot be (nothing happens then).
        """
        if not self._begun:
            raise RuntimeError("step before reset: call reset() first")
        self._read_actions(actions)
        queue: Queue = {}
        for lane in self._lanes:
            lane.begin(queue, self.options.max_cycles)
        self._begun = False  # until all of this has gone well
        self._arenas.step(queue)
        for lane in self._lanes:
            lane.finish()
        rewards = np.stack([lane.judge.rewards[0] for lane in self._lanes])
        ends = np.zeros((2, self.num_envs, self.num_agents), bool)
        for k, lane in enumerate(self._lanes):
            ends[0, k], ends[1, k] = lane.episode.terminated, lane.episode.truncated
        infos = self._infos()
        over = [lane for lane in self._lanes if lane.episode.ended]
        if over:
            infos["final_observation"] = self._observations()
            infos["final_state"] = self.state()
            self._start(over)
        self._begun = True
        return self._observations(), rewards, ends[0], ends[1], infos

    def _read_actions(self, actions: Any) -> None:
        shape = (self.num_envs, self.num_agents)
        array = np.asarray(actions)
        if array.shape[:2] != shape:
            raise ValueError(f"actions has the shape {shape} + one action, got {array.shape}")
        rows = np.zeros((*shape, self._lanes[0].buffers.actions.shape[2]), np.int64)
        for k, agent in np.ndindex(shape):
            try:
                self.interface.read_action(array[k, agent], rows[k, agent])
            except ValueError as error:
                raise ValueError(f"environment {k}, agent_{agent}: {error}") from None
        for lane, row in zip(self._lanes, rows, strict=True):
            lane.buffers.actions[0] = row

    def sample_actions(self) -> np.ndarray:
        """Random actions, legal by the masks (one by one); the same after the same seed."""
        if not self._begun:
            raise RuntimeError("sample_actions before reset: call reset() first")
        heads = [int(n) for n in self.interface.nvec] if self.interface.multi else None
        out = [
            [self._sample(lane.buffers.mask[0, agent], heads) for agent in range(self.num_agents)]
            for lane in self._lanes
        ]
        return np.array(out, np.int64)

    def _sample(self, mask: np.ndarray, heads: list[int] | None) -> Any:
        if heads is None:
            return self._one(mask, self.interface.n_actions)
        ends = np.cumsum(heads)
        return [self._one(mask[end - n : end], n) for n, end in zip(heads, ends, strict=True)]

    def _one(self, mask: np.ndarray, n: int) -> int:
        legal = np.flatnonzero(mask) if len(mask) else np.arange(n)
        return int(legal[self._random.integers(len(legal))])

    # -- reading -----------------------------------------------------------------------------------
    @property
    def action_masks(self) -> np.ndarray:
        """Legal actions now, int8[num_envs, num_agents, n]; ValueError with ``mask_in="none"``."""
        if self.interface.mask_in == "none":
            raise ValueError('there are no masks with mask_in="none"')
        return np.stack([lane.buffers.mask[0] for lane in self._lanes])

    def state(self) -> np.ndarray:
        """The state of each team, float32[num_envs, n]."""
        return np.stack([lane.state() for lane in self._lanes])

    def results(self) -> list[list[dict[str, Any]]]:
        """What became of each agent's command in the last step, by environment and agent."""
        return [
            [lane.world.result(me, int(lane.buffers.codes[0, me])) for me in range(self.num_agents)]
            for lane in self._lanes
        ]

    def _observations(self) -> Any:
        """An array ``[num_envs, num_agents, ...]``, or a dict of such arrays."""
        teams = []
        for lane in self._lanes:
            at, pack = lane.buffers, self.interface.pack
            rows = [pack(at.grid, at.vector, at.mask, 0, me) for me in range(self.num_agents)]
            teams.append(_stack(rows))
        return _stack(teams)

    def _infos(self) -> dict[str, Any]:
        """The numbers of `fz_multi.infos`, each as an array [num_envs, num_agents]."""
        built = [list(lane.infos.build(lane).values()) for lane in self._lanes]
        names = [name for name in built[0][0] if name != "action_mask"]
        return {name: np.array([[one[name] for one in team] for team in built]) for name in names}

    def close(self) -> None:
        """Give the arenas back; the server goes on. Closing twice does nothing."""
        for lane in self._lanes:
            lane.world.close()
        self._arenas.exchange.close()
        self._begun = False


def _stack(rows: Sequence[Any]) -> Any:
    if isinstance(rows[0], dict):
        return {name: _stack([row[name] for row in rows]) for name in rows[0]}
    return np.stack(rows)
