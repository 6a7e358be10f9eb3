"""Worlds from drawings and blueprint strings, and back (fz_multi.layouts)."""

from __future__ import annotations

import base64
import json
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fz_multi.engine import World
from fz_multi.layouts import BlueprintError, LayoutError, from_text

sys.path.insert(0, str(Path(__file__).parent.parent / "engine"))
from belt_factories import factory

FACTORIES = sorted((Path(__file__).parent.parent / "factories").glob("*.yaml"))


def encode(data: Any) -> str:
    """A blueprint string by hand: version character, base64, zlib, JSON."""
    return "0" + base64.b64encode(zlib.compress(json.dumps(data).encode())).decode()


def blueprint(entities: list[dict[str, Any]], version: int) -> str:
    numbered = [{"entity_number": n, **e} for n, e in enumerate(entities, 1)]
    return encode({"blueprint": {"item": "blueprint", "entities": numbered, "version": version}})


def standing(world: World) -> list[tuple[Any, ...]]:
    """What stands, by place, relative to the north-west corner of it all."""
    found = world.entities()
    x0 = min(e["position"][0] for e in found)
    y0 = min(e["position"][1] for e in found)
    return sorted(
        (e["position"][1] - y0, e["position"][0] - x0, e["name"], e["direction"]) for e in found
    )


V1, V2 = 281_479_278_886_912, 562_949_958_402_048  # 1.1.110 and 2.0.76


# -- drawings --------------------------------------------------------------------------------------
def test_a_bare_drawing_runs() -> None:
    world = World.from_text("FF..\nFF..\n.>>>")
    assert [e["name"] for e in world.entities()].count("transport-belt") == 3


@pytest.mark.parametrize("seed", range(12))
def test_a_world_is_drawn_and_read_back(seed: int) -> None:
    """Entities, deposits, contents, belt items: all but what is in mid-work."""
    world, _ = factory(seed).build()
    world.advance(700)
    text = world.draw()
    again = World.from_text(text)
    assert standing(again) == standing(world)
    assert again.draw() == text
    lanes = [world.lanes(h) for h in world.handles() if world.entity(h).get("shape")]
    read = [again.lanes(h) for h in again.handles() if again.entity(h).get("shape")]
    assert sorted(map(str, lanes)) == sorted(map(str, read))


def test_what_is_wrong_is_named() -> None:
    for text, words in (
        ("drawing: |\n  q@q\n", "is not in the legend"),
        ("drawing: |\n  >\nsizes: [3, 3]\n", "unknown key"),
        ("", "no drawing"),
    ):
        with pytest.raises(LayoutError, match=words):
            World.from_text(text)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        from_text(text)
    except LayoutError as error:
        assert str(error)


# -- blueprints ------------------------------------------------------------------------------------
ROW = [
    {"name": "transport-belt", "position": {"x": x + 0.5, "y": 0.5}, "direction": 2}
    for x in range(4)
] + [
    {"name": "burner-inserter", "position": {"x": 1.5, "y": -0.5}, "direction": 0},
    {"name": "wooden-chest", "position": {"x": 1.5, "y": -1.5}},
]  # fmt: skip


def test_old_and_new_directions() -> None:
    """Eight directions up to 1.1, sixteen from 2.0 on."""
    new = [{**e, "direction": 2 * e.get("direction", 0)} for e in ROW]
    for entities, version in ((ROW, V1), (new, V2)):
        world, unusable = World.from_blueprint(blueprint(entities, version))
        assert unusable == []
        ways = {e["name"]: e["direction"] for e in world.entities()}
        assert ways["transport-belt"] == "east" and ways["burner-inserter"] == "north"


def test_what_cannot_be_used_is_listed() -> None:
    """Names that the engine does not model, drills without a deposit, places that are taken."""
    more = [
        *({**e, "direction": 2 * e.get("direction", 0)} for e in ROW),
        {"name": "assembling-machine-1", "position": {"x": 9.5, "y": 9.5}, "recipe": "pipe"},
        {"name": "burner-mining-drill", "position": {"x": 20, "y": 20}},
        {"name": "no-such-thing", "position": {"x": 30.5, "y": 0.5}},
    ]
    world, unusable = World.from_blueprint(blueprint(more, V2))
    text = " ".join(map(str, unusable))
    for words in ("assembling-machine-1", "burner-mining-drill", "no-such-thing"):
        assert words in text
    assert len(world.entities()) == len(ROW)
    _, with_ore = World.from_blueprint(
        blueprint(more, V2), deposits={"burner-mining-drill": "iron-ore"}
    )
    assert "burner-mining-drill" not in " ".join(map(str, with_ore))


def test_a_world_goes_into_a_blueprint_and_back() -> None:
    world = World.from_text((Path(__file__).parents[2] / "benchmarks/factory.yaml").read_text())
    again, unusable = World.from_blueprint(
        world.to_blueprint("smelter"), deposits={"burner-mining-drill": "iron-ore"}
    )
    assert unusable == []
    assert standing(again) == standing(world)


@pytest.mark.parametrize(
    "string",
    ["", "1abc", "0####", "0" + base64.b64encode(b"no zlib").decode(), encode([1]), encode({}),
     encode({"blueprint": {"entities": 3}}), encode({"blueprint": {"entities": [{"name": 1}]}})],
)  # fmt: skip
def test_what_is_no_blueprint(string: str) -> None:
    with pytest.raises(BlueprintError):
        World.from_blueprint(string)


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        World.from_blueprint("0" + base64.b64encode(zlib.compress(data)).decode())
    except BlueprintError as error:
        assert str(error)
