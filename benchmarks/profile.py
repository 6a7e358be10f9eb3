"""Where the time of a step of `vector_env` goes.

    python -m benchmarks.profile [--task two_cells] [--envs 64] [--agents 4] [--ticks 10]
                                 [--observation flat] [--steps 60] [--repeats 9] [--json]

The same episodes are played four times with the same random legal actions: by ``step`` of
`vector_env` (one thread), by the one compiled call that it makes, and by the entries for single
parts of a step, with and without masks. They take turns of a few steps, and must come to the same
observations and rewards. Blocks of ``--steps`` steps begin with new episodes and are over before
one ends, so what the next episode costs is not in here (see ``benchmarks.resets``). Figures are
medians over the steps of a block, and over the blocks, by the processor time of the thread.

===================  ===============================================================================
actions              what actions mean as commands (`actions.begin_step`)
commands             commands checked and carried out (an exchange without ticks)
ticks                the world's time
settle               what observers read of machines and inserters, once an exchange
judge                goals, rewards, ends (`rows.score`)
observation          planes and numbers (`observation.observe` without masks)
masks                legal actions (what `observe` takes longer with them)
sum of the parts     of these; each part goes through all worlds before the next one begins
one call             `batch_step.step`: each world goes the whole way before the next one
Python               what `vector_env.step` takes longer: checks, arrays, infos
vector_env.step      all of it
===================  ===============================================================================

Columns: microseconds a step of all worlds, microseconds a world and step, nanoseconds an agent and
step, and the share of ``vector_env.step``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import fz_multi
from benchmarks.throughput import machine
from fz_multi import actions, batch_step, observation
from fz_multi.bench.table import format_cells
from fz_multi.engine.warmup import warmup
from fz_multi.task import rows

WARM = 10  # steps at the start of a block that are not counted
TURN = 5  # steps that one of them makes before the next one makes the same
PARTS = ("actions", "commands", "ticks", "settle", "judge", "observation", "masks")
COLUMNS = ("part", "us_a_step", "us_a_world", "ns_an_agent", "share")


def timed(what: Callable[..., Any], *arguments: Any) -> float:
    """Microseconds of a call, by the processor time of this thread."""
    start = time.thread_time()
    what(*arguments)
    return (time.thread_time() - start) * 1e6


class Parts:
    """A vector environment that is stepped part by part, through public entries."""

    def __init__(self, envs: Any) -> None:
        self.envs, self.desk, self.batch = envs, envs.desk, envs.batch
        self.worlds = envs.num_envs
        self.ticks = int(envs.task.ticks_per_step)

    def step(self, chosen: np.ndarray) -> dict[str, float]:
        """A step that ends no episode and opens no final window; the time of each part."""
        desk, batch, worlds = self.desk, self.batch, self.worlds
        words = desk.words
        desk.actions[..., 0] = chosen
        spent = {"actions": timed(actions.begin_step, words, 0, worlds)}
        spent["commands"] = timed(batch.exchange, desk.commands, 0)
        spent["ticks"] = timed(batch.exchange, None, self.ticks)
        spent["settle"] = timed(batch.exchange, None, 0)
        spent["commands"] -= spent["settle"]  # both of them have settled as well
        spent["ticks"] -= spent["settle"]
        desk.event[:] = rows.GOES_ON
        spent["judge"] = timed(rows.score, words, 0, worlds)
        task = self.envs.task  # what `batch_step.look` does between judge and observation
        goals, ends = len(task.goals), len(task.ends)
        hints = desk.share.shape[1] - goals - ends
        desk.time_left[:] = (task.max_ticks - desk.outcome[:, rows.O_TICK]) / task.max_ticks
        desk.goal[:, :goals] = desk.share[:, :goals]
        desk.goal[:, goals : goals + hints] = desk.share[:, goals + ends :]
        spent["observation"] = timed(observation.observe, words, 0, worlds)
        return spent


class Profile:
    """Four vector environments with the same episodes."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked = asked

        def make(**more: Any) -> Any:
            return fz_multi.vector_env(
                asked.task,
                num_envs=asked.envs,
                num_agents=asked.agents,
                observation=asked.observation,
                ticks_per_step=asked.ticks,
                **more,
            )

        self.whole, self.one, masked, bare = make(), make(), make(), make(mask_in="none")
        self.parts, self.bare = Parts(masked), Parts(bare)
        self.blocks: list[dict[str, float]] = []

    def block(self, seed: int) -> None:
        """The same new episodes in each of them, and the medians of their steps' times."""
        for envs in (self.whole, self.one, self.parts.envs, self.bare.envs):
            envs.reset(seed=seed)
        found: dict[str, list[float]] = {}

        def count(spent: dict[str, float]) -> None:
            for name, value in spent.items():
                found.setdefault(name, []).append(value)

        for _ in range(-(-(WARM + self.asked.steps) // TURN)):
            plan = []
            for _ in range(TURN):
                plan.append(self.whole.sample_actions())
                count({"vector_env.step": timed(self.whole.step, plan[-1])})
            for chosen in plan:
                self.one.sample_actions()  # leaves the processor's caches as in the first loop
                self.one.desk.actions[..., 0] = chosen
                words = self.one.desk.words
                count({"one call": timed(batch_step.step, words, 0, self.asked.envs, 0)})
            for chosen in plan:
                self.parts.envs.sample_actions()
                count(self.parts.step(chosen))
            for chosen in plan:
                self.bare.envs.sample_actions()
                count({"bare": self.bare.step(chosen)["observation"]})
        for other in (self.one, self.parts.envs, self.bare.envs):
            same = np.array_equal(self.whole.desk.vector, other.desk.vector)
            if not (same and np.array_equal(self.whole.desk.rewards, other.desk.rewards)):
                raise AssertionError("the ways to make the same steps have come apart")
        middle = {name: statistics.median(values[WARM:]) for name, values in found.items()}
        middle["masks"] = middle["observation"] - middle["bare"]
        middle["observation"] = middle.pop("bare")
        middle["sum of the parts"] = sum(middle[name] for name in PARTS)
        middle["Python"] = middle["vector_env.step"] - middle["one call"]
        self.blocks.append(middle)

    def rows(self) -> list[dict[str, Any]]:
        """The figures."""
        middle = {k: statistics.median(b[k] for b in self.blocks) for k in self.blocks[0]}
        whole = middle["vector_env.step"]
        names = (*PARTS, "sum of the parts", "one call", "Python", "vector_env.step")
        worlds = self.asked.envs
        return [
            {
                "part": name,
                "us_a_step": round(middle[name], 1),
                "us_a_world": round(middle[name] / worlds, 3),
                "ns_an_agent": round(1e3 * middle[name] / worlds / self.asked.agents, 1),
                "share": f"{100 * middle[name] / whole:.0f} %",
            }
            for name in names
        ]


def main() -> int:
    """Measure and print; see the module's docstring."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.profile", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--task", default="two_cells", choices=fz_multi.tasks())
    parser.add_argument("--envs", type=int, default=64)
    parser.add_argument("--agents", type=int, default=4)
    parser.add_argument("--ticks", type=int, default=10, help="a step (default: %(default)s)")
    parser.add_argument("--observation", default="flat", choices=["flat", "grid"])
    parser.add_argument("--steps", type=int, default=60, help="a block (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=9, help="blocks (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args()
    if min(asked.envs, asked.agents, asked.ticks, asked.steps, asked.repeats) < 1:
        parser.error("all numbers are at least 1")
    task = fz_multi.vector_env(asked.task, num_envs=1, num_agents=asked.agents).task
    room = (task.max_ticks - task.final_window) // asked.ticks - WARM - TURN
    if asked.steps > room:
        parser.error(f"--steps is at most {room} with {asked.ticks} ticks a step of {asked.task}")
    warmup()
    profile = Profile(asked)
    for number in range(asked.repeats):
        profile.block(1_000 * number)
    found = profile.rows()
    if asked.json:
        print(json.dumps({"machine": machine(), "rows": found}))
        return 0
    info = machine()
    print(
        f"{info['cpu']}, {info['cores']} cores; {asked.task}, {asked.envs} worlds x {asked.agents} "
        f"agents, {asked.ticks} ticks a step, {asked.observation}"
    )
    cells = [[str(row[c]) for c in COLUMNS] for row in found]
    print(format_cells(COLUMNS, cells, left=("part",)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
