"""The same history gives the same digest, however it is run.

Snapshots and replays, splits of a stretch of time, other processes, the JIT on and off, small and
large tables, one world or many in a batch, pickles. Worlds and histories come from `fuzz`.
"""

from __future__ import annotations

import copy
import json
import os
import pickle
import random
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from fuzz import Fuzz, small
from invariants import violations

import fz_multi
from fz_multi.engine import Batch, Capacities, Handle, World

ROOT = Path(fz_multi.__file__).resolve().parent.parent
FUZZ = Path(__file__).with_name("fuzz.py")


def just_enough(fuzz: Fuzz) -> Capacities:
    """Tables in which the worlds of a fuzz can start and soon need more (see `tick.shortage`)."""
    h = fuzz.plain()["header"][:, 0]
    builds = 2 * fuzz.agents + 2
    return Capacities(
        entity=int(h["entity_top"].max()) + builds + 1,
        slot=int(h["slot_top"].max()) + 48 * builds + 60,
        pile=100 * (fuzz.agents + 1) + int((h["drills"] + h["arms"]).max()) + 5,
        belt=int(h["belt_top"].max()) + builds + 1,
        arm=int(h["arm_top"].max()) + builds + 1,
    )


def in_another_process(*args: int, jit: bool) -> list[list[str]]:
    """The history of `fuzz.small` worlds, played by a process of its own."""
    env = dict(os.environ, PYTHONPATH=str(ROOT), PYTHONHASHSEED="7", NUMBA_DISABLE_JIT=str(1 - jit))
    done = subprocess.run(
        [sys.executable, "-W", "error", str(FUZZ), *map(str, args)],
        env=env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


# -- what a digest tells apart ---------------------------------------------------------------------
def test_worlds_and_moments_have_digests_of_their_own() -> None:
    history = Fuzz(1, 8).play(10)
    digests = [digest for step in history for digest in step]
    assert len(set(digests)) == len(digests)
    assert all(len(digest) == 16 and int(digest, 16) >= 0 for digest in digests)


def test_asking_changes_nothing() -> None:
    fuzz = Fuzz(2, 4)
    fuzz.play(3)
    before = fuzz.batch.data.copy()
    assert fuzz.digests() == fuzz.digests()
    assert fuzz.digests(0) != fuzz.digests(1)
    assert (before == fuzz.batch.data).all()


# -- snapshots -------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(3))
def test_a_snapshot_restored_and_replayed(seed: int) -> None:
    fuzz = Fuzz(seed, 16)
    fuzz.play(8)
    dice, here = copy.deepcopy(fuzz.dice), fuzz.digests()
    books = copy.deepcopy((fuzz.made, fuzz.ore, fuzz.lost))
    snapshot = fuzz.batch.snapshot()
    history = fuzz.play(12)
    fuzz.batch.restore(snapshot)
    fuzz.dice, (fuzz.made, fuzz.ore, fuzz.lost) = dice, books
    assert fuzz.digests() == here
    assert fuzz.play(12) == history
    assert violations(fuzz) == {}


def test_a_snapshot_is_a_copy_and_outlives_growth() -> None:
    fuzz = Fuzz(5, 2, agents=6)
    here, snapshot = fuzz.digests(), fuzz.batch.snapshot()
    capacities = fuzz.batch.capacities
    fuzz.batch.grow(capacities.doubled())
    fuzz.play(5)
    fuzz.batch.restore(pickle.loads(pickle.dumps(snapshot)))
    assert fuzz.digests() == here
    assert fuzz.batch.capacities == capacities
    fuzz.play(2)
    fuzz.batch.restore(snapshot)  # once more: the first restore did not take it over
    assert fuzz.digests() == here


def test_a_world_goes_back_to_its_snapshot() -> None:
    world = World(16, 16, seed=3)
    world.create_resource("iron-ore", (0.5, 0.5), 50)
    drill = world.create_entity("burner-mining-drill", (0, 0), "south")
    world.insert(drill, "coal", 5)
    world.advance(100)
    snapshot, here, entity = world.snapshot(), world.digest(), world.entity(drill)
    world.advance(300)
    assert world.digest() != here
    world.restore(snapshot)
    assert (world.digest(), world.entity(drill), world.tick) == (here, entity, 100)


def test_restore_says_what_it_takes() -> None:
    world = World(16, 16)
    before = world.digest()
    with pytest.raises(TypeError, match="takes a Snapshot, got bytes"):
        world.restore(b"")
    with pytest.raises(ValueError, match=r"\(1, 16, 17, .*this is .*\(1, 16, 16"):
        world.restore(World(16, 17).snapshot())
    assert world.digest() == before


# -- time ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(6))
def test_any_split_of_a_stretch_of_time(seed: int) -> None:
    fuzz, dice = Fuzz(seed, 8, agents=4), random.Random(seed)
    for _ in range(4):
        fuzz.batch.exchange(fuzz.commands(), 0)
        fork = fuzz.batch.snapshot()
        fuzz.batch.exchange(None, 300)
        whole = fuzz.digests()
        for cuts in (range(1, 300), sorted(dice.sample(range(300), 7))):
            fuzz.batch.restore(fork)
            edges = [0, *cuts, 300]
            for start, end in pairwise(edges):
                fuzz.batch.exchange(None, end - start)
            assert fuzz.digests() == whole, f"split at {list(cuts)[:9]}"


def test_worlds_of_a_batch_may_go_on_by_different_times() -> None:
    together, apart = Fuzz(4, 6), Fuzz(4, 6)
    ticks = np.array([0, 1, 7, 100, 241, 400])
    together.batch.exchange(together.commands(), ticks)
    apart.batch.exchange(apart.commands(), 0)
    for _ in range(400):
        left = apart.plain()["header"]["tick"][:, 0] < ticks
        apart.batch.exchange(None, left.astype(np.int64))
    assert apart.digests() == together.digests()


# -- batches and tables ----------------------------------------------------------------------------
def test_a_world_of_a_batch_is_as_if_alone() -> None:
    many = Fuzz(6, 5).play(15)
    for k in range(5):
        alone = Fuzz(6, 1, first=k).play(15)
        assert [step[0] for step in alone] == [step[k] for step in many]


def test_small_and_large_tables() -> None:
    roomy = Capacities(entity=1024, slot=16_384, pile=4096, belt=512, arm=256)
    large = Fuzz(7, 6, agents=6, capacities=roomy)
    tight = Fuzz(7, 6, agents=6, capacities=just_enough(large))
    start = tight.batch.capacities
    tiny = Fuzz(7, 6, agents=6, capacities=Capacities(entity=1, slot=1, pile=1, belt=1, arm=1))
    assert start == just_enough(large)
    for _ in range(12):
        history = large.play(5)
        assert tight.play(5) == history
        assert tiny.play(5) == history
    assert tight.batch.capacities != start, "no table grew in mid-run"
    assert large.batch.capacities == roomy
    assert violations(tight) == violations(tiny) == {}


def test_tables_grow_within_one_exchange() -> None:
    """Commands and ticks that are left when a table is full are done after it has grown."""
    histories = []
    for pile in (64, 8192):
        world = World(32, 32, capacities=Capacities(pile=pile))
        for k in range(4):
            world.create_character(f"agent_{k}", (4 * k, 0))
            world.give(f"agent_{k}", "coal", 2_000)
        before = world.batch.capacities
        drop = {"type": "DROP", "params": {"item": "coal", "count": 50}}
        compound = {"type": "COMPOUND", "params": {"commands": [drop] * 20}}
        world.commands({f"agent_{k}": compound for k in range(4)})
        world.advance(60)
        assert len(world.ground_items()) == 4 * 20 * 50
        assert (world.batch.capacities != before) == (pile == 64)
        histories.append((world.digest(), world.observable_digest()))
    assert histories[0] == histories[1]


def test_tables_grow_for_what_a_cancel_hands_back() -> None:
    """Five pockets full of plates wait in a queue; with no room they all end on the ground."""
    world = World(32, 32, capacities=Capacities(pile=220))
    world.create_character("agent_0", (0, 0))
    gears = {"type": "CRAFT", "params": {"recipe": "iron-gear-wheel", "count": 4_000}}
    for _ in range(5):
        assert world.give("agent_0", "iron-plate", 8_000) == 8_000
        assert world.command("agent_0", gears)["code"] == "running"
    world.give("agent_0", "wood", 8_000)
    before = world.batch.capacities
    assert world.command("agent_0", {"type": "CANCEL"})["code"] == "ok"
    piles = world.ground_items()
    assert len(piles) == 400
    assert {(pile["name"], pile["count"]) for pile in piles} == {("iron-plate", 100)}
    assert world.batch.capacities.pile > before.pile
    assert world.counters("iron-plate")["spent"] == 0


def test_handles_stay_valid_when_tables_grow() -> None:
    world = World(64, 64, capacities=Capacities(entity=8, slot=400, pile=110))
    handles = []
    for k in range(60):
        place = (k % 10 * 3 - 15.5, k // 10 * 3 - 15.5)
        handles.append(world.create_entity("wooden-chest", place))
        world.insert(handles[-1], "coal", k + 1)
    assert world.batch.capacities.entity > 60
    assert world.handles() == handles
    for k, handle in enumerate(handles):
        entity = world.entity(handle)
        assert entity["inventories"] == {"chest": {"coal": k + 1}}
        assert world.find(entity["position"]) == handle
    gone = handles[7]
    world.remove_entity(gone)
    successor = world.create_entity("iron-chest", (-20, -20))
    assert successor.row == gone.row
    assert successor != gone
    assert isinstance(successor, Handle)
    with pytest.raises(ValueError, match="no longer on the map"):
        world.entity(gone)


def test_a_batch_tells_its_worlds_apart_after_growth() -> None:
    batch = Batch(3, 8, 8, capacities=Capacities(entity=4, slot=200, pile=110))
    batch.full.tile["amount"][:, 5] = (1, 2, 3)
    old = batch.full
    batch.grow(batch.capacities.doubled())
    assert batch.full.tile["amount"][:, 5].tolist() == [1, 2, 3]
    assert batch.full is not old
    assert old.tile["amount"][:, 5].tolist() == [1, 2, 3]  # views of before stay readable


# -- pickles ---------------------------------------------------------------------------------------
def test_pickles_and_copies_go_on_alike() -> None:
    fuzz = Fuzz(8, 4)
    fuzz.play(6)
    twins = [pickle.loads(pickle.dumps(fuzz)), copy.deepcopy(fuzz)]
    history = fuzz.play(6)
    for twin in twins:
        assert twin.play(6) == history
        assert not np.shares_memory(twin.batch.data, fuzz.batch.data)


def test_a_world_can_be_pickled() -> None:
    world = World(20, 12, seed=9)
    world.create_character("agent_0", (1, 1))
    world.give("agent_0", "iron-plate", 20)
    world.command("agent_0", {"type": "CRAFT", "params": {"recipe": "iron-gear-wheel"}})
    twin = pickle.loads(pickle.dumps(world))
    assert twin.digest() == world.digest()
    for each in (world, twin):
        each.advance(40)
    assert twin.digest() == world.digest()
    assert twin.character("agent_0") == world.character("agent_0")


# -- processes and compilers -----------------------------------------------------------------------
def test_two_processes() -> None:
    assert in_another_process(9, 12, 12, jit=True) == small(9, 12).play(12)


def test_jit_on_and_off() -> None:
    """Plain Python, with integer overflow as an error, plays the same history."""
    assert in_another_process(10, 24, 12, jit=False) == small(10, 24).play(12)
