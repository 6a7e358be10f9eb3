"""The pure parts of `benchmarks.peers`: no other library, no network, no process."""

from __future__ import annotations

import json
import sys

import pytest

from benchmarks import peer_cases, peer_report, peers
from benchmarks.peer_runners import blocks

ABOUT = {"agents": 4, "envs": 64, "threads": 2, "bytes": 2208}


def done(agent_steps: int, seconds: float = 2.0, resets: int = 32) -> dict[str, float]:
    values = (agent_steps, agent_steps // 4, seconds, resets)
    return dict(zip(blocks.DONE, values, strict=True))


def report(*rows: dict[str, object]) -> dict[str, object]:
    return {
        "machine": {"cpu": "a processor", "cores": 2, "python": "3.11"},
        "command": "python -m benchmarks.peers",
        "rounds": 3,
        "seconds": 2.0,
        "versions": {"vmas": ["vmas 1.5.2"]},
        "rows": list(rows),
        "skipped": {"craftax": "install: no such version"},
    }


def case(name: str) -> peer_cases.Case:
    return next(case for case in peer_cases.CASES if case.name == name)


def test_cases_have_a_name_a_library_a_runner_and_a_case_of_ours():
    names = [case.name for case in peer_cases.CASES]
    assert len(set(names)) == len(names)
    for each in peer_cases.CASES:
        assert each.peer in peer_cases.PEERS and each.table in peer_cases.TITLES
        assert (peers.RUNNERS / f"{each.runner}.py").is_file()
        json.dumps(each.options)
        if each.peer != peer_cases.OURS:
            beside = case(each.beside)
            assert beside.peer == peer_cases.OURS and beside.table == each.table


def test_versions_are_pinned():
    for pins in peer_cases.PEERS.values():
        assert all(pin.count("==") == 1 for pin in pins)


def test_only_brings_ours_along():
    names = [each.name for each in peer_cases.chosen(["VMAS transport"], ["small"])]
    assert names == ["ours grid, 10 ticks", "VMAS transport"]
    by_library = peer_cases.chosen(["magent2"], ["small", "large"])
    assert {each.peer for each in by_library} == {"magent2", peer_cases.OURS}
    assert peer_cases.chosen([], ["large"]) == [
        each for each in peer_cases.CASES if each.table == "large"
    ]
    assert peer_cases.chosen(["no such thing"], ["small", "large"]) == []


def test_an_answer_is_read():
    assert peers.reading(json.dumps({**done(100), "more": 1})) == done(100)


@pytest.mark.parametrize(
    "line",
    [
        "hello from a library\n",
        "[1, 2]",
        "{}",
        json.dumps({**done(100), "seconds": "2"}),
        json.dumps({**done(100), "resets": None}),
        json.dumps({**done(100), "env_steps": True}),
        json.dumps(done(100, seconds=0.0)),
        json.dumps(done(-4)),
    ],
)
def test_an_answer_that_makes_no_sense_is_refused(line: str):
    with pytest.raises(ValueError):
        peers.reading(line)


def test_figures_of_a_case():
    values = peer_report.row(case("VMAS transport"), ABOUT, [done(100), done(400), done(200)], None)
    assert (values["slowest"], values["agent_steps_per_s"], values["fastest"]) == (50, 100, 200)
    assert values["env_steps_per_s"] == 25
    assert values["resets"] == 1.5
    assert values["ours/it"] is None and values["beside"] == ""


def test_ratio_is_the_median_of_the_rounds_ratios():
    # a slow round that hits both leaves the ratio as it is
    ours, theirs = [done(800), done(80), done(900)], [done(400), done(40), done(100)]
    values = peer_report.row(case("VMAS transport"), ABOUT, theirs, ours)
    assert values["ours/it"] == 2.0
    assert values["beside"] == "ours grid, 10 ticks"
    assert peer_report.ratio([4.0, 9.0], [2.0, 3.0]) == 2.5
    with pytest.raises(ValueError):
        peer_report.ratio([1.0], [1.0, 2.0])


def test_tables():
    small = peer_report.row(case("VMAS transport"), ABOUT, [done(2_000_000)], [done(1_000_000)])
    large = peer_report.row(case("VMAS transport, 1024 envs"), ABOUT, [done(8)], None)
    text = peer_report.as_text(report(small, large))
    assert "1,000,000" in text and "0.5" in text
    for title in peer_cases.TITLES.values():
        assert title in text
    assert "craftax: install: no such version" in text

    page = peer_report.as_markdown(report(small, large), "peers.png")
    table = [line for line in page.splitlines() if line.startswith("|")]
    assert len(table) == 2 * 3
    assert len({line.count("|") for line in table}) == 1
    assert "(peers.png)" in page and "vmas 1.5.2" in page
    assert peer_cases.TITLES["large"] not in peer_report.as_markdown(report(small))


def test_reasons():
    assert peers.last_line("WARNING: a\nERROR: b\nnote: c\n") == "ERROR: b"
    assert peers.last_line("Traceback\n  File\nImportError: d\n\n") == "ImportError: d"
    assert peers.last_line("") == "no message"


def test_a_block_lasts_as_long_as_its_steps_own_time():
    steps = iter([blocks.Step(0.4, 8, 2, 0), blocks.Step(0.4, 6, 2, 1), blocks.Step(0.4, 8, 2, 0)])
    played = blocks.play(lambda: next(steps), 1.0)
    assert played == pytest.approx({"agent_steps": 22, "env_steps": 6, "seconds": 1.2, "resets": 1})
    assert peers.reading(json.dumps(played)) == played


def test_list(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "argv", ["peers", "--list", "--only", "jaxmarl"])
    assert peers.main() == 0
    out = capsys.readouterr().out
    assert "JaxMARL overcooked" in out and "VMAS" not in out
