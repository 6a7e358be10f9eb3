"""Reading a map's file: small checks whose messages name the place and what is allowed."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any


class MapError(ValueError):
    """A map that cannot be read or drawn. The text names the place in the file."""


def close(raw: Any, names: Iterable[str]) -> str:
    """A hint " (did you mean ...?)", or ""."""
    if not isinstance(raw, str) or len(raw) > 100:
        return ""
    found = difflib.get_close_matches(raw, list(names), n=3, cutoff=0.6)
    return f" (did you mean {' or '.join(found)}?)" if found else ""


def short(raw: Any) -> str:
    text = repr(raw)
    return text if len(text) <= 60 else text[:57] + "..."


def mapping(raw: Any, where: str) -> dict[str, Any]:
    """A mapping with text keys; None counts as an empty one."""
    if raw is None:
        return {}
    if not isinstance(raw, Mapping):
        raise MapError(f"{where} is a mapping, got {short(raw)}")
    return {str(key): value for key, value in raw.items()}


def sequence(raw: Any, where: str) -> list[Any]:
    """A list; None counts as an empty one."""
    if raw is None:
        return []
    if not isinstance(raw, list | tuple):
        raise MapError(f"{where} is a list, got {short(raw)}")
    return list(raw)


def keys(raw: Mapping[str, Any], allowed: Collection[str], where: str) -> None:
    """MapError for a key that is not allowed."""
    for key in raw:
        if key not in allowed:
            hint = close(key, allowed)
            raise MapError(f"{where}: unknown key {key!r}{hint}; allowed: {', '.join(allowed)}")


def choice(raw: Any, allowed: Collection[str], where: str) -> str:
    if isinstance(raw, str) and raw in allowed:
        return raw
    hint = close(raw, allowed)
    raise MapError(f"{where}: unknown value {short(raw)}{hint}; allowed: {', '.join(allowed)}")


def number(raw: Any, where: str) -> float:
    """A finite number."""
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
        raise MapError(f"{where} is a finite number, got {short(raw)}")
    return float(raw)


def whole(raw: Any, where: str, low: int, high: int) -> int:
    """A whole number within bounds, both included."""
    value = number(raw, where)
    if value != int(value) or not low <= value <= high:
        raise MapError(f"{where} is a whole number from {low} to {high}, got {short(raw)}")
    return int(value)


def pair(raw: Any, where: str) -> tuple[float, float]:
    """Two finite numbers."""
    if not isinstance(raw, list | tuple) or len(raw) != 2:
        raise MapError(f"{where} is [x, y], got {short(raw)}")
    return number(raw[0], f"{where}[0]"), number(raw[1], f"{where}[1]")


def area_of(raw: Any, where: str) -> tuple[int, int, int, int]:
    """Whole tiles [x0, y0, x1, y1] with x0 < x1 and y0 < y1."""
    if not isinstance(raw, list | tuple) or len(raw) != 4:
        raise MapError(f"{where} is [x0, y0, x1, y1], got {short(raw)}")
    x0, y0, x1, y1 = (whole(v, f"{where}[{i}]", -1024, 1024) for i, v in enumerate(raw))
    if x0 >= x1 or y0 >= y1:
        raise MapError(f"{where}: x0 < x1 and y0 < y1 are needed, got {list(raw)}")
    return x0, y0, x1, y1


def items_of(raw: Any, where: str) -> tuple[tuple[str, int], ...]:
    """A mapping item -> count, as pairs."""
    out = mapping(raw, where).items()
    return tuple((name, whole(count, f"{where}.{name}", 1, 1_000_000)) for name, count in out)
