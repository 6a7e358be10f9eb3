"""Digests: two numbers that stand for a whole world.

`digest` covers every field that has a meaning, `observable_digest` the observable ones. Both walk
what is alive in canonical order (tiles row by row, characters by number), so neither depends on
capacities, on rows or on layout. Values are mixed as h = (h ^ v) * 69069 + 1 mod 2^32, 32 bits at a
time: Lua's doubles hold each step, so the mod can compute the second one.
"""

from __future__ import annotations

from .constants import ACTIVITY_MINE
from .entities import anchor_tile
from .jit import entry, kernel
from .lanes import lane_window, place
from .memory import open_full
from .tables import CRAFTS_PER_AGENT
from .tick import settle

MASK = 0xFFFFFFFF


@kernel
def mix(h, value):
    """Mix one integer in, low half and (where it has one) high half."""
    value = int(value)  # a narrow field would wrap in numpy
    h = (((h ^ (value & MASK)) * 69_069) + 1) & MASK
    high = (value >> 32) & MASK
    if high != 0:
        h = (((h ^ high) * 69_069) + 7) & MASK
    return h


@kernel
def mix_slots(h, w, base, slots):
    for index in range(slots):
        s = w.slot[base + index]
        if s.item_id != 0:
            h = mix(mix(mix(h, index), s.item_id), s.count)
    return h


@kernel
def mix_piles(h, w, head, everything):
    """Piles of a tile in the order of (y, x), the newest first where they coincide."""
    last_y, last_x = -(1 << 60), -(1 << 60)
    while True:
        best = -1
        row = head
        while row >= 0:
            p = w.pile[row]
            later = p.y > last_y or (p.y == last_y and p.x > last_x)
            if later and (
                best < 0 or p.y < w.pile[best].y or (p.y == w.pile[best].y and p.x < w.pile[best].x)
            ):
                best = row
            row = int(p.next) - 1
        if best < 0:
            return h
        p = w.pile[best]
        h = mix(mix(mix(mix(h, p.x), p.y), p.item_id), p.count)
        if everything:
            h = mix(h, p.unit)
        last_y, last_x = p.y, p.x


@kernel
def mix_entity(h, w, row, everything):
    e = w.entity[row]
    h = mix(mix(mix(mix(h, e.proto), e.direction), e.status), e.x)
    h = mix(mix(mix(mix(h, e.y), e.owner), e.built), e.finished)
    h = mix(mix(mix(mix(h, e.recipe), e.burning_item), e.giver), e.given)
    h = mix(mix(mix(h, e.shown_progress), e.shown_energy), e.shown_burning)
    h = mix_slots(h, w, e.slot, int(e.slots))
    if e.belt:
        h = mix_lanes(h, w, int(e.belt) - 1)
    if e.arm:
        h = mix(mix(mix(h, e.held), e.hand_x), e.hand_y)
        if everything:
            h = mix_arm(h, w, int(e.arm) - 1)
    if everything:
        h = mix(mix(mix(mix(h, e.unit), e.energy), e.burning), e.pending)
        h = mix(mix(mix(mix(h, e.progress), e.need), e.exact), e.cursor)
        h = mix(mix(mix(mix(h, e.taken), e.delivered), e.drop), e.waits_on)
    return h


@kernel
def mix_lanes(h, w, belt):
    """What lies on a belt: lane 1 and lane 2, front to back."""
    h = mix(h, w.belt[belt].bend)
    for lane in range(2):
        line, first, last, start = lane_window(w, belt, lane)
        h = mix(h, last - first)
        for index in range(first, last):
            h = mix(mix(h, w.lane_item[index].item_id), place(w, line, index) - start)
    return h


@kernel
def mix_arm(h, w, arm):
    a = w.arm[arm]
    asleep = a.asleep == 1  # at an empty belt it is a matter of bookkeeping
    h = mix(mix(mix(mix(h, a.angle), a.length), asleep), a.join)
    return mix(mix(mix(h, a.chase), a.chase_at if a.chase else 0), a.slept if asleep else 0)


@kernel
def mix_order_of_lines(h, w):
    """Which lines are awake, the last woken first."""
    line = int(w.header[0].newest_line)
    while line:
        s = w.line[line - 1]
        e = w.entity[w.belt[s.front].entity - 1]
        h = mix(mix(mix(h, e.x), e.y), s.lane)
        line = int(s.older)
    return h


@kernel
def mix_character(h, w, me, everything):
    c = w.character[me]
    h = mix(mix(mix(mix(h, c.active), c.direction), c.walking), c.activity)
    h = mix(mix(mix(mix(h, c.facing), c.message), c.x), c.y)
    h = mix(mix(mix(h, c.hand), c.result), c.mining)
    if c.mining or everything:
        h = mix(mix(h, c.mine_progress), c.mine_kind)
    h = mix(mix(mix(h, c.team), c.crafts), c.craft_progress)
    h = mix_slots(h, w, c.slot, int(c.slots))
    for index in range(me * CRAFTS_PER_AGENT, me * CRAFTS_PER_AGENT + c.crafts):
        q = w.craft[index]
        h = mix(mix(h, q.recipe), q.count)
        if everything:
            h = mix(h, q.promised)
    if everything:
        h = mix(mix(h, c.mine_row if c.mine_kind != 1 and c.mine_kind != 3 else 0), c.mine_unit)
        if c.activity != 0:
            h = mix(mix(mix(mix(h, c.verb), c.walk_direction), c.target_x), c.target_y)
            h = mix(mix(mix(mix(h, c.until), c.goal_count), c.done_count), c.has_area)
        if c.activity == ACTIVITY_MINE:
            h = mix(mix(mix(h, c.name), c.area[0]), c.area[1])
            h = mix(mix(h, c.area[2]), c.area[3])
        h = mix(mix(h, c.last_verb), c.orders)
        for index in range(c.order_at, c.order_at + c.orders):
            h = mix_order(h, w, index)
        r = w.result[me]
        h = mix(mix(mix(mix(mix(h, r.code), r.verb), r.a), r.b), r.c)
        h = mix_agent(h, w, me)
    return h


@kernel
def mix_order(h, w, index):
    """A command of a COMPOUND that is still to come."""
    k = w.order[index]
    h = mix(mix(mix(mix(h, k.verb), k.name), k.direction), k.count)
    h = mix(mix(mix(mix(h, k.ticks), k.inventory), k.method), k.has_target)
    return mix(mix(mix(mix(mix(h, k.has_area), k.x), k.y), k.x2), k.y2)


@kernel
def mix_agent(h, w, me):
    """What an agent has done so far."""
    a = w.agent[me]
    h = mix(mix(mix(mix(h, a.commands), a.refused), a.conflicts), a.mined)
    h = mix(mix(mix(mix(h, a.crafted), a.placed), a.removed), a.inserted)
    h = mix(mix(mix(mix(h, a.taken), a.picked), a.dropped), a.handed)
    return mix(mix(mix(mix(h, a.messages), a.walked), a.idle), a.blocked)


@kernel
def mix_counters(h, w, everything):
    for item in range(w.stat.shape[0]):
        s = w.stat[item]
        some = s.made | s.drilled | s.crafted | s.mined | s.consumed | s.spent | s.inserted
        if some | s.taken | s.built | s.unbuilt:
            h = mix(mix(mix(mix(mix(h, item), s.made), s.drilled), s.crafted), s.mined)
            h = mix(mix(mix(mix(h, s.consumed), s.spent), s.inserted), s.taken)
            h = mix(mix(h, s.built), s.unbuilt)
        if everything and s.given | s.removed:
            h = mix(mix(mix(h, item), s.given), s.removed)
    return h


@entry("int64(int64[:,::1], int64, int64, int64)")
def digest_world(book, k, everything, seed):
    """Digest of world k: of everything, or of the observable fields; 32 bits from a seed."""
    w = open_full(book, k)
    settle(w)
    d = w.header[0]
    h = mix(mix(mix(mix(seed, d.tick), d.width), d.height), d.characters)
    if everything:
        h = mix(mix(mix(mix(h, d.random), d.serial), d.pile_serial), d.unlocked)
        h = mix(mix(mix(h, d.teleport), d.bits[0]), d.bits[1])
    for index in range(d.width * d.height):
        tile = w.tile[index]
        if tile.terrain:
            h = mix(mix(h, index), 1000 + int(tile.terrain))
        if tile.resource:
            h = mix(mix(mix(h, index), tile.resource), tile.amount)
        if tile.pile:
            h = mix_piles(mix(h, index), w, int(tile.pile) - 1, everything)
        if tile.entity:
            row = int(tile.entity) - 1
            if anchor_tile(w, row) == index:
                h = mix_entity(mix(h, index), w, row, everything)
    for me in range(d.characters):
        h = mix_character(h, w, me, everything)
    if everything:
        h = mix(mix_order_of_lines(h, w), d.joins)
    return mix_counters(h, w, everything)
