"""The laws of the engine as functions over a whole batch: ``law(batch) -> list of violations``.

`test_invariants` numbers them and says what each one means. They look at all worlds at once with
numpy, so that they can be asked after every step of a long random run.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from look import NOT_HELD, Look, follow_links, overlap, where

from fz_multi.engine import constants as c
from fz_multi.engine.tables import CRAFTS_PER_AGENT, ORDERS_PER_AGENT

RUN_SIZES = np.array([1, 2, 4, 16, 32, 48, 96, 256])  # slots that a run of a size class takes
GAINS = ("made", "drilled", "crafted", "mined", "given", "unbuilt")
LOSSES = ("consumed", "spent", "removed", "built")
MACHINES = (c.KIND_DRILL, c.KIND_FURNACE, c.KIND_INSERTER)


# -- 1 to 3, 21, 22: nothing comes from nowhere ---------------------------------------------------
def items_conserved(v: Look) -> list[str]:
    s = v.t["stat"]
    balance = sum(s[name] for name in GAINS) - sum(s[name] for name in LOSSES)
    held = v.per_item(v.t["slot"]["item_id"], v.t["slot"]["count"])
    held += v.per_item(np.where(v.lying, v.p["item_id"], 0), v.p["count"])
    held += v.per_item(np.where(v.live, v.e["pending"], 0), np.ones(v.e.shape))
    held += v.per_item(np.where(v.live, v.e["held"], 0), np.ones(v.e.shape))
    held += v.per_item(np.where(v.on_lines, v.t["lane_item"]["item_id"], 0), v.on_lines)
    return where((balance != held)[:, 1:], "counters and items differ (item - 1)")


def ore_conserved(v: Look, placed: list[dict[int, int]]) -> list[str]:
    n = len(v.protos.kinds)
    left = np.stack([
        np.bincount(tile["resource"], tile["amount"], n)[:n] for tile in v.t["tile"]
    ])  # fmt: skip
    natural = set(v.protos.kinds["yield_item"][v.protos.kinds["kind"] == c.KIND_ROCK].ravel())
    bad = []
    for k, world in enumerate(placed):
        for proto, amount in world.items():
            item = int(v.protos.kinds["item_id"][proto])
            s = v.t["stat"][k, item]
            if item not in natural and s["mined"] + s["drilled"] + left[k, proto] != amount:
                bad.append(f"world {k}: deposits of prototype {proto} do not add up")
    return bad


def entities_conserved(v: Look, placed: list[dict[int, int]]) -> list[str]:
    kinds = v.protos.kinds
    bad = []
    for k, world in enumerate(placed):
        standing = np.bincount(v.e["proto"][k], minlength=len(kinds))
        for proto in set(np.flatnonzero(standing)) - {0}:
            item = int(kinds["item_id"][proto])
            s = v.t["stat"][k, item]
            built = int(s["built"] - s["unbuilt"]) if item else 0
            more = int(standing[proto]) - world.get(int(proto), 0)
            if more != built and (item or more > 0):
                bad.append(f"world {k}: {more} more of prototype {proto} than put, {built} built")
    known = np.isin(kinds["kind"][v.e["proto"]], tuple(c.KIND_NAMES))
    return bad + where(v.live & ~known, "an entity of a kind that nothing can build")


def hand_crafts_conserved(v: Look) -> list[str]:
    spent = np.zeros((v.worlds, len(v.protos.items)), np.int64)
    made = v.t["stat"]["crafted"]
    for recipe in np.flatnonzero(v.protos.recipes["hand"]):
        r = v.protos.recipes[recipe]
        for part in v.protos.parts[int(r["part"]) : int(r["part"] + r["parts"])]:
            spent[:, part["item_id"]] += made[:, r["product"]] // r["amount"] * part["amount"]
    for k in range(v.worlds):
        for agent in range(c.MAX_AGENTS):
            first = agent * CRAFTS_PER_AGENT
            for q in v.t["craft"][k, first : first + int(v.ch["crafts"][k, agent])]:
                r = v.protos.recipes[int(q["recipe"])]
                for part in v.protos.parts[int(r["part"]) : int(r["part"] + r["parts"])]:
                    spent[k, part["item_id"]] += int(q["count"]) * int(part["amount"])
                spent[k, r["product"]] -= int(q["promised"])
    return where((spent != v.t["stat"]["spent"])[:, 1:], "not the ingredients (item - 1)")


def machine_crafts_conserved(v: Look, lost: list[dict[int, int]]) -> list[str]:
    n = len(v.protos.items)
    used, known = np.zeros((v.worlds, n), np.int64), np.zeros(n, bool)
    furnace = v.live & (v.e["kind"] == c.KIND_FURNACE) & (v.e["need"] > 0)
    for recipe in np.flatnonzero(v.protos.recipes["smelting"]):
        r = v.protos.recipes[recipe]
        part = v.protos.parts[int(r["part"])]
        crafts = v.t["stat"]["made"][:, r["product"]] // r["amount"]
        crafts = crafts + (furnace & (v.e["recipe"] == recipe)).sum(1)
        used[:, part["item_id"]] += crafts * part["amount"]
        known[part["item_id"]] = True
    for k, world in enumerate(lost):
        for item, count in world.items():
            used[k, item] += count
    known &= v.protos.items["fuel"] == 0  # fuel is consumed as well
    return where((used != v.t["stat"]["consumed"]) & known, "not the ingredients (item)")


# -- 4, 5: space -----------------------------------------------------------------------------------
def no_overlap(v: Look) -> list[str]:
    box = np.where(v.live[..., None], v.box, NOT_HELD)  # an empty box, away from all
    touch = overlap(box, box)
    n = touch.shape[1]
    touch[:, np.arange(n), np.arange(n)] = False
    return where(touch, "entities overlap (rows)")


def characters_stand_free(v: Look) -> list[str]:
    half = c.CHARACTER_HALF
    x, y = v.ch["x"], v.ch["y"]
    mine = np.stack([x - half, y - half, x + half, y + half], -1)
    mine[~v.active] = -NOT_HELD
    solid = v.live & (v.protos.kinds["blocks_walk"][v.e["proto"]] > 0)
    bad = where(
        overlap(mine, np.where(solid[..., None], v.box, NOT_HELD)),
        "a character is inside of an entity (agent, row)",
    )
    others = overlap(mine, mine)
    others[:, np.arange(c.MAX_AGENTS), np.arange(c.MAX_AGENTS)] = False
    bad += where(others & v.active[:, None], "characters overlap (agents)")
    for dx, dy in ((-half, -half), (half, -half), (-half, half), (half, half)):
        # Walking stops at the edge: a corner lies strictly inside of dry tiles.
        tile = v.tile_of(x + dx - (dx > 0), y + dy - (dy > 0))
        wet = np.take_along_axis(v.t["tile"]["terrain"], np.maximum(tile, 0), 1) != c.LAND
        bad += where(v.active & ((tile < 0) | wet), "a character left the land (agent)")
    return bad


# -- 6: inventories --------------------------------------------------------------------------------
def inventories_within_stacks(v: Look) -> list[str]:
    slot = v.t["slot"]
    stack = v.protos.items["stack"].astype(np.int64)
    limit = stack[np.clip(slot["item_id"], 0, len(stack) - 1)]
    furnace = v.live & (v.e["kind"] == c.KIND_FURNACE)
    world, row = np.nonzero(furnace)
    e = v.e[world, row]
    source = e["slot"] + e["fuel_slots"]
    limit[world, source] += 4  # mechanics 2.10: 54 ore, 50 to a stack
    bad = where((slot["count"] > limit) & (slot["item_id"] > 0), "over its stack (slot)")
    bad += where((slot["count"] <= 0) & (slot["item_id"] > 0), "an item without a count (slot)")
    bad += where((slot["item_id"] < 0) | (slot["count"] < 0), "a negative slot")
    smelts = v.protos.items["smelts"][slot["item_id"][world, source]] > 0
    bad += where((slot["item_id"][world, source] > 0) & ~smelts, "a source that does not smelt")
    world, row = np.nonzero(v.live & (v.e["fuel_slots"] > 0))
    fuel = slot["item_id"][world, v.e["slot"][world, row]]
    bad += where((fuel > 0) & (v.protos.items["fuel"][fuel] == 0), "a fuel that does not burn")
    p = np.where(v.lying, v.p["count"], 1)
    high = np.where(v.lying, stack[np.where(v.lying, v.p["item_id"], 0)], 1)
    return bad + where((p < 1) | (p > high), "a pile without items or over a stack")


# -- 7 to 10: tables that point at each other ------------------------------------------------------
def tiles_name_entities(v: Look) -> list[str]:
    tile = v.t["tile"]
    expected = np.zeros(tile.shape, np.int64)
    e = v.e
    left = (e["x"] >> 8) - e["tiles_w"].astype(np.int64) // 2
    top = (e["y"] >> 8) - e["tiles_h"].astype(np.int64) // 2
    bad = []
    for dy in range(int(e["tiles_h"].max(initial=0))):
        for dx in range(int(e["tiles_w"].max(initial=0))):
            part = v.live & (dx < e["tiles_w"]) & (dy < e["tiles_h"])
            at = v.tile_of((left + dx) * 256, (top + dy) * 256)
            bad += where(part & (at < 0), "a footprint outside of the map (row)")
            world, row = np.nonzero(part & (at >= 0))
            bad += where(expected[world, at[world, row]] != 0, "two footprints share a tile")
            expected[world, at[world, row]] = row + 1
    bad += where(expected != tile["entity"], "tile.entity differs from the footprints (tile)")
    wet = (tile["terrain"] != c.LAND) & ((tile["entity"] > 0) | (tile["resource"] > 0))
    bad += where(wet, "something stands in the water (tile)")
    empty = (tile["resource"] > 0) != (tile["amount"] > 0)
    return bad + where(empty, "a deposit without an amount (tile)")


def pile_chains(v: Look) -> list[str]:
    at = v.tile_of(v.p["x"], v.p["y"])
    wet = np.take_along_axis(v.t["tile"]["terrain"], np.maximum(at, 0), 1) != c.LAND
    bad = where(v.lying & ((at < 0) | wet), "a pile outside of the land (row)")
    seen = np.zeros(v.p.shape, np.int64)
    head = v.t["tile"]["pile"]
    world, tile = np.nonzero(head)
    row = head[world, tile] - 1
    last_y = np.full(len(row), -NOT_HELD)
    last_x = np.full(len(row), -NOT_HELD)
    for _ in range(v.p.shape[1] + 1):
        np.add.at(seen, (world, row), 1)
        p = v.p[world, row]
        bad += where(at[world, row] != tile, "a pile is in the chain of another tile")
        later = (p["y"] > last_y) | ((p["y"] == last_y) & (p["x"] > last_x))
        bad += where(~later, "a chain is not in the order of (y, x)")
        goes_on = p["next"] > 0
        world, tile = world[goes_on], tile[goes_on]
        last_y, last_x = p["y"][goes_on], p["x"][goes_on]
        row = p["next"][goes_on] - 1
        if not len(row):
            break
    bad += where(seen != v.lying, "a pile is not in exactly one chain (row)")
    box = np.stack([v.p["x"], v.p["y"], v.p["x"], v.p["y"]], -1)
    near = np.where(v.lying[..., None], box + [-35, -35, 35, 35], NOT_HELD)
    touch = overlap(near, near)
    touch[:, np.arange(touch.shape[1]), np.arange(touch.shape[1])] = False
    return bad + where(touch, "piles overlap (rows)")


def free_lists(v: Look) -> list[str]:
    bad = []
    for table, live, header in (("entity", "proto", "entities"), ("pile", "item_id", "piles")):
        t = v.t[table]
        link = "next_free" if table == "entity" else "next"
        free = follow_links(v.h[f"{table}_free"], t[link], t.shape[1])
        used = np.arange(t.shape[1]) < v.h[f"{table}_top"][:, None]
        alive = t[live] > 0
        bad += where(alive & ~used, f"a {table} above the top (row)")
        bad += where((free > 0) != (used & ~alive), f"the free list of {table} (row)")
        bad += where(free > 1, f"a {table} row is free twice")
        bad += where(alive.sum(1) != v.h[header], f"header.{header}")
    for table, header in (("belt", "belts"), ("arm", "arms")):
        t = v.t[table]
        free = follow_links(v.h[f"{table}_free"], t["next_free"], t.shape[1])
        used = np.arange(t.shape[1]) < v.h[f"{table}_top"][:, None]
        alive = t["entity"] > 0
        bad += where((free > 0) != (used & ~alive), f"the free list of {table} (row)")
        bad += where(alive.sum(1) != v.h[header], f"header.{header}")
        world, row = np.nonzero(alive)
        e = v.t["entity"][world, t["entity"][world, row] - 1]
        bad += where(e[table] != row + 1, f"entity.{table} does not point back")
    t = v.t["line"]
    free = follow_links(v.h["line_free"], t["next_free"], t.shape[1])
    used = np.arange(t.shape[1]) < v.h["line_top"][:, None]
    bad += where((free > 0) != (used & (t["length"] == 0)), "the free list of line (row)")
    drills = (v.live & (v.e["kind"] == c.KIND_DRILL)).sum(1)
    return bad + where(drills != v.h["drills"], "header.drills")


def slots_belong_to_one(v: Look) -> list[str]:
    slot = v.t["slot"]
    edge = np.zeros((v.worlds, slot.shape[1] + 300), np.int64)

    def cover(world: np.ndarray, base: np.ndarray, size: np.ndarray) -> None:
        taken = RUN_SIZES[np.searchsorted(RUN_SIZES, size)]
        np.add.at(edge, (world, base), 1)
        np.add.at(edge, (world, base + taken), -1)

    world, row = np.nonzero(v.live & (v.e["slots"] > 0))
    cover(world, v.e["slot"][world, row], v.e["slots"][world, row])
    world, row = np.nonzero(v.ch["slots"] > 0)
    cover(world, v.ch["slot"][world, row], v.ch["slots"][world, row])
    bad = []
    for which, size in enumerate(RUN_SIZES):
        free = follow_links(v.h["slot_free"][:, which], slot["count"], slot.shape[1])
        world, base = np.nonzero(free)
        bad += where(slot["item_id"][world, base] != 0, "a free run holds an item")
        cover(world, base, np.full(len(base), size))
    owners = edge.cumsum(1)[:, : slot.shape[1]]
    used = np.arange(slot.shape[1]) < v.h["slot_top"][:, None]
    return bad + where(owners != used, "a slot has no owner or two (slot)")


# -- 11 to 13: machines ----------------------------------------------------------------------------
def event_queue(v: Look) -> list[str]:
    q = v.t["queue"]
    place = np.arange(q.shape[1])
    used = place < v.h["queue"][:, None]
    up = np.maximum((place - 1) >> 1, 0)
    later = (q["tick"][:, up] > q["tick"]) | (
        (q["tick"][:, up] == q["tick"]) & (q["key"][:, up] > q["key"])
    )
    bad = where(used & later, "the heap is out of order (place)")
    bad += where(used & (q["tick"] <= v.h["tick"][:, None]), "a visit is overdue (place)")
    world, at = np.nonzero(used)
    e = v.t["entity"][world, q["entity"][world, at]]
    back = q["at"][world, q["entity"][world, at]]
    bad += where(back != at + 1, "queue.at does not point back")
    bad += where(e["event"] != q["tick"][world, at], "entity.event is not the visit's tick")
    join = v.t["arm"]["join"][world, np.maximum(e["arm"] - 1, 0)]
    key = np.where(e["arm"] > 0, -(1 << 40) - join, -e["unit"])
    bad += where(key != q["key"][world, at], "the key is not the place in the order")
    bad += where((e["proto"] == 0) | ~np.isin(e["kind"], MACHINES), "a visit to no machine")
    bad += where(v.h["hole"] != 0, "a hole between two ticks")
    queued = q["at"] > 0
    return bad + where(queued.sum(1) != v.h["queue"], "queue.at of what is not in the queue")


def machines_in_range(v: Look) -> list[str]:
    e, k = v.e, v.protos.kinds[v.e["proto"]]
    machine = v.live & np.isin(e["kind"], MACHINES)
    bad = where(machine & ((e["energy"] < 0) | (e["energy"] > k["buffer"])), "energy (row)")
    fuel = v.protos.items["fuel"][e["burning_item"]]
    bad += where(machine & ((e["burning"] < 0) | (e["burning"] > fuel)), "burning (row)")
    over = (e["progress"] < 0) | (e["progress"] > e["need"])
    bad += where(machine & over, "progress (row)")
    shown = (e["shown_progress"] < 0) | (e["shown_progress"] > 256)
    bad += where(machine & shown, "shown_progress (row)")
    status = (e["status"] >= len(c.STATUS_NAMES)) | ((e["status"] > 0) != machine)
    bad += where(v.live & status, "status (row)")
    bad += where(machine & (e["synced"] != v.h["tick"][:, None]), "not brought up to now (row)")
    planned = v.t["queue"]["at"][:, : e.shape[1]] > 0
    asleep = machine & ~planned & (e["status"] == c.STATUS_WORKING)
    asleep &= e["pending"] == 0  # a blocked drill reads `working` as soon as there is room
    asleep &= e["kind"] != c.KIND_INSERTER
    return bad + where(asleep, "a working machine without a visit (row)")


def waiters(v: Look) -> list[str]:
    head = v.t["tile"]["waiter"]
    world, tile = np.nonzero(head)
    row = head[world, tile] - 1
    seen = np.zeros(v.e.shape, np.int64)
    bad = []
    for _ in range(v.e.shape[1] + 1):
        np.add.at(seen, (world, row), 1)
        bad += where(v.e["waits_on"][world, row] != tile + 1, "waits on another tile")
        ahead = v.e["next_waiter"][world, row]
        world, tile, row = world[ahead > 0], tile[ahead > 0], ahead[ahead > 0] - 1
        if not len(row):
            break
    return bad + where(seen != (v.live & (v.e["waits_on"] > 0)), "waiting in no list (row)")


# -- 23 to 25: belts and arms ----------------------------------------------------------------------
def lines_sound(v: Look) -> list[str]:
    """Lines cover their belts once; items are in order, and their runs do not overlap."""
    t, bad = v.t["line"], []
    live = t["length"] > 0
    world, row = np.nonzero(live)
    s = t[world, row]
    bad += where(
        (s["first"] < s["run"]) | (s["last"] > s["run"] + s["room"]), "items beyond the run"
    )
    bad += where((s["head"] < s["first"]) | (s["head"] > s["last"]), "head is not on the line")
    edge = np.zeros((v.worlds, v.t["lane_item"].shape[1] + 1), np.int64)
    np.add.at(edge, (world, s["run"]), 1)
    np.add.at(edge, (world, s["run"] + s["room"]), -1)
    bad += where(edge.cumsum(1) > 1, "two runs share a row")
    lengths = np.zeros(t.shape, np.int64)
    belts = np.zeros(t.shape, np.int64)
    at, belt = np.nonzero(v.t["belt"]["entity"] > 0)
    b = v.t["belt"][at, belt]
    for lane in (0, 1):
        turn = np.where((b["bend"] == 1) == (lane == 0), 106, 295)
        np.add.at(lengths, (at, b["line"][:, lane] - 1), np.where(b["bend"] == 0, 256, turn))
        np.add.at(belts, (at, b["line"][:, lane] - 1), 1)
    bad += where(lengths != t["length"], "a line is not as long as its belts (row)")
    bad += where(live & (belts != t["belts"]), "a line has other belts (row)")
    item = v.t["lane_item"]
    for k, r, line in zip(world.tolist(), row.tolist(), s, strict=True):
        first, last, head = int(line["first"]), int(line["last"]), int(line["head"])
        place = item["place"][k, first:last].astype(np.int64)
        place[head - first :] -= int(line["shift"])
        if len(place) and (
            place[0] < 0 or place[-1] >= line["length"] or (np.diff(place) < 1).any()
        ):
            bad.append(f"world {k}: items of line {r} lie at {place.tolist()}")
        standing = place[: head - first]
        if (np.diff(standing) > 64).any():
            bad.append(f"world {k}: line {r} stands with gaps: {standing.tolist()}")
    return bad


def awake_lines(v: Look) -> list[str]:
    """The list of lines that are awake holds exactly those, the last woken first."""
    t = v.t["line"]
    listed = follow_links(v.h["newest_line"], t["older"], t.shape[1])
    bad = where((listed > 0) != (t["awake"] > 0), "awake in no list, or listed asleep (row)")
    moving = (t["length"] > 0) & (t["head"] < t["last"])
    return bad + where(moving & (t["awake"] == 0), "a line with moving items sleeps (row)")


def arms_sound(v: Look) -> list[str]:
    a = v.t["arm"]
    world, row = np.nonzero(a["entity"] > 0)
    a = a[world, row]
    e = v.t["entity"][world, a["entity"] - 1]
    planned = v.t["queue"]["at"][world, a["entity"] - 1] > 0
    bad = where((a["angle"] < 0) | (a["angle"] >= 1000 << 20), "an angle beyond a turn")
    bad += where((a["length"] < 0) | (a["length"] > 13 * (25_600 << 12) // 10 * 2), "a length")
    bad += where((a["asleep"] == 1) & planned, "a sleeping arm has a visit")
    bad += where((e["held"] > 0) & (a["chase"] > 0), "a full hand chases")
    joins = np.zeros(len(a), np.int64)
    for k in range(v.worlds):
        mine = np.sort(a["join"][world == k])
        joins[world == k][: len(mine)] = 0
        if (np.diff(mine) == 0).any():
            bad.append(f"world {k}: two arms have the same place in the list")
    return bad


# -- 14, 15: characters ----------------------------------------------------------------------------
def characters_coherent(v: Look) -> list[str]:
    ch = v.ch
    walks = np.isin(ch["activity"], (c.ACTIVITY_WALK, c.ACTIVITY_WALK_TO))
    bad = where((ch["walking"] > 0) & ~walks, "shown walking without a walk (agent)")
    mines = ch["activity"] == c.ACTIVITY_MINE
    bad += where((ch["mining"] > 0) & ~mines, "shown mining without a target (agent)")
    bad += where(ch["mine_progress"] > np.maximum(ch["mine_need"], 0), "mine_progress (agent)")
    bad += where((ch["orders"] < 0) | (ch["orders"] > ORDERS_PER_AGENT), "orders (agent)")
    stuck = (ch["activity"] == c.ACTIVITY_CRAFT) & (ch["crafts"] == 0)
    bad += where(stuck, "waits for a craft that is not there (agent)")
    bad += where(~v.active & (ch["activity"] > 0), "an absent character is busy (agent)")
    rows = v.t["craft"].reshape(v.worlds, c.MAX_AGENTS, CRAFTS_PER_AGENT)
    used = np.arange(CRAFTS_PER_AGENT) < ch["crafts"][..., None]
    recipe = v.protos.recipes[rows["recipe"]]
    wrong = (rows["count"] < 1) | (rows["promised"] < 0) | (recipe["hand"] == 0)
    bad += where(used & wrong, "a row of the crafting queue (agent, place)")
    most = recipe["amount"] * rows["count"].astype(np.int64)
    bad += where(used & (rows["promised"] > most), "promised more than is made (agent, place)")
    need = recipe["time"][..., 0]
    need = np.where(ch["crafts"] > 0, need, 0)
    late = (ch["craft_progress"] < 0) | (ch["craft_progress"] > need) | (ch["craft_need"] != need)
    return bad + where(late & v.active, "craft_progress (agent)")


LAWS = {
    1: items_conserved,
    2: ore_conserved,
    3: entities_conserved,
    4: no_overlap,
    5: characters_stand_free,
    6: inventories_within_stacks,
    7: tiles_name_entities,
    8: pile_chains,
    9: free_lists,
    10: slots_belong_to_one,
    11: event_queue,
    12: machines_in_range,
    13: waiters,
    14: characters_coherent,
    23: lines_sound,
    24: awake_lines,
    25: arms_sound,
    21: hand_crafts_conserved,
    22: machine_crafts_conserved,
}


def violations(fuzz: Any) -> dict[int, list[str]]:
    """The laws that the worlds of a `Fuzz` break now, by number."""
    v = Look(fuzz.batch)
    placed = {2: fuzz.ore, 3: fuzz.made, 22: fuzz.lost}
    found = {n: law(v, *((placed[n],) if n in placed else ())) for n, law in LAWS.items()}
    return {n: bad for n, bad in found.items() if bad}
