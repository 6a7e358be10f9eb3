"""Crafting by hand: the queue, missing intermediates, refunds (mechanics 2.11).

Ingredients leave the inventory when a craft is queued (measured), for the whole tree of missing
intermediates; a recipe of 0.5 s takes 30 ticks. A row of the queue knows how much of its product
later rows were promised; the rest goes to the inventory. The exact tick offset of a first craft and
the order of intermediates are not measured (docs/fidelity.md).
"""

from __future__ import annotations

import numpy as np

from .codes import INSUFFICIENT_ITEMS, NOT_HAND_CRAFTABLE, OK, QUEUE_FULL, RECIPE_LOCKED
from .constants import NEVER
from .ground import spill
from .inventory import count_item, remove
from .jit import kernel, linked
from .mining import character_room, give
from .tables import CRAFTS_PER_AGENT

MAX_DEPTH = 12
CRAFT_SPEED = 10_000


@kernel
def plan_craft(o, me, recipe, count, have, rows):
    """What queueing a recipe takes: (code, number of rows).

    ``have`` (int64[items]) enters as the inventory and leaves as what remains of it; ``rows``
    (int64[CRAFTS_PER_AGENT, 3]) receives (recipe, crafts, promised) in the order of the queue.
    """
    if not o.recipes[recipe].hand:
        return NOT_HAND_CRAFTABLE, 0
    if not (o.recipes[recipe].enabled or o.header[0].unlocked):
        return RECIPE_LOCKED, 0
    stack = np.zeros((MAX_DEPTH, 4), np.int64)  # recipe, crafts, next part, promised
    stack[0, 0] = recipe
    stack[0, 1] = count
    depth = 1
    size = 0
    while depth > 0:
        at = depth - 1
        r = o.recipes[stack[at, 0]]
        if stack[at, 2] >= r.parts:
            if size >= rows.shape[0]:
                return QUEUE_FULL, 0
            rows[size, 0] = stack[at, 0]
            rows[size, 1] = stack[at, 1]
            rows[size, 2] = stack[at, 3]
            size += 1
            depth -= 1
            continue
        part = o.parts[r.part + stack[at, 2]]
        stack[at, 2] += 1
        item = int(part.item_id)
        need = part.amount * stack[at, 1]
        used = min(need, have[item])
        have[item] -= used
        need -= used
        if need == 0:
            continue
        makes = int(o.items[item].by_hand)
        if makes == 0 or not (o.recipes[makes].enabled or o.header[0].unlocked):
            return INSUFFICIENT_ITEMS, 0
        if depth >= MAX_DEPTH:
            return INSUFFICIENT_ITEMS, 0
        amount = int(o.recipes[makes].amount)
        crafts = (need + amount - 1) // amount
        stack[depth, 0] = makes
        stack[depth, 1] = crafts
        stack[depth, 2] = 0
        stack[depth, 3] = need
        # What is made over the need may serve a later part of the same request: no; it goes to
        # the inventory when it is made, as the game shows it.
        depth += 1
    return OK, size


@kernel
def inventory_counts(o, me):
    """Number of each item in a character's inventory, int64[items]."""
    have = np.zeros(o.items.shape[0], np.int64)
    c = o.character[me]
    for index in range(c.slot, c.slot + c.slots):
        have[o.slot[index].item_id] += o.slot[index].count
    have[0] = 0
    return have


@kernel
def has_parts(o, me, recipe, count):
    """Whether a recipe can be queued from what the inventory holds, without intermediates."""
    r = o.recipes[recipe]
    if not r.hand or not (r.enabled or o.header[0].unlocked):
        return False
    c = o.character[me]
    for index in range(r.part, r.part + r.parts):
        part = o.parts[index]
        need = int(part.amount) * count
        if count_item(o, c.slot, int(c.slots), int(part.item_id)) < need:
            return False
    return True


@linked("iOiii")
def craft_code(o, me, recipe, count):
    """Result code of queueing a recipe now."""
    if o.character[me].crafts < CRAFTS_PER_AGENT and has_parts(o, me, recipe, count):
        return OK  # by far the most frequent answer, and no need to plan
    have = inventory_counts(o, me)
    rows = np.zeros((CRAFTS_PER_AGENT, 3), np.int64)
    code, size = plan_craft(o, me, recipe, count, have, rows)
    if code == OK and size + o.character[me].crafts > CRAFTS_PER_AGENT:
        return QUEUE_FULL
    return code


@linked("iWiii")
def queue_craft(w, me, recipe, count):
    """Queue a recipe that `craft_code` accepted; its raw ingredients leave the inventory."""
    c = w.character[me]
    have = inventory_counts(w, me)
    before = have.copy()
    rows = np.zeros((CRAFTS_PER_AGENT, 3), np.int64)
    _, size = plan_craft(w, me, recipe, count, have, rows)
    for item in range(1, have.shape[0]):
        spent = before[item] - have[item]
        if spent > 0:
            remove(w, c.slot, int(c.slots), item, spent)
            w.stat[item].spent += spent
    c.chain += 1
    first = me * CRAFTS_PER_AGENT
    for index in range(size):
        q = w.craft[first + c.crafts]
        q.recipe = rows[index, 0]
        q.count = rows[index, 1]
        q.promised = rows[index, 2]
        q.chain = c.chain
        c.crafts += 1
    if c.crafts == size:
        c.craft_progress = 0
        c.craft_need = w.recipes[w.craft[first].recipe].time
    return 0


@kernel
def drop_rows(w, me, first, rows):
    """Take rows (from index ``first`` of the queue) out of it."""
    c = w.character[me]
    base = me * CRAFTS_PER_AGENT
    for index in range(base + first, base + c.crafts - rows):
        a, b = w.craft[index], w.craft[index + rows]
        a.recipe, a.count, a.chain, a.promised = b.recipe, b.count, b.chain, b.promised
    c.crafts -= rows
    if first == 0:
        c.craft_progress = 0
        c.craft_need = w.recipes[w.craft[base].recipe].time if c.crafts > 0 else 0


@kernel
def craft_tick(w, me):
    """One tick of the crafting queue."""
    c = w.character[me]
    first = me * CRAFTS_PER_AGENT
    q = w.craft[first]
    r = w.recipes[q.recipe]
    if c.craft_progress < r.time:
        c.craft_progress += CRAFT_SPEED
    if c.craft_progress < r.time:
        return
    item, amount = int(r.product), int(r.amount)
    promised = min(int(q.promised), amount)
    free = amount - promised
    if free > 0 and character_room(w, me, item) < free:
        return  # the queue waits for room
    w.stat[item].crafted += amount
    w.stat[item].spent += promised
    w.agent[me].crafted += amount
    q.promised -= promised
    if free > 0:
        give(w, me, item, free)
    c.craft_progress = 0
    q.count -= 1
    if q.count == 0:
        drop_rows(w, me, 0, 1)


@kernel
def refund_piles(o, me):
    """Piles that cancelling a queue can make at most (nothing fits in the inventory)."""
    piles = 0
    first = me * CRAFTS_PER_AGENT
    for index in range(first, first + o.character[me].crafts):
        q = o.craft[index]
        r = o.recipes[q.recipe]
        for part in range(r.part, r.part + r.parts):
            p = o.parts[part]
            piles += p.amount * int(q.count) // int(o.items[p.item_id].stack) + 1
    return piles


@kernel
def give_back(w, me, back):
    """Hand items (int64[items]) back, in the order of their ids; what does not fit is laid down."""
    c = w.character[me]
    for item in range(1, back.shape[0]):
        if back[item] > 0:
            w.stat[item].spent -= back[item]
            left = back[item] - give(w, me, item, back[item])
            spill(w, c.x, c.y, item, left)


@linked("iWiii")
def uncraft(w, me, index, count):
    """Cancel ``count`` crafts of a row of the queue. Returns how many rows went or shrank.

    A row that was asked for by itself gives its ingredients back; one that belongs to a request
    with intermediates goes with the whole request, since they were made for each other.
    """
    c = w.character[me]
    if index < 0 or index >= c.crafts or count <= 0:
        return 0
    base = me * CRAFTS_PER_AGENT
    chain = int(w.craft[base + index].chain)
    first = index
    while first > 0 and w.craft[base + first - 1].chain == chain:
        first -= 1
    rows = 1
    while first + rows < c.crafts and w.craft[base + first + rows].chain == chain:
        rows += 1
    back = np.zeros(w.items.shape[0], np.int64)
    for at in range(base + first, base + first + rows):
        q = w.craft[at]
        r = w.recipes[q.recipe]
        crafts = min(int(q.count), count) if rows == 1 else int(q.count)
        for part in range(r.part, r.part + r.parts):
            back[w.parts[part].item_id] += w.parts[part].amount * crafts
        back[r.product] -= q.promised
    if rows == 1 and w.craft[base + first].count > count:
        w.craft[base + first].count -= count
    else:
        drop_rows(w, me, first, rows)
    give_back(w, me, back)
    return rows


@linked("iWi")
def cancel_crafts(w, me):
    """Empty the queue, the newest request first; what it held comes back (on the ground when there
    is no room)."""
    c = w.character[me]
    while c.crafts > 0:
        uncraft(w, me, c.crafts - 1, NEVER)
    return 0


@linked("iOiii")
def craftable(o, me, recipe, limit):
    """How often a recipe could be queued now, at most ``limit`` times."""
    low, step = 0, 1
    while low < limit:  # doubling steps up, then halving ones down
        if low + step <= limit and craft_code(o, me, recipe, low + step) == OK:
            low += step
            step *= 2
        elif step == 1:
            break
        else:
            step //= 2
    return low
