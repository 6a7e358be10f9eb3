"""A world laid out by compiled code is the one that `EmbeddedBackend.reset` builds.

Run as a script it lays out a few worlds and prints their digests: the same without the JIT.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from invented import ODD, random_map

import fz_multi
from fz_multi import planes
from fz_multi.backends.embedded import EmbeddedBackend
from fz_multi.engine import Batch, jit
from fz_multi.engine.digest import digest_world
from fz_multi.engine.tables import Tables
from fz_multi.options import read_options
from fz_multi.session import Session
from fz_multi.task.checks import MapError
from fz_multi.task.compile_plan import Drawings, compile_plan
from fz_multi.task.compiled_draw import DRAWN, FOLLOWS, SEEDED, SKIP
from fz_multi.task.compiled_reset import REFUSED, Resets
from fz_multi.task.maps import Map, load_map, read_map

ROOT = Path(fz_multi.__file__).resolve().parent.parent
TASKS = ("handoff", "long_belt", "refuel", "two_cells")


def digests(batch: Batch, k: int) -> list[int]:
    return [digest_world(batch.book, k, everything, 1) for everything in (0, 1)]


def assert_same(batch: Batch, k: int, other: Batch) -> None:
    """World k of a batch is world 0 of another, in every byte (tables may differ in length)."""
    for name, mine, its in zip(Tables._fields, batch.full, other.full, strict=True):
        if name in ("items", "kinds", "recipes", "parts"):
            continue
        rows = min(mine.shape[1], its.shape[1])
        assert mine[k, :rows].tobytes() == its[0, :rows].tobytes(), name
        assert not any(mine[k, rows:].tobytes()) and not any(its[0, rows:].tobytes()), name
    assert digests(batch, k) == digests(other, 0)


def make(source: Map, worlds: int, teleport: bool = False, **arguments: Any) -> Resets:
    compiled = compile_plan(source, **arguments)
    batch = Batch(worlds, compiled.plan.width, compiled.plan.height)
    batch.data[:] = 0xAA  # whatever was there before
    return Resets(Drawings(compiled, worlds), batch, teleport=teleport)


def compare(source: Map, seed: int, worlds: int, **arguments: Any) -> int:
    """Compare some worlds, twice; both ways must fail for the same. Returns how many failed."""
    teleport = bool(seed & 1)
    resets = make(source, worlds, teleport, **arguments)
    drawings, batch = resets.drawings, resets.batch
    drawings.seeds[:] = np.arange(worlds) + seed
    backend, total = EmbeddedBackend(), 0
    for what in (SEEDED, FOLLOWS):
        failed = resets.reset(what)
        total += failed
        for k in range(worlds):
            try:
                instance = source.draw(int(drawings.seeds[k]), **arguments)
                backend.reset(instance, teleport=teleport)
            except MapError:
                assert drawings.status(k) != DRAWN
                failed -= 1
            else:
                assert drawings.status(k) == DRAWN
                assert_same(batch, k, backend.batch)
        assert failed == 0
    return total


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("agents", [1, 2, 4, 12])
def test_every_task(task: str, agents: int) -> None:
    source = load_map(task)
    for split in ("train", "eval"):
        for variant, plan in source.plans.items():
            if agents >= plan.min_agents:
                arguments = {"agents": agents, "split": split, "variant": variant, "task": task}
                assert compare(source, 1000 * agents, 8, **arguments) == 0


@pytest.mark.parametrize("name", ["still", "island", "two sizes", "crowd"])
def test_odd_maps(name: str) -> None:
    source = read_map(ODD[name], name)
    for agents in (2, 5):
        for variant in source.plans:
            assert compare(source, agents, 12, agents=agents, variant=variant) == 0


@pytest.mark.parametrize("name", ["edge", "tight"])
def test_odd_maps_that_may_fail(name: str) -> None:
    source = read_map(ODD[name], name)
    for agents in (2, 5):
        assert 0 < compare(source, agents, 24, agents=agents) < 48


def test_tables_grow() -> None:
    resets = make(read_map(ODD["crowd"], "crowd"), 2)
    resets.drawings.seeds[:] = 1, 2
    before = resets.batch.capacities
    assert resets.reset(SEEDED) == 0
    assert resets.batch.capacities.entity > before.entity
    assert (resets.batch.full.header["arms"] == 30).all()


def test_what_the_world_refuses() -> None:
    resets = make(read_map(ODD["tight"], "tight"), 60, agents=2)
    resets.drawings.seeds[:] = np.arange(60)
    failed = resets.reset(SEEDED)
    statuses = [resets.drawings.status(k) for k in range(60)]
    assert statuses.count(DRAWN) == 60 - failed
    assert 0 < statuses.count(REFUSED) < failed < 60


def test_random_maps() -> None:
    failed = built = 0
    for seed in range(80):
        try:
            source = read_map(random_map(seed), "random")
        except MapError:
            continue
        some = compare(source, seed, 4, agents=seed % 4 + 1, task="random")
        failed, built = failed + some, built + 8 - some
    assert failed > 30 and built > 100


@pytest.mark.parametrize("task", TASKS)
def test_worlds_go_on_alike(task: str) -> None:
    """After a reset in the middle of an episode, too; worlds that are left out are not touched."""
    source = load_map(task)
    resets = make(source, 3, task=task)
    drawings, batch = resets.drawings, resets.batch
    drawings.seeds[:] = 1, 2, 3
    assert resets.reset(SEEDED) == 0
    batch.exchange(None, 500)
    before = [digests(batch, k) for k in range(3)]
    assert resets.reset([SKIP, FOLLOWS, SKIP]) == 0
    assert [digests(batch, k) == before[k] for k in range(3)] == [True, False, True]
    backend = EmbeddedBackend()
    backend.reset(source.draw(int(drawings.seeds[1]), task=task))
    for ticks in (1, 60, 900):
        batch.exchange(None, ticks)
        backend.batch.exchange(None, ticks)
        assert digests(batch, 1) == digests(backend.batch, 0)


@pytest.mark.parametrize("task", TASKS)
def test_what_judge_and_observation_know_of_a_map(task: str) -> None:
    options = read_options(task, num_agents=2)
    source, definition = options.map, options.task
    session = Session(options)
    arguments = {"agents": 2, "task": task, "version": definition.version}
    compiled = compile_plan(source, **arguments)
    worlds, tiles = 6, compiled.plan.width * compiled.plan.height
    measured = [measure.area for measure in session.judge._measures]
    rows = np.repeat(session.judge._rows, worlds, axis=0)
    goal = np.full((worlds, 8), 9, np.float32)
    shape = worlds, tiles + planes.MARK_CELLS if compiled.shows else 0
    marks = np.full(shape, 9, np.uint8)
    resets = Resets(
        Drawings(compiled, worlds),
        Batch(worlds, compiled.plan.width, compiled.plan.height),
        rows=rows,
        measured=tuple(measured),
        goal=goal,
        column=len(definition.goals) + len(definition.hints),
        shown=definition.shows,
        marks=marks,
    )
    resets.drawings.seeds[:] = range(worlds)
    assert resets.reset(SEEDED) == 0
    for k in range(worlds):
        instance = source.draw(k, **arguments)
        session.judge.bind(0, instance, window_open=False)
        assert (rows[k] == session.judge._rows[0]).all()
        session._make_buffers(instance)
        assert (marks[k] == session.buffers.marks[0]).all()
        first, last = resets.column, resets.column + 2 * len(definition.shows)
        assert (goal[k, first:last] == session.buffers.goal[0, first:last]).all()
        assert (np.delete(goal[k], range(first, last)) == 9).all()


def test_batches_of_another_shape() -> None:
    compiled = compile_plan(read_map(ODD["still"], "still"))
    with pytest.raises(ValueError, match="21 x 13"):
        Resets(Drawings(compiled, 2), Batch(2, 13, 21))
    with pytest.raises(ValueError, match="2 drawings for 3 worlds"):
        Resets(Drawings(compiled, 2), Batch(3, 21, 13))


def a_few() -> list[list[int]]:
    """Digests of a few worlds, for a comparison with plain Python."""
    out = []
    for name in ("still", "tight"):
        resets = make(read_map(ODD[name], name), 3, agents=2)
        resets.drawings.seeds[:] = 3, 4, 5
        with np.errstate(all="raise"):
            out.append([resets.reset(SEEDED)])
        for k in range(3):
            if resets.drawings.status(k) == DRAWN:
                out.append(digests(resets.batch, k))
    return out


@pytest.mark.skipif(not jit.jit_enabled(), reason="compares the JIT with plain Python")
def test_jit_and_plain_python_agree() -> None:
    env = dict(os.environ, NUMBA_DISABLE_JIT="1", PYTHONPATH=str(ROOT))
    done = subprocess.run(
        [sys.executable, "-W", "error", __file__],
        env=env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == a_few()


if __name__ == "__main__":
    print(json.dumps(a_few()))
