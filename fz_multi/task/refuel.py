"""refuel: keep eight drills and eight furnaces in coal.

Two rows of four cells stand on the map and run; a cell is a burner mining drill on iron ore that
drops into a stone furnace. Each machine starts with 2 coal, each agent with 5; one patch of coal
lies between the rows. Every 60 ticks a sample is taken (at the first step boundary from there on):
it is good when all sixteen machines stand and none reads ``no_fuel``. Of the 120 samples of 7,200
ticks 114 (95 %) must be good.

Untouched, the drills run dry at tick 3,202, so 53 samples are good. A drill burns a coal in 1,600
ticks, a furnace one in about 3,300: the team has to bring some 32.

Actions
-------
One of 20 a step and agent (10 ticks); the mask in ``infos[agent]["action_mask"]`` tells which are
legal. The *facing tile* is the neighbour of the agent's tile in the direction it faces.

====== =================== ==================================================================
 Num    Action              What it does
====== =================== ==================================================================
 0      wait                nothing new; a running walk, mining or craft goes on
 1-8    move                face north, northeast ... northwest, and walk a tile if it is free
 9      interact            mine what the facing tile holds, or pick it up
 10     place               build the item in hand on the facing tile, turned to the facing
 11     rotate              turn the facing entity by 90 degrees
 12     take                take from the facing entity (results first)
 13     insert              put up to 5 of the item in hand into the facing entity
 14     insert_one          the same with 1
 15-19  hold                take in hand: coal, iron-ore, iron-plate, burner-mining-drill,
                            stone-furnace
====== =================== ==================================================================

Observation
-----------
`docs/spaces.md` has every index. The goal part holds, from -1 to 1:

===== ============================== =========================================================
 Num   Name                           Meaning
===== ============================== =========================================================
 0     supplied                       good samples so far, as a share of 114
 1-2   drills, furnaces               those with fuel, as a share of 8
 3-4   coal_x, coal_y                 centre of the coal, as a share of half the map's side
===== ============================== =========================================================

Rewards
-------
=========== ======== ==========================================================================
 Term        Weight   What it pays
=========== ======== ==========================================================================
 supplied    0.05     a good sample
 fuel        0.05     a machine that has fuel (taken back when it runs dry)
 success     10       114 good samples
=========== ======== ==========================================================================

Start
-----
48 x 48 tiles of land. The seed draws where the rows and the coal lie, the rim of the patch and the
amounts, turns and mirrors the map, and draws the agents' tiles in the middle.

End
---
*Terminated* on success, at tick 6,840 at the earliest. *Truncated* after 7,200 ticks (720 steps).

Calibration
-----------
The scripted team (``fz_multi/bench/scripted/refuel.py``) mines coal by hand and carries it round.
With 2 and 4 agents it solves training seeds 0 to 9, at tick 6,840. Alone it does not: walking and
mining take more time than there is, and 0.78 to 0.93 of the goal come out.
``fz-multi demo refuel --agents N --seed S`` shows a run.

Arguments
---------
``num_agents`` (1 to 16), ``ticks_per_step=10``, ``max_ticks=7200``, and those of
`fz_multi.parallel_env`.

Version history
---------------
* 1: first version.
"""

from __future__ import annotations

from fz_multi.task.definition import Goal, Task, Term
from fz_multi.task.measures import fuelled, supplied

FACTORY = "factory"
GOOD_SAMPLES = 114  # 95 % of 120
MACHINES = 8  # of each kind
REWARDS = {"supplied": 0.05, "fuel": 0.05, "success": 10.0}

TASK = Task(
    name="refuel",
    version=1,
    map="refuel",
    palette=("coal", "iron-ore", "iron-plate", "burner-mining-drill", "stone-furnace"),
    goals=(Goal("supplied", supplied(FACTORY), at_least=GOOD_SAMPLES),),
    hints=(
        Goal("drills", fuelled("burner-mining-drill", FACTORY), at_least=MACHINES),
        Goal("furnaces", fuelled("stone-furnace", FACTORY), at_least=MACHINES),
    ),
    shows=("coal",),
    terms=(
        Term("supplied", supplied(FACTORY), REWARDS["supplied"], at_most=GOOD_SAMPLES),
        Term("fuel", fuelled("", FACTORY), REWARDS["fuel"], how="potential", at_most=2 * MACHINES),
    ),
    success_bonus=REWARDS["success"],
    max_ticks=7200,
    doc=__doc__ or "",
)
