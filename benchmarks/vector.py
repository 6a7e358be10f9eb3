"""How fast `vector_env` steps on the embedded engine.

    python -m benchmarks.vector [--task two_cells] [--envs 64] [--agents 4] [--threads 1 2]
                                [--ticks 10 30] [--steps 400] [--repeats 5] [--json]

Every combination of observation form (grid: uint8; flat: float32), ticks a step and threads takes
its turn in blocks of ``--steps`` steps (A B C ... A B C ...), in one process, after a warm-up long
enough that episodes of different worlds end at different times. Random legal actions; masks,
rewards and the start of new episodes included; the choice of actions is not timed.

==================  ================================================================================
agent_steps_per_s   median over the blocks of environments x agents x steps / seconds
slowest, fastest    of the blocks
world_ticks_per_s   simulated ticks of all worlds a second
bytes               of one agent's observation
resets              episodes that began inside the measured blocks, a world
==================  ================================================================================
"""

from __future__ import annotations

import argparse
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

COLUMNS = (
    "form",
    "ticks",
    "threads",
    "agent_steps_per_s",
    "slowest",
    "fastest",
    "world_ticks_per_s",
    "bytes",
    "resets",
)


class Runner:
    """One combination, and its blocks so far."""

    def __init__(self, form: str, ticks: int, threads: int, asked: argparse.Namespace) -> None:
        self.form, self.ticks, self.threads = form, ticks, threads
        self.asked = asked
        self.envs = fz_multi.vector_env(
            asked.task,
            num_envs=asked.envs,
            num_agents=asked.agents,
            observation=form,
            threads=threads,
            ticks_per_step=ticks,
            max_ticks=asked.max_ticks,
            final_window=0,
        )
        seen, _ = self.envs.reset(seed=0)
        parts = seen.values() if isinstance(seen, dict) else (seen,)
        self.bytes = sum(part[0, 0].nbytes for part in parts)
        self.rates: list[float] = []
        self.resets = 0

    def block(self, steps: int, counted: bool = True) -> None:
        """Steps with legal actions; the time of `step` alone."""
        envs, spent = self.envs, 0.0
        for _ in range(steps):
            actions = envs.sample_actions()
            start = time.perf_counter()
            _, _, terminated, truncated, _ = envs.step(actions)
            spent += time.perf_counter() - start
            if counted:
                self.resets += int(np.count_nonzero((terminated | truncated)[:, 0]))
        if counted:
            self.rates.append(steps * self.asked.envs * self.asked.agents / spent)

    def row(self) -> dict[str, Any]:
        """The figures."""
        rate = statistics.median(self.rates)
        return {
            "form": self.form,
            "ticks": self.ticks,
            "threads": self.threads,
            "agent_steps_per_s": round(rate),
            "slowest": round(min(self.rates)),
            "fastest": round(max(self.rates)),
            "world_ticks_per_s": round(rate / self.asked.agents * self.ticks),
            "bytes": self.bytes,
            "resets": round(self.resets / self.asked.envs, 1),
        }


def main() -> int:
    """Measure and print; see the module's docstring."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.vector", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--task", default="two_cells")
    parser.add_argument("--envs", type=int, default=64)
    parser.add_argument("--agents", type=int, default=4)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--ticks", type=int, nargs="+", default=[10, 30])
    parser.add_argument("--forms", nargs="+", default=["grid", "flat"], choices=["grid", "flat"])
    parser.add_argument("--steps", type=int, default=400, help="a block (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=5, help="blocks (default: %(default)s)")
    parser.add_argument(
        "--max-ticks", type=int, default=3000, help="of an episode (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args()
    warmup()
    runners = [
        Runner(form, ticks, threads, asked)
        for form, ticks, threads in itertools.product(asked.forms, asked.ticks, asked.threads)
    ]
    for runner in runners:
        runner.block(asked.steps, counted=False)
    for _, runner in itertools.product(range(asked.repeats), runners):
        runner.block(asked.steps)
    rows = [runner.row() for runner in runners]
    if asked.json:
        print(json.dumps({"machine": machine(), "rows": rows}))
        return 0
    info = machine()
    print(f"{info['cpu']}, {info['cores']} cores; {asked.task}, {asked.envs} x {asked.agents}")
    cells = [
        [f"{v:,}" if isinstance(v, int) else str(v) for v in map(row.get, COLUMNS)] for row in rows
    ]
    print(format_cells(COLUMNS, cells, left=("form",)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
