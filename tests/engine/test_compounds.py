"""COMPOUND: commands one after the other, each when the one before is done, until the first error.

Ticks: the first command acts with the COMPOUND, before the next tick; each later one at the start
of the first tick in which nothing is running.
"""

from __future__ import annotations

from typing import Any

import pytest

from fz_multi.commands import MAX_COMPOUND, CommandError
from fz_multi.engine import World


def say(message: int) -> dict[str, Any]:
    return {"type": "SAY", "params": {"message": message}}


def wait(ticks: int) -> dict[str, Any]:
    return {"type": "WAIT", "params": {"ticks": ticks}}


def move(**params: Any) -> dict[str, Any]:
    return {"type": "MOVE", "params": params}


def craft(recipe: str = "iron-gear-wheel", count: int = 1) -> dict[str, Any]:
    return {"type": "CRAFT", "params": {"recipe": recipe, "count": count}}


def build(entity: str, x: float, y: float) -> dict[str, Any]:
    return {"type": "BUILD", "params": {"entity": entity, "position": [x, y]}}


def mine(x: float, y: float, **params: Any) -> dict[str, Any]:
    return {"type": "MINE", "params": {"target": [x, y], **params}}


def compound(*commands: dict[str, Any]) -> dict[str, Any]:
    return {"type": "COMPOUND", "params": {"commands": list(commands)}}


CANCEL = {"type": "CANCEL"}


@pytest.fixture
def world() -> World:
    world = World(32, 32)
    for k in range(2):
        world.create_character(f"agent_{k}", (0.5, 8 * k + 0.5))
        world.give(f"agent_{k}", "iron-plate", 50)
        world.give(f"agent_{k}", "wooden-chest", 5)
    return world


def message(world: World, agent: int = 0) -> int | None:
    said = int(world.batch.seen.character["message"][0, agent])
    return said - 1 if said else None


def activity(world: World, agent: str = "agent_0") -> str:
    return world.character(agent)["activity"]


# -- the order of things ---------------------------------------------------------------------------
def test_one_command_at_once_and_one_more_each_tick(world: World) -> None:
    result = world.command("agent_0", compound(say(1), say(2), say(3)))
    assert result == {"type": "COMPOUND", "code": "running"}
    seen = [message(world)]
    for _ in range(2):
        world.advance(1)
        seen.append(message(world))
    assert seen == [1, 2, 3]
    assert world.result("agent_0") == {"type": "COMPOUND", "code": "ok"}


def test_the_next_waits_for_the_one_before(world: World) -> None:
    start = world.character("agent_0")["position"]
    world.command("agent_0", compound(move(direction="east", ticks=10), say(4), wait(20), say(5)))
    world.advance(10)
    x, y = world.character("agent_0")["position"]
    assert (round((x - start[0]) * 256), y) == (380, start[1])
    assert message(world) is None
    world.advance(1)
    assert message(world) == 4
    # The wait begins in the tick after the message and is over after 20 ticks.
    world.advance(20)
    assert message(world) == 4
    assert world.result("agent_0")["code"] == "running"
    world.advance(1)
    assert message(world) == 5
    assert world.result("agent_0") == {"type": "COMPOUND", "code": "ok"}
    assert activity(world) == "idle"


def test_a_craft_is_done_before_what_needs_it(world: World) -> None:
    world.give("agent_0", "stone", 5)
    world.command("agent_0", compound(craft("stone-furnace"), build("stone-furnace", 4, 0)))
    assert activity(world) == "crafting"
    world.advance(29)
    assert world.entities() == []
    world.advance(3)
    assert [e["name"] for e in world.entities()] == ["stone-furnace"]
    assert world.result("agent_0")["code"] == "ok"


def test_mining_is_done_before_the_next(world: World) -> None:
    world.create_resource("coal", (2.5, 0.5), 100)
    world.command("agent_0", compound(mine(2.5, 0.5, count=2), build("wooden-chest", 4.5, 0.5)))
    world.advance(240)
    assert world.entities() == []  # two ores take 241 ticks (mechanics 12 row 8)
    world.advance(2)
    assert world.character("agent_0")["inventory"]["coal"] == 2
    assert [e["name"] for e in world.entities()] == ["wooden-chest"]


def test_sixty_four_commands_and_agents_do_not_mix(world: World) -> None:
    world.commands({
        "agent_0": compound(*(say(k) for k in range(MAX_COMPOUND))),
        "agent_1": compound(*(say(100 + k) for k in range(MAX_COMPOUND))),
    })  # fmt: skip
    for k in range(MAX_COMPOUND):
        assert (message(world, 0), message(world, 1)) == (k, 100 + k)
        assert world.result("agent_1")["code"] == ("running" if k < MAX_COMPOUND - 1 else "ok")
        world.advance(1)


def test_it_goes_on_after_a_snapshot(world: World) -> None:
    world.command("agent_0", compound(wait(5), craft(), say(9)))
    world.advance(3)
    snapshot = world.snapshot()
    world.advance(60)
    after = world.digest(), message(world)
    world.restore(snapshot)
    for _ in range(60):
        world.advance(1)
    assert (world.digest(), message(world)) == after
    assert after[1] == 9


# -- errors ----------------------------------------------------------------------------------------
def test_the_first_error_ends_it_and_says_which(world: World) -> None:
    world.command("agent_0", compound(say(1), wait(3), build("stone-furnace", 4, 0), say(2)))
    world.advance(10)
    result = world.result("agent_0")
    assert (result["type"], result["code"]) == ("COMPOUND", "insufficient_items")
    assert result["failed"] == 2
    assert "inventory does not hold" in result["detail"]
    assert message(world) == 1
    assert activity(world) == "idle"


def test_what_fails_at_once_leaves_what_is_running(world: World) -> None:
    world.command("agent_0", move(direction="east"))
    world.advance(1)
    result = world.command("agent_0", compound(build("stone-furnace", 4, 0), say(2)))
    assert (result["code"], result["failed"]) == ("insufficient_items", 0)
    before = world.character("agent_0")["position"]
    world.advance(1)
    assert activity(world) == "walking"
    assert world.character("agent_0")["position"] != before
    assert message(world) is None


def test_a_walk_that_is_blocked_ends_it(world: World) -> None:
    for y in range(-3, 4):
        world.create_entity("stone-wall", (3.5, y + 0.5))
    world.command("agent_0", compound(move(target=[6.5, 0.5]), say(1)))
    world.advance(200)
    result = world.result("agent_0")
    assert (result["code"], result["failed"]) == ("blocked", 0)
    assert message(world) is None


def test_a_target_that_a_partner_took_ends_it(world: World) -> None:
    chest = world.create_entity("wooden-chest", (0.5, 4.5))
    world.command("agent_0", compound(mine(0.5, 4.5), say(1)))
    world.advance(5)
    world.remove_entity(chest)
    world.advance(1)
    result = world.result("agent_0")
    assert (result["code"], result["failed"]) == ("nothing_there", 0)


def test_a_later_verb_inside_is_refused_by_its_code(world: World) -> None:
    research = {"type": "RESEARCH", "params": {"technology": "automation"}}
    world.command("agent_0", compound(say(1), research, say(2)))
    world.advance(3)
    assert world.result("agent_0")["code"] == "not_implemented"
    assert message(world) == 1


def test_counters_count_each_part_that_was_begun(world: World) -> None:
    world.command("agent_0", compound(say(1), say(2), build("stone-furnace", 4, 0), say(3)))
    world.advance(10)
    agent = world.batch.seen.agent[0, 0]
    assert (agent.commands, agent.refused, agent.messages) == (4, 1, 2)


# -- other commands meanwhile ----------------------------------------------------------------------
@pytest.mark.parametrize("other", [move(direction="south"), mine(4.5, 0.5), compound(wait(99))])
def test_another_activity_takes_its_place(world: World, other: dict[str, Any]) -> None:
    world.create_entity("wooden-chest", (4.5, 0.5))
    world.command("agent_0", compound(wait(5), say(1)))
    world.advance(2)
    assert world.command("agent_0", other)["code"] == "running"
    world.advance(60)
    assert message(world) is None
    assert world.result("agent_0")["type"] == other["type"]


@pytest.mark.parametrize("other", [move(target=[99, 0]), mine(5.5, 5.5), build("lab", 3, 3)])
def test_a_refused_command_lets_it_go_on(world: World, other: dict[str, Any]) -> None:
    world.command("agent_0", compound(wait(5), say(1)))
    world.advance(2)
    assert world.command("agent_0", other)["code"] not in ("ok", "running")
    world.advance(4)
    assert message(world) == 1


def test_instant_commands_do_not_end_it(world: World) -> None:
    world.command("agent_0", compound(wait(5), build("wooden-chest", 3.5, 0.5)))
    world.advance(2)
    assert world.command("agent_0", say(7)) == {"type": "SAY", "code": "ok"}
    world.advance(10)
    assert len(world.entities()) == 1


def test_a_later_error_stands_beside_the_newer_result(world: World) -> None:
    world.command("agent_0", compound(wait(5), build("stone-furnace", 3, 0), say(1)))
    world.advance(2)
    world.command("agent_0", say(7))
    world.advance(10)
    result = world.result("agent_0")
    assert (result["type"], result["code"]) == ("SAY", "ok")
    assert result["ended"] == {"type": "BUILD", "code": "insufficient_items"}
    assert message(world) == 7


# -- CANCEL ----------------------------------------------------------------------------------------
def test_cancel_ends_it(world: World) -> None:
    world.command("agent_0", compound(move(direction="east"), say(1)))
    world.advance(5)
    assert world.command("agent_0", CANCEL)["code"] == "ok"
    here = world.character("agent_0")["position"]
    world.advance(20)
    assert world.character("agent_0")["position"] == here
    assert activity(world) == "idle"
    assert message(world) is None


@pytest.mark.parametrize("what", ["all", "craft"])
def test_cancel_of_the_craft_that_it_waits_for(world: World, what: str) -> None:
    world.command("agent_0", compound(craft(), say(1)))
    world.advance(5)
    world.command("agent_0", {"type": "CANCEL", "params": {"what": what}})
    assert activity(world) == "idle"
    assert world.character("agent_0")["inventory"]["iron-plate"] == 50
    world.advance(60)
    assert message(world) is None
    if what == "craft":
        assert world.result("agent_0")["ended"] == {"type": "CRAFT", "code": "cancelled"}


def test_cancel_of_the_activity_keeps_the_crafts(world: World) -> None:
    world.command("agent_0", compound(craft(), say(1)))
    world.advance(5)
    world.command("agent_0", {"type": "CANCEL", "params": {"what": "activity"}})
    world.advance(60)
    assert message(world) is None
    assert world.character("agent_0")["inventory"]["iron-gear-wheel"] == 1


def test_it_may_begin_with_a_cancel(world: World) -> None:
    world.command("agent_0", move(direction="east"))
    world.advance(2)
    here = world.character("agent_0")["position"]
    assert world.command("agent_0", compound(CANCEL, say(1)))["code"] == "running"
    assert activity(world) == "idle"
    world.advance(1)
    assert message(world) == 1
    assert world.character("agent_0")["position"] == here
    assert world.result("agent_0")["code"] == "ok"
    refused = world.command("agent_0", compound(CANCEL, say(2)))
    assert (refused["code"], refused["failed"]) == ("nothing_running", 0)


# -- what cannot be said ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("commands", "words"),
    [
        ([], "1 to 64 commands"),
        ([say(1)] * 65, "65 commands; at most 64"),
        ([compound(say(1))], r"commands\[0\].*COMPOUND inside a COMPOUND is not allowed"),
        ([say(1), compound(compound(say(1)))], r"commands\[1\].*inside"),
        ([say(1), {"type": "FLY"}], r"commands\[1\].*unknown command type 'FLY'.*WAIT, MOVE"),
        ([say(1), craft("gear")], r"commands\[1\].*no recipe is called 'gear'"),
        ([say(1), None], r"commands\[1\].*a command is an object"),
        ("SAY", "a list of 1 to 64 commands"),
        ({"0": say(1)}, "a list of 1 to 64 commands"),
    ],
)
def test_malformed_lists_are_refused_as_a_whole(world: World, commands: Any, words: str) -> None:
    before = world.digest()
    with pytest.raises(CommandError, match=words):
        world.command("agent_0", {"type": "COMPOUND", "params": {"commands": commands}})
    assert world.digest() == before


def test_a_refused_compound_leaves_the_running_one_as_it_is() -> None:
    """Its commands are not overwritten by those that were refused."""
    world = World(32, 32)
    world.create_character("agent_0", (0.5, 0.5))
    walks = compound(move(direction="east", tiles=2), move(direction="south", tiles=2))
    assert world.command("agent_0", walks)["code"] == "running"
    world.advance(5)
    other = compound(build("wooden-chest", 2.5, 2.5), move(direction="north", tiles=5))
    assert world.command("agent_0", other)["code"] == "insufficient_items"
    world.advance(60)
    x, y = world.character("agent_0")["position"]
    assert abs(x - 2.5) < 0.1 and abs(y - 2.5) < 0.1
