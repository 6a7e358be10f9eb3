"""``fz-multi bench`` as a command: results, resuming, processes, errors."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from fz_multi.cli import FAILED, OK, USAGE, main

HERE = Path(__file__).parent
SHORT = str(HERE / "short.py")
TASK = "bench_short"


def call(out: Path, *arguments: str, task: str = TASK) -> int:
    """The command in this process, with the short task."""
    return main(["bench", task, "--import", SHORT, "--out", str(out), "--no-report", *arguments])


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "episodes.jsonl").read_text().splitlines()]


SMALL = ("--seeds", "4", "--agents", "1", "2", "--replaced", "2", "--jobs", "1")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of all four plain policies."""
    out = tmp_path_factory.mktemp("bench") / "small"
    assert call(out, *SMALL) == OK
    return out


def test_every_episode_is_a_line_in_the_order_of_the_plan(small: Path):
    rows = lines(small)
    # 4 policies x 2 teams x 4 seeds, and 3 of them (no-op is not) x 2 agents x 2 seeds without one
    assert len(rows) == 4 * 2 * 4 + 3 * 2 * 2
    assert [row["seed"] for row in rows[:4]] == [0, 1, 2, 3]
    assert {row["split"] for row in rows} == {"eval"}
    assert all(row["success"] and row["ticks"] == 150 for row in rows)
    assert all("seconds" not in row for row in rows)
    seconds = [json.loads(line) for line in (small / "seconds.jsonl").read_text().splitlines()]
    assert len(seconds) == len(rows)
    assert all(row["seconds"] > 0 for row in seconds)


def test_versions_and_seeds_are_pinned(small: Path):
    run = json.loads((small / "run.json").read_text())
    settings = run["settings"]
    assert settings["seeds"] == [0, 1, 2, 3]
    assert settings["seeds_without_an_agent"] == [0, 1]
    assert settings["tasks"] == {TASK: 1}
    assert settings["fz_multi"] and settings["prototypes"]
    assert run["machine"]["python"] == sys.version.split()[0]


def test_tables_are_written(small: Path):
    text = (small / "table.txt").read_text()
    assert "Every task, policy and team" in text
    assert "What each agent is worth" in text
    assert (small / "table.md").read_text().startswith("**Every task")
    replays = {path.name for path in (small / "replays").iterdir()}
    assert f"{TASK}-2-scripted-0.fzr" in replays
    assert len(replays) == 8


def test_processes_give_the_same_files(small: Path, tmp_path: Path):
    out = tmp_path / "two"
    assert call(out, *SMALL[:-1], "2") == OK
    for name in ("episodes.jsonl", "run.json", "table.txt", "table.md"):
        assert (out / name).read_bytes() == (small / name).read_bytes(), name
    for path in (small / "replays").iterdir():
        assert (out / "replays" / path.name).read_bytes() == path.read_bytes()


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "j"
    arguments = ("--policies", "no-op", "--seeds", "1", "--agents", "1", "--jobs", "1", "--json")
    assert call(out, *arguments) == OK
    found = json.loads(capsys.readouterr().out)
    assert found["rows"][0]["success"] == 1.0
    assert all(Path(path).exists() for path in found["files"])


def test_python_policies_and_labels(tmp_path: Path):
    out = tmp_path / "python"
    policies = (f"last={SHORT}:first_legal", f"{SHORT}:Slow")
    assert call(out, "--policies", *policies, "--seeds", "2", "--agents", "2", "--jobs", "1") == OK
    run = json.loads((out / "run.json").read_text())
    assert next(source["label"] for source in run["settings"]["policies"]) == "last"
    assert all(len(source["sha256"]) == 64 for source in run["settings"]["policies"])
    assert lines(out)[0]["messages"] > 0  # the last legal action says something


def test_cross_play(tmp_path: Path):
    out = tmp_path / "cross"
    policies = ("--policies", "random", "--cross-play", "random", "no-op", "scripted")
    assert call(out, *policies, "--seeds", "2", "--agents", "2", "--jobs", "1") == OK
    mixed = [row for row in lines(out) if row["partner"] is not None]
    pairs = [(row["policy"], row["partner"]) for row in mixed]
    assert len(pairs) == 6 * 2
    quiet = next(r for r in mixed if (r["policy"], r["partner"]) == ("no-op", "random"))
    assert quiet["work"][0] == 0
    assert "Cross-play on bench_short with 2 agents" in (out / "table.txt").read_text()


def test_a_label_may_stand_for_another_policy_on_each_task(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "mix"
    command = ["bench", TASK, "bench_never", "--import", SHORT, "--out", str(out), "--no-report"]
    command += [
        "--seeds",
        "1",
        "--agents",
        "1",
        "--jobs",
        "1",
        "--policies",
        "mix@bench_short=random",
    ]
    assert main([*command, "mix@bench_never=no-op", "random"]) == OK
    rows = [(row["task"], row["policy"], sum(row["work"])) for row in lines(out)]
    assert [row[:2] for row in rows] == [(t, p) for t in command[1:3] for p in ("mix", "random")]
    assert rows[0][2] == rows[1][2]  # the same policy under two names
    assert rows[2][2] == 0
    assert (
        main([*command[:5], "--out", str(tmp_path / "x"), "--policies", "a@refuel=no-op"]) == USAGE
    )
    assert "a@refuel: that task is not played" in capsys.readouterr().err


def test_an_unsolved_task(tmp_path: Path):
    out = tmp_path / "never"
    arguments = ("--policies", "no-op", "--seeds", "2", "--agents", "1", "--jobs", "1")
    assert call(out, *arguments, task="bench_never") == OK
    assert [(row["success"], row["score"]) for row in lines(out)] == [(False, 0.5)] * 2


# -- going on --------------------------------------------------------------------------------------
LONG = ("--policies", f"{SHORT}:Slow", "no-op", "--seeds", "12", "--agents", "2")


def start(out: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "fz_multi", "bench", TASK, "--import", SHORT]
    command += ["--out", str(out), "--no-report", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_for_lines(out: Path, count: int) -> int:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        path = out / "episodes.jsonl"
        if path.exists() and (found := len(path.read_bytes().splitlines())) >= count:
            return found
        time.sleep(0.02)
    raise AssertionError("nothing was played")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_killed_run_goes_on(jobs: str, tmp_path: Path):
    out, whole = tmp_path / "killed", tmp_path / "whole"
    running = start(out, *LONG, "--jobs", jobs)
    wait_for_lines(out, 3)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    kept = (out / "episodes.jsonl").read_bytes()
    assert 3 <= len(kept.splitlines()) < 36
    with (out / "episodes.jsonl").open("ab") as file:
        file.write(b'{"task": "bench_sh')  # as a kill in mid-write leaves it
    assert call(out, *LONG, "--jobs", "1", "--resume") == OK
    assert call(whole, *LONG, "--jobs", "1") == OK
    assert (out / "episodes.jsonl").read_bytes() == (whole / "episodes.jsonl").read_bytes()
    seconds = [json.loads(line) for line in (out / "seconds.jsonl").read_text().splitlines()]
    played = [tuple(row[k] for k in row if k != "seconds") for row in seconds]
    assert len(played) - len(set(played)) <= 1  # what was there was not played again


def test_workers_end_with_a_killed_parent(tmp_path: Path):
    running = start(tmp_path / "out", *LONG, "--jobs", "2")
    wait_for_lines(tmp_path / "out", 2)
    listed = Path(f"/proc/{running.pid}/task/{running.pid}/children")
    if not listed.exists():
        running.kill()
        running.wait()
        pytest.skip("needs /proc")
    children = [int(pid) for pid in listed.read_text().split()]
    assert len(children) >= 2
    running.kill()
    running.wait()
    until = time.monotonic() + 30
    while any(_alive(pid) for pid in children):
        assert time.monotonic() < until, "workers are left over"
        time.sleep(0.1)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_worker_that_dies_costs_no_episode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    marker = tmp_path / "died"
    monkeypatch.setenv("FZ_MULTI_TEST_KILL_ONCE", str(marker))
    arguments = ("--policies", f"{SHORT}:Deadly", "--seeds", "8", "--agents", "2")
    assert call(tmp_path / "a", *arguments, "--replaced", "0", "--jobs", "2") == OK
    assert marker.exists()
    assert call(tmp_path / "b", *arguments, "--replaced", "0", "--jobs", "1") == OK
    assert len(lines(tmp_path / "a")) == 8
    one, two = (tmp_path / name / "episodes.jsonl" for name in "ab")
    assert one.read_bytes() == two.read_bytes()


def test_results_are_not_written_over(small: Path, capsys: pytest.CaptureFixture[str]):
    before = (small / "episodes.jsonl").read_bytes()
    assert call(small, *SMALL) == USAGE
    assert "--resume" in capsys.readouterr().err
    assert call(small, *SMALL, "--resume", "--seeds", "5") == USAGE
    text = capsys.readouterr().err
    assert "other settings" in text
    assert "seeds: [0, 1, 2, 3] there, [0, 1, 2, 3, 4] now" in text
    assert call(small, *SMALL, "--resume") == OK  # nothing to do
    assert (small / "episodes.jsonl").read_bytes() == before


def test_a_policy_that_fails_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    policies = ("--policies", "no-op", f"{SHORT}:broken")
    arguments = (*policies, "--seeds", "2", "--agents", "1")
    for jobs in ("1", "2"):
        assert call(tmp_path / jobs, *arguments, "--jobs", jobs) == FAILED
        text = capsys.readouterr().err
        assert "ZeroDivisionError: no plan" in text
        assert "bench_short, 1 agents" in text
    assert "--resume goes on" in text
    assert len(lines(tmp_path / "1")) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--seeds", "0"), "--seeds is from 1"),
        (("--agents", "17"), "--agents is from 1 to 16"),
        (("--agents", "2", "2"), "stands there twice"),
        (("--jobs", "0"), "--jobs is from 1"),
        (("--replaced", "-1"), "--replaced is from 0"),
        (("--policies", "best"), "unknown policy 'best'; allowed: scripted, open-loop"),
        (("--policies", "no_such_module:f"), "cannot be imported"),
        (("--policies", f"{SHORT}:no_such"), "has no 'no_such'"),
        (("--policies", f"{SHORT}:nothing"), "is no policy"),
        (("--policies", "nowhere.py:f"), "there is no file"),
        (("--policies", "checkpoint:nowhere.pt"), "there is no file"),
        (("--policies", "json: "), "needs a command"),
        (("--policies", "tcp:localhost"), "needs HOST:PORT"),
        (("--policies", "a=no-op", "a=random"), "a stands there twice"),
        (("--cross-play", "random"), "two policies or more"),
        (("--cross-play", "random", "no-op", "--agents", "1"), "a team of two"),
        (("--cross-play", "random", "json:x"), "cannot be in --cross-play"),
        (("--password", "x"), "go with --address"),
        (("--address", "127.0.0.1:1"), "goes with --backend factorio"),
        (("--address", "127.0.0.1:1", "--backend", "factorio", "--jobs", "2"), "--jobs 1"),
        (("--import", "no_such_module"), "cannot be imported"),
        (("--out", "/dev/null/x"), "/dev/null"),
    ],
)
def test_wrong_arguments(
    arguments: tuple[str, ...],
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
):
    assert call(tmp_path / "out", *arguments) == USAGE
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_unknown_tasks_and_tasks_without_a_team(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["bench", "two_cels", "--out", str(tmp_path / "x")]) == USAGE
    assert "did you mean 'two_cells'" in capsys.readouterr().err


def test_two_runs_cannot_write_to_one_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    running = start(tmp_path, *LONG, "--jobs", "1")
    wait_for_lines(tmp_path, 1)
    try:
        assert call(tmp_path, *LONG, "--jobs", "1", "--resume") == USAGE
        assert "another fz-multi bench writes" in capsys.readouterr().err
    finally:
        running.kill()
        running.wait()
