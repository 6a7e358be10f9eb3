"""How fast maps are drawn and laid out: in compiled code, and by `Map.draw` and the backend.

    python -m benchmarks.resets [--worlds 64] [--agents 4] [--repeats 15] [--split train] [--json]

All worlds of a batch get a new map in each block. Reported per task, in microseconds a map, medians
over the blocks of one thread; and the time of one hash, which is most of a draw:

========  ========================================================================================
draw      `compiled_draw.draw_maps`: seed, hashes, arrays
lay       `compiled_reset.lay_maps`: a world from what has been drawn
both      the sum of draw and lay
attempts  layouts drawn until one belonged to the split, on average
python    `Map.draw` and `EmbeddedBackend.reset`
ratio     python over both
========  ========================================================================================
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from fz_multi.backends.embedded import EmbeddedBackend
from fz_multi.bench.table import format_cells
from fz_multi.engine import Batch
from fz_multi.task import get_task, hashing
from fz_multi.task.compile_plan import Drawings, compile_plan
from fz_multi.task.compiled_draw import FOLLOWS, N_ATTEMPT, SEEDED
from fz_multi.task.compiled_reset import Resets
from fz_multi.task.maps import load_map

TASKS = ("two_cells", "handoff", "long_belt", "refuel")


def timed(what: Callable[[], Any], repeats: int, count: int) -> float:
    """Median microseconds of one of the ``count`` things that a call does."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        what()
        times.append(time.perf_counter() - start)
    return statistics.median(times) / count * 1e6


def measure(task: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """The row of one task."""
    definition = get_task(task)
    source, worlds = load_map(definition.map), arguments.worlds
    options = {
        "agents": arguments.agents,
        "split": arguments.split,
        "task": task,
        "version": definition.version,
    }
    compiled = compile_plan(source, **options)
    drawings = Drawings(compiled, worlds)
    batch = Batch(worlds, compiled.plan.width, compiled.plan.height)
    resets = Resets(drawings, batch)
    drawings.seeds[:] = np.arange(worlds)
    assert resets.reset(SEEDED) == 0
    attempts = []

    def draw() -> None:
        drawings.draw(FOLLOWS)
        attempts.append(float(drawings.numbers[:, N_ATTEMPT].mean()) + 1)

    row: dict[str, Any] = {"task": task}
    row["draw"] = timed(draw, arguments.repeats, worlds)
    row["lay"] = timed(resets._lay, arguments.repeats, worlds)
    row["both"] = row["draw"] + row["lay"]
    row["attempts"] = statistics.mean(attempts)
    backend, seeds = EmbeddedBackend(), iter(range(10**9))
    row["python"] = timed(
        lambda: backend.reset(source.draw(next(seeds), **options)), 10 * arguments.repeats, 1
    )
    row["ratio"] = row["python"] / row["both"]
    return row


def hash_times() -> dict[str, float]:
    """Microseconds that both ways to hash 28 KiB take."""
    data = np.zeros(28 * 1024, np.uint8)
    blocks = len(data) // 64
    out = {}
    for name, take in (("plain", hashing.plain_blocks), ("used", hashing.take_blocks)):
        take(hashing.START.copy(), data, 0, blocks)
        out[name] = timed(lambda take=take: take(hashing.START.copy(), data, 0, blocks), 100, 1)
    return out


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--worlds", type=int, default=64)
    parser.add_argument("--agents", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--split", default="train", choices=("train", "eval"))
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    rows = [measure(task, arguments) for task in TASKS]
    hashes = hash_times()
    if arguments.json:
        print(json.dumps({"rows": rows, "hash": hashes}))
        return
    names = tuple(rows[0])
    cells = [[row["task"], *(f"{row[name]:.1f}" for name in names[1:])] for row in rows]
    print(format_cells(names, cells, left=("task",)))
    print(f"SHA-256 of 28 KiB: {hashes['used']:.1f} us (plain kernel {hashes['plain']:.1f} us)")


if __name__ == "__main__":
    main()
