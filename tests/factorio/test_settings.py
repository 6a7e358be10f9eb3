"""Settings files of a server: what must stand in them for agents to play."""

from __future__ import annotations

import configparser
import json
from pathlib import Path

import pytest

from fz_multi.factorio import settings
from fz_multi.factorio.find import Installation


def test_server_settings():
    found = settings.server_settings()
    assert found["auto_pause"] is False
    assert found["allow_commands"] == "true"  # a text
    assert found["visibility"] == {"public": False, "lan": False}
    assert found["require_user_verification"] is False
    assert found["autosave_interval"] > 10_000
    assert settings.server_settings("mine", max_players=3)["max_players"] == 3


def test_map_gen_settings():
    found = settings.map_gen_settings(7)
    controls = found["autoplace_controls"]
    assert controls["water"] == {"frequency": 1, "size": 0}  # frequency 0 breaks the generator
    for name in (*settings.RESOURCES, "trees", "enemy-base"):
        assert controls[name] == {"frequency": 0, "size": 0, "richness": 0}
    assert (found["seed"], found["cliff_settings"]["richness"]) == (7, 0)
    controls["coal"]["size"] = 1
    assert controls["stone"]["size"] == 0  # each has numbers of its own


def test_map_settings_come_from_the_installation(tmp_path: Path):
    assert settings.map_settings(Installation(Path("x"), "2.0.77", tmp_path)) is None
    assert settings.map_settings(Installation(Path("x"), "2.0.77", None)) is None
    example = {"pollution": {"enabled": True, "ageing": 1}, "enemy_expansion": {"enabled": True}}
    example |= {"max_failed_behavior_count": 3}
    (tmp_path / "map-settings.example.json").write_text(json.dumps(example))
    found = settings.map_settings(Installation(Path("x"), "2.0.77", tmp_path))
    assert found == {
        "pollution": {"enabled": False, "ageing": 1},  # every key is still there
        "enemy_expansion": {"enabled": False},
        "max_failed_behavior_count": 3,
    }


def test_mod_list():
    old = {mod["name"]: mod["enabled"] for mod in settings.mod_list("2.0", ["ours"])["mods"]}
    new = {mod["name"]: mod["enabled"] for mod in settings.mod_list("2.1", ["ours"])["mods"]}
    assert old == {
        "base": True,
        "elevated-rails": False,
        "quality": False,
        "space-age": False,
        "ours": True,
    }
    assert new == old | {"recycler": False}  # a part of its own since 2.1


def test_config_ini(tmp_path: Path):
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(settings.config_ini(tmp_path, Path("/opt/factorio/data")))
    assert parser["path"]["write-data"] == str(tmp_path)
    assert parser["path"]["read-data"] == "/opt/factorio/data"
    parser.read_string(settings.config_ini(tmp_path, None))
    assert parser["path"]["read-data"].startswith("__PATH__executable__")
    with pytest.raises(ValueError, match="line break"):
        settings.config_ini(Path("a\nread-data=b"), None)


def test_write(tmp_path: Path):
    path = settings.write(tmp_path / "new" / "a.json", {"key": [1]})
    assert json.loads(path.read_text()) == {"key": [1]}
    assert settings.write(path, "text").read_text() == "text"
    assert [p.name for p in path.parent.iterdir()] == ["a.json"]
