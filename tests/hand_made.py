"""Observable tables made by hand, for tests of what only reads them (pictures, metrics)."""

from __future__ import annotations

from typing import Any

import numpy as np

from fz_multi.engine import constants as k
from fz_multi.engine import observable as seen
from fz_multi.engine import proto_tables
from fz_multi.engine import tables as full
from fz_multi.engine.tables import Tables
from fz_multi.prototypes import load

TYPES = {
    "container": k.KIND_CHEST,
    "wall": k.KIND_WALL,
    "tree": k.KIND_TREE,
    "simple-entity": k.KIND_ROCK,
    "mining-drill": k.KIND_DRILL,
    "furnace": k.KIND_FURNACE,
}


class HandMade:
    """A world of plain tables: what a test puts there is there. Positions in tiles."""

    def __init__(self, width: int = 32, height: int = 32, agents: int = 2) -> None:
        self.data = load()
        self.tables = Tables(
            header=np.zeros(1, seen.HEADER),
            tile=np.zeros(width * height, seen.TILE),
            shade=np.zeros(width * height, full.SHADE_WORDS),
            entity=np.zeros(256, seen.ENTITY),
            slot=np.zeros(4096, full.SLOT),
            pile=np.zeros(64, full.PILE),
            queue=np.zeros(0, full.QUEUE),
            belt=np.zeros(64, seen.BELT),
            line=np.zeros(128, seen.LINE),
            lane_item=np.zeros(1024, seen.LANE_ITEM),
            arm=np.zeros(0, full.ARM),
            character=np.zeros(16, seen.CHARACTER),
            craft=np.zeros(16, full.CRAFT),
            order=np.zeros(0, full.COMMAND),
            result=np.zeros(16, full.RESULT),
            stat=np.zeros(len(self.data.items) + 1, full.STAT),
            agent=np.zeros(16, full.AGENT),
            **proto_tables.build()._asdict(),
        )
        header = self.tables.header
        header["width"], header["height"] = width, height
        header["left"], header["top"] = -(width // 2), -(height // 2)
        header["characters"] = agents
        self._rows = self._slots = self._piles = 0
        for index in range(agents):
            row = self.tables.character[index : index + 1]
            row["active"], row["slot"], row["slots"] = 1, self.take_slots(10), 10
            row["x"], row["y"] = (2 * index) * k.TILE + 128, 128

    def take_slots(self, count: int) -> int:
        self._slots += count
        return self._slots - count

    def tile(self, x: int, y: int) -> int:
        header = self.tables.header
        width = int(header["width"][0])
        return (y - int(header["top"][0])) * width + (x - int(header["left"][0]))

    def deposit(self, name: str, x: int, y: int, amount: int) -> None:
        at = self.tile(x, y)
        self.tables.tile["resource"][at] = self.data.entity_id(name)
        self.tables.tile["amount"][at] = amount

    def water(self, x: int, y: int) -> None:
        self.tables.tile["terrain"][self.tile(x, y)] = k.WATER

    def pile(self, item: str, x: float, y: float, count: int = 1) -> None:
        row = self.tables.pile[self._piles : self._piles + 1]
        row["item_id"], row["count"] = self.data.item_id(item), count
        row["x"], row["y"] = int(x * k.TILE), int(y * k.TILE)
        self._piles += 1

    def entity(
        self,
        name: str,
        left: int,
        top: int,
        direction: int = 0,
        items: dict[str, int] | None = None,
        **fields: Any,
    ) -> int:
        """Place an entity by the top left tile of its footprint; returns its row."""
        record = self.data.entities[name]
        w, h = record.tile_width, record.tile_height
        row = self.tables.entity[self._rows : self._rows + 1]
        row["proto"], row["kind"] = self.data.entity_id(name), TYPES[record.type]
        row["direction"], row["tiles_w"], row["tiles_h"] = direction, w, h
        row["x"], row["y"] = (2 * left + w) * k.TILE // 2, (2 * top + h) * k.TILE // 2
        if items:
            row["slot"], row["slots"] = self.take_slots(len(items)), len(items)
            for j, (item, count) in enumerate(items.items()):
                self.tables.slot[int(row["slot"][0]) + j] = (self.data.item_id(item), count)
        for field, value in fields.items():
            row[field] = value
        self._rows += 1
        self.tables.header["entities"] = self._rows
        return self._rows - 1

    def agent(
        self, index: int, x: float, y: float, items: dict[str, int] | None = None, **fields: Any
    ) -> None:
        row = self.tables.character[index : index + 1]
        row["x"], row["y"] = int(x * k.TILE), int(y * k.TILE)
        for j, (item, count) in enumerate((items or {}).items()):
            self.tables.slot[int(row["slot"][0]) + j] = (self.data.item_id(item), count)
        for field, value in fields.items():
            row[field] = self.data.item_id(value) if field == "hand" else value


def cells(size: int = 32, agents: int = 2) -> HandMade:
    """A small factory with one of everything."""
    w = HandMade(size, size, agents)
    coal = w.data.item_id("coal")
    for name, cx, cy in (
        ("iron-ore", -10, -8),
        ("coal", 8, -9),
        ("stone", 9, 6),
        ("copper-ore", -9, 9),
    ):
        for y in range(cy - 3, cy + 4):
            for x in range(cx - 3, cx + 4):
                far = (x - cx) ** 2 + (y - cy) ** 2
                if far <= 12:
                    w.deposit(name, x, y, max(5, 900 - 75 * far))
    for x in range(-3, 4):
        for y in range(9, 14):
            if abs(x) + abs(y - 11) < 5:
                w.water(x, y)
    w.entity(
        "burner-mining-drill",
        -11,
        -9,
        4,
        status=k.STATUS_WORKING,
        shown_progress=120,
        burning_item=coal,
        shown_burning=3_000_000,
    )
    w.entity(
        "stone-furnace",
        -9,
        -9,
        0,
        {"coal": 3, "iron-ore": 4, "iron-plate": 7},
        fuel_slots=1,
        source_slots=1,
        result_slots=1,
        status=k.STATUS_WORKING,
        shown_progress=190,
        burning_item=coal,
        shown_burning=1_000_000,
    )
    w.entity("burner-mining-drill", -10, 8, 8, status=k.STATUS_NO_FUEL)
    w.entity(
        "stone-furnace", -10, 11, 0, {"copper-ore": 4}, source_slots=1, status=k.STATUS_NO_FUEL
    )
    w.entity("burner-mining-drill", 7, -10, 0, status=k.STATUS_WAITING_SPACE, shown_progress=200)
    w.entity("stone-furnace", 2, -6, 0, status=k.STATUS_NO_INGREDIENTS)
    w.entity("wooden-chest", 2, 2, 0, {"iron-plate": 34})
    w.entity("iron-chest", 5, 2, 0, {"coal": 120, "wood": 4})
    for y in range(-4, 4):
        w.entity("stone-wall", 0, y)
    for x in range(1, 4):
        w.entity("stone-wall", x, -4)
    for x, y, name in (
        (-14, 3, "tree-01"),
        (-13, 4, "tree-02"),
        (-12, 2, "tree-02-red"),
        (12, 12, "tree-05"),
        (13, 1, "tree-09-brown"),
        (-4, -13, "tree-03"),
        (4, 13, "dry-tree"),
    ):
        w.entity(name, x, y)
    w.entity("big-rock", 12, -3)
    w.entity("huge-rock", -7, 2)
    w.pile("iron-ore", -3.5, -3.5)
    w.pile("coal", 4.5, -7.5, 3)
    w.agent(
        0,
        -7.5,
        -5.5,
        {"coal": 12, "stone-furnace": 1, "iron-plate": 8},
        hand="coal",
        facing=14,
        direction=14,
    )
    w.agent(
        1,
        8.5,
        4.5,
        {"burner-mining-drill": 2, "stone": 5, "iron-gear-wheel": 3},
        facing=8,
        activity=k.ACTIVITY_MINE,
        mining=1,
        mine_progress=60,
        mine_need=120,
        hand="burner-mining-drill",
        message=4,
    )
    if agents > 2:
        w.agent(2, 3.5, 4.5, {"wood": 2}, facing=0, activity=k.ACTIVITY_WALK_TO, walking=1)
    if agents > 3:
        w.agent(
            3, -4.5, 6.5, {"iron-plate": 2}, facing=4, crafts=1, craft_progress=20, craft_need=30
        )
    w.tables.header["tick"] = 1234
    return w
