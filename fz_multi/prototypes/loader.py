"""Load a version's tables from the package's data files."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, TypeVar

from fz_multi.prototypes.records import Entity, Fluid, Item, Recipe, Technology, Tile, fields_of

DEFAULT_VERSION = "2.0.77"

#: Table (also the file's name) -> what one record is called in messages.
TABLES = {
    "items": "item",
    "recipes": "recipe",
    "entities": "entity",
    "fluids": "fluid",
    "technologies": "technology",
    "tiles": "tile",
}

T = TypeVar("T")


class UnknownNameError(KeyError):
    """A name, an id or a version that the prototypes do not have.

    `kind`, `name` and `suggestions` hold what was asked for and the nearest names.
    """

    def __init__(self, kind: str, name: object, suggestions: tuple[str, ...] = ()) -> None:
        super().__init__(kind, name, suggestions)  # the arguments, so that it pickles
        self.kind, self.name, self.suggestions = kind, name, suggestions

    def __str__(self) -> str:
        message = f"unknown {self.kind} {self.name!r}"
        if self.suggestions:
            message += "; did you mean " + " or ".join(map(repr, self.suggestions)) + "?"
        return message


class Table(dict[str, T]):
    """Name -> record in id order; a missing name raises UnknownNameError with close matches.

    Wrapped in a read-only view before anybody sees it.
    """

    def __init__(self, kind: str, records: Mapping[str, T]) -> None:
        super().__init__(records)
        self.kind = kind
        self.names = ("", *records)  # id -> name; id 0 is "none"

    def __missing__(self, name: str) -> T:
        close = difflib.get_close_matches(str(name), self, n=3, cutoff=0.6)
        raise UnknownNameError(self.kind, name, tuple(close))


@dataclass(frozen=True, slots=True)
class Switches:
    """What differs between game versions beyond the tables."""

    version: str
    burner_drill_drop_vector: tuple[float, float]  # tiles, facing north
    science_packs_have_durability: bool  # else they are plain items
    recipe_category_is_list: bool  # `categories` in the place of `category`
    removed_crafting_categories: tuple[tuple[str, tuple[str, ...]], ...]  # (entity, categories)
    added_crafting_categories: tuple[tuple[str, tuple[str, ...]], ...]


class Prototypes:
    """The numbers of one game version, read-only.  Get it from :func:`load`.

    `items`, `recipes`, `entities`, `fluids`, `technologies` and `tiles` map a name to its record
    and iterate in id order.  `constants` holds the engine's constants by their prototype key
    (`day_ticks` in ticks, `max_fluid_flow` in units a tick, distances in tiles); `meta` says where
    the data come from.
    """

    def __init__(self, version: str) -> None:
        self.version = version
        self.meta: Mapping[str, Any] = MappingProxyType(_read(version, "meta"))
        self.constants: Mapping[str, float] = MappingProxyType(self.meta["constants"])
        self.switches = load_switches(version)
        self._tables: dict[str, Table[Any]] = {}
        self.items: Mapping[str, Item] = self._load("items", Item)
        self.recipes: Mapping[str, Recipe] = self._load("recipes", Recipe)
        self.entities: Mapping[str, Entity] = self._load("entities", Entity)
        self.fluids: Mapping[str, Fluid] = self._load("fluids", Fluid)
        self.technologies: Mapping[str, Technology] = self._load("technologies", Technology)
        self.tiles: Mapping[str, Tile] = self._load("tiles", Tile)

    def _load(self, table: str, make: Callable[..., T]) -> Mapping[str, T]:
        records = {
            record["name"]: make(id=number, **fields_of(record))
            for number, record in enumerate(_read(self.version, table), start=1)
        }
        self._tables[table] = Table(TABLES[table], records)
        return MappingProxyType(self._tables[table])

    def _name(self, table: str, number: int) -> str:
        names = self._tables[table].names
        if not 0 <= number < len(names):
            raise UnknownNameError(f"{TABLES[table]} id (0 to {len(names) - 1})", number)
        return names[number]

    def item_id(self, name: str) -> int:
        """Id of an item, from 1.  UnknownNameError for another name; so for the five below."""
        return self.items[name].id

    def recipe_id(self, name: str) -> int:
        """Id of a recipe, from 1."""
        return self.recipes[name].id

    def entity_id(self, name: str) -> int:
        """Id of an entity, from 1."""
        return self.entities[name].id

    def fluid_id(self, name: str) -> int:
        """Id of a fluid, from 1."""
        return self.fluids[name].id

    def technology_id(self, name: str) -> int:
        """Id of a technology, from 1."""
        return self.technologies[name].id

    def tile_id(self, name: str) -> int:
        """Id of a tile, from 1."""
        return self.tiles[name].id

    def item_name(self, number: int) -> str:
        """Name of an item id; "" for 0, UnknownNameError out of range; so for the five below."""
        return self._name("items", number)

    def recipe_name(self, number: int) -> str:
        """Name of a recipe id; "" for 0."""
        return self._name("recipes", number)

    def entity_name(self, number: int) -> str:
        """Name of an entity id; "" for 0."""
        return self._name("entities", number)

    def fluid_name(self, number: int) -> str:
        """Name of a fluid id; "" for 0."""
        return self._name("fluids", number)

    def technology_name(self, number: int) -> str:
        """Name of a technology id; "" for 0."""
        return self._name("technologies", number)

    def tile_name(self, number: int) -> str:
        """Name of a tile id; "" for 0."""
        return self._name("tiles", number)

    def numbers_hash(self) -> str:
        """SHA-256 (hex) of tables, constants and switches, independent of the files' layout.

        The order of records counts, because ids follow from it.  Where the data were taken from
        does not.
        """
        return _numbers_hash(self.version)

    def __reduce__(self) -> tuple[Callable[[str], Prototypes], tuple[str]]:
        return load, (self.version,)  # workers load their own copy

    def __repr__(self) -> str:
        return f"<Prototypes {self.version}>"


def _read(version: str, table: str) -> Any:
    """Parsed content of a data file; works from a folder and from a zip."""
    text = resources.files(__package__).joinpath(version, f"{table}.json").read_text("ascii")
    return json.loads(text)


def _check(version: str, file: str) -> None:
    """UnknownNameError unless that version has that file."""
    root = resources.files(__package__)
    known = [f.name for f in root.iterdir() if f.name[:1].isdigit() and (f / file).is_file()]
    if version not in known:
        raise UnknownNameError("prototype version", version, tuple(sorted(known)))


@cache
def _numbers_hash(version: str) -> str:
    content = {table: _read(version, table) for table in (*TABLES, "switches")}
    content["constants"] = _read(version, "meta")["constants"]
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


@cache
def load_switches(version: str = DEFAULT_VERSION) -> Switches:
    """The switches of a version; "2.1" has these and no tables of its own."""
    _check(version, "switches.json")
    data = _read(version, "switches")

    def pairs(key: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return tuple((entity, tuple(names)) for entity, names in data[key].items())

    return Switches(
        version=data["version"],
        burner_drill_drop_vector=tuple(data["burner_drill_drop_vector"]),
        science_packs_have_durability=data["science_packs_have_durability"],
        recipe_category_is_list=data["recipe_category_is_list"],
        removed_crafting_categories=pairs("removed_crafting_categories"),
        added_crafting_categories=pairs("added_crafting_categories"),
    )


def load(version: str = DEFAULT_VERSION) -> Prototypes:
    """The tables of a version, loaded once a process.  UnknownNameError for another version."""
    return _load_once(version)  # the cache sees load() and load("2.0.77") as one


@cache
def _load_once(version: str) -> Prototypes:
    _check(version, "meta.json")
    return Prototypes(version)
