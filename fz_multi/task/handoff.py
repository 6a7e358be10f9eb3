"""handoff: bring plates over the water through one shared chest.

On the left bank lie iron ore and coal, and the agents there have 4 burner mining drills, 3 stone
furnaces and 12 coal. On the right bank stands the sink, an iron chest. Between the banks is water,
with two paths one tile wide that end at a wooden chest: both sides can reach it, nobody can pass.
50 iron plates must lie in the sink within 7,200 ticks. One side mines, smelts and carries to the
shared chest; the other side empties it and carries on.

Agents 0, 2, 4 ... start on the left bank, 1, 3, 5 ... on the right one, so the task needs two or
more. One agent alone plays the variant *door*, in which a way leads round the chest; it is chosen
when ``num_agents=1``, and the wall with one agent is an error that says so.

Why the plates must pass through the chest: from the end of the left path an agent reaches 10 tiles,
and there is only the right path, on which no furnace fits; the right bank begins 12 tiles away and
the sink 17. Nobody starts with a spare chest. Without the chest there is still no way over, since
its tile touches the paths at corners only. (Raw DROP commands can throw items on the right path,
which the actions cannot.)

Actions
-------
One of 30 a step and agent (10 ticks); the mask in ``infos[agent]["action_mask"]`` tells which are
legal. The *facing tile* is the neighbour of the agent's tile in the direction it faces.

====== =================== ==================================================================
 Num    Action              What it does
====== =================== ==================================================================
 0      wait                nothing new; a running walk, mining or craft goes on
 1-8    move                face north, northeast ... northwest, and walk a tile if it is free
 9      interact            mine what the facing tile holds, or pick it up
 10     place               build the item in hand on the facing tile, turned to the facing
 11     rotate              turn the facing entity by 90 degrees
 12     take                take from the facing entity (results first; a chest: its first stack)
 13     insert              put up to 5 of the item in hand into the facing entity
 14     insert_one          the same with 1
 15-21  hold                take in hand: burner-mining-drill, stone-furnace, coal, iron-ore,
                            iron-plate, wooden-chest, iron-chest
 22-29  say                 say one of eight symbols, which the teammates see
====== =================== ==================================================================

The chests are in the palette because an agent can mine them and must then be able to put them
back.

Observation
-----------
`docs/spaces.md` has every index. The goal part holds, from -1 to 1:

===== ============================== =========================================================
 Num   Name                           Meaning
===== ============================== =========================================================
 0     delivered                      plates in the sink, as a share of 50
 1     waiting                        plates in the shared chest, as a share of 50
 2-7   shared_x, shared_y, sink_x,    where they are, as a share of half the map's side
       sink_y, iron_x, iron_y
===== ============================== =========================================================

In the plane of goals the shared chest reads 42 and the sink 84.

Rewards
-------
=========== ======== ==========================================================================
 Term        Weight   What it pays
=========== ======== ==========================================================================
 cells       1        a drill that drops into a furnace (three count; taken back when undone)
 fuel        0.1      a fuelled drill or furnace at the iron (six count; taken back when out)
 plates      0.05     a plate made by a furnace (60 count)
 chest       0.05     a plate in the shared chest (50 count; taken back when it leaves)
 handed      0.05     an item taken out of a chest that another agent had put there, to the agent
                      that takes it (60 count)
 delivered   0.2      a plate more in the sink than ever before (50 count)
 success     10       50 plates in the sink
=========== ======== ==========================================================================

``reward="shared"`` gives every agent the sum, ``"individual"`` its own part (a team's term is
split evenly), ``"mixed"`` the mean of both.

Start
-----
64 x 32 tiles. The seed draws where iron, coal and sink lie, the rims of the patches and the amount
of each tile (200 to 300), and the agents' tiles on their bank.

Calibration (seeds 0 to 2): three cells make 50 plates in 4,000 ticks, and 12 coal, dealt out to
them evenly, smelt no more than 39. Their 48 MJ are enough for 54, since a plate takes 0.6 MJ in a
drill and 0.288 MJ in a furnace: a furnace needs half of the coal of its drills, and a fourth drill
beside one of the three keeps the time. A plain script of raw commands, with
eight coal mined by hand, takes 4,910 to 5,100 ticks with two agents and 5,330 to 5,610 alone
through the door; the scripted team, by actions, 5,680 to 5,980 with two agents, 5,420 to 5,570 with
four, and 5,920 to 6,590 alone.

End
---
*Terminated* with 50 plates in the sink (success). *Truncated* after 7,200 ticks (720 steps), or
``max_cycles`` steps. There is no final window.

Calibration
-----------
Ticks that the scripted team (``fz_multi/bench/scripted/handoff.py``) takes on training seeds 0 to
9: 5,920 to 6,590 alone (door), 5,680 to 5,980 with 2 agents, 5,300 to 5,590 with 4. Three drills at
full speed dig 50 ore in 4,080 ticks. ``fz-multi demo handoff --agents N --seed S`` shows a run.

Arguments
---------
``num_agents`` (1 to 16), ``variant`` ("standard" or "door"), ``ticks_per_step=10``,
``max_ticks=7200``, and those of `fz_multi.parallel_env`.

Version history
---------------
* 1: first version.
"""

from __future__ import annotations

from fz_multi.task.definition import Goal, Task, Term
from fz_multi.task.measures import agent_counter, cells, counter, fuelled, stored

PLATES = 50
REWARDS = {
    "cells": 1.0,
    "fuel": 0.1,
    "plates": 0.05,
    "chest": 0.05,
    "handed": 0.05,
    "delivered": 0.2,
    "success": 10.0,
}

WAITING = stored("iron-plate", "shared")

TASK = Task(
    name="handoff",
    version=1,
    map="handoff",
    palette=(
        "burner-mining-drill",
        "stone-furnace",
        "coal",
        "iron-ore",
        "iron-plate",
        "wooden-chest",
        "iron-chest",
    ),
    goals=(Goal("delivered", stored("iron-plate", "sink"), at_least=PLATES),),
    hints=(Goal("waiting", WAITING, at_least=PLATES),),
    shows=("shared", "sink", "iron"),
    terms=(
        Term("cells", cells("left"), REWARDS["cells"], how="potential", at_most=3),
        Term("fuel", fuelled("", "iron"), REWARDS["fuel"], how="potential", at_most=6),
        Term("plates", counter("made", "iron-plate"), REWARDS["plates"], at_most=60),
        Term("chest", WAITING, REWARDS["chest"], how="potential", at_most=PLATES),
        Term("handed", agent_counter("handed"), REWARDS["handed"], each=True, at_most=60),
        Term("delivered", stored("iron-plate", "sink"), REWARDS["delivered"], at_most=PLATES),
    ),
    success_bonus=REWARDS["success"],
    channel=True,
    max_ticks=7200,
    doc=__doc__ or "",
)
