"""500 random factories of drills, belts, arms, furnaces and chests over 6,000 ticks.

Items are conserved, nothing overlaps, lines and arms are sound, and the digest does not depend on
how the ticks are split, on jumping over plain ticks, or on the JIT.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from belt_factories import factory
from invariants import LAWS
from look import Look

from fz_multi.engine import jit

FACTORIES, TICKS = 500, 6_000
BLOCKS = 10
ROOT = Path(__file__).resolve().parents[2]
LAW_NUMBERS = (1, 4, 6, 7, 8, 9, 10, 11, 12, 13, 23, 24, 25)

# Some hundred ticks of some dozen factories, for plain Python.
PLAIN, PLAIN_TICKS = 24, 300

OVER_SEEDS = np.array_split(np.arange(FACTORIES), BLOCKS)


def broken_laws(world: object) -> dict[int, list[str]]:
    look = Look(world.batch)  # type: ignore[attr-defined]
    found = {number: LAWS[number](look) for number in LAW_NUMBERS}
    return {number: bad for number, bad in found.items() if bad}


@pytest.mark.parametrize("seeds", OVER_SEEDS, ids=lambda s: f"{s[0]}-{s[-1]}")
def test_laws_and_splits(seeds: np.ndarray) -> None:
    for seed in seeds.tolist():
        d = random.Random(seed)
        whole, _ = factory(seed).build()
        parts, _ = factory(seed).build()
        crawls, _ = factory(seed).build()
        crawls.batch.full.header["every_tick"] = 1
        whole.advance(TICKS)
        crawls.advance(TICKS)
        while parts.tick < TICKS:
            parts.advance(min(d.choice((1, 2, 7, 60, 333, 1500)), TICKS - parts.tick))
            if d.random() < 0.2:
                assert broken_laws(parts) == {}, f"factory {seed}, tick {parts.tick}"
        assert whole.digest() == parts.digest(), f"factory {seed}: split ticks"
        assert whole.digest() == crawls.digest(), f"factory {seed}: jumps"
        assert broken_laws(whole) == {}, f"factory {seed}"


def test_the_factories_do_what_they_are_for() -> None:
    """They mine, smelt, move things on turns and sideloads, block and starve."""
    seen: Counter[str] = Counter()
    bends: Counter[str] = Counter()
    drilled = smelted = moving = held = 0
    for seed in range(60):
        plan = factory(seed)
        world, handles = plan.build()
        world.advance(1_500)
        for handle, (name, *_rest) in zip(handles, plan.entities, strict=True):
            entity = world.entity(handle)
            if name == "transport-belt":
                bends[entity["shape"]] += 1
                moving += sum(map(len, world.lanes(handle)))
            else:
                seen[f"{name} {entity['status']}"] += 1
            held += name == "burner-inserter" and entity["held"] is not None
        drilled += sum(world.production(ore) for ore in ("iron-ore", "coal", "copper-ore"))
        smelted += world.production("iron-plate") + world.production("copper-plate")
    assert min(bends.values()) > 30 and set(bends) == {"straight", "left", "right"}
    assert drilled > 200 and smelted > 50 and moving > 300 and held > 10
    for status in ("working", "waiting_for_source_items", "waiting_for_space_in_destination"):
        assert seen[f"burner-inserter {status}"] > 10, seen


def plain_digests() -> list[str]:
    out = []
    for seed in range(PLAIN):
        world, _ = factory(seed).build()
        with np.errstate(all="raise"):
            world.advance(PLAIN_TICKS)
        out.append(world.digest() + world.observable_digest())
    return out


@pytest.mark.skipif(not jit.jit_enabled(), reason="compares the JIT with plain Python")
def test_jit_and_plain_python_agree() -> None:
    env = dict(os.environ, NUMBA_DISABLE_JIT="1", PYTHONPATH=str(ROOT))
    done = subprocess.run(
        [sys.executable, "-W", "error", __file__],
        env=env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == plain_digests()


if __name__ == "__main__":
    print(json.dumps(plain_digests()))
