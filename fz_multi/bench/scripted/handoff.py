"""handoff: the left bank mines, smelts and fills the shared chest; the right bank empties it.

On the left every agent builds the cells that its kit allows. The first of them is the carrier; the
others dig coal by hand and keep the cells fuelled (alone, the carrier does that too). On the right
the first agent carries from the shared chest to the sink; a second one would only be in its way on
a path of one tile, and waits. One agent alone (the variant *door*) plays both sides.
"""

from __future__ import annotations

from contextlib import suppress

from .cells import DRILL, FURNACE, Cell, build_cell, feed_cell, find_cell
from .team import ScriptedTeam
from .worker import TAKE, WAIT, Script, Tile, Worker

PLATES = 50
LOAD = 20  # plates worth a walk, while more are to come
PLATE = "iron-plate"


def make_team() -> ScriptedTeam:
    return ScriptedTeam(write)


class Plan:
    """What the agents of a team have agreed on."""

    def __init__(self, workers: list[Worker]) -> None:
        instance = workers[0].env.instance
        self.shared, self.sink = (_corner(instance.areas[name]) for name in ("shared", "sink"))
        x0, y0, x1, y1 = instance.areas["iron"]
        self.iron = (x0 - 4, y0 - 4, x1 + 4, y1 + 4)
        self.taken: set[Tile] = set()
        self.machines: set[Tile] = set()
        self.cells: list[Cell] = []
        self.sent = 0  # plates put into the shared chest
        self.alone = len(workers) == 1


def _corner(area: tuple[int, int, int, int]) -> Tile:
    return area[0], area[1]


def write(workers: list[Worker]) -> list[Script]:
    plan = Plan(workers)
    scripts: list[Script] = []
    for place, worker in enumerate(workers):
        if plan.alone or place == 0:
            scripts.append(carrier(worker, plan, helpers=len(workers) > 2))
        elif place % 2 == 0:
            scripts.append(tender(worker, plan))
        elif place == 1:
            scripts.append(receiver(worker, plan))
        else:
            scripts.append(idle())
    return scripts


def idle() -> Script:
    while True:
        yield WAIT


def settle(worker: Worker, plan: Plan) -> Script:
    """Build the cells of one agent's kit and fuel them a little."""
    while worker.has(DRILL) and worker.has(FURNACE):
        try:
            cell = find_cell(worker, plan.iron, plan.taken, plan.machines)
        except LookupError:
            try:  # closer together
                cell = find_cell(worker, plan.iron, plan.machines, plan.machines)
            except LookupError:
                return  # the patch is full
        plan.machines.update([*cell.drill, *cell.furnace])
        plan.taken.update(cell.room)
        if (yield from build_cell(worker, cell)):
            plan.cells.append(cell)
            with suppress(LookupError):
                yield from feed_cell(worker, cell, 2, 1)


def refuel(worker: Worker, plan: Plan) -> Script:
    """Bring each cell's fuel up; dig coal first when the agent has too little."""
    low = [cell for cell in plan.cells if _fuel(worker, cell) < 3]
    if not low:
        yield WAIT
        return
    need = 4 * len(low)
    if worker.has("coal") < need:
        yield from worker.mine("coal", "coal", need - worker.has("coal"))
    for cell in low:
        try:
            yield from feed_cell(worker, cell, 3, 2)
        except LookupError:
            plan.cells.remove(cell)


def _fuel(worker: Worker, cell: Cell) -> int:
    return worker.stored(cell.drill[0], "coal", "fuel") + worker.stored(
        cell.furnace[0], "coal", "fuel"
    )


def ready(worker: Worker, plan: Plan) -> int:
    """Plates that lie in the furnaces."""
    return sum(worker.stored(cell.furnace[0], PLATE) for cell in plan.cells)


def collect(worker: Worker, plan: Plan) -> Script:
    """Take the plates out of the furnaces, the fullest first."""
    for cell in sorted(plan.cells, key=lambda c: -worker.stored(c.furnace[0], PLATE)):
        if worker.stored(cell.furnace[0], PLATE):
            try:
                yield from worker.reach_any(cell.furnace)
                yield from worker.take()
            except LookupError:  # shut in by what was built later
                plan.cells.remove(cell)


def carrier(worker: Worker, plan: Plan, helpers: bool) -> Script:
    yield from settle(worker, plan)
    target = plan.sink if plan.alone else plan.shared
    while plan.sent < PLATES:
        if not helpers and any(_fuel(worker, cell) < 2 for cell in plan.cells):
            yield from refuel(worker, plan)
        missing = PLATES - plan.sent - worker.has(PLATE)
        if missing > 0 and ready(worker, plan) < min(LOAD, missing):
            yield WAIT
            continue
        yield from collect(worker, plan)
        carried = worker.has(PLATE)
        if carried == 0:
            continue
        yield from worker.reach(target)
        yield from worker.insert(PLATE, carried)
        plan.sent += carried - worker.has(PLATE)


def tender(worker: Worker, plan: Plan) -> Script:
    yield from settle(worker, plan)
    while True:
        yield from refuel(worker, plan)


def receiver(worker: Worker, plan: Plan) -> Script:
    delivered = 0
    while delivered < PLATES:
        yield from worker.reach(plan.shared)
        while worker.stored(plan.shared, PLATE) == 0 or (
            worker.stored(plan.shared, PLATE) < LOAD and plan.sent < PLATES
        ):
            yield WAIT
        if worker.legal(TAKE):
            yield TAKE
        carried = worker.has(PLATE)
        yield from worker.reach(plan.sink)
        yield from worker.insert(PLATE, carried)
        delivered += carried - worker.has(PLATE)
