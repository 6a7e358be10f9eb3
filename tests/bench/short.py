"""Short tasks, and policies from a file, for the tests of the benchmark.

Given to ``--import``, so that the processes that play know them too.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import fz_multi
from fz_multi.bench import RandomLegal, scripted
from fz_multi.task import Goal, Task, elapsed

KILL_ONCE = "FZ_MULTI_TEST_KILL_ONCE"  # a file that does not exist yet: who makes it dies

TASKS = [
    Task(
        name=name,
        map="two_cells",
        palette=("coal", "stone-furnace"),
        goals=(Goal("patience", elapsed(), at_least=at_least),),
        max_ticks=200,
        channel=True,
    )
    for name, at_least in (("bench_short", 150), ("bench_never", 400))
]
for task in TASKS:
    fz_multi.register_task(task)
    scripted.register_team(task.name, RandomLegal)


def first_legal(observation: Any, info: dict[str, Any]) -> int:
    """The last action that is legal: a function for each agent."""
    return int(info["action_mask"].nonzero()[0][-1])


class Slow(RandomLegal):
    """As random, and takes its time."""

    name = "slow"

    def act(self, observations: Any, infos: Any) -> dict[str, Any]:
        time.sleep(0.005)
        return super().act(observations, infos)


class Deadly(RandomLegal):
    """As random, but the first process that plays seed 3 dies at its tenth step."""

    name = "deadly"

    def reset(self, env: Any, seed: int) -> None:
        super().reset(env, seed)
        self._seed, self._steps = seed, 0

    def act(self, observations: Any, infos: Any) -> dict[str, Any]:
        self._steps += 1
        if self._seed == 3 and self._steps == 10:
            try:
                Path(os.environ[KILL_ONCE]).touch(exist_ok=False)
                os.kill(os.getpid(), signal.SIGKILL)
            except FileExistsError:
                pass
        return super().act(observations, infos)


def broken(observation: Any, info: Any) -> int:
    """Fails."""
    raise ZeroDivisionError("no plan")


nothing = 3
