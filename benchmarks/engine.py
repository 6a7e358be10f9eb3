"""How fast the engine runs a factory, from 100 to 10,000 entities.

    python -m benchmarks.engine [--copies 1 5 20 100] [--ticks 20000] [--repeats 5] [--json]

The factory is copies of one committed layout (``benchmarks/factory.yaml``): eight burner drills,
a belt with a turn, eight furnaces fed from it by burner inserters, which bring the plates onto a
second belt, and inserters at its end that fill chests. It runs until the belts flow, then blocks of
``--ticks`` ticks are timed. Reported per size, medians over the blocks:

================  ==================================================================================
entities          drills, furnaces, inserters, belts and chests of all copies, and how many are arms
ticks_per_s       ticks of the whole world a second
ns_per_entity     nanoseconds a tick and entity
bytes_per_world   the engine's allocation
every_tick_ratio  ticks a second over those of the same world when each machine and arm is visited
                  in each tick (what jumping over plain ticks is worth)
arms_working      share of the arms that swing or carry at the end
belts_with_items  share of the belts that hold something (of one copy)
plates            made until then
================  ==================================================================================
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from fz_multi import layouts
from fz_multi.bench.table import format_cells
from fz_multi.engine import World

LAYOUT = Path(__file__).with_name("factory.yaml")
WARM_UP = 6_000  # ticks until plates arrive in the chests
GAP = 2  # tiles between copies


def build(copies: int, width: int = 0, height: int = 0) -> World:
    """A world with some copies of the layout, side by side and row by row.

    ``width`` and ``height``: tiles of the map if that is more than the copies take.
    """
    one = layouts.from_text(LAYOUT.read_text("utf-8"), "factory")
    wide, high = pitch(one)
    columns = max(1, round((copies * high / wide) ** 0.5))
    rows = -(-copies // columns)
    world = World(max(width, columns * wide + 2 * GAP), max(height, rows * high + 2 * GAP))
    stamp(world, one, copies, columns, GAP)
    return world


def pitch(one: layouts.Layout) -> tuple[int, int]:
    """Tiles from one copy of a layout to the next, across and down."""
    return (
        max(map(len, (*one.drawing, *one.ground))) + GAP,
        max(len(one.drawing), len(one.ground)) + GAP,
    )


def stamp(world: World, one: layouts.Layout, copies: int, columns: int, down: int) -> None:
    """Build copies of a layout from the left edge on, ``down`` tiles below the top edge."""
    wide, high = pitch(one)
    left, top = -(world.batch.width // 2) + GAP, -(world.batch.height // 2) + down
    single = one.build().world
    deposits, entities = single.resources(), single.entities()
    for copy in range(copies):
        dx = left + copy % columns * wide
        dy = top + copy // columns * high
        for deposit in deposits:
            x, y = deposit["position"]
            world.create_resource(deposit["name"], (x + dx, y + dy), deposit["amount"])
        for entity in entities:
            x, y = entity["position"]
            handle = world.create_entity(entity["name"], (x + dx, y + dy), entity["direction"])
            for inventory, items in entity["inventories"].items():
                for name, count in items.items():
                    world.insert(handle, name, count, inventory)


def rate(world: World, ticks: int) -> float:
    start = time.perf_counter()
    world.advance(ticks)
    return ticks / (time.perf_counter() - start)


def refuel(world: World) -> None:
    """Fill the fuel slots, so that blocks are alike."""
    for handle in world.handles():
        entity = world.entity(handle)
        if "fuel" in entity["inventories"]:
            missing = 20 - entity["inventories"]["fuel"].get("coal", 0)
            if missing > 0:
                world.insert(handle, "coal", missing, "fuel")


def measure(copies: int, ticks: int, repeats: int) -> dict[str, Any]:
    world = build(copies)
    refuel(world)
    world.advance(WARM_UP)
    start = world.snapshot()
    rates, slow = [], []
    for _ in range(repeats):
        world.restore(start)
        rates.append(rate(world, ticks))
        world.restore(start)
        world.batch.full.header["every_tick"] = 1
        slow.append(rate(world, max(200, ticks // 20)))
    world.restore(start)
    found = world.entities()
    arms = [e for e in found if e["name"] == "burner-inserter"]
    belts = (
        [h for h in world.handles() if world.entity(h)["name"] == "transport-belt"]
        if copies == 1
        else []
    )
    ticks_per_s = statistics.median(rates)
    ratio = statistics.median(a / b for a, b in zip(rates, slow, strict=True))
    return {
        "entities": len(found),
        "arms": len(arms),
        "arm_share": round(len(arms) / len(found), 3),
        "ticks_per_s": round(ticks_per_s),
        "ns_per_entity": round(1e9 / ticks_per_s / len(found), 2),
        "every_tick_ratio": round(ratio, 2),
        "bytes_per_world": world.batch.world_bytes,
        "arms_working": round(sum(e["status"] == "working" for e in arms) / len(arms), 2),
        "belts_with_items": round(sum(any(world.lanes(h)) for h in belts) / len(belts), 2)
        if belts else "",
        "plates": world.production("iron-plate"),
    }  # fmt: skip


def main() -> int:
    """Measure and print; see the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine")
    parser.add_argument("--copies", type=int, nargs="+", default=[1, 5, 20, 100])
    parser.add_argument("--ticks", type=int, default=20_000, help="a block (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=5, help="blocks (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    if min(*options.copies, options.ticks, options.repeats) < 1:
        parser.error("--copies, --ticks and --repeats are at least 1")
    rows = [
        measure(copies, max(200, options.ticks // copies), options.repeats)
        for copies in options.copies
    ]
    if options.json:
        print(json.dumps({"sizes": rows}))
    else:
        columns = tuple(rows[0])
        print(format_cells(columns, [[str(row[c]) for c in columns] for row in rows], left=()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
