"""Observation: the numbers beside the planes (self, team, goal), and `state()`. Kernels.

The order of the numbers is that of the fields in `fields.py` (``self_fields``, ``team_fields``,
``goal_fields``, ``state_fields``); `docs/spaces.md` lists them. All are in [0, 1] or [-1, 1], each
one integer division away from the world. Only observable fields are read.
"""

from __future__ import annotations

import numpy as np

from . import actions as a
from .commands import CODES, OK, RUNNING
from .desk import open_desk
from .engine.constants import MAX_AGENTS
from .engine.jit import entry, kernel, linked
from .engine.memory import open_seen
from .engine.shade import level
from .masks import write_mask
from .planes import MEMO, POOL_PLANES, forget, share, write_planes, write_pooled, write_shares

ACTIVITIES = 5  # idle, walking, mining, waiting, crafting
# Activity of the engine (constants.ACTIVITY_NAMES) -> one of these.
ACTIVITY_INDEX = (0, 1, 1, 2, 3, 4)
TEAMMATES = 3
MATE_FIELDS = 7  # of one teammate, without messages
GOAL_NUMBERS = 8
FAR = 32 * 256  # 1/256 tile: a teammate that far or farther reads +-1
NOWHERE = 1 << 62  # squared distance of nobody
QUEUE_FULL = 16  # crafts in the queue that read 1
MANY = 254  # `level` of an inventory count that reads 1
INVENTORY_OCTAVE = 24
CODE_TOP = len(CODES) - 1

# Facing as a vector (index = direction / 2); 0.7071 is data, not the platform's sine.
FACING_X = (0.0, 0.70710677, 1.0, 0.70710677, 0.0, -0.70710677, -1.0, -0.70710677)
FACING_Y = (-1.0, -0.70710677, 0.0, 0.70710677, 1.0, 0.70710677, 0.0, -0.70710677)

SLOT_NUMBERS = 8  # of one agent slot of the state, beside activity and inventory


@kernel
def within(value, limit):
    """value / limit, kept within -1..1."""
    return np.float32(min(max(value, -limit), limit) / limit)


@kernel
def bounded(number):
    """A task's number kept within -1..1; 0 for what is not a number."""
    if number >= -1.0 and number <= 1.0:
        return np.float32(number)
    if number > 1.0:
        return np.float32(1.0)
    return np.float32(-1.0) if number < -1.0 else np.float32(0.0)


@kernel
def one_hot(out, at, size, index):
    """One of ``size`` numbers that are all 0 so far."""
    out[at + index] = 1.0
    return at + size


@kernel
def palette_index(config, item):
    """Place of an item in the palette, from 1; 0 = it is not there."""
    return config[config[a.INDEX_AT] + item]


@kernel
def activity_of(c):
    """What a character is busy with; crafting when only its queue runs."""
    kind = ACTIVITY_INDEX[c.activity]
    return 4 if kind == 0 and c.crafts > 0 else kind


@kernel
def count_palette(o, config, agent, counts):
    """Inventory by palette index + 1 into ``counts``. Returns the number of free slots."""
    for k in range(counts.shape[0]):
        counts[k] = 0
    c = o.character[agent]
    first, end, slot = np.int64(c.slot), np.int64(c.slot) + np.int64(c.slots), o.slot
    free = 0
    while first < end:
        if (
            first + 8 <= end
            and (
                slot[first].item_id
                | slot[first + 1].item_id
                | slot[first + 2].item_id
                | slot[first + 3].item_id
                | slot[first + 4].item_id
                | slot[first + 5].item_id
                | slot[first + 6].item_id
                | slot[first + 7].item_id
            )
            == 0
        ):  # most are empty
            free += 8
            first += 8
            continue
        for index in range(first, min(first + 8, end)):
            item = np.int64(slot[index].item_id)
            if item == 0:
                free += 1
            else:
                counts[palette_index(config, item)] += np.int64(slot[index].count)
        first += 8
    return free


@kernel
def write_place(o, agent, out, at):
    """Place on the tile and on the map, four numbers."""
    c = o.character[agent]
    h = o.header[0]
    x, y = np.int64(c.x), np.int64(c.y)
    width, height = np.int64(h.width) * 256, np.int64(h.height) * 256
    out[at] = within((x & 255) - 128, 128)
    out[at + 1] = within((y & 255) - 128, 128)
    out[at + 2] = within(2 * (x - np.int64(h.left) * 256) - width, width)
    out[at + 3] = within(2 * (y - np.int64(h.top) * 256) - height, height)
    return at + 4


@kernel
def write_self(o, config, agent, counts, free, out):
    """The self part. Returns its end."""
    c = o.character[agent]
    palette = config[a.PALETTE]
    at = write_place(o, agent, out, config[a.NUMBERS_AT])
    at = one_hot(out, at, 8, np.int64(c.facing) >> 1)
    at = one_hot(out, at, palette + 1, palette_index(config, np.int64(c.hand)))
    for k in range(palette):
        out[at + k] = share(level(counts[k + 1], INVENTORY_OCTAVE), MANY)
    at += palette
    out[at] = share(free, np.int64(c.slots))
    out[at + 1] = share(np.int64(c.crafts), QUEUE_FULL)
    if c.crafts:
        out[at + 2] = share(np.int64(c.craft_progress), np.int64(c.craft_need))
    if c.mining:
        out[at + 3] = share(np.int64(c.mine_progress), np.int64(c.mine_need))
    at = one_hot(out, at + 4, ACTIVITIES, activity_of(c))
    code = np.int64(c.result)
    at = one_hot(out, at, 3, 0 if code == OK else (1 if code == RUNNING else 2))
    out[at] = share(code, CODE_TOP)
    at += 1
    if config[a.SYMBOLS] > 0:
        out[at] = share(np.int64(c.message), config[a.SYMBOLS])
        at += 1
    return at


@kernel
def nearest_mates(o, agent):
    """The three nearest active teammates (-1: none), ties to the lower number; and all of them.

    Returns (first, second, third, number of active characters of the team).
    """
    me = o.character[agent]
    first, second, third = -1, -1, -1
    near, middle, far = NOWHERE, NOWHERE, NOWHERE  # squared distances
    size = 0
    for other in range(o.header[0].characters):
        c = o.character[other]
        if c.active == 0 or c.team != me.team:
            continue
        size += 1
        if other == agent:
            continue
        dx = np.int64(c.x) - np.int64(me.x)
        dy = np.int64(c.y) - np.int64(me.y)
        distance = dx * dx + dy * dy
        if distance < near:
            third, far = second, middle
            second, middle = first, near
            first, near = other, distance
        elif distance < middle:
            third, far = second, middle
            second, middle = other, distance
        elif distance < far:
            third, far = other, distance
    return first, second, third, size


@kernel
def write_mate(o, config, agent, other, out, at):
    """One teammate (-1: none, the numbers stay 0). Returns the end."""
    symbols = config[a.SYMBOLS]
    if other >= 0:
        me, c = o.character[agent], o.character[other]
        out[at] = 1.0
        out[at + 1] = within(np.int64(c.x) - np.int64(me.x), FAR)
        out[at + 2] = within(np.int64(c.y) - np.int64(me.y), FAR)
        facing = np.int64(c.facing) >> 1
        out[at + 3] = FACING_X[facing]
        out[at + 4] = FACING_Y[facing]
        out[at + 5] = share(palette_index(config, np.int64(c.hand)), config[a.PALETTE])
        out[at + 6] = share(activity_of(c), ACTIVITIES - 1)
        said = np.int64(c.message)
        if 0 < said <= symbols:
            out[at + MATE_FIELDS + said - 1] = 1.0
    return at + MATE_FIELDS + symbols


@kernel
def write_team(o, config, agent, out, start):
    """The team part. Returns its end."""
    first, second, third, size = nearest_mates(o, agent)
    at = write_mate(o, config, agent, first, out, start)
    at = write_mate(o, config, agent, second, out, at)
    at = write_mate(o, config, agent, third, out, at)
    out[at] = share(size, MAX_AGENTS)
    return at + 1


@kernel
def write_goal(goal, time_left, only_wait, out, start):
    """The goal part. Returns its end."""
    for k in range(GOAL_NUMBERS):
        out[start + k] = bounded(goal[k])
    out[start + GOAL_NUMBERS] = max(bounded(time_left), np.float32(0.0))
    out[start + GOAL_NUMBERS + 1] = 1.0 if only_wait != 0 else 0.0
    return start + GOAL_NUMBERS + 2


@kernel
def write_slot(o, config, agent, counts, out, at):
    """One agent slot, or zeros. Returns the end."""
    palette = config[a.PALETTE]
    end = at + SLOT_NUMBERS + ACTIVITIES + palette
    for k in range(at, end):
        out[k] = 0.0
    if agent >= o.header[0].characters or o.character[agent].active == 0:
        return end
    c = o.character[agent]
    h = o.header[0]
    count_palette(o, config, agent, counts)
    width, height = np.int64(h.width) * 256, np.int64(h.height) * 256
    facing = np.int64(c.facing) >> 1
    out[at] = 1.0
    out[at + 1] = within(2 * (np.int64(c.x) - np.int64(h.left) * 256) - width, width)
    out[at + 2] = within(2 * (np.int64(c.y) - np.int64(h.top) * 256) - height, height)
    out[at + 3] = FACING_X[facing]
    out[at + 4] = FACING_Y[facing]
    out[at + 5] = share(palette_index(config, np.int64(c.hand)), palette)
    out[at + 6] = share(np.int64(c.message), config[a.SYMBOLS])
    out[at + 7] = share(np.int64(c.team), MAX_AGENTS)
    at = one_hot(out, at + SLOT_NUMBERS, ACTIVITIES, activity_of(c))
    for k in range(palette):
        out[at + k] = share(level(counts[k + 1], INVENTORY_OCTAVE), MANY)
    return end


@linked("iDii")
def observe_world(d, k, part):
    """What every agent of world k sees now; see `observe`. ``part``: row of the scratch space."""
    o = open_seen(d.book, k)
    config = d.config
    scratch = d.scratch[part]
    memo, heads, counts = scratch[:MEMO], scratch[MEMO : MEMO + 4], scratch[MEMO + 4 :]
    command = d.draft[part]
    forget(memo)
    goal, vector, masks = d.goal[k], d.vector[k], d.mask[k]
    for agent in range(vector.shape[0]):
        out = vector[agent]
        write_planes(o, d, k, agent, memo)
        if config[a.NUMBERS_AT] > 0:
            write_shares(d, k, agent)
        for index in range(config[a.NUMBERS_AT], out.shape[0]):
            out[index] = 0.0
        free = count_palette(o, config, agent, counts)
        at = write_self(o, config, agent, counts, free, out)
        at = write_team(o, config, agent, out, at)
        write_goal(goal, d.time_left[k], d.only_wait[k], out, at)
        if masks.shape[1] > 0:
            mask = masks[agent]
            write_mask(o, config, agent, d.only_wait[k], counts, heads, command, mask)
    return 0


@entry("void(int64[::1], int64, int64)")
def observe(words, first, end):
    """What every agent of worlds ``first`` to ``end`` - 1 of a desk sees now (they are settled).

    Reads ``book``, ``config``, ``goal`` float32[worlds, 8], ``time_left`` float32[worlds] share of
    the limit, ``only_wait`` uint8[worlds], ``marks`` uint8[worlds, tiles + 8] plane of the goal in
    tile order, and where it is not 0 (`planes.note_marks`), or [worlds, 0]. Writes ``grid``
    uint8[worlds, agents, window, window, 16], ``vector`` float32[worlds, agents, numbers] (self,
    team, goal; in the flat forms behind grid / 254) and ``mask`` int8[worlds, agents, n] (left out
    when n = 0).
    """
    d = open_desk(words)
    for k in range(first, end):
        observe_world(d, k, first)


@entry("void(int64[::1], int64, int64)")
def state(words, first, end):
    """The state vector of the same worlds into ``state`` float32[worlds, numbers]."""
    d = open_desk(words)
    config = d.config
    counts = np.zeros(config[a.PALETTE] + 1, np.int64)
    sums = np.zeros(POOL_PLANES, np.int64)
    for k in range(first, end):
        o = open_seen(d.book, k)
        row = d.state[k]
        at = 0
        for agent in range(MAX_AGENTS):
            at = write_slot(o, config, agent, counts, row, at)
        at = write_goal(d.goal[k], d.time_left[k], d.only_wait[k], row, at)
        write_pooled(o, d.marks[k], sums, row, at)
