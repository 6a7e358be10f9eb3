"""Names for ``gymnasium.make`` and ``pettingzoo.make``: ``fz_multi/<task>-v0``.

Only strings are registered; nothing is built before an environment is made.
"""

from __future__ import annotations

from collections.abc import Iterable

BUILT_IN = ("handoff", "long_belt", "refuel", "two_cells")  # the project's own tasks
ENTRY = "fz_multi.gym_environment:gym_env"
ENTRIES = {"parallel": "fz_multi.fz_multi_v0:parallel_env", "aec": "fz_multi.fz_multi_v0:env"}


def register_ids(names: Iterable[str]) -> None:
    """Register tasks with Gymnasium, and with PettingZoo where it has a registry (1.27 on)."""
    for name in names:
        _gymnasium(f"fz_multi/{name}-v0", name)
        _pettingzoo(f"fz_multi/{name}-v0", name)


def _gymnasium(key: str, task: str) -> None:
    import gymnasium

    if key not in gymnasium.registry:
        gymnasium.register(id=key, entry_point=ENTRY, kwargs={"task": task})


def _pettingzoo(key: str, task: str) -> None:
    import pettingzoo

    if not hasattr(pettingzoo, "register"):
        return
    for kind, entry in ENTRIES.items():
        if key not in getattr(pettingzoo, f"{kind}_registry"):
            pettingzoo.register(kind, key, entry, kwargs={"task": task})  # type: ignore[call-overload]


def register_built_in() -> None:
    """Register the project's own tasks."""
    register_ids(BUILT_IN)
