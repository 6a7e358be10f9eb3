"""`vector_env` in the forms that trainers take: each agent of each environment is a row.

Row ``k * num_agents + a`` is agent a of environment k, as SuperSuit lays them out. An episode ends
for a whole team at once, and the next one begins in the same step.

    >>> envs = fz_multi.gym_vector_env("two_cells", num_envs=8, num_agents=4)    # Gymnasium
    >>> envs = fz_multi.sb3_vec_env("two_cells", num_envs=8, num_agents=4)  # Stable-Baselines3
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import VectorEnv
from gymnasium.vector.utils import batch_space

from fz_multi.task.definition import Task
from fz_multi.vector import vector_env


class Rows:
    """The environments of a `vector_env` as rows, in arrays of their own."""

    def __init__(self, task: str | Task, options: dict[str, Any]) -> None:
        if options.get("backend", "embedded") == "embedded":
            options = {**options, "copy": True}  # trainers keep the last observation
        self.envs = vector_env(task, **options)
        self.agents = self.envs.num_agents
        self.number = self.envs.num_envs * self.agents
        self.observation_space = self.envs.single_observation_space
        self.action_space = self.envs.single_action_space

    def flat(self, value: Any) -> Any:
        """``[num_envs, num_agents, ...]`` as ``[rows, ...]``."""
        if isinstance(value, dict):
            return {name: self.flat(part) for name, part in value.items()}
        return np.ascontiguousarray(value).reshape(self.number, *value.shape[2:])

    def row(self, value: Any, row: int) -> Any:
        """One row of such arrays, copied."""
        if isinstance(value, dict):
            return {name: part[row].copy() for name, part in value.items()}
        return value[row].copy()

    def step(self, actions: Any) -> tuple[Any, ...]:
        """As `vector_env`'s, with rows; infos hold flat arrays, ``final_observation`` too."""
        array = np.asarray(actions)
        shape = (self.envs.num_envs, self.agents, *array.shape[1:])
        seen, rewards, terminated, truncated, infos = self.envs.step(array.reshape(shape))
        flat = {name: self.flat(value) for name, value in infos.items() if name != "final_state"}
        return *map(self.flat, (seen, rewards, terminated, truncated)), flat

    def masks(self) -> np.ndarray:
        """Legal actions of each row, int8[rows, n]; ValueError with ``mask_in="none"``."""
        return np.asarray(self.flat(self.envs.action_masks))


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

    def reset(
        self, *, seed: int | Sequence[int] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin episodes. ``seed``: environment k (not row) takes ``seed + k``."""
        seen, infos = self.rows.envs.reset(seed)
        flat = {name: self.rows.flat(value) for name, value in infos.items()}
        return self.rows.flat(seen), self._with_mask(flat)

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """A step of all rows: ``actions`` [rows] or [rows, 4]."""
        seen, rewards, terminated, truncated, infos = self.rows.step(actions)
        last = infos.pop("final_observation", None)
        if last is not None:
            over = terminated | truncated
            infos["final_obs"] = np.full(self.num_envs, None, object)
            for row in np.flatnonzero(over).tolist():
                infos["final_obs"][row] = self.rows.row(last, row)
            infos["_final_obs"] = over
        return seen, rewards, terminated, truncated, self._with_mask(infos)

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
            infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
            for row in np.flatnonzero(over).tolist():
                infos[row] = {
                    "terminal_observation": self.rows.row(numbers["final_observation"], row),
                    "TimeLimit.truncated": bool(truncated[row]),
                    "episode": {
                        "r": float(numbers["episode_return"][row]),
                        "l": int(numbers["episode_steps"][row]),
                    },
                    "is_success": bool(numbers["episode_success"][row]),
                }
            return seen, rewards.astype(np.float32), over, infos

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
