"""Archives of the mod: what is in them, and that their bytes are always the same."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from pathlib import Path

import pytest

from fz_multi.cli import OK, USAGE, main
from fz_multi.factorio.pack import (
    SERIES,
    PackError,
    mod_folder,
    pack_all,
    pack_mod,
    read_info,
    series_of,
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small mod with what does and does not belong into the archive."""
    folder = tmp_path / "source"
    (folder / "gym").mkdir(parents=True)
    info = {"name": "small", "version": "1.2.3", "factorio_version": "2.0", "title": "Größe"}
    (folder / "info.json").write_text(json.dumps(info), "utf-8")
    (folder / "control.lua").write_text("-- é\n", "utf-8")
    (folder / "gym" / "b.lua").write_bytes(b"return {}\r\n")
    (folder / "gym" / "a.lua").write_bytes(b"return {}\n")
    for left_out in (".luacheckrc", "control.lua~", "gym/.hidden", "old.zip"):
        (folder / left_out).write_text("x")
    return folder


def test_what_is_in_the_archive(source: Path, tmp_path: Path):
    path = pack_mod(tmp_path / "out", source=source)
    assert path == tmp_path / "out" / "small_1.2.3.zip"
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        files = ("control.lua", "gym/a.lua", "gym/b.lua", "info.json")
        assert names == [f"small_1.2.3/{name}" for name in files]
        assert archive.read("small_1.2.3/gym/b.lua") == b"return {}\r\n"
        assert json.loads(archive.read("small_1.2.3/info.json"))["title"] == "Größe"
        assert archive.testzip() is None
    assert [p.name for p in path.parent.iterdir()] == [path.name]  # no draft is left


def test_the_same_bytes_wherever_and_whenever(source: Path, tmp_path: Path):
    one = pack_mod(tmp_path / "one", source=source).read_bytes()
    for file in source.rglob("*"):
        os.utime(file, (1, 1))
        file.chmod(0o700)
    two = pack_mod(tmp_path / "two", source=source).read_bytes()
    assert hashlib.sha256(one).digest() == hashlib.sha256(two).digest()


def test_one_archive_a_game(tmp_path: Path):
    paths = pack_all(tmp_path)
    assert [path.parent.name for path in paths] == list(SERIES)
    assert len({path.name for path in paths}) == 1
    contents = []
    for path, series in zip(paths, SERIES, strict=True):
        with zipfile.ZipFile(path) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        info = json.loads(files.pop(f"{path.stem}/info.json"))
        assert info.pop("factorio_version") == series
        contents.append((info, files))
    assert contents[0] == contents[1]  # nothing else differs


def test_our_mod_is_there():
    info = read_info()
    assert (mod_folder() / "control.lua").is_file()
    assert info["factorio_version"] in SERIES


@pytest.mark.parametrize(("version", "series"), [("2.0.77", "2.0"), ("2.1", "2.1")])
def test_series(version: str, series: str):
    assert series_of(version) == series


@pytest.mark.parametrize("version", ["1.1.110", "2", "", "2.2.0", "20.1"])
def test_no_mod_for_other_games(version: str):
    with pytest.raises(ValueError, match=r"2\.0, 2\.1"):
        series_of(version)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "info.json"),
        ("[]", "an object"),
        ('{"name": "a", "version": "1.0.0"}', "factorio_version is missing"),
        ('{"name": "a/../b", "version": "1.0.0", "factorio_version": "2.0"}', "no name of a mod"),
        ('{"name": "a", "version": "1.0", "factorio_version": "2.0"}', "is not like"),
        ('{"name": "a", "version": 1, "factorio_version": "2.0"}', "version is missing"),
    ],
)
def test_no_mod(text: str, words: str, tmp_path: Path):
    (tmp_path / "info.json").write_text(text)
    with pytest.raises(PackError, match=words):
        pack_mod(tmp_path / "out", source=tmp_path)


def test_a_link_is_not_packed(source: Path, tmp_path: Path):
    (source / "secret.lua").symlink_to("/etc/hostname")
    with pytest.raises(PackError, match="link"):
        pack_mod(tmp_path / "out", source=source)
    assert not list((tmp_path / "out").iterdir())


def test_no_folder(tmp_path: Path):
    with pytest.raises(PackError, match=r"info\.json"):
        pack_mod(tmp_path / "out", source=tmp_path / "nowhere")


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["mod", "pack", str(tmp_path / "all")]) == OK
    assert "Factorio 2.1" in capsys.readouterr().out
    assert main(["mod", "pack", str(tmp_path / "all"), "--json"]) == OK
    found = json.loads(capsys.readouterr().out)
    assert list(found) == list(SERIES)
    assert all(Path(path).is_file() for path in found.values())
    assert main(["mod", "pack", str(tmp_path / "one"), "--game", "2.1.9"]) == OK
    (only,) = (tmp_path / "one").iterdir()
    assert only.name == Path(found["2.1"]).name
    assert only.read_bytes() == Path(found["2.1"]).read_bytes()
    capsys.readouterr()
    assert main(["mod", "path"]) == OK
    assert Path(capsys.readouterr().out.strip()) == mod_folder()
    assert main(["mod", "path", "--json"]) == OK
    assert json.loads(capsys.readouterr().out)["version"] == read_info()["version"]
    assert main(["mod", "pack", str(tmp_path), "--game", "1.1"]) == USAGE
    assert "no mod for Factorio 1.1" in capsys.readouterr().err
