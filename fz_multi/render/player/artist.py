"""The drawings that an episode needs, as a `pen.Drawings`, and the names that go with them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np

from ...engine import constants as k
from ...engine.tables import Tables
from .. import buildings, colours, ground, nature, people, sprites
from ..glyphs import draw_item, draw_plate
from ..marks import MARKS, draw_mark
from ..scene import Names
from .pen import Drawings

assert buildings and nature  # they fill the registries of drawings

UNIT = (0.0, 0.0, 1.0, 1.0)
LUMPS = (-0.2, -0.2, 1.2, 1.2)  # they reach over the edge of a tile
FIGURE = (-1.5, -1.75, 1.5, 1.25)
STEPS = 3  # pictures of a walk: standing, one foot, the other
SWINGS = 4


class Artist:
    """Notes what is seen, and draws each thing once."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._drawings = Drawings()
        self._items: dict[int, list[Any]] = {}  # item: name, sprite, sprite on a plate
        self._fuels: dict[int, int] = {}
        self._statuses: dict[int, int] = {}
        self._looks: dict[sprites.Look, int] = {}
        self._phases: list[list[int]] = []  # of a look: a sprite, or one for each phase
        self._bodies: dict[str, list[int]] = {}
        self._tools: dict[str, list[int]] = {}
        self._hands: dict[int, int] = {}
        self._deposits: dict[str, list[list[int]]] = {}  # by level and variant

    # -- the ground --------------------------------------------------------------------------------
    def ground(self, o: Tables, deposits: np.ndarray) -> dict[str, Any]:
        """The map: a sprite for each tile, where shores are, and what lies in the ground.

        ``deposits``: indices of the tiles with a resource.
        """
        h = o.header[0]
        left, top, width, height = (int(h[name]) for name in ("left", "top", "width", "height"))
        terrain = o.tile["terrain"][: width * height]
        tiles = [
            self._tile(kind, left + index % width, top + index // width)
            for index, kind in enumerate(terrain.tolist())
        ]
        return {
            "left": left,
            "top": top,
            "width": width,
            "height": height,
            "tiles": tiles,
            "shores": _shores(terrain.reshape(height, width)),
            "shore": self._drawings.colour(colours.SHORE),
            "deposits": deposits.tolist(),
            "resources": [self._deposit(int(p)) for p in o.tile["resource"][deposits].tolist()],
            "variants": [
                ground.mix(left + index % width, top + index // width) % ground.VARIANTS
                for index in deposits.tolist()
            ],
            "levels": list(ground.STEPS),
        }

    def _tile(self, kind: int, x: int, y: int) -> int:
        tone = ground.tone_of(x, y) if kind == k.LAND else 0
        variant = ground.mix(x, y) % ground.VARIANTS
        draw = partial(ground.draw_tile, kind=kind, variant=variant, tone=tone)
        return self._drawings.add(("tile", kind, variant, tone), UNIT, draw)

    def _deposit(self, proto: int) -> str:
        """The name of a resource; its pictures by level and variant are drawn."""
        name = self._names.entity(proto)
        if name not in self._deposits:
            self._deposits[name] = [
                [self._lumps(name, level, variant) for variant in range(ground.VARIANTS)]
                for level in range(1, ground.LEVELS + 1)
            ]
        return name

    def _lumps(self, name: str, level: int, variant: int) -> int:
        draw = partial(ground.draw_deposit, name=name, level=level, variant=variant)
        return self._drawings.add(("deposit", name, level, variant), LUMPS, draw)

    # -- what stands, lies and walks on it ---------------------------------------------------------
    def look(self, look: sprites.Look) -> int:
        """The place of an entity's look in ``looks``."""
        if look not in self._looks:
            phases = range(sprites.PHASES if look.working else 1)
            m = sprites.MARGIN
            bounds = (-m, -m, look.width + m, look.height + m)
            self._looks[look] = len(self._phases)
            self._phases.append(
                [self._look(look._replace(phase=phase), bounds) for phase in phases]
            )
        return self._looks[look]

    def _look(self, look: sprites.Look, bounds: Any) -> int:
        return self._drawings.add(look, bounds, lambda pen: sprites.drawing_of(look)(pen, look))

    def items(self, numbers: Iterable[int]) -> None:
        """These items are seen somewhere; 0 is none."""
        for number in numbers:
            if number and number not in self._items:
                name = self._names.item(number)
                item = self._drawings.add(("item", name), UNIT, partial(draw_item, name=name))
                plate = self._drawings.add(("plate", name), UNIT, partial(draw_plate, name=name))
                self._items[number] = [name, item, plate]

    def fuel(self, item: int, o: Tables) -> None:
        """This item burns somewhere."""
        if item and item not in self._fuels:
            self._fuels[item] = int(o.items["fuel"][item]) // k.JOULE
            self.items([item])

    def status(self, status: int) -> None:
        """A machine has this status."""
        if status in MARKS and status not in self._statuses:
            sign = MARKS[status][0]
            self._statuses[status] = self._drawings.add(
                ("mark", sign), UNIT, partial(draw_mark, sign=sign)
            )

    def agent(self, index: int, facing: int, activity: str, hand: int) -> None:
        """An agent is seen like this."""
        key = f"{index},{facing}"
        if key not in self._bodies:
            self._bodies[key] = [
                self._figure(("body", key, step), people.draw_body, index, facing, step)
                for step in (0, 1, 3)
            ]
        if activity in ("mining", "crafting"):
            east = facing <= 8
            tool = f"{activity},{int(east)}"
            if tool not in self._tools:
                turned = 4 if east else 12
                self._tools[tool] = [
                    self._figure(("tool", tool, swing), people.draw_tool, turned, activity, swing)
                    for swing in range(SWINGS)
                ]
        if hand and hand not in self._hands:
            name = self._names.item(hand)
            self._hands[hand] = self._figure(("hand", name), people.draw_hand, name)

    def _figure(self, key: Any, draw: Any, *arguments: Any) -> int:
        return self._drawings.add(
            key, FIGURE, lambda pen: draw(pen.at(0.0, 0.0, people.SCALE), *arguments)
        )

    # -- all of them -------------------------------------------------------------------------------
    def data(self) -> dict[str, Any]:
        """For JSON."""
        arrows = [
            self._drawings.add(
                ("arrow", quarter), UNIT, partial(sprites.draw_arrow, quarter=quarter)
            )
            for quarter in range(4)
        ]
        outlets = {
            str(place): list(look.outlet)
            for look, place in self._looks.items()
            if look.outlet is not None
        }
        return {
            "legend": self._legend(arrows[1]),
            "items": {str(number): parts for number, parts in self._items.items()},
            "fuels": {str(item): joules for item, joules in self._fuels.items()},
            "statuses": list(k.STATUS_NAMES),
            "marks": {str(status): sprite for status, sprite in self._statuses.items()},
            "looks": self._phases,
            "outlets": outlets,
            "arrows": arrows,
            "bodies": self._bodies,
            "tools": self._tools,
            "hands": {str(item): sprite for item, sprite in self._hands.items()},
            "lumps": self._deposits,
            "team": [self._drawings.colours[self._drawings.colour(c)] for c in colours.AGENTS],
            "areas": [self._drawings.colours[self._drawings.colour(c)] for c in colours.ZONES],
            "colours": self._drawings.colours,
            "sprites": self._drawings.sprites,
        }

    def _legend(self, arrow: int) -> list[list[Any]]:
        """Pictures and words of what the episode shows: [sprite, words]."""
        rows = [[lumps[-1][0], name.replace("-", " ")] for name, lumps in self._deposits.items()]
        seen: set[str] = set()
        nature: list[list[Any]] = []
        for look, place in self._looks.items():
            wild = look.kind in ("tree", "rock")
            words = look.kind if wild else look.name.replace("-", " ")
            if words not in seen:
                seen.add(words)
                (nature if wild else rows).append([self._phases[place][0], words])
        if any(look.kind == "mining-drill" for look in self._looks):
            rows.append([arrow, "output side"])
        signs = {MARKS[status][1]: sprite for status, sprite in self._statuses.items()}
        return [*rows, *([sprite, words] for words, sprite in sorted(signs.items())), *nature]


def _shores(terrain: np.ndarray) -> list[int]:
    """``tile, sides, tile, sides, ...``: water beside land; 1 north, 2 east, 4 south, 8 west."""
    water = terrain == k.WATER
    land = np.pad(terrain == k.LAND, 1)
    sides = (
        land[:-2, 1:-1] + 2 * land[1:-1, 2:] + 4 * land[2:, 1:-1] + 8 * land[1:-1, :-2]
    ) * water
    tiles = np.flatnonzero(sides)
    return np.stack([tiles, sides.reshape(-1)[tiles]], 1).reshape(-1).tolist()
