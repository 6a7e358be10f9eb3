"""Drill-furnace cells: where one fits, and a worker that builds and feeds it."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass

import numpy as np

from .worker import CARDINALS, Script, Tile, Worker, ahead, square

DRILL, FURNACE = "burner-mining-drill", "stone-furnace"


@dataclass(frozen=True)
class Cell:
    """Where to stand and look to place a drill, and then the furnace that it drops into."""

    drill_stand: Tile
    drill_way: int
    furnace_stand: Tile
    furnace_way: int

    @property
    def drill(self) -> list[Tile]:
        return square(self.drill_stand, self.drill_way)

    @property
    def furnace(self) -> list[Tile]:
        return square(self.furnace_stand, self.furnace_way)

    @property
    def room(self) -> list[Tile]:
        """Tiles that others must leave free: machines, stands, and the tiles behind the stands."""
        stands = ((self.drill_stand, self.drill_way), (self.furnace_stand, self.furnace_way))
        behind = [ahead(stand, (way + 4) % 8) for stand, way in stands]
        return [*self.drill, *self.furnace, self.drill_stand, self.furnace_stand, *behind]


def find_cell(
    worker: Worker,
    area: tuple[int, int, int, int],
    taken: Iterable[Tile] = (),
    machines: Iterable[Tile] = (),
) -> Cell:
    """The cell on iron ore inside an area (x0, y0, x1, y1) that is nearest to a worker.

    ``taken``: tiles that others need free or have planned for, ``machines``: where theirs will
    stand; nobody must end up walled in. LookupError when none fits.
    """
    ore, free = worker.ore("iron-ore") > 0, worker.free()
    for tile in taken:
        where = worker.at(tile)
        if where:
            free[where] = False
    x0, y0, x1, y1 = area
    stands = [(x, y) for y in range(y0, y1) for x in range(x0, x1)]
    here = worker.tile
    stands.sort(key=lambda tile: (max(abs(tile[0] - here[0]), abs(tile[1] - here[1])), tile))
    for minerals in (4, 3, 2, 1):
        for stand in stands:
            for way in CARDINALS:
                cell = _cell_from(worker, free, ore, stand, way, minerals, area)
                if cell is not None and _reachable(worker, cell, taken, machines):
                    return cell
    raise LookupError("no cell fits there")


def _reachable(worker: Worker, cell: Cell, taken: Iterable[Tile], machines: Iterable[Tile]) -> bool:
    solid = {*machines, *cell.drill, *cell.furnace}
    if not all(worker.joined(stand, solid) for stand in (cell.drill_stand, cell.furnace_stand)):
        return False
    closed = set(taken)
    if closed & set(cell.room):
        return False
    return worker.can_stand(cell.drill_stand, cell.drill_way, closed) and worker.can_stand(
        cell.furnace_stand, cell.furnace_way, closed | set(cell.drill)
    )


def _open(worker: Worker, free: np.ndarray, tiles: Iterable[Tile]) -> bool:
    for tile in tiles:
        where = worker.at(tile)
        if where is None or not free[where]:
            return False
    return True


def _cell_from(
    worker: Worker,
    free: np.ndarray,
    ore: np.ndarray,
    stand: Tile,
    way: int,
    minerals: int,
    area: tuple[int, int, int, int],
) -> Cell | None:
    drill = square(stand, way)
    if not _open(worker, free, [stand, *drill]):
        return None
    if sum(bool(ore[worker.at(tile)]) for tile in drill) < minerals:
        return None
    drop = ahead(stand, way, 3)
    for other in CARDINALS:
        for back in (1, 2):
            for side in (0, 1):
                # A stand from which the furnace's square covers the drop tile.
                place = ahead(ahead(drop, (other + 4) % 8, back), (other - 2) % 8, side)
                furnace = square(place, other)
                if drop not in furnace or set(furnace) & set(drill) or place in drill:
                    continue
                if place in furnace or not _open(worker, free, [place, *furnace]):
                    continue
                inside = all(
                    area[0] <= x < area[2] and area[1] <= y < area[3] for x, y in furnace + drill
                )
                if inside:
                    return Cell(stand, way, place, other)
    return None


def build_cell(worker: Worker, cell: Cell) -> Generator[int, None, bool]:
    """Place both machines; False when something came in between (plan another one then)."""
    try:
        if not (yield from worker.build(DRILL, cell.drill_stand, cell.drill_way)):
            return False
        return (yield from worker.build(FURNACE, cell.furnace_stand, cell.furnace_way))
    except LookupError:  # a teammate has built in the way
        return False


def feed(worker: Worker, machine: list[Tile], coal: int) -> Script:
    """Bring the coal in a machine's fuel slot up to a number."""
    missing = coal - worker.stored(machine[0], "coal", "fuel")
    if missing > 0 and worker.has("coal") > 0:
        yield from worker.reach_any(machine)
        yield from worker.insert("coal", missing)


def feed_cell(worker: Worker, cell: Cell, drill: int, furnace: int) -> Script:
    """Fuel both machines of a cell."""
    yield from feed(worker, cell.furnace, furnace)
    yield from feed(worker, cell.drill, drill)
