"""The world behind the API: surfaces, forces, and what handles stand for.

`Game` is what `interface.Game` asks for. The functions that answer Lua are in the other files of
this folder (surface.py, entity.py, control.py ...), registered with `registry`; importing this
module imports them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fz_multi.engine import proto_tables
from fz_multi.engine.constants import KIND_NAMES, KIND_RESOURCE
from fz_multi.prototypes import Prototypes, load

from . import (
    absent,
    belts,
    burner,
    contents,
    control,
    entity,
    entity_prototypes,
    force_api,
    helpers_api,
    inventory,
    machine,
    map_api,
    prototypes_api,
    recipes_api,
    saving,
    search,
    stacks,
    surface,
    tiles,
)
from .force import Force
from .handles import (
    CHARACTER,
    ENTITY,
    GENERATION_AT,
    GENERATION_MASK,
    KIND_AT,
    KIND_MASK,
    LANE_STACK,
    MAX_SURFACES,
    PILE,
    RESOURCE,
    ROW_MASK,
    SCRIPT,
    SURFACE_AT,
    SURFACE_MASK,
    Registry,
)
from .kinds import Kinds, turned
from .place import NEUTRAL, Place
from .registry import LuaError, Ref

if TYPE_CHECKING:
    from collections.abc import Callable

    from .interface import Host, Settings

# What answers Lua; importing them has registered it.
API = [absent, belts, burner, contents, control, entity, force_api, helpers_api, inventory, machine]
API += [entity_prototypes, prototypes_api, recipes_api, search, surface]

DATA_VERSION = "2.0.77"  # of the prototype tables; settings.version is only what is shown
NAUVIS_SIZE = 64  # tiles of the first surface, which every map of the game has
MAX_FORCES = 64  # three of them built in (LuaGameScript.create_force)
MANY_FLAGS, MANY_KEPT = 4096, 1024
TARGET_ENTITY, TARGET_SURFACE = 1, 14  # defines.target_type


class Game:
    """See `fz_multi.server.interface.Game`."""

    host: Host

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.prototypes: Prototypes = load(DATA_VERSION)
        self.numbers = proto_tables.build(DATA_VERSION)
        self.kinds = Kinds(self.numbers.kinds)
        self.boxes = np.array(
            [[turned(box, direction) for direction in (0, 4, 8, 12)] for box in self.kinds.box],
            np.int64,
        )
        self.deposits = self.numbers.kinds.kind == KIND_RESOURCE  # prototype ids that are modelled
        self.standing = np.isin(self.numbers.kinds.kind, list(KIND_NAMES))  # and buildings
        self.pile_proto = self.prototypes.entity_id("item-on-ground")
        self.character_proto = self.prototypes.entity_id("character")
        self.type_of = ["", *(one.type for one in self.prototypes.entities.values())]
        self.known_types = frozenset(self.type_of[1:])
        self.proto_filters: dict[Any, search.Protos] = {}
        self.places: list[Place | None] = [None]
        self.forces: list[Force | None] = [None]
        self.doomed: list[int] = []  # handles of surfaces to delete at the end of the update
        self.to_clear: list[int] = []
        self.last_unit = 0
        self.salts = 0  # surfaces made so far
        self.flags: dict[int, dict[str, Any]] = {}  # settings of entities that are not as usual
        self._sweep_flags_at = MANY_FLAGS
        self.last_script_inventory = 0
        self.script_slots: dict[int, list[list[int]]] = {}  # inventories of scripts: [item, count]
        self.inventories = Registry(self.owner_lives)
        self.stacks = Registry(self.owner_lives)
        self.lines = Registry(self.owner_lives)
        self.last_kept = 0
        self.kept: dict[int, Any] = {}  # chunk iterators, profilers, filtered tables
        self.watched: dict[int, str] = {}  # handles registered for on_object_destroyed
        self._seen: dict[int, tuple[int, ...]] = {}
        self._checks: dict[str, Callable[[int], bool]] = {
            "LuaEntity": self.valid_entity,
            "LuaControl": self.valid_entity,
            "LuaBurner": self.valid_entity,
            "LuaSurface": lambda handle: self.find_place(handle) is not None,
            "LuaForce": self.valid_force,
            "LuaRecipe": lambda handle: self.valid_force(handle >> 16),
            "LuaTechnology": lambda handle: self.valid_force(handle >> 16),
            "LuaFlowStatistics": lambda handle: (
                self.valid_force(handle >> 40 & 0xFF)
                and self.find_place(handle & 0xFF_FFFF_FFFF) is not None
            ),
            "LuaInventory": self.inventories.valid,
            "LuaItemStack": self.valid_stack,
            "LuaItem": self.valid_stack,
            "LuaTransportLine": self.lines.valid,
            "LuaTile": self.valid_tile,
            "LuaChunkIterator": self.kept.__contains__,
            "LuaProfiler": self.kept.__contains__,
        }
        for name in ("player", "enemy", "neutral"):
            self.add_force(name)
        nauvis = self.add_place("nauvis", NAUVIS_SIZE, NAUVIS_SIZE, {})
        map_api.generate_all(self, nauvis)

    # -- validity ----------------------------------------------------------------------------------
    def valid(self, cls: str, handle: int) -> bool:
        check = self._checks.get(cls)
        return True if check is None else check(handle)

    def valid_entity(self, handle: int) -> bool:
        """Whether an entity is still on the map. Called more often than anything else."""
        try:
            place: Any = self.places[handle >> SURFACE_AT & SURFACE_MASK]
            row = handle & ROW_MASK
            kind = handle >> KIND_AT & KIND_MASK
            if kind == ENTITY:
                alive, born = place.proto[row], place.generation[row]
            elif kind == RESOURCE:
                alive, born = place.amount[row], place.deposit_born.get(row, 0)
            elif kind == PILE:
                alive, born = place.pile_item[row], place.pile_unit[row]
            else:
                alive, born = place.alive[row], place.born[row]
        except (AttributeError, IndexError):  # no such surface, or row
            return False
        return alive != 0 and (born + place.salt) & GENERATION_MASK == handle >> GENERATION_AT

    def valid_force(self, index: int) -> bool:
        return 0 < index < len(self.forces) and self.forces[index] is not None

    def valid_stack(self, handle: int) -> bool:
        if handle & LANE_STACK:
            return stacks.lane_stack_lives(self, handle)
        return self.stacks.valid(handle)

    def valid_tile(self, handle: int) -> bool:
        place = self.places[handle >> 40]
        if place is None:
            return False
        tx, ty = tiles.coordinates(handle)
        return (tx >> 5, ty >> 5) in place.generated

    def owner_lives(self, key: tuple[int, ...]) -> bool:
        """Whether what an inventory, a stack or a lane belongs to is still there."""
        if key[1] == SCRIPT:
            return key[0] in self.script_slots
        return self.valid_entity(key[0])

    # -- entities ----------------------------------------------------------------------------------
    def place(self, handle: int) -> Place:
        """The surface of an entity that is valid."""
        found = self.places[handle >> SURFACE_AT & SURFACE_MASK]
        assert found is not None
        return found

    def proto(self, handle: int) -> int:
        """Prototype id of an entity that is valid."""
        place, row = self.place(handle), handle & ROW_MASK
        kind = handle >> KIND_AT & KIND_MASK
        if kind == ENTITY:
            return int(place.proto[row])
        if kind == RESOURCE:
            return int(place.resource[row])
        return self.prototypes.entity_id("item-on-ground" if kind == PILE else "character")

    def entity_name(self, handle: int) -> str:
        return self.prototypes.entity_name(self.proto(handle))

    def kind(self, cls: str, handle: int) -> str:
        if cls == "LuaEntity":
            return self.type_of[self.proto(handle)]
        return ""

    def force_of(self, handle: int) -> int:
        """Index of an entity's force."""
        place, row = self.place(handle), handle & ROW_MASK
        kind = handle >> KIND_AT & KIND_MASK
        if kind == ENTITY:
            return place.force[row] or NEUTRAL
        return int(place.team[row]) if kind == CHARACTER else NEUTRAL

    def flag(self, handle: int, name: str, default: Any) -> Any:
        """A setting of an entity that the engine does not keep."""
        own = self.flags.get(handle)
        return default if own is None else own.get(name, default)

    def set_flag(self, handle: int, name: str, value: Any) -> None:
        if len(self.flags) >= self._sweep_flags_at:
            self.flags = {one: own for one, own in self.flags.items() if self.valid_entity(one)}
            self._sweep_flags_at = max(MANY_FLAGS, 2 * len(self.flags))
        self.flags.setdefault(handle, {})[name] = value

    def keep(self, value: Any) -> int:
        """A handle for something that lives for a moment: the oldest of many are forgotten."""
        self.last_kept += 1
        self.kept[self.last_kept] = value
        if len(self.kept) > MANY_KEPT:
            del self.kept[next(iter(self.kept))]
        return self.last_kept

    def new_unit(self) -> int:
        """The next unit number; none is given twice."""
        self.last_unit += 1
        return self.last_unit

    def destroyed(self, handle: int) -> None:
        """An entity has just gone."""
        self.flags.pop(handle, None)
        if handle in self.watched:
            self.host.object_destroyed(self.watched.pop(handle), handle)

    # -- stacks ------------------------------------------------------------------------------------
    def stack(self, handle: int) -> tuple[int, int]:
        """(item id, count) of a LuaItemStack; item 0 = empty."""
        return stacks.read(self, handle)

    # -- surfaces ----------------------------------------------------------------------------------
    def add_place(self, name: str, width: int, height: int, settings: dict[str, Any]) -> Place:
        """A new surface; the lowest free index is its own, as in the game."""
        index = next((i for i in range(1, len(self.places)) if self.places[i] is None), 0)
        if not index:
            index = len(self.places)
            if index > MAX_SURFACES:
                raise LuaError(f"This server holds at most {MAX_SURFACES} surfaces.")
            self.places.append(None)
        self.salts += 1
        place = Place(index, name, width, height, DATA_VERSION, self.salt())
        place.incarnation = self.salts
        place.settings = settings
        self.places[index] = place
        return place

    def salt(self) -> int:
        """What tells the entities of the newest surface from those of the ones before it."""
        return self.salts * 5_167 & GENERATION_MASK  # odd: visits all 2^14, far from each other

    def surface_handle(self, place: Place) -> int:
        return place.incarnation << 13 | place.index

    def find_place(self, handle: int) -> Place | None:
        """The surface of a LuaSurface handle, None when it is gone."""
        index = handle & 0x1FFF
        place = self.places[index] if index < len(self.places) else None
        return place if place is not None and place.incarnation == handle >> 13 else None

    def surface(self, handle: int) -> Place:
        """The surface of a valid LuaSurface handle."""
        place = self.find_place(handle)
        if place is None:
            raise LuaError("LuaSurface API call when LuaSurface was invalid.")
        return place

    def surface_by(self, value: Any) -> Place | None:
        """A SurfaceIdentification: an index, a name or a LuaSurface; None = no such."""
        if isinstance(value, Ref) and value.cls == "LuaSurface":
            return self.find_place(value.handle)
        if isinstance(value, str):
            return next((p for p in self.places if p is not None and p.name == value), None)
        if isinstance(value, int) and 0 < value < len(self.places):
            return self.places[value]
        return None

    # -- forces ------------------------------------------------------------------------------------
    def add_force(self, name: str) -> Force:
        index = next((i for i in range(1, len(self.forces)) if self.forces[i] is None), 0)
        if not index:
            index = len(self.forces)
            if index > MAX_FORCES:
                raise LuaError(f"Cannot create force: there are {MAX_FORCES} already.")
            self.forces.append(None)
        force = Force(index, name, self.prototypes)
        self.forces[index] = force
        return force

    def force(self, index: int) -> Force:
        """The force of a valid index."""
        force = self.forces[index]
        assert force is not None
        return force

    def force_by(self, value: Any) -> Force:
        """A ForceID: a name, an index or a LuaForce. LuaError when there is none."""
        found: Force | None = None
        if isinstance(value, Ref) and value.cls == "LuaForce":
            value = value.handle
        if isinstance(value, str):
            found = next((f for f in self.forces if f is not None and f.name == value), None)
        elif isinstance(value, int) and not isinstance(value, bool) and self.valid_force(value):
            found = self.forces[value]
        if found is None:
            raise LuaError(f"Unknown force: {value}")
        return found

    # -- time --------------------------------------------------------------------------------------
    def update(self) -> None:
        for place in self.places:
            if place is not None and place.lives():
                place.tick()
        if self.watched:
            self._look_for_destroyed()

    def end_of_tick(self) -> None:
        while self.to_clear:
            map_api.clear_now(self, self.to_clear.pop(0))
        while self.doomed:
            map_api.delete_now(self, self.doomed.pop(0))
        for force in self.forces:
            if force is not None and force.merge_into:
                map_api.merge_now(self, force)
        if self.watched:
            self._look_for_destroyed()

    def _look_for_destroyed(self) -> None:
        """Tell the host of registered objects that have gone, where something has changed."""
        fields = ("entities", "serial", "piles", "pile_serial", "changed", "characters")
        for place in self.places:
            if place is not None:
                now = tuple(place.header[field][0] for field in fields)
                if self._seen.get(place.index) != now:
                    self._seen[place.index] = now
                    break
        else:
            return
        for handle, cls in list(self.watched.items()):
            if not self.valid(cls, handle):
                del self.watched[handle]
                self.host.object_destroyed(cls, handle)

    def useful_id(self, cls: str, handle: int) -> tuple[int, int]:
        """Called when an object is registered for on_object_destroyed: watch it from now on."""
        self.watched[handle] = cls
        if cls == "LuaSurface":
            return self.surface(handle).index, TARGET_SURFACE
        if cls == "LuaEntity":
            return self.unit_number(handle), TARGET_ENTITY
        raise LuaError(f"{cls} cannot be registered for on_object_destroyed here.")

    def unit_number(self, handle: int) -> int:
        """Unit number of an entity, 0 for deposits, trees, rocks and items."""
        place, row = self.place(handle), handle & ROW_MASK
        kind = handle >> KIND_AT & KIND_MASK
        if kind == ENTITY:
            return place.unit[row]
        return place.character_unit[row] if kind == CHARACTER else 0

    # -- save files --------------------------------------------------------------------------------
    def save_state(self) -> bytes:
        return saving.save(self)

    def load_state(self, data: bytes) -> None:
        saving.load(self, data)
