"""Pictures of a world, drawn by this project (no assets of the game).

>>> from fz_multi.render import render, write_png
>>> write_png("world.png", render(env))             # doctest: +SKIP

``render`` gives ``uint8[height, width, 3]``; ``write_png`` and ``write_gif`` store pictures;
``Window`` shows them. New entities and items are drawn by functions registered with
``sprites.sprite`` and ``glyphs.glyph``.
"""

from . import buildings, nature  # they fill the registries of sprites and glyphs
from .files import Film, write_gif, write_png
from .overlay import Goal, Overlay, Zone
from .picture import draw, render
from .window import Window

__all__ = [
    "Film",
    "Goal",
    "Overlay",
    "Window",
    "Zone",
    "buildings",
    "draw",
    "nature",
    "render",
    "write_gif",
    "write_png",
]
