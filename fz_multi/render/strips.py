"""The strips around the map: caption with the goal, what each agent does, and the legend."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from ..engine import constants as k
from ..engine.tables import Tables
from . import colours as c
from . import people, scene, sprites
from .glyphs import item_image
from .marks import MARKS, mark
from .overlay import Goal, Overlay
from .scene import Names
from .sprites import Look
from .text import fitted, height, label, length

PAD = 6
CARD = 190  # least width of an agent's card, pixels
GOAL = 250  # least width of a goal, pixels


def legend_rows(width: int) -> int:
    """Lines of the legend: more in a narrow picture."""
    return 2 if width >= 720 else 3


class Strips(NamedTuple):
    """Sizes of one picture: they depend on width, team size and number of goals alone."""

    width: int
    letters: int  # height of the letters, pixels
    caption: int  # heights of the strips, pixels
    agents: int
    legend: int
    goal_columns: int
    card_columns: int


def plan(width: int, agents: int, overlay: Overlay) -> Strips:
    """The sizes of the strips; the same at every frame of an episode."""
    letters = 11 if width < 480 else 12 if width < 720 else 14
    row = height(letters) + PAD
    goal_columns = max(1, min(len(overlay.goals), width // GOAL))
    card_columns = max(1, min(agents, width // CARD))
    goal_rows = -(-len(overlay.goals) // goal_columns)
    card_rows = -(-agents // card_columns)
    return Strips(
        width,
        letters,
        (row * (1 + goal_rows) + PAD) if overlay.caption else 0,
        (card_rows * (2 * row + PAD) + PAD) if overlay.agents and agents else 0,
        (legend_rows(width) * (row + 2) + PAD) if overlay.legend else 0,
        goal_columns,
        card_columns,
    )


def draw_caption(frame: Image.Image, strips: Strips, o: Tables, overlay: Overlay) -> None:
    """Title and time, and a bar for each goal, at the top of the frame."""
    draw = ImageDraw.Draw(frame)
    draw.rectangle((0, 0, strips.width - 1, strips.caption - 1), fill=c.PANEL)
    row = height(strips.letters) + PAD
    tick = int(o.header["tick"][0])
    seconds = tick / 60.0
    time = f"tick {tick:,}   {int(seconds // 60)}:{seconds % 60:04.1f}"
    when = label(time, strips.letters, c.PANEL_TEXT)
    frame.paste(when, (strips.width - PAD - when.width, PAD), when)
    room = strips.width - 3 * PAD - when.width
    if overlay.note:
        note = label(overlay.note, strips.letters, c.GREEN)
        frame.paste(note, (strips.width - 4 * PAD - when.width - note.width, PAD), note)
        room -= note.width + 3 * PAD
    title = label(fitted(overlay.title, strips.letters + 1, room), strips.letters + 1, c.YELLOW)
    frame.paste(title, (PAD, PAD), title)
    wide = strips.width // strips.goal_columns
    for j, goal in enumerate(overlay.goals):
        x, y = j % strips.goal_columns * wide, PAD + row * (1 + j // strips.goal_columns)
        _draw_goal(frame, draw, strips.letters, goal, x + PAD, y, wide - 2 * PAD)


def _draw_goal(
    frame: Image.Image,
    draw: ImageDraw.ImageDraw,
    letters: int,
    goal: Goal,
    x: int,
    y: int,
    room: int,
) -> None:
    text = goal.text or f"{goal.value:g} / {goal.target:g}"
    number = label(text, letters, c.PANEL_TEXT)
    name = label(fitted(goal.label, letters, room // 2), letters, c.PANEL_DIM)
    frame.paste(name, (x, y), name)
    frame.paste(number, (x + room - number.width, y), number)
    left, right = x + name.width + PAD, x + room - number.width - PAD
    if right - left < 20:
        return
    middle = y + name.height // 2
    draw.rounded_rectangle((left, middle - 4, right, middle + 4), 3, fill=c.PANEL_LIGHT)
    end = left + round((right - left) * goal.share)
    if end > left + 2:
        colour = c.GREEN if goal.share >= 1 else c.YELLOW
        draw.rounded_rectangle((left, middle - 4, end, middle + 4), 3, fill=colour)


# -- agents ----------------------------------------------------------------------------------------


def draw_agents(frame: Image.Image, strips: Strips, top: int, o: Tables, names: Names) -> None:
    """A card for each agent: number, what it does, what it holds and carries."""
    draw = ImageDraw.Draw(frame)
    draw.rectangle((0, top, strips.width - 1, top + strips.agents - 1), fill=c.PANEL)
    tall = 2 * (height(strips.letters) + PAD)
    wide = strips.width // strips.card_columns
    for j, index in enumerate(scene.active_agents(o)):
        x = PAD + j % strips.card_columns * wide
        y = top + PAD + j // strips.card_columns * (tall + PAD)
        if y + tall <= top + strips.agents:
            _draw_card(frame, draw, strips, (x, y, wide - 2 * PAD, tall), o, index, names)


def _draw_card(
    frame: Image.Image,
    draw: ImageDraw.ImageDraw,
    strips: Strips,
    box: tuple[int, int, int, int],
    o: Tables,
    index: int,
    names: Names,
) -> None:
    x, y, wide, tall = box
    row = o.character[index]
    draw.rounded_rectangle((x, y, x + wide, y + tall - 1), 5, fill=c.PANEL_LIGHT)
    draw.rounded_rectangle((x, y, x + 5, y + tall - 1), 3, fill=c.agent(index))
    face = people.figure(index, 8, 0, "", 0, "", max(8, tall // 2))
    face = face.crop((face.width // 4, face.height // 8, face.width * 3 // 4, face.height * 5 // 8))
    inner = x + 8
    frame.paste(face, (inner, y + (tall - face.height) // 2), face)
    inner += face.width + 4
    doing = scene.activity_of(row)
    word = label(doing, strips.letters, c.PANEL_TEXT)
    frame.paste(word, (inner, y + 2), word)
    share = scene.progress_of(row)
    if share > 0:
        left, middle = inner + word.width + PAD, y + 2 + word.height // 2
        right = min(x + wide - PAD, left + 60)
        draw.rectangle((left, middle - 3, right, middle + 3), fill=c.INK)
        draw.rectangle(
            (left, middle - 3, left + round((right - left) * share), middle + 3), fill=c.YELLOW
        )
    _draw_carried(frame, strips, inner, y + tall // 2, x + wide - PAD, o, index, names)


def _draw_carried(
    frame: Image.Image,
    strips: Strips,
    x: int,
    y: int,
    end: int,
    o: Tables,
    index: int,
    names: Names,
) -> None:
    row = o.character[index]
    first, slots, hand = int(row["slot"]), int(row["slots"]), int(row["hand"])
    total: dict[int, int] = {}
    stored = o.slot[first : first + slots]
    for item, count in zip(stored["item_id"].tolist(), stored["count"].tolist(), strict=True):
        if count:
            total[item] = total.get(item, 0) + count
    size = height(strips.letters)
    for item in sorted(total, key=lambda i: (i != hand, i)):
        count = label(str(total[item]), strips.letters - 1, c.PANEL_TEXT)
        if x + size + count.width + 2 > end:
            break
        picture = item_image(names.item(item), size)
        if item == hand:
            ImageDraw.Draw(frame).rounded_rectangle(
                (x - 2, y - 1, x + size + count.width + 3, y + size),
                3,
                outline=c.agent(index),
                fill=(70, 73, 82),
            )
        frame.paste(picture, (x, y), picture)
        frame.paste(count, (x + size + 1, y + 1), count)
        x += size + count.width + 8


# -- legend ----------------------------------------------------------------------------------------


def draw_legend(frame: Image.Image, strips: Strips, top: int, o: Tables, names: Names) -> None:
    """Pictures and names of what is on the map now."""
    draw = ImageDraw.Draw(frame)
    draw.rectangle((0, top, strips.width - 1, top + strips.legend - 1), fill=c.PANEL)
    size = height(strips.letters) + 2
    row = height(strips.letters) + PAD + 2
    x, y, line = PAD, top + 4, 0
    for picture, text in _legend(o, names, size):
        wide = picture.width + 4 + length(text, strips.letters) + 12
        if x + wide > strips.width and x > PAD:
            line += 1
            x, y = PAD, y + row
            if line >= legend_rows(strips.width):
                return
        frame.paste(picture, (x, y), picture)
        word = label(text, strips.letters, c.PANEL_DIM)
        frame.paste(word, (x + picture.width + 4, y + 1), word)
        x += wide


def _legend(o: Tables, names: Names, size: int) -> list[tuple[Image.Image, str]]:
    rows: list[tuple[Image.Image, str]] = []
    tiles = int(o.header["width"][0]) * int(o.header["height"][0])
    deposits = o.tile["resource"][:tiles][o.tile["amount"][:tiles] > 0]
    for proto in np.unique(deposits).tolist():
        name = names.entity(proto)
        rows.append((item_image(name, size), name.replace("-", " ")))
    entity = o.entity
    live = np.flatnonzero(entity["proto"])
    protos = entity["proto"][live]
    built: list[tuple[Image.Image, str]] = []
    nature: dict[str, tuple[Image.Image, str]] = {}
    for proto in np.unique(protos).tolist():
        first = int(live[np.flatnonzero(protos == proto)[0]])
        kind = k.KIND_NAMES.get(int(entity["kind"][first]), "")
        name = names.entity(proto)
        look = Look(name, kind, int(entity["tiles_w"][first]), int(entity["tiles_h"][first]))
        if kind in ("tree", "rock"):
            nature.setdefault(kind, (_small(look, size), kind))
        else:
            built.append((_small(look, size), name.replace("-", " ")))
    rows.extend(built)
    if (entity["kind"][live] == k.KIND_DRILL).any():
        rows.append((sprites.arrow(1, size), "output side"))
    signs = {MARKS[s] for s in np.unique(entity["status"][live]).tolist() if s in MARKS}
    rows.extend((mark(sign, size), word) for sign, word in sorted(signs))
    rows.extend(nature.values())  # last: least in need of words
    return rows


def _small(look: Look, size: int) -> Image.Image:
    picture = sprites.image(look, 24)
    box = picture.getbbox() or (0, 0, 1, 1)
    picture = picture.crop(box)
    scale = size / max(picture.size)
    return picture.resize(
        (max(1, round(picture.width * scale)), max(1, round(picture.height * scale))),
        Image.Resampling.BOX,
    )
