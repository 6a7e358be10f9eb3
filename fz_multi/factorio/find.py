"""Find an installed Factorio and tell its version.

Searched in this order: the path given, the usual places of the system (the game's own folders,
Steam's library), and PATH. Nothing is downloaded.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

VERSION_TIMEOUT = 30.0  # seconds that `factorio --version` may take
# The program inside of an installation's folder, by system.
PROGRAMS = (
    "bin/x64/factorio",
    "bin/x64/factorio.exe",
    "MacOS/factorio",
    "Contents/MacOS/factorio",
)


@dataclass(frozen=True, slots=True)
class Installation:
    """A Factorio on this machine. ``data``: the folder of its data files, None if not found."""

    program: Path
    version: str
    data: Path | None

    def example(self, name: str) -> Path | None:
        """An example settings file that the game ships ("map-settings"), or None."""
        if self.data is None:
            return None
        path = self.data / f"{name}.example.json"
        return path if path.is_file() else None


def find_factorio(path: str | Path | None = None) -> Installation:
    """The Factorio at ``path`` (its program or its folder), else the first that is found.

    FileNotFoundError, which lists where was searched, when there is none; RuntimeError when one
    is there that does not tell its version.
    """
    if path is not None:
        program = _program_at(Path(path).expanduser())
        if program is None:
            raise FileNotFoundError(f"no Factorio at {path}: neither its program nor its folder")
        return inspect(program)
    places = usual_places()
    for place in places:
        program = _program_at(place)
        if program is not None:
            return inspect(program)
    on_path = shutil.which("factorio")
    if on_path is not None:
        return inspect(Path(on_path))
    searched = "\n".join(f"  {place}" for place in places)
    raise FileNotFoundError(f"no Factorio found; searched PATH and\n{searched}")


def inspect(program: Path) -> Installation:
    """What is known about a program: its version and where its data is."""
    data = _data_of(program)
    version = _version_of_data(data) or version_of(program)
    return Installation(program, version, data)


def usual_places(home: Path | None = None, platform: str = sys.platform) -> list[Path]:
    """Folders in which the game is usually installed, for a system and a home folder."""
    home = home or Path.home()
    common = Path("steamapps/common/Factorio")
    if platform == "darwin":
        steam = home / "Library/Application Support/Steam"
        app = Path("factorio.app/Contents")
        return [Path("/Applications") / app, home / "Applications" / app, steam / common / app]
    if platform == "win32":
        roots = [os.environ.get(name) for name in ("ProgramFiles", "ProgramFiles(x86)")]
        folders = [Path(root) for root in roots if root]
        return [part for f in folders for part in (f / "Factorio", f / "Steam" / common)]
    steams = (".steam/steam", ".local/share/Steam", ".steam/debian-installation")
    flatpak = ".var/app/com.valvesoftware.Steam/.local/share/Steam"
    places = [home / "factorio", home / "Factorio", home / "Games/factorio", Path("/opt/factorio")]
    places += [home / steam / common for steam in (*steams, flatpak)]
    return [*places, Path("/usr/share/factorio"), Path("/usr/local/share/factorio")]


def _program_at(place: Path) -> Path | None:
    if place.is_file():
        return place if os.access(place, os.X_OK) else None
    for name in PROGRAMS:
        if (place / name).is_file() and os.access(place / name, os.X_OK):
            return place / name
    return None


def _data_of(program: Path) -> Path | None:
    """The data folder of a program: bin/x64/factorio -> data, MacOS/factorio -> data."""
    real = program.resolve()
    for up in (real.parent.parent.parent, real.parent.parent, Path("/usr/share/factorio")):
        data = up / "data"
        if (data / "base" / "info.json").is_file():
            return data
    return None


def _version_of_data(data: Path | None) -> str:
    if data is None:
        return ""
    try:
        version = json.loads((data / "base" / "info.json").read_text("utf-8"))["version"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return version if isinstance(version, str) else ""


def version_of(program: Path) -> str:
    """What ``program --version`` says: "2.0.77". RuntimeError when it does not say it."""
    try:
        done = subprocess.run(
            [str(program), "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=VERSION_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RuntimeError(f"{program} --version: {error}") from None
    said = done.stdout + done.stderr
    found = re.search(r"\b(\d+\.\d+\.\d+)\b", said)
    if done.returncode != 0 or found is None:
        raise RuntimeError(f"{program} --version told no version: {said.strip()[:200]!r}")
    return found[1]
