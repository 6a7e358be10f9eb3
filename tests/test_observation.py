"""What an agent sees: each plane, each number, and that nothing else gets in."""

from __future__ import annotations

import numpy as np
import pytest
from scene import PALETTE, PROTOTYPES, TASK, Scene

from fz_multi import fields, planes
from fz_multi.commands import CODE_NUMBER
from fz_multi.engine import constants as c
from fz_multi.engine import observable

HALF = 5


def meaning(plane: int, value: int) -> str:
    """What a value of a plane stands for ("" = nothing)."""
    return dict(fields.PLANES[plane].values).get(int(value), "" if value == 0 else "?")


def level(count: int, octave: int = planes.COUNT_OCTAVE) -> int:
    return getattr(planes.level, "py_func", planes.level)(count, octave)


class View:
    """The planes of one agent by tile relative to it."""

    def __init__(self, s: Scene, me: int = 0) -> None:
        s.observe(me)
        self.grid = s.buffers.grid[0, me].copy()

    def __call__(self, dx: int, dy: int, plane: int) -> int:
        return int(self.grid[HALF + dy, HALF + dx, plane])

    def says(self, dx: int, dy: int, plane: int) -> str:
        return meaning(plane, self(dx, dy, plane))


def vector(s: Scene, me: int = 0) -> dict[str, np.ndarray]:
    s.observe(me)
    i = s.interface
    entries = (*i.self_fields, *i.team_fields, *i.goal_fields)
    numbers = s.buffers.vector[0, me, i.numbers_at :]
    return {name: numbers[at].copy() for name, at in fields.slices(entries).items()}


# -- planes ------------------------------------------------------------------------------------


def test_terrain_and_the_edge_of_the_map():
    s = Scene(12, 12)  # tiles -6 .. 5
    s.agent(3, 0)
    s.water(4, 1)
    v = View(s)
    assert v.says(0, 0, planes.TERRAIN) == "land"
    assert v.says(1, 1, planes.TERRAIN) == "water"
    assert v.says(2, 0, planes.TERRAIN) == "land" and v.says(3, 0, planes.TERRAIN) == "outside"
    assert not v.grid[:, HALF + 3 :, 1:].any()


@pytest.mark.parametrize("name", ["iron-ore", "copper-ore", "coal", "stone"])
def test_deposits(name):
    s = Scene()
    s.agent(0, 0)
    s.ore(-2, 3, name, 500)
    v = View(s)
    assert v.says(-2, 3, planes.DEPOSIT) == name
    assert v(-2, 3, planes.AMOUNT) == level(500, planes.AMOUNT_OCTAVE)
    assert np.count_nonzero(v.grid[..., planes.DEPOSIT]) == 1


def test_entities_show_on_their_whole_footprint():
    s = Scene()
    s.agent(0, 0)
    s.ore(2, 1)
    s.build("burner-mining-drill", 2, 1, direction=c.EAST)
    s.build("stone-furnace", -3, -3)
    s.build("wooden-chest", 0, 4)
    s.build("stone-wall", 4, -4)
    v = View(s)
    for dx, dy in ((2, 1), (3, 1), (2, 2), (3, 2)):
        assert v.says(dx, dy, planes.ENTITY) == "burner-mining-drill"
        assert v.says(dx, dy, planes.DIRECTION) == "east"
        assert v.says(dx, dy, planes.STATUS) == "no_fuel"
    for dx, dy in ((-3, -3), (-2, -3), (-3, -2), (-2, -2)):
        assert v.says(dx, dy, planes.ENTITY) == "stone-furnace"
        assert v(dx, dy, planes.DIRECTION) == 0  # it cannot be turned
    assert v.says(0, 4, planes.ENTITY) == "wooden-chest"
    assert v.says(4, -4, planes.ENTITY) == "wall"
    assert np.count_nonzero(v.grid[..., planes.ENTITY]) == 10


def test_contents_status_and_progress_of_a_furnace():
    s = Scene()
    s.agent(0, 0)
    furnace = s.build("stone-furnace", 1, 1)
    s.fill(furnace, "coal", 3)
    s.batch.settle()
    assert View(s).says(1, 1, planes.CONTENT) == "coal"
    s.fill(furnace, "iron-ore", 7)
    s.batch.exchange(None, 100)
    v = View(s)
    assert v.says(1, 1, planes.STATUS) == "working"
    assert v.says(1, 1, planes.CONTENT) == "iron-ore"
    assert v(1, 1, planes.SOURCE) == level(6)
    assert v(1, 1, planes.FUEL) == level(2)
    assert v(1, 1, planes.RESULT) == 0
    assert abs(v(1, 1, planes.PROGRESS) / 254 - 100 / 192) < 0.02
    s.batch.exchange(None, 200)
    v = View(s)
    assert v(1, 1, planes.RESULT) == level(1) and v.says(1, 1, planes.CONTENT) == "iron-plate"


def test_contents_of_a_chest():
    s = Scene()
    s.agent(0, 0)
    chest = s.build("iron-chest", 2, 0)
    s.fill(chest, "stone", 60)
    s.fill(chest, "coal", 10)
    v = View(s)
    assert v(2, 0, planes.RESULT) == level(70)
    assert v.says(2, 0, planes.CONTENT) == "stone"
    assert v(2, 0, planes.FUEL) == v(2, 0, planes.SOURCE) == v(2, 0, planes.STATUS) == 0


def test_items_on_the_ground():
    s = Scene()
    s.agent(0, 0)
    s.pile(1, -1, "iron-plate")
    v = View(s)
    content = dict(fields.PLANES[planes.CONTENT].values)
    assert content[v(1, -1, planes.GROUND)] == "iron-plate"


def test_agents_and_who_they_are():
    s = Scene()
    s.agent(0, 0, facing=c.WEST)
    s.agent(2, 1, facing=c.SOUTHEAST)
    s.agent(-1, -4, team=1)
    v = View(s)
    assert v.says(0, 0, planes.AGENTS) == "self, facing west"
    assert v.says(2, 1, planes.AGENTS) == "teammate, facing southeast"
    assert v.says(-1, -4, planes.AGENTS) == "of another team, facing north"
    assert np.count_nonzero(v.grid[..., planes.AGENTS]) == 3
    other = View(s, 1)
    assert other.says(-2, -1, planes.AGENTS) == "teammate, facing west"
    s.character(1).active = 0
    assert View(s).says(2, 1, planes.AGENTS) == ""


def test_marks_of_the_task():
    s = Scene()
    s.agent(0, 0)
    s.mark(3, 2)
    v = View(s)
    assert v.says(3, 2, planes.GOAL) == "area 1"
    assert np.count_nonzero(v.grid[..., planes.GOAL]) == 1


def test_the_window_follows_the_agent_and_may_be_larger():
    s = Scene(40, 40, window=21)
    s.agent(0, 0)
    s.build("stone-wall", 10, -10)
    s.observe()
    grid = s.buffers.grid[0, 0]
    assert grid.shape == (21, 21, 16)
    assert meaning(planes.ENTITY, grid[0, 20, planes.ENTITY]) == "wall"


# -- self --------------------------------------------------------------------------------------


def test_place_facing_hand_and_inventory():
    s = Scene(24, 24)
    s.agent(6, -3, facing=c.SOUTHWEST, coal=63, iron_plate=3)
    s.character().x += 64
    s.act("hold coal", ticks=0)
    v = vector(s)
    assert v["tile_offset"].tolist() == [0.5, 0.0]
    assert v["map_position"].tolist() == pytest.approx([6.75 / 12, -2.5 / 12])
    assert v["facing"].tolist() == [0, 0, 0, 0, 0, 1, 0, 0]
    assert v["hand"].argmax() == 1 + PALETTE.index("coal") and v["hand"].sum() == 1
    inventory = dict(zip(PALETTE, v["inventory"], strict=True))
    assert inventory["coal"] == pytest.approx(6 * 24 / 254)
    assert inventory["iron-plate"] == pytest.approx(2 * 24 / 254)
    assert inventory["wood"] == 0
    assert v["free_slots"][0] == pytest.approx(77 / 80)  # two stacks of coal, one of plates


def test_an_item_outside_of_the_palette_fills_slots_and_no_more():
    s = Scene()
    s.agent(0, 0)
    s.give("copper-ore", 10)
    v = vector(s)
    assert v["inventory"].sum() == 0 and v["free_slots"][0] == pytest.approx(79 / 80)
    assert v["hand"][0] == 1


def test_mining_crafting_and_results():
    s = Scene()
    s.agent(0, 0, facing=c.EAST, stone=20)
    s.ore(1, 0)
    assert vector(s)["activity"].tolist() == [1, 0, 0, 0, 0]
    s.act("interact", ticks=61)
    v = vector(s)
    assert v["activity"].tolist() == [0, 0, 1, 0, 0]
    assert v["result"].tolist() == [0, 1, 0] and v["result_code"][0] > 0
    assert v["mining_progress"][0] == pytest.approx(0.5, abs=0.02)
    s.act("craft stone-furnace", ticks=15)
    v = vector(s)
    assert v["crafting_queue"][0] == pytest.approx(1 / 16)
    assert v["crafting_progress"][0] == pytest.approx(0.5, abs=0.04)
    s.act("place", ticks=1)
    v = vector(s)
    assert v["result"].tolist() == [0, 0, 1]
    code = CODE_NUMBER["insufficient_items"]
    assert v["result_code"][0] == pytest.approx(code / (len(CODE_NUMBER) - 1))
    s.act("wait", ticks=1)
    assert vector(s)["result"].tolist()[2] == 0


# -- team, goal, messages ------------------------------------------------------------------------


def test_the_nearest_teammates_in_order():
    s = Scene(40, 40)
    s.agent(0, 0)
    s.agent(8, 0)
    s.agent(0, -4, facing=c.SOUTH, coal=1)
    s.agent(0, 1, team=1)
    s.agent(-16, 16)
    s.agent(0, 4)
    s.act("wait", "wait", "hold coal", "wait", "wait", "wait", ticks=0)
    v = vector(s)
    assert [v[f"mate_{k}_present"][0] for k in range(3)] == [1, 1, 1]
    assert v["mate_0_offset"].tolist() == [0, -4 / 32]
    assert v["mate_1_offset"].tolist() == [0, 4 / 32]
    assert v["mate_2_offset"].tolist() == [8 / 32, 0]
    assert v["mate_0_facing"].tolist() == [0, 1]
    assert v["mate_0_hand"][0] == pytest.approx((PALETTE.index("coal") + 1) / len(PALETTE))
    assert v["team_size"][0] == pytest.approx(5 / 16)
    alone = vector(s, 3)
    assert not any(alone[f"mate_{k}_present"][0] for k in range(3))
    assert alone["team_size"][0] == pytest.approx(1 / 16)


def test_far_teammates_read_one():
    s = Scene(100, 100)
    s.agent(-45, 0)
    s.agent(45, 3)
    v = vector(s)
    assert v["mate_0_offset"].tolist() == [1, 3 / 32]


def test_messages_arrive_once():
    s = Scene()
    s.agent(0, 0)
    s.agent(3, 0)
    s.act("say 5", "wait")
    heard = vector(s, 1)["mate_0_said"]
    assert heard.argmax() == 5 and heard.sum() == 1
    assert vector(s, 0)["said"][0] == pytest.approx(6 / 8)
    s.act("wait", "wait")
    assert vector(s, 1)["mate_0_said"].sum() == 0


def test_goal_numbers_are_kept_in_bounds():
    s = Scene()
    s.agent(0, 0)
    s.buffers.goal[0, :4] = (0.25, 7.0, -9.0, np.nan)
    s.buffers.time_left[0] = 0.5
    s.buffers.only_wait[0] = 1
    v = vector(s)
    assert [v[f"goal_{k}"][0] for k in range(4)] == [0.25, 1, -1, 0]
    assert v["time_left"][0] == 0.5 and v["final_window"][0] == 1


# -- state ---------------------------------------------------------------------------------------


def state(s: Scene) -> dict[str, np.ndarray]:
    numbers = s.state()
    return {name: numbers[at] for name, at in fields.slices(s.interface.state_fields).items()}


def test_state_holds_every_agent_and_the_map():
    s = Scene(16, 16)  # cells of 2 x 2 tiles
    s.agent(0, 0, facing=c.EAST, coal=1)
    s.agent(-8, 7)
    s.ore(-8, -8, "copper-ore", 100)
    s.water(7, -8)
    s.pile(6, -7, "coal")
    furnace = s.build("stone-furnace", 4, 4)
    s.fill(furnace, "coal", 5)
    s.fill(furnace, "iron-ore", 5)
    chest = s.build("wooden-chest", -1, -1)
    s.fill(chest, "stone", 31)
    s.mark(2, 2)
    s.batch.exchange(None, 60)
    v = state(s)
    assert v["agent_0_present"][0] == v["agent_1_present"][0] == 1
    assert v["agent_2_present"][0] == 0 and not v["agent_15_inventory"].any()
    assert v["agent_0_facing"].tolist() == [1, 0]
    assert v["agent_1_map_position"].tolist() == pytest.approx([-7.5 / 8, 7.5 / 8])
    assert v["agent_0_inventory"][PALETTE.index("coal")] == pytest.approx(24 / 254)
    cells = v["map"].reshape(8, 8, planes.POOL_PLANES)
    assert cells[0, 0, planes.POOL_DEPOSIT + 1] == 0.25
    assert cells[0, 0, planes.POOL_AMOUNT] == pytest.approx(level(100, 12) / 254)
    assert cells[0, 7, planes.POOL_CLOSED] == cells[0, 7, planes.POOL_GROUND] == 0.25
    assert cells[6, 6, planes.POOL_ENTITY] == cells[6, 6, planes.POOL_WORKING] == 1
    assert cells[3, 3, planes.POOL_STORED] == pytest.approx(level(31) / 254)
    assert cells[5, 5, planes.POOL_GOAL] == 0.25
    assert not cells[4, 4].any()


# -- only what may be seen ------------------------------------------------------------------------


def test_private_fields_do_not_show():
    """Whatever the engine keeps for itself, the observation and the mask stay the same."""
    s = Scene()
    s.ore(3, 3)
    drill = s.build("burner-mining-drill", 3, 3)
    furnace = s.build("stone-furnace", -2, -2)
    for row, fuel in ((drill, 5), (furnace, 5)):
        s.fill(row, "coal", fuel)
    s.fill(furnace, "iron-ore", 5)
    s.agent(0, 0, facing=c.SOUTHEAST, coal=4, stone=20)
    s.act("craft stone-furnace", ticks=50)
    before = s.observe(), s.mask(), s.state()
    rng = np.random.default_rng(1)
    full = s.batch.full
    seen_as = {"header": observable.HEADER, "tile": observable.TILE, "entity": observable.ENTITY}
    for name, seen in {**seen_as, "character": observable.CHARACTER}.items():
        table = getattr(full, name)
        for field in table.dtype.names:
            kind = table.dtype[field]
            if field not in seen.names and kind.kind in "iu":
                table[field] = rng.integers(0, 100, table[field].shape)
    after = s.observe(), s.mask(), s.state()
    for one, other in zip(before, after, strict=True):
        assert (one == other).all()


def test_more_rows_do_not_change_what_is_seen():
    s = Scene()
    s.agent(0, 0, facing=c.EAST, coal=4)
    s.build("wooden-chest", 1, 0)
    before = s.observe()
    s.batch.grow(s.batch.capacities.doubled())
    assert (s.observe() == before).all()


def test_two_worlds_of_a_batch_see_their_own():
    from fz_multi import observation
    from fz_multi.desk import Desk
    from fz_multi.engine import edit as e
    from fz_multi.engine.batch import Batch
    from fz_multi.spaces import Interface

    batch = Batch(2, 12, 12)
    interface = Interface(TASK, prototypes=PROTOTYPES)
    for k in range(2):
        assert e.edit(batch.book, k, e.CHARACTER, 128 + 512 * k, 128, 0, 0, 0, 0) == 0
    b = interface.buffers(2, 1)
    desk = Desk(book=batch.book, config=interface.config, **b.arrays())
    observation.observe(desk.words, 0, 2)
    outside = (b.grid[..., planes.TERRAIN] == 254).sum(axis=(1, 2, 3))
    assert outside.tolist() == [0, 22]
