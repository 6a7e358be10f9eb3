"""How fast agents step as rows of Stable-Baselines3: our adapter beside SuperSuit's.

    python -m benchmarks.rows [--task two_cells] [--envs 16] [--agents 4] [--threads 1 2]
                              [--observation flat] [--steps 300] [--repeats 5] [--clock wall]
                              [--json]

``fz_multi.sb3_vec_env`` against ``parallel_env`` in SuperSuit's ``pettingzoo_env_to_vec_env_v1``
and ``concat_vec_envs_v1(num_cpus=0, base_class="stable_baselines3")``: the same task, number of
environments and options. They take turns in blocks of ``--steps`` steps (A B C A B C ...), in one
process, after a block each that is not counted. Only `step` is timed: random legal actions are
chosen between the steps, from ``action_masks()`` of ours and from SuperSuit's infos. An episode has
``--max-ticks`` ticks, by default just one block, so that each block begins one episode an
environment anew inside its timed part. ``--clock cpu`` counts this process's seconds of processor
time in place of the wall clock's, for a machine on which other things run; time in which threads
wait for each other is in it, so it suits ``--threads 1``. Needs Stable-Baselines3 and SuperSuit
(``pip install -e '.[sb3]'``).

==================  ================================================================================
rows                ``sb3_vec_env`` (with a number of ``threads``) or ``concat_vec_envs_v1``
agent_steps_per_s   median over the blocks of environments x agents x steps / seconds
slowest, fastest    of the blocks
us_per_step         median microseconds of a step of all rows
resets              episodes begun inside the counted blocks, an environment
bytes               of one agent's observation
ratio               median of the rate over that of ``concat_vec_envs_v1`` in the same turn
==================  ================================================================================
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import json
import statistics
import sys
import time
from typing import Any

import numpy as np

import fz_multi
from benchmarks.throughput import machine
from fz_multi.bench.table import format_cells
from fz_multi.engine.warmup import warmup

THEIRS = "concat_vec_envs_v1"
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
NEEDED = {"stable_baselines3": "stable-baselines3", "supersuit": "supersuit"}
COLUMNS = (
    "rows",
    "threads",
    "agent_steps_per_s",
    "slowest",
    "fastest",
    "us_per_step",
    "resets",
    "bytes",
    "ratio",
)


class Runner:
    """One way to lay agents out as rows, and its blocks so far."""

    def __init__(self, threads: int | None, asked: argparse.Namespace) -> None:
        self.asked, self.threads = asked, threads
        options = {
            "num_agents": asked.agents,
            "observation": asked.observation,
            "max_ticks": asked.max_ticks,
            "final_window": 0,
        }
        if threads is None:
            import supersuit

            env = supersuit.pettingzoo_env_to_vec_env_v1(
                fz_multi.parallel_env(asked.task, **options)
            )
            self.envs = supersuit.concat_vec_envs_v1(
                env, asked.envs, num_cpus=0, base_class="stable_baselines3"
            )
        else:
            self.envs = fz_multi.sb3_vec_env(
                asked.task, num_envs=asked.envs, threads=threads, **options
            )
        seen = self.envs.reset()
        assert self.envs.num_envs == asked.envs * asked.agents
        parts = seen.values() if isinstance(seen, dict) else (seen,)
        self.bytes = sum(part[0].nbytes for part in parts)
        self.infos = self.envs.reset_infos
        self.rates: list[float] = []
        self.resets = 0
        self._random = np.random.default_rng(0)

    def masks(self) -> np.ndarray:
        """Legal actions of each row."""
        if self.threads is None:
            return np.stack([info["action_mask"] for info in self.infos])
        return np.asarray(self.envs.action_masks())

    def choose(self) -> np.ndarray:
        """One legal action of each row, all equally likely."""
        count = np.cumsum(self.masks(), axis=1, dtype=np.int64)
        draw = (self._random.random(len(count)) * count[:, -1]).astype(np.int64)
        return np.asarray((count <= draw[:, None]).sum(axis=1))

    def block(self, counted: bool = True) -> None:
        """Steps with legal actions; the time of `step` alone."""
        envs, steps, spent = self.envs, self.asked.steps, 0.0
        clock = CLOCKS[self.asked.clock]
        for _ in range(steps):
            actions = self.choose()
            start = clock()
            _, _, over, self.infos = envs.step(actions)
            spent += clock() - start
            if counted:
                self.resets += int(over.sum()) // self.asked.agents
        if counted:
            self.rates.append(steps * envs.num_envs / spent)

    def row(self, theirs: Runner) -> dict[str, Any]:
        """The figures."""
        rate = statistics.median(self.rates)
        ratios = [a / b for a, b in zip(self.rates, theirs.rates, strict=True)]
        return {
            "rows": THEIRS if self.threads is None else "sb3_vec_env",
            "threads": self.threads,
            "agent_steps_per_s": round(rate),
            "slowest": round(min(self.rates)),
            "fastest": round(max(self.rates)),
            "us_per_step": round(1e6 * self.envs.num_envs / rate),
            "resets": round(self.resets / self.asked.envs, 1),
            "bytes": self.bytes,
            "ratio": round(statistics.median(ratios), 2),
        }


def main() -> int:
    """Measure and print; see the module's docstring."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.rows", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--task", default="two_cells")
    parser.add_argument("--envs", type=int, default=16)
    parser.add_argument("--agents", type=int, default=4)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="of sb3_vec_env")
    parser.add_argument("--observation", default="flat", choices=["flat", "grid"])
    parser.add_argument("--steps", type=int, default=300, help="a block (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=5, help="blocks (default: %(default)s)")
    parser.add_argument(
        "--max-ticks", type=int, default=3000, help="of an episode (default: %(default)s)"
    )
    parser.add_argument("--clock", default="wall", choices=list(CLOCKS))
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args()
    absent = [package for name, package in NEEDED.items() if not importlib.util.find_spec(name)]
    if absent:
        parser.exit(2, f"needs {' and '.join(absent)}: pip install -e '.[sb3]'\n")
    warmup()
    theirs = Runner(None, asked)
    runners = [*(Runner(threads, asked) for threads in asked.threads), theirs]
    for runner in runners:
        runner.block(counted=False)
    for _, runner in itertools.product(range(asked.repeats), runners):
        runner.block()
    rows = [runner.row(theirs) for runner in runners]
    if asked.json:
        print(json.dumps({"machine": machine(), "rows": rows}))
        return 0
    info = machine()
    print(f"{info['cpu']}, {info['cores']} cores; {asked.task}, {asked.envs} x {asked.agents}")
    cells = [[show(row[column]) for column in COLUMNS] for row in rows]
    print(format_cells(COLUMNS, cells, left=("rows",)))
    return 0


def show(value: Any) -> str:
    """A cell of the table."""
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else str(value)


if __name__ == "__main__":
    sys.exit(main())
