"""Commands aimed at a tile: what mining, placing, taking ... there means. Kernels of `actions.py`.

Tiles are (tx, ty), x east and y south; points are in 1/256 tile. Each function writes the command
and returns `ok`, or the code with which the interface refuses. Whether the world accepts the
command is another question (``engine.legal.check``). Only observable fields are read.
"""

from __future__ import annotations

import numpy as np

from .commands import CODE_NUMBER, INVENTORIES, VERBS
from .engine.constants import KIND_BELT, KIND_CHEST, NARROW_GAP, STRIDE
from .engine.inventory import holds
from .engine.jit import kernel
from .engine.space import is_open, tile_index

# What an agent can do: the interactions of the multidiscrete form in their order, then the rest.
(
    DO_NONE,
    DO_MINE,
    DO_PLACE,
    DO_ROTATE,
    DO_TAKE,
    DO_INSERT,
    DO_INSERT_ONE,
    DO_PICK_UP,
    DO_CRAFT,
    DO_RECIPE,
    DO_SAY,
) = range(11)
# Deeds that no interaction stands for.
DO_MOVE, DO_HOLD, DO_NOTHING_KNOWN = 11, 12, 13

HANDFUL = 5  # items that `insert` offers
# How far from a walk's way another character can matter: half of both, the narrowest gap, and the
# stride by which the walk may leave the straight way.
ELBOW = NARROW_GAP + STRIDE + 1  # a gap is measured from edge to edge: half of one is in it

# Steps of the eight directions (index = direction / 2), tiles, x east and y south.
STEP_X = (0, 1, 1, 1, 0, -1, -1, -1)
STEP_Y = (-1, -1, 0, 1, 1, 1, 0, -1)

V_WAIT = VERBS["WAIT"].number
V_MOVE = VERBS["MOVE"].number
V_MINE = VERBS["MINE"].number
V_BUILD = VERBS["BUILD"].number
V_CRAFT = VERBS["CRAFT"].number
V_INSERT = VERBS["INSERT"].number
V_TAKE = VERBS["TAKE"].number
V_SET_RECIPE = VERBS["SET_RECIPE"].number
V_ROTATE = VERBS["ROTATE"].number
V_PICK_UP = VERBS["PICK_UP"].number
V_DROP = VERBS["DROP"].number
V_SAY = VERBS["SAY"].number

OK = CODE_NUMBER["ok"]
RUNNING = CODE_NUMBER["running"]
NOT_ALLOWED = CODE_NUMBER["not_allowed"]
BLOCKED = CODE_NUMBER["blocked"]
OUT_OF_MAP = CODE_NUMBER["out_of_map"]
NOTHING_THERE = CODE_NUMBER["nothing_there"]
INSUFFICIENT = CODE_NUMBER["insufficient_items"]
CANNOT_PLACE = CODE_NUMBER["cannot_place"]

INV_RESULT = INVENTORIES["result"]
INV_CHEST = INVENTORIES["chest"]


@kernel
def clear(command):
    """Make a command a plain WAIT: nothing new, and what is running goes on."""
    command.verb = V_WAIT
    command.name = 0
    command.direction = -1
    command.count = 0
    command.ticks = -1
    command.inventory = 0
    command.method = 0
    command.has_target = 0
    command.has_area = 0
    command.x = 0
    command.y = 0
    command.x2 = 0
    command.y2 = 0


@kernel
def aim(command, verb, x, y):
    """Set verb and target point (1/256 tile)."""
    command.verb = verb
    command.has_target = 1
    command.x = x
    command.y = y


@kernel
def plainly_open(o, agent, tx, ty):
    """Whether nothing at all stands around the way to a neighbouring tile's centre.

    Then the walk arrives, and nobody needs to simulate it (``engine.character.can_walk_to``): the
    character and the narrowest gap reach less than a tile to each side of the way.
    """
    h = o.header[0]
    c = o.character[agent]
    reach = 1 + np.int64(h.overhang)
    x, y = c.x >> 8, c.y >> 8
    left, right = min(x, tx) - reach, max(x, tx) + reach
    top, bottom = min(y, ty) - reach, max(y, ty) + reach
    if not is_open(o, left, top, right, bottom):
        return False
    x0, x1 = min(c.x, tx * 256 + 128) - ELBOW, max(c.x, tx * 256 + 128) + ELBOW
    y0, y1 = min(c.y, ty * 256 + 128) - ELBOW, max(c.y, ty * 256 + 128) + ELBOW
    for other in range(h.characters):
        p = o.character[other]
        close = x0 <= p.x <= x1 and y0 <= p.y <= y1
        if close and other != agent and p.active != 0:
            return False
    return True


@kernel
def mine_at(o, tx, ty, command):
    """MINE what the tile holds: an entity, else the newest ground item, else the deposit."""
    index = tile_index(o.header, tx, ty)
    if index < 0:
        return OUT_OF_MAP
    tile = o.tile[index]
    row = np.int64(tile.entity) - 1
    if row >= 0:
        aim(command, V_MINE, o.entity[row].x, o.entity[row].y)
        return OK
    row = np.int64(tile.pile) - 1
    if row >= 0:
        aim(command, V_MINE, o.pile[row].x, o.pile[row].y)
        return OK
    if tile.resource == 0:
        return NOTHING_THERE
    aim(command, V_MINE, tx * 256 + 128, ty * 256 + 128)
    return OK


@kernel
def target_entity(o, tx, ty, verb, command):
    """Aim a verb at the entity on a tile. Returns (code, row)."""
    index = tile_index(o.header, tx, ty)
    if index < 0:
        return OUT_OF_MAP, -1
    row = np.int64(o.tile[index].entity) - 1
    if row < 0:
        return NOTHING_THERE, -1
    aim(command, verb, o.entity[row].x, o.entity[row].y)
    return OK, row


@kernel
def take_at(o, tx, ty, item, exactly, command):
    """TAKE from the entity on a tile.

    ``exactly``: that ``item``. Otherwise ``item`` is the hand: a machine gives its results and,
    when it has none, what the hand holds of its fuel and source; a chest gives what the hand
    holds, else its first stack. A belt means PICK_UP: all that lies within a tile.
    """
    code, row = target_entity(o, tx, ty, V_TAKE, command)
    if code != OK:
        return code
    if o.entity[row].kind == KIND_BELT:
        clear(command)
        command.verb = V_PICK_UP
        return OK
    if exactly:
        command.name = item
        return OK
    e = o.entity[row]
    base, slots = np.int64(e.slot), np.int64(e.slots)
    inputs = np.int64(e.fuel_slots) + np.int64(e.source_slots)
    results = np.int64(e.result_slots)
    if e.kind == KIND_CHEST:
        command.inventory = INV_CHEST
        if item != 0 and holds(o, base, slots, item):
            command.name = item
        return OK
    for index in range(base + inputs, base + inputs + results):
        if o.slot[index].item_id != 0:
            command.inventory = INV_RESULT
            return OK
    if item != 0 and holds(o, base, inputs, item):
        command.name = item
    else:
        command.inventory = INV_RESULT
    return OK


@kernel
def touch_at(o, agent, tx, ty, deed, thing, command):
    """ROTATE, INSERT (an item) or SET_RECIPE (a recipe) for the entity on a tile.

    On a belt INSERT means DROP, on the half of it that is nearer to the character.
    """
    verb, count = V_ROTATE, 0
    if deed == DO_RECIPE:
        verb = V_SET_RECIPE
    elif deed != DO_ROTATE:
        if thing == 0:
            return INSUFFICIENT
        verb, count = V_INSERT, (HANDFUL if deed == DO_INSERT else 1)
    code, row = target_entity(o, tx, ty, verb, command)
    if code == OK and verb == V_INSERT and o.entity[row].kind == KIND_BELT:
        c = o.character[agent]
        command.verb = V_DROP
        command.x += 64 * ((c.x > command.x + 128) - (c.x < command.x - 128))
        command.y += 64 * ((c.y > command.y + 128) - (c.y < command.y - 128))
    command.name = 0 if deed == DO_ROTATE else thing
    command.count = count
    return code


@kernel
def cardinal(facing):
    """A diagonal facing as the cardinal one 45 degrees anticlockwise of it."""
    return facing - (facing & 3)


@kernel
def footprint_centre(facing, width, depth, tx, ty):
    """Centre (1/256 tile) of a footprint whose nearest edge holds the tile (tx, ty).

    It extends away from the character, and to the right of the facing: an odd width is centred on
    the tile, an even one has one tile more on the right. With a diagonal facing the tile is the
    footprint's nearest corner. ``width`` is across the facing, ``depth`` along it.
    """
    step = cardinal(facing) >> 1
    ahead_x, ahead_y = STEP_X[step], STEP_Y[step]
    right_x, right_y = -ahead_y, ahead_x
    lateral = width - 1 if facing & 3 else (width - 1) & 1
    return (
        tx * 256 + 128 + 128 * (ahead_x * (depth - 1) + right_x * lateral),
        ty * 256 + 128 + 128 * (ahead_y * (depth - 1) + right_y * lateral),
    )


@kernel
def place_at(o, facing, tx, ty, item, before, command):
    """BUILD the item at a tile, turned to the facing.

    ``before``: with the tile as the nearest of its footprint (`footprint_centre`). Otherwise as the
    game snaps what is asked for at the tile's centre: 2 x 2 covers the tile, right and below.
    """
    if item == 0:
        return INSUFFICIENT
    proto = np.int64(o.items[item].place)
    if proto == 0:
        return CANNOT_PLACE
    x, y = tx * 256 + 128, ty * 256 + 128
    if before:
        kind = o.kinds[proto]
        width, depth = np.int64(kind.w), np.int64(kind.h)
        if not kind.rotates and cardinal(facing) & 4 != 0:
            width, depth = depth, width  # it lies as it lies: seen from the side
        x, y = footprint_centre(facing, width, depth, tx, ty)
    aim(command, V_BUILD, x, y)
    command.name = proto
    command.direction = cardinal(facing)
    return OK
