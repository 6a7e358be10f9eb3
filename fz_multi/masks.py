"""Masks: which actions the world would accept now, were all others to wait. Kernels.

An entry is 1 exactly when ``actions.translate`` gives a command and ``engine.legal.check`` accepts
it: the same code as the world runs. In the multidiscrete form an entry of a head is 1 when some
legal action uses it; the entries that stand for "none" (and the own tile) are always 1.
"""

from __future__ import annotations

import numpy as np

from . import actions as a
from .aiming import (
    DO_CRAFT,
    DO_INSERT,
    DO_INSERT_ONE,
    DO_MINE,
    DO_NONE,
    DO_PICK_UP,
    DO_PLACE,
    DO_RECIPE,
    DO_SAY,
    DO_TAKE,
    OK,
    STEP_X,
    STEP_Y,
    V_WAIT,
)
from .engine.jit import kernel, linked
from .engine.legal import check
from .engine.shade import BUILT, BURIED
from .engine.space import tile_at

AT_TARGET = a.MOVEMENTS + a.INTERACTIONS  # where the target head begins in the mask
AT_ITEM = AT_TARGET + a.TARGETS


@linked("iOiiiiiiC")
def permitted(o, multi, agent, deed, tx, ty, thing, command):
    """1 when a deed (see ``actions.decode``) would go through. ``command`` is a scratch record."""
    if a.translate(o, multi, agent, deed, tx, ty, thing, command) != OK:
        return 0
    # A WAIT is the interface's own business: nothing in the world can refuse it.
    return 1 if command.verb == V_WAIT or check(o, agent, command) == OK else 0


@kernel
def legal(o, config, agent, heads, command):
    """1 when an action would go through."""
    deed, tx, ty, thing = a.decode(o, config, agent, heads)
    return permitted(o, config[a.MULTI], agent, deed, tx, ty, thing, command)


@kernel
def item_range(config, interaction):
    """Choices of the item head that an interaction can use: (first, end)."""
    palette = 1 + config[a.PALETTE]
    hand = palette + config[a.HAND_RECIPES]
    machine = hand + config[a.MACHINE_RECIPES]
    if interaction == DO_TAKE:
        return 0, palette
    if interaction in (DO_PLACE, DO_INSERT, DO_INSERT_ONE):
        return 1, palette
    if interaction == DO_CRAFT:
        return palette, hand
    if interaction == DO_RECIPE:
        return hand, machine
    if interaction == DO_SAY:
        return machine, machine + config[a.SYMBOLS]
    return 0, 1


@kernel
def worth_trying(o, agent, interaction, target):
    """Whether the tile of a target holds what an interaction needs at least."""
    if interaction in (DO_PICK_UP, DO_CRAFT, DO_SAY):
        return target == a.OWN_TILE  # these have no target
    c = o.character[agent]
    x = c.x + 256 * (target % a.SIDE - a.SIDE // 2)
    y = c.y + 256 * (target // a.SIDE - a.SIDE // 2)
    index = tile_at(o.header, x, y)
    if index < 0:
        return False
    if interaction == DO_PLACE:
        return True
    word = o.shade[index].word
    return word & (BUILT | BURIED if interaction == DO_MINE else BUILT) != 0


@kernel
def write_heads(o, config, agent, counts, heads, command, mask):
    """The multidiscrete mask behind the movement head; what could add nothing is passed over."""
    for interaction in range(1, a.INTERACTIONS):
        first, end = item_range(config, interaction)
        needs_item = interaction == DO_PLACE or DO_INSERT <= interaction <= DO_INSERT_ONE
        heads[1] = interaction
        for target in range(a.TARGETS if end > first else 0):
            if not worth_trying(o, agent, interaction, target):
                continue
            heads[2] = target
            for item in range(first, end):
                if needs_item and counts[item] == 0:
                    continue
                at = a.MOVEMENTS + interaction
                if mask[at] and mask[AT_TARGET + target] and mask[AT_ITEM + item]:
                    continue
                heads[3] = item
                if legal(o, config, agent, heads, command):
                    mask[at] = 1
                    mask[AT_TARGET + target] = 1
                    mask[AT_ITEM + item] = 1


@kernel
def can_help(o, config, agent, action, counts, content):
    """Whether what a discrete action needs at least is there; if not, the world need not be asked.

    ``content``: 0 an empty facing tile, 1 something to mine, 2 an entity.
    """
    if action >= a.HOLD + config[a.PALETTE]:
        first = a.HOLD + config[a.PALETTE] + config[a.HAND_RECIPES]
        return action < first or content == 2
    if action == a.INTERACT:
        return content > 0
    if action == a.ROTATE or action == a.TAKE:
        return content == 2
    hand = np.int64(o.character[agent].hand)
    at_hand = hand != 0 and counts[config[config[a.INDEX_AT] + hand]] > 0
    return at_hand and (action == a.PLACE or content == 2)


@kernel
def facing_content(o, agent):
    """What the facing tile holds: 0 nothing, 1 something to mine, 2 an entity."""
    c = o.character[agent]
    step = np.int64(c.facing) >> 1
    index = tile_at(o.header, c.x + 256 * STEP_X[step], c.y + 256 * STEP_Y[step])
    if index < 0:
        return 0
    word = o.shade[index].word
    if word & BUILT:
        return 2
    return 1 if word & BURIED else 0


@kernel
def write_discrete(o, config, agent, counts, heads, command, mask):
    """The discrete mask behind the moves."""
    content = facing_content(o, agent)
    hand = o.character[agent].hand
    said = config[a.CHOICES] - config[a.SYMBOLS]
    for action in range(a.INTERACT, config[a.CHOICES]):
        k = action - a.HOLD
        if 0 <= k < config[a.PALETTE]:  # as `actions.translate`, from the counts that are there
            item = config[config[a.PALETTE_AT] + k]
            mask[action] = counts[k + 1] > 0 and hand != item
        elif action >= said:
            mask[action] = 1  # nothing refuses words
        elif can_help(o, config, agent, action, counts, content):
            heads[0] = action
            mask[action] = legal(o, config, agent, heads, command)


@kernel
def write_mask(o, config, agent, only_wait, counts, heads, command, mask):
    """The mask of one agent, int8[n].

    ``counts``: the inventory by palette index + 1. ``heads`` int64[4] and ``command`` are scratch.
    """
    for k in range(mask.shape[0]):
        mask[k] = 0
    multi = config[a.MULTI] != 0
    mask[0] = 1
    if multi:  # what stands for "none" in the other heads
        mask[a.MOVEMENTS + DO_NONE] = 1
        mask[AT_TARGET + a.OWN_TILE] = 1
        mask[AT_ITEM] = 1
    c = o.character[agent]
    if only_wait != 0 or c.active == 0:
        return
    # A move that cannot walk still turns, so only the one straight ahead can be refused.
    for k in range(8):
        mask[a.MOVE + k] = 1
    ahead = a.MOVE + (np.int64(c.facing) >> 1)
    heads[0], heads[1] = ahead, DO_NONE
    mask[ahead] = legal(o, config, agent, heads, command)
    if multi:
        write_heads(o, config, agent, counts, heads, command, mask)
    else:
        write_discrete(o, config, agent, counts, heads, command, mask)
