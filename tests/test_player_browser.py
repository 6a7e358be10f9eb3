"""The player in a real browser: headless Chromium, driven by Playwright (extra ``browser``).

Skipped without Playwright or without a Chromium: its own (``playwright install chromium``), or one
of the system's (``apt install chromium``).
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fz_multi.bench import RandomLegal, make_policy, record
from fz_multi.prototypes import load
from fz_multi.render.player import player_assets, player_fragment, player_page
from fz_multi.replay import Replay

playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra `browser`")

READY = ".fz-player[data-state=ready]"
PLAYER = "document.querySelector('.fz-player').player"
SYSTEM = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        own = driver.chromium.executable_path
        path = own if Path(own).exists() else next(filter(None, map(shutil.which, SYSTEM)), None)
        if path is None:
            pytest.skip("no Chromium: `playwright install chromium`, or the system's")
        running = driver.chromium.launch(executable_path=path)
        yield running
        running.close()


def cut(replay: Replay, steps: int) -> Replay:
    """Its beginning."""
    return replace(replay, actions=replay.actions[:steps], digests={}, outcome={})


@pytest.fixture(scope="module")
def cells() -> Replay:
    return record("two_cells", make_policy("scripted", "two_cells"), agents=2, seed=0)


@pytest.fixture(scope="module")
def belt() -> Replay:
    return cut(record("long_belt", make_policy("scripted", "long_belt"), agents=2, seed=0), 330)


class Shown:
    """A page with a player that keeps what goes wrong in it."""

    def __init__(self, browser: Any, path: Path, html: str, **options: Any) -> None:
        path.write_text(html, encoding="utf-8")
        self.context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}, **options}
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.on(
            "console",
            lambda m: self.errors.append(m.text) if m.type in ("error", "warning") else None,
        )
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector(".fz-player[data-state]:not([data-state=loading])")

    def run(self, code: str) -> Any:
        return self.page.evaluate(code)

    @property
    def step(self) -> int:
        return int(self.page.get_attribute(".fz-player", "data-step"))

    def text(self, selector: str) -> str:
        return self.page.inner_text(selector)

    def seek(self, step: int) -> None:
        """By the scrubber, as a user's drag does."""
        self.page.eval_on_selector(
            ".fz-scrub",
            "(scrub, step) => { scrub.value = step; scrub.dispatchEvent(new Event('input')); }",
            step,
        )

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The point of the page where a point in tiles is drawn."""
        box = self.page.locator(".fz-canvas").bounding_box()
        px, py = self.run(f"{PLAYER}.stage.pointOf({x}, {y})")
        return box["x"] + px, box["y"] + py

    def facts(self, where: str) -> dict[str, str]:
        """What the tip or the panel tells."""
        pairs = self.page.eval_on_selector_all(
            f"{where} dd[data-fact]", "all => all.map(d => [d.dataset.fact, d.innerText.trim()])"
        )
        return dict(pairs)

    def colours(self) -> set[int]:
        """The colours of the canvas, as numbers."""
        return set(
            self.run(
                "(() => { const c = document.querySelector('.fz-canvas');"
                "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
                "const s = new Set(); for (let i = 0; i < d.length; i += 4)"
                "s.add(d[i] * 65536 + d[i + 1] * 256 + d[i + 2]); return [...s]; })()"
            )
        )

    def picture(self) -> str:
        return self.run("document.querySelector('.fz-canvas').toDataURL()")


@pytest.fixture(scope="module")
def page_of(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    made: list[Shown] = []
    kept: dict[Any, str] = {}

    def show(*replays: Replay, html: str = "", **options: Any) -> Shown:
        key = tuple(map(id, replays))
        text = html or kept.setdefault(key, player_page(replays) if replays else "")
        path = tmp_path_factory.mktemp("page") / "page.html"
        made.append(Shown(browser, path, text, **options))
        return made[-1]

    yield show
    for shown in made:
        shown.context.close()
        assert shown.errors == [] or shown.errors == ["expected"]


@pytest.fixture
def shown(page_of: Any, cells: Replay) -> Shown:
    return page_of(cells)


def test_it_loads_without_network_and_errors(shown: Shown, cells: Replay):
    assert shown.page.query_selector(READY)
    assert [url for url in shown.requests if not url.startswith(("file:", "data:"))] == []
    assert shown.step == 0
    assert shown.text(".fz-title") == "two cells"
    assert "scripted · 2 agents · seed 0" in shown.text(".fz-about")
    assert shown.text(".fz-outcome") == "solved at 1:39.8"
    assert shown.text(".fz-count") == f"step 0 / {cells.steps}"
    legend = shown.page.locator(".fz-legend li").all_inner_texts()
    assert {"iron ore", "burner mining drill", "stone furnace", "no fuel"} <= set(legend)


def test_the_picture_is_drawn_and_changes(shown: Shown):
    colours = shown.colours()
    assert len(colours) > 500
    first = shown.picture()
    shown.seek(300)
    later = shown.picture()
    assert first != later
    shown.seek(0)
    assert shown.picture() == first, "going back gives the same picture"
    blue, orange = 0x3A86E8, 0xF68C28
    assert {blue, orange} <= colours, "both agents are there"


def test_play_pause_and_speed(shown: Shown):
    shown.page.select_option(".fz-speed", "10")
    shown.page.click(".fz-play")
    shown.page.wait_for_function("document.querySelector('.fz-player').dataset.step > 30")
    assert shown.page.get_attribute(".fz-play", "aria-label") == "Pause"
    shown.page.click(".fz-play")
    stopped = shown.step
    shown.page.wait_for_timeout(300)
    assert shown.step == stopped
    assert shown.run(f"{PLAYER}.time") == stopped
    assert shown.page.get_attribute(".fz-play", "aria-label") == "Play"
    tick = int(shown.text(".fz-when").removeprefix("tick ").replace(",", ""))
    assert tick == 10 * stopped


def test_it_stops_at_the_end_and_begins_again(shown: Shown, cells: Replay):
    shown.seek(cells.steps - 5)
    shown.page.keyboard.press("Space")
    shown.page.wait_for_function(
        f"document.querySelector('.fz-player').dataset.step == {cells.steps}"
    )
    shown.page.wait_for_function(f"!{PLAYER}.playing")
    assert shown.text(".fz-value >> nth=0") == "10 / 10"
    shown.page.keyboard.press("k")
    shown.page.wait_for_function(f"{PLAYER}.playing && {PLAYER}.step < 100")
    shown.page.keyboard.press("k")


def test_steps_by_buttons_keys_and_scrubber(shown: Shown, cells: Replay):
    shown.page.click("[aria-label^='Step forward']")
    assert shown.step == 1
    for _ in range(3):
        shown.page.keyboard.press("ArrowRight")
    assert shown.step == 4
    shown.page.keyboard.press("Shift+ArrowRight")
    assert shown.step == 14
    shown.page.click("[aria-label^='Step back']")
    assert shown.step == 13
    shown.page.keyboard.press("End")
    assert shown.step == cells.steps
    shown.page.keyboard.press("Home")
    shown.page.keyboard.press("ArrowLeft")
    assert shown.step == 0
    shown.seek(250)
    assert shown.step == 250
    assert "step 250 of 599, 0:41.7" in shown.page.get_attribute(".fz-scrub", "aria-valuetext")
    shown.page.focus(".fz-scrub")
    shown.page.keyboard.press("ArrowRight")
    assert shown.step == 251


# -- hover and pins --------------------------------------------------------------------------------
def joules(value: int) -> str:
    if value >= 1e6:
        return f"{value / 1e6:.2f} MJ"
    return f"{value / 1e3:.1f} kJ" if value >= 1e3 else f"{value} J"


def told_items(items: dict[str, int]) -> set[str]:
    return {f"{name.replace('-', ' ')} × {count:,}" for name, count in items.items()} or {"empty"}


def lines(text: str) -> set[str]:
    return {line.strip() for line in text.splitlines() if line.strip()}


def near(value: float) -> str:
    return f"{round(value, 2):g}"


def check_entity(facts: dict[str, str], entity: dict[str, Any]) -> None:
    """What is told is what `World.entity` says."""
    x, y = entity["position"]
    assert facts["position"] == f"{near(x)}, {near(y)}"
    if "direction" in facts:
        assert facts["direction"] == entity["direction"]
    if entity["status"]:
        assert facts["status"] == entity["status"].replace("_", " ")
        assert facts["energy"] == joules(int(entity["energy"]))
    for name, items in entity["inventories"].items():
        assert lines(facts["holds" if name == "chest" else name]) == told_items(items)
    if "progress" in facts:
        share = round(256 * entity["progress"]) / 256
        assert abs(int(facts["progress"].split()[0]) - 100 * share) <= 0.51
        assert facts["finished"] == f"{entity['products_finished']:,}"
    if entity["burning"] and "burning" in facts:
        item, left = entity["burning"]
        assert facts["burning"] == f"{item}, {joules(int(left))} left"
    if "hand" in entity:
        assert facts["held"] == (entity["held"] or "nothing").replace("-", " ")


def hover_all(shown: Shown, replay: Replay, steps: tuple[int, ...]) -> set[str]:
    """Point at each machine after some steps and compare with the world; names that were seen."""
    seen = set()
    for env, step in replay.frames():
        if step not in steps:
            continue
        shown.seek(step)
        world = env.backend.world
        shown.run(f"{PLAYER}.stage.withLenses = false; {PLAYER}.stage.arrange(); {PLAYER}.draw()")
        shown.page.keyboard.press("m")
        for entity in world.entities():
            x, y = entity["position"]
            if any(near_agent(world, agent, x, y) for agent in env.possible_agents):
                continue
            shown.page.mouse.move(*shown.at(x, y))
            assert shown.page.is_visible(".fz-tip")
            assert shown.text(".fz-tip h3") == entity["name"].replace("-", " ")
            check_entity(shown.facts(".fz-tip"), entity)
            seen.add(entity["name"])
    return seen


def near_agent(world: Any, agent: str, x: float, y: float) -> bool:
    ax, ay = world.character(agent)["position"]
    return abs(x - ax) < 0.6 and -0.5 < ay - y < 1.4


def test_hover_tells_the_state_of_machines(shown: Shown, cells: Replay):
    seen = hover_all(shown, cells, (45, 80, 300, 599))
    assert seen == {"burner-mining-drill", "stone-furnace"}
    box = shown.page.locator(".fz-canvas").bounding_box()
    shown.page.mouse.move(box["x"] + box["width"] / 2, box["y"] - 40)
    assert not shown.page.is_visible(".fz-tip")


def test_hover_tells_what_lies_on_belts_and_in_arms(page_of: Any, belt: Replay):
    shown = page_of(belt)
    seen = hover_all(shown, belt, (40, 330))
    assert {"transport-belt", "burner-inserter", "wooden-chest"} <= seen
    for env, _ in belt.frames():
        world = env.backend.world
    compared = 0
    for handle in world.handles():
        entity = world.entity(handle)
        if "shape" not in entity or any(
            near_agent(world, agent, *entity["position"]) for agent in ("agent_0", "agent_1")
        ):
            continue
        shown.page.mouse.move(*shown.at(*entity["position"]))
        facts = shown.facts(".fz-tip")
        for lane, items in enumerate(world.lanes(handle), 1):
            counted: dict[str, int] = {}
            for name, _ in items:
                counted[name] = counted.get(name, 0) + 1
            assert lines(facts[f"lane {lane}"]) == told_items(counted)
            compared += len(items)
    assert compared > 20


def test_hover_tells_what_is_in_the_ground(shown: Shown, cells: Replay):
    for env, step in cells.frames():
        if step == 20:
            deposit = env.backend.world.resources()[0]
    shown.seek(20)
    shown.page.mouse.move(*shown.at(*deposit["position"]))
    assert shown.text(".fz-tip h3") == "iron ore in the ground"
    assert shown.facts(".fz-tip")["amount"] == str(deposit["amount"])


def test_agents_can_be_pinned_by_pointer_card_and_key(shown: Shown, cells: Replay):
    worlds = {}
    for env, step in cells.frames():
        if step in (12, 35, 60):
            worlds[step] = [
                env.backend.world.character(agent) | {"hand": int(env.seen.character["hand"][0, k])}
                for k, agent in enumerate(env.possible_agents)
            ]
    shown.seek(12)
    shown.page.mouse.click(*shown.at(*worlds[12][1]["position"]))
    for step, team in worlds.items():
        shown.seek(step)
        assert shown.text(".fz-pinned h3") == "agent 1"
        check_agent(shown.facts(".fz-pinned"), team[1])
    shown.page.keyboard.press("Escape")
    assert "click to pin" in shown.text(".fz-pinned")
    shown.page.click(".fz-card[data-agent='0']")
    assert shown.page.get_attribute(".fz-card[data-agent='0']", "aria-pressed") == "true"
    check_agent(shown.facts(".fz-pinned"), worlds[60][0])
    shown.page.keyboard.press("n")
    assert shown.text(".fz-pinned h3") == "agent 1"
    shown.page.keyboard.press("n")
    assert shown.text(".fz-pinned h3") in ("burner mining drill", "stone furnace")
    assert "agent 1" not in shown.text(".fz-said"), "what is pinned is said to screen readers"
    assert "position" in shown.text(".fz-said")


def check_agent(facts: dict[str, str], character: dict[str, Any]) -> None:
    x, y = character["position"]
    assert facts["position"] == f"{near(x)}, {near(y)}"
    assert lines(facts["inventory"]) == told_items(character["inventory"])
    hand = load().item_name(character["hand"]) if character["hand"] else "empty"
    assert facts["hand"] == hand.replace("-", " ")
    assert facts["last result"].endswith(character["result"].replace("_", " "))
    if character["activity"] != "idle":
        assert facts["activity"] == character["activity"]


def test_refusals_are_told(page_of: Any):
    replay = record("handoff", LazyTake(), agents=1, seed=0, max_cycles=12)
    shown = page_of(replay)
    shown.seek(5)
    result = shown.text(".fz-card .fz-result")
    assert result
    shown.page.click(".fz-card")
    facts = shown.facts(".fz-pinned")
    assert facts["refused"] == "5"
    assert facts["why"]
    assert shown.page.locator("rect.fz-refusal").count() == replay.steps


class LazyTake(RandomLegal):
    """Takes from whatever it faces, which is nothing."""

    name = "lazy"

    def act(self, observations: Any, infos: Any) -> dict[str, Any]:
        return dict.fromkeys(observations, 12)


# -- charts ----------------------------------------------------------------------------------------
def test_charts_show_the_world(shown: Shown, cells: Replay):
    heads = shown.page.locator(".fz-chart h4 > span").all_inner_texts()
    assert heads == ["What each agent does", "Production", "Goals", "Work", "Return"]
    for env, step in cells.frames():
        if step not in (100, 420, 599):
            continue
        shown.seek(step)
        world = env.backend.world
        values = shown.page.locator(".fz-chart >> nth=1 >> .fz-key li").all_inner_texts()
        made = {re.sub(r"\s+", " ", v).strip() for v in values}
        expected = {
            f"{i.replace('-', ' ')} {world.production(i)}" for i in ("iron-ore", "iron-plate")
        }
        assert made == expected
        goals = shown.page.locator(".fz-goal .fz-value").all_inner_texts()
        assert goals == [f"{int(g.value)} / {int(g.target)}" for g in env.overlay().goals]
        value = shown.text(".fz-chart >> nth=4 >> .fz-key b")
        assert float(value) == pytest.approx(env.outcome()["return"], abs=0.006)
    for path in shown.page.locator(".fz-lines path").all():
        box = path.bounding_box()
        assert box["width"] > 100
    assert shown.page.locator(".fz-window rect").count() == 5, "the final window is shaded"


def test_a_click_on_a_chart_goes_there(shown: Shown):
    chart = shown.page.locator(".fz-chart svg:not(.fz-sign) >> nth=1")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    middle = (box["width"] - 40 - 12) / 2 + 40
    chart.click(position={"x": middle, "y": 60})
    assert shown.step == pytest.approx(300, abs=3)
    cursor = float(shown.page.get_attribute(".fz-cursor >> nth=1", "x1"))
    assert cursor == pytest.approx(middle, abs=2)


def test_what_happened_leads_there(shown: Shown):
    shown.page.click("text=agent 0 builds a stone furnace")
    assert 20 < shown.step < 60
    shown.page.click("text=the final window opens")
    assert shown.step == 360


# -- the map ---------------------------------------------------------------------------------------
def test_zoom_pan_and_fit(shown: Shown):
    def camera() -> list[float]:
        return shown.run(f"(m => [m.pixels, m.x, m.y])({PLAYER}.stage.main)")

    start = camera()
    shown.page.click("[aria-label='Zoom in']")
    shown.page.keyboard.press("+")
    closer = camera()
    assert closer[0] >= start[0] + 2
    x, y = shown.at(-10, 3)
    shown.page.mouse.click(x, y)  # the map has the focus now: the wheel zooms about the pointer
    before = shown.run(f"{PLAYER}.stage.main.pixels")
    tile = shown.at(-10, 3)
    shown.page.mouse.move(*tile)
    shown.page.mouse.wheel(0, -200)
    shown.page.wait_for_function(f"{PLAYER}.stage.main.pixels > {before}")
    assert shown.at(-10, 3) == pytest.approx(tile, abs=2)
    held = camera()
    shown.page.mouse.down()
    shown.page.mouse.move(x + 60, y + 40, steps=4)
    shown.page.mouse.up()
    moved = camera()
    assert moved[1] == pytest.approx(held[1] - 60 / held[0], abs=0.7)
    assert shown.run(f"{PLAYER}.stage.picked") is None, "dragging pins nothing"
    shown.page.keyboard.press("0")
    assert camera() == start
    shown.page.keyboard.press("m")
    assert camera()[0] <= start[0]


def test_following_an_agent(shown: Shown):
    shown.page.click(".fz-card[data-agent='1']")
    shown.page.click(".fz-tools >> text=follow")
    for step in (5, 11):  # later the edge of the map is near
        shown.seek(step)
        at = shown.run(f"{PLAYER}.episode.agentAt({PLAYER}.episode.agents[1], {step})")
        box = shown.page.locator(".fz-canvas").bounding_box()
        x, y = shown.at(*at)
        main = shown.run(f"(m => [m.width, m.height])({PLAYER}.stage.main)")
        assert abs(x - box["x"] - main[0] / 2) < 60
        assert abs(y - box["y"] - main[1] / 2) < 60


def test_lenses_show_the_same_things(shown: Shown):
    shown.seek(200)
    lens = shown.run(f"(v => [v.left, v.top, v.width, v.height])({PLAYER}.stage.lenses[0].view)")
    entity = shown.run(
        f"(() => {{ const s = {PLAYER}.stage, v = s.lenses[0].view;"
        f"const e = {PLAYER}.episode.standing(200).find(e => e.name === 'stone-furnace');"
        "const at = (c, from, to) => from + (c / 256 - to) * v.pixels;"
        "return [at(e.x, v.left, v.x), at(e.y, v.top, v.y) - 9];})()"
    )
    assert lens[0] <= entity[0] <= lens[0] + lens[2]
    box = shown.page.locator(".fz-canvas").bounding_box()
    shown.page.mouse.move(box["x"] + entity[0], box["y"] + entity[1])
    assert shown.text(".fz-tip h3") == "stone furnace"
    shown.page.keyboard.press("l")
    assert shown.run(f"{PLAYER}.stage.lenses.length") == 0


# -- other pages -----------------------------------------------------------------------------------
def test_a_selector_over_several_replays(page_of: Any, cells: Replay, belt: Replay):
    shown = page_of(cut(cells, 60), belt)
    assert shown.page.locator(".fz-choose option").count() == 2
    shown.seek(40)
    shown.page.select_option(".fz-choose", index=1)
    shown.page.wait_for_function("document.querySelector('.fz-title').textContent === 'long belt'")
    shown.page.wait_for_selector(READY)
    assert shown.step == 0
    assert shown.text(".fz-count") == "step 0 / 330"
    shown.seek(330)
    assert len(shown.colours()) > 500


def test_two_players_in_one_page_are_apart(page_of: Any, cells: Replay, belt: Replay):
    html = (
        f"<!doctype html><meta charset=utf-8><title>report</title>{player_assets()}<h1>report</h1>"
        + player_fragment([cut(cells, 60)], theme="light")
        + player_fragment([cut(belt, 30)], theme="dark", at=7)
    )
    shown = page_of(html=html)
    shown.page.wait_for_function(
        "[...document.querySelectorAll('.fz-player')].every(p => p.dataset.state === 'ready')"
    )
    players = shown.page.locator(".fz-player")
    assert players.count() == 2
    assert players.nth(1).get_attribute("data-step") == "7"
    players.nth(0).locator("[aria-label^='Step forward']").click()
    shown.page.keyboard.press("ArrowRight")
    assert players.nth(0).get_attribute("data-step") == "2"
    assert players.nth(1).get_attribute("data-step") == "7"
    grounds = shown.run(
        "[...document.querySelectorAll('.fz-player')].map(p => getComputedStyle(p).backgroundColor)"
    )
    assert grounds == ["rgb(244, 243, 239)", "rgb(27, 28, 31)"]


def test_light_dark_and_small_screens(page_of: Any, cells: Replay):
    phone = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}
    shown = page_of(cells, color_scheme="light", device_scale_factor=2, **phone)
    assert shown.page.get_attribute(".fz-player", "data-theme") == "light"
    shown.page.tap(".fz-theme")
    assert shown.page.get_attribute(".fz-player", "data-theme") == "dark"
    wide = shown.run("document.documentElement.scrollWidth")
    assert wide <= 390, "nothing is wider than the screen"
    small = shown.page.eval_on_selector_all(
        ".fz-player button:not(.fz-event)",
        "all => all.filter(b => b.offsetParent).map(b => b.getBoundingClientRect())"
        ".filter(r => r.height < 28 || r.width < 28).length",
    )
    assert small == 0, "buttons can be hit with a finger"
    assert len(shown.colours()) > 300


def test_everything_that_can_be_pressed_has_a_name(shown: Shown):
    nameless = shown.page.eval_on_selector_all(
        ".fz-player :is(button, select, input, canvas)",
        "all => all.filter(e => !(e.getAttribute('aria-label') || e.innerText.trim()"
        " || e.querySelector('img[alt]:not([alt=\"\"])'))).map(e => e.outerHTML)",
    )
    assert nameless == []
    assert shown.page.eval_on_selector_all("img:not([alt])", "all => all.length") == 0


def test_a_damaged_replay_says_so(page_of: Any, cells: Replay):
    html = player_page([cut(cells, 3)])
    data = re.search(r'data-label="[^"]*">([^<]+)<', html)[1]
    shown = page_of(html=html.replace(data, data[: len(data) // 2]))
    assert shown.page.get_attribute(".fz-player", "data-state") == "error"
    assert "This replay cannot be shown" in shown.text(".fz-said")
    shown.errors[:] = ["expected"]
