"""long_belt: eight drills onto a belt of 64 tiles.

A patch of iron ore lies at one end of the map. At the other end, 64 tiles from the patch's outer
edge, stands a station: four belts, and beside them four burner inserters that bring what comes
along into four chests. The team has 8 burner mining drills, 64 transport belts and 48 coal (dealt
out to its agents) and must connect the two. In the last 3,600 of 9,600 ticks only `wait` is legal,
and in that time the station must get 114 ore: 1.9 a second of the 2.0 that eight drills give.

What hands put into the chests before the final window does not count, and in the window hands rest.
An item takes 2,048 ticks from end to end, so the line must run well before the window opens at tick
6,000.

Actions
-------
One of 19 a step and agent (10 ticks); the mask in ``infos[agent]["action_mask"]`` tells which are
legal. The *facing tile* is the neighbour of the agent's tile in the direction it faces.

====== =================== ==================================================================
 Num    Action              What it does
====== =================== ==================================================================
 0      wait                nothing new; a running walk, mining or craft goes on
 1-8    move                face north, northeast ... northwest, and walk a tile if it is free
 9      interact            mine what the facing tile holds, or pick it up
 10     place               build the item in hand on the facing tile, turned to the facing
 11     rotate              turn the facing entity by 90 degrees
 12     take                take from the facing entity (results first); off a belt: pick up
 13     insert              put up to 5 of the item in hand into the facing entity
 14     insert_one          the same with 1
 15-18  hold                take in hand: transport-belt, burner-mining-drill, coal, iron-ore
====== =================== ==================================================================

A belt is placed so that it runs the way the agent faces, and carries who stands on it.

Observation
-----------
`docs/spaces.md` has every index. The goal part holds, from -1 to 1:

===== ============================== =========================================================
 Num   Name                           Meaning
===== ============================== =========================================================
 0     chests                         ore of the window in the station, as a share of 114
 1-2   belts, drills                  belts between the ends (of 64) and drills that stand (of 8)
 3-6   ore_x, ore_y, chests_x,        centres of both ends, as a share of half the map's sides
       chests_y
===== ============================== =========================================================

Rewards
-------
=========== ======== ==========================================================================
 Term        Weight   What it pays
=========== ======== ==========================================================================
 belts       0.02     a belt on the straight line between the ends (taken back with it)
 drills      0.25     a drill with fuel on the patch (8 count)
 delivered   0.02     an ore in the station's chests (240 count)
 success     10       114 ore in the final window
=========== ======== ==========================================================================

Start
-----
96 x 32 tiles of land. The seed draws where patch and station lie and the ore's amounts, mirrors the
map, and draws the agents' tiles beside the patch.

End
---
*Terminated* when 114 ore have come in within the final window. *Truncated* after 9,600 ticks (960
steps). With ``final_window=0``, for training, ore counts from the start.

Calibration
-----------
The scripted team is ``fz_multi/bench/scripted/long_belt.py``.
It solves training seeds 0 to 9 with 1, 2 and 4 agents, at tick 9,380 to 9,440.
``fz-multi demo long_belt --agents N --seed S`` shows a run.

Arguments
---------
``num_agents`` (1 to 16), ``ticks_per_step=10``, ``max_ticks=9600``, ``final_window=3600``, and
those of `fz_multi.parallel_env`.

Version history
---------------
* 1: first version.
"""

from __future__ import annotations

from fz_multi.task.definition import Goal, Task, Term
from fz_multi.task.measures import entities, fuelled, stored

ORE = 114  # 1.9 a second for 3,600 ticks
BELTS, DRILLS = 64, 8
REWARDS = {"belts": 0.02, "drills": 0.25, "delivered": 0.02, "success": 10.0}

TASK = Task(
    name="long_belt",
    version=1,
    map="long_belt",
    palette=("transport-belt", "burner-mining-drill", "coal", "iron-ore"),
    goals=(Goal("chests", stored("iron-ore", "chests"), at_least=ORE, in_window=True),),
    hints=(
        Goal("belts", entities("transport-belt", "line"), at_least=BELTS),
        Goal("drills", entities("burner-mining-drill", "ore"), at_least=DRILLS),
    ),
    shows=("ore", "chests"),
    terms=(
        Term(
            "belts", entities("transport-belt", "line"), REWARDS["belts"], how="potential",
            at_most=BELTS,
        ),
        Term(
            "drills", fuelled("burner-mining-drill", "ore"), REWARDS["drills"], how="potential",
            at_most=DRILLS,
        ),
        Term("delivered", stored("iron-ore", "chests"), REWARDS["delivered"], at_most=240),
    ),
    success_bonus=REWARDS["success"],
    max_ticks=9600,
    final_window=3600,
    doc=__doc__ or "",
)  # fmt: skip
