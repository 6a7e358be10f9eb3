"""Pictures as files: PNG, and GIF with one palette for all frames."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from . import colours as c

UNCHANGED = 255  # colour of a GIF that shows what was there before
FIXED = (*c.AGENTS, c.WHITE, c.INK, c.PANEL, c.PANEL_LIGHT, c.PANEL_TEXT, c.RED, c.ORANGE, c.YELLOW)
MEDIANCUT = Image.Quantize.MEDIANCUT
PALETTE_FRAMES = 12  # frames that the palette of a GIF is taken from


def write_png(path: str | Path, picture: np.ndarray | Image.Image) -> Path:
    """Store one picture (``uint8[height, width, 3]``) as a PNG; returns the path."""
    path = _ready(path)
    _as_image(picture).save(path, optimize=True)
    return path


class Film:
    """Pictures for a GIF of an episode whose length is not known: at most ``most``, evenly spread.

    When it is full it drops every second picture and takes half as many from then on. Pictures are
    kept scaled to ``width`` pixels and compressed.
    """

    def __init__(self, most: int = 120, width: int = 960) -> None:
        if most < 2:
            raise ValueError(f"a film needs room for at least 2 pictures, got {most}")
        self._most, self._width = most, width
        self.clear()

    def clear(self) -> None:
        """Forget all pictures."""
        self._frames: list[bytes] = []
        self._size = (0, 0)
        self._stride, self._seen = 1, 0

    def __len__(self) -> int:
        return len(self._frames)

    def wants(self) -> bool:
        """Whether the picture of now is one to keep. Call it once a step."""
        self._seen += 1
        return (self._seen - 1) % self._stride == 0

    def add(self, picture: np.ndarray | Image.Image) -> None:
        """Keep a picture."""
        if len(self._frames) >= self._most:
            self._frames = self._frames[::2]
            self._stride *= 2
        self._frames.append(self._packed(picture))

    def save(
        self, path: str | Path, *, fps: float = 12.0, last: np.ndarray | Image.Image | None = None
    ) -> Path:
        """Write the GIF, with ``last`` as its last picture; returns the path."""
        frames = [*self._frames, *([] if last is None else [self._packed(last)])]
        images = [Image.frombytes("RGB", self._size, zlib.decompress(data)) for data in frames]
        return write_gif(path, images, fps=fps)

    def _packed(self, picture: np.ndarray | Image.Image) -> bytes:
        image = _scaled(_as_image(picture), self._width)
        if self._size not in ((0, 0), image.size):
            raise ValueError("the pictures of a film must all have the same shape")
        self._size = image.size
        return zlib.compress(image.tobytes(), 1)


def _scaled(image: Image.Image, width: int | None) -> Image.Image:
    """The image at most ``width`` pixels wide."""
    if width is None or image.width <= width:
        return image
    tall = round(image.height * width / image.width)
    return image.resize((width, tall), Image.Resampling.BOX)


def write_gif(
    path: str | Path,
    pictures: Sequence[np.ndarray | Image.Image],
    *,
    fps: float = 12.0,
    width: int | None = None,
    hold: float = 2.0,
) -> Path:
    """Store pictures of one shape as a GIF that plays for ever; returns the path.

    One adaptive palette of 255 colours serves all frames, and only what changed is stored, so files
    stay small. ``width``: scale down to at most this many pixels. ``hold``: seconds that the last
    picture stays. Raises ``ValueError`` without pictures, or when their shapes differ.
    """
    if not len(pictures):
        raise ValueError("a GIF needs at least one picture")
    images = [_as_image(picture) for picture in pictures]
    if len({image.size for image in images}) > 1:
        raise ValueError("the pictures of a GIF must all have the same shape")
    images = [_scaled(image, width) for image in images]
    palette = _shared_palette(images)
    frames = _changes(
        [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    )
    duration = max(20, round(1000 / fps / 10) * 10)  # the format counts in 1/100 s
    times = [duration] * (len(frames) - 1) + [max(duration, round(hold * 1000))]
    path = _ready(path)
    options: dict[str, Any] = {"save_all": True, "append_images": frames[1:], "loop": 0}
    frames[0].save(
        path, duration=times, optimize=False, disposal=1, transparency=UNCHANGED, **options
    )
    return path


def _changes(frames: list[Image.Image]) -> list[Image.Image]:
    """Frames in which what did not change is transparent: that compresses to nearly nothing."""
    out, before = [], None
    for frame in frames:
        now = np.array(frame)
        now[now == UNCHANGED] = 0  # the same colour, see `_shared_palette`
        shown = now if before is None else np.where(now == before, np.uint8(UNCHANGED), now)
        image = Image.fromarray(shown, "P")
        image.putpalette(frame.getpalette() or [])
        out.append(image)
        before = now
    return out


def _shared_palette(images: Sequence[Image.Image]) -> Image.Image:
    """A palette image of 255 colours from frames spread over the whole film.

    The colours of signs and agents stand in it as they are, and rare colours count for more than
    their share: a meadow must not eat the palette.
    """
    step = max(1, len(images) // PALETTE_FRAMES)
    chosen = [*images[::step][:PALETTE_FRAMES], images[-1]]
    pixels = np.concatenate([np.asarray(image).reshape(-1, 3) for image in chosen])
    coarse = (pixels >> 2).astype(np.uint32)
    colours, counts = np.unique(
        coarse[:, 0] << 12 | coarse[:, 1] << 6 | coarse[:, 2], return_counts=True
    )
    repeats = np.maximum(1, counts**0.4).astype(np.int64)
    drawn = np.repeat(colours, repeats)
    sheet = (
        np.stack([drawn >> 12 & 63, drawn >> 6 & 63, drawn & 63], axis=1).astype(np.uint8) * 4 + 2
    )
    found = Image.fromarray(sheet[None], "RGB").quantize(UNCHANGED - len(FIXED), MEDIANCUT)
    adaptive = (found.getpalette() or [])[: 3 * (UNCHANGED - len(FIXED))]
    flat = [*adaptive, *(value for colour in FIXED for value in colour)]
    palette = Image.new("P", (1, 1))
    # The last place is for "unchanged": a colour that is there already is never chosen there.
    palette.putpalette([*flat, *flat[:3] * (256 - len(flat) // 3)])
    return palette


def _as_image(picture: np.ndarray | Image.Image) -> Image.Image:
    if isinstance(picture, Image.Image):
        return picture.convert("RGB")
    array = np.asarray(picture)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
        raise ValueError(
            f"a picture is uint8[height, width, 3], got {array.dtype}{list(array.shape)}"
        )
    return Image.fromarray(array, "RGB")


def _ready(path: str | Path) -> Path:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
