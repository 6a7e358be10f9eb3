"""The mod uses no member of the game's API but those in api_members.txt, and all of them exist.

`api_members.txt` names every member that mod/ touches and how. It is held against the project's own
table of the runtime API (2.0 and 2.1), and the words behind dots in mod/ are held against it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from fz_multi.server.api import Api

ROOT = Path(__file__).resolve().parents[2]
MOD = ROOT / "mod"
VERSIONS = ("2.0.77", "2.1.9")

# Words behind a dot that the API has as well, but that name fields of the mod's own tables.
OWN_WORDS = """
active character clear commands count create_character direction energy entity find finished height
inventory item minable mine name owner parameter position products radius recipe recipes remove
reset speed status stop surface tick tile tiles type units valid width
"""
OWN = set(OWN_WORDS.split())
LUA_WORDS = """
assert bit32 debug defines error ipairs math next pairs pcall require select setmetatable storage
string table table_size tonumber tostring type xpcall
"""


def demands() -> list[tuple[str, str]]:
    """(name, how) of each line of the table."""
    lines = (ROOT / "tests" / "mod" / "api_members.txt").read_text("utf-8").splitlines()
    lines = [line for line in lines if line and not line.startswith("#")]
    return [(line.split(":")[0], line.partition(":")[2]) for line in lines]


def sources() -> dict[str, str]:
    """The Lua of each file without comments and strings."""
    out = {}
    for path in sorted(MOD.rglob("*.lua")):
        if path.name == "data.lua":
            continue
        text = re.sub(r"--[^\n]*", "", path.read_text("utf-8"))
        out[path.name] = re.sub(r"\"(\\.|[^\"\\\n])*\"|'(\\.|[^'\\\n])*'", '""', text)
    return out


@pytest.mark.parametrize("version", VERSIONS)
def test_each_member_exists(version):
    api = Api(version)
    missing = []
    for name, how in demands():
        owner, _, member = name.partition(".")
        if owner == "defines":
            group, _, entry = name.removeprefix("defines.").rpartition(".")
            there = (
                name in ("defines.entity_status",)
                or entry in api.define_names.get(group, ())
                or (group == "events" and entry in api.events)
            )
        elif not member:
            there = name in api.events
        else:
            if member.startswith("<"):
                continue
            found = api.member(owner, member)
            facts = found[1] if found else {}
            if how == "call":
                there = "p" in facts
            else:
                there = bool(found) and all(access in facts for access in how)
        if not there:
            missing.append((name, how))
    assert not missing


def test_nothing_else_is_used():
    api = Api(VERSIONS[0])
    known = {member for members in api.classes.values() for member in members}
    listed = {name.partition(".")[2] for name, _ in demands()}
    used: dict[str, set[str]] = {}
    for file, text in sources().items():
        for word in re.findall(r"\.([A-Za-z_]\w*)", text):
            used.setdefault(word, set()).add(file)
    outside = {w: sorted(f) for w, f in used.items() if w in known and w not in listed | OWN}
    assert not outside, outside


def test_nothing_is_listed_in_vain():
    words = {word for text in sources().values() for word in re.findall(r"\w+", text)}
    listed = [name.rpartition(".")[2] for name, _ in demands() if "<" not in name]
    assert [name for name in listed if name not in words] == []


def test_globals_are_the_games():
    """What is used without being local: the objects and functions that the game offers."""
    api = Api(VERSIONS[0])
    allowed = set(api.globals) | set(api.functions) | set(LUA_WORDS.split())
    if shutil.which("luac") is None:
        pytest.skip("no luac")
    for path in sorted(MOD.rglob("*.lua")):
        listing = subprocess.run(
            ["luac", "-l", "-p", str(path)], capture_output=True, text=True, check=False
        )
        if listing.returncode:
            pytest.fail(listing.stderr)
        writes = re.findall(r"SETGLOBAL.*; (\w+)|SETTABUP.*_ENV \"(\w+)\"", listing.stdout)
        assert not writes, (path.name, writes)
        reads = re.findall(r"GETGLOBAL.*; (\w+)|GETTABUP.*_ENV \"(\w+)\"", listing.stdout)
        outside = {a or b for a, b in reads} - allowed
        assert not outside, (path.name, outside)


def test_luacheck():
    if shutil.which("luacheck") is None:
        pytest.skip("luacheck (Debian: lua-check) is not installed")
    run = subprocess.run(
        ["luacheck", "--no-color", "mod"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout


def test_no_branch_on_the_server():
    """The mod never asks in which server it runs, nor which version of the game it is."""
    for file, text in sources().items():
        assert "embedded" not in text.lower(), file
        if "game_version" in text or "active_mods" in text:
            assert file == "communication.lua", file
            assert text.count("game_version") == 1 and text.count("active_mods") == 1
