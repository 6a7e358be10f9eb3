"""What goes wrong with a layout: the errors, and the list of what cannot be used."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


class LayoutError(ValueError):
    """A drawing that cannot be read or built: where, what was wrong, what is allowed."""


class BlueprintError(LayoutError):
    """A blueprint string that cannot be read: what was wrong, what is allowed."""


@dataclass(frozen=True)
class Unusable:
    """One thing that a world cannot take over, or a setting that it ignores.

    ``name``: prototype name, or the key of the setting; ``position``: in tiles as the source has
    it, None for a setting; ``count``: how often a setting stood there (1 for an entity).
    """

    name: str
    position: tuple[float, float] | None
    why: str
    count: int = 1

    def __str__(self) -> str:
        if self.position is None:
            times = f" ({self.count} times)" if self.count > 1 else ""
            return f"{self.name}{times}: {self.why}"
        return f"{self.name} at ({self.position[0]:g}, {self.position[1]:g}): {self.why}"


def report(unusable: Iterable[Unusable]) -> str:
    """The list for people: one line for each name and reason, with how many and where first."""
    groups: dict[tuple[str, str], list[Unusable]] = {}
    for thing in unusable:
        groups.setdefault((thing.name, thing.why), []).append(thing)
    lines = []
    for (name, why), things in groups.items():
        first = things[0]
        if first.position is None or len(things) == 1:
            lines.append(str(first))
        else:
            x, y = first.position
            lines.append(f"{len(things)} x {name}, first at ({x:g}, {y:g}): {why}")
    return "\n".join(lines)


_SHORT = reprlib.Repr()
_SHORT.maxlevel = 2
_SHORT.maxstring = _SHORT.maxother = 60


def short(value: Any) -> str:
    """A value as a message shows it.

    Never longer than a line, and never walked in full: a few bytes of YAML can nest to billions.
    """
    try:
        text = _SHORT.repr(value)
    except (RecursionError, ValueError):
        text = f"something too large to show ({type(value).__name__})"
    return text if len(text) <= 80 else text[:77] + "..."
