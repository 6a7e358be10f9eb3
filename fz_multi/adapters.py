"""What trainers take: `vector_env` with each agent of each environment as a row, and RLlib's form.

Row ``k * num_agents + a`` is agent a of environment k, as SuperSuit lays them out. An episode ends
for a whole team at once, and the next one begins in the same step.

    >>> envs = fz_multi.gym_vector_env("two_cells", num_envs=8, num_agents=4)    # Gymnasium
    >>> envs = fz_multi.sb3_vec_env("two_cells", num_envs=8, num_agents=4)  # Stable-Baselines3
    >>> envs = fz_multi.puffer_env("two_cells", num_envs=8, num_agents=4)           # PufferLib

`rllib_env` is one environment: RLlib has runners of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cache
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import VectorEnv
from gymnasium.vector.utils import batch_space
from pettingzoo.utils import BaseParallelWrapper

from fz_multi.task.definition import Task
from fz_multi.vector import vector_env


class Rows:
    """The environments of a `vector_env` as rows.

    ``copy``: the arrays are the caller's to keep, as trainers keep the last observation; without
    it those of one step are used again by the next.
    """

    def __init__(self, task: str | Task, options: dict[str, Any], copy: bool = True) -> None:
        if options.get("backend", "embedded") == "embedded":
            options = {**options, "copy": copy}
        self.envs = vector_env(task, **options)
        self.agents = self.envs.num_agents
        self.number = self.envs.num_envs * self.agents
        self.observation_space = self.envs.single_observation_space
        self.action_space = self.envs.single_action_space

    def flat(self, value: Any) -> Any:
        """``[num_envs, num_agents, ...]`` as ``[rows, ...]``, with no copy where that can be."""
        if isinstance(value, dict):
            return {name: self.flat(part) for name, part in value.items()}
        return value.reshape(self.number, *value.shape[2:])

    def some(self, value: Any, rows: np.ndarray) -> list[Any]:
        """Some rows of ``[num_envs, num_agents, ...]``, each an array (or a dict) of its own."""
        if isinstance(value, dict):
            parts = [self.some(part, rows) for part in value.values()]
            return [dict(zip(value, row, strict=True)) for row in zip(*parts, strict=True)]
        return list(self.flat(value)[rows])  # the index has copied

    def step(self, actions: Any) -> tuple[Any, ...]:
        """As `vector_env`'s, with rows; infos are as they come, ``[num_envs, num_agents]``."""
        array = np.asarray(actions)
        shape = (self.envs.num_envs, self.agents, *array.shape[1:])
        seen, rewards, terminated, truncated, infos = self.envs.step(array.reshape(shape))
        return *map(self.flat, (seen, rewards, terminated, truncated)), infos

    def masks(self) -> np.ndarray:
        """Legal actions of each row, int8[rows, n]; ValueError with ``mask_in="none"``."""
        return np.asarray(self.flat(self.envs.action_masks))

    def numbers(self, infos: Any) -> dict[str, np.ndarray]:
        """The numbers in infos, each an array [rows] of its own."""
        last = ("final_observation", "final_state")
        return {name: self.flat(np.array(infos[name])) for name in infos if name not in last}


class GymVectorEnv(VectorEnv):
    """A Gymnasium `VectorEnv` of rows, with same-step autoreset; see `gym_vector_env`.

    Infos hold the numbers of `fz_multi.infos` as arrays [rows], ``action_mask`` int8[rows, n]
    (unless ``mask_in="none"``), and in steps that end episodes ``final_obs`` (an object array, None
    for rows that go on) with the mask ``_final_obs``.
    """

    def __init__(self, task: str | Task = "two_cells", **options: Any) -> None:
        self.rows = Rows(task, options)
        self.num_envs = self.rows.number
        self.single_observation_space = self.rows.observation_space
        self.single_action_space = self.rows.action_space
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        mode = getattr(gymnasium.vector, "AutoresetMode", None)  # Gymnasium 1.1 and later
        self.metadata = {"autoreset_mode": mode.SAME_STEP} if mode else {}
        self.render_mode = None
        self.closed, self.viewer = False, None  # Gymnasium 0.29 has no default for them

    def reset(
        self, *, seed: int | Sequence[int] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin episodes. ``seed``: environment k (not row) takes ``seed + k``."""
        seen, infos = self.rows.envs.reset(seed)
        return self.rows.flat(seen), self._with_mask(self.rows.numbers(infos))

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """A step of all rows: ``actions`` [rows] or [rows, 4]."""
        seen, rewards, terminated, truncated, infos = self.rows.step(actions)
        flat = self.rows.numbers(infos)
        over = terminated | truncated
        if over.any():
            rows = np.flatnonzero(over)
            flat["final_obs"] = np.full(self.num_envs, None, object)
            last = self.rows.some(infos["final_observation"], rows)
            for row, seen_last in zip(rows.tolist(), last, strict=True):
                flat["final_obs"][row] = seen_last
            flat["_final_obs"] = over
        return seen, rewards, terminated, truncated, self._with_mask(flat)

    def _with_mask(self, infos: dict[str, Any]) -> dict[str, Any]:
        if self.rows.envs.interface.mask_in != "none":
            infos["action_mask"] = self.rows.masks()
        return infos

    def close_extras(self, **kwargs: Any) -> None:
        """Close the environments."""
        self.rows.envs.close()


def gym_vector_env(task: str | Task = "two_cells", **options: Any) -> GymVectorEnv:
    """A Gymnasium `VectorEnv`, each agent a row. The arguments are those of `vector_env`."""
    return GymVectorEnv(task, **options)


def sb3_vec_env(task: str | Task = "two_cells", **options: Any) -> Any:
    """A `VecEnv` of Stable-Baselines3, each agent a row. The arguments are those of `vector_env`.

    It has ``seed`` (of the next reset) and ``action_masks`` (for sb3-contrib's MaskablePPO). The
    infos of a row that ends have ``terminal_observation``, ``TimeLimit.truncated`` and ``episode``.
    ImportError without Stable-Baselines3.
    """
    return _sb3_class()(task, options)


@cache
def _sb3_class() -> Any:
    from stable_baselines3.common.vec_env import VecEnv

    class SB3VecEnv(VecEnv):  # type: ignore[misc]
        """See `sb3_vec_env`."""

        def __init__(self, task: str | Task, options: dict[str, Any]) -> None:
            self.rows = Rows(task, options)
            self.render_mode = None
            super().__init__(self.rows.number, self.rows.observation_space, self.rows.action_space)
            self._actions: Any = None

        def reset(self) -> Any:
            seed = self._seeds[0] if self._seeds else None
            seen, _ = self.rows.envs.reset(seed)
            self._reset_seeds()
            self._reset_options()
            return self.rows.flat(seen)

        def step_async(self, actions: np.ndarray) -> None:
            self._actions = actions

        def step_wait(self) -> tuple[Any, np.ndarray, np.ndarray, list[dict[str, Any]]]:
            seen, rewards, terminated, truncated, numbers = self.rows.step(self._actions)
            over = terminated | truncated
            # A dict for each row, as wrappers and callbacks may write into them.
            infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
            if over.any():
                self._tell(infos, np.flatnonzero(over), truncated & ~terminated, numbers)
            return seen, rewards.astype(np.float32), over, infos

        def _tell(
            self, infos: list[dict[str, Any]], rows: np.ndarray, cut: np.ndarray, numbers: Any
        ) -> None:
            """Fill in the infos of rows that have ended."""
            columns = (
                rows,
                self.rows.some(numbers["final_observation"], rows),
                cut[rows],
                self.rows.flat(numbers["episode_return"])[rows],
                self.rows.flat(numbers["episode_steps"])[rows],
                self.rows.flat(numbers["episode_success"])[rows] > 0,
            )
            plain = (part if isinstance(part, list) else part.tolist() for part in columns)
            for row, last, was_cut, total, steps, success in zip(*plain, strict=True):
                infos[row] = {
                    "terminal_observation": last,
                    "TimeLimit.truncated": was_cut,
                    "episode": {"r": total, "l": int(steps)},
                    "is_success": success,
                }

        def action_masks(self) -> np.ndarray:
            """Legal actions of each row, int8[rows, n]."""
            return self.rows.masks()

        def close(self) -> None:
            self.rows.envs.close()

        def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
            own = attr_name in ("action_masks", "render_mode")
            value = getattr(self if own else self.rows.envs, attr_name)
            return [value for _ in self._get_indices(indices)]

        def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
            raise AttributeError(f"{attr_name} of rows cannot be set; all share their environments")

        def env_method(self, method_name: str, *args: Any, indices: Any = None, **kw: Any) -> Any:
            if method_name != "action_masks":
                raise AttributeError(f"rows have no method {method_name!r}; allowed: action_masks")
            masks = self.rows.masks()
            return [masks[row] for row in self._get_indices(indices)]

        def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
            return [False for _ in self._get_indices(indices)]

    return SB3VecEnv


def puffer_env(
    task: str | Task = "two_cells",
    *,
    num_envs: int = 2,
    num_agents: int = 2,
    threads: int | None = None,
    buf: Any = None,
    seed: int | None = 0,
    **options: Any,
) -> Any:
    """A native `PufferEnv` of PufferLib: each agent of each environment is a row.

    ``num_envs``, ``num_agents`` (of a team), ``threads`` and the other options are those of
    `vector_env`. ``buf`` and ``seed`` are what PufferLib passes: its shared arrays, and the seed of
    a first `reset` that names none. It works by itself and as the creator of
    ``pufferlib.vector.make(fz_multi.puffer_env, env_kwargs=..., backend=...)`` with PufferEnv,
    Serial and Multiprocessing.

    What it has, with rows = ``num_envs * num_agents``, which is its ``num_agents``:

    - ``reset(seed) -> (observations, [])``. Environment k takes the seed ``seed * num_envs + k``,
      so that copies with neighbouring seeds, as PufferLib makes them, play different maps. Without
      a seed the maps follow from the last ones.
    - ``step(actions) -> (observations, rewards, terminals, truncations, infos)``: ``actions``
      [rows] or [rows, 4], whole numbers. The arrays are the buffers, written anew by each step.
    - ``observations`` float32[rows, n]. An observation of several parts (``"masked"``, ``"grid"``)
      lies side by side: ``parts[name]`` is the slice of the columns of one.
    - ``rewards`` float32[rows]; ``terminals`` bool[rows], True where the episode has ended, at its
      time limit too (PufferLib's trainer reads no truncations, and the first observation of the
      next episode is already there); ``truncations`` bool[rows], True where it was the time limit;
      ``masks`` bool[rows], always True: no agent leaves before its team.
    - ``infos``: empty, and in a step that ends episodes one dict of floats, the means over their
      rows of ``episode_...`` (`fz_multi.infos`; a tick is 1/60 s), with ``episode_length`` (steps)
      and ``score`` (progress, 0 to 1) as PufferLib's own environments have them.
    - ``action_masks`` int8[rows, n], the legal actions now. A policy in PufferLib's trainer sees
      observations alone: there ``observation="masked"`` has them as ``parts["action_mask"]``.
    - ``envs``, the `vector_env` inside; ``notify`` does nothing; ``close``.

    ImportError without PufferLib; ValueError for an argument that cannot be, as `vector_env`.
    """
    options.update(num_envs=num_envs, num_agents=num_agents)
    if threads is not None:
        options["threads"] = threads
    return _puffer_class()(task, options, buf, seed)


@cache
def _puffer_class() -> Any:
    try:
        from pufferlib import PufferEnv
    except ImportError as error:
        raise ImportError(
            f"puffer_env needs PufferLib 3 (pip install 'fz-multi[puffer]'): {error}"
        ) from error

    class FactoryPufferEnv(PufferEnv):  # type: ignore[misc]
        """See `puffer_env`."""

        def __init__(
            self, task: str | Task, options: dict[str, Any], buf: Any, seed: int | None
        ) -> None:
            self.rows = Rows(task, options, copy=False)  # the buffers are the copy
            self.envs = self.rows.envs
            self.num_agents = self.rows.number
            self.parts, self.single_observation_space = _side_by_side(self.rows.observation_space)
            self.single_action_space = self.rows.action_space
            self._seed = seed
            super().__init__(buf)

        def reset(self, seed: int | None = None) -> tuple[np.ndarray, list[dict[str, float]]]:
            seed, self._seed = self._seed if seed is None else seed, None
            seen, _ = self.envs.reset(None if seed is None else seed * self.envs.num_envs)
            self._write(seen)
            self.rewards[:] = 0
            self.terminals[:] = self.truncations[:] = False
            self.masks[:] = True
            return self.observations, []

        def step(self, actions: Any) -> tuple[Any, ...]:
            seen, rewards, terminated, truncated, numbers = self.rows.step(actions)
            self._write(seen)
            self.rewards[:] = rewards
            np.logical_or(terminated, truncated, out=self.terminals)
            self.truncations[:] = truncated
            infos = [self._means(numbers)] if self.terminals.any() else []
            return self.observations, self.rewards, self.terminals, self.truncations, infos

        def _write(self, seen: Any) -> None:
            """Copy what the agents see into the buffer."""
            for name, part in self.parts.items():
                value = seen[name] if isinstance(seen, dict) else seen
                self.observations[:, part] = value.reshape(self.num_agents, -1)

        def _means(self, numbers: Any) -> dict[str, float]:
            """How the episodes went that have just ended."""
            over = self.terminals.reshape(self.envs.num_envs, self.rows.agents)
            names = [name for name in numbers if name.startswith("episode_")]
            means = {name: float(np.mean(numbers[name], where=over)) for name in names}
            means["episode_length"], means["score"] = (
                means["episode_steps"],
                means["episode_progress"],
            )
            return means

        @property
        def action_masks(self) -> np.ndarray:
            """Legal actions of each row, int8[rows, n]; ValueError with ``mask_in="none"``."""
            return self.rows.masks()

        def notify(self) -> None:
            """PufferLib's call to all environments; there is nothing to be told."""

        def close(self) -> None:
            self.envs.close()

    return FactoryPufferEnv


def _side_by_side(space: Any) -> tuple[dict[str, slice], gymnasium.spaces.Box]:
    """The parts of an observation as columns of one float32 row, and the space of that row.

    In the order of their names, as some versions of Gymnasium sort a Dict; the mask last.
    """
    spaces: dict[str, Any] = {"observation": space}
    if isinstance(space, gymnasium.spaces.Dict):
        names = sorted(space.spaces, key=lambda name: (name == "action_mask", name))
        spaces = {name: space.spaces[name] for name in names}
    low = [part.low.reshape(-1).astype(np.float32) for part in spaces.values()]
    high = [part.high.reshape(-1).astype(np.float32) for part in spaces.values()]
    edges = [0, *np.cumsum([len(part) for part in low]).tolist()]
    parts = dict(zip(spaces, itertools.starmap(slice, itertools.pairwise(edges)), strict=True))
    return parts, gymnasium.spaces.Box(np.concatenate(low), np.concatenate(high))


def rllib_env(task: str | Task = "two_cells", **options: Any) -> Any:
    """RLlib's ``ParallelPettingZooEnv`` over `parallel_env`, whose arguments it takes.

    The default is ``observation="masked"`` with the names that ``ActionMaskingTorchRLModule`` of
    RLlib asks for: ``{"observations": Box(float32), "action_mask": Box(int8)}``. Any other form is
    as `parallel_env` gives it. ImportError without Ray; ValueError as `parallel_env`.
    """
    try:
        from ray.rllib.env.wrappers.pettingzoo_env import ParallelPettingZooEnv
    except ImportError as error:
        raise ImportError(
            f"rllib_env needs Ray's RLlib (pip install 'fz-multi[rllib]'): {error}"
        ) from error
    from fz_multi.fz_multi_v0 import parallel_env

    options = {"observation": "masked", **options}
    return ParallelPettingZooEnv(RLlibNames(parallel_env(task, **options)))


class RLlibNames(BaseParallelWrapper):
    """Calls ``observation`` of a masked observation ``observations``; see `rllib_env`."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        space = env.observation_space(env.possible_agents[0])
        self._masked = isinstance(space, gymnasium.spaces.Dict) and "observation" in space.spaces
        parts = self._rename(space.spaces) if self._masked else {}
        self._space = gymnasium.spaces.Dict(parts) if self._masked else space

    def _rename(self, parts: Any) -> dict[str, Any]:
        return {"observations": parts["observation"], "action_mask": parts["action_mask"]}

    def _all(self, seen: dict[str, Any]) -> dict[str, Any]:
        return (
            {agent: self._rename(parts) for agent, parts in seen.items()} if self._masked else seen
        )

    def observation_space(self, agent: Any) -> Any:
        """The space of an agent's observations, the same object each time."""
        self.env.observation_space(agent)  # it refuses agents that there are not
        return self._space

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        """As `Environment.reset`."""
        seen, infos = self.env.reset(seed=seed, options=options)
        return self._all(seen), infos

    def step(self, actions: Any) -> Any:
        """As `Environment.step`."""
        seen, *rest = self.env.step(actions)
        return self._all(seen), *rest
