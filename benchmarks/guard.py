"""A guard against getting slower: ratios to fixed work in the same process, not absolute times.

    python -m benchmarks.guard [--tolerance 0.25] [--blocks 31] [--kept FILE] [--update] [--json]

Three speeds are measured in short blocks that alternate with blocks of a reference (A B A B ...),
and the median of neighbouring blocks' ratios is compared with the one in ``guard.json``:

============  ======================================================================================
parallel_env  steps of ``two_cells`` with 2 agents over those of an environment that does nothing
vector_env    agent steps of 64 worlds x 4 agents, one thread, over runs of a small numba kernel
engine        ticks of the factory with about 1,000 entities over runs of the same kernel
============  ======================================================================================

Exit code 1 when a ratio is lower than the kept one by more than the tolerance, twice in a row; 2
when there is nothing to compare with. A machine of another kind has other ratios: run ``--update``
there first. ``--update`` writes the file instead of comparing.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numba
import numpy as np

from fz_multi.bench.table import format_cells

KEPT = Path(__file__).with_name("guard.json")
TOLERANCE = 0.25
COLUMNS = ("measure", "kept", "now", "now / kept", "low", "high")
Found = Mapping[str, Mapping[str, float]]  # measure: ratio, and the middle half of its blocks


class NothingKept(Exception):
    """There are no ratios to compare with."""


# -- comparing -------------------------------------------------------------------------------------
def read(path: Path) -> dict[str, Any]:
    """What `write` has written. Raises NothingKept with what is wrong."""
    try:
        kept = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise NothingKept(f"{path} is missing; write it with --update") from None
    except ValueError as error:
        raise NothingKept(f"{path} is not JSON ({error}); write it anew with --update") from None
    ratios = kept.get("ratios") if isinstance(kept, dict) else None
    numbers = isinstance(ratios, dict) and all(
        isinstance(value, int | float) and value > 0 for value in ratios.values()
    )
    if not ratios or not numbers:
        raise NothingKept(f'{path} has no "ratios" above 0; write it anew with --update')
    return kept


def write(path: Path, found: Found, machine: Mapping[str, Any]) -> None:
    """Keep the ratios, and what they were measured on."""
    ratios = {name: float(f"{row['ratio']:.4g}") for name, row in found.items()}
    page = {"command": "python -m benchmarks.guard --update", "machine": machine, "ratios": ratios}
    path.write_text(json.dumps(page, indent=2) + "\n", "utf-8")


def fallen(found: Found, kept: Mapping[str, float], tolerance: float) -> list[str]:
    """The measures that are lower than the kept ones by more than the tolerance."""
    return [
        name
        for name, row in found.items()
        if name in kept and row["ratio"] < kept[name] * (1 - tolerance)
    ]


def complaints(found: Found, kept: Mapping[str, float], tolerance: float) -> list[str]:
    """A sentence for each measure that is too low, or that there is nothing kept of."""
    out = []
    for name in fallen(found, kept, tolerance):
        fall = 100 * (1 - found[name]["ratio"] / kept[name])
        out.append(
            f"{name} has become slower: its ratio fell by {fall:.0f} %, from {kept[name]:.4g} to "
            f"{found[name]['ratio']:.4g} (allowed: {100 * tolerance:g} %)"
        )
    out += [f"{name} is not in the kept ratios; run --update" for name in found if name not in kept]
    return out


def better(first: Found, second: Found) -> dict[str, Mapping[str, float]]:
    """Of two measurements the higher ratios: a disturbance only ever makes them lower."""
    out = dict(first)
    for name, row in second.items():
        if row["ratio"] > out[name]["ratio"]:
            out[name] = row
    return out


def as_text(found: Found, kept: Mapping[str, float]) -> str:
    """The ratios as a table."""
    cells = []
    for name, row in found.items():
        was = kept.get(name)
        share = f"{row['ratio'] / was:.2f}" if was else ""
        numbers = [f"{row[key]:.4g}" for key in ("low", "high")]
        cells.append([name, f"{was:.4g}" if was else "", f"{row['ratio']:.4g}", share, *numbers])
    return format_cells(COLUMNS, cells, left=("measure",))


# -- measuring -------------------------------------------------------------------------------------
@numba.njit
def walk(table, steps):
    """Fixed work like an engine's: loads that depend on each other, and branches."""
    at, total = 0, 0
    for _ in range(steps):
        value = table[at]
        if value & 1:
            total += value >> 3
        else:
            total ^= value * 5
        at = (at * 1_103_515_245 + value + 12_345) & (table.shape[0] - 1)
    return total


class Reference:
    """Runs a second of the fixed work."""

    RUN = 10_000  # steps

    def __init__(self) -> None:
        self._table = np.random.default_rng(0).integers(0, 1 << 20, 1 << 15)
        walk(self._table, 10)  # compiles

    def __call__(self) -> float:
        runs = 100
        start = time.perf_counter()
        for _ in range(runs):
            walk(self._table, self.RUN)
        return runs / (time.perf_counter() - start)


def of_parallel_env() -> tuple[Callable[[], float], Callable[[], float]]:
    import fz_multi
    from benchmarks.noop_env import NoOpParallel
    from benchmarks.throughput import Player

    env = fz_multi.parallel_env("two_cells", num_agents=2)
    nothing = Player(NoOpParallel(env, *env.reset(seed=0)))
    real = Player(env)
    return lambda: real.block(300), lambda: nothing.block(300)


def of_vector_env() -> tuple[Callable[[], float], Callable[[], float]]:
    from benchmarks.vector import Runner

    asked = argparse.Namespace(task="two_cells", envs=64, agents=4, max_ticks=3000)
    runner = Runner("flat", 10, 1, asked)
    runner.block(300)  # past the first ends of episodes

    def steps() -> float:
        runner.block(30)
        return runner.rates[-1]

    return steps, Reference()


def of_engine() -> tuple[Callable[[], float], Callable[[], float]]:
    from benchmarks.engine import WARM_UP, build, rate

    world = build(9)
    world.advance(WARM_UP)
    start = world.snapshot()

    def ticks() -> float:
        world.restore(start)
        world.advance(200)  # caches are warm again
        return rate(world, 3000)

    return ticks, Reference()


MEASURES = {"parallel_env": of_parallel_env, "vector_env": of_vector_env, "engine": of_engine}


def measure(names: Iterable[str], blocks: int) -> dict[str, dict[str, float]]:
    """Ratios of some measures, with the middle half of their blocks."""
    out = {}
    for name in names:
        ours, reference = MEASURES[name]()
        ours(), reference()  # warm up
        ratios = [ours() / reference() for _ in range(blocks)]
        low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
        out[name] = {"ratio": middle, "low": low, "high": high}
    return out


def main(argv: list[str] | None = None) -> int:
    """Measure and compare; see the module's docstring."""
    from benchmarks.throughput import machine
    from fz_multi.engine.warmup import warmup

    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.guard", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument(
        "--tolerance",
        type=float,
        default=TOLERANCE,
        help="how far a ratio may fall, as a share (default: %(default)s)",
    )
    parser.add_argument("--blocks", type=int, default=31, help="pairs (default: %(default)s)")
    parser.add_argument(
        "--kept", type=Path, default=KEPT, help="file of the ratios", metavar="FILE"
    )
    parser.add_argument("--update", action="store_true", help="write the file")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args(argv)
    if not 0 < asked.tolerance < 1 or asked.blocks < 2:
        parser.error("--tolerance is between 0 and 1, --blocks at least 2")
    try:
        page = {} if asked.update else read(asked.kept)
    except NothingKept as error:
        print(error, file=sys.stderr)
        return 2
    kept = page.get("ratios", {})
    warmup()
    found: Found = measure(MEASURES, asked.blocks)
    if again := fallen(found, kept, asked.tolerance):
        found = better(found, measure(again, asked.blocks))
    here = machine()
    if asked.update:
        write(asked.kept, found, here)
    wrong = [] if asked.update else complaints(found, kept, asked.tolerance)
    if asked.json:
        print(json.dumps({"machine": here, "found": found, "kept": kept, "complaints": wrong}))
    else:
        print(as_text(found, kept))
    was = page.get("machine", {}).get("cpu", here["cpu"])
    if was != here["cpu"]:
        print(f"note: the kept ratios are of another processor ({was})", file=sys.stderr)
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
