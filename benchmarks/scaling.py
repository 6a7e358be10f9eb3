"""How speed changes with the number of entities, the size of the map, worlds and threads.

    python -m benchmarks.scaling [--parts entities map kinds memory vector] [--blocks 15]
                                 [--ticks 10000] [--steps 4096] [--write FOLDER] [--json]

``--write`` puts ``scaling.md`` and ``scaling.png`` (needs matplotlib) into a folder. Blocks take
turns (A B A B ...) in one process; figures are medians over the blocks. The engine's parts run in
one thread and are timed by the processor time of that thread, ``vector_env`` by the clock.

entities: a base of about 1,000 entities at work (9 copies of ``factory.yaml``) alone, and with more
beside it on the same map (320 x 320): *active*, further copies; *waiting* (``waiting.yaml``),
drills, furnaces, inserters and full belts that are stuck for good; *idle* (``idle.yaml``), chests
and belts without items. Each world is set back to the same tick before each block.

===========  =======================================================================================
extra        entities beside the base; ``entities``: all of them
ticks_per_s  ticks of the whole world a second
us_per_tick  microseconds a tick, without what is done once an exchange
ratio        time of a tick with them over one without them, of pieces of blocks that were next to
             each other (A B B A ...): the median
low, high    within which that median lies (95 %), by the scatter of the pieces
quarter      a quarter of the pieces have a lower ratio; ``three``: three quarters
growth       (active) that ratio over the ratio of the entities: 1 = linear, below 1 = less
planned      entities that have a tick of their own ahead (in the event queue)
exchange_us  an exchange without ticks: what is done once a step (what observers read)
===========  =======================================================================================

map: 5 copies of the factory on maps of several sizes; ``ratio`` is over the smallest one.

kinds: worlds of 1,000 alike, to see where the time of the base goes; ``ns`` a tick and entity:
drills that fill chests, furnaces at work, inserters from chest to chest, and belts with moving
items.

memory: ``world_bytes`` of a 64 x 64 world (tables for up to 16 agents are always there) with the
tables as they are at first, with room for 1,000 entities of which 400 are belts, and with room for
1,000 entities and 1,500 belts beside them.

vector: ``vector_env("two_cells", num_agents=4)``, 10 ticks a step, random legal actions, new
episodes included (``benchmarks.vector``): worlds x threads.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import vector
from benchmarks.engine import GAP, LAYOUT, build, pitch, stamp
from benchmarks.throughput import machine
from fz_multi import layouts
from fz_multi.bench.table import format_cells
from fz_multi.engine import World
from fz_multi.engine.batch import Batch, Capacities
from fz_multi.engine.tables import Tables
from fz_multi.engine.warmup import warmup

PARTS = ("entities", "map", "kinds", "memory", "vector")
BASE = 9  # copies of the factory, about 1,000 entities
SIDE = 320  # tiles of the map that the extra entities find room on
SETTLED = 8_000  # ticks until the factory runs and what waits is stuck
PIECES = 10  # of a block; the pieces of different worlds take turns
MOST_TICKS = 18_000  # of a block, before drills run out of fuel
EXTRA = {"active": (1, 9, 87), "waiting": (4, 40, 400), "idle": (4, 40, 400)}  # copies
DRAWN = {"active": LAYOUT, "waiting": LAYOUT.with_name("waiting.yaml")}
DRAWN["idle"] = LAYOUT.with_name("idle.yaml")
SIDES = (64, 128, 256, 512)
MAP_COPIES = 5  # as many as 64 x 64 tiles hold
WORLDS, THREADS = (1, 4, 16, 64, 256), (1, 2)
TARGET_TICKS, TARGET_RATIO, TARGET_BYTES = 200_000, 1.02, 512 * 1024

# One cell of a world of one kind: drawing, legend, ground.
KINDS = {
    "burner-mining-drill": (
        "SS\nSS\n.C",
        {
            "S": {
                "entity": "burner-mining-drill",
                "direction": "south",
                "contents": {"coal": 20},
            }
        },
        "ii\nii",
    ),
    "stone-furnace": (
        "FF\nFF",
        {
            "F": {
                "entity": "stone-furnace",
                "contents": {"fuel": {"coal": 20}, "source": {"iron-ore": 50}},
            }
        },
        "",
    ),
    "burner-inserter": (
        "C\nA\nP",
        {
            "A": {"entity": "burner-inserter", "direction": "south", "contents": {"coal": 20}},
            "P": {"entity": "wooden-chest", "contents": {"iron-plate": 1600}},
        },
        "",
    ),
    "transport-belt": (">>>>>v\n^....v\n^....v\n^....v\n^<<<<<", {}, ""),
}


class Timed:
    """A world that is set back to the same tick before each block."""

    def __init__(self, world: World, ticks: int, settled: int = SETTLED) -> None:
        world.advance(settled)
        self.world, self.piece = world, max(10, ticks // PIECES)
        self.entities = len(world.handles())
        self.planned = int(world.batch.full.header["queue"][0, 0])
        self._start = world.snapshot()
        self.times: list[float] = []  # of a tick, in microseconds, by pieces
        self.exchanges: list[float] = []  # without ticks

    def begin(self) -> None:
        """A new block. Its first piece is not counted: caches are cold."""
        self.world.restore(self._start)
        self.world.advance(self.piece)

    def go_on(self) -> None:
        """A piece of a block: some ticks, and an exchange without any, whose time is taken off."""
        start = time.thread_time()
        self.world.advance(self.piece)
        middle = time.thread_time()
        self.world.advance(0)
        empty = time.thread_time() - middle
        self.times.append((middle - start - empty) / self.piece * 1e6)
        self.exchanges.append(empty * 1e6)

    @property
    def us(self) -> float:
        return statistics.median(self.times)

    def over(self, other: Timed) -> dict[str, float]:
        """The ratio of pieces that were next to each other: its median and how sure that is."""
        ratios = sorted(a / b for a, b in zip(self.times, other.times, strict=True))
        count = len(ratios)
        edge = max(0, int(count / 2 - 0.98 * count**0.5))  # 95 % of medians lie between these
        first, middle, third = statistics.quantiles(ratios, n=4, method="inclusive")
        found = {"ratio": middle, "low": ratios[edge], "high": ratios[-1 - edge]}
        found |= {"quarter": first, "three": third}
        return {name: round(value, 4) for name, value in found.items()}

    def figures(self, base: Timed) -> dict[str, Any]:
        rates = {"ticks_per_s": round(1e6 / self.us), "us_per_tick": round(self.us, 3)}
        return {"entities": self.entities, **rates, **self.over(base)}


def take_turns(worlds: Sequence[Timed], blocks: int) -> None:
    """Blocks of all worlds, piece by piece in turn, forwards and backwards."""
    for _ in range(blocks):
        for world in worlds:
            world.begin()
        for piece in range(PIECES):
            for world in worlds[:: -1 if piece % 2 else 1]:
                world.go_on()


def read(path: Path) -> layouts.Layout:
    return layouts.from_text(path.read_text("utf-8"), path.stem)


def with_extra(kind: str, copies: int) -> World:
    """The base, and copies of another layout below it."""
    world = build(BASE, SIDE, SIDE)
    if copies:
        one = read(DRAWN[kind])
        high = pitch(read(LAYOUT))[1]
        columns = (SIDE - 2 * GAP) // pitch(one)[0]
        stamp(world, one, copies, columns, GAP + BASE * high)
    return world


def measure_entities(ticks: int, blocks: int) -> list[dict[str, Any]]:
    """Rows of the part `entities`."""
    rows = []
    for kind, sizes in EXTRA.items():
        base = Timed(with_extra(kind, 0), ticks)
        for copies in sizes:
            base.times.clear(), base.exchanges.clear()
            world = with_extra(kind, copies)
            many = len(world.handles()) / base.entities if kind == "active" else 1
            more = Timed(world, max(ticks // 4, round(ticks / many)))
            take_turns([base, more], blocks)
            for timed in (base, more) if copies == sizes[0] else (more,):
                figures = timed.figures(base)
                growth = figures["ratio"] / (timed.entities / base.entities)
                rows.append(
                    {
                        "kind": kind,
                        "extra": timed.entities - base.entities,
                        **figures,
                        "growth": round(growth, 3) if kind == "active" else "",
                        "planned": timed.planned,
                        "exchange_us": round(statistics.median(timed.exchanges), 1),
                    }
                )
    return rows


def measure_map(ticks: int, blocks: int) -> list[dict[str, Any]]:
    """Rows of the part `map`."""
    rows = []
    base = Timed(build(MAP_COPIES, SIDES[0], SIDES[0]), ticks)
    for side in SIDES[1:]:
        base.times.clear()
        more = Timed(build(MAP_COPIES, side, side), ticks)
        take_turns([base, more], blocks)
        for at, timed in ((SIDES[0], base), (side, more))[0 if side == SIDES[1] else 1 :]:
            rows.append({"tiles": f"{at} x {at}", "side": at, **timed.figures(base)})
    return rows


def of_kind(kind: str) -> tuple[World, int]:
    """A world of about 1,000 of a kind at work, and how many there are."""
    drawing, legend, ground = KINDS[kind]
    ore = {"i": {"deposit": "iron-ore", "amount": 100_000}} if ground else {}
    text: dict[str, Any] = {"drawing": drawing, "legend": {**legend, **ore}}
    one = layouts.from_text(text | ({"ground": ground} if ground else {}), kind)
    cell = sum(entity["name"] == kind for entity in one.build().world.entities())
    copies = -(-1000 // cell)
    columns = round(copies**0.5)
    wide, high = pitch(one)
    world = World(columns * wide + 2 * GAP, -(-copies // columns) * high + 2 * GAP)
    stamp(world, one, copies, columns, GAP)
    if kind == "transport-belt":
        for handle in world.handles():
            if world.entity(handle)["shape"] == "straight":
                for lane, place in itertools.product((1, 2), (0, 128)):
                    world.put_on_belt(handle, lane, place, "iron-ore")
    return world, copies * cell


def measure_kinds(ticks: int, blocks: int) -> list[dict[str, Any]]:
    """Rows of the part `kinds`; the last ones are the base and what the kinds say of it."""
    worlds = {}
    for kind in KINDS:
        world, count = of_kind(kind)
        worlds[kind] = Timed(world, ticks, settled=500), count
    base = Timed(build(BASE), ticks)
    take_turns([*(world for world, _count in worlds.values()), base], blocks)
    names = [entity["name"] for entity in base.world.entities()]
    rows = []
    for kind, (world, count) in worlds.items():
        ns = world.us * 1e3 / count
        there = names.count(kind)
        rows.append(
            {
                "kind": kind,
                "count": count,
                "ns": round(ns, 2),
                "in_base": there,
                "us_of_base": round(ns * there / 1e3, 2),
            }
        )
    total = round(sum(row["us_of_base"] for row in rows), 2)
    rows.append({"kind": "sum", "count": "", "ns": "", "in_base": "", "us_of_base": total})
    rows.append(
        {
            "kind": "base, as measured",
            "count": base.entities,
            "ns": round(base.us * 1e3 / base.entities, 2),
            "in_base": base.entities,
            "us_of_base": round(base.us, 2),
        }
    )
    return rows


def measure_memory() -> dict[str, Any]:
    """Bytes of a world for several capacities, and the tables of the largest."""
    asked = {
        "as it is at first": Capacities(),
        "1,000 entities, 400 of them belts": Capacities(1000, 2048, 640, 400, 400),
        "1,000 entities and 1,500 belts": Capacities(2500, 2048, 640, 1500, 400),
    }
    rows = []
    for room, capacities in asked.items():
        batch = Batch(1, 64, 64, capacities=capacities)
        rows.append(
            {
                "room": room,
                "entity_rows": capacities.entity,
                "belt_rows": capacities.belt,
                "belt_items": batch.full.lane_item.shape[1],
                "bytes": batch.world_bytes,
                "KiB": round(batch.world_bytes / 1024, 1),
            }
        )
    tables = []
    for name, table in zip(Tables._fields, batch.full, strict=True):
        if table.ndim == 2:
            _, count = table.shape
            size = table.dtype.itemsize
            tables.append(
                {
                    "table": name,
                    "rows": count,
                    "bytes_a_row": size,
                    "KiB": round(count * size / 1024, 1),
                }
            )
    tables.sort(key=lambda row: -row["KiB"])
    return {"sizes": rows, "tables": tables}


def measure_vector(steps: int, blocks: int) -> list[dict[str, Any]]:
    """Rows of the part `vector`; ``steps`` of environments in a block, shared by the worlds."""
    runners = []
    for worlds, threads in itertools.product(WORLDS, THREADS):
        if threads <= worlds:
            asked = argparse.Namespace(task="two_cells", envs=worlds, agents=4, max_ticks=3000)
            runners.append((worlds, vector.Runner("flat", 10, threads, asked)))
    for worlds, runner in runners:
        runner.block(max(300, steps // worlds), counted=False)  # past the first ends of episodes
    for _, (worlds, runner) in itertools.product(range(blocks), runners):
        runner.block(max(16, steps // worlds))
    single = {worlds: runner for worlds, runner in runners if runner.threads == 1}
    rows = []
    for worlds, runner in runners:
        row = runner.row()
        pairs = zip(runner.rates, single[worlds].rates, strict=True)
        rows.append(
            {
                "worlds": worlds,
                "threads": runner.threads,
                "agent_steps_per_s": row["agent_steps_per_s"],
                "slowest": row["slowest"],
                "fastest": row["fastest"],
                "us_per_world_step": round(4e6 / row["agent_steps_per_s"], 2),
                "by_one_thread": round(statistics.median(a / b for a, b in pairs), 2),
            }
        )
    return rows


def targets(report: dict[str, Any]) -> list[dict[str, Any]]:
    """What was asked for, what there is, and whether that is enough."""
    out = []

    def add(what: str, asked: str, found: str, met: str) -> None:
        out.append({"target": what, "asked": asked, "measured": found, "met": met})

    def is_met(met: bool) -> str:
        return "yes" if met else "no"

    def add_ratio(what: str, row: dict[str, Any]) -> None:
        low, high = row["low"], row["high"]
        open_ = low < TARGET_RATIO <= high  # the spread is wider than the distance to the target
        met = "within the spread" if open_ else is_met(high < TARGET_RATIO)
        asked = f"below {TARGET_RATIO:.2f}"
        add(what, asked, f"{row['ratio']:.3f} ({low:.3f} to {high:.3f})", met)

    rows = report.get("entities", [])
    base = [row for row in rows if row["extra"] == 0]
    if base:
        rate = statistics.median(row["ticks_per_s"] for row in base)
        what = f"{base[0]['entities']:,} active entities, one thread"
        add(what, f"{TARGET_TICKS:,} ticks/s", f"{rate:,.0f} ticks/s", is_met(rate >= TARGET_TICKS))
    for kind in ("waiting", "idle"):
        for row in [row for row in rows if row["kind"] == kind][-1:]:
            add_ratio(f"{row['extra']:,} {kind} ones more: time of a tick", row)
    grown = [row["growth"] for row in rows if row["kind"] == "active"]
    if grown:
        text = f"{max(grown):.2f} at the most"
        add("time by active entities (1 = linear)", "at most 1", text, is_met(max(grown) <= 1))
    if "map" in report:
        worst = max(report["map"][1:], key=lambda row: row["ratio"])
        add_ratio(f"map of {worst['tiles']} tiles, not {report['map'][0]['tiles']}", worst)
    if "memory" in report:
        row = report["memory"]["sizes"][-1]
        text = f"{row['KiB']:,.0f} KiB"
        what = "64 x 64 world, 1,000 entities and 1,500 belts"
        add(what, "below 512 KiB", text, is_met(row["bytes"] < TARGET_BYTES))
    return out


TITLES = {
    "targets": "Targets",
    "entities": "Entities",
    "map": "Map",
    "kinds": "Kinds",
    "memory": "Memory",
    "tables": "Tables of the largest world",
    "vector": "vector_env",
}
LEFT = ("kind", "target", "room", "table", "tiles")


def sections(report: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The tables of a report by their titles' keys."""
    out = {"targets": targets(report)}
    for part in PARTS:
        if part == "memory" and part in report:
            out["memory"], out["tables"] = report["memory"]["sizes"], report["memory"]["tables"]
        elif part in report:
            out[part] = report[part]
    return {name: rows for name, rows in out.items() if rows}


def cells(rows: Sequence[dict[str, Any]]) -> tuple[tuple[str, ...], list[list[str]]]:
    columns = tuple(name for name in rows[0] if name != "side")
    table = [
        [f"{v:,}" if isinstance(v, int) else str(v) for v in map(row.get, columns)] for row in rows
    ]
    return columns, table


def as_text(report: dict[str, Any]) -> str:
    """The report as tables."""
    lines = [heading(report)]
    for name, rows in sections(report).items():
        lines += ["", TITLES[name], format_cells(*cells(rows), left=LEFT)]
    return "\n".join(lines)


def heading(report: dict[str, Any]) -> str:
    m = report["machine"]
    load = " to ".join(f"{value:.1f}" for value in report["load"])
    return (
        f"{m['cpu']}, {m['cores']} cores, Python {m['python']}, numba {m['numba']}; "
        f"load of the machine {load}"
    )


def as_markdown(report: dict[str, Any], command: str, remarks: str = "") -> str:
    """The report as a page, with the plot and the remarks that the page had before."""
    lines = ["# How speed scales", "", f"`{command}`: {heading(report)}."]
    lines += ["The columns are explained in the script's head.", "", "![Plot](scaling.png)", ""]
    for name, rows in sections(report).items():
        columns, table = cells(rows)
        rule = [":--" if column in LEFT else "--:" for column in columns]
        lines += [f"## {TITLES[name]}", ""]
        lines += [f"| {' | '.join(row)} |" for row in ([*columns], rule, *table)]
        lines.append("")
    return "\n".join(lines) + (f"\n{remarks}" if remarks else "")


REMARKS = "## Remarks"


def remarks_of(page: Path) -> str:
    """What a person has written at the end of the page."""
    text = page.read_text("utf-8") if page.exists() else ""
    return text[text.index(REMARKS) :] if REMARKS in text else ""


def plot(report: dict[str, Any], path: Path) -> None:
    """The plot of a report with the parts entities, map and vector."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    plain = FuncFormatter(lambda value, _: f"{value:,.10g}")
    figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(15, 5), layout="constrained")
    bases = [row for row in report["entities"] if row["extra"] == 0]
    base = statistics.median(row["us_per_tick"] for row in bases)  # what the ratios are drawn over
    first = bases[0]["entities"]
    marks = {"active": ("o", "C3"), "waiting": ("s", "C0"), "idle": ("^", "C2")}
    for kind, (mark, colour) in marks.items():
        rows = [row for row in report["entities"] if row["kind"] == kind]
        x, y = [row["entities"] for row in rows], [base * row["ratio"] for row in rows]
        left.plot(x, y, marker=mark, color=colour, label=f"{kind} entities added")
        if kind == "active":
            left.plot(x, [base * n / first for n in x], "k:", label="time grows as entities do")
    goal = 1e6 / TARGET_TICKS
    label = f"target at {first:,} active: {goal:g} µs"
    left.plot([first / 1.25, first * 1.25], [goal, goal], color="grey", linewidth=4, label=label)
    left.set_title(f"One world: {first:,} active entities, and more")
    left.set_xlabel("entities in the world")
    sides = [row["side"] for row in report["map"]]
    small = report["map"][0]["us_per_tick"]
    middle.plot(sides, [small * row["ratio"] for row in report["map"]], marker="o", color="C4")
    middle.set_title(f"One world: the same {report['map'][0]['entities']} active entities")
    middle.set_xlabel("side of the square map (tiles)")
    for axes in (left, middle):
        axes.set_ylabel("time of one tick (µs; lower is better)")
        axes.set_ylim(goal / 2, 3 * max(row["us_per_tick"] for row in report["entities"]))
    for threads, (mark, colour) in zip(THREADS, (("o", "C0"), ("s", "C1")), strict=True):
        rows = [row for row in report["vector"] if row["threads"] == threads]
        x = [r["worlds"] * (1 + 0.08 * (threads - 1)) for r in rows]  # bars beside each other
        y = [r["agent_steps_per_s"] for r in rows]
        ends = [[r["agent_steps_per_s"] - r["slowest"] for r in rows]]
        ends.append([r["fastest"] - r["agent_steps_per_s"] for r in rows])
        label = f"{threads} thread{'s' if threads > 1 else ''}"
        right.errorbar(x, y, ends, marker=mark, color=colour, capsize=3, label=label)
    right.set_title("vector_env: two_cells, 4 agents, 10 ticks a step")
    right.set_xlabel("worlds stepped together")
    right.set_ylabel("agent steps a second (higher is better)")
    for axes, ticks in ((left, (1000, 2000, 5000, 10000)), (middle, sides), (right, WORLDS)):
        axes.set_xscale("log"), axes.set_yscale("log")
        axes.set_xticks(ticks)
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(plain)
            axis.set_minor_formatter(NullFormatter())
        axes.xaxis.set_minor_locator(LogLocator(subs=()))
        axes.grid(True, alpha=0.3)
    left.legend(loc="upper left")
    right.legend(loc="lower right", title="median; bars: slowest, fastest block")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def main() -> int:
    """Measure, print and write; see the module's docstring."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scaling", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument(
        "--blocks", type=int, default=15, help="of each world (default: %(default)s)"
    )
    parser.add_argument("--ticks", type=int, default=10_000, help="a block (default: %(default)s)")
    parser.add_argument(
        "--steps",
        type=int,
        default=4096,
        help="steps of environments in a block of vector_env (default: %(default)s)",
    )
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="scaling.md and scaling.png")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args()
    if asked.blocks < 2 or asked.steps < 100 or not 100 <= asked.ticks <= MOST_TICKS:
        parser.error(f"--blocks is at least 2, --steps 100, --ticks 100 to {MOST_TICKS:,}")
    if asked.write and set(asked.parts) != set(PARTS):
        parser.error("--write takes all parts")
    warmup()
    report: dict[str, Any] = {"machine": machine(), "load": [os.getloadavg()[0]]}
    for part in asked.parts:
        if part == "memory":
            report[part] = measure_memory()
        elif part == "vector":
            report[part] = measure_vector(asked.steps, asked.blocks)
        else:
            take = {"entities": measure_entities, "map": measure_map, "kinds": measure_kinds}[part]
            report[part] = take(asked.ticks, asked.blocks)
    report["load"].append(os.getloadavg()[0])
    if asked.write:
        asked.write.mkdir(parents=True, exist_ok=True)
        page = asked.write / "scaling.md"
        command = f"python -m benchmarks.scaling --write {asked.write.as_posix()}"
        command += f" --blocks {asked.blocks} --ticks {asked.ticks} --steps {asked.steps}"
        page.write_text(as_markdown(report, command, remarks_of(page)), "utf-8")
        plot(report, asked.write / "scaling.png")
    print(json.dumps(report) if asked.json else as_text(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
