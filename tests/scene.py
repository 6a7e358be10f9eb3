"""A small world with agents that act through an `Interface`, for the tests of spaces and masks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from fz_multi import actions, observation
from fz_multi.commands import CODES
from fz_multi.desk import Desk
from fz_multi.engine import edit as e
from fz_multi.engine.batch import Batch
from fz_multi.prototypes import load
from fz_multi.spaces import Buffers, Interface

PROTOTYPES = load()
PALETTE = (
    "wood",
    "coal",
    "stone",
    "iron-ore",
    "iron-plate",
    "iron-gear-wheel",
    "burner-mining-drill",
    "stone-furnace",
    "wooden-chest",
    "iron-chest",
    "stone-wall",
)
TASK = SimpleNamespace(
    palette=PALETTE,
    hand_recipes=("stone-furnace", "iron-gear-wheel", "burner-mining-drill", "wooden-chest"),
    machine_recipes=("iron-gear-wheel",),
    channel=True,
    goal_names=("plates", "target"),
)


def item(name: str) -> int:
    return PROTOTYPES.item_id(name)


class Scene:
    """One world; positions are tiles, and agents stand in tile centres."""

    def __init__(self, width: int = 24, height: int = 24, *, task: Any = TASK, **form: Any) -> None:
        self.batch = Batch(1, width, height)
        self.interface = Interface(task, prototypes=PROTOTYPES, **form)
        self._buffers: Buffers | None = None

    def edit(self, op: int, *numbers: int) -> int:
        self.batch.make_room()
        padded = (*numbers, 0, 0, 0, 0, 0, 0)[:6]
        return int(e.edit(self.batch.book, 0, op, *padded))

    # -- the map ----------------------------------------------------------------------------------

    def index(self, tx: int, ty: int) -> int:
        h = self.batch.full.header[0, 0]
        return int((ty - h.top) * h.width + tx - h.left)

    def mark(self, tx: int, ty: int, area: int = 1) -> None:
        """Show a tile (and no other one) in the plane of goals."""
        h = self.batch.full.header[0, 0]
        areas = np.zeros((h.height, h.width), np.uint8)
        areas.reshape(-1)[self.index(tx, ty)] = area
        self.buffers.mark(0, areas)

    def tile(self, tx: int, ty: int) -> Any:
        return self.batch.full.tile[0, self.index(tx, ty)]

    def water(self, tx: int, ty: int) -> None:
        self.edit(e.TERRAIN, self.index(tx, ty), 1)

    def ore(self, tx: int, ty: int, name: str = "iron-ore", amount: int = 500) -> None:
        self.edit(e.RESOURCE, self.index(tx, ty), PROTOTYPES.entity_id(name), amount)

    def build(self, name: str, tx: int, ty: int, direction: int = 0) -> int:
        """Put an entity with its north-west tile at (tx, ty). Returns its row."""
        proto = PROTOTYPES.entities[name]
        x = tx * 256 + 128 * max(1, proto.tile_width)
        y = ty * 256 + 128 * max(1, proto.tile_height)
        row = self.edit(e.ENTITY, proto.id, x, y, direction, 0)
        assert row >= 0, CODES[-1 - row]
        return row

    def fill(self, row: int, name: str, count: int, inventory: int = 0) -> int:
        return self.edit(e.INSERT, row, item(name), count, inventory)

    def pile(self, tx: int, ty: int, name: str) -> int:
        return self.edit(e.PILE, tx * 256 + 128, ty * 256 + 128, item(name), 1)

    # -- agents -----------------------------------------------------------------------------------

    def agent(self, tx: int, ty: int, facing: int = 0, team: int = 0, **items: int) -> int:
        row = int(self.batch.full.header[0, 0].characters)
        me = self.edit(e.CHARACTER, tx * 256 + 128, ty * 256 + 128, team, row)
        assert me == row
        self.character(me).facing = facing
        for name, count in items.items():
            self.give(name.replace("_", "-"), count, me)
        self._buffers = None
        return me

    def character(self, me: int = 0) -> Any:
        return self.batch.full.character[0, me]

    def give(self, name: str, count: int, me: int = 0) -> None:
        self.edit(e.GIVE, me, item(name), count)

    def held(self, name: str, me: int = 0) -> int:
        c = self.character(me)
        slots = self.batch.full.slot[0, c.slot : c.slot + c.slots]
        return int(slots["count"][slots["item_id"] == item(name)].sum())

    # -- acting and seeing ------------------------------------------------------------------------

    @property
    def buffers(self) -> Buffers:
        """The arrays of the exchange, for as many agents as there are."""
        if self._buffers is None:
            agents = int(self.batch.full.header[0, 0].characters)
            tiles = self.batch.width * self.batch.height
            self._buffers = self.interface.buffers(1, agents, tiles)
        return self._buffers

    def _desk(self) -> Any:
        config, book = self.interface.config, self.batch.book
        self._on_desk = Desk(book=book, config=config, **self.buffers.arrays())
        return self._on_desk.words

    def act(self, *chosen: Any, ticks: int = 10) -> list[str]:
        """One step: an action (name, number, or four heads) for each agent. Returns result codes.

        The code is the interface's refusal, else what the world says of the command.
        """
        b = self.buffers
        for me, action in enumerate(chosen):
            if isinstance(action, str):
                action = self.interface.index_of(action)
            self.interface.read_action(action, b.actions[0, me])
        actions.begin_step(self._desk(), 0, 1)
        self.batch.exchange(b.commands, ticks)
        results = self.batch.full.result[0]
        return [CODES[b.codes[0, me] or results[me].code] for me in range(len(chosen))]

    def observe(self, me: int = 0) -> Any:
        """The observation of one agent, freshly packed."""
        b = self.buffers
        observation.observe(self._desk(), 0, 1)
        return self.interface.pack(b.grid, b.vector, b.mask, 0, me)

    def mask(self, me: int = 0) -> np.ndarray:
        self.observe(me)
        return self.buffers.mask[0, me].copy()

    def legal(self, me: int = 0) -> set[str]:
        """Names of the discrete actions that the mask allows."""
        mask = self.mask(me)
        return {name for name, ok in zip(self.interface.action_names, mask, strict=True) if ok}

    def state(self) -> np.ndarray:
        b = self.buffers
        observation.state(self._desk(), 0, 1)
        return b.state[0].copy()
