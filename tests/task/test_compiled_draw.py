"""Compiled drawing gives what `Map.draw` gives, number by number.

Run as a script it draws a few maps and prints them: the same without the JIT.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from invented import ODD, random_map

import fz_multi
from fz_multi.engine import jit
from fz_multi.task import get_task
from fz_multi.task import hashing as h
from fz_multi.task.checks import MapError
from fz_multi.task.compile_plan import Drawings, Uncompilable, compile_plan
from fz_multi.task.compiled_draw import DRAWN, FOLLOWS, MAX_SEED, SEEDED, SKIP
from fz_multi.task.draw import Draw, hashed
from fz_multi.task.instance import MapInstance
from fz_multi.task.maps import Map, load_map, read_map
from fz_multi.task.stream import draw_of, stream_of

ROOT = Path(fz_multi.__file__).resolve().parent.parent
TASKS = ("handoff", "long_belt", "refuel", "two_cells")
FIELDS = (
    "name", "variant", "width", "height", "resource_names", "entities", "agents", "areas", "split",
    "seed",
)  # fmt: skip
ARRAYS = ("terrain", "resource", "amount", "goal")


def plain(instance: MapInstance) -> list[str]:
    """A drawn map as texts that differ where two maps differ."""
    arrays = [getattr(instance, name) for name in ARRAYS]
    return [
        *(repr(getattr(instance, name)) for name in FIELDS),
        *(f"{a.dtype} {a.shape} {hashlib.sha256(a.tobytes()).hexdigest()}" for a in arrays),
    ]


def cases(source: Map, *, agents: tuple[int, ...]) -> list[dict[str, Any]]:
    return [
        {"agents": count, "split": split, "variant": variant}
        for count in agents
        for split in ("train", "eval")
        for variant, plan in source.plans.items()
        if count >= plan.min_agents
    ]


def compare(source: Map, seeds: list[int], **arguments: Any) -> int:
    """Compare the maps of some seeds; both ways must fail for the same ones. Returns how many."""
    drawings = Drawings(compile_plan(source, **arguments), len(seeds))
    drawings.seeds[:] = seeds
    failed = drawings.draw(SEEDED)
    for k, seed in enumerate(seeds):
        try:
            instance = source.draw(seed, **arguments)
        except MapError:
            assert drawings.status(k) != DRAWN
            failed -= 1
        else:
            assert drawings.status(k) == DRAWN
            assert plain(drawings.instance(k)) == plain(instance)
    assert failed == 0
    return sum(drawings.status(k) != DRAWN for k in range(len(seeds)))


def some_seeds(count: int, seed: int) -> list[int]:
    chance = random.Random(seed)
    ends = [0, 1, 9, 10, 99_999, 2**31, 2**32 - 1, 10**18, MAX_SEED]
    return (ends + [chance.getrandbits(chance.randint(1, 63)) for _ in range(count)])[:count]


@pytest.mark.parametrize("task", TASKS)
def test_every_map_of_every_task(task: str) -> None:
    definition = get_task(task)
    source = load_map(definition.map)
    for case in cases(source, agents=(1, 2, 4, 12)):
        seeds = some_seeds(100, case["agents"])
        assert compare(source, seeds, task=task, version=definition.version, **case) == 0


@pytest.mark.parametrize("name", [name for name in ODD if name != "alike"])
def test_odd_maps(name: str) -> None:
    source = read_map(ODD[name], name)
    for case in cases(source, agents=(1, 2, 5, 16)):
        compare(source, some_seeds(40, case["agents"]), **case)


def test_failures_are_met() -> None:
    """The maps above that can fail do so for some seeds, and not for all."""
    for name in ("edge", "tight"):
        failed = compare(read_map(ODD[name], name), some_seeds(60, 3), agents=4)
        assert 0 < failed < 60
    alike = read_map(ODD["alike"], "alike")
    failures = [compare(alike, [5, 6], agents=1, split=split) for split in ("train", "eval")]
    assert sorted(failures) == [0, 2]


def test_random_maps() -> None:
    drawn = failed = 0
    for seed in range(150):
        try:
            source = read_map(random_map(seed), "random")
        except MapError:
            continue
        agents, split = seed % 5 + 1, ("train", "eval")[seed % 2]
        some = compare(source, some_seeds(20, seed)[9:], agents=agents, split=split, task="random")
        drawn, failed = drawn + 11 - some, failed + some
    assert drawn > 500 and failed > 50


def test_names_of_tasks() -> None:
    source = read_map(ODD["two sizes"], "two sizes")
    for task, version in (("", 1), ("größer als \u2603 \U0001f600", 12), ("x" * 300, 0)):
        compare(source, some_seeds(20, 1), task=task, version=version)


def test_chain_of_episodes() -> None:
    """A world's seeds follow as those of an environment that is reset without a seed."""
    seeds = some_seeds(200, 5)
    drawings = Drawings(compile_plan(read_map(ODD["still"], "still")), len(seeds))
    drawings.seeds[:] = seeds
    drawings.draw(SEEDED)
    chains = [Draw(hashed("episodes", seed)) for seed in seeds]
    assert drawings.seeds.tolist() == seeds
    for _ in range(20):
        drawings.draw(FOLLOWS)
        assert drawings.seeds.tolist() == [chain.seed() for chain in chains]
    for stream, chain in zip(drawings.streams, chains, strict=True):
        assert (stream_of(chain) == stream).all()
        assert draw_of(stream).state == chain.state


def test_worlds_that_are_left_out_stay_as_they_are() -> None:
    drawings = Drawings(compile_plan(read_map(ODD["island"], "island")), 3)
    drawings.seeds[:] = 1, 2, 3
    drawings.draw(SEEDED)
    before = [plain(drawings.instance(k)) for k in range(3)]
    drawings.draw([SKIP, FOLLOWS, SKIP])
    after = [plain(drawings.instance(k)) for k in range(3)]
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"entities": [{"name": "wooden-chest", "position": [0.1, 0]}]}, "multiples of 1/256"),
        ({"entities": [{"name": "wooden-chest", "position": [9000, 0]}]}, "multiples of 1/256"),
        ({"entities": [{"name": "no-such", "position": [0, 0]}]}, "no entity is called"),
        ({"entities": [{"name": "rocket-silo", "position": [0, 0]}]}, "not an entity that"),
        ({"resources": [{"name": "gold", "radius": 2}]}, "no resource is called 'gold'"),
        ({"agents": [{"spawn": [0, 0, 2, 2], "each": {"gold": 1}}]}, "no item is called 'gold'"),
        (
            {"entities": [{"name": "stone-furnace", "position": [0, 0], "items": {"wall": 1}}]},
            "no item is called 'wall'",
        ),
        (
            {"entities": [{"name": "stone-furnace", "position": [0, 0], "items": {"pipe": 1}}]},
            "does not take pipe",
        ),
        (
            {"areas": {str(n): {"area": [0, 0, 1, 1], "goal": True} for n in range(256)}},
            "more than 255",
        ),
    ],
)
def test_what_cannot_be_compiled(change: dict[str, Any], says: str) -> None:
    with pytest.raises(Uncompilable, match=says):
        compile_plan(read_map({"size": [8, 8], **change}, "m"))


def test_a_name_that_cannot_be_hashed() -> None:
    source = read_map({"size": [8, 8]}, "m")
    with pytest.raises(UnicodeEncodeError):
        source.draw(1, task="\ud800")
    with pytest.raises(Uncompilable, match="cannot be encoded"):
        compile_plan(source, task="\ud800")


def test_arguments_are_checked_as_by_the_map() -> None:
    source = read_map(ODD["two sizes"], "two sizes")
    for wrong in ({"split": "test"}, {"variant": "no"}, {"agents": 1, "variant": "standard"}):
        with pytest.raises(ValueError) as error:
            source.draw(1, **wrong)
        with pytest.raises(ValueError) as same:
            compile_plan(source, **wrong)
        assert str(same.value) == str(error.value)


def test_both_ways_to_hash() -> None:
    chance = random.Random(1)
    for size in (0, 1, 55, 56, 63, 64, 119, 120, 5000):
        text = chance.randbytes(size)
        data = np.zeros(size + h.PADDING, np.uint8)
        data[:size] = np.frombuffer(text, np.uint8)
        one, two = np.zeros(8, np.int64), h.START.copy()
        h.sha256(one, data, size)
        h.plain_blocks(two, data, 0, (size + 72) // 64)
        digest = hashlib.sha256(text).digest()
        words = [int.from_bytes(digest[4 * i : 4 * i + 4], "big") for i in range(8)]
        assert one.tolist() == two.tolist() == words


def test_streams() -> None:
    """Also of numbers with fewer than eight words, which no hash is likely to give."""
    from fz_multi.task.stream import start_stream

    chance = random.Random(2)
    for bits in (256, 255, 224, 193, 160, 128, 127, 64, 32, 1, 0):
        number = chance.getrandbits(bits) if bits else 0
        words = np.array([number >> (32 * (7 - i)) & 0xFFFFFFFF for i in range(8)], np.int64)
        stream = np.zeros(10, np.int64)
        start_stream(stream, words)
        assert draw_of(stream).state == Draw(number).state


def a_few() -> list[list[str]]:
    """Maps of a few seeds, for a comparison with plain Python."""
    out = []
    for name, split in (("still", "eval"), ("island", "train"), ("two sizes", "eval")):
        compiled = compile_plan(read_map(ODD[name], name), agents=4, split=split, task="few")
        drawings = Drawings(compiled, 2)
        drawings.seeds[:] = 7, MAX_SEED
        with np.errstate(all="raise"):
            drawings.draw(SEEDED)
            drawings.draw([SKIP, FOLLOWS])
        out += [plain(drawings.instance(k)) for k in range(2)]
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
