"""Finding a Factorio: program, data folder and version, wherever it is installed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from fz_multi.factorio import find
from fz_multi.factorio.find import find_factorio, usual_places, version_of


def install(folder: Path, program: str, *, says: str = "", data: str = "") -> Path:
    """An installation as the game lays it out; ``says``: what --version prints."""
    path = folder / program
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\n{says}\n")
    path.chmod(0o755)
    if data:
        base = folder / "data" / "base"
        base.mkdir(parents=True)
        (base / "info.json").write_text(json.dumps({"name": "base", "version": data}))
    return path


def test_by_folder_and_by_program(tmp_path: Path):
    program = install(tmp_path, "bin/x64/factorio", data="2.0.77")
    (tmp_path / "data" / "map-settings.example.json").write_text("{}")
    for path in (tmp_path, program, str(tmp_path)):
        found = find_factorio(path)
        assert (found.program, found.version) == (program, "2.0.77")
        assert found.data == tmp_path / "data"
    assert found.example("map-settings") == tmp_path / "data" / "map-settings.example.json"
    assert found.example("server-settings") is None


def test_on_a_mac(tmp_path: Path):
    program = install(tmp_path / "factorio.app" / "Contents", "MacOS/factorio", data="2.1.9")
    found = find_factorio(tmp_path / "factorio.app")
    assert (found.program, found.version) == (program, "2.1.9")


def test_by_what_it_says(tmp_path: Path):
    said = 'echo "Version: 2.1.9 (build 84000, linux64, headless)"; echo "Binary version: 64"'
    program = install(tmp_path, "bin/x64/factorio", says=said)
    assert find_factorio(tmp_path).version == "2.1.9"
    assert find_factorio(tmp_path).data is None
    assert version_of(program) == "2.1.9"


@pytest.mark.parametrize("says", ["echo nothing", "exit 3", "echo 2.0.77; exit 1"])
def test_one_that_tells_no_version(says: str, tmp_path: Path):
    install(tmp_path, "bin/x64/factorio", says=says)
    with pytest.raises(RuntimeError, match="told no version"):
        find_factorio(tmp_path)


def test_one_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(find, "VERSION_TIMEOUT", 0.3)
    install(tmp_path, "bin/x64/factorio", says="exec sleep 30")
    with pytest.raises(RuntimeError, match="timed out"):
        find_factorio(tmp_path)


def test_the_usual_places_come_before_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    home, bin_folder = tmp_path / "home", tmp_path / "bin"
    monkeypatch.setattr(find, "usual_places", lambda: [home / "a", home / "b"])
    monkeypatch.setenv("PATH", str(bin_folder))
    with pytest.raises(FileNotFoundError, match="home/b"):
        find_factorio()
    on_path = install(bin_folder, "factorio", says="echo 2.0.60")
    assert find_factorio().program == on_path
    usual = install(home / "b", "bin/x64/factorio", data="2.0.77")
    assert find_factorio().program == usual


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_every_system_has_places(platform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ProgramFiles", str(tmp_path))
    places = usual_places(tmp_path, platform)
    assert places
    assert all("actorio" in str(place) for place in places)


@pytest.mark.parametrize("path", ["nowhere", "notes.txt"])
def test_not_there(path: str, tmp_path: Path):
    (tmp_path / "notes.txt").write_text("not a program")
    with pytest.raises(FileNotFoundError, match="neither its program nor its folder"):
        find_factorio(tmp_path / path)


def test_any_program_may_be_named():
    """Python is no Factorio, but it tells a version: what was named is taken at its word."""
    assert find_factorio(sys.executable).version.startswith("3.")
