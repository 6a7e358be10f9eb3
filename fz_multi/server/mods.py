"""Mods of a mod directory: folders or zips named ``<name>_<version>``, and the project's own."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

# Mods that come with the game: named in dependencies and mod-list.json, nothing to load for them.
BUILT_IN = frozenset({"base", "core", "space-age", "quality", "elevated-rails", "recycler"})


class ModProblem(ValueError):
    """A mod directory that cannot be used, with the reason."""


@dataclass(frozen=True)
class Mod:
    """One mod: ``read(path)`` is the text of a file inside it, None if there is none."""

    name: str
    version: str
    title: str
    factorio_version: str
    dependencies: tuple[str, ...]  # names of the mods that must be loaded before
    read: Callable[[str], str | None]


def own_folder() -> Path:
    """The project's mod: in the installed package, or beside it in a clone."""
    packed = Path(str(resources.files("fz_multi"))) / "mod"
    if packed.is_dir():
        return packed
    return Path(__file__).resolve().parents[2] / "mod"


def find_mods(directory: Path | None, version: str) -> list[Mod]:
    """The mods to load, in order. ``directory``: a folder with mods in it, or one mod's folder.

    None is the project's own mod. Raises `ModProblem`.
    """
    if directory is None:
        return [_open(own_folder())]
    directory = Path(directory)
    if not directory.is_dir():
        raise ModProblem(f"{directory}: there is no such mod directory")
    if (directory / "info.json").is_file():
        return [_open(directory)]
    enabled = _enabled(directory)
    found: dict[str, Mod] = {}
    for path in sorted(directory.iterdir()):
        if not (path.suffix == ".zip" or (path / "info.json").is_file()):
            continue
        mod = _open(path)
        if not enabled.get(mod.name, True):
            continue
        if _numbers(mod.factorio_version)[:2] != _numbers(version)[:2]:
            raise ModProblem(
                f"{path.name} is for Factorio {mod.factorio_version}, this server is {version}"
            )
        if mod.name in found and _numbers(found[mod.name].version) >= _numbers(mod.version):
            continue
        found[mod.name] = mod
    return _ordered(found)


def _enabled(directory: Path) -> dict[str, bool]:
    path = directory / "mod-list.json"
    if not path.is_file():
        return {}
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["mods"]
        return {entry["name"]: bool(entry["enabled"]) for entry in entries}
    except (ValueError, KeyError, TypeError) as error:
        raise ModProblem(f"{path}: not a list of mods: {error}") from None


def _open(path: Path) -> Mod:
    read = _zip_reader(path) if path.suffix == ".zip" else _folder_reader(path)
    text = read("info.json")
    if text is None:
        raise ModProblem(f"{path}: there is no info.json in it")
    try:
        info: dict[str, Any] = json.loads(text)
        name, version = str(info["name"]), str(info["version"])
    except (ValueError, KeyError, TypeError) as error:
        raise ModProblem(f"{path}: info.json: {error}") from None
    needed = []
    for line in info.get("dependencies", ["base"]):
        match = re.match(r"\s*(!|\?|\(\?\)|~|\+)?\s*([\w .-]*?[\w.-])\s*([<>=].*)?$", line)
        if match and match[1] in (None, "~") and match[2] not in BUILT_IN:
            needed.append(match[2])
    return Mod(
        name, version, str(info.get("title", name)), str(info.get("factorio_version", "0.12")),
        tuple(needed), read,
    )  # fmt: skip


def _folder_reader(folder: Path) -> Callable[[str], str | None]:
    def read(path: str) -> str | None:
        file = folder / path
        return file.read_text(encoding="utf-8") if file.is_file() else None

    return read


def _zip_reader(path: Path) -> Callable[[str], str | None]:
    try:
        with zipfile.ZipFile(path) as archive:
            files = {
                name.split("/", 1)[1]: archive.read(name)
                for name in archive.namelist()
                if "/" in name and name.endswith((".lua", ".json"))
            }
    except (zipfile.BadZipFile, OSError) as error:
        raise ModProblem(f"{path}: {error}") from None

    def read(name: str) -> str | None:
        return files[name].decode("utf-8") if name in files else None

    return read


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _ordered(found: dict[str, Mod]) -> list[Mod]:
    """By name, what a mod depends on before it."""
    order: list[Mod] = []
    open_: set[str] = set()

    def visit(mod: Mod) -> None:
        if mod in order:
            return
        if mod.name in open_:
            raise ModProblem(f"the dependencies of {mod.name} go in a circle")
        open_.add(mod.name)
        for name in mod.dependencies:
            if name not in found:
                raise ModProblem(f"{mod.name} needs {name}, which is not there")
            visit(found[name])
        order.append(mod)

    for name in sorted(found):
        visit(found[name])
    return order
