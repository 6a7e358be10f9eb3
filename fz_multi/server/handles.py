"""Numbers that stand for objects of the API.

An entity's handle is packed: what it is (a row of the entity table, a deposit's tile, an item on
the ground, a character), the row, the surface and a generation, so nothing is kept for it and a
handle of something gone is never that of its successor (the generation has 14 bits; it would have
to come round exactly). Objects that belong to others (inventories, stacks, belt lanes) get running
numbers from a `Registry`. Every handle is below 2^53, so Lua's doubles hold it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ENTITY, RESOURCE, PILE, CHARACTER = range(4)  # what a LuaEntity is

ROW_BITS, KIND_BITS, SURFACE_BITS, GENERATION_BITS = 24, 2, 13, 14
KIND_AT = ROW_BITS
SURFACE_AT = KIND_AT + KIND_BITS
GENERATION_AT = SURFACE_AT + SURFACE_BITS
ROW_MASK = (1 << ROW_BITS) - 1
KIND_MASK = (1 << KIND_BITS) - 1
SURFACE_MASK = (1 << SURFACE_BITS) - 1
GENERATION_MASK = (1 << GENERATION_BITS) - 1
MAX_SURFACES = SURFACE_MASK

# What holds items: parts of an entity's slots, and stacks that belong to no inventory.
FUEL, SOURCE, RESULT, CHEST, MAIN, SCRIPT = 1, 2, 3, 4, 5, 6
HELD, GROUND = 7, 8  # an inserter's hand, an item-entity
LANE_STACK = 1 << 52  # flag of the handle of a stack that lies on a belt (stacks.py)


def pack(kind: int, surface: int, row: int, generation: int) -> int:
    """The handle of an entity."""
    return (
        (generation & GENERATION_MASK) << GENERATION_AT
        | surface << SURFACE_AT
        | kind << KIND_AT
        | row
    )


class Registry:
    """Running numbers for keys (tuples) of one class. A number is given out once."""

    FIRST_SWEEP = 65_536

    def __init__(self, alive: Callable[[Any], bool]) -> None:
        self._alive = alive
        self._numbers: dict[Any, int] = {}
        self._keys: dict[int, Any] = {}
        self._next = 1
        self._sweep_at = self.FIRST_SWEEP

    def number(self, key: Any) -> int:
        """The number of a key, a new one if it has none."""
        number = self._numbers.get(key)
        if number is None:
            if len(self._keys) >= self._sweep_at:
                self._sweep()
            number = self._next
            self._next += 1
            self._numbers[key] = number
            self._keys[number] = key
        return number

    def key(self, number: int) -> Any:
        """The key of a number, or None."""
        return self._keys.get(number)

    def valid(self, number: int) -> bool:
        """Whether what the key belongs to is still there."""
        key = self._keys.get(number)
        return key is not None and self._alive(key)

    def _sweep(self) -> None:
        """Forget keys whose owners are gone; their numbers stay used."""
        gone = [number for number, key in self._keys.items() if not self._alive(key)]
        for number in gone:
            del self._numbers[self._keys.pop(number)]
        self._sweep_at = max(self.FIRST_SWEEP, 2 * len(self._keys))

    def state(self) -> tuple[int, dict[int, Any]]:
        """For a save file."""
        return self._next, dict(self._keys)

    def restore(self, state: tuple[int, dict[int, Any]]) -> None:
        self._next, self._keys = state[0], dict(state[1])
        self._numbers = {key: number for number, key in self._keys.items()}
