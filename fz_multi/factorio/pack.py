"""The mod as the game loads it: ``<name>_<version>.zip``.

One folder of Lua serves 2.0 and 2.1. What differs is one line of ``info.json``: the game takes
a mod only if its ``factorio_version`` is the game's own major.minor. Both archives have the same
name, so each goes into a folder of its own (``2.0/``, ``2.1/``).

The bytes are reproducible: entries in sorted order, one time stamp, stored and not deflated (the
output of deflate depends on the zlib at hand).
"""

from __future__ import annotations

import json
import os
import re
import zipfile
from importlib import resources
from pathlib import Path
from typing import Any

SERIES = ("2.0", "2.1")  # values of factorio_version that we pack for
EPOCH = (2000, 1, 1, 0, 0, 0)
FILE_MODE = 0o100644 << 16
UNIX = 3  # create_system of an entry, whatever system packs it
LEFT_OUT = ("~", ".bak", ".orig", ".swp", ".zip")


class PackError(ValueError):
    """A mod folder that cannot be packed. The text names the file and what is wrong with it."""


def mod_folder() -> Path:
    """Where the mod is: in the installed package, or at the top of a clone.

    FileNotFoundError when it is in neither.
    """
    packed = Path(str(resources.files("fz_multi"))) / "mod"
    clone = Path(__file__).resolve().parents[2] / "mod"
    for folder in (packed, clone):
        if (folder / "info.json").is_file():
            return folder
    raise FileNotFoundError(f"no mod in {packed} or {clone}; is the package complete?")


def read_info(folder: Path | None = None) -> dict[str, Any]:
    """The ``info.json`` of a mod folder; PackError when it cannot be read or lacks a key."""
    file = (folder or mod_folder()) / "info.json"
    try:
        info = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise PackError(f"{file}: {error}") from None
    if not isinstance(info, dict):
        raise PackError(f"{file}: an object is wanted")
    for key in ("name", "version", "factorio_version"):
        if not isinstance(info.get(key), str):
            raise PackError(f"{file}: {key} is missing, or no text")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,100}", info["name"]):
        raise PackError(f"{file}: name {info['name']!r} is no name of a mod")
    if not re.fullmatch(r"\d+\.\d+\.\d+", info["version"]):
        raise PackError(f"{file}: version {info['version']!r} is not like 0.1.0")
    return info


def series_of(version: str) -> str:
    """The major.minor of a game version: "2.0" for "2.0.77". ValueError for one we do not pack."""
    series = ".".join(version.split(".")[:2])
    if series not in SERIES:
        raise ValueError(
            f"there is no mod for Factorio {version}; there is for {', '.join(SERIES)}"
        )
    return series


def pack_mod(target: Path, *, game: str = "2.0", source: Path | None = None) -> Path:
    """Write the archive for a game version ("2.0", "2.0.77", "2.1" ...) into the folder ``target``.

    ``source``: a mod folder, ours without it. An archive of the same name is replaced in one
    step. Returns its path. PackError for a folder that is no mod, ValueError for another game.
    """
    series = series_of(game)
    source = source or mod_folder()
    info = read_info(source)
    top = f"{info['name']}_{info['version']}"
    target.mkdir(parents=True, exist_ok=True)
    path = target / f"{top}.zip"
    draft = target / f".{top}.{os.getpid()}.tmp"
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as archive:
            for name, file in _files(source):
                data = file.read_bytes()
                if name == "info.json":
                    data = _info_for(info, series)
                entry = zipfile.ZipInfo(f"{top}/{name}", EPOCH)
                entry.create_system, entry.external_attr = UNIX, FILE_MODE
                archive.writestr(entry, data)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path


def pack_all(target: Path, *, source: Path | None = None) -> list[Path]:
    """The archives for all games, each in ``target/<major.minor>/``; returns their paths."""
    return [pack_mod(target / series, game=series, source=source) for series in SERIES]


def _info_for(info: dict[str, Any], series: str) -> bytes:
    text = json.dumps({**info, "factorio_version": series}, indent=2, ensure_ascii=False)
    return (text + "\n").encode()


def _files(source: Path) -> list[tuple[str, Path]]:
    """(name with slashes, path) of what belongs to the mod, sorted; hidden files do not."""
    found = []
    for path in source.rglob("*"):
        parts = path.relative_to(source).parts
        if any(part.startswith((".", "__")) for part in parts) or path.name.endswith(LEFT_OUT):
            continue
        if path.is_symlink():
            raise PackError(f"{path}: a link cannot be packed")
        if path.is_file():
            found.append(("/".join(parts), path))
    return sorted(found)
