"""Pictures: shapes, what is drawn where, errors, files. (Whether they please is for eyes.)"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from hand_made import HandMade, cells
from PIL import Image

from fz_multi.engine import constants as k
from fz_multi.prototypes import load
from fz_multi.render import (
    Film,
    Goal,
    Overlay,
    Window,
    Zone,
    draw,
    render,
    sprites,
    window,
    write_gif,
    write_png,
)
from fz_multi.render.glyphs import item_image
from fz_multi.render.sprites import Look

BARE = Overlay(caption=False, agents=False, legend=False)
GOALS = (Goal("west: iron plates", 4, 10), Goal("east: iron plates", 10, 10))


def field(w: HandMade, tile_pixels: int = 16) -> np.ndarray:
    """The map alone, without strips."""
    return render(w.tables, tile_pixels=tile_pixels, overlay=BARE)


def tile(picture: np.ndarray, w: HandMade, x: int, y: int, p: int = 16) -> np.ndarray:
    left, top = int(w.tables.header["left"][0]), int(w.tables.header["top"][0])
    return picture[(y - top) * p : (y - top + 1) * p, (x - left) * p : (x - left + 1) * p]


def test_the_map_alone_has_tile_size():
    picture = field(HandMade(20, 12), 16)
    assert picture.shape == (12 * 16, 20 * 16, 3)
    assert picture.dtype == np.uint8


def test_pictures_of_an_episode_have_one_shape():
    w = cells(32, 4)
    first = render(w.tables, overlay=Overlay("t", goals=GOALS))
    w.tables.header["tick"] = 999_999
    w.entity("iron-chest", 10, 10, 0, {"stone": 9})
    w.tables.character["activity"][0] = k.ACTIVITY_MINE
    second = render(w.tables, overlay=Overlay("t", note="solved", goals=GOALS))
    assert first.shape == second.shape
    assert (first != second).any()


def test_the_same_world_gives_the_same_picture():
    np.testing.assert_array_equal(render(cells().tables), render(cells().tables))


def test_drawing_leaves_the_tables_alone():
    w = cells()
    before = [table.tobytes() for table in w.tables]
    render(w.tables, overlay=Overlay("t", goals=GOALS, zones=(Zone(0, 0, 3, 3, "z"),)))
    assert before == [table.tobytes() for table in w.tables]


@pytest.mark.parametrize("name", ["iron-ore", "copper-ore", "coal", "stone"])
def test_deposits_show_and_thin_out(name: str):
    w = HandMade(16, 16, 0)
    empty = field(w)
    changed = []
    for amount in (2000, 100, 5):
        w.deposit(name, 2, 3, amount)
        picture = field(w)
        differs = (picture != empty).any(axis=2)
        changed.append(int(tile(differs, w, 2, 3).sum()))
        assert differs.sum() == changed[-1], "a deposit draws on its own tile alone"
    assert changed[0] > changed[1] > changed[2] > 0
    w.deposit(name, 2, 3, 0)
    np.testing.assert_array_equal(field(w), empty)


def test_water_is_blue():
    w = HandMade(8, 8, 0)
    for x in range(3):
        for y in range(3):
            w.water(x, y)
    red, _, blue = tile(field(w), w, 1, 1).reshape(-1, 3).mean(axis=0)
    assert blue > red + 40


def test_a_working_furnace_glows_and_an_idle_one_does_not():
    def heat(status: int) -> int:
        w = HandMade(10, 10, 0)
        w.entity("stone-furnace", 0, 0, 0, status=status)
        r, _, b = (field(w, 32).astype(int)[:, :, j] for j in range(3))
        return int(((r > 220) & (b < 90)).sum())

    assert heat(k.STATUS_WORKING) > 100
    assert heat(k.STATUS_NORMAL) == 0


@pytest.mark.parametrize("direction", [0, 4, 8, 12])
def test_the_arrow_of_a_drill_is_where_its_product_comes_out(direction: int):
    w = HandMade(12, 12, 0)
    w.entity("burner-mining-drill", 0, 0, direction, status=k.STATUS_NORMAL)
    r, g, b = (field(w, 32).astype(int)[:, :, j] for j in range(3))
    ys, xs = np.nonzero((r > 240) & (g > 200) & (b < 110))
    left, top = int(w.tables.header["left"][0]), int(w.tables.header["top"][0])
    x, y = xs.mean() / 32 + left - 1, ys.mean() / 32 + top - 1  # from the drill's centre
    dx, dy = (v / 256 for v in ((-128, -332), (332, -128), (128, 332), (-332, 128))[direction // 4])
    assert abs(x - dx) < 0.35
    assert abs(y - dy) < 0.35


def test_reasons_for_standing_still_are_shown():
    pictures = []
    for status in (
        k.STATUS_NORMAL,
        k.STATUS_NO_FUEL,
        k.STATUS_FULL_OUTPUT,
        k.STATUS_NO_INGREDIENTS,
        k.STATUS_NO_MINABLE,
    ):
        w = HandMade(10, 10, 0)
        w.entity("burner-mining-drill", 0, 0, 0, status=status)
        pictures.append(field(w).tobytes())
    assert len(set(pictures)) == len(pictures)


def test_contents_progress_items_and_speech_are_shown():
    plain, full = HandMade(12, 12, 1), HandMade(12, 12, 1)
    plain.entity("wooden-chest", 2, 2)
    full.entity("wooden-chest", 2, 2, 0, {"iron-plate": 12})
    assert (field(plain) != field(full)).any()
    for change in (
        {"message": 3},
        {"hand": "coal"},
        {"facing": 8},
        {"activity": k.ACTIVITY_MINE, "mining": 1, "mine_progress": 5, "mine_need": 9},
    ):
        other = HandMade(12, 12, 1)
        other.entity("wooden-chest", 2, 2)
        other.agent(0, 0.5, 0.5, **change)
        assert (field(plain) != field(other)).any(), change
    plain.pile("iron-ore", -2.5, -2.5)
    assert (tile(field(plain), plain, -3, -3) != tile(field(full), full, -3, -3)).any()


def test_every_agent_of_a_team_has_its_own_look():
    looks = set()
    for index in range(16):
        w = HandMade(12, 12, 16)
        w.tables.character["active"][:] = 0
        w.agent(index, 0.5, 0.5, active=1)
        looks.add(field(w).tobytes())
    assert len(looks) == 16


def test_every_item_and_entity_of_the_game_can_be_drawn():
    data = load()
    pictures = {name: item_image(name, 24).tobytes() for name in data.items}
    assert len(set(pictures.values())) > 100
    for name, entity in data.entities.items():
        look = Look(name, entity.type, max(1, entity.tile_width), max(1, entity.tile_height))
        if max(look.width, look.height) <= 4:
            assert sprites.image(look, 8).getbbox() is not None, name


def test_areas_and_zones():
    w = cells()
    whole = field(w)
    part = render(w.tables, tile_pixels=16, area=(-16, -16, -8, -10), overlay=BARE)
    assert part.shape == (6 * 16, 8 * 16, 3)
    np.testing.assert_array_equal(part[:40, :80], whole[:40, :80])
    zone = Overlay(caption=False, agents=False, legend=False, zones=(Zone(-2, -2, 2, 2, "here"),))
    assert (render(w.tables, tile_pixels=16, overlay=zone) != whole).any()
    ghost = Overlay(
        caption=False, agents=False, legend=False, ghosts=(("stone-furnace", 6.0, 6.0, "north"),)
    )
    assert (render(w.tables, tile_pixels=16, overlay=ghost) != whole).any()


def test_zones_of_a_large_map_are_shown_larger():
    w = cells(64, 2)
    zones = (Zone(-14, -13, -5, -4, "west"), Zone(5, -13, 13, -4, "east", 1))
    bare = Overlay(caption=False, agents=False, legend=False, zones=zones)
    picture = render(w.tables, tile_pixels=12, overlay=bare)
    assert picture.shape == (64 * 12, 64 * 12 + 16 * 24, 3)
    plain = Overlay(caption=False, agents=False, legend=False, zones=zones, lenses=False)
    np.testing.assert_array_equal(
        picture[:, : 64 * 12], render(w.tables, tile_pixels=12, overlay=plain)
    )
    lens = render(w.tables, tile_pixels=24, area=(-18, -16, -2, 0), overlay=BARE)
    inside = (slice(40, 360), slice(40, 360))
    np.testing.assert_array_equal(picture[: 16 * 24, 64 * 12 :][inside], lens[inside])
    large = render(w.tables, tile_pixels=20, overlay=bare)
    assert large.shape == (64 * 20, 64 * 20, 3), "no lens where tiles are large"
    corner = Overlay(zones=(Zone(-32, -32, -24, -24, "corner"),))
    assert render(w.tables, overlay=corner).shape[1] > 64 * 12


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"tile_pixels": 7}, "8 .. 64"),
        ({"tile_pixels": 500}, "8 .. 64"),
        ({"area": (100, 100, 110, 110)}, "no tile of the map"),
        ({"area": (1, 2, 3)}, "left, top, right, bottom"),
    ],
)
def test_wrong_arguments_say_what_is_allowed(arguments: dict, words: str):
    with pytest.raises(ValueError, match=words):
        render(HandMade(8, 8).tables, **arguments)


def test_a_source_without_tables_is_refused():
    with pytest.raises(TypeError, match="got int"):
        render(3)


def test_a_world_of_a_batch_can_be_chosen():
    one, two = HandMade(8, 8), HandMade(8, 8)
    two.entity("iron-chest", 0, 0)
    shared = ("items", "kinds", "recipes", "parts")
    batch = type(one.tables)(
        *(
            a if name in shared else np.stack([a, b])
            for name, a, b in zip(one.tables._fields, one.tables, two.tables, strict=True)
        )
    )
    np.testing.assert_array_equal(render(batch, world=1), render(two.tables))
    assert (render(batch, world=0) != render(batch, world=1)).any()


def test_a_frame_of_64_tiles_is_quick_after_the_first():
    w = cells(64, 4)
    seconds = []
    for _ in range(9):
        w.tables.header["tick"] += 7
        start = time.perf_counter()
        render(w.tables, tile_pixels=16)
        seconds.append(time.perf_counter() - start)
    assert min(seconds[1:]) < 0.08  # about 0.01 on an idle core


def test_png_and_gif(tmp_path: Path):
    w = cells()
    pictures = []
    for _ in range(6):
        w.tables.header["tick"] += 10
        pictures.append(render(w.tables, tile_pixels=12))
    png = write_png(tmp_path / "new" / "a.png", pictures[0])
    np.testing.assert_array_equal(np.asarray(Image.open(png).convert("RGB")), pictures[0])
    with Image.open(write_gif(tmp_path / "a.gif", pictures, fps=10)) as gif:
        assert gif.n_frames == 6
        assert gif.info["duration"] == 100
        for frame in (0, 3, 5):
            gif.seek(frame)
            near = np.asarray(gif.convert("RGB")).astype(int) - pictures[frame]
            assert np.abs(near).mean() < 6, "255 colours are enough"
    with Image.open(write_gif(tmp_path / "b.gif", pictures, width=200)) as small:
        assert small.width == 200
    with pytest.raises(ValueError, match="at least one"):
        write_gif(tmp_path / "c.gif", [])
    with pytest.raises(ValueError, match="same shape"):
        write_gif(tmp_path / "c.gif", [pictures[0], pictures[1][:-1]])
    with pytest.raises(ValueError, match=r"uint8\[height, width, 3\]"):
        write_png(tmp_path / "c.png", np.zeros((4, 4)))


def test_a_film_of_any_length_keeps_its_pictures_spread(tmp_path: Path):
    film = Film(most=8, width=40)
    for step in range(100):
        if film.wants():
            film.add(np.full((30, 80, 3), 2 * step, np.uint8))
    assert 4 <= len(film) <= 8
    levels = []
    last = np.full((30, 80, 3), 255, np.uint8)
    with Image.open(film.save(tmp_path / "f.gif", last=last)) as gif:
        assert gif.size == (40, 15)
        for frame in range(gif.n_frames):
            gif.seek(frame)
            levels.append(int(np.asarray(gif.convert("RGB")).mean()))
    assert levels == sorted(levels)
    assert levels[0] < 4
    assert levels[-1] > 250
    steps = np.diff(levels[:-1])
    assert steps.max() - steps.min() <= 8, "evenly spread"
    with pytest.raises(ValueError, match="same shape"):
        film.add(np.zeros((31, 80, 3), np.uint8))
    with pytest.raises(ValueError, match="at least 2"):
        Film(most=1)


def test_a_window_without_a_toolkit_names_the_extra(monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise ImportError("not installed")

    for name in ("_Pygame", "_Tk", "_Matplotlib"):
        monkeypatch.setattr(window, name, broken)
    with pytest.raises(RuntimeError, match=r"fz_multi\[human\]"):
        Window().show(np.zeros((4, 4, 3), np.uint8))


def test_a_window_shows_what_it_is_given(monkeypatch: pytest.MonkeyPatch):
    shown = []

    class Screen:
        def __init__(self, title: str, picture: np.ndarray) -> None:
            assert title == "t"

        def show(self, picture: np.ndarray) -> None:
            shown.append(picture)

        def close(self) -> None:
            shown.append(None)

    monkeypatch.setattr(window, "_Pygame", Screen)
    screen = Window("t")
    screen.show(np.zeros((4, 4, 3), np.uint8))
    screen.close()
    screen.close()
    assert len(shown) == 2


def test_a_pygame_window(monkeypatch: pytest.MonkeyPatch):
    pygame = pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    screen = Window(fps=100)
    for size in (40, 60):
        screen.show(np.full((size, 2 * size, 3), size, np.uint8))
        assert pygame.display.get_surface().get_size() == (2 * size, size)
        assert tuple(pygame.display.get_surface().get_at((5, 5)))[:3] == (size,) * 3
    screen.close()


def test_draw_gives_a_pillow_image():
    assert draw(HandMade(8, 8).tables).mode == "RGB"
