"""The judge: what a team has reached and what it is paid for, for all worlds of a batch.

It turns a `Task` into the arrays of ``rows`` and keeps what has been counted so far. In each step
``event[k]`` says what has just happened to world k, and `evaluate` measures and pays.

How a team's reward becomes the agents' (``mode``): with V the sum of a term over the agents and
v[a] agent a's own part (a team's term counts as split evenly), *shared* pays V to each,
*individual* v[a], *mixed* the mean of both.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fz_multi.desk import Desk
from fz_multi.task import rows
from fz_multi.task.checks import close
from fz_multi.task.definition import Goal, Task, Term
from fz_multi.task.instance import MapInstance
from fz_multi.task.measures import AGENT_FIELDS, KINDS, STAT_FIELDS, Measure

MODES = ("shared", "individual", "mixed")
HOW = {"counter": rows.COUNTER, "potential": rows.POTENTIAL, "level": rows.LEVEL}


def check_names(task: Task, prototypes: Any, areas: tuple[str, ...]) -> None:
    """ValueError for an item, entity or area of a task's measures that does not exist."""
    known = {"item": prototypes.items, "entity": prototypes.entities, "area": areas}
    named = [(f"goal {g.name}", m) for g in all_goals(task) for m in measures_of(g)]
    named += [(f"term {t.name}", t.measure) for t in task.terms if isinstance(t.measure, Measure)]
    for where, measure in named:
        for what, names in known.items():
            _known(getattr(measure, what), names, f"task {task.name}: {where}: {what}")
    for area in task.shows:
        _known(area, areas, f"task {task.name}: shows")


def _known(name: str, names: Any, where: str) -> None:
    if name and name not in names:
        hint = close(name, names)
        allowed = f"; allowed: {', '.join(names)}" if len(names) < 20 else ""
        raise ValueError(f"{where}: unknown name {name!r}{hint}{allowed}")


def all_goals(task: Task) -> tuple[Goal, ...]:
    """Goals, ends and hints, in the order of the judge's columns."""
    return (*task.goals, *task.ends, *task.hints)


def measures_of(goal: Goal) -> tuple[Measure, ...]:
    assert isinstance(goal.measures, tuple)
    return goal.measures


class Judge:
    """Counts for one task, in ``worlds`` worlds of ``agents`` agents.

    After `evaluate`: ``reached`` int64[worlds, goals] and ``share`` float64 of the same shape (for
    goals, ends and hints); ``progress`` float64[worlds]; ``outcome`` int64[worlds, 3] (tick,
    success, ended); ``counts`` int64[worlds, agents, 2] (result, refused); ``parts``
    float64[worlds, terms, agents] in the order of ``task.term_names``; ``rewards``
    float64[worlds, agents]. They lie on the ``desk``.
    """

    def __init__(
        self,
        task: Task,
        prototypes: Any,
        worlds: int,
        agents: int,
        mode: str = "shared",
        desk: Desk | None = None,
    ) -> None:
        if mode not in MODES:
            raise ValueError(f"unknown reward={mode!r}; allowed: {', '.join(MODES)}")
        self.task, self.mode = task, mode
        columns = list(enumerate(task.terms))
        self._own = [(column, term) for column, term in columns if callable(term.measure)]
        kernel_terms = [(column, term) for column, term in columns if not callable(term.measure)]
        goals = all_goals(task)
        self._measures: list[Measure] = [m for goal in goals for m in measures_of(goal)]
        self._goals = _goal_rows(task)
        self._terms = self._term_rows(kernel_terms)
        self._weights = np.array([term.weight for _, term in kernel_terms], np.float64)
        fixed = [_numbers(measure, prototypes) for measure in self._measures]
        one = np.array(fixed, np.int64).reshape(-1, len(rows.ROW_COLUMNS))
        self._rows = np.repeat(one[None], worlds, axis=0)
        n, scopes, terms = len(fixed), 1 + agents, len(task.terms) + 1
        self.event = np.zeros(worlds, np.uint8)
        self._value = np.zeros((worlds, n, scopes), np.int64)
        self._base = np.zeros((worlds, n), np.int64)
        self._credit = np.zeros((worlds, len(kernel_terms), scopes), np.int64)
        self._own_credit = np.zeros((worlds, len(self._own), agents), np.float64)
        self.reached = np.zeros((worlds, len(goals)), np.int64)
        self.share = np.zeros((worlds, len(goals)), np.float64)
        self.progress = np.zeros(worlds, np.float64)
        self.outcome = np.zeros((worlds, 3), np.int64)
        self.counts = np.zeros((worlds, agents, 2), np.int64)
        self.parts = np.zeros((worlds, terms, agents), np.float64)
        self.rewards = np.zeros((worlds, agents), np.float64)
        self.desk = Desk() if desk is None else desk
        self.desk.put(
            rows=self._rows,
            terms=self._terms,
            weights=self._weights,
            goals=self._goals,
            rule=np.array([MODES.index(mode), task.success_bonus], np.float64),
            event=self.event,
            value=self._value,
            base=self._base,
            credit=self._credit,
            reached=self.reached,
            share=self.share,
            progress=self.progress,
            outcome=self.outcome,
            counts=self.counts,
            parts=self.parts,
            rewards=self.rewards,
        )

    def _term_rows(self, terms: list[tuple[int, Term]]) -> np.ndarray:
        out = []
        for column, term in terms:
            assert isinstance(term.measure, Measure)
            if term.measure not in self._measures:
                self._measures.append(term.measure)
            row = self._measures.index(term.measure)
            most = -1 if term.at_most is None else term.at_most
            out.append((row, HOW[term.how], int(term.each), most, column))
        return np.array(out, np.int64).reshape(-1, len(rows.TERM_COLUMNS))

    @property
    def area_rows(self) -> tuple[np.ndarray, tuple[str, ...]]:
        """Rows int64[worlds, rows, 8], and the area of each ("" = the whole map)."""
        return self._rows, tuple(measure.area for measure in self._measures)

    @property
    def has_own_terms(self) -> bool:
        """Whether there are terms that are functions of the task's author."""
        return bool(self._own)

    def begin(self, worlds: np.ndarray, *, window_open: bool) -> None:
        """The next evaluation of some worlds starts an episode; their areas are in the rows."""
        self.event[worlds] = rows.FRESH | (rows.WINDOW_OPENS if window_open else 0)

    def bind(self, k: int, instance: MapInstance, *, window_open: bool) -> None:
        """Say where the areas of world ``k`` lie; its next evaluation starts an episode.

        ``window_open``: goals in the window count from the start.
        """
        left, top = instance.left, instance.top
        whole = (left, top, left + instance.width, top + instance.height)
        for row, measure in enumerate(self._measures):
            area = instance.areas[measure.area] if measure.area else whole
            self._rows[k, row, rows.R_X0 : rows.R_Y1 + 1] = area
        self.event[k] = rows.FRESH | (rows.WINDOW_OPENS if window_open else 0)

    def evaluate(self, book: np.ndarray, seen: Any) -> None:
        """Measure all worlds as they stand (settled), and pay what has changed."""
        self.desk.put(book=book)
        rows.score(self.desk.words, 0, len(self.event))
        self.finish(seen)

    def finish(self, seen: Any) -> None:
        """Pay the terms that are functions of the task's author, in all worlds."""
        for index, (column, term) in enumerate(self._own):
            self.parts[:, column] = part = self._own_parts(index, term, seen)
            self.rewards += part
        self.event[:] = rows.GOES_ON

    def _own_parts(self, index: int, term: Term, seen: Any) -> np.ndarray:
        """What a user's term pays: float64[worlds, agents]."""
        assert not isinstance(term.measure, Measure)
        worlds, agents = self.rewards.shape
        shape = (worlds, agents) if term.each else (worlds,)
        values = np.asarray(term.measure(seen), np.float64)
        if values.shape != shape or not np.isfinite(values).all():
            raise ValueError(
                f"task {self.task.name}: term {term.name}: the function must return finite numbers "
                f"of shape {shape}, got {values.dtype} of shape {values.shape}"
            )
        if not term.each:
            values = np.repeat(values[:, None] / agents, agents, axis=1)
        fresh = (self.event & rows.FRESH != 0)[:, None]
        change = values
        if term.how != "level":
            credit = self._own_credit[:, index]
            change = values - credit
            if term.how == "counter":
                change = np.maximum(change, 0.0)
                values = np.where(fresh, values, np.maximum(credit, values))
            credit[:] = values
        part = np.where(fresh, 0.0, term.weight * change)
        if self.mode != "individual":
            team = part.sum(axis=1, keepdims=True)
            part = 0.5 * (team + part) if self.mode == "mixed" else np.repeat(team, agents, axis=1)
        return part

    # -- copies ------------------------------------------------------------------------------------
    def _kept(self) -> tuple[np.ndarray, ...]:
        return (
            self._rows,
            self.event,
            self._value,
            self._base,
            self._credit,
            self._own_credit,
            self.reached,
            self.share,
            self.progress,
            self.outcome,
            self.counts,
            self.parts,
            self.rewards,
        )

    def snapshot(self) -> tuple[np.ndarray, ...]:
        """A copy of all that has been counted."""
        return tuple(array.copy() for array in self._kept())

    def restore(self, snapshot: tuple[np.ndarray, ...]) -> None:
        """Go back to a copy."""
        for mine, its in zip(self._kept(), snapshot, strict=True):
            mine[:] = its


def _goal_rows(task: Task) -> np.ndarray:
    out, row = [], 0
    roles = [rows.GOAL] * len(task.goals) + [rows.END] * len(task.ends)
    roles += [rows.HINT] * len(task.hints)
    for goal, role in zip(all_goals(task), roles, strict=True):
        count = len(measures_of(goal))
        out.append((row, count, goal.at_least, int(goal.in_window), role))
        row += count
    return np.array(out, np.int64)


def _numbers(measure: Measure, prototypes: Any) -> tuple[int, ...]:
    """A measure as a row; the area is filled in for each map."""
    item = prototypes.item_id(measure.item) if measure.item else 0
    proto = prototypes.entity_id(measure.entity) if measure.entity else 0
    fields = STAT_FIELDS if measure.kind == "counter" else AGENT_FIELDS
    field = fields.index(measure.field) if measure.field else 0
    return KINDS[measure.kind], item, proto, field, 0, 0, 0, 0
