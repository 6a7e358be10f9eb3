"""long_belt: whoever has belts lays a stretch of the line, whoever has drills sets them beside it.

The line is straight. A worker that lays it walks on the belts that it has placed, which carry it
along, and always places the next one ahead.
"""

from __future__ import annotations

from functools import partial

from .cells import DRILL, feed
from .team import ScriptedTeam
from .worker import EAST, NORTH, SOUTH, WEST, Script, Tile, Worker, ahead, square

BELT = "transport-belt"
COAL = 6  # for each drill: 9,600 ticks


def make_team() -> ScriptedTeam:
    return ScriptedTeam(write)


def line(worker: Worker) -> tuple[list[Tile], int]:
    """The tiles of the line from the patch to the station, and the way that it runs."""
    x0, y0, x1, _ = worker.env.instance.areas["line"]
    station = worker.env.instance.areas["station"][0]
    if station >= x1:
        return [(x, y0) for x in range(x0, x1)], EAST
    return [(x, y0) for x in range(x1 - 1, x0 - 1, -1)], WEST


def drill_stands(tiles: list[Tile]) -> list[tuple[Tile, int]]:
    """Where to stand and look to set the eight drills, four on each side of the line's first 8."""
    x0 = min(x for x, _ in tiles[:8])
    y = tiles[0][1]
    north = [((x0 + 2 * k + 1, y - 3), SOUTH) for k in range(4)]
    south = [((x0 + 2 * k, y + 3), NORTH) for k in range(4)]
    return [stand for pair in zip(north, south, strict=True) for stand in pair]


def write(workers: list[Worker]) -> list[Script]:
    tiles, way = line(workers[0])
    stretches: list[list[Tile]] = []
    for worker in workers:
        done = sum(map(len, stretches))
        stretches.append(tiles[done : done + worker.has(BELT)])
    stands = drill_stands(tiles)
    drills: list[list[tuple[Tile, int]]] = []
    for worker in workers:
        done = sum(map(len, drills))
        drills.append(stands[done : done + worker.has(DRILL)])
    return [
        script(worker, stretch, way, places)
        for worker, stretch, places in zip(workers, stretches, drills, strict=True)
    ]


def script(worker: Worker, stretch: list[Tile], way: int, places: list[tuple[Tile, int]]) -> Script:
    for stand, looking in places:
        yield from worker.build(DRILL, stand, looking)
    yield from lay(worker, stretch, way)
    share = worker.has("coal") // max(1, len(places))
    for stand, looking in places:
        yield from feed(worker, square(stand, looking), min(COAL, share))


def stands(tile: Tile, way: int, at: Tile, facing: int) -> bool:
    """Whether a worker at a tile, facing some way, is where it is to be."""
    return at == tile and facing == way


def lay(worker: Worker, stretch: list[Tile], way: int) -> Script:
    """Place belts one after the other, each from the tile behind it."""
    for tile in stretch:
        while worker.entity(tile) is None:
            if not (ahead(worker.tile, way) == tile and worker.way == way):
                yield from worker.go(partial(stands, ahead(tile, (way + 4) % 8), way))
            yield from worker.hold(BELT)
            if ahead(worker.tile, worker.way) == tile:
                yield from worker.place()
