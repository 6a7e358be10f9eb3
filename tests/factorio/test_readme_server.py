"""The README's example on a server runs as it stands there, but for port and length."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fz_multi.factorio.launch import Launcher

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_example_on_a_server(server: Launcher, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```py\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    blocks = [block for block in blocks if 'backend="factorio"' in block]
    assert len(blocks) == 1 and len(blocks[0].strip().splitlines()) <= 12
    text = blocks[0].replace("127.0.0.1:27015", server.address).replace("secret", server.password)
    assert text != blocks[0]
    text = text.replace('"speed": 60', '"speed": 1000, "max_ticks": 600, "final_window": 0')
    exec(compile(text, str(README), "exec"), {})
    assert 0.0 <= float(capsys.readouterr().out) <= 1.0
