"""What the player's page is made from: tracks, drawings, and the data of an episode."""

from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import fz_multi
from fz_multi.bench import RandomLegal, make_policy, record
from fz_multi.bench.metrics import work_of
from fz_multi.prototypes import load
from fz_multi.render import people
from fz_multi.render.player import player_assets, player_data, player_fragment, player_page
from fz_multi.render.player.pen import Drawings, Pen
from fz_multi.render.player.tracks import Numbers, Row, Values
from fz_multi.render.source import observable
from fz_multi.replay import Replay, ReplayError


# -- reading tracks, as assets/tracks.js does ------------------------------------------------------
def number_at(track: list[int], step: int, start: int = 0) -> int:
    at, value = start, track[0]
    for gap, change in zip(track[1::2], track[2::2], strict=True):
        at += gap
        if at > step:
            break
        value += change
    return value


def value_at(track: list[Any], step: int, start: int = 0) -> Any:
    return track[0][number_at(track[1], step, start)]


def row_at(track: list[Any], step: int) -> list[tuple[int, int]]:
    at, kinds, places = 0, [], []
    for gap, pops, pushes, changes in zip(*(track[k::4] for k in range(4)), strict=True):
        at += gap
        if at > step:
            break
        del kinds[:pops], places[:pops]
        for index, kind, distance in zip(*(changes[k::3] for k in range(3)), strict=True):
            kinds[index] = kind
            places[index] = (places[index - 1] if index else 0) + distance
        for kind, distance in zip(pushes[::2], pushes[1::2], strict=True):
            places.append((places[-1] if places else 0) + distance)
            kinds.append(kind)
    return list(zip(kinds, places, strict=True))


def test_numbers_and_values():
    values = [5, 5, 7, 7, 7, -3, -3, 0]
    numbers, kept = Numbers(), Values()
    for step, value in enumerate(values):
        numbers.put(step + 4, value)
        kept.put(step + 4, [value, "x"])
    assert numbers.track == [5, 2, 2, 3, -10, 2, 3]
    assert [number_at(numbers.track, s + 4, 4) for s in range(8)] == values
    assert [value_at(kept.track, s + 4, 4) for s in range(8)] == [[v, "x"] for v in values]
    assert len(kept.track[0]) == 4


def test_rows_of_any_history():
    random = np.random.default_rng(1)
    row, history = Row(), []
    kinds, places = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for step in range(300):
        away = random.integers(0, 3)
        new = random.integers(0, 4)
        last = places[-1] if len(places) else 0
        kinds = np.concatenate([kinds[away:], random.integers(1, 9, new)])
        added = last + np.cumsum(random.integers(64, 99, new))
        places = np.concatenate([places[away:], added])
        if len(places) and random.random() < 0.3:
            index = random.integers(len(places))
            kinds[index] += 1
            places[index] += 1
        if random.random() < 0.05:  # taken out of the middle, or all gone
            keep = random.random(len(places)) < random.integers(0, 2)
            kinds, places = kinds[keep], places[keep]
        row.put(step, kinds, places)
        history.append(list(zip(kinds.tolist(), places.tolist(), strict=True)))
    assert all(row_at(row.track, step) == history[step] for step in range(300))
    assert max(map(len, history)) > 40


# -- drawings --------------------------------------------------------------------------------------
def test_a_pen_writes_down_what_a_brush_draws():
    drawings = Drawings()
    pen = Pen(drawings)
    part = pen.at(1.0, 2.0, 0.5)
    part.disc(0.5, 0.5, 0.25, (255, 0, 0), (0, 0, 0, 128), 0.1, flat=0.5)
    part.polygon([(0, 0), (1, 0), (1, 1)], None, (1, 2, 3), 0.2)
    pen.line([(0, 0), (1, 1)], (255, 0, 0), 0.1, caps=False)
    assert pen.shapes == [
        ["d", 0, 1, 0.05, 1.25, 2.25, 0.125, 0.062],
        ["p", -1, 2, 0.1, [1, 2, 1.5, 2, 1.5, 2.5]],
        ["l", 0, 0.1, 0, [0, 0, 1, 1]],
    ]
    assert drawings.colours == ["#ff0000", "#00000080", "#010203"]
    with pytest.raises(TypeError, match="no picture"):
        pen.image()


def test_a_drawing_is_kept_once():
    drawings = Drawings()
    calls = []

    def draw(pen: Any) -> None:
        calls.append(pen)
        people.draw_body(pen, 3, 4, 1)

    assert drawings.add("a", (-1, -1, 1, 1), draw) == drawings.add("a", (0, 0, 1, 1), draw) == 0
    assert drawings.add("b", (0, 0, 1, 1), draw) == 1
    assert len(calls) == 2
    assert {shape[0] for shape in drawings.sprites[0]["ops"]} == {"d", "p", "b", "l", "t"}


# -- the data of an episode ------------------------------------------------------------------------
def episode(task: str, policy: str, agents: int, steps: int) -> Replay:
    whole = record(task, make_policy(policy, task, agents), agents=agents, seed=2)
    digests = {k: v for k, v in whole.digests.items() if k <= steps}
    return replace(whole, actions=whole.actions[:steps], digests=digests, outcome={})


@pytest.fixture(
    scope="module", params=[("two_cells", "scripted", 2, 250), ("long_belt", "scripted", 3, 260)]
)
def told(request: pytest.FixtureRequest) -> tuple[Replay, dict[str, Any]]:
    replay = episode(*request.param)
    return replay, json.loads(json.dumps(player_data(replay)))


def test_the_data_is_the_world_at_every_step(told: tuple[Replay, dict[str, Any]]):
    replay, data = told
    names = ["", *load().items]
    compared = 0
    for env, step in replay.frames():
        if step % 13 and step != replay.steps:
            continue
        world = env.backend.world
        standing = {
            (e["x"] / 256, e["y"] / 256): e
            for e in data["entities"]
            if e["from"] <= step and (e["to"] is None or step < e["to"])
        }
        entities = world.entities()
        assert len(entities) == len(standing)
        for entity in entities:
            e = standing[entity["position"]]
            assert e["name"] == entity["name"]
            assert (e["owner"] >= 0) == (entity["owner"] is not None)
            numbers = {name: number_at(t, step, e["from"]) for name, t in e["numbers"].items()}
            if "status" in numbers:
                assert data["statuses"][numbers["status"]] == entity["status"]
                assert numbers["progress"] == round(256 * entity["progress"])
                assert numbers["energy"] == int(entity["energy"])
                assert numbers["finished"] == entity["products_finished"]
                burning = entity["burning"]
                assert (numbers["burning"] > 0) == (burning is not None)
                if burning:
                    assert names[numbers["burning"]] == burning[0]
                    assert numbers["left"] == int(burning[1])
            if "held" in numbers:
                assert (names[numbers["held"]] or None) == entity["held"]
                assert (numbers["hand_x"] / 256, numbers["hand_y"] / 256) == entity["hand"]
            for name, items in entity["inventories"].items():
                flat = value_at(e["contents"][name], step, e["from"])
                here = {names[i]: n for i, n in zip(flat[::2], flat[1::2], strict=True)}
                assert here == items
            compared += 1
        for index, agent in enumerate(data["agents"]):
            character = world.character(f"agent_{index}")
            x, y = (number_at(agent["numbers"][axis], step) / 256 for axis in "xy")
            assert (x, y) == character["position"]
            flat = value_at(agent["values"]["inventory"], step)
            carried = {names[i]: n for i, n in zip(flat[::2], flat[1::2], strict=True)}
            assert carried == character["inventory"]
            assert value_at(agent["values"]["result"], step)[1] == character["result"]
        made = {names[item]: number_at(m, step) + number_at(h, step) for item, m, h in data["made"]}
        assert made == {name: world.production(name) for name in made}
        assert number_at(data["tick"], step) == env.tick
        amounts = [number_at(track, step) for track in data["amounts"]]
        assert [a for a in amounts if a] == [r["amount"] for r in world.resources()]
        check_lanes(data, world, step, standing, names)
    assert compared > 50


def check_lanes(data: Any, world: Any, step: int, standing: Any, names: list[str]) -> None:
    """What the lines of the data put on each belt is what `World.lanes` says."""
    for handle in world.handles():
        entity = world.entity(handle)
        if "shape" not in entity:
            continue
        e = standing[entity["position"]]
        n = {name: number_at(track, step, e["from"]) for name, track in e["numbers"].items()}
        assert ("straight", "left", "right")[n["bend"]] == entity["shape"]
        for lane, expected in enumerate(world.lanes(handle)):
            line = data["lines"][n[f"line{lane}"]]
            head = number_at(line["head"], step, line["from"])
            shift = number_at(line["shift"], step, line["from"])
            places = [
                (names[kind], place - (shift if index >= head else 0) - n[f"start{lane}"])
                for index, (kind, place) in enumerate(row_at(line["items"], step))
            ]
            outer = (n["bend"] == 1) == (lane == 0)
            length = 256 if n["bend"] == 0 else 106 if outer else 295
            assert tuple(p for p in places if 0 <= p[1] < length) == expected


def test_work_ends_where_the_metrics_do(told: tuple[Replay, dict[str, Any]]):
    replay, data = told
    for env, _ in replay.frames():
        work = work_of(observable(env), replay.agents, load())
    ends = [number_at(agent["numbers"]["work"], replay.steps) / 10 for agent in data["agents"]]
    assert ends == pytest.approx(work.tolist(), abs=0.06)
    for agent in data["agents"]:
        assert min(agent["numbers"]["work"][2::2], default=0) >= 0, "work does not shrink"


def test_what_agents_do_is_named(told: tuple[Replay, dict[str, Any]]):
    _, data = told
    words = {word for agent in data["agents"] for word in agent["values"]["did"][0]}
    assert {"walking", "building", "inserting", "idle"} <= words


def test_the_end_is_an_event():
    replay = record("two_cells", make_policy("no-op", "two_cells"), max_ticks=400, final_window=90)
    events = player_data(replay)["events"]
    assert [step for step, _ in events] == [31, 40]
    assert "final window" in events[0][1]
    assert events[1][1] == "out of time: 0% of the goals"


@pytest.mark.parametrize("task", ["handoff", "refuel"])
def test_pages_are_small(task: str):
    page = player_page([record(task, make_policy("scripted", task), agents=2, seed=1)])
    assert len(page) < 300_000
    data = page.split("data-replay data-label")[1].split(">")[1].split("<")[0]
    told = json.loads(zlib.decompress(base64.b64decode(data)))
    assert told["task"] == task
    assert {name for name, *_ in told["items"].values()} >= {"coal", "iron-plate"}


def test_a_large_random_team_is_small_too():
    replay = record("two_cells", RandomLegal(), agents=16, seed=0)
    assert len(player_page([replay])) < 300_000


# -- pages -----------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def little() -> Replay:
    return episode("two_cells", "random", 2, 5)


def test_a_page_loads_nothing(little: Replay):
    page = player_page([little, little], title="a <b>", labels=['one "', "two"])
    assert "<title>a &lt;b&gt;</title>" in page
    assert 'data-label="one &quot;"' in page
    assert page.count("data-replay data-label") == 2
    links = set(re.findall(r"https?://[^\s\"'`]+", page))
    assert links == {"http://www.w3.org/2000/svg"}, "the name of a namespace is no address"
    assert not re.search(r"\b(src|href)=", page)


def test_fragments_share_their_assets(little: Replay):
    fragment = player_fragment([little], theme="light")
    assert fragment.startswith('<div class="fz-player" data-at="0" data-theme="light">')
    assert "<style" not in fragment
    assert player_assets().count("<script>") == 1
    assert player_page([little]).count("class Stage") == 1


def test_pages_that_cannot_be(little: Replay):
    with pytest.raises(ValueError, match="needs a replay"):
        player_fragment([])
    with pytest.raises(ValueError, match="1 replays, but 2 labels"):
        player_fragment([little], ["a", "b"])
    with pytest.raises(ValueError, match=r"unknown theme='red'; allowed: dark, light"):
        player_fragment([little], theme="red")
    with pytest.raises(ReplayError, match="another"):
        player_page([replace(little, seed=77)])
    with pytest.warns(UserWarning, match="another"):
        assert player_page([replace(little, seed=77)], strict=False)


def test_a_step_by_raw_commands_can_be_shown():
    env = fz_multi.parallel_env("handoff")
    env.reset(seed=0)
    recorder = fz_multi.Recorder()
    recorder.start(env)
    commands = {"agent_0": {"type": "MOVE", "params": {"direction": "west", "tiles": 2}}}
    env.command_step(commands, ticks=90)
    recorder.add_commands(commands, 90)
    data = player_data(recorder.replay())
    assert [number_at(data["tick"], step) for step in (0, 1)] == [0, 90]
