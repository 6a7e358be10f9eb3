"""`LuaItemStack`: one slot, an inserter's hand, an item on the ground, an item on a belt.

A stack is (owner, part, slot). Items on belts have no slot that stays: their stacks carry the item
in the handle and are invalid as soon as anything may have moved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fz_multi.engine import edit as ops

from . import convert, inventory
from .handles import GROUND, HELD, LANE_STACK, ROW_MASK, SCRIPT, SURFACE_MASK
from .registry import LuaError, Ref, getter, method, setter

if TYPE_CHECKING:
    from .game import Game
    from .place import Place

UNREADABLE = "LuaItemStack API call when LuaItemStack was invalid for read."


def on_lane(place: Place, item: int) -> int:
    """Handle of a stack of one item on a belt, good until something moves."""
    version = place.version_of_lanes & 0x3FFFFFF
    return LANE_STACK | place.index << 39 | version << 13 | item << 1


def lane_stack_lives(game: Game, handle: int) -> bool:
    place = game.places[handle >> 39 & SURFACE_MASK]
    return place is not None and place.version_of_lanes & 0x3FFFFFF == handle >> 13 & 0x3FFFFFF


def read(game: Game, handle: int) -> tuple[int, int]:
    """(item id, count) of a stack that is valid; item 0 = empty."""
    if handle & LANE_STACK:
        return handle >> 1 & 0xFFF, 1
    owner, part, at = game.stacks.key(handle)
    if part == SCRIPT:
        item, count = game.script_slots[owner][at]
        return item, count
    place, row = game.place(owner), owner & ROW_MASK
    if part == HELD:
        item = place.held[row]
        return item, 1 if item else 0
    if part == GROUND:
        return place.pile_item[row], place.pile_count[row]
    holder, first, _slots = inventory.run_of(place, (owner, part))
    slot = inventory.base_of(place, holder) + first + at
    return place.slot_item[slot], place.slot_count[slot]


def write(game: Game, handle: int, item: int, count: int) -> None:
    """Make a stack hold something else; item 0 empties it."""
    if handle & LANE_STACK:
        raise LuaError("Items on belts cannot be written; use LuaTransportLine here.")
    owner, part, at = game.stacks.key(handle)
    if part == HELD:
        raise LuaError("An inserter's hand cannot be written on this server.")
    if part == GROUND:
        place, row = game.place(owner), owner & ROW_MASK
        if item and item != place.pile_item[row]:
            raise LuaError("Another item cannot take an item's place on the ground here.")
        if item and count:
            place.edit(ops.PILE_COUNT, row, count)
        else:
            place.edit(ops.UNPILE, row)
            game.destroyed(owner)
        return
    inventory.write_slot(game, (owner, part), at, item, count)


def allowed(game: Game, handle: int, item: int) -> int:
    """How many of an item a stack's place takes."""
    if handle & LANE_STACK:
        return 0
    owner, part, _at = game.stacks.key(handle)
    if part == HELD:
        return 0
    if part == GROUND:
        return int(game.numbers.items.stack[item])
    return inventory.limit_of(game, (owner, part), item)


def readable(game: Game, handle: int) -> tuple[int, int]:
    """`read`, refused for an empty stack as the game refuses it."""
    item, count = read(game, handle)
    if not item:
        raise LuaError(UNREADABLE)
    return item, count


# -- LuaItemStack ----------------------------------------------------------------------------------
@getter("LuaItemStack", "valid_for_read")
def valid_for_read(game: Game, handle: int) -> bool:
    return read(game, handle)[0] != 0


@getter("LuaItemStack", "name")
def name(game: Game, handle: int) -> str:
    return game.prototypes.item_name(readable(game, handle)[0])


@getter("LuaItemStack", "type")
def type_of(game: Game, handle: int) -> str:
    return game.prototypes.items[name(game, handle)].type


@getter("LuaItemStack", "prototype", returns="LuaItemPrototype")
def prototype(game: Game, handle: int) -> int:
    return readable(game, handle)[0]


@getter("LuaItemStack", "quality")
def quality(game: Game, handle: int) -> Ref:
    readable(game, handle)
    return Ref("LuaQualityPrototype", 1)


@getter("LuaItemStack", "count")
def count_of(game: Game, handle: int) -> int:
    return readable(game, handle)[1]


@setter("LuaItemStack", "count")
def set_count(game: Game, handle: int, value: Any) -> None:
    """0 empties the stack; more than a stack is cut (doc)."""
    item, _count = readable(game, handle)
    count = convert.whole(value, "count")
    write(game, handle, item, min(count, int(game.numbers.items.stack[item])))


@method("LuaItemStack", "clear")
def clear(game: Game, handle: int) -> None:
    write(game, handle, 0, 0)


@method("LuaItemStack", "can_set_stack")
def can_set_stack(game: Game, handle: int, stack: Any = None) -> bool:
    return stack is None or allowed(game, handle, convert.stack(game, stack)[0]) > 0


@method("LuaItemStack", "set_stack")
def set_stack(game: Game, handle: int, stack: Any = None) -> bool:
    """Put a stack in the place of what is there; nil or an empty one clears it."""
    if stack is None or (isinstance(stack, Ref) and not read(game, stack.handle)[0]):
        write(game, handle, 0, 0)
        return True
    item, count = convert.stack(game, stack)
    limit = allowed(game, handle, item)
    if not limit:
        return False
    write(game, handle, item, min(count, limit))
    return True


@method("LuaItemStack", "transfer_stack")
def transfer_stack(game: Game, handle: int, stack: Any, amount: Any = None) -> bool:
    """Take over another stack, or a part of it; False when not all of it fitted (doc)."""
    if not isinstance(stack, Ref):
        raise LuaError("transfer_stack: a LuaItemStack expected")
    item, there = readable(game, stack.handle)
    wanted = there if amount is None else min(there, convert.whole(amount, "amount"))
    held, count = read(game, handle)
    if held and held != item:
        return False
    moved = min(wanted, max(0, allowed(game, handle, item) - count))
    if moved:
        write(game, handle, item, count + moved)
        write(game, stack.handle, item if there > moved else 0, there - moved)
    return moved == wanted


@method("LuaItemStack", "swap_stack")
def swap_stack(game: Game, handle: int, stack: Ref) -> bool:
    """Exchange two stacks, if each is allowed in the other's place."""
    mine, other = read(game, handle), read(game, stack.handle)
    for place, (item, count) in ((handle, other), (stack.handle, mine)):
        if item and allowed(game, place, item) < count:
            return False
    write(game, handle, *other)
    write(game, stack.handle, *mine)
    return True
