"""The tables of a benchmark, as text for a terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .aggregate import Cross, Row
from .table import format_cells

NOTHING = "-"


@dataclass(frozen=True)
class Column:
    """``heading``; ``fill`` makes the text of a row; ``about`` says what it is."""

    heading: str
    fill: Callable[[Row], str]
    about: str
    left: bool = False


def number(value: float | None, digits: int = 2) -> str:
    """A number, or a dash for None."""
    return NOTHING if value is None else f"{value:,.{digits}f}"


def percent(value: float | None, digits: int = 0) -> str:
    """A share as percent, or a dash for None."""
    return NOTHING if value is None else f"{100 * value:.{digits}f} %"


def _interval(row: Row) -> str:
    return f"{row.score:.2f} [{row.score_low:.2f}, {row.score_high:.2f}]"


def _split(row: Row) -> str:
    return " / ".join(f"{100 * share:.0f}" for share in row.shares)


COLUMNS = (
    Column("task", lambda r: r.task, "the task", left=True),
    Column("policy", lambda r: r.policy, "who plays", left=True),
    Column("agents", lambda r: str(r.agents), "size of the team"),
    Column("runs", lambda r: str(r.runs), "episodes, one a seed"),
    Column(
        "success",
        lambda r: percent(r.success),
        "share of the runs in which all goals were reached",
    ),
    Column(
        "score",
        _interval,
        "interquartile mean of min(1, rate / target), with a 95 % bootstrap interval over the "
        "seeds",
    ),
    Column(
        "ticks",
        lambda r: number(r.ticks, 0),
        "ticks to success (60 a second), interquartile mean over the runs that had it",
    ),
    Column(
        "work ends",
        lambda r: number(r.worked_until, 0),
        "tick of the last item that was mined, crafted, built or put into a machine by an agent, "
        "over the same runs",
    ),
    Column("T1/Tn", lambda r: number(r.speed_up), "ticks of one agent by ticks of the team"),
    Column("T1/nTn", lambda r: number(r.efficiency), "the same by the number of agents"),
    Column(
        "built",
        lambda r: number(r.building_speed_up),
        "T1/Tn of the tick in which the work ends",
    ),
    Column("gini", lambda r: number(r.gini) if r.agents > 1 else NOTHING, "of the agents' work"),
    Column("work split %", _split, "the team's work by agent, weighted by raw cost"),
    Column("idle", lambda r: percent(r.idle_by_choice), "share of the time without activity"),
    Column(
        "blocked",
        lambda r: percent(r.idle_blocked, 1),
        "share of the time in which a walk made no way",
    ),
    Column(
        "conflicts/1k",
        lambda r: number(r.conflicts_per_1000, 1),
        "lost races, collisions, and a partner's building undone, for 1,000 decisions",
    ),
    Column("hand-offs", lambda r: number(r.hand_offs, 1), "items a run"),
    Column("waited", lambda r: number(r.hand_off_wait, 0), "ticks that a handed item had waited"),
    Column("messages", lambda r: number(r.messages, 0), "said a run"),
)


@dataclass(frozen=True)
class Table:
    """A table of texts with a title. ``left``: headings of columns that start at the left."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: tuple[str, ...] = ()

    def text(self) -> str:
        """For a terminal."""
        return f"{self.title}\n\n{format_cells(self.headings, self.rows, self.left)}"

    def markdown(self) -> str:
        """As a Markdown table."""
        rule = [":--" if heading in self.left else "--:" for heading in self.headings]
        lines = [self.headings, rule, *self.rows]
        body = "\n".join(f"| {' | '.join(_escape(cell) for cell in line)} |" for line in lines)
        return f"**{self.title}**\n\n{body}"


def _escape(text: str) -> str:
    return text.replace("|", "\\|")


def tables_of(
    rows: Sequence[Row], whole: Sequence[dict[str, Any]], crosses: Sequence[Cross]
) -> list[Table]:
    """All tables that have something to show."""
    several = len({row.backend for row in rows}) > 1 or any(r.backend != "embedded" for r in rows)
    columns = list(COLUMNS)
    if several:
        columns.insert(3, Column("backend", lambda r: r.backend, "where the world runs", left=True))
    out = [
        Table(
            "Every task, policy and team",
            tuple(column.heading for column in columns),
            tuple(tuple(column.fill(row) for column in columns) for row in rows),
            tuple(column.heading for column in columns if column.left),
        )
    ]
    tables = (_overall(whole), _losses(rows), *map(_cross, crosses), _gap(rows))
    return out + [table for table in tables if table is not None and table.rows]


def _overall(whole: Sequence[dict[str, Any]]) -> Table:
    return Table(
        "All tasks together",
        ("policy", "agents", "backend", "runs", "success", "score"),
        tuple(
            (
                row["policy"],
                str(row["agents"]),
                row["backend"],
                str(row["runs"]),
                percent(row["success"]),
                f"{row['score']:.2f} [{row['score_low']:.2f}, {row['score_high']:.2f}]",
            )
            for row in whole
        ),
        ("policy", "backend"),
    )


def _losses(rows: Iterable[Row]) -> Table:
    return Table(
        "What each agent is worth: the team with one agent that only waits",
        ("task", "policy", "agents", "without", "runs", "success", "of all", "score", "of all "),
        tuple(
            (
                row.task,
                row.policy,
                str(row.agents),
                f"agent_{loss.agent}",
                str(loss.runs),
                percent(loss.success),
                percent(loss.success_of_all),
                number(loss.score),
                number(loss.score_of_all),
            )
            for row in rows
            for loss in row.losses
        ),
        ("task", "policy", "without"),
    )


def _cross(cross: Cross) -> Table:
    summary = f"self-play {number(cross.self_play)}, cross-play {number(cross.cross_play)}"
    return Table(
        f"Cross-play on {cross.task} with {cross.agents} agents: success (score); {summary}. "
        "The row plays agents 0, 2 ..., the column the others",
        ("", *cross.policies),
        tuple(
            (
                policy,
                *(
                    f"{percent(success)} ({number(score)})"
                    for success, score in zip(cross.success[i], cross.score[i], strict=True)
                ),
            )
            for i, policy in enumerate(cross.policies)
        ),
        ("",),
    )


def _gap(rows: Iterable[Row]) -> Table:
    return Table(
        "Gap to the game: the same policy and seeds on a server that runs the mod",
        ("task", "policy", "agents", "backend", "runs", "equal runs", "score lost"),
        tuple(
            (
                row.task,
                row.policy,
                str(row.agents),
                row.backend,
                str(row.gap_runs),
                str(row.gap_equal),
                number(row.gap_score),
            )
            for row in rows
            if row.gap_runs
        ),
        ("task", "policy", "backend"),
    )
