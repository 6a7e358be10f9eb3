"""Pictures of a running environment: arrays, or a window on the screen."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from fz_multi.session import Session


class Display:
    """Draws one environment. ``mode``: "rgb_array" returns pictures, "human" shows them."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self._window: Any = None
        self._no_screen = False

    def show(self, source: Any, overlay: Any) -> np.ndarray | None:
        """uint8[height, width, 3] in the mode "rgb_array", else None.

        Where a window cannot be opened, "human" warns once and shows nothing.
        """
        from fz_multi.render import Window, render

        if self._no_screen:
            return None
        picture = render(source, overlay=overlay)
        if self.mode == "rgb_array":
            return picture
        if self._window is None:
            self._window = Window("fz_multi")
        try:
            self._window.show(picture)
        except RuntimeError as error:
            self._no_screen = True
            warnings.warn(str(error), stacklevel=3)
        return None

    def close(self) -> None:
        """Close the window, if there is one."""
        if self._window is not None:
            self._window.close()
            self._window = None


def overlay_of(session: Session) -> Any:
    """What a picture shows of the task: title, goals, and the areas that are shown."""
    from fz_multi.render import Goal, Overlay, Zone

    task, judge, areas = session.task, session.judge, session.episode.instance.areas
    reached = zip(task.goals, judge.reached[0].tolist(), strict=False)
    return Overlay(
        title=_words(task.name),
        note="solved" if session.solved else "",
        goals=tuple(
            Goal(_words(goal.name), min(count, goal.at_least), goal.at_least)
            for goal, count in reached
        ),
        zones=tuple(
            Zone(*areas[name], label=_words(name), colour=k) for k, name in enumerate(task.shows)
        ),
    )


def _words(name: str) -> str:
    return name.replace("_", " ")
