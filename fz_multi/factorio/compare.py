"""The first difference between two worlds, in words: what `doctor` prints when digests differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from fz_multi.engine.observable import OBSERVABLE
from fz_multi.engine.tables import Tables
from fz_multi.prototypes import Prototypes, load

BOOKKEEPING = ("bookkeeping", "row")
# Fields that mean nothing while the agent does not mine or craft.
ONLY_MINING = ("mine_kind", "mine_progress", "mine_need")
ONLY_CRAFTING = ("craft_progress", "craft_need")
TILE_FIELDS = ("terrain", "resource", "amount")


def first_difference(engine: Tables, server: Tables) -> str | None:
    """Where the observable tables of the first worlds of two backends differ first, or None.

    Entities are told apart by where they stand, since their rows may be others.
    """
    numbers = load()
    for one, two in (
        (_people(engine, numbers), _people(server, numbers)),
        (_entities(engine, numbers), _entities(server, numbers)),
        (_ground(engine, numbers), _ground(server, numbers)),
    ):
        found = _between(dict(one), dict(two))
        if found is not None:
            return found
    return None


def unlike(one: Any, two: Any, where: str) -> str | None:
    """The place at which two nested values differ first, or None."""
    if isinstance(one, dict) and isinstance(two, dict):
        if one.keys() != two.keys():
            return f"{where} has other keys"
        for key in one:
            found = unlike(one[key], two[key], f"{where}[{key!r}]")
            if found is not None:
                return found
        return None
    if np.array_equal(one, two):
        return None
    if isinstance(one, np.ndarray) and one.shape == np.shape(two):
        place = tuple(int(i) for i in np.argwhere(one != two)[0])
        return f"{where}[{place}] is {two[place]} on the server, {one[place]} in the engine"
    return f"{where} is {two!r:.80} on the server, {one!r:.80} in the engine"


def _between(engine: dict[str, Any], server: dict[str, Any]) -> str | None:
    for name, value in engine.items():
        if name not in server:
            return f"{name} is missing on the server"
        other = server[name]
        if value == other:
            continue
        if isinstance(value, dict):
            for field, wanted in value.items():
                if other.get(field) != wanted:
                    return f"{name}: {field} is {other.get(field)} on the server, not {wanted}"
        return f"{name} is {other} on the server, not {value}"
    for name in server:
        if name not in engine:
            return f"{name} is on the server only"
    return None


def _fields(table: str) -> list[str]:
    return [
        field
        for field, (member, quantum) in OBSERVABLE[table].items()
        if not member.startswith(BOOKKEEPING) and quantum not in BOOKKEEPING
    ]


def _contents(tables: Tables, row: Any, numbers: Prototypes) -> dict[str, int]:
    """Items of the slots of a row, summed by name."""
    out: dict[str, int] = {}
    first, slots = int(row["slot"]), int(row["slots"])
    for slot in tables.slot[0, first : first + slots] if slots else ():
        if slot["item_id"]:
            name = numbers.item_name(int(slot["item_id"]))
            out[name] = out.get(name, 0) + int(slot["count"])
    return dict(sorted(out.items()))


def _people(tables: Tables, numbers: Prototypes) -> Iterator[tuple[str, Any]]:
    fields = _fields("character")
    count = int(tables.header["characters"][0, 0])
    for agent in range(count):
        row = tables.character[0, agent]
        state = {field: int(row[field]) for field in fields}
        for busy, only_then in (("mining", ONLY_MINING), ("crafts", ONLY_CRAFTING)):
            if not state[busy]:
                state = {k: v for k, v in state.items() if k not in only_then}
        state["items"] = _contents(tables, row, numbers)  # type: ignore[assignment]
        yield f"agent_{agent}", state


def _entities(tables: Tables, numbers: Prototypes) -> Iterator[tuple[str, Any]]:
    fields = _fields("entity")
    table = tables.entity[0]
    rows = np.flatnonzero(table["proto"])
    for index in sorted(rows, key=lambda i: (table["y"][i], table["x"][i], table["proto"][i])):
        row = table[index]
        state = {field: int(row[field]) for field in fields}
        state["items"] = _contents(tables, row, numbers)  # type: ignore[assignment]
        name = numbers.entity_name(int(row["proto"]))
        yield f"{name} at ({row['x'] / 256:g}, {row['y'] / 256:g})", state


def _ground(tables: Tables, numbers: Prototypes) -> Iterator[tuple[str, Any]]:
    header = tables.header[0, 0]
    width, left, top = int(header["width"]), int(header["left"]), int(header["top"])
    for field in TILE_FIELDS:
        column = tables.tile[field][0]
        for index in np.flatnonzero(column):
            x, y = left + int(index) % width, top + int(index) // width
            yield f"{field} of tile ({x}, {y})", int(column[index])
    for pile in tables.pile[0]:
        if pile["item_id"]:
            name = numbers.item_name(int(pile["item_id"]))
            where = f"({pile['x'] / 256:g}, {pile['y'] / 256:g})"
            yield f"{name} on the ground at {where}", int(pile["count"])
