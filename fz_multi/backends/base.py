"""What an environment asks of a backend, whether the world runs in this process or in the game.

A backend holds one world. ``reset`` builds it from a `MapInstance`; ``exchange`` hands over the
commands of all agents at once, lets the world run for some ticks, and leaves its observable state
in tables that kernels read through ``book`` (see ``fz_multi.engine.memory``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from fz_multi.commands import Command
from fz_multi.engine.tables import Tables
from fz_multi.task.instance import MapInstance


class Backend(Protocol):
    """One world and its clock.

    ``compiled``: the world lies in this process, and `fz_multi.batch_step` may step it. Then it has
    a method ``make_room()``, which grows its tables.
    """

    compiled: bool

    @property
    def book(self) -> np.ndarray:
        """Addresses of the observable tables, int64[1, ...], for compiled entries."""

    @property
    def seen(self) -> Tables:
        """The observable tables, arrays ``[1, rows]``."""

    @property
    def tick(self) -> int:
        """Ticks since the reset."""

    def reset(self, instance: MapInstance, *, teleport: bool = False) -> None:
        """Build the world of a map, with its agents, at tick 0.

        MapError when something cannot stand where the map has it.
        """

    def exchange(self, commands: np.ndarray, ticks: int, codes: np.ndarray | None = None) -> None:
        """Apply ``commands`` COMMAND[1, agents] in agent order, then advance by ``ticks``.

        ``codes`` int32[1, agents]: with which code the agents' interface refused, 0 = it did not.
        It has noted that in the observable tables already, as it notes facing and hand there.
        TimeoutError or ConnectionError when the world is elsewhere and does not answer.
        """

    def exchange_parsed(
        self,
        commands: Sequence[Command | None],
        ticks: int,
        codes: np.ndarray | None = None,
    ) -> None:
        """As `exchange`, from parsed commands of any kind; None is WAIT."""

    def result(self, agent: int, code: int) -> dict[str, Any]:
        """What became of an agent's last command: verb, code, detail.

        ``code``: with which the agent's interface refused it before it got here, or 0.
        """

    def digest(self) -> str:
        """The observable digest of the world (16 hex digits), the same on every backend."""

    def snapshot(self) -> Any:
        """A copy of everything in the world; RuntimeError where that is not possible."""

    def restore(self, snapshot: Any) -> None:
        """Go back to a copy."""

    def close(self) -> None:
        """Give everything back. Closing twice does nothing."""
