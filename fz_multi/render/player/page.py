"""The player as HTML: a page of its own, or parts for a page of somebody else's.

A page needs `player_assets` once and a `player_fragment` where a player shall stand; there may be
several, each with one replay or with a selector over many::

    html = f"<html><head>{player_assets()}</head><body>"
    html += player_fragment([best, worst], labels=["best", "worst"])
    html += player_fragment([other])

`player_page` is all of that for one player. Nothing is loaded from anywhere: style and script
stand in the page, and an episode is base64 of deflated JSON (``record.player_data``), some tens of
kB. All names of the style begin with ``fz-``. The script makes a player of each ``div.fz-player``
when the page has loaded, and sets its attribute ``data-theme`` ("dark" or "light") as the reader's
system has it, unless the fragment was given one.
"""

from __future__ import annotations

import base64
import html
import json
import zlib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from ...replay import Replay
from .record import player_data

SCRIPTS = (
    "page",
    "tracks",
    "sprites",
    "episode",
    "camera",
    "stage",
    "panel",
    "charts",
    "player",
    "controls",
)
THEMES = ("dark", "light")


def player_page(
    replays: Sequence[Replay],
    title: str = "",
    labels: Sequence[str] | None = None,
    *,
    at: int = 0,
    **options: Any,
) -> str:
    """A whole HTML page with a player; several replays get a selector.

    ``labels``: what the selector calls them. ``at``: the step that is shown first. ``options``:
    those of `Replay.frames`. ValueError without a replay; ReplayError when one cannot be played.
    """
    fragment = player_fragment(replays, labels, at=at, alone=True, **options)
    title = title or f"{replays[0].task.replace('_', ' ')} - fz_multi replay"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n"
        "<style>html, body { margin: 0; background: #1b1c1f; }\n"
        ".fz-player[data-alone] { border-radius: 0; min-height: 100vh; }</style>\n"
        f"{player_assets()}\n</head>\n<body>\n{fragment}\n</body>\n</html>\n"
    )


def player_fragment(
    replays: Sequence[Replay],
    labels: Sequence[str] | None = None,
    *,
    at: int = 0,
    theme: str = "",
    alone: bool = False,
    **options: Any,
) -> str:
    """One player: a ``div`` that holds its replays. See the module for what else a page needs.

    ``at``: the step that is shown first. ``theme``: "dark" or "light", else as the reader's system
    has it. ``alone``: it is the page.
    """
    if not replays:
        raise ValueError("a player needs a replay")
    if theme and theme not in THEMES:
        raise ValueError(f"unknown theme={theme!r}; allowed: {', '.join(THEMES)}")
    names = [label_of(replay) for replay in replays] if labels is None else list(labels)
    if len(names) != len(replays):
        raise ValueError(f"{len(replays)} replays, but {len(names)} labels")
    parts = [
        f'<script type="text/plain" data-replay data-label="{html.escape(name)}">'
        f"{packed(player_data(replay, **options))}</script>"
        for replay, name in zip(replays, names, strict=True)
    ]
    attributes = f' data-at="{int(at)}"' + (f' data-theme="{theme}"' if theme else "")
    attributes += " data-alone" if alone else ""
    return f'<div class="fz-player"{attributes}>\n' + "\n".join(parts) + "\n</div>"


def packed(data: dict[str, Any]) -> str:
    """An episode as the page holds it: base64 of deflated JSON."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def label_of(replay: Replay) -> str:
    """What a selector calls a replay."""
    parts = [replay.task.replace("_", " "), replay.title]
    parts += [f"{replay.agents} agents" if replay.agents > 1 else "1 agent", f"seed {replay.seed}"]
    if replay.split != "train":
        parts.append(replay.split)
    if "success" in replay.outcome:
        parts.append("solved" if replay.outcome["success"] else "not solved")
    return ", ".join(part for part in parts if part)


@cache
def player_assets() -> str:
    """Style and script of players, once for a page."""
    folder = resources.files(__package__) / "assets"
    script = "\n".join((folder / f"{name}.js").read_text("utf-8") for name in SCRIPTS)
    style = (folder / "player.css").read_text("utf-8")
    return (
        f'<style>\n{style}</style>\n<script>\n(() => {{\n"use strict";\n{script}\n}})();\n</script>'
    )
