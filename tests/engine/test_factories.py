"""Each drawing in ``tests/factories`` runs, and does what it says (`drawing` has the format).

Each runs twice: tick by tick with every expectation looked at, and in as few calls of ``advance``
as its commands allow; both must end in the same digest. ``expect`` is a list of::

    - {grows: c iron-ore, in: [243, 483], by: 1}    # all ticks in which a number grows
    - {status: D, changes: {1: working, 1602: no_fuel}}    # the ticks in which a status changes
    - {moves: agent_0, from: 1, steps: [[38, 0], [19, 0]]}  # 1/256 tile, tick by tick
    - at: 730                                        # what is so when that many ticks have run
      contents: {c: {chest: {iron-ore: 3}}, agent_0: {coal: 5}}

``grows`` counts ``NAME ITEM`` (in an entity or an agent's inventory), ``production ITEM`` or
``consumption ITEM`` (of the world); what commands do between ticks is no growth. ``at`` takes the
keys of `CHECKS` and looks before the commands of that moment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from drawing import Built, DrawingError, Factory, load, read

from fz_multi.engine import World
from fz_multi.engine.constants import STATUS_NAMES

FILES = sorted((Path(__file__).parent.parent / "factories").glob("*.yaml"))


# -- what is so in a tick --------------------------------------------------------------------------
def contents(built: Built, name: str) -> Any:
    if name in built.handles:
        found = built.world.entity(built.handle(name))["inventories"]
        return {key: items for key, items in found.items() if items}
    return built.world.character(name)["inventory"]


def slots(built: Built, agent: str) -> list[list[Any]]:
    """The stacks of an agent in slot order."""
    tables, names = built.world.batch.full, built.world.prototypes
    me = tables.character[0, int(agent.removeprefix("agent_"))]
    stacks = tables.slot[0, int(me.slot) : int(me.slot) + int(me.slots)]
    return [[names.item_name(int(i)), int(n)] for i, n in stacks.tolist() if i]


def position(built: Built, agent: str) -> list[int]:
    x, y = built.world.character(agent)["position"]
    return [round(256 * x), round(256 * y)]


def deposits(built: Built, char: str) -> int:
    """What is left of the deposits drawn with a character."""
    there = {tuple(d["position"]): d["amount"] for d in built.world.resources()}
    return sum(there.get(tile, 0) for tile in built.tiles[char])


def piles(built: Built, _: str) -> list[list[Any]]:
    return [
        [p["name"], p["count"], round(256 * p["position"][0]), round(256 * p["position"][1])]
        for p in built.world.ground_items()
    ]


def standing(built: Built, name: str) -> bool:
    return built.handle(name) in built.world.handles()


def of_entity(key: str) -> Callable[[Built, str], Any]:
    return lambda built, name: built.world.entity(built.handle(name))[key]


def of_agent(key: str) -> Callable[[Built, str], Any]:
    return lambda built, name: built.world.character(name)[key]


def queue(built: Built, agent: str) -> list[list[Any]]:
    return [list(row.values()) for row in built.world.character(agent)["crafting_queue"]]


CHECKS: dict[str, Callable[[Built, str], Any]] = {
    "contents": contents,  # of an entity {inventory: {item: n}}, of an agent {item: n}; all of it
    "slots": slots,  # of an agent: [[item, count], ...] in slot order
    "position": position,  # of an agent, 1/256 tile
    "direction": of_agent("direction"),  # of an agent, 0..15
    "activity": of_agent("activity"),
    "result": of_agent("result"),
    "queue": queue,  # of an agent: [[recipe, count], ...]
    "status": of_entity("status"),
    "energy": of_entity("energy"),  # J in the buffer
    "burning": of_entity("burning"),  # [item, J left] or null
    "progress": of_entity("progress"),  # a share such as 8/9
    "held": of_entity("held"),  # a drill's finished item, what an inserter holds
    "shape": of_entity("shape"),  # of a belt: straight, left, right
    "lanes": lambda built, name: built.world.lanes(built.handle(name)),  # [[[item, at], ...], ...]
    "finished": of_entity("products_finished"),
    "standing": standing,  # whether an entity is still on the map
    "deposits": deposits,  # ore left in the drawn tiles
    "production": lambda built, item: built.world.production(item),
    "consumption": lambda built, item: built.world.consumption(item),
    "piles": piles,  # {all: [[item, count, x, y], ...]}, the oldest first, 1/256 tile
}


def same(found: Any, wanted: Any) -> bool:
    if isinstance(found, float):
        return abs(found - float(Fraction(str(wanted)))) < 1e-6
    if isinstance(found, tuple | list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(same, found, wanted))
    return found == wanted


# -- what is watched tick by tick ------------------------------------------------------------------
def counter(built: Built, what: str) -> Callable[[], int]:
    """A function that reads the number of ``NAME ITEM``."""
    name, _, item = what.partition(" ")
    world = built.world
    if name in ("production", "consumption"):
        return lambda: getattr(world, name)(item)
    item_id = world.prototypes.item_id(item)
    if name.startswith("agent_"):
        table, row = "character", int(name.removeprefix("agent_"))
    else:
        table, row = "entity", built.handle(name).row

    def count() -> int:
        tables = world.batch.full  # anew each time: tables grow
        owner = getattr(tables, table)[0, row]
        run = tables.slot[0, int(owner["slot"]) : int(owner["slot"]) + int(owner["slots"])]
        return int(run["count"][run["item_id"] == item_id].sum())

    return count


def status_of(row: Any) -> str:
    return STATUS_NAMES[int(row["status"])] if row["proto"] else "gone"


def watch(built: Built, entry: dict[str, Any]) -> Callable[[], Any]:
    if "grows" in entry:
        return counter(built, entry["grows"])
    if "moves" in entry:
        return lambda: position(built, entry["moves"])
    row = built.handle(entry["status"]).row
    return lambda: status_of(built.world.batch.full.entity[0, row])


def judge(entry: dict[str, Any], seen: list[tuple[Any, Any]]) -> None:
    """``seen[t]``: what was seen before tick t, after the commands between, and after tick t."""
    ticks = list(enumerate(seen))[1:]
    if "grows" in entry:
        grown = {t: new - old for t, (old, new) in ticks if new > old}
        assert list(grown) == entry["in"], f"{entry['grows']} grows in {list(grown)}"
        assert set(grown.values()) <= {entry.get("by", 1)}, f"{entry['grows']} grows by {grown}"
    elif "moves" in entry:
        first = entry.get("from", 1)
        steps = [[new[0] - old[0], new[1] - old[1]] for _, (old, new) in ticks]
        found = steps[first - 1 : first - 1 + len(entry["steps"])]
        assert found == entry["steps"], f"{entry['moves']} moves by {found}"
    else:
        changes = {t: new for t, (_, new) in ticks if new != seen[t - 1][1]}
        assert changes == entry["changes"], f"status of {entry['status']}: {changes}"


KINDS = {"grows": ("in", "by"), "moves": ("from", "steps"), "status": ("changes",)}


def check_expectation(factory: Factory, entry: Any, built: Built) -> None:
    """Raise DrawingError for an expectation that cannot be understood."""
    where = f"{factory.name}: expect: {entry}"
    if not isinstance(entry, dict):
        raise DrawingError(f"{where} is no mapping")
    if "at" in entry:
        if not isinstance(entry["at"], int) or not 0 <= entry["at"] <= factory.ticks:
            raise DrawingError(f"{where}: at is from 0 to {factory.ticks} ticks")
        for key in entry:
            if key != "at" and key not in CHECKS:
                raise DrawingError(f"{where}: unknown key {key!r}; allowed: {', '.join(CHECKS)}")
        if len(entry) < 2:
            raise DrawingError(f"{where} says nothing")
        return
    kinds = [kind for kind in KINDS if kind in entry]
    if len(kinds) != 1 or set(entry) - {kinds[0], *KINDS[kinds[0]]}:
        raise DrawingError(f"{where} is at, or one of {KINDS}")
    last = max([*entry.get("in", []), *entry.get("changes", {}), entry.get("from", 1) - 1
                + len(entry.get("steps", []))], default=0)  # fmt: skip
    if last > factory.ticks:
        raise DrawingError(f"{where}: the factory runs for {factory.ticks} ticks alone")
    watch(built, entry)()


# -- running ---------------------------------------------------------------------------------------
def stops(factory: Factory) -> dict[int, list[dict[str, Any]]]:
    """Commands by the number of ticks that have run before them."""
    out: dict[int, list[dict[str, Any]]] = {}
    for entry in factory.commands:
        out.setdefault(entry.get("after", 0), []).append(entry)
    return out


def run_watched(factory: Factory) -> World:
    """Tick by tick, every expectation looked at."""
    built, orders = factory.build(), stops(factory)
    for entry in factory.expect:
        check_expectation(factory, entry, built)
    watched = [(e, watch(built, e), []) for e in factory.expect if "at" not in e]
    now = [look() for _, look, _ in watched]
    for tick in range(factory.ticks + 1):
        if tick:
            built.world.advance(1)
        for index, (_, look, seen) in enumerate(watched):
            seen.append((now[index], look()))
            now[index] = seen[-1][1]
        for entry in factory.expect:
            if entry.get("at") == tick:
                check_now(built, entry)
        for entry in orders.get(tick, []):
            built.act(entry)
            now = [look() for _, look, _ in watched]
    for entry, _, seen in watched:
        judge(entry, seen)
    return built.world


def check_now(built: Built, entry: dict[str, Any]) -> None:
    for key, things in entry.items():
        for name, wanted in things.items() if key != "at" else ():
            found = CHECKS[key](built, name)
            assert same(found, wanted), (
                f"at {entry['at']}: {key} of {name} is {found}, not {wanted}"
            )


def run_in_jumps(factory: Factory) -> World:
    """In as few calls as the commands allow."""
    built, orders = factory.build(), stops(factory)
    for tick in sorted({*orders, factory.ticks}):
        built.world.advance(tick - built.world.tick)
        for entry in orders.get(tick, []):
            built.act(entry)
    return built.world


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_factory(path: Path) -> None:
    factory = load(path)
    assert factory.source.strip() and factory.why.strip()
    watched, jumped = run_watched(factory), run_in_jumps(factory)
    assert watched.digest() == jumped.digest()


def rows(text: str) -> set[int]:
    """Numbers of the rows of mechanics 12 that a source names ("12 rows 21 and 22, 3.4")."""
    found = re.search(r"12 rows? ((?:\d+(?:, | and )?)+)", text)
    return {int(n) for n in re.findall(r"\d+", found[1])} if found else set()


def test_the_drawings_cover_the_table_of_expected_outcomes() -> None:
    """All rows of mechanics 12 that concern what the engine runs so far."""
    covered = set().union(*(rows(load(path).source) for path in FILES))
    wanted = {*range(1, 24), *range(26, 31), *range(32, 36), 46, 47, *range(49, 67)}
    wanted |= {*range(73, 78), *range(79, 84), *range(86, 90)}  # 84, 85: test_arms.py
    assert wanted <= covered, f"missing: {sorted(wanted - covered)}"


# -- mistakes in a file ----------------------------------------------------------------------------
GOOD: dict[str, Any] = {
    "source": "here",
    "why": "to be broken",
    "ground": "oo\noo",
    "drawing": "DD\nDD\n.c",
    "legend": {
        "o": {"deposit": "iron-ore"},
        "D": {"entity": "burner-mining-drill", "direction": "south", "contents": {"coal": 5}},
        "c": {"entity": "wooden-chest"},
    },
    "ticks": 250,
    "expect": [{"grows": "c iron-ore", "in": [243]}],
}


def mistakes() -> Iterator[tuple[dict[str, Any], str]]:
    chest = {"entity": "wooden-chest"}
    yield {"tick": 3}, "unknown key 'tick'; allowed: source, why"
    yield {"ticks": "250"}, "ticks is a int, got str"
    yield {"ticks": -1}, "ticks is 0 or more"
    yield {"why": None}, "why is a str"
    yield {"expect": []}, "nothing is tested"
    yield {"drawing": "DD\nDD\n.x"}, "row 2, column 1: 'x' is not in the legend"
    yield {"drawing": "DD\nDD"}, "'c' is not drawn"
    yield {"drawing": "DD\nD.\n.c"}, "row 0, column 0 needs 2 x 2 tiles of 'D'"
    yield {"drawing": "DD.\nDD.\n.cc\n..."}, "'c' names no entity; there are: D, c1, c2"
    yield {"ground": "oo\noc"}, "'c' is a entity; the ground holds"
    yield {"ground": ".."}, "'o' is not drawn"
    yield {"legend": {**GOOD["legend"], "c": {}}}, "has one of the keys"
    yield {"legend": {**GOOD["legend"], "c": {"entity": "wooden-chst"}}}, "wooden-chest"
    yield {"legend": {**GOOD["legend"], "c": {**chest, "at": 1}}}, "unknown key 'at'"
    yield {"legend": {**GOOD["legend"], "cc": chest}}, "not one character"
    yield {"legend": {**GOOD["legend"], "c": {**chest, "contents": {"coal": 900}}}}, "takes 800"
    yield {"commands": [{"after": 251, "destroy": "c"}]}, "after is from 0 to 250"
    yield {"commands": [{"after": 1, "smash": "c"}]}, "is one of insert, remove, destroy"
    yield {"commands": [{"destroy": "q"}]}, "names no entity"
    yield {"commands": [{"agent": "agent_0", "FLY": {}}]}, "is one of WAIT, MOVE"
    yield {"commands": [{"agent": "agent_0", "WAIT": {}}]}, "no character of agent_0"
    yield {"commands": [{"insert": {"into": "c", "thing": "coal"}}]}, "unknown key 'thing'"
    yield {"commands": [{"insert": {"into": "D", "item": "wood", "count": 9}}]}, "0 wood, not 9"
    yield {"expect": [{"at": 9, "weight": {"c": 3}}]}, "unknown key 'weight'"
    yield {"expect": [{"at": 251, "status": {"D": "working"}}]}, "at is from 0 to 250"
    yield {"expect": [{"at": 9}]}, "says nothing"
    yield {"expect": [{"grows": "c iron-ore", "in": [483]}]}, "runs for 250 ticks"
    yield {"expect": [{"grow": "c iron-ore", "in": [243]}]}, "is at, or one of"


@pytest.mark.parametrize(("change", "text"), list(mistakes()), ids=lambda value: str(value)[:40])
def test_mistakes_in_a_file_are_named(change: dict[str, Any], text: str) -> None:
    with pytest.raises(DrawingError) as error:
        run_watched(read({**GOOD, **change}, "broken"))
    assert text in str(error.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"grows": "c iron-ore", "in": [242]},
        {"grows": "c iron-ore", "in": []},
        {"grows": "c iron-ore", "in": [243], "by": 2},
        {"status": "D", "changes": {1: "working"}},
        {"at": 243, "contents": {"c": {"chest": {"iron-ore": 2}}}},
        {"at": 2, "progress": {"D": "2/240"}},
        {"at": 9, "standing": {"D": False}},
        {"at": 9, "piles": {"all": [["iron-ore", 1, 0, 0]]}},
    ],
    ids=str,
)
def test_a_wrong_expectation_fails(wrong: dict[str, Any]) -> None:
    run_watched(read(GOOD, "good"))
    with pytest.raises(AssertionError):
        run_watched(read({**GOOD, "expect": [wrong]}, "wrong"))
