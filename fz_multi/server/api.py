"""The table of the game's runtime API (`api.json`), as it is in one release.

``tools/write_api_table.py`` describes the form of the table and makes it.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("api.json")


class Api:
    """The classes, members, events, defines and globals of one release ("2.0" or "2.1")."""

    def __init__(self, version: str) -> None:
        raw = _raw()
        self.new = tuple(int(part) for part in version.split(".")[:2]) >= (2, 1)
        self.release = raw["versions"][int(self.new)]
        self.classes: dict[str, dict[str, Any]] = {}
        self.parents: dict[str, str] = {}
        for name, entry in raw["classes"].items():
            self.classes[name] = self._in_release(entry["members"])
            if "parent" in entry:
                self.parents[name] = entry["parent"]
        self.classes = {name: members for name, members in self.classes.items() if members}
        self.globals = {k: v["type"] for k, v in self._in_release(raw["globals"]).items()}
        self.functions = self._in_release(raw["functions"])
        self.events = {k: v["fields"] for k, v in self._in_release(raw["events"]).items()}
        self.concepts = {k: v["type"] for k, v in self._in_release(raw["concepts"]).items()}
        self.define_names = {k: v["names"] for k, v in self._in_release(raw["defines"]).items()}

    def _in_release(self, entries: dict[str, Any]) -> dict[str, Any]:
        found = {}
        for name, entry in entries.items():
            if self.new and "new" in entry:
                entry = entry["new"]
            if entry and (self.new or not entry.get("added")):
                found[name] = entry
        return found

    def chain(self, cls: str) -> list[str]:
        """The class and what it inherits from, nearest first."""
        found = []
        name: str | None = cls
        while name is not None:
            found.append(name)
            name = self.parents.get(name)
        return found

    def member(self, cls: str, name: str) -> tuple[str, dict[str, Any]] | None:
        """(class that has it, facts) of a member, inherited ones too; None if there is none."""
        for owner in self.chain(cls):
            entry = self.classes.get(owner, {}).get(name)
            if entry is not None:
                return owner, entry
        return None

    def is_a(self, cls: str, other: str) -> bool:
        """Whether objects of ``cls`` are objects of ``other``."""
        return other in self.chain(cls)


@cache
def _raw() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return content


@cache
def class_numbers() -> dict[str, int]:
    """The number of each class on the way between Python and Lua: 1, 2, ... in order of names."""
    return {name: number for number, name in enumerate(sorted(_raw()["classes"]), 1)}
