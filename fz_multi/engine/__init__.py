"""The simulator: one file per mechanic, arrays in, arrays out. `World` is its public object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .batch import Batch, Capacities, Snapshot
    from .world import Handle, World, WorldError

__all__ = ["Batch", "Capacities", "Handle", "Snapshot", "World", "WorldError"]


def __getattr__(name: str) -> Any:
    """Import lazily: kernels take a while to define."""
    import importlib

    if name in ("Batch", "Capacities", "Snapshot"):
        return getattr(importlib.import_module(".batch", __name__), name)
    if name in ("World", "WorldError", "Handle"):
        return getattr(importlib.import_module(".world", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
