"""What a task is: data. Goals and reward terms name measures; the map says where.

>>> from fz_multi.task import Goal, Task, Term, made
>>> Task(
...     name="ten_plates",
...     map="two_cells",
...     palette=("burner-mining-drill", "stone-furnace", "coal"),
...     goals=(Goal("plates", made("iron-plate"), at_least=10),),
...     terms=(Term("plates", made("iron-plate"), weight=0.1),),
...     max_ticks=3600,
... ).goal_names
('plates',)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fz_multi.task.checks import short
from fz_multi.task.maps import Map
from fz_multi.task.measures import Measure

HOWS = ("counter", "potential", "level")
MAX_GOAL_NUMBERS = 8
MAX_TICKS = 10_000_000
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

MapSource = str | Path | Mapping[str, Any] | Map
# A term of one's own: observable tables of a batch -> float[worlds] or float[worlds, agents].
UserTerm = Callable[[Any], Any]


@dataclass(frozen=True)
class Goal:
    """Something to reach: each of its measures at least ``at_least``.

    ``in_window``: counted from the moment when the final window opens, and not at all before (from
    the reset when there is no window); else it counts as it stands.
    """

    name: str
    measures: Measure | tuple[Measure, ...]
    at_least: int = 1
    in_window: bool = False

    def __post_init__(self) -> None:
        _named(self.name, "a goal")
        rows = (self.measures,) if isinstance(self.measures, Measure) else tuple(self.measures)
        if not rows or not all(isinstance(row, Measure) for row in rows):
            raise ValueError(f"goal {self.name}: measures are Measure objects, got {short(rows)}")
        object.__setattr__(self, "measures", rows)
        _whole(self.at_least, f"goal {self.name}: at_least", 1)


@dataclass(frozen=True)
class Term:
    """A named part of the reward: ``weight`` times the change of a measure.

    ``how``: "counter" pays growth beyond the highest value so far (taking apart and doing again
    pays nothing), "potential" pays growth and takes decline back, "level" pays the value in each
    step. ``each``: the measure of every agent for itself, else the team's. ``at_most`` caps what
    counts, for the whole team. In place of a measure, a function of one's own may stand: it gets
    the observable tables of the batch (arrays ``[worlds, rows]``) and returns ``float[worlds]``, or
    ``float[worlds, agents]`` with ``each``; it sees to a cap itself.
    """

    name: str
    measure: Measure | UserTerm
    weight: float = 1.0
    how: str = "counter"
    each: bool = False
    at_most: int | None = None

    def __post_init__(self) -> None:
        _named(self.name, "a term")
        where = f"term {self.name}"
        if not isinstance(self.measure, Measure) and not callable(self.measure):
            raise ValueError(f"{where}: a Measure or a function, got {short(self.measure)}")
        if self.how not in HOWS:
            raise ValueError(f"{where}: unknown how={self.how!r}; allowed: {', '.join(HOWS)}")
        weight = self.weight
        if isinstance(weight, bool) or not isinstance(weight, int | float) or weight != weight:
            raise ValueError(f"{where}: weight is a number, got {short(weight)}")
        if abs(weight) == float("inf"):
            raise ValueError(f"{where}: weight is finite, got {weight}")
        if self.at_most is not None:
            _whole(self.at_most, f"{where}: at_most", 0)
            if not isinstance(self.measure, Measure):
                raise ValueError(f"{where}: at_most goes with a measure; cap it in the function")


@dataclass(frozen=True)
class Task:
    """A task as data. Make it, and register it or hand it to `fz_multi.parallel_env`.

    ``map``: a name in ``maps/``, a path, a mapping as in a map's file, or a `Map`. ``palette``:
    items that an agent can take in hand. ``hand_recipes``, ``machine_recipes``: recipes that
    actions can craft or set. ``goals``: all of them reached is success, and ends the episode.
    ``ends``: one of them reached ends it without success. ``hints``: shown like goals, and no more.
    ``shows``: areas whose place the agents see. ``max_ticks``: the limit, the final window
    included; in the last ``final_window`` ticks only `wait` is legal. ``success_bonus`` is paid as
    the term "success". ``channel``: agents can say eight symbols. ``teleport``: raw MOVE commands
    may teleport.

    ValueError for what makes no task; names of items and recipes are checked where prototypes are
    at hand, when an environment is made.
    """

    name: str
    map: MapSource
    palette: tuple[str, ...]
    goals: tuple[Goal, ...]
    terms: tuple[Term, ...] = ()
    max_ticks: int = 7200
    version: int = 1
    ticks_per_step: int = 10
    final_window: int = 0
    hand_recipes: tuple[str, ...] = ()
    machine_recipes: tuple[str, ...] = ()
    ends: tuple[Goal, ...] = ()
    hints: tuple[Goal, ...] = ()
    shows: tuple[str, ...] = ()
    success_bonus: float = 1.0
    channel: bool = False
    teleport: bool = False
    doc: str = ""

    def __post_init__(self) -> None:
        _named(self.name, "a task")
        for field, kind in (
            ("palette", str),
            ("hand_recipes", str),
            ("machine_recipes", str),
            ("shows", str),
            ("goals", Goal),
            ("ends", Goal),
            ("hints", Goal),
            ("terms", Term),
        ):
            object.__setattr__(self, field, _tuple(getattr(self, field), kind, self.name, field))
        where = f"task {self.name}"
        if not self.goals:
            raise ValueError(f"{where}: at least one goal is needed")
        _whole(self.version, f"{where}: version", 0)
        _whole(self.max_ticks, f"{where}: max_ticks", 1, MAX_TICKS)
        _whole(self.ticks_per_step, f"{where}: ticks_per_step", 1, MAX_TICKS)
        _whole(self.final_window, f"{where}: final_window", 0, self.max_ticks)
        _unique((goal.name for goal in (*self.goals, *self.ends, *self.hints)), f"{where}: goals")
        _unique((*(term.name for term in self.terms), "success"), f"{where}: terms")
        if len(self.goal_names) > MAX_GOAL_NUMBERS:
            raise ValueError(
                f"{where}: goals, hints and shows make {len(self.goal_names)} numbers "
                f"({', '.join(self.goal_names)}); at most {MAX_GOAL_NUMBERS} are allowed"
            )

    @property
    def goal_names(self) -> tuple[str, ...]:
        """Names of the numbers in the goal part of the observation."""
        shares = (goal.name for goal in (*self.goals, *self.hints))
        return (*shares, *(f"{area}_{axis}" for area in self.shows for axis in "xy"))

    @property
    def term_names(self) -> tuple[str, ...]:
        """Names of the parts of the reward, "success" last."""
        return (*(term.name for term in self.terms), "success")

    def with_limits(
        self,
        *,
        ticks_per_step: int | None = None,
        max_ticks: int | None = None,
        final_window: int | None = None,
        map: MapSource | None = None,
    ) -> Task:
        """The same task with other limits or another map. ValueError for impossible ones."""
        given = {
            "ticks_per_step": ticks_per_step,
            "max_ticks": max_ticks,
            "final_window": final_window,
            "map": map,
        }
        changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        return replace(self, **changes) if changes else self


def _named(name: Any, what: str) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ValueError(
            f"the name of {what} is made of letters, digits and _, with a letter first; "
            f"got {short(name)}"
        )


def _whole(value: Any, where: str, low: int, high: int | None = None) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{where} is a whole number, got {short(value)}")
    if value < low or (high is not None and value > high):
        limits = f"from {low} up" if high is None else f"from {low} to {high}"
        raise ValueError(f"{where} is a whole number {limits}, got {value}")


def _tuple(values: Any, kind: type, task: str, field: str) -> tuple[Any, ...]:
    if isinstance(values, (kind, str, bytes)):
        raise ValueError(f"task {task}: {field} is a sequence, got {short(values)}")
    try:
        out = tuple(values)
    except TypeError:
        raise ValueError(f"task {task}: {field} is a sequence, got {short(values)}") from None
    for value in out:
        if not isinstance(value, kind):
            raise ValueError(f"task {task}: {field} holds {kind.__name__}, got {short(value)}")
    return out


def _unique(names: Iterable[str], where: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{where}: the name {name!r} stands there twice")
        seen.add(name)
