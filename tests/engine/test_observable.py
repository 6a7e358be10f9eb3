"""What may be read from outside of the engine, and that nothing else can be.

Readers (observations, masks, rewards, pictures, metrics) get views of the tables in which private
fields do not exist. `World.digest` covers everything, `World.observable_digest` these views.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Iterator
from pathlib import Path

import numba
import numpy as np
import pytest
from fuzz import Fuzz

import fz_multi
from fz_multi.engine import World, jit, memory, observable, tables
from fz_multi.engine.constants import FULL, JOULE
from fz_multi.engine.memory import FULL_DTYPES, SEEN_DTYPES, SEEN_TYPE, open_seen

VIEWS = {"header", "tile", "entity", "belt", "line", "lane_item", "character"}
# How the engine gets where it goes: no member of the game's API reads any of this.
PRIVATE = {
    "header": {
        "seed", "random", "serial", "pile_serial", "drills", "entity_free", "pile_top",
        "pile_free", "slot_top", "slot_free", "queue", "hole", "every_tick", "native", "now",
        "visiting", "phase",
        "belts", "belt_top", "belt_free", "line_top", "line_free", "lane_top", "marked",
        "newest_line", "wakings", "arms", "arm_top", "arm_free", "joins", "sleeps",
    },
    "belt": {"joins", "next", "behind", "mark", "next_free"},
    "line": {
        "lane", "joins", "awake", "front", "belts", "run", "room", "squeeze_from", "squeeze_to",
        "target", "entry", "feeder", "next_feeder", "waiter", "moved", "woken", "older", "newer",
        "next_moving", "next_free",
    },
    "lane_item": set(),
    "tile": {"waiter", "watcher"},
    "entity": {
        "unit", "working", "energy", "burning", "pending", "cursor", "taken", "delivered",
        "progress", "need", "exact", "synced", "event", "drop", "waits_on",
        "waits_line", "next_waiter", "next_free", "arm",
    },
    "character": {
        "mine_row", "mine_unit", "mine_exact", "order_at", "area", "name", "has_area", "chain",
        "walk_on", "mine_on", "outcome", "from_x", "from_y", "way", "way_stamp",
    },
}  # fmt: skip
PACKAGE = Path(fz_multi.__file__).parent


# -- the views -------------------------------------------------------------------------------------
@pytest.mark.parametrize("table", sorted(VIEWS))
def test_every_field_is_observable_or_private(table: str) -> None:
    seen, full = SEEN_DTYPES[table], FULL_DTYPES[table]
    assert set(seen.names or ()) == set(observable.OBSERVABLE[table])
    assert set(full.names or ()) - set(seen.names or ()) == PRIVATE[table]


@pytest.mark.parametrize("table", sorted(VIEWS))
def test_a_view_lies_over_the_full_table(table: str) -> None:
    seen, full = SEEN_DTYPES[table], FULL_DTYPES[table]
    assert seen.itemsize == full.itemsize
    for name in seen.names or ():
        assert (seen.fields or {})[name][:2] == (full.fields or {})[name][:2]


def test_each_observable_field_names_what_reads_it() -> None:
    for table, fields in observable.OBSERVABLE.items():
        for field, (member, quantum) in fields.items():
            assert member.strip(), (table, field)
            assert quantum.strip(), (table, field)


def test_the_event_queue_and_arms_are_private_as_a_whole() -> None:
    assert set(FULL_DTYPES) - set(SEEN_DTYPES) == {"queue", "arm"}
    assert set(FULL_DTYPES) == set(tables.Tables._fields)
    assert World(8, 8).batch.seen.queue.size == 0
    assert World(8, 8).batch.seen.arm.size == 0


def test_seen_tables_share_memory_and_hide_the_rest() -> None:
    batch = World(8, 8).batch
    for table in VIEWS:
        seen, full = getattr(batch.seen, table), getattr(batch.full, table)
        assert np.shares_memory(seen, full)
        for field in PRIVATE[table]:
            with pytest.raises(AttributeError):
                getattr(seen, field)
    batch.full.tile["amount"][0, 3] = 77
    assert batch.seen.tile["amount"][0, 3] == 77
    assert batch.tables(0).tile["amount"][3] == 77
    assert set(batch.tables(0).entity.dtype.names) == set(observable.OBSERVABLE["entity"])


def test_a_kernel_cannot_read_a_private_field() -> None:
    def peek(book):  # type: ignore[no-untyped-def]
        return open_seen(book, 0).entity[0].pending

    book = World(8, 8).batch.book
    if jit.jit_enabled():
        with pytest.raises((numba.TypingError, KeyError), match="pending"):
            numba.njit(peek)(book)
    else:
        with pytest.raises(AttributeError, match="pending"):
            peek(book)


@pytest.mark.skipif(not jit.jit_enabled(), reason="symbols exist with the JIT alone")
@pytest.mark.parametrize(
    "name",
    ["engine.legal.check", "engine.character.packed_step", "engine.entities.place_code",
     "engine.handcraft.craft_code"],
)  # fmt: skip
def test_what_decides_legality_reads_observable_tables_alone(name: str) -> None:
    assert SEEN_TYPE in jit.LINKS[name].typed.args
    assert memory.FULL_TYPE not in jit.LINKS[name].typed.args


def _readers() -> Iterator[Path]:
    """Every module but those that write a world.

    These are the engine, the backends, layouts, the embedded server, the mirror of a real one, and
    the compiled reset.
    """
    for file in sorted(PACKAGE.rglob("*.py")):
        path = file.relative_to(PACKAGE)
        writes = path.as_posix() in ("factorio/arenas.py", "factorio/mirror.py")
        writes = writes or path.as_posix() == "task/compiled_reset.py"
        if path.parts[0] not in ("engine", "backends", "layouts", "server") and not writes:
            yield file


@pytest.mark.parametrize("file", list(_readers()), ids=lambda f: f.relative_to(PACKAGE).as_posix())
def test_readers_get_observable_tables_alone(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Attribute) and node.attr in ("full", "open_full", "FULL_DTYPES"):
            owner = node.value.id if isinstance(node.value, ast.Name) else "?"
            assert owner == "np", f"{file.name}:{node.lineno} reads {owner}.{node.attr}"
        if isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names}
            assert not names & {"open_full", "FULL_DTYPES", "FULL_TYPE"}, f"line {node.lineno}"


# -- digests ---------------------------------------------------------------------------------------
def busy_world() -> World:
    """A working drill (row 0), a blocked one, a furnace (2), a chest, a pile; agents at work."""
    world = World(24, 24, seed=4)
    for x in (-0.5, 0.5):
        for y in (-0.5, 0.5, 5.5, 6.5):
            world.create_resource("iron-ore", (x, y), 50)
    world.create_resource("stone", (-5.5, -5.5), 9)
    world.set_terrain((9, 9), "water")
    for place in ((0, 0), (0, 6)):
        world.insert(world.create_entity("burner-mining-drill", place, "south"), "coal", 5)
    furnace = world.create_entity("stone-furnace", (5, 0))
    world.insert(furnace, "iron-ore", 8)
    world.insert(furnace, "coal", 3)
    world.create_entity("stone-wall", (0.5, 7.5))
    world.insert(world.create_entity("wooden-chest", (-0.5, 1.5)), "wood", 7)
    world.create_ground_item("coal", (-8, -8), 5)
    world.create_character("agent_0", (-6, -6))
    world.create_character("agent_1", (6, -6))
    world.give("agent_1", "iron-plate", 50)
    world.command("agent_0", {"type": "MINE", "params": {"target": [-5.5, -5.5]}})
    world.command("agent_1", {"type": "CRAFT", "params": {"recipe": "iron-gear-wheel"}})
    world.advance(250)
    world.command("agent_1", {"type": "CRAFT", "params": {"recipe": "iron-gear-wheel"}})
    world.command("agent_0", {"type": "MINE", "params": {"target": [-5.5, -5.5]}})
    world.advance(20)
    return world


# Not shown, but of consequence for what comes: table, row, field, change.
HIDDEN = [
    ("header", 0, "random", 1),
    ("header", 0, "serial", 1),
    ("header", 0, "pile_serial", 1),
    ("entity", 0, "energy", -1),  # 1/40,320 J
    ("entity", 0, "burning", 1),
    ("entity", 0, "progress", 1),  # 1/(10,000 * 2^20) tick
    ("entity", 0, "cursor", 1),
    ("entity", 0, "taken", 1),
    ("entity", 0, "delivered", 1),
    ("entity", 0, "unit", 1000),
    ("entity", 1, "pending", 1),
    ("entity", 2, "progress", 1),
    ("entity", 2, "exact", 1),
    ("pile", 0, "unit", 1),
    ("character", 0, "mine_row", 1),
    ("character", 0, "mine_unit", 1),
    ("character", 0, "until", -1),
    ("character", 0, "goal_count", 1),
    ("character", 0, "name", 1),
    ("agent", 0, "refused", 1),
    ("result", 0, "a", 1),
    ("stat", 5, "given", 1),
]
SHOWN = [
    ("header", 0, "tick", 1),
    ("tile", 0, "terrain", 1),
    ("tile", 12 * 24 + 12, "amount", 1),
    ("tile", 12 * 24 + 12, "resource", -1),
    ("entity", 0, "direction", 4),
    ("entity", 0, "status", 1),
    ("entity", 0, "owner", 1),
    ("entity", 0, "built", 1),
    ("entity", 0, "finished", 1),
    ("entity", 0, "energy", -JOULE),
    ("entity", 0, "burning", -JOULE),
    ("entity", 0, "progress", FULL * 10_000 * 5),
    ("entity", 2, "recipe", 1),
    ("entity", 2, "burning_item", 1),
    ("entity", 2, "giver", 1),
    ("entity", 2, "given", 1),
    ("slot", 0, "count", 1),
    ("slot", 0, "item_id", 1),
    ("pile", 0, "count", 1),
    ("pile", 0, "x", 1),
    ("character", 0, "x", 1),
    ("character", 0, "y", -1),
    ("character", 0, "direction", 1),
    ("character", 0, "facing", 2),
    ("character", 0, "message", 1),
    ("character", 0, "hand", 1),
    ("character", 0, "team", 1),
    ("character", 0, "walking", 1),
    ("character", 0, "activity", 1),
    ("character", 0, "mining", -1),
    ("character", 0, "mine_progress", 1),
    ("character", 1, "craft_progress", 1),
    ("craft", 64, "count", 1),
    ("stat", 5, "made", 1),
]


def with_change(world: World, table: str, row: int, field: str, by: int) -> tuple[str, str]:
    """Digests (all, observable) of the world with one number of it changed."""
    snapshot = world.snapshot()
    column = getattr(world.batch.full, table)[field]
    column[0, row] = operator.add(int(column[0, row]), by)
    digests = world.digest(), world.observable_digest()
    world.restore(snapshot)
    return digests


@pytest.fixture(scope="module")
def world() -> World:
    return busy_world()


@pytest.mark.parametrize(("table", "row", "field", "by"), HIDDEN)
def test_hidden_differences(world: World, table: str, row: int, field: str, by: int) -> None:
    everything, seen = with_change(world, table, row, field, by)
    assert seen == world.observable_digest()
    assert everything != world.digest()


@pytest.mark.parametrize(("table", "row", "field", "by"), SHOWN)
def test_shown_differences(world: World, table: str, row: int, field: str, by: int) -> None:
    everything, seen = with_change(world, table, row, field, by)
    assert seen != world.observable_digest()
    assert everything != world.digest()


def test_the_busy_world_is_busy(world: World) -> None:
    statuses = [e["status"] for e in world.entities()]
    assert statuses == ["working", "waiting_for_space_in_destination", "working", "", ""]
    assert world.character("agent_0")["activity"] == "mining"
    assert len(world.character("agent_1")["crafting_queue"]) == 1


@pytest.mark.parametrize("field", [f for f in tables.COMMAND.names if f != "verb"])
def test_a_command_still_to_come_counts(field: str) -> None:
    """Each field of the rest of a COMPOUND is in the digest, and hidden."""
    world = World(8, 8)
    world.create_character("agent_0", (0, 0))
    say = {"type": "SAY", "params": {"message": 1}}
    world.command("agent_0", {"type": "COMPOUND", "params": {"commands": [say, say]}})
    everything, seen = with_change(world, "order", 64 + 1, field, 1)
    assert seen == world.observable_digest()
    assert everything != world.digest()


def test_what_is_shown_follows_from_what_is_hidden() -> None:
    """The quanta of `OBSERVABLE`: whole J, 1/256 of a craft, rounded half up."""
    fuzz = Fuzz(11, 8, agents=4)
    for _ in range(20):
        fuzz.batch.exchange(fuzz.commands(), fuzz.ticks())
        e = fuzz.plain()["entity"]
        live = np.isin(e["kind"], (5, 6))
        share = np.where(live & (e["need"] > 0), e["progress"] / np.maximum(e["need"], 1), 0)
        shown = np.floor(256 * share + 0.5)
        assert (np.abs(e["shown_progress"] - shown)[live] <= 0).all()
        assert (e["shown_energy"] == e["energy"] // JOULE)[live].all()
        assert (e["shown_burning"] == e["burning"] // JOULE)[live].all()
