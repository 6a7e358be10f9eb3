"""`LuaTransportLine` and the belt members of `LuaEntity`.

Line 1 is left of travel, line 2 right. Positions are tiles from the downstream end of the belt's
own lane: 1 on a straight belt is its upstream end. What a script puts on is moved on once at once
(FG: it reads 8/256 less on a moving yellow belt). Items carry no lasting number in the engine:
``unique_id`` tells those of one moment apart, no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fz_multi.engine import edit as ops
from fz_multi.engine.constants import KIND_BELT
from fz_multi.engine.lanes import SHAPE_NAMES, item_offset, lane_length

from . import convert, stacks
from .handles import ROW_MASK
from .machine import row_of
from .registry import LuaError, Ref, getter, index, length, method

if TYPE_CHECKING:
    from .game import Game
    from .place import Place

LENGTHS = [[256, 256], [106, 295], [295, 106]]  # by shape and lane, as lanes.lane_length has it


class Lane:
    """One lane of a belt on the map, read from the columns."""

    __slots__ = ("belt", "lane", "length", "line", "place", "row")

    def __init__(self, place: Place, row: int, lane: int) -> None:
        self.place, self.row, self.lane = place, row, lane
        self.belt = place.belt[row] - 1
        self.line = place.line_of[self.belt, lane] - 1
        self.length = LENGTHS[place.bend[self.belt]][lane]

    def items(self) -> list[tuple[int, int, int]]:
        """(item id, position, row of the item) front to back."""
        place, line = self.place, self.line
        start = place.start_of[self.belt, self.lane]
        head, shift = place.line_head[line], place.line_shift[line]
        out = []
        for at in range(place.line_first[line], place.line_last[line]):
            where = place.lane_place[at] - (shift if at >= head else 0) - start
            if where >= self.length:
                break
            if where >= 0:
                out.append((place.lane_item[at], where, at))
        return out


def lane_of(game: Game, handle: int) -> Lane:
    owner, number = game.lines.key(handle)
    return Lane(game.place(owner), owner & ROW_MASK, number - 1)


def place_on(game: Game, handle: int, value: Any) -> int:
    """A position of a call in 1/256 tile, within the lane."""
    where = convert.coordinate(value)
    if not 0 <= where <= lane_of(game, handle).length:
        raise LuaError(f"Position {value} is not on the transport line.")
    return where  # the upstream edge itself, too, as the engine takes it


# -- LuaTransportLine ------------------------------------------------------------------------------
@length("LuaTransportLine")
def size(game: Game, handle: int) -> int:
    return len(lane_of(game, handle).items())


@index("LuaTransportLine", returns="LuaItemStack")
def item_at(game: Game, handle: int, key: Any) -> int:
    lane = lane_of(game, handle)
    items = lane.items()
    if isinstance(key, bool) or not isinstance(key, int) or not 1 <= key <= len(items):
        raise LuaError(f"Transport line index {key} is out of range.")
    return stacks.on_lane(lane.place, items[key - 1][0])


@getter("LuaTransportLine", "owner", returns="LuaEntity")
def owner(game: Game, handle: int) -> int:
    return int(game.lines.key(handle)[0])


@getter("LuaTransportLine", "line_length")
def line_length(game: Game, handle: int) -> float:
    return lane_of(game, handle).length / 256


@getter("LuaTransportLine", "total_segment_length")
def total_segment_length(game: Game, handle: int) -> float:
    lane = lane_of(game, handle)
    return float(lane.place.line_length[lane.line] / 256)


@method("LuaTransportLine", "line_equals")
def line_equals(game: Game, handle: int, other: Ref) -> bool:
    return bool(game.lines.key(handle) == game.lines.key(other.handle))


@method("LuaTransportLine", "get_item_count")
def get_item_count(game: Game, handle: int, item: Any = None) -> int:
    items = lane_of(game, handle).items()
    if item is None:
        return len(items)
    wanted = convert.item_id(game, item)
    return sum(held == wanted for held, _, _ in items)


@method("LuaTransportLine", "get_contents")
def get_contents(game: Game, handle: int) -> list[dict[str, Any]]:
    totals: dict[int, int] = {}
    for item, _, _ in lane_of(game, handle).items():
        totals[item] = totals.get(item, 0) + 1
    return convert.counts(game, totals)


@method("LuaTransportLine", "get_detailed_contents")
def get_detailed_contents(game: Game, handle: int) -> list[dict[str, Any]]:
    """Front to back."""
    lane = lane_of(game, handle)
    return [
        {
            "stack": Ref("LuaItemStack", stacks.on_lane(lane.place, item)),
            "position": where / 256,
            "unique_id": row + 1,
        }
        for item, where, row in lane.items()
    ]


@method("LuaTransportLine", "can_insert_at")
def can_insert_at(game: Game, handle: int, position: Any) -> bool:
    lane = lane_of(game, handle)
    where = place_on(game, handle, position)
    return bool(lane.place.ask(ops.LANE_OK, lane.row, lane.lane, where))


@method("LuaTransportLine", "can_insert_at_back")
def can_insert_at_back(game: Game, handle: int) -> bool:
    lane = lane_of(game, handle)
    return bool(lane.place.ask(ops.LANE_OK, lane.row, lane.lane, lane.length - 1))


@method("LuaTransportLine", "insert_at")
def insert_at(game: Game, handle: int, position: Any, items: Any, stack_size: Any = None) -> bool:
    """One item, whatever the stack's count: belts of the base game hold no stacks."""
    item, _count = convert.stack(game, items)
    return _put(lane_of(game, handle), place_on(game, handle, position), item)


@method("LuaTransportLine", "force_insert_at")
def force_insert_at(
    game: Game, handle: int, position: Any, items: Any, stack_size: Any = None
) -> None:
    """One item exactly there, however near others are; they make room as they move on."""
    item, _count = convert.stack(game, items)
    lane = lane_of(game, handle)
    where = min(place_on(game, handle, position), lane.length - 1)
    lane.place.edit(ops.ON_BELT, lane.row, lane.lane, where, item, 1)


@method("LuaTransportLine", "insert_at_back")
def insert_at_back(game: Game, handle: int, items: Any, stack_size: Any = None) -> bool:
    item, _count = convert.stack(game, items)
    lane = lane_of(game, handle)
    return _put(lane, lane.length - 1, item)


def _put(lane: Lane, where: int, item: int) -> bool:
    return bool(lane.place.edit(ops.ON_LANE, lane.row, lane.lane, where, item))


@method("LuaTransportLine", "remove_item")
def remove_item(game: Game, handle: int, items: Any) -> int:
    """Takes items off, the front ones first; returns how many."""
    item, count = convert.stack(game, items)
    lane, done = lane_of(game, handle), 0
    at = 0
    held = [kind for kind, _, _ in lane.items()]
    for kind in held:
        if kind == item and done < count:
            lane.place.edit(ops.OFF_BELT, lane.row, lane.lane, at)
            done += 1
        else:
            at += 1
    return done


@method("LuaTransportLine", "clear")
def clear(game: Game, handle: int) -> None:
    lane = lane_of(game, handle)
    for _ in range(len(lane.items())):
        lane.place.edit(ops.OFF_BELT, lane.row, lane.lane, 0)


def _line(game: Game, place: Place, belt: int, lane: int) -> Ref:
    row = place.belt_entity[belt] - 1
    return Ref("LuaTransportLine", game.lines.number((place.entity(row), lane + 1)))


@getter("LuaTransportLine", "output_lines")
def output_lines(game: Game, handle: int) -> list[Ref]:
    """The same lane of the belt that it runs into from behind or on a turn.

    Sideloads are not listed: the engine keeps them by line, not by belt.
    """
    lane = lane_of(game, handle)
    ahead = lane.place.belt_next[lane.belt] - 1
    if ahead < 0 or lane.place.belt_behind[ahead] - 1 != lane.belt:
        return []
    return [_line(game, lane.place, ahead, lane.lane)]


@getter("LuaTransportLine", "input_lines")
def input_lines(game: Game, handle: int) -> list[Ref]:
    """The same lane of the belt whose lanes go on to this one's; see `output_lines`."""
    lane = lane_of(game, handle)
    behind = lane.place.belt_behind[lane.belt] - 1
    return [_line(game, lane.place, behind, lane.lane)] if behind >= 0 else []


# -- LuaEntity -------------------------------------------------------------------------------------
def belt_row(game: Game, handle: int) -> tuple[Place, int]:
    place, row = row_of(game, handle)
    if place.kind[row] != KIND_BELT:
        raise LuaError("LuaEntity is not a transport belt.")
    return place, row


@method("LuaEntity", "get_max_transport_line_index")
def get_max_transport_line_index(game: Game, handle: int) -> int:
    belt_row(game, handle)
    return 2


@method("LuaEntity", "get_transport_line", returns="LuaTransportLine")
def get_transport_line(game: Game, handle: int, number: Any) -> int:
    belt_row(game, handle)
    return game.lines.number((handle, convert.whole(number, "index", 1, 2)))


@method("LuaEntity", "get_line_item_position")
def get_line_item_position(game: Game, handle: int, number: Any, position: Any) -> dict[str, float]:
    """Where on the map an item at a position of a line lies."""
    place, row = belt_row(game, handle)
    lane = convert.whole(number, "index", 1, 2) - 1
    bend = place.bend[place.belt[row] - 1]
    at = min(max(convert.coordinate(position), 0), int(lane_length(bend, lane)))
    dx, dy = item_offset(place.direction[row], bend, lane, at)
    return convert.position(place.x[row] + int(dx), place.y[row] + int(dy))


@getter("LuaEntity", "belt_shape")
def belt_shape(game: Game, handle: int) -> str:
    place, row = belt_row(game, handle)
    return SHAPE_NAMES[place.bend[place.belt[row] - 1]]


@getter("LuaEntity", "belt_neighbours")
def belt_neighbours(game: Game, handle: int) -> dict[str, list[Ref]]:
    """Belts that run into this one, and the one that it runs into, by where they stand."""
    place, row = belt_row(game, handle)
    inputs = []
    tx, ty = place.x[row] >> 8, place.y[row] >> 8
    for side in (0, 4, 8, 12):
        dx, dy = STEP[side]
        other = _belt_on(place, tx - dx, ty - dy)
        if other >= 0 and place.direction[other] == side and side != opposite(place.direction[row]):
            inputs.append(Ref("LuaEntity", place.entity(other)))
    dx, dy = STEP[place.direction[row]]
    ahead = _belt_on(place, tx + dx, ty + dy)
    outputs = []
    if ahead >= 0 and place.direction[ahead] != opposite(place.direction[row]):
        outputs.append(Ref("LuaEntity", place.entity(ahead)))
    return {"inputs": inputs, "outputs": outputs}


STEP = {0: (0, -1), 4: (1, 0), 8: (0, 1), 12: (-1, 0)}


def opposite(direction: int) -> int:
    return (direction + 8) % 16


def _belt_on(place: Place, tx: int, ty: int) -> int:
    index = place.tile_of(tx, ty)
    row = place.stands[index] - 1 if index >= 0 else -1
    return row if row >= 0 and place.kind[row] == KIND_BELT else -1
