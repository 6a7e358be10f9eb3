"""Arms at belts that move: rates over long runs (mechanics 6.8 and 12 rows 84, 85)."""

from __future__ import annotations

import pytest

from fz_multi.engine import World

TICKS, EVERY = 3_000, 20


def drops(lane: int) -> list[int]:
    """The ticks in which an arm south of a belt drops an item into its chest.

    An item is laid on one lane every 20 ticks, four tiles upstream; what is not taken runs on.
    """
    world = World(64, 16)
    belts = [world.create_entity("transport-belt", (x + 0.5, 0.5), "east") for x in range(-30, 30)]
    arm = world.create_entity("burner-inserter", (-25.5, 1.5), "north")
    chest = world.create_entity("wooden-chest", (-25.5, 2.5))
    world.insert(arm, "coal", 5)
    ticks, count = [], 0
    for tick in range(TICKS):
        if tick % EVERY == 0:
            world.put_on_belt(belts[1], lane, 128, "iron-ore")
        world.advance(1)
        now = world.entity(chest)["inventories"]["chest"].get("iron-ore", 0)
        if now > count:
            ticks.append(world.tick)
            count = now
    return ticks


@pytest.mark.parametrize(
    ("lane", "items", "period"), [(2, 2, 140), (1, 3, 220)], ids=["near lane", "far lane"]
)
def test_an_item_every_20_ticks(lane: int, items: int, period: int) -> None:
    """Rows 84 and 85: two items in 140 ticks from the near lane, three in 220 from the far one.

    (The 40 and 38 items by t = 3,000 of these rows belong to a line that begins later.)
    """
    ticks = [tick for tick in drops(lane) if tick > 600]
    spans = {later - tick for tick, later in zip(ticks, ticks[items:], strict=False)}
    assert spans == {period}


def test_two_lanes_are_no_faster_than_one() -> None:
    """From a line at rest the arm takes an item in 76 ticks or a little less, near lane first."""
    world = World(32, 16)
    belts = [world.create_entity("transport-belt", (x + 0.5, 0.5), "east") for x in range(8)]
    world.insert(world.create_entity("burner-inserter", (7.5, 1.5), "north"), "coal", 2)
    chest = world.create_entity("wooden-chest", (7.5, 2.5))
    for belt in belts:
        for lane, item in ((1, "copper-ore"), (2, "iron-ore")):
            for position in (0, 64, 128, 192):
                world.put_on_belt(belt, lane, position, item)
    world.advance(76 * 10 + 47)
    held = world.entity(chest)["inventories"]["chest"]
    assert set(held) == {"iron-ore"}
    assert 10 <= held["iron-ore"] <= 12
