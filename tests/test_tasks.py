"""Tasks and maps: the project's own and anyone's."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

import fz_multi
from fz_multi import task as t
from fz_multi.task.draw import Draw, hashed
from fz_multi.task.drawing import share_out
from fz_multi.task.maps import MapError, load_map, names
from fz_multi.task.plan import Group

TASKS = ("handoff", "long_belt", "refuel", "two_cells")
every_task = pytest.mark.parametrize("task", TASKS)

FIELD = {
    "name": "field",
    "size": [24, 16],
    "resources": [{"name": "iron-ore", "area": [-4, -4, 4, 4], "amount": 100}],
    "areas": {"west": {"area": [-12, -8, 0, 8]}, "east": {"area": [0, -8, 12, 8]}},
    "entities": [{"name": "wooden-chest", "position": [10.5, 0.5], "tag": "box"}],
    "agents": [{"spawn": [-8, -8, -4, -4], "each": {"coal": 10}}],
}


def task_of(*terms, goals=None, **changes):
    never = (t.Goal("never", t.counter("made", "steel-plate"), at_least=1000),)
    goals = never if goals is None else goals
    fields = {"name": "own", "map": FIELD, "palette": ("coal",), "max_ticks": 10_000}
    return t.Task(**{**fields, "goals": goals, "terms": terms, **changes})


def world(env):
    return env._begun("test").world.world


def started(task, **options):
    env = fz_multi.parallel_env(task, **options)
    env.reset(seed=0)
    return env


def build_cell(env, x, y, *, fuel=5, owner=None):
    """A drill at the corner (x, y), facing north, and the furnace that it feeds."""
    w = world(env)
    drill = w.create_entity("burner-mining-drill", (x, y), owner=owner)
    furnace = w.create_entity("stone-furnace", (x, y - 2), owner=owner)
    if fuel:
        w.insert(drill, "coal", fuel)
        w.insert(furnace, "coal", fuel)
    return drill, furnace


def run(env, steps):
    """Wait; returns the infos of agent_0, step by step."""
    out = []
    for _ in range(steps):
        if not env.agents:
            break
        out.append(env.step(dict.fromkeys(env.agents, 0))[4]["agent_0"])
    return out


# -- the registry --------------------------------------------------------------------------------
def test_the_projects_tasks():
    assert fz_multi.tasks()[:4] == TASKS
    for name in TASKS:
        task = fz_multi.get_task(name)
        assert task.name == name and task.version == 1
        for part in ("Actions", "Observation", "Rewards", "Start", "End", "Arguments"):
            assert f"\n{part}\n---" in task.doc
        assert "Version history" in task.doc
        for term in task.terms:
            assert term.name in task.doc or term.name[:-2] in task.doc
        for number in task.goal_names:
            assert number in task.doc
    assert set(TASKS) <= set(names())


@every_task
def test_the_page_of_a_task_lists_its_actions(task):
    env = fz_multi.parallel_env(task)
    page, count = env.task.doc, env.interface.n_actions
    assert f"One of {count} a step" in page
    first = env.interface.index_of(f"hold {env.task.palette[0]}")
    last = first + len(env.task.palette) - 1
    assert f"{first}-{last}  hold" in page


def test_a_task_of_ones_own_in_a_few_lines():
    task = fz_multi.register_task(
        t.Task(
            name="ten_ore",
            map={
                "size": [16, 16],
                "resources": [{"name": "iron-ore", "area": [-3, -3, 3, 3]}],
                "agents": [{"spawn": [-2, -2, 2, 2]}],
            },
            palette=("iron-ore",),
            goals=(t.Goal("ore", t.counter("mined", "iron-ore"), at_least=4),),
            terms=(t.Term("ore", t.counter("mined", "iron-ore"), weight=0.1),),
            max_ticks=1200,
        )
    )
    assert "ten_ore" in fz_multi.tasks() and fz_multi.get_task("ten_ore") is task
    assert fz_multi.register_task(task) is task
    env = fz_multi.parallel_env("ten_ore", num_agents=2)
    env.reset(seed=0)
    interact, total = env.interface.index_of("interact"), 0.0
    while env.agents:
        busy = env.seen.character["activity"][0]
        actions = {a: 0 if busy[k] else interact for k, a in enumerate(env.agents)}
        _, rewards, terminations, _, infos = env.step(actions)
        total += rewards["agent_0"]
    assert all(terminations.values()) and infos["agent_0"]["success"] == 1
    assert 240 < env.tick <= 260
    assert total == pytest.approx(0.4 + 1.0)
    alone = gymnasium.make("fz_multi/ten_ore-v0")
    assert alone.reset(seed=0)[0].shape == alone.observation_space.shape
    with pytest.raises(ValueError, match="there is a task 'ten_ore' already"):
        fz_multi.register_task(task_of(name="ten_ore"))
    with pytest.raises(ValueError, match="there is a task 'two_cells' already"):
        fz_multi.register_task(task_of(name="two_cells"))


def test_a_map_in_a_file(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    text = "size: [20, 12]\nresources:\n  - {name: coal, area: [2, 2, 4, 4], amount: [5, 9]}\n"
    (folder / "map.yaml").write_text(text)
    for source in (folder, str(folder), folder / "map.yaml"):
        env = started(task_of(), map=source)
        assert (env.instance.name, env.instance.width, env.instance.height) == ("mine", 20, 12)
        deposits = world(env).resources()
        assert len(deposits) == 4 and all(5 <= d["amount"] <= 9 for d in deposits)
        assert {d["position"] for d in deposits} == {(2.5, 2.5), (3.5, 2.5), (2.5, 3.5), (3.5, 3.5)}


# -- maps and seeds ------------------------------------------------------------------------------
@every_task
def test_no_training_seed_gives_an_evaluation_map(task):
    game_map = load_map(task)
    draws = {
        split: {
            game_map.draw(seed, task=task, split=split, agents=2).layout() for seed in range(200)
        }
        for split in ("train", "eval")
    }
    assert not draws["train"] & draws["eval"]
    assert all(len(layouts) == 200 for layouts in draws.values())


@every_task
def test_a_map_depends_on_task_and_version_and_not_on_the_team(task):
    game_map = load_map(task)

    def layout(**changes):
        arguments = {"task": task, "version": 1, "agents": 2, **changes}
        return game_map.draw(3, **arguments).layout()

    assert layout() == layout() == layout(agents=7)
    assert len({layout(), layout(task="other"), layout(version=2), layout(split="eval")}) == 4


LAYOUT_OF_SEED_0 = "930942d5149970f7"
DRAWN = [1, 9, 4, 3, 8, 6, 7, 1]


def test_seeds_of_any_size_draw_the_same_everywhere():
    game_map = load_map("two_cells")
    first = game_map.draw(0, task="two_cells")
    assert first.layout().hex()[:16] == LAYOUT_OF_SEED_0
    assert game_map.draw(2**70, task="two_cells").layout() != first.layout()
    draw = Draw(hashed("a", 1))
    assert [draw.below(10) for _ in range(8)] == DRAWN
    assert sorted(draw.shuffled(list(range(9)))) == list(range(9))


@every_task
def test_every_map_can_be_played(task):
    """Patches, areas and agents lie on the map, for many seeds and every team."""
    env = fz_multi.parallel_env(task, num_agents=16)
    for seed in range(25):
        env.reset(seed=seed)
        at = env.instance
        assert not at.terrain[at.resource > 0].any()
        assert (at.amount[at.resource > 0] > 0).all()
        for name, (x0, y0, x1, y1) in at.areas.items():
            assert at.left <= x0 < x1 <= -at.left, name
            assert at.top <= y0 < y1 <= -at.top, name
        assert env.seen.character["active"][0].all()


def test_two_cells_are_far_apart_and_turned_by_the_seed():
    game_map, sides = load_map("two_cells"), set()
    for seed in range(40):
        at = game_map.draw(seed, task="two_cells")
        a, b = at.areas["cell_a"], at.areas["cell_b"]
        gap = max(abs(a[0] - b[0]), abs(a[1] - b[1]))
        assert gap >= 40
        sides.add((abs(a[0] - b[0]) >= 40, a[0] < b[0] or a[1] < b[1]))
        for x0, y0, x1, y1 in (a, b):
            window = at.resource[y0 - at.top : y1 - at.top, x0 - at.left : x1 - at.left]
            assert window.sum() >= 30
    assert len(sides) >= 3


def test_a_kit_is_shared_out_evenly():
    group = Group("", (0, 0, 4, 4), (("drill", 4), ("furnace", 3), ("coal", 7)), (("wood", 1),))
    for members in (1, 2, 3, 5, 16):
        hands = [dict(hand) for hand in share_out(group, members)]
        assert len(hands) == members and all(hand["wood"] == 1 for hand in hands)
        for name, count in group.kit:
            counts = [hand.get(name, 0) for hand in hands]
            assert sum(counts) == count and max(counts) - min(counts) <= 1
    assert share_out(group, 0) == []


def test_a_map_is_turned_as_a_whole():
    game_map = load_map(
        {
            "size": [16, 16],
            "turn": True,
            "mirror": True,
            "resources": [{"name": "coal", "area": [3, -6, 5, -5], "amount": 9}],
            "entities": [
                {"name": "wooden-chest", "position": [4.5, -6.5], "tag": "box", "direction": "east"}
            ],
            "areas": {"spot": {"area": [3, -6, 5, -5]}},
        }
    )
    seen = set()
    for seed in range(80):
        at = game_map.draw(seed, split=("train", "eval")[seed % 2])
        rows, columns = np.nonzero(at.resource)
        x0, y0, x1, y1 = at.areas["spot"]
        tiles = {(int(c) + at.left, int(r) + at.top) for r, c in zip(rows, columns, strict=True)}
        assert tiles == {(x, y) for x in range(x0, x1) for y in range(y0, y1)}
        chest = at.entities[0]
        assert at.areas["box"][:2] == (int(np.floor(chest.x)), int(np.floor(chest.y)))
        seen.add((chest.x, chest.y, chest.direction))
    assert len(seen) == 8


# -- measures ------------------------------------------------------------------------------------
def value_of(env, name="x"):
    """The value that the goal `name` shows."""
    return env.observe()[1]["agent_0"][f"goal_{name}"]


MEASURES = {
    "made": (t.made("iron-plate"), 3),
    "made in the area": (t.made("iron-plate", "west"), 3),
    "made elsewhere": (t.made("iron-plate", "east"), 0),
    "made of another item": (t.made("copper-plate", "west"), 0),
    "fed": (t.fed("iron-ore", "west"), 4),
    "drilled": (t.counter("drilled", "iron-ore"), 4),
    "cells": (t.cells("west"), 1),
    "drills": (t.entities("burner-mining-drill", "west"), 1),
    "all entities": (t.entities(""), 3),
    "working": (t.working("burner-mining-drill"), 1),
    "fuelled": (t.fuelled("", "west"), 2),
    "ticks": (t.elapsed(), 1000),
    "held": (t.held("coal"), 20),
    "stored": (t.stored("coal", "box"), 0),
}


@pytest.mark.parametrize(("measure", "expected"), MEASURES.values(), ids=MEASURES)
def test_measures_of_a_running_cell(measure, expected):
    env = started(task_of(goals=(t.Goal("x", measure, at_least=10**6),)))
    build_cell(env, -2, 0)
    run(env, 100)  # ore at 243, 483, 723, 963; plates 193 ticks and more after the first three
    assert value_of(env) == expected


def test_measures_of_agents():
    goals = (
        t.Goal("near", t.distance("east"), at_least=10**6),
        t.Goal("stored", t.stored("coal", "box"), at_least=10**6),
        t.Goal("any", t.stored("", "box"), at_least=10**6),
        t.Goal("put", t.agent_counter("inserted"), at_least=10**6),
    )
    env = started(task_of(t.Term("put", t.agent_counter("inserted"), each=True), goals=goals))
    places = [world(env).character(agent)["position"][0] for agent in env.agents]
    assert value_of(env, "near") == min(-256 * x for x in places)
    world(env)._edit(10, 0, 9 * 256 + 128, 2 * 256 + 128)  # teleport
    insert = {"type": "INSERT", "params": {"target": [10.5, 0.5], "item": "coal", "count": 4}}
    _, rewards, *_, infos = env.command_step({"agent_0": insert})
    assert rewards == {"agent_0": 4.0, "agent_1": 4.0}
    assert [infos["agent_0"][f"goal_{n}"] for n in ("near", "stored", "any", "put")] == [0, 4, 4, 4]
    take = {"type": "TAKE", "params": {"target": [10.5, 0.5], "item": "coal"}}
    world(env)._edit(10, 1, 8 * 256 + 128, 2 * 256 + 128)
    env.command_step({"agent_1": take})
    assert env.seen.agent["handed"][0, 1] == 4


def test_how_terms_pay():
    kinds = {
        "counter": t.Term("x", t.stored("coal", "box"), 0.5),
        "capped": t.Term("x", t.stored("coal", "box"), 0.5, at_most=5),
        "potential": t.Term("x", t.stored("coal", "box"), 0.5, how="potential"),
        "level": t.Term("x", t.stored("coal", "box"), 0.5, how="level"),
        "own": t.Term("x", lambda seen: seen.header["tick"][:, 0] / 10.0, 2.0),
    }
    paid = {}
    for kind, term in kinds.items():
        env = started(task_of(term))
        box = world(env).find((10.5, 0.5))
        paid[kind] = []
        for change in (4, 0, -3, 2, 6):
            if change > 0:
                world(env).insert(box, "coal", change)
            elif change < 0:
                world(env).remove(box, "coal", -change, "chest")
            paid[kind].append(run(env, 1)[0]["reward_x"])
    assert paid == {
        "counter": [2.0, 0.0, 0.0, 0.0, 2.5],  # 4, 4, 1, 3, 9: only what is new pays
        "capped": [2.0, 0.0, 0.0, 0.0, 0.5],
        "potential": [2.0, 0.0, -1.5, 1.0, 3.0],
        "level": [2.0, 2.0, 0.5, 1.5, 4.5],
        "own": [2.0] * 5,
    }


def test_a_term_of_ones_own_for_each_agent():
    def across(seen):
        return seen.character["x"][:, :2] / 256

    env = started(task_of(t.Term("x", across, how="potential", each=True)), reward="individual")
    before = [world(env).character(agent)["position"][0] for agent in env.agents]
    move = {"type": "MOVE", "params": {"direction": "east"}}
    rewards = env.command_step({"agent_1": move})[1]
    after = [world(env).character(agent)["position"][0] for agent in env.agents]
    assert rewards == {"agent_0": 0.0, "agent_1": pytest.approx(after[1] - before[1])}
    with pytest.raises(ValueError, match="at_most goes with a measure"):
        t.Term("x", across, at_most=3)
    wrong = task_of(t.Term("x", lambda seen: np.zeros(3)))
    with pytest.raises(ValueError, match=r"must return finite numbers of shape \(1,\)"):
        fz_multi.parallel_env(wrong).reset(seed=0)


@pytest.mark.parametrize("how", ["counter", "potential"])
def test_a_cap_counts_for_the_whole_team(how):
    held = t.Term("x", t.held("iron-plate"), how=how, each=True, at_most=10)
    env = started(task_of(held), reward="individual")
    paid = []
    for first, second in ((4, 0), (0, 4), (5, 0), (0, 7)):
        for agent, count in (("agent_0", first), ("agent_1", second)):
            if count:
                world(env).give(agent, "iron-plate", count)
        paid.append(tuple(env.step({"agent_0": 0, "agent_1": 0})[1].values()))
    if how == "counter":  # what has been paid for stays
        assert paid == [(4.0, 0.0), (0.0, 4.0), (2.0, 0.0), (0.0, 0.0)]
    else:  # agent_0 counts first
        assert paid == [(4.0, 0.0), (0.0, 4.0), (5.0, -3.0), (0.0, 0.0)]


def test_ends_and_hints():
    env = started(
        task_of(
            ends=(t.Goal("late", t.elapsed(), at_least=35),),
            hints=(t.Goal("half", t.elapsed(), at_least=20),),
            success_bonus=5.0,
        )
    )
    assert env.task.goal_names == ("never", "half")
    infos = run(env, 3)
    assert env.agents and infos[-1]["goal_half"] == 30
    _, rewards, terminations, truncations, infos = env.step(dict.fromkeys(env.agents, 0))
    assert all(terminations.values()) and not any(truncations.values())
    assert rewards["agent_0"] == 0.0 and infos["agent_0"]["episode_success"] == 0.0
    assert env.events()[-1]["text"].startswith("ended")


# -- two_cells -----------------------------------------------------------------------------------
def ore_corner(at, area):
    """A corner with ore on all four tiles around it, near the middle of an area."""
    x0, y0, x1, y1 = at.areas[area]
    return (x0 + x1) // 2, (y0 + y1) // 2


@pytest.mark.parametrize("agents", [1, 2, 4])
def test_two_running_cells_solve_two_cells(agents):
    env = started("two_cells", num_agents=agents)
    for area in ("cell_a", "cell_b"):
        build_cell(env, *ore_corner(env.instance, area))
    infos = run(env, 720)
    opened = next(info for info in infos if info["only_wait"])
    assert opened["tick"] == 3600 and opened["goal_cell_a"] == 0
    last = infos[-1]
    assert last["success"] == 1 and last["episode_success"] == 1.0
    assert last["goal_cell_a"] >= 10 and last["goal_cell_b"] >= 10
    assert 3600 + 9 * 240 < last["tick"] <= 3600 + 10 * 240
    assert last["reward_success"] == 10.0 and not env.agents


def test_one_cell_is_not_enough():
    env = started("two_cells")
    build_cell(env, *ore_corner(env.instance, "cell_a"))
    last = run(env, 720)[-1]
    assert last["success"] == 0 and last["progress"] == 0.5
    assert last["tick"] == 7200 and env.events()[-1]["text"] == "out of time: 50% of the goals"


def test_ore_put_in_by_hand_is_no_cell():
    env = started("two_cells", max_ticks=4600, final_window=4000)
    for area in ("cell_a", "cell_b"):
        x, y = ore_corner(env.instance, area)
        furnace = world(env).create_entity("stone-furnace", (x, y))
        world(env).insert(furnace, "coal", 5)
        world(env).insert(furnace, "iron-ore", 50)
    infos = run(env, 460)
    assert world(env).counters("iron-plate")["made"] > 20
    assert infos[-1]["goal_cell_a"] <= 1 and infos[-1]["success"] == 0


def test_two_cells_without_a_window_ends_when_both_have_made_ten():
    env = started("two_cells", final_window=0)
    for area in ("cell_a", "cell_b"):
        build_cell(env, *ore_corner(env.instance, area))
    last = run(env, 720)[-1]
    assert last["success"] == 1 and last["tick"] < 2700


# -- handoff -------------------------------------------------------------------------------------
def at_the_chest(env):
    """Put agent_0 and agent_1 at the ends of their paths, as near to the other side as they get."""
    for agent, x, y in ((0, -52, -128), (1, 308, 384)):
        assert world(env)._edit(10, agent, x, y) == 0
    env.command_step({})


def test_both_sides_reach_the_shared_chest():
    env = started("handoff")
    at_the_chest(env)
    world(env).give("agent_0", "iron-plate", 60)
    insert = {"type": "INSERT", "params": {"target": [0.5, 0.5], "item": "iron-plate"}}
    env.command_step({"agent_0": insert})
    take = {"type": "TAKE", "params": {"target": [0.5, 0.5]}}
    infos = env.command_step({"agent_1": take})[4]
    assert world(env).character("agent_1")["inventory"]["iron-plate"] == 60
    assert infos["agent_1"]["reward_handed"] == pytest.approx(60 * 0.05)
    x, y = env.instance.areas["sink"][:2]
    world(env)._edit(10, 1, (x - 1) * 256 + 128, y * 256 + 128)
    deliver = {"type": "INSERT", "params": {"target": [x + 0.5, y + 0.5], "item": "iron-plate"}}
    _, rewards, terminations, *_ = env.command_step({"agent_1": deliver})
    assert terminations["agent_0"] and rewards["agent_0"] == pytest.approx(50 * 0.2 + 10)


def test_nobody_gets_over_the_water_even_without_the_chest():
    env = started("handoff")
    world(env).remove_entity(world(env).find((0.5, 0.5)))
    for agent, direction in (("agent_0", "southeast"), ("agent_1", "northwest")):
        at_the_chest(env)
        for target in ([0.5, 0.5], None):
            params = {"target": target} if target else {"direction": direction}
            env.command_step({agent: {"type": "MOVE", "params": params}}, ticks=200)
    x0, x1 = (world(env).character(agent)["position"][0] for agent in ("agent_0", "agent_1"))
    assert x0 < 0 and x1 > 1


@pytest.mark.parametrize("seed", range(5))
def test_from_the_left_nothing_can_be_put_on_the_right(seed):
    env = fz_multi.parallel_env("handoff")
    env.reset(seed=seed)
    at_the_chest(env)
    world(env).give("agent_0", "iron-plate", 50)
    sink = env.instance.areas["sink"]
    right = [(x, y) for x in range(1, 32) for y in range(-16, 16)]
    for item in ("stone-furnace", "burner-mining-drill"):
        world(env).give("agent_0", item, 1)
        for x, y in right:
            build = {"entity": item, "position": [x, y]}
            env.command_step({"agent_0": {"type": "BUILD", "params": build}}, ticks=1)
            assert env.results()["agent_0"]["code"] != "ok", (item, x, y)
    for target in (sink[:2], [sink[0] + 0.5, sink[1] + 0.5]):
        insert = {"type": "INSERT", "params": {"target": list(target), "item": "iron-plate"}}
        env.command_step({"agent_0": insert}, ticks=1)
        assert env.results()["agent_0"]["code"] == "out_of_reach"


def test_one_agent_plays_through_the_door():
    env = started("handoff", num_agents=1)
    assert env.variant == "door" and env.instance.variant == "door"
    assert world(env)._edit(10, 0, -128, -128) == 0
    for target in ([1.5, -0.5], [1.5, 1.5]):
        env.command_step({"agent_0": {"type": "MOVE", "params": {"target": target}}}, ticks=100)
    assert world(env).character("agent_0")["position"][1] > 1
    with pytest.raises(ValueError, match=r"needs 2 or more agents.*use variant='door'"):
        fz_multi.parallel_env("handoff", num_agents=1, variant="standard")
    assert fz_multi.parallel_env("handoff", num_agents=2, variant="door").variant == "door"


@pytest.mark.parametrize("agents", [1, 2, 3, 16])
def test_the_sides_and_kits_of_handoff(agents):
    env = started("handoff", num_agents=agents)
    kit = {"burner-mining-drill": 4, "stone-furnace": 3, "coal": 12}
    total = dict.fromkeys(kit, 0)
    for place, agent in enumerate(env.agents):
        character = world(env).character(agent)
        assert (character["position"][0] > 0) == (place % 2 == 1 and agents > 1)
        for item, count in character["inventory"].items():
            total[item] += count
            assert place % 2 == 0
    assert total == kit


# -- bad maps and tasks --------------------------------------------------------------------------
BAD_MAPS = {
    "no size": ({}, "size is missing"),
    "size": ({"size": [3, 10]}, "from 4 to 1024, got 3"),
    "not a number": ({"size": [float("nan"), 10]}, "is a finite number, got nan"),
    "key": ({"size": [9, 9], "resource": []}, r"unknown key 'resource' \(did you mean resources\?"),
    "ground": ({"size": [9, 9], "ground": "lava"}, "unknown value 'lava'; allowed: land, water"),
    "turn": ({"size": [9, 8], "turn": True}, "turn needs a square map"),
    "place": (
        {"size": [9, 9], "areas": {"x": {"at": "ab", "area": [0, 0, 1, 1]}}},
        "areas.x.at: unknown value 'ab'",
    ),
    "area": ({"size": [9, 9], "areas": {"x": {"area": [0, 0, 0, 1]}}}, "x0 < x1"),
    "off the map": ({"size": [9, 9], "areas": {"x": {"area": [0, 0, 9, 1]}}}, "leaves the map"),
    "resource": ({"size": [9, 9], "resources": [{"name": "gold", "area": [0, 0, 1, 1]}]}, "gold"),
    "no area": ({"size": [9, 9], "resources": [{"name": "coal"}]}, "either area or radius"),
    "entity": ({"size": [9, 9], "entities": [{"name": "ches", "position": [0, 0]}]}, "ches"),
    "occupied": (
        {"size": [9, 9], "entities": [{"name": "iron-chest", "position": [0.5, 0.5]}] * 2},
        "another entity stands there",
    ),
    "crowd": ({"size": [9, 9], "agents": [{"spawn": [0, 0, 1, 1]}]}, "1 free tiles of land for 2"),
    "items": (
        {"size": [9, 9], "agents": [{"spawn": [0, 0, 2, 2], "kit": {"coal": -1}}]},
        "kit.coal is a whole number",
    ),
    "variant": ({"size": [9, 9], "default_variant": {1: "x"}}, "unknown value 'x'"),
}


@pytest.mark.parametrize(("raw", "message"), BAD_MAPS.values(), ids=BAD_MAPS)
def test_bad_maps_say_what_is_wrong(raw, message):
    with pytest.raises(MapError, match=message):
        fz_multi.parallel_env(task_of(map=raw)).reset(seed=0)


def test_maps_that_are_not_there(tmp_path):
    with pytest.raises(MapError, match=r"no map 'two_cell' \(did you mean two_cells\?\)"):
        fz_multi.parallel_env(map="two_cell")
    (tmp_path / "map.yaml").write_text("size: [1, ")
    with pytest.raises(MapError, match="no valid YAML"):
        fz_multi.parallel_env(map=tmp_path)
    with pytest.raises(MapError, match="a map is a name, a path or a mapping, got 7"):
        fz_multi.parallel_env(map=7)


BAD_TASKS = {
    "name": ({"name": "no good"}, "letters, digits and _"),
    "goals": ({"goals": ()}, "at least one goal"),
    "goal": ({"goals": ("x",)}, "goals holds Goal, got 'x'"),
    "palette": ({"palette": "coal"}, "palette is a sequence"),
    "item": ({"palette": ("coil",)}, r"palette: unknown name 'coil' \(did you mean"),
    "recipe": ({"hand_recipes": ("iron-gear",)}, "hand_recipes: unknown name 'iron-gear'"),
    "limit": ({"max_ticks": 0}, "max_ticks is a whole number from 1 to"),
    "window": ({"final_window": 20_000}, "final_window is a whole number from 0 to 10000"),
    "step": ({"ticks_per_step": 1.5}, "ticks_per_step is a whole number, got 1.5"),
    "area": ({"shows": ("wst",)}, r"shows: unknown name 'wst' \(did you mean west"),
    "terms": ({"terms": (t.Term("a", t.elapsed()),) * 2}, "'a' stands there twice"),
    "bonus": ({"terms": (t.Term("success", t.elapsed()),)}, "'success' stands there twice"),
    "numbers": ({"shows": ("west",) * 5}, "make 11 numbers"),
}


@pytest.mark.parametrize(("changes", "message"), BAD_TASKS.values(), ids=BAD_TASKS)
def test_bad_tasks_say_what_is_wrong(changes, message):
    with pytest.raises(ValueError, match=message):
        fz_multi.parallel_env(task_of(**changes))


def test_bad_measures_and_terms():
    with pytest.raises(ValueError, match="unknown field 'mad'; allowed: made, drilled"):
        t.counter("mad", "coal")
    with pytest.raises(ValueError, match="unknown how='sum'; allowed: counter"):
        t.Term("x", t.elapsed(), how="sum")
    with pytest.raises(ValueError, match="weight is a number, got nan"):
        t.Term("x", t.elapsed(), float("nan"))
    with pytest.raises(ValueError, match="at_least is a whole number from 1 up, got 0"):
        t.Goal("x", t.elapsed(), at_least=0)
    named = task_of(t.Term("x", t.made("iron-plates")))
    with pytest.raises(ValueError, match=r"item: unknown name 'iron-plates' \(did you mean"):
        fz_multi.parallel_env(named)
