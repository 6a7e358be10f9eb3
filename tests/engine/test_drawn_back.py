"""Worlds with a history of random commands and edits, drawn as text and read again."""

from __future__ import annotations

import pytest
from fuzz import Fuzz

from fz_multi.engine import World


def world_of(batch: object, size: int) -> World:
    """A `World` around the one world of a batch."""
    world = World(size, size)
    world.batch = batch
    return world


def said(world: World) -> dict[str, object]:
    keys = ("name", "position", "direction", "inventories")
    return {
        "entities": [{key: e[key] for key in keys} for e in world.entities()],
        "resources": world.resources(),
        "piles": world.ground_items(),
        "agents": [world.character(f"agent_{n}")["inventory"] for n in range(2)],
    }


@pytest.mark.parametrize("seed", range(6))
def test_a_world_with_a_history_is_drawn_back(seed: int) -> None:
    """Built over piles, drills without ore, characters close to walls, and whatever else comes."""
    fuzz = Fuzz(seed, size=20, agents=2)
    for _ in range(5):
        fuzz.play(40)
        world = world_of(fuzz.batch, 20)
        text = world.draw()
        again = World.from_text(text)
        assert said(again) == said(world), text
        assert again.draw() == text
