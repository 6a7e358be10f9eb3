"""Pictures of belts, of what lies on them, and of inserters."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from fz_multi.engine import World
from fz_multi.render import render
from fz_multi.render.logistics import lane_items
from fz_multi.render.marks import MARKS


def picture(world: World) -> np.ndarray:
    """The pixels of the map; the line with the tick and the legend are cut off."""
    world.batch.settle()
    return render(world.batch, tile_pixels=32, area=(0, 0, 4, 4))[20 : 20 + 128]


def belt(direction: str = "east", name: str = "transport-belt") -> World:
    world = World(8, 8)
    world.create_entity(name, (1.5, 1.5), direction)
    return world


def differ(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape != other.shape or bool((one != other).any())


def test_a_belt_shows_its_way_and_its_tier() -> None:
    pictures = [picture(belt(way)) for way in ("north", "east", "south", "west")]
    pictures += [picture(belt("east", f"{tier}-transport-belt")) for tier in ("fast", "express")]
    pictures.append(picture(World(8, 8)))
    for number, one in enumerate(pictures):
        assert all(differ(one, other) for other in pictures[:number])


def test_a_turn_is_no_straight_belt() -> None:
    turn = belt("south")
    turn.create_entity("transport-belt", (0.5, 1.5), "east")
    straight = belt("east")
    straight.create_entity("transport-belt", (0.5, 1.5), "east")
    assert differ(picture(turn), picture(straight))


def test_items_lie_on_their_lane() -> None:
    """Lane 1 is left of travel: north of a belt that runs east."""
    empty, heights = picture(belt("east")), []
    for lane, offset in ((1, -60), (2, 60)):
        world = belt("east")
        handle = world.find((1.5, 1.5))
        assert handle is not None
        world.put_on_belt(handle, lane, 128, "iron-plate")
        changed = np.argwhere((empty != picture(world)).any(axis=2))
        heights.append(changed[:, 0].mean() / 32)
        ((_item, x, y),) = lane_items(world.batch.tables(0))
        assert (x, y) == (1.5, 1.5 + offset / 256)
    assert heights[1] - heights[0] == pytest.approx(120 / 256, abs=0.1)


def test_an_arm_is_seen_to_swing() -> None:
    world = World(8, 8)
    chest = world.create_entity("wooden-chest", (1.5, 0.5))
    world.create_entity("burner-inserter", (1.5, 1.5), "north")
    world.create_entity("wooden-chest", (1.5, 2.5))
    world.insert(chest, "coal", 50)
    seen = []
    for _ in range(5):
        world.advance(9)
        seen.append(picture(world))
    assert all(differ(one, other) for one, other in pairwise(seen))


def test_each_reason_to_stand_still_has_a_sign() -> None:
    from fz_multi.engine import constants as k

    for status in (k.STATUS_NO_FUEL, k.STATUS_WAITING_SOURCE, k.STATUS_WAITING_SPACE):
        assert status in MARKS
