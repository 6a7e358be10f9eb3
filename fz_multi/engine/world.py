"""`World`: a factory in a small object, for tests, tools and people.

    >>> from fz_multi.engine import World
    >>> w = World(width=32, height=32)
    >>> for x in (-0.5, 0.5):
    ...     w.create_resource("iron-ore", (x, 0.5), amount=500)
    >>> drill = w.create_entity("burner-mining-drill", (0, 0), direction="south")
    >>> chest = w.create_entity("wooden-chest", (0.5, 1.5))
    >>> w.insert(drill, "coal", 5)
    5
    >>> w.advance(243)
    >>> w.entity(chest)["inventories"]["chest"]
    {'iron-ore': 1}

Positions are in tiles, the origin in the centre of the map, x east and y south; they are read to
1/256 tile. An environment runs on the same tables (`batch.Batch`).
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fz_multi import commands as command_set
from fz_multi.commands import short
from fz_multi.prototypes import Prototypes, load

from . import constants as c
from . import edit as ops
from .batch import Batch, Capacities, Snapshot
from .digest import digest_world
from .edit import edit
from .encode import NO_COMMAND, explain, result_dict
from .lanes import SHAPE_NAMES, lane_contents, lane_length
from .proto_tables import is_modelled

if TYPE_CHECKING:
    from fz_multi.layouts import Unusable

INVENTORIES = {"fuel": 1, "source": 2, "result": 3, "chest": 4}
TERRAINS = {"land": c.LAND, "water": c.WATER, "void": c.VOID}
AGENT_NAME = re.compile(r"agent_(0|[1-9][0-9]?)")


class WorldError(ValueError):
    """Something that the world does not allow; the world is as it was before."""


class Handle(NamedTuple):
    """An entity: its row and the generation that tells it from a successor in the same row."""

    row: int
    generation: int


def position(value: Any, what: str = "position") -> tuple[int, int]:
    """A position in tiles, ``(x, y)`` or ``{"x": ..., "y": ...}``, in 1/256 tile."""
    try:
        return command_set._position(value, what)
    except command_set.CommandError as error:
        raise WorldError(str(error)) from None


def whole(value: Any, what: str, low: int, high: int) -> int:
    """A whole number within bounds."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise WorldError(f"{what} is a whole number, got {short(value)}") from None
    if not low <= number <= high:
        raise WorldError(f"{what} is from {low} to {high}, got {short(number)}")
    return number


class World:
    """One world of ``width`` x ``height`` tiles of land.

    ``version``: prototype data; ``seed``: of the map's generator (rock yields); ``unlocked``: every
    recipe available (False: those of a fresh game). Raises `WorldError` for sizes out of range.
    """

    def __init__(
        self,
        width: int = 64,
        height: int = 64,
        *,
        version: str = "2.0.77",
        seed: int = 0,
        unlocked: bool = True,
        capacities: Capacities | None = None,
    ) -> None:
        width = whole(width, "width", 1, 4096)
        height = whole(height, "height", 1, 4096)
        seed = whole(seed, "seed", 0, 2**31 - 1)
        self.prototypes: Prototypes = load(version)
        self.batch = Batch(
            1, width, height, version=version, capacities=capacities, seeds=np.array([seed])
        )
        self.batch.full.header.unlocked[0, 0] = bool(unlocked)

    # -- text (fz_multi.layouts reads and writes it; the engine itself does not need it) -----------
    @staticmethod
    def from_text(text: str | Mapping[str, Any], **options: Any) -> World:
        """A world from a drawn factory (`fz_multi.layouts` has the form), at tick 0.

        ``options`` are those of `World`. Raises `fz_multi.layouts.LayoutError` when the text is
        wrong, with a list when there is something that the world refuses.
        """
        from fz_multi import layouts

        return layouts.from_text(text).build(**options).world

    @staticmethod
    def from_blueprint(
        string: str, index: int | None = None, **options: Any
    ) -> tuple[World, list[Unusable]]:
        """A world from a Factorio blueprint string, and the list of what could not be used.

        ``index``: which blueprint of a book. ``options``: ``deposits``, ``amount``, ``size`` and
        ``margin`` of `fz_multi.layouts.Blueprint.build`, and those of `World`. Raises
        `fz_multi.layouts.BlueprintError` when the string is none.
        """
        from fz_multi import layouts

        built = layouts.from_blueprint(string, index).build(**options)
        return built.world, built.unusable

    def draw(self) -> str:
        """The world as text that `from_text` reads (`fz_multi.layouts.draw`: what it carries)."""
        from fz_multi import layouts

        return layouts.draw(self)

    def to_blueprint(self, label: str = "") -> str:
        """The Factorio blueprint string of what people can build of this world."""
        from fz_multi import layouts

        return layouts.to_blueprint(self, label)

    # -- the map -----------------------------------------------------------------------------------
    def create_resource(self, name: str, where: Any, amount: int) -> None:
        """Put a deposit on the tile of a position; it replaces one that is there."""
        entity = self._entity_name(name)
        if entity.type != "resource":
            raise WorldError(f"{name} is no resource; allowed: {', '.join(self._resources())}")
        if not is_modelled(entity):
            raise WorldError(f"{name} is not modelled yet; allowed: {', '.join(self._resources())}")
        index = self._tile(where)
        amount = whole(amount, "amount", 1, 2**31 - 1)
        if self.batch.full.tile.terrain[0, index] != c.LAND:
            raise WorldError(f"cannot put {name} at {where}: there is water")
        self._edit(ops.RESOURCE, index, entity.id, amount)

    def remove_resource(self, where: Any) -> None:
        """Clear the deposit of a tile."""
        self._edit(ops.RESOURCE, self._tile(where), 0, 0)

    def set_terrain(self, where: Any, terrain: str) -> None:
        """Make the tile of a position ``land``, ``water`` or ``void`` (out of the map)."""
        if not isinstance(terrain, str) or terrain not in TERRAINS:
            raise WorldError(f"unknown terrain {short(terrain)}; allowed: {', '.join(TERRAINS)}")
        index = self._tile(where)
        tile = self.batch.full.tile[0, index]
        taken = tile.entity or tile.resource or tile.pile or self._stands_on(index)
        if terrain != "land" and taken:
            raise WorldError(f"cannot make {where} {terrain}: something stands or lies there")
        self._edit(ops.TERRAIN, index, TERRAINS[terrain])

    def create_ground_item(self, item: str, where: Any, count: int = 1) -> None:
        """Lay items down as one pile."""
        x, y = self._inside(where)
        item_id = self._item(item)
        count = whole(count, "count", 1, self.prototypes.items[item].stack_size)
        if self._edit(ops.PILE, x, y, item_id, count) < 0:
            raise WorldError(f"cannot lay {item} at {where}: something is in the way")

    # -- entities ----------------------------------------------------------------------------------
    def create_entity(
        self, name: str, where: Any, direction: str | int = "north", *, owner: str | None = None
    ) -> Handle:
        """Build an entity at a position (snapped to its grid). Returns its handle.

        Raises `WorldError` when the place is taken, wet, outside, or (a drill) without a deposit.
        """
        entity = self._entity_name(name)
        kind = int(self.batch.prototypes.kinds[entity.id].kind)
        if kind == c.KIND_LATER or kind not in c.KIND_NAMES:
            raise WorldError(f"{name} is not an entity that this engine models yet")
        facing = self._direction(direction)
        x, y = self._inside(where)
        rotates = bool(self.batch.prototypes.kinds[entity.id].rotates)
        facing = facing if rotates else 0
        wide, high = (entity.tile_width, entity.tile_height)
        if facing in (4, 12):
            wide, high = high, wide
        cx, cy = _snap(wide, x), _snap(high, y)
        agent = 0 if owner is None else self._agent(owner) + 1
        row = self._edit(ops.ENTITY, entity.id, cx, cy, facing, agent)
        if row < 0:
            code = command_set.CODES[-1 - row]
            raise WorldError(f"cannot place {name} at ({x / 256:g}, {y / 256:g}): {explain(code)}")
        return Handle(row, int(self.batch.full.entity.generation[0, row]))

    def remove_entity(self, handle: Handle) -> None:
        """Take an entity off the map, with what it holds."""
        self._edit(ops.REMOVE, self._row(handle))

    def insert(
        self, handle: Handle, item: str, count: int = 1, inventory: str | None = None
    ) -> int:
        """Put items into an entity as a script does. Returns how many fitted.

        ``inventory``: fuel, source, result or chest; None = where the item belongs.
        Raises `WorldError` when the entity does not take the item at all.
        """
        row, item_id = self._row(handle), self._item(item)
        count = whole(count, "count", 1, 2**31 - 1)
        which = self._inventory(inventory)
        done = self._edit(ops.INSERT, row, item_id, count, which)
        if done == 0 and not self._accepts(row, item_id, which):
            name = self.entity(handle)["name"]
            how = f" as {inventory}" if inventory else ""
            raise WorldError(f"{name} does not take {item}{how}")
        return done

    def remove(self, handle: Handle, item: str, count: int = 1, inventory: str = "result") -> int:
        """Take items out of an inventory of an entity. Returns how many came out."""
        row, item_id = self._row(handle), self._item(item)
        count = whole(count, "count", 1, 2**31 - 1)
        runs = {name: (start, n) for name, start, n in self._runs(self.batch.full.entity[0, row])}
        if not isinstance(inventory, str) or inventory not in runs:
            raise WorldError(
                f"no inventory {short(inventory)} here; allowed: {', '.join(runs) or '-'}"
            )
        start, slots = runs[inventory]
        return self._edit(ops.TAKE, row, item_id, count, start, slots)

    def set_recipe(self, handle: Handle, recipe: str) -> None:
        """Set the recipe of an assembling machine (none is modelled yet)."""
        row = self._row(handle)
        if not isinstance(recipe, str):
            raise WorldError(f"a recipe name is a string, got {short(recipe)}")
        self.prototypes.recipes[recipe]  # raises for a name that is not there
        name = self.prototypes.entity_name(int(self.batch.full.entity.proto[0, row]))
        raise WorldError(f"{name} has no recipe to set; assembling machines are not modelled yet")

    def rotate(self, handle: Handle, direction: str | int) -> None:
        """Turn an entity in place."""
        row = self._row(handle)
        if not self.batch.prototypes.kinds[self.batch.full.entity.proto[0, row]].rotates:
            raise WorldError(f"{self.entity(handle)['name']} has no direction")
        self._edit(ops.TURN, row, self._direction(direction))

    def entity(self, handle: Handle) -> dict[str, Any]:
        """What an entity is and holds now.

        ``name, position`` (tiles), ``direction, status, inventories`` (fuel, source, result, chest:
        item -> count), ``energy`` (J in the buffer), ``burning`` (item, J left), ``progress``
        (0..1), ``recipe, products_finished, held, owner, unit_number``; of an inserter ``hand``
        (where it is, tiles), of a belt ``shape`` (straight, left, right).
        """
        row = self._row(handle)
        self.batch.settle()
        e = self.batch.full.entity[0, row]
        names = self.prototypes
        need = int(e.need)
        held = int(e.held) or int(e.pending)
        more: dict[str, Any] = {}
        if e.arm:
            more["hand"] = (int(e.hand_x) / 256, int(e.hand_y) / 256)
        if e.belt:
            more["shape"] = SHAPE_NAMES[int(self.batch.full.belt[0, e.belt - 1].bend)]
        return {
            "name": names.entity_name(int(e.proto)),
            "position": (int(e.x) / 256, int(e.y) / 256),
            "direction": c.DIRECTION_NAMES[int(e.direction)],
            "status": c.STATUS_NAMES[int(e.status)],
            "inventories": {
                name: self._contents(int(e.slot) + start, slots)
                for name, start, slots in self._runs(e)
            },
            "energy": int(e.energy) / c.JOULE,
            "burning": (
                (names.item_name(int(e.burning_item)), int(e.burning) / c.JOULE)
                if e.burning_item
                else None
            ),
            "progress": int(e.progress) / need if need else 0.0,
            "recipe": names.recipe_name(int(e.recipe)) or None,
            "products_finished": int(e.finished),
            "held": names.item_name(held) or None,
            "owner": f"agent_{int(e.owner) - 1}" if e.owner else None,
            "unit_number": int(e.unit),
        } | more

    def lanes(self, handle: Handle) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Items of a belt: ``((item, position), ...)`` for lane 1 and for lane 2, front to back.

        Positions in 1/256 tile from the downstream edge; lane 1 is left of travel.
        Raises `WorldError` for an entity that has no lanes.
        """
        contents = lane_contents(self.batch.tables(0), self._belt_row(handle))
        names = self.prototypes
        one, two = (tuple((names.item_name(i), at) for i, at in lane) for lane in contents)
        return one, two

    def put_on_belt(
        self, handle: Handle, lane: int, position: int, item: str, *, squeezed: bool = False
    ) -> None:
        """Lay an item on lane 1 or 2 of a belt, exactly at a position (see `lanes`).

        Raises `WorldError` when another item is nearer than 64; with ``squeezed`` it may be, as
        sideloading leaves items for some ticks.
        """
        row = self._belt_row(handle)
        lane = whole(lane, "lane", 1, 2)
        bend = int(self.batch.full.belt[0, self.batch.full.entity.belt[0, row] - 1].bend)
        position = whole(position, "position", 0, lane_length(bend, lane - 1) - 1)
        if not self._edit(
            ops.ON_BELT, row, lane - 1, position, self._item(item), int(bool(squeezed))
        ):
            raise WorldError(
                f"no room for {item} at {position} on lane {lane}: another item is nearer than 64"
            )

    def take_off_belt(self, handle: Handle, lane: int, number: int = 0) -> str:
        """Take an item off lane 1 or 2 of a belt, counted from the front. Returns its name."""
        row = self._belt_row(handle)
        lane = whole(lane, "lane", 1, 2)
        number = whole(number, "number", 0, 2**31 - 1)
        item = self._edit(ops.OFF_BELT, row, lane - 1, number)
        if not item:
            raise WorldError(f"lane {lane} holds no item number {number}")
        return self.prototypes.item_name(item)

    def handles(self) -> list[Handle]:
        """Every entity on the map, in the order of building."""
        entity = self.batch.full.entity[0]
        rows = np.flatnonzero(entity.proto)
        rows = rows[np.argsort(entity.unit[rows])]
        return [Handle(int(row), int(entity.generation[row])) for row in rows]

    def find(self, where: Any) -> Handle | None:
        """The entity whose footprint holds a position."""
        row = int(self.batch.full.tile.entity[0, self._tile(where)]) - 1
        if row < 0:
            return None
        return Handle(row, int(self.batch.full.entity.generation[0, row]))

    def entities(self) -> list[dict[str, Any]]:
        """`entity` of each entity, in the order of building."""
        return [self.entity(handle) for handle in self.handles()]

    def resources(self) -> list[dict[str, Any]]:
        """Deposits: name, position (tiles), amount; by rows of the map."""
        tile = self.batch.full.tile[0]
        out = []
        for index in np.flatnonzero(tile.resource):
            name = self.prototypes.entity_name(int(tile.resource[index]))
            out.append(
                {
                    "name": name,
                    "position": self._centre(int(index)),
                    "amount": int(tile.amount[index]),
                }
            )
        return out

    def ground_items(self) -> list[dict[str, Any]]:
        """Piles: name, count, position (tiles); the oldest first."""
        pile = self.batch.full.pile[0]
        rows = np.flatnonzero(pile.item_id)
        rows = rows[np.argsort(pile.unit[rows])]
        return [
            {
                "name": self.prototypes.item_name(int(pile.item_id[row])),
                "count": int(pile["count"][row]),
                "position": (int(pile.x[row]) / 256, int(pile.y[row]) / 256),
            }
            for row in rows
        ]

    # -- characters --------------------------------------------------------------------------------
    def create_character(self, agent: str, where: Any, team: int = 0) -> str:
        """Put the character of an agent (``agent_0`` .. ``agent_15``) on the map."""
        row = self._agent_number(agent)
        if self.batch.full.character.active[0, row]:
            raise WorldError(f"{agent} has a character already")
        x, y = self._inside(where)
        if self._edit(ops.CHARACTER, x, y, whole(team, "team", 0, 60), row) < 0:
            raise WorldError(f"cannot put {agent} at {where}: something is in the way")
        return agent

    def character(self, agent: str) -> dict[str, Any]:
        """Position (tiles), direction, activity, inventory (item -> count), crafting queue."""
        me = self._agent(agent)
        ch = self.batch.full.character[0, me]
        first = me * 64
        queue = self.batch.full.craft[0, first : first + int(ch.crafts)]
        return {
            "position": (int(ch.x) / 256, int(ch.y) / 256),
            "direction": int(ch.direction),
            "activity": c.ACTIVITY_NAMES[int(ch.activity)],
            "walking": bool(ch.walking),
            "mining_progress": (
                int(ch.mine_progress) / int(ch.mine_need)
                if ch.mine_kind and ch.mine_need and ch.mining
                else 0.0
            ),
            "inventory": self._contents(int(ch.slot), int(ch.slots)),
            "crafting_queue": [
                {"recipe": self.prototypes.recipe_name(int(q["recipe"])), "count": int(q["count"])}
                for q in queue
            ],
            "result": command_set.CODES[int(ch.result)],
        }

    def give(self, agent: str, item: str, count: int = 1) -> int:
        """Put items into a character's inventory. Returns how many fitted."""
        me, item_id = self._agent(agent), self._item(item)
        return self._edit(ops.GIVE, me, item_id, whole(count, "count", 1, 2**31 - 1))

    def take_away(self, agent: str, item: str, count: int = 1) -> int:
        """Take items out of a character's inventory. Returns how many came out."""
        me, item_id = self._agent(agent), self._item(item)
        return self._edit(ops.GIVE, me, item_id, -whole(count, "count", 1, 2**31 - 1))

    def teleport(self, agent: str, where: Any) -> None:
        """Move a character to a free place."""
        me = self._agent(agent)
        x, y = self._inside(where)
        if self._edit(ops.TELEPORT, me, x, y) < 0:
            raise WorldError(f"cannot put {agent} at {where}: something is in the way")

    def command(self, agent: str, command: Any) -> dict[str, Any]:
        """Give a character a command (see `fz_multi.commands`); it acts before the next tick.

        Returns ``{"type", "code"}`` and, on a refusal, ``detail``. Raises
        `fz_multi.commands.CommandError` when the command is malformed; the world is then unchanged.
        """
        return self.commands({agent: command})[agent]

    def commands(self, commands: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """Commands of several agents at once, applied in agent order; the others go on."""
        if not isinstance(commands, Mapping):
            raise WorldError(f"commands is a mapping of agents to commands, got {short(commands)}")
        parsed = {
            self._agent(agent): command_set.parse(command, self.prototypes)
            for agent, command in commands.items()
        }
        if not parsed:
            return {}
        self.batch.exchange_parsed(parsed, 0, self.prototypes, others=NO_COMMAND)
        return {f"agent_{me}": result_dict(self.batch.full.result[0, me]) for me in parsed}

    def result(self, agent: str) -> dict[str, Any]:
        """How the last command of an agent stands."""
        return result_dict(self.batch.full.result[0, self._agent(agent)])

    # -- time --------------------------------------------------------------------------------------
    @property
    def tick(self) -> int:
        """Ticks since the world was made."""
        return int(self.batch.full.header.tick[0, 0])

    def advance(self, ticks: int = 1) -> None:
        """Run the world for a number of ticks (1/60 s each)."""
        self.batch.exchange(None, whole(ticks, "ticks", 0, 2**40))

    def production(self, item: str) -> int:
        """How many of an item were made, mined or crafted so far (production statistics)."""
        s = self.batch.full.stat[0, self._item(item)]
        return int(s.made + s.drilled + s.mined + s.crafted)

    def consumption(self, item: str) -> int:
        """How many of an item were used up so far, fuel included."""
        s = self.batch.full.stat[0, self._item(item)]
        return int(s.consumed + s.spent)

    def counters(self, item: str) -> dict[str, int]:
        """All counters of one item (see `tables.STAT`)."""
        s = self.batch.full.stat[0, self._item(item)]
        return {name: int(s[name]) for name in s.dtype.names}

    def snapshot(self) -> Snapshot:
        """A copy of everything, for `restore`."""
        return self.batch.snapshot()

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot of this world."""
        self.batch.restore(snapshot)

    def digest(self) -> str:
        """64 bits (16 hex digits) that stand for everything in the world."""
        return self._digest(1)

    def observable_digest(self) -> str:
        """64 bits that stand for the observable fields."""
        return self._digest(0)

    # -- inside ------------------------------------------------------------------------------------
    def _digest(self, everything: int) -> str:
        parts = [digest_world(self.batch.book, 0, everything, seed) for seed in (1, 2)]
        return f"{parts[0]:08x}{parts[1]:08x}"

    def _edit(self, op: int, *args: int) -> int:
        self.batch.make_room()
        padded = [*args, *([0] * (6 - len(args)))]
        return int(edit(self.batch.book, 0, op, *padded))

    def _entity_name(self, name: Any) -> Any:
        if not isinstance(name, str):
            raise WorldError(f"an entity name is a string, got {short(name)}")
        return self.prototypes.entities[name]

    def _resources(self) -> list[str]:
        return [
            e.name
            for e in self.prototypes.entities.values()
            if e.type == "resource" and is_modelled(e)
        ]

    def _item(self, name: Any) -> int:
        if not isinstance(name, str):
            raise WorldError(f"an item name is a string, got {short(name)}")
        return self.prototypes.item_id(name)

    def _direction(self, direction: Any) -> int:
        if isinstance(direction, str) and direction in command_set.CARDINALS:
            return command_set.CARDINALS[direction]
        if not isinstance(direction, str | bool) and direction in (0, 4, 8, 12):
            return int(direction)
        raise WorldError(
            f"unknown direction {short(direction)}; allowed: {', '.join(command_set.CARDINALS)} "
            "or 0, 4, 8, 12"
        )

    def _inventory(self, name: str | None) -> int:
        if name is None:
            return 0
        if not isinstance(name, str) or name not in INVENTORIES:
            raise WorldError(f"unknown inventory {short(name)}; allowed: {', '.join(INVENTORIES)}")
        return INVENTORIES[name]

    def _inside(self, where: Any) -> tuple[int, int]:
        x, y = position(where)
        self._index(x, y, where)
        return x, y

    def _tile(self, where: Any) -> int:
        return self._index(*position(where), where)

    def _index(self, x: int, y: int, where: Any) -> int:
        h = self.batch.full.header[0, 0]
        column, row = (x >> 8) - int(h.left), (y >> 8) - int(h.top)
        if not (0 <= column < int(h.width) and 0 <= row < int(h.height)):
            raise WorldError(
                f"{where} lies outside of the map: x from {int(h.left)} to "
                f"{int(h.left + h.width)}, y from {int(h.top)} to {int(h.top + h.height)}"
            )
        return row * int(h.width) + column

    def _belt_row(self, handle: Handle) -> int:
        row = self._row(handle)
        if not self.batch.full.entity.belt[0, row]:
            raise WorldError(f"{self.entity(handle)['name']} has no lanes; transport belts have")
        return row

    def _stands_on(self, index: int) -> bool:
        """Whether a character's box reaches into a tile."""
        x, y = (round(256 * value) for value in self._centre(int(index)))
        ch, near = self.batch.full.character[0], 128 + c.CHARACTER_HALF
        return bool((ch.active & (abs(ch.x - x) < near) & (abs(ch.y - y) < near)).any())

    def _centre(self, index: int) -> tuple[float, float]:
        h = self.batch.full.header[0, 0]
        row, column = divmod(int(index), int(h.width))
        return column + int(h.left) + 0.5, row + int(h.top) + 0.5

    def _row(self, handle: Any) -> int:
        if not isinstance(handle, Handle) or not isinstance(handle.row, int):
            raise WorldError(
                f"an entity is named by the handle of create_entity, got {short(handle)}"
            )
        entity = self.batch.full.entity[0]
        if not 0 <= handle.row < len(entity):
            raise WorldError(f"{short(handle)} names no entity of this world")
        e = entity[handle.row]
        if not e.proto or int(e.generation) != handle.generation:
            raise WorldError(f"{handle} is no longer on the map")
        return handle.row

    def _agent_number(self, agent: Any) -> int:
        match = AGENT_NAME.fullmatch(agent) if isinstance(agent, str) else None
        if not match or int(match[1]) >= c.MAX_AGENTS:
            raise WorldError(f"agents are agent_0 to agent_{c.MAX_AGENTS - 1}, got {short(agent)}")
        return int(match[1])

    def _agent(self, agent: Any) -> int:
        number = self._agent_number(agent)
        active = self.batch.full.character.active[0]
        if not active[number]:
            there = ", ".join(f"agent_{i}" for i in np.flatnonzero(active)) or "none"
            raise WorldError(f"no character of {agent} is on the map; there are: {there}")
        return number

    def _runs(self, e: Any) -> list[tuple[str, int, int]]:
        if int(e.kind) == c.KIND_CHEST:
            return [("chest", 0, int(e.slots))]
        fuel, source, result = int(e.fuel_slots), int(e.source_slots), int(e.result_slots)
        runs = [("fuel", 0, fuel), ("source", fuel, source), ("result", fuel + source, result)]
        return [run for run in runs if run[2] and e.slots]

    def _contents(self, base: int, slots: int) -> dict[str, int]:
        out: dict[str, int] = {}
        run = self.batch.full.slot[0, base : base + slots]
        for item, count in zip(run.item_id.tolist(), run["count"].tolist(), strict=True):
            if item:
                name = self.prototypes.item_name(item)
                out[name] = out.get(name, 0) + count
        return out

    def _accepts(self, row: int, item_id: int, inventory: int) -> bool:
        """Whether an entity takes an item at all (its slots may be full)."""
        e = self.batch.full.entity[0, row]
        item = self.batch.prototypes.items[item_id]
        if int(e.kind) == c.KIND_CHEST:
            return inventory in (0, 4)
        if inventory == 3:
            return bool(e.result_slots)
        fuel = bool(e.fuel_slots) and item.fuel > 0 and inventory in (0, 1)
        return fuel or (bool(e.source_slots) and bool(item.smelts) and inventory in (0, 2))


def _snap(size: int, value: int) -> int:
    if size & 1:
        return (value >> 8) * 256 + 128
    return math.floor((value + 128) / 256) * 256
