"""The README's Python runs as it stands there, block after block."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[1] / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S)


def test_there_are_examples():
    assert len(BLOCKS) >= 5


def test_python_blocks_run(capsys: pytest.CaptureFixture[str]):
    pytest.importorskip("supersuit")
    names: dict[str, object] = {}
    for block in BLOCKS:
        exec(compile(block, str(README), "exec"), names)
    out = capsys.readouterr().out
    assert "'iron-plate': 1" in out  # the world of the last example has made its first plate


def test_a_task_of_ones_own_takes_under_thirty_lines():
    block = next(block for block in BLOCKS if "register_task" in block)
    assert len(block.strip().splitlines()) < 30


def test_first_command_and_test_command_are_two_lines():
    text = README.read_text(encoding="utf-8")
    shell = re.findall(r"```sh\n(.*?)```", text, re.S)
    assert [len(block.strip().splitlines()) for block in shell[:2]] == [1, 1]
    assert "fz-multi demo" in shell[0] and "pytest" in shell[1]
