"""``render_mode="human"``: a window on the screen, through whichever toolkit is installed.

Tried in this order: pygame, tkinter (comes with most Pythons), matplotlib. None of them is imported
before a window is opened.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from PIL import Image


class _Screen(Protocol):
    def show(self, picture: np.ndarray) -> None: ...

    def close(self) -> None: ...


class Window:
    """A window that shows one picture after another.

    ``fps``: at most this many pictures a second (``show`` sleeps), 0 = as fast as they come. Raises
    ``RuntimeError`` when no toolkit is installed or there is no display.
    """

    def __init__(self, title: str = "fz_multi", fps: float = 0.0) -> None:
        self._title = title
        self._pause = 1.0 / fps if fps > 0 else 0.0
        self._last = 0.0
        self._screen: _Screen | None = None

    def show(self, picture: np.ndarray) -> None:
        """Show a picture (``uint8[height, width, 3]``)."""
        if self._screen is None:
            self._screen = _open(self._title, picture)
        wait = self._last + self._pause - time.monotonic()
        if self._pause and wait > 0:
            time.sleep(wait)
        self._last = time.monotonic()
        self._screen.show(picture)

    def close(self) -> None:
        """Close the window; it may be shown again."""
        if self._screen is not None:
            with contextlib.suppress(Exception):
                self._screen.close()
            self._screen = None


def _open(title: str, picture: np.ndarray) -> _Screen:
    kinds: list[tuple[str, Callable[[str, np.ndarray], _Screen]]] = [
        ("pygame", _Pygame),
        ("tkinter", _Tk),
        ("matplotlib", _Matplotlib),
    ]
    problems = []
    for name, make in kinds:
        try:
            return make(title, picture)
        except Exception as error:
            problems.append(f"{name}: {error or type(error).__name__}")
    raise RuntimeError(
        'render_mode="human" needs a display and a toolkit for windows; '
        'install one with: pip install "fz_multi[human]" (pygame), '
        'or use render_mode="rgb_array". Tried ' + "; ".join(problems)
    )


class _Pygame:
    def __init__(self, title: str, picture: np.ndarray) -> None:
        import pygame

        self._pygame = pygame
        pygame.display.init()
        pygame.display.set_caption(title)
        self._surface = pygame.display.set_mode((picture.shape[1], picture.shape[0]))

    def show(self, picture: np.ndarray) -> None:
        size = (picture.shape[1], picture.shape[0])
        if self._surface.get_size() != size:  # an episode on a map of another size
            self._surface = self._pygame.display.set_mode(size)
        self._pygame.event.pump()
        self._pygame.surfarray.blit_array(self._surface, picture.swapaxes(0, 1))
        self._pygame.display.flip()

    def close(self) -> None:
        self._pygame.display.quit()


class _Tk:
    def __init__(self, title: str, picture: np.ndarray) -> None:
        import tkinter

        from PIL import ImageTk

        self._photo: Any = ImageTk
        self._root = tkinter.Tk()
        self._root.title(title)
        self._label = tkinter.Label(self._root, borderwidth=0)
        self._label.pack()

    def show(self, picture: np.ndarray) -> None:
        photo = self._photo.PhotoImage(Image.fromarray(picture), master=self._root)
        self._label.configure(image=photo)
        self._shown = photo  # Tk keeps no reference
        self._root.update()

    def close(self) -> None:
        self._root.destroy()


class _Matplotlib:
    def __init__(self, title: str, picture: np.ndarray) -> None:
        import matplotlib.pyplot as plt

        if plt.get_backend().lower() in ("agg", "pdf", "svg", "ps", "cairo", "template"):
            raise RuntimeError("has no display")
        self._plt = plt
        height, width = picture.shape[:2]
        self._figure = plt.figure(title, figsize=(width / 100, height / 100), dpi=100)
        axes = self._figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_axis_off()
        self._image = axes.imshow(picture)
        plt.show(block=False)

    def show(self, picture: np.ndarray) -> None:
        self._image.set_data(picture)
        self._figure.canvas.draw_idle()
        self._figure.canvas.flush_events()

    def close(self) -> None:
        self._plt.close(self._figure)
