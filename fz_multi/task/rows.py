"""The kernel that evaluates a task: measures, reward terms and goals, for all worlds of a batch.

A *row* is a `Measure` as numbers (`ROW_COLUMNS`); its areas differ from world to world, because
the seed moves them. A *term* turns the change of a row into a reward, a *goal* compares rows with
a target. ``value[world, row, 0]`` is the team's value and ``[1 + agent]`` that of one agent.

Units are those of the row: items, entities, ticks, or 1/256 tile. Only observable fields are read.
"""

from __future__ import annotations

import numpy as np

from fz_multi.desk import open_desk
from fz_multi.engine.constants import (
    KIND_CHEST,
    KIND_DRILL,
    KIND_FURNACE,
    STATUS_NO_FUEL,
    STATUS_WORKING,
)
from fz_multi.engine.inventory import count_item
from fz_multi.engine.jit import entry, kernel, linked
from fz_multi.engine.memory import open_seen
from fz_multi.engine.space import tile_at

# Columns of a row; an area covers the tiles x0 <= x < x1, y0 <= y < y1.
ROW_COLUMNS = ("kind", "item", "proto", "field", "x0", "y0", "x1", "y1")
R_KIND, R_ITEM, R_PROTO, R_FIELD, R_X0, R_Y0, R_X1, R_Y1 = range(8)
# Columns of a term.
TERM_COLUMNS = ("row", "how", "agent", "at_most", "column")
T_ROW, T_HOW, T_AGENT, T_MOST, T_COLUMN = range(5)
COUNTER, POTENTIAL, LEVEL = 0, 1, 2
# Columns of a goal: a run of rows (the smallest counts), the target, and since when.
GOAL_COLUMNS = ("row", "rows", "target", "in_window", "role")
G_ROW, G_ROWS, G_TARGET, G_WINDOW, G_ROLE = range(5)
GOAL, END, HINT = 0, 1, 2
# How a team's reward becomes the agents'.
SHARED, INDIVIDUAL, MIXED = 0, 1, 2
# Columns of what is counted of each agent for the infos.
C_RESULT, C_REFUSED = 0, 1
# Columns of the outcome.
O_TICK, O_SUCCESS, O_ENDED = 0, 1, 2
# What has just happened to a world, as bits.
GOES_ON, FRESH, WINDOW_OPENS = 0, 1, 2
NOT_YET = 1 << 62  # base of a row before the window opens: nothing counts; a cap that is none

M_ELAPSED = 0
M_COUNTER = 1
M_AGENT = 2
M_STORED = 3
M_HELD = 4
M_ENTITIES = 5
M_WORKING = 6
M_FUELLED = 7
M_MADE_IN = 8
M_FED_IN = 9
M_CELLS = 10
M_DISTANCE = 11
M_SUPPLIED = 12
SAMPLE = 60  # ticks from one sample of M_SUPPLIED to the next


@kernel
def stat_field(s, field):
    """A counter of an item by its number (order of ``tables.STAT``)."""
    if field == 0:
        return s.made
    if field == 1:
        return s.drilled
    if field == 2:
        return s.crafted
    if field == 3:
        return s.mined
    if field == 4:
        return s.consumed
    if field == 5:
        return s.spent
    if field == 6:
        return s.given
    if field == 7:
        return s.removed
    if field == 8:
        return s.inserted
    if field == 9:
        return s.taken
    if field == 10:
        return s.built
    return s.unbuilt


@kernel
def agent_field(a, field):
    """A counter of an agent by its number (order of ``tables.AGENT``)."""
    if field == 0:
        return a.commands
    if field == 1:
        return a.refused
    if field == 2:
        return a.conflicts
    if field == 3:
        return a.mined
    if field == 4:
        return a.crafted
    if field == 5:
        return a.placed
    if field == 6:
        return a.removed
    if field == 7:
        return a.inserted
    if field == 8:
        return a.taken
    if field == 9:
        return a.picked
    if field == 10:
        return a.dropped
    if field == 11:
        return a.handed
    if field == 12:
        return a.messages
    if field == 13:
        return a.walked
    if field == 14:
        return a.idle
    return a.blocked


@kernel
def away(row, x, y):
    """Way from a point to the row's area along the longer axis, 1/256 tile."""
    dx = max(row[R_X0] * 256 - x, x - row[R_X1] * 256)
    dy = max(row[R_Y0] * 256 - y, y - row[R_Y1] * 256)
    return max(max(dx, dy), 0)


@kernel
def items_in(o, base, slots, item):
    """Items in a run of slots; any item when ``item`` is 0."""
    if item != 0:
        return count_item(o, base, slots, item)
    total = 0
    for index in range(base, base + slots):
        total += np.int64(o.slot[index].count) if o.slot[index].item_id != 0 else 0
    return total


@kernel
def is_crafting(e):
    return e.status == STATUS_WORKING or e.shown_progress > 0


@kernel
def fed_count(o, e, item):
    """Items that a furnace has got: what it has used up, has in work, and has waiting."""
    base = np.int64(e.slot) + np.int64(e.fuel_slots)
    waiting = items_in(o, base, np.int64(e.source_slots), item)
    recipe = np.int64(e.recipe)
    if recipe == 0:
        return waiting
    part = o.parts[o.recipes[recipe].part]
    if item != 0 and part.item_id != item:
        return waiting
    crafts = np.int64(e.finished)
    if is_crafting(e):
        crafts += 1
    return waiting + crafts * np.int64(part.amount)


@kernel
def made_count(o, e, item):
    """Items that a furnace has finished (the game's API has no such count of a drill)."""
    recipe = np.int64(e.recipe)
    if recipe == 0:
        return 0
    product = o.recipes[recipe]
    if item != 0 and product.product != item:
        return 0
    return np.int64(e.finished) * np.int64(product.amount)


@kernel
def feeds_furnace(o, e):
    """Whether a drill's drop point lies on a furnace."""
    if e.kind != KIND_DRILL:
        return 0
    side = np.int64(e.direction) >> 2
    drop = o.kinds[e.proto].drop
    index = tile_at(o.header, e.x + drop[side, 0], e.y + drop[side, 1])
    if index < 0 or o.tile[index].entity == 0:
        return 0
    return 1 if o.entity[np.int64(o.tile[index].entity) - 1].kind == KIND_FURNACE else 0


@kernel
def entity_value(o, row, e):
    """What one entity of the row's area adds."""
    kind = row[R_KIND]
    if kind == M_STORED:
        if e.kind != KIND_CHEST:
            return 0
        return items_in(o, np.int64(e.slot), np.int64(e.slots), row[R_ITEM])
    if kind == M_CELLS:
        return feeds_furnace(o, e)
    if kind == M_MADE_IN:
        return made_count(o, e, row[R_ITEM])
    if kind == M_FED_IN:
        return fed_count(o, e, row[R_ITEM]) if e.kind == KIND_FURNACE else 0
    if row[R_PROTO] != 0 and row[R_PROTO] != e.proto:
        return 0
    if kind == M_SUPPLIED:  # how many are dry, and (from bit 16) how many there are
        if e.fuel_slots == 0:
            return 0
        return 65_537 if e.status == STATUS_NO_FUEL else 65_536
    if kind == M_WORKING:
        return 1 if e.status == STATUS_WORKING else 0
    if kind == M_FUELLED:
        burns = e.shown_burning > 0 or e.shown_energy > 0
        waits = items_in(o, np.int64(e.slot), np.int64(e.fuel_slots), 0) > 0
        return 1 if burns or waits else 0
    return 1


@kernel
def is_of_entities(kind):
    """Whether a row adds up entities of an area."""
    return kind not in (M_ELAPSED, M_COUNTER, M_AGENT, M_HELD, M_DISTANCE)


@kernel
def add_entities(o, rows, value):
    """Add the entities of each row's area, all rows in one go (they are 0 so far)."""
    agents = value.shape[1]
    for index in range(o.header[0].entity_top):
        e = o.entity[index]
        if e.proto == 0:
            continue
        tx, ty, owner = e.x >> 8, e.y >> 8, np.int64(e.owner)
        for r in range(rows.shape[0]):
            if not (
                rows[r, R_X0] <= tx < rows[r, R_X1]
                and rows[r, R_Y0] <= ty < rows[r, R_Y1]
                and is_of_entities(rows[r, R_KIND])
            ):
                continue
            amount = entity_value(o, rows[r], e)
            value[r, 0] += amount
            if 0 < owner < agents:
                value[r, owner] += amount


@kernel
def measure_agents(o, row, out):
    kind = row[R_KIND]
    for agent in range(out.shape[0] - 1):
        c = o.character[agent]
        if kind == M_AGENT:
            amount = np.int64(agent_field(o.agent[agent], row[R_FIELD]))
        elif kind == M_HELD:
            amount = items_in(o, np.int64(c.slot), np.int64(c.slots), row[R_ITEM])
        else:
            amount = away(row, c.x, c.y)
        out[1 + agent] = amount
        if kind == M_DISTANCE:
            out[0] = amount if agent == 0 else min(out[0], amount)
        else:
            out[0] += amount


@kernel
def measure_counter(o, row, out):
    if row[R_ITEM] != 0:
        out[0] = stat_field(o.stat[row[R_ITEM]], row[R_FIELD])
        return
    for item in range(o.stat.shape[0]):
        out[0] += stat_field(o.stat[item], row[R_FIELD])


@kernel
def measure(o, row, out):
    """A row without entities: ``out[0]`` the team's value, ``out[1 + agent]`` each agent's."""
    kind = row[R_KIND]
    if kind == M_ELAPSED:
        out[0] = o.header[0].tick
    elif kind == M_COUNTER:
        measure_counter(o, row, out)
    else:
        measure_agents(o, row, out)


@kernel
def sample(o, out, last, machines):
    """M_SUPPLIED: the samples so far in which no machine of the area was out of fuel or gone.

    Returns the number of machines; ``machines``: how many there were at the reset. ``out[0]``
    enters as the samples until now (from bit 32) plus what `add_entities` has found.

    A sample is due at each multiple of 60 ticks and taken at the first step boundary from there on.
    ``last``: tick of the evaluation before, -1 after a reset.
    """
    good, standing, dry = out[0] >> 32, (out[0] >> 16) & 0xFFFF, out[0] & 0xFFFF
    due = o.header[0].tick // SAMPLE - max(last, 0) // SAMPLE
    out[0] = good + (due if dry == 0 and (last < 0 or standing >= machines) else 0)
    for k in range(1, out.shape[0]):
        out[k] = 0  # a matter of the whole team
    return standing


@kernel
def pay(term, weight, value, room, credit, first, scope):
    """Pay one term for the team (scope 0) or one agent (1 + agent). Returns what it is worth.

    ``room``: as much of the value may count.
    """
    now = min(value, room)
    if first:
        credit[scope] = now
        return 0.0
    if term[T_HOW] == LEVEL:
        return weight * now
    change = now - credit[scope]
    if term[T_HOW] == COUNTER and change <= 0:
        return 0.0
    credit[scope] = now
    return weight * change


@kernel
def pay_each(term, weight, value, most, credit, first, parts):
    """A term of each agent's own value; what counts of all of them is at most ``most``.

    Agents come in order; of a counter, what one has been paid for stays its own.
    """
    agents = parts.shape[0]
    kept = term[T_HOW] == COUNTER and not first
    room = most
    if kept:
        for agent in range(agents):
            room -= credit[1 + agent]
    for agent in range(agents):
        scope = 1 + agent
        if kept:
            room += credit[scope]
        parts[agent] = pay(term, weight, value[scope], room, credit, first, scope)
        room -= credit[scope] if kept else min(value[scope], room)


@kernel
def pay_term(term, weight, value, credit, first, parts):
    """One term: ``parts[agent]`` is that agent's part. A team's term is split evenly."""
    agents = parts.shape[0]
    most = term[T_MOST] if term[T_MOST] >= 0 else NOT_YET
    if term[T_AGENT] != 0:
        pay_each(term, weight, value, most, credit, first, parts)
        return
    amount = pay(term, weight, value[0], most, credit, first, 0)
    for agent in range(agents):
        parts[agent] = amount / agents


@kernel
def pays_nothing(term, value, credit):
    """Whether a term that was looked at before has nothing new to pay, as one sees at once."""
    if term[T_HOW] == LEVEL:
        return False
    if term[T_AGENT] == 0:
        now = min(value[0], term[T_MOST]) if term[T_MOST] >= 0 else value[0]
        return now == credit[0] or (now < credit[0] and term[T_HOW] == COUNTER)
    if term[T_HOW] != COUNTER:
        return False
    for scope in range(1, value.shape[0]):  # noqa: SIM110 - a kernel
        if value[scope] != credit[scope]:
            return False
    return True


@kernel
def share_out(parts, mode):
    """From each agent's own part of a term to what it is paid (in place)."""
    if mode == INDIVIDUAL:
        return
    team = 0.0
    for agent in range(parts.shape[0]):
        team += parts[agent]
    for agent in range(parts.shape[0]):
        parts[agent] = team if mode == SHARED else 0.5 * (team + parts[agent])


@kernel
def goal_count(goal, value, base):
    """How far a goal has come: the smallest of its rows, since the window opened or as it is."""
    smallest = np.int64(-1)
    for r in range(goal[G_ROW], goal[G_ROW] + goal[G_ROWS]):
        got = value[r, 0]
        if goal[G_WINDOW] != 0:
            got -= base[r]
        got = max(got, 0)
        smallest = got if smallest < 0 else min(smallest, got)
    return smallest


@kernel
def judge_goals(goals, value, base, reached, share, outcome):
    """Goals of one world. Returns their mean share."""
    total, needed, missed, ended = 0.0, 0, 0, 0
    for g in range(goals.shape[0]):
        target, role = goals[g, G_TARGET], goals[g, G_ROLE]
        reached[g] = goal_count(goals[g], value, base)
        share[g] = min(reached[g] / target, 1.0)
        if role == GOAL:
            needed += 1
            total += share[g]
            missed += 1 if reached[g] < target else 0
        elif role == END and reached[g] >= target:
            ended = 1
    outcome[O_SUCCESS] = 1 if missed == 0 else 0
    outcome[O_ENDED] = 1 if missed == 0 or ended else 0
    return total / needed


@kernel
def measure_all(d, k, o):
    """The rows of one world, and the state that goals in the window count from."""
    fresh = d.event[k] & FRESH != 0
    opens = d.event[k] & WINDOW_OPENS != 0
    rows, value, base = d.rows[k], d.value[k], d.base[k]
    last = np.int64(-1) if fresh else d.outcome[k, O_TICK]
    for r in range(rows.shape[0]):
        good = value[r, 0] if rows[r, R_KIND] == M_SUPPLIED and not fresh else 0
        for scope in range(value.shape[1]):
            value[r, scope] = 0
        value[r, 0] = good << 32  # `sample` takes it from there
        if not is_of_entities(rows[r, R_KIND]):
            measure(o, rows[r], value[r])
    add_entities(o, rows, value)
    for r in range(rows.shape[0]):
        if rows[r, R_KIND] == M_SUPPLIED:
            standing = sample(o, value[r], last, base[r])
            if fresh:
                base[r] = standing
            continue
        if opens:
            base[r] = value[r, 0]
        elif fresh:
            base[r] = NOT_YET


@linked("iDi")
def score_world(d, k):
    """Evaluate the task in world k; see `score`."""
    o = open_seen(d.book, k)
    measure_all(d, k, o)
    fresh = d.event[k] & FRESH != 0
    terms, value, credit = d.terms, d.value[k], d.credit[k]
    parts, rewards, outcome = d.parts[k], d.rewards[k], d.outcome[k]
    mode, bonus = int(d.rule[0]), d.rule[1]
    agents = rewards.shape[0]
    outcome[O_TICK] = o.header[0].tick
    d.progress[k] = judge_goals(d.goals, value, d.base[k], d.reached[k], d.share[k], outcome)
    for agent in range(agents):
        rewards[agent] = 0.0
        d.counts[k, agent, C_RESULT] = o.character[agent].result
        d.counts[k, agent, C_REFUSED] = o.agent[agent].refused
    last = parts.shape[0] - 1
    for t in range(terms.shape[0] + 1):
        column = terms[t, T_COLUMN] if t < terms.shape[0] else last
        part = parts[column]
        if t < terms.shape[0]:
            worth = value[terms[t, T_ROW]]
            nothing = not fresh and pays_nothing(terms[t], worth, credit[t])
            if not nothing:
                pay_term(terms[t], d.weights[t], worth, credit[t], fresh, part)
        else:
            nothing = outcome[O_SUCCESS] == 0 or fresh
            for agent in range(agents):
                part[agent] = bonus / agents
        if nothing:
            for agent in range(agents):
                part[agent] = 0.0
            continue
        share_out(part, mode)
        for agent in range(agents):
            rewards[agent] += part[agent]
    return 0


@entry("void(int64[::1], int64, int64)")
def score(words, first, end):
    """Evaluate a task in settled worlds, ``first`` to ``end`` - 1 of a desk, after a reset or step.

    Reads ``book``, ``rows`` int64[worlds, R, 8], ``terms`` int64[T, 5], ``weights`` float64[T],
    ``goals`` int64[G, 5], ``rule`` float64[2] (mode of sharing, bonus for success), ``event``
    uint8[worlds]: FRESH after a reset, WINDOW_OPENS when goals in the window count from this state
    on (the two can be together), else GOES_ON.

    State: ``base`` int64[worlds, R], the rows when the window opened (of M_SUPPLIED the machines at
    the reset), and ``credit`` int64[worlds, T, 1 + agents], what terms have paid for.

    Results: ``value`` int64[worlds, R, 1 + agents]; ``reached`` int64[worlds, G], ``share``
    float64[worlds, G], ``progress`` float64[worlds]; ``outcome`` int64[worlds, 3] (tick, success,
    ended); ``counts`` int64[worlds, agents, 2] (result, refused); ``parts`` float64[worlds, terms,
    agents], the last column of terms being the bonus (other columns that no row of ``terms`` names
    are left alone); ``rewards`` float64[worlds, agents], their sum.
    """
    d = open_desk(words)
    for k in range(first, end):
        score_world(d, k)
