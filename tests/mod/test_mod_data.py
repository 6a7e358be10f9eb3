"""`mod/gym/data.lua` is what the prototypes say, and its tables mean what the engine means."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from fz_multi.commands import CODES, VERBS
from fz_multi.engine.constants import STATUS_NAMES
from fz_multi.prototypes import load

ROOT = Path(__file__).resolve().parents[2]
lupa = pytest.importorskip("lupa.lua52")


@pytest.fixture(scope="module")
def writer():
    spec = importlib.util.spec_from_file_location("writer", ROOT / "tools" / "write_mod_data.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def data():
    return lupa.LuaRuntime().execute((ROOT / "mod" / "gym" / "data.lua").read_text("utf-8"))


def test_up_to_date(writer):
    assert (ROOT / "mod/gym/data.lua").read_text("utf-8") == writer.text(), (
        "run python tools/write_mod_data.py"
    )


def test_ids(data):
    numbers = load()
    for ours, table in (
        (data["items"], numbers.items),
        (data.entities, numbers.entities),
        (data.recipes, numbers.recipes),
        (data.technologies, numbers.technologies),
    ):
        assert [ours[n + 1] for n in range(len(ours))] == list(table)
    assert all(data.item_id[name] == item.id for name, item in numbers.items.items())


def test_numbers_of_words(data):
    assert dict(data.codes) == {name: n for n, name in enumerate(CODES)}
    assert dict(data.verbs) == {verb.name: verb.number for verb in VERBS.values()}
    assert dict(data.status) == {name: n for n, name in enumerate(STATUS_NAMES) if name}
    assert dict(data.deposit_products) == dict.fromkeys(
        ("coal", "copper-ore", "iron-ore", "stone"), True
    )


def test_kinds(data):
    furnace = data.kinds["stone-furnace"]
    assert (furnace.kind, furnace.w, furnace.h, furnace.item) == (
        "furnace",
        2,
        2,
        "stone-furnace",
    )
    assert [furnace.box[n] for n in range(1, 5)] == [-179, -179, 179, 179]
    assert not furnace.rotates and data.kinds["burner-inserter"].rotates
    assert data.kinds["assembling-machine-1"] is None
