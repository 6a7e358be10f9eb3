"""A replay in the browser: one HTML page with a canvas, and no network.

>>> from fz_multi import Replay
>>> from fz_multi.render.player import player_page
>>> page = player_page([Replay.load("episode.fzr")])        # doctest: +SKIP

The replay is played again in Python, and what can be observed after each step is written down
(``record.py``, as ``tracks.py`` has it). The drawings of ``fz_multi.render`` become shapes
(``pen.py``, ``artist.py``), so the page draws the same pictures at any size. The scripts in
``assets/`` read both.
"""

from .page import label_of, player_assets, player_fragment, player_page
from .record import player_data

__all__ = ["label_of", "player_assets", "player_data", "player_fragment", "player_page"]
