"""Replays: the file, and an episode that is played again from it."""

from __future__ import annotations

import json
import re
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fz_multi
from fz_multi.bench import RandomLegal, record, run
from fz_multi.bench.scripted import make_team
from fz_multi.replay import OPTIONS, Recorder, Replay, ReplayError
from fz_multi.task import Goal, Task, elapsed

TASKS = ("handoff", "long_belt", "refuel", "two_cells")


def played(task: Any, steps: int, *, seed: int = 3, split: str = "train", **options: Any) -> Replay:
    """Some steps of random legal actions."""
    env = fz_multi.parallel_env(task, **options)
    recorder, policy = Recorder(), RandomLegal()
    observations, infos = env.reset(seed=seed, options={"split": split})
    policy.reset(env, seed)
    recorder.start(env, title=policy.name)
    while env.agents and env.steps < steps:
        actions = policy.act(observations, infos)
        observations, _, _, _, infos = env.step(actions)
        recorder.add(actions)
    replay = recorder.replay()
    env.close()
    return replay


def again(replay: Replay, **options: Any) -> tuple[str, dict[str, float]]:
    """Digest and outcome at the end of a replay."""
    for env, step in replay.frames(**options):
        last = env.digest(), env.outcome()
        assert env.steps == step
    return last


@pytest.fixture(scope="module")
def short() -> Replay:
    return played("two_cells", 150, num_agents=3)


# -- the same episode ------------------------------------------------------------------------------
@pytest.mark.parametrize("task", TASKS)
def test_a_scripted_episode_comes_back_from_its_file(task: str, tmp_path: Path):
    replay = record(task, make_team(task), agents=2, seed=1, split="eval")
    path = replay.save(tmp_path / "deep" / "episode.fzr")
    assert path.stat().st_size < 4000
    read = Replay.load(path)
    assert again(read) == (replay.digests[replay.steps], dict(replay.outcome))
    assert read.outcome["success"] == 1


@pytest.mark.parametrize(
    "options",
    [
        {"action": "multidiscrete", "observation": "grid"},
        {"ticks_per_step": 7, "max_ticks": 500, "final_window": 90, "num_agents": 5},
        {"max_cycles": 20, "split": "eval"},
        {"variant": "standard", "reward": "individual", "window": 21, "mask_in": "none"},
        {"observation": "masked", "num_agents": 1},
    ],
    ids=lambda options: "-".join(map(str, options)),
)
def test_other_forms(options: dict[str, Any]):
    replay = Replay.from_bytes(played("two_cells", 90, **options).to_bytes())
    digest, outcome = again(replay)
    assert digest == replay.digests[replay.steps]
    assert outcome == replay.outcome
    limit = -(-options.get("max_ticks", 7200) // options.get("ticks_per_step", 10))
    assert replay.steps == min(90, options.get("max_cycles", 90), limit)


def test_every_field_survives(short: Replay):
    read = Replay.from_bytes(short.to_bytes())
    np.testing.assert_array_equal(read.actions, short.actions)
    assert read.actions.dtype == np.uint8
    for name in ("task", "agents", "seed", "split", "options", "title", "versions", "outcome"):
        assert getattr(read, name) == getattr(short, name), name
    assert read.digests == short.digests
    assert sorted(read.digests) == [0, 64, 128, 150]
    assert (read.title, set(read.options)) == ("random", set(OPTIONS) - {"map"})


def test_an_episode_of_no_steps():
    replay = Replay.from_bytes(played("handoff", 0).to_bytes())
    assert replay.actions.shape == (0, 2)
    assert [step for _, step in replay.frames()] == [0]


def test_the_map_of_an_episode_without_a_seed_can_be_found_again():
    env = fz_multi.parallel_env("two_cells")
    env.reset(seed=2)
    env.reset()
    recorder = Recorder()
    recorder.start(env)
    env.step({"agent_0": 1, "agent_1": 1})
    recorder.add({"agent_0": 1, "agent_1": 1})
    replay = recorder.replay()
    assert replay.seed == env.instance.seed > 2**32
    assert again(Replay.from_bytes(replay.to_bytes()))[0] == env.digest()


def test_raw_commands():
    env = fz_multi.parallel_env("two_cells")
    env.reset(seed=1)
    recorder = Recorder()
    recorder.start(env)
    east = {"type": "MOVE", "params": {"direction": "east", "tiles": 3}}
    steps: list[tuple[dict[str, Any], int | None]] = [
        ({"agent_0": east, "agent_1": None}, 60),
        ({"agent_1": json.dumps(east)}, None),
    ]
    for commands, ticks in steps:
        env.command_step(commands, ticks)
        recorder.add_commands(commands, ticks)
    env.step({"agent_0": 5, "agent_1": 1})
    recorder.add({"agent_0": 5, "agent_1": 1})
    read = Replay.from_bytes(recorder.replay().to_bytes())
    assert read.commands[1]["commands"] == {"agent_1": east}
    assert again(read)[0] == env.digest()
    assert [env.tick for env, _ in read.frames()] == [0, 60, 70, 80]


def test_wrapped_environments_can_be_recorded():
    from pettingzoo.utils.wrappers import BaseParallelWrapper

    recorder = Recorder()
    env = BaseParallelWrapper(fz_multi.parallel_env("refuel"))
    run("refuel", RandomLegal(), env=env, seed=4, recorder=recorder)
    assert again(recorder.replay())[1]["steps"] == recorder.replay().steps


# -- tasks and maps of one's own -------------------------------------------------------------------
LITTLE = {
    "size": [24, 24],
    "places": {"here": {"x": [-4, 4], "y": [-4, 4]}},
    "resources": [{"name": "iron-ore", "at": "here", "radius": 3, "amount": [100, 200]}],
    "agents": [{"spawn": [-8, -8, -4, -4], "kit": {"coal": 5}}],
    "variants": {"dry": {}},
    "default_variant": {1: "dry"},
}


def own_task(name: str, map: Any = LITTLE) -> Task:
    goals = (Goal("patience", elapsed(), at_least=10_000),)
    return Task(name=name, map=map, palette=("coal",), goals=goals, max_ticks=2000)


def test_a_task_of_ones_own():
    task = own_task("replay_own")
    replay = Replay.from_bytes(played(task, 30, num_agents=1).to_bytes())
    with pytest.raises(ReplayError, match=r"'replay_own' that is not known here; register it with"):
        next(replay.frames())
    assert again(replay, task=task)[0] == replay.digests[30]
    fz_multi.register_task(task)
    assert again(replay)[0] == replay.digests[30]


@pytest.mark.parametrize("form", ["mapping", "path", "name"])
def test_another_map(form: str, tmp_path: Path):
    import yaml

    file = tmp_path / "little.yaml"
    file.write_text(yaml.safe_dump(LITTLE))
    source: Any = {"mapping": LITTLE, "path": file, "name": "handoff"}[form]
    task = own_task(f"replay_map_{form}", map="two_cells")
    fz_multi.register_task(task)
    replay = Replay.from_bytes(played(task, 10, num_agents=2, map=source).to_bytes())
    file.unlink()
    assert again(replay)[0] == replay.digests[10]
    assert replay.options["map"]["size"] == [24, 24] if form != "name" else True


def test_a_map_object_is_refused():
    env = fz_multi.parallel_env("two_cells", map=fz_multi.task.load_map("two_cells"))
    env.reset(seed=0)
    with pytest.raises(ValueError, match="give its path or mapping"):
        Recorder().start(env)


# -- what differs ----------------------------------------------------------------------------------
def broken(replay: Replay, **changes: Any) -> str:
    with pytest.raises(ReplayError) as error:
        again(replace(replay, **changes))
    return str(error.value)


def test_another_world_is_named_with_its_step(short: Replay):
    digests = {**short.digests, 128: "0" * 16}
    text = broken(short, digests=digests)
    assert "the world differs, first after step 64 and not later than step 128" in text
    sparse = {0: short.digests[0], 128: "0" * 16}
    assert "first after step 0 and not later than step 128" in broken(short, digests=sparse)
    assert "no version differs" in text


def test_another_map_is_named(short: Replay):
    assert "the map that the seed draws is another" in broken(short, seed=99)


def test_versions_that_differ_are_named(short: Replay):
    text = broken(short, seed=99, versions={"fz_multi": "0.0.7", "prototypes": "1.1.0", "task": 1})
    assert f"fz_multi 0.0.7 when it was recorded, {fz_multi.__version__} here" in text
    assert "prototypes 1.1.0 when it was recorded, 2.0.77 here" in text
    assert "task 1" not in text


def test_another_outcome_is_named(short: Replay):
    outcome = {**short.outcome, "ticks": 7.0}
    text = broken(short, outcome=outcome, digests={})
    assert "ticks is 1500 where 7 was recorded" in text


def test_other_actions_are_found(short: Replay):
    actions = short.actions.copy()
    actions[70] = 3, 3, 3
    if (actions == short.actions).all():
        actions[70] = 7, 7, 7
    assert "not later than step 128" in broken(short, actions=actions)


def test_an_episode_that_ends_sooner_is_named(short: Replay):
    text = broken(short, options={**short.options, "max_cycles": 40}, digests={})
    assert "the episode ends after 40 of 150 steps" in text


def test_an_action_that_the_task_does_not_have(short: Replay):
    actions = short.actions.copy()
    actions[5] = 200
    text = broken(short, actions=actions)
    assert text.startswith("step 5 cannot be played: agent_0: an action is a whole number from 0")


def test_a_warning_instead(short: Replay):
    with pytest.warns(UserWarning, match="not the episode that was recorded") as warned:
        seen = [step for _, step in replace(short, seed=99).frames(strict=False)]
    assert seen[-1] == 150
    assert len(warned) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again(replace(short, digests={}, outcome={}, seed=99))


def test_a_stopped_replay_closes_its_environment(short: Replay):
    frames = short.frames()
    env, _ = next(frames)
    frames.close()
    with pytest.raises(RuntimeError, match="before reset"):
        env.digest()


# -- files -----------------------------------------------------------------------------------------
def test_files_that_are_no_replay(short: Replay, tmp_path: Path):
    good = short.to_bytes()
    cases = {
        b"": "no replay file",
        b"PK\x03\x04 something else": "no replay file",
        b"FZR\x02" + good[4:]: "format 2 of replay files; this fz_multi reads format 1",
        good[:-9]: "cut short",
        good[:30]: "cut short",
        good[:8] + b"\x00" + good[9:]: "damaged",
        good[:4] + b"\x00\x00\x00\x00" + good[8:]: r"damaged \(its checksum does not fit\)",
    }
    path = tmp_path / "x.fzr"
    for data, words in cases.items():
        path.write_bytes(data)
        with pytest.raises(ReplayError, match=words) as error:
            Replay.load(path)
        assert str(error.value).startswith(str(path))
    with pytest.raises(FileNotFoundError):
        Replay.load(tmp_path / "none.fzr")


def test_no_single_changed_byte_goes_unseen(short: Replay):
    good = short.to_bytes()
    for place in range(len(good)):
        bad = good[:place] + bytes([good[place] ^ 0x55]) + good[place + 1 :]
        with pytest.raises(ReplayError):
            Replay.from_bytes(bad)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"agents": 17}, "agents is from 1 to 16, got 17"),
        ({"agents": 2}, r"with 2 agents, got \[150, 3\]"),
        ({"seed": -1}, "a seed is a whole number from 0 up, got -1"),
        ({"split": "test"}, "unknown split 'test'"),
        ({"task": ""}, "task is a name, got ''"),
        ({"actions": np.zeros((4, 3))}, "whole numbers from 0 up"),
        ({"actions": np.array([[-1, 0, 0]])}, "whole numbers from 0 up"),
        ({"options": {"ticks": 3}}, "unknown options ticks; allowed: action, "),
        ({"digests": []}, r"digests is a mapping, got \[\]"),
        ({"commands": {3: {"ticks": 5}}}, "commands of step 3 are no mapping"),
    ],
)
def test_fields_that_make_no_episode(changes: dict[str, Any], words: str, short: Replay):
    with pytest.raises(ReplayError, match=words):
        replace(short, **changes)


def test_options_that_cannot_be_made(short: Replay):
    text = broken(short, options={"variant": "moon"})
    assert "cannot be made here: map two_cells: unknown variant 'moon'" in text


def test_a_recorder_that_has_not_begun():
    with pytest.raises(RuntimeError, match=r"start\(env\)"):
        Recorder().replay()


def test_the_examples_of_the_documentation_run():
    text = (Path(__file__).resolve().parents[1] / "docs" / "replay.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.S)
    assert blocks
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, "docs/replay.md", "exec"), names)
    assert names["tick"] == 200
