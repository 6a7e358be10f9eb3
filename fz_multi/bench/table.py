"""Rows of metrics as a text table for people and as JSON lines for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from .metrics import Metrics

# heading, and how a row fills it
_COLUMNS: tuple[tuple[str, Callable[[Metrics], str]], ...] = (
    ("task", lambda m: m.task),
    ("policy", lambda m: m.policy),
    ("agents", lambda m: str(m.agents)),
    ("seed", lambda m: str(m.seed)),
    ("solved", lambda m: "yes" if m.success else "no"),
    ("score", lambda m: f"{m.score:.2f}"),
    ("ticks", lambda m: f"{m.ticks:,}"),
    ("return", lambda m: f"{m.team_return:.2f}"),
    ("gini", lambda m: f"{m.gini:.2f}"),
    ("idle", lambda m: f"{100 * m.idle_share:.0f} %"),
    ("blocked", lambda m: f"{100 * m.idle_blocked:.1f} %"),
    ("conflicts/1k", lambda m: f"{m.conflicts_per_1000:.1f}"),
    ("refused", lambda m: f"{100 * m.refused_share:.1f} %"),
    ("hand-offs", lambda m: str(m.hand_offs)),
    ("messages", lambda m: str(m.messages)),
)
_LEFT = ("task", "policy")


def format_table(rows: Sequence[Metrics]) -> str:
    """A text table, one line a run."""
    cells = [[fill(row) for _, fill in _COLUMNS] for row in rows]
    return format_cells([heading for heading, _ in _COLUMNS], cells, left=_LEFT)


def format_cells(
    headings: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[str] = ()
) -> str:
    """A text table from strings; columns named in ``left`` start at the left, others end right."""
    table = [list(headings), *[list(row) for row in rows]]
    widths = [max(len(row[j]) for row in table) for j in range(len(headings))]

    def line(row: Sequence[str]) -> str:
        parts = [
            text.ljust(width) if heading in left else text.rjust(width)
            for text, width, heading in zip(row, widths, headings, strict=True)
        ]
        return "  ".join(parts).rstrip()

    rule = "  ".join("-" * width for width in widths)
    return "\n".join([line(table[0]), rule, *[line(row) for row in table[1:]]])


def to_json_lines(rows: Sequence[Metrics] | Sequence[dict[str, Any]]) -> str:
    """One JSON object a line."""
    plain = [row.as_dict() if isinstance(row, Metrics) else row for row in rows]
    return "\n".join(json.dumps(row) for row in plain)
