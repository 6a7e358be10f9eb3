"""The environments as PettingZoo has them: `parallel_env`, `raw_env` and `env`."""

from __future__ import annotations

from typing import Any

from pettingzoo import AECEnv
from pettingzoo.utils.conversions import parallel_to_aec

from fz_multi.environment import Environment
from fz_multi.task.definition import Task

__all__ = ["Environment", "env", "parallel_env", "raw_env"]


def parallel_env(task: str | Task = "two_cells", **options: Any) -> Environment:
    """A PettingZoo ParallelEnv: all agents act at once. Cheap; the world is made by ``reset``.

    ``task``: a name of `fz_multi.tasks` or a `Task`. Options, with their defaults:

    ==========================  ====================================================================
    ``num_agents=2``            1 to 16
    ``backend="embedded"``      where the world runs
    ``render_mode=None``        "rgb_array" or "human"
    ``observation="flat"``      "flat", "masked" or "grid" (see ``fz_multi.spaces``)
    ``action="discrete"``       or "multidiscrete": movement, interaction, target, item
    ``mask_in="info"``          "info", "obs" or "none": where the mask of legal actions is
    ``layout="hwc"``            or "chw", of the grid
    ``grid_dtype="uint8"``      0 to 254, or "float32", 0 to 1
    ``window=11``               side of the square that an agent sees, tiles, odd
    ``reward="shared"``         "shared", "individual" or "mixed" (see ``fz_multi.task.judge``)
    ``ticks_per_step``          ticks of 1/60 s in one step; the task's own without it, as are
    ``max_ticks``               the limit of an episode, and
    ``final_window``            its last ticks, in which only `wait` is legal; 0 for training
    ``max_cycles``              steps after which an episode is truncated, if that is earlier
                                than ``max_ticks``
    ``map``                     another map: a name, a path, or a mapping as in its file
    ``variant``                 of the map; chosen by the number of agents without it
    ``split="train"``           or "eval": the maps that seeds draw from
    ==========================  ====================================================================

    ValueError for anything else; the message says what is allowed.
    """
    return Environment(task, **options)


def raw_env(task: str | Task = "two_cells", **options: Any) -> AECEnv:
    """The same turn by turn (AEC): the world steps when the last agent has chosen."""
    return parallel_to_aec(parallel_env(task, **options))


env = raw_env
