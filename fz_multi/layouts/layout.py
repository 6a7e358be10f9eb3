"""`Layout`: a drawn factory, checked for its form, and `Built`: the same standing in a world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from fz_multi.engine.world import Handle, World, WorldError
from fz_multi.prototypes import UnknownNameError

from . import form
from .errors import LayoutError, Unusable, short
from .legend import BELOW, STATE, Entry, check_keys, kind_of

Tile = tuple[int, int]
Point = tuple[float, float]
MANY = 20  # so many things that cannot be used does an error name
REFUSALS = (WorldError, UnknownNameError)


class Thing(NamedTuple):
    """One thing of a drawing: what it is and the point that stands for it."""

    name: str
    char: str
    entry: Entry
    at: Point  # tiles; of an entity: a point that `World.create_entity` snaps to its centre


def from_text(text: str | Mapping[str, Any], name: str = "layout") -> Layout:
    """Read a layout: YAML text, a bare drawing, or the mapping that YAML would give.

    ``name`` stands at the head of messages. Raises `LayoutError` when the form is wrong.
    """
    if isinstance(text, str):
        text = form.parse(text, name)
    elif not isinstance(text, Mapping):
        raise LayoutError(f"{name}: a layout is text or a mapping, got {short(text)}")
    return Layout(**form.check(text, name))


@dataclass(frozen=True)
class Layout:
    """A drawing and what its characters mean (the form is described in `fz_multi.layouts`)."""

    name: str
    drawing: tuple[str, ...]
    ground: tuple[str, ...]
    legend: Mapping[str, Entry]
    size: tuple[int, int] | None = None
    origin: Tile = (0, 0)
    order: tuple[str, ...] = ()
    state: Mapping[str, Any] = field(default_factory=dict)

    def build(self, *, strict: bool = True, **options: Any) -> Built:
        """The world as drawn, at tick 0.

        ``options`` are those of `World`: version, seed, unlocked, capacities. What the world
        refuses is left out and listed in ``Built.unusable``; with ``strict`` it raises
        `LayoutError` with that list.
        """
        try:
            world = World(*(self.size or self.fitting_size()), **options)
        except REFUSALS as error:
            raise LayoutError(f"{self.name}: {error}") from None
        built = Built(world, self.name)
        things = self._things(built)
        for thing in things:
            built.put(thing)
        for thing in things:
            if "lanes" in thing.entry:
                built.fill_lanes(thing)
        if strict and built.unusable:
            listed = "\n  ".join(map(str, built.unusable[:MANY]))
            more = len(built.unusable) - MANY
            end = f"\n  and {more} more" if more > 0 else ""
            raise LayoutError(f"{self.name}: cannot be used:\n  {listed}{end}")
        return built

    def fitting_size(self) -> tuple[int, int]:
        """64 x 64 tiles, or as many more as the drawing reaches over them."""
        wide = max((len(row) for block in (self.ground, self.drawing) for row in block), default=0)
        high = max(len(self.ground), len(self.drawing))
        x, y = self.origin
        return max(64, -2 * x, 2 * (x + wide)), max(64, -2 * y, 2 * (y + high))

    def tiles(self, char: str) -> list[Tile]:
        """Tiles of a character, by rows; those of the ground first."""
        ox, oy = self.origin
        return [
            (ox + x, oy + y)
            for block in (self.ground, self.drawing)
            for y, row in enumerate(block)
            for x, c in enumerate(row)
            if c == char
        ]

    # -- things ------------------------------------------------------------------------------------
    def _things(self, built: Built) -> list[Thing]:
        """Everything in the order of building: the ground, agents, then ``order``, then the rest.

        Agents come first since a building may stand so near that it touches one, but nobody can be
        put where he touches a building.
        """
        things = [thing for char in self.legend for thing in self._of_char(char, built)]
        names = {thing.name: place for place, thing in enumerate(things)}
        for key, named in (("order", self.order), ("state", self.state)):
            for name in named:
                if name not in names:
                    raise LayoutError(
                        f"{self.name}: {key}: {short(name)} names nothing drawn; there are: "
                        f"{_some(names)}"
                    )
        for name, more in self.state.items():
            thing = things[names[name]]
            where = f"{self.name}: state: {name}"
            checked = check_keys(more, STATE[kind_of(thing.entry)], where)
            things[names[name]] = thing._replace(entry={**thing.entry, **checked})
        first = {name: rank for rank, name in enumerate(self.order)}
        if len(first) != len(self.order):
            twice = next(name for name in self.order if self.order.count(name) > 1)
            raise LayoutError(f"{self.name}: order: {twice!r} is there twice")
        things.sort(
            key=lambda thing: (
                0 if kind_of(thing.entry) in BELOW else 1 + ("agent" not in thing.entry),
                first.get(thing.name, len(first)),
                names[thing.name],
            )
        )
        return things

    def _of_char(self, char: str, built: Built) -> Iterator[Thing]:
        entry = self.legend[char]
        tiles = self.tiles(char)
        built.tiles[char] = [_centre(tile) for tile in tiles]
        if "entity" in entry:
            try:
                tiles = self._corners(char, entry, tiles, built.world)
            except UnknownNameError as error:
                built.refuse(entry["entity"], _centre(tiles[0]), str(error))
                return
        dx, dy = entry.get("offset", (0, 0))
        points = [(x + 0.5 + dx / 256, y + 0.5 + dy / 256) for x, y in tiles]
        points += [tuple(point) for point in entry.get("at", ())]
        amounts = entry.get("amount")
        if isinstance(amounts, list | tuple) and len(amounts) != len(points):
            raise LayoutError(
                f"{self.name}: legend {char!r}: amount has {len(amounts)} numbers for "
                f"{len(points)} tiles"
            )
        for number, point in enumerate(points):
            name = f"{char}{number + 1}" if len(points) > 1 else char
            if isinstance(amounts, list | tuple):
                entry = {**entry, "amount": amounts[number]}
            yield Thing(name, char, entry, point)

    def _corners(self, char: str, entry: Entry, tiles: list[Tile], world: World) -> list[Tile]:
        """For each entity drawn with a character: the tile that `World.create_entity` snaps."""
        proto = world.prototypes.entities[entry["entity"]]
        wide, high = max(1, proto.tile_width), max(1, proto.tile_height)
        turned = entry.get("direction") in ("east", "west", 4, 12)
        if turned and world.batch.prototypes.kinds[proto.id].rotates:
            wide, high = high, wide
        left, out = set(tiles), []
        for x, y in tiles:
            if (x, y) not in left:
                continue
            footprint = {(x + dx, y + dy) for dx in range(wide) for dy in range(high)}
            if not footprint <= left:
                raise LayoutError(
                    f"{self.name}: drawing: {proto.name} at row {y - self.origin[1]}, column "
                    f"{x - self.origin[0]} needs {wide} x {high} tiles of {char!r}"
                )
            left -= footprint
            out.append((x + (wide - 1) // 2, y + (high - 1) // 2))
        return out


@dataclass
class Built:
    """A layout that stands: its world, and what its names mean there."""

    world: World
    name: str = "layout"
    handles: dict[str, Handle] = field(default_factory=dict)
    points: dict[str, Point] = field(default_factory=dict)  # centres, in tiles
    tiles: dict[str, list[Point]] = field(default_factory=dict)  # drawn with a character
    unusable: list[Unusable] = field(default_factory=list)
    offset: Tile = (0, 0)  # what was added to the source's positions (blueprints)

    def handle(self, name: str) -> Handle:
        """The entity of a name. Raises LayoutError for another name."""
        if name not in self.handles:
            raise LayoutError(
                f"{self.name}: {short(name)} names no entity; there are: {_some(self.handles)}"
            )
        return self.handles[name]

    def point(self, where: Any) -> Any:
        """A position in tiles: of a name, or as it is given."""
        if not isinstance(where, str):
            return where
        if where not in self.points:
            raise LayoutError(
                f"{self.name}: {short(where)} names nothing drawn; there are: {_some(self.points)}"
            )
        return self.points[where]

    def refuse(self, name: str, where: Point, why: str) -> None:
        """Put something on the list of what cannot be used."""
        self.unusable.append(Unusable(name, where, why))

    def put(self, thing: Thing) -> None:
        """Build one thing, or list it as unusable."""
        entry, kind = thing.entry, kind_of(thing.entry)
        try:
            if kind == "entity":
                self.add_entity(thing.name, entry, thing.at)
                return
            self._put_other(kind, entry, thing.at)
            self.points[thing.name] = thing.at
        except REFUSALS as error:
            self.refuse(entry[kind], thing.at, str(error))
        except LayoutError as error:
            self.refuse(entry[kind], thing.at, f"{thing.name} {error}")

    def _put_other(self, kind: str, entry: Entry, at: Point) -> None:
        world = self.world
        if kind == "deposit":
            world.create_resource(entry["deposit"], at, entry.get("amount", 1000))
        elif kind == "terrain":
            world.set_terrain(at, entry["terrain"])
        elif kind == "pile":
            world.create_ground_item(entry["pile"], at, entry.get("count", 1))
        else:
            world.create_character(entry["agent"], at, entry.get("team", 0))
            for item, count in entry.get("items", {}).items():
                all_fit("takes", world.give(entry["agent"], item, count), item, count)

    def add_entity(self, name: str, entry: Entry, where: Any) -> Handle:
        """Build an entity of an entry with its contents (`fill_lanes` comes later).

        Raises what `World` raises, and LayoutError when the contents do not fit.
        """
        world = self.world
        # A drill needs a deposit to be built; this one has taken what there was.
        bare = entry.get("used_up", False) and not self._deposit(where)
        if bare:
            world.create_resource("stone", where, 1)
        try:
            handle = world.create_entity(entry["entity"], where, entry.get("direction", "north"))
        finally:
            if bare:
                world.remove_resource(where)
        self.handles[name] = handle
        self.points[name] = world.entity(handle)["position"]
        for key, value in entry.get("contents", {}).items():
            inside = value if isinstance(value, Mapping) else {key: value}
            for item, count in inside.items():
                into = key if isinstance(value, Mapping) else None
                all_fit("takes", world.insert(handle, item, count, into), item, count)
        return handle

    def _deposit(self, where: Point) -> bool:
        tile = self.world.batch.full.tile[0, self.world._tile(where)]
        return bool(tile.resource)

    def fill_lanes(self, thing: Thing) -> None:
        """Put the items of a belt on it: its shape is known only when its neighbours stand."""
        if thing.name not in self.handles:
            return
        try:
            for lane, spots in enumerate(thing.entry["lanes"], 1):
                for item, position in spots:
                    # Items that were squeezed together are drawn so; they part by themselves.
                    belt = self.handles[thing.name]
                    self.world.put_on_belt(belt, lane, position, item, squeezed=True)
        except REFUSALS as error:
            self.refuse(thing.entry["entity"], self.points[thing.name], f"{thing.name}: {error}")


def all_fit(what: str, done: int, item: str, count: int) -> None:
    """LayoutError when fewer items went in than the drawing says."""
    if done != count:
        raise LayoutError(f"{what} {done} {item}, not {count}")


def _centre(tile: Tile) -> Point:
    return tile[0] + 0.5, tile[1] + 0.5


def _some(names: Mapping[str, Any]) -> str:
    listed = list(names)
    return ", ".join(listed[:MANY]) + (" ..." if len(listed) > MANY else "") or "none"
