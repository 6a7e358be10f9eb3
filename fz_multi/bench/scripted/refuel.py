"""refuel: each worker has some of the machines, mines coal, and carries it round to them.

Machines are dealt out by their place, so that each worker's stand together. A worker goes out with
what its machines lack, or with a load of coal, to those first that have the least.
"""

from __future__ import annotations

from .cells import feed
from .team import ScriptedTeam
from .worker import WAIT, Script, Tile, Worker

WANT = {"burner-mining-drill": 3, "stone-furnace": 2}  # coal in the fuel slot
TICKS = {"burner-mining-drill": 1600, "stone-furnace": 3300}  # that a coal lasts
LOAD = 18  # coal that a worker mines before it goes round


def make_team() -> ScriptedTeam:
    return ScriptedTeam(write)


def machines(worker: Worker) -> list[tuple[list[Tile], str]]:
    """Each machine as (its tiles, its name), by place."""
    out = []
    for spec in worker.env.instance.entities:
        x, y = int(spec.x), int(spec.y)
        tiles = [(x - 1, y - 1), (x, y - 1), (x - 1, y), (x, y)]
        out.append((tiles, spec.name))
    return sorted(out)


def write(workers: list[Worker]) -> list[Script]:
    every = machines(workers[0])
    share = -(-len(every) // len(workers))
    mine = [every[i * share : (i + 1) * share] for i in range(len(workers))]
    return [script(worker, part) for worker, part in zip(workers, mine, strict=True)]


def script(worker: Worker, mine: list[tuple[list[Tile], str]]) -> Script:
    while mine:
        has = [worker.stored(tiles[0], "coal", "fuel") for tiles, _ in mine]
        missing = sum(max(0, WANT[name] - have) for have, (_, name) in zip(has, mine, strict=True))
        if missing == 0:
            yield WAIT
        elif worker.has("coal") < min(missing, LOAD):
            yield from worker.mine("coal", "coal", min(missing, LOAD) - worker.has("coal"))
        else:
            level = deal_out(mine, has, worker.has("coal"))
            todo = [k for k in range(len(mine)) if level[k] > has[k]]
            while todo:
                k = min(todo, key=lambda k: away(worker.tile, mine[k][0][0]))
                todo.remove(k)
                yield from feed(worker, mine[k][0], level[k])


def deal_out(mine: list[tuple[list[Tile], str]], has: list[int], coal: int) -> list[int]:
    """How far to fill each machine: a coal at a time, to the one that would stop first."""
    level = list(has)
    for _ in range(coal):
        short = [k for k, (_, name) in enumerate(mine) if level[k] < WANT[name]]
        if not short:
            break
        level[min(short, key=lambda k: level[k] * TICKS[mine[k][1]])] += 1
    return level


def away(a: Tile, b: Tile) -> int:
    return max(abs(a[0] - b[0]), abs(a[1] - b[1]))
