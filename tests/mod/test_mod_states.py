"""The readable state of an agent, and the files that hold it."""

from __future__ import annotations

import json

import pytest
from mod_rig import Rig, commands, craft, drawn, engine, entry, land, move

from fz_multi.engine.constants import STATUS_NAMES


def contents(entity):
    sums: dict[str, int] = {}
    for inventory in entity["inventories"].values():
        for name, count in inventory.items():
            sums[name] = sums.get(name, 0) + count
    return sums


def point(tiles):
    return {"x": int(tiles[0] * 256), "y": int(tiles[1] * 256)}


@pytest.mark.parametrize("name", ["refuel", "long_belt", "handoff"])
def test_state_is_what_the_engine_says(name):
    instance = drawn(name, agents=2)
    with Rig() as r:
        r.reset(instance)
        twin = engine(instance)
        tell = [move("east", ticks=100), craft("wooden-chest")]
        r.step(75, [entry(c) for c in tell])
        twin.exchange_parsed(commands(*tell), 75)
        world = twin.world
        for number in (0, 1):
            state = r.good("state", arena=0, agent=f"agent_{number}", radius=64)["state"]
            character = world.character(f"agent_{number}")
            assert state["position"] == point(character["position"])
            assert state["direction"] == character["direction"]
            assert state["inventory"] == character["inventory"]
            assert state["crafting"]["queue"] == character["crafting_queue"]
            assert state["result"]["code"] == character["result"]
            assert (state["tick"], state["health"]) == (75, 250)
            shown = {(e["x"], e["y"]): e for e in state["entities"]}
            assert len(shown) == len(world.handles())
            for handle in world.handles():
                e = world.entity(handle)
                x, y = e["position"]
                mine = shown[int(x * 256), int(y * 256)]
                assert mine["name"] == e["name"]
                assert mine.get("status", "") == e["status"]
                assert mine.get("contents", mine.get("inventory", {})) == contents(e)
                if e["burning"]:
                    item, energy = e["burning"]
                    assert mine["burning"] == {"item": item, "energy": int(energy)}
                if "lanes" in mine:
                    lanes = [sum(lane.values()) for lane in mine["lanes"]]
                    assert lanes == [len(lane) for lane in world.lanes(handle)]
                    assert mine["shape"] == e["shape"]
                if mine["type"] == "inserter":
                    assert mine.get("held") == e["held"]
                    assert mine["hand"] == point(e["hand"])
            ores = {(o["x"], o["y"]): (o["name"], o["amount"]) for o in state["resources"]}
            assert ores == {
                tuple(int(v * 256) for v in o["position"]): (o["name"], o["amount"])
                for o in world.resources()
            }
            assert [a["agent"] for a in state["agents"]] == [f"agent_{1 - number}"]


def test_statuses_have_the_games_names():
    with Rig() as r:
        said = r.lua("for name in pairs(defines.entity_status) do rcon.print(name) end").split()
        assert set(STATUS_NAMES[1:]) <= set(said)


def test_walking_and_mining_with_their_target():
    with Rig() as r:
        instance = drawn("two_cells")
        r.reset(instance)
        where = {"x": instance.agents[0].x + 3, "y": instance.agents[0].y}
        r.step(5, [entry({"type": "MOVE", "params": {"target": where}})])
        state = r.good("state", arena=0, agent="agent_0")["state"]
        assert state["walking"]["active"] == 1
        assert state["activity"] == {
            "kind": "walking_to",
            "verb": "MOVE",
            "target": {k: int(v * 256) for k, v in where.items()},
        }
        area = [[-40, -40], [40, 40]]
        r.lua(
            "local s = game.get_surface('fz-arena-0-64x64') "
            f"local at = {{{state['position']['x'] / 256}, {state['position']['y'] / 256}}} "
            "local c = s.find_entities_filtered{type='character', position=at, radius=0.1}[1] "
            "local ore = s.find_entities_filtered{type='resource', limit=1}[1] "
            "c.teleport({ore.position.x + 1, ore.position.y})"
        )
        r.step(20, [entry({"type": "MINE", "params": {"area": area, "count": 3}})])
        mining = r.good("state", arena=0, agent="agent_0")["state"]["mining"]
        assert (mining["active"], mining["kind"], mining["progress"]) == (1, "resource", 42)
        assert mining["name"].endswith(("ore", "coal", "stone")) and set(mining["target"]) == {
            "x",
            "y",
        }


def test_the_local_map():
    shore = land(
        8,
        6,
        terrain=[0, 40, 1, 2, 2, 6],
        entities=[["stone-furnace", 256, 256, 0, []], ["transport-belt", -384, 128, 0, []]],
        agents=[[-640, -128, [], 0]],
    )
    with Rig() as r:
        r.good("reset", arenas=[{"arena": 0, "map": shore}])
        state = r.good("state", arena=0, agent="agent_0", radius=3)["state"]
        assert (state["map"]["left"], state["map"]["top"]) == (-6, -4)
        assert state["map"]["rows"] == [
            "       ",
            "  .....",
            "  .....",
            "  .....",
            "  ....#",
            "  ....#",
            "  ~~   ",
        ]
        tiny = r.good("state", arena=0, agent="agent_0", radius=0)["state"]
        assert tiny["map"]["rows"] == ["."] and tiny["entities"] == []


@pytest.mark.parametrize("on_tick", ["early", "late"])
def test_export(tmp_path, on_tick):
    """Every so many ticks each agent's state is a file, as `state` would have said it."""
    with Rig(on_tick=on_tick, settings={"on_tick": on_tick}, write_folder=tmp_path) as r:
        r.reset(drawn("refuel", agents=2))
        r.good("set", export={"every": 30, "folder": "states/run_1"})
        folder = tmp_path / "script-output" / "states" / "run_1" / "arena-0"
        r.step(29, [entry(move("east"))])
        r.collect()
        assert not folder.exists()
        r.step(1)
        r.collect()
        for agent in ("agent_0", "agent_1"):
            written = json.loads((folder / f"{agent}.json").read_text())
            assert written == r.good("state", arena=0, agent=agent)["state"]
            assert written["tick"] == 30
        r.step(59)
        assert json.loads((folder / "agent_0.json").read_text())["tick"] == 60
        r.good("set", export={"every": 0, "folder": "states/run_1"})
        r.step(60)
        r.collect()
        assert json.loads((folder / "agent_0.json").read_text())["tick"] == 60
