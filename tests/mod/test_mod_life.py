"""The mod's life: new saves, saves in the middle of things, changed configurations, self-test."""

from __future__ import annotations

import json
import shutil

import pytest
from mod_rig import MOD, Rig, commands, craft, drawn, engine, entry, land, move, wait

from fz_multi.factorio.exchange import read_answer

MINE = {"type": "MINE", "params": {"area": [[-30, -30], [30, 30]], "count": 4}}
LONG = {
    "type": "COMPOUND",
    "params": {"commands": [move("west", ticks=40), wait(9), craft("wooden-chest"), move("north")]},
}


def give_wood(r, twin, instance):
    """Something to craft with, on both sides."""
    surface = f"game.get_surface('fz-arena-0-{instance.width}x{instance.height}')"
    r.lua(
        f"for _, c in pairs({surface}.find_entities_filtered({{type='character'}})) do "
        "c.get_main_inventory().insert({name='wood', count=20}) end"
    )
    for number in range(len(instance.agents)):
        twin.world.give(f"agent_{number}", "wood", 20)


@pytest.mark.parametrize("on_tick", ["early", "late"])
@pytest.mark.parametrize("clock", ["unpause", "ticks_to_run"])
def test_save_in_mid_step(tmp_path, on_tick, clock):
    """A server that starts from a save goes on to the step's target, with every agent at work."""
    instance = drawn("refuel", agents=4)
    told = [move("east", ticks=70), craft("wooden-chest", 5), LONG, MINE]
    path = tmp_path / "save.zip"
    settings = {"on_tick": on_tick, "clock": clock}
    twin = engine(instance)
    with Rig(on_tick=on_tick, settings=settings) as r:
        r.reset(instance)
        give_wood(r, twin, instance)
        request = r.build(
            "step", ticks=90, arenas=[{"arena": 0, "agents": [entry(c) for c in told]}]
        )
        answer = r.say(json.dumps(request))
        assert read_answer(answer)["ok"] == 1
        r.update(41)
        r.server.save(path)
    with Rig(on_tick=on_tick, save=path) as r:
        assert r.tick == 41
        assert r.good("collect", since=[[0, 0]])["s"] == "run"
        assert r.say(json.dumps(request)) == answer  # the ledger has been saved, too
        assert r.finish() == 49
        twin.exchange_parsed(commands(*told), 90)
        assert r.digest() == twin.world.observable_digest()
        state = r.collect()
        assert state["full"] == 1 and state["tick"] == 90
        for ticks, tell in ((30, [None] * 4), (60, [move("south"), None, None, None])):
            r.step(ticks, [entry(c) for c in tell])
            twin.exchange_parsed(commands(*tell), ticks)
            assert r.digest() == twin.world.observable_digest()
        assert r.good("hello")["on_tick"] == on_tick


def test_save_while_it_stands(tmp_path):
    instance = drawn("long_belt", agents=2)
    path = tmp_path / "save.zip"
    with Rig() as r:
        r.reset(instance)
        r.step(33, [entry(move("east")), entry(craft("wooden-chest"))])
        before, session = r.collect(), r.good("hello")["session"]
        digest = r.digest()
        r.server.save(path)
    with Rig(save=path) as r:
        r.update(20)
        assert (r.tick, r.digest()) == (33, digest)
        assert r.good("hello")["session"] == session
        r.seq[0] = before["seq"]
        delta = r.collect()
        assert delta["full"] == 0 and delta["ents"] == [] and delta["chars"] == []


def test_save_while_free(tmp_path):
    path = tmp_path / "save.zip"
    with Rig() as r:
        r.reset(drawn("two_cells"))
        r.good("free", on=1)
        r.update(5)
        r.server.save(path)
    with Rig(save=path) as r:
        r.update(5)
        assert r.tick == 10 and r.good("ping")["free"] == 1


def test_save_before_the_selftest_is_over(tmp_path):
    path = tmp_path / "save.zip"
    with Rig() as r:
        r.update(20)
        assert r.good("selftest")["state"] == "running"
        r.server.save(path)
    with Rig(save=path) as r:
        r.update(60)
        found = r.good("selftest")
        assert (found["state"], found["walking"], found["mining"], found["crafting"]) == (
            "done",
            "native",
            "native",
            "native",
        )


@pytest.mark.parametrize("on_tick", ["early", "late"])
def test_selftest(on_tick):
    with Rig(on_tick=on_tick) as r:
        assert r.good("selftest")["state"] == "new"
        r.update(61)
        found = r.good("selftest")
        assert found["state"] == "done", found
        assert found["walk_ticks"] == 60 and abs(found["walked"] - 38 * 60) <= 38
        assert 12 <= found["mine_ticks"] <= 14  # 0.1 s of mining time at half speed
        hello = r.good("hello")
        assert [hello[k] for k in ("walking", "mining", "crafting")] == ["native"] * 3
        assert r.lua("rcon.print(#game.get_surface('fz-selftest').find_entities_filtered{})") == "0"


def test_selftest_does_not_disturb_arenas():
    instance = drawn("refuel", agents=2)
    with Rig() as r:
        r.update(3)
        r.reset(instance)
        twin = engine(instance)
        r.step(100, [entry(move("east"))])
        twin.exchange_parsed(commands(move("east"), None), 100)
        assert r.good("selftest")["state"] == "done"
        assert r.digest() == twin.world.observable_digest()


def test_selftest_that_is_disturbed():
    with Rig() as r:
        r.update(5)
        r.lua(
            "for _, e in pairs(game.get_surface('fz-selftest').find_entities_filtered{}) do "
            "e.destroy() end"
        )
        r.update(70)
        assert r.good("selftest")["state"] == "failed"
        r.reset(drawn("two_cells"))
        r.step(5)


def test_a_changed_configuration(tmp_path):
    """Another version of the game: stored tables are brought up to date, worlds go on."""
    instance = drawn("refuel", agents=2)
    path = tmp_path / "save.zip"
    with Rig() as r:
        r.update(70)
        r.reset(instance)
        r.step(25, [entry(move("west")), entry(craft("wooden-chest"))])
        digest = r.digest()
        r.server.save(path)
    with Rig(save=path, version="2.0.76") as r:
        assert r.good("hello")["game"] == "2.0.76"
        assert r.digest() == digest
        r.step(10)
        twin = engine(instance)
        twin.exchange_parsed(commands(move("west"), craft("wooden-chest")), 35)
        assert r.digest() == twin.world.observable_digest()


def test_other_release_of_the_game():
    """The same mod where the API of 2.1 is offered and nothing else."""
    instance = drawn("long_belt", agents=3)
    with Rig(version="2.1.9") as r:
        r.reset(instance)
        twin = engine(instance)
        tell = [move("east"), craft("wooden-chest"), MINE]
        r.step(90, [entry(c) for c in tell])
        twin.exchange_parsed(commands(*tell), 90)
        assert r.digest() == twin.world.observable_digest()
        assert r.good("state", arena=0, agent="agent_2")["state"]["active"] == 1


def test_a_mistake_in_a_tick_is_told_and_the_server_lives(tmp_path):
    """The mod with a mistake in it: the clock stops, every request says why, a reset helps."""
    broken = tmp_path / "fz_multi"
    shutil.copytree(MOD, broken)
    mind = broken / "gym" / "mind.lua"
    text = mind.read_text("utf-8").rstrip()
    assert text.endswith("return M")
    trap = (
        "local conclude = M.conclude\nfunction M.conclude(arena, tick)\n"
        "  if tick == 7 then error('a mistake') end\n"
        "  return conclude(arena, tick)\nend\nreturn M\n"
    )
    mind.write_text(text.removesuffix("return M") + trap, "utf-8")
    with Rig(mod=broken) as r:
        r.reset(drawn("two_cells"))
        r.good("step", ticks=30, arenas=[{"arena": 0, "agents": []}])
        r.finish()
        assert r.tick == 8
        for op, fields in (
            ("collect", {"since": [[0, 1]]}),
            ("step", {"ticks": 1, "arenas": [{"arena": 0, "agents": []}]}),
            ("free", {"on": 1}),
        ):
            answer = r.ask(op, **fields)
            assert answer["error"] == "failed" and "a mistake" in answer["detail"]
        r.update(5)
        assert r.tick == 8 and r.good("ping")["tick"] == 8
        r.reset(drawn("two_cells"))
        r.step(20)
        assert r.collect()["tick"] == 20


def test_an_outsider_who_takes_the_ground_away():
    with Rig() as r:
        r.reset(drawn("two_cells"))
        other = r.reset(drawn("refuel"), arena=1)
        r.lua("game.delete_surface('fz-arena-0-64x64')")
        r.update(2)
        assert r.ask("digest", arena=0)["error"] == "not_ready"
        assert r.ask("collect", since=[[0, 1]])["error"] == "not_ready"
        r.step(10, arena=1)
        assert r.collect(1)["seq"] == other["seq"] + 1
        r.reset(drawn("two_cells"))
        r.lua("game.merge_forces('fz-arena-0', 'neutral')")
        r.update(2)
        assert r.ask("digest", arena=0)["error"] == "not_ready"
        r.reset(drawn("two_cells"))
        r.step(10)
        twin = engine(drawn("two_cells"))
        twin.exchange_parsed([None, None], 10)
        assert r.digest() == twin.world.observable_digest()


@pytest.mark.parametrize("on_tick", ["early", "late"])
def test_fallbacks(tmp_path, on_tick):
    """Where the game does not walk, mine and craft by itself, the mod does it, as fast as it."""
    other = tmp_path / "fz_multi"
    shutil.copytree(MOD, other)
    file = other / "gym" / "selftest.lua"
    text = file.read_text("utf-8")
    said = '  return storage.selftest[what] or "native"\n'
    assert said in text
    file.write_text(text.replace(said, '  return "fallback"\n'), "utf-8")
    where = {"x": 2.5, "y": 0.5}
    told = [
        move("east", ticks=20),
        craft("wooden-chest", 2),
        {"type": "MINE", "params": {"target": where}},
    ]
    field = land(
        16,
        16,
        resources=[[8 * 16 + 10, "iron-ore", 5]],
        agents=[
            [-1000, -512, [], 0],
            [-1000, 512, [["wood", 5]], 0],
            [384, 128, [], 0],
        ],
    )
    with Rig(mod=other, on_tick=on_tick, settings={"on_tick": on_tick}) as r:
        r.good("reset", arenas=[{"arena": 0, "map": field}])
        hello = r.good("hello")
        assert [hello[k] for k in ("walking", "mining", "crafting")] == ["fallback"] * 3
        r.step(20, [entry(c) for c in told])
        r.seq[0] = 0
        state = r.collect()
        walker, crafter, _miner = state["chars"]
        assert walker[2:4] == [-1000 + 20 * 38, -512]
        assert [row[0] for row in state["results"]] == [0, 1, 1]
        assert crafter[24] == 1
        r.step(130)
        r.seq[0] = 0
        state = r.collect()
        _walker, crafter, miner = state["chars"]
        assert [row[0] for row in state["results"]][:2] == [0, 0] and crafter[24] == 0
        carried = [sum(c[29][2::3]) for c in state["chars"]]
        assert carried == [0, 3, 1]
        assert state["res"][0][2] == 4
        assert miner[21] == 1 and miner[22] > 0
