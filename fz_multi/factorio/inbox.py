"""The bridge's side of ``gym_commands``: which files wait, what they hold, where they go.

Whoever can write into the folder may be careless or hostile: a file may be half-written, huge, no
JSON, a link, a pipe, a folder, or be exchanged while it is being read. `Inbox.read` opens regular
files only and reads a bounded number of bytes; `Inbox.move` first takes a file out of everybody's
reach and then looks whether it is still the one that was read. Nothing is ever deleted.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fz_multi.commands import Command, CommandError, parse, short
from fz_multi.factorio.channel import (
    AGENT,
    COMMANDS,
    PREFIX,
    PROCESSED,
    REFUSED,
    STATES,
    SUFFIX,
    reason_name,
    result_name,
    write_whole,
)

MAX_BYTES = 1 << 20  # of one command file
MAX_COMMANDS = 256  # in one file
MAX_NAME = 160  # bytes of a file name, so that the names made of it fit a file system
MAX_KEY = 200  # characters of a file's own "id"
TAKEN_NAMES = (result_name(SUFFIX), reason_name(SUFFIX))
PRIVATE = ".bridge"  # the bridge's own folder below gym_commands
Identity = tuple[int, int, int, int]


class Refusal(Exception):
    """A file that is not applied; the text is the reason. ``torn``: it may be half-written."""

    def __init__(self, reason: str, *, torn: bool = False) -> None:
        super().__init__(reason)
        self.torn = torn


@dataclass(frozen=True, slots=True)
class CommandFile:
    """A file that could be read. ``identity`` tells whether another stands under its name later."""

    name: str
    identity: Identity
    key: str  # its own "id", "" without one
    commands: tuple[tuple[str, Command], ...]  # (agent, command), each agent once


class Inbox:
    """The folder of command files below ``folder``, which is made if missing."""

    def __init__(self, folder: Path, prototypes: Any) -> None:
        self.folder = folder / COMMANDS
        self.states = folder / STATES
        self.processed, self.refused = self.folder / PROCESSED, self.folder / REFUSED
        self.private = self.folder / PRIVATE
        self._moving = self.private / "moving"
        self._prototypes = prototypes
        for part in (self.processed, self.refused, self._moving, self.states):
            part.mkdir(parents=True, exist_ok=True)
        self.keys = dict(self._known_keys())  # "id" of a processed file -> its name

    def _known_keys(self) -> Iterator[tuple[str, str]]:
        for path in self.processed.glob("*.result.json"):
            try:
                result = json.loads(path.read_text("utf-8"))
                if result["key"]:
                    yield result["key"], result["file"]
            except (OSError, ValueError, KeyError, TypeError):
                continue

    def waiting(self) -> list[str]:
        """Names of the command files that are there, in the order in which they are applied."""
        with os.scandir(self.folder) as entries:
            names = [entry.name for entry in entries]
        found = [name for name in names if name.startswith(PREFIX) and name.endswith(SUFFIX)]
        return sorted(found, key=os.fsencode)

    # -- reading -----------------------------------------------------------------------------------
    def read(self, name: str) -> CommandFile:
        """What a file holds. `Refusal` says what is wrong; FileNotFoundError when it has gone."""
        if len(os.fsencode(name)) > MAX_NAME:
            raise Refusal(f"a name of more than {MAX_NAME} bytes")
        if name.endswith(TAKEN_NAMES):
            raise Refusal("names of this form are the bridge's")
        if any(self._exists(self.processed / one) for one in (name, result_name(name))):
            raise Refusal("duplicate: a file of this name has been processed")
        raw, identity = self._bytes(self.folder / name)
        content = _json(raw)
        key = _key(content)
        if key in self.keys:
            raise Refusal(f"duplicate: its id {short(key)} was processed as {self.keys[key]}")
        return CommandFile(name, identity, key, self._commands(content))

    def age(self, name: str) -> float:
        """Seconds since a file was written to; a large number when it has gone."""
        try:
            return time.time() - (self.folder / name).lstat().st_mtime
        except OSError:
            return float("inf")

    def _bytes(self, path: Path) -> tuple[bytes, Identity]:
        # Not through a link, and without waiting for the other end of a pipe.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        try:
            handle = os.open(path, flags | getattr(os, "O_CLOEXEC", 0))
        except FileNotFoundError:
            raise
        except OSError as error:
            reason = "it is a link" if error.errno == errno.ELOOP else error.strerror
            raise Refusal(f"no file that can be read: {reason}") from None
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise Refusal("not a regular file")
            if status.st_size > MAX_BYTES:
                raise Refusal(f"{status.st_size} bytes; at most {MAX_BYTES} are allowed")
            with open(handle, "rb", closefd=False) as file:
                raw = file.read(MAX_BYTES + 1)
        finally:
            os.close(handle)
        if len(raw) > MAX_BYTES:
            raise Refusal(f"more than {MAX_BYTES} bytes")
        return raw, _identity(status)

    def _commands(self, content: dict[str, Any]) -> tuple[tuple[str, Command], ...]:
        if "commands" in content:
            _known(content, ("id", "commands"), "the file")
            rows = content["commands"]
            if not isinstance(rows, list) or not rows or len(rows) > MAX_COMMANDS:
                raise Refusal(f"commands is a list of 1 to {MAX_COMMANDS} commands")
            parsed = [self._row(row, f"commands[{i}]") for i, row in enumerate(rows)]
        else:
            row = {key: value for key, value in content.items() if key != "id"}
            parsed = [self._row(row, "the file")]
        agents = [agent for agent, _ in parsed]
        for agent in agents:
            if agents.count(agent) > 1:
                raise Refusal(f"{agent} has more than one command in the file; use a COMPOUND")
        return tuple(parsed)

    def _row(self, row: Any, where: str) -> tuple[str, Command]:
        if not isinstance(row, Mapping):
            raise Refusal(f'{where} is an object {{"agent": ..., "command": ...}}')
        _known(row, ("agent", "command"), where)
        agent = row.get("agent")
        if not isinstance(agent, str) or not AGENT.fullmatch(agent):
            raise Refusal(f"{where}: agent is a name such as agent_0, got {short(agent)}")
        command = row.get("command")
        if not isinstance(command, Mapping):
            raise Refusal(f"{where}: command is an object, got {short(command)}")
        try:
            return agent, parse(command, self._prototypes)
        except CommandError as error:
            raise Refusal(f"{agent}: {error}") from None

    def write(self, path: Path, content: dict[str, Any], *, durable: bool = False) -> None:
        """Write a file of the bridge's own in one step."""
        write_whole(path, content, durable=durable, drafts=self.private)

    # -- moving ------------------------------------------------------------------------------------
    def refuse(self, name: str, reason: str) -> str:
        """Move a file to ``refused/`` with its reason beside it; returns its name there."""
        target = self._free_name(self.refused, name)
        content = {"file": name, "moved_to": target, "reason": reason, "time": time.time()}
        self.write(self.refused / reason_name(target), content)
        self._rename(self.folder / name, self.refused / target)
        return target

    def store(self, file: CommandFile, result: dict[str, Any]) -> None:
        """Write the result of a file into ``processed/``, to the disk."""
        self.write(self.processed / result_name(file.name), result, durable=True)
        if file.key:
            self.keys[file.key] = file.name

    def result(self, name: str) -> dict[str, Any] | None:
        """The stored result of a file, or None."""
        try:
            return dict(json.loads((self.processed / result_name(name)).read_text("utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def move(self, name: str, identity: Identity) -> None:
        """Move a file that was applied to ``processed/``.

        One that has come under its name since then goes to ``refused/``.
        """
        taken = self._moving / name
        if self._rename(self.folder / name, taken):
            self._file_away(name, identity)

    def recover(self, name: str, identity: Identity) -> None:
        """Finish what `move` of a bridge that was killed has begun."""
        if self._exists(self._moving / name):
            self._file_away(name, identity)
        elif self._exists(self.folder / name):
            self.move(name, identity)

    def tidy(self) -> None:
        """After a kill: drafts go, and moves that nobody remembers are taken back."""
        for draft in self.private.glob(".*.tmp"):
            draft.unlink(missing_ok=True)
        for path in self._moving.iterdir():
            self._rename(path, self.folder / path.name)

    def _file_away(self, name: str, identity: Identity) -> None:
        taken = self._moving / name
        if _identity(taken.lstat()) == identity:
            self._rename(taken, self.processed / name)
            return
        target = self._free_name(self.refused, name)
        reason = "duplicate: it replaced a file of this name while that was being applied"
        content = {"file": name, "moved_to": target, "reason": reason, "time": time.time()}
        self.write(self.refused / reason_name(target), content)
        self._rename(taken, self.refused / target)

    @staticmethod
    def _rename(source: Path, target: Path) -> bool:
        try:
            source.rename(target)
        except FileNotFoundError:  # its writer has taken it away
            return False
        return True

    @staticmethod
    def _exists(path: Path) -> bool:
        return os.path.lexists(path)

    def _free_name(self, folder: Path, name: str) -> str:
        stem = name.removesuffix(SUFFIX)
        if len(os.fsencode(name)) > MAX_NAME or name.endswith(TAKEN_NAMES):
            stem = PREFIX + hashlib.sha256(os.fsencode(name)).hexdigest()[:32]
        target, number = f"{stem}{SUFFIX}", 1
        while self._exists(folder / target):
            number += 1
            target = f"{stem}~{number}{SUFFIX}"
        return target


def _identity(status: os.stat_result) -> Identity:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _json(raw: bytes) -> dict[str, Any]:
    """The object that a file holds."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refusal(f"half-written or malformed: no UTF-8 ({error.reason})", torn=True) from None
    try:
        content = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_object)
    except RecursionError:
        raise Refusal("malformed JSON: nested too deeply") from None
    except Refusal:
        raise
    except ValueError as error:
        raise Refusal(f"half-written or malformed JSON: {error}", torn=True) from None
    if not isinstance(content, dict):
        raise Refusal(f"a command file holds an object, got {short(content)}")
    return content


def _no_constant(name: str) -> None:
    raise Refusal(f"malformed JSON: {name} is not a JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Refusal("malformed JSON: a key stands twice in one object")
    return found


def _key(content: dict[str, Any]) -> str:
    key = content.get("id", "")
    if not isinstance(key, str) or len(key) > MAX_KEY:
        raise Refusal(f"id is a text of at most {MAX_KEY} characters, got {short(key)}")
    return key


def _known(found: Mapping[str, Any], allowed: tuple[str, ...], where: str) -> None:
    for key in found:
        if key not in allowed:
            raise Refusal(f"{where}: unknown key {short(key)}; allowed: {', '.join(allowed)}")
