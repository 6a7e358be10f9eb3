"""two_cells: build two drill-furnace cells, far apart.

A *cell* is a burner mining drill on iron ore that drops its ore straight into a stone furnace.
Two patches of ore lie 40 tiles or more apart, and the team starts between them with a kit of 4
drills, 4 furnaces and 48 coal (dealt out to its agents, so that a team has the same whatever its
size). Both cells must go on by themselves: in the last 3,600 of 7,200 ticks only `wait` is legal,
and in that time furnaces at *each* patch must get 10 ore and make 10 plates.

Ore that was put into a furnace by hand before the final window is not counted: a cell's count is
the smaller of the plates made and the ore that came in during the window.

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
 15-19  hold                take in hand: burner-mining-drill, stone-furnace, coal, iron-ore,
                            iron-plate
====== =================== ==================================================================

Observation
-----------
`docs/spaces.md` has every index. The goal part holds, from -1 to 1:

===== ============================== =========================================================
 Num   Name                           Meaning
===== ============================== =========================================================
 0-1   cell_a, cell_b                 share of the goal of each cell, 0 to 1
 2-3   built_a, built_b               1 when a drill there drops into a furnace
 4-7   cell_a_x, cell_a_y, cell_b_x,  centre of the areas, as a share of half the map's side
       cell_b_y
===== ============================== =========================================================

The areas (16 x 16 tiles around the patches) show in the plane of goals: 42 for a, 84 for b.

Rewards
-------
=========== ======== ==========================================================================
 Term        Weight   What it pays
=========== ======== ==========================================================================
 way_a/_b    0.01     each tile that the nearest agent comes nearer to the area (taken back when
                      it goes away)
 cell_a/_b   1        a drill of the area that drops into a furnace (one counts)
 fuel_a/_b   0.1      a fuelled drill or furnace in the area (two count)
 plates_a/_b 0.05     a plate made in the area, to the agent that built the furnace (40 count)
 success     10       both cells have reached their goal
=========== ======== ==========================================================================

``reward="shared"`` gives every agent the sum, ``"individual"`` its own part (a team's term is
split evenly), ``"mixed"`` the mean of both.

Start
-----
64 x 64 tiles of land. The seed draws where the patches lie, their rim and the amount of each tile
(250 to 400 ore), turns and mirrors the map, and draws the agents' tiles in the 8 x 8 in the middle.

Calibration: a cell that runs makes 15 plates in 3,600 ticks, and its tenth about 2,400 ticks into
the window. By raw commands both cells stand after about 450 ticks with two agents and 750 alone, of
the 3,600 before the window. The scripted team solves seeds 0 to 2 at tick 5,920 to 5,990 with 1, 2
and 4 agents.

End
---
*Terminated* when both cells have reached 10 in the final window (success). *Truncated* after 7,200
ticks (720 steps), or ``max_cycles`` steps. With ``final_window=0``, for training, there is no
window: a cell counts from the start, and hand-fed ore counts too.

Calibration
-----------
The scripted team (``fz_multi/bench/scripted/two_cells.py``) solves training seeds 0 to 9 with 1, 2
and 4 agents in 5,920 to 6,000 ticks; most of that is the wait for the final window, in which a cell
at full speed needs 2,400 ticks for its ten ore. ``fz-multi demo two_cells --agents N --seed S``
shows a run.

Arguments
---------
``num_agents`` (1 to 16), ``ticks_per_step=10``, ``max_ticks=7200``, ``final_window=3600``, and
those of `fz_multi.parallel_env`.

Version history
---------------
* 1: first version.
"""

from __future__ import annotations

from fz_multi.task.definition import Goal, Task, Term
from fz_multi.task.measures import cells, distance, fed, fuelled, made

AREAS = {"a": "cell_a", "b": "cell_b"}
TILE = 256  # units of `distance`

PLATES = 10  # of each cell, in the final window
REWARDS = {"way": 0.01, "cell": 1.0, "fuel": 0.1, "plates": 0.05, "success": 10.0}


def cell(side: str) -> Goal:
    """Both ore in and plates out: the smaller counts, so hand-fed ore does not."""
    area = AREAS[side]
    counted = made("iron-plate", area), fed("iron-ore", area)
    return Goal(area, counted, at_least=PLATES, in_window=True)


def built(side: str) -> Goal:
    return Goal(f"built_{side}", cells(AREAS[side]))


def rewards(side: str) -> tuple[Term, ...]:
    area = AREAS[side]
    weight = REWARDS
    return (
        Term(f"way_{side}", distance(area), -weight["way"] / TILE, how="potential"),
        Term(f"cell_{side}", cells(area), weight["cell"], how="potential", at_most=1),
        Term(f"fuel_{side}", fuelled("", area), weight["fuel"], how="potential", at_most=2),
        Term(f"plates_{side}", made("iron-plate", area), weight["plates"], each=True, at_most=40),
    )


TASK = Task(
    name="two_cells",
    version=1,
    map="two_cells",
    palette=("burner-mining-drill", "stone-furnace", "coal", "iron-ore", "iron-plate"),
    goals=(cell("a"), cell("b")),
    hints=(built("a"), built("b")),
    shows=("cell_a", "cell_b"),
    terms=(*rewards("a"), *rewards("b")),
    success_bonus=REWARDS["success"],
    max_ticks=7200,
    final_window=3600,
    doc=__doc__ or "",
)
