"""Text in pictures: Pillow's built-in font, and labels that are drawn once and kept."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from .brush import Colour


@lru_cache(maxsize=64)
def font(pixels: int) -> Any:
    """The font at a height in pixels (the same on every system: it ships with Pillow)."""
    return ImageFont.load_default(pixels)


@lru_cache(maxsize=4096)
def label(
    text: str, pixels: int, colour: Colour, edge: Colour | None = None, width: int = 0
) -> Image.Image:
    """A line of text as an RGBA picture, with an outline of ``width`` pixels in ``edge``."""
    face = font(pixels)
    size = (max(1, length(text, pixels)) + 2 * width, height(pixels) + 2 * width)
    picture = Image.new("RGBA", size, (*(edge or colour)[:3], 0))
    ImageDraw.Draw(picture).text(
        (width, width), text, fill=colour, font=face, stroke_width=width, stroke_fill=edge
    )
    return picture


def height(pixels: int) -> int:
    """Height of a line of text in pixels."""
    ascent, descent = font(pixels).getmetrics()
    return int(ascent + descent)


def length(text: str, pixels: int) -> int:
    """Width of a line of text in pixels."""
    return round(font(pixels).getlength(text))


def fitted(text: str, pixels: int, room: int) -> str:
    """The text, cut with "..." where it is wider than ``room`` pixels."""
    if length(text, pixels) <= room:
        return text
    while text and length(text + "...", pixels) > room:
        text = text[:-1]
    return text.rstrip() + "..." if text else ""
