"""two_cells: at each patch, whoever has a drill places it and whoever has a furnace completes it.

The kit is dealt out, so in a small team one agent has all that a cell needs and in a large one two
agents share it; one agent alone builds both cells. Coal is put in late enough that it lasts through
the final window, however little of it an agent has.
"""

from __future__ import annotations

from .cells import DRILL, FURNACE, Cell, feed, find_cell
from .team import ScriptedTeam
from .worker import WAIT, Script, Tile, Worker

ENOUGH = 10  # coal with which a machine runs from the first to the last tick
PLACES = ("cell_a", "cell_b")


def make_team() -> ScriptedTeam:
    return ScriptedTeam(write)


class Plan:
    """What the team has agreed on: who places what where."""

    def __init__(self, workers: list[Worker]) -> None:
        self.cells: dict[str, Cell] = {}
        self.taken: set[Tile] = set()
        self.jobs: dict[int, list[tuple[str, str]]] = {worker.me: [] for worker in workers}
        for machine in (DRILL, FURNACE):
            owners = [worker for worker in workers if worker.has(machine)]
            for number, place in enumerate(PLACES):
                if owners:
                    self.jobs[owners[number % len(owners)].me].append((place, machine))
        for jobs in self.jobs.values():
            jobs.sort()  # one place after the other, the drill before the furnace


def write(workers: list[Worker]) -> list[Script]:
    plan = Plan(workers)
    return [script(worker, plan) for worker in workers]


def script(worker: Worker, plan: Plan) -> Script:
    jobs = plan.jobs[worker.me]
    share = worker.has("coal") // max(1, len(jobs))
    placed: list[list[Tile]] = []
    for place, machine in jobs:
        if machine == DRILL:
            tiles = yield from place_drill(worker, plan, place)
        else:
            tiles = yield from place_furnace(worker, plan, place)
        placed.append(tiles)
        if share >= ENOUGH:
            yield from feed(worker, tiles, ENOUGH)
    window = worker.env.task.max_ticks - worker.env.task.final_window
    while share < ENOUGH and worker.tick < window - 600:
        yield WAIT
    if share < ENOUGH:
        for tiles in placed:
            yield from feed(worker, tiles, max(1, share))


def place_drill(worker: Worker, plan: Plan, place: str) -> Script:
    while True:
        cell = find_cell(worker, worker.env.instance.areas[place], plan.taken)
        plan.taken.update(cell.room)
        if (yield from worker.build(DRILL, cell.drill_stand, cell.drill_way)):
            plan.cells[place] = cell
            return cell.drill


def place_furnace(worker: Worker, plan: Plan, place: str) -> Script:
    x0, y0, x1, y1 = worker.env.instance.areas[place]
    if place not in plan.cells:  # go there while a teammate places the drill
        yield from worker.go(
            lambda at, _: max(abs(2 * at[0] - x0 - x1), abs(2 * at[1] - y0 - y1)) < x1 - x0 + 6
        )
    while place not in plan.cells:
        yield WAIT
    cell = plan.cells[place]
    while not (yield from worker.build(FURNACE, cell.furnace_stand, cell.furnace_way)):
        yield WAIT
    return cell.furnace
