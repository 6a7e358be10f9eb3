"""Arenas and agents: layout, reset, many on one server, deaths, what an outsider changes."""

from __future__ import annotations

import pytest
from mod_rig import Rig, commands, craft, drawn, engine, entry, land, move

from fz_multi.factorio.codec import map_to_wire
from fz_multi.task.maps import names

SQUARE = land(
    8,
    6,
    terrain=[0, 40, 1, 2, 2, 6],
    resources=[[0, "coal", 9]],
    entities=[["stone-furnace", 256, 256, 0, [["coal", 2], ["iron-ore", 10]]]],
    agents=[[-640, -128, [["wood", 3]], 0]],
)


@pytest.mark.parametrize("agents", [1, 2, 4, 12])
@pytest.mark.parametrize("name", names())
def test_every_map_is_laid_out_as_in_the_engine(name, agents):
    with Rig() as r:
        for seed in (1, 2):
            try:
                instance = drawn(name, agents=agents, seed=seed)
            except ValueError:
                pytest.skip(f"{name} is not for {agents} agents")
            r.reset(instance)
            twin = engine(instance)
            assert r.digest() == twin.world.observable_digest()
            r.step(97, [entry(move("south", ticks=9)), entry(craft("wooden-chest"))][:agents])
            tell = [move("south", ticks=9), craft("wooden-chest"), *[None] * agents][:agents]
            twin.exchange_parsed(commands(*tell), 97)
            assert r.digest() == twin.world.observable_digest()


@pytest.mark.parametrize("shuffle", [1, 2, 3])
def test_the_order_of_pairs_does_not_matter(shuffle):
    instance = drawn("refuel", agents=4)
    tell = [move("east"), craft("stone-furnace"), move("northwest"), craft("wooden-chest", 2)]
    with Rig() as plain, Rig(shuffle=shuffle) as mixed:
        answers = []
        for r in (plain, mixed):
            states = [r.reset(instance), r.reset(drawn("long_belt"), arena=5)]
            r.step(60, [entry(c) for c in tell])
            states += [r.collect(), r.good("state", arena=0, agent="agent_1")["state"]]
            states.append(r.good("agents", arena=5, do="list")["agents"])
            answers.append((states, r.digest(0), r.digest(5)))
        assert answers[0] == answers[1]


def test_a_small_map():
    with Rig() as r:
        state = r.good("reset", arenas=[{"arena": 2, "map": SQUARE}])["arenas"][0]
        assert state["terrain"] == [0, 40, 1, 2, 2, 6]
        assert state["res"] == [[0, state["res"][0][1], 9]]
        (furnace,) = state["ents"]
        assert furnace[4:6] == [256, 256] and len(furnace[16]) == 6
        (character,) = state["chars"]
        assert character[2:4] == [-640, -128] and character[28] == 250
        assert state["gone"] == [] and state["tick"] == 0


def test_reset_again_and_again_is_the_same_world():
    instance, other = drawn("refuel", agents=3), drawn("long_belt", agents=2)
    with Rig() as r:
        digests = set()
        for number in range(6):
            r.reset(other if number % 3 == 2 else instance)
            if number % 3 != 2:
                r.step(50, [entry(move("east")), entry(craft("wooden-chest"))])
                digests.add(r.digest())
            else:
                r.step(number)
        assert len(digests) == 1
        assert len(r.lua("for _, s in pairs(game.surfaces) do rcon.print(s.name) end").split()) == 4


def test_the_ground_is_restored():
    """Water that an outsider drained, and land that he flooded."""
    with Rig() as r:
        r.good("reset", arenas=[{"arena": 2, "map": SQUARE}])
        first = r.digest(2)
        r.lua(
            "game.get_surface('fz-arena-2-8x6').set_tiles({"
            "{name='lab-dark-1', position={0, 2}}, {name='lab-dark-1', position={-4, 2}},"
            "{name='out-of-map', position={2, -1}}, {name='water', position={3, -2}}}, false)"
        )
        r.seq[2] = 1
        state = r.collect(2)
        assert state["full"] == 1 and state["terrain"] != [0, 40, 1, 2, 2, 6]
        assert r.collect(2)["full"] == 0
        r.good("reset", arenas=[{"arena": 2, "map": SQUARE}])
        assert r.digest(2) == first


def test_arenas_do_not_touch_each_other():
    """Two at once are two worlds; one that is not stepped runs on without commands."""
    one, two = drawn("refuel", agents=2), drawn("two_cells", agents=3)
    with Rig() as r:
        orders = [{"arena": 7, "map": map_to_wire(one)}, {"arena": 3, "map": map_to_wire(two)}]
        assert [a["arena"] for a in r.good("reset", arenas=orders)["arenas"]] == [7, 3]
        twins = {7: engine(one), 3: engine(two)}
        tells = {7: [move("west"), craft("wooden-chest")], 3: [move("east"), None, move("north")]}
        for ticks in (1, 30, 45):
            steps = [{"arena": k, "agents": [entry(c) for c in tells[k]]} for k in (7, 3)]
            r.good("step", ticks=ticks, arenas=steps)
            r.finish()
            for k, twin in twins.items():
                twin.exchange_parsed(commands(*tells[k]), ticks)
                assert r.digest(k) == twin.world.observable_digest(), (k, ticks)
        r.step(20, [entry(move("south"))], arena=3)
        twins[7].batch.exchange(None, 20)
        assert r.digest(7) == twins[7].world.observable_digest()
        third = r.reset(drawn("two_cells"), arena=4)
        assert third["tick"] == 0 and r.collect(7)["tick"] == 96


def test_sixty_one_arenas():
    tiny = land(2, 2, agents=[[0, 0, [], 0]])
    with Rig() as r:
        orders = [{"arena": k, "map": tiny} for k in range(61)]
        assert len(r.good("reset", arenas=orders)["arenas"]) == 61
        assert r.good("hello")["arenas"] == list(range(61))
        refused = r.ask("reset", arenas=[{"arena": 61, "map": tiny}])
        assert refused["error"] == "bad_request" and "at most 61" in refused["detail"]
        assert r.good("hello")["arenas"] == list(range(61))
        r.good("reset", arenas=[{"arena": 60, "map": {**tiny, "agents": []}}])
        r.good("step", ticks=3, arenas=[{"arena": k, "agents": [{}]} for k in range(60)])
        r.finish()
        since = [[k, 1] for k in range(60)]
        assert all(a["tick"] == 3 for a in r.good("collect", since=since)["arenas"])


def test_friends():
    tiny = land(2, 2, agents=[[0, 0, [], 0]])
    with Rig() as r:
        r.good("reset", arenas=[{"arena": k, "map": tiny} for k in (1, 2)])
        said = r.lua(
            "local a, b = game.forces['fz-arena-1'], game.forces['fz-arena-2'] "
            "rcon.print(tostring(a.get_friend(b)) .. tostring(b.get_cease_fire(a)))"
        )
        assert said == "truetrue"


def test_teams_are_forces():
    tiny = land(4, 4, agents=[[-256, 0, [], 0], [256, 0, [], 2]])
    with Rig() as r:
        state = r.good("reset", arenas=[{"arena": 0, "map": tiny}])["arenas"][0]
        assert [c[7] for c in state["chars"]] == [0, 2]
        said = r.lua(
            "for _, c in pairs(game.get_surface('fz-arena-0-4x4').find_entities_filtered("
            "{type='character'})) do rcon.print(c.force.name) end"
        )
        assert sorted(said.split()) == ["fz-arena-0", "fz-arena-0-team-2"]


def test_recipes_and_triggers():
    with Rig() as r:
        r.reset(drawn("two_cells"))
        said = r.lua(
            "local f = game.forces['fz-arena-0'] rcon.print(tostring("
            "f.recipes['steel-plate'].enabled) .. tostring(f.technologies['steam-power'].enabled))"
        )
        assert said == "truefalse"


# -- agents --------------------------------------------------------------------------------------
def test_agents_come_and_go():
    with Rig() as r:
        r.reset(drawn("two_cells", agents=2))
        listed = r.good("agents", arena=0, do="list")["agents"]
        assert [(a["agent"], a["active"]) for a in listed] == [("agent_0", 1), ("agent_1", 1)]
        assert r.ask("agents", arena=0, do="create", agent="agent_5", x=0, y=0)["ok"] == 0
        made = r.good("agents", arena=0, do="create", agent="agent_2", x=1024, y=1024)["agents"]
        assert made[2] == {
            "agent": "agent_2",
            "number": 2,
            "active": 1,
            "team": 0,
            "x": 1024,
            "y": 1024,
        }
        busy = r.ask("agents", arena=0, do="create", x=1024, y=1024)
        assert "in the way" in busy["detail"]
        assert r.ask("agents", arena=0, do="create", x=10**6, y=0)["ok"] == 0
        r.step(10, [entry(move("east"))] * 3)
        state = r.collect()
        assert {c[0] for c in state["chars"]} == {0, 1, 2} and len(state["results"]) == 3
        r.good("agents", arena=0, do="remove", agent="agent_1")
        r.good("agents", arena=0, do="remove", agent="agent_1")  # once more does no harm
        gone = next(c for c in r.collect()["chars"] if c[0] == 1)
        assert gone[1] == 0
        r.step(10, [entry(move("east"))] * 3)
        assert r.ask("agents", arena=0, do="respawn", agent="agent_0")["ok"] == 0
        back = r.good("agents", arena=0, do="respawn", agent="agent_1")["agents"]
        assert back[1]["active"] == 1 and back[1]["x"] == listed[1]["x"]
        assert r.ask("agents", arena=0, do="remove", agent="nobody")["error"] == "unknown_agent"
        for number in range(3, 16):
            where = {"x": 256 * (number - 10), "y": -2048}
            assert r.ask("agents", arena=0, do="create", **where)["ok"] in (0, 1)
        r.good("agents", arena=0, do="list")


@pytest.mark.parametrize("how", ["die()", "destroy()"])
def test_death_is_reported(how):
    with Rig() as r:
        r.reset(drawn("two_cells", agents=2))
        r.step(15, [entry(move("east")), entry(move("west"))])
        before = {c[0]: c for c in r.collect()["chars"]}
        r.lua(
            "for _, c in pairs(game.get_surface('fz-arena-0-64x64').find_entities_filtered("
            f"{{type='character', limit=1}})) do c.{how} end"
        )
        state = r.collect()
        (dead,) = (c for c in state["chars"] if c[1] == 0)
        assert dead[2:4] == before[dead[0]][2:4] and dead[29] == [] and dead[28] == 0
        r.step(15, [entry(move("east")), entry(move("west"))])
        assert all(c[0] != dead[0] for c in r.collect()["chars"])
        shown = r.good("state", arena=0, agent=f"agent_{dead[0]}")["state"]
        assert shown["active"] == 0


# -- outsiders -----------------------------------------------------------------------------------
def test_what_an_outsider_changes_shows():
    """Plates into a furnace's chest, an entity destroyed, a character moved, ore set to 1."""
    instance = drawn("refuel", agents=2)
    with Rig() as r:
        r.reset(instance)
        twin = engine(instance)
        r.step(30)
        r.collect()
        twin.exchange_parsed([None, None], 30)
        world = twin.world
        handles = world.handles()
        furnace = next(h for h in handles if world.entity(h)["name"] == "stone-furnace")
        gone = next(h for h in handles if world.entity(h)["name"] == "burner-mining-drill")
        at, away = world.entity(furnace)["position"], world.entity(gone)["position"]
        ore = world.resources()[5]
        here = world.character("agent_1")["position"]
        target = (here[0] + 1.5, here[1])
        surface = f"game.get_surface('fz-arena-0-{instance.width}x{instance.height}')"
        r.lua(
            f"local s = {surface} "
            f"s.find_entity('stone-furnace', {{{at[0]}, {at[1]}}}).get_output_inventory()"
            ".insert({name='iron-plate', count=7}) "
            f"s.find_entity('burner-mining-drill', {{{away[0]}, {away[1]}}}).destroy() "
            f"s.find_entities_filtered({{type='character', position={{{here[0]}, {here[1]}}},"
            f" radius=0.1}})[1].teleport({{{target[0]}, {target[1]}}}) "
            f"s.find_entity('{ore['name']}', {{{ore['position'][0]}, {ore['position'][1]}}})"
            ".amount = 1"
        )
        world.insert(furnace, "iron-plate", 7, "result")
        world.remove_entity(gone)
        world.teleport("agent_1", target)
        world.create_resource(ore["name"], ore["position"], 1)
        twin.batch.settle()
        state = r.collect()
        assert state["full"] == 0
        assert len(state["gone"]) == 1 and len(state["ents"]) == 1 and len(state["chars"]) == 1
        assert len(state["res"]) == 1 and state["res"][0][2] == 1
        assert r.digest() == world.observable_digest()
        r.step(60)
        twin.exchange_parsed([None, None], 60)
        assert r.digest() == world.observable_digest()


def test_deposits_and_trees_that_come_and_go():
    """One destroyed and another made: their number is the same as before."""
    dry = {**SQUARE, "terrain": [0, 48], "entities": [["tree-01", 384, 384, 0, []]]}
    with Rig() as r:
        r.good("reset", arenas=[{"arena": 0, "map": dry}])
        r.seq[0] = 1
        state = r.collect()
        assert state["ents"] == [] and "res" not in state
        r.lua(
            "local s = game.get_surface('fz-arena-0-8x6') "
            "s.find_entities_filtered({type='resource'})[1].destroy() "
            "s.create_entity({name='stone', position={1.5, -2.5}, amount=4}) "
            "s.find_entities_filtered({type='tree'})[1].destroy() "
            "s.create_entity({name='tree-02', position={2.5, 1.5}})"
        )
        state = r.collect()
        assert sorted(row[0] for row in state["res"]) == [0, 5]
        assert next(row for row in state["res"] if row[0] == 0)[2] == 0
        assert len(state["gone"]) == 1 and len(state["ents"]) == 1
        state = r.collect()
        assert state["ents"] == [] and "res" not in state and state["gone"] == []


def test_only_what_changed_is_sent():
    with Rig() as r:
        r.reset(drawn("long_belt", agents=2))
        r.step(30, [entry(move("east"))])
        delta = r.collect()
        assert delta["full"] == 0
        again = r.collect()
        assert (again["ents"], again["gone"], again["chars"]) == ([], [], [])
        assert not {"res", "piles", "stat", "counts", "terrain"} & set(again)
        r.seq[0] -= 1  # a state that has not arrived: the next one is whole
        assert r.collect()["full"] == 1
