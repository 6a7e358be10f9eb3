"""Reading the text of a layout: YAML or a bare drawing, checked for its form."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from typing import Any

import yaml

from .errors import LayoutError, short
from .legend import BELOW, DEFAULT_LEGEND, EMPTY, check_entry, is_pair, is_whole, kind_of

KEYS: dict[str, type] = {
    "size": list, "origin": list, "ground": str, "drawing": str, "legend": dict, "order": list,
    "state": dict,
}  # fmt: skip
# No drawing holds a colon or a brace, unless its legend says so, and then it is no bare drawing.
IS_YAML = re.compile(rf"^[\"']?({'|'.join(KEYS)})[\"']?[ \t]*:|\A\s*{{", re.MULTILINE)


def parse(text: str, name: str) -> Any:
    """The data that a text holds: that of YAML, or ``{"drawing": ...}`` of a bare drawing."""
    rows = text.splitlines()
    full = [number for number, row in enumerate(rows) if row.strip()]
    text = textwrap.dedent("\n".join(rows[full[0] : full[-1] + 1])) if full else ""
    if not IS_YAML.search(text):
        return {"drawing": text}
    try:
        return yaml.safe_load(text)
    except Exception as error:  # PyYAML lets KeyError, IndexError and more out of its tags
        raise LayoutError(f"{name}: no YAML: {error}") from None


def check_types(data: Any, types: Mapping[str, type], name: str) -> None:
    """LayoutError unless data is a mapping of known keys to values of their types."""
    if not isinstance(data, Mapping):
        raise LayoutError(
            f"{name}: a layout is a mapping with the keys {', '.join(types)}, got {short(data)}"
        )
    for key, value in data.items():
        if key not in types:
            raise LayoutError(f"{name}: unknown key {short(key)}; allowed: {', '.join(types)}")
        if not isinstance(value, types[key]):
            raise LayoutError(
                f"{name}: {key} is a {types[key].__name__}, got {type(value).__name__}"
            )


def check(data: Any, name: str) -> dict[str, Any]:
    """The fields of a `Layout`. Raises LayoutError for the first thing that is wrong."""
    check_types(data, KEYS, name)
    if not data.get("drawing") and not data.get("ground"):
        raise LayoutError(f"{name}: there is no drawing")
    fields: dict[str, Any] = {"name": name}
    for key in ("drawing", "ground"):
        fields[key] = tuple(data.get(key, "").splitlines())
    if "size" in data:
        size = data["size"]
        if len(size) != 2 or not all(is_whole(n) and n > 0 for n in size):
            raise LayoutError(f"{name}: size is [width, height] in tiles, got {short(size)}")
        fields["size"] = tuple(size)
    if "origin" in data:
        if not is_pair(data["origin"]):
            raise LayoutError(f"{name}: origin is a tile [x, y], got {short(data['origin'])}")
        fields["origin"] = tuple(data["origin"])
    for label in data.get("order", ()):
        if not isinstance(label, str | int):
            raise LayoutError(f"{name}: order is a list of names, got {short(label)}")
    fields["order"] = tuple(str(label) for label in data.get("order", ()))
    fields["legend"] = _legend(data.get("legend", {}), fields, name)
    fields["state"] = {str(key): value for key, value in data.get("state", {}).items()}
    return fields


def _legend(raw: Mapping[Any, Any], fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The legend with the defaults that the drawing uses; every drawn character is in it."""
    legend: dict[str, Any] = {}
    for key, entry in raw.items():
        char = "~" if key is None else str(key)  # YAML reads a bare ~ as nothing
        if len(char) != 1 or char in EMPTY:
            raise LayoutError(f"{name}: legend: {short(char)} is not one character")
        legend[char] = check_entry(entry, f"{name}: legend {char!r}")
    own = ", ".join(legend)
    drawn = {char for key in ("ground", "drawing") for row in fields[key] for char in row}
    for char, entry in DEFAULT_LEGEND.items():
        if char in drawn and char not in legend:
            legend[char] = dict(entry)
    for key in ("drawing", "ground"):
        for y, row in enumerate(fields[key]):
            for x, char in enumerate(row):
                if char in EMPTY:
                    continue
                where = f"{name}: {key}: row {y}, column {x}: {char!r}"
                if char not in legend:
                    there = ", ".join(filter(None, (own, " ".join(DEFAULT_LEGEND))))
                    raise LayoutError(f"{where} is not in the legend: {there}")
                kind = kind_of(legend[char])
                if key == "ground" and kind not in BELOW:
                    raise LayoutError(
                        f"{where} is a {kind}; the ground holds {' and '.join(BELOW)} alone"
                    )
    for char, entry in legend.items():
        if char not in drawn and not entry.get("at"):
            raise LayoutError(f"{name}: legend: {char!r} is not drawn")
    return legend
