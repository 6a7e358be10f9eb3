"""A world drawn back as text, in the form that `from_text` reads.

What the form carries: size, terrain, deposits with their amounts, entities with place, direction
and contents in the order of building, items on belts, piles from the oldest on, characters with
team and items. What it does not: the tick, progress, energy and burning fuel, what a drill or an
inserter has in hand, the order of stacks within an inventory, counters and statistics, who built
or filled what, what characters do and where they look, and the options of the world (seed,
unlocked recipes).
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from fz_multi.engine.constants import LAND
from fz_multi.engine.world import TERRAINS, Handle, World

from .legend import DEFAULT_LEGEND, EMPTY

Tile = tuple[int, int]
WIDTH = 98  # characters a line


class Glyphs:
    """One character for each thing that looks different; the default legend's where it has one."""

    def __init__(self) -> None:
        self.known: dict[tuple[Any, ...], str] = {
            tuple(entry.values()) + tuple(entry): char for char, entry in DEFAULT_LEGEND.items()
        }
        self.taken = set(DEFAULT_LEGEND)

    def char(self, head: dict[str, Any]) -> str:
        """The character of an entry's head: its kind, name and direction (or count)."""
        key = tuple(head.values()) + tuple(head)
        if key not in self.known:
            name = str(next(iter(head.values())))
            self.known[key] = next(c for c in _letters(name) if c not in self.taken)
            self.taken.add(self.known[key])
        return self.known[key]


def _letters(name: str) -> Iterator[str]:
    """Characters for a name: its own letters, then others, without end in practice."""
    yield from (c for c in name if c.isascii() and c.isalpha())
    yield from (c.upper() for c in name if c.isascii() and c.isalpha())
    for first, last in (("a", "z"), ("A", "Z"), ("α", "ω"), ("а", "я"), ("А", "Я"), ("一", "龥")):
        yield from map(chr, range(ord(first), ord(last) + 1))


class Item(NamedTuple):
    """One entity or pile on its way to the text."""

    char: str
    place: tuple[int, int, int]  # what its number goes by: 0, row, column; or 1, its rank in `at`
    more: dict[str, Any]  # contents and the like


def draw(world: World) -> str:
    """The text of a world: YAML that `from_text` reads, one character a tile."""
    return _Sheet(world).text()


class _Sheet:
    """The two blocks of the drawing and what is said about their characters."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.glyphs = Glyphs()
        self.ground: dict[Tile, str] = {}
        self.top: dict[Tile, str] = {}
        self.legend: dict[str, dict[str, Any]] = {}
        self._terrain()
        self._deposits()
        self.covered = world.batch.full.tile.entity[0]
        # What lies comes first: people may build over it, but nothing can be laid under a building.
        self.piles = [self._pile(pile) for pile in world.ground_items()]
        self.entities = [self._entity(handle) for handle in world.handles()]
        self._characters()

    # -- the ground --------------------------------------------------------------------------------
    def _terrain(self) -> None:
        header = self.world.batch.full.header[0, 0]
        self.size = [int(header.width), int(header.height)]
        left, top = int(header.left), int(header.top)
        names = {number: name for name, number in TERRAINS.items()}
        for index, terrain in enumerate(self.world.batch.full.tile.terrain[0].tolist()):
            if terrain != LAND:
                y, x = divmod(index, self.size[0])
                char = self._char({"terrain": names[terrain]})
                self.ground[left + x, top + y] = char

    def _deposits(self) -> None:
        for deposit in self.world.resources():  # by rows of the map, as amounts are read
            x, y = deposit["position"]
            char = self._char({"deposit": deposit["name"]})
            self.ground[int(x // 1), int(y // 1)] = char
            self.legend[char].setdefault("amount", []).append(deposit["amount"])
        for entry in self.legend.values():
            if len(set(entry.get("amount", ()))) == 1:
                entry["amount"] = entry["amount"][0]

    def _char(self, head: dict[str, Any], **more: Any) -> str:
        char = self.glyphs.char(head)
        self.legend.setdefault(char, {**head, **more})
        return char

    # -- what stands on it -------------------------------------------------------------------------
    def _entity(self, handle: Handle) -> Item:
        found = self.world.entity(handle)
        proto = self.world.prototypes.entities[found["name"]]
        e = self.world.batch.full.entity[0, handle.row]
        head = {"entity": proto.name}
        if self.world.batch.prototypes.kinds[proto.id].rotates:
            head["direction"] = found["direction"]
        char = self._char(head)
        wide, high = int(e.tiles_w), int(e.tiles_h)
        x, y = (int(e.x) >> 8) - (wide >> 1), (int(e.y) >> 8) - (high >> 1)
        footprint = [(x + dx, y + dy) for dy in range(high) for dx in range(wide)]
        for tile in footprint:
            self.top[tile] = char
        contents = {key: items for key, items in found["inventories"].items() if items}
        more: dict[str, Any] = {"contents": contents} if contents else {}
        if proto.type == "mining-drill" and not self.ground.keys() & footprint:
            more["used_up"] = True
        if proto.type == "transport-belt":
            lanes = [[list(spot) for spot in lane] for lane in self.world.lanes(handle)]
            if any(lanes):
                more["lanes"] = lanes
        return Item(char, (0, y, x), more)

    def _pile(self, pile: dict[str, Any]) -> Item:
        x, y = pile["position"]
        tile = int(x // 1), int(y // 1)
        head: dict[str, Any] = {"pile": pile["name"]}
        if pile["count"] != 1:
            head["count"] = pile["count"]
        char = self._char(head)
        free = tile not in self.top and not self.covered[self.world._tile(pile["position"])]
        if free and (x, y) == (tile[0] + 0.5, tile[1] + 0.5):
            self.top[tile] = char
            return Item(char, (0, tile[1], tile[0]), {})
        at = self.legend[char].setdefault("at", [])
        at.append([x, y])
        return Item(char, (1, len(at), 0), {})

    def _characters(self) -> None:
        characters = self.world.batch.full.character[0]
        for number in range(len(characters)):
            if not characters.active[number]:
                continue
            agent = f"agent_{number}"
            me = self.world.character(agent)
            more: dict[str, Any] = {"items": me["inventory"]} if me["inventory"] else {}
            if characters.team[number]:
                more["team"] = int(characters.team[number])
            x, y = me["position"]
            tile = int(x // 1), int(y // 1)
            char = self._char({"agent": agent}, **more)
            if tile in self.top:
                self.legend[char]["at"] = [[x, y]]
                continue
            self.top[tile] = char
            offset = [round(256 * (x - tile[0]) - 128), round(256 * (y - tile[1]) - 128)]
            if any(offset):
                self.legend[char]["offset"] = offset

    # -- names -------------------------------------------------------------------------------------
    def _names(self, items: list[Item]) -> dict[str, Item]:
        """Names in the order in which a reader would build them without ``order``."""
        by_char: dict[str, list[Item]] = {char: [] for char in self.legend}
        for item in items:
            by_char[item.char].append(item)
        out: dict[str, Item] = {}
        for char, same in by_char.items():
            same.sort(key=lambda item: item.place)
            for number, item in enumerate(same, 1):
                out[f"{char}{number}" if len(same) > 1 else char] = item
        return out

    def _order(self, entities: dict[str, Item], piles: dict[str, Item]) -> list[str]:
        """What ``order`` has to say, or nothing."""
        wanted = []
        for named, items in ((piles, self.piles), (entities, self.entities)):
            names = {id(item): name for name, item in named.items()}
            wanted.append([names[id(item)] for item in items])
        if wanted == [list(piles), list(entities)]:
            return []
        return wanted[0] + wanted[1]

    def _state(self, entities: dict[str, Item]) -> dict[str, Any]:
        """What single entities hold; what all of one character share goes into the legend."""
        by_char: dict[str, list[dict[str, Any]]] = {}
        for item in entities.values():
            by_char.setdefault(item.char, []).append(item.more)
        shared = {char for char, all_of in by_char.items() if all(m == all_of[0] for m in all_of)}
        for char in shared:
            self.legend[char].update(by_char[char][0])
        return {
            name: item.more
            for name, item in entities.items()
            if item.more and item.char not in shared
        }

    # -- text --------------------------------------------------------------------------------------
    def text(self) -> str:
        entities, piles = self._names(self.entities), self._names(self.piles)
        state, order = self._state(entities), self._order(entities, piles)
        tiles = [*self.ground, *self.top]
        x0 = min((x for x, _ in tiles), default=0)
        y0 = min((y for _, y in tiles), default=0)
        x1 = max((x for x, _ in tiles), default=0)
        y1 = max((y for _, y in tiles), default=0)
        lines = [f"size: {_flow(self.size)}"]
        if (x0, y0) != (0, 0):
            lines.append(f"origin: {_flow([x0, y0])}")
        for title, block in (("ground", self.ground), ("drawing", self.top)):
            if block or title == "drawing":
                lines.append(f"{title}: |")
                for y in range(y0, y1 + 1):
                    row = (block.get((x, y), EMPTY[0]) for x in range(x0, x1 + 1))
                    lines.append("  " + "".join(row))
        for title, entries in (("legend", self.legend), ("state", state)):
            if entries:
                lines.append(f"{title}:")
                for key, entry in entries.items():
                    lines += _folded(f"  {_flow(key)}: {_flow(entry)}", "      ")
        if order:
            lines += _folded(f"order: {_flow(order)}", "  ")
        return "\n".join(lines) + "\n"


def _flow(value: Any) -> str:
    """A value as YAML on one line."""
    if isinstance(value, str):
        value = [value]
        return _flow(value)[1:-1]
    return yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=1 << 30
    ).strip()


def _folded(line: str, indent: str) -> list[str]:
    """A long line of flow YAML, which may go on in the next line after any blank."""
    return textwrap.wrap(
        line,
        WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
        replace_whitespace=False,
    )
