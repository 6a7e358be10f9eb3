"""Factories as drawings: the loader of ``tests/factories/*.yaml``.

A file is a drawn layout, what is done to it when, and what must come out. Anyone can add one; it is
a test from then on (``test_factories.py``, which also says what ``expect`` may hold). Keys::

    source: mechanics 12 row 21          # who says so; [?] = a rule, not a measurement
    why: One sentence.
    ground: |                            # optional, below the drawing: deposits and terrain
      oo.
      oo.
    drawing: |                           # one character a tile; "." and " " are nothing
      DD.
      DDa
      .c.
    legend:                              # entities are built in this order, then by rows
      o: {deposit: iron-ore, amount: 500}
      D: {entity: burner-mining-drill, direction: south, contents: {coal: 5}}
      c: {entity: wooden-chest}
      a: {agent: agent_0, items: {coal: 5}}
    commands:                            # optional
      - {after: 60, agent: agent_0, MINE: {target: c}, code: running}
    ticks: 730                           # how long it runs
    expect:
      - {grows: c iron-ore, in: [243, 483, 723]}

**Places.** The first character of the first row is tile (0, 0): x runs east, y south, a tile's
centre is at +0.5. Both blocks share it. The world is 64 x 64 tiles around (0, 0), or ``size: [w,
h]``. An entity of more tiles is drawn on all of them; two of one character need no gap.

**Legend.** One key says what a character is: ``entity`` (with ``direction`` = north, ``contents`` =
``{item: count}`` or ``{fuel | source | result | chest: {item: count}}``), ``deposit`` (``amount``
on each tile), ``terrain`` (water, void, land), ``pile`` (``count`` = 1), ``agent`` (``items``).
Piles and agents take ``offset: [x, y]``, 1/256 tile from the tile's centre.

**Names.** A character names what it stands for: ``D``; when there are more, ``D1``, ``D2`` ... by
rows. ``target`` and ``position`` of a command take such a name (its centre) or ``[x, y]`` in tiles.

**Commands** act when ``after`` ticks (default 0) have run, so they are part of the tick that
follows; those of the same tick in the order of the file. Either a command of an agent (a verb of
``fz_multi.commands`` with its parameters, and ``code``: the result it must have, default ``ok`` or
``running``) or an edit: ``insert: {into, item, count, inventory}``, ``remove: {from, item, count,
inventory}``, ``destroy: name``, ``build: {entity, position, direction, name}``, ``give: {agent,
item, count}``.

Mistakes in a file raise `DrawingError`, which says where and what is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from fz_multi.commands import VERBS, CommandError
from fz_multi.engine import World
from fz_multi.engine.world import Handle, WorldError
from fz_multi.prototypes import UnknownNameError

KEYS = {
    "source": str, "why": str, "ground": str, "drawing": str, "legend": dict, "size": list,
    "commands": list, "ticks": int, "expect": list,
}  # fmt: skip
NEEDED = ("source", "why", "drawing", "legend", "ticks", "expect")
KINDS = {
    "entity": ("direction", "contents"),
    "deposit": ("amount",),
    "terrain": (),
    "pile": ("count", "offset"),
    "agent": ("items", "offset"),
}
BELOW = ("deposit", "terrain")  # what the ground block may hold
EDITS = {
    "insert": ("into", "item", "count", "inventory"),
    "remove": ("from", "item", "count", "inventory"),
    "destroy": None,  # takes a name alone
    "build": ("entity", "position", "direction", "name"),
    "give": ("agent", "item", "count"),
}
INVENTORIES = ("fuel", "source", "result", "chest")
EMPTY = ". "


class DrawingError(ValueError):
    """A file that cannot be read as a factory: where, what was wrong, what is allowed."""


@dataclass
class Factory:
    """One file, checked for its form. ``build`` makes the world, ``act`` carries commands out."""

    name: str
    source: str
    why: str
    drawing: list[str]
    legend: dict[str, dict[str, Any]]
    ticks: int
    expect: list[dict[str, Any]]
    ground: list[str] = field(default_factory=list)
    size: tuple[int, int] = (64, 64)
    commands: list[dict[str, Any]] = field(default_factory=list)

    def build(self) -> Built:
        """The world as drawn, at tick 0. Raises DrawingError when something cannot stand there."""
        built = Built(World(*self.size), self)
        try:
            for block, kinds in ((self.ground, BELOW), (self.drawing, tuple(KINDS))):
                for char, entry in self.legend.items():
                    kind = kind_of(entry)
                    tiles = [t for t in tiles_of(block, char) if kind in kinds]
                    if kind == "entity":
                        tiles = corners(self, built.world, char, entry, tiles)
                    for number, tile in enumerate(tiles, 1):
                        many = len(tiles) > 1
                        built.put(f"{char}{number}" if many else char, char, entry, kind, tile)
        except (WorldError, UnknownNameError) as error:
            raise DrawingError(f"{self.name}: {error}") from None
        return built


@dataclass
class Built:
    """A factory that stands: its world, and what the names of the drawing mean."""

    world: World
    factory: Factory
    handles: dict[str, Handle] = field(default_factory=dict)
    points: dict[str, tuple[float, float]] = field(default_factory=dict)
    tiles: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def put(
        self, name: str, char: str, entry: dict[str, Any], kind: str, tile: tuple[int, int]
    ) -> None:
        world = self.world
        x, y = tile[0] + 0.5, tile[1] + 0.5
        dx, dy = entry.get("offset", (0, 0))
        at = (x + dx / 256, y + dy / 256)
        self.tiles.setdefault(char, []).append((x, y))
        if kind == "deposit":
            world.create_resource(entry["deposit"], (x, y), entry.get("amount", 1000))
        elif kind == "terrain":
            world.set_terrain((x, y), entry["terrain"])
        elif kind == "pile":
            world.create_ground_item(entry["pile"], at, entry.get("count", 1))
        elif kind == "agent":
            world.create_character(entry["agent"], at)
            for item, count in entry.get("items", {}).items():
                self.all_fit(f"{entry['agent']} takes", world.give(entry["agent"], item, count),
                             item, count)  # fmt: skip
        else:
            self.entity(name, entry, (x, y))
            return
        self.points[name] = at

    def entity(self, name: str, entry: dict[str, Any], where: tuple[float, float]) -> None:
        handle = self.world.create_entity(entry["entity"], where, entry.get("direction", "north"))
        self.handles[name] = handle
        self.points[name] = self.world.entity(handle)["position"]
        for key, value in entry.get("contents", {}).items():
            inside = value if isinstance(value, dict) else {key: value}
            for item, count in inside.items():
                into = key if isinstance(value, dict) else None
                done = self.world.insert(handle, item, count, into)
                self.all_fit(f"{name} takes", done, item, count)

    def all_fit(self, what: str, done: int, item: str, count: int) -> None:
        if done != count:
            raise DrawingError(f"{self.factory.name}: {what} {done} {item}, not {count}")

    def handle(self, name: str) -> Handle:
        """The entity of a name."""
        if name not in self.handles:
            raise DrawingError(
                f"{self.factory.name}: {name!r} names no entity; there are: "
                f"{', '.join(self.handles) or 'none'}"
            )
        return self.handles[name]

    def point(self, where: Any) -> Any:
        """A position in tiles: of a name, or as it is given."""
        if not isinstance(where, str):
            return where
        if where not in self.points:
            raise DrawingError(
                f"{self.factory.name}: {where!r} names nothing drawn; there are: "
                f"{', '.join(self.points)}"
            )
        return self.points[where]

    # -- commands ----------------------------------------------------------------------------------
    def act(self, entry: dict[str, Any]) -> None:
        """Carry one entry of ``commands`` out."""
        rest = {key: value for key, value in entry.items() if key != "after"}
        try:
            if "agent" in rest:
                self.command(rest)
            else:
                ((what, how),) = rest.items()
                getattr(self, f"_{what}")(how)
        except (WorldError, UnknownNameError, CommandError) as error:
            raise DrawingError(f"{self.factory.name}: commands: {error}") from None

    def command(self, entry: dict[str, Any]) -> None:
        verb = next(key for key in entry if key in VERBS)
        result = self.world.command(entry["agent"], self.order(verb, entry[verb] or {}))
        wanted = [entry["code"]] if "code" in entry else ["ok", "running"]
        assert result["code"] in wanted, f"{entry}: {result}"

    def order(self, verb: str, params: dict[str, Any]) -> dict[str, Any]:
        params = {
            key: self.point(value) if key in ("target", "position") else value
            for key, value in params.items()
        }
        if verb == "COMPOUND":
            params["commands"] = [
                self.order(*next(iter(part.items()))) for part in params["commands"]
            ]
        return {"type": verb, "params": params}

    def _insert(self, how: dict[str, Any]) -> None:
        done = self.world.insert(
            self.handle(how["into"]), how["item"], how.get("count", 1), how.get("inventory")
        )
        self.all_fit(f"insert into {how['into']}:", done, how["item"], how.get("count", 1))

    def _remove(self, how: dict[str, Any]) -> None:
        done = self.world.remove(
            self.handle(how["from"]), how["item"], how.get("count", 1),
            how.get("inventory", "result"),
        )  # fmt: skip
        self.all_fit(f"remove from {how['from']}:", done, how["item"], how.get("count", 1))

    def _destroy(self, name: str) -> None:
        self.world.remove_entity(self.handle(name))

    def _build(self, how: dict[str, Any]) -> None:
        self.entity(how["name"], how, self.point(how["position"]))

    def _give(self, how: dict[str, Any]) -> None:
        done = self.world.give(how["agent"], how["item"], how.get("count", 1))
        self.all_fit("give:", done, how["item"], how.get("count", 1))


# -- reading ---------------------------------------------------------------------------------------
def load(path: Path) -> Factory:
    """Read a file. Raises DrawingError when its form is wrong."""
    with path.open(encoding="utf-8") as file:
        try:
            data = yaml.safe_load(file)
        except yaml.YAMLError as error:
            raise DrawingError(f"{path.name}: no YAML: {error}") from None
    return read(data, path.stem)


def read(data: Any, name: str) -> Factory:
    """Check the form of a file's data."""

    def require(true: Any, text: str) -> None:
        if not true:
            raise DrawingError(f"{name}: {text}")

    require(isinstance(data, dict), "a file is a mapping with the keys " + ", ".join(KEYS))
    for key, value in data.items():
        require(key in KEYS, f"unknown key {key!r}; allowed: {', '.join(KEYS)}")
        wanted = KEYS[key]
        require(
            isinstance(value, wanted), f"{key} is a {wanted.__name__}, got {type(value).__name__}"
        )
    for key in NEEDED:
        require(key in data, f"{key} is missing")
    require(data["expect"], "expect is empty: nothing is tested")
    require(data["ticks"] >= 0, f"ticks is 0 or more, got {data['ticks']}")
    legend = {str(char): entry for char, entry in data["legend"].items()}
    for char, entry in legend.items():
        require(len(char) == 1 and char not in EMPTY, f"legend: {char!r} is not one character")
        _check_entry(entry, f"{name}: legend {char!r}")
    blocks = {key: data.get(key, "").splitlines() for key in ("drawing", "ground")}
    for key, rows in blocks.items():
        for y, row in enumerate(rows):
            for x, char in enumerate(row):
                if char in EMPTY:
                    continue
                where = f"{key}: row {y}, column {x}: {char!r}"
                require(char in legend, f"{where} is not in the legend: {', '.join(legend)}")
                kind = kind_of(legend[char])
                require(
                    key == "drawing" or kind in BELOW,
                    f"{where} is a {kind}; the ground holds {' and '.join(BELOW)} alone",
                )
    drawn = {char for rows in blocks.values() for row in rows for char in row}
    for char in legend:
        require(char in drawn, f"legend: {char!r} is not drawn")
    for index, entry in enumerate(data.get("commands", [])):
        _check_command(entry, f"{name}: commands[{index}]", data["ticks"])
    return Factory(name, **{**data, **blocks, "legend": legend})


def kind_of(entry: dict[str, Any]) -> str:
    return next(kind for kind in KINDS if kind in entry)


def _check_entry(entry: Any, where: str) -> None:
    kinds = [kind for kind in KINDS if kind in entry] if isinstance(entry, dict) else []
    if len(kinds) != 1:
        raise DrawingError(f"{where} has one of the keys {', '.join(KINDS)}, got {entry!r}")
    allowed = (kinds[0], *KINDS[kinds[0]])
    for key in entry:
        if key not in allowed:
            raise DrawingError(f"{where}: unknown key {key!r}; allowed: {', '.join(allowed)}")


def _check_command(entry: Any, where: str, ticks: int) -> None:
    if not isinstance(entry, dict):
        raise DrawingError(f"{where} is a mapping, got {entry!r}")
    after = entry.get("after", 0)
    if not isinstance(after, int) or not 0 <= after <= ticks:
        raise DrawingError(f"{where}: after is from 0 to {ticks} ticks, got {after!r}")
    rest = [key for key in entry if key not in ("after", "agent", "code")]
    allowed = VERBS if "agent" in entry else EDITS
    if len(rest) != 1 or rest[0] not in allowed or ("code" in entry and "agent" not in entry):
        raise DrawingError(f"{where} is one of {', '.join(allowed)}, got {', '.join(rest)}")
    fields = EDITS.get(rest[0])
    for key in entry[rest[0]] if fields else ():
        if key not in fields:
            raise DrawingError(f"{where}: unknown key {key!r}; allowed: {', '.join(fields)}")


def tiles_of(block: list[str], char: str) -> list[tuple[int, int]]:
    """Tiles of a character, by rows."""
    return [(x, y) for y, row in enumerate(block) for x, c in enumerate(row) if c == char]


def corners(
    factory: Factory, world: World, char: str, entry: dict[str, Any], tiles: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """For each entity drawn with a character: the tile that `World.create_entity` snaps from."""
    proto = world.prototypes.entities[entry["entity"]]
    wide, high = proto.tile_width, proto.tile_height
    if entry.get("direction") in ("east", "west"):
        wide, high = high, wide
    left, out = set(tiles), []
    for x, y in tiles:
        if (x, y) not in left:
            continue
        footprint = {(x + dx, y + dy) for dx in range(wide) for dy in range(high)}
        if not footprint <= left:
            raise DrawingError(
                f"{factory.name}: drawing: {entry['entity']} at row {y}, column {x} needs "
                f"{wide} x {high} tiles of {char!r}"
            )
        left -= footprint
        out.append((x + (wide - 1) // 2, y + (high - 1) // 2))
    return out
