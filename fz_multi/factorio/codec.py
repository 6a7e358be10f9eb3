"""Maps and commands as they go over the wire (docs/protocol.md): plain dicts, lists and integers.

Positions are in 1/256 tile, names are prototype names. What stands on its default is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fz_multi.commands import (
    OK,
    VERB_NAMES,
    VERBS,
    Command,
    CommandError,
    coordinate,
)
from fz_multi.engine.tables import ORDERS_PER_AGENT
from fz_multi.prototypes import Prototypes
from fz_multi.task.checks import MapError
from fz_multi.task.instance import AgentSpec, EntitySpec, MapInstance

WAIT = VERBS["WAIT"].number

# Key on the wire -> field of a command, where the value is one whole number; with its default.
_NUMBERS = {"direction": -1, "count": 0, "ticks": -1, "inventory": 0, "method": 0}


# -- maps ------------------------------------------------------------------------------------------
def run_lengths(values: np.ndarray) -> list[int]:
    """A flat array as [value, run, value, run, ...]."""
    flat = values.reshape(-1).astype(np.int64)
    if not flat.size:
        return []
    starts = np.flatnonzero(np.diff(flat, prepend=flat[0] - 1))
    runs = np.diff(starts, append=flat.size)
    return np.stack([flat[starts], runs], axis=1).reshape(-1).tolist()


def from_run_lengths(runs: Sequence[int], size: int) -> np.ndarray:
    """The int64 array behind [value, run, ...]. ValueError unless it has ``size`` values."""
    pairs = np.asarray(runs, np.int64).reshape(-1, 2)
    if (pairs[:, 1] < 0).any() or int(pairs[:, 1].sum()) != size:
        raise ValueError(f"runs of {int(pairs[:, 1].sum())} values; {size} are needed")
    return np.repeat(pairs[:, 0], pairs[:, 1])


def map_to_wire(instance: MapInstance) -> dict[str, Any]:
    """A drawn map; the mod builds it in this order, as `EmbeddedBackend.reset` does."""
    resource, amount = instance.resource.reshape(-1), instance.amount.reshape(-1)
    tiles = np.flatnonzero(resource)
    return {
        "name": instance.name,
        "width": instance.width,
        "height": instance.height,
        "terrain": run_lengths(instance.terrain),
        "resources": [
            [int(tile), instance.resource_names[int(resource[tile]) - 1], int(amount[tile])]
            for tile in tiles
        ],
        "entities": [_entity(spec, instance.name) for spec in instance.entities],
        "agents": [_agent(spec, instance.name) for spec in instance.agents],
    }


def _point(x: float, y: float, name: str) -> list[int]:
    try:
        return [coordinate(x, "x"), coordinate(y, "y")]
    except CommandError as error:
        raise MapError(f"map {name}: {error}") from None


def _entity(spec: EntitySpec, name: str) -> list[Any]:
    items = [[item, int(count)] for item, count in spec.items]
    return [spec.name, *_point(spec.x, spec.y, name), int(spec.direction), items]


def _agent(spec: AgentSpec, name: str) -> list[Any]:
    items = [[item, int(count)] for item, count in spec.items]
    return [*_point(spec.x, spec.y, name), items, 0]


# -- commands --------------------------------------------------------------------------------------
def command_to_wire(command: Command) -> dict[str, Any]:
    """A parsed command, parts of a COMPOUND included."""
    if len(command.commands) > ORDERS_PER_AGENT:
        raise CommandError(f"a COMPOUND has at most {ORDERS_PER_AGENT} commands")
    out: dict[str, Any] = {"verb": command.verb}
    if command.name:
        out["name"] = command.name
    for key, default in _NUMBERS.items():
        value = getattr(command, key)
        if value != default:
            out[key] = int(value)
    if command.area is not None:
        out |= zip(("x", "y", "x2", "y2"), map(int, command.area), strict=True)
    elif command.target is not None:
        out |= zip(("x", "y"), map(int, command.target), strict=True)
    if command.commands:
        out["commands"] = [command_to_wire(part) for part in command.commands]
    return out


def row_to_wire(row: Any, prototypes: Prototypes) -> dict[str, Any]:
    """A row of dtype COMMAND (no COMPOUND: its parts stand elsewhere)."""
    verb = VERB_NAMES[int(row["verb"])]
    out: dict[str, Any] = {"verb": verb}
    name = _name(verb, int(row["name"]), prototypes)
    if name:
        out["name"] = name
    for key, default in _NUMBERS.items():
        value = int(row[key])
        if value != default:
            out[key] = value
    if row["has_target"] or row["has_area"]:
        out["x"], out["y"] = int(row["x"]), int(row["y"])
    if row["has_area"]:
        out["x2"], out["y2"] = int(row["x2"]), int(row["y2"])
    return out


def _name(verb: str, number: int, prototypes: Prototypes) -> str:
    """The name behind the number of a command's row (`engine.encode` has the other direction)."""
    if number == 0:
        return ""
    if verb == "BUILD" or (verb == "MINE" and number > 0):
        return prototypes.entity_name(number)
    if verb in ("CRAFT", "SET_RECIPE"):
        return prototypes.recipe_name(number)
    if verb == "RESEARCH":
        return prototypes.technology_name(number)
    return prototypes.item_name(abs(number))


# -- agents ----------------------------------------------------------------------------------------
def agent_entry(
    command: dict[str, Any] | None,
    *,
    refused: int = OK,
    calm: bool = False,
    facing: int | None = None,
    hand: str | None = None,
) -> dict[str, Any]:
    """What is said to one agent in a step.

    ``command``: None is a plain WAIT, as is a WAIT without ticks. ``refused``: the code with which
    the agent's interface refused its action. ``calm``: with a WAIT, an old refusal is over.
    ``facing``, ``hand``: of the interface, None where they are as they were.
    """
    out: dict[str, Any] = {}
    if command is not None and command != {"verb": "WAIT"}:
        out["command"] = command
    if refused != OK:
        out["refused"] = int(refused)
    elif calm and "command" not in out:
        out["calm"] = 1
    if facing is not None:
        out["facing"] = int(facing)
    if hand is not None:
        out["hand"] = hand
    return out
