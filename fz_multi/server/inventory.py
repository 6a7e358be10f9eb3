"""`LuaInventory`: runs of slots of machines, chests and characters, and those that scripts make.

An inventory is (owner, part): the owner is an entity's handle, or the number of a script's own
inventory. Slots of machines come fuel first, then source, then result. Items go in as the engine
puts them: part stacks first, then empty slots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fz_multi.engine import edit as ops
from fz_multi.engine.constants import KIND_CHEST, KIND_FURNACE

from . import convert
from .handles import (
    CHARACTER,
    CHEST,
    ENTITY,
    FUEL,
    KIND_AT,
    KIND_MASK,
    MAIN,
    RESULT,
    ROW_MASK,
    SCRIPT,
    SOURCE,
)
from .place import Place
from .registry import LuaError, Ref, getter, index, length, method

if TYPE_CHECKING:
    from .game import Game

# defines.inventory: the same number means another part on another kind of entity.
INDEX = {FUEL: 1, SOURCE: 2, RESULT: 3, CHEST: 1, MAIN: 1}
NAMES = {
    FUEL: "fuel",
    SOURCE: "crafter_input",
    RESULT: "crafter_output",
    CHEST: "chest",
    MAIN: "character_main",
}
ENGINE_PART = {FUEL: 1, SOURCE: 2, RESULT: 3, CHEST: 4}  # of the operations INSERT and TAKE
MAX_SCRIPT_SLOTS = 65_535


def part_of(game: Game, handle: int, which: int) -> int:
    """The part of an entity that a number of defines.inventory means, 0 = it has none."""
    kind = handle >> KIND_AT & KIND_MASK
    if kind == CHARACTER:
        return MAIN if which == 1 else 0  # guns, ammunition, armour, trash: not modelled
    if kind != ENTITY:
        return 0
    place, row = game.place(handle), handle & ROW_MASK
    if place.kind[row] == KIND_CHEST:
        return CHEST if which == 1 else 0
    if which == 1:
        return FUEL if place.fuel_slots[row] else 0
    if place.kind[row] == KIND_FURNACE:
        return {2: SOURCE, 3: RESULT}.get(which, 0)
    return 0


def inventory_of(game: Game, handle: int, part: int) -> int:
    """Handle of a part of an entity, 0 for part 0."""
    return game.inventories.number((handle, part)) if part else 0


def run_of(place: Place, key: tuple[int, int]) -> tuple[int, int, int]:
    """Slots of an entity's or a character's part: (holder for SLOT, first slot in it, slots)."""
    owner, part = key
    row = owner & ROW_MASK
    if part == MAIN:
        return -1 - row, 0, place.ch_slots[row]
    if part == CHEST:
        return row, 0, place.slots[row]
    fuel, source = place.fuel_slots[row], place.source_slots[row]
    if part == FUEL:
        return row, 0, fuel
    if part == SOURCE:
        return row, fuel, source
    return row, fuel + source, place.result_slots[row]


def base_of(place: Place, holder: int) -> int:
    """First slot of an entity (row) or a character (-1 - row) in the pool."""
    return place.slot[holder] if holder >= 0 else place.ch_slot[-1 - holder]


def slots_of(game: Game, number: int) -> list[tuple[int, int]]:
    """(item id, count) of each slot."""
    key = game.inventories.key(number)
    if key[1] == SCRIPT:
        return [(item, count) for item, count in game.script_slots[key[0]]]
    place = game.place(key[0])
    holder, first, slots = run_of(place, key)
    first += base_of(place, holder)
    items, counts = place.slot_item, place.slot_count
    return [(items[at], counts[at]) for at in range(first, first + slots)]


def totals(slots: list[tuple[int, int]]) -> dict[int, int]:
    """Item id -> count, in the order of the first slot of each."""
    out: dict[int, int] = {}
    for item, count in slots:
        if item:
            out[item] = out.get(item, 0) + count
    return out


def limit_of(game: Game, key: tuple[int, int], item: int) -> int:
    """How many of an item a slot of this part takes; 0 = it takes none."""
    stack = int(game.numbers.items.stack[item])
    part = key[1]
    if part == FUEL:
        return stack if game.numbers.items.fuel[item] > 0 else 0
    if part == SOURCE:
        return stack + SOURCE_OVER_STACK if game.numbers.items.smelts[item] else 0
    return stack


SOURCE_OVER_STACK = 4  # fz_multi.engine.machines: what a furnace's source slot takes over a stack


def room(game: Game, number: int, item: int) -> int:
    """How many more of an item fit into an inventory."""
    limit = limit_of(game, game.inventories.key(number), item)
    total = 0
    for held, count in slots_of(game, number):
        if held == 0:
            total += limit
        elif held == item and count < limit:
            total += limit - count
    return total


def put(game: Game, number: int, item: int, count: int) -> int:
    """Put items into an inventory; returns how many fitted."""
    key = game.inventories.key(number)
    if key[1] == SCRIPT:
        return _put_in_script(game, key[0], item, count)
    place, row = game.place(key[0]), key[0] & ROW_MASK
    if key[1] == MAIN:
        return place.edit(ops.GIVE, row, item, count)
    if key[1] == RESULT:
        return place.edit(ops.INSERT, row, item, count, ENGINE_PART[RESULT])
    return place.edit(ops.INSERT, row, item, count, ENGINE_PART[key[1]])


def take(game: Game, number: int, item: int, count: int) -> int:
    """Take items out of an inventory; returns how many came out."""
    key = game.inventories.key(number)
    if key[1] == SCRIPT:
        return _take_from_script(game, key[0], item, count)
    place, row = game.place(key[0]), key[0] & ROW_MASK
    if key[1] == MAIN:
        return place.edit(ops.GIVE, row, item, -count)
    _holder, first, slots = run_of(place, key)
    return place.edit(ops.TAKE, row, item, count, first, slots)


def write_slot(game: Game, key: tuple[int, int], at: int, item: int, count: int) -> None:
    """Make one slot (from 0) hold a stack; item 0 empties it."""
    if key[1] == SCRIPT:
        game.script_slots[key[0]][at] = [item, count] if count and item else [0, 0]
        return
    place = game.place(key[0])
    holder, first, _slots = run_of(place, key)
    place.edit(ops.SLOT, holder, first + at, item, count)


def _put_in_script(game: Game, owner: int, item: int, count: int) -> int:
    stack, left = int(game.numbers.items.stack[item]), count
    slots = game.script_slots[owner]
    for wanted in (item, 0):
        for slot in slots:
            if left and slot[0] == wanted and (wanted == 0 or slot[1] < stack):
                some = min(left, stack - slot[1])
                slot[0], slot[1] = item, slot[1] + some
                left -= some
    return count - left


def _take_from_script(game: Game, owner: int, item: int, count: int) -> int:
    left = count
    for slot in game.script_slots[owner]:
        if left and slot[0] == item:
            some = min(left, slot[1])
            slot[1] -= some
            left -= some
            if slot[1] == 0:
                slot[0] = 0
    return count - left


# -- LuaInventory ----------------------------------------------------------------------------------
@length("LuaInventory")
def size(game: Game, handle: int) -> int:
    key = game.inventories.key(handle)
    if key[1] == SCRIPT:
        return len(game.script_slots[key[0]])
    return run_of(game.place(key[0]), key)[2]


@index("LuaInventory", returns="LuaItemStack")
def stack_at(game: Game, handle: int, key: Any) -> int:
    if isinstance(key, bool) or not isinstance(key, int) or not 1 <= key <= size(game, handle):
        raise LuaError(f"Inventory index {key} is out of range.")
    owner, part = game.inventories.key(handle)
    return game.stacks.number((owner, part, key - 1))


@getter("LuaInventory", "index")
def number_of(game: Game, handle: int) -> int | None:
    return INDEX.get(game.inventories.key(handle)[1])


@getter("LuaInventory", "name")
def name_of(game: Game, handle: int) -> str | None:
    return NAMES.get(game.inventories.key(handle)[1])


@getter("LuaInventory", "entity_owner", returns="LuaEntity")
def entity_owner(game: Game, handle: int) -> int:
    owner, part = game.inventories.key(handle)
    return 0 if part == SCRIPT else owner


@method("LuaInventory", "insert")
def insert(game: Game, handle: int, items: Any) -> int:
    return put(game, handle, *convert.stack(game, items))


@method("LuaInventory", "remove")
def remove(game: Game, handle: int, items: Any) -> int:
    return take(game, handle, *convert.stack(game, items))


@method("LuaInventory", "can_insert")
def can_insert(game: Game, handle: int, items: Any) -> bool:
    """Whether at least one of the items would fit (doc)."""
    return room(game, handle, convert.stack(game, items)[0]) > 0


@method("LuaInventory", "get_insertable_count")
def get_insertable_count(game: Game, handle: int, item: Any) -> int:
    return room(game, handle, convert.item_id(game, item))


@method("LuaInventory", "get_item_count")
def get_item_count(game: Game, handle: int, item: Any = None) -> int:
    if item is None:
        return sum(count for _, count in slots_of(game, handle))
    wanted = convert.item_id(game, item)
    return sum(count for held, count in slots_of(game, handle) if held == wanted)


@method("LuaInventory", "get_contents")
def get_contents(game: Game, handle: int) -> list[dict[str, Any]]:
    return convert.counts(game, totals(slots_of(game, handle)))


@method("LuaInventory", "is_empty")
def is_empty(game: Game, handle: int) -> bool:
    return not any(item for item, _ in slots_of(game, handle))


@method("LuaInventory", "is_full")
def is_full(game: Game, handle: int) -> bool:
    """No slot is empty and every stack is a full one."""
    stack = game.numbers.items.stack
    return all(item and count >= stack[item] for item, count in slots_of(game, handle))


@method("LuaInventory", "clear")
def clear(game: Game, handle: int) -> None:
    key = game.inventories.key(handle)
    for at, (item, _count) in enumerate(slots_of(game, handle)):
        if item:
            write_slot(game, key, at, 0, 0)


@method("LuaInventory", "count_empty_stacks")
def count_empty_stacks(game: Game, handle: int, filtered: bool = False, bar: bool = False) -> int:
    return sum(not item for item, _ in slots_of(game, handle))


@method("LuaInventory", "find_item_stack")
def find_item_stack(game: Game, handle: int, item: Any) -> tuple[Any, Any]:
    wanted = convert.item_id(game, item)
    return _first(game, handle, lambda held: held == wanted)


@method("LuaInventory", "find_empty_stack")
def find_empty_stack(game: Game, handle: int, item: Any = None) -> tuple[Any, Any]:
    if item is not None and not limit_of(
        game, game.inventories.key(handle), convert.item_id(game, item)
    ):
        return None, None
    return _first(game, handle, lambda held: held == 0)


def _first(game: Game, handle: int, fits: Any) -> tuple[Any, Any]:
    for at, (item, _count) in enumerate(slots_of(game, handle)):
        if fits(item):
            return Ref("LuaItemStack", stack_at(game, handle, at + 1)), at + 1
    return None, None


@method("LuaInventory", "sort_and_merge")
def sort_and_merge(game: Game, handle: int) -> None:
    """Full stacks first, in the order of the items' ids (the game's order within is its own)."""
    key, merged = game.inventories.key(handle), []
    for item, count in sorted(totals(slots_of(game, handle)).items()):
        stack = limit_of(game, key, item)
        while count > 0:
            merged.append((item, min(count, stack)))
            count -= stack
    merged += [(0, 0)] * (size(game, handle) - len(merged))
    for at, ((item, count), held) in enumerate(zip(merged, slots_of(game, handle), strict=True)):
        if (item, count) != held:
            write_slot(game, key, at, item, count)


@method("LuaInventory", "supports_bar")
def supports_bar(game: Game, handle: int) -> bool:
    """Chests have a red bar in the game; the engine has none, and says so."""
    return False


@method("LuaInventory", "destroy")
def destroy(game: Game, handle: int) -> None:
    owner, part = game.inventories.key(handle)
    if part != SCRIPT:
        raise LuaError("Only inventories made by a script can be destroyed.")
    del game.script_slots[owner]


@method("LuaGameScript", "create_inventory", returns="LuaInventory")
def create_inventory(game: Game, handle: int, slots: int, gui_title: Any = None) -> int:
    slots = convert.whole(slots, "size", 1, MAX_SCRIPT_SLOTS)
    game.last_script_inventory += 1
    game.script_slots[game.last_script_inventory] = [[0, 0] for _ in range(slots)]
    return game.inventories.number((game.last_script_inventory, SCRIPT))
