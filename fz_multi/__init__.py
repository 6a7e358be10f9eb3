"""fz_multi: a team of agents builds a factory together.

>>> import fz_multi
>>> env = fz_multi.parallel_env("two_cells", num_agents=2)
>>> observations, infos = env.reset(seed=0)

``parallel_env`` is a PettingZoo ParallelEnv, ``env`` and ``raw_env`` its AEC forms, ``gym_env`` a
Gymnasium environment of one agent. ``tasks()`` names the tasks; ``register_task`` adds your own.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from fz_multi.registration import register_built_in

if TYPE_CHECKING:
    from fz_multi.adapters import gym_vector_env, puffer_env, rllib_env, sb3_vec_env
    from fz_multi.factorio.channel import FileChannel
    from fz_multi.fz_multi_v0 import env, parallel_env, raw_env
    from fz_multi.gym_environment import gym_env
    from fz_multi.replay import Recorder, Replay
    from fz_multi.task import Task, get_task, register_task, tasks
    from fz_multi.vector import vector_env

__version__ = "0.1.0"

_PLACES = {
    "parallel_env": "fz_multi.fz_multi_v0",
    "env": "fz_multi.fz_multi_v0",
    "raw_env": "fz_multi.fz_multi_v0",
    "gym_env": "fz_multi.gym_environment",
    "Task": "fz_multi.task",
    "get_task": "fz_multi.task",
    "register_task": "fz_multi.task",
    "tasks": "fz_multi.task",
    "vector_env": "fz_multi.vector",
    "gym_vector_env": "fz_multi.adapters",
    "sb3_vec_env": "fz_multi.adapters",
    "puffer_env": "fz_multi.adapters",
    "rllib_env": "fz_multi.adapters",
    "FileChannel": "fz_multi.factorio.channel",
    "Recorder": "fz_multi.replay",
    "Replay": "fz_multi.replay",
}

__all__ = [
    "FileChannel",
    "Recorder",
    "Replay",
    "Task",
    "env",
    "get_task",
    "gym_env",
    "gym_vector_env",
    "parallel_env",
    "puffer_env",
    "raw_env",
    "register_task",
    "rllib_env",
    "sb3_vec_env",
    "tasks",
    "vector_env",
]


def __getattr__(name: str) -> Any:
    """Public names are imported when they are used, so that ``import fz_multi`` is quick."""
    if name in _PLACES:
        return getattr(importlib.import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'fz_multi' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})


register_built_in()  # names for gymnasium.make and pettingzoo.make, nothing more
