"""What holds in every world after every step, whatever is commanded.

The laws 1 to 14, 21 and 22 are functions in `invariants`; they are asked after each step of a long
random run over many worlds. 15 to 18 are asked of each command, 19 and 20 of forks of worlds.

1.  Items are conserved. For each item::

        made + drilled + crafted + mined + given + unbuilt
            = consumed + spent + removed + built + held

    with the counters of `tables.STAT` and held = all slots (pockets, chests, machines) + piles +
    belts + hands of inserters + one for each drill that has finished an item and not handed it
    over. A craft in a queue holds
    nothing: its ingredients are ``spent`` when it is queued and come back with a cancel, and an
    intermediate is ``crafted`` and ``spent`` at once. A machine's are ``consumed`` when its craft
    starts, a fuel item when it is loaded.
2.  Deposits are conserved: what was put = what is left + mined + drilled.
3.  Entities are conserved: standing = put by edits + built - unbuilt; nothing else can be built.
4.  Collision boxes of entities do not overlap.
5.  Characters stand on dry land of the map, inside of no entity and of no other character.
6.  No slot is negative, empty with a count, or over its stack (54 ore in a furnace's source); fuel
    slots hold fuel and sources what smelts; a pile is at most a stack.
7.  The tile table names exactly the footprints of the entities; nothing stands in the water.
8.  Each pile is in exactly one chain, that of its tile, newest first; piles do not overlap.
9.  Free rows are on their free list once, live rows are not; the counts in the header are true.
10. Each slot of the pool belongs to one run: of an entity, a character or a free list.
11. The event queue is a heap, points to machines and is pointed back at; no visit is overdue.
12. Energy, burning fuel, progress and status of machines are within their ranges and up to date.
13. A machine that waits for a tile is on that tile's list, and nobody else is.
14. What a character shows fits what it does, and its crafting queue is sound.
15. Every command has a result, and the counters ``commands`` and ``refused`` count it.
16. A refused command changes nothing but results and those counters: not one byte.
17. ``header.changed`` grows with each change of a tile or an entity (mask caches rely on it).
18. Verbs whose entities come later refuse by their codes.
19. A drill or furnace that sleeps has nothing to do: waking it changes nothing.
20. Jumping over plain ticks changes nothing: a world that visits each machine in each tick is the
    same.
21. What hands ``spent`` is exactly what goes into all that was ``crafted`` and into the crafts in
    the queues, less what those have been promised by intermediates that are still to be made.
22. What machines ``consumed`` (of what is no fuel) is exactly what goes into all that was ``made``
    and into the crafts that run.
23. Each lane of each belt belongs to one line, which is as long as its belts; items lie on it in
    order, and those that stand are not more than 64 apart.
24. The list of awake lines holds exactly these; a line on which something moves is awake.
25. Arms are within their angles and lengths, sleepers have no visit, and no two share a place.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest
from fuzz import ROWS, Fuzz
from invariants import LAWS, violations
from invent import VERB

from fz_multi.commands import CODES, VERB_NAMES
from fz_multi.engine.encode import NO_COMMAND
from fz_multi.engine.shade import shade_all

WORLDS, AGENTS, ROUNDS = 64, 6, 530
OK, RUNNING = CODES.index("ok"), CODES.index("running")
LATER = {
    "SET_RECIPE": {"wrong_entity", "nothing_there", "out_of_map", "out_of_reach"},
    "RESEARCH": {"not_implemented"},
}
# What a command writes even when it is refused (16), by table; None = all of it.
NOTED: dict[str, tuple[str, ...] | None] = {
    "order": None,
    "result": None,
    "agent": ("commands", "refused"),
    "character": ("result", "last_verb", "message"),
}


class Run:
    """The long run: what was commanded, how it ended, and each law that was broken."""

    def __init__(self) -> None:
        self.fuzz = Fuzz(2, WORLDS, agents=AGENTS)
        self.tried: Counter[str] = Counter()
        self.accepted: Counter[str] = Counter()
        self.codes: dict[str, Counter[str]] = defaultdict(Counter)
        self.broken: dict[int, list[str]] = defaultdict(list)
        self.refused_compared = 0
        for round_ in range(ROUNDS):
            self.where = f"round {round_}"
            if round_ % 2:
                for me in range(AGENTS):
                    self.command(me)
            else:
                self.command(None)
            if round_ % 3 == 0:
                self.look()
            self.advance()
            self.look()
            if round_ % 10 == 9:
                self.fuzz.tidy()
                self.look()

    def look(self) -> None:
        for number, bad in violations(self.fuzz).items():
            self.broken[number].extend(f"{self.where}: {text}" for text in bad)

    def command(self, only: int | None) -> None:
        """Commands of all agents at once, or of one while the others are not asked."""
        batch = self.fuzz.batch
        rows = self.fuzz.commands(only)
        if only is not None:
            others = [me for me in range(AGENTS) if me != only]
            rows[:, others] = NO_COMMAND
        before, data = self.counters(), batch.data.copy()
        with self.changes_noticed():
            batch.exchange(rows, 0)
        codes = self.fuzz.plain()["result"]["code"][:, :AGENTS]
        given = rows["verb"] >= 0
        for verb, code in zip(rows["verb"][given].tolist(), codes[given].tolist(), strict=True):
            name = VERB_NAMES[verb]
            self.tried[name] += 1
            self.accepted[name] += code in (OK, RUNNING)
            self.codes[name][CODES[code]] += 1
        self.counted(rows, codes, before)
        if only is not None and data.shape == batch.data.shape:
            self.unchanged(np.flatnonzero(codes[:, only] > RUNNING), data)

    def advance(self) -> None:
        with self.changes_noticed():
            self.fuzz.batch.exchange(None, self.fuzz.ticks())

    # -- 15 ----------------------------------------------------------------------------------------
    def counters(self) -> np.ndarray:
        agent = self.fuzz.plain()["agent"][:, :AGENTS]
        return np.stack([agent["commands"], agent["refused"]])

    def counted(self, rows: np.ndarray, codes: np.ndarray, before: np.ndarray) -> None:
        commands, refused = self.counters() - before
        counts = (rows["verb"] > 0) | ((rows["verb"] == 0) & (rows["ticks"] >= 0))
        given = rows["verb"] >= 0
        part = (rows["verb"] == VERB["COMPOUND"]) & (codes <= RUNNING)  # its first command
        counts = counts.astype(int) + part
        wrong = (commands != counts) | (refused != (given & (codes > RUNNING)))
        result = self.fuzz.plain()["result"][:, :AGENTS]
        wrong |= given & (result["verb"] != rows["verb"])
        wrong |= (codes < 0) | (codes >= len(CODES))
        if wrong.any():
            self.broken[15].append(f"{self.where}: {np.argwhere(wrong)[:3].tolist()}")

    # -- 16 ----------------------------------------------------------------------------------------
    def unchanged(self, worlds: np.ndarray, before: np.ndarray) -> None:
        """Compare the bytes of worlds whose only command was refused."""
        batch = self.fuzz.batch
        self.refused_compared += len(worlds)
        differs = before[worlds] != batch.data[worlds]
        offsets, _ = batch._layout()
        for (table, dtype), offset, (_, rows) in zip(
            ROWS.items(), offsets, batch._rows(), strict=True
        ):
            part = differs[:, offset : offset + dtype.itemsize * rows]
            part = part.reshape(len(worlds), rows, dtype.itemsize)
            if table in NOTED:
                for name in NOTED[table] or dtype.names or ():
                    kind, at = (dtype.fields or {})[name][:2]
                    part[:, :, at : at + kind.itemsize] = False
            for _, row, byte in np.argwhere(part)[:3].tolist():
                self.broken[16].append(f"{self.where}: {table} row {row} byte {byte}")

    # -- 17 ----------------------------------------------------------------------------------------
    def changes_noticed(self) -> Any:
        return ChangesNoticed(self)


class ChangesNoticed:
    """Compares what masks are made of before and after, with ``header.changed``."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def look(self) -> list[np.ndarray]:
        t = self.run.fuzz.plain()
        tile = [t["tile"][n].copy() for n in ("terrain", "resource", "amount", "entity", "pile")]
        entity = [t["entity"][n].copy() for n in ("generation", "direction", "x", "y")]
        return [*tile, *entity, t["header"]["changed"][:, 0].copy()]

    def __enter__(self) -> None:
        self.before = self.look()

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            return
        after = self.look()
        differ = np.zeros(WORLDS, bool)
        for a, b in zip(self.before[:-1], after[:-1], strict=True):
            rows = min(a.shape[1], b.shape[1])  # the tables may have grown
            differ |= (a[:, :rows] != b[:, :rows]).any(1)
        for k in np.flatnonzero(differ & (after[-1] <= self.before[-1])):
            self.run.broken[17].append(f"{self.run.where}: world {k}")


@pytest.fixture(scope="module")
def run() -> Run:
    return Run()


@pytest.mark.parametrize("number", [*LAWS, 15, 16, 17])
def test_law(run: Run, number: int) -> None:
    assert run.broken[number] == []


def test_the_run_is_long_and_mostly_accepted(run: Run) -> None:
    assert run.tried.total() >= 200_000
    assert run.accepted.total() >= 0.4 * run.tried.total()
    few = {v: n for v, n in run.accepted.items() if n < 500 and v not in LATER}
    assert few == {}
    assert set(run.accepted) == set(VERB)


def test_the_run_meets_every_kind_of_refusal(run: Run) -> None:
    met = set().union(*run.codes.values())
    rare = {"unknown_agent", "queue_full"}  # no such agent is asked; 64 crafts in a row
    ended = {"cancelled", "replaced", "aborted", "unknown_technology", "already_researched"}
    assert set(CODES) - met <= rare | ended
    assert run.refused_compared >= 5_000


@pytest.mark.parametrize("verb", LATER)
def test_18_later_verbs_refuse(run: Run, verb: str) -> None:
    assert run.tried[verb] >= 300
    assert run.accepted[verb] == 0
    assert set(run.codes[verb]) <= LATER[verb]


@pytest.mark.parametrize("seed", range(6))
def test_19_a_sleeping_machine_has_nothing_to_do(seed: int) -> None:
    # Without inserters: to be woken puts an arm at the end of their list, which is a change.
    fuzz = Fuzz(seed, 32, agents=4, arms=False)
    for step in range(120):
        fuzz.batch.exchange(fuzz.commands(), fuzz.ticks())
        fork = fuzz.batch.snapshot()
        fuzz.batch.exchange(None, 3)
        left_alone = fuzz.digests()
        fuzz.batch.restore(fork)
        for k in range(fuzz.worlds):
            fuzz.wake_all(k)
        fuzz.batch.exchange(None, 3)
        assert fuzz.digests() == left_alone, f"step {step}"
        fuzz.batch.restore(fork)
        if step % 10 == 9:
            fuzz.tidy()


@pytest.mark.parametrize("seed", range(3))
def test_20_jumping_over_plain_ticks_changes_nothing(seed: int) -> None:
    jumps, crawls = Fuzz(seed, 32, agents=4), Fuzz(seed, 32, agents=4)
    crawls.batch.full.header["every_tick"] = 1
    for step in range(12):
        assert crawls.play(10) == jumps.play(10), f"step {10 * step}"


def test_what_observations_copy_is_drawn_when_a_tile_changes(run: Run) -> None:
    """After all these commands the kept planes are those that are drawn from the tables."""
    batch = run.fuzz.batch
    kept = batch.full.shade["plane"].copy()
    assert len(np.unique(kept)) > 20
    for k in range(batch.worlds):
        shade_all(batch.book, k)
    np.testing.assert_array_equal(kept, batch.full.shade["plane"])
