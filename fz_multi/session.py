"""A running episode: one world, its judge, and the arrays between them and the agents.

`environment` gives this the shape that trainers know; here agents are numbers, and everything is
arrays. One step is `act` or `command`, each of which ends in an observation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from fz_multi import actions as action_kernels
from fz_multi import batch_step
from fz_multi import observation as observation_kernels
from fz_multi.commands import CODE_NUMBER, VERBS, Command
from fz_multi.options import Options
from fz_multi.task import rows
from fz_multi.task.instance import MapInstance

NOT_ALLOWED = CODE_NUMBER["not_allowed"]
CANCEL = VERBS["CANCEL"].number


@dataclass
class Episode:
    """What is remembered beside the world. ``returns`` float64[agents]."""

    instance: MapInstance
    returns: np.ndarray
    steps: int = 0
    opening: bool = False  # the next step is the first of the final window
    terminated: bool = False
    truncated: bool = False
    log: list[dict[str, Any]] = field(default_factory=list)  # events of the last step

    @property
    def ended(self) -> bool:
        return self.terminated or self.truncated

    def copy(self) -> Episode:
        log = [dict(entry) for entry in self.log]
        return replace(self, returns=self.returns.copy(), log=log)


@dataclass(frozen=True)
class SessionCopy:
    """Everything in a session, copied."""

    episode: Episode
    world: Any
    judge: tuple[np.ndarray, ...]
    codes: np.ndarray


def event(tick: int, kind: str, text: str, agent: str = "") -> dict[str, Any]:
    """One thing that has happened, for people. ``agent`` is "" for the team."""
    return {"tick": tick, "agent": agent, "kind": kind, "text": text}


class Session:
    """One world and one task. `start` begins an episode on a map."""

    episode: Episode

    def __init__(self, options: Options) -> None:
        self.options = options
        self.task = options.task
        self.interface = options.interface
        self.world = options.make_backend()
        self.judge = options.make_judge()
        self.buffers = self.interface.buffers(1, options.agents)
        self.judge.desk.put(config=self.interface.config, **self.buffers.arrays())
        self._window_start = options.window_start
        self._book: np.ndarray | None = None  # the one that lies on the desk
        self._limits = batch_step.limits_of(self.task, self._window_start)
        self._opening = np.zeros(1, np.uint8)
        self._terminated = np.zeros((1, options.agents), np.uint8)
        self._truncated = np.zeros((1, options.agents), np.uint8)
        self.judge.desk.put(
            limits=self._limits,
            opening=self._opening,
            terminated=self._terminated,
            truncated=self._truncated,
            left=np.zeros(1, np.int64),
            stage=np.zeros(1, np.uint8),
            returns=np.zeros((1, options.agents)),
            steps=np.zeros(1, np.int64),
        )

    # -- episodes ----------------------------------------------------------------------------------
    def start(self, instance: MapInstance) -> None:
        """Build the world of a map, and observe it."""
        self.world.reset(instance, teleport=self.task.teleport)
        self._make_buffers(instance)
        has_window = self.task.final_window > 0
        window_open = not has_window or self._window_start == 0
        self.judge.bind(0, instance, window_open=window_open)
        self.judge.evaluate(self.world.book, self.world.seen)
        self.episode = Episode(instance, np.zeros(self.options.agents))
        self.episode.log.append(event(0, "start", self._start_text(instance)))
        self.observe()

    def _make_buffers(self, at: MapInstance) -> None:
        task = self.task
        tiles = at.width * at.height if at.goal.any() else 0
        self.buffers = self.interface.buffers(1, self.options.agents, tiles)
        self.judge.desk.put(**self.buffers.arrays())
        if tiles:
            self.buffers.mark(0, at.goal)
        column = len(task.goals) + len(task.hints)
        for area in task.shows:  # where the shown areas are does not change in an episode
            x0, y0, x1, y1 = at.areas[area]
            self.buffers.goal[0, column] = (x0 + x1 - 2 * at.left - at.width) / at.width
            self.buffers.goal[0, column + 1] = (y0 + y1 - 2 * at.top - at.height) / at.height
            column += 2

    def _start_text(self, at: MapInstance) -> str:
        return (
            f"task {self.task.name} version {self.task.version}, map {at.name} ({at.variant}), "
            f"split {at.split}, seed {at.seed}, {self.options.agents} agents"
        )

    # -- steps -------------------------------------------------------------------------------------
    def act(self, max_cycles: int) -> None:
        """A step with the actions that stand in ``buffers.actions``."""
        if self.world.compiled:
            self._act_compiled(max_cycles)
            return
        buffers = self.buffers
        action_kernels.begin_step(self._desk(), 0, 1)
        if self.episode.opening:
            for agent in self._busy():
                buffers.commands[0, agent].verb = CANCEL
        ticks = self._ticks(self.task.ticks_per_step)
        self.world.exchange(buffers.commands, ticks, buffers.codes)
        self._finish(ticks, max_cycles)

    def _act_compiled(self, max_cycles: int) -> None:
        """The same in one call of compiled code (`batch_step`)."""
        self._limits[batch_step.L_LIMIT] = self._limit(max_cycles)
        self._opening[0] = self.episode.opening
        words = self._desk()
        again = 0
        while batch_step.step(words, 0, 1, again) >> 32:
            self.world.make_room()  # type: ignore[attr-defined]  # those that are compiled do
            again = 1
        if self.judge.has_own_terms:
            self.judge.finish(self.world.seen)
        ends = bool(self._terminated[0, 0]), bool(self._truncated[0, 0])
        self._conclude(bool(self._opening[0]), *ends)

    def _limit(self, max_cycles: int) -> int:
        """Last tick; in ticks, so that raw commands of other lengths do not use cycles up."""
        return min(self.task.max_ticks, max_cycles * self.task.ticks_per_step)

    def command(self, commands: list[Command | None], ticks: int | None, max_cycles: int) -> None:
        """A step with raw commands; None is WAIT."""
        commands = list(commands)
        self.buffers.codes[:] = 0
        if self.buffers.only_wait[0]:
            self._refuse(commands)
        if self.episode.opening:
            for agent in self._busy():
                commands[agent] = Command("CANCEL")
        ticks = self._ticks(self.task.ticks_per_step if ticks is None else ticks)
        self.world.exchange_parsed(commands, ticks, self.buffers.codes)
        self._finish(ticks, max_cycles)

    def _ticks(self, length: int) -> int:
        return min(length, self.task.max_ticks - self.tick)

    def _busy(self) -> list[int]:
        """Agents that are doing something: what the final window stops when it opens."""
        team = self.world.seen.character[0, : self.options.agents]
        busy = (team["activity"] != 0) | (team["crafts"] != 0) | (team["orders"] != 0)
        return [int(agent) for agent in np.flatnonzero(busy)]

    def _refuse(self, commands: list[Command | None]) -> None:
        """In the final window all but WAIT is refused, and counted."""
        seen = self.world.seen
        for agent, command in enumerate(commands):
            if command is not None and command.verb != "WAIT":
                commands[agent] = None
                self.buffers.codes[0, agent] = NOT_ALLOWED
                seen.character["result"][0, agent] = NOT_ALLOWED
                seen.agent["commands"][0, agent] += 1
                seen.agent["refused"][0, agent] += 1

    def _finish(self, ticks: int, max_cycles: int) -> None:
        """What follows from the state that the world has reached."""
        judge, tick = self.judge, self.tick + ticks
        opens = not self.buffers.only_wait[0] and tick >= self._window_start
        if opens:
            judge.event[0] = rows.WINDOW_OPENS
        judge.evaluate(self.world.book, self.world.seen)
        ended = bool(judge.outcome[0, rows.O_ENDED])
        self._conclude(opens, ended, tick >= self._limit(max_cycles) and not ended)
        self.observe()

    def _conclude(self, opens: bool, terminated: bool, truncated: bool) -> None:
        """Note what has become of the episode; the judge has spoken."""
        episode, judge, tick = self.episode, self.judge, self.tick
        episode.steps += 1
        episode.returns += judge.rewards[0]
        episode.opening, episode.log = opens, []
        episode.terminated, episode.truncated = terminated, truncated
        if opens:
            text = "the final window opens: only wait is legal"
            episode.log.append(event(tick, "window", text))
        if episode.ended:
            outcome = "ended" if terminated else "out of time"
            outcome = "solved" if judge.outcome[0, rows.O_SUCCESS] else outcome
            text = f"{outcome}: {float(judge.progress[0]):.0%} of the goals"
            episode.log.append(event(tick, "end", text))

    # -- reading -----------------------------------------------------------------------------------
    @property
    def tick(self) -> int:
        """Ticks since the reset, as of the last evaluation."""
        return int(self.judge.outcome[0, rows.O_TICK])

    @property
    def solved(self) -> bool:
        """Whether all goals are reached."""
        return bool(self.judge.outcome[0, rows.O_SUCCESS])

    def observe(self) -> None:
        """Fill the buffers with what the agents see now."""
        buffers, judge, task = self.buffers, self.judge, self.task
        goals, ends = len(task.goals), len(task.ends)
        shares = judge.share[0]
        buffers.goal[0, :goals] = shares[:goals]
        buffers.goal[0, goals : len(shares) - ends] = shares[goals + ends :]
        tick = self.tick
        buffers.time_left[0] = (task.max_ticks - tick) / task.max_ticks
        buffers.only_wait[0] = tick >= self._window_start
        observation_kernels.observe(self._desk(), 0, 1)

    def state(self) -> np.ndarray:
        """The state of the whole team, a fresh float32 array."""
        observation_kernels.state(self._desk(), 0, 1)
        return self.buffers.state[0].copy()

    def _desk(self) -> Any:
        """What the kernels take."""
        book = self.world.book
        if book is not self._book:
            self.judge.desk.put(book=book)
            self._book = book
        return self.judge.desk.words

    def outcome(self) -> Mapping[str, float]:
        """The team's metrics so far."""
        return {
            "success": float(self.solved),
            "progress": float(self.judge.progress[0]),
            "ticks": float(self.tick),
            "steps": float(self.episode.steps),
        }

    # -- copies ------------------------------------------------------------------------------------
    def snapshot(self) -> SessionCopy:
        """A copy of world, judge and episode."""
        world, judge = self.world.snapshot(), self.judge.snapshot()
        return SessionCopy(self.episode.copy(), world, judge, self.buffers.codes.copy())

    def restore(self, copy: SessionCopy) -> None:
        """Go back to a copy of a session with the same options."""
        self.start(copy.episode.instance)
        self.world.restore(copy.world)
        self.judge.restore(copy.judge)
        self.episode = copy.episode.copy()
        self.observe()
        self.buffers.codes[:] = copy.codes
