"""The readable state of an agent, on any backend, as op ``state`` of ``docs/protocol.md`` has it.

Names instead of numbers, for programs that know nothing of this package. It is made from the
observable tables, so it is the same on the embedded engine and on a server; a test compares it with
what the mod writes. Positions are in 1/256 tile, times in ticks since the reset, shares in 1/256;
keys that are absent say that there is nothing to say. What the mod says beyond that: ``arena``,
``health``, and the name and place of what is being mined.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..commands import CODES, VERB_NAMES
from ..engine import constants as k
from ..engine.lanes import SHAPE_NAMES, lane_contents
from ..engine.tables import Tables
from ..prototypes import load
from ..render.source import observable

RADIUS = 16  # tiles, of the map and of what is listed
ACTIVITIES = ("idle", "walking", "walking_to", "mining", "waiting", "crafting")
MINED = ("", "entity", "resource", "ground_item")
COUNTED = ("INSERT", "TAKE", "DROP", "PICK_UP")
MACHINES = (k.KIND_DRILL, k.KIND_FURNACE, k.KIND_INSERTER)


def states(env: Any, radius: int = RADIUS) -> dict[str, dict[str, Any]]:
    """The readable state of each agent of a parallel environment, by name."""
    o = observable(env)
    return {agent: agent_state(o, place, radius) for place, agent in enumerate(env.possible_agents)}


def agent_state(o: Tables, me: int, radius: int = RADIUS) -> dict[str, Any]:
    """The state of agent number ``me`` in the observable tables of one world (1-D)."""
    c = o.character[me]
    state: dict[str, Any] = {
        "agent": f"agent_{me}",
        "tick": int(o.header["tick"][0]),
        "active": int(c["active"]),
        "team": int(c["team"]),
        "result": _result(o.result[me]),
    }
    if not c["active"]:
        return state
    x, y = int(c["x"]), int(c["y"])
    state.update(
        map=_map(o, x, y, radius),
        entities=_entities(o, x, y, radius),
        resources=_resources(o, x, y, radius),
        ground_items=_piles(o, x, y, radius),
        agents=_others(o, me),
        position={"x": x, "y": y},
        direction=int(c["direction"]),
        facing=int(c["facing"]),
        walking={"active": int(c["walking"]), "direction": int(c["walk_direction"])},
        mining=_mining(c),
        activity=_activity(c),
        inventory=_slots(o, int(c["slot"]), int(c["slots"])),
        crafting=_crafting(o, me, c),
    )
    if c["hand"]:
        state["hand"] = load().item_name(int(c["hand"]))
    if c["message"]:
        state["message"] = int(c["message"]) - 1
    return state


def _result(row: Any) -> dict[str, Any]:
    code, verb = CODES[int(row["code"])], VERB_NAMES[int(row["verb"])]
    out: dict[str, Any] = {"code": code, "command": verb}
    if verb in COUNTED and code == "ok":
        out["count"] = int(row["a"])
    elif verb == "COMPOUND" and int(row["code"]) > 1:
        out["failed"] = int(row["a"]) - 1
    if row["b"]:
        ended = VERB_NAMES[int(row["c"])]
        out["ended"] = {"command": ended, "code": CODES[int(row["b"]) - 1]}
    return out


def _slots(o: Tables, first: int, count: int) -> dict[str, int]:
    run = o.slot[first : first + count]
    out: dict[str, int] = {}
    for item, number in zip(run["item_id"].tolist(), run["count"].tolist(), strict=True):
        if number > 0:
            name = load().item_name(item)
            out[name] = out.get(name, 0) + number
    return out


def _nearest_first(things: list[dict[str, Any]], x: int, y: int) -> list[dict[str, Any]]:
    """The nearest first; of equals the one further north, then west."""

    def order(thing: dict[str, Any]) -> tuple[Any, ...]:
        away = (thing["x"] - x) ** 2 + (thing["y"] - y) ** 2
        return away, thing["y"], thing["x"], thing["name"]

    return sorted(things, key=order)


def _near(xs: np.ndarray, ys: np.ndarray, x: int, y: int, radius: int) -> np.ndarray:
    return (np.abs(xs - x) <= 256 * radius) & (np.abs(ys - y) <= 256 * radius)


# -- the ground ------------------------------------------------------------------------------------
def _grid(o: Tables, field: str) -> np.ndarray:
    height, width = int(o.header["height"][0]), int(o.header["width"][0])
    return np.asarray(o.tile[field]).reshape(height, width)


def _map(o: Tables, x: int, y: int, radius: int) -> dict[str, Any]:
    """Rows from north to south: "." land, "~" water, " " nothing, "#" what stops walking."""
    left, top = (x >> 8) - radius, (y >> 8) - radius
    side = 2 * radius + 1
    terrain, standing = _grid(o, "terrain"), _grid(o, "entity")
    solid = (standing > 0) & (o.entity["kind"][np.maximum(standing - 1, 0)] != k.KIND_BELT)
    signs = np.array([".", "~", " "])[np.minimum(terrain, 2)]
    signs[solid] = "#"
    column, row = left - int(o.header["left"][0]), top - int(o.header["top"][0])
    padded = np.pad(signs, side, constant_values=" ")
    height, width = signs.shape
    row, column = min(max(row, -side), height), min(max(column, -side), width)
    part = padded[row + side : row + 2 * side, column + side : column + 2 * side]
    return {"left": left, "top": top, "rows": ["".join(line) for line in part.tolist()]}


def _resources(o: Tables, x: int, y: int, radius: int) -> list[dict[str, Any]]:
    amounts = np.asarray(o.tile["amount"])
    tiles = np.flatnonzero((np.asarray(o.tile["resource"]) > 0) & (amounts > 0))
    rows, columns = np.divmod(tiles, int(o.header["width"][0]))
    xs = 256 * (columns + int(o.header["left"][0])) + 128
    ys = 256 * (rows + int(o.header["top"][0])) + 128
    names = load()
    found = [
        {
            "name": names.entity_name(int(o.tile["resource"][tiles[n]])),
            "amount": int(amounts[tiles[n]]),
            "x": int(xs[n]),
            "y": int(ys[n]),
        }
        for n in np.flatnonzero(_near(xs, ys, x, y, radius)).tolist()
    ]
    return _nearest_first(found, x, y)


def _piles(o: Tables, x: int, y: int, radius: int) -> list[dict[str, Any]]:
    near = _near(o.pile["x"], o.pile["y"], x, y, radius) & (o.pile["item_id"] > 0)
    found = [
        {
            "name": load().item_name(int(pile["item_id"])),
            "count": int(pile["count"]),
            "x": int(pile["x"]),
            "y": int(pile["y"]),
        }
        for pile in o.pile[near]
    ]
    return _nearest_first(found, x, y)


# -- what stands there -----------------------------------------------------------------------------
def _entities(o: Tables, x: int, y: int, radius: int) -> list[dict[str, Any]]:
    top = int(o.header["entity_top"][0])
    table = o.entity[:top]
    there = (table["proto"] > 0) & _near(table["x"], table["y"], x, y, radius)
    return _nearest_first([_entity(o, row) for row in np.flatnonzero(there).tolist()], x, y)


def _entity(o: Tables, row: int) -> dict[str, Any]:
    e, names = o.entity[row], load()
    name = names.entity_name(int(e["proto"]))
    out: dict[str, Any] = {
        "name": name,
        "type": names.entities[name].type,
        "x": int(e["x"]),
        "y": int(e["y"]),
        "direction": int(e["direction"]),
    }
    if e["status"]:
        out["status"] = k.STATUS_NAMES[int(e["status"])]
    if e["owner"]:
        out["built_by"], out["built_at"] = f"agent_{int(e['owner']) - 1}", int(e["built"])
    if e["giver"]:
        out["last_given_by"] = f"agent_{int(e['giver']) - 1}"
        out["last_given_at"] = int(e["given"])
    kind = int(e["kind"])
    if kind == k.KIND_CHEST:
        out["inventory"] = _slots(o, int(e["slot"]), int(e["slots"]))
    elif kind in MACHINES:
        _machine(o, e, out)
    elif kind == k.KIND_BELT:
        out["shape"] = SHAPE_NAMES[int(o.belt["bend"][int(e["belt"]) - 1])]
        out["lanes"] = [_count(lane) for lane in lane_contents(_records(o), row)]
    return out


def _machine(o: Tables, e: Any, out: dict[str, Any]) -> None:
    names = load()
    out["contents"] = _slots(o, int(e["slot"]), int(e["slots"]))
    out["energy"] = int(e["shown_energy"])
    if e["burning_item"]:
        item = names.item_name(int(e["burning_item"]))
        out["burning"] = {"item": item, "energy": int(e["shown_burning"])}
    if e["kind"] == k.KIND_INSERTER:
        if e["held"]:
            out["held"] = names.item_name(int(e["held"]))
        out["hand"] = {"x": int(e["hand_x"]), "y": int(e["hand_y"])}
        return
    out["progress"] = int(e["shown_progress"])
    if e["kind"] == k.KIND_FURNACE:
        out["products_finished"] = int(e["finished"])
        if e["recipe"]:
            out["recipe"] = names.recipe_name(int(e["recipe"]))


def _records(o: Tables) -> Tables:
    """The same tables with fields as attributes."""
    named = ("entity", "belt", "line", "lane_item")
    return o._replace(**{name: getattr(o, name).view(np.recarray) for name in named})


def _count(lane: list[tuple[int, int]]) -> dict[str, int]:
    out: dict[str, int] = {}
    for item, _ in lane:
        name = load().item_name(item)
        out[name] = out.get(name, 0) + 1
    return out


# -- characters ------------------------------------------------------------------------------------
def _others(o: Tables, me: int) -> list[dict[str, Any]]:
    out = []
    for other in range(int(o.header["characters"][0])):
        c = o.character[other]
        if other == me or not c["active"]:
            continue
        row: dict[str, Any] = {
            "agent": f"agent_{other}",
            "team": int(c["team"]),
            "x": int(c["x"]),
            "y": int(c["y"]),
            "direction": int(c["direction"]),
            "activity": ACTIVITIES[int(c["activity"])],
        }
        if c["message"]:
            row["message"] = int(c["message"]) - 1
        out.append(row)
    return out


def _activity(c: Any) -> dict[str, Any]:
    kind = int(c["activity"])
    out: dict[str, Any] = {"kind": ACTIVITIES[kind]}
    if kind:
        out["verb"] = VERB_NAMES[int(c["verb"])]
    if kind == k.ACTIVITY_WALK_TO:
        out["target"] = {"x": int(c["target_x"]), "y": int(c["target_y"])}
    elif kind == k.ACTIVITY_WALK:
        out["direction"] = int(c["walk_direction"])
    elif kind == k.ACTIVITY_MINE:
        out["mined"], out["wanted"] = int(c["done_count"]), int(c["goal_count"])
    if 0 <= int(c["until"]) < k.NEVER:
        out["until_tick"] = int(c["until"])
    if c["orders"]:
        out["commands_left"] = int(c["orders"])
    return out


def _mining(c: Any) -> dict[str, Any]:
    if not c["mining"]:
        return {"active": 0}
    out: dict[str, Any] = {"active": 1, "kind": MINED[int(c["mine_kind"])]}
    if c["mine_need"] > 0:
        out["progress"] = int(256 * int(c["mine_progress"]) // int(c["mine_need"]))
    return out


def _crafting(o: Tables, me: int, c: Any) -> dict[str, Any]:
    first = me * (len(o.craft) // max(1, len(o.character)))
    queue = [
        {"recipe": load().recipe_name(int(row["recipe"])), "count": int(row["count"])}
        for row in o.craft[first : first + int(c["crafts"])]
    ]
    out: dict[str, Any] = {"queue": queue}
    if c["craft_need"] > 0:
        out["progress"] = int(256 * int(c["craft_progress"]) // int(c["craft_need"]))
    return out
