"""The judge: what a team has reached and what it is paid for, for all worlds of a batch.

It turns a `Task` into the arrays of ``rows`` and keeps what has been counted so far. Per world and
step: ``event[k]`` says what has just happened, `evaluate` measures, and ``share``, ``reached``,
``parts`` and ``rewards`` hold the outcome.

How a team's reward becomes the agents' (``mode``): with V the sum of a term over the agents and
v[a] agent a's own part (a team's term counts as split evenly), *shared* pays V to each,
*individual* v[a], *mixed* the mean of both.
"""

from __future__ import annotations

from typing import Any

import numpy as np

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
    """Counts for one task, in ``worlds`` worlds of ``agents`` agents."""

    def __init__(
        self, task: Task, prototypes: Any, worlds: int, agents: int, mode: str = "shared"
    ) -> None:
        if mode not in MODES:
            raise ValueError(f"unknown reward={mode!r}; allowed: {', '.join(MODES)}")
        self.task, self.mode = task, mode
        self._terms = [term for term in task.terms if isinstance(term.measure, Measure)]
        self._own = [term for term in task.terms if not isinstance(term.measure, Measure)]
        order = [*self._terms, *self._own]
        self._columns = [order.index(term) for term in task.terms]
        goals = all_goals(task)
        self._measures: list[Measure] = [m for goal in goals for m in measures_of(goal)]
        self._in_window = any(goal.in_window for goal in goals)
        self._goals = self._goal_rows(goals)
        self._term_rows = self._make_terms()
        self._weights = np.array([term.weight for term in self._terms], np.float64)
        fixed = [_numbers(measure, prototypes) for measure in self._measures]
        one = np.array(fixed, np.int64).reshape(-1, len(rows.ROW_COLUMNS))
        self._rows = np.ascontiguousarray(np.broadcast_to(one, (worlds, *one.shape)))
        n, scopes, terms = len(self._measures), 1 + agents, len(self._terms)
        self.event = np.zeros(worlds, np.uint8)
        self._value = np.zeros((worlds, n, scopes), np.int64)
        self._base = np.zeros((worlds, n), np.int64)
        self._credit = np.zeros((worlds, terms, scopes), np.int64)
        self._kernel_parts = np.zeros((worlds, terms, agents), np.float64)
        self._own_credit = np.zeros((worlds, len(self._own), agents), np.float64)
        self.reached = np.zeros((worlds, len(goals)), np.int64)
        self.targets = np.array([goal.at_least for goal in goals], np.int64)
        self.share = np.zeros((worlds, len(goals)), np.float64)
        # Columns as `task.term_names`: what each agent got for each term in the last step.
        self.parts = np.zeros((worlds, len(task.terms) + 1, agents), np.float64)
        self.rewards = np.zeros((worlds, agents), np.float64)
        self.success = np.zeros(worlds, bool)
        self.ended = np.zeros(worlds, bool)

    def _goal_rows(self, goals: tuple[Goal, ...]) -> np.ndarray:
        out, row = [], 0
        for goal in goals:
            count = len(measures_of(goal))
            out.append((row, count, goal.at_least, int(goal.in_window)))
            row += count
        return np.array(out, np.int64).reshape(-1, len(rows.GOAL_COLUMNS))

    def _make_terms(self) -> np.ndarray:
        out = []
        for term in self._terms:
            assert isinstance(term.measure, Measure)
            if term.measure not in self._measures:
                self._measures.append(term.measure)
            row = self._measures.index(term.measure)
            most = -1 if term.at_most is None else term.at_most
            out.append((row, HOW[term.how], int(term.each), most))
        return np.array(out, np.int64).reshape(-1, len(rows.TERM_COLUMNS))

    def bind(self, k: int, instance: MapInstance) -> None:
        """Say where the areas of world ``k`` lie; its next evaluation starts an episode."""
        left, top = instance.left, instance.top
        whole = (left, top, left + instance.width, top + instance.height)
        for row, measure in enumerate(self._measures):
            area = instance.areas[measure.area] if measure.area else whole
            self._rows[k, row, rows.R_X0 : rows.R_Y1 + 1] = area
        self.event[k] = rows.FRESH

    def evaluate(self, book: np.ndarray, seen: Any) -> None:
        """Measure all worlds as they stand (settled), and pay what has changed."""
        rows.score(
            book,
            self._rows,
            self._term_rows,
            self._weights,
            self._goals,
            self.event,
            self._value,
            self._base,
            self._credit,
            self._kernel_parts,
            self.reached,
        )
        np.minimum(self.reached / self.targets, 1.0, out=self.share)
        needed = len(self.task.goals)
        done = self.reached >= self.targets
        done[:, needed + len(self.task.ends) :] = False  # hints
        self.success = done[:, :needed].all(axis=1)
        self.ended = self.success | done[:, needed:].any(axis=1)
        self._pay(seen)
        self.event[:] = rows.GOES_ON

    def _pay(self, seen: Any) -> None:
        own = [self._own_parts(index, term, seen) for index, term in enumerate(self._own)]
        parts = self.parts
        for column, source in enumerate(self._columns):
            kernel = len(self._terms)
            part = self._kernel_parts[:, source] if source < kernel else own[source - kernel]
            parts[:, column] = part
        fresh = self.event == rows.FRESH
        agents = parts.shape[2]
        won = self.success & ~fresh
        parts[:, -1] = (won * (self.task.success_bonus / agents))[:, None]
        if self.mode != "individual":
            team = parts.sum(axis=2, keepdims=True)
            parts[:] = team if self.mode == "shared" else 0.5 * (team + parts)
        parts[fresh] = 0.0
        np.sum(parts, axis=1, out=self.rewards)

    def _own_parts(self, index: int, term: Term, seen: Any) -> np.ndarray:
        """A user's term: float64[worlds, agents]."""
        assert not isinstance(term.measure, Measure)
        worlds, _, agents = self.parts.shape
        shape = (worlds, agents) if term.each else (worlds,)
        values = np.asarray(term.measure(seen), np.float64)
        if values.shape != shape or not np.isfinite(values).all():
            raise ValueError(
                f"task {self.task.name}: term {term.name}: the function must return finite numbers "
                f"of shape {shape}, got {values.dtype} of shape {values.shape}"
            )
        if not term.each:
            values = np.repeat(values[:, None] / agents, agents, axis=1)
        if term.at_most is not None:
            values = np.minimum(values, term.at_most if term.each else term.at_most / agents)
        if term.how == "level":
            return term.weight * values
        credit = self._own_credit[:, index]
        fresh = (self.event == rows.FRESH)[:, None]
        change = np.where(fresh, 0.0, values - credit)
        if term.how == "counter":
            change = np.maximum(change, 0.0)
            credit[:] = np.where(fresh, values, np.maximum(credit, values))
        else:
            credit[:] = values
        return term.weight * change

    def progress(self) -> np.ndarray:
        """Mean share of the goals, float64[worlds] from 0 to 1."""
        return self.share[:, : len(self.task.goals)].mean(axis=1)

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
            self.parts,
            self.rewards,
        )

    def snapshot(self) -> tuple[np.ndarray, ...]:
        """A copy of all that has been counted."""
        return tuple(array.copy() for array in (*self._kept(), self.success, self.ended))

    def restore(self, snapshot: tuple[np.ndarray, ...]) -> None:
        """Go back to a copy."""
        for mine, its in zip(self._kept(), snapshot[:-2], strict=True):
            mine[:] = its
        self.success, self.ended = snapshot[-2].copy(), snapshot[-1].copy()


def _numbers(measure: Measure, prototypes: Any) -> tuple[int, ...]:
    """A measure as a row; the area is filled in for each map."""
    item = prototypes.item_id(measure.item) if measure.item else 0
    proto = prototypes.entity_id(measure.entity) if measure.entity else 0
    fields = STAT_FIELDS if measure.kind == "counter" else AGENT_FIELDS
    field = fields.index(measure.field) if measure.field else 0
    return KINDS[measure.kind], item, proto, field, 0, 0, 0, 0
