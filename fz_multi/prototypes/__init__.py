"""The numbers of the game as data, by version, and their loader.

>>> from fz_multi.prototypes import load
>>> numbers = load("2.0.77")
>>> numbers.entities["stone-furnace"].energy_per_tick
1500.0

Base game without expansions.  Identifiers are positions in the game's own order, from 1; 0 stands
for "none".  Units: tiles, ticks or seconds as named, joules, watts, degrees Celsius; boxes and the
drop vectors of drills are in 1/256 tile, x east, y south, for an entity that faces north.
"""

from fz_multi.prototypes.loader import (
    Prototypes,
    Switches,
    UnknownNameError,
    load,
    load_switches,
)
from fz_multi.prototypes.records import (
    Entity,
    Fluid,
    FluidBox,
    FluidConnection,
    Ingredient,
    Item,
    Product,
    Recipe,
    Technology,
    TechnologyEffect,
    Tile,
    TileRule,
)

__all__ = [
    "Entity",
    "Fluid",
    "FluidBox",
    "FluidConnection",
    "Ingredient",
    "Item",
    "Product",
    "Prototypes",
    "Recipe",
    "Switches",
    "Technology",
    "TechnologyEffect",
    "Tile",
    "TileRule",
    "UnknownNameError",
    "load",
    "load_switches",
]
