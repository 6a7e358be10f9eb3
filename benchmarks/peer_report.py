"""The figures of `benchmarks.peers` as rows, text, a page and a picture."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.peer_cases import OURS, TITLES, Case
from benchmarks.peer_runners.blocks import ABOUT
from fz_multi.bench.table import format_cells

COLUMNS = (
    "case",
    "agents",
    "envs",
    "threads",
    "agent_steps_per_s",
    "slowest",
    "fastest",
    "env_steps_per_s",
    "bytes",
    "resets",
    "ours/it",
    "beside",
)
LEFT = ("case", "beside")


def rates(blocks: Iterable[Mapping[str, float]], key: str = "agent_steps") -> list[float]:
    """Steps a second of each block."""
    return [block[key] / block["seconds"] for block in blocks]


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Median of ours / theirs over the rounds."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def row(
    case: Case,
    about: Mapping[str, int],
    blocks: Sequence[Mapping[str, float]],
    beside: Sequence[Mapping[str, float]] | None,
) -> dict[str, Any]:
    """The figures of one case; ``beside`` are the blocks of the case of ours."""
    mine = rates(blocks)
    return {
        "case": case.name,
        "peer": case.peer,
        "table": case.table,
        **{key: about[key] for key in ABOUT},
        "agent_steps_per_s": round(statistics.median(mine)),
        "slowest": round(min(mine)),
        "fastest": round(max(mine)),
        "env_steps_per_s": round(statistics.median(rates(blocks, "env_steps"))),
        "resets": round(sum(block["resets"] for block in blocks) / about["envs"], 1),
        "ours/it": None if beside is None else round(ratio(rates(beside), mine), 2),
        "beside": case.beside if beside is not None else "",
    }


def cells(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Rows as strings, in the order of COLUMNS."""
    out = []
    for values in rows:
        texts = []
        for column in COLUMNS:
            value = values[column]
            whole = isinstance(value, int) and not isinstance(value, bool)
            texts.append("" if value is None else f"{value:,}" if whole else str(value))
        out.append(texts)
    return out


def as_text(report: Mapping[str, Any]) -> str:
    """The report for people."""
    lines = [head(report["machine"], report)]
    for table, title in TITLES.items():
        rows = [values for values in report["rows"] if values["table"] == table]
        if rows:
            lines += ["", title, format_cells(COLUMNS, cells(rows), left=LEFT)]
    if report["skipped"]:
        lines += ["", "left out"]
        lines += [f"  {name}: {reason}" for name, reason in report["skipped"].items()]
    return "\n".join(lines)


def as_markdown(report: Mapping[str, Any], picture: str | None = None) -> str:
    """The report as a page."""
    lines = [
        "# Beside other environments",
        "",
        f"`{report['command']}`. {head(report['machine'], report)}.",
        "Columns as in the script's head. These environments do not do the same work; the tables",
        "say what a step costs.",
    ]
    if picture:
        lines += ["", f"![Agent steps a second, on a logarithmic scale]({picture})"]
    for table, title in TITLES.items():
        rows = [values for values in report["rows"] if values["table"] == table]
        if rows:
            rule = [":--" if column in LEFT else "--:" for column in COLUMNS]
            lines += ["", f"## {title}", ""]
            lines += [f"| {' | '.join(line)} |" for line in (COLUMNS, rule, *cells(rows))]
    lines += ["", "## Versions", ""]
    lines += [f"- {peer}: {', '.join(pins)}" for peer, pins in report["versions"].items()]
    if report["skipped"]:
        lines += ["", "## Left out", ""]
        lines += [f"- {name}: {reason}" for name, reason in report["skipped"].items()]
    return "\n".join(lines) + "\n"


def head(machine: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    """The machine and the size of the measurement, in one line."""
    return (
        f"{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}; "
        f"{report['rounds']} rounds of {report['seconds']:g} s"
    )


def plot(report: Mapping[str, Any], path: Path) -> None:
    """Bars of agent steps a second, with a line from the slowest to the fastest round."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    groups = [
        (title, rows)
        for table, title in TITLES.items()
        if (rows := [values for values in report["rows"] if values["table"] == table])
    ]
    figure, places = pyplot.subplots(
        len(groups),
        1,
        figsize=(10, 1.6 * len(groups) + 0.28 * len(report["rows"])),
        gridspec_kw={"height_ratios": [len(rows) + 1 for _, rows in groups]},
        squeeze=False,
        layout="constrained",
        sharex=True,
    )
    for (title, rows), axes in zip(groups, places[:, 0], strict=True):
        rows = sorted(rows, key=lambda values: values["agent_steps_per_s"])
        for place, values in enumerate(rows):
            mine = values["peer"] == OURS
            rate = values["agent_steps_per_s"]
            axes.barh(place, rate, color="#d9541e" if mine else "#8fa3b0", height=0.75)
            axes.plot([values["slowest"], values["fastest"]], [place, place], color="#222222", lw=1)
            axes.text(values["fastest"] * 1.12, place, f"{rate:,}", va="center", fontsize=8)
        labels = [
            f"{values['case']}  ({values['envs']} x {values['agents']}, {values['threads']} thr.)"
            for values in rows
        ]
        axes.set_yticks(range(len(rows)), labels, fontsize=8)
        for label, values in zip(axes.get_yticklabels(), rows, strict=True):
            if values["peer"] == OURS:
                label.set_fontweight("bold")
        axes.set_xscale("log")
        axes.margins(y=0.01)
        axes.set_title(title, loc="left", fontsize=10)
        axes.tick_params(axis="x", labelbottom=True)
        axes.grid(axis="x", color="#dddddd", lw=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    fastest = max(values["fastest"] for values in report["rows"])
    slowest = min(values["slowest"] for values in report["rows"])
    places[0, 0].set_xlim(max(1, slowest / 3), fastest * 6)  # room for the numbers
    places[-1, 0].set_xlabel("agent steps a second (environments x agents; ours in orange)")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
