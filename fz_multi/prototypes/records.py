"""The record types of the prototype tables: frozen, plain values only, so they pickle and hash.

A field that a prototype does not have holds 0, "" or an empty tuple.  Field names follow the
game's prototype keys where those are clear; units are in the comments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from fz_multi.prototypes.formula import evaluate

Box = tuple[int, int, int, int]
Vector = tuple[float, float]
Extras = tuple[tuple[str, float], ...]


class Ingredient(NamedTuple):
    """What a recipe or one unit of research takes."""

    name: str
    amount: float  # items, or units of fluid
    fluid: bool = False
    fluidbox_index: int = 0  # 1-based input box that it is pinned to; 0 = in order
    ignored_by_stats: float = 0  # part of the amount that is not counted as consumed


class Product(NamedTuple):
    """What a recipe, mining or a launch gives: `amount_min` to `amount_max`, with `probability`."""

    name: str
    amount_min: float
    amount_max: float
    probability: float = 1
    fluid: bool = False
    fluidbox_index: int = 0  # 1-based output box that it is pinned to; 0 = in order
    ignored_by_stats: float = 0  # part of the amount that is not counted as produced
    ignored_by_productivity: float = 0  # part that a productivity bonus does not repeat

    @property
    def amount(self) -> float:
        """Mean amount of one craft when the product comes: the amount itself if it is fixed."""
        if self.amount_min == self.amount_max:
            return self.amount_min
        return (self.amount_min + self.amount_max) / 2


class FluidConnection(NamedTuple):
    """A pipe connection; the next pipe stands one tile further in `direction`."""

    position: Vector  # tile inside the entity, from its centre, facing north
    direction: int  # 16 values clockwise, north 0, east 4, south 8, west 12
    flow: str  # "input", "output" or "input-output"
    kind: str = "normal"  # or "underground"
    max_distance: int = 0  # tiles to the partner, underground only
    positions: tuple[Vector, ...] = ()  # for N, E, S, W where rotating does not give them


class FluidBox(NamedTuple):
    """A fluid box of a machine, or the volume of a pipe."""

    key: str  # "fluid_box", "input_fluid_box", "output_fluid_box" or "fluid_boxes"
    role: str  # "input", "output" or "none"
    volume: float  # units
    connections: tuple[FluidConnection, ...]
    filter: str = ""  # the only fluid that it takes
    minimum_temperature: float = 0  # C
    maximum_temperature: float = 0  # C, 0 = no limit


class TileRule(NamedTuple):
    """Tiles that must lie under or beside an entity, facing north (offshore pump)."""

    area: tuple[float, float, float, float]  # tiles from the centre
    required: tuple[str, ...]  # layers that each tile there must have
    forbidden: tuple[str, ...]  # layers that none of them may have


class TechnologyEffect(NamedTuple):
    """What a finished technology changes."""

    type: str  # "unlock-recipe", "laboratory-speed", ...
    target: str  # recipe, ammo category or turret; "" = none
    modifier: float  # amount added; 1 for switches, 0 for recipes


@dataclass(frozen=True, slots=True)
class Item:
    """A thing that lies in inventories and on belts."""

    id: int
    name: str
    type: str  # "item", "tool", "module", "ammo", ...
    group: str
    subgroup: str
    stack_size: int
    hidden: bool = False
    parameter: bool = False  # a blueprint parameter, no real thing
    place_result: str = ""  # entity that it builds
    place_as_tile: str = ""  # tile that it lays
    place_as_tile_blocked_by: tuple[str, ...] = ()  # layers of tiles that it cannot cover
    place_as_tile_only_on: tuple[str, ...] = ()  # tiles that it can cover; () = any
    fuel_value: int = 0  # J
    fuel_category: str = ""
    burnt_result: str = ""  # item left after burning
    durability: float = 0  # units of use of one piece; science packs have 1
    repair_speed: float = 0
    module_category: str = ""  # "speed", "productivity" or "efficiency"
    module_tier: int = 0
    effect_consumption: float = 0  # module effects, 0.5 = +50 %
    effect_speed: float = 0
    effect_productivity: float = 0
    effect_pollution: float = 0
    ammo_category: str = ""
    magazine_size: int = 0
    inventory_size_bonus: int = 0  # slots, armour
    equipment: str = ""  # equipment that it becomes in a grid
    rocket_launch_products: tuple[Product, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a craft takes and gives."""

    id: int
    name: str
    group: str
    subgroup: str
    category: str
    energy_required: float  # seconds at crafting speed 1
    ingredients: tuple[Ingredient, ...] = ()
    products: tuple[Product, ...] = ()
    main_product: str = ""
    enabled: bool = False  # known from the start
    allow_productivity: bool = False  # takes productivity modules
    hidden: bool = False
    parameter: bool = False  # a blueprint parameter, no real recipe
    hide_from_player_crafting: bool = False
    not_intermediate: bool = False  # never queued by itself to make an ingredient by hand
    no_decomposition: bool = False  # left out of raw-cost sums

    @property
    def ticks(self) -> float:
        """Ticks of one craft at crafting speed 1."""
        return self.energy_required * 60


@dataclass(frozen=True, slots=True)
class Fluid:
    """A fluid; temperatures in C."""

    id: int
    name: str
    group: str
    subgroup: str
    hidden: bool = False
    parameter: bool = False
    default_temperature: float = 0
    max_temperature: float = 0
    heat_capacity: float = 1000  # J per unit and degree
    fuel_value: float = 0  # J per unit


@dataclass(frozen=True, slots=True)
class Tile:
    """A kind of ground."""

    id: int
    name: str
    group: str
    subgroup: str
    hidden: bool = False
    collision_layers: tuple[str, ...] = ()
    walking_speed_modifier: float = 1
    is_water: bool = False
    fluid: str = ""  # what an offshore pump draws from it
    is_foundation: bool = False
    next_direction: str = ""  # tile that rotating the item lays
    minable: bool = False
    mining_time: float = 0  # s
    mining_results: tuple[Product, ...] = ()
    mining_fluid: str = ""
    mining_fluid_amount: float = 0


@dataclass(frozen=True, slots=True)
class Technology:
    """A technology: paid with science packs, or finished by a trigger."""

    id: int
    name: str
    prerequisites: tuple[str, ...] = ()
    count: int = 0  # units; 0 with a formula or a trigger
    count_formula: str = ""  # units as a function of the level L
    time: float = 0  # seconds a unit at lab speed 1
    ingredients: tuple[Ingredient, ...] = ()  # packs for one unit
    trigger: str = ""  # "craft-item", "mine-entity" or "send-item-to-orbit"
    trigger_target: str = ""  # that item or entity
    trigger_count: int = 0
    effects: tuple[TechnologyEffect, ...] = ()
    level: int = 1  # first level that this prototype stands for
    max_level: int = 0  # last one; 0 = without end
    infinite: bool = False
    upgrade: bool = False

    def units(self, level: int | None = None) -> int:
        """Units of research of that level (default: the first)."""
        if not self.count_formula:
            return self.count
        return int(evaluate(self.count_formula, self.level if level is None else level))


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing on the map.  One flat record; the groups below name who uses which fields."""

    id: int
    name: str
    type: str
    group: str
    subgroup: str
    hidden: bool = False
    flags: tuple[str, ...] = ()

    # Space.  Boxes are (x0, y0, x1, y1) about the centre, facing north.
    tile_width: int = 0  # tiles
    tile_height: int = 0
    collision_box: Box = (0, 0, 0, 0)  # 1/256 tile, cut toward zero
    collision_box_tiles: tuple[float, float, float, float] = (0, 0, 0, 0)  # tiles as written
    selection_box: Box = (0, 0, 0, 0)  # 1/256 tile
    selection_priority: int = 50
    collision_layers: tuple[str, ...] = ()
    not_colliding_with_itself: bool = False
    tile_rules: tuple[TileRule, ...] = ()

    # Building, mining, health.
    placed_by: str = ""  # item
    placed_by_count: int = 1
    fast_replaceable_group: str = ""
    next_upgrade: str = ""
    max_health: float = 0
    healing_per_tick: float = 0
    minable: bool = False
    mining_time: float = 0  # s
    mining_results: tuple[Product, ...] = ()
    mining_fluid: str = ""  # needed to mine it
    mining_fluid_amount: float = 0

    # Energy.
    energy_source: str = ""  # "electric", "burner", "heat", "void" or ""
    energy_usage: float = 0  # W while working
    active_energy_usage: float = 0  # W, silo while it prepares a rocket
    drain: float = 0  # W, only where the prototype names it; see drain_per_tick
    drain_divisor: int = 0  # drain = energy_usage / this; 0 = not so
    usage_priority: str = ""  # "primary-input", "secondary-input", "tertiary", "solar", ...
    buffer_capacity: float = 0  # J
    input_flow_limit: float = 0  # W
    output_flow_limit: float = 0  # W
    power_output: float = 0  # W, most that a generator or panel gives
    fuel_categories: tuple[str, ...] = ()
    fuel_slots: int = 0
    burnt_slots: int = 0
    effectivity: float = 0  # share of the fuel that becomes energy
    initial_fuel: str = ""  # item in the burner when built
    initial_fuel_percent: float = 0  # share of its energy, 0.25 = a quarter
    pollution_per_minute: float = 0

    # Crafting machines, modules, labs.
    crafting_speed: float = 0
    crafting_categories: tuple[str, ...] = ()
    source_slots: int = 0  # furnace
    result_slots: int = 0
    fixed_recipe: str = ""
    module_slots: int = 0
    allowed_effects: tuple[str, ...] = ()
    no_module_effects: bool = False
    no_beacon_effects: bool = False
    researching_speed: float = 0
    lab_inputs: tuple[str, ...] = ()
    rocket_parts_required: int = 0
    rocket_entity: str = ""
    distribution_effectivity: float = 0  # beacon
    beacon_profile: tuple[float, ...] = ()  # factor for 1, 2, ... beacons on a machine

    # Mining drills and resources.
    mining_speed: float = 0  # also of a character
    resource_searching_radius: float = 0  # tiles
    resource_categories: tuple[str, ...] = ()  # also of a character
    drop_vector: tuple[int, int] = (0, 0)  # 1/256 tile, cut toward zero
    drop_vector_tiles: Vector = (0, 0)
    resource_category: str = ""  # of a resource
    infinite: bool = False
    infinite_depletion_amount: float = 0  # amount taken a cycle
    normal_amount: float = 0  # amount that counts as 100 %
    minimum_amount: float = 0

    # Belts, vehicles, robots.
    speed: float = 0  # tiles a tick
    max_underground_distance: int = 0  # tiles between the two ends' centres
    related_underground_belt: str = ""

    # Inserters.
    rotation_speed: float = 0  # turns a tick
    extension_speed: float = 0  # tiles a tick
    pickup_position: Vector = (0, 0)  # tiles
    insert_position: Vector = (0, 0)  # tiles
    starting_distance: float = 0  # tiles, arm length when built
    energy_per_rotation: float = 0  # J a turn
    energy_per_movement: float = 0  # J a tile
    filter_count: int = 0
    bulk: bool = False
    allow_burner_leech: bool = False

    # Poles, chests, radii.
    wire_reach: float = 0  # tiles
    supply_area_distance: float = 0  # tiles from the centre (pole) or from the edge (beacon)
    inventory_size: int = 0  # slots
    logistic_mode: str = ""
    logistics_radius: float = 0  # tiles
    construction_radius: float = 0  # tiles

    # Fluids and heat.
    fluid_boxes: tuple[FluidBox, ...] = ()
    fluid_boxes_off_when_no_fluid_recipe: bool = False
    pumping_speed: float = 0  # units a tick
    fluid_usage_per_tick: float = 0  # units a tick
    maximum_temperature: float = 0  # C, of what a generator uses
    target_temperature: float = 0  # C, of what a boiler makes
    heat_connections: tuple[tuple[float, float, int], ...] = ()  # (x, y, direction)

    # Character.
    running_speed: float = 0  # tiles a tick
    build_distance: float = 0  # tiles
    reach_distance: float = 0  # tiles
    reach_resource_distance: float = 0  # tiles
    drop_item_distance: float = 0  # tiles
    item_pickup_distance: float = 0  # tiles
    loot_pickup_distance: float = 0  # tiles
    maximum_corner_sliding_distance: float = 0  # tiles

    extras: Extras = ()  # further numbers by prototype key (doors, robots, radar, heat ...)

    @property
    def energy_per_tick(self) -> float:
        """J a tick while working, without drain: 150 kW -> 2500."""
        return self.energy_usage / 60

    @property
    def drain_per_tick(self) -> float:
        """J a tick taken while connected, also when idle."""
        if self.drain_divisor:
            return self.energy_usage / (60 * self.drain_divisor)
        return self.drain / 60

    @property
    def belt_speed(self) -> int:
        """1/256 tile a tick: 8, 16, 24 for the three tiers of belts."""
        return int(self.speed * 256)

    def extra(self, key: str, default: float = 0) -> float:
        """A number of `extras`, e.g. `rocket_silo.extra("door_opening_speed")`."""
        return dict(self.extras).get(key, default)


def _tuples(value: Any) -> Any:
    """Lists to tuples, all the way down."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def ingredient(row: list[Any]) -> Ingredient:
    """From `[name, amount, kind?, {more}?]`."""
    more = row[3] if len(row) > 3 else {}
    return Ingredient(row[0], row[1], len(row) > 2 and row[2] == "fluid", **more)


def product(row: list[Any]) -> Product:
    """From `[name, amount]` or `[name, min, max, probability?, kind?, {more}?]`."""
    if len(row) == 2:
        return Product(row[0], row[1], row[1])
    chance = row[3] if len(row) > 3 else 1
    more = row[5] if len(row) > 5 else {}
    return Product(row[0], row[1], row[2], chance, len(row) > 4 and row[4] == "fluid", **more)


def _connection(row: list[Any]) -> FluidConnection:
    more = {key: _tuples(value) for key, value in row[4].items()} if len(row) > 4 else {}
    return FluidConnection((row[0], row[1]), row[2], row[3], **more)


def _fluid_box(row: list[Any]) -> FluidBox:
    more = row[4] if len(row) > 4 else {}
    return FluidBox(row[0], row[1], row[2], tuple(map(_connection, row[3])), **more)


def _tile_rule(row: list[Any]) -> TileRule:
    return TileRule(tuple(row[:4]), tuple(row[4]), tuple(row[5]))


#: Fields whose rows become named tuples; other lists become plain tuples.
ROW_READERS = {
    "effects": lambda row: TechnologyEffect(*row),
    "fluid_boxes": _fluid_box,
    "ingredients": ingredient,
    "mining_results": product,
    "products": product,
    "rocket_launch_products": product,
    "tile_rules": _tile_rule,
}


def fields_of(record: dict[str, Any]) -> dict[str, Any]:
    """A record of a file as keyword arguments of its dataclass."""
    fields = {}
    for key, value in record.items():
        if isinstance(value, list):
            reader = ROW_READERS.get(key)
            value = tuple(map(reader, value)) if reader else _tuples(value)
        fields[key] = value
    return fields
