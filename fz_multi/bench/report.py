"""``report.html``: one page with charts, tables and replays that loads nothing from anywhere.

It is made from a folder of results alone (`store`), so it can be made again at any time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ..replay import Replay
from . import charts, page
from .aggregate import Cross, Row, crosses_of, overall, rows_of
from .charts import Bar, Dot, Line, Panel
from .sources import short_name
from .store import EPISODES, REPLAYS, read_lines, read_run, replay_name, write_text
from .summary import COLUMNS, Table, number, percent, tables_of

TICKS = 60  # a second


def write_report(folder: Path) -> Path:
    """Write the report of a folder of results; returns its path.

    ResultsError when the folder holds none; ReplayError when a replay is of another version.
    """
    run = read_run(folder)
    path = folder / "report.html"
    write_text(path, Report(run, read_lines(folder / EPISODES), folder / REPLAYS).html())
    return path


class Report:
    """The page of a run. ``replays``: the folder of its replay files."""

    def __init__(self, run: dict[str, Any], records: list[dict[str, Any]], replays: Path) -> None:
        self._run, self._records, self._folder = run, records, replays
        self.settings: dict[str, Any] = run["settings"]
        every = rows_of(records)
        first = self.settings["backends"][0]
        self._all_rows = every
        self.rows = [row for row in every if row.backend == first]
        self.tasks = list(self.settings["tasks"])
        self.policies = list(dict.fromkeys(s["label"] for s in self.settings["policies"]))
        self.teams = sorted(self.settings["agents"])
        self.crosses = crosses_of(records, self.settings["cross_play"])
        self.overall = overall(records)
        self._cells = {(row.task, row.policy, row.agents): row for row in self.rows}

    def html(self) -> str:
        """The whole page."""
        sections = [
            ("success", "Success", self._success()),
            ("time", "Time to success", self._time()),
            ("speed-up", "Speed-up", self._speed_up()),
            ("split", "Work split", self._split()),
            ("worth", "What each agent is worth", self._worth()),
            ("idle", "Idle time", self._idle()),
            ("conflicts", "Conflicts", self._conflicts()),
            ("hand-offs", "Hand-offs and messages", self._hand_offs()),
            ("cross-play", "Cross-play", self._cross_play()),
            ("replays", "Replays", self._replays()),
            ("numbers", "All numbers", self._numbers()),
            ("made", "How this was made", self._made()),
        ]
        sections = [part for part in sections if part[2]]
        links = "".join(f'<a href="#{name}">{title}</a>' for name, title, _ in sections)
        body = self._top() + f"<nav>{links}</nav>\n" + "\n".join(text for _, _, text in sections)
        return page.page("fz_multi: cooperative building", self._assets(), body)

    # -- the top -----------------------------------------------------------------------------------
    def _top(self) -> str:
        seeds = len(self.settings["seeds"])
        teams = ", ".join(map(str, self.teams))
        maps = "evaluation maps" if self.settings["split"] == "eval" else "training maps"
        tiles = [
            (f"{len(self._records):,}", "episodes"),
            (str(len(self.tasks)), "tasks: " + ", ".join(self.tasks)),
            (str(len(self.policies)), "policies: " + ", ".join(self.policies)),
            (teams, "agents in a team"),
            (str(seeds), f"frozen seeds, {maps}"),
        ]
        cards = "".join(
            f'<div class="tile"><b>{escape(big)}</b><span class="soft">{escape(small)}</span></div>'
            for big, small in tiles
        )
        return (
            "<h1>Cooperative building</h1>\n<p>Teams of agents build factories together. Every "
            "policy plays the same tasks on the same maps (no training seed gives a map of the "
            "evaluation split). "
            f'Bars across a mark are 95 % intervals.</p>\n<div class="tiles">{cards}</div>\n'
        )

    def _key(self, shown: Sequence[Panel]) -> str:
        """The marks of the policies that have a line."""
        seen = {line.colour for panel in shown for line in panel.lines}
        return page.key(
            [
                (charts.mark(series, 13, 7, size=5), policy)
                for series, policy in enumerate(self.policies)
                if series in seen
            ]
        )

    # -- charts ------------------------------------------------------------------------------------
    def _panels(
        self,
        label: str,
        cell: Callable[[Row], charts.Cell],
        *,
        alone: bool = True,
        key: str = "",
        **more: Any,
    ) -> str:
        """A chart of every task and policy, with a column for each team."""
        teams = [n for n in self.teams if alone or n > 1]
        groups = []
        for task in self.tasks:
            rows = []
            for series, policy in enumerate(self.policies):
                found = [self._cells.get((task, policy, agents)) for agents in teams]
                cells = [None if row is None else cell(row) for row in found]
                if any(found):
                    rows.append((policy, series, cells))
            if rows:
                groups.append((task, rows))
        columns = ["1 agent" if n == 1 else f"{n} agents" for n in teams]
        return page.figure(key, charts.panels(label, columns, groups, **more)) if teams else ""

    def _success(self) -> str:
        def solved(row: Row) -> Dot:
            tip = f"{row.policy}: {percent(row.success)} of {row.runs} runs"
            return Dot(row.success, row.success_low, row.success_high, tip)

        def score(row: Row) -> Dot:
            tip = f"{row.policy}: {row.score:.2f} [{row.score_low:.2f}, {row.score_high:.2f}]"
            return Dot(row.score, row.score_low, row.score_high, tip)

        return page.section(
            "success",
            "Success",
            "Share of the runs in which all goals of the task were reached, with its Wilson "
            "interval.",
            self._panels("Success by task, policy and team", solved, most=1.0),
            "<p>How far the others come: min(1, rate / target), the mean share of the goals at the "
            "end of the episode. Interquartile mean over the seeds (the middle half of the runs), "
            "with a bootstrap interval.</p>",
            self._panels("Score by task, policy and team", score, most=1.0),
            self._table("All tasks together"),
        )

    def _time(self) -> str:
        shown = []
        for task in self.tasks:
            lines = []
            for series, policy in enumerate(self.policies):
                for dash, agents in enumerate(self.teams):
                    runs = [
                        run
                        for run in self._records
                        if (run["task"], run["policy"], run["agents"]) == (task, policy, agents)
                        and run["partner"] is None
                        and run["without"] is None
                        and run["backend"] == self.settings["backends"][0]
                    ]
                    line = _solved_by(runs, series, dash, f"{policy}, {agents} agents")
                    if line is not None:
                        lines.append(line)
            if lines:
                shown.append(Panel(task, tuple(lines)))
        if not shown:
            return ""
        dashes = [
            (
                f'<line class="guide" style="stroke-dasharray:{charts.DASHES[k] or "none"};'
                'stroke-width:2" x1="0" x2="26" y1="7" y2="7"/>',
                f"{agents} agents" if agents > 1 else "1 agent",
            )
            for k, agents in enumerate(self.teams)
        ]
        return page.section(
            "time",
            "Time to success",
            "Share of the runs that were solved within so many seconds of game time (60 ticks). "
            "Colours are policies, dashes are team sizes; policies that never succeed have no "
            "line. In tasks with a final window, in which nobody may act, success cannot come "
            "before the window is well under way.",
            page.figure(
                self._key(shown),
                page.key(dashes),
                charts.curves(
                    "Share of runs solved by time", shown, x_unit="seconds of game time", y_most=1.0
                ),
            ),
        )

    def _speed_up(self) -> str:
        if len(self.teams) < 2 or 1 not in self.teams:
            return ""
        shown = []
        most = float(self.teams[-1])
        for task in self.tasks:
            lines = []
            for series, policy in enumerate(self.policies):
                rows = [self._cells.get((task, policy, n)) for n in self.teams if n > 1]
                for dash, name, what in (
                    (0, "speed_up", "ticks"),
                    (1, "building_speed_up", "work"),
                ):
                    known = [
                        (float(row.agents), float(getattr(row, name)))
                        for row in rows
                        if row is not None and getattr(row, name) is not None
                    ]
                    if known:
                        points = ((1.0, 1.0), *known)
                        tip = f"{policy}, {what}"
                        lines.append(Line(points, series, dash, tip, marked=True))
            top = max([2.0, *(y for line in lines for _, y in line.points)])
            ideal = min(most, top)
            guides = (
                Line(((1.0, 1.0), (ideal, ideal)), 0, tip="ideal"),
                Line(((1.0, 1.0), (most, 1.0)), 0, tip="as fast as alone"),
            )
            if lines:
                shown.append(Panel(task, tuple(lines), guides))
        if not shown:
            return ""
        return page.section(
            "speed-up",
            "Speed-up",
            "T1 / Tn: the ticks of one agent by those of a team of n with the same policy, over "
            "the seeds that both solve. The team as a whole starts with the same resources as the "
            "one agent. Solid: ticks to success. Dashed: the tick of the last work (mined, "
            "crafted, built or put into a machine), which the waiting at the end of a task does "
            "not hide. Dotted: the ideal n, and 1.",
            page.figure(
                self._key(shown),
                charts.curves(
                    "Speed-up by team size",
                    shown,
                    x_unit="agents",
                    x_steps=[float(n) for n in self.teams],
                    from_one=True,
                ),
            ),
        )

    def _split(self) -> str:
        def shares(row: Row) -> Bar:
            parts = tuple(
                (share, f"c{k % charts.COLOURS}", f"agent_{k}: {percent(share)}")
                for k, share in enumerate(row.shares)
            )
            return Bar(parts, f"gini {row.gini:.2f}" if sum(row.shares) else "no work")

        if self.teams[-1] < 2:
            return ""
        biggest = self.teams[-1]
        agents = [
            (f'<rect class="bar c{k % charts.COLOURS}" width="26" height="12"/>', f"agent_{k}")
            for k in range(min(biggest, charts.COLOURS))
        ]
        return page.section(
            "split",
            "Work split",
            "Each agent's share of the team's work, in raw items (an iron gear wheel counts as its "
            "two ores): what it mined, crafted, built and put into machines. Gini is 0 when all do "
            "the same, and 1 - 1/n when one does everything. It says nothing of whether the work "
            "was of use.",
            self._panels(
                "Shares of work", shares, alone=False, key=page.key(agents), most=1.0, room=0.22
            ),
        )

    def _worth(self) -> str:
        def worth(row: Row) -> Bar | None:
            if not row.losses:
                return None
            parts = tuple(
                (
                    max(0.0, loss.score_of_all - loss.score),
                    f"c{loss.agent % charts.COLOURS}",
                    f"without agent_{loss.agent}: score {loss.score:.2f} instead of "
                    f"{loss.score_of_all:.2f} ({loss.runs} seeds)",
                )
                for loss in row.losses
            )
            text = " / ".join(number(loss.score_of_all - loss.score) for loss in row.losses)
            return Bar(parts, text)

        if not any(row.losses for row in self.rows):
            return ""
        return page.section(
            "worth",
            "What each agent is worth",
            "The score that the team loses when one agent only waits, on the same seeds: one part "
            "of the bar, and one number behind it, for each agent. 0 means that the others manage "
            "without it, a part of 1 that nothing works without it, a number below 0 that they do "
            "better without it.",
            self._panels("Score lost without each agent", worth, alone=False, room=0.3),
        )

    def _idle(self) -> str:
        def times(row: Row) -> Bar:
            choice, blocked = row.idle_by_choice, row.idle_blocked
            busy = max(0.0, 1 - choice - blocked)
            return Bar(
                (
                    (busy, "busy", f"busy {percent(busy)}"),
                    (choice, "choice", f"idle by choice {percent(choice)}"),
                    (blocked, "blocked", f"blocked {percent(blocked, 1)}"),
                ),
            )

        entries = [("busy", "busy"), ("choice", "idle by choice"), ("blocked", "blocked")]
        marks = [(f'<rect class="bar {kind}" width="26" height="12"/>', t) for kind, t in entries]
        return page.section(
            "idle",
            "Idle time",
            "Share of the agents' time: busy (walking, mining, crafting), idle by choice (no "
            "activity and no craft), and blocked (a walk that makes no way). Building and handing "
            "over take no time in the game, so an agent that does these one after the other counts "
            "as idle in between.",
            self._panels("Idle time", times, key=page.key(marks), most=1.0),
        )

    def _conflicts(self) -> str:
        def conflicts(row: Row) -> Bar:
            value = row.conflicts_per_1000
            tip = f"{row.policy}: {value:.1f} for 1,000 decisions"
            return Bar(((value, self._colour(row), tip),), number(value, 1))

        if self.teams[-1] < 2:
            return ""
        return page.section(
            "conflicts",
            "Conflicts",
            "For 1,000 decisions: lost races for a tile or an item, walking into each other, and a "
            "partner's building undone within 600 ticks.",
            self._panels("Conflicts for 1,000 decisions", conflicts, alone=False, room=0.12),
        )

    def _hand_offs(self) -> str:
        def items(row: Row) -> Bar:
            waited = "" if row.hand_off_wait is None else f", waited {number(row.hand_off_wait, 0)}"
            tip = f"{row.policy}: {row.hand_offs:.1f} items a run{waited} ticks"
            return Bar(((row.hand_offs, self._colour(row), tip),), f"{row.hand_offs:.1f}{waited}")

        def said(row: Row) -> Bar:
            tip = f"{row.policy}: {row.messages:.0f} a run"
            return Bar(((row.messages, self._colour(row), tip),), number(row.messages, 0))

        if self.teams[-1] < 2:
            return ""
        passed = "<p>Nobody handed anything over.</p>"
        if any(row.hand_offs for row in self.rows):
            passed = self._panels("Hand-offs", items, alone=False, room=0.35)
        talk = any(row.messages for row in self.rows)
        return page.section(
            "hand-offs",
            "Hand-offs and messages",
            "Items a run that an agent took out of a chest in which another one had put them, and "
            "the ticks that they had waited there. Items that pass through furnaces and other "
            "machines, over belts or over the ground are not counted.",
            passed,
            "<p>Messages said a run, in tasks with a channel.</p>" if talk else "",
            self._panels("Messages", said, alone=False, room=0.15) if talk else "",
        )

    def _colour(self, row: Row) -> str:
        return f"c{self.policies.index(row.policy) % charts.COLOURS}"

    def _cross_play(self) -> str:
        if not self.crosses:
            return ""
        figures = [self._heat(cross) for cross in self.crosses]
        return page.section(
            "cross-play",
            "Cross-play",
            "Score of mixed teams: the policy of the row plays agents 0, 2 ..., that of the column "
            "the others. On the diagonal a policy plays with itself. A team that is good with "
            "itself and bad with others has learned habits, not the task.",
            *figures,
        )

    def _heat(self, cross: Cross) -> str:
        names = cross.policies
        tips = [
            [f"{a} with {b}: success {percent(cross.success[i][j])}" for j, b in enumerate(names)]
            for i, a in enumerate(names)
        ]
        title = (
            f"{cross.task}, {cross.agents} agents: self-play {number(cross.self_play)}, "
            f"cross-play {number(cross.cross_play)}"
        )
        return page.figure(
            f"<figcaption>{escape(title)}</figcaption>",
            charts.heat(title, names, cross.score, tips),
        )

    # -- replays -----------------------------------------------------------------------------------
    def _chosen(self, task: str) -> list[Replay]:
        """For each policy the team of two (or the next size), and all teams of the best policy."""
        team = next((n for n in self.teams if n > 1), self.teams[-1])
        rows = [row for row in self.rows if row.task == task]
        if not rows:
            return []
        best = max(rows, key=lambda row: (row.success, row.score)).policy
        wanted = [(best, team), *((best, n) for n in self.teams if n != team)]
        wanted += [(policy, team) for policy in self.policies if policy != best]
        replays = []
        for policy, agents in wanted:
            name = replay_name({"task": task, "agents": agents, "policy": policy, "seed": 0})
            if (self._folder / name).is_file():
                replays.append(Replay.load(self._folder / name))
        return replays

    def _replays(self) -> str:
        from ..render.player import player_fragment

        parts = []
        for task in self.tasks:
            replays = self._chosen(task)
            if replays:
                parts.append(f"<h3>{escape(task)}</h3>{player_fragment(replays)}")
        if not parts:
            return ""
        return page.section(
            "replays",
            "Replays",
            "The episodes of seed 0, played again. Choose a policy and a team above the picture, "
            "and point at a building or an agent to see its state.",
            *parts,
        )

    def _assets(self) -> str:
        from ..render.player import player_assets

        return player_assets() if self._folder.is_dir() else ""

    # -- numbers -----------------------------------------------------------------------------------
    def _tables(self) -> list[Table]:
        return tables_of(self._all_rows, self.overall, self.crosses)

    def _table(self, title: str) -> str:
        found = [table for table in self._tables() if table.title == title]
        return page.folded(title, page.table(found[0])) if found else ""

    def _numbers(self) -> str:
        about = "".join(
            f"<dt>{escape(column.heading)}</dt><dd>{escape(column.about)}</dd>"
            for column in COLUMNS
        )
        return page.section(
            "numbers",
            "All numbers",
            "One line a task, policy and team. Times are in ticks, 60 a second.",
            page.folded("What the columns are", f"<dl>{about}</dl>"),
            *(
                f"<h3>{escape(table.title)}</h3>{page.table(table)}" if table.rows else ""
                for table in self._tables()
            ),
        )

    def _made(self) -> str:
        settings = self.settings
        lines = [
            ("fz_multi", settings["fz_multi"]),
            ("game's numbers", settings["prototypes"]),
            ("tasks", ", ".join(f"{name} version {v}" for name, v in settings["tasks"].items())),
            ("seeds", _runs(settings["seeds"]) + f" of the split {settings['split']!r}"),
            ("seeds without an agent", _runs(settings["seeds_without_an_agent"])),
            *((f"policy {s['label']}", _source(s)) for s in settings["policies"]),
            ("played on", ", ".join(f"{k} {v}" for k, v in self._run["machine"].items())),
        ]
        rows = "".join(f"<dt>{escape(k)}</dt><dd>{escape(str(v))}</dd>" for k, v in lines)
        return page.section(
            "made",
            "How this was made",
            "The same settings give the same episodes; <code>run.json</code> and "
            "<code>episodes.jsonl</code> beside this page hold them.",
            f"<dl>{rows}</dl>",
            page.folded(
                "run.json, without the folders of files",
                f"<pre>{escape(json.dumps(_without_folders(self._run), indent=1))}</pre>",
            ),
        )


def _solved_by(runs: Sequence[dict[str, Any]], colour: int, dash: int, tip: str) -> Line | None:
    """The share of the runs that are solved, as steps over seconds; None when none ever is."""
    times = sorted(run["ticks"] / TICKS for run in runs if run["success"])
    if not times:
        return None
    points = [(0.0, 0.0)]
    for solved, second in enumerate(times):
        points += [(second, solved / len(runs)), (second, (solved + 1) / len(runs))]
    end = max(run["ticks"] for run in runs) / TICKS
    points.append((end, len(times) / len(runs)))
    return Line(tuple(points), colour, dash, f"{tip}: {len(times)} of {len(runs)} runs")


def _runs(seeds: Sequence[int]) -> str:
    if not seeds:
        return "none"
    return f"{seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else str(seeds[0])


def _without_folders(run: dict[str, Any]) -> dict[str, Any]:
    """What is in ``run.json``, as it may be published: places on a machine tell nobody anything."""
    settings = run["settings"]
    policies = [{**source, "spec": short_name(source["spec"])} for source in settings["policies"]]
    imports = [Path(place).name for place in settings["imports"]]
    return {**run, "settings": {**settings, "policies": policies, "imports": imports}}


def _source(source: dict[str, Any]) -> str:
    sha = f" (sha256 {source['sha256'][:16]}...)" if source["sha256"] else ""
    where = f" on {source['task']}" if source.get("task") else ""
    return short_name(source["spec"]) + where + sha
