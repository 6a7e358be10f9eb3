"""A short walk on bare land: what tells how a server's clock and the mod's settings go together."""

from __future__ import annotations

from typing import Any

import numpy as np

from fz_multi.commands import DIRECTIONS, Command
from fz_multi.task.instance import AgentSpec, MapInstance


def flat_map() -> MapInstance:
    """Bare land with one agent: enough to see how the clock and walking go together."""
    shape = (32, 32)
    return MapInstance(
        name="doctor",
        variant="standard",
        width=shape[1],
        height=shape[0],
        terrain=np.zeros(shape, np.uint8),
        resource=np.zeros(shape, np.uint8),
        amount=np.zeros(shape, np.int32),
        goal=np.zeros(shape, np.uint8),
        resource_names=(),
        entities=(),
        agents=(AgentSpec(0.5, 0.5),),
    )


def trace(backend: Any) -> list[tuple[int, ...]]:
    """Where an agent is after each step of a short walk, and what it has counted.

    A walk that ends inside a step, and one that is followed tick by tick, tell all ways in which a
    clock can be off by one apart.
    """

    def walk(direction: str, ticks: int) -> Command:
        return Command("MOVE", direction=DIRECTIONS[direction], ticks=ticks)

    steps: list[tuple[Command | None, int]] = [(walk("east", 5), 10), (walk("south", 3), 1)]
    steps += [(None, 1)] * 4
    backend.reset(flat_map())
    found = []
    for command, ticks in steps:
        backend.exchange_parsed([command], ticks)
        me, counted = backend.seen.character[0, 0], backend.seen.agent[0, 0]
        names = ("x", "y", "activity", "result")
        counters = [int(counted[name]) for name in counted.dtype.names]
        found.append((*(int(me[name]) for name in names), *counters))
    return found
