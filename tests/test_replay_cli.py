"""``fz-multi replay`` and the replay of ``fz-multi demo``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fz_multi.bench import RandomLegal, record
from fz_multi.cli import FAILED, OK, USAGE, main
from fz_multi.render import render
from fz_multi.replay import Replay


def call(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    replay = record("handoff", RandomLegal(), agents=2, seed=4, max_cycles=40)
    return replay.save(tmp_path_factory.mktemp("replays") / "episode.fzr")


def test_checking(file: Path, capsys: pytest.CaptureFixture[str]):
    assert call("replay", file) == OK
    text = capsys.readouterr().out
    assert text.startswith(str(file))
    for words in ("handoff", "random", "4 (train)", "max_cycles=40", "the recorded one"):
        assert words in text


def test_info_as_json(file: Path, capsys: pytest.CaptureFixture[str]):
    assert call("replay", file, "--info", "--json") == OK
    row = json.loads(capsys.readouterr().out)
    assert (row["task"], row["steps"], row["agents"], row["seed"]) == ("handoff", 40, 2, 4)
    assert (row["file"], row["same"], row["files"]) == (str(file), None, [])
    assert row["outcome"]["ticks"] == 400
    assert row["versions"]["task"] == 1


def test_outputs(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = {name: tmp_path / "new" / f"x.{name}" for name in ("html", "gif", "png")}
    options = [part for name, path in out.items() for part in (f"--{name}", path)]
    assert call("replay", file, *options, "--at", 25, "--frames", 8, "--width", 400, "--json") == OK
    row = json.loads(capsys.readouterr().out)
    assert row["same"] is True
    assert sorted(row["files"]) == sorted(map(str, out.values()))
    for env, step in Replay.load(file).frames():
        if step == 25:
            expected = render(env, overlay=env.overlay())
    np.testing.assert_array_equal(np.asarray(Image.open(out["png"])), expected)
    with Image.open(out["gif"]) as gif:
        assert 2 <= gif.n_frames <= 9
        assert gif.width <= 400
    assert 'data-at="25"' in out["html"].read_text()


def test_several_files_in_one_page(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "both.html"
    assert call("replay", file, file, "--html", out, "--json") == OK
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert out.read_text().count("data-replay data-label") == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("no.fzr",), "no.fzr: there is no such file"),
        (("FILE", "--at", "41", "--png", "x.png"), "--at is from 0 to 40 in"),
        (("FILE", "--at", "-1"), "--at is from 0 to 40 in"),
        (("FILE", "FILE", "--gif", "x.gif"), "several files go with --html"),
        (("FILE", "--info", "--html", "x.html"), "--info writes nothing"),
        (("FILE", "--frames", "1"), "--frames is from 2 to"),
        (("FILE", "--width", "9"), "--width is from 64 to 4096"),
        (("FILE", "--png", "/dev/null/x.png"), "--png /dev/null/x.png"),
        (("FILE", "--html", "."), "--html .: is a folder; name a file"),
        (("FILE", "--import", "no_such_module"), "--import no_such_module: No module named"),
    ],
)
def test_wrong_arguments(
    arguments: tuple[str, ...],
    words: str,
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.chdir(tmp_path)
    assert call("replay", *(file if a == "FILE" else a for a in arguments)) == USAGE
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_replay(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "x.fzr"
    path.write_bytes(b"GIF89a")
    assert call("replay", path) == FAILED
    assert f"{path}: this is no replay file" in capsys.readouterr().err


def test_another_episode(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    other = replace(Replay.load(file), seed=5).save(tmp_path / "other.fzr")
    assert call("replay", other) == FAILED
    assert f"{other}: this is not the episode that was recorded" in capsys.readouterr().err
    page = tmp_path / "x.html"
    assert call("replay", other, "--any-version", "--json", "--html", page) == OK
    told = capsys.readouterr()
    assert json.loads(told.out)["same"] is False
    assert "warning" in told.err
    assert page.exists()


def test_a_task_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    module = tmp_path / "my_replay_task.py"
    module.write_text(
        "import fz_multi\n"
        "from fz_multi.task import Goal, Task, elapsed\n"
        "TASK = Task(name='replay_cli_own', map='two_cells', palette=('coal',),\n"
        "            goals=(Goal('patience', elapsed(), at_least=50),))\n"
        "def register():\n    fz_multi.register_task(TASK)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import my_replay_task

    path = record(my_replay_task.TASK, RandomLegal(), agents=1).save(tmp_path / "own.fzr")
    assert call("replay", path) == FAILED
    assert "'replay_cli_own' that is not known here" in capsys.readouterr().err
    monkeypatch.delitem(__import__("sys").modules, "my_replay_task")
    module.write_text(module.read_text() + "register()\n")
    assert call("replay", path, "--import", "my_replay_task") == OK
    assert "the recorded one" in capsys.readouterr().out


def test_demo_writes_a_replay_and_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    arguments = ("--policy", "random", "--out", tmp_path, "--frames", "4", "--html", "--json")
    assert call("demo", "two_cells", *arguments) == OK
    row = json.loads(capsys.readouterr().out)
    stem = tmp_path / "two_cells-random-0"
    assert row["files"] == [f"{stem}.{end}" for end in ("png", "gif", "fzr", "html")]
    replay = Replay.load(f"{stem}.fzr")
    assert (replay.title, replay.steps) == ("random", row["steps"])
    for _ in replay.frames():
        pass
    assert call("demo", "two_cells", "--html", "--frames", "0") == USAGE
    assert "writes nothing" in capsys.readouterr().err
