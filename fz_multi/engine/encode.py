"""Commands between their readable form and the rows that kernels take; results back to text."""

from __future__ import annotations

from typing import Any

import numpy as np

from fz_multi.commands import CODES, VERB_NAMES, VERBS, Command, CommandError
from fz_multi.prototypes import Prototypes

from .tables import COMMAND, ORDERS_PER_AGENT

WAIT_ROW = np.zeros(1, COMMAND)
WAIT_ROW["direction"] = -1
WAIT_ROW["ticks"] = -1
NO_COMMAND = WAIT_ROW.copy()  # what the agent was told last stands
NO_COMMAND["verb"] = -1

_EXPLAIN = {
    "out_of_map": "the target lies outside of the map",
    "out_of_reach": "too far away: 10 tiles to an entity or a place, 2.7 to a deposit",
    "nothing_there": "there is nothing at the target",
    "not_minable": "that cannot be mined by hand",
    "wrong_entity": "the entity there is not one that this command works on",
    "insufficient_items": "the inventory does not hold what this needs",
    "inventory_full": "the inventory has no room for it",
    "target_full": "the target has no room for it",
    "not_accepted": "the target does not take this item",
    "cannot_place": "this cannot be placed",
    "occupied": "another entity stands there",
    "character_in_the_way": "a character stands there",
    "water_in_the_way": "there is water",
    "needs_resource": "a drill needs a deposit under it",
    "blocked": "the way is blocked",
    "not_allowed": "the task does not allow this",
    "recipe_locked": "the recipe has not been researched",
    "not_hand_craftable": "this cannot be crafted by hand",
    "queue_full": "the crafting queue is full (64 entries)",
    "cannot_rotate": "this entity has no direction",
    "nothing_to_take": "there is nothing to take",
    "nothing_running": "nothing is running",
    "not_implemented": "this engine does not model that yet",
}


def encode(command: Command, row: Any, prototypes: Prototypes) -> None:
    """Write a command into one row of dtype COMMAND (a COMPOUND without its parts)."""
    row["verb"] = VERBS[command.verb].number
    row["name"] = _name_id(command, prototypes)
    row["direction"] = command.direction
    row["count"] = len(command.commands) or command.count
    row["ticks"] = command.ticks
    row["inventory"] = command.inventory
    row["method"] = command.method
    row["has_target"] = command.target is not None
    row["has_area"] = command.area is not None
    row["x"], row["y"], row["x2"], row["y2"] = command.area or (*(command.target or (0, 0)), 0, 0)


def encode_for(
    command: Command, agent: int, order: np.ndarray, row: Any, prototypes: Prototypes
) -> None:
    """Write a command of an agent: its own row, and the parts of a COMPOUND in the order table."""
    if len(command.commands) > ORDERS_PER_AGENT:
        raise CommandError(f"a COMPOUND has at most {ORDERS_PER_AGENT} commands")
    encode(command, row, prototypes)
    first = (agent + 1) * ORDERS_PER_AGENT
    for index, part in enumerate(command.commands):
        encode(part, order[first + index], prototypes)


def _name_id(command: Command, prototypes: Prototypes) -> int:
    if not command.name:
        return 0
    if command.verb == "MINE":
        if command.name in prototypes.entities:
            return prototypes.entity_id(command.name)
        return -prototypes.item_id(command.name)
    if command.verb == "BUILD":
        return prototypes.entity_id(command.name)
    if command.verb in ("CRAFT", "SET_RECIPE"):
        return prototypes.recipe_id(command.name)
    if command.verb == "RESEARCH":
        return prototypes.technology_id(command.name)
    return prototypes.item_id(command.name)


def result_dict(result: Any) -> dict[str, Any]:
    """A row of dtype RESULT as a dict: command, code, detail, and what else ended in the step."""
    code = CODES[int(result["code"])]
    verb = VERB_NAMES[int(result["verb"])]
    out: dict[str, Any] = {"type": verb, "code": code}
    if code in _EXPLAIN:
        out["detail"] = f"{verb}: {_EXPLAIN[code]}"
    if verb in ("INSERT", "TAKE", "DROP", "PICK_UP") and code == "ok":
        out["count"] = int(result["a"])
    if verb == "COMPOUND" and code not in ("ok", "running"):
        out["failed"] = int(result["a"]) - 1
    if result["b"]:
        out["ended"] = {
            "type": VERB_NAMES[int(result["c"])],
            "code": CODES[int(result["b"]) - 1],
        }
    return out


def explain(code: str) -> str:
    """What a result code means, in words."""
    return _EXPLAIN.get(code, code)
