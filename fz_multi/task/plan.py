"""A map's description as checked data. See `maps` for the format and `drawing` for its use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fz_multi.engine.constants import LAND, MAX_AGENTS, VOID, WATER
from fz_multi.task import checks as c
from fz_multi.task.instance import Area, EntitySpec

TERRAIN = {"land": LAND, "water": WATER, "void": VOID}
DIRECTIONS = {"north": 0, "east": 4, "south": 8, "west": 12}
MAX_SIDE = 1024
MAX_AMOUNT = 1_000_000
PLAN_KEYS = (
    "size",
    "ground",
    "turn",
    "mirror",
    "places",
    "terrain",
    "resources",
    "areas",
    "entities",
    "agents",
    "min_agents",
)

Items = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A point that the seed draws; ranges with both ends included, in tiles."""

    x: tuple[int, int]
    y: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Spot:
    """An area beside a place ("" = the origin). ``radius`` > 0: a round patch instead."""

    at: str
    area: Area
    name: str = ""  # terrain, resource or area
    radius: int = 0
    amount: tuple[int, int] = (0, 0)
    goal: bool = False


@dataclass(frozen=True, slots=True)
class Thing:
    """A starting entity, its centre relative to a place."""

    spec: EntitySpec
    at: str
    goal: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Agents that start in the same area. ``kit`` is shared out, ``each`` is for every one."""

    at: str
    spawn: Area
    kit: Items
    each: Items


@dataclass(frozen=True)
class Plan:
    """One variant of a map, checked."""

    name: str
    variant: str
    width: int
    height: int
    ground: int
    turn: bool
    mirror: bool
    places: Mapping[str, Place]
    terrain: tuple[Spot, ...]
    resources: tuple[Spot, ...]
    areas: tuple[Spot, ...]
    entities: tuple[Thing, ...]
    groups: tuple[Group, ...]
    min_agents: int = 1

    @property
    def varies(self) -> bool:
        """Whether the seed changes more than where the agents stand."""
        drawn = any(spot.radius or spot.amount[0] != spot.amount[1] for spot in self.resources)
        return bool(self.turn or self.mirror or self.places or drawn)

    def names(self) -> tuple[str, ...]:
        """Names that goals can use: areas and tags."""
        tags = (thing.spec.tag for thing in self.entities)
        return (*(spot.name for spot in self.areas), *(tag for tag in tags if tag))


# -- reading ---------------------------------------------------------------------------------------
def read_plan(raw: Mapping[str, Any], name: str, variant: str) -> Plan:
    """Check one variant of a map's file; MapError names the place."""
    c.keys(raw, PLAN_KEYS, name)
    if "size" not in raw:
        raise c.MapError(f"{name}: size is missing; it is [width, height] in tiles")
    size = c.pair(raw["size"], f"{name}: size")
    width, height = (c.whole(v, f"{name}: size", 4, MAX_SIDE) for v in size)
    turn, mirror = (_flag(raw.get(key, False), f"{name}: {key}") for key in ("turn", "mirror"))
    if turn and (width != height or width % 2):
        raise c.MapError(f"{name}: turn needs a square map with an even side, got {raw['size']}")
    if mirror and width % 2:
        raise c.MapError(f"{name}: mirror needs an even width, got {width}")
    places = {
        key: _place(value, f"{name}: places.{key}")
        for key, value in c.mapping(raw.get("places"), f"{name}: places").items()
    }
    reader = _Reader(name, places)
    areas = c.mapping(raw.get("areas"), f"{name}: areas").items()
    return Plan(
        name=name,
        variant=variant,
        width=width,
        height=height,
        ground=TERRAIN[c.choice(raw.get("ground", "land"), TERRAIN, f"{name}: ground")],
        turn=turn,
        mirror=mirror,
        places=places,
        terrain=tuple(reader.each(raw, "terrain", reader.terrain)),
        resources=tuple(reader.each(raw, "resources", reader.resource)),
        areas=tuple(reader.area(value, f"{name}: areas.{key}", key) for key, value in areas),
        entities=tuple(reader.each(raw, "entities", reader.entity)),
        groups=tuple(reader.each(raw, "agents", reader.group)) or (reader.anywhere(width, height),),
        min_agents=c.whole(raw.get("min_agents", 1), f"{name}: min_agents", 1, MAX_AGENTS),
    )


def _flag(raw: Any, where: str) -> bool:
    if not isinstance(raw, bool):
        raise c.MapError(f"{where} is true or false, got {c.short(raw)}")
    return raw


def _range(raw: Any, where: str, low: int, high: int) -> tuple[int, int]:
    """A whole number, or [low, high] with both ends included."""
    first, last = c.pair(raw, where) if isinstance(raw, list | tuple) else (raw, raw)
    ends = c.whole(first, where, low, high), c.whole(last, where, low, high)
    if ends[0] > ends[1]:
        raise c.MapError(f"{where}: the first number is not above the second, got {c.short(raw)}")
    return ends


def _place(raw: Any, where: str) -> Place:
    data = c.mapping(raw, where)
    c.keys(data, ("x", "y"), where)
    ends = [_range(data.get(axis, 0), f"{where}.{axis}", -MAX_SIDE, MAX_SIDE) for axis in "xy"]
    return Place(*ends)


class _Reader:
    """Reads the lists of a plan; knows its places."""

    def __init__(self, name: str, places: Mapping[str, Place]) -> None:
        self.name = name
        self.places = places

    def each(self, raw: Mapping[str, Any], key: str, read: Any) -> list[Any]:
        where = f"{self.name}: {key}"
        entries = enumerate(c.sequence(raw.get(key), where))
        return [read(entry, f"{where}[{index}]") for index, entry in entries]

    def at(self, data: Mapping[str, Any], where: str) -> str:
        place = data.get("at", "")
        return c.choice(place, self.places, f"{where}.at") if place else ""

    def terrain(self, raw: Any, where: str) -> Spot:
        data = c.mapping(raw, where)
        c.keys(data, ("tile", "at", "area"), where)
        tile = c.choice(data.get("tile"), TERRAIN, f"{where}.tile")
        return Spot(self.at(data, where), c.area_of(data.get("area"), f"{where}.area"), tile)

    def resource(self, raw: Any, where: str) -> Spot:
        data = c.mapping(raw, where)
        c.keys(data, ("name", "at", "area", "radius", "amount"), where)
        if ("area" in data) == ("radius" in data):
            raise c.MapError(f"{where}: give either area or radius")
        amount = _range(data.get("amount", 1000), f"{where}.amount", 1, MAX_AMOUNT)
        name = data.get("name")
        if not isinstance(name, str):
            raise c.MapError(f"{where}.name is the name of a resource, got {c.short(name)}")
        radius = c.whole(data.get("radius", 0), f"{where}.radius", 0, MAX_SIDE)
        area = (-radius, -radius, radius, radius)
        if "area" in data:
            area = c.area_of(data["area"], f"{where}.area")
        return Spot(self.at(data, where), area, name, radius, amount)

    def area(self, raw: Any, where: str, name: str) -> Spot:
        data = c.mapping(raw, where)
        c.keys(data, ("at", "area", "goal"), where)
        goal = _flag(data.get("goal", False), f"{where}.goal")
        area = c.area_of(data.get("area"), f"{where}.area")
        return Spot(self.at(data, where), area, name, goal=goal)

    def entity(self, raw: Any, where: str) -> Thing:
        data = c.mapping(raw, where)
        c.keys(data, ("name", "at", "position", "direction", "items", "tag", "goal"), where)
        name, tag = data.get("name"), data.get("tag", "")
        if not isinstance(name, str) or not isinstance(tag, str):
            raise c.MapError(f"{where}: name and tag are texts, got {c.short(raw)}")
        x, y = c.pair(data.get("position"), f"{where}.position")
        direction = c.choice(data.get("direction", "north"), DIRECTIONS, f"{where}.direction")
        items = c.items_of(data.get("items"), f"{where}.items")
        spec = EntitySpec(name, x, y, DIRECTIONS[direction], items, tag)
        return Thing(spec, self.at(data, where), _flag(data.get("goal", False), f"{where}.goal"))

    def group(self, raw: Any, where: str) -> Group:
        data = c.mapping(raw, where)
        c.keys(data, ("at", "spawn", "kit", "each"), where)
        spawn = c.area_of(data.get("spawn"), f"{where}.spawn")
        kit, each = (c.items_of(data.get(key), f"{where}.{key}") for key in ("kit", "each"))
        return Group(self.at(data, where), spawn, kit, each)

    def anywhere(self, width: int, height: int) -> Group:
        """Without `agents` they start around the middle."""
        half_x, half_y = min(4, width // 2), min(4, height // 2)
        return Group("", (-half_x, -half_y, half_x, half_y), (), ())
