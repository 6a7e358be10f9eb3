"""Masks: an entry is 1 exactly when the world accepts the action, were all others to wait.

The fork of a state is a batch: its bytes are copied into many worlds, each of which tries one
action alone.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scene import PALETTE, PROTOTYPES, TASK, Scene, item

from fz_multi import actions, aiming
from fz_multi.commands import CODES, RUNNING
from fz_multi.desk import Desk
from fz_multi.engine import constants as c
from fz_multi.engine import jit
from fz_multi.engine.batch import Batch

JIT = jit.jit_enabled()
STATES = 5000 if JIT else 60
WALK_TICKS = 24  # more than a step to the next tile takes


class Fork:
    """Tries actions of one agent, each alone, in copies of a scene."""

    def __init__(self, s: Scene, worlds: int) -> None:
        self.s, self.worlds = s, worlds
        batch = s.batch
        self.batch = Batch(worlds, batch.width, batch.height, capacities=batch.capacities)

    def __call__(self, me: int, chosen: np.ndarray) -> np.ndarray:
        """bool[n]: whether each of ``chosen`` int64[n, heads] goes through."""
        if self.batch.capacities != self.s.batch.capacities:
            self.batch.grow(self.s.batch.capacities)
        out = np.zeros(len(chosen), bool)
        for start in range(0, len(chosen), self.worlds):
            part = chosen[start : start + self.worlds]
            out[start : start + len(part)] = self._try(me, part)
        return out

    def _try(self, me: int, chosen: np.ndarray) -> np.ndarray:
        s, n = self.s, len(chosen)
        agents = s.buffers.actions.shape[1]
        self.batch.data[:] = s.batch.data[0]
        b = s.interface.buffers(self.worlds, agents)
        b.actions[:n, me] = chosen
        b.only_wait[:] = s.buffers.only_wait[0]
        desk = Desk(book=self.batch.book, config=s.interface.config, **b.arrays())
        actions.begin_step(desk.words, 0, self.worlds)
        self.batch.exchange(b.commands, 0)
        codes = np.where(b.codes[:, me], b.codes[:, me], self.batch.full.result["code"][:, me])
        fine = codes[:n] <= RUNNING
        walks = b.commands["verb"][:n, me] == aiming.V_MOVE
        if (walks & fine).any():  # a walk has gone through when it has arrived
            self.batch.exchange(None, WALK_TICKS)
            fine &= ~walks | (self.batch.full.character["result"][:n, me] == 0)
        return fine


def crowded(rng: np.random.Generator, **form) -> Scene:
    """A small map with something of everything and three agents."""
    s = Scene(18, 18, **form)
    for _ in range(6):
        s.water(*rng.integers(-9, 9, 2).tolist())
    for _ in range(30):
        tx, ty = rng.integers(-9, 9, 2).tolist()
        name = str(rng.choice(["iron-ore", "coal", "stone"]))
        if not s.tile(tx, ty).terrain:
            s.ore(tx, ty, name, int(rng.integers(1, 60)))
    for name in (
        "tree-01",
        "big-rock",
        "stone-wall",
        "wooden-chest",
        "stone-furnace",
        "burner-mining-drill",
    ):
        for _ in range(3):
            scatter(s, rng, name)
    for tx, ty in ((0, 0), (-5, 5), (6, -4)):
        place_agent(s, rng, tx, ty)
    return s


def scatter(s: Scene, rng: np.random.Generator, name: str) -> None:
    """Try a few places for an entity, and put something into it."""
    for _ in range(10):
        tx, ty = rng.integers(-8, 8, 2).tolist()
        try:
            row = s.build(name, tx, ty)
        except AssertionError:
            continue
        if name in ("wooden-chest", "stone-furnace"):
            s.fill(row, "coal", int(rng.integers(0, 9)))
            s.fill(row, "iron-ore", int(rng.integers(0, 9)))
        return


def place_agent(s: Scene, rng: np.random.Generator, tx: int, ty: int) -> None:
    for _ in range(200):
        try:
            me = s.agent(tx, ty)
            break
        except AssertionError:
            tx, ty = rng.integers(-8, 8, 2).tolist()
    else:
        raise AssertionError("no room for an agent")
    for name in PALETTE:
        if rng.random() < 0.7:
            s.give(name, int(rng.integers(1, 12)), me)
    if rng.random() < 0.2:  # a full inventory: nothing can be mined or taken
        s.give("iron-stick", 100 * 80, me)


def random_step(s: Scene, rng: np.random.Generator) -> None:
    """A step of random actions: mostly legal ones, so that something comes of them."""
    b = s.buffers
    s.observe()
    for me in range(b.actions.shape[1]):
        legal = np.flatnonzero(b.mask[0, me])
        choices = legal if rng.random() < 0.85 else np.arange(s.interface.n_actions)
        weights = np.where((choices > 0) & (choices < actions.HOLD), 3.0, 1.0)
        b.actions[0, me, 0] = rng.choice(choices, p=weights / weights.sum())
    desk = Desk(book=s.batch.book, config=s.interface.config, **b.arrays())
    actions.begin_step(desk.words, 0, 1)
    s.batch.exchange(b.commands, int(rng.choice([1, 4, 10, 30])))


def others_walk(s: Scene, me: int) -> bool:
    team = s.batch.full.character[0, : s.buffers.actions.shape[1]]
    walking = (team["activity"] == c.ACTIVITY_WALK_TO) | (team["activity"] == c.ACTIVITY_WALK)
    walking[me] = False
    return bool(walking.any())


def test_every_action_succeeds_alone_exactly_when_its_mask_is_one():
    """Over thousands of random states, each action tried in a fork of its own."""
    rng = np.random.default_rng(7)
    states, accepted, refused = 0, 0, 0
    legal_counts = None
    while states < STATES:
        s = crowded(rng)
        n = s.interface.n_actions
        fork = Fork(s, n)
        every = np.arange(n)[:, None]
        for _ in range(min(250, STATES // 4)):
            random_step(s, rng)
            me = int(rng.integers(s.buffers.actions.shape[1]))
            mask = s.mask(me).astype(bool)
            done = fork(me, every)
            wrong = np.flatnonzero(mask != done)
            if others_walk(s, me):  # who walks may get in the way of a walk
                wrong = wrong[(wrong == 0) | (wrong >= actions.INTERACT)]
            names = [s.interface.action_names[k] for k in wrong]
            assert not names, f"state {states}: mask {mask[wrong]} for {names}"
            states += 1
            accepted += int(done.sum())
            refused += int((~done).sum())
            legal_counts = done.astype(int) + (0 if legal_counts is None else legal_counts)
    assert accepted > 8 * states and refused > 8 * states
    if JIT:  # every kind of action was legal somewhere, but for machines that do not exist yet
        never = [s.interface.action_names[k] for k in np.flatnonzero(legal_counts == 0)]
        assert all(name.startswith("recipe") for name in never), never


def test_the_mask_does_not_change_the_world():
    s = crowded(np.random.default_rng(3))
    before = s.batch.data.copy()
    s.observe()
    s.state()
    assert (s.batch.data == before).all()


# -- multidiscrete -------------------------------------------------------------------------------


def combinations(s: Scene) -> np.ndarray:
    """All actions of the multidiscrete form that could mean something, int64[n, 4]."""
    _, _, targets, items = s.interface.nvec
    rows = [(m, 0, 0, 0) for m in range(actions.MOVEMENTS)]
    for interaction in range(1, actions.INTERACTIONS):
        if interaction in (aiming.DO_PICK_UP, aiming.DO_CRAFT, aiming.DO_SAY):
            rows += [(0, interaction, actions.OWN_TILE, k) for k in range(items)]
        elif interaction in (aiming.DO_MINE, aiming.DO_ROTATE):
            rows += [(0, interaction, t, 0) for t in range(targets)]
        else:
            rows += [(0, interaction, t, k) for t in range(targets) for k in range(items)]
    return np.array(rows, np.int64)


def used(interface, row: np.ndarray) -> list[int]:
    """Places in the mask of the heads that an action uses."""
    movement, interaction, target, chosen = row.tolist()
    at_target = actions.MOVEMENTS + actions.INTERACTIONS
    at_item = at_target + actions.TARGETS
    if interaction == aiming.DO_NONE:
        return [movement, actions.MOVEMENTS]
    places = [actions.MOVEMENTS + interaction]
    if interaction not in (aiming.DO_PICK_UP, aiming.DO_CRAFT, aiming.DO_SAY):
        places.append(at_target + target)
    if interaction not in (aiming.DO_MINE, aiming.DO_ROTATE, aiming.DO_PICK_UP):
        places.append(at_item + chosen)
    return places


@pytest.mark.skipif(not JIT, reason="a hundred thousand forks")
def test_heads_allow_exactly_what_some_legal_action_uses():
    rng = np.random.default_rng(11)
    for _ in range(6):
        s = crowded(rng, action="multidiscrete")
        for me in range(3):
            s.character(me).facing = 2 * int(rng.integers(8))
        rows = combinations(s)
        done = Fork(s, 512)(0, rows)
        expected = np.zeros(s.interface.n_actions, np.int8)
        at_target = actions.MOVEMENTS + actions.INTERACTIONS
        always = (0, actions.MOVEMENTS, at_target + actions.OWN_TILE, at_target + actions.TARGETS)
        expected[list(always)] = 1
        for row in rows[done]:
            expected[used(s.interface, row)] = 1
        mask = s.mask()
        assert mask.dtype == np.int8 and mask.shape == (sum(s.interface.nvec),)
        wrong = np.flatnonzero(mask != expected)
        assert not len(wrong), (wrong, mask[wrong])
        assert 40 < mask.sum() < len(mask)


def test_multidiscrete_reaches_what_the_facing_does_not():
    s = Scene(30, 30, action="multidiscrete")
    s.agent(0, 0, facing=c.WEST, stone_furnace=1, coal=8)
    place, insert = aiming.DO_PLACE, aiming.DO_INSERT
    furnace, coal = 1 + PALETTE.index("stone-furnace"), 1 + PALETTE.index("coal")

    def target(dx: int, dy: int) -> int:
        return (dy + 10) * 21 + dx + 10

    assert s.act((0, place, target(5, -3), furnace)) == ["ok"]
    assert s.tile(5, -3).entity and s.tile(6, -2).entity and not s.tile(4, -3).entity
    assert s.act((0, insert, target(6, -2), coal)) == ["ok"]
    assert s.held("coal") == 3 and s.character().hand == item("coal")
    assert s.act((0, aiming.DO_TAKE, target(6, -2), coal)) == ["ok"]
    assert s.held("coal") == 8
    assert s.act((3, aiming.DO_NONE, 0, 0)) == ["ok"]  # east, one tile
    assert (s.character().x >> 8, s.character().facing) == (1, c.EAST)
    assert s.act((0, aiming.DO_MINE, target(5, -3), 0), ticks=30) == ["ok"]
    assert s.held("stone-furnace") == 1
    assert s.act((3, aiming.DO_SAY, 0, s.interface.nvec[3] - 1)) == ["ok"]
    assert s.character().message == 8 and s.character().x >> 8 == 1
    assert s.act((0, place, target(9, 9), furnace)) == ["out_of_reach"]
    assert s.act((0, aiming.DO_CRAFT, 0, coal)) == ["not_allowed"]


# -- who may act at all --------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["discrete", "multidiscrete"])
def test_only_waiting_is_legal_in_a_final_window_and_for_the_inactive(form):
    s = Scene(action=form)
    s.agent(0, 0, coal=5)
    wait = [0] * (4 if form == "multidiscrete" else 1)
    other = [1, 0, 0, 0] if form == "multidiscrete" else [1]
    nothing = 4 if form == "multidiscrete" else 1
    for stop in ("window", "inactive"):
        s.buffers.only_wait[0] = stop == "window"
        s.character().active = stop != "inactive"
        assert s.mask().sum() == nothing
        assert s.act(other) == ["not_allowed"]
        assert s.character().x >> 8 == 0 and s.character().y >> 8 == 0
        s.character().active = 1
        assert s.act(wait) == ["ok"]


def test_refusals_of_the_interface_are_counted():
    s = Scene()
    s.agent(0, 0)
    assert s.act("hold coal") == ["insufficient_items"]
    assert s.act("insert") == ["insufficient_items"]
    assert s.act("rotate") == ["nothing_there"]
    counters = s.batch.full.agent[0, 0]
    assert (counters.commands, counters.refused) == (3, 3)
    assert CODES[s.character().result] == "nothing_there"
    s.act("wait")
    assert CODES[s.character().result] == "ok"
    assert (counters.commands, counters.refused) == (3, 3)


# -- what the actions do -------------------------------------------------------------------------

EIGHT = list(enumerate(zip(aiming.STEP_X, aiming.STEP_Y, strict=True)))


@pytest.mark.parametrize(("step", "way"), EIGHT)
def test_move_walks_one_tile_within_ten_ticks(step, way):
    s = Scene()
    s.agent(0, 0)
    for k in range(1, 5):
        assert s.act(actions.MOVE + step, ticks=10) in (["ok"], ["running"])
        me = s.character()
        assert (me.x >> 8, me.y >> 8) == (k * way[0], k * way[1])
        assert me.activity == c.ACTIVITY_NONE and me.facing == 2 * step
        assert abs((me.x & 255) - 128) <= c.ARRIVED and abs((me.y & 255) - 128) <= c.ARRIVED


@pytest.mark.parametrize(("step", "way"), EIGHT[::2])
def test_move_only_turns_when_the_way_is_closed(step, way):
    s = Scene()
    s.agent(0, 0, facing=(2 * step + 4) % 16)
    s.build("stone-wall", *way)
    name = s.interface.action_names[actions.MOVE + step]
    assert name in s.legal()
    assert s.act(name) == ["ok"]
    assert (s.character().facing, s.character().x, s.character().y) == (2 * step, 128, 128)
    assert name not in s.legal()
    assert s.act(name) == ["blocked"]


def test_a_walk_goes_on_while_the_agent_waits():
    s = Scene()
    s.agent(0, 0)
    s.act("move east", ticks=3)
    assert s.character().x >> 8 == 0
    s.act("wait", ticks=3)
    s.act("wait", ticks=3)
    assert s.character().x >> 8 == 1


@pytest.mark.parametrize("facing", range(0, 16, 2))
@pytest.mark.parametrize("name", ["wooden-chest", "stone-furnace", "burner-mining-drill"])
def test_place_extends_away_from_the_agent_and_to_its_right(facing, name):
    s = Scene()
    for tx in range(-4, 5):
        for ty in range(-4, 5):
            s.ore(tx, ty)
    s.agent(0, 0, facing=facing, **{name.replace("-", "_"): 1})
    s.act(f"hold {name}", ticks=0)
    assert "place" in s.legal()
    assert s.act("place", ticks=0) == ["ok"]
    covered = {(x, y) for x in range(-5, 6) for y in range(-5, 6) if s.tile(x, y).entity}
    step = facing // 2
    cardinal = step - step % 2
    ahead = np.array((aiming.STEP_X[cardinal], aiming.STEP_Y[cardinal]))
    right = np.array((-ahead[1], ahead[0]))
    near = np.array((aiming.STEP_X[step], aiming.STEP_Y[step]))
    size = 1 if name == "wooden-chest" else 2
    expected = {tuple(near + i * ahead + k * right) for i in range(size) for k in range(size)}
    assert covered == expected
    row = s.tile(*near.tolist()).entity - 1
    if name == "burner-mining-drill":
        assert s.batch.full.entity[0, row].direction == 2 * cardinal
    assert s.batch.full.entity[0, row].owner == 1


@pytest.mark.parametrize("facing", range(0, 16, 2))
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_footprints_of_every_size_turn_with_the_agent(size, facing):
    """The rule is the same in all four quarters: turning the facing turns the footprint."""
    centre = getattr(aiming.footprint_centre, "py_func", aiming.footprint_centre)
    if JIT:
        centre = _plain(aiming.footprint_centre)
    near = (aiming.STEP_X[facing // 2], aiming.STEP_Y[facing // 2])
    x, y = centre(facing, size, size, *near)
    base = facing % 4  # 0: north, 2: northeast
    bx, by = centre(base, size, size, aiming.STEP_X[base // 2], aiming.STEP_Y[base // 2])
    bx, by = bx - 128, by - 128  # from the agent's own centre
    for _ in range(facing // 4):
        bx, by = -by, bx
    assert (x - 128, y - 128) == (bx, by)
    half = 128 * size
    assert x - half <= near[0] * 256 and near[0] * 256 + 256 <= x + half
    assert y - half <= near[1] * 256 and near[1] * 256 + 256 <= y + half
    own = (x - half < 256 and x + half > 0) and (y - half < 256 and y + half > 0)
    assert not own, "the footprint may not cover the agent's tile"


def _plain(kernel):
    """A kernel as plain Python, the kernels that it calls included."""
    function = kernel.py_func
    scope = dict(function.__globals__)
    scope["cardinal"] = aiming.cardinal.py_func
    return type(function)(function.__code__, scope)


def test_interact_picks_up_mines_and_takes_apart():
    s = Scene()
    s.agent(0, 0, facing=c.EAST)
    s.ore(1, 0, "coal", 100)
    pile = s.pile(1, 0, "iron-plate")
    assert pile >= 0
    s.act("interact", ticks=10)
    assert s.held("iron-plate") == 1 and s.held("coal") == 0
    s.act("interact", ticks=121)
    assert s.held("coal") == 1
    s.act("wait", ticks=120)
    assert s.held("coal") == 2
    s.build("wooden-chest", 1, 0)
    s.act("interact", ticks=20)
    assert s.held("wooden-chest") == 1


def test_take_gives_results_first_and_inputs_only_by_hand():
    s = Scene()
    s.agent(0, 0, facing=c.EAST, coal=1, iron_ore=1)
    furnace = s.build("stone-furnace", 1, 0)
    s.fill(furnace, "coal", 4)
    s.fill(furnace, "iron-ore", 6)
    assert s.act("take", ticks=200) == ["nothing_to_take"]
    s.act("hold coal", ticks=0)
    assert s.act("take", ticks=0) == ["ok"]
    assert s.held("iron-plate") == 1 and s.held("coal") == 1  # the plate, not the coal in hand
    assert s.act("take", ticks=0) == ["ok"]
    assert s.held("coal") > 1
    s.act("hold iron-ore", ticks=0)
    assert s.act("take", ticks=0) == ["ok"]
    assert s.held("iron-ore") > 1


def test_take_from_a_chest_follows_the_hand():
    s = Scene()
    s.agent(0, 0, facing=c.EAST, coal=1)
    chest = s.build("wooden-chest", 1, 0)
    s.fill(chest, "stone", 4)
    s.fill(chest, "coal", 3)
    s.act("hold coal", ticks=0)
    s.act("take", ticks=0)
    assert (s.held("coal"), s.held("stone")) == (4, 0)
    s.act("take", ticks=0)
    assert s.held("stone") == 4


def test_insert_offers_five_and_insert_one_one():
    s = Scene()
    s.agent(0, 0, facing=c.EAST, coal=8)
    s.build("stone-furnace", 1, 0)
    s.act("hold coal", ticks=0)
    assert s.act("insert", ticks=0) == ["ok"]
    assert s.held("coal") == 3
    assert s.act("insert_one", ticks=0) == ["ok"]
    assert s.held("coal") == 2
    assert s.act("insert", ticks=0) == ["ok"]
    assert s.held("coal") == 0
    assert "insert" not in s.legal() and "hold coal" not in s.legal()


# -- a drill-furnace cell in all four directions -------------------------------------------------


def go(s: Scene, *names: str) -> None:
    """Act, and insist that each action was legal and done."""
    for name in names:
        assert name in s.legal(), f"{name} is not legal"
        assert s.act(name)[0] in ("ok", "running"), name
        assert s.character().activity == c.ACTIVITY_NONE, f"{name} is not done"


@pytest.mark.parametrize("quarter", range(4))
def test_a_cell_can_be_built_in_all_four_directions_by_actions_alone(quarter):
    """A furnace ahead of where the drill will drop, then two steps back and a turn, then the drill.

    Everything is said relative to the direction `ahead`, so that one script serves all four.
    """
    names = ("north", "east", "south", "west")
    ahead, back = names[quarter], names[(quarter + 2) % 4]
    s = Scene()
    for tx in range(-6, 7):
        for ty in range(-6, 7):
            s.ore(tx, ty)
    s.agent(0, 0, stone_furnace=1, burner_mining_drill=1, coal=10)
    go(s, f"move {ahead}", f"move {back}", f"move {back}", f"move {ahead}")
    # The agent stands in the middle and faces ahead; the furnace comes two tiles further on.
    go(s, f"move {ahead}", f"move {ahead}", "hold stone-furnace", "place")
    go(s, "hold coal", "insert")
    go(s, f"move {back}", f"move {back}", f"move {back}", f"move {ahead}")
    go(s, "hold burner-mining-drill", "place", "hold coal", "insert")
    s.batch.exchange(None, 480 + 200)
    furnaces = [e for e in s.batch.full.entity[0] if e.kind == c.KIND_FURNACE]
    drills = [e for e in s.batch.full.entity[0] if e.kind == c.KIND_DRILL]
    assert len(furnaces) == len(drills) == 1
    assert drills[0].direction == 4 * quarter
    assert furnaces[0].finished >= 1, "no plate was made"


@pytest.mark.parametrize("quarter", range(4))
def test_a_cell_can_be_built_the_other_way_round(quarter):
    """The drill first; then round it, and the furnace from the side onto the drop point."""
    names = ("north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest")
    ahead, left, right = (names[(2 * quarter + k) % 8] for k in (0, 6, 2))
    s = Scene()
    for tx in range(-6, 7):
        for ty in range(-6, 7):
            s.ore(tx, ty)
    s.agent(0, 0, facing=4 * quarter, stone_furnace=1, burner_mining_drill=1, coal=10)
    go(s, "hold burner-mining-drill", "place", "hold coal", "insert")
    # Two tiles aside, past the drill, and back; the furnace extends to the right, to the drill.
    go(s, f"move {left}", f"move {left}", *[f"move {ahead}"] * 4, f"move {right}")
    go(s, "hold stone-furnace", "place", "hold coal", "insert")
    s.batch.exchange(None, 480 + 200)
    furnaces = [e for e in s.batch.full.entity[0] if e.kind == c.KIND_FURNACE]
    assert len(furnaces) == 1 and furnaces[0].finished >= 1


def test_a_task_without_recipes_or_channel_has_a_short_list():
    task = SimpleNamespace(
        palette=("coal",), hand_recipes=(), machine_recipes=(), channel=False, goal_names=()
    )
    s = Scene(task=task)
    s.agent(0, 0, coal=1)
    assert s.interface.n_actions == actions.HOLD + 1
    assert s.act("hold coal") == ["ok"]
    assert TASK.palette == PALETTE and PROTOTYPES.items[PALETTE[0]]
