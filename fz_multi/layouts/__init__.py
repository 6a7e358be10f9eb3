"""Factories as text: drawings and Factorio blueprint strings become a `World`, and back.

    >>> from fz_multi.engine import World
    >>> w = World.from_text('''
    ...     drawing: |
    ...       SS
    ...       SS
    ...       .C
    ...     ground: |
    ...       ii
    ...       ii
    ...     state:
    ...       S: {contents: {coal: 5}}
    ... ''')
    >>> w.advance(243)
    >>> w.entities()[0]["inventories"]["chest"]
    {'iron-ore': 1}

**The form** is YAML; every key may be left out but one of ``drawing`` and ``ground``::

    size: [64, 64]        # tiles around (0, 0); by default 64 x 64, or more if the drawing needs it
    origin: [0, 0]        # the tile of the first character of the first row
    ground: |             # below the drawing: deposits and terrain
      oo.
      oo.
    drawing: |            # one character a tile; "." and " " are nothing
      DD.
      DDa
      .c.
    legend:               # things are built in this order, then by rows; the ground comes first
      o: {deposit: iron-ore, amount: 500}
      D: {entity: burner-mining-drill, direction: south, contents: {coal: 5}}
      c: {entity: wooden-chest}
      a: {agent: agent_0, items: {coal: 5}}
    state: {}             # more about one of many, by name: {D2: {contents: {coal: 1}}}
    order: []             # names that are built before all others, in this order

A text without any of these keys is a bare drawing. Characters that the legend lacks have the
meaning of `DEFAULT_LEGEND` (``docs/layouts.md`` has it as a table), built in its order, after those
of the legend.

**Places.** x runs east, y south, a tile's centre is at +0.5. Both blocks share the origin. An
entity of more tiles is drawn on all of them; two of one character need no gap.

**Legend.** One key says what a character is: ``entity`` (with ``direction`` = north, ``contents`` =
``{item: count}`` or ``{fuel | source | result | chest: {item: count}}``; of a belt ``lanes`` =
``[[[item, position], ...], [...]]``: left and right lane, front to back, positions in 1/256 tile
from the belt's downstream edge; of a drill ``used_up: true`` = it has no deposit left), ``deposit``
(``amount`` on each tile = 1000, or a list by rows), ``terrain`` (water, void, land), ``pile``
(``count`` = 1), ``agent`` (``items``, ``team`` = 0). Piles and agents take ``offset: [x, y]``,
1/256 tile from the tile's centre, and ``at: [[x, y], ...]``, positions in tiles of further ones
that are not drawn.

**Names.** A character names what it stands for: ``D``; when there are more, ``D1``, ``D2`` ... by
rows, the ground's first. ``state`` and ``order`` take such names.

Mistakes raise `LayoutError` (`BlueprintError` for blueprint strings), which says where and what is
allowed; `Unusable` is one entry of the list of what a world cannot take over.
"""

from .blueprint import Blueprint, from_blueprint, to_blueprint
from .draw import draw
from .errors import BlueprintError, LayoutError, Unusable, report
from .layout import Built, Layout, from_text
from .legend import DEFAULT_LEGEND

__all__ = [
    "DEFAULT_LEGEND",
    "Blueprint",
    "BlueprintError",
    "Built",
    "Layout",
    "LayoutError",
    "Unusable",
    "draw",
    "from_blueprint",
    "from_text",
    "report",
    "to_blueprint",
]
