"""Factorio blueprint strings: read into a `Blueprint`, build as a World, write from a World.

Directions: the ``version`` field says how they are counted. Before 2.0 a turn had 8 directions
(north 0, east 2, south 4, west 6), since then 16 (0, 4, 8, 12). A string without the field is read
as one from before 2.0, and the list of what cannot be used says so. An inserter's direction is in
both the side that it takes from.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fz_multi.engine.proto_tables import is_modelled
from fz_multi.engine.world import Handle, World, WorldError
from fz_multi.prototypes import UnknownNameError, load

from . import codec
from .errors import BlueprintError, LayoutError, Unusable, short
from .layout import REFUSALS, Built, Point
from .legend import is_pair, is_whole

MAX_SIDE = 1024  # tiles; a world has a row for each tile
MARGIN = 8
AMOUNT = 1000  # of each tile of a deposit
MAX_POSITION = 1 << 20  # tiles; the game's maps end there
PLANNERS = ("upgrade_planner", "deconstruction_planner")

# Keys of an entity that are carried over; every other one is listed once.
CARRIED = ("entity_number", "name", "position", "direction")
CIRCUIT = "circuit wires and conditions are not modelled yet"
WHY = {
    "items": "requests for modules and fuel are not carried over",
    "filters": "filters are not modelled yet",
    "filter": "filters are not modelled yet",
    "filter_mode": "filters are not modelled yet",
    "use_filters": "filters are not modelled yet",
    "request_filters": "logistic requests are not modelled yet",
    "recipe": "recipes of machines are not modelled yet",
    "recipe_quality": "quality belongs to an expansion",
    "quality": "quality belongs to an expansion",
    "control_behavior": CIRCUIT,
    "connections": CIRCUIT,
    "neighbours": "wires between poles are not modelled yet",
    "bar": "limits of chests are not modelled yet",
    "inventory": "limits of inventories are not modelled yet",
    "override_stack_size": "stack sizes of inserters are not modelled yet",
    "tiles": "tiles are not laid",
    "wires": CIRCUIT,
    "schedules": "trains are not modelled",
    "stock_connections": "trains are not modelled",
    "parameters": "parameters stay as they are",
    "snap-to-grid": "it is built once, around (0, 0)",
    "absolute-snapping": "it is built once, around (0, 0)",
    "position-relative-to-grid": "it is built once, around (0, 0)",
}
NOT_LISTED = ("item", "label", "label_color", "description", "icons", "version", "entities")


@dataclass(frozen=True)
class Part:
    """One entity of a blueprint; ``direction`` in sixteenths of a turn."""

    number: int
    name: str
    position: Point
    direction: int


@dataclass(frozen=True)
class Blueprint:
    """A blueprint, checked for its form; entities in the order of their numbers."""

    label: str
    version: tuple[int, int, int]  # of the game that wrote it; (0, 0, 0) = it does not say
    parts: tuple[Part, ...]
    ignored: tuple[Unusable, ...] = ()  # settings that no world carries

    def build(
        self,
        *,
        deposits: Mapping[str | int, str] | None = None,
        amount: int = AMOUNT,
        size: tuple[int, int] | None = None,
        margin: int = MARGIN,
        **options: Any,
    ) -> Built:
        """A world of land with the blueprint in its middle, built in the order of the numbers.

        ``deposits``: what drills stand on, by the name of the drill or the number of the entity,
        ``amount`` on each tile; a drill without one is unusable. ``size``: tiles, instead of the
        blueprint's own and ``margin`` on each side. ``options`` are those of `World`.
        ``Built.handles`` has the numbers as text; ``Built.offset`` was added to all positions.
        Raises LayoutError for options that are wrong, and for a blueprint wider than 1024 tiles.
        """
        left, top, wide, high = self._extent()
        if not is_whole(margin) or margin < 0:
            raise LayoutError(f"margin is a whole number of tiles from 0, got {short(margin)}")
        if not is_whole(amount) or not 0 < amount < 1 << 31:
            raise LayoutError(
                f"amount is a whole number from 1 to {2**31 - 1}, got {short(amount)}"
            )
        if size is None:
            if max(wide, high) > MAX_SIDE:
                raise LayoutError(
                    f"the blueprint spans {wide} x {high} tiles; {MAX_SIDE} a side are allowed"
                )
            size = wide + 2 * margin, high + 2 * margin
        elif not is_pair(size):
            raise LayoutError(f"size is (width, height) in tiles, got {short(size)}")
        try:
            world = World(*size, **options)
            ores = self._ores(deposits, world)
        except REFUSALS as error:
            raise LayoutError(str(error)) from None
        built = Built(world, self.label or "blueprint", unusable=list(self.ignored))
        built.offset = -(wide // 2) - left, -(high // 2) - top
        for part in self.parts:
            _build(part, built, ores.get(part.number, ores.get(part.name)), amount)
        return built

    def _ores(self, deposits: Any, world: World) -> Mapping[str | int, str]:
        """The deposits asked for, checked: names of drills or numbers to names of resources."""
        if deposits is None:
            return {}
        if not isinstance(deposits, Mapping):
            raise LayoutError(
                f"deposits is a mapping such as {{'burner-mining-drill': 'iron-ore'}}, "
                f"got {short(deposits)}"
            )
        entities, numbers = world.prototypes.entities, {part.number for part in self.parts}
        for key, ore in deposits.items():
            drill = isinstance(key, str) and entities[key].type == "mining-drill"
            if not drill and not (is_whole(key) and key in numbers):
                raise LayoutError(
                    f"deposits: {short(key)} is neither a drill's name nor an entity_number"
                )
            if not isinstance(ore, str) or entities[ore].type != "resource":
                raise LayoutError(f"deposits: {short(ore)} is no resource")
        return deposits

    def _extent(self) -> tuple[int, int, int, int]:
        """Left and top tile, width and height of all footprints that the engine models."""
        known = load().entities
        spans = []
        for part in self.parts:
            if part.name in known and is_modelled(known[part.name]):
                proto = known[part.name]
                reach = max(1, proto.tile_width, proto.tile_height) / 2
                spans.append([c + s * reach for s in (-1, 1) for c in part.position])
        if not spans:
            return 0, 0, 1, 1
        left, top = (math.floor(min(span[axis] for span in spans)) for axis in (0, 1))
        right, bottom = (math.ceil(max(span[axis] for span in spans)) for axis in (2, 3))
        return left, top, right - left, bottom - top


def _build(part: Part, built: Built, ore: str | None, amount: int) -> None:
    """Build one entity, or list it as unusable with its position in the blueprint."""
    world = built.world
    try:
        proto = world.prototypes.entities[part.name]
    except UnknownNameError as error:
        built.refuse(part.name, part.position, f"{error} (a mod, or another version of the game)")
        return
    if not is_modelled(proto):
        built.refuse(part.name, part.position, "not modelled yet")
        return
    if part.direction % 4 and world.batch.prototypes.kinds[proto.id].rotates:
        built.refuse(part.name, part.position, f"direction {part.direction} of 16 is diagonal")
        return
    where = part.position[0] + built.offset[0], part.position[1] + built.offset[1]
    laid: list[Point] = []
    try:
        if proto.type == "mining-drill":
            if ore is None:
                raise WorldError(f"needs a deposit, such as deposits={{{part.name!r}: 'iron-ore'}}")
            for tile in _footprint(where, proto.tile_width, proto.tile_height):
                if world.find(tile) is None:  # else the drill is refused, and the other one stays
                    world.create_resource(ore, tile, amount)
                    laid.append(tile)
        handle = world.create_entity(part.name, where, part.direction // 4 * 4)
    except REFUSALS as error:
        for tile in laid:
            world.remove_resource(tile)
        built.refuse(part.name, part.position, str(error))
        return
    built.handles[str(part.number)] = handle
    built.points[str(part.number)] = world.entity(handle)["position"]


def _footprint(where: Point, wide: int, high: int) -> list[Point]:
    """Centres of the tiles of an entity that `World.create_entity` builds at a point."""
    (x, y), sizes = where, (wide, high)
    west, north = (
        math.floor(at + 0.5 if size % 2 == 0 else at) - size // 2
        for at, size in zip((x, y), sizes, strict=True)
    )
    return [(west + dx + 0.5, north + dy + 0.5) for dy in range(high) for dx in range(wide)]


# -- reading ---------------------------------------------------------------------------------------
def from_blueprint(string: str, index: int | None = None) -> Blueprint:
    """Read a blueprint string.

    ``index``: which blueprint of a book, from 0, those of books within it included; the first by
    default. Raises `BlueprintError` when the string or what is in it has another form.
    """
    return read(codec.decode(string), index)


def read(data: Any, index: int | None = None) -> Blueprint:
    """The blueprint in decoded data, as `from_blueprint`."""
    found = list(_blueprints(data, "", 0))
    if not found:
        raise BlueprintError("the blueprint book is empty")
    if index is not None and (not is_whole(index) or not 0 <= index < len(found)):
        listed = ", ".join(f"{i} {_label(raw)!r}" for i, (raw, _) in enumerate(found[:20]))
        raise BlueprintError(
            f"index is from 0 to {len(found) - 1}, got {short(index)}; there are: {listed}"
        )
    raw, where = found[index or 0]
    ignored = []
    if len(found) > 1:
        ignored.append(
            Unusable("blueprint_book", None, "other blueprints of the book", len(found) - 1)
        )
    return _Reader(raw, where, ignored).blueprint()


def _blueprints(data: Any, where: str, depth: int) -> Iterator[tuple[dict[str, Any], str]]:
    """Each blueprint of a book, in the order of its slots, and where it stands."""
    if not isinstance(data, Mapping):
        raise BlueprintError(f"{where or 'the data'} is an object, got {short(data)}")
    if depth > 50:
        raise BlueprintError("blueprint books are nested too deeply")
    if "blueprint" in data:
        raw = data["blueprint"]
        if not isinstance(raw, dict):
            raise BlueprintError(f"{where}blueprint is an object, got {short(raw)}")
        yield raw, f"{where}blueprint"
    elif "blueprint_book" in data:
        book = data["blueprint_book"]
        pages = book.get("blueprints", []) if isinstance(book, dict) else None
        if not isinstance(pages, list):
            raise BlueprintError(f"{where}blueprint_book has a list of blueprints")
        for number, page in enumerate(pages):
            yield from _blueprints(page, f"{where}blueprint_book.blueprints[{number}].", depth + 1)
    elif depth == 0 or not any(key in data for key in PLANNERS):
        got = ", ".join(map(str, list(data)[:5])) or "nothing"
        raise BlueprintError(
            f"{where or 'the string'} holds a blueprint or a blueprint_book, got {short(got)}"
        )


def _label(raw: Mapping[str, Any]) -> str:
    label = raw.get("label", "")
    return label[:40] if isinstance(label, str) else ""


@dataclass
class _Reader:
    """Checks one blueprint; ``where`` stands at the head of messages."""

    raw: dict[str, Any]
    where: str
    ignored: list[Unusable] = field(default_factory=list)

    def blueprint(self) -> Blueprint:
        version = self._version()
        steps = 1 if version >= (2, 0, 0) else 2  # sixteenths a direction
        entities = self._list("entities")
        parts: dict[int, Part] = {}
        settings: dict[str, int] = {}
        for place, entity in enumerate(entities):
            part = self._part(entity, f"{self.where}.entities[{place}]", steps)
            if part.number in parts:
                raise BlueprintError(
                    f"{self.where}.entities[{place}].entity_number {part.number} is there twice"
                )
            parts[part.number] = part
            for key, value in entity.items():
                if key not in CARRIED and _says_something(key, value):
                    settings[key] = settings.get(key, 0) + 1
        if version == (0, 0, 0) and parts:
            why = "it is missing: directions are read as those of 1.x"
            self.ignored.append(Unusable("version", None, why))
        for key, count in settings.items():
            self.ignored.append(Unusable(key, None, WHY.get(key, "not known here"), count))
        for key, value in self.raw.items():
            if key not in NOT_LISTED and _says_something(key, value):
                count = len(value) if isinstance(value, list) else 1
                self.ignored.append(Unusable(key, None, WHY.get(key, "not known here"), count))
        return Blueprint(
            label=_label(self.raw),
            version=version,
            parts=tuple(parts[number] for number in sorted(parts)),
            ignored=tuple(self.ignored),
        )

    def _version(self) -> tuple[int, int, int]:
        raw = self.raw.get("version", 0)
        if not is_whole(raw) or not 0 <= raw < 1 << 64:
            raise BlueprintError(f"{self.where}.version is a 64 bit number, got {short(raw)}")
        return raw >> 48, raw >> 32 & 0xFFFF, raw >> 16 & 0xFFFF

    def _list(self, key: str) -> list[Any]:
        raw = self.raw.get(key, [])
        if raw == {}:  # what Lua writes for an empty list
            return []
        if not isinstance(raw, list):
            raise BlueprintError(f"{self.where}.{key} is a list, got {short(raw)}")
        return raw

    def _part(self, raw: Any, where: str, steps: int) -> Part:
        if not isinstance(raw, dict):
            raise BlueprintError(f"{where} is an object, got {short(raw)}")
        number: Any = raw.get("entity_number")
        name = raw.get("name")
        if not is_whole(number) or not 0 < number < 1 << 63:
            raise BlueprintError(
                f"{where}.entity_number is a whole number from 1, got {short(number)}"
            )
        if not isinstance(name, str) or not name:
            raise BlueprintError(f"{where}.name is the name of an entity, got {short(name)}")
        point = raw.get("position")
        if not isinstance(point, dict) or not {"x", "y"} <= point.keys():
            raise BlueprintError(
                f'{where}.position is {{"x": ..., "y": ...}} in tiles, got {short(point)}'
            )
        x, y = (_number(point[axis], f"{where}.position.{axis}") for axis in "xy")
        most = 16 // steps - 1
        turn = raw.get("direction", 0)
        if isinstance(turn, float) and turn.is_integer():
            turn = int(turn)
        if not is_whole(turn) or not 0 <= turn <= most:
            raise BlueprintError(
                f"{where}.direction is a whole number from 0 to {most} (version "
                f"{self._version()[0]}.{self._version()[1]}), got {short(turn)}"
            )
        return Part(number, name, (x, y), turn * steps)


def _says_something(key: str, value: Any) -> bool:
    """Whether a setting differs from the one that everything has."""
    return not (value in (None, [], {}, "") or (key == "quality" and value == "normal"))


def _number(raw: Any, where: str) -> float:
    good = isinstance(raw, int | float) and not isinstance(raw, bool)
    if not good or not -MAX_POSITION <= raw <= MAX_POSITION:  # NaN is not, either
        raise BlueprintError(
            f"{where} is a number of tiles within +-{MAX_POSITION}, got {short(raw)}"
        )
    return float(raw)


# -- writing ---------------------------------------------------------------------------------------
def to_blueprint(world: World, label: str = "") -> str:
    """The blueprint string of what people can build of a world, in the order of building.

    It carries names, positions and directions; not trees, rocks, deposits and terrain, nor what
    entities hold. Its format is that of 2.0.
    """
    if not isinstance(label, str):
        raise BlueprintError(f"a label is a string, got {short(label)}")
    entities: list[dict[str, Any]] = []
    for handle in world.handles():
        found = _entity(world, handle)
        if found is not None:
            entities.append({"entity_number": len(entities) + 1, **found})
    major, minor, patch = map(int, world.prototypes.version.split("."))
    blueprint: dict[str, Any] = {"item": "blueprint"}
    if label:
        blueprint["label"] = label
    if entities:
        item = world.prototypes.entities[entities[0]["name"]].placed_by
        icon = {"signal": {"type": "item", "name": item}, "index": 1}
        blueprint |= {"icons": [icon], "entities": entities}
    blueprint["version"] = major << 48 | minor << 32 | patch << 16
    return codec.encode({"blueprint": blueprint})


def _entity(world: World, handle: Handle) -> dict[str, Any] | None:
    e = world.batch.full.entity[0, handle.row]
    name = world.prototypes.entity_name(int(e.proto))
    if not world.prototypes.entities[name].placed_by:
        return None
    found: dict[str, Any] = {
        "name": name,
        "position": {"x": int(e.x) / 256, "y": int(e.y) / 256},
    }
    if e.direction:
        found["direction"] = int(e.direction)
    return found
