"""How fast ``parallel_env`` steps, beside an environment that does nothing.

    python -m benchmarks.throughput [TASK ...] [--agents 2] [--steps 2000] [--repeats 7] [--json]

For each task, blocks of ``--steps`` steps with random legal actions (autoreset by hand, a new seed
each episode) alternate with blocks of a no-op ``ParallelEnv`` that returns fresh copies of the same
observations and infos (A B A B ...), in one process. Reported are medians over the blocks:

==================  ================================================================================
env_steps_per_s     steps of the environment a second; the time of `step` and `reset` alone, without
                    the choice of actions
agent_steps_per_s   that times the team size
game_seconds_per_s  simulated seconds a second (60 ticks each)
noop_steps_per_s    the no-op environment's steps a second, measured in the same way
ratio               median of env / no-op over neighbouring blocks: how near to free a step is
bytes_per_world     one world's part of the engine's allocation
cold_compile_s      compiling every kernel into an empty cache, in a process of its own (a copy of
                    the package in a temporary folder)
warm_start_s        a new process with a filled cache: from its first line (the import of fz_multi)
                    to the end of its first step
==================  ================================================================================

A second table has the same steps on the embedded Factorio server, in a process of its own, through
RCON, the Lua VM and the mod (``backend="factorio"``), in blocks of ``--server-steps`` steps that
alternate with blocks on the embedded engine: ``env_steps_per_s``, ``round_trips`` a step, and
``ratio``, the median of server / engine over neighbouring blocks. ``--no-server`` leaves it out.

``--json`` prints one object with ``machine``, ``start`` and the lists ``tasks`` and ``server``;
without it, tables. ``--no-start`` leaves out the last two figures, which take a minute.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import fz_multi
from benchmarks.noop_env import NoOpParallel
from fz_multi.bench.policies import mask_of
from fz_multi.bench.table import format_cells
from fz_multi.engine import jit
from fz_multi.engine.warmup import warmup
from fz_multi.factorio.launch import Launcher, embedded

SERVER_SPEED = 1000.0  # of the game: as fast as it can

COLD = """
import json, time
start = time.perf_counter()
from fz_multi.engine.warmup import warmup
seconds = warmup(progress=False)
print(json.dumps({"cold_compile_s": time.perf_counter() - start, "entries": seconds}))
"""
WARM = """
import time
start = time.perf_counter()
import fz_multi
env = fz_multi.parallel_env()
env.reset(seed=0)
env.step({agent: 0 for agent in env.agents})
print(time.perf_counter() - start)
"""


class Chooser:
    """Random legal actions, drawn cheaply: they are not what is measured."""

    def __init__(self, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)

    def __call__(self, observations: dict[str, Any], infos: dict[str, Any]) -> dict[str, int]:
        draws = self._random.random(len(observations))
        out = {}
        for agent, draw in zip(observations, draws.tolist(), strict=True):
            mask = mask_of(observations[agent], infos[agent])
            assert mask is not None
            legal = mask.nonzero()[0]
            out[agent] = int(legal[int(draw * len(legal))])
        return out


class Player:
    """Steps an environment and keeps its state from block to block."""

    def __init__(self, env: Any, seed: int = 1_000) -> None:
        self.env, self._seed = env, seed
        self._choose = Chooser(seed)
        self._now = env.reset(seed=seed)

    def block(self, steps: int) -> float:
        """Steps a second over ``steps`` steps."""
        env, (observations, infos) = self.env, self._now
        spent = 0.0
        for _ in range(steps):
            actions = self._choose(observations, infos)
            start = time.perf_counter()
            observations, _, _, _, infos = env.step(actions)
            if not env.agents:
                self._seed += 1
                observations, infos = env.reset(seed=self._seed)
            spent += time.perf_counter() - start
        self._now = observations, infos
        return steps / spent


def measure_task(task: str, agents: int, steps: int, repeats: int) -> dict[str, Any]:
    """The figures of one task."""
    env = fz_multi.parallel_env(task, num_agents=agents)
    real = Player(env)
    nothing = Player(NoOpParallel(env, *env.reset(seed=0)))
    real._now = env.reset(seed=1_000)
    real.block(min(steps, 200)), nothing.block(min(steps, 200))  # warm up
    pairs = [(real.block(steps), nothing.block(steps)) for _ in range(repeats)]
    rate = statistics.median(a for a, _ in pairs)
    spread = max(a for a, _ in pairs) / min(a for a, _ in pairs)
    inner = env.unwrapped
    row = {
        "task": task,
        "agents": agents,
        "ticks_per_step": inner.task.ticks_per_step,
        "env_steps_per_s": round(rate, 1),
        "agent_steps_per_s": round(rate * agents, 1),
        "game_seconds_per_s": round(rate * inner.task.ticks_per_step / 60, 1),
        "noop_steps_per_s": round(statistics.median(b for _, b in pairs), 1),
        "ratio": round(statistics.median(a / b for a, b in pairs), 4),
        "fastest_by_slowest_block": round(spread, 3),
        "blocks": repeats,
        "steps_per_block": steps,
        "bytes_per_world": bytes_per_world(inner),
    }
    env.close()
    return row


def measure_server(
    launcher: Launcher, task: str, agents: int, steps: int, repeats: int
) -> dict[str, Any]:
    """The figures of one task on a server, beside the embedded engine."""
    there = fz_multi.parallel_env(
        task,
        num_agents=agents,
        backend="factorio",
        address=launcher.address,
        password=launcher.password,
        speed=SERVER_SPEED,
    )
    server, engine = Player(there), Player(fz_multi.parallel_env(task, num_agents=agents))
    server.block(min(steps, 50)), engine.block(steps)  # warm up, and learn how long to wait
    stats = there.unwrapped.backend.arenas.exchange.stats
    before = stats.round_trips
    pairs = [(server.block(steps), engine.block(steps)) for _ in range(repeats)]
    row = {
        "task": task,
        "agents": agents,
        "env_steps_per_s": round(statistics.median(a for a, _ in pairs), 1),
        "engine_steps_per_s": round(statistics.median(b for _, b in pairs), 1),
        "ratio": round(statistics.median(a / b for a, b in pairs), 5),
        "round_trips": round((stats.round_trips - before) / (steps * repeats), 3),
        "speed": SERVER_SPEED,
        "blocks": repeats,
        "steps_per_block": steps,
    }
    there.close()
    return row


def bytes_per_world(env: Any) -> int:
    """One world's share of the engine's allocation."""
    table = env.seen.header
    worlds = table.shape[0]
    while isinstance(table.base, np.ndarray):  # the one array that all tables are views of
        table = table.base
    return int(table.nbytes // worlds)


def measure_start() -> dict[str, Any]:
    """Cold compile and warm start, in processes of their own on a copy of the package."""
    with tempfile.TemporaryDirectory(prefix="fz_multi-bench-") as folder:
        root = Path(folder)
        ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
        shutil.copytree(jit.PACKAGE, root / "fz_multi", ignore=ignore)
        maps = jit.PACKAGE.parent / "maps"
        if maps.is_dir():
            shutil.copytree(maps, root / "maps", ignore=ignore)
        cold = json.loads(_python(COLD, root))
        _python(WARM, root)  # writes the byte code of the copy
        warm = [float(_python(WARM, root)) for _ in range(3)]
    return {
        "cold_compile_s": round(cold["cold_compile_s"], 2),
        "cold_compile_entries": cold["entries"],
        "warm_start_s": round(statistics.median(warm), 2),
    }


def _python(code: str, root: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    import numba

    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = lines[0].split(":", 1)[1].strip() if lines else model
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
        "system": platform.system(),
    }


def main() -> int:
    """Measure and print; see the module's docstring."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.throughput", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("tasks", nargs="*", metavar="TASK", help="default: all tasks")
    parser.add_argument("--agents", type=int, default=2, help="team size (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=2000, help="a block (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=7, help="blocks (default: %(default)s)")
    parser.add_argument(
        "--server-steps", type=int, default=200, help="a block on a server (default: %(default)s)"
    )
    parser.add_argument("--no-server", action="store_true", help="no steps on a server")
    parser.add_argument("--no-start", action="store_true", help="no cold compile, no warm start")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    if min(options.agents, options.steps, options.repeats, options.server_steps) < 1:
        parser.error("--agents, --steps, --server-steps and --repeats are at least 1")
    unknown = [task for task in options.tasks if task not in fz_multi.tasks()]
    if unknown:
        parser.error(f"unknown task {unknown[0]!r}; there are: {', '.join(fz_multi.tasks())}")
    warmup()
    report: dict[str, Any] = {"machine": machine()}
    if not options.no_start:
        report["start"] = measure_start()
    report["tasks"] = [
        measure_task(task, options.agents, options.steps, options.repeats)
        for task in options.tasks or fz_multi.tasks()
    ]
    if not options.no_server:
        with Launcher(embedded()) as launcher:
            report["server"] = [
                measure_server(launcher, row["task"], options.agents, options.server_steps, 5)
                for row in report["tasks"]
            ]
    print(json.dumps(report) if options.json else as_text(report))
    return 0


def as_text(report: dict[str, Any]) -> str:
    """The report as tables."""
    m = report["machine"]
    lines = [f"{m['cpu']}, {m['cores']} cores, Python {m['python']}, numba {m['numba']}"]
    if "start" in report:
        start = report["start"]
        cold, warm = start["cold_compile_s"], start["warm_start_s"]
        lines.append(f"cold compile {cold:.1f} s, warm start {warm:.1f} s")
    columns = (
        "task",
        "agents",
        "env_steps_per_s",
        "agent_steps_per_s",
        "game_seconds_per_s",
        "noop_steps_per_s",
        "ratio",
        "bytes_per_world",
    )
    lines += ["", _table(columns, report["tasks"])]
    if "server" in report:
        columns = (
            "task",
            "agents",
            "env_steps_per_s",
            "engine_steps_per_s",
            "ratio",
            "round_trips",
        )
        lines += ["", "on the embedded server, through the mod", _table(columns, report["server"])]
    return "\n".join(lines)


def _table(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> str:
    cells = [
        [
            f"{row[c]:,.0f}" if isinstance(row[c], float) and row[c] > 10 else str(row[c])
            for c in columns
        ]
        for row in rows
    ]
    return format_cells(columns, cells, left=("task",))


if __name__ == "__main__":
    sys.exit(main())
