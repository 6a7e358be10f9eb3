"""Episodes on a Ray cluster of this machine: the same files, also when a worker is killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from fz_multi.cli import OK, main

pytest.importorskip("ray", reason="needs the extra ray")
pytestmark = pytest.mark.peers

SHORT = str(Path(__file__).parent / "short.py")


def call(out: Path, *arguments: str) -> int:
    command = ["bench", "bench_short", "--import", SHORT, "--out", str(out), "--no-report"]
    return main([*command, "--agents", "2", *arguments])


def test_two_workers_give_the_same_file_as_one_process(tmp_path: Path):
    arguments = ("--seeds", "4", "--replaced", "1", "--policies", "random", f"{SHORT}:first_legal")
    assert call(tmp_path / "ray", *arguments, "--jobs", "2", "--ray") == OK
    assert call(tmp_path / "one", *arguments, "--jobs", "1") == OK
    for name in ("episodes.jsonl", "run.json", "table.txt"):
        assert (tmp_path / "ray" / name).read_bytes() == (tmp_path / "one" / name).read_bytes()


def test_a_worker_that_is_killed_costs_no_episode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    marker = tmp_path / "died"
    monkeypatch.setenv("FZ_MULTI_TEST_KILL_ONCE", str(marker))
    arguments = ("--seeds", "8", "--replaced", "0", "--policies", f"{SHORT}:Deadly")
    assert call(tmp_path / "ray", *arguments, "--jobs", "2", "--ray") == OK
    assert marker.exists()  # a worker has really died
    assert call(tmp_path / "one", *arguments, "--jobs", "1") == OK
    one, ray = (tmp_path / name / "episodes.jsonl" for name in ("one", "ray"))
    assert len(ray.read_text().splitlines()) == 8
    assert ray.read_bytes() == one.read_bytes()
