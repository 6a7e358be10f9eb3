"""Scripted teams: for a task NAME, the module ``scripted/NAME.py`` with ``make_team() -> Policy``.

A team plays through the same actions that a learned policy has. ``register_team`` adds one for a
task of one's own.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

_registered: dict[str, Callable[[], Any]] = {}


def register_team(task: str, make: Callable[[], Any]) -> None:
    """Make ``make()`` the scripted team of a task (see ``fz_multi.bench.Policy``)."""
    _registered[task] = make


def has_team(task: str) -> bool:
    """Whether a task has a scripted team."""
    return task in _registered or importlib.util.find_spec(f"{__name__}.{task}") is not None


def make_team(task: str) -> Any:
    """The scripted team of a task. ValueError when it has none."""
    if task in _registered:
        return _registered[task]()
    if not has_team(task):
        raise ValueError(
            f"task {task!r} has no scripted team; use --policy random or no-op, or add "
            "one with fz_multi.bench.scripted.register_team"
        )
    return importlib.import_module(f"{__name__}.{task}").make_team()
