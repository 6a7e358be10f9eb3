"""Many environments on the embedded engine, stepped in one call: `fz_multi.vector_env`.

All worlds lie in one `Batch`; a step is one call of compiled code over all of them, and nothing in
Python looks at a single agent. Episodes that end are followed by the next ones in the same step,
their maps drawn in compiled code as well. With ``threads`` the worlds are shared out in equal
parts; what comes out does not depend on how many there are.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fz_multi import batch_step
from fz_multi import observation as observation_kernels
from fz_multi import prototypes as prototype_data
from fz_multi.batch_maps import maps_of, share_out
from fz_multi.desk import Desk
from fz_multi.engine.batch import Batch
from fz_multi.infos import COUNTED, METRICS
from fz_multi.options import Options
from fz_multi.spaces import TOP
from fz_multi.task import rows
from fz_multi.task.compiled_draw import (
    FOLLOWS,
    MAX_SEED,
    SEEDED,
    SKIP,
)
from fz_multi.task.draw import check_seed, hashed
from fz_multi.task.judge import Judge, all_goals
from fz_multi.teamwork import Crew

VectorStep = tuple[Any, np.ndarray, np.ndarray, np.ndarray, Mapping[str, Any]]
# What lies on the desk and is no result of a step, or is read before the next one.
KEPT = (
    *("actions", "codes", "only_wait", "goal", "time_left", "marks", "grid", "vector", "mask"),
    *("left", "stage", "opening", "terminated", "truncated", "returns", "steps"),
)


@dataclass(frozen=True)
class EnvsCopy:
    """A copy of all environments in the middle of their episodes; see `BatchEnvs.snapshot`.

    ``kind``: what it is a copy of.
    """

    kind: tuple[Any, ...]
    worlds: Any
    judge: tuple[np.ndarray, ...]
    arrays: Mapping[str, np.ndarray]
    seeds: np.ndarray
    chains: Any
    metrics: Mapping[str, np.ndarray]
    random: Mapping[str, Any]


class BatchEnvs:
    """``num_envs`` environments in this process; see `fz_multi.vector_env`.

    May be read: ``task``, ``interface``, ``num_envs``, ``num_agents``, ``single_observation_space``
    and ``single_action_space`` (of one agent), ``state_space``, ``batch``.
    """

    def __init__(self, options: Options, num_envs: int, threads: int, copy: bool) -> None:
        self.options, self.num_envs, self.num_agents = options, num_envs, options.agents
        self.task, self.interface = options.task, options.interface
        self.single_observation_space = self.interface.observation_space
        self.single_action_space = self.interface.action_space
        self.state_space = self.interface.state_space
        self._copy = copy
        plan = options.map.plan(options.variant, options.agents)
        self.batch = Batch(num_envs, plan.width, plan.height)
        self.desk = Desk()
        self._judge = Judge(
            self.task, prototype_data.load(), num_envs, options.agents, options.reward, self.desk
        )
        spots = [spot.goal for spot in plan.areas]
        marked = any(spots) or any(thing.goal and thing.spec.tag for thing in plan.entities)
        tiles = plan.width * plan.height if marked else 0
        self._at = self.interface.buffers(num_envs, options.agents, tiles)
        threads = min(threads, num_envs)
        edges = [num_envs * part // threads for part in range(threads + 1)]
        self._parts = list(itertools.pairwise(edges))
        self._maps = maps_of(options, self.batch, self._judge, self._at, self._parts)
        task = self.task
        limit = min(task.max_ticks, options.max_cycles * task.ticks_per_step)
        self._limits = batch_step.limits_of(task, options.window_start, limit)
        self._opening = np.zeros(num_envs, np.uint8)
        self._terminated = np.zeros((num_envs, options.agents), np.uint8)
        self._truncated = np.zeros((num_envs, options.agents), np.uint8)
        self._returns = np.zeros((num_envs, options.agents))
        self._steps = np.zeros(num_envs, np.int64)
        self._metrics = {name: np.zeros((num_envs, options.agents)) for name in METRICS}
        self.desk.put(
            book=self.batch.book,
            config=self.interface.config,
            limits=self._limits,
            left=np.zeros(num_envs, np.int64),
            stage=np.zeros(num_envs, np.uint8),
            opening=self._opening,
            terminated=self._terminated,
            truncated=self._truncated,
            returns=self._returns,
            steps=self._steps,
            **self._at.arrays(),
        )
        self._crew = Crew(self.desk, self._parts)
        self._top = np.array(
            self.interface.nvec if self.interface.multi else self.interface.n_actions, np.uint64
        )
        self._infos = Infos(self)
        self._random = np.random.Generator(np.random.PCG64(0))
        self._seeded = False
        self._begun = False

    # -- episodes ----------------------------------------------------------------------------------
    def reset(
        self, seed: int | Sequence[int] | None = None, *, where: Any = None
    ) -> tuple[Any, Mapping[str, Any]]:
        """Begin an episode everywhere. Returns (observations, infos).

        ``seed``: environment k takes ``seed + k``, or the k-th of a list; without one the maps
        follow from the last seeds (the very first from 0). ``where`` bool[num_envs]: begin the next
        episode in these environments only, without a seed, once all have begun.
        """
        if where is not None:
            self._restart(seed, where)
            return self._observations(), self._infos
        if seed is None and not self._seeded:
            seed = 0
        if seed is None:
            what = FOLLOWS
        else:
            seeds = self._seeds(seed)
            self._maps.seeds[:] = seeds
            self._random = np.random.Generator(np.random.PCG64(hashed("sample", *seeds)))
            what = SEEDED
        self._begun = False
        self._start(np.arange(self.num_envs), what)
        self._seeded = self._begun = True
        for metric in self._metrics.values():
            metric[:] = 0
        return self._observations(), self._infos

    def _restart(self, seed: Any, where: Any) -> None:
        """Give up the episodes of some environments and begin the next ones."""
        if not self._begun:
            raise RuntimeError("reset(where=...) before reset: call reset() first")
        chosen = np.asarray(where)
        if chosen.dtype != bool or chosen.shape != (self.num_envs,):
            raise ValueError(
                f"where is bool of the shape ({self.num_envs},), got {chosen.dtype} of the shape "
                f"{chosen.shape}"
            )
        if seed is not None:
            raise ValueError("reset takes a seed or where, not both")
        for metric in self._metrics.values():
            metric[chosen] = 0
        if chosen.any():
            self._begun = False
            self._start(np.flatnonzero(chosen), FOLLOWS)
            self._begun = True

    def _seeds(self, seed: Any) -> list[int]:
        if isinstance(seed, Sequence | np.ndarray) and not isinstance(seed, str):
            if len(seed) != self.num_envs:
                raise ValueError(f"{len(seed)} seeds for {self.num_envs} environments")
            seeds = [check_seed(number) for number in seed]
        else:
            first = check_seed(seed)
            seeds = [first + k for k in range(self.num_envs)]
        if max(seeds) > MAX_SEED:
            raise ValueError(f"a seed of a vector environment is at most {MAX_SEED}")
        return seeds

    def _start(self, worlds: np.ndarray, what: int) -> None:
        """The next episode of some worlds, up to their first observation."""
        plan = np.full(self.num_envs, SKIP, np.int64)
        plan[worlds] = what
        self._maps.reset(plan)
        no_window = self.task.final_window == 0 or self.options.window_start == 0
        self._judge.begin(worlds, window_open=no_window)
        self._opening[worlds] = 0
        self._returns[worlds] = 0
        self._steps[worlds] = 0
        self._at.codes[worlds] = 0
        words = self.desk.words
        batch_step.look.ensure()
        share_out(worlds, self._parts, lambda first, end: batch_step.look(words, first, end))
        self._judge.finish(self.batch.seen)

    # -- steps -------------------------------------------------------------------------------------
    def step(self, actions: Any) -> VectorStep:
        """A step of all. ``actions``: whole numbers ``[num_envs, num_agents]`` (discrete) or
        ``[num_envs, num_agents, 4]`` (multidiscrete).

        Returns observations, rewards, terminations, truncations (``[num_envs, num_agents]``) and
        infos. Where an episode has ended the observation is the first of the next episode, and
        ``infos["final_observation"]`` and ``infos["final_state"]`` have the last of the old one
        (only the rows of environments that have ended count); the other infos are of the step that
        was made. The arrays are used again by the next step (copies with ``copy=True``).

        RuntimeError before `reset`; ValueError for actions that cannot be (nothing happens then).
        """
        if not self._begun:
            raise RuntimeError("step before reset: call reset() first")
        self._read_actions(actions)
        self._begun = False  # until all of this has gone well
        own = self._judge.has_own_terms
        returns = self._returns.copy() if own else self._returns
        outcome = self._crew.run()
        over = outcome & 0xFFFFFFFF
        if outcome >> 32:
            over += self._make_room()
        rewards = self._judge.rewards
        if own:
            self._judge.finish(self.batch.seen)
            self._returns[:] = returns + rewards
        terminations, truncations = self._terminated.view(bool), self._truncated.view(bool)
        infos: Mapping[str, Any] = self._infos
        if over or self._copy:
            rewards = rewards.copy()
            terminations, truncations = terminations.copy(), truncations.copy()
        if over:
            infos = self._end(np.flatnonzero(terminations[:, 0] | truncations[:, 0]))
        self._begun = True
        return self._observations(), rewards, terminations, truncations, infos

    def _read_actions(self, actions: Any) -> None:
        array = np.asarray(actions)
        heads = self._at.actions.shape[2]
        shape = (self.num_envs, self.num_agents) + ((heads,) if self.interface.multi else ())
        if array.shape != shape:
            raise ValueError(f"actions has the shape {shape}, got {array.shape}")
        if array.dtype.kind not in "iu":
            whole = array.astype(np.int64) if array.dtype.kind == "f" else None
            if whole is None or not (whole == array).all():
                raise ValueError(f"actions are whole numbers, got {array.dtype}")
            array = whole
        top = self.interface.nvec if self.interface.multi else self.interface.n_actions
        chosen = self._at.actions
        chosen[...] = array.reshape(chosen.shape)
        wrong = chosen.view(np.uint64) >= self._top  # a negative one is a very large one there
        if wrong.any():
            k, agent, *_ = np.argwhere(wrong)[0].tolist()
            raise ValueError(
                f"environment {k}, agent_{agent}: an action is from 0 and below {top}, "
                f"got {array[k, agent].tolist()}"
            )

    def _make_room(self) -> int:
        """Finish the worlds that a table had become too small for; how many episodes have ended."""
        over = 0
        while True:
            self.batch.make_room()
            outcome = int(batch_step.step(self.desk.words, 0, self.num_envs, 1))
            over += outcome & 0xFFFFFFFF
            if not outcome >> 32:
                return over

    def _end(self, over: np.ndarray) -> dict[str, Any]:
        """Infos of a step in which episodes have ended; begins the next ones."""
        self._count(over)
        infos = {name: np.array(value) for name, value in self._infos.items()}
        infos["final_observation"] = _rows_of(self._observations(), over)
        words = self.desk.words
        observation_kernels.state.ensure()
        share_out(over, self._parts, lambda a, b: observation_kernels.state(words, a, b))
        infos["final_state"] = _rows_of(self._at.state, over)
        for metric in self._metrics.values():
            metric[over] = 0
        self._start(over, FOLLOWS)
        return infos

    def _count(self, over: np.ndarray) -> None:
        """The metrics of episodes that have ended (`fz_multi.infos`)."""
        judge, counters = self._judge, self.batch.seen.agent
        agents = slice(0, self.num_agents)
        ticks = judge.outcome[over, rows.O_TICK, None]
        numbers: dict[str, Any] = {
            "success": judge.outcome[over, rows.O_SUCCESS, None],
            "progress": judge.progress[over, None],
            "ticks": ticks,
            "steps": self._steps[over, None],
            "return": self._returns[over],
            "idle_share": counters["idle"][over, agents] / np.maximum(1.0, ticks),
            **{name: counters[name][over, agents] for name in COUNTED},
        }
        for name, values in numbers.items():
            self._metrics[name][over] = values

    # -- copies ------------------------------------------------------------------------------------
    def _kind(self) -> tuple[Any, ...]:
        o, face = self.options, self.interface
        form = face.observation, face.action, face.mask_in, face.window
        return (
            o.task.name,
            o.task.version,
            o.variant,
            o.split,
            o.reward,
            self._limits.tolist(),
        ) + (
            *form,
            self.num_envs,
            self.num_agents,
        )

    def snapshot(self) -> EnvsCopy:
        """A copy of all episodes: worlds, what has been counted, and the random state.

        What follows after `restore` is the same, whatever the number of threads. It can be pickled.
        RuntimeError before `reset`.
        """
        if not self._begun:
            raise RuntimeError("snapshot before reset: call reset() first")
        return EnvsCopy(
            kind=self._kind(),
            worlds=self.batch.snapshot(),
            judge=self._judge.snapshot(),
            arrays={name: getattr(self.desk, name).copy() for name in KEPT},
            seeds=self._maps.seeds.copy(),
            chains=self._maps.chains(),
            metrics={name: metric.copy() for name, metric in self._metrics.items()},
            random=copy.deepcopy(self._random.bit_generator.state),
        )

    def restore(self, snapshot: EnvsCopy) -> tuple[Any, Mapping[str, Any]]:
        """Go back to a copy. Returns (observations, infos) as they stood.

        TypeError for another object, ValueError for a copy of other environments.
        """
        if not isinstance(snapshot, EnvsCopy):
            raise TypeError(f"restore takes an EnvsCopy, got {type(snapshot).__name__}")
        if snapshot.kind != self._kind():
            raise ValueError(f"the snapshot is of {snapshot.kind}, this is {self._kind()}")
        self.batch.restore(snapshot.worlds)
        self._judge.restore(snapshot.judge)
        for name, array in snapshot.arrays.items():
            getattr(self.desk, name)[...] = array
        self._maps.seeds[:] = snapshot.seeds
        self._maps.follow(snapshot.chains)
        for name, metric in snapshot.metrics.items():
            self._metrics[name][:] = metric
        self._random.bit_generator.state = copy.deepcopy(dict(snapshot.random))
        self._seeded = self._begun = True
        return self._observations(), self._infos

    # -- reading -----------------------------------------------------------------------------------
    def sample_actions(self) -> np.ndarray:
        """Random actions, legal by the masks (one by one); the same after the same seed."""
        if not self._begun:
            raise RuntimeError("sample_actions before reset: call reset() first")
        mask = self._at.mask
        if mask.shape[2] == 0:
            mask = np.ones((*mask.shape[:2], self.interface.n_actions), np.int8)
        if not self.interface.multi:
            return self._pick(mask)
        ends = np.cumsum(self.interface.nvec)
        heads = [mask[..., end - n : end] for end, n in zip(ends, self.interface.nvec, strict=True)]
        return np.stack([self._pick(head) for head in heads], axis=-1)

    def _pick(self, mask: np.ndarray) -> np.ndarray:
        """One legal choice of each agent, all equally likely."""
        count = np.cumsum(mask, axis=2, dtype=np.int64)
        draw = (self._random.random(mask.shape[:2]) * count[..., -1]).astype(np.int64)
        return np.asarray((count <= draw[..., None]).sum(axis=2))

    @property
    def action_masks(self) -> np.ndarray:
        """Legal actions now, int8[num_envs, num_agents, n]; ValueError with ``mask_in="none"``."""
        if self.interface.mask_in == "none":
            raise ValueError('there are no masks with mask_in="none"')
        return self._at.mask.copy() if self._copy else self._at.mask

    def state(self) -> np.ndarray:
        """The state of each team, float32[num_envs, n]."""
        observation_kernels.state(self.desk.words, 0, self.num_envs)
        return self._at.state.copy()

    def _observations(self) -> Any:
        """An array ``[num_envs, num_agents, ...]``, or a dict of such arrays."""
        at, face = self._at, self.interface
        if face.observation == "flat":
            out: Any = at.vector
        elif face.observation == "masked":
            out = {"observation": at.vector, "action_mask": at.mask}
        else:
            grid = at.grid
            if face.layout == "chw":
                grid = np.ascontiguousarray(grid.transpose(0, 1, 4, 2, 3))
            if face.grid_dtype != "uint8":
                grid = np.divide(grid, TOP, dtype=np.float32)
            out = {"grid": grid}
            for name, part in face.slices.items():
                out[name] = at.vector[..., part]
            if face.mask_in == "obs":
                out["action_mask"] = at.mask
        return _copied(out) if self._copy else out

    def close(self) -> None:
        """Let the threads go. Closing twice does nothing."""
        self._crew.close()
        self._begun = False


class Infos(Mapping[str, Any]):
    """The numbers of `fz_multi.infos` after a step, each an array ``[num_envs, num_agents]``.

    They are made when they are asked for, from what the next step will change.
    """

    def __init__(self, envs: BatchEnvs) -> None:
        self._envs = envs
        task = envs.task
        self._goals = {f"goal_{goal.name}": k for k, goal in enumerate(all_goals(task))}
        self._terms = {f"reward_{name}": k for k, name in enumerate(task.term_names)}
        self._shared = ("tick", "only_wait", "success", "progress")

    def __getitem__(self, name: str) -> Any:
        envs, judge = self._envs, self._envs._judge
        if name in ("result", "refused"):
            return judge.counts[:, :, int(name == "refused")]
        if name in self._terms:
            return judge.parts[:, self._terms[name]]
        if name.startswith("episode_"):
            return envs._metrics[name.removeprefix("episode_")]
        if name in self._goals:
            column: Any = judge.reached[:, self._goals[name]]
        elif name == "only_wait":
            column = envs._at.only_wait.astype(np.int64)
        elif name == "progress":
            column = judge.progress
        elif name in self._shared:
            column = judge.outcome[:, rows.O_TICK if name == "tick" else rows.O_SUCCESS]
        else:
            raise KeyError(name)
        return np.broadcast_to(column[:, None], (envs.num_envs, envs.num_agents))

    def __iter__(self) -> Iterator[str]:
        yield from ("result", "refused", *self._shared, *self._goals, *self._terms)
        yield from (f"episode_{name}" for name in METRICS)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _rows_of(value: Any, rows: np.ndarray) -> Any:
    """A copy with the rows of some environments, and zeros in the others."""
    if isinstance(value, dict):
        return {name: _rows_of(part, rows) for name, part in value.items()}
    out = np.zeros_like(value)
    out[rows] = value[rows]
    return out


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(part) for name, part in value.items()}
    return value.copy()
