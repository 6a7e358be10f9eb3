"""The guard against getting slower: what it compares and says (nothing is timed here)."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for a plain `pytest`
guard = importlib.import_module("benchmarks.guard")


def found(**ratios: float) -> dict[str, dict[str, float]]:
    return {name: {"ratio": r, "low": 0.9 * r, "high": 1.1 * r} for name, r in ratios.items()}


def test_a_fall_within_the_tolerance_is_no_complaint() -> None:
    kept = {"engine": 2.0, "vector_env": 8.0}
    assert guard.complaints(found(engine=1.5, vector_env=8.0), kept, 0.25) == []
    assert guard.complaints(found(engine=9.0, vector_env=8.0), kept, 0.25) == []


def test_a_larger_fall_is_named_with_its_size() -> None:
    kept = {"engine": 2.0, "vector_env": 8.0}
    (sentence,) = guard.complaints(found(engine=1.4, vector_env=8.0), kept, 0.25)
    assert "engine has become slower" in sentence
    assert "30 %" in sentence and "from 2 to 1.4" in sentence and "allowed: 25 %" in sentence
    assert guard.fallen(found(engine=1.4), kept, 0.25) == ["engine"]
    assert guard.complaints(found(engine=1.4), kept, 0.4) == []


def test_a_measure_that_is_not_kept_is_a_complaint() -> None:
    (sentence,) = guard.complaints(found(engine=1.4), {"vector_env": 8.0}, 0.25)
    assert "engine" in sentence and "--update" in sentence


def test_the_better_of_two_measurements_counts() -> None:
    out = guard.better(found(a=1.0, b=5.0), found(a=2.0, b=4.0))
    assert {name: row["ratio"] for name, row in out.items()} == {"a": 2.0, "b": 5.0}
    assert guard.better(found(a=1.0, b=5.0), found(a=0.5))["b"]["ratio"] == 5.0


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    guard.write(path, found(engine=1.23456, vector_env=81234.5), {"cpu": "some"})
    page = guard.read(path)
    assert page["ratios"] == {"engine": 1.235, "vector_env": 81230.0}
    assert page["machine"] == {"cpu": "some"}


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"ratios": {}}', '{"ratios": {"engine": 0}}', '{"ratios": {"e": "x"}}'],
)
def test_a_file_without_ratios_is_refused_with_a_hint(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kept.json"
    with pytest.raises(guard.NothingKept, match="--update"):
        guard.read(path)
    path.write_text(text)
    with pytest.raises(guard.NothingKept, match="--update"):
        guard.read(path)


def test_the_committed_file_has_all_measures() -> None:
    assert set(guard.read(guard.KEPT)["ratios"]) == set(guard.MEASURES)


def test_the_table_has_a_row_for_each_measure() -> None:
    text = guard.as_text(found(engine=1.0, vector_env=3.0), {"engine": 2.0})
    assert "0.50" in text and "vector_env" in text


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What `measure` returns, call by call, in place of measuring."""
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(guard, "measure", lambda names, blocks: calls.pop(0))
    monkeypatch.setattr("fz_multi.engine.warmup.warmup", lambda: {})
    return calls


def test_exit_codes(
    tmp_path: Path, measured: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "kept.json"
    assert guard.main(["--kept", str(path)]) == 2
    assert "missing" in capsys.readouterr().err
    measured.append(found(engine=2.0))
    assert guard.main(["--kept", str(path), "--update"]) == 0
    assert json.loads(path.read_text())["ratios"] == {"engine": 2.0}
    measured.append(found(engine=1.9))
    assert guard.main(["--kept", str(path)]) == 0
    measured.extend([found(engine=1.0), found(engine=1.8)])  # a disturbance, and it is gone
    assert guard.main(["--kept", str(path)]) == 0
    measured.extend([found(engine=1.0), found(engine=1.1)])
    assert guard.main(["--kept", str(path)]) == 1
    assert "fell by 45 %" in capsys.readouterr().err
    assert measured == []
