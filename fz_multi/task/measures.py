"""What a task counts: a measure names a counter or a state of the observable World.

A `Measure` is data. ``fz_multi.task.rows`` evaluates it for the team and for each agent, in one
kernel for one environment and for a batch. An *area* is the name of an area or of a tagged entity
of the task's map; "" means the whole map. Per agent, a measure of entities counts those that the
agent built; of characters, its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from fz_multi.engine import tables

STAT_FIELDS = tuple(tables.STAT.names or ())
AGENT_FIELDS = tuple(tables.AGENT.names or ())

# Kinds, with their numbers in the kernel.
KINDS = {
    "elapsed": 0,
    "counter": 1,
    "agent_counter": 2,
    "stored": 3,
    "held": 4,
    "entities": 5,
    "working": 6,
    "fuelled": 7,
    "made_in": 8,
    "fed_in": 9,
    "cells": 10,
    "distance": 11,
    "supplied": 12,
}


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing to count. Make it with the functions below."""

    kind: str
    item: str = ""  # "" = any
    entity: str = ""  # "" = any
    field: str = ""
    area: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown measure {self.kind!r}; allowed: {', '.join(KINDS)}")
        fields = {"counter": STAT_FIELDS, "agent_counter": AGENT_FIELDS}.get(self.kind)
        if fields and self.field not in fields:
            raise ValueError(
                f"{self.kind}: unknown field {self.field!r}; allowed: {', '.join(fields)}"
            )


def elapsed() -> Measure:
    """Ticks since the reset."""
    return Measure("elapsed")


def counter(field: str, item: str = "") -> Measure:
    """A counter of the world for an item (made, drilled, crafted, mined, inserted, ...)."""
    return Measure("counter", item=item, field=field)


def agent_counter(field: str) -> Measure:
    """A counter of the agents (placed, inserted, handed, refused, ...); the team has their sum."""
    return Measure("agent_counter", field=field)


def made(item: str, area: str = "") -> Measure:
    """Items that machines have made: in the world, or by the machines that stand in an area.

    In an area it is the sum of what the machines have finished that make this item now, so it
    falls when one is taken away.
    """
    return Measure("made_in", item=item, area=area) if area else counter("made", item)


def fed(item: str, area: str = "") -> Measure:
    """Items of this kind that furnaces in an area have got: used up, in work and waiting."""
    return Measure("fed_in", item=item, area=area)


def stored(item: str, area: str) -> Measure:
    """Items in the chests of an area (or in the tagged chest, where it stands on the map)."""
    return Measure("stored", item=item, area=area)


def held(item: str) -> Measure:
    """Items in the inventories of the agents."""
    return Measure("held", item=item)


def entities(entity: str, area: str = "") -> Measure:
    """Entities of a prototype in an area (by centre)."""
    return Measure("entities", entity=entity, area=area)


def working(entity: str, area: str = "") -> Measure:
    """Those of them that have the status `working`."""
    return Measure("working", entity=entity, area=area)


def fuelled(entity: str, area: str = "") -> Measure:
    """Those of them that have fuel, burning or waiting."""
    return Measure("fuelled", entity=entity, area=area)


def supplied(area: str = "") -> Measure:
    """Samples, one every 60 ticks, in which no machine of an area has the status `no_fuel`.

    A sample is taken at the first step boundary at or after each multiple of 60 ticks; a step that
    is longer than that stands for all that have become due.
    """
    return Measure("supplied", area=area)


def cells(area: str = "") -> Measure:
    """Drills in an area whose product goes straight into a furnace."""
    return Measure("cells", area=area)


def distance(area: str) -> Measure:
    """Way to an area along the longer axis, in 1/256 tile, 0 inside; the team has the nearest's."""
    return Measure("distance", area=area)
