"""Walking past corners, and how far a character reaches (mechanics 2.2, 2.3, 2.5).

Positions in these tests are in 1/256 tile unless a name says tiles.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

from fz_multi.engine import World

ME = "agent_0"
HALF = 51  # of a character's box
FURNACE, CHEST, WALL = 179, 89, 74  # half sizes of boxes, mechanics 1.3
HEADINGS = {"east": (1, 0), "south": (0, 1), "west": (-1, 0), "north": (0, -1)}
DIAGONALS = {"northeast": (1, -1), "southeast": (1, 1), "southwest": (-1, 1), "northwest": (-1, -1)}


def tiles(x: int, y: int) -> tuple[float, float]:
    return x / 256, y / 256


def where(world: World, agent: str = ME) -> tuple[int, int]:
    x, y = world.character(agent)["position"]
    return round(256 * x), round(256 * y)


def order(world: World, verb: str, agent: str = ME, **params: Any) -> str:
    """Give a command; returns its code."""
    return world.command(agent, {"type": verb, "params": params})["code"]


def steps(world: World, heading: str, ticks: int) -> list[tuple[int, int]]:
    """(forward, sideways) of each tick of a walk; sideways is clockwise of the heading."""
    order(world, "MOVE", direction=heading)
    dx, dy = HEADINGS[heading]
    out, before = [], where(world)
    for _ in range(ticks):
        world.advance(1)
        now = where(world)
        mx, my = now[0] - before[0], now[1] - before[1]
        out.append((mx * dx + my * dy, -mx * dy + my * dx))
        before = now
    return out


def ahead_of(obstacle: tuple[str, int], heading: str, gap: int, aside: int) -> World:
    """A world with an obstacle in the middle and a character ``gap`` free ticks' way before it.

    ``aside``: from the obstacle's centre line, clockwise of the heading.
    """
    name, half = obstacle
    world = World(32, 32)
    x0, y0 = (0, 0) if name == "stone-furnace" else (128, 128)
    world.create_entity(name, tiles(x0, y0))
    dx, dy = HEADINGS[heading]
    back = half + HALF + 1 + gap
    world.create_character(ME, tiles(x0 - back * dx - aside * dy, y0 - back * dy + aside * dx))
    return world


# -- sliding and creeping --------------------------------------------------------------------------
@pytest.mark.parametrize("side", [1, -1], ids=["right", "left"])
@pytest.mark.parametrize("heading", HEADINGS)
@pytest.mark.parametrize("need", [175, 179, 180, 183, 100, 38, 1])
def test_the_limit_of_sliding_is_the_same_on_all_sides(need: int, heading: str, side: int) -> None:
    """175 slides and 183 does not (measured), the limit is 179 (mechanics 2.3, 12 rows 4 and 5)."""
    aside = side * (FURNACE + HALF + 1 - need)
    found = steps(ahead_of(("stone-furnace", FURNACE), heading, 21, aside), heading, 9)
    if need > 179:
        assert found == [(19, 0), (2, 0)] + [(0, 0)] * 7
        return
    sideways = [38] * (need // 38) + [need % 38] * (need % 38 > 0)
    forward = [(38, 0)] * (9 - len(sideways))
    assert found == [(0, side * step) for step in sideways] + forward


@pytest.mark.parametrize(
    ("heading", "south_or_west"),
    [("east", (0, 1)), ("west", (0, 1)), ("north", (-1, 0)), ("south", (-1, 0))],
)
def test_exactly_central_walkers_try_south_or_west(
    heading: str, south_or_west: tuple[int, int]
) -> None:
    """East and west try south first, north and south try west first (mechanics 2.3)."""
    world = ahead_of(("wooden-chest", CHEST), heading, 5, 0)
    start = where(world)
    order(world, "MOVE", direction=heading)
    world.advance(1)
    dx, dy = south_or_west
    assert where(world) == (start[0] + 38 * dx, start[1] + 38 * dy)
    world.advance(3)
    need = CHEST + HALF + 1
    assert where(world) == (start[0] + need * dx, start[1] + need * dy)


@pytest.mark.parametrize("heading", ["east", "north"])
def test_exactly_central_walkers_try_the_other_side_next(heading: str) -> None:
    world = ahead_of(("wooden-chest", CHEST), heading, 5, 0)
    blocker = (0.5, 1.5) if heading == "east" else (-0.5, 0.5)
    world.create_entity("wooden-chest", blocker)
    side = -1 if heading == "east" else 1  # north, or east: left of east, right of north
    assert steps(world, heading, 5) == [(0, side * n) for n in (38, 38, 38, 27)] + [(38, 0)]


@pytest.mark.parametrize("heading", HEADINGS)
def test_the_side_is_the_one_that_the_centre_is_on(heading: str) -> None:
    for aside in (1, -1):
        found = steps(ahead_of(("wooden-chest", CHEST), heading, 5, aside), heading, 4)
        assert found == [(0, aside * n) for n in (38, 38, 38, 26)]


def test_no_slide_without_a_free_stride_beyond() -> None:
    """The full stride ahead must be free from the cleared position, else it creeps."""
    world = ahead_of(("wooden-chest", CHEST), "east", 30, 60)
    world.create_entity("stone-wall", (1.5, 1.5))  # beyond the corner, and not in the way of it
    assert steps(world, "east", 3)[0] == (0, 38)
    world = ahead_of(("wooden-chest", CHEST), "east", 30, 60)
    world.create_entity("wooden-chest", (0.5, 1.5))  # closes the way beside it
    assert steps(world, "east", 5) == [(19, 0), (8, 0), (3, 0), (0, 0), (0, 0)]


@pytest.mark.parametrize("gap", range(38))
def test_creeping_takes_the_first_free_of_the_list(gap: int) -> None:
    """{19, 8, 7 ... 1} in turn: 37 closes as 19, 8, 8, 2; 13 as 8, 5; 7 at once (measured)."""
    world = World(32, 32)
    for y in range(-3, 4):
        world.create_entity("wooden-chest", (2.5, y + 0.5))
    world.create_character(ME, tiles(640 - CHEST - HALF - 1 - gap, 128))
    wanted, left = [], gap
    while left:
        wanted.append(next(step for step in (19, 8, 7, 6, 5, 4, 3, 2, 1) if step <= left))
        left -= wanted[-1]
    assert steps(world, "east", len(wanted) + 2) == [(n, 0) for n in (*wanted, 0, 0)]


# -- narrow gaps -----------------------------------------------------------------------------------
@pytest.mark.parametrize("heading", HEADINGS)
def test_two_walls_side_by_side_are_one(heading: str) -> None:
    """108/256 is solid although a character is only 102 wide (mechanics 2.3 point 3)."""
    along_x = heading in ("east", "west")
    world = World(32, 32)
    for place in ((0.5, 0.5), (0.5, -0.5) if along_x else (-0.5, 0.5)):
        world.create_entity("stone-wall", place)
    dx, dy = HEADINGS[heading]
    middle = (128, 0) if along_x else (0, 128)
    back = WALL + HALF + 1 + 21
    world.create_character(ME, tiles(middle[0] - back * dx, middle[1] - back * dy))
    assert steps(world, heading, 4) == [(19, 0), (2, 0), (0, 0), (0, 0)]


@pytest.mark.parametrize(("need", "slides"), [(175, True), (183, False)])
@pytest.mark.parametrize("side", [1, -1])
def test_two_walls_are_slid_past_as_one(need: int, slides: bool, side: int) -> None:
    """The box of both together counts for the way sideways."""
    world = World(32, 32)
    world.create_entity("stone-wall", (0.5, 0.5))
    world.create_entity("stone-wall", (0.5, -0.5))
    aside = side * (128 + WALL + HALF + 1 - need)
    world.create_character(ME, tiles(128 - WALL - HALF - 1 - 3, aside))
    found = steps(world, "east", 6)
    if slides:
        assert found == [(0, side * n) for n in (38, 38, 38, 38, 23)] + [(38, 0)]
    else:
        assert found == [(3, 0)] + [(0, 0)] * 5


@pytest.mark.parametrize(("names", "gap"), [("wall furnace", 131), ("furnace furnace", 154)])
@pytest.mark.parametrize("heading", HEADINGS)
def test_wider_gaps_let_through(names: str, gap: int, heading: str) -> None:
    """131 (wall beside furnace) and 154 (two furnaces) are passed (measured), on each line."""
    along_x = heading in ("east", "west")
    world = World(32, 32)
    low = ("stone-wall", 0.5, -0.5) if names.startswith("wall") else ("stone-furnace", 1.0, -1.0)
    for name, along, across in (low, ("stone-furnace", 1.0, 1.0)):
        world.create_entity(name, (along, across) if along_x else (across, along))
    top = 77 - gap  # the gap's edge on the low side; the furnace's is at 77
    dx, dy = HEADINGS[heading]
    far = -200 if dx + dy > 0 else 800
    for across in (top + HALF + 1, 77 - HALF - 1, 77 - gap // 2):
        start = tiles(far, across) if along_x else tiles(across, far)
        if world.batch.full.header.characters[0, 0]:
            world.teleport(ME, start)
        else:
            world.create_character(ME, start)
        assert steps(world, heading, 20) == [(38, 0)] * 20


# -- what is in the way ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "half"),
    [
        ("wooden-chest", 89), ("iron-chest", 89), ("steel-chest", 89), ("stone-wall", 74),
        ("stone-furnace", 179), ("steel-furnace", 179), ("burner-mining-drill", 179),
        ("tree-01", 102), ("dead-grey-trunk", 153), ("big-rock", 256),
    ],
)  # fmt: skip
def test_characters_stand_clear_of_collision_boxes(name: str, half: int) -> None:
    """Boxes of mechanics 1.3; touching counts as colliding for a character (inclusive)."""
    world = World(32, 32)
    world.create_resource("coal", (-0.5, -0.5), 9)
    handle = world.create_entity(name, (0, 0))
    x, y = (round(256 * n) for n in world.entity(handle)["position"])
    world.create_character(ME, (-10, -10))
    for side in (1, -1):
        with pytest.raises(ValueError, match="in the way"):
            world.teleport(ME, tiles(x + side * (half + HALF), y))
        world.teleport(ME, tiles(x + side * (half + HALF + 1), y))


@pytest.mark.parametrize("heading", HEADINGS)
def test_the_edge_of_the_map_stops_a_walk(heading: str) -> None:
    world = World(8, 8)
    world.create_character(ME, (0, 0))
    order(world, "MOVE", direction=heading)
    world.advance(60)
    dx, dy = HEADINGS[heading]
    end = 4 * 256 - HALF - 1
    assert where(world) == (dx * end, dy * end)
    assert world.character(ME)["activity"] == "walking"  # the order stands


@pytest.mark.parametrize("heading", DIAGONALS)
def test_a_diagonal_walk_follows_what_it_touches(heading: str) -> None:
    """Not measured; ours: it creeps up to what it touches, then goes on along the free axis."""
    world = World(8, 8)
    world.create_character(ME, (0, 0))
    dx, dy = DIAGONALS[heading]
    world.teleport(ME, tiles(dx * 900, 0))
    order(world, "MOVE", direction=heading)
    world.advance(10)
    assert where(world) == (dx * (900 + 27 + 27 + 13 + 5), dy * (10 - 2) * 27)


def test_a_resource_and_a_pile_do_not_stop_a_walk() -> None:
    world = World(32, 32)
    for x in range(3):
        world.create_resource("stone", (x + 0.5, 0.5), 9)
        world.create_ground_item("coal", (x + 0.5, 0.5))
    world.create_character(ME, (-0.5, 0.5))
    assert steps(world, "east", 20) == [(38, 0)] * 20


def test_two_characters_never_overlap() -> None:
    """Ours: characters are obstacles to each other, as in the game."""
    world = World(32, 32)
    world.create_character("agent_0", (-2, 0.5))
    world.create_character("agent_1", (2, 0.5))
    order(world, "MOVE", "agent_0", direction="east")
    order(world, "MOVE", "agent_1", direction="west")
    for _ in range(60):
        world.advance(1)
        (ax, ay), (bx, by) = where(world, "agent_0"), where(world, "agent_1")
        assert max(abs(ax - bx), abs(ay - by)) > 2 * HALF


@pytest.mark.parametrize("target", [(3.5, 0.5), (-2.25, 4.75), (0.5, 0.5), (0.55, -6.0)])
def test_a_walk_to_a_point_ends_within_half_a_stride(target: tuple[float, float]) -> None:
    world = World(32, 32)
    world.create_character(ME, (0.5, 0.5))
    code = order(world, "MOVE", target=list(target))
    world.advance(100)
    x, y = where(world)
    assert code == "running"
    assert world.character(ME)["activity"] == "idle" and world.result(ME)["code"] == "ok"
    assert abs(x - 256 * target[0]) <= 19 and abs(y - 256 * target[1]) <= 19


def test_a_walk_that_makes_no_way_ends_as_blocked() -> None:
    world = World(32, 32)
    for y in range(-4, 5):
        world.create_entity("stone-wall", (2.5, y + 0.5))
    world.create_character(ME, (0.5, 0.5))
    order(world, "MOVE", target=[5.5, 0.5])
    world.advance(60)
    assert world.result(ME)["code"] == "blocked"
    assert world.character(ME)["activity"] == "idle"


# -- reach -----------------------------------------------------------------------------------------
def at_distance(far: int) -> list[tuple[int, int]]:
    """Ways (dx, dy) of a length, straight and slanted, and the ways one longer."""
    return [(far, 0), (0, far), (far * 3 // 5, far * 4 // 5), (far * 4 // 5, far * 3 // 5)]


@pytest.mark.parametrize("sign", [(1, 1), (-1, 1), (1, -1), (-1, -1)])
@pytest.mark.parametrize(
    ("name", "half", "at"),
    [("wooden-chest", CHEST, 128), ("stone-furnace", FURNACE, 0), ("stone-wall", WALL, 128)],
)
def test_reach_is_measured_to_the_box(name: str, half: int, at: int, sign: tuple[int, int]) -> None:
    """2,560/256 to the collision box is in reach, 2,561 is not (mechanics 2.5, 12 row 14)."""
    world = World(64, 64)
    handle = world.create_entity(name, (at / 256, at / 256))
    place = list(world.entity(handle)["position"])
    world.create_character(ME, (-20, -20))
    for dx, dy in at_distance(2560):
        for more, code in ((0, "running"), (1, "out_of_reach")):
            x, y = dx + (more if dx else 0), dy + (more if dy else 0)
            x, y = (n + half if n else n for n in (x, y))
            world.teleport(ME, tiles(at + sign[0] * x, at + sign[1] * y))
            assert order(world, "MINE", target=place) == code


@pytest.mark.parametrize("sign", [(1, 1), (-1, 1), (1, -1), (-1, -1)])
@pytest.mark.parametrize(("name", "at"), [("wooden-chest", 128), ("stone-furnace", 0)])
def test_placing_reaches_to_the_position_asked_for(
    name: str, at: int, sign: tuple[int, int]
) -> None:
    """10.0 tiles are allowed and 10.01 refused (mechanics 2.5, 12 row 15)."""
    world = World(64, 64)
    world.create_character(ME, (-20, -20))
    world.give(ME, name, 50)
    for dx, dy in at_distance(2560):
        for more in (1, 0):
            x, y = dx + (more if dx else 0), dy + (more if dy else 0)
            world.teleport(ME, tiles(at - sign[0] * x, at - sign[1] * y))
            code = order(world, "BUILD", entity=name, position=[at / 256, at / 256])
            assert code == ("out_of_reach" if more else "ok")
        handle = world.find((at / 256, at / 256))
        assert handle is not None
        world.remove_entity(handle)


@pytest.mark.parametrize("sign", [(1, 1), (-1, 1), (1, -1), (-1, -1)])
def test_a_deposit_is_reached_to_its_box(sign: tuple[int, int]) -> None:
    """2.7 tiles (691/256) to the box of +-25/256 (mechanics 2.5, the engine's rule)."""
    world = World(32, 32)
    world.create_resource("iron-ore", (0.5, 0.5), 50)
    world.create_character(ME, (-10, -10))
    for dx, dy in ((691, 0), (0, 691), (415, 552)):
        assert dx * dx + dy * dy <= 691 * 691
        for more, code in ((0, "running"), (1, "out_of_reach")):
            x, y = dx + (more if dx else 0), dy + (more if dy else 0)
            if more and dx and dy:
                x += 1
                assert x * x + y * y > 691 * 691
            x, y = (n + 25 if n else n for n in (x, y))
            world.teleport(ME, tiles(128 + sign[0] * x, 128 + sign[1] * y))
            assert order(world, "MINE", target=[0.5, 0.5]) == code


def test_picking_up_and_dropping_have_their_own_reach() -> None:
    """1 tile and 10 tiles (mechanics 2.1)."""
    world = World(64, 64)
    world.create_character(ME, (0, 0))
    world.create_ground_item("coal", tiles(257, 0))
    assert order(world, "PICK_UP") == "nothing_there"
    world.create_ground_item("coal", tiles(0, -256))
    assert order(world, "PICK_UP") == "ok"
    assert world.character(ME)["inventory"] == {"coal": 1}
    assert order(world, "DROP", item="coal", position=tiles(2561, 0)) == "out_of_reach"
    assert order(world, "DROP", item="coal", position=tiles(1536, 2048)) == "ok"


# -- turning ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("sixteenth", range(16))
def test_mining_turns_the_character_to_one_of_sixteen(sixteenth: int) -> None:
    """Facing turns toward the target, 16-way (mechanics 2.6), clockwise from north."""
    world = World(32, 32)
    angle = sixteenth * math.tau / 16
    handle = world.create_entity("wooden-chest", (0.5, 0.5))
    world.create_character(ME, (0.5 - 5 * math.sin(angle), 0.5 + 5 * math.cos(angle)))
    order(world, "MINE", target=list(world.entity(handle)["position"]))
    world.advance(1)
    assert world.character(ME)["direction"] == sixteenth


def test_a_mine_order_ends_a_walk() -> None:
    world = World(32, 32)
    world.create_resource("iron-ore", (0.5, 0.5), 50)
    world.create_character(ME, (0, 0))
    order(world, "MOVE", direction="east")
    world.advance(3)
    order(world, "MINE", target=[0.5, 0.5])
    at = where(world)
    world.advance(121)
    assert where(world) == at and world.character(ME)["inventory"] == {"iron-ore": 1}
