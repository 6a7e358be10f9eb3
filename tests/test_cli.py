"""The command line: what it prints, writes and returns."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import fz_multi
from fz_multi.bench import POLICIES, NoOp, scripted
from fz_multi.cli import FAILED, OK, UNSOLVED, USAGE, main
from fz_multi.cli import POLICIES as CLI_POLICIES
from fz_multi.task import Goal, Task, elapsed


@pytest.fixture(scope="module")
def short() -> str:
    """A task of 30 steps that waiting solves."""
    task = Task(
        name="cli_short",
        map="two_cells",
        palette=("coal", "stone-furnace"),
        goals=(Goal("patience", elapsed(), at_least=250),),
        max_ticks=300,
        doc="cli_short: wait.\n\nNothing else.",
    )
    fz_multi.register_task(task)
    scripted.register_team("cli_short", NoOp)
    return task.name


def call(*arguments: str) -> int:
    return main(list(arguments))


def test_no_command_prints_help(capsys: pytest.CaptureFixture[str]):
    assert call() == USAGE
    out = capsys.readouterr().out
    assert all(word in out for word in ("demo", "tasks", "warmup"))


@pytest.mark.parametrize(
    "arguments", [("--help",), *((c, "--help") for c in ("demo", "tasks", "warmup"))]
)
def test_help(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as end:
        call(*arguments)
    assert end.value.code == 0
    assert "usage: fz-multi" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        call("--version")
    assert fz_multi.__version__ in capsys.readouterr().out


def test_tasks(short: str, capsys: pytest.CaptureFixture[str]):
    assert call("tasks") == OK
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(fz_multi.tasks())
    assert call("tasks", "--json") == OK
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    row = next(row for row in rows if row["name"] == short)
    assert row["goals"] == {"patience": 250}
    assert row["scripted_team"] is True
    assert call("tasks", short) == OK
    assert "Nothing else." in capsys.readouterr().out


def test_demo_writes_pictures_and_a_table(
    short: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "pictures"
    assert call("demo", short, "--out", str(out), "--frames", "10", "--must-solve") == OK
    text = capsys.readouterr().out
    assert "cli_short" in text
    assert "yes" in text
    gif, png = Image.open(out / "cli_short-scripted-0.gif"), out / "cli_short-scripted-0.png"
    assert 2 <= gif.n_frames <= 11
    assert gif.width <= 960
    assert Image.open(png).width >= 360
    assert str(png) in text


@pytest.mark.parametrize("policy", CLI_POLICIES)
def test_demo_as_json_with_every_policy(
    policy: str, short: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    arguments = ("--frames", "0", "--json", "--agents", "3", "--seed", "4", "--policy", policy)
    assert call("demo", short, *arguments) == OK
    row = json.loads(capsys.readouterr().out)
    assert (row["task"], row["policy"] in (policy, "no-op"), row["agents"]) == (short, True, 3)
    assert (row["seed"], row["success"], row["ticks"], row["files"]) == (4, True, 250, [])
    assert len(row["work"]) == 3


def test_policies_are_those_of_the_benchmark():
    assert tuple(POLICIES) == CLI_POLICIES


def test_an_unsolved_demo_can_fail(capsys: pytest.CaptureFixture[str]):
    arguments = ("--policy", "no-op", "--frames", "0", "--must-solve")
    assert call("demo", "two_cells", *arguments) == UNSOLVED
    assert " no " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("demo", "two_cels"), "did you mean 'two_cells'"),
        (("tasks", "nothing"), "There are: handoff, long_belt, refuel, two_cells"),
        (("demo", "two_cells", "--agents", "17"), "1 to 16"),
        (("demo", "two_cells", "--agents", "0"), "1 to 16"),
        (("demo", "two_cells", "--seed", "-1"), "0 or more"),
        (("demo", "two_cells", "--frames", "-1"), "from 0 to"),
        (("demo", "two_cells", "--width", "3"), "64 to 4096"),
        (("demo", "two_cells", "--policy", "no-op", "--out", "/dev/null/x"), "--out"),
    ],
)
def test_wrong_arguments(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
):
    assert call(*arguments) == USAGE
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [("demo", "--policy", "best"), ("tell",), ("demo", "--no")])
def test_unknown_words_are_refused(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as end:
        call(*arguments)
    assert end.value.code == USAGE
    assert "usage" in capsys.readouterr().err


def test_a_task_without_a_scripted_team(capsys: pytest.CaptureFixture[str]):
    task = Task(
        name="cli_alone",
        map="two_cells",
        palette=("coal",),
        goals=(Goal("patience", elapsed(), at_least=50),),
    )
    fz_multi.register_task(task)
    assert call("demo", "cli_alone") == USAGE
    assert "no scripted team" in capsys.readouterr().err


def test_errors_while_running(
    short: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def broken(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("fz_multi.bench.run", broken)
    assert call("demo", short, "--frames", "0") == FAILED
    assert "fz-multi: error: disk full" in capsys.readouterr().err


def test_warmup(capsys: pytest.CaptureFixture[str]):
    assert call("warmup", "--json") == OK
    report = json.loads(capsys.readouterr().out)
    assert report["entries"]
    assert report["seconds"] >= 0
    assert call("warmup") == OK
    assert "the engine is ready" in capsys.readouterr().out


def test_as_a_module_into_a_closed_pipe():
    command = [sys.executable, "-m", "fz_multi", "tasks"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0
    assert "two_cells" in done.stdout
    pipe = f'"{sys.executable}" -m fz_multi tasks --json | true'
    closed = subprocess.run(pipe, shell=True, capture_output=True, text=True, check=False)
    assert "Traceback" not in closed.stderr
