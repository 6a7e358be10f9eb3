"""Two environments side by side: the same actions, and all that comes back is the same."""

from __future__ import annotations

from typing import Any

import numpy as np

NAMES = ("observation", "reward", "terminated", "truncated", "info")


def same(one: Any, other: Any, where: str = "") -> None:
    """Bit for bit, through dicts."""
    if isinstance(one, dict):
        assert one.keys() == other.keys(), where
        for key in one:
            same(one[key], other[key], f"{where}.{key}")
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype, where
        different = np.argwhere(one != other)
        assert not len(different), f"{where} at {different[:4].tolist()}"
    else:
        assert one == other, f"{where}: {one} != {other}"


def differences(one: Any, other: Any) -> list[str]:
    """Fields of the observable tables that differ, for a message: engine first, mirror second."""
    out = []
    for table in ("header", "character", "tile", "stat", "agent", "result"):
        a, b = getattr(one, table)[0], getattr(other, table)[0]
        for field in a.dtype.names or ():
            if field in ("slot", "entity", "pile", "entity_top", "changed", "bits", "given"):
                continue
            if field in ("removed", "overhang"):
                continue
            for row in np.flatnonzero(a[field] != b[field])[:3].tolist():
                out.append(f"{table}[{row}].{field}: {a[field][row]} != {b[field][row]}")
    for row in np.flatnonzero(one.entity["proto"][0]).tolist():
        e = one.entity[0, row]
        at = np.flatnonzero(one.tile["entity"][0] == row + 1)[0]
        twin = int(other.tile["entity"][0][at]) - 1
        if twin < 0:
            out.append(f"entity at tile {at} ({e['proto']}) is missing")
            continue
        f = other.entity[0, twin]
        for field in e.dtype.names or ():
            if field not in ("slot", "belt", "generation") and e[field] != f[field]:
                out.append(f"entity at tile {at} ({e['proto']}).{field}: {e[field]} != {f[field]}")
        n = int(e["slots"])
        mine = one.slot[0, int(e["slot"]) : int(e["slot"]) + n].tolist()
        its = other.slot[0, int(f["slot"]) : int(f["slot"]) + n].tolist()
        if mine != its:
            out.append(f"entity at tile {at} ({e['proto']}) holds {mine} != {its}")
    return out


def play(
    real: Any,
    other: Any,
    policy: Any,
    *,
    seed: int,
    steps: int,
    digests: int = 0,
) -> None:
    """Play an episode on both. ``digests``: after every so many steps the server is asked for its
    own digest of the world."""
    mine, its = real.reset(seed=seed), other.reset(seed=seed)
    same(mine[0], its[0], "first observation")
    same(mine[1], its[1], "first info")
    policy.reset(real, seed)
    observations, infos = mine
    for step in range(steps):
        actions = policy.act(observations, infos)
        mine, its = real.step(actions), other.step(actions)
        try:
            for name, a, b in zip(NAMES, mine, its, strict=True):
                same(a, b, f"step {step}: {name}")
            same(real.state(), other.state(), f"step {step}: state")
            same(real.results(), other.results(), f"step {step}: results")
            world, backend = real._session.world.world, other._session.world
            digest = world.observable_digest()
            assert backend.arenas.mirror(backend.arena).digest() == digest, f"step {step}: digest"
            if digests and step % digests == digests - 1:
                assert backend.digest() == digest, f"step {step}: digest of the server"
        except AssertionError as error:
            found = differences(real.seen, other.seen)
            raise AssertionError(f"{error}\n" + "\n".join([f"actions {actions}", *found])) from None
        observations, _, _, _, infos = mine
        if not real.agents:
            break
