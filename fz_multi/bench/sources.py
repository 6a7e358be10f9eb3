"""Where a policy comes from: the specs of ``fz-multi bench --policies``.

===========================  ====================================================================
``scripted`` ...             a name of `fz_multi.bench.POLICIES`
``checkpoint:PATH``          a checkpoint of the reference learner (needs the extra ``learner``)
``MODULE:NAME``              Python: a function or a policy, from a module that can be imported
``FILE.py:NAME``             the same from a file
``json:COMMAND``             a program that speaks JSON lines on stdin and stdout
``tcp:HOST:PORT``            the same over a socket
===========================  ====================================================================

``LABEL=SPEC`` names a policy in tables; ``LABEL@TASK=SPEC`` is for one task only, so that the same
label may stand for another checkpoint on each task. Python is a class or a function without
arguments that makes a `Policy`, a policy itself, or a function ``f(observation, info) -> action``
that is called for each agent. ``docs/benchmark.md`` has an example of each.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from .policies import POLICIES, CommandPolicy, Policy, make_policy

CHECKPOINT, JSON, TCP = "checkpoint:", "json:", "tcp:"
_LABEL = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.+ -]{0,39})(?:@(\w+))?=(.+)", re.DOTALL)


@dataclass(frozen=True)
class Source:
    """A policy: its name in tables, where it comes from, and its task (None: all)."""

    label: str
    spec: str
    task: str | None = None

    def plays(self, task: str) -> bool:
        """Whether it is for a task."""
        return self.task is None or self.task == task

    @property
    def plays_commands(self) -> bool:
        """Whether it may answer with raw commands (a program)."""
        return self.spec.startswith((JSON, TCP))

    def fingerprint(self) -> str | None:
        """SHA-256 of the file that it comes from, so that a result names it; None without one."""
        path = self._file()
        return None if path is None else hashlib.sha256(path.read_bytes()).hexdigest()

    def _file(self) -> Path | None:
        if self.spec.startswith(CHECKPOINT):
            return Path(self.spec.removeprefix(CHECKPOINT))
        if self.spec in POLICIES or self.plays_commands:
            return None
        place = self.spec.rpartition(":")[0]
        return Path(place) if place.endswith(".py") else None


def read_source(text: str) -> Source:
    """Read one word of ``--policies``; files must exist. ValueError says what is wrong."""
    named = _LABEL.fullmatch(text)
    label, task, spec = named.groups() if named else (short_name(text), None, text)
    source = Source(label.strip(), _checked(spec), task)
    path = source._file()
    if path is not None and not path.is_file():
        raise ValueError(f"policy {text!r}: there is no file {path}")
    return source


def short_name(spec: str) -> str:
    """A policy's source without the folders of its file: how one without a label is called."""
    if spec.startswith(CHECKPOINT):
        path = Path(spec.removeprefix(CHECKPOINT))
        return f"{CHECKPOINT}{'/'.join(path.parts[-2:])}"
    place, _colon, name = spec.rpartition(":")
    return f"{Path(place).name}:{name}" if place.endswith(".py") else spec


def _checked(spec: str) -> str:
    if spec in POLICIES:
        return spec
    if spec.startswith(CHECKPOINT):
        return CHECKPOINT + str(Path(spec.removeprefix(CHECKPOINT)).resolve())
    if spec.startswith(JSON):
        if not spec.removeprefix(JSON).strip():
            raise ValueError("json: needs a command, as in 'json:python my_agent.py'")
        return spec
    if spec.startswith(TCP):
        host, _, port = spec.removeprefix(TCP).rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise ValueError(f"policy {spec!r}: tcp: needs HOST:PORT")
        return spec
    place, colon, name = spec.rpartition(":")
    if not colon or not place or not name.isidentifier():
        raise ValueError(
            f"unknown policy {spec!r}; allowed: {', '.join(POLICIES)}, checkpoint:PATH, "
            "MODULE:NAME, FILE.py:NAME, json:COMMAND, tcp:HOST:PORT"
        )
    return f"{Path(place).resolve()}:{name}" if place.endswith(".py") else spec


def load_source(source: Source, task: str, agents: int) -> Policy | CommandPolicy:
    """Make the policy. ValueError or ImportError, which name it, when that is not possible."""
    spec = source.spec
    if spec in POLICIES:
        return make_policy(spec, task, agents)
    if source.plays_commands:
        from .json_agent import JsonAgent

        return JsonAgent(spec)
    if spec.startswith(CHECKPOINT):
        return _checkpoint(spec.removeprefix(CHECKPOINT))
    place, _, name = spec.rpartition(":")
    module = load_module(place)
    try:
        found = getattr(module, name)
    except AttributeError:
        raise ValueError(f"policy {spec!r}: {place} has no {name!r}") from None
    return as_policy(found, name)


def load_module(place: str) -> ModuleType:
    """A module by its name, or from a file that ends in ``.py``."""
    try:
        if not place.endswith(".py"):
            return importlib.import_module(place)
        path = Path(place).resolve()
        unique = f"_fz_multi_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"
        if unique in sys.modules:
            return sys.modules[unique]
        spec = importlib.util.spec_from_file_location(unique, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[unique] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[unique]
            raise
        return module
    except (ImportError, OSError, SyntaxError) as error:
        raise ValueError(f"{place} cannot be imported: {error}") from error


def as_policy(found: Any, name: str) -> Policy | CommandPolicy:
    """A policy from what a Python name holds; ValueError when it is none."""
    if inspect.isclass(found) or (callable(found) and not _takes_arguments(found)):
        found = found()
    if hasattr(found, "reset") and (hasattr(found, "act") or hasattr(found, "commands")):
        if not isinstance(getattr(found, "name", None), str):
            found.name = name
        return found  # type: ignore[no-any-return]
    if callable(found):
        return EachAgent(found, name)
    raise ValueError(
        f"{name} is no policy: it needs reset(env, seed) and act(observations, infos), or to be a "
        f"function f(observation, info) -> action; it is {type(found).__name__}"
    )


def _takes_arguments(function: Any) -> bool:
    """Whether a call without arguments would fail."""
    try:
        inspect.signature(function).bind()
    except TypeError:
        return True
    except ValueError:  # no signature, as of some built-in functions
        return True
    return False


class EachAgent:
    """A function ``f(observation, info) -> action`` that is called for each agent by itself."""

    def __init__(self, function: Any, name: str) -> None:
        self._function, self.name = function, name

    def reset(self, env: Any, seed: int) -> None:
        """Functions remember nothing."""

    def act(self, observations: Mapping[str, Any], infos: Mapping[str, Any]) -> dict[str, Any]:
        return {agent: self._function(seen, infos[agent]) for agent, seen in observations.items()}


def _checkpoint(path: str) -> Policy:
    try:
        learned = importlib.import_module("fz_multi.bench.learned")
    except ImportError as error:
        raise ValueError(
            f"checkpoint:{path} needs the reference learner and PyTorch ({error}); install it "
            'with: pip install -e ".[learner]"'
        ) from None
    policy: Policy = learned.load_policy(path)
    return policy
