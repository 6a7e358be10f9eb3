"""The report: what it holds, and how it behaves in a browser."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from fz_multi.bench import charts
from fz_multi.bench.report import write_report
from fz_multi.cli import OK, main

SHORT = str(Path(__file__).parent / "short.py")
SECTIONS = (
    "success time speed-up split worth idle conflicts hand-offs cross-play replays numbers made"
)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    (folder / "mine.py").write_text("def wait(observation, info):\n    return 0\n")
    out = folder / "out"
    command = ["bench", "bench_short", "bench_never", "--import", SHORT, "--out", str(out)]
    command += ["--seeds", "2", "--agents", "1", "2", "--replaced", "1", "--jobs", "1"]
    command += ["--policies", "random", "still=no-op"]
    command += [f"waits={folder / 'mine.py'}:wait", "--cross-play", "random", "scripted"]
    assert main(command) == OK
    return out / "report.html"


def test_every_part_is_there(report: Path):
    text = report.read_text("utf-8")
    assert re.findall(r'<section id="([a-z-]+)">', text) == SECTIONS.split()
    assert text.count("<svg") >= 9
    assert "bench_short" in text and "bench_never" in text and "still" in text
    assert text.count('class="fz-player"') == 2  # one a task
    for word in ("Wilson", "interquartile", "Gini", "run.json", "0 to 1 of the split"):
        assert word in text, word


def test_it_names_files_without_the_folders_of_the_machine(report: Path):
    text = report.read_text("utf-8")
    assert "mine.py:wait" in text and "sha256" in text
    assert "short.py" in text
    for folder in (report.parents[1], Path(SHORT).parent):
        assert str(folder) not in text


def test_it_loads_nothing(report: Path):
    text = report.read_text("utf-8")
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:)""", text)
    assert "@import" not in text
    assert not re.search(r"url\((?!['\"]?data:)", text)


def test_it_can_be_made_again_from_the_folder(report: Path):
    before = report.read_bytes()
    assert write_report(report.parent) == report
    assert report.read_bytes() == before


def test_texts_of_charts_are_escaped():
    dot = charts.Dot(0.5, 0.1, 0.9, "<b>")
    text = charts.panels("a & b", ["1 < 2"], [("<script>", [("x", 0, [dot, None])])])
    assert "<script>" not in text
    assert "&lt;script&gt;" in text and "1 &lt; 2" in text and "a &amp; b" in text


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (1.0, [0, 0.25, 0.5, 0.75, 1.0]),
        (7.0, [0, 2, 4, 6, 8]),
        (0.0, [0, 1]),
        (float("nan"), [0, 1]),
        (648, [0, 200, 400, 600, 800]),
    ],
)
def test_axes_have_round_numbers(most: float, expected: list[float]):
    assert charts.ticks(most) == pytest.approx(expected)


def test_a_dot_lies_at_its_value():
    text = charts.panels("x", ["c"], [("t", [("p", 0, [charts.Dot(0.5, 0.0, 1.0)])])], most=1.0)
    left = charts.LABELS
    wide = charts.WIDTH - charts.LABELS - charts.GAP
    assert f'<circle cx="{left + wide / 2:.1f}"' in text
    assert f'x1="{left:.1f}" x2="{left + wide:.1f}"' in text  # the whisker


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser(report: Path, scheme: str, tmp_path: Path):
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("needs Chromium")
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1120, "height": 800}, color_scheme=scheme)
        errors: list[str] = []
        asked: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(report.as_uri())
        page.wait_for_selector(".fz-player canvas")
        assert errors == []
        assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 1120
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(22, 24, 27)")
        # Nothing in a chart reaches out of it, and marks have their colours.
        outside = page.evaluate(
            """() => [...document.querySelectorAll("figure svg[role=img]")].flatMap(svg => {
                const box = svg.getBoundingClientRect();
                return [...svg.querySelectorAll("text")].filter(text => {
                    const own = text.getBoundingClientRect();
                    return own.right > box.right + 1 || own.bottom > box.bottom + 1;
                }).map(text => text.textContent);
            })"""
        )
        assert outside == []
        fill = "getComputedStyle(document.querySelector('.m.c0 circle')).fill"
        assert page.evaluate(fill) not in ("rgb(0, 0, 0)", "none")
        page.set_viewport_size({"width": 400, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        browser.close()
