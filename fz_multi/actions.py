"""Actions: what an agent's choice means as a command. Kernels; `spaces.py` has the names.

Discrete actions, in this order: wait, move x 8 (north, northeast ... clockwise), interact, place,
rotate, take, insert, insert_one, hold x palette, craft x hand recipes, recipe x machine recipes,
say x symbols. They act on the *facing tile*: the neighbour, in direction ``facing``, of the tile
under the character's centre. Multidiscrete actions are four heads [movement, interaction, target,
item] that reach any tile of a 21 x 21 square.

``decode`` says what deed an action of either form asks for, ``translate`` writes the command for it
and says whether the interface itself refuses; the mask asks both and then ``engine.legal.check``,
so mask and world share one definition. ``facing`` and ``hand`` are the interface's own state;
everything else is done by commands.

``config`` is ``int64[...]``: the numbers below, then the tables that they point to (see
``spaces.Interface.config``).
"""

from __future__ import annotations

import numpy as np

from .aiming import (
    BLOCKED,
    DO_CRAFT,
    DO_HOLD,
    DO_INSERT,
    DO_INSERT_ONE,
    DO_MINE,
    DO_MOVE,
    DO_NONE,
    DO_NOTHING_KNOWN,
    DO_PICK_UP,
    DO_PLACE,
    DO_RECIPE,
    DO_ROTATE,
    DO_SAY,
    DO_TAKE,
    INSUFFICIENT,
    NOT_ALLOWED,
    OK,
    RUNNING,
    STEP_X,
    STEP_Y,
    V_CRAFT,
    V_MOVE,
    V_PICK_UP,
    V_SAY,
    V_WAIT,
    aim,
    clear,
    mine_at,
    place_at,
    plainly_open,
    take_at,
    touch_at,
)
from .desk import open_desk
from .engine.character import can_walk_to
from .engine.inventory import holds
from .engine.jit import entry, kernel, linked
from .engine.memory import open_seen

# -- config: where each number stands -------------------------------------------------------------
NUMBERS_AT = 0  # place of the self part in the vector: behind the planes in the flat forms
MULTI = 1  # 1 = multidiscrete
CHOICES = 2  # discrete actions, or the length of the multidiscrete mask
PALETTE = 3  # items of the palette
HAND_RECIPES = 4
MACHINE_RECIPES = 5
SYMBOLS = 6  # messages that can be said, 0 = no channel
PALETTE_AT = 7  # place of the list of item ids
HAND_AT = 8  # place of the list of hand recipes
MACHINE_AT = 9  # place of the list of machine recipes
INDEX_AT = 10  # place of the table item id -> palette index + 1
CONFIG_HEAD = 11

# -- discrete actions -----------------------------------------------------------------------------
WAIT = 0
MOVE = 1
INTERACT = 9
PLACE = 10
ROTATE = 11
TAKE = 12
INSERT = 13
INSERT_ONE = 14
HOLD = 15

# -- multidiscrete heads --------------------------------------------------------------------------
MOVEMENTS = 9  # none, then the eight directions
INTERACTIONS = 11
SIDE = 21  # tiles of the target square
TARGETS = SIDE * SIDE
OWN_TILE = TARGETS // 2


@kernel
def decode_discrete(o, config, agent, action):
    """What a discrete action asks for: (deed, tx, ty, thing), see `decode`."""
    if action <= WAIT or action >= config[CHOICES]:
        return DO_NONE if action == WAIT else DO_NOTHING_KNOWN, 0, 0, 0
    if action < INTERACT:
        return DO_MOVE, 0, 0, action - MOVE
    k = action - HOLD
    if k < 0:  # interact, place ... insert_one stand in the order of their deeds
        c = o.character[agent]
        step = np.int64(c.facing) >> 1
        tx, ty = (c.x >> 8) + STEP_X[step], (c.y >> 8) + STEP_Y[step]
        return action - INTERACT + DO_MINE, tx, ty, np.int64(c.hand)
    if k < config[PALETTE]:
        return DO_HOLD, 0, 0, config[config[PALETTE_AT] + k]
    k -= config[PALETTE]
    if k < config[HAND_RECIPES]:
        return DO_CRAFT, 0, 0, config[config[HAND_AT] + k]
    k -= config[HAND_RECIPES]
    if k < config[MACHINE_RECIPES]:
        c = o.character[agent]
        step = np.int64(c.facing) >> 1
        tx, ty = (c.x >> 8) + STEP_X[step], (c.y >> 8) + STEP_Y[step]
        return DO_RECIPE, tx, ty, config[config[MACHINE_AT] + k]
    return DO_SAY, 0, 0, k - config[MACHINE_RECIPES]


@kernel
def decode_item(config, interaction, item):
    """What the item head means to an interaction: (known, thing).

    The head's choices are none, palette, hand recipes, machine recipes, symbols.
    """
    k = item - 1
    if interaction == DO_TAKE and item == 0:
        return True, 0
    if DO_PLACE <= interaction <= DO_INSERT_ONE and interaction != DO_ROTATE:
        known = 0 <= k < config[PALETTE]
        return known, config[config[PALETTE_AT] + k] if known else 0
    k -= config[PALETTE]
    if interaction == DO_CRAFT:
        known = 0 <= k < config[HAND_RECIPES]
        return known, config[config[HAND_AT] + k] if known else 0
    k -= config[HAND_RECIPES]
    if interaction == DO_RECIPE:
        known = 0 <= k < config[MACHINE_RECIPES]
        return known, config[config[MACHINE_AT] + k] if known else 0
    k -= config[MACHINE_RECIPES]
    if interaction == DO_SAY:
        return 0 <= k < config[SYMBOLS], k
    return True, 0


@kernel
def decode(o, config, agent, heads):
    """What an action asks for: (deed, tx, ty, thing).

    ``tx``, ``ty``: the tile, for deeds that have one. ``thing``: an item, a recipe, a symbol, or
    the direction / 2 of a move. In the multidiscrete form the movement counts when the interaction
    is none, and heads that an interaction does not use are ignored.
    """
    if config[MULTI] == 0:
        return decode_discrete(o, config, agent, heads[0])
    interaction = heads[1]
    if interaction == DO_NONE:
        if heads[0] == 0:
            return DO_NONE, 0, 0, 0
        return DO_MOVE, 0, 0, heads[0] - MOVE
    c = o.character[agent]
    tx = (c.x >> 8) + heads[2] % SIDE - SIDE // 2
    ty = (c.y >> 8) + heads[2] // SIDE - SIDE // 2
    known, thing = decode_item(config, interaction, heads[3])
    return interaction if known else DO_NOTHING_KNOWN, tx, ty, thing


@linked("iOiiiiiiC")
def translate(o, multi, agent, deed, tx, ty, thing, command):
    """A deed as a command. Returns `ok`, or the code with which the interface refuses.

    A WAIT with `ok` is done by the interface alone (turn, hold). `move` walks to the next tile
    centre, or only turns when the way is closed; it is refused when that changes nothing.
    """
    clear(command)
    c = o.character[agent]
    if deed == DO_NONE:
        return OK
    if deed == DO_MOVE:
        tx, ty = (c.x >> 8) + STEP_X[thing], (c.y >> 8) + STEP_Y[thing]
        x, y = tx * 256 + 128, ty * 256 + 128
        if plainly_open(o, agent, tx, ty) or can_walk_to(o, agent, x, y):
            aim(command, V_MOVE, x, y)
            return OK
        return BLOCKED if c.facing == 2 * thing else OK
    if deed == DO_HOLD:
        if c.hand == thing:
            return NOT_ALLOWED
        return OK if holds(o, c.slot, c.slots, thing) else INSUFFICIENT
    if deed == DO_MINE:
        return mine_at(o, tx, ty, command)
    if deed == DO_PLACE:
        return place_at(o, np.int64(c.facing), tx, ty, thing, multi == 0, command)
    if deed == DO_TAKE:
        exactly = multi != 0 and thing != 0
        return take_at(o, tx, ty, thing, exactly, command)
    if deed in (DO_ROTATE, DO_INSERT, DO_INSERT_ONE, DO_RECIPE):
        return touch_at(o, agent, tx, ty, deed, thing, command)
    command.name = 0 if deed == DO_PICK_UP else thing
    if deed == DO_CRAFT:
        command.verb, command.count = V_CRAFT, 1
    elif deed == DO_SAY:
        command.verb, command.name, command.count = V_SAY, 0, thing
    elif deed == DO_PICK_UP:
        command.verb = V_PICK_UP
    else:
        return NOT_ALLOWED
    return OK


@kernel
def take_effect(o, agent, deed, thing):
    """The interface's own part of what was not refused: facing and hand."""
    c = o.character[agent]
    if deed == DO_MOVE:
        c.facing = 2 * thing
    elif deed in (DO_HOLD, DO_PLACE, DO_INSERT, DO_INSERT_ONE):
        c.hand = thing


@linked("iDi")
def begin_world(d, k):
    """Turn the actions of world k into commands; see `begin_step`."""
    o = open_seen(d.book, k)
    config = d.config
    for agent in range(d.actions.shape[1]):
        c = o.character[agent]
        command = d.commands[k, agent]
        deed, tx, ty, thing = decode(o, config, agent, d.actions[k, agent])
        if deed != DO_NONE and (d.only_wait[k] != 0 or c.active == 0):
            code = NOT_ALLOWED
        else:
            code = translate(o, config[MULTI], agent, deed, tx, ty, thing, command)
        d.codes[k, agent] = code
        if code != OK:
            clear(command)
            c.result = code
            o.agent[agent].commands += 1
            o.agent[agent].refused += 1
            continue
        take_effect(o, agent, deed, thing)
        if command.verb == V_WAIT and c.result > RUNNING:
            c.result = OK  # the world leaves it at a WAIT; an old refusal is over
    return 0


@entry("void(int64[::1], int64, int64)")
def begin_step(words, first, end):
    """Turn the actions of a step into commands, for worlds ``first`` to ``end`` - 1 of a desk.

    Reads ``book``, ``config``, ``actions`` int64[worlds, agents, heads] (heads: 1 discrete, 4
    multidiscrete), in range, and ``only_wait`` uint8[worlds], 1 in a final window. Writes
    ``commands`` COMMAND[worlds, agents] and ``codes`` int32[worlds, agents]: 0, or the code with
    which the interface refuses (the command is then a WAIT; the character's result and the agent's
    counters say so, as the world does for what it refuses). Sets facing and hand.
    """
    d = open_desk(words)
    for k in range(first, end):
        begin_world(d, k)
