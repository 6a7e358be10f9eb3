"""Finding the observable tables of one world in whatever a caller has."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.tables import Tables


def observable(source: Any, index: int = 0) -> Tables:
    """The observable tables (1-D) of one world.

    ``source`` is a `Tables` of one world or of a batch, a ``Batch`` (``.seen``), a ``World``
    (``.batch``), a backend or an environment around one. Raises ``TypeError`` for anything else.
    """
    for _ in range(6):
        if isinstance(source, Tables):
            return _one(source, index)
        for name in ("seen", "batch", "world", "backend", "unwrapped"):
            inner = getattr(source, name, None)
            if inner is not None and inner is not source and not callable(inner):
                source = inner
                break
        else:
            break
    raise TypeError(
        "a picture needs a World, a Batch, an environment or observable Tables, "
        f"got {type(source).__name__}"
    )


def _one(tables: Tables, index: int) -> Tables:
    shared = ("items", "kinds", "recipes", "parts")  # prototype tables: one for all worlds
    rows = {}
    for name, table in zip(tables._fields, tables, strict=True):
        array = np.asarray(table)
        rows[name] = array if name in shared or array.ndim < 2 else array[index]
    return Tables(**rows)
