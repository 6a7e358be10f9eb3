"""What a step costs on the wire, counted at the socket.

    python -m benchmarks.round_trips [--agents 1 4 16] [--arenas 1 8] [--steps 100] [--json]

The embedded server runs in a process of its own (``--address``, ``--password``: another one).
Random legal actions, two ways in the same run:

``exchange``    all arenas and agents in one message: `step`, a wait, `collect`
``one by one``  each agent's command in a message of its own, then the clock and the answer

==================  ================================================================================
round_trips         a step of all arenas, mean
late                shares of steps whose first `collect` found the clock still running
sent, received      bytes an agent and step, RCON framing included
ms                  a step of all arenas, ticks and this side's work included, median
==================  ================================================================================
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

from fz_multi.bench.table import format_cells
from fz_multi.factorio.arenas import Arenas
from fz_multi.factorio.exchange import Exchange
from fz_multi.factorio.launch import Launcher, embedded
from fz_multi.vector import vector_env

WARM_UP = 30  # steps in which the waiting is learned
COLUMNS = ("way", "agents", "arenas", "round_trips", "late", "sent", "received", "ms")


class OneByOne(Arenas):
    """One command, one message."""

    def step(self, orders: Mapping[int, tuple[int, Any]]) -> None:
        for arena, (_, entries) in orders.items():
            for me, entry in enumerate(entries):
                said = [{}] * me + [entry]
                self.exchange.step(0, [{"arena": arena, "agents": said}])
        super().step({arena: (ticks, []) for arena, (ticks, _) in orders.items()})


def measure(
    way: str, exchange: Exchange, task: str, agents: int, arenas: int, steps: int, speed: float
) -> dict[str, Any]:
    """One row of the table."""
    settings = {"speed": round(100 * speed)}
    shared = (OneByOne if way == "one by one" else Arenas)(exchange, settings)
    exchange.set(**settings)
    envs = vector_env(task, num_envs=arenas, num_agents=agents, backend="factorio", shared=shared)
    envs.reset(seed=0)
    for _ in range(WARM_UP):
        envs.step(envs.sample_actions())
    exchange.stats.reset()
    least = 2 if way == "exchange" else 2 + agents * arenas
    times, late, trips = [], 0, 0
    for _ in range(steps):
        actions = envs.sample_actions()
        start = time.perf_counter()
        envs.step(actions)
        times.append(time.perf_counter() - start)
        late += exchange.stats.round_trips - trips > least
        trips = exchange.stats.round_trips
    stats = exchange.stats
    row = {
        "way": way,
        "agents": agents,
        "arenas": arenas,
        "round_trips": stats.round_trips / steps,
        "late": late / steps,
        "sent": stats.sent / steps / agents / arenas,
        "received": stats.received / steps / agents / arenas,
        "ms": 1000 * statistics.median(times),
    }
    for arena in range(arenas):
        shared.release(arena)
    return row


@contextlib.contextmanager
def a_server(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Address and password of a server."""
    if options.address:
        yield options.address, options.password
        return
    with Launcher(embedded()) as server:
        yield server.address, server.password


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="round_trips", description="What a step costs.")
    parser.add_argument("--task", default="two_cells")
    parser.add_argument("--agents", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--arenas", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--speed", type=float, default=10.0, help="of the game, 1 = 60 ticks/s")
    parser.add_argument("--address", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    rows = []
    with a_server(options) as (address, password):
        exchange = Exchange(address, password, 60.0)
        for arenas in options.arenas:
            for agents in options.agents:
                for way in ("exchange", "one by one"):
                    steps, speed = options.steps, options.speed
                    row = measure(way, exchange, options.task, agents, arenas, steps, speed)
                    rows.append(row)
                    print(f"{way}: {agents} agents, {arenas} arenas", file=sys.stderr)
        exchange.close()
    if options.json:
        print(json.dumps(rows, indent=2))
        return 0
    cells = [[_cell(row[column]) for column in COLUMNS] for row in rows]
    print(format_cells(list(COLUMNS), cells))
    return 0


def _cell(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    raise SystemExit(main())
