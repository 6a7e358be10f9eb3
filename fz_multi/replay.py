"""Replays: an episode as a small file, simulated again when it is looked at.

>>> import fz_multi
>>> env = fz_multi.parallel_env("two_cells", num_agents=2)
>>> recorder = fz_multi.Recorder()
>>> _ = env.reset(seed=0)
>>> recorder.start(env, title="east")
>>> for _ in range(3):
...     actions = {"agent_0": 3, "agent_1": 3}
...     _ = env.step(actions)
...     recorder.add(actions)
>>> replay = recorder.replay()
>>> [env.tick for env, step in replay.frames()]
[0, 10, 20, 30]

A `Replay` holds what an episode follows from: task, map, seed, team, and the actions.
`Replay.frames` plays it again, with the observable digest of the world checked on the way. The
bytes of a file are described in ``fz_multi/replay_format.py``.
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from fz_multi.replay_format import ReplayError, pack, unpack

__all__ = ["Recorder", "Replay", "ReplayError"]

SUFFIX = ".fzr"
CHECK_EVERY = 64  # steps between two digests, so that a difference can be placed
# Arguments of `parallel_env` that change an episode, or what it pays.
OPTIONS = (
    "action",
    "final_window",
    "map",
    "max_cycles",
    "max_ticks",
    "reward",
    "ticks_per_step",
    "variant",
)


@dataclass(frozen=True, eq=False)
class Replay:
    """An episode, or its beginning.

    ``actions``: whole numbers [steps, agents], or [steps, agents, 4] with
    ``action="multidiscrete"``. ``options``: arguments of `fz_multi.parallel_env` that change the
    episode (`OPTIONS`). ``commands``: steps that were raw commands in place of actions, by number:
    ``{step: {"commands": {"agent_0": {...}}, "ticks": 60}}``; their rows of ``actions`` count for
    nothing. ``title``: who played. ``versions``: of "fz_multi", "prototypes" and "task" when it was
    recorded. ``outcome``: what `Environment.outcome` gave at the end. ``digests``: the observable
    digest of the world after so many steps; none = nothing to check.

    ReplayError (a ValueError) for fields that make no episode.
    """

    task: str
    agents: int
    seed: int
    actions: np.ndarray
    split: str = "train"
    options: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    commands: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    versions: Mapping[str, Any] = field(default_factory=dict)
    outcome: Mapping[str, Any] = field(default_factory=dict)
    digests: Mapping[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check(self)

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.actions)

    def actions_at(self, step: int) -> dict[str, Any]:
        """What `Environment.step` takes for the step that begins after ``step`` steps."""
        row = self.actions[step]
        if row.ndim == 1:
            return {f"agent_{k}": int(action) for k, action in enumerate(row)}
        return {f"agent_{k}": heads.astype(np.int64) for k, heads in enumerate(row)}

    # -- files -------------------------------------------------------------------------------------
    def to_bytes(self) -> bytes:
        """What `save` writes."""
        header = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "actions"}
        return pack(header, self.actions)

    def save(self, path: str | Path) -> Path:
        """Write a file (by custom ``.fzr``); returns its path. Missing folders are made."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.to_bytes())
        return path

    @classmethod
    def from_bytes(cls, data: bytes, where: str = "replay") -> Replay:
        """What `to_bytes` gave. ReplayError, which names ``where``, for other or damaged bytes."""
        header, actions = unpack(data, where)
        known = {f.name for f in fields(cls)} - {"actions"}
        try:
            given = {name: value for name, value in header.items() if name in known}
            for name in ("commands", "digests"):  # JSON has texts as keys
                given[name] = {int(step): value for step, value in given.get(name, {}).items()}
            return cls(actions=actions, **given)
        except (TypeError, ValueError, AttributeError) as error:
            raise ReplayError(f"{where}: {error}") from None

    @classmethod
    def load(cls, path: str | Path) -> Replay:
        """Read a file. OSError when it cannot be read, ReplayError when it is no replay."""
        return cls.from_bytes(Path(path).read_bytes(), str(path))

    # -- playing -----------------------------------------------------------------------------------
    def make_env(self, *, task: Any = None, **options: Any) -> Any:
        """The environment that the episode plays in, not reset yet.

        ``task``: the `Task` where it is not registered. ``options``: more arguments of
        `fz_multi.parallel_env`, such as ``render_mode``. ReplayError for an unknown task, or for
        options that it does not have.
        """
        import fz_multi

        try:
            known = fz_multi.get_task(self.task if task is None else task)
        except ValueError:
            raise ReplayError(
                f"the replay is of a task {self.task!r} that is not known here; register it with "
                f"fz_multi.register_task before. There are: {', '.join(fz_multi.tasks())}"
            ) from None
        given = dict(self.options)
        try:
            if isinstance(given.get("map"), Mapping):
                given["map"] = _with_whole_keys(given["map"])
            return fz_multi.parallel_env(known, num_agents=self.agents, **{**given, **options})
        except ValueError as error:
            raise ReplayError(f"the replay's episode cannot be made here: {error}") from None

    def frames(self, *, task: Any = None, strict: bool = True, **options: Any) -> Iterator[Any]:
        """Play it: yields ``(environment, step)`` after the reset (step 0) and after each step.

        The environment is closed behind the last. Arguments as in `make_env`. Where the digests or
        the outcome are not the recorded ones, a ReplayError says what differs and from which step
        on; with ``strict=False`` that is a warning, once, and the episode goes on as far as it can.
        """
        env = self.make_env(task=task, **options)
        checks = _Checks(self, env, strict)
        try:
            env.reset(seed=self.seed, options={"split": self.split})
            checks.look(0)
            yield env, 0
            for step in range(self.steps):
                if not env.agents:
                    checks.differs(f"the episode ends after {step} of {self.steps} steps")
                    return
                self._step(env, step)
                checks.look(step + 1)
                yield env, step + 1
        finally:
            env.close()

    def _step(self, env: Any, step: int) -> None:
        raw = self.commands.get(step)
        try:
            if raw is None:
                env.step(self.actions_at(step))
            else:
                env.command_step(raw["commands"], raw.get("ticks"))
        except ValueError as error:
            raise ReplayError(f"step {step} cannot be played: {error}") from None


class _Checks:
    """Compares an episode that is played again with what was recorded."""

    def __init__(self, replay: Replay, env: Any, strict: bool) -> None:
        self._replay, self._env, self._strict = replay, env, strict
        self._same = 0  # steps up to which it was the same
        self._done = False

    def look(self, step: int) -> None:
        """After so many steps."""
        replay = self._replay
        if self._done:
            return
        if step in replay.digests:
            if replay.digests[step] == self._env.digest():
                self._same = step
            elif step == 0:
                self.differs("the map that the seed draws is another")
            else:
                between = f"after step {self._same} and not later than step {step}"
                self.differs(f"the world differs, first {between}")
        if step == replay.steps:
            now = self._env.outcome()
            for name, value in replay.outcome.items():
                if name in now and not math.isclose(now[name], value, abs_tol=1e-6):
                    self.differs(f"{name} is {now[name]:g} where {value:g} was recorded")

    def differs(self, what: str) -> None:
        """Raise or warn, with the versions that may be why."""
        if self._done:
            return
        self._done = True
        then, now = self._replay.versions, versions_of(self._env)
        changed = [
            f"{name} {then[name]} when it was recorded, {now[name]} here"
            for name in now
            if name in then and then[name] != now[name]
        ]
        why = "; ".join(changed) or "no version differs, so the task or the engine was changed"
        text = f"this is not the episode that was recorded: {what} ({why})"
        if self._strict:
            raise ReplayError(text)
        warnings.warn(text, stacklevel=4)


# -- recording -------------------------------------------------------------------------------------
class Recorder:
    """Keeps an episode while it is played. `start` after a reset, `add` after each step."""

    def __init__(self) -> None:
        self._env: Any = None

    def start(self, env: Any, title: str = "") -> None:
        """An episode begins: ``env`` (a parallel environment, wrapped or not) has been reset.

        ValueError for a map that a file cannot hold (a `Map` object; give its path or mapping).
        """
        self._env = env.unwrapped
        self._fields: dict[str, Any] = {
            "task": self._env.task.name,
            "agents": len(self._env.possible_agents),
            "seed": self._env.instance.seed,
            "split": self._env.instance.split,
            "title": title,
            "options": options_of(self._env),
            "versions": versions_of(self._env),
        }
        self._actions: list[list[Any]] = []
        self._commands: dict[int, dict[str, Any]] = {}
        self._digests: dict[int, str] = {}
        self._note(0)

    def add(self, actions: Mapping[str, Any]) -> None:
        """A step has been played with these actions."""
        env = self._begun()
        self._actions.append([np.asarray(actions[agent]).tolist() for agent in env.possible_agents])
        self._note(len(self._actions))

    def add_commands(self, commands: Mapping[str, Any], ticks: int | None = None) -> None:
        """A step has been played with raw commands (`Environment.command_step`): dicts or JSON."""
        env = self._begun()
        nothing = [0] * len(env.interface.nvec) if env.interface.multi else 0
        plain = {a: _plain_command(a, c) for a, c in commands.items() if c is not None}
        self._commands[len(self._actions)] = {"commands": plain, "ticks": ticks}
        self._actions.append([nothing] * len(env.possible_agents))
        self._note(len(self._actions))

    def replay(self) -> Replay:
        """The episode so far. The environment must be open still."""
        env = self._begun()
        steps, heads = len(self._actions), (4,) if env.interface.multi else ()
        actions = np.array(self._actions, np.int64).reshape(steps, len(env.possible_agents), *heads)
        digests = {**self._digests, steps: env.digest()}
        return Replay(
            **self._fields,
            actions=actions,
            commands=dict(self._commands),
            digests=digests,
            outcome=dict(env.outcome()),
        )

    def _begun(self) -> Any:
        if self._env is None:
            raise RuntimeError("a recorder needs start(env) after the reset")
        return self._env

    def _note(self, step: int) -> None:
        """Digests on the way, where they cost no exchange with a server."""
        if step % CHECK_EVERY == 0 and self._env.backend.compiled:
            self._digests[step] = self._env.digest()


def options_of(env: Any) -> dict[str, Any]:
    """The arguments that an environment's episodes follow from, all of them, as JSON has them."""
    task, asked = env.task, env.options
    out: dict[str, Any] = {
        "action": asked.interface.action,
        "final_window": task.final_window,
        "max_cycles": env.max_cycles,
        "max_ticks": task.max_ticks,
        "reward": asked.reward,
        "ticks_per_step": task.ticks_per_step,
        "variant": env.variant,
    }
    drawn_from = _map_of(task)
    return out if drawn_from is None else {**out, "map": drawn_from}


def versions_of(env: Any) -> dict[str, Any]:
    """Versions that decide what an episode is."""
    import fz_multi
    from fz_multi import prototypes

    return {
        "fz_multi": fz_multi.__version__,
        "prototypes": prototypes.load().version,
        "task": env.task.version,
    }


def _map_of(task: Any) -> Any:
    """The map's name or description; None when it is that of the registered task."""
    from fz_multi import get_task
    from fz_multi.task import maps

    try:
        if get_task(task.name).map == task.map:
            return None
    except ValueError:
        pass  # not registered
    if isinstance(task.map, Mapping):
        return json.loads(json.dumps(task.map))
    if isinstance(task.map, maps.Map):
        raise ValueError("a replay cannot hold a Map object; give its path or mapping as the map")
    return maps.describe(task.map)


def _with_whole_keys(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A map as it was before JSON made texts of numbers of agents."""
    out = dict(raw)
    if isinstance(out.get("default_variant"), Mapping):
        out["default_variant"] = {int(k): name for k, name in out["default_variant"].items()}
    return out


def _plain_command(agent: str, command: Any) -> Any:
    """A command as JSON has it."""
    from fz_multi.commands import Command

    if isinstance(command, Command):
        raise ValueError(f"{agent}: a replay keeps commands as dicts or JSON, got a Command")
    return json.loads(command) if isinstance(command, str | bytes) else dict(command)


# -- checks ----------------------------------------------------------------------------------------
def _check(replay: Replay) -> None:
    from fz_multi.engine.constants import MAX_AGENTS
    from fz_multi.options import whole
    from fz_multi.task.checks import short
    from fz_multi.task.draw import check_seed, check_split

    try:
        if not isinstance(replay.task, str) or not replay.task:
            raise ValueError(f"task is a name, got {short(replay.task)}")
        whole("agents", replay.agents, 1, MAX_AGENTS)
        check_seed(replay.seed)
        check_split(replay.split)
        for name in ("options", "commands", "versions", "outcome", "digests"):
            if not isinstance(getattr(replay, name), Mapping):
                raise ValueError(f"{name} is a mapping, got {short(getattr(replay, name))}")
        for step, raw in replay.commands.items():
            if not isinstance(raw, Mapping) or not isinstance(raw.get("commands"), Mapping):
                raise ValueError(f"commands of step {step} are no mapping, got {short(raw)}")
        odd = [name for name in replay.options if name not in OPTIONS]
        if odd:
            raise ValueError(f"unknown options {', '.join(odd)}; allowed: {', '.join(OPTIONS)}")
        actions = np.asarray(replay.actions)
        if not np.issubdtype(actions.dtype, np.integer) or actions.min(initial=0) < 0:
            raise ValueError("actions are whole numbers from 0 up")
        if actions.ndim not in (2, 3) or actions.shape[1] != replay.agents:
            raise ValueError(
                f"actions are [steps, agents] or [steps, agents, heads] with {replay.agents} "
                f"agents, got {list(actions.shape)}"
            )
    except ValueError as error:
        raise ReplayError(f"no replay: {error}") from None
    most = int(actions.max(initial=0))
    object.__setattr__(replay, "actions", actions.astype(np.min_scalar_type(most), copy=True))
