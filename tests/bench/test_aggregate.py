"""From episodes to rows, with numbers that can be worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from fz_multi.bench.aggregate import crosses_of, overall, rows_of
from fz_multi.bench.summary import tables_of


def episode(**changes: Any) -> dict[str, Any]:
    """A line of ``episodes.jsonl``."""
    agents = changes.get("agents", 2)
    line: dict[str, Any] = {
        "task": "dig",
        "agents": agents,
        "policy": "p",
        "partner": None,
        "without": None,
        "backend": "embedded",
        "split": "eval",
        "seed": 0,
        "success": True,
        "score": 1.0,
        "ticks": 600,
        "ticks_to_success": 600,
        "worked_until": 300,
        "steps": 60,
        "team_return": 2.0,
        "gini": 0.0,
        "idle_share": 0.3,
        "idle_by_choice": 0.2,
        "idle_blocked": 0.1,
        "conflicts_per_1000": 4.0,
        "refused_share": 0.0,
        "hand_offs": 0,
        "hand_off_wait": None,
        "messages": 0,
        "work": [1.0] * agents,
    }
    return {**line, **changes}


def test_a_row_of_several_seeds():
    (row,) = rows_of(
        [
            episode(seed=0, ticks=600, hand_offs=10, hand_off_wait=20.0, work=[3.0, 1.0]),
            episode(seed=1, ticks=800, hand_offs=30, hand_off_wait=60.0, work=[3.0, 1.0]),
            episode(seed=2, success=False, score=0.25, ticks=7200, gini=0.5),
            episode(seed=3, success=False, score=0.75, ticks=7200, gini=0.1, messages=8),
        ]
    )
    assert (row.task, row.policy, row.agents, row.runs) == ("dig", "p", 2, 4)
    assert row.success == 0.5
    assert row.score == pytest.approx((0.75 + 1.0) / 2)  # 0.25 and one 1.0 are cut
    assert row.score_low <= row.score <= row.score_high
    assert row.ticks == 700  # of the two that were solved
    assert row.gini == pytest.approx(0.15)
    assert row.shares == pytest.approx((8 / 12, 4 / 12))
    assert row.hand_offs == 10
    assert row.hand_off_wait == pytest.approx((10 * 20 + 30 * 60) / 40)  # by item
    assert row.messages == 2
    assert row.speed_up is None


def test_no_success_has_no_time():
    (row,) = rows_of([episode(success=False, score=0.0, work=[0.0, 0.0])])
    assert row.ticks is None
    assert row.worked_until is None
    assert row.shares == (0.0, 0.0)


def test_speed_up_counts_seeds_that_both_solve():
    alone = [
        episode(agents=1, seed=0, ticks=1200, worked_until=900),
        episode(agents=1, seed=1, ticks=1000, worked_until=800),
        episode(agents=1, seed=2, success=False, ticks=7200),
    ]
    team = [
        episode(seed=0, ticks=600, worked_until=300),
        episode(seed=1, success=False, ticks=7200),
        episode(seed=2, ticks=500),
    ]
    one, two = rows_of(alone + team)
    assert (one.pairs, one.speed_up) == (0, None)
    assert (two.pairs, two.speed_up, two.efficiency) == (1, 2.0, 1.0)
    assert two.building_speed_up == 3.0


def test_what_each_agent_is_worth_is_measured_on_the_same_seeds():
    lines = [episode(seed=k, score=1.0 if k < 2 else 0.0, success=k < 2) for k in range(4)]
    lines += [episode(seed=k, without=0, success=False, score=0.2) for k in range(2)]
    lines += [episode(seed=k, without=1) for k in range(2)]
    (row,) = rows_of(lines)
    assert row.runs == 4  # those without an agent are no runs of the team
    first, second = row.losses
    assert (first.agent, first.runs, first.success, first.success_of_all) == (0, 2, 0.0, 1.0)
    assert first.score == pytest.approx(0.2)
    assert first.score_of_all == 1.0
    assert (second.agent, second.success, second.score) == (1, 1.0, 1.0)


def test_the_gap_to_the_game():
    lines = [episode(seed=k) for k in range(3)]
    lines += [episode(seed=0, backend="factorio")]
    lines += [episode(seed=1, backend="factorio", success=False, score=0.4)]
    embedded, server = rows_of(lines)
    assert (embedded.gap_runs, embedded.gap_score) == (0, None)
    assert (server.gap_runs, server.gap_equal) == (2, 1)
    assert server.gap_score == pytest.approx(0.3)


def test_cross_play_stands_apart():
    lines = [episode(policy=p, score=1.0) for p in "ab"]
    lines += [
        episode(policy="a", partner="b", success=False, score=0.5),
        episode(policy="b", partner="a", success=False, score=0.1),
    ]
    assert [row.runs for row in rows_of(lines)] == [1, 1]
    (cross,) = crosses_of(lines, ["a", "b"])
    assert cross.success == [[1.0, 0.0], [0.0, 1.0]]
    assert cross.score == [[1.0, 0.5], [0.1, 1.0]]
    assert cross.self_play == 1.0
    assert cross.cross_play == pytest.approx(0.3)


def test_all_tasks_together():
    lines = [episode(task=t, score=s) for t, s in (("dig", 1.0), ("carry", 0.5))]
    lines += [episode(policy="half", task="dig")]  # has not played everything
    (both,) = overall(lines)
    assert (both["policy"], both["tasks"], both["runs"]) == ("p", 2, 2)
    assert both["score"] == pytest.approx(0.75)
    assert (both["score_low"], both["score_high"]) == (0.75, 0.75)


def test_tables_have_a_cell_for_each_heading():
    lines = [episode(agents=1), episode(), episode(without=0), episode(backend="factorio")]
    lines += [episode(policy="q"), episode(partner="q"), episode(policy="q", partner="p")]
    tables = tables_of(rows_of(lines), overall(lines), crosses_of(lines, ["p", "q"]))
    assert [table.title.split()[0] for table in tables] == ["Every", "What", "Cross-play", "Gap"]
    for table in tables:
        assert all(len(row) == len(table.headings) for row in table.rows)
        assert len(table.markdown().splitlines()) == len(table.rows) + 4
        assert table.title in table.text()
